//! Runs commands: intent → exchange → outcome → events, and owns every outcome that is not known yet.

mod reopen;
mod request;

pub use request::{
    CancelRequest, ConfirmRequest, EngineError, InstantInput, NewAttempt, OpenedAttempt, Returned, WindowInput,
};

use crate::adapters::WindowReturn;
use crate::channels::{Live, Sealer, Snapshot};
use crate::gateway::Gateway;
use crate::ledger::Ledger;
use crate::payment::{Cancellation, Millis, Transaction};
use crate::routing::Routed;
use crate::telemetry::Metrics;
use std::sync::Arc;

/// The engine and what it works with.
pub struct Engine {
    /// Durable state.
    pub ledger: Arc<dyn Ledger>,
    /// PG executor.
    pub gateway: Arc<Gateway>,
    /// Current snapshot.
    pub live: Arc<Live>,
    /// Seals revisions and kept values.
    pub sealer: Arc<Sealer>,
    /// Metrics.
    pub metrics: Metrics,
    /// This router's name in leases.
    pub node: String,
}

impl Engine {
    /// Key-in payment. Answers from committed state; `Ok` is a paid (or issued, or pending) transaction.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn instant(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        routed: Routed,
        attempt: NewAttempt,
        input: InstantInput,
    ) -> Result<Transaction, EngineError> {
        let _ = (snapshot, routed, attempt, input);
        Err(EngineError::Storage("in work".into()))
    }

    /// Opens a window: stores the attempt, registers at the PG where needed, says what the browser must do.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn open_window(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        routed: Routed,
        attempt: NewAttempt,
        input: WindowInput,
    ) -> Result<OpenedAttempt, EngineError> {
        let _ = (snapshot, routed, attempt, input);
        Err(EngineError::Storage("in work".into()))
    }

    /// The browser came back (or reported failure or closing). Approves, unless the channel waits for the merchant.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown or expired token; else see [`EngineError`].
    pub async fn window_returned(self: &Arc<Self>, token: &str, back: WindowReturn) -> Result<Returned, EngineError> {
        let _ = (token, back);
        Err(EngineError::NotFound)
    }

    /// How the attempt behind a window token stands now.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown token.
    pub async fn window_result(&self, token: &str) -> Result<Returned, EngineError> {
        let _ = token;
        Err(EngineError::NotFound)
    }

    /// Manual approval by the merchant's server.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn confirm(self: &Arc<Self>, request: ConfirmRequest) -> Result<Transaction, EngineError> {
        let _ = request;
        Err(EngineError::NotFound)
    }

    /// Cancels all or part of a payment.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn cancel(self: &Arc<Self>, request: CancelRequest) -> Result<(Transaction, Cancellation), EngineError> {
        let _ = request;
        Err(EngineError::NotFound)
    }
}

/// Now, ms since the epoch.
#[must_use]
pub fn now() -> Millis {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
