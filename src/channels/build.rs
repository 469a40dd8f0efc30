//! From entries to stores and channel revisions: everything that can be judged about one entry alone.

use super::file::{API_SECRET_MIN, ApiSecretEntry, At, ChannelEntry, File, IN_FLIGHT_DEFAULT, StoreEntry};
use super::model::{ApiSecret, Store};
use super::problem::{Pos, Problem, suggest};
use super::revision::{revision_of, same_spec};
use super::secrets::Resolver;
use crate::adapters::{Adapter, ChannelRevision, ChannelSpec, ChannelState, Descriptor, Mode};
use crate::payment::MethodKind;
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The adapters a build knows; `crate::adapters::registry::ADAPTERS` in the router.
pub type Adapters = &'static [&'static dyn Adapter];

pub(super) fn adapter_of(adapters: Adapters, id: &str) -> Option<&'static dyn Adapter> {
    adapters.iter().copied().find(|a| a.descriptor().names.id == id)
}

/// One file's entries, built; `None` where one had a problem.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub stores: Vec<Option<Arc<Store>>>,
    pub channels: Vec<Option<Arc<ChannelRevision>>>,
    pub problems: Vec<Problem>,
}

/// What building needs besides the entry.
pub(super) struct Builder<'a> {
    pub file: &'a str,
    pub adapters: Adapters,
    pub resolver: Resolver<'a>,
    /// Channels that run now: one with equal settings is used again, so that what hangs on it (pools, parsed keys)
    /// survives.
    pub running: Option<&'a HashMap<String, Arc<ChannelRevision>>>,
    pub problems: Vec<Problem>,
}

impl Builder<'_> {
    /// Builds a file.
    pub(super) fn file(mut self, file: &File) -> Built {
        Built {
            stores: file.store.iter().map(|entry| self.store(entry)).collect(),
            channels: file.channel.iter().map(|entry| self.channel(entry)).collect(),
            problems: self.problems,
        }
    }

    pub(super) fn problem(&mut self, at: Pos, message: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            at,
            message: message.into(),
        });
    }

    /// Builds a store; `None` if there was a problem.
    fn store(&mut self, entry: &StoreEntry) -> Option<Arc<Store>> {
        let before = self.problems.len();
        let mut secrets: Vec<ApiSecret> = Vec::with_capacity(entry.api_secrets.value.len());
        for secret in &entry.api_secrets.value {
            if secrets.iter().any(|s| s.name == secret.name.value) {
                let message = format!("`api_secrets` has the name `{}` twice", secret.name.value);
                self.problem(secret.name.at, message);
            }
            secrets.extend(self.api_secret(secret));
        }
        let webhooks = self.webhooks(&entry.webhooks);
        let v1 = entry.v1.as_ref().map(|v1| self.v1(v1));
        (self.problems.len() == before).then(|| {
            Arc::new(Store {
                id: entry.id.value.clone(),
                merchant_id: entry.merchant_id.value.clone(),
                name: entry.name.as_ref().unwrap_or(&entry.id).value.clone(),
                secrets,
                webhooks,
                v1,
                profiles: entry.checkout_profiles.iter().map(Into::into).collect(),
            })
        })
    }

    fn api_secret(&mut self, entry: &ApiSecretEntry) -> Option<ApiSecret> {
        let sha256 = match (&entry.sha256, &entry.secret) {
            (Some(hex), None) => {
                let digest = super::unhex(&hex.value);
                if digest.is_none() {
                    self.problem(hex.at, "`sha256` must be 64 hex digits");
                }
                digest?
            }
            (None, Some(secret)) => match self.resolver.secret(&secret.value.0, false) {
                Ok(value) if value.expose_secret().chars().count() < API_SECRET_MIN => {
                    let message = format!("the API secret is shorter than {API_SECRET_MIN} characters");
                    self.problem(secret.at, message);
                    return None;
                }
                Ok(value) => super::sha256(value.expose_secret().as_bytes()),
                Err(why) => {
                    self.problem(secret.at, format!("`secret`: {why}"));
                    return None;
                }
            },
            _ => {
                self.problem(entry.name.at, "give either `sha256` or `secret`");
                return None;
            }
        };
        Some(ApiSecret {
            name: entry.name.value.clone(),
            sha256,
            expires_at: entry.expires_at.as_ref().map(|at| at.value.0),
        })
    }

    /// Builds a channel, or takes the running one if nothing about it changed; `None` if there was a problem.
    fn channel(&mut self, entry: &ChannelEntry) -> Option<Arc<ChannelRevision>> {
        let before = self.problems.len();
        let Some(adapter) = adapter_of(self.adapters, &entry.provider.value) else {
            let ids = self.adapters.iter().map(|a| a.descriptor().names.id);
            let hint = suggest(&entry.provider.value, ids);
            let message = format!("unknown provider `{}`{hint}", entry.provider.value);
            self.problem(entry.provider.at, message);
            return None;
        };
        let descriptor = adapter.descriptor();
        self.mid(entry, descriptor);
        if entry.mode.value == Mode::Live {
            self.live_host(entry, descriptor);
        }
        let spec = ChannelSpec {
            key: entry.key.value.clone(),
            name: entry.name.as_ref().unwrap_or(&entry.key).value.clone(),
            provider: entry.provider.value.clone(),
            mode: entry.mode.value,
            state: entry.state.as_ref().map_or(ChannelState::Active, |s| s.value),
            mid: entry.mid.value.clone(),
            stores: entry.stores.value.iter().map(|s| s.value.clone()).collect(),
            methods: self.methods(entry, descriptor),
            manual_confirm: entry.manual_confirm.as_ref().is_some_and(|flag| flag.value),
            credentials: self.credentials(entry, descriptor),
            endpoints: self.endpoints(entry, descriptor),
            timeouts: entry.timeouts_ms.as_ref().map_or_else(BTreeMap::new, |given| {
                let ms = |at: &At<u32>| Duration::from_millis(u64::from(at.value));
                given.given().map(|(operation, at)| (operation, ms(at))).collect()
            }),
            in_flight_max: entry
                .in_flight_max
                .as_ref()
                .map_or(IN_FLIGHT_DEFAULT, |n| n.value)
                .try_into()
                .unwrap_or(usize::MAX),
            effective_at: entry.effective_at.as_ref().map(|at| at.value.0),
        };
        // What could not be read was reported when it was read.
        let read = entry.credentials.all_read() && entry.endpoints.all_read();
        if self.problems.len() > before || !read {
            return None;
        }
        let running = self.running.and_then(|channels| channels.get(&spec.key));
        if let Some(running) = running.filter(|running| same_spec(&running.spec, &spec)) {
            return Some(Arc::clone(running));
        }
        self.prepare(entry, spec, adapter)
    }

    /// The adapter has the last word on its credentials.
    fn prepare(
        &mut self,
        entry: &ChannelEntry,
        spec: ChannelSpec,
        adapter: &'static dyn Adapter,
    ) -> Option<Arc<ChannelRevision>> {
        match adapter.prepare(&spec) {
            Ok(prepared) => Some(Arc::new(ChannelRevision {
                revision: revision_of(&spec),
                spec,
                prepared,
                adapter,
            })),
            Err(refusals) => {
                for refusal in refusals {
                    let at = self.field_pos(entry, &refusal.field);
                    let field = refusal.field.strip_prefix("credentials.").unwrap_or(&refusal.field);
                    self.problem(at, format!("`{field}`: {}", refusal.message));
                }
                None
            }
        }
    }

    /// Where a field that an adapter names stands.
    fn field_pos(&self, entry: &ChannelEntry, field: &str) -> Pos {
        let name = field.strip_prefix("credentials.").unwrap_or(field);
        let credential = entry.credentials.0.iter().find(|(key, _)| key.value == name);
        if let Some((key, value)) = credential {
            return value.as_ref().map_or(key.at, |value| value.at);
        }
        if name == "mid" { entry.mid.at } else { entry.key.at }
    }

    fn mid(&mut self, entry: &ChannelEntry, descriptor: &Descriptor) {
        let mid = &entry.mid.value;
        if mid.len() > descriptor.mid_max || !mid.bytes().all(|b| b.is_ascii_graphic()) {
            let (id, most) = (descriptor.names.id, descriptor.mid_max);
            self.problem(
                entry.mid.at,
                format!("`mid` of {id} must be at most {most} printable ASCII characters without spaces"),
            );
        }
    }

    fn methods(&mut self, entry: &ChannelEntry, descriptor: &Descriptor) -> Vec<MethodKind> {
        let Some(methods) = &entry.methods else {
            return Vec::new();
        };
        for method in &methods.value {
            if !descriptor.methods.contains(&method.value) {
                let served: Vec<&str> = descriptor.methods.iter().map(|m| m.as_str()).collect();
                let (word, id) = (method.value.as_str(), descriptor.names.id);
                self.problem(
                    method.at,
                    format!("provider {id} does not serve {word}; it serves {}", served.join(", ")),
                );
            }
        }
        methods.value.iter().map(|m| m.value).collect()
    }

    fn credentials(&mut self, entry: &ChannelEntry, descriptor: &Descriptor) -> BTreeMap<String, SecretString> {
        let mut credentials = BTreeMap::new();
        let plain = entry.mode.value == Mode::Test;
        for (key, value) in &entry.credentials.0 {
            let Some(field) = descriptor.credentials.iter().find(|f| f.name == key.value) else {
                let hint = suggest(&key.value, descriptor.credentials.iter().map(|f| f.name));
                let message = format!(
                    "provider {} has no credential `{}`{hint}",
                    descriptor.names.id, key.value
                );
                self.problem(key.at, message);
                continue;
            };
            let Some(value) = value else { continue };
            let resolved = if field.secret {
                self.resolver.secret(&value.value.0, plain)
            } else {
                self.resolver.public(&value.value.0, plain)
            };
            match resolved {
                Ok(secret) => {
                    credentials.insert(key.value.clone(), secret);
                }
                Err(why) => self.problem(value.at, format!("`{}`: {why}", key.value)),
            }
        }
        for field in descriptor.credentials.iter().filter(|f| f.required) {
            if !entry.credentials.0.iter().any(|(key, _)| key.value == field.name) {
                let (id, name, format) = (descriptor.names.id, field.name, field.format);
                let message = format!("provider {id} needs the credential `{name}` ({format})");
                self.problem(entry.provider.at, message);
            }
        }
        credentials
    }

    fn endpoints(&mut self, entry: &ChannelEntry, descriptor: &Descriptor) -> BTreeMap<String, String> {
        let mut endpoints = BTreeMap::new();
        for (key, value) in &entry.endpoints.0 {
            if entry.mode.value == Mode::Live {
                self.problem(key.at, "a live channel may not override endpoints; use mode = \"test\"");
                continue;
            }
            let names = descriptor.endpoints.iter().map(|(name, _)| *name);
            let default = match key.value.as_str() {
                "api" => Some(descriptor.base_url),
                name => descriptor
                    .endpoints
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, url)| *url),
            };
            let Some(default) = default else {
                let hint = suggest(&key.value, std::iter::once("api").chain(names));
                let message = format!("provider {} has no endpoint `{}`{hint}", descriptor.names.id, key.value);
                self.problem(key.at, message);
                continue;
            };
            let Some(value) = value else { continue };
            match self
                .resolver
                .secrets
                .expand(&value.value)
                .and_then(|url| endpoint_url(&url, default))
            {
                Ok(url) => {
                    endpoints.insert(key.value.clone(), url);
                }
                Err(why) => self.problem(value.at, format!("endpoint `{}`: {why}", key.value)),
            }
        }
        endpoints
    }

    /// A live channel talks TLS to a host that the descriptor lists, or not at all.
    fn live_host(&mut self, entry: &ChannelEntry, descriptor: &Descriptor) {
        let listed = descriptor.base_url.parse::<http::Uri>().is_ok_and(|url| {
            let secure = matches!(url.scheme_str(), Some("https" | "tcp"));
            secure && url.host().is_some_and(|host| descriptor.hosts.contains(&host))
        });
        if !listed {
            let message = format!("provider {} has no live endpoint in this build", descriptor.names.id);
            self.problem(entry.mode.at, message);
        }
    }
}

/// An absolute URL without query, or the reason why not. Raw TCP only where the default is raw TCP too.
fn endpoint_url(text: &str, default: &str) -> Result<String, String> {
    let url: http::Uri = text.parse().map_err(|_| "not a URL".to_owned())?;
    let scheme_fits = match url.scheme_str() {
        Some("http" | "https") => true,
        Some("tcp") => default.starts_with("tcp:"),
        _ => false,
    };
    let host = url.host().is_some_and(|host| !host.is_empty());
    let user = url.authority().is_some_and(|a| a.as_str().contains('@'));
    if !scheme_fits || !host || user || url.query().is_some() {
        return Err(
            "must be an absolute http or https URL without user and query, e.g. http://127.0.0.1:8090/toss".to_owned(),
        );
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::endpoint_url;

    #[test]
    fn endpoints_are_absolute_urls() {
        let https = "https://api.example.com";
        assert_eq!(
            endpoint_url("http://127.0.0.1:1/toss/", https).as_deref(),
            Ok("http://127.0.0.1:1/toss")
        );
        assert_eq!(
            endpoint_url("tcp://127.0.0.1:1", "tcp://pg.example.com:9").as_deref(),
            Ok("tcp://127.0.0.1:1")
        );
        for bad in [
            "/toss",
            "ftp://a",
            "http://",
            "http://a@b",
            "http://a?x",
            "tcp://a:1",
            "",
            "127.0.0.1:80",
            "a b",
        ] {
            assert!(endpoint_url(bad, https).is_err(), "{bad}");
        }
    }
}
