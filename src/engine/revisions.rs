//! Credentials for payments made earlier: the exact channel revision an attempt used, or its fresher twin.

use super::{Engine, EngineError};
use crate::adapters::{ChannelRevision, registry};
use crate::channels::{open_revision, seal_revision};
use crate::ledger::{LedgerError, Write};
use crate::payment::Transaction;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// Opened revisions kept in memory; beyond it the cache starts afresh.
const OPENED_MAX: usize = 10_000;

impl Engine {
    /// The revision's row, unless this process knows that the ledger has it.
    pub(super) fn revision_write(&self, channel: &ChannelRevision) -> Result<Vec<Write>, LedgerError> {
        let mut writes = Vec::with_capacity(5);
        if !self.stored_revisions.contains_key(&channel.revision) {
            let sealed = seal_revision(channel, &self.sealer).map_err(|e| LedgerError::Storage(e.to_string()))?;
            writes.push(Write::Revision {
                revision: channel.revision.clone(),
                channel_key: channel.spec.key.clone(),
                sealed,
            });
        }
        Ok(writes)
    }

    /// Exactly this revision: what a replay needs, because PGs tie idempotency to the credentials.
    pub(super) async fn exact_revision(
        &self,
        channel_key: &str,
        revision: &str,
    ) -> Result<Arc<ChannelRevision>, EngineError> {
        let snapshot = self.live.load();
        if let Some(current) = snapshot.channels.get(channel_key)
            && current.revision == revision
        {
            return Ok(Arc::clone(current));
        }
        if let Some(opened) = self.opened_revisions.get(revision) {
            return Ok(Arc::clone(&opened));
        }
        let sealed = self.ledger.revision(revision).await?.ok_or_else(|| {
            EngineError::Storage(format!(
                "channel revision {revision} of {channel_key} is not in the ledger"
            ))
        })?;
        let opened = open_revision(revision, &sealed, &self.sealer, registry::ADAPTERS)
            .map_err(|error| EngineError::Storage(format!("channel revision {revision}: {error}")))?;
        if self.opened_revisions.len() >= OPENED_MAX {
            self.opened_revisions.clear();
        }
        self.opened_revisions.insert(revision.to_owned(), Arc::clone(&opened));
        Ok(opened)
    }

    /// The channel behind a key: today's, or, if it left the settings, the revision it was last used with.
    ///
    /// # Errors
    /// The ledger cannot be read, or the stored revision cannot be opened.
    pub async fn channel_named(&self, channel_key: &str) -> Result<Option<Arc<ChannelRevision>>, EngineError> {
        if let Some(current) = self.live.load().channels.get(channel_key) {
            return Ok(Some(Arc::clone(current)));
        }
        match self.ledger.revision_of_channel(channel_key).await? {
            Some(revision) => self.exact_revision(channel_key, &revision).await.map(Some),
            None => Ok(None),
        }
    }

    /// What an attempt's approval kept for its adapter.
    #[must_use]
    pub fn kept(&self, transaction: &Transaction) -> Option<Value> {
        self.open_keep(&transaction.id, transaction.keep.as_ref())
    }

    /// Credentials for a new call about an old payment: today's channel if it is still the same contract (a rotated
    /// key must be used, the old one dies), else the revision the payment was made with.
    pub(super) async fn revision_for(&self, transaction: &Transaction) -> Result<Arc<ChannelRevision>, EngineError> {
        let made_with = &transaction.channel;
        let snapshot = self.live.load();
        if let Some(current) = snapshot.channels.get(&made_with.key) {
            let spec = &current.spec;
            if spec.provider == made_with.provider && spec.mid == made_with.mid {
                return Ok(Arc::clone(current));
            }
        }
        self.exact_revision(&made_with.key, &made_with.revision).await
    }

    /// Seals what an adapter keeps for later calls; bound to its transaction.
    pub(super) fn seal_keep(&self, transaction_id: &str, keep: &Value) -> Value {
        let plain = keep.to_string();
        match self.sealer.seal(&format!("keep:{transaction_id}"), plain.as_bytes()) {
            Ok(sealed) => json!({ "sealed": STANDARD.encode(sealed) }),
            Err(error) => {
                // Losing it costs a comparison later; storing it in clear could cost more.
                tracing::error!(%error, transaction = transaction_id, "a kept value could not be sealed");
                Value::Null
            }
        }
    }

    /// Opens what [`Engine::seal_keep`] sealed.
    pub(super) fn open_keep(&self, transaction_id: &str, keep: Option<&Value>) -> Option<Value> {
        let sealed = keep?.get("sealed")?.as_str()?;
        let sealed = STANDARD.decode(sealed).ok()?;
        let plain = self.sealer.open(&format!("keep:{transaction_id}"), &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
