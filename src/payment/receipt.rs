//! Cash receipts (현금영수증): the stand-alone one and its states, and the one inside a payment.

use super::transaction::IllegalTransition;
use super::{Amounts, ChannelRef, Currency, Failure, Millis};
use serde::{Deserialize, Serialize};

/// What a receipt is for (PortOne V2 `CashReceiptType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReceiptKind {
    /// Income deduction (소득공제).
    Personal,
    /// Proof of business expense (지출증빙).
    Corporate,
}

impl ReceiptKind {
    /// Word in the ledger and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "PERSONAL",
            Self::Corporate => "CORPORATE",
        }
    }
}

/// How the money of a stand-alone receipt was paid (PortOne V2 `IssueCashReceiptPaymentMethodType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaidWith {
    /// Account transfer.
    Transfer,
    /// Virtual account.
    VirtualAccount,
}

/// A receipt that a PG issued together with a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReceipt {
    /// Kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ReceiptKind>,
    /// PG's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pg_receipt_id: Option<String>,
    /// Approval number.
    pub issue_number: String,
    /// Total, minor units.
    pub total: i64,
    /// Tax-exempt part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_free: Option<i64>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When, ms; the payment's time stands in when the PG gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Millis>,
    /// When it was taken back, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Millis>,
}

/// State of a stand-alone receipt. `Issuing` is ours: the PG's answer is not known, and the API shows no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReceiptState {
    /// Being issued, or nobody knows yet.
    Issuing,
    /// Issued.
    Issued,
    /// The PG or the tax office refused.
    IssueFailed,
    /// Cancelled.
    Cancelled,
}

impl ReceiptState {
    /// Word in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuing => "ISSUING",
            Self::Issued => "ISSUED",
            Self::IssueFailed => "ISSUE_FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether another receipt of the same payment would be a second one.
    #[must_use]
    pub fn stands(self) -> bool {
        matches!(self, Self::Issuing | Self::Issued)
    }
}

/// What is still to be done or learned about a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReceiptTask {
    /// The issue has no outcome.
    Issue {
        /// The command's personal part, sealed.
        sealed: serde_json::Value,
    },
    /// The cancellation has no outcome.
    Cancel {
        /// What is taken back.
        amounts: Amounts,
    },
    /// Issued; the tax office has not answered.
    TaxOffice,
}

/// A task and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptWork {
    /// Idempotency key of the operation.
    pub id: String,
    /// What.
    #[serde(flatten)]
    pub task: ReceiptTask,
    /// When it was decided, ms.
    pub started_at: Millis,
    /// When the last call for it ended, ms.
    pub last_call_at: Millis,
    /// Looks so far.
    pub attempts: u32,
    /// When to look next, ms.
    pub next_at: Millis,
    /// No machine found out; a person must look.
    #[serde(default)]
    pub operator: bool,
}

/// A stand-alone cash receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CashReceipt {
    /// Our id.
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId`; the payment need not exist here.
    pub payment_id: String,
    /// Our order number at the PG.
    pub order_id: String,
    /// Grows by one with each change.
    pub version: u64,
    /// State.
    pub state: ReceiptState,
    /// Channel, frozen.
    pub channel: ChannelRef,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What was bought.
    pub order_name: String,
    /// Kind.
    pub kind: ReceiptKind,
    /// PG's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pg_receipt_id: Option<String>,
    /// Approval number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_number: Option<String>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was asked for, ms.
    pub requested_at: Millis,
    /// When it was issued, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Millis>,
    /// When it was cancelled, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Millis>,
    /// Sum of cancellations, minor units.
    pub cancelled: i64,
    /// Why the issue, or the last cancellation, failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Last change of state, ms.
    pub status_changed_at: Millis,
    /// What is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<ReceiptWork>,
}

/// Something that happened to a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptEvent {
    /// The PG issued it. Late truth for a failed one, too.
    Issued {
        /// PG's id.
        pg_receipt_id: String,
        /// Approval number.
        issue_number: String,
        /// Where it can be seen.
        url: String,
        /// When, ms.
        issued_at: Option<Millis>,
    },
    /// The PG or the tax office refused it.
    IssueFailed(Failure),
    /// The intent to cancel is being committed.
    CancelStarted,
    /// The PG took it back.
    Cancelled {
        /// How much, minor units.
        amount: i64,
        /// When, ms.
        at: Option<Millis>,
    },
    /// The PG refused to cancel, or was not reached.
    CancelFailed(Failure),
    /// Nothing changed but what is known of the work.
    Looked,
}

impl CashReceipt {
    /// Applies an event. What is open ([`CashReceipt::work`]) is the caller's to set.
    ///
    /// # Errors
    /// The event does not fit the state; nothing is changed.
    pub fn apply(&mut self, event: &ReceiptEvent, now: Millis) -> Result<(), IllegalTransition> {
        use ReceiptState::{Cancelled, IssueFailed, Issued, Issuing};
        let before = self.state;
        let fits = |fits: bool, event: &'static str| {
            let from = before.as_str();
            if fits {
                Ok(())
            } else {
                Err(IllegalTransition { from, event })
            }
        };
        match event {
            ReceiptEvent::Issued {
                pg_receipt_id,
                issue_number,
                url,
                issued_at,
            } => {
                fits(matches!(before, Issuing | IssueFailed | Issued), "Issued")?;
                self.state = Issued;
                self.pg_receipt_id = Some(pg_receipt_id.clone());
                self.issue_number = Some(issue_number.clone());
                self.url = Some(url.clone());
                self.issued_at = issued_at.or(self.issued_at).or(Some(now));
                self.failure = None;
            }
            ReceiptEvent::IssueFailed(failure) => {
                fits(matches!(before, Issuing | Issued), "IssueFailed")?;
                self.state = IssueFailed;
                self.failure = Some(failure.clone());
            }
            ReceiptEvent::CancelStarted => fits(before == Issued, "CancelStarted")?,
            ReceiptEvent::Cancelled { amount, at } => {
                fits(
                    before == Issued && *amount > 0 && self.cancelled + amount <= self.amounts.total,
                    "Cancelled",
                )?;
                self.cancelled += amount;
                self.cancelled_at = Some(at.unwrap_or(now));
                self.failure = None;
                if self.cancelled == self.amounts.total {
                    self.state = Cancelled;
                }
            }
            ReceiptEvent::CancelFailed(failure) => {
                fits(before == Issued, "CancelFailed")?;
                self.failure = Some(failure.clone());
            }
            ReceiptEvent::Looked => {}
        }
        self.version += 1;
        if self.state != before {
            self.status_changed_at = now;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::sample;
