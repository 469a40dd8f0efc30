//! Cancellations: what may be cancelled, split into its tax parts, asked once, answered from committed state.

use super::command::Command;
use super::operation::Change;
use super::report::outstanding;
use super::request::{CancelRequest, EngineError};
use super::{Engine, attempt, ids, now};
use crate::adapters::{Cancel, Feature, Refusal};
use crate::ledger::LedgerError;
use crate::payment::{Amounts, CancelState, Cancellation, Event, MethodDetail, Status, Transaction, vat_of};
use std::sync::Arc;

/// Most cancellations of one payment. PGs stop earlier (KSNET at 9); this bounds the row.
const CANCELS_MAX: usize = 100;
/// Tries when the row changes under us.
const STALE_TRIES: usize = 8;

impl Engine {
    /// Cancels all or part of a payment.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn cancel(self: &Arc<Self>, request: CancelRequest) -> Result<(Transaction, Cancellation), EngineError> {
        for _ in 0..STALE_TRIES {
            let payment = self.ledger.payment(&request.store_id, &request.payment_id).await?;
            let transaction = payment.ok_or(EngineError::NotFound)?;
            if let Some(open) = transaction.open_cancellation() {
                return self.join_cancel(&transaction, open, &request).await;
            }
            let amounts = cancel_amounts(&transaction, &request)?;
            match self.start_cancel(&transaction, &request, amounts).await {
                Err(EngineError::CancelRunning) => {}
                other => return other,
            }
        }
        Err(EngineError::CancelRunning)
    }

    /// [`EngineError::CancelRunning`] here means that the row changed: look again.
    async fn start_cancel(
        self: &Arc<Self>,
        stored: &Transaction,
        request: &CancelRequest,
        amounts: Amounts,
    ) -> Result<(Transaction, Cancellation), EngineError> {
        let at = now();
        let channel = self.revision_for(stored).await?;
        let balance_before = stored.cancellable();
        if amounts.total < balance_before || stored.status == Status::PartialCancelled {
            attempt::check_feature(&channel, Feature::PartialCancel)?;
        }
        check_refund_account(stored, request)?;
        let id = ids::operation_id();
        let command = Command::Cancel(Box::new(Cancel {
            pg_tx_id: stored.pg_tx_id.clone().unwrap_or_default(),
            order_id: stored.order_id.clone(),
            amounts,
            original: stored.amounts,
            balance_before,
            sequence: u32::try_from(stored.cancellations.len()).unwrap_or(u32::MAX),
            currency: stored.currency,
            reason: request.reason.clone(),
            idempotency_key: id.clone(),
            at,
            refund_account: request.refund_account.clone(),
            keep: self.open_keep(&stored.id, stored.keep.as_ref()),
        }));
        let call = command.first_call(&channel).map_err(EngineError::Refused)?;
        let mut transaction = stored.clone();
        let cancellation = Cancellation {
            id: id.clone(),
            state: CancelState::Requested,
            amounts,
            reason: request.reason.clone(),
            trigger: request.trigger,
            requested_at: at,
            cancelled_at: None,
            pg_cancellation_id: None,
            receipt_url: None,
            failure: None,
            accepted: false,
            skip_webhook: request.skip_webhook,
        };
        attempt::apply(&mut transaction, &Event::CancelStarted(Box::new(cancellation)), at)?;
        let change = Change::Update {
            expected: stored.version,
        };
        let started = self.start(transaction, change, command, call, channel, Some(id.clone()));
        let started = match started.await {
            Ok(started) => started,
            Err(LedgerError::Stale | LedgerError::OpenIntent) => return Err(EngineError::CancelRunning),
            Err(error) => return Err(error.into()),
        };
        let task = self.run(started);
        let settled = self.outcome_of(&stored.id, task, |t| !is_open(t, &id)).await;
        Self::cancel_answer(settled, &id)
    }

    /// A cancellation of this payment has no outcome yet. The same request again joins it; another one is refused.
    async fn join_cancel(
        &self,
        transaction: &Transaction,
        open: &Cancellation,
        request: &CancelRequest,
    ) -> Result<(Transaction, Cancellation), EngineError> {
        let whole = request.amount.is_none() && open.amounts.total == transaction.cancellable();
        if !(whole || request.amount == Some(open.amounts.total)) || request.reason != open.reason {
            return Err(EngineError::CancelRunning);
        }
        let deadline = self.deadline();
        let settled = self
            .wait_until(&transaction.id, deadline, |t| !is_open(t, &open.id))
            .await;
        Self::cancel_answer(settled, &open.id)
    }

    /// The cancellation's own outcome. One the PG took but finishes later is an answer too: `Requested`.
    fn cancel_answer(
        settled: Result<Transaction, EngineError>,
        id: &str,
    ) -> Result<(Transaction, Cancellation), EngineError> {
        let transaction = settled?;
        let entry = transaction.cancellations.iter().find(|c| c.id == id).cloned();
        let cancellation = entry.ok_or_else(|| outstanding("NARU_STORAGE", "the cancellation is not in the ledger"))?;
        match (&cancellation.state, &cancellation.failure) {
            (CancelState::Failed, Some(failure)) => Err(EngineError::Pg(failure.clone())),
            _ => Ok((transaction, cancellation)),
        }
    }
}

/// Whether the PG's word on a cancellation is still missing.
fn is_open(transaction: &Transaction, id: &str) -> bool {
    transaction
        .open_cancellation()
        .is_some_and(|c| c.id == id && !c.accepted)
}

/// A deposit cannot go back the way it came: the money is wired, so somebody must say where to.
fn check_refund_account(stored: &Transaction, request: &CancelRequest) -> Result<(), EngineError> {
    let deposited = matches!(stored.method, Some(MethodDetail::VirtualAccount { .. }));
    if !deposited || request.refund_account.is_some() {
        return Ok(());
    }
    let message = "must be given: the deposit of a virtual account is wired to an account of the buyer";
    Err(EngineError::Refused(Refusal::new("refundAccount", message)))
}

/// Checks a request against the ledger, in PortOne's order, and splits the amount into its parts.
///
/// Parts that the request leaves out: a cancellation of all that is left takes all that is left of each part; a partial
/// one is taxable as far as taxable money is left, its VAT is 1/11, never more than is left.
pub(super) fn cancel_amounts(transaction: &Transaction, request: &CancelRequest) -> Result<Amounts, EngineError> {
    match transaction.status {
        Status::Paid | Status::PartialCancelled => {}
        Status::Cancelled => return Err(EngineError::AlreadyCancelled),
        Status::Approving | Status::Unknown => {
            return Err(outstanding(
                "NARU_OUTCOME_UNKNOWN",
                "whether the payment was approved is not known yet",
            ));
        }
        Status::Ready | Status::PayPending | Status::VirtualAccountIssued | Status::Failed => {
            return Err(EngineError::NotPaid);
        }
    }
    let cancellable = transaction.cancellable();
    if let Some(expected) = request.current_cancellable
        && expected != cancellable
    {
        return Err(EngineError::Consistency {
            expected,
            actual: cancellable,
        });
    }
    let total = request.amount.unwrap_or(cancellable);
    if total > cancellable {
        return Err(EngineError::ExceedsCancellable { cancellable });
    }
    if transaction.cancellations.len() >= CANCELS_MAX {
        return Err(EngineError::TooManyCancels(CANCELS_MAX));
    }
    let free_left = transaction.amounts.tax_free - transaction.cancelled_tax_free();
    let vat_left = transaction.amounts.vat - transaction.cancelled_vat();
    let taxable_left = cancellable - free_left;
    let supply_left = taxable_left - vat_left;
    let tax_free = match request.tax_free {
        Some(asked) if asked > free_left => return Err(EngineError::TaxFreeExceeds(free_left)),
        Some(asked) if total - asked > taxable_left => {
            let message = format!("at least {} of this amount is tax-free", total - taxable_left);
            return Err(EngineError::Refused(Refusal::new("taxFreeAmount", message)));
        }
        Some(asked) => asked,
        None if total == cancellable => free_left,
        None => (total - taxable_left).max(0),
    };
    let vat = match request.vat {
        Some(asked) if asked > vat_left => return Err(EngineError::VatExceeds(vat_left)),
        Some(asked) => asked,
        None if total == cancellable => vat_left,
        // Rounding may have given back more supply than its share: then the rest is VAT.
        None => vat_of(total, tax_free.min(total))
            .max(total - tax_free - supply_left)
            .min(vat_left),
    };
    if tax_free.saturating_add(vat) > total {
        return Err(EngineError::PartsExceed);
    }
    if total - tax_free - vat > supply_left {
        let message = format!("at least {} of this amount is VAT", total - tax_free - supply_left);
        return Err(EngineError::Refused(Refusal::new("vatAmount", message)));
    }
    Amounts::new(total, tax_free, Some(vat)).map_err(|_| EngineError::PartsExceed)
}

#[cfg(test)]
mod tests;
