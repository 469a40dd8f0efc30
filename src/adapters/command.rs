//! Commands to a PG and what comes back, in our words.

use super::Operation;
use crate::payment::{Amounts, Approval, Currency, EscrowState, Failure, MethodKind, Millis, Status, Transaction};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Approve what the buyer authenticated. Stored with the intent: no secrets in here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approve {
    /// Our order number at the PG.
    pub order_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Method asked for.
    pub method: MethodKind,
    /// Stable key of this logical operation, allocated before the call, never reused for another.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the only clock an adapter has, the same at every replay.
    pub at: Millis,
    /// What the window's return carried for the approval (keys, blobs), as the adapter's [`super::WindowVerdict`] gave it.
    pub token: serde_json::Value,
}

/// A card number and what goes with it. Lives in memory only, zeroised on drop, never serialised.
#[derive(Clone)]
pub struct CardInput {
    /// Card number, digits only.
    pub number: SecretString,
    /// Expiry year, two digits.
    pub expiry_year: SecretString,
    /// Expiry month, two digits.
    pub expiry_month: SecretString,
    /// Birth date (YYMMDD) or 10-digit business registration number.
    pub birth_or_business: Option<SecretString>,
    /// First two digits of the card's password.
    pub password_two_digits: Option<SecretString>,
}

impl CardInput {
    /// The first eight digits: as much of the number as tells its issuer. `None`: a number shorter than that.
    #[must_use]
    pub fn first_digits(&self) -> Option<&str> {
        self.number.expose_secret().get(..8)
    }
}

impl std::fmt::Debug for CardInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardInput(***)")
    }
}

/// Pay with card data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyIn {
    /// Our order number at the PG.
    pub order_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the only clock an adapter has, the same at every replay.
    pub at: Millis,
    /// Instalment months, 0 = lump sum.
    pub installment_months: u32,
    /// Merchant bears the interest.
    pub free_installment: bool,
    /// Use card points.
    pub use_card_point: bool,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    #[serde(default)]
    pub customer_phone: Option<String>,
    /// Present only while the first call is being encoded.
    #[serde(skip)]
    pub card: Option<CardInput>,
}

/// An account to refund to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundAccount {
    /// PortOne V2 `Bank`.
    pub bank: String,
    /// Account number.
    pub number: String,
    /// Holder.
    pub holder_name: String,
}

/// Cancel all or part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    /// PG's transaction id of the approval.
    pub pg_tx_id: String,
    /// Our order number of the approval.
    pub order_id: String,
    /// Parts of this cancellation.
    pub amounts: Amounts,
    /// What was approved originally.
    pub original: Amounts,
    /// Balance before this cancellation, as our ledger has it.
    pub balance_before: i64,
    /// Earlier cancellations, successful or not: the number to allocate from (sequence, fresh order id per part).
    pub sequence: u32,
    /// Currency.
    pub currency: Currency,
    /// Reason.
    pub reason: String,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the only clock an adapter has, the same at every replay.
    pub at: Millis,
    /// Refund account for virtual accounts.
    pub refund_account: Option<RefundAccount>,
    /// What the approval kept.
    pub keep: Option<serde_json::Value>,
}

/// A cancellation the PG made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelDone {
    /// PG's id of the cancellation.
    pub pg_cancellation_id: Option<String>,
    /// When, ms.
    pub cancelled_at: Option<Millis>,
    /// `true`: accepted, finished later (asynchronous refund).
    pub pending: bool,
    /// Receipt.
    pub receipt_url: Option<String>,
    /// Answer, masked.
    pub raw: Option<String>,
}

/// Ask the PG what it holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inquire {
    /// PG's id, if known.
    pub pg_tx_id: Option<String>,
    /// Our order number.
    pub order_id: String,
    /// Amount that was asked for: an answer with another one is not believed.
    pub amounts: Amounts,
    /// Currency that was asked for.
    pub currency: Currency,
    /// When the order was made, ms (some PGs ask by date).
    pub ordered_at: Millis,
    /// Now, ms.
    pub at: Millis,
    /// The approval whose outcome is asked for, as it was sent. Some PGs know a payment only by an id that the
    /// window's return carried.
    #[serde(default)]
    pub approving: Option<Box<Approve>>,
    /// The operation whose outcome is asked for, if one is open. At PGs that are asked by an id of our making it says
    /// which.
    #[serde(default)]
    pub operation: Option<Operation>,
}

impl Inquire {
    /// What stands behind a payment now; asked at `at`, ms.
    #[must_use]
    pub fn about(transaction: &Transaction, at: Millis) -> Self {
        Self {
            pg_tx_id: transaction.pg_tx_id.clone(),
            order_id: transaction.order_id.clone(),
            amounts: transaction.amounts,
            currency: transaction.currency,
            ordered_at: transaction.requested_at,
            at,
            approving: None,
            operation: None,
        }
    }
}

/// A cancellation as the PG lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PgCancel {
    /// PG's id of the cancellation.
    pub id: Option<String>,
    /// Amount.
    pub amount: i64,
    /// When, ms.
    pub at: Option<Millis>,
    /// Reason as sent.
    pub reason: Option<String>,
}

/// What the PG says it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum PgView {
    /// The PG knows no such order (a listed code, never a bare 404). Believed only late: see the recovery plan.
    Absent(Failure),
    /// Known, nothing approved yet: may still be.
    Open,
    /// Known and finally failed; nothing is held.
    Dead(Failure),
    /// Approved, with what was cancelled since.
    Held {
        /// Approval as the inquiry tells it.
        approval: Box<Approval>,
        /// Balance left, minor units.
        balance: i64,
        /// Cancellations, oldest first.
        cancels: Vec<PgCancel>,
        /// Status in our words after the cancellations.
        status: Status,
    },
}

/// A notification as it arrived.
#[derive(Debug, Clone)]
pub struct Notice {
    /// HTTP method.
    pub method: String,
    /// Query string.
    pub query: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Bytes,
    /// Sender's address.
    pub peer: std::net::IpAddr,
}

/// A billing key of the PG's, as a notification names it. Shown by no debug output.
#[derive(Clone)]
pub struct PgKey(SecretString);

impl PgKey {
    /// Takes a key in.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key.into())
    }

    /// The key, for comparing.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for PgKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PgKey(***)")
    }
}

impl PartialEq for PgKey {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.expose().as_bytes(), other.expose().as_bytes()).is_ok()
    }
}

/// What a notification means.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeVerdict {
    /// Forged or unreadable: refuse with this status.
    Refuse {
        /// HTTP status to answer.
        status: u16,
        /// For the security log.
        why: String,
    },
    /// A test or an event that concerns no payment: acknowledge and forget.
    Ignore,
    /// Something changed: ask the PG before money state moves.
    Ask {
        /// Our order number, if told.
        order_id: Option<String>,
        /// PG's id, if told.
        pg_tx_id: Option<String>,
        /// The PG's natural key of this event, for de-duplication.
        dedupe: String,
    },
    /// A billing key is gone at the PG: removed by the buyer or by the provider behind it. Whoever can name the key is
    /// believed, because nobody but the PG and this router knows it.
    KeyGone {
        /// The PG's key.
        key: PgKey,
        /// The PG's natural key of this event, for de-duplication.
        dedupe: String,
    },
    /// A state of an escrow payment: mostly the buyer's decision, which no inquiry tells. It moves no money by itself;
    /// where money went back with it, the PG is asked too.
    Escrow {
        /// Our order number.
        order_id: String,
        /// PG's id of the approval; one that is not the payment's is not believed.
        pg_tx_id: String,
        /// The state.
        state: EscrowState,
        /// Confirmed by time or by the PG, not by the buyer.
        automatic: bool,
        /// The PG's natural key of this event, for de-duplication.
        dedupe: String,
    },
    /// The PG has no inquiry (or signed this): the notice itself is the truth.
    Tell {
        /// Our order number.
        order_id: String,
        /// What the PG holds after the event.
        view: Box<PgView>,
        /// The PG's natural key of this event, for de-duplication.
        dedupe: String,
    },
}
