//! Channel revisions: their identity, and their sealed form that outlives the channel.
//!
//! A payment is cancelled with the credentials it was approved with, even when the channel has since moved to another
//! merchant id or is gone. So the engine stores, with the first attempt that uses it, the sealed revision.

use super::build::{Adapters, adapter_of};
use super::{SealError, Sealer};
use crate::adapters::{ChannelRevision, ChannelSpec, ChannelState, Mode, Operation};
use crate::payment::{MethodKind, Millis};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// Form of the sealed bytes; a later form gets another number and the reader keeps this one.
const FORM: u32 = 1;

/// A stored revision cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// Wrong sealing key, or changed bytes.
    #[error("revision {revision}: {source}")]
    Seal {
        /// Revision.
        revision: String,
        /// Why.
        source: SealError,
    },
    /// The bytes opened but are not a revision this build can read, or are another revision's.
    #[error("revision {0}: the stored settings are not readable by this build")]
    Form(String),
    /// This build has no such provider.
    #[error("revision {revision}: this build has no provider {provider}")]
    Provider {
        /// Revision.
        revision: String,
        /// Router provider id.
        provider: String,
    },
    /// The adapter refuses credentials that it once accepted.
    #[error("revision {revision}: the adapter refuses the stored credentials: {why}")]
    Credentials {
        /// Revision.
        revision: String,
        /// Field and reason, no values.
        why: String,
    },
}

/// The first 16 hex digits of a SHA-256 over everything that reaches the PG, secrets included: key (it stands in the
/// notification URL), provider, mode, merchant id, credentials and endpoints. Each part goes in with its length, so
/// that no two settings give the same bytes. The same on every machine.
pub(super) fn revision_of(spec: &ChannelSpec) -> String {
    let mut bytes = Zeroizing::new(Vec::with_capacity(512));
    let mut part = |text: &str| {
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    part("naru channel revision 1");
    part(&spec.key);
    part(&spec.provider);
    part(match spec.mode {
        Mode::Test => "test",
        Mode::Live => "live",
    });
    part(&spec.mid);
    part(&spec.credentials.len().to_string());
    for (name, value) in &spec.credentials {
        part(name);
        part(value.expose_secret());
    }
    part(&spec.endpoints.len().to_string());
    for (name, url) in &spec.endpoints {
        part(name);
        part(url);
    }
    let mut hex = super::hex(&super::sha256(&bytes));
    hex.truncate(16);
    hex
}

/// Whether two specs are the same in everything, secrets included.
pub(super) fn same_spec(a: &ChannelSpec, b: &ChannelSpec) -> bool {
    let secrets = |spec: &ChannelSpec| spec.credentials.len();
    let credentials = secrets(a) == secrets(b)
        && a.credentials
            .iter()
            .zip(&b.credentials)
            .all(|((na, va), (nb, vb))| na == nb && va.expose_secret() == vb.expose_secret());
    credentials
        && (&a.key, &a.name, &a.provider, &a.mid) == (&b.key, &b.name, &b.provider, &b.mid)
        && (a.mode, a.state, a.manual_confirm) == (b.mode, b.state, b.manual_confirm)
        && (&a.stores, &a.methods, &a.endpoints) == (&b.stores, &b.methods, &b.endpoints)
        && (&a.timeouts, a.in_flight_max, a.effective_at) == (&b.timeouts, b.in_flight_max, b.effective_at)
}

/// A spec as sealed bytes hold it.
#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    key: String,
    name: String,
    provider: String,
    mode: Mode,
    state: ChannelState,
    mid: String,
    stores: Vec<String>,
    methods: Vec<MethodKind>,
    manual_confirm: bool,
    credentials: BTreeMap<String, String>,
    endpoints: BTreeMap<String, String>,
    timeouts_ms: BTreeMap<Operation, u64>,
    in_flight_max: usize,
    effective_at: Option<Millis>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.credentials.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Stored {
    fn of(spec: &ChannelSpec) -> Self {
        let ms = |d: &Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self {
            form: FORM,
            key: spec.key.clone(),
            name: spec.name.clone(),
            provider: spec.provider.clone(),
            mode: spec.mode,
            state: spec.state,
            mid: spec.mid.clone(),
            stores: spec.stores.clone(),
            methods: spec.methods.clone(),
            manual_confirm: spec.manual_confirm,
            credentials: spec
                .credentials
                .iter()
                .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
                .collect(),
            endpoints: spec.endpoints.clone(),
            timeouts_ms: spec.timeouts.iter().map(|(op, total)| (*op, ms(total))).collect(),
            in_flight_max: spec.in_flight_max,
            effective_at: spec.effective_at,
        }
    }

    fn spec(mut self) -> ChannelSpec {
        let credentials = std::mem::take(&mut self.credentials);
        ChannelSpec {
            key: std::mem::take(&mut self.key),
            name: std::mem::take(&mut self.name),
            provider: std::mem::take(&mut self.provider),
            mode: self.mode,
            state: self.state,
            mid: std::mem::take(&mut self.mid),
            stores: std::mem::take(&mut self.stores),
            methods: std::mem::take(&mut self.methods),
            manual_confirm: self.manual_confirm,
            credentials: credentials
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
            endpoints: std::mem::take(&mut self.endpoints),
            timeouts: self
                .timeouts_ms
                .iter()
                .map(|(op, ms)| (*op, Duration::from_millis(*ms)))
                .collect(),
            in_flight_max: self.in_flight_max,
            effective_at: self.effective_at,
        }
    }
}

fn label(revision: &str) -> String {
    format!("revision:{revision}")
}

/// Seals a revision's settings, secrets included, for the ledger.
///
/// # Errors
/// The cipher refused.
pub fn seal_revision(channel: &ChannelRevision, sealer: &Sealer) -> Result<Vec<u8>, SealError> {
    let plain = serde_json::to_vec(&Stored::of(&channel.spec)).map_err(|_| SealError::Seal)?;
    sealer.seal(&label(&channel.revision), &Zeroizing::new(plain))
}

/// Opens what [`seal_revision`] made and makes the channel ready for use again. It never takes new payments: what the
/// running settings no longer have is [`ChannelState::Retired`].
///
/// # Errors
/// [`RevisionError`].
pub fn open_revision(
    revision: &str,
    sealed: &[u8],
    sealer: &Sealer,
    adapters: Adapters,
) -> Result<Arc<ChannelRevision>, RevisionError> {
    let plain = sealer
        .open(&label(revision), sealed)
        .map_err(|source| RevisionError::Seal {
            revision: revision.to_owned(),
            source,
        })?;
    let plain = Zeroizing::new(plain);
    let form = || RevisionError::Form(revision.to_owned());
    let stored: Stored = serde_json::from_slice(&plain).map_err(|_| form())?;
    if stored.form != FORM {
        return Err(form());
    }
    let mut spec = stored.spec();
    spec.state = ChannelState::Retired;
    if revision_of(&spec) != revision {
        return Err(form());
    }
    let adapter = adapter_of(adapters, &spec.provider).ok_or_else(|| RevisionError::Provider {
        revision: revision.to_owned(),
        provider: spec.provider.clone(),
    })?;
    let prepared = adapter.prepare(&spec).map_err(|refusals| {
        let why: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        RevisionError::Credentials {
            revision: revision.to_owned(),
            why: why.join("; "),
        }
    })?;
    Ok(Arc::new(ChannelRevision {
        spec,
        revision: revision.to_owned(),
        prepared,
        adapter,
    }))
}
