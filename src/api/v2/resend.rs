//! `POST /payments/{paymentId}/resend-webhook`: one more try, now, and its result if it comes soon.

use super::error::ApiError;
use super::render::Resent;
use crate::engine::now;
use crate::ledger::{Ledger, RESENDS_MAX, Sent};
use std::time::Duration;

/// Longest wait for the try's result; after it the answer shows the webhook as it stands.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between looks for it.
const LOOK: Duration = Duration::from_millis(50);

/// What to send again.
#[derive(Debug, Clone)]
pub struct ResendCommand {
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// Webhook; absent means the payment's latest.
    pub webhook_id: Option<String>,
}

/// Sends it again.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `WEBHOOK_NOT_FOUND`, `MAX_WEBHOOK_RETRY_COUNT_REACHED`; the ledger failed.
pub async fn run(ledger: &dyn Ledger, command: &ResendCommand) -> Result<String, ApiError> {
    let (store_id, payment_id) = (&command.store_id, &command.payment_id);
    if ledger.payment(store_id, payment_id).await?.is_none() {
        return Err(ApiError::payment_not_found());
    }
    let all = ledger.deliveries_of(store_id, payment_id).await?;
    let (found, _) = picked(&all, command.webhook_id.as_deref()).ok_or_else(ApiError::webhook_not_found)?;
    if !ledger.resend(&found.id, now(), RESENDS_MAX).await? {
        return Err(ApiError::webhook_resent_enough(RESENDS_MAX));
    }
    let (id, before) = (found.id.clone(), found.attempts);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let all = ledger.deliveries_of(store_id, payment_id).await?;
        let found = picked(&all, Some(&id)).ok_or_else(ApiError::webhook_not_found)?;
        if found.0.attempts > before || tokio::time::Instant::now() >= deadline {
            let answer = Resent { webhook: found.into() };
            return serde_json::to_string(&answer).map_err(|_| ApiError::internal());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn picked<'a>(all: &'a [Sent], id: Option<&str>) -> Option<&'a Sent> {
    match id {
        None => all.last(),
        // The delivery's own id first: an event that went to several endpoints shares its id with the first of them.
        Some(id) => all.iter().find(|(d, _)| d.id == id),
    }
}
