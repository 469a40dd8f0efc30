//! The open window of an attempt, once more: for the page on our own origin that runs it.

use super::{Engine, EngineError, OpenedAttempt, now};
use crate::adapters::Open;
use crate::payment::Status;
use serde::Deserialize;

impl Engine {
    /// What the browser must do for an attempt whose window was opened and has not returned, found by its token.
    /// Reads the member `open` of the attempt's document, as `open_window` stored it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown or expired token; [`EngineError::InvalidToken`] once the attempt has
    /// left the window, because what the PG issued for it is spent; [`EngineError::Storage`].
    pub async fn window_open(&self, token: &str) -> Result<OpenedAttempt, EngineError> {
        let row = self.ledger.attempt(token).await?.ok_or(EngineError::NotFound)?;
        if row.expires_at < now() {
            return Err(EngineError::NotFound);
        }
        let found = self.ledger.transaction(&row.transaction_id).await?;
        let transaction = found.ok_or(EngineError::NotFound)?;
        if transaction.status != Status::Ready {
            return Err(EngineError::InvalidToken);
        }
        let open = row
            .doc
            .get("open")
            .and_then(|open| Open::deserialize(open).ok())
            .ok_or_else(|| EngineError::Storage("the attempt has no open window".to_owned()))?;
        Ok(OpenedAttempt {
            transaction,
            token: token.to_owned(),
            open,
        })
    }
}
