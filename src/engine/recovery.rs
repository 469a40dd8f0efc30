//! Settling what is not known: every intent without an outcome is looked at on a clock until it has one, or a person.
//!
//! Work is taken by lease, so several routers of one ledger share it and a dead one's work is taken over. What a look
//! does is the adapter's [`RecoveryPlan`]: replay under the same idempotency key, inquire, net-cancel, or ask a person.
//! "Not found" is believed only some time after the last call ended, because an inquiry can overtake an approval that
//! is still in flight.

use super::command::{Command, Effect};
use super::exchange::Trail;
use super::{Engine, EngineError, ids, ms, now};
use crate::adapters::{
    Approve, CancelDone, ChannelRevision, Inquire, Operation, Outcome, PgCancel, PgView, RecoveryPlan, RecoveryStep,
};
use crate::ledger::{Intent, IntentState, JournalEntry, LedgerError, Write};
use crate::payment::{Failure, FailureKind, Millis, Status, Transaction};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Seconds between looks: after the first look, the second, …; the last one repeats.
pub const CLOCK_SECONDS: &[i64] = &[1, 5, 15, 60, 300, 600];
/// How long one look may take before another router may take the case over.
const LEASE: Duration = Duration::from_secs(90);
/// Between looks at a case that waits for a person: late truth may still settle it.
const OPERATOR_LOOK: Millis = 60 * 60 * 1000;

impl Engine {
    /// Takes back what an earlier life of this router left. Once, before anything is served: later it would take
    /// calls that are still running for lost ones.
    ///
    /// # Errors
    /// The ledger cannot be read or written.
    pub async fn take_back(&self) -> Result<(), LedgerError> {
        let mut left = self.ledger.release(&self.options.node, now()).await?;
        left += self.ledger.release_receipts(&self.options.node, now()).await?;
        if left > 0 {
            tracing::warn!(left, "operations of an earlier life have no outcome; finding out");
        }
        Ok(())
    }

    /// Settles what is due, until `shutdown` turns true.
    pub async fn recover_loop(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.options.recovery_parallel));
        while !*shutdown.borrow() {
            if let Err(error) = self.recover_due(&places).await {
                tracing::error!(%error, "recovery could not read the ledger");
            }
            if let Err(error) = self.receipts_due(&places).await {
                tracing::error!(%error, "the receipts' open work could not be read");
            }
            tokio::select! {
                () = tokio::time::sleep(self.options.recovery_tick) => {}
                _ = shutdown.wait_for(|stop| *stop) => {}
            }
        }
    }

    async fn recover_due(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<(), LedgerError> {
        let at = now();
        self.replays.retain(|_, kept| kept.until > at);
        let free = places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let due = self
            .ledger
            .lease_due(&self.options.node, at, at + ms(LEASE), free)
            .await?;
        self.metrics
            .unknown_open
            .set(i64::try_from(self.ledger.unknown_open().await?).unwrap_or(i64::MAX));
        for intent in due {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return Ok(());
            };
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                let id = intent.id.clone();
                if let Err(error) = engine.look(intent).await {
                    tracing::error!(%error, intent = id, "a recovery look failed; it will be repeated");
                }
                drop(place);
            });
        }
        Ok(())
    }

    /// One look at one case.
    pub(super) async fn look(self: &Arc<Self>, intent: Intent) -> Result<(), EngineError> {
        let stored = self.ledger.transaction(&intent.transaction_id).await?;
        let transaction = stored.ok_or(EngineError::NotFound)?;
        let channel = self.exact_revision(&transaction.channel.key, &intent.revision).await?;
        let keep = self.open_keep(&transaction.id, transaction.keep.as_ref());
        let command = Command::from_intent(&intent, keep);
        let mut command = command.map_err(|error| EngineError::Storage(format!("stored command: {error}")))?;
        self.with_key(&mut command, &transaction).await?;
        let plan = channel.adapter.recovery(intent.operation);
        let mut case = Case {
            engine: self,
            transaction: &transaction,
            intent: &intent,
            channel: &channel,
            command: &command,
            plan,
            trail: Trail::default(),
            open: false,
        };
        let mut person = false;
        for step in plan.steps {
            let (settled, how) = match step {
                RecoveryStep::Replay => (case.replay().await, "replay"),
                RecoveryStep::ReplayOnce if intent.attempts == 0 => (case.replay().await, "replay"),
                RecoveryStep::ReplayOnce => (None, "replay"),
                RecoveryStep::Inquire => (case.inquire().await, "inquiry"),
                RecoveryStep::Again => (case.again().await, "again"),
                RecoveryStep::NetCancel => (case.net_cancel().await, "net_cancel"),
                RecoveryStep::Operator => {
                    person = true;
                    (None, "operator")
                }
            };
            if let Some(outcome) = settled {
                let trail = std::mem::take(&mut case.trail);
                let known = Intent {
                    state: IntentState::Unknown,
                    ..intent.clone()
                };
                self.settle(transaction.clone(), known, outcome, trail, how).await?;
                return Ok(());
            }
        }
        let trail = std::mem::take(&mut case.trail);
        self.look_again(&intent, plan, trail, person).await
    }

    /// Nothing verified this time: when to look next, or that a person must.
    async fn look_again(
        &self,
        intent: &Intent,
        plan: RecoveryPlan,
        trail: Trail,
        person: bool,
    ) -> Result<(), EngineError> {
        let at = now();
        let gave_up = person || at - intent.created_at > ms(plan.give_up_after);
        let looked = usize::try_from(intent.attempts).unwrap_or(usize::MAX);
        // `attempts` counts looks that are over: the wait before the first look was the clock's first entry.
        let wait = CLOCK_SECONDS
            .get(looked + 1)
            .or(CLOCK_SECONDS.last())
            .copied()
            .unwrap_or(600)
            * 1000;
        if gave_up && intent.state != IntentState::Operator {
            tracing::error!(
                target: "naru::alert", transaction = intent.transaction_id, operation = intent.operation.as_str(),
                "no machine can tell what became of this operation; a person must settle it"
            );
        }
        let state = if gave_up {
            IntentState::Operator
        } else {
            IntentState::Unknown
        };
        let next = Intent {
            state,
            attempts: intent.attempts.saturating_add(1),
            next_at: at + if gave_up { OPERATOR_LOOK } else { wait },
            last_call_at: intent.last_call_at.max(trail.lost_at),
            lease_owner: String::new(),
            lease_until: 0,
            ..intent.clone()
        };
        let journal = JournalEntry {
            at,
            transaction_id: Some(intent.transaction_id.clone()),
            kind: "recovery".to_owned(),
            doc: json!({
                "intent": intent.id, "look": next.attempts, "exchanges": trail.exchanges, "state": state,
                "nextAt": next.next_at,
            }),
        };
        self.ledger
            .commit(vec![Write::Reschedule(Box::new(next)), Write::Journal(journal)])
            .await?;
        Ok(())
    }
}

/// One case under look.
struct Case<'a> {
    engine: &'a Arc<Engine>,
    transaction: &'a Transaction,
    intent: &'a Intent,
    channel: &'a Arc<ChannelRevision>,
    command: &'a Command,
    plan: RecoveryPlan,
    trail: Trail,
    /// An inquiry of this look found the order open.
    open: bool,
}

impl Case<'_> {
    /// The same bytes under the same key. Only an answer counts: "not sent" says nothing about the first time.
    async fn replay(&mut self) -> Option<Outcome<Effect>> {
        let kept = self.engine.replays.get(&self.intent.id).map(|kept| kept.call.clone());
        let mut call = match kept {
            Some(call) => call,
            None => self.command.first_call(self.channel).ok()?,
        };
        call.replay = true;
        let outcome = self
            .engine
            .drive(self.command, self.channel, call, &mut self.trail)
            .await;
        matches!(outcome, Outcome::Done(_) | Outcome::Declined(_)).then_some(outcome)
    }

    async fn inquire(&mut self) -> Option<Outcome<Effect>> {
        let question = Inquire {
            approving: match self.command {
                Command::Approve(approve) => Some(Box::new(approve.clone())),
                _ => None,
            },
            operation: Some(self.intent.operation),
            ..Inquire::about(self.transaction, now())
        };
        let (channel, adapter) = (self.channel, self.channel.adapter);
        let call = adapter.inquire(&question, channel).ok()?;
        let read = |call: &_, answer: &_| adapter.inquired(&question, channel, call, answer);
        let seen = self.engine.drive_with(channel, call, &mut self.trail, read).await;
        let Outcome::Done(view) = seen else {
            return None;
        };
        match self.intent.operation {
            Operation::Cancel => self.cancel_in(view),
            Operation::CloseAccount => self.closing_in(view),
            // An inquiry tells of money, not of deliveries.
            Operation::Escrow => None,
            _ => self.approval_in(view),
        }
    }

    /// Whether enough time has passed to believe that something which is not there will not appear.
    fn absence_counts(&self) -> bool {
        now() - self.intent.last_call_at.max(self.trail.lost_at) >= ms(self.plan.absence_after)
    }

    fn approval_in(&mut self, view: PgView) -> Option<Outcome<Effect>> {
        match view {
            // What was cancelled at the PG meanwhile is the PG's doing; the approval comes first either way.
            PgView::Held { approval, .. } => Some(Outcome::Done(Effect::Approved(approval))),
            PgView::Dead(failure) => Some(Outcome::Declined(failure)),
            PgView::Absent(failure) => self.absence_counts().then_some(Outcome::Declined(failure)),
            PgView::Open => {
                self.open = true;
                None
            }
        }
    }

    /// Closed, still open, or overtaken by its deposit.
    fn closing_in(&self, view: PgView) -> Option<Outcome<Effect>> {
        match view {
            PgView::Held { approval, .. } if approval.status == Status::Paid => {
                Some(Outcome::Done(Effect::Approved(approval)))
            }
            PgView::Held {
                status: Status::Cancelled,
                ..
            }
            | PgView::Dead(_) => Some(Outcome::Done(Effect::AccountClosed)),
            PgView::Held { .. } if self.absence_counts() => {
                let message = "the PG did not close the account; it can be asked for again";
                Some(Outcome::Declined(Failure::new(
                    FailureKind::Other,
                    "NARU_NOT_CLOSED",
                    message,
                )))
            }
            PgView::Held { .. } | PgView::Absent(_) | PgView::Open => None,
        }
    }

    /// The PG holds the order open and answered our last call with an error: ask for the approval anew.
    async fn again(&mut self) -> Option<Outcome<Effect>> {
        let Command::Approve(approve) = self.command else {
            return None;
        };
        if !self.open || self.trail.lost_at > 0 {
            return None;
        }
        let command = Command::Approve(Approve {
            idempotency_key: ids::operation_id(),
            at: now(),
            ..approve.clone()
        });
        let call = command.first_call(self.channel).ok()?;
        let outcome = self.engine.drive(&command, self.channel, call, &mut self.trail).await;
        matches!(outcome, Outcome::Done(_) | Outcome::Declined(_)).then_some(outcome)
    }

    fn cancel_in(&self, view: PgView) -> Option<Outcome<Effect>> {
        let Command::Cancel(asked) = self.command else {
            return None;
        };
        let PgView::Held { balance, cancels, .. } = view else {
            return None;
        };
        if balance == asked.balance_before - asked.amounts.total {
            let ours = self.unknown_to_us(&cancels, asked.amounts.total);
            return Some(Outcome::Done(Effect::Cancelled(CancelDone {
                pg_cancellation_id: ours.and_then(|c| c.id.clone()),
                cancelled_at: ours.and_then(|c| c.at),
                pending: false,
                receipt_url: None,
                raw: None,
            })));
        }
        // Still whole, long after the call ended: it was not done and will not be.
        let untouched = balance == asked.balance_before && self.absence_counts();
        untouched.then(|| {
            let message = "the PG did not make this cancellation; it can be asked for again";
            Outcome::Declined(Failure::new(FailureKind::Other, "NARU_CANCEL_NOT_DONE", message))
        })
    }

    /// The PG's latest cancellation of this amount that none of ours has claimed yet.
    fn unknown_to_us<'c>(&self, cancels: &'c [PgCancel], total: i64) -> Option<&'c PgCancel> {
        let claimed = |id: &Option<String>| {
            let ours = self.transaction.cancellations.iter();
            id.is_some() && ours.map(|c| &c.pg_cancellation_id).any(|known| known == id)
        };
        cancels.iter().rev().find(|c| c.amount == total && !claimed(&c.id))
    }

    async fn net_cancel(&mut self) -> Option<Outcome<Effect>> {
        let approve = self.command.as_approval()?;
        let channel = self.channel;
        let net = channel.adapter.net_cancel()?;
        let call = net.net_cancel(&approve, channel).ok()?;
        let read = |call: &_, answer: &_| net.net_cancelled(&approve, channel, call, answer);
        match self.engine.drive_with(channel, call, &mut self.trail, read).await {
            Outcome::Done(_) => {
                let message = "the PG's answer was lost; the approval was undone";
                Some(Outcome::Declined(Failure::new(
                    FailureKind::OutcomeUnknown,
                    "NARU_NET_CANCELLED",
                    message,
                )))
            }
            // There is no approval to undo, long after the call ended: it was not made and will not be.
            Outcome::Declined(failure) if failure.kind == FailureKind::NotFound && self.absence_counts() => {
                Some(Outcome::Declined(failure))
            }
            _ => None,
        }
    }
}
