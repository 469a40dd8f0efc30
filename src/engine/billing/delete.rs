//! Deletion: at every PG that has the key, and for good.

use super::super::request::EngineError;
use super::super::{ids, now};
use super::issue::{apply, failures};
use super::part::{KeyCommand, SKIP_DELETE_WEBHOOK, StartedPart};
use super::{BillingError, Engine, billing, journal, key_hook};
use crate::adapters::DeleteKey;
use crate::ledger::{BillingWrite, LedgerError};
use crate::payment::{BillingKey, KeyEvent, KeyStatus, PartStatus};
use serde_json::json;
use std::sync::Arc;

/// Tries when the row changes under us.
const STALE_TRIES: usize = 8;

/// Delete a key.
#[derive(Debug, Clone)]
pub struct DeleteKeyRequest {
    /// Store.
    pub store_id: String,
    /// Billing key.
    pub billing_key: String,
    /// Why.
    pub reason: Option<String>,
    /// Who wants it (`CUSTOMER`, `ADMIN`).
    pub requester: Option<String>,
    /// No webhook for it.
    pub skip_webhook: bool,
}

impl Engine {
    /// Deletes a key. The same request again joins a deletion whose outcome is open.
    ///
    /// # Errors
    /// See [`BillingError`] and [`EngineError`].
    pub async fn delete_key(self: &Arc<Self>, request: DeleteKeyRequest) -> Result<BillingKey, EngineError> {
        for _ in 0..STALE_TRIES {
            let stored = self.key_of(&request.store_id, &request.billing_key).await?;
            match stored.status() {
                KeyStatus::Deleted => return Err(BillingError::KeyDeleted.into()),
                KeyStatus::Failed => return Err(BillingError::KeyNotFound.into()),
                KeyStatus::Ready | KeyStatus::Issuing => return Err(BillingError::KeyNotIssued.into()),
                KeyStatus::Issued => {}
            }
            if !stored.is_settled() {
                let key = self
                    .wait_key(&stored.id, self.deadline(), BillingKey::is_settled)
                    .await?;
                if key.status() == KeyStatus::Issued && key.parts.iter().all(|p| p.failure.is_none()) {
                    // What was waited for was an issue: now it can be deleted.
                    continue;
                }
                return deleted(key);
            }
            match self.start_delete(&stored, &request).await {
                Ok(()) => {
                    let id = &request.billing_key;
                    let settled = self.wait_key(id, self.deadline(), BillingKey::is_settled).await?;
                    return deleted(settled);
                }
                Err(EngineError::Storage(why)) if why == CHANGED => {}
                Err(error) => return Err(error),
            }
        }
        Err(super::super::report::outstanding(
            "NARU_CHANGED",
            "the key changes all the time; nothing was deleted",
        ))
    }

    async fn start_delete(
        self: &Arc<Self>,
        stored: &BillingKey,
        request: &DeleteKeyRequest,
    ) -> Result<(), EngineError> {
        let at = now();
        let mut key = stored.clone();
        if request.skip_webhook {
            key.extras.insert(SKIP_DELETE_WEBHOOK.to_owned(), true.into());
        }
        let mut started = Vec::new();
        for part in stored.parts.iter().filter(|p| p.status == PartStatus::Issued) {
            let channel = self.channel_of_part(&part.channel).await?;
            let has = channel
                .adapter
                .billing_keys()
                .is_some_and(|keys| keys.deletion().is_some());
            if !has {
                // Nothing to ask: the router forgets its copy, and the key is never charged again.
                apply(&mut key, &part.channel.key, &KeyEvent::Deleted(None), at)?;
                continue;
            }
            let command = KeyCommand::Delete(Box::new(DeleteKey {
                order_id: ids::order_id(),
                customer_key: part.customer_key.clone(),
                reason: request.reason.clone(),
                idempotency_key: ids::operation_id(),
                at,
                key: self.open_part(&stored.id, part),
            }));
            let call = command.first_call(&channel).map_err(EngineError::Refused)?;
            apply(&mut key, &part.channel.key, &KeyEvent::DeleteStarted, at)?;
            let intent = self.part_intent(&key, &command, &channel);
            started.push(StartedPart {
                key_id: key.id.clone(),
                intent,
                command,
                channel,
                call,
            });
        }
        let mut writes = vec![
            billing(BillingWrite::NoSchedules { key: key.id.clone() }),
            billing(BillingWrite::UpdateKey {
                key: Box::new(key.clone()),
                expected: stored.version,
            }),
            journal(
                &key.id,
                "delete",
                json!({ "reason": request.reason, "requester": request.requester }),
            ),
        ];
        if started.is_empty() && !request.skip_webhook {
            writes.push(key_hook(&key, "BillingKey.Deleted", at));
        }
        match self.start_parts(&key, writes, &started).await {
            Ok(()) => {}
            Err(LedgerError::Stale | LedgerError::OpenIntent) => return Err(EngineError::Storage(CHANGED.into())),
            Err(error) => return Err(error.into()),
        }
        self.run_parts(started);
        Ok(())
    }
}

/// Internal word: the row changed, look again.
const CHANGED: &str = "the billing key changed meanwhile";

/// The answer to a deletion.
fn deleted(key: BillingKey) -> Result<BillingKey, EngineError> {
    if key.status() == KeyStatus::Deleted {
        return Ok(key);
    }
    let standing = |key: &BillingKey| -> Vec<_> {
        let all = failures(key);
        let stands =
            |f: &super::ChannelFailure| key.part(&f.channel.key).is_some_and(|p| p.status == PartStatus::Issued);
        all.into_iter().filter(stands).collect()
    };
    let failures = standing(&key);
    match (&key.group, failures.as_slice()) {
        (None, [one]) => Err(EngineError::Pg(one.failure.clone())),
        _ => {
            let gone = key.parts.iter().filter(|p| p.status == PartStatus::Deleted);
            Err(BillingError::Channels {
                succeeded: gone.map(|p| p.channel.clone()).collect(),
                failures,
            }
            .into())
        }
    }
}
