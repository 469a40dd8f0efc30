//! Virtual accounts (가상계좌) without a window: issued and closed by server calls.

use super::{Call, ChannelRevision, Refusal, Step, WireAnswer};
use crate::payment::{Amounts, Approval, Currency, Millis};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Until when an account takes its deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountExpiry {
    /// Hours from its issue.
    Hours(u32),
    /// A point in time, ms.
    Due(Millis),
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountKind {
    /// A new account for this one payment (일반).
    Normal,
    /// The same account again for one customer (고정식): the PG finds the number by this key (PortOne `pgAccountId`).
    FixedKey(String),
    /// A number out of the pool that the PG gave the merchant.
    FixedNumber(String),
}

/// What the buyer wants as proof of a cash payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReceiptWish {
    /// Income deduction (소득공제).
    Personal,
    /// Proof of business expense (지출증빙).
    Corporate,
    /// None (미발행).
    NoReceipt,
}

/// A cash receipt to issue with the deposit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountReceipt {
    /// Kind.
    pub wish: ReceiptWish,
    /// Phone, receipt card or business number. Present only while the first call is being encoded: it is never stored,
    /// so an adapter must refuse a command that has a wish but no number.
    #[serde(skip)]
    pub identity: Option<SecretString>,
}

/// Issue an account. Stored with the intent: no personal numbers in here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueAccount {
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
    /// PortOne V2 `Bank`.
    pub bank: String,
    /// Deadline.
    pub expiry: AccountExpiry,
    /// New or fixed.
    pub kind: AccountKind,
    /// Account holder shown to the buyer, where the PG lets the merchant choose.
    pub remittee: Option<String>,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
    /// Cash receipt.
    pub receipt: Option<AccountReceipt>,
    /// Escrow as a must.
    pub escrow: bool,
    /// What is bought, as the merchant listed it (PortOne V2 `PaymentProduct`s).
    pub products: Option<serde_json::Value>,
}

/// Close an account before its deposit (말소).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloseAccount {
    /// PG's transaction id of the issue.
    pub pg_tx_id: String,
    /// Our order number of the issue.
    pub order_id: String,
    /// What was to be deposited.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// Reason, for PGs that want one.
    pub reason: String,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms.
    pub at: Millis,
    /// What the issue kept.
    pub keep: Option<serde_json::Value>,
}

/// A closed account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountClosed {
    /// When, ms; the router's clock stands in when the PG gives none.
    pub closed_at: Option<Millis>,
    /// Answer, masked.
    pub raw: Option<String>,
}

/// How the transfer of a refund to the buyer's account goes, days after the PG accepted the refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundTransfer {
    /// Not told yet.
    Underway,
    /// The money arrived.
    Done,
    /// The bank refused it, wholly or in part: the PG still holds money that is the buyer's.
    Failed,
}

impl RefundTransfer {
    /// For journal and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Underway => "UNDERWAY",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
        }
    }
}

/// Virtual accounts by server calls.
pub trait VirtualAccounts: Send + Sync {
    /// Reads from an inquiry's answer how the transfer of a refund to the buyer's account goes. Most PGs tell nothing of
    /// it: an accepted refund is then the last word, and nobody need ask.
    fn refund_transfer(&self) -> Option<fn(&WireAnswer) -> RefundTransfer> {
        None
    }
    /// First call of an issue.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire, e.g. a bank that issues no accounts there.
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer; success is an approval whose status is `VirtualAccountIssued`.
    fn account_issued(
        &self,
        command: &IssueAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval>;
    /// First call of closing. Accounts issued in a window are closed the same way.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer. `Done` means that no deposit can come any more.
    fn account_closed(
        &self,
        command: &CloseAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed>;
}
