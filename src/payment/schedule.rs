//! A scheduled payment: one charge of a billing key at a given time, and the only ways its state may change.

use super::{Amounts, Currency, Millis, Origin, Status};
use serde::{Deserialize, Serialize};

/// State (PortOne V2 `PaymentScheduleStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScheduleStatus {
    /// Waits for its time.
    Scheduled,
    /// The charge's intent is committed; its outcome is not.
    Started,
    /// The PG took the charge and decides later.
    Pending,
    /// Paid.
    Succeeded,
    /// Failed. One failure is one failure: nothing is tried again.
    Failed,
    /// Taken back before its time.
    Revoked,
}

impl ScheduleStatus {
    /// Word in the ledger and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Started => "STARTED",
            Self::Pending => "PENDING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Revoked => "REVOKED",
        }
    }

    /// Whether it is still going to charge, or charging: a payment has at most one such schedule, and its key stays.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Scheduled | Self::Started | Self::Pending)
    }
}

/// What is to be charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeOrder {
    /// Billing key (our id).
    pub billing_key: String,
    /// Which part of a group's key, if the merchant named its channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_key: Option<String>,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Customer in PortOne V2's response shape, without nulls.
    pub customer: serde_json::Value,
    /// Merchant's `customData`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
    /// Further members echoed in answers.
    pub extras: serde_json::Map<String, serde_json::Value>,
    /// Instalment months, 0 = lump sum.
    pub installment_months: u32,
    /// Merchant bears the interest.
    pub free_installment: bool,
    /// Use card points.
    pub use_card_point: bool,
    /// Where it came from.
    pub origin: Origin,
}

/// A scheduled payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Id.
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId` of the payment to come.
    pub payment_id: String,
    /// Grows by one with each applied event.
    pub version: u64,
    /// State.
    pub status: ScheduleStatus,
    /// What is to be charged.
    pub order: ChargeOrder,
    /// Charges a live channel.
    pub live: bool,
    /// When it is to be charged, ms.
    pub time_to_pay: Millis,
    /// When it was made, ms.
    pub created_at: Millis,
    /// When the charge began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    /// When it ended, in success or failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Millis>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Millis>,
}

/// Something that happened to a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleEvent {
    /// The charge's intent is being committed, or the charge is refused before it could be sent.
    Started,
    /// The PG decides later.
    Pending,
    /// Paid. Also late truth for a failure.
    Succeeded,
    /// Failed.
    Failed,
    /// The merchant took it back.
    Revoked,
}

/// An event that does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} does not apply to a schedule in state {from:?}")]
pub struct IllegalScheduleEvent {
    /// State it was in.
    pub from: ScheduleStatus,
    /// What was tried.
    pub event: ScheduleEvent,
}

impl ScheduleEvent {
    /// What a charge's state means for its schedule; `None` while nothing is decided.
    #[must_use]
    pub fn of(status: Status) -> Option<Self> {
        match status {
            Status::Ready | Status::Approving | Status::Unknown => None,
            Status::PayPending | Status::VirtualAccountIssued => Some(Self::Pending),
            Status::Paid | Status::PartialCancelled | Status::Cancelled => Some(Self::Succeeded),
            Status::Failed => Some(Self::Failed),
        }
    }
}

impl Schedule {
    /// Time of the last change of state that lists sort by: attempt or due time, or revocation.
    #[must_use]
    pub fn status_at(&self) -> Millis {
        let told = self.revoked_at.or(self.completed_at).or(self.started_at);
        told.unwrap_or(self.time_to_pay)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// The event does not fit the state; the schedule is unchanged.
    pub fn apply(&mut self, event: ScheduleEvent, now: Millis) -> Result<(), IllegalScheduleEvent> {
        use ScheduleStatus::{Failed, Pending, Revoked, Scheduled, Started, Succeeded};
        let next = match (self.status, event) {
            (Scheduled, ScheduleEvent::Started) => Started,
            (Scheduled, ScheduleEvent::Revoked) => Revoked,
            (Started, ScheduleEvent::Pending) => Pending,
            (Started | Pending | Failed, ScheduleEvent::Succeeded) => Succeeded,
            (Started | Pending, ScheduleEvent::Failed) => Failed,
            (from, event) => return Err(IllegalScheduleEvent { from, event }),
        };
        self.status = next;
        match next {
            Started => self.started_at = Some(now),
            Succeeded | Failed | Pending => self.completed_at = Some(now),
            Revoked => self.revoked_at = Some(now),
            Scheduled => {}
        }
        self.version += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::sample;
