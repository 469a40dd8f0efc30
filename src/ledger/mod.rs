//! The ledger: the durable journal and its current-state tables, behind one trait.
//!
//! Everything above this trait speaks of transactions, intents and journal entries; nothing knows SQL. A [`Commit`]
//! is atomic and durable when its future resolves. Several routers may share one ledger: leases decide who recovers
//! what, never a lock in this process.

mod billing;
#[cfg(test)]
mod conformance;
#[cfg(test)]
pub(crate) use conformance::transaction as conformance_transaction;
mod feed;
mod notices;
mod outbox;
mod receipts;
mod retention;
mod sessions;
pub mod sqlite;

pub use billing::{BillingLedger, BillingWrite, KeyFilter, KeyIntent, KeyTime, ScheduleFilter, ScheduleTime};
pub use feed::{FeedFilter, FeedLedger, Mark, MoneyChange, MoneyEvent};
pub use notices::{NoticeFilter, NoticeLedger, NoticeRow, NoticeState};
pub use outbox::{
    Backlog, Delivery, DeliveryFilter, DeliveryState, DeliveryTry, OutboxLedger, REPLAY_TRIES, RESENDS_MAX, Sent,
};
pub use receipts::{ReceiptFilter, ReceiptLease, ReceiptLedger, ReceiptTime, ReceiptWrite};
pub use retention::{Before, Pruned, Records, RetentionLedger};
pub use sessions::{SessionLedger, SessionRow};

use crate::adapters::Operation;
use crate::payment::{MethodKind, Millis, Status, Transaction};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// Why the ledger refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another attempt of the same payment holds, or may hold, money (rule 4).
    #[error("another attempt of this payment is live")]
    LiveApproval,
    /// The transaction already has an intent without an outcome.
    #[error("the transaction has an open operation")]
    OpenIntent,
    /// The write was made on an older version of the row.
    #[error("the row changed meanwhile")]
    Stale,
    /// An id was used twice.
    #[error("duplicate id")]
    Duplicate,
    /// The payment, or the billing key, has a schedule that is still going to charge.
    #[error("a schedule is still going to charge")]
    Scheduled,
    /// The billing key, or its part for the channel, cannot be charged.
    #[error("the billing key cannot be charged")]
    KeyGone,
    /// Storage failed; nothing of the commit is visible.
    #[error("storage: {0}")]
    Storage(String),
}

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Committed; the call may be running.
    Open,
    /// The call ended, or died, without a verified answer.
    Unknown,
    /// Waits for a person.
    Operator,
}

/// "We are about to ask PG X to do Y": written before the first byte is sent, deleted with the outcome's commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Id; also the idempotency key where the PG has such a thing.
    pub id: String,
    /// Transaction.
    pub transaction_id: String,
    /// Operation.
    pub operation: Operation,
    /// Cancellation it is about, for cancels.
    pub cancellation_id: Option<String>,
    /// The adapter's command as JSON: enough to replay or inquire; no card data, no keys.
    pub command: serde_json::Value,
    /// Channel revision to use.
    pub revision: String,
    /// State.
    pub state: IntentState,
    /// When it was committed, ms.
    pub created_at: Millis,
    /// When the last call for it ended, ms (absence is believed only some time after).
    pub last_call_at: Millis,
    /// Recovery ticks so far.
    pub attempts: u32,
    /// When recovery looks at it next, ms.
    pub next_at: Millis,
    /// Router that works on it.
    pub lease_owner: String,
    /// Until when, ms.
    pub lease_until: Millis,
    /// What the last try ended as.
    pub last_error: Option<String>,
}

/// One line of the append-only journal. Never updated, never deleted by the router.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// When, ms.
    pub at: Millis,
    /// Transaction it belongs to, if any.
    pub transaction_id: Option<String>,
    /// `intent`, `answer`, `event`, `return`, `recovery`, `operator`, …
    pub kind: String,
    /// Masked details.
    pub doc: serde_json::Value,
}

/// A webhook to deliver, committed together with the change that caused it. Delivery joins with the webhook room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxRow {
    /// Id (`webhook-id`).
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// Transaction.
    pub transaction_id: String,
    /// PortOne V2 event type, e.g. `Transaction.Paid`.
    pub event: String,
    /// When, ms.
    pub created_at: Millis,
    /// Cancellation it is about.
    pub cancellation_id: Option<String>,
    /// Billing key it is about; `payment_id` and `transaction_id` are empty then.
    #[serde(default)]
    pub billing_key: Option<String>,
}

/// Amounts announced before a window opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreRegistration {
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// Total, minor units.
    pub total: Option<i64>,
    /// Tax-exempt part.
    pub tax_free: Option<i64>,
    /// Currency code.
    pub currency: Option<String>,
}

/// An open window: found again only by the unguessable token in our own return URL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptRow {
    /// Token (unguessable).
    pub token: String,
    /// Transaction.
    pub transaction_id: String,
    /// What the return needs: redirect URL, device, manual confirmation, the SDK's request.
    pub doc: serde_json::Value,
    /// Returns after this are refused, ms.
    pub expires_at: Millis,
}

/// A stored answer of an idempotent request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// What a request with an `Idempotency-Key` finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// First of its kind: run it.
    First,
    /// Running.
    Running,
    /// Done: answer this.
    Done(StoredAnswer),
    /// The key was used for another request.
    Other,
}

/// Part of a commit.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new transaction. Refused with [`LedgerError::LiveApproval`] if it is live and another of the payment is.
    Insert(Box<Transaction>),
    /// A transaction's new state; its `version` must be one or more above the stored row's, which must be `expected`
    /// (else [`LedgerError::Stale`]). [`LedgerError::LiveApproval`] if it comes alive beside another live one. Store,
    /// payment and order number never change.
    Update {
        /// New state.
        transaction: Box<Transaction>,
        /// Version the change was made on.
        expected: u64,
    },
    /// An intent. Refused with [`LedgerError::OpenIntent`] if the transaction has one.
    Intent(Box<Intent>),
    /// An intent's new schedule or state (by id). Refused with [`LedgerError::Stale`] if it is gone.
    Reschedule(Box<Intent>),
    /// The intent has its outcome. Refused with [`LedgerError::Stale`] if it is gone: someone else settled it.
    Close {
        /// Intent id.
        id: String,
    },
    /// Journal line.
    Journal(JournalEntry),
    /// Webhook.
    Outbox(OutboxRow),
    /// Change of money.
    Money(MoneyEvent),
    /// Pre-registration (overwrites).
    PreRegister(PreRegistration),
    /// Open window. The same token again replaces it; with another transaction it is a [`LedgerError::Duplicate`].
    Attempt(Box<AttemptRow>),
    /// Sealed channel revision (kept if already there).
    Revision {
        /// Content hash.
        revision: String,
        /// Channel.
        channel_key: String,
        /// Sealed settings.
        sealed: Vec<u8>,
    },
    /// A transaction id of our making at a PG. Refused with [`LedgerError::Duplicate`] if the MID has it already.
    Claim {
        /// Provider.
        provider: String,
        /// Merchant id at the PG.
        mid: String,
        /// The id.
        pg_tx_id: String,
    },
    /// Hosted checkout page; one that is there is closed.
    Session(Box<SessionRow>),
    /// Cash receipt.
    Receipt(Box<ReceiptWrite>),
    /// Billing keys and schedules.
    Billing(Box<BillingWrite>),
}

/// Fields of [`PaymentFilter::facts`], in the words of PortOne V2's `PaymentFilterInput`.
pub const FACTS: [&str; 5] = [
    "escrowStatus",
    "cardBrand",
    "cardType",
    "cardOwnerType",
    "giftCertificateType",
];

/// What a list asks for. ANDed; lists are ORed inside.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Stores (never empty).
    pub stores: Vec<String>,
    /// From, ms, inclusive.
    pub from: Option<Millis>,
    /// Until, ms, exclusive.
    pub until: Option<Millis>,
    /// Range and default sort by status change instead of request time.
    pub by_status_change: bool,
    /// States.
    pub status: Vec<Status>,
    /// Methods.
    pub methods: Vec<MethodKind>,
    /// V2 `PgProvider` words.
    pub pg_providers: Vec<String>,
    /// Test or live only.
    pub is_test: Option<bool>,
    /// Currency.
    pub currency: Option<String>,
    /// Origin platform word (`PC`, `MOBILE`, `API`).
    pub platform: Option<String>,
    /// Prefix searches: (field word of V2 `PaymentTextSearchField`, prefix).
    pub text: Vec<(String, String)>,
    /// Made by a schedule, or not.
    pub scheduled: Option<bool>,
    /// Has an escrow, or not.
    pub escrow: Option<bool>,
    /// Facts of the payment that it must have: (field word, value word), see [`FACTS`].
    pub facts: Vec<(&'static str, &'static str)>,
    /// Sort by status change.
    pub sort_by_status_change: bool,
    /// Oldest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to return.
    pub limit: usize,
}

/// The durable journal and its current-state tables.
pub trait Ledger:
    Send
    + Sync
    + 'static
    + BillingLedger
    + FeedLedger
    + NoticeLedger
    + OutboxLedger
    + ReceiptLedger
    + RetentionLedger
    + SessionLedger
{
    /// Commits all or nothing, durably.
    fn commit(&self, writes: Vec<Write>) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// A transaction.
    fn transaction<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>>;
    /// The transaction with an order number of ours.
    fn by_order<'a>(&'a self, order_id: &'a str) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>>;
    /// The attempt that stands for a payment: the live one, else the newest.
    fn payment<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>>;
    /// All attempts of a payment, newest first.
    fn attempts<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Transaction>, LedgerError>>;
    /// A page of payments (one row a payment) and how many there are in all.
    fn list<'a>(&'a self, filter: &'a PaymentFilter) -> BoxFuture<'a, Result<(Vec<Transaction>, u64), LedgerError>>;
    /// Amounts announced for a payment.
    fn pre_registration<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<PreRegistration>, LedgerError>>;
    /// An open window by its token.
    fn attempt<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<AttemptRow>, LedgerError>>;
    /// The open intent of a transaction.
    fn open_intent<'a>(&'a self, transaction_id: &'a str) -> BoxFuture<'a, Result<Option<Intent>, LedgerError>>;
    /// Leases intents that are due (`next_at` and `lease_until` both passed) to `owner` until `until`. If another held
    /// the lease when it ran out, `last_call_at` becomes that moment at least: its call may have run until then.
    fn lease_due<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Intent>, LedgerError>>;
    /// Intents that are unknown or wait for a person, the oldest first.
    fn unsettled(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Intent>, LedgerError>>;
    /// Leases one such intent, due or not, for a person's ruling; `None` if there is none of this id, or another works on
    /// it.
    fn lease_case<'a>(
        &'a self,
        id: &'a str,
        owner: &'a str,
        now: Millis,
        until: Millis,
    ) -> BoxFuture<'a, Result<Option<Intent>, LedgerError>>;
    /// On start: gives back every lease that an earlier life of `owner` held and makes its open intents unknown, due `now`.
    /// Their calls ended with that life, at the latest now: `last_call_at` becomes `now`.
    fn release<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>>;
    /// How many intents are unknown or wait for a person.
    fn unknown_open(&self) -> BoxFuture<'_, Result<u64, LedgerError>>;
    /// Sealed settings of a channel revision.
    fn revision<'a>(&'a self, revision: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, LedgerError>>;
    /// Journal of a transaction, oldest first.
    fn journal<'a>(&'a self, transaction_id: &'a str) -> BoxFuture<'a, Result<Vec<JournalEntry>, LedgerError>>;
    /// Claims an idempotency key: `scope` is the credential, `fingerprint` a hash of method, path and body.
    /// Keys older than `keep_ms` are free again. A key that is still running after `running_ms` lost its router: the
    /// same request may claim it again ([`Idempotency::First`]), another one still finds [`Idempotency::Other`].
    fn idempotency_begin<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        fingerprint: &'a str,
        now: Millis,
        keep_ms: i64,
        running_ms: i64,
    ) -> BoxFuture<'a, Result<Idempotency, LedgerError>>;
    /// Stores the answer; `None` frees the key (the request did not take effect).
    fn idempotency_end<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        answer: Option<StoredAnswer>,
    ) -> BoxFuture<'a, Result<(), LedgerError>>;
    /// Proves that a commit would work now.
    fn writable(&self) -> BoxFuture<'_, Result<(), LedgerError>>;
}
