//! Keys that went at the PG: a buyer or the provider behind a wallet removed one, and a notification says so.

use super::super::exchange::Trail;
use super::super::late_truth::Learned;
use super::super::now;
use super::super::request::EngineError;
use super::{Engine, billing, journal, key_hook};
use crate::adapters::{ChannelRevision, Outcome, PgKey};
use crate::ledger::{BillingWrite, KeyIntent, LedgerError};
use crate::payment::{ChannelRef, Failure, KeyEvent, PartStatus};
use serde_json::json;
use std::sync::Arc;

/// Tries when the row changes under us.
const STALE_TRIES: usize = 8;

impl Engine {
    /// Takes in that a key is gone at the PG. Schedules of it stay: each fails at its time, and the merchant hears of it.
    ///
    /// # Errors
    /// [`EngineError::Storage`].
    pub async fn key_gone(self: &Arc<Self>, channel: &ChannelRevision, key: &PgKey) -> Result<Learned, EngineError> {
        let mark = self.contract_mark(&channel.spec.provider, &channel.spec.mid, key.expose());
        for _ in 0..STALE_TRIES {
            let Some(stored) = self.ledger.key_by_mark(&mark).await? else {
                // The notice may have overtaken the answer to the issue.
                return Ok(Learned::Later(
                    "no billing key of this router's is known by that key".to_owned(),
                ));
            };
            let at = now();
            let mut after = stored.clone();
            let gone = stored.parts.iter().filter(|part| part.mark.as_ref() == Some(&mark));
            // A part that is being deleted here has an intent, whose own answer will say the same.
            let gone: Vec<&ChannelRef> = gone
                .filter(|p| p.status == PartStatus::Issued)
                .map(|p| &p.channel)
                .collect();
            for part in &gone {
                if let Err(error) = after.apply(&part.key, &KeyEvent::Deleted(None), at) {
                    return Err(EngineError::Storage(error.to_string()));
                }
            }
            if gone.is_empty() {
                return Ok(Learned::Unchanged);
            }
            let channels: Vec<&str> = gone.iter().map(|part| part.key.as_str()).collect();
            let mut writes = vec![
                billing(BillingWrite::UpdateKey {
                    key: Box::new(after.clone()),
                    expected: stored.version,
                }),
                journal(
                    &stored.id,
                    "notification",
                    json!({ "event": "KeyGone", "channels": channels}),
                ),
            ];
            if after.status() == crate::payment::KeyStatus::Deleted {
                writes.push(key_hook(&after, "BillingKey.Deleted", at));
            }
            match self.ledger.commit(writes).await {
                Ok(()) => {
                    tracing::warn!(
                        billing_key = stored.id,
                        ?channels,
                        "a billing key was removed at the PG"
                    );
                    self.waiters.wake(&stored.id);
                    return Ok(Learned::KeyGone);
                }
                Err(LedgerError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Learned::Later("the billing key keeps changing".to_owned()))
    }

    /// A person says that an issue or a deletion never happened.
    pub(in crate::engine) async fn key_not_done(
        &self,
        intent: KeyIntent,
        failure: Failure,
        trail: Trail,
    ) -> Result<(), LedgerError> {
        let key = intent.billing_key.clone();
        self.settle_part(&key, intent, Outcome::Declined(failure), trail, "operator")
            .await
    }

    /// The case stays as it was: its lease ends now instead of later.
    pub(in crate::engine) async fn give_key_back(&self, intent: KeyIntent) {
        let back = BillingWrite::Reschedule(Box::new(KeyIntent {
            lease_owner: String::new(),
            lease_until: 0,
            ..intent
        }));
        if let Err(error) = self.ledger.commit(vec![billing(back)]).await {
            tracing::warn!(%error, "a case was not given back; its lease ends by itself");
        }
    }

    /// By what a notice that names a PG's key finds ours: a keyed hash, one for all channels of a contract.
    pub(super) fn contract_mark(&self, provider: &str, mid: &str, key: &str) -> String {
        self.sealer.mark(&format!("billing:{provider}:{mid}"), key.as_bytes())
    }
}
