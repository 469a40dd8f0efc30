//! Running what concerns accounts, cash receipts and escrow.

use super::error::ApiError;
use super::input::{AccountCommand, ReceiptCommand, ReceiptQuery};
use super::render::receipt::{
    self as view, ClosedAnswer, EscrowAnswer, ReceiptAnswer, ReceiptCancelAnswer, ReceiptPage,
};
use super::render::{PageInfo, PaidInstantly};
use super::run::{json, standing_or};
use crate::channels::{Snapshot, Store};
use crate::engine::{Engine, EngineError, EscrowRequest};
use crate::ledger::Ledger;
use crate::payment::{MethodKind, Millis, Status};
use crate::routing::{self, Selector, Wish};
use std::sync::Arc;

/// Issues a virtual account.
pub(super) async fn account(
    engine: &Arc<Engine>,
    snapshot: &Arc<Snapshot>,
    request: AccountCommand,
    now: Millis,
) -> Result<String, ApiError> {
    let AccountCommand {
        channel,
        attempt,
        input,
    } = request;
    let (store_id, payment_id) = (attempt.store_id.clone(), attempt.payment_id.clone());
    let routed = match routing::route(snapshot, channel.selector(), &attempt.wish(now)) {
        Ok(routed) => routed,
        Err(error) => return Err(standing_or(engine.ledger.as_ref(), &store_id, &payment_id, error.into()).await),
    };
    let transaction = engine.issue_account(routed, attempt, input).await?;
    json(&PaidInstantly {
        payment: (&transaction).into(),
    })
}

/// Closes a virtual account.
pub(super) async fn close(engine: &Arc<Engine>, store_id: &str, payment_id: &str) -> Result<String, ApiError> {
    let closed = engine.close_account(store_id, payment_id).await?;
    json(&ClosedAnswer::from(&closed))
}

/// Issues a cash receipt.
pub(super) async fn issue_receipt(
    engine: &Arc<Engine>,
    snapshot: &Arc<Snapshot>,
    request: ReceiptCommand,
    now: Millis,
) -> Result<String, ApiError> {
    let ReceiptCommand { channel_key, input } = request;
    // A receipt is no payment: the channel's methods do not decide about it.
    let selector = Selector::Channel(&channel_key);
    let (store_id, payment_id) = (input.store_id.clone(), input.payment_id.clone());
    let wish = Wish::new(&store_id, &payment_id, MethodKind::Transfer, now);
    let routed = routing::route(snapshot, selector, &wish)?;
    let issued = engine.issue_receipt(routed.channel, input).await?;
    json(&ReceiptAnswer::from(&issued))
}

/// Cancels a payment's cash receipt.
pub(super) async fn cancel_receipt(engine: &Arc<Engine>, store_id: &str, payment_id: &str) -> Result<String, ApiError> {
    let (receipt, amount) = engine.cancel_receipt(store_id, payment_id).await?;
    json(&ReceiptCancelAnswer::new(&receipt, amount))
}

/// Tells a PG about an escrow payment.
pub(super) async fn escrow(engine: &Arc<Engine>, request: EscrowRequest) -> Result<String, ApiError> {
    let action = request.action;
    let transaction = engine.tell_escrow(request).await?;
    json(&EscrowAnswer::new(&transaction, action))
}

/// `GET /payments/{paymentId}/cash-receipt`.
pub(super) async fn receipt(ledger: &dyn Ledger, store: &Store, payment_id: &str) -> Result<String, ApiError> {
    let found = ledger.receipt(&store.id, payment_id).await?;
    let shown = found.as_ref().and_then(|r| view::cash_receipt(r, &store.merchant_id));
    json(&shown.ok_or_else(ApiError::cash_receipt_not_found)?)
}

/// `GET /cash-receipts`.
pub(super) async fn receipts(ledger: &dyn Ledger, store: &Store, query: &ReceiptQuery) -> Result<String, ApiError> {
    let (found, total_count) = if query.nothing {
        (Vec::new(), 0)
    } else {
        ledger.receipts(&query.filter).await?
    };
    json(&ReceiptPage {
        items: found
            .iter()
            .filter_map(|r| view::cash_receipt(r, &store.merchant_id))
            .collect(),
        page: PageInfo {
            number: query.number,
            size: query.size,
            total_count,
        },
    })
}

/// `register-store-receipt`: receipts of the shops inside a shop. Refused, once it is clear that the payment is paid.
pub(super) async fn store_receipt(ledger: &dyn Ledger, store: &Store, payment_id: &str) -> Result<String, ApiError> {
    let found = ledger.payment(&store.id, payment_id).await?;
    let found = found.ok_or_else(ApiError::payment_not_found)?;
    if !matches!(found.status, Status::Paid | Status::PartialCancelled) {
        return Err(EngineError::NotPaid.into());
    }
    let message = format!(
        "register-store-receipt: {} has no call for receipts of shops inside a shop",
        found.channel.pg_provider
    );
    Err(ApiError::invalid(message))
}
