//! The `…-by-cursor` lists, and two operations that exist for payments this router does not make: capture of an
//! authorised payment, and stopping a cancellation.

use super::error::ApiError;
use super::render::{EventWithCursor, Items, PaymentWithCursor};
use super::run::json;
use crate::channels::Store;
use crate::engine::{EngineError, now};
use crate::ledger::{FeedFilter, Ledger};
use crate::payment::{CancelState, Status};

/// Changes of money younger than this are not in their feed yet, ms. Commits of one moment become visible in any order;
/// a reader who went past the last of them would miss the others for good.
const SETTLE_MS: i64 = 2_000;

/// `GET /payments-by-cursor`.
pub(super) async fn payments(ledger: &dyn Ledger, store: &Store, filter: &FeedFilter) -> Result<String, ApiError> {
    let found = ledger.payments_after(filter).await?;
    let shown = |t| PaymentWithCursor::new(t, &store.merchant_id);
    json(&Items {
        items: found.iter().map(shown).collect(),
    })
}

/// `GET /payment-events-by-cursor`.
pub(super) async fn events(ledger: &dyn Ledger, store: &Store, mut filter: FeedFilter) -> Result<String, ApiError> {
    filter.until = filter.until.min(now() - SETTLE_MS);
    let found = ledger.events_after(&filter).await?;
    let mut sent = Vec::with_capacity(found.len());
    for (_, t) in &found {
        sent.push(ledger.deliveries_of(&store.id, &t.payment_id).await?);
    }
    let shown = found
        .iter()
        .zip(&sent)
        .map(|((event, t), sent)| EventWithCursor::new(event, t, &store.merchant_id, sent));
    json(&Items { items: shown.collect() })
}

/// `capture`: Korean gateways capture what they approve. Refused, once it is clear that the payment is paid.
pub(super) async fn capture(ledger: &dyn Ledger, store: &Store, payment_id: &str) -> Result<String, ApiError> {
    let found = ledger.payment(&store.id, payment_id).await?;
    let found = found.ok_or_else(ApiError::payment_not_found)?;
    if !matches!(found.status, Status::Paid | Status::PartialCancelled) {
        return Err(EngineError::NotPaid.into());
    }
    let pg = &found.channel.pg_provider;
    Err(ApiError::invalid(format!(
        "capture: {pg} captured the payment when it approved it; there is nothing to do"
    )))
}

/// `cancellations/…/stop`. Refused, once it is clear that the cancellation is on its way.
pub(super) async fn stop_cancellation(
    ledger: &dyn Ledger,
    store: &Store,
    payment_id: &str,
    cancellation_id: &str,
) -> Result<String, ApiError> {
    let found = ledger.payment(&store.id, payment_id).await?;
    let found = found.ok_or_else(ApiError::payment_not_found)?;
    let mut cancellations = found.cancellations.iter();
    let cancellation = cancellations.find(|c| c.id == cancellation_id);
    let cancellation = cancellation.ok_or_else(ApiError::cancellation_not_found)?;
    if cancellation.state != CancelState::Requested {
        return Err(ApiError::cancellation_not_pending());
    }
    let pg = &found.channel.pg_provider;
    Err(ApiError::invalid(format!(
        "cancellations/stop: {pg} has no call that stops a cancellation; wait for its end"
    )))
}
