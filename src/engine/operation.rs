//! Start and settle: the two commits around every operation that may move money.

use super::command::{Command, Effect};
use super::exchange::{Kept, Trail};
use super::report::{code_of, event_word, log, money_event, outbox_row, outstanding, reason_of, webhook_event};
use super::request::EngineError;
use super::{Engine, account, crash, escrow, ms, now};
use crate::adapters::{Call, ChannelRevision, Operation, Outcome};
use crate::ledger::{BillingWrite, Intent, IntentState, JournalEntry, LedgerError, Write};
use crate::payment::{Event, Failure, Millis, ScheduleEvent, Status, Transaction};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// Beyond the call's own time-out, before another router may think that this one is dead.
const LEASE_MARGIN: Duration = Duration::from_secs(15);
/// How long the bytes of a key-in call are kept for a replay: the first three looks of the recovery clock.
const REPLAY_KEPT: Duration = Duration::from_secs(30);
/// Most key-in calls kept at once; beyond it, inquiry alone must do.
const REPLAYS_MAX: usize = 4096;
/// Tries of a settlement whose row changed meanwhile.
const STALE_TRIES: usize = 16;

/// How the row gets its new state.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Insert,
    Update {
        expected: u64,
    },
    /// It stays as it is: the operation is about something at the PG that is none of the attempt's state.
    Nothing,
}

/// An operation whose intent is committed.
pub(super) struct Started {
    pub transaction: Transaction,
    pub intent: Intent,
    pub command: Command,
    pub channel: Arc<ChannelRevision>,
    pub call: Call,
}

impl Engine {
    /// Commits the intent together with the state it belongs to. After this, somebody will settle it.
    pub(super) async fn start(
        &self,
        transaction: Transaction,
        change: Change,
        command: Command,
        call: Call,
        channel: Arc<ChannelRevision>,
        cancellation_id: Option<String>,
    ) -> Result<Started, LedgerError> {
        self.start_with(transaction, change, command, call, channel, cancellation_id, Vec::new())
            .await
    }

    /// As [`Engine::start`], with `more` in the same commit.
    #[allow(clippy::too_many_arguments)] // one call site more, and each is a part of the one commit
    pub(super) async fn start_with(
        &self,
        transaction: Transaction,
        change: Change,
        command: Command,
        call: Call,
        channel: Arc<ChannelRevision>,
        cancellation_id: Option<String>,
        more: Vec<Write>,
    ) -> Result<Started, LedgerError> {
        let at = now();
        let operation = command.operation();
        let until = at + ms(channel.timeouts(operation).total + LEASE_MARGIN);
        let intent = Intent {
            id: command.idempotency_key().to_owned(),
            transaction_id: transaction.id.clone(),
            operation,
            cancellation_id,
            command: command.to_json(),
            revision: channel.revision.clone(),
            state: IntentState::Open,
            created_at: at,
            last_call_at: at,
            attempts: 0,
            next_at: until,
            lease_owner: self.options.node.clone(),
            lease_until: until,
            last_error: None,
        };
        let mut writes = self.revision_write(&channel)?;
        // Guards come first: what they refuse must not read as another refusal.
        writes.extend(more);
        match change {
            Change::Insert => writes.push(Write::Insert(Box::new(transaction.clone()))),
            Change::Update { expected } => writes.push(Write::Update {
                transaction: Box::new(transaction.clone()),
                expected,
            }),
            Change::Nothing => {}
        }
        writes.push(Write::Intent(Box::new(intent.clone())));
        writes.push(Write::Journal(JournalEntry {
            at,
            transaction_id: Some(transaction.id.clone()),
            kind: "intent".to_owned(),
            doc: json!({
                "operation": operation.as_str(), "intent": intent.id, "orderId": transaction.order_id,
                "total": transaction.amounts.total, "currency": transaction.currency.code(),
                "channel": channel.spec.key, "revision": channel.revision, "reason": transaction.channel.reason,
                "cancellation": intent.cancellation_id,
            }),
        }));
        crash::point("before-intent");
        self.ledger.commit(writes).await?;
        crash::point("after-intent");
        self.stored_revisions.insert(channel.revision.clone(), ());
        Ok(Started {
            transaction,
            intent,
            command,
            channel,
            call,
        })
    }

    /// Runs a started operation in a task of its own and settles it.
    pub(super) fn run(self: &Arc<Self>, started: Started) -> JoinHandle<Result<Transaction, LedgerError>> {
        let engine = Arc::clone(self);
        let task = async move { engine.carry_out(started).await.map(|(settled, _)| settled) };
        tokio::spawn(task.in_current_span())
    }

    /// Runs a started operation whose refusal leaves no mark on the transaction, and waits for it, and for recovery if
    /// it ends unknown, as long as the caller is held.
    pub(super) async fn told(
        self: &Arc<Self>,
        started: Started,
        finished: impl Fn(&Transaction) -> bool,
    ) -> Result<Transaction, EngineError> {
        let deadline = self.deadline();
        let id = started.transaction.id.clone();
        let waiting = self.waiters.enter(&id);
        let engine = Arc::clone(self);
        let task = tokio::spawn(async move { engine.carry_out(started).await }.in_current_span());
        match tokio::time::timeout_at(deadline, task).await {
            Ok(Ok(Ok((_, Some(failure))))) => return Err(EngineError::Pg(failure)),
            Ok(Ok(Ok((settled, None)))) if finished(&settled) => return Ok(settled),
            Ok(Ok(Ok(_))) => {}
            Ok(Ok(Err(error))) => return Err(outstanding("NARU_STORAGE", &error.to_string())),
            Ok(Err(_panicked)) => return Err(outstanding("NARU_INTERNAL", "the operation's task ended early")),
            Err(_elapsed) => return Err(outstanding("NARU_TIMEOUT", "the PG has not answered yet")),
        }
        drop(waiting);
        self.wait_until(&id, deadline, finished).await
    }

    /// Sends, reads, settles; also says why nothing happened, if nothing did.
    async fn carry_out(&self, started: Started) -> Result<(Transaction, Option<Failure>), LedgerError> {
        let Started {
            transaction,
            intent,
            command,
            channel,
            call,
        } = started;
        self.keep_for_replay(&command, &channel, &intent, &call);
        let mut trail = Trail::default();
        let outcome = self.drive(&command, &channel, call, &mut trail).await;
        let why = match &outcome {
            Outcome::Declined(failure) | Outcome::NotSent(failure) => Some(failure.clone()),
            Outcome::Done(_) | Outcome::Unknown(_) => None,
        };
        let settled = self.settle(transaction, intent, outcome, trail, "answer").await?;
        Ok((settled, why))
    }

    /// Waits for a running operation, and for recovery if it ends unknown, as long as the caller is held.
    pub(super) async fn outcome_of(
        &self,
        transaction_id: &str,
        task: JoinHandle<Result<Transaction, LedgerError>>,
        finished: impl Fn(&Transaction) -> bool,
    ) -> Result<Transaction, EngineError> {
        let deadline = self.deadline();
        let waiting = self.waiters.enter(transaction_id);
        let joined = match tokio::time::timeout_at(deadline, task).await {
            Ok(Ok(Ok(transaction))) => transaction,
            Ok(Ok(Err(error))) => return Err(outstanding("NARU_STORAGE", &error.to_string())),
            Ok(Err(_panicked)) => return Err(outstanding("NARU_INTERNAL", "the operation's task ended early")),
            Err(_elapsed) => return Err(outstanding("NARU_TIMEOUT", "the PG has not answered yet")),
        };
        if finished(&joined) {
            return Ok(joined);
        }
        drop(waiting);
        self.wait_until(transaction_id, deadline, finished).await
    }

    /// Until when a caller who asks now is held.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.options.answer_within
    }

    /// Waits until the stored transaction satisfies `finished`, whoever brings that about.
    pub(super) async fn wait_until(
        &self,
        transaction_id: &str,
        deadline: tokio::time::Instant,
        finished: impl Fn(&Transaction) -> bool,
    ) -> Result<Transaction, EngineError> {
        let waiting = self.waiters.enter(transaction_id);
        loop {
            let notified = waiting.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let stored = self
                .ledger
                .transaction(transaction_id)
                .await?
                .ok_or(EngineError::NotFound)?;
            if finished(&stored) {
                return Ok(stored);
            }
            // Another router may settle it: its wake-ups do not reach us, so look by ourselves now and then.
            let look_again = tokio::time::Instant::now() + Duration::from_secs(1);
            tokio::select! {
                () = notified => {}
                () = tokio::time::sleep_until(look_again.min(deadline)) => {}
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(outstanding(
                    "NARU_OUTCOME_UNKNOWN",
                    "the PG's answer was lost; the router is finding out",
                ));
            }
        }
    }

    /// Commits what an operation ended as: state, journal, webhook row, and the intent closed or rescheduled.
    pub(super) async fn settle(
        &self,
        mut transaction: Transaction,
        intent: Intent,
        outcome: Outcome<Effect>,
        trail: Trail,
        how: &'static str,
    ) -> Result<Transaction, LedgerError> {
        let mut stale = 0;
        let mut storage = 0;
        loop {
            let mut settled = transaction.clone();
            let writes = self.settlement(&mut settled, &intent, &outcome, &trail, how);
            crash::point("before-outcome");
            match self.ledger.commit(writes).await {
                Ok(()) => {
                    crash::point("after-outcome");
                    self.settled(&transaction, &settled, &intent, &outcome, how);
                    return Ok(settled);
                }
                Err(LedgerError::Stale) if stale < STALE_TRIES => {
                    stale += 1;
                    let fresh = self.ledger.transaction(&intent.transaction_id).await?;
                    transaction = fresh.ok_or_else(|| LedgerError::Storage("the transaction vanished".into()))?;
                }
                // The money has moved and only our disk is slow: keep trying for a while before recovery has to ask.
                Err(LedgerError::Storage(error)) if storage < 3 => {
                    storage += 1;
                    tracing::error!(%error, transaction = intent.transaction_id, "outcome not committed yet");
                    tokio::time::sleep(Duration::from_millis(100 << (2 * storage))).await;
                }
                Err(error) => {
                    tracing::error!(%error, transaction = intent.transaction_id, "outcome left to recovery");
                    return Err(error);
                }
            }
        }
    }

    /// Builds the settling commit; `transaction` becomes the new state.
    fn settlement(
        &self,
        transaction: &mut Transaction,
        intent: &Intent,
        outcome: &Outcome<Effect>,
        trail: &Trail,
        how: &'static str,
    ) -> Vec<Write> {
        let at = now();
        let before = transaction.status;
        let expected = transaction.version;
        let mut writes = Vec::with_capacity(5);
        let mut event = self.event_of(transaction, intent, outcome, at);
        let mut word = "none";
        if let Some(new) = event.take() {
            word = event_word(&new);
            match transaction.apply(&new, at) {
                Ok(()) => {
                    event = Some(new);
                    writes.push(Write::Update {
                        transaction: Box::new(transaction.clone()),
                        expected,
                    });
                }
                // Somebody else learned it first (a notification, another router): nothing to change.
                Err(error) => tracing::warn!(%error, transaction = transaction.id, "the outcome was known already"),
            }
        }
        writes.extend(schedule_outcome(before, transaction, at));
        writes.extend(money_event(before, transaction, event.as_ref(), at).map(Write::Money));
        if let Some(name) = webhook_event(before, transaction, event.as_ref()) {
            writes.push(Write::Outbox(outbox_row(
                transaction,
                name,
                intent.cancellation_id.clone(),
                at,
            )));
        }
        writes.push(match outcome {
            Outcome::Unknown(why) => Write::Reschedule(Box::new(Intent {
                state: IntentState::Unknown,
                last_call_at: if trail.last_call_at > 0 { trail.last_call_at } else { at },
                next_at: at + 1000,
                lease_owner: String::new(),
                lease_until: 0,
                last_error: Some(format!("{}: {}", why.code, why.message)),
                ..intent.clone()
            })),
            _ => Write::Close { id: intent.id.clone() },
        });
        writes.push(Write::Journal(JournalEntry {
            at,
            transaction_id: Some(transaction.id.clone()),
            kind: how.to_owned(),
            doc: json!({
                "intent": intent.id, "exchanges": trail.exchanges, "outcome": outcome.label(), "event": word,
                "status": transaction.status.as_str(), "reason": reason_of(outcome),
            }),
        }));
        writes
    }

    fn event_of(
        &self,
        transaction: &Transaction,
        intent: &Intent,
        outcome: &Outcome<Effect>,
        at: Millis,
    ) -> Option<Event> {
        // What a refused question about an account or an escrow leaves is what was there before.
        let aside = matches!(intent.operation, Operation::CloseAccount | Operation::Escrow);
        let cancellation = intent.cancellation_id.clone();
        match (outcome, cancellation) {
            (Outcome::Done(Effect::Approved(approval)), _) => {
                let mut approval = approval.clone();
                approval.keep = approval.keep.map(|keep| self.seal_keep(&intent.transaction_id, &keep));
                Some(Event::Approved(approval))
            }
            (Outcome::Done(Effect::Cancelled(done)), Some(id)) if done.pending => Some(Event::CancelAccepted {
                id,
                pg_cancellation_id: done.pg_cancellation_id.clone(),
            }),
            (Outcome::Done(Effect::Cancelled(done)), Some(id)) => Some(Event::CancelSucceeded {
                id,
                pg_cancellation_id: done.pg_cancellation_id.clone(),
                cancelled_at: done.cancelled_at,
                receipt_url: done.receipt_url.clone(),
            }),
            (Outcome::Done(Effect::AccountClosed), _) => Some(Event::Failed(account::closed())),
            (Outcome::Done(Effect::Escrow(done)), _) => {
                escrow::after(transaction, intent, done, at).map(|escrow| Event::EscrowChanged(Box::new(escrow)))
            }
            // A net-cancel undid the approval: nothing is held.
            (Outcome::Done(Effect::Cancelled(_)), None) => None,
            (Outcome::Declined(failure) | Outcome::NotSent(failure), Some(id)) => Some(Event::CancelFailed {
                id,
                failure: failure.clone(),
            }),
            (_, None) if aside => None,
            (Outcome::Declined(failure) | Outcome::NotSent(failure), None) => Some(Event::Failed(failure.clone())),
            (Outcome::Unknown(_), Some(_)) => None,
            (Outcome::Unknown(_), None) => Some(Event::ApprovalUnknown),
        }
    }

    /// After the commit: metrics, the payment's log line, whoever waits.
    fn settled(
        &self,
        before: &Transaction,
        after: &Transaction,
        intent: &Intent,
        outcome: &Outcome<Effect>,
        how: &'static str,
    ) {
        let known = !matches!(outcome, Outcome::Unknown(_));
        if known {
            self.replays.remove(&intent.id);
            if intent.state != IntentState::Open {
                let labels = [after.channel.provider.as_str(), how];
                self.metrics.unknown_resolved.with_label_values(&labels).inc();
            }
        }
        if before.status != after.status {
            let labels = [
                after.channel.provider.as_str(),
                after.channel.key.as_str(),
                after.method_kind.as_str(),
                after.status.as_str(),
            ];
            self.metrics.payments.with_label_values(&labels).inc();
        }
        if let Outcome::Declined(failure) | Outcome::NotSent(failure) = outcome {
            let labels = [
                after.channel.provider.as_str(),
                after.channel.key.as_str(),
                intent.operation.as_str(),
                &failure.kind.word(),
            ];
            self.metrics.failures.with_label_values(&labels).inc();
        }
        let code = code_of(outcome);
        log(
            after,
            intent.operation.as_str(),
            outcome.label(),
            code,
            now() - intent.created_at,
        );
        self.waiters.wake(&after.id);
    }

    fn keep_for_replay(&self, command: &Command, channel: &ChannelRevision, intent: &Intent, call: &Call) {
        let unrepeatable = matches!(command, Command::Instant(_) | Command::IssueAccount(_));
        if unrepeatable && self.replays.len() < REPLAYS_MAX {
            let kept = Kept {
                call: call.clone(),
                until: now() + ms(channel.timeouts(command.operation()).total + REPLAY_KEPT),
            };
            self.replays.insert(intent.id.clone(), kept);
        }
    }
}

/// What a charge's new state means for the schedule that made it.
fn schedule_outcome(before: Status, after: &Transaction, at: Millis) -> Option<Write> {
    let schedule = after.billing.as_ref()?.schedule.as_ref()?;
    // Later cancellations are the payment's own affair.
    if before == after.status || before.is_settled() {
        return None;
    }
    let event = ScheduleEvent::of(after.status)?;
    Some(Write::Billing(Box::new(BillingWrite::Schedule {
        id: schedule.clone(),
        event,
        at,
    })))
}
