//! Keys by card data: for one channel, or for every channel of a group at once.

use super::super::attempt::check_feature;
use super::super::request::EngineError;
use super::super::{ids, now};
use super::part::{KeyCommand, StartedPart};
use super::{BillingError, ChannelFailure, Engine, NOT_ENCODABLE, billing};
use crate::adapters::{CardInput, ChannelRevision, Feature, IssueKey};
use crate::ledger::BillingWrite;
use crate::payment::{
    BillingKey, Failure, FailureKind, GroupRef, KeyEvent, KeyPart, MethodKind, Millis, Origin, PartStatus,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// A key to be, as the fronts normalise it.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Store.
    pub store_id: String,
    /// What the buyer registers.
    pub method: MethodKind,
    /// Customer in PortOne V2's response shape, without nulls.
    pub customer: Value,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Merchant's `customData`.
    pub custom_data: Option<String>,
    /// Merchant's `issueId`.
    pub issue_id: Option<String>,
    /// Merchant's `issueName`.
    pub issue_name: Option<String>,
    /// `noticeUrls`, `skipWebhook`.
    pub extras: Map<String, Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl NewKey {
    /// The row, no part started. `channels` is never empty.
    pub(super) fn row(
        &self,
        channels: &[Arc<ChannelRevision>],
        group: Option<GroupRef>,
        reason: &str,
        at: Millis,
    ) -> BillingKey {
        BillingKey {
            id: format!("billing-key-{}", Uuid::now_v7()),
            store_id: self.store_id.clone(),
            version: 0,
            method_kind: self.method,
            group,
            parts: channels
                .iter()
                .map(|channel| KeyPart {
                    channel: channel.reference(reason),
                    status: PartStatus::Ready,
                    order_id: ids::order_id(),
                    customer_key: Uuid::new_v4().to_string(),
                    sealed: None,
                    mark: None,
                    method: None,
                    pg_tx_id: None,
                    pg_response: None,
                    failure: None,
                    failed_at: None,
                })
                .collect(),
            customer: self.customer.clone(),
            custom_data: self.custom_data.clone(),
            issue_id: self.issue_id.clone(),
            issue_name: self.issue_name.clone(),
            extras: self.extras.clone(),
            origin: self.origin.clone(),
            requested_at: at,
            updated_at: at,
            status_changed_at: at,
            issued_at: None,
            deleted_at: None,
        }
    }

    /// The command for a part.
    pub(super) fn command(&self, part: &KeyPart, at: Millis) -> IssueKey {
        let member = |name: &str| self.customer.get(name).and_then(Value::as_str).map(str::to_owned);
        IssueKey {
            order_id: part.order_id.clone(),
            customer_key: part.customer_key.clone(),
            name: self.issue_name.clone(),
            customer_name: self.customer_name.clone(),
            customer_email: self.customer_email.clone(),
            customer_phone: member("phoneNumber"),
            customer_id: member("id"),
            idempotency_key: ids::operation_id(),
            at,
            token: Value::Null,
            card: None,
        }
    }
}

impl Engine {
    /// Has a key issued by card data, at one channel or, with a `group`, at each of its channels. A group's key stands
    /// if one channel issued; what the others refused stands in its parts.
    ///
    /// # Errors
    /// See [`EngineError`]; [`BillingError::Channels`] if no channel of a group issued.
    pub async fn issue_key(
        self: &Arc<Self>,
        channels: Vec<Arc<ChannelRevision>>,
        group: Option<GroupRef>,
        new: NewKey,
        card: CardInput,
    ) -> Result<BillingKey, EngineError> {
        let at = now();
        let reason = if group.is_some() {
            "every channel of the group"
        } else {
            "channelKey"
        };
        let single = group.is_none();
        let mut key = new.row(&channels, group, reason, at);
        let mut started = Vec::with_capacity(channels.len());
        for (index, channel) in channels.into_iter().enumerate() {
            let mut command = new.command(&key.parts[index], at);
            command.card = Some(card.clone());
            let command = KeyCommand::Card(Box::new(command));
            let call = check_feature(&channel, Feature::BillingKeyInstant)
                .and_then(|()| command.first_call(&channel).map_err(EngineError::Refused));
            match call {
                Ok(call) => {
                    apply(&mut key, &channel.spec.key, &KeyEvent::IssueStarted, at)?;
                    let intent = self.part_intent(&key, &command, &channel);
                    started.push(StartedPart {
                        key_id: key.id.clone(),
                        intent,
                        command,
                        channel,
                        call,
                    });
                }
                Err(error) if single => return Err(error),
                Err(error) => {
                    let failure = Failure::new(FailureKind::BadRequest, NOT_ENCODABLE, error.to_string());
                    apply(&mut key, &channel.spec.key, &KeyEvent::IssueFailed(failure), at)?;
                }
            }
        }
        if started.is_empty() {
            return issued(key);
        }
        let writes = vec![billing(BillingWrite::InsertKey(Box::new(key.clone())))];
        self.start_parts(&key, writes, &started).await?;
        self.run_parts(started);
        let settled = self.wait_key(&key.id, self.deadline(), BillingKey::is_settled).await?;
        issued(settled)
    }
}

/// Applies an event that the caller's own checks made legal; if they did not, that is refused, not skipped.
pub(super) fn apply(key: &mut BillingKey, channel_key: &str, event: &KeyEvent, at: Millis) -> Result<(), EngineError> {
    key.apply(channel_key, event, at)
        .map_err(|error| EngineError::Storage(error.to_string()))
}

/// The failures of a key's parts.
#[must_use]
pub fn failures(key: &BillingKey) -> Vec<ChannelFailure> {
    let failed = key.parts.iter().filter_map(|part| {
        Some(ChannelFailure {
            channel: part.channel.clone(),
            failure: part.failure.clone()?,
        })
    });
    failed.collect()
}

/// The answer to an issue: the key if it stands, what refused if not.
pub(super) fn issued(key: BillingKey) -> Result<BillingKey, EngineError> {
    if key.parts.iter().any(|p| p.status == PartStatus::Issued) {
        return Ok(key);
    }
    let failures = failures(&key);
    match (&key.group, failures.as_slice()) {
        (None, [one]) => Err(EngineError::Pg(one.failure.clone())),
        _ => Err(BillingError::Channels {
            failures,
            succeeded: Vec::new(),
        }
        .into()),
    }
}
