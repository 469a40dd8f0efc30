//! What issues and deletions share: the command of one part of a key, its calls, and the commit of what it ended as.

use super::super::exchange::{Kept, Trail};
use super::super::{crash, exchange, ms, now};
use super::{Engine, billing, journal, key_hook};
use crate::adapters::{
    Call, ChannelRevision, DeleteKey, IssueKey, IssuedKey, KeyDeleted, Operation, Outcome, Refusal, Step, UnknownWhy,
    WireAnswer,
};
use crate::ledger::{BillingWrite, IntentState, KeyIntent, LedgerError, Write};
use crate::payment::{BillingKey, ChannelRef, Failure, FailureKind, KeyEvent, KeyPart, KeyStatus, PartIssued};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;

/// Beyond the call's own time-out, before another router may think that this one is dead.
const LEASE_MARGIN: Duration = Duration::from_secs(15);
/// How long the bytes of an issue by card data are kept for a replay.
const REPLAY_KEPT: Duration = Duration::from_secs(30);
/// Most calls kept at once.
const REPLAYS_MAX: usize = 4096;
/// Tries of a commit whose row changed meanwhile: the parts of a group's key end at about the same time.
const STALE_TRIES: usize = 64;

/// The merchant wants no webhook for the issue.
pub(super) const SKIP_WEBHOOK: &str = "skipWebhook";
/// The merchant wants no webhook for the deletion.
pub(super) const SKIP_DELETE_WEBHOOK: &str = "skipDeleteWebhook";

/// A command about one part.
#[derive(Debug, Clone)]
pub(super) enum KeyCommand {
    Card(Box<IssueKey>),
    Exchange(Box<IssueKey>),
    Delete(Box<DeleteKey>),
}

/// What a finished command brought.
#[derive(Debug)]
pub(super) enum KeyEffect {
    Issued(Box<IssuedKey>),
    Deleted(KeyDeleted),
}

/// A command whose intent is committed.
pub(super) struct StartedPart {
    pub key_id: String,
    pub intent: KeyIntent,
    pub command: KeyCommand,
    pub channel: Arc<ChannelRevision>,
    pub call: Call,
}

fn map<T>(step: Step<T>, wrap: impl Fn(T) -> KeyEffect) -> Step<KeyEffect> {
    Step::Done(match step {
        Step::Send(call) => return Step::Send(call),
        Step::Done(Outcome::Done(value)) => Outcome::Done(wrap(value)),
        Step::Done(Outcome::Declined(failure)) => Outcome::Declined(failure),
        Step::Done(Outcome::NotSent(failure)) => Outcome::NotSent(failure),
        Step::Done(Outcome::Unknown(why)) => Outcome::Unknown(why),
    })
}

fn lacking() -> Refusal {
    Refusal::new("channelKey", "the channel's PG has no such operation for billing keys")
}

impl KeyCommand {
    fn operation(&self) -> Operation {
        match self {
            Self::Card(_) | Self::Exchange(_) => Operation::IssueBillingKey,
            Self::Delete(_) => Operation::DeleteBillingKey,
        }
    }

    fn idempotency_key(&self) -> &str {
        match self {
            Self::Card(c) | Self::Exchange(c) => &c.idempotency_key,
            Self::Delete(c) => &c.idempotency_key,
        }
    }

    /// The command of a stored intent: without card data, with the token and key that the caller opened.
    pub fn from_intent(
        intent: &KeyIntent,
        token: Option<serde_json::Value>,
        key: Option<SecretString>,
    ) -> Result<Self, serde_json::Error> {
        let json = intent.command.clone();
        Ok(match intent.operation {
            Operation::DeleteBillingKey => {
                let mut delete: Box<DeleteKey> = serde_json::from_value(json)?;
                delete.key = key;
                Self::Delete(delete)
            }
            _ => {
                let mut issue: Box<IssueKey> = serde_json::from_value(json)?;
                match token {
                    Some(token) => {
                        issue.token = token;
                        Self::Exchange(issue)
                    }
                    None => Self::Card(issue),
                }
            }
        })
    }

    pub fn first_call(&self, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let keys = channel.adapter.billing_keys().ok_or_else(lacking)?;
        match self {
            Self::Card(c) => keys.by_card().ok_or_else(lacking)?.issue(c, channel),
            Self::Exchange(c) => keys.by_window().ok_or_else(lacking)?.exchange(c, channel),
            Self::Delete(c) => keys.deletion().ok_or_else(lacking)?.delete(c, channel),
        }
    }

    /// The key, if the window brought it already.
    pub fn brought(&self, channel: &ChannelRevision) -> Option<IssuedKey> {
        match self {
            Self::Exchange(c) => channel.adapter.billing_keys()?.by_window()?.brought(c, channel),
            Self::Card(_) | Self::Delete(_) => None,
        }
    }

    pub fn read(&self, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<KeyEffect> {
        let issued = |key| KeyEffect::Issued(Box::new(key));
        let keys = channel.adapter.billing_keys();
        let read = keys.and_then(|keys| {
            Some(match self {
                Self::Card(c) => map(keys.by_card()?.issued(c, channel, call, answer), issued),
                Self::Exchange(c) => map(keys.by_window()?.exchanged(c, channel, call, answer), issued),
                Self::Delete(c) => map(keys.deletion()?.deleted(c, channel, call, answer), KeyEffect::Deleted),
            })
        });
        read.unwrap_or_else(|| {
            Step::Done(Outcome::Unknown(UnknownWhy {
                code: "NARU_NO_READER".to_owned(),
                message: "the adapter reads no such answers".to_owned(),
                ask_first: true,
            }))
        })
    }

    fn to_json(&self) -> serde_json::Value {
        let json = match self {
            Self::Card(c) | Self::Exchange(c) => serde_json::to_value(c),
            Self::Delete(c) => serde_json::to_value(c),
        };
        json.unwrap_or_default()
    }
}

impl Engine {
    /// The intent of a command, leased to this router for as long as its call may run.
    pub(super) fn part_intent(&self, key: &BillingKey, command: &KeyCommand, channel: &ChannelRevision) -> KeyIntent {
        let at = now();
        let operation = command.operation();
        let until = at + ms(channel.timeouts(operation).total + LEASE_MARGIN);
        let id = command.idempotency_key().to_owned();
        let token = match command {
            KeyCommand::Exchange(c) => Some(self.seal_keep(&id, &c.token)),
            _ => None,
        };
        KeyIntent {
            token,
            id,
            billing_key: key.id.clone(),
            channel_key: channel.spec.key.clone(),
            operation,
            command: command.to_json(),
            revision: channel.revision.clone(),
            state: IntentState::Open,
            created_at: at,
            last_call_at: at,
            attempts: 0,
            next_at: until,
            lease_owner: self.options.node.clone(),
            lease_until: until,
            last_error: None,
        }
    }

    /// Commits the intents together with the key's new state. After this, somebody will settle them.
    pub(super) async fn start_parts(
        &self,
        key: &BillingKey,
        mut writes: Vec<Write>,
        started: &[StartedPart],
    ) -> Result<(), LedgerError> {
        for part in started {
            writes.splice(0..0, self.revision_write(&part.channel)?);
            writes.push(billing(BillingWrite::Intent(Box::new(part.intent.clone()))));
            writes.push(journal(
                &key.id,
                "intent",
                json!({
                    "operation": part.intent.operation.as_str(), "intent": part.intent.id,
                    "channel": part.channel.spec.key, "revision": part.channel.revision,
                }),
            ));
        }
        crash::point("before-intent");
        self.ledger.commit(writes).await?;
        crash::point("after-intent");
        for part in started {
            self.stored_revisions.insert(part.channel.revision.clone(), ());
        }
        Ok(())
    }

    /// Runs started commands, each in a task of its own, and settles them.
    pub(super) fn run_parts(self: &Arc<Self>, started: Vec<StartedPart>) {
        for part in started {
            let engine = Arc::clone(self);
            let task = async move {
                let (key_id, id) = (part.key_id.clone(), part.intent.id.clone());
                if matches!(part.command, KeyCommand::Card(_)) && engine.replays.len() < REPLAYS_MAX {
                    let until = now() + ms(part.channel.timeouts(Operation::IssueBillingKey).total + REPLAY_KEPT);
                    let call = part.call.clone();
                    engine.replays.insert(id, Kept { call, until });
                }
                let mut trail = Trail::default();
                let outcome = engine
                    .drive_part(&part.command, &part.channel, part.call, &mut trail)
                    .await;
                let settled = engine.settle_part(&key_id, part.intent, outcome, trail, "answer").await;
                if let Err(error) = settled {
                    tracing::error!(%error, billing_key = key_id, "outcome left to recovery");
                }
            };
            tokio::spawn(task.in_current_span());
        }
    }

    pub(super) async fn drive_part(
        &self,
        command: &KeyCommand,
        channel: &ChannelRevision,
        call: Call,
        trail: &mut exchange::Trail,
    ) -> Outcome<KeyEffect> {
        let outcome = self.drive_with(channel, call, trail, |call, answer| command.read(channel, call, answer));
        outcome.await
    }

    /// Commits what a command ended as: the part's state, journal, webhook row, and the intent closed or rescheduled.
    pub(super) async fn settle_part(
        &self,
        key_id: &str,
        intent: KeyIntent,
        outcome: Outcome<KeyEffect>,
        trail: Trail,
        how: &'static str,
    ) -> Result<(), LedgerError> {
        let (mut stale, mut storage) = (0, 0);
        loop {
            let stored = self.ledger.billing_key(key_id).await?;
            let before = stored.ok_or_else(|| LedgerError::Storage("the billing key vanished".into()))?;
            let channel = before.part(&intent.channel_key).map(|part| &part.channel);
            let event = self.key_event(&intent, channel, &outcome);
            let (after, writes) = part_settlement(before, &intent, &outcome, event.as_ref(), &trail, how);
            crash::point("before-outcome");
            match self.ledger.commit(writes).await {
                Ok(()) => {
                    crash::point("after-outcome");
                    self.part_settled(&after, &intent, &outcome, how);
                    return Ok(());
                }
                Err(LedgerError::Stale) if stale < STALE_TRIES => stale += 1,
                // The key is there and only our disk is slow: keep trying for a while before recovery has to ask.
                Err(LedgerError::Storage(error)) if storage < 3 => {
                    storage += 1;
                    tracing::error!(%error, billing_key = key_id, "outcome not committed yet");
                    tokio::time::sleep(Duration::from_millis(100 << (2 * storage))).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn key_event(
        &self,
        intent: &KeyIntent,
        channel: Option<&ChannelRef>,
        outcome: &Outcome<KeyEffect>,
    ) -> Option<KeyEvent> {
        let issue = intent.operation == Operation::IssueBillingKey;
        Some(match outcome {
            Outcome::Done(KeyEffect::Issued(issued)) => {
                self.issued_event(&intent.billing_key, &intent.channel_key, channel, issued)
            }
            Outcome::Done(KeyEffect::Deleted(deleted)) => KeyEvent::Deleted(deleted.deleted_at),
            Outcome::Declined(failure) | Outcome::NotSent(failure) if issue => KeyEvent::IssueFailed(failure.clone()),
            Outcome::Declined(failure) | Outcome::NotSent(failure) => KeyEvent::DeleteFailed(failure.clone()),
            Outcome::Unknown(_) => return None,
        })
    }

    /// The event of an issued key, with the PG's key sealed.
    pub(super) fn issued_event(
        &self,
        key_id: &str,
        channel_key: &str,
        channel: Option<&ChannelRef>,
        issued: &IssuedKey,
    ) -> KeyEvent {
        let plain = json!({ "key": issued.key.expose_secret() });
        let sealed = self.seal_keep(&seal_label(key_id, channel_key), &plain);
        if sealed.is_null() {
            let message = "the PG issued a key, but it could not be sealed, so it is not kept; issue another";
            return KeyEvent::IssueFailed(Failure::new(FailureKind::Other, "NARU_NOT_SEALED", message));
        }
        let mark = channel.map_or_else(String::new, |c| {
            self.contract_mark(&c.provider, &c.mid, issued.key.expose_secret())
        });
        KeyEvent::Issued(Box::new(PartIssued {
            sealed,
            mark,
            method: issued.method.clone(),
            pg_tx_id: issued.pg_tx_id.clone(),
            raw: issued.raw.clone(),
            issued_at: issued.issued_at,
        }))
    }

    fn part_settled(&self, key: &BillingKey, intent: &KeyIntent, outcome: &Outcome<KeyEffect>, how: &'static str) {
        let part = key.part(&intent.channel_key);
        let provider = part.map_or("", |p| p.channel.provider.as_str());
        if !matches!(outcome, Outcome::Unknown(_)) {
            self.replays.remove(&intent.id);
            if intent.state != IntentState::Open {
                self.metrics.unknown_resolved.with_label_values(&[provider, how]).inc();
            }
        }
        tracing::info!(
            store = key.store_id,
            billing_key = key.id,
            channel = intent.channel_key,
            provider,
            operation = intent.operation.as_str(),
            outcome = outcome.label(),
            code = code_of(outcome),
            ms = now() - intent.created_at,
            "billing key"
        );
        self.waiters.wake(&key.id);
    }

    /// The PG's key of a part, opened.
    pub(super) fn open_part(&self, key_id: &str, part: &KeyPart) -> Option<SecretString> {
        let label = seal_label(key_id, &part.channel.key);
        let opened = self.open_keep(&label, part.sealed.as_ref())?;
        let key = opened.get("key")?.as_str()?;
        Some(SecretString::from(key.to_owned()))
    }
}

/// Binds a sealed key to its place, so that it opens nowhere else.
fn seal_label(key_id: &str, channel_key: &str) -> String {
    format!("billing:{key_id}:{channel_key}")
}

fn code_of(outcome: &Outcome<KeyEffect>) -> Option<&str> {
    match outcome {
        Outcome::Done(_) => None,
        Outcome::Declined(failure) | Outcome::NotSent(failure) => Some(&failure.code),
        Outcome::Unknown(why) => Some(&why.code),
    }
}

/// Builds the settling commit, and the key's new state.
fn part_settlement(
    before: BillingKey,
    intent: &KeyIntent,
    outcome: &Outcome<KeyEffect>,
    event: Option<&KeyEvent>,
    trail: &Trail,
    how: &'static str,
) -> (BillingKey, Vec<Write>) {
    let at = now();
    let mut writes = Vec::with_capacity(4);
    let mut after = before.clone();
    if let Some(event) = event {
        match after.apply(&intent.channel_key, event, at) {
            Ok(()) => {
                writes.push(billing(BillingWrite::UpdateKey {
                    key: Box::new(after.clone()),
                    expected: before.version,
                }));
                writes.extend(hook_of(&after, event).map(|name| key_hook(&after, name, at)));
            }
            // Somebody else learned it first: nothing to change.
            Err(error) => tracing::warn!(%error, billing_key = before.id, "the outcome was known already"),
        }
    }
    writes.push(billing(match outcome {
        Outcome::Unknown(why) => BillingWrite::Reschedule(Box::new(KeyIntent {
            state: IntentState::Unknown,
            last_call_at: if trail.last_call_at > 0 { trail.last_call_at } else { at },
            next_at: at + 1000,
            lease_owner: String::new(),
            lease_until: 0,
            last_error: Some(format!("{}: {}", why.code, why.message)),
            ..intent.clone()
        })),
        _ => BillingWrite::Close { id: intent.id.clone() },
    }));
    writes.push(journal(
        &before.id,
        how,
        json!({
            "intent": intent.id, "channel": intent.channel_key, "exchanges": trail.exchanges,
            "outcome": outcome.label(), "event": event.map_or("none", KeyEvent::word),
            "status": after.status().as_str(), "code": code_of(outcome),
        }),
    ));
    (after, writes)
}

/// The webhook's event once every part has its outcome, if merchants are told.
pub(super) fn hook_of(key: &BillingKey, event: &KeyEvent) -> Option<&'static str> {
    if !key.is_settled() {
        return None;
    }
    let silent = |member: &str| key.extras.get(member) == Some(&true.into());
    match (event, key.status()) {
        (KeyEvent::Issued(_) | KeyEvent::IssueFailed(_), KeyStatus::Issued) => {
            (!silent(SKIP_WEBHOOK)).then_some("BillingKey.Issued")
        }
        (KeyEvent::IssueFailed(_), KeyStatus::Failed) => Some("BillingKey.Failed"),
        (KeyEvent::Deleted(_), KeyStatus::Deleted) => (!silent(SKIP_DELETE_WEBHOOK)).then_some("BillingKey.Deleted"),
        _ => None,
    }
}
