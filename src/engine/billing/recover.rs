//! Settling issues and deletions whose outcome is not known, on the clock of every other operation.
//!
//! PGs have no inquiry for keys, so what tells is the replay; after it, a person. An issue by card data can be replayed
//! only while its bytes are in memory.

use super::super::exchange::Trail;
use super::super::recovery::CLOCK_SECONDS;
use super::super::request::EngineError;
use super::super::{ms, now};
use super::part::{KeyCommand, KeyEffect};
use super::{Engine, billing, journal};
use crate::adapters::{ChannelRevision, Outcome, RecoveryStep};
use crate::ledger::{BillingWrite, IntentState, KeyIntent, LedgerError};
use crate::payment::Millis;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long one look may take before another router may take the case over.
const LEASE: Duration = Duration::from_secs(90);
/// Between looks at a case that waits for a person.
const OPERATOR_LOOK: Millis = 60 * 60 * 1000;

impl Engine {
    pub(super) async fn recover_due_keys(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<(), LedgerError> {
        let free = places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let at = now();
        let node = &self.options.node;
        for intent in self.ledger.lease_due_keys(node, at, at + ms(LEASE), free).await? {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return Ok(());
            };
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                let id = intent.id.clone();
                if let Err(error) = engine.look_at_key(intent).await {
                    tracing::error!(%error, intent = id, "a recovery look at a billing key failed; it will be repeated");
                }
                drop(place);
            });
        }
        Ok(())
    }

    /// One look at one case.
    async fn look_at_key(&self, intent: KeyIntent) -> Result<(), EngineError> {
        let stored = self.ledger.billing_key(&intent.billing_key).await?;
        let key = stored.ok_or(EngineError::NotFound)?;
        let channel = self.exact_revision(&intent.channel_key, &intent.revision).await?;
        let token = self.open_keep(&intent.id, intent.token.as_ref());
        let opened = key
            .part(&intent.channel_key)
            .and_then(|part| self.open_part(&key.id, part));
        let command = KeyCommand::from_intent(&intent, token, opened)
            .map_err(|error| EngineError::Storage(format!("stored command: {error}")))?;
        let plan = channel.adapter.recovery(intent.operation);
        let mut trail = Trail::default();
        let mut person = false;
        for step in plan.steps {
            match step {
                RecoveryStep::Replay | RecoveryStep::ReplayOnce => {
                    if *step == RecoveryStep::ReplayOnce && intent.attempts > 0 {
                        continue;
                    }
                    if let Some(outcome) = self.replay_key(&intent, &command, &channel, &mut trail).await {
                        let known = KeyIntent {
                            state: IntentState::Unknown,
                            ..intent.clone()
                        };
                        self.settle_part(&key.id, known, outcome, trail, "replay").await?;
                        return Ok(());
                    }
                }
                RecoveryStep::Operator => person = true,
                // Questions about money; a key has none to be asked by.
                RecoveryStep::Inquire | RecoveryStep::Again | RecoveryStep::NetCancel => {}
            }
        }
        let gave_up = person || now() - intent.created_at > ms(plan.give_up_after);
        self.look_at_key_again(&intent, trail, gave_up).await
    }

    /// The same bytes under the same key. Only an answer counts.
    async fn replay_key(
        &self,
        intent: &KeyIntent,
        command: &KeyCommand,
        channel: &ChannelRevision,
        trail: &mut Trail,
    ) -> Option<Outcome<KeyEffect>> {
        let kept = self.replays.get(&intent.id).map(|kept| kept.call.clone());
        let mut call = match kept {
            Some(call) => call,
            None => command.first_call(channel).ok()?,
        };
        call.replay = true;
        let outcome = self.drive_part(command, channel, call, trail).await;
        matches!(outcome, Outcome::Done(_) | Outcome::Declined(_)).then_some(outcome)
    }

    async fn look_at_key_again(&self, intent: &KeyIntent, trail: Trail, gave_up: bool) -> Result<(), EngineError> {
        let at = now();
        let looked = usize::try_from(intent.attempts).unwrap_or(usize::MAX);
        let clock = CLOCK_SECONDS.get(looked.saturating_add(1)).or(CLOCK_SECONDS.last());
        let wait = clock.copied().unwrap_or(600) * 1000;
        if gave_up && intent.state != IntentState::Operator {
            tracing::error!(
                target: "naru::alert", billing_key = intent.billing_key, channel = intent.channel_key,
                operation = intent.operation.as_str(),
                "no machine can tell what became of this operation; a person must settle it"
            );
        }
        let next = KeyIntent {
            state: if gave_up {
                IntentState::Operator
            } else {
                IntentState::Unknown
            },
            attempts: intent.attempts.saturating_add(1),
            next_at: at + if gave_up { OPERATOR_LOOK } else { wait },
            last_call_at: intent.last_call_at.max(trail.lost_at),
            lease_owner: String::new(),
            lease_until: 0,
            ..intent.clone()
        };
        let line = journal(
            &intent.billing_key,
            "recovery",
            json!({
                "intent": intent.id, "look": next.attempts, "exchanges": trail.exchanges, "state": next.state,
                "nextAt": next.next_at,
            }),
        );
        let reschedule = billing(BillingWrite::Reschedule(Box::new(next)));
        self.ledger.commit(vec![reschedule, line]).await?;
        Ok(())
    }
}
