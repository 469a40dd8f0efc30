//! Escrow: telling the PG of deliveries and decisions, and what a payment's escrow is after it.

use super::attempt::{apply, check_feature};
use super::command::Command;
use super::late_truth::Learned;
use super::operation::Change;
use super::report::{outbox_row, webhook_event};
use super::request::{EngineError, EscrowRequest};
use super::{Engine, ids, now};
use crate::adapters::{EscrowAction, EscrowCommand, EscrowDone, Refusal};
use crate::ledger::{Intent, JournalEntry, LedgerError, Write};
use crate::payment::{Escrow, EscrowState, Event, Millis, Status, Transaction};
use serde_json::json;
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

impl Engine {
    /// Takes in a state that the PG tells of. What went back with it is asked for, as after every notification.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Storage`].
    pub async fn escrow_told(
        self: &Arc<Self>,
        transaction_id: &str,
        pg_tx_id: &str,
        state: EscrowState,
        automatic: bool,
    ) -> Result<Learned, EngineError> {
        // Whoever runs it writes the row soon, and its answer says more than the notice.
        if self.ledger.open_intent(transaction_id).await?.is_some() {
            let why = "an operation of this payment has no outcome yet";
            return Ok(Learned::Later(why.to_owned()));
        }
        let mut learned = Learned::Unchanged;
        let stored = self.ledger.transaction(transaction_id).await?;
        let stored = stored.ok_or(EngineError::NotFound)?;
        if stored.pg_tx_id.as_deref() != Some(pg_tx_id) {
            tracing::warn!(
                target: "naru::security", transaction = stored.id,
                "a notification of an escrow state names another transaction id than the payment's; it is not believed"
            );
            return Ok(learned);
        }
        let at = now();
        let mut transaction = stored.clone();
        if let Some(escrow) = stored
            .escrow
            .as_ref()
            .and_then(|escrow| moved(escrow, state, automatic))
        {
            let event = Event::EscrowChanged(Box::new(escrow));
            apply(&mut transaction, &event, at)?;
            let news = webhook_event(stored.status, &transaction, Some(&event));
            let news = news.map(|word| Write::Outbox(outbox_row(&transaction, word, None, at)));
            let mut writes = vec![
                Write::Update {
                    transaction: Box::new(transaction.clone()),
                    expected: stored.version,
                },
                Write::Journal(JournalEntry {
                    at,
                    transaction_id: Some(stored.id.clone()),
                    kind: "notification".to_owned(),
                    doc: json!({ "event": "EscrowChanged", "escrow": state, "automatic": automatic }),
                }),
            ];
            writes.extend(news);
            match self.ledger.commit(writes).await {
                Ok(()) => {}
                Err(LedgerError::Stale) => return Ok(Learned::Later("the payment changed meanwhile".to_owned())),
                Err(error) => return Err(error.into()),
            }
            self.waiters.wake(&stored.id);
            learned = Learned::Changed(Box::new(transaction));
        }
        if matches!(state, EscrowState::Cancelled | EscrowState::RejectConfirmed) {
            return match self.look_up(transaction_id, "notification").await? {
                Learned::Unchanged => Ok(learned),
                other => Ok(other),
            };
        }
        Ok(learned)
    }
}

/// The escrow in a new state; `None` if it is there or beyond: notices come late and twice.
fn moved(escrow: &Escrow, state: EscrowState, automatic: bool) -> Option<Escrow> {
    let rank = |state| match state {
        EscrowState::BeforeRegistered => 0,
        EscrowState::Registered => 1,
        EscrowState::Delivered => 2,
        EscrowState::Confirmed | EscrowState::Rejected => 3,
        EscrowState::Cancelled | EscrowState::RejectConfirmed => 4,
    };
    (escrow.state != state && rank(escrow.state) <= rank(state)).then(|| Escrow {
        state,
        automatic: (state == EscrowState::Confirmed).then_some(automatic),
        ..escrow.clone()
    })
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
