//! Readiness: would a payment be taken now?

use super::LEDGER_PATIENCE;
use crate::ledger::Ledger;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer is good for: a flood of probes costs one commit a second.
const FRESH: Duration = Duration::from_secs(1);

/// Asks the ledger whether a commit would work, at most once a second.
///
/// A snapshot is loaded before the first listener opens and is never taken away, so that the ledger is all there is
/// to ask; a rejected reload keeps the last good snapshot and does not make the router unready.
pub(super) struct Readiness {
    ledger: Arc<dyn Ledger>,
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl Readiness {
    pub(super) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self {
            ledger,
            last: Mutex::new(None),
        }
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        // Held over the question on purpose: probes that come meanwhile wait for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = match tokio::time::timeout(LEDGER_PATIENCE, self.ledger.writable()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!(
                "the ledger did not commit within {} s",
                LEDGER_PATIENCE.as_secs()
            )),
        };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}
