//! Billing keys and scheduled payments.
//!
//! Issues and deletions are operations like those that move money: an intent before the first byte, a task of its own,
//! one commit with the outcome, and [`recover`] for what was lost. A charge *is* a payment: it goes through the same
//! start, run and settle as a key-in payment. The PG's key is opened for the one call that needs it and is nowhere else
//! in clear.
//!
//! - `issue`: keys by card data, for one channel or all of a group; `window`: keys by the PG's window;
//!   `brought`: what came out of one
//! - `delete`: deletion; `part`: what issue and deletion share; `charge`: payments; `schedule`: at a given time
//! - `gone`: keys that a notification says were removed at the PG
//! - `recover`: the clock that settles unknown issues and deletions

mod brought;
mod charge;
mod delete;
mod gone;
mod issue;
mod part;
mod recover;
mod schedule;
mod window;

pub use charge::KeyPayment;
pub use delete::DeleteKeyRequest;
pub use issue::{NewKey, failures};
pub use schedule::{NewSchedule, RevokeRequest};
pub use window::{ConfirmKey, KeyReturned, KeyWindowInput, OpenedKey};

use super::request::EngineError;
use super::{Engine, ids, now};
use crate::adapters::ChannelRevision;
use crate::ledger::{BillingWrite, JournalEntry, OutboxRow, Write};
use crate::payment::{BillingKey, ChannelRef, Failure, Millis};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Failure code of a part whose request could not be put on the PG's wire.
pub const NOT_ENCODABLE: &str = "NARU_NOT_ENCODABLE";

/// What one channel of a group refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFailure {
    /// Channel.
    pub channel: ChannelRef,
    /// Why.
    pub failure: Failure,
}

/// Why an operation on a billing key or schedule is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BillingError {
    /// No such key in the store, or none that was issued.
    #[error("the store has no billing key with this id")]
    KeyNotFound,
    /// The key's window was opened, but nothing is issued.
    #[error("the billing key is not issued")]
    KeyNotIssued,
    /// Deleted.
    #[error("the billing key is deleted")]
    KeyDeleted,
    /// Confirmed already.
    #[error("the billing key is issued already")]
    KeyIssued,
    /// The key was not issued for the channel, or the channel takes no new payments.
    #[error("{0}")]
    ChannelNotFound(String),
    /// The payment, or the key, has a schedule that is still going to charge.
    #[error("a schedule is still going to charge")]
    ScheduleExists,
    /// No such schedule in the store (or of the key).
    #[error("the store has no such schedule")]
    ScheduleNotFound,
    /// It is being charged or was.
    #[error("the schedule was processed already")]
    ScheduleProcessed,
    /// Taken back before.
    #[error("the schedule was revoked already")]
    ScheduleRevoked,
    /// The payment is paid, or waits for its deposit or outcome.
    #[error("the payment is paid or waits for its outcome")]
    PaidOrWaiting,
    /// Every channel of a group, or some, refused.
    #[error("channels of the group refused")]
    Channels {
        /// What refused.
        failures: Vec<ChannelFailure>,
        /// What did not.
        succeeded: Vec<ChannelRef>,
    },
}

impl From<BillingError> for EngineError {
    fn from(error: BillingError) -> Self {
        Self::Billing(Box::new(error))
    }
}

impl Engine {
    /// Charges what is due and settles unknown issues and deletions, until `shutdown` turns true.
    pub async fn billing_loop(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.options.recovery_parallel));
        while !*shutdown.borrow() {
            if let Err(error) = self.recover_due_keys(&places).await {
                tracing::error!(%error, "recovery of billing keys could not read the ledger");
            }
            if let Err(error) = self.charge_due(&places).await {
                tracing::error!(%error, "due schedules could not be read from the ledger");
            }
            tokio::select! {
                () = tokio::time::sleep(self.options.recovery_tick) => {}
                _ = shutdown.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// A key of a store.
    async fn key_of(&self, store_id: &str, id: &str) -> Result<BillingKey, EngineError> {
        let key = self.ledger.billing_key(id).await?;
        let key = key.filter(|key| key.store_id == store_id);
        key.ok_or_else(|| BillingError::KeyNotFound.into())
    }

    /// Waits until the stored key satisfies `finished`, whoever brings that about.
    async fn wait_key(
        &self,
        id: &str,
        deadline: tokio::time::Instant,
        finished: impl Fn(&BillingKey) -> bool,
    ) -> Result<BillingKey, EngineError> {
        let waiting = self.waiters.enter(id);
        loop {
            let notified = waiting.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let stored = self.ledger.billing_key(id).await?;
            let stored = stored.ok_or(BillingError::KeyNotFound)?;
            if finished(&stored) {
                return Ok(stored);
            }
            // Another router may settle it: its wake-ups do not reach us.
            let look_again = tokio::time::Instant::now() + std::time::Duration::from_secs(1);
            tokio::select! {
                () = notified => {}
                () = tokio::time::sleep_until(look_again.min(deadline)) => {}
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(super::report::outstanding(
                    "NARU_OUTCOME_UNKNOWN",
                    "the PG's answer was lost; the router is finding out",
                ));
            }
        }
    }

    /// The channel that a key's part is used through now, if it takes new payments: today's credentials as long as it
    /// is the same contract, else those the key was issued with, because the key lives at that MID only.
    async fn open_channel(
        &self,
        store_id: &str,
        part: &ChannelRef,
        at: Millis,
    ) -> Result<Option<Arc<ChannelRevision>>, EngineError> {
        let snapshot = self.live.load();
        let Some(current) = snapshot.channel_of(store_id, &part.key).filter(|c| c.takes_new(at)) else {
            return Ok(None);
        };
        if current.spec.provider == part.provider && current.spec.mid == part.mid {
            return Ok(Some(Arc::clone(current)));
        }
        self.exact_revision(&part.key, &part.revision).await.map(Some)
    }

    /// Credentials for a call about a key that is there already, whether its channel takes payments or not.
    async fn channel_of_part(&self, part: &ChannelRef) -> Result<Arc<ChannelRevision>, EngineError> {
        let snapshot = self.live.load();
        if let Some(current) = snapshot.channels.get(&part.key)
            && current.spec.provider == part.provider
            && current.spec.mid == part.mid
        {
            return Ok(Arc::clone(current));
        }
        self.exact_revision(&part.key, &part.revision).await
    }
}

fn billing(write: BillingWrite) -> Write {
    Write::Billing(Box::new(write))
}

/// A webhook about a key.
fn key_hook(key: &BillingKey, event: &str, at: Millis) -> Write {
    Write::Outbox(OutboxRow {
        id: ids::operation_id(),
        store_id: key.store_id.clone(),
        payment_id: String::new(),
        transaction_id: String::new(),
        event: event.to_owned(),
        created_at: at,
        cancellation_id: None,
        billing_key: Some(key.id.clone()),
    })
}

/// A journal line about a key or a schedule, found by its id like a transaction's.
fn journal(id: &str, kind: &str, doc: Value) -> Write {
    Write::Journal(JournalEntry {
        at: now(),
        transaction_id: Some(id.to_owned()),
        kind: kind.to_owned(),
        doc,
    })
}
