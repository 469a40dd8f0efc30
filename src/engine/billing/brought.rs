//! What a window for a key brought: something to be exchanged at the PG, or the key itself.

use super::super::ids;
use super::super::now;
use super::super::request::EngineError;
use super::issue::apply;
use super::part::{KeyCommand, StartedPart, hook_of};
use super::{Engine, billing, journal, key_hook};
use crate::adapters::{ChannelRevision, IssueKey, IssuedKey};
use crate::ledger::{BillingWrite, LedgerError};
use crate::payment::{BillingKey, KeyEvent, Millis};
use serde_json::json;
use std::sync::Arc;

impl Engine {
    /// Exchanges what the window brought. The stored row decides who does it: of two returns at once, one finds the row
    /// changed and joins the other.
    pub(super) async fn exchange_key(
        self: &Arc<Self>,
        stored: BillingKey,
        channel: Arc<ChannelRevision>,
        command: IssueKey,
    ) -> Result<BillingKey, EngineError> {
        let at = now();
        let command = KeyCommand::Exchange(Box::new(IssueKey {
            idempotency_key: ids::operation_id(),
            at,
            ..command
        }));
        if let Some(issued) = command.brought(&channel) {
            return self.take_key(stored, &channel.spec.key, &issued, at).await;
        }
        let call = command.first_call(&channel).map_err(EngineError::Refused)?;
        let mut key = stored.clone();
        apply(&mut key, &channel.spec.key, &KeyEvent::IssueStarted, at)?;
        let intent = self.part_intent(&key, &command, &channel);
        let started = vec![StartedPart {
            key_id: key.id.clone(),
            intent,
            command,
            channel,
            call,
        }];
        let writes = vec![billing(BillingWrite::UpdateKey {
            key: Box::new(key.clone()),
            expected: stored.version,
        })];
        match self.start_parts(&key, writes, &started).await {
            Ok(()) => self.run_parts(started),
            Err(LedgerError::Stale | LedgerError::OpenIntent) => {}
            Err(error) => return Err(error.into()),
        }
        self.wait_key(&key.id, self.deadline(), BillingKey::is_settled).await
    }

    /// Takes in a key that needs no exchange. There is no call that could be lost, so one commit is all of it.
    async fn take_key(
        &self,
        stored: BillingKey,
        channel_key: &str,
        issued: &IssuedKey,
        at: Millis,
    ) -> Result<BillingKey, EngineError> {
        let mut key = stored.clone();
        apply(&mut key, channel_key, &KeyEvent::IssueStarted, at)?;
        let channel = stored.part(channel_key).map(|part| &part.channel);
        let event = self.issued_event(&stored.id, channel_key, channel, issued);
        apply(&mut key, channel_key, &event, at)?;
        let doc = json!({ "channel": channel_key, "event": event.word(), "status": key.status().as_str() });
        let mut writes = vec![
            billing(BillingWrite::UpdateKey {
                key: Box::new(key.clone()),
                expected: stored.version,
            }),
            journal(&key.id, "return", doc),
        ];
        writes.extend(hook_of(&key, &event).map(|name| key_hook(&key, name, at)));
        match self.ledger.commit(writes).await {
            Ok(()) => {
                self.waiters.wake(&key.id);
                Ok(key)
            }
            Err(LedgerError::Stale | LedgerError::OpenIntent) => {
                self.wait_key(&key.id, self.deadline(), BillingKey::is_settled).await
            }
            Err(error) => Err(error.into()),
        }
    }
}
