//! Stand-alone cash receipts (현금영수증): issued for money that a PG may not even have seen.

use super::{Call, ChannelRevision, Refusal, Step, WireAnswer};
use crate::payment::{Amounts, Currency, Failure, Millis, PaidWith, ReceiptKind};
use secrecy::SecretString;

/// Whose number a cash receipt is issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdentityKind {
    /// Mobile phone number.
    Phone,
    /// Cash receipt card or payment card.
    Card,
    /// Business registration number (사업자등록번호).
    Business,
}

/// Issue a cash receipt. The number lives in memory only; where the command must outlive the process it is sealed.
#[derive(Debug, Clone)]
pub struct IssueReceipt {
    /// Our order number at the PG, allocated for this receipt.
    pub order_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What was bought.
    pub order_name: String,
    /// Income deduction or business expense.
    pub kind: ReceiptKind,
    /// Phone, card or business number: digits only.
    pub identity: SecretString,
    /// What kind of number it is, if the merchant says.
    pub identity_kind: Option<IdentityKind>,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
    /// How the money was paid, for PGs that ask.
    pub paid_with: Option<PaidWith>,
    /// When the money was paid, ms.
    pub paid_at: Option<Millis>,
    /// Business registration number of the seller, where it is not the channel's own.
    pub seller: Option<String>,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the same at every replay.
    pub at: Millis,
}

/// Where the tax office (국세청) stands. Most PGs forward receipts once a day.
#[derive(Debug, Clone, PartialEq)]
pub enum TaxOffice {
    /// Forwarded, or to be; ask again later.
    Pending,
    /// Accepted, or the PG says no more about it.
    Accepted,
    /// Refused: the receipt does not exist.
    Refused(Failure),
}

/// An issued receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptIssued {
    /// PG's id of the receipt.
    pub pg_receipt_id: String,
    /// Approval number (승인번호).
    pub issue_number: String,
    /// Where it can be seen; empty if the PG has no page.
    pub url: String,
    /// When, ms.
    pub issued_at: Option<Millis>,
    /// Tax office.
    pub tax_office: TaxOffice,
}

/// Cancel a receipt, wholly or in part.
#[derive(Debug, Clone)]
pub struct CancelReceipt {
    /// PG's id of the receipt.
    pub pg_receipt_id: String,
    /// Our order number of the issue.
    pub order_id: String,
    /// Amounts to take back.
    pub amounts: Amounts,
    /// What was issued.
    pub original: Amounts,
    /// Balance before, minor units.
    pub balance_before: i64,
    /// Currency.
    pub currency: Currency,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms.
    pub at: Millis,
}

/// A cancelled receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptCancelled {
    /// PG's id of the cancellation.
    pub pg_cancellation_id: Option<String>,
    /// When, ms.
    pub cancelled_at: Option<Millis>,
}

/// Ask for a receipt.
#[derive(Debug, Clone)]
pub struct InquireReceipt {
    /// PG's id, if known.
    pub pg_receipt_id: Option<String>,
    /// Our order number.
    pub order_id: String,
    /// What was issued: an answer with another total is not believed.
    pub amounts: Amounts,
    /// When it was asked for, ms (some PGs list by date).
    pub requested_at: Millis,
    /// When its last cancellation was asked for, ms.
    pub cancel_requested_at: Option<Millis>,
}

/// What the PG holds of a receipt.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiptView {
    /// The PG knows no such receipt.
    Absent(Failure),
    /// It does.
    Held {
        /// The receipt.
        issued: ReceiptIssued,
        /// Sum of its cancellations, minor units.
        cancelled: i64,
        /// The latest of them.
        last: Option<ReceiptCancelled>,
    },
}

/// Stand-alone cash receipts.
pub trait CashReceipts: Send + Sync {
    /// First call of an issue.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer.
    fn receipt_issued(
        &self,
        command: &IssueReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued>;
    /// First call of a cancellation.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer.
    fn receipt_cancelled(
        &self,
        command: &CancelReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled>;
    /// First call of an inquiry.
    ///
    /// # Errors
    /// The PG cannot be asked with what is known.
    fn inquire_receipt(&self, command: &InquireReceipt, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer; may ask for further pages.
    fn receipt_inquired(
        &self,
        command: &InquireReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptView>;
}
