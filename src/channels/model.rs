//! The validated model: what the rest of the router sees of the channel files.

use super::profile::CheckoutProfile;
use super::rule::{Rule, Sticky};
use super::v1::V1Store;
use super::webhooks::WebhookEndpoint;
use crate::adapters::{ChannelRevision, Mode};
use crate::payment::Millis;
use std::collections::HashMap;
use std::sync::Arc;

/// A hashed API secret.
#[derive(Debug, Clone)]
pub struct ApiSecret {
    /// Name for the operator.
    pub name: String,
    /// SHA-256 of the secret.
    pub sha256: [u8; 32],
    /// Refused from this time on, ms.
    pub expires_at: Option<Millis>,
}

/// A merchant's shop.
#[derive(Debug, Clone)]
pub struct Store {
    /// `storeId`.
    pub id: String,
    /// `merchantId`: stores of one merchant share it.
    pub merchant_id: String,
    /// Display name.
    pub name: String,
    /// API secrets, hashed.
    pub secrets: Vec<ApiSecret>,
    /// Where its webhooks go.
    pub webhooks: Vec<WebhookEndpoint>,
    /// V1 API, if the store has it.
    pub v1: Option<V1Store>,
    /// What its hosted checkout pages offer.
    pub profiles: Vec<CheckoutProfile>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// `channelKey`.
    pub channel: String,
    /// Share; members' weights are relative to their sum.
    pub weight: u32,
}

/// A smart-routing group.
#[derive(Debug, Clone)]
pub struct Group {
    /// `channelGroupId`.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Stores that may use it.
    pub stores: Vec<String>,
    /// All members are of this mode.
    pub mode: Mode,
    /// Members, in file order.
    pub members: Vec<GroupMember>,
    /// Rules, the first first.
    pub rules: Vec<Rule>,
    /// What keeps payments together.
    pub sticky: Sticky,
}

/// Everything, validated, at one version. Immutable: a request takes one and keeps it to its end.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with each accepted change.
    pub version: u64,
    /// Content hash of all files (hex).
    pub hash: String,
    /// When it was loaded, ms.
    pub loaded_at: Millis,
    /// Stores by id.
    pub stores: HashMap<String, Arc<Store>>,
    /// Stores by the SHA-256 of each of their API secrets.
    pub secrets: HashMap<[u8; 32], Arc<Store>>,
    /// Stores by each of their V1 keys (`imp_key`).
    pub v1_keys: HashMap<String, Arc<Store>>,
    /// Channels by key.
    pub channels: HashMap<String, Arc<ChannelRevision>>,
    /// Groups by id.
    pub groups: HashMap<String, Arc<Group>>,
}

impl Snapshot {
    /// The store an API secret belongs to. The lookup is by hash, so its timing says nothing about the secret itself.
    #[must_use]
    pub fn store_by_secret(&self, secret: &str, now: Millis) -> Option<&Arc<Store>> {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
        let key: [u8; 32] = digest.as_ref().try_into().ok()?;
        let store = self.secrets.get(&key)?;
        let live = store
            .secrets
            .iter()
            .any(|s| s.sha256 == key && s.expires_at.is_none_or(|at| now < at));
        live.then_some(store)
    }

    /// A channel that a store may use.
    #[must_use]
    pub fn channel_of(&self, store_id: &str, key: &str) -> Option<&Arc<ChannelRevision>> {
        self.channels
            .get(key)
            .filter(|c| c.spec.stores.iter().any(|s| s == store_id))
    }

    /// A group that a store may use.
    #[must_use]
    pub fn group_of(&self, store_id: &str, id: &str) -> Option<&Arc<Group>> {
        self.groups.get(id).filter(|g| g.stores.iter().any(|s| s == store_id))
    }
}
