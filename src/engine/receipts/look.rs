//! Looks at receipts whose work is due: outcomes that were lost, and the tax office's answer.

use super::{Settled, cancel_command, receipt_writes, stored};
use crate::adapters::{
    Call, ChannelRevision, InquireReceipt, Operation, Outcome, ReceiptCancelled, ReceiptIssued, ReceiptView,
    RecoveryStep, TaxOffice,
};
use crate::engine::exchange::Trail;
use crate::engine::recovery::CLOCK_SECONDS;
use crate::engine::{Engine, EngineError, ms, now};
use crate::ledger::LedgerError;
use crate::payment::{Amounts, CashReceipt, Failure, FailureKind, Millis, ReceiptEvent, ReceiptTask, ReceiptWork};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long one look may take before another router may take it over.
const LEASE: Duration = Duration::from_secs(90);
/// Looks at the tax office's answer; it comes within two working days.
const TAX_OFFICE_LOOKS: u32 = 5;
/// Between looks at a case that waits for a person.
const OPERATOR_LOOK: Millis = 60 * 60 * 1000;

impl Engine {
    /// Works on receipts that are due.
    pub(in crate::engine) async fn receipts_due(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<(), LedgerError> {
        let free = places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let at = now();
        let due = self
            .ledger
            .lease_receipts(&self.options.node, at, at + ms(LEASE), free)
            .await?;
        for receipt in due {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return Ok(());
            };
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                let id = receipt.id.clone();
                if let Err(error) = engine.look_at_receipt(receipt).await {
                    tracing::error!(%error, receipt = id, "a look at a receipt failed; it will be repeated");
                }
                drop(place);
            });
        }
        Ok(())
    }

    async fn look_at_receipt(&self, receipt: CashReceipt) -> Result<(), EngineError> {
        let Some(work) = receipt.work.clone() else {
            return Ok(());
        };
        let channel = self
            .exact_revision(&receipt.channel.key, &receipt.channel.revision)
            .await?;
        let mut trail = Trail::default();
        let ended = match &work.task {
            ReceiptTask::TaxOffice => return self.ask_tax_office(receipt, &work, &channel).await,
            ReceiptTask::Issue { sealed } => {
                let command = self
                    .open_keep(&receipt.id, Some(sealed))
                    .and_then(|opened| stored::command(&receipt, opened, &work.id, work.started_at));
                self.issue_again(&receipt, &work, &channel, command, &mut trail).await
            }
            ReceiptTask::Cancel { amounts } => self.cancel_again(&receipt, &work, &channel, *amounts, &mut trail).await,
        };
        match ended {
            Some((ended, how)) => {
                self.settle_receipt(receipt, ended, trail, how).await?;
                Ok(())
            }
            None => self.look_later(receipt, work, &channel, trail).await,
        }
    }

    async fn issue_again(
        &self,
        receipt: &CashReceipt,
        work: &ReceiptWork,
        channel: &ChannelRevision,
        command: Option<crate::adapters::IssueReceipt>,
        trail: &mut Trail,
    ) -> Option<(Settled, &'static str)> {
        let receipts = channel.adapter.cash_receipts()?;
        let plan = channel.adapter.recovery(Operation::IssueReceipt);
        if let Some(command) = command.filter(|_| plan.steps.contains(&RecoveryStep::Replay))
            && let Ok(mut call) = receipts.issue_receipt(&command, channel)
        {
            call.replay = true;
            let read = |call: &Call, answer: &_| receipts.receipt_issued(&command, channel, call, answer);
            let outcome = self.drive_with(channel, call, trail, read).await;
            if matches!(outcome, Outcome::Done(_) | Outcome::Declined(_)) {
                return Some((Settled::Issued(outcome), "replay"));
            }
        }
        let outcome = match self.ask_receipt(receipt, None, channel, trail).await? {
            ReceiptView::Held { issued, .. } => Outcome::Done(issued),
            ReceiptView::Absent(failure) if over(work, trail, plan.absence_after) => Outcome::Declined(failure),
            ReceiptView::Absent(_) => return None,
        };
        Some((Settled::Issued(outcome), "inquiry"))
    }

    async fn cancel_again(
        &self,
        receipt: &CashReceipt,
        work: &ReceiptWork,
        channel: &ChannelRevision,
        amounts: Amounts,
        trail: &mut Trail,
    ) -> Option<(Settled, &'static str)> {
        let receipts = channel.adapter.cash_receipts()?;
        let plan = channel.adapter.recovery(Operation::CancelReceipt);
        let command = cancel_command(receipt, amounts, work.id.clone(), work.started_at);
        if plan.steps.contains(&RecoveryStep::Replay)
            && let Ok(mut call) = receipts.cancel_receipt(&command, channel)
        {
            call.replay = true;
            let read = |call: &Call, answer: &_| receipts.receipt_cancelled(&command, channel, call, answer);
            let outcome = self.drive_with(channel, call, trail, read).await;
            if matches!(outcome, Outcome::Done(_) | Outcome::Declined(_)) {
                return Some((Settled::Cancelled(amounts, outcome), "replay"));
            }
        }
        let seen = self.ask_receipt(receipt, Some(work.started_at), channel, trail).await?;
        let ReceiptView::Held { cancelled, last, .. } = seen else {
            return None;
        };
        let outcome = if cancelled == receipt.cancelled + amounts.total {
            Outcome::Done(last.unwrap_or(ReceiptCancelled {
                pg_cancellation_id: None,
                cancelled_at: None,
            }))
        } else if cancelled == receipt.cancelled && over(work, trail, plan.absence_after) {
            let message = "the PG did not make this cancellation; it can be asked for again";
            Outcome::Declined(Failure::new(FailureKind::Other, "NARU_CANCEL_NOT_DONE", message))
        } else {
            return None;
        };
        Some((Settled::Cancelled(amounts, outcome), "inquiry"))
    }

    /// What the PG holds; `None` if it did not say.
    async fn ask_receipt(
        &self,
        receipt: &CashReceipt,
        cancel_requested_at: Option<Millis>,
        channel: &ChannelRevision,
        trail: &mut Trail,
    ) -> Option<ReceiptView> {
        let receipts = channel.adapter.cash_receipts()?;
        let question = InquireReceipt {
            pg_receipt_id: receipt.pg_receipt_id.clone(),
            order_id: receipt.order_id.clone(),
            amounts: receipt.amounts,
            requested_at: receipt.requested_at,
            cancel_requested_at,
        };
        let call = receipts.inquire_receipt(&question, channel).ok()?;
        let read = |call: &Call, answer: &_| receipts.receipt_inquired(&question, channel, call, answer);
        match self.drive_with(channel, call, trail, read).await {
            Outcome::Done(view) => Some(view),
            _ => None,
        }
    }

    async fn ask_tax_office(
        &self,
        receipt: CashReceipt,
        work: &ReceiptWork,
        channel: &ChannelRevision,
    ) -> Result<(), EngineError> {
        let mut trail = Trail::default();
        let seen = self.ask_receipt(&receipt, None, channel, &mut trail).await;
        let tax_office = match seen {
            Some(ReceiptView::Held {
                issued: ReceiptIssued { tax_office, .. },
                ..
            }) => tax_office,
            _ => TaxOffice::Pending,
        };
        let at = now();
        let mut next = receipt.clone();
        let last_look = work.attempts + 1 >= TAX_OFFICE_LOOKS;
        let event = match &tax_office {
            TaxOffice::Refused(failure) => ReceiptEvent::IssueFailed(failure.clone()),
            TaxOffice::Accepted | TaxOffice::Pending => ReceiptEvent::Looked,
        };
        next.apply(&event, at)
            .map_err(|error| EngineError::Storage(error.to_string()))?;
        next.work = match tax_office {
            TaxOffice::Pending if !last_look => Some(ReceiptWork {
                attempts: work.attempts + 1,
                next_at: at + super::DAY,
                ..work.clone()
            }),
            _ => None,
        };
        let doc =
            json!({"receipt": next.id, "exchanges": trail.exchanges, "state": next.state, "look": work.attempts + 1});
        self.commit_look(next, receipt.version, at, "tax-office", doc).await
    }

    /// Nothing verified this time.
    async fn look_later(
        &self,
        receipt: CashReceipt,
        work: ReceiptWork,
        channel: &ChannelRevision,
        trail: Trail,
    ) -> Result<(), EngineError> {
        let at = now();
        let operation = match work.task {
            ReceiptTask::Cancel { .. } => Operation::CancelReceipt,
            _ => Operation::IssueReceipt,
        };
        let plan = channel.adapter.recovery(operation);
        let gave_up = at - work.started_at > ms(plan.give_up_after);
        if gave_up && !work.operator {
            tracing::error!(
                target: "naru::alert", receipt = receipt.id, operation = operation.as_str(),
                "no machine can tell what became of this cash receipt; a person must settle it"
            );
        }
        let looked = usize::try_from(work.attempts).unwrap_or(usize::MAX);
        let wait = CLOCK_SECONDS.get(looked.saturating_add(1)).or(CLOCK_SECONDS.last());
        let wait = if gave_up {
            OPERATOR_LOOK
        } else {
            wait.copied().unwrap_or(600) * 1000
        };
        let mut next = receipt.clone();
        next.apply(&ReceiptEvent::Looked, at)
            .map_err(|error| EngineError::Storage(error.to_string()))?;
        next.work = Some(ReceiptWork {
            attempts: work.attempts.saturating_add(1),
            next_at: at + wait,
            last_call_at: work.last_call_at.max(trail.lost_at),
            operator: gave_up,
            ..work
        });
        let doc = json!({"receipt": next.id, "exchanges": trail.exchanges, "nextAt": at + wait});
        self.commit_look(next, receipt.version, at, "recovery", doc).await
    }

    async fn commit_look(
        &self,
        receipt: CashReceipt,
        expected: u64,
        at: Millis,
        kind: &str,
        doc: serde_json::Value,
    ) -> Result<(), EngineError> {
        let id = receipt.id.clone();
        match self
            .ledger
            .commit(receipt_writes(receipt, expected, at, kind, doc))
            .await
        {
            // Somebody else settled it: nothing to add.
            Ok(()) | Err(LedgerError::Stale) => {
                self.waiters.wake(&id);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether enough time has passed to believe that something which is not there will not appear.
fn over(work: &ReceiptWork, trail: &Trail, absence_after: Duration) -> bool {
    now() - work.last_call_at.max(trail.lost_at) >= ms(absence_after)
}
