//! Escrow (에스크로): telling the PG of deliveries and of the seller's decisions.

use super::{Call, ChannelRevision, Feature, Refusal, Step, WireAnswer};
use crate::payment::{Amounts, Millis};
use serde::{Deserialize, Serialize};

/// What the PG is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EscrowAction {
    /// Delivery started.
    Register,
    /// The delivery registered before was wrong.
    Modify,
    /// The purchase is complete (구매확정). `from_store`: the seller says so, not the buyer.
    Complete {
        /// The seller says so.
        from_store: bool,
    },
    /// The seller accepts the buyer's rejection (거절확인), which starts the refund.
    AcknowledgeReject,
}

impl EscrowAction {
    /// The feature of the descriptor that decides.
    #[must_use]
    pub fn feature(self) -> Feature {
        match self {
            Self::Register => Feature::EscrowDelivery,
            Self::Modify => Feature::EscrowModify,
            Self::Complete { .. } => Feature::EscrowComplete,
            Self::AcknowledgeReject => Feature::EscrowRejectAck,
        }
    }
}

/// One side of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Party {
    /// Name.
    pub name: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Zip code.
    pub zipcode: Option<String>,
    /// Address in one line.
    pub address: Option<String>,
    /// Relation of the sender to the seller.
    pub relationship: Option<String>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// PortOne V2 `PaymentLogisticsCompany`.
    pub company: String,
    /// Waybill number.
    pub invoice_number: String,
    /// When it was sent, ms.
    pub sent_at: Millis,
    /// When it was received, ms.
    pub received_at: Option<Millis>,
    /// Sender.
    pub sender: Party,
    /// Receiver.
    pub receiver: Party,
    /// The PG is to e-mail the buyer.
    pub send_email: bool,
}

/// Tell the PG something about an escrow payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscrowCommand {
    /// What.
    pub action: EscrowAction,
    /// PG's transaction id of the approval.
    pub pg_tx_id: String,
    /// Our order number of the approval.
    pub order_id: String,
    /// What was approved.
    pub amounts: Amounts,
    /// Delivery, for `Register` and `Modify`.
    pub shipment: Option<Shipment>,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms.
    pub at: Millis,
    /// What the approval kept.
    pub keep: Option<serde_json::Value>,
}

/// What the PG did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscrowDone {
    /// When, ms.
    pub at: Option<Millis>,
}

/// Escrow calls.
pub trait EscrowCalls: Send + Sync {
    /// First call.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn tell(&self, command: &EscrowCommand, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer.
    fn told(
        &self,
        command: &EscrowCommand,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<EscrowDone>;
}
