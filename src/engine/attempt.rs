//! A new try at a payment: limits, the row, and key-in payments from start to answer.

use super::command::Command;
use super::operation::Change;
use super::report::outstanding;
use super::request::{EngineError, InstantInput, NewAttempt};
use super::{Engine, ids, now};
use crate::adapters::{ChannelRevision, Feature, KeyIn, Refusal, When};
use crate::ledger::LedgerError;
use crate::payment::{Event, Millis, Status, Transaction};
use crate::routing::Routed;
use std::sync::Arc;

impl Engine {
    /// Key-in payment. Answers from committed state; `Ok` is a paid (or issued, or pending) transaction.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn instant(
        self: &Arc<Self>,
        routed: Routed,
        attempt: NewAttempt,
        input: InstantInput,
    ) -> Result<Transaction, EngineError> {
        let at = now();
        check_limits(&routed.channel, &attempt)?;
        check_feature(&routed.channel, Feature::Instant)?;
        self.check_unscheduled(&attempt.store_id, &attempt.payment_id).await?;
        let build = |order_id: String| {
            Command::Instant(Box::new(KeyIn {
                order_id,
                amounts: attempt.amounts,
                currency: attempt.currency,
                order_name: attempt.order_name.clone(),
                idempotency_key: ids::operation_id(),
                at,
                installment_months: input.installment_months,
                free_installment: input.free_installment,
                use_card_point: input.use_card_point,
                customer_name: input.customer_name.clone(),
                customer_email: input.customer_email.clone(),
                customer_phone: input.customer_phone.clone(),
                card: Some(input.card.clone()),
            }))
        };
        let own = self.under_own_id(&routed.channel, build, |command| command.first_call(&routed.channel));
        let (command, call) = own.await?;
        let Command::Instant(key_in) = &command else {
            return Err(EngineError::NotFound);
        };
        let (store_id, payment_id) = (attempt.store_id.clone(), attempt.payment_id.clone());
        let mut transaction = new_transaction(&routed, attempt, key_in.order_id.clone(), at);
        apply(&mut transaction, &Event::ApprovalStarted, at)?;
        let channel = Arc::clone(&routed.channel);
        let started = self.start(transaction, Change::Insert, command, call, channel, None);
        match started.await {
            Ok(started) => {
                let id = started.transaction.id.clone();
                let task = self.run(started);
                approved(self.outcome_of(&id, task, is_decided).await?)
            }
            Err(LedgerError::LiveApproval) => Err(self.join_live(&store_id, &payment_id).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Another attempt of the payment is live: wait for its outcome, and say what became of it. Never a second one.
    pub(super) async fn join_live(&self, store_id: &str, payment_id: &str) -> EngineError {
        let standing = match self.ledger.payment(store_id, payment_id).await {
            Ok(Some(standing)) => standing,
            Ok(None) => return EngineError::NotFound,
            Err(error) => return error.into(),
        };
        let deadline = self.deadline();
        match self.wait_until(&standing.id, deadline, is_decided).await {
            Ok(done) if done.status == Status::Failed => failure_of(&done),
            Ok(_) => EngineError::AlreadyPaid,
            Err(error) => error,
        }
    }
}

/// Whether the attempt's approval has an outcome.
pub(super) fn is_decided(transaction: &Transaction) -> bool {
    !matches!(transaction.status, Status::Ready | Status::Approving | Status::Unknown)
}

/// The answer to an approval: the transaction if it stands, its failure if not.
pub(super) fn approved(transaction: Transaction) -> Result<Transaction, EngineError> {
    if transaction.status == Status::Failed {
        return Err(failure_of(&transaction));
    }
    Ok(transaction)
}

pub(super) fn failure_of(transaction: &Transaction) -> EngineError {
    match &transaction.failure {
        Some(failure) => EngineError::Pg(failure.clone()),
        None => outstanding("NARU_OUTCOME_UNKNOWN", "the attempt has no outcome yet"),
    }
}

/// Applies an event that the caller's own checks made legal; if they did not, that is refused, not skipped.
pub(super) fn apply(transaction: &mut Transaction, event: &Event, at: Millis) -> Result<(), EngineError> {
    transaction
        .apply(event, at)
        .map_err(|error| EngineError::Storage(error.to_string()))
}

/// A new row, not started.
pub(super) fn new_transaction(routed: &Routed, attempt: NewAttempt, order_id: String, at: Millis) -> Transaction {
    Transaction {
        id: ids::transaction_id(),
        payment_id: attempt.payment_id,
        store_id: attempt.store_id,
        order_id,
        version: 0,
        status: Status::Ready,
        channel: routed.channel.reference(&routed.reason),
        group: routed.group.clone(),
        amounts: attempt.amounts,
        currency: attempt.currency,
        order_name: attempt.order_name,
        method_kind: attempt.method,
        method: None,
        customer: attempt.customer,
        custom_data: attempt.custom_data,
        extras: attempt.extras,
        origin: attempt.origin,
        billing: None,
        pg_tx_id: None,
        pg_response: None,
        receipt_url: None,
        keep: None,
        escrow: None,
        cash_receipt: None,
        failure: None,
        cancellations: Vec::new(),
        requested_at: at,
        updated_at: at,
        status_changed_at: at,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
    }
}

/// What the PG would refuse anyway, refused before anything is stored or sent.
pub(super) fn check_limits(channel: &ChannelRevision, attempt: &NewAttempt) -> Result<(), EngineError> {
    let descriptor = channel.adapter.descriptor();
    let limits = &descriptor.limits;
    let (total, method) = (attempt.amounts.total, attempt.method);
    let pg = descriptor.names.en;
    if !channel.serves(method) {
        let message = format!(
            "{} is not served by channel {} ({pg})",
            method.as_str(),
            channel.spec.key
        );
        return Err(EngineError::Unsupported(Refusal::new("method", message)));
    }
    let currency = attempt.currency.code();
    if !limits.currencies.contains(&currency) {
        let message = format!("{pg} takes {}, not {currency}", limits.currencies.join(", "));
        return Err(EngineError::Refused(Refusal::new("currency", message)));
    }
    let least = descriptor.amount_min(method);
    if total < least {
        let message = format!("{pg} takes {} from {least} {currency} up", method.as_str());
        return Err(EngineError::Refused(Refusal::new("amount.total", message)));
    }
    if total > limits.amount_max {
        let message = format!("{pg} takes at most {} {currency}", limits.amount_max);
        return Err(EngineError::Refused(Refusal::new("amount.total", message)));
    }
    if attempt.amounts.tax_free > 0 && !descriptor.serves(Feature::TaxFree) {
        let message = format!("{pg} takes no tax-free amounts");
        return Err(EngineError::Refused(Refusal::new("amount.taxFree", message)));
    }
    Ok(())
}

/// Refuses a feature that the channel's PG lacks, with the descriptor's reason.
pub(super) fn check_feature(channel: &ChannelRevision, feature: Feature) -> Result<(), EngineError> {
    let descriptor = channel.adapter.descriptor();
    let why = match descriptor.feature(feature) {
        When::Yes | When::Contract { .. } => return Ok(()),
        When::NotYet => "this version does not serve it at this PG",
        When::Never { why } => why,
    };
    let message = format!("channel {} ({}): {why}", channel.spec.key, descriptor.names.en);
    Err(EngineError::Unsupported(Refusal::new("channelKey", message)))
}
