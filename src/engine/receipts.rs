//! Stand-alone cash receipts: issued, cancelled, and asked about until the tax office has answered.
//!
//! The same rule as for money: what is about to be asked of the PG is committed first, in the receipt's own row
//! ([`ReceiptWork`]), runs in a task of its own, and is settled by one commit. What has no outcome is looked at on the
//! recovery clock. The buyer's number is needed for a replay, so it is sealed into the row until the issue has one.

mod look;
mod stored;

use super::attempt::check_feature;
use super::exchange::Trail;
use super::report::outstanding;
use super::request::{EngineError, ReceiptInput};
use super::{Engine, ids, ms, now};
use crate::adapters::{
    Call, CancelReceipt, ChannelRevision, Feature, IssueReceipt, Operation, Outcome, ReceiptCancelled, ReceiptIssued,
    Refusal, TaxOffice,
};
use crate::ledger::{JournalEntry, LedgerError, ReceiptLease, ReceiptWrite, Write};
use crate::payment::{Amounts, CashReceipt, Failure, Millis, ReceiptEvent, ReceiptState, ReceiptTask, ReceiptWork};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;

/// Beyond the call's own time-out, before another router may take the work over.
const LEASE_MARGIN: Duration = Duration::from_secs(15);
/// Between looks at the tax office's answer.
const DAY: Millis = 24 * 60 * 60 * 1000;
/// Tries of a settlement whose row changed meanwhile.
const STALE_TRIES: usize = 8;
/// How often a waiting caller looks at the row.
const LOOK: Duration = Duration::from_millis(200);

/// How an operation on a receipt ended.
#[derive(Debug)]
pub(super) enum Settled {
    Issued(Outcome<ReceiptIssued>),
    Cancelled(Amounts, Outcome<ReceiptCancelled>),
}

impl Settled {
    fn label(&self) -> &'static str {
        match self {
            Self::Issued(outcome) => outcome.label(),
            Self::Cancelled(_, outcome) => outcome.label(),
        }
    }
}

impl Engine {
    /// Issues a cash receipt. `Ok` is an issued one; the tax office may still refuse it later.
    ///
    /// # Errors
    /// [`EngineError::ReceiptExists`]; else see [`EngineError`].
    pub async fn issue_receipt(
        self: &Arc<Self>,
        channel: Arc<ChannelRevision>,
        input: ReceiptInput,
    ) -> Result<CashReceipt, EngineError> {
        check_feature(&channel, Feature::CashReceipt)?;
        let at = now();
        let adapter = channel.adapter;
        let receipts = adapter.cash_receipts().ok_or_else(|| no_receipts(&channel))?;
        let (id, operation) = (ids::operation_id(), ids::operation_id());
        let build = |order_id: String| command(&input, order_id, operation.clone(), at);
        let own = self.under_own_id(&channel, build, |command| receipts.issue_receipt(command, &channel));
        let (command, call) = own.await?;
        let receipt = CashReceipt {
            order_id: command.order_id.clone(),
            work: Some(ReceiptWork {
                id: operation,
                task: ReceiptTask::Issue {
                    sealed: self.seal_keep(&id, &stored::of(&command)),
                },
                started_at: at,
                last_call_at: at,
                attempts: 0,
                next_at: at,
                operator: false,
            }),
            ..new(id, &channel, input, at)
        };
        let mut writes = self.revision_write(&channel)?;
        writes.extend(self.start_writes(&receipt, None, &channel, Operation::IssueReceipt));
        match self.ledger.commit(writes).await {
            Ok(()) => {}
            Err(LedgerError::Duplicate) => return self.join_receipt(&receipt).await,
            Err(error) => return Err(error.into()),
        }
        self.stored_revisions.insert(channel.revision.clone(), ());
        let (engine, row) = (Arc::clone(self), receipt.clone());
        let task = async move {
            let mut trail = Trail::default();
            let read = |call: &Call, answer: &_| receipts.receipt_issued(&command, &channel, call, answer);
            let outcome = engine.drive_with(&channel, call, &mut trail, read).await;
            engine
                .settle_receipt(row, Settled::Issued(outcome), trail, "answer")
                .await
        };
        let task = tokio::spawn(task.in_current_span());
        let settled = self.receipt_outcome(&receipt.id, task).await?;
        match (settled.state, settled.failure.clone()) {
            (ReceiptState::IssueFailed, Some(failure)) => Err(EngineError::Pg(failure)),
            _ => Ok(settled),
        }
    }

    /// Cancels what is left of a payment's cash receipt. Gives the receipt and the amount taken back.
    ///
    /// # Errors
    /// [`EngineError::NoReceipt`], [`EngineError::ReceiptNotIssued`]; else see [`EngineError`].
    pub async fn cancel_receipt(
        self: &Arc<Self>,
        store_id: &str,
        payment_id: &str,
    ) -> Result<(CashReceipt, i64), EngineError> {
        let stored = self.ledger.receipt(store_id, payment_id).await?;
        let stored = stored.ok_or(EngineError::NoReceipt)?;
        match (stored.state, &stored.work) {
            (ReceiptState::Issued, Some(work)) if matches!(work.task, ReceiptTask::Cancel { .. }) => {
                let settled = self.receipt_settled(&stored.id, self.deadline()).await?;
                return cancel_answer(settled, stored.cancelled);
            }
            (ReceiptState::Issued, _) => {}
            (ReceiptState::Issuing, _) => return Err(unsettled()),
            _ => return Err(EngineError::ReceiptNotIssued),
        }
        let at = now();
        let channel = self
            .exact_revision(&stored.channel.key, &stored.channel.revision)
            .await?;
        let adapter = channel.adapter;
        let receipts = adapter.cash_receipts().ok_or_else(|| no_receipts(&channel))?;
        let operation = ids::operation_id();
        let command = cancel_command(&stored, rest_of(&stored)?, operation.clone(), at);
        let call = receipts
            .cancel_receipt(&command, &channel)
            .map_err(EngineError::Refused)?;
        let mut receipt = stored.clone();
        receipt
            .apply(&ReceiptEvent::CancelStarted, at)
            .map_err(|error| EngineError::Storage(error.to_string()))?;
        receipt.work = Some(ReceiptWork {
            id: operation,
            task: ReceiptTask::Cancel {
                amounts: command.amounts,
            },
            started_at: at,
            last_call_at: at,
            attempts: 0,
            next_at: at,
            operator: false,
        });
        let writes = self.start_writes(&receipt, Some(stored.version), &channel, Operation::CancelReceipt);
        match self.ledger.commit(writes).await {
            Ok(()) => {}
            Err(LedgerError::Stale) => return Err(unsettled()),
            Err(error) => return Err(error.into()),
        }
        let (engine, row, amounts) = (Arc::clone(self), receipt.clone(), command.amounts);
        let task = async move {
            let mut trail = Trail::default();
            let read = |call: &Call, answer: &_| receipts.receipt_cancelled(&command, &channel, call, answer);
            let outcome = engine.drive_with(&channel, call, &mut trail, read).await;
            engine
                .settle_receipt(row, Settled::Cancelled(amounts, outcome), trail, "answer")
                .await
        };
        let task = tokio::spawn(task.in_current_span());
        let settled = self.receipt_outcome(&receipt.id, task).await?;
        cancel_answer(settled, stored.cancelled)
    }

    /// The commit before the first byte.
    fn start_writes(
        &self,
        receipt: &CashReceipt,
        expected: Option<u64>,
        channel: &ChannelRevision,
        operation: Operation,
    ) -> Vec<Write> {
        let at = now();
        let until = at + ms(channel.timeouts(operation).total + LEASE_MARGIN);
        let mut receipt = receipt.clone();
        if let Some(work) = &mut receipt.work {
            work.next_at = until;
        }
        let doc = json!({
            "operation": operation.as_str(), "receipt": receipt.id, "paymentId": receipt.payment_id,
            "storeId": receipt.store_id, "orderId": receipt.order_id, "total": receipt.amounts.total,
            "channel": channel.spec.key, "revision": channel.revision,
        });
        vec![
            Write::Receipt(Box::new(ReceiptWrite {
                receipt,
                expected,
                lease: ReceiptLease {
                    owner: self.options.node.clone(),
                    until,
                },
            })),
            Write::Journal(JournalEntry {
                at,
                transaction_id: None,
                kind: "receipt-intent".to_owned(),
                doc,
            }),
        ]
    }

    /// Commits what an operation ended as.
    pub(super) async fn settle_receipt(
        &self,
        mut stored: CashReceipt,
        ended: Settled,
        trail: Trail,
        how: &'static str,
    ) -> Result<CashReceipt, LedgerError> {
        for _ in 0..STALE_TRIES {
            let at = now();
            let mut receipt = stored.clone();
            let (event, work) = outcome_of(&stored, &ended, &trail, at);
            if let Err(error) = receipt.apply(&event, at) {
                tracing::warn!(%error, receipt = receipt.id, "the outcome was known already");
                return Ok(stored);
            }
            receipt.work = work;
            let doc = json!({
                "receipt": receipt.id, "exchanges": trail.exchanges, "outcome": ended.label(),
                "state": receipt.state, "failure": receipt.failure,
            });
            let writes = receipt_writes(receipt.clone(), stored.version, at, how, doc);
            match self.ledger.commit(writes).await {
                Ok(()) => {
                    self.waiters.wake(&receipt.id);
                    tracing::info!(
                        receipt = receipt.id,
                        payment = receipt.payment_id,
                        state = receipt.state.as_str(),
                        outcome = ended.label(),
                        how,
                        "cash receipt"
                    );
                    return Ok(receipt);
                }
                Err(LedgerError::Stale) => {
                    let fresh = self.ledger.receipt_by_id(&stored.id).await?;
                    stored = fresh.ok_or_else(|| LedgerError::Storage("the receipt vanished".into()))?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(LedgerError::Stale)
    }

    async fn receipt_outcome(
        &self,
        id: &str,
        task: tokio::task::JoinHandle<Result<CashReceipt, LedgerError>>,
    ) -> Result<CashReceipt, EngineError> {
        let deadline = self.deadline();
        match tokio::time::timeout_at(deadline, task).await {
            Ok(Ok(Ok(receipt))) if !is_open(&receipt) => Ok(receipt),
            Ok(Ok(Ok(_))) => self.receipt_settled(id, deadline).await,
            Ok(Ok(Err(error))) => Err(outstanding("NARU_STORAGE", &error.to_string())),
            Ok(Err(_panicked)) => Err(outstanding("NARU_INTERNAL", "the operation's task ended early")),
            Err(_elapsed) => Err(outstanding("NARU_TIMEOUT", "the PG has not answered yet")),
        }
    }

    /// Waits until nothing is open about a receipt but the tax office's word.
    async fn receipt_settled(&self, id: &str, deadline: tokio::time::Instant) -> Result<CashReceipt, EngineError> {
        loop {
            let receipt = self.ledger.receipt_by_id(id).await?.ok_or(EngineError::NoReceipt)?;
            if !is_open(&receipt) {
                return Ok(receipt);
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(unsettled());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Another receipt of the payment stands, or is being issued. The same request again joins it.
    async fn join_receipt(&self, asked: &CashReceipt) -> Result<CashReceipt, EngineError> {
        let standing = self.ledger.receipt(&asked.store_id, &asked.payment_id).await?;
        let standing = standing.ok_or(EngineError::NoReceipt)?;
        let same = standing.amounts == asked.amounts
            && standing.kind == asked.kind
            && standing.channel.key == asked.channel.key;
        if standing.state != ReceiptState::Issuing || !same {
            return Err(EngineError::ReceiptExists);
        }
        let settled = self.receipt_settled(&standing.id, self.deadline()).await?;
        match (settled.state, settled.failure) {
            (ReceiptState::IssueFailed, Some(failure)) => Err(EngineError::Pg(failure)),
            _ => Err(EngineError::ReceiptExists),
        }
    }
}

fn unsettled() -> EngineError {
    outstanding(
        "NARU_OUTCOME_UNKNOWN",
        "the receipt has an operation without an outcome",
    )
}

fn no_receipts(channel: &ChannelRevision) -> EngineError {
    let message = format!("channel {} issues no stand-alone cash receipts", channel.spec.key);
    EngineError::Unsupported(Refusal::new("channelKey", message))
}

/// Whether an issue or a cancellation has no outcome.
fn is_open(receipt: &CashReceipt) -> bool {
    let task = receipt.work.as_ref().map(|work| &work.task);
    matches!(task, Some(ReceiptTask::Issue { .. } | ReceiptTask::Cancel { .. }))
}

fn cancel_answer(settled: CashReceipt, before: i64) -> Result<(CashReceipt, i64), EngineError> {
    let taken = settled.cancelled - before;
    if taken > 0 {
        return Ok((settled, taken));
    }
    Err(match settled.failure {
        Some(failure) => EngineError::Pg(failure),
        None => unsettled(),
    })
}

/// What an outcome does to the receipt, and what is open after it.
fn outcome_of(stored: &CashReceipt, ended: &Settled, trail: &Trail, at: Millis) -> (ReceiptEvent, Option<ReceiptWork>) {
    let unknown = || {
        let work = stored.work.clone().map(|work| ReceiptWork {
            next_at: at + 1000,
            last_call_at: work.last_call_at.max(trail.last_call_at),
            ..work
        });
        (ReceiptEvent::Looked, work)
    };
    match ended {
        Settled::Issued(Outcome::Done(issued)) => issued_as(issued, stored, at),
        Settled::Issued(Outcome::Declined(failure) | Outcome::NotSent(failure)) => {
            (ReceiptEvent::IssueFailed(failure.clone()), None)
        }
        Settled::Cancelled(amounts, Outcome::Done(done)) => (
            ReceiptEvent::Cancelled {
                amount: amounts.total,
                at: done.cancelled_at,
            },
            None,
        ),
        Settled::Cancelled(_, Outcome::Declined(failure) | Outcome::NotSent(failure)) => {
            (ReceiptEvent::CancelFailed(failure.clone()), None)
        }
        Settled::Issued(Outcome::Unknown(_)) | Settled::Cancelled(_, Outcome::Unknown(_)) => unknown(),
    }
}

fn issued_as(issued: &ReceiptIssued, stored: &CashReceipt, at: Millis) -> (ReceiptEvent, Option<ReceiptWork>) {
    if let TaxOffice::Refused(failure) = &issued.tax_office {
        return (ReceiptEvent::IssueFailed(failure.clone()), None);
    }
    let event = ReceiptEvent::Issued {
        pg_receipt_id: issued.pg_receipt_id.clone(),
        issue_number: issued.issue_number.clone(),
        url: issued.url.clone(),
        issued_at: issued.issued_at,
    };
    let ask_later = (issued.tax_office == TaxOffice::Pending).then(|| ReceiptWork {
        id: stored.id.clone(),
        task: ReceiptTask::TaxOffice,
        started_at: at,
        last_call_at: at,
        attempts: 0,
        next_at: at + DAY,
        operator: false,
    });
    (event, ask_later)
}

fn receipt_writes(receipt: CashReceipt, expected: u64, at: Millis, kind: &str, doc: serde_json::Value) -> Vec<Write> {
    vec![
        Write::Receipt(Box::new(ReceiptWrite {
            receipt,
            expected: Some(expected),
            lease: ReceiptLease::default(),
        })),
        Write::Journal(JournalEntry {
            at,
            transaction_id: None,
            kind: format!("receipt-{kind}"),
            doc,
        }),
    ]
}

fn command(input: &ReceiptInput, order_id: String, idempotency_key: String, at: Millis) -> IssueReceipt {
    IssueReceipt {
        order_id,
        amounts: input.amounts,
        currency: input.currency,
        order_name: input.order_name.clone(),
        kind: input.kind,
        identity: input.identity.clone(),
        identity_kind: input.identity_kind,
        customer_name: input.customer_name.clone(),
        customer_email: input.customer_email.clone(),
        customer_phone: input.customer_phone.clone(),
        paid_with: input.paid_with,
        paid_at: input.paid_at,
        seller: input.seller.clone(),
        idempotency_key,
        at,
    }
}

fn cancel_command(receipt: &CashReceipt, amounts: Amounts, idempotency_key: String, at: Millis) -> CancelReceipt {
    CancelReceipt {
        pg_receipt_id: receipt.pg_receipt_id.clone().unwrap_or_default(),
        order_id: receipt.order_id.clone(),
        amounts,
        original: receipt.amounts,
        balance_before: receipt.amounts.total - receipt.cancelled,
        currency: receipt.currency,
        idempotency_key,
        at,
    }
}

/// What is left of a receipt, in its parts.
fn rest_of(receipt: &CashReceipt) -> Result<Amounts, EngineError> {
    if receipt.cancelled == 0 {
        return Ok(receipt.amounts);
    }
    let left = receipt.amounts.total - receipt.cancelled;
    let tax_free = receipt.amounts.tax_free.min(left);
    Amounts::new(left, tax_free, None).map_err(|_| EngineError::ReceiptNotIssued)
}

fn new(id: String, channel: &ChannelRevision, input: ReceiptInput, at: Millis) -> CashReceipt {
    CashReceipt {
        id,
        store_id: input.store_id,
        payment_id: input.payment_id,
        order_id: String::new(),
        version: 0,
        state: ReceiptState::Issuing,
        channel: channel.reference("channelKey"),
        amounts: input.amounts,
        currency: input.currency,
        order_name: input.order_name,
        kind: input.kind,
        pg_receipt_id: None,
        issue_number: None,
        url: None,
        requested_at: at,
        issued_at: None,
        cancelled_at: None,
        cancelled: 0,
        failure: None::<Failure>,
        status_changed_at: at,
        work: None,
    }
}
