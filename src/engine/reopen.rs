//! The open window of an attempt, once more: for the page on our own origin that runs it.

use super::{Engine, EngineError, OpenedAttempt, now};
use crate::adapters::Open;
use crate::payment::Status;
use serde::Deserialize;
use serde_json::Value;

impl Engine {
    /// What the browser must do for an attempt whose window was opened and has not returned, found by its token.
    /// Reads the members `open`, `redirectUrl` and `paymentToken` of the attempt's document, as they were stored with it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a token that is unknown, expired or no window's; [`EngineError::InvalidToken`] once the attempt has
    /// left the window, because what the PG issued for it is spent; [`EngineError::Storage`].
    pub async fn window_open(&self, token: &str) -> Result<OpenedAttempt, EngineError> {
        let row = self.ledger.attempt(token).await?.ok_or(EngineError::NotFound)?;
        if row.expires_at < now() {
            return Err(EngineError::NotFound);
        }
        let found = self.ledger.transaction(&row.transaction_id).await?;
        let transaction = found.ok_or(EngineError::NotFound)?;
        // An authenticated attempt that waits for the merchant's confirmation is still ready, but its window is used up.
        let authenticated = row.doc.get("paymentToken").is_some_and(|token| !token.is_null());
        if transaction.status != Status::Ready || authenticated {
            return Err(EngineError::InvalidToken);
        }
        let open = row
            .doc
            .get("open")
            .and_then(|open| Open::deserialize(open).ok())
            .ok_or(EngineError::NotFound)?;
        Ok(OpenedAttempt {
            transaction,
            token: token.to_owned(),
            open,
            redirect_url: row.doc.get("redirectUrl").and_then(Value::as_str).map(str::to_owned),
        })
    }
}
