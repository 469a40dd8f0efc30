//! A channel as an adapter sees it: settings, resolved credentials, and the one exact revision an attempt remembers.

use super::{Adapter, Operation, OperationTimeouts, Prepared};
use crate::payment::{ChannelRef, MethodKind, Millis};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Test or live; decided by the channel, never by the API secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Test: endpoints may be overridden, plain http allowed.
    Test,
    /// Live: https and the descriptor's hosts only.
    Live,
}

/// Whether a channel takes new payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelState {
    /// Takes new payments.
    Active,
    /// Takes none; cancels and inquiries of old payments still work.
    Retired,
}

/// One contract with one PG, secrets resolved.
#[derive(Clone)]
pub struct ChannelSpec {
    /// `channelKey`.
    pub key: String,
    /// Display name.
    pub name: String,
    /// Router provider id.
    pub provider: String,
    /// Test or live.
    pub mode: Mode,
    /// State.
    pub state: ChannelState,
    /// Merchant id at the PG.
    pub mid: String,
    /// Stores that may use it.
    pub stores: Vec<String>,
    /// Methods allowed; empty means all the adapter serves.
    pub methods: Vec<MethodKind>,
    /// Manual approval (수동 승인): the window ends with a token, the merchant's server confirms.
    pub manual_confirm: bool,
    /// Credentials by field name, resolved.
    pub credentials: BTreeMap<String, SecretString>,
    /// Endpoint overrides by name (`api`, `script`, …); test channels only.
    pub endpoints: BTreeMap<String, String>,
    /// Time-outs by operation, where they differ from the descriptor's.
    pub timeouts: BTreeMap<Operation, Duration>,
    /// Calls in flight at once; further ones are refused at once as not sent.
    pub in_flight_max: usize,
    /// New payments only from this time on, ms.
    pub effective_at: Option<Millis>,
}

impl std::fmt::Debug for ChannelSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelSpec")
            .field("key", &self.key)
            .field("provider", &self.provider)
            .field("mid", &self.mid)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl PartialOrd for Operation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Operation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// One exact state of one channel, ready to use. Every attempt remembers the revision it used.
pub struct ChannelRevision {
    /// Settings.
    pub spec: ChannelSpec,
    /// Content hash (hex, 16 characters) over everything that reaches the PG, secrets included.
    pub revision: String,
    /// Credentials parsed by the adapter.
    pub prepared: Prepared,
    /// Adapter.
    pub adapter: &'static dyn Adapter,
}

impl std::fmt::Debug for ChannelRevision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelRevision")
            .field("spec", &self.spec)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl ChannelRevision {
    /// The adapter's parsed credentials, as its own type.
    #[must_use]
    pub fn credentials<T: 'static>(&self) -> Option<&T> {
        self.prepared.downcast_ref::<T>()
    }

    /// Base URL of a named endpoint: the override of a test channel, else the descriptor's.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> &str {
        if let Some(url) = self.spec.endpoints.get(name) {
            return url.trim_end_matches('/');
        }
        let descriptor = self.adapter.descriptor();
        let listed = descriptor
            .endpoints
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, url)| *url);
        listed.unwrap_or(descriptor.base_url).trim_end_matches('/')
    }

    /// Time-outs of an operation.
    #[must_use]
    pub fn timeouts(&self, operation: Operation) -> OperationTimeouts {
        let default = (self.adapter.descriptor().timeouts)(operation);
        let total = self.spec.timeouts.get(&operation).copied().unwrap_or(default.total);
        OperationTimeouts {
            connect: default.connect.min(total),
            total,
        }
    }

    /// Whether the channel may take payments by a method: allowed by the channel and served by the adapter.
    #[must_use]
    pub fn serves(&self, method: MethodKind) -> bool {
        let served = self.adapter.descriptor().methods.contains(&method);
        served && (self.spec.methods.is_empty() || self.spec.methods.contains(&method))
    }

    /// Whether the channel takes new payments now.
    #[must_use]
    pub fn takes_new(&self, now: Millis) -> bool {
        self.spec.state == ChannelState::Active && self.spec.effective_at.is_none_or(|at| at <= now)
    }

    /// What an attempt remembers of it.
    #[must_use]
    pub fn reference(&self, reason: &str) -> ChannelRef {
        ChannelRef {
            key: self.spec.key.clone(),
            revision: self.revision.clone(),
            provider: self.spec.provider.clone(),
            pg_provider: self.adapter.descriptor().names.v2.to_owned(),
            live: self.spec.mode == Mode::Live,
            mid: self.spec.mid.clone(),
            name: self.spec.name.clone(),
            reason: reason.to_owned(),
        }
    }
}
