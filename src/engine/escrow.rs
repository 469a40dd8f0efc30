//! Escrow: telling the PG of deliveries and decisions, and what a payment's escrow is after it.

use super::attempt::{apply, check_feature};
use super::command::Command;
use super::operation::Change;
use super::request::{EngineError, EscrowRequest};
use super::{Engine, ids, now};
use crate::adapters::{EscrowAction, EscrowCommand, EscrowDone, Refusal};
use crate::ledger::{Intent, LedgerError};
use crate::payment::{Escrow, EscrowState, Event, Millis, Status, Transaction};
use std::sync::Arc;

impl Engine {
    /// Tells the PG. `Ok` is the transaction with its escrow as it is then.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] with the descriptor's reason where the PG has no such call; else see
    /// [`EngineError`].
    pub async fn tell_escrow(self: &Arc<Self>, request: EscrowRequest) -> Result<Transaction, EngineError> {
        let stored = self.ledger.payment(&request.store_id, &request.payment_id).await?;
        let stored = stored.ok_or(EngineError::NotFound)?;
        if !matches!(stored.status, Status::Paid | Status::PartialCancelled) {
            return Err(EngineError::NotPaid);
        }
        let at = now();
        let channel = self.revision_for(&stored).await?;
        check_feature(&channel, request.action.feature())?;
        let Some(escrow) = &stored.escrow else {
            let message = "the payment is no escrow payment: the PG did not take it as one";
            return Err(EngineError::Refused(Refusal::new("paymentId", message)));
        };
        check_state(request.action, escrow)?;
        let command = Command::Escrow(Box::new(EscrowCommand {
            action: request.action,
            pg_tx_id: stored.pg_tx_id.clone().unwrap_or_default(),
            order_id: stored.order_id.clone(),
            amounts: stored.amounts,
            shipment: request.shipment,
            idempotency_key: ids::operation_id(),
            at,
            keep: self.open_keep(&stored.id, stored.keep.as_ref()),
        }));
        let call = command.first_call(&channel).map_err(EngineError::Refused)?;
        let mut transaction = stored.clone();
        apply(&mut transaction, &Event::AskStarted, at)?;
        let asked = transaction.version;
        let change = Change::Update {
            expected: stored.version,
        };
        match self.start(transaction, change, command, call, channel, None).await {
            Ok(started) => self.told(started, move |t| t.version > asked).await,
            Err(LedgerError::OpenIntent | LedgerError::Stale) => Err(EngineError::CancelRunning),
            Err(error) => Err(error.into()),
        }
    }
}

/// What can be told in which state.
fn check_state(action: EscrowAction, escrow: &Escrow) -> Result<(), EngineError> {
    let fits = match action {
        EscrowAction::Register => escrow.state == EscrowState::BeforeRegistered,
        EscrowAction::Modify => matches!(escrow.state, EscrowState::Registered | EscrowState::Delivered),
        EscrowAction::Complete { .. } => matches!(escrow.state, EscrowState::Registered | EscrowState::Delivered),
        EscrowAction::AcknowledgeReject => escrow.state == EscrowState::Rejected,
    };
    if fits {
        return Ok(());
    }
    let message = format!("the escrow is {:?}, where this cannot be told to the PG", escrow.state);
    Err(EngineError::Refused(Refusal::new("paymentId", message)))
}

/// The escrow after the PG took what it was told. `None` if the stored command is not readable.
pub(super) fn after(transaction: &Transaction, intent: &Intent, done: &EscrowDone, now: Millis) -> Option<Escrow> {
    let command: EscrowCommand = serde_json::from_value(intent.command.clone()).ok()?;
    let mut escrow = transaction.escrow.clone().unwrap_or_default();
    if let Some(shipment) = command.shipment {
        escrow.company = Some(shipment.company);
        escrow.invoice_number = Some(shipment.invoice_number);
        escrow.sent_at = Some(shipment.sent_at);
        escrow.applied_at = Some(done.at.unwrap_or(now));
    }
    match command.action {
        EscrowAction::Register => escrow.state = EscrowState::Registered,
        EscrowAction::Modify => {}
        EscrowAction::Complete { .. } => {
            escrow.state = EscrowState::Confirmed;
            escrow.automatic = Some(false);
        }
        EscrowAction::AcknowledgeReject => escrow.state = EscrowState::RejectConfirmed,
    }
    Some(escrow)
}

#[cfg(test)]
mod tests;
