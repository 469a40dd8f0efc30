//! The desk: operations that no machine could settle, and what people may say of them.
//!
//! A person takes a case by the same lease that recovery uses, so a decision never runs beside a call. What is decided
//! is settled by the same commit as an answer of the PG, with who said it and why in the journal. A PG transaction is
//! adopted only after the PG itself was asked about it; what a person may simply declare is that nothing happened, or
//! that a cancellation did: both leave the other side to be found out by the daily look and by notifications.

use super::command::{Command, Effect};
use super::exchange::Trail;
use super::request::EngineError;
use super::{Engine, ms, now};
use crate::adapters::{CancelDone, ChannelRevision, Inquire, Operation, Outcome, PgView};
use crate::ledger::{Intent, IntentState, KeyIntent};
use crate::payment::{Failure, FailureKind, Transaction};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a person's decision may take to be carried out.
const LEASE: Duration = Duration::from_secs(90);
/// Longest reason, characters.
const REASON_MAX: usize = 500;

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Look again now, by the adapter's own plan.
    Look,
    /// The PG holds this transaction: ask the PG about it, and take it over if it is this order's.
    Adopt {
        /// PG's transaction id.
        pg_tx_id: String,
    },
    /// It never happened: nothing was approved, cancelled, closed, issued or deleted.
    NotDone,
    /// A cancellation was made, or the money went back by another way.
    Cancelled {
        /// PG's id of the cancellation, if there is one.
        pg_cancellation_id: Option<String>,
    },
}

/// A decision, and who answers for it.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// Decision.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    /// Why; for the journal.
    pub reason: String,
}

/// Why a ruling is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// No open case of this id.
    #[error("no operation of this id waits for its outcome; it may have been settled meanwhile")]
    NoCase,
    /// A call or a look of recovery is under way.
    #[error("the router is working on this case right now; try again in a minute")]
    Busy,
    /// The decision does not fit the operation.
    #[error("{0}")]
    Misfit(String),
    /// The PG, when asked, did not say so.
    #[error("not adopted: {0}")]
    Contradicted(String),
    /// The ledger or the settings cannot be read.
    #[error("{0}")]
    Engine(String),
}

impl From<EngineError> for DeskError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<crate::ledger::LedgerError> for DeskError {
    fn from(error: crate::ledger::LedgerError) -> Self {
        Self::Engine(error.to_string())
    }
}

impl Ruling {
    fn checked(self) -> Result<Self, DeskError> {
        let blank = |text: &str| text.trim().is_empty() || text.chars().count() > REASON_MAX;
        if blank(&self.by) || blank(&self.reason) {
            let why = format!("`by` and `reason` must be given, each at most {REASON_MAX} characters");
            return Err(DeskError::Misfit(why));
        }
        Ok(self)
    }

    /// As the journal keeps it.
    fn trail(&self) -> Trail {
        let mut trail = Trail::default();
        let decision = match &self.decision {
            Decision::Look => json!("look"),
            Decision::Adopt { pg_tx_id } => json!({ "adopt": pg_tx_id }),
            Decision::NotDone => json!("not-done"),
            Decision::Cancelled { pg_cancellation_id } => json!({ "cancelled": pg_cancellation_id }),
        };
        trail
            .exchanges
            .push(json!({ "ruling": decision, "by": self.by, "reason": self.reason }));
        trail
    }

    fn not_done(&self) -> Failure {
        let message = format!("settled by an operator: it never happened ({})", self.reason);
        Failure::new(FailureKind::Other, "NARU_SETTLED_BY_OPERATOR", &message)
    }
}

impl Engine {
    /// Operations of payments and of billing keys whose outcome is not known, the oldest first.
    ///
    /// # Errors
    /// [`DeskError::Engine`].
    pub async fn cases(&self, limit: usize) -> Result<Value, DeskError> {
        let at = now();
        let mut items = Vec::new();
        for intent in self.ledger.unsettled(limit).await? {
            let transaction = self.ledger.transaction(&intent.transaction_id).await?;
            items.push(case_of(&intent, transaction.as_ref(), at));
        }
        for intent in self.ledger.unsettled_keys(limit).await? {
            items.push(key_case_of(&intent, at));
        }
        Ok(json!({ "items": items }))
    }

    /// Carries a ruling out. `id` is the intent's.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn rule(self: &Arc<Self>, id: &str, ruling: Ruling) -> Result<Value, DeskError> {
        let ruling = ruling.checked()?;
        let at = now();
        let node = &self.options.node;
        if let Some(intent) = self.ledger.lease_case(id, node, at, at + ms(LEASE)).await? {
            let ruled = self.rule_payment(intent.clone(), &ruling).await;
            if ruled.is_err() {
                self.give_back(intent).await;
            }
            return ruled;
        }
        if let Some(intent) = self.ledger.lease_key_case(id, node, at, at + ms(LEASE)).await? {
            let ruled = self.rule_key(intent.clone(), &ruling).await;
            if ruled.is_err() {
                self.give_key_back(intent).await;
            }
            return ruled;
        }
        let known = self.ledger.unsettled(usize::MAX).await?.iter().any(|i| i.id == id)
            || self.ledger.unsettled_keys(usize::MAX).await?.iter().any(|i| i.id == id);
        Err(if known { DeskError::Busy } else { DeskError::NoCase })
    }

    async fn rule_payment(self: &Arc<Self>, intent: Intent, ruling: &Ruling) -> Result<Value, DeskError> {
        let stored = self.ledger.transaction(&intent.transaction_id).await?;
        let transaction = stored.ok_or(DeskError::NoCase)?;
        let mut trail = ruling.trail();
        let outcome = match &ruling.decision {
            Decision::Look => {
                let id = intent.transaction_id.clone();
                self.look(intent).await?;
                return self.after_look(&id).await;
            }
            Decision::NotDone => Outcome::Declined(ruling.not_done()),
            Decision::Cancelled { pg_cancellation_id } if intent.operation == Operation::Cancel => {
                Outcome::Done(Effect::Cancelled(CancelDone {
                    pg_cancellation_id: pg_cancellation_id.clone(),
                    cancelled_at: Some(now()),
                    pending: false,
                    receipt_url: None,
                    raw: None,
                }))
            }
            Decision::Cancelled { .. } => {
                return Err(misfit(
                    "cancelled",
                    intent.operation,
                    "only a cancellation can be declared made",
                ));
            }
            Decision::Adopt { .. } if !approves(intent.operation) => {
                return Err(misfit("adopt", intent.operation, "only an approval can be adopted"));
            }
            Decision::Adopt { pg_tx_id } => {
                let channel = self.exact_revision(&transaction.channel.key, &intent.revision).await?;
                let adopted = self.adopt(&transaction, &intent, &channel, pg_tx_id, &mut trail);
                adopted.await?
            }
        };
        tracing::warn!(
            target: "naru::operator", transaction = transaction.id, intent = intent.id, by = ruling.by,
            operation = intent.operation.as_str(), outcome = outcome.label(), "a person settled an operation"
        );
        let settled = self.settle(transaction, intent, outcome, trail, "operator").await?;
        Ok(json!({ "settled": true, "transactionId": settled.id, "status": settled.status }))
    }

    async fn after_look(&self, transaction_id: &str) -> Result<Value, DeskError> {
        let open = self.ledger.open_intent(transaction_id).await?;
        let transaction = self.ledger.transaction(transaction_id).await?;
        let status = transaction.map(|t| t.status);
        Ok(json!({ "settled": open.is_none(), "transactionId": transaction_id, "status": status }))
    }

    /// Asks the PG about a transaction of its own that a person names.
    async fn adopt(
        self: &Arc<Self>,
        transaction: &Transaction,
        intent: &Intent,
        channel: &Arc<ChannelRevision>,
        pg_tx_id: &str,
        trail: &mut Trail,
    ) -> Result<Outcome<Effect>, DeskError> {
        let keep = self.open_keep(&transaction.id, transaction.keep.as_ref());
        let command = Command::from_intent(intent, keep);
        let command = command.map_err(|error| DeskError::Engine(format!("stored command: {error}")))?;
        let question = Inquire {
            pg_tx_id: Some(pg_tx_id.to_owned()),
            approving: match command {
                Command::Approve(approve) => Some(Box::new(approve)),
                _ => None,
            },
            operation: Some(intent.operation),
            ..Inquire::about(transaction, now())
        };
        let adapter = channel.adapter;
        let call = adapter.inquire(&question, channel);
        let call = call.map_err(|refusal| DeskError::Misfit(refusal.to_string()))?;
        let read = |call: &_, answer: &_| adapter.inquired(&question, channel, call, answer);
        match self.drive_with(channel, call, trail, read).await {
            Outcome::Done(PgView::Held { approval, .. }) if approval.pg_tx_id == pg_tx_id => {
                Ok(Outcome::Done(Effect::Approved(approval)))
            }
            Outcome::Done(view) => Err(DeskError::Contradicted(seen(&view).to_owned())),
            Outcome::Declined(failure) | Outcome::NotSent(failure) => Err(DeskError::Contradicted(format!(
                "{}: {}",
                failure.code, failure.message
            ))),
            Outcome::Unknown(why) => Err(DeskError::Contradicted(format!("{}: {}", why.code, why.message))),
        }
    }

    async fn rule_key(self: &Arc<Self>, intent: KeyIntent, ruling: &Ruling) -> Result<Value, DeskError> {
        if ruling.decision != Decision::NotDone {
            let why = "of a billing key's issue or deletion only `not-done` can be said; a key that was issued meanwhile is \
                       charged by nobody";
            return Err(DeskError::Misfit(why.to_owned()));
        }
        tracing::warn!(
            target: "naru::operator", billing_key = intent.billing_key, intent = intent.id, by = ruling.by,
            operation = intent.operation.as_str(), "a person settled an operation of a billing key"
        );
        let key = intent.billing_key.clone();
        self.key_not_done(intent, ruling.not_done(), ruling.trail()).await?;
        Ok(json!({ "settled": true, "billingKey": key }))
    }

    /// The case stays as it was: its lease ends now instead of later.
    async fn give_back(&self, intent: Intent) {
        let back = crate::ledger::Write::Reschedule(Box::new(Intent {
            lease_owner: String::new(),
            lease_until: 0,
            ..intent
        }));
        if let Err(error) = self.ledger.commit(vec![back]).await {
            tracing::warn!(%error, "a case was not given back; its lease ends by itself");
        }
    }
}

/// Whether an operation's success is an approval.
fn approves(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Approve | Operation::Instant | Operation::IssueAccount | Operation::ChargeBillingKey
    )
}

fn misfit(decision: &str, operation: Operation, why: &str) -> DeskError {
    DeskError::Misfit(format!(
        "`{decision}` does not fit an operation of kind {}: {why}",
        operation.as_str()
    ))
}

fn seen(view: &PgView) -> &'static str {
    match view {
        PgView::Held { .. } => "the PG holds another transaction for this order",
        PgView::Absent(_) => "the PG knows no such transaction",
        PgView::Dead(_) => "the PG says that it failed",
        PgView::Open => "the PG holds the order open, but approved nothing",
    }
}

fn case_of(intent: &Intent, transaction: Option<&Transaction>, at: i64) -> Value {
    json!({
        "id": intent.id, "kind": "payment", "operation": intent.operation, "state": intent.state,
        "needsPerson": intent.state == IntentState::Operator, "ageMs": at - intent.created_at,
        "createdAt": intent.created_at, "looks": intent.attempts, "nextAt": intent.next_at,
        "lastError": intent.last_error, "transactionId": intent.transaction_id, "cancellationId": intent.cancellation_id,
        "storeId": transaction.map(|t| &t.store_id), "paymentId": transaction.map(|t| &t.payment_id),
        "orderId": transaction.map(|t| &t.order_id), "pgTxId": transaction.and_then(|t| t.pg_tx_id.as_ref()),
        "total": transaction.map(|t| t.amounts.total), "currency": transaction.map(|t| t.currency.code()),
        "provider": transaction.map(|t| &t.channel.provider), "channelKey": transaction.map(|t| &t.channel.key),
        "mid": transaction.map(|t| &t.channel.mid), "status": transaction.map(|t| t.status),
    })
}

fn key_case_of(intent: &KeyIntent, at: i64) -> Value {
    json!({
        "id": intent.id, "kind": "billing-key", "operation": intent.operation, "state": intent.state,
        "needsPerson": intent.state == IntentState::Operator, "ageMs": at - intent.created_at,
        "createdAt": intent.created_at, "looks": intent.attempts, "nextAt": intent.next_at,
        "lastError": intent.last_error, "billingKey": intent.billing_key, "channelKey": intent.channel_key,
    })
}

#[cfg(test)]
mod tests;
