//! Where an escrow (에스크로) payment stands between seller and buyer.

use super::Millis;
use serde::{Deserialize, Serialize};

/// PortOne V2 `PaymentEscrow`'s states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EscrowState {
    /// No delivery told yet.
    BeforeRegistered,
    /// Delivery told.
    Registered,
    /// Delivered.
    Delivered,
    /// The buyer confirmed, or time did.
    Confirmed,
    /// The buyer rejected.
    Rejected,
    /// Cancelled.
    Cancelled,
    /// The seller accepted the rejection.
    RejectConfirmed,
}

/// Escrow of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Escrow {
    /// State.
    pub state: EscrowState,
    /// Carrier, PortOne V2 `PaymentLogisticsCompany`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Waybill number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_number: Option<String>,
    /// When it was sent, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Millis>,
    /// When the PG took the delivery, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Millis>,
    /// Confirmed by time, not by the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<bool>,
}

/// V1's event about the escrow of a payment at KG Inicis. In the ledger `/` and V1's `escrow_status` follow it.
pub const ESCROW_CHANGED: &str = "Inicis.Escrow.Changed";

impl Escrow {
    /// The event that tells V1's receivers of this state, with its `escrow_status`: 2 shipped, 3 confirmed, 31 confirmed by
    /// time, 4 refused, 8 cancelled, 10 refusal confirmed. `None` for states that V1 does not tell of.
    #[must_use]
    pub fn changed_event(&self) -> Option<&'static str> {
        match self.state {
            EscrowState::BeforeRegistered | EscrowState::Delivered => None,
            EscrowState::Registered => Some("Inicis.Escrow.Changed/2"),
            EscrowState::Confirmed if self.automatic == Some(true) => Some("Inicis.Escrow.Changed/31"),
            EscrowState::Confirmed => Some("Inicis.Escrow.Changed/3"),
            EscrowState::Rejected => Some("Inicis.Escrow.Changed/4"),
            EscrowState::Cancelled => Some("Inicis.Escrow.Changed/8"),
            EscrowState::RejectConfirmed => Some("Inicis.Escrow.Changed/10"),
        }
    }

    /// Nothing delivered yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: EscrowState::BeforeRegistered,
            company: None,
            invoice_number: None,
            sent_at: None,
            applied_at: None,
            automatic: None,
        }
    }
}

impl Default for Escrow {
    fn default() -> Self {
        Self::new()
    }
}
