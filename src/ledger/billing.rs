//! What the ledger keeps of billing keys and schedules, as part of the same commits as payments.

use super::{IntentState, LedgerError};
use crate::adapters::Operation;
use crate::payment::{BillingKey, KeyStatus, MethodKind, Millis, Schedule, ScheduleEvent, ScheduleStatus};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// "We are about to ask PG X to issue or delete a key": as [`super::Intent`], for one part of a billing key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyIntent {
    /// Id; also the idempotency key where the PG has such a thing.
    pub id: String,
    /// Billing key (our id).
    pub billing_key: String,
    /// Channel of the part.
    pub channel_key: String,
    /// Issue or deletion.
    pub operation: Operation,
    /// The adapter's command as JSON, without keys, card data and tokens.
    pub command: serde_json::Value,
    /// What a window brought for the exchange, sealed.
    pub token: Option<serde_json::Value>,
    /// Channel revision to use.
    pub revision: String,
    /// State.
    pub state: IntentState,
    /// When it was committed, ms.
    pub created_at: Millis,
    /// When the last call for it ended, ms.
    pub last_call_at: Millis,
    /// Recovery looks so far.
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

/// Part of a commit, about billing keys and schedules.
#[derive(Debug, Clone)]
pub enum BillingWrite {
    /// A new key.
    InsertKey(Box<BillingKey>),
    /// A key's new state; refused with [`LedgerError::Stale`] unless the stored version is `expected`.
    UpdateKey {
        /// New state.
        key: Box<BillingKey>,
        /// Version the change was made on.
        expected: u64,
    },
    /// An intent. Refused with [`LedgerError::OpenIntent`] if the part has one.
    Intent(Box<KeyIntent>),
    /// An intent's new schedule or state (by id; must exist).
    Reschedule(Box<KeyIntent>),
    /// The intent has its outcome.
    Close {
        /// Intent id.
        id: String,
    },
    /// Refuses the commit with [`LedgerError::KeyGone`] unless the part can be charged now: a deletion that is under
    /// way and a charge exclude each other.
    Chargeable {
        /// Billing key.
        key: String,
        /// Channel of the part; `None` asks for any part.
        channel: Option<String>,
    },
    /// Refuses the commit with [`LedgerError::Scheduled`] if a schedule is still going to charge the key.
    NoSchedules {
        /// Billing key.
        key: String,
    },
    /// A new schedule. Refused with [`LedgerError::Scheduled`] if the payment has one that is live.
    InsertSchedule(Box<Schedule>),
    /// Something that happened to a schedule. `Started` and `Revoked` are refused with [`LedgerError::Stale`] where
    /// they do not fit; what a charge ended as is left out where it is known already.
    Schedule {
        /// Schedule.
        id: String,
        /// Event.
        event: ScheduleEvent,
        /// When, ms.
        at: Millis,
    },
}

/// Which time of a key a range or an order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyTime {
    /// Asked for.
    #[default]
    Requested,
    /// Issued.
    Issued,
    /// Deleted.
    Deleted,
    /// Issued or, if it is deleted, deleted.
    Status,
}

/// What a list of keys asks for. `ANDed`; lists are `ORed` inside. Only issued and deleted keys are listed.
#[derive(Debug, Clone, Default)]
pub struct KeyFilter {
    /// Store.
    pub store: String,
    /// Time that `from` and `until` are about.
    pub time: KeyTime,
    /// From, ms, inclusive.
    pub from: Option<Millis>,
    /// Until, ms, exclusive.
    pub until: Option<Millis>,
    /// States; empty means both.
    pub status: Vec<KeyStatus>,
    /// Groups.
    pub groups: Vec<String>,
    /// Merchant's id of the buyer.
    pub customer_id: Option<String>,
    /// Origin platform word (`PC`, `MOBILE`, `API`).
    pub platform: Option<String>,
    /// V2 `PgProvider` words.
    pub pg_providers: Vec<String>,
    /// Methods.
    pub methods: Vec<MethodKind>,
    /// Prefix search: (field word of V2 `BillingKeyTextSearchField`, prefix).
    pub text: Option<(String, String)>,
    /// Order.
    pub sort: KeyTime,
    /// Oldest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to return.
    pub limit: usize,
}

/// What schedules are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScheduleTime {
    /// Made.
    #[default]
    Created,
    /// Due.
    TimeToPay,
    /// Tried.
    Completed,
    /// Tried, revoked, or else due.
    Status,
}

/// What a list of schedules asks for. The range is about the due time.
#[derive(Debug, Clone, Default)]
pub struct ScheduleFilter {
    /// Store.
    pub store: String,
    /// Billing key.
    pub billing_key: Option<String>,
    /// Payment that it makes.
    pub payment_id: Option<String>,
    /// From, ms, inclusive.
    pub from: Option<Millis>,
    /// Until, ms, exclusive.
    pub until: Option<Millis>,
    /// States; empty means all.
    pub status: Vec<ScheduleStatus>,
    /// Test or live only.
    pub is_test: Option<bool>,
    /// Order.
    pub sort: ScheduleTime,
    /// Oldest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to return.
    pub limit: usize,
}

/// Billing keys and schedules in the ledger. They are written by [`super::Write::Billing`].
pub trait BillingLedger: Send + Sync + 'static {
    /// A key.
    fn billing_key<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>>;
    /// The key of which a part's PG key has this mark ([`crate::payment::KeyPart::mark`]).
    fn key_by_mark<'a>(&'a self, mark: &'a str) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>>;
    /// The newest key of a store that was ever issued under this name ([`crate::payment::CUSTOMER_UID`] of its extras).
    /// A name that is used again means the newer key, and goes with it: an older one never comes back.
    fn key_by_customer_uid<'a>(
        &'a self,
        store_id: &'a str,
        customer_uid: &'a str,
    ) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>>;
    /// A page of keys and how many there are in all.
    fn billing_keys<'a>(&'a self, filter: &'a KeyFilter) -> BoxFuture<'a, Result<(Vec<BillingKey>, u64), LedgerError>>;
    /// A schedule.
    fn schedule<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Schedule>, LedgerError>>;
    /// The live schedule of a payment, if it has one.
    fn live_schedule<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Schedule>, LedgerError>>;
    /// A page of schedules and how many there are in all.
    fn schedules<'a>(&'a self, filter: &'a ScheduleFilter) -> BoxFuture<'a, Result<(Vec<Schedule>, u64), LedgerError>>;
    /// Leases key intents that are due (`next_at` and `lease_until` both passed) to `owner` until `until`.
    fn lease_due_keys<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<KeyIntent>, LedgerError>>;
    /// Key intents that are unknown or wait for a person, the oldest first.
    fn unsettled_keys(&self, limit: usize) -> BoxFuture<'_, Result<Vec<KeyIntent>, LedgerError>>;
    /// As [`super::Ledger::lease_case`], of a key intent.
    fn lease_key_case<'a>(
        &'a self,
        id: &'a str,
        owner: &'a str,
        now: Millis,
        until: Millis,
    ) -> BoxFuture<'a, Result<Option<KeyIntent>, LedgerError>>;
    /// Leases schedules whose time has come to `owner` until `until`, the longest due first.
    fn lease_due_schedules<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Schedule>, LedgerError>>;
}
