//! Late truth: what the PG holds now, against what the ledger says (rule 5).
//!
//! Notifications and the periodic look ask the PG about a payment and bring its view here. Whatever differs becomes
//! events of the transaction, each with its webhook: an approval that was thought failed, a deposit, a deposit that was
//! taken back, a cancellation made in the PG's own admin. An approval that turns up beside another live one of the same
//! payment is undone at the PG (rule 4).

use super::cancel::cancel_amounts;
use super::command::Command;
use super::exchange::Trail;
use super::operation::Change;
use super::report::{event_word, money_event, outbox_row, webhook_event};
use super::request::{CancelRequest, EngineError};
use super::{Engine, ids, now};
use crate::adapters::{Cancel, ChannelRevision, Inquire, Outcome, PgCancel, PgView};
use crate::ledger::{JournalEntry, LedgerError, Write};
use crate::payment::{
    Amounts, Approval, CancelState, Cancellation, Event, Failure, FailureKind, Millis, Status, Transaction, Trigger,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Tries when the row changes under us.
const STALE_TRIES: usize = 8;

/// What a look at the PG brought.
#[derive(Debug, Clone)]
pub enum Learned {
    /// The ledger says what the PG says.
    Unchanged,
    /// The ledger was behind; it is not any more.
    Changed(Box<Transaction>),
    /// A billing key was gone that the ledger thought alive; it is deleted there too.
    KeyGone,
    /// It cannot be told now; look again later.
    Later(String),
}

impl Engine {
    /// Asks the PG about an attempt and takes in what it holds. `source` is for the journal: `notification`, `sync`.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Storage`].
    pub async fn look_up(self: &Arc<Self>, transaction_id: &str, source: &'static str) -> Result<Learned, EngineError> {
        let stored = self.ledger.transaction(transaction_id).await?;
        let transaction = stored.ok_or(EngineError::NotFound)?;
        // Whoever runs it will learn the truth first; two readers of one truth would only race.
        if self.ledger.open_intent(transaction_id).await?.is_some() {
            return Ok(Learned::Later(
                "an operation of this payment has no outcome yet".to_owned(),
            ));
        }
        let channel = self.revision_for(&transaction).await?;
        let question = Inquire::about(&transaction, now());
        let adapter = channel.adapter;
        let call = match adapter.inquire(&question, &channel) {
            Ok(call) => call,
            Err(refusal) => return Ok(Learned::Later(format!("the PG cannot be asked: {refusal}"))),
        };
        let mut trail = Trail::default();
        let read = |call: &_, answer: &_| adapter.inquired(&question, &channel, call, answer);
        match self.drive_with(&channel, call, &mut trail, read).await {
            Outcome::Done(view) => {
                let exchanges = Value::Array(trail.exchanges);
                self.late_truth(transaction_id, &view, source, exchanges).await
            }
            Outcome::Declined(f) | Outcome::NotSent(f) => Ok(Learned::Later(format!("{}: {}", f.code, f.message))),
            Outcome::Unknown(why) => Ok(Learned::Later(format!("{}: {}", why.code, why.message))),
        }
    }

    /// Takes in what the PG says it holds of an attempt.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Storage`].
    pub async fn late_truth(
        self: &Arc<Self>,
        transaction_id: &str,
        view: &PgView,
        source: &'static str,
        exchanges: Value,
    ) -> Result<Learned, EngineError> {
        for _ in 0..STALE_TRIES {
            let stored = self.ledger.transaction(transaction_id).await?;
            let stored = stored.ok_or(EngineError::NotFound)?;
            let at = now();
            let mut transaction = stored.clone();
            let steps = self.learn(&mut transaction, view, at);
            if steps.is_empty() {
                return Ok(Learned::Unchanged);
            }
            let writes = commit_of(&stored, &transaction, &steps, source, &exchanges, at);
            match self.ledger.commit(writes).await {
                Ok(()) => {
                    self.learned(&stored, &transaction, source);
                    return Ok(Learned::Changed(Box::new(transaction)));
                }
                Err(LedgerError::Stale) => {}
                Err(LedgerError::LiveApproval) => return self.undo_orphan(&stored, view, source).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Learned::Later("the payment keeps changing".to_owned()))
    }

    /// Applies what is new to `transaction`; answers each event with the state before it.
    fn learn(&self, transaction: &mut Transaction, view: &PgView, at: Millis) -> Vec<Step> {
        let mut steps = Vec::new();
        let waits = matches!(transaction.status, Status::VirtualAccountIssued | Status::PayPending);
        match view {
            PgView::Dead(failure) if waits => push(&mut steps, transaction, Event::Failed(failure.clone()), at),
            PgView::Absent(_) | PgView::Open | PgView::Dead(_) => {}
            PgView::Held {
                approval,
                balance,
                cancels,
                status,
            } => {
                let closed = *status == Status::Cancelled && approval.status == Status::VirtualAccountIssued;
                if closed {
                    if waits {
                        let message = "the account was closed at the PG before its deposit";
                        let failure = Failure::new(FailureKind::Expired, "NARU_ACCOUNT_CLOSED", message);
                        push(&mut steps, transaction, Event::Failed(failure), at);
                    }
                    return steps;
                }
                self.learn_approval(&mut steps, transaction, approval, at);
                if transaction.status.is_settled() && approval.status == Status::Paid {
                    learn_cancels(&mut steps, transaction, *balance, cancels, at);
                }
            }
        }
        steps
    }

    fn learn_approval(&self, steps: &mut Vec<Step>, transaction: &mut Transaction, approval: &Approval, at: Millis) {
        let news = match (transaction.status, approval.status) {
            (Status::Approving, _) => false,
            (status, Status::Paid) => !status.is_settled(),
            // A deposit that the bank took back.
            (Status::Paid, Status::VirtualAccountIssued) => true,
            (status, told) => matches!(status, Status::Ready | Status::Failed | Status::Unknown) && told != status,
        };
        if !news {
            return;
        }
        if transaction.status == Status::Ready {
            // Approved though nobody asked here, as far as this ledger knows: an approval has its intent.
            push(steps, transaction, Event::ApprovalStarted, at);
        }
        let mut approval = approval.clone();
        approval.keep = approval.keep.map(|keep| self.seal_keep(&transaction.id, &keep));
        push(steps, transaction, Event::Approved(Box::new(approval)), at);
    }

    /// The payment is paid by another attempt: what the PG holds for this one goes back.
    async fn undo_orphan(
        self: &Arc<Self>,
        stored: &Transaction,
        view: &PgView,
        source: &'static str,
    ) -> Result<Learned, EngineError> {
        let PgView::Held { approval, balance, .. } = view else {
            return Ok(Learned::Unchanged);
        };
        let Some(amounts) = orphan_amounts(stored, *balance) else {
            return Ok(Learned::Unchanged);
        };
        tracing::error!(
            target: "naru::alert", transaction = stored.id, payment = stored.payment_id, pg_tx_id = approval.pg_tx_id, source,
            "the PG approved a second attempt of a payment that is paid already; it is being cancelled"
        );
        let channel: Arc<ChannelRevision> = self.revision_for(stored).await?;
        let id = ids::operation_id();
        let command = Command::Cancel(Box::new(Cancel {
            pg_tx_id: approval.pg_tx_id.clone(),
            order_id: stored.order_id.clone(),
            amounts,
            original: stored.amounts,
            balance_before: *balance,
            sequence: u32::try_from(stored.cancellations.len()).unwrap_or(u32::MAX),
            currency: stored.currency,
            reason: "중복 승인 자동 취소".to_owned(),
            idempotency_key: id.clone(),
            at: now(),
            refund_account: None,
            keep: approval.keep.clone(),
        }));
        let call = command.first_call(&channel).map_err(EngineError::Refused)?;
        let started = self.start(stored.clone(), Change::Nothing, command, call, channel, Some(id));
        match started.await {
            Ok(started) => {
                // Its end is recovery's concern if this process does not see it.
                drop(self.run(started));
                Ok(Learned::Later(
                    "a second approval of the payment is being cancelled".to_owned(),
                ))
            }
            Err(LedgerError::OpenIntent) => Ok(Learned::Later("it is being cancelled".to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// After the commit: metrics, an alert where a person should know, whoever waits.
    fn learned(&self, before: &Transaction, after: &Transaction, source: &'static str) {
        if before.status != after.status {
            let labels = [
                after.channel.provider.as_str(),
                after.channel.key.as_str(),
                after.method_kind.as_str(),
                after.status.as_str(),
            ];
            self.metrics.payments.with_label_values(&labels).inc();
        }
        let expected = matches!(before.status, Status::VirtualAccountIssued | Status::PayPending)
            && matches!(after.status, Status::Paid | Status::Failed);
        if !expected {
            tracing::warn!(
                target: "naru::alert", transaction = after.id, payment = after.payment_id, source,
                from = before.status.as_str(), to = after.status.as_str(), cancelled = after.cancelled_total(),
                "the PG holds something else than the ledger said; the ledger follows it"
            );
        }
        self.waiters.wake(&after.id);
    }
}

/// An event that was applied, and the state before and after it.
struct Step {
    event: Event,
    before: Status,
    after: Transaction,
}

fn push(steps: &mut Vec<Step>, transaction: &mut Transaction, event: Event, at: Millis) {
    let before = transaction.status;
    match transaction.apply(&event, at) {
        Ok(()) => steps.push(Step {
            event,
            before,
            after: transaction.clone(),
        }),
        Err(error) => tracing::error!(
            target: "naru::alert", transaction = transaction.id, %error,
            "what the PG says does not fit the payment; a person must look"
        ),
    }
}

/// Cancellations made at the PG. Only as much as the balance lacks is taken in, whatever the list says.
fn learn_cancels(steps: &mut Vec<Step>, transaction: &mut Transaction, balance: i64, cancels: &[PgCancel], at: Millis) {
    let missing = transaction.cancellable() - balance;
    if missing < 0 {
        tracing::error!(
            target: "naru::alert", transaction = transaction.id, balance, cancellable = transaction.cancellable(),
            "the PG holds more than the ledger says: a cancellation is not at the PG; a person must look"
        );
    }
    if missing <= 0 {
        return;
    }
    if let Some(open) = transaction.open_cancellation() {
        // One that the PG took and meant to finish later: now it has.
        if open.accepted && open.amounts.total == missing {
            let ours = unclaimed(transaction, cancels)
                .into_iter()
                .find(|c| c.amount == missing);
            let event = succeeded(open.id.clone(), ours);
            push(steps, transaction, event, at);
        }
        return;
    }
    let listed = unclaimed(transaction, cancels);
    let fits = listed.iter().map(|c| c.amount).sum::<i64>() == missing && listed.iter().all(|c| c.amount > 0);
    let whole = PgCancel {
        id: None,
        amount: missing,
        at: None,
        reason: None,
    };
    let new = if fits { listed } else { vec![whole] };
    for cancel in new {
        let Ok(amounts) = cancel_amounts(transaction, &request(transaction, cancel.amount)) else {
            return;
        };
        let id = ids::operation_id();
        let cancellation = Cancellation {
            id: id.clone(),
            state: CancelState::Requested,
            amounts,
            reason: cancel.reason.clone().unwrap_or_else(|| "PG에서 취소됨".to_owned()),
            trigger: Trigger::Console,
            requested_at: cancel.at.unwrap_or(at),
            cancelled_at: None,
            pg_cancellation_id: None,
            receipt_url: None,
            failure: None,
            accepted: false,
            skip_webhook: false,
        };
        push(steps, transaction, Event::CancelStarted(Box::new(cancellation)), at);
        push(steps, transaction, succeeded(id, Some(cancel)), at);
    }
}

fn succeeded(id: String, told: Option<PgCancel>) -> Event {
    let (pg_cancellation_id, cancelled_at) = told.map_or((None, None), |c| (c.id, c.at));
    Event::CancelSucceeded {
        id,
        pg_cancellation_id,
        cancelled_at,
        receipt_url: None,
    }
}

/// The PG's cancellations that none of ours has claimed.
fn unclaimed(transaction: &Transaction, cancels: &[PgCancel]) -> Vec<PgCancel> {
    let claimed = |id: &Option<String>| {
        let mut ours = transaction.cancellations.iter();
        id.is_some() && ours.any(|c| c.pg_cancellation_id == *id)
    };
    cancels.iter().filter(|c| !claimed(&c.id)).cloned().collect()
}

/// A cancellation of so much, its parts left to the usual rule.
fn request(transaction: &Transaction, amount: i64) -> CancelRequest {
    CancelRequest {
        store_id: transaction.store_id.clone(),
        payment_id: transaction.payment_id.clone(),
        amount: Some(amount),
        tax_free: None,
        vat: None,
        reason: String::new(),
        current_cancellable: None,
        refund_account: None,
        trigger: Trigger::Console,
        skip_webhook: false,
    }
}

/// What to give back of an orphan; nothing if nothing is held.
fn orphan_amounts(stored: &Transaction, balance: i64) -> Option<Amounts> {
    if balance == stored.amounts.total {
        return Some(stored.amounts);
    }
    Amounts::new(balance, stored.amounts.tax_free.min(balance), None).ok()
}

fn commit_of(
    stored: &Transaction,
    transaction: &Transaction,
    steps: &[Step],
    source: &'static str,
    exchanges: &Value,
    at: Millis,
) -> Vec<Write> {
    let mut writes = vec![Write::Update {
        transaction: Box::new(transaction.clone()),
        expected: stored.version,
    }];
    for step in steps {
        let about = match &step.event {
            Event::CancelSucceeded { id, .. } => Some(id.clone()),
            _ => None,
        };
        writes.extend(money_event(step.before, &step.after, Some(&step.event), at).map(Write::Money));
        if let Some(name) = webhook_event(step.before, &step.after, Some(&step.event)) {
            writes.push(Write::Outbox(outbox_row(&step.after, name, about, at)));
        }
    }
    let words: Vec<&str> = steps.iter().map(|step| event_word(&step.event)).collect();
    writes.push(Write::Journal(JournalEntry {
        at,
        transaction_id: Some(stored.id.clone()),
        kind: source.to_owned(),
        doc: json!({
            "exchanges": exchanges, "events": words, "from": stored.status.as_str(),
            "status": transaction.status.as_str(), "cancelled": transaction.cancelled_total(),
        }),
    }));
    writes
}

#[cfg(test)]
pub(super) mod tests;
