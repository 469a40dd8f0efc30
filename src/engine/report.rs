//! What the world is told of an operation: the log line, the webhook's event, words for the journal.

use super::command::Effect;
use super::request::EngineError;
use crate::adapters::{Outcome, UnknownWhy};
use crate::ledger::{MoneyChange, MoneyEvent, OutboxRow};
use crate::payment::{Event, Millis, Status, Transaction};
use crate::telemetry::{PaymentLine, payment_line};
use serde_json::Value;

/// Member of a transaction's extras: the merchant wants no webhook for the approval.
pub(super) const SKIP_WEBHOOK: &str = "skipWebhook";

/// The payment's one log line. The request id comes from the span the operation runs in.
pub(super) fn log(
    transaction: &Transaction,
    operation: &'static str,
    outcome: &'static str,
    code: Option<&str>,
    took: Millis,
) {
    payment_line(&PaymentLine {
        request_id: None,
        store: &transaction.store_id,
        payment: &transaction.payment_id,
        transaction: &transaction.id,
        channel: &transaction.channel.key,
        provider: &transaction.channel.provider,
        operation,
        method: transaction.method_kind.as_str(),
        amount: transaction.amounts.total,
        currency: transaction.currency.code(),
        outcome,
        code,
        ms: u64::try_from(took).unwrap_or(0),
    });
}

pub(super) fn code_of(outcome: &Outcome<Effect>) -> Option<&str> {
    match outcome {
        Outcome::Done(_) => None,
        Outcome::Declined(failure) | Outcome::NotSent(failure) => Some(&failure.code),
        Outcome::Unknown(why) => Some(&why.code),
    }
}

pub(super) fn outstanding(code: &str, message: &str) -> EngineError {
    EngineError::Outstanding(UnknownWhy {
        code: code.to_owned(),
        message: message.to_owned(),
        ask_first: true,
    })
}

pub(super) fn outbox_row(
    transaction: &Transaction,
    event: &str,
    cancellation_id: Option<String>,
    at: Millis,
) -> OutboxRow {
    OutboxRow {
        id: super::ids::operation_id(),
        store_id: transaction.store_id.clone(),
        payment_id: transaction.payment_id.clone(),
        transaction_id: transaction.id.clone(),
        event: event.to_owned(),
        created_at: at,
        cancellation_id,
        billing_key: None,
    }
}

pub(super) fn reason_of(outcome: &Outcome<Effect>) -> Option<String> {
    match outcome {
        Outcome::Done(_) => None,
        Outcome::Declined(f) | Outcome::NotSent(f) => Some(format!("{}: {}", f.code, f.message)),
        Outcome::Unknown(why) => Some(format!("{}: {}", why.code, why.message)),
    }
}

pub(super) fn event_word(event: &Event) -> &'static str {
    match event {
        Event::ApprovalStarted => "ApprovalStarted",
        Event::Approved(_) => "Approved",
        Event::Failed(_) => "Failed",
        Event::ApprovalUnknown => "ApprovalUnknown",
        Event::CancelStarted(_) => "CancelStarted",
        Event::CancelAccepted { .. } => "CancelAccepted",
        Event::CancelSucceeded { .. } => "CancelSucceeded",
        Event::CancelFailed { .. } => "CancelFailed",
        Event::AskStarted => "AskStarted",
        Event::EscrowChanged(_) => "EscrowChanged",
    }
}

/// The change of money that an event of this state machine made, if it made one.
pub(super) fn money_event(
    before: Status,
    after: &Transaction,
    event: Option<&Event>,
    at: Millis,
) -> Option<MoneyEvent> {
    // An account that is closed before its deposit gives nothing back.
    let held = matches!(before, Status::Paid | Status::PartialCancelled);
    let (cancellation_id, change) = match (event, after.status) {
        (Some(Event::CancelSucceeded { .. }), _) if !held => return None,
        (Some(Event::CancelSucceeded { id, .. }), Status::Cancelled) => (Some(id.clone()), MoneyChange::Cancelled),
        (Some(Event::CancelSucceeded { id, .. }), _) => (Some(id.clone()), MoneyChange::PartialCancelled),
        (Some(Event::Approved(_)), Status::Paid) if before != Status::Paid => (None, MoneyChange::Paid),
        _ => return None,
    };
    Some(MoneyEvent {
        id: cancellation_id.clone().unwrap_or_else(|| after.id.clone()),
        store_id: after.store_id.clone(),
        transaction_id: after.id.clone(),
        cancellation_id,
        change,
        at,
    })
}

/// PortOne V2's event for a change, if the change is one that merchants are told.
pub(super) fn webhook_event(before: Status, after: &Transaction, event: Option<&Event>) -> Option<&'static str> {
    if matches!(event, Some(Event::CancelAccepted { .. })) {
        return Some("Transaction.CancelPending");
    }
    if let Some(Event::EscrowChanged(escrow)) = event {
        // The name says which PG's escrows V1 tells of.
        return escrow.changed_event().filter(|_| after.channel.provider == "inicis");
    }
    let cancelled = match event {
        Some(Event::CancelSucceeded { id, .. }) => {
            if after.cancellations.iter().any(|c| c.id == *id && c.skip_webhook) {
                return None;
            }
            true
        }
        _ => false,
    };
    if before == after.status && !cancelled {
        return None;
    }
    let silent = after.extras.get(SKIP_WEBHOOK) == Some(&Value::Bool(true));
    match after.status {
        // The wish is about the merchant's own call: a deposit or a late approval is news.
        Status::Paid if silent && matches!(before, Status::Ready | Status::Approving | Status::Unknown) => None,
        Status::Paid => Some("Transaction.Paid"),
        Status::VirtualAccountIssued => Some("Transaction.VirtualAccountIssued"),
        Status::PayPending => Some("Transaction.PayPending"),
        Status::PartialCancelled => Some("Transaction.PartialCancelled"),
        Status::Cancelled => Some("Transaction.Cancelled"),
        Status::Failed => Some("Transaction.Failed"),
        Status::Ready | Status::Approving | Status::Unknown => None,
    }
}
