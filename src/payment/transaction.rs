//! One try at a payment, and the only ways its state may change.

use super::{
    Amounts, BillingRef, ChannelRef, Currency, Escrow, Failure, GroupRef, MethodDetail, MethodKind, Millis, Origin,
    PaymentReceipt,
};
use serde::{Deserialize, Serialize};

/// State of a transaction. `Approving` and `Unknown` are ours; the API shows both as `READY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Window may be open; nothing was asked of the PG that moves money.
    Ready,
    /// The intent to approve is committed; the PG's answer is not.
    Approving,
    /// A call that may have moved money ended without a verified answer.
    Unknown,
    /// The PG accepted but decides later (PortOne `PAY_PENDING`).
    PayPending,
    /// Virtual account issued, deposit awaited.
    VirtualAccountIssued,
    /// Approved.
    Paid,
    /// Cancelled in part.
    PartialCancelled,
    /// Cancelled to zero.
    Cancelled,
    /// Failed; nothing is held at the PG.
    Failed,
}

impl Status {
    /// Whether the transaction holds, or may hold, money: at most one such transaction per payment (rule 4).
    #[must_use]
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Ready | Self::Failed)
    }

    /// Whether money was approved (and perhaps cancelled since).
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Paid | Self::PartialCancelled | Self::Cancelled)
    }

    /// Word in the ledger and in metrics labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Approving => "APPROVING",
            Self::Unknown => "UNKNOWN",
            Self::PayPending => "PAY_PENDING",
            Self::VirtualAccountIssued => "VIRTUAL_ACCOUNT_ISSUED",
            Self::Paid => "PAID",
            Self::PartialCancelled => "PARTIAL_CANCELLED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

/// Who asked for a cancellation (PortOne V2 `Trigger`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trigger {
    /// Operator.
    Console,
    /// Merchant's server.
    Api,
    /// The router itself (orphan, net-cancel). PortOne's word for "the platform did it".
    PortoneAdmin,
}

/// State of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelState {
    /// Intent committed, no verified answer yet, or the PG decides later.
    Requested,
    /// Money went back.
    Succeeded,
    /// The PG refused.
    Failed,
}

/// One cancellation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// Our id.
    pub id: String,
    /// State.
    pub state: CancelState,
    /// Parts of this cancellation.
    pub amounts: Amounts,
    /// Merchant's reason.
    pub reason: String,
    /// Who asked.
    pub trigger: Trigger,
    /// When it was asked for.
    pub requested_at: Millis,
    /// When the PG did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Millis>,
    /// PG's id of the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_cancellation_id: Option<String>,
    /// Receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The PG took it and finishes later; nothing is left to ask but the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// The merchant wants no webhook for its success.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_webhook: bool,
}

/// What the PG says of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// PG's transaction id.
    pub pg_tx_id: String,
    /// Paid, VirtualAccountIssued or PayPending.
    pub status: Status,
    /// Method used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodDetail>,
    /// PG's approval time, ms; the router's clock stands in when the PG gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Millis>,
    /// Receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// The PG's answer, masked, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Values a later call of the same adapter needs (e.g. Toss `secret`); sealed before it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<serde_json::Value>,
    /// The PG took it as an escrow payment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escrow: bool,
    /// Cash receipt that the PG issued with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_receipt: Option<PaymentReceipt>,
}

/// One try at a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// `transactionId` (V1 `imp_uid`).
    pub id: String,
    /// Merchant's `paymentId`.
    pub payment_id: String,
    /// Store.
    pub store_id: String,
    /// Our order number at the PG, allocated before the first call, unique per attempt.
    pub order_id: String,
    /// Grows by one with each applied event; the ledger refuses a write made on an older one.
    pub version: u64,
    /// State.
    pub status: Status,
    /// Channel, frozen.
    pub channel: ChannelRef,
    /// Group, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupRef>,
    /// Amounts asked for.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Method asked for.
    pub method_kind: MethodKind,
    /// Method used, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodDetail>,
    /// Customer in PortOne V2's response shape (`Customer`), without nulls.
    pub customer: serde_json::Value,
    /// Merchant's `customData`, a string on the REST side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
    /// Merchant's further request members echoed in answers: `products`, `productCount`, `country`, `noticeUrls`, …
    pub extras: serde_json::Map<String, serde_json::Value>,
    /// Where it came from.
    pub origin: Origin,
    /// Billing key and schedule that it was charged with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingRef>,
    /// PG's transaction id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_tx_id: Option<String>,
    /// PG's answer to the approval, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_response: Option<String>,
    /// Receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// Kept for later calls (see [`Approval::keep`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<serde_json::Value>,
    /// Escrow, if the PG took it as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escrow: Option<Escrow>,
    /// Cash receipt issued with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_receipt: Option<PaymentReceipt>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Cancellations, oldest first.
    pub cancellations: Vec<Cancellation>,
    /// Created.
    pub requested_at: Millis,
    /// Last event.
    pub updated_at: Millis,
    /// Last change of `status` as the API shows it.
    pub status_changed_at: Millis,
    /// Approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Millis>,
    /// Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Millis>,
    /// Last successful cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Millis>,
}

/// Something that happened to a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The intent to approve is being committed.
    ApprovalStarted,
    /// The PG approved (or issued an account, or took it under review). Also late truth for a `Failed` attempt (rule 5).
    Approved(Box<Approval>),
    /// Nothing happened at the PG, and nothing will: declined, never sent, net-cancelled, proven absent.
    Failed(Failure),
    /// The call ended without a verified answer.
    ApprovalUnknown,
    /// The intent to cancel is being committed.
    CancelStarted(Box<Cancellation>),
    /// The PG took the cancellation and finishes it later (asynchronous refunds).
    CancelAccepted {
        /// Our cancellation id.
        id: String,
        /// PG's id.
        pg_cancellation_id: Option<String>,
    },
    /// The PG cancelled.
    CancelSucceeded {
        /// Our cancellation id.
        id: String,
        /// PG's id.
        pg_cancellation_id: Option<String>,
        /// PG's time.
        cancelled_at: Option<Millis>,
        /// Receipt.
        receipt_url: Option<String>,
    },
    /// The PG refused, or the request never left.
    CancelFailed {
        /// Our cancellation id.
        id: String,
        /// Why.
        failure: Failure,
    },
    /// The intent of a call that moves no money is being committed: closing an account, telling of a delivery.
    AskStarted,
    /// The PG took what it was told about the escrow.
    EscrowChanged(Box<Escrow>),
}

/// An event that does not fit the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} does not apply to a transaction in state {from}")]
pub struct IllegalTransition {
    /// State it was in.
    pub from: &'static str,
    /// What was tried.
    pub event: &'static str,
}

impl Transaction {
    /// Sum of successful cancellations.
    #[must_use]
    pub fn cancelled_total(&self) -> i64 {
        self.succeeded().map(|c| c.amounts.total).sum()
    }

    /// Tax-free part of successful cancellations.
    #[must_use]
    pub fn cancelled_tax_free(&self) -> i64 {
        self.succeeded().map(|c| c.amounts.tax_free).sum()
    }

    /// VAT part of successful cancellations.
    #[must_use]
    pub fn cancelled_vat(&self) -> i64 {
        self.succeeded().map(|c| c.amounts.vat).sum()
    }

    fn succeeded(&self) -> impl Iterator<Item = &Cancellation> {
        self.cancellations.iter().filter(|c| c.state == CancelState::Succeeded)
    }

    /// The cancellation whose outcome is open, if any: at most one at a time.
    #[must_use]
    pub fn open_cancellation(&self) -> Option<&Cancellation> {
        self.cancellations.iter().find(|c| c.state == CancelState::Requested)
    }

    /// What can still be cancelled, in minor units: nothing while an account waits for its deposit.
    #[must_use]
    pub fn cancellable(&self) -> i64 {
        if self.status.is_settled() {
            self.amounts.total - self.cancelled_total()
        } else {
            0
        }
    }

    /// Applies an event.
    ///
    /// # Errors
    /// The event does not fit the state; the transaction is unchanged.
    pub fn apply(&mut self, event: &Event, now: Millis) -> Result<(), IllegalTransition> {
        let before = self.status;
        match event {
            Event::ApprovalStarted => self.start(now)?,
            Event::Approved(approval) => self.approve(approval, now)?,
            Event::Failed(failure) => self.fail(failure, now)?,
            Event::ApprovalUnknown => {
                self.require(matches!(before, Status::Approving | Status::Unknown), "ApprovalUnknown")?
            }
            Event::CancelStarted(cancellation) => self.start_cancel(cancellation)?,
            Event::CancelAccepted { id, pg_cancellation_id } => {
                let entry = self.open_entry(id, "CancelAccepted")?;
                entry.accepted = true;
                entry.pg_cancellation_id.clone_from(pg_cancellation_id);
            }
            Event::CancelSucceeded {
                id,
                pg_cancellation_id,
                cancelled_at,
                receipt_url,
            } => {
                let at = cancelled_at.unwrap_or(now);
                let entry = self.open_entry(id, "CancelSucceeded")?;
                entry.state = CancelState::Succeeded;
                entry.pg_cancellation_id.clone_from(pg_cancellation_id);
                entry.cancelled_at = Some(at);
                entry.receipt_url.clone_from(receipt_url);
                self.cancelled_at = Some(at);
                self.status = if self.cancelled_total() == self.amounts.total {
                    Status::Cancelled
                } else {
                    Status::PartialCancelled
                };
            }
            Event::CancelFailed { id, failure } => {
                let entry = self.open_entry(id, "CancelFailed")?;
                entry.state = CancelState::Failed;
                entry.failure = Some(failure.clone());
            }
            Event::AskStarted => self.require(
                before == Status::VirtualAccountIssued || before.is_settled(),
                "AskStarted",
            )?,
            Event::EscrowChanged(escrow) => {
                self.require(before.is_settled() && self.escrow.is_some(), "EscrowChanged")?;
                self.escrow = Some((**escrow).clone());
            }
        }
        if matches!(event, Event::ApprovalUnknown) {
            self.status = Status::Unknown;
        }
        self.version += 1;
        self.updated_at = now;
        if self.status != before {
            self.status_changed_at = now;
        }
        Ok(())
    }

    fn require(&self, fits: bool, event: &'static str) -> Result<(), IllegalTransition> {
        if fits {
            Ok(())
        } else {
            Err(IllegalTransition {
                from: self.status.as_str(),
                event,
            })
        }
    }

    fn start(&mut self, _now: Millis) -> Result<(), IllegalTransition> {
        self.require(self.status == Status::Ready, "ApprovalStarted")?;
        self.status = Status::Approving;
        Ok(())
    }

    fn approve(&mut self, approval: &Approval, now: Millis) -> Result<(), IllegalTransition> {
        let target = approval.status;
        let fits = match target {
            Status::Paid => !self.status.is_settled() && self.status != Status::Ready,
            Status::PayPending => self.awaits_approval(),
            Status::VirtualAccountIssued => self.awaits_approval() || self.deposit_can_be_taken_back(),
            _ => false,
        };
        self.require(fits, "Approved")?;
        self.status = target;
        self.pg_tx_id = Some(approval.pg_tx_id.clone());
        if approval.method.is_some() {
            self.method.clone_from(&approval.method);
        }
        if approval.raw.is_some() {
            self.pg_response.clone_from(&approval.raw);
        }
        if approval.receipt_url.is_some() {
            self.receipt_url.clone_from(&approval.receipt_url);
        }
        if approval.keep.is_some() {
            self.keep.clone_from(&approval.keep);
        }
        if approval.escrow && self.escrow.is_none() {
            self.escrow = Some(Escrow::new());
        }
        if approval.cash_receipt.is_some() {
            self.cash_receipt.clone_from(&approval.cash_receipt);
        }
        self.failure = None;
        self.failed_at = None;
        self.paid_at = (target == Status::Paid).then(|| approval.approved_at.unwrap_or(now));
        Ok(())
    }

    fn awaits_approval(&self) -> bool {
        matches!(self.status, Status::Approving | Status::Unknown | Status::Failed)
    }

    /// The bank may take a deposit back as long as none of it was refunded: the account waits again.
    fn deposit_can_be_taken_back(&self) -> bool {
        let account = match &self.method {
            Some(used) => used.kind() == MethodKind::VirtualAccount,
            None => self.method_kind == MethodKind::VirtualAccount,
        };
        let untouched = self.cancellations.iter().all(|c| c.state == CancelState::Failed);
        self.status == Status::Paid && account && untouched
    }

    fn fail(&mut self, failure: &Failure, now: Millis) -> Result<(), IllegalTransition> {
        let fits = matches!(
            self.status,
            Status::Ready | Status::Approving | Status::Unknown | Status::PayPending | Status::VirtualAccountIssued
        );
        self.require(fits, "Failed")?;
        self.status = Status::Failed;
        self.failure = Some(failure.clone());
        self.failed_at = Some(now);
        Ok(())
    }

    fn start_cancel(&mut self, cancellation: &Cancellation) -> Result<(), IllegalTransition> {
        let fits = matches!(self.status, Status::Paid | Status::PartialCancelled)
            && self.open_cancellation().is_none()
            && cancellation.state == CancelState::Requested
            && cancellation.amounts.total > 0
            && cancellation.amounts.total <= self.cancellable();
        self.require(fits, "CancelStarted")?;
        self.cancellations.push(cancellation.clone());
        Ok(())
    }

    fn open_entry(&mut self, id: &str, event: &'static str) -> Result<&mut Cancellation, IllegalTransition> {
        let from = self.status.as_str();
        self.cancellations
            .iter_mut()
            .find(|c| c.id == id && c.state == CancelState::Requested)
            .ok_or(IllegalTransition { from, event })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::sample;
