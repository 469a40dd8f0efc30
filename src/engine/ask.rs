//! The confirm process: the merchant's `confirmUrl` is asked after the buyer authenticated and before money moves.
//!
//! Silence is a refusal: an authentication that is not approved costs nobody anything. The question leaves before the
//! approval's intent is written, so a crash in between leaves an attempt that the buyer's next return asks about again;
//! the merchant may therefore be asked twice about one transaction, and is approved once.

use super::Engine;
use super::attempt::is_decided;
use super::request::EngineError;
use crate::adapters::{Approve, ChannelRevision};
use crate::payment::{Failure, FailureKind, Transaction};
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;

/// Member of a transaction's extras that holds the URL.
pub const CONFIRM_URL: &str = "confirmUrl";
/// Member of a transaction's extras that says that V1's form of the question is wanted.
pub const CONFIRM_V1: &str = "confirmV1";
/// Longest reason that is kept, characters.
const REASON_MAX: usize = 300;

/// What the merchant said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Go on.
    Given,
    /// Do not approve, with the merchant's words for the buyer if there are any.
    Refused(Option<String>),
}

/// Asks merchants.
pub trait Asks: Send + Sync {
    /// Asks the URL about a transaction that waits for its approval.
    fn ask<'a>(&'a self, url: &'a str, transaction: &'a Transaction) -> BoxFuture<'a, Consent>;
}

/// Ends the question of a transaction however its task ends: a question left open would keep every later return waiting.
struct Asked {
    engine: Arc<Engine>,
    id: String,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.engine.asking.remove(&self.id);
        self.engine.waiters.wake(&self.id);
    }
}

impl Engine {
    /// Who asks merchants before an approval. Without anybody, a payment that wants to be asked about is refused.
    pub fn asks_by(&self, asks: Arc<dyn Asks>) {
        // Set once, when the house is built; a second one would be the same.
        let _ = self.asks.set(asks);
    }

    /// Approves an authenticated attempt, after the merchant's consent where the request named a `confirmUrl`.
    pub(super) async fn approve_with_consent(
        self: &Arc<Self>,
        stored: Transaction,
        channel: Arc<ChannelRevision>,
        approve: Approve,
    ) -> Result<Transaction, EngineError> {
        let Some(url) = stored
            .extras
            .get(CONFIRM_URL)
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return self.approve(stored, channel, approve).await;
        };
        if self.asking.insert(stored.id.clone(), ()).is_some() {
            // Two returns at once: one question.
            let deadline = self.deadline();
            return self.wait_until(&stored.id, deadline, is_decided).await;
        }
        let engine = Arc::clone(self);
        // A task of its own: a browser that goes away ends neither the question nor what follows from its answer.
        let work = tokio::spawn(async move {
            let _asked = Asked {
                engine: Arc::clone(&engine),
                id: stored.id.clone(),
            };
            engine.asked(stored, channel, approve, &url).await
        });
        work.await
            .unwrap_or_else(|_| Err(EngineError::Storage("the confirm process ended early".to_owned())))
    }

    async fn asked(
        self: &Arc<Self>,
        stored: Transaction,
        channel: Arc<ChannelRevision>,
        approve: Approve,
        url: &str,
    ) -> Result<Transaction, EngineError> {
        let consent = match self.asks.get() {
            Some(asks) => asks.ask(url, &stored).await,
            None => Consent::Refused(None),
        };
        match consent {
            Consent::Given => self.approve(stored, channel, approve).await,
            Consent::Refused(reason) => {
                let reason = reason.filter(|reason| !reason.trim().is_empty());
                // V1's word for a refusal without words.
                let message = reason.unwrap_or_else(|| "알 수 없음".to_owned());
                let message: String = message.chars().take(REASON_MAX).collect();
                let failure = Failure::new(FailureKind::MerchantRefused, "NARU_CONFIRM_REFUSED", message);
                self.fail(stored, failure).await
            }
        }
    }
}
