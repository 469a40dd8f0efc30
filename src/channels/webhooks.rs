//! Where a store's webhooks go: the entry in the channel file, and what is built from it.

use super::build::Builder;
use super::file::{At, Hidden};
use super::problem::suggest;
use crate::adapters::Mode;
use crate::payment::ESCROW_CHANGED;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Events a merchant can be told of (PortOne V2, webhooks). A filter names some of them.
pub const EVENTS: &[&str] = &[
    "Transaction.Ready",
    "Transaction.Paid",
    "Transaction.VirtualAccountIssued",
    "Transaction.PartialCancelled",
    "Transaction.Cancelled",
    "Transaction.CancelPending",
    "Transaction.PayPending",
    "Transaction.Failed",
    "BillingKey.Ready",
    "BillingKey.Issued",
    "BillingKey.Failed",
    "BillingKey.Deleted",
    "BillingKey.Updated",
    ESCROW_CHANGED,
];

/// Most endpoints of one store.
const ENDPOINTS_MAX: usize = 20;
/// Secrets an endpoint may have at once: the old and the new one while receivers are moved over.
const SECRETS_MAX: usize = 2;
/// Fewest and most bytes of a signing key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// Form of a webhook's body (PortOne V2, webhook versions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WebhookVersion {
    /// `{type, timestamp, data}`.
    #[serde(rename = "2024-04-25")]
    V20240425,
    /// `{payment_id, tx_id, status}`; has no billing-key events.
    #[serde(rename = "2024-01-01")]
    V20240101,
    /// V1 (아임포트): `{imp_uid, merchant_uid, status[, cancellation_id]}`; fewer events, and not signed unless asked to.
    #[serde(rename = "v1")]
    V1,
}

impl WebhookVersion {
    /// The version as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V20240425 => "2024-04-25",
            Self::V20240101 => "2024-01-01",
            Self::V1 => "v1",
        }
    }
}

/// Encoding of a webhook's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookContent {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`; versions 2024-01-01 and v1.
    Form,
}

/// Which payments an endpoint hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookMode {
    /// Those of live channels.
    Live,
    /// Those of test channels.
    Test,
    /// All.
    Both,
}

impl WebhookMode {
    /// Whether payments of a channel mode are told; `None` is a change that belongs to no channel.
    #[must_use]
    pub fn hears(self, mode: Option<Mode>) -> bool {
        match (self, mode) {
            (Self::Both, _) | (_, None) => true,
            (Self::Live, Some(mode)) => mode == Mode::Live,
            (Self::Test, Some(mode)) => mode == Mode::Test,
        }
    }
}

/// How long deliveries are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookRetry {
    /// PortOne's plan: six tries, 0, 1, 4, 16, 64 and 256 minutes apart at most.
    Standard,
    /// Ten tries over about five days: the standard plan, then 12, 24, 36 and 48 hours.
    Long,
}

/// One place a store's webhooks go to.
#[derive(Debug, Clone)]
pub struct WebhookEndpoint {
    /// Absolute URL.
    pub url: String,
    /// Form of the body.
    pub version: WebhookVersion,
    /// Encoding of the body.
    pub content: WebhookContent,
    /// Which payments it hears of.
    pub mode: WebhookMode,
    /// Signing secrets (`whsec_…`), newest first; all of them sign.
    pub secrets: Vec<SecretString>,
    /// Events it hears of; empty means all.
    pub events: Vec<String>,
    /// One event of a payment at a time, in order.
    pub ordered: bool,
    /// May resolve to loopback and private addresses; endpoints of test payments only.
    pub allow_private: bool,
    /// How long deliveries are tried.
    pub retry: WebhookRetry,
}

impl WebhookEndpoint {
    /// The settings as one line for comparing and for showing; secrets only as the start of a digest.
    pub(super) fn shown(&self) -> String {
        let keys = self.secrets.iter().map(|secret| {
            let sum = digest(&SHA256, secret.expose_secret().as_bytes());
            super::hex(sum.as_ref().get(..4).unwrap_or_default())
        });
        format!(
            "version {}, {:?}, {:?}, {:?}, ordered {}, allow_private {}, events [{}], secrets [{}]",
            self.version.as_str(),
            self.content,
            self.mode,
            self.retry,
            self.ordered,
            self.allow_private,
            self.events.join(", "),
            keys.collect::<Vec<_>>().join(", "),
        )
    }
}

/// Where the store's webhooks go.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Webhook")]
pub(super) struct WebhookEntry {
    /// Absolute URL. `${NAME}` is taken from the environment; `${NARU_PUBLIC_URL}` is the router's own public origin.
    pub url: At<String>,
    /// Form of the body: `2024-04-25` (default), `2024-01-01`, or `v1` for receivers of the V1 API.
    pub version: Option<At<WebhookVersion>>,
    /// Encoding of the body: `json` (default), or `form` with versions 2024-01-01 and v1.
    pub content_type: Option<At<WebhookContent>>,
    /// Payments of `live` channels, of `test` channels, or `both` (default).
    pub mode: Option<At<WebhookMode>>,
    /// References to up to two signing secrets (`env:NAME`, `file:PATH`), each `whsec_` and base64 of 16 to 64 bytes.
    /// May be left out with version `v1`, which PortOne does not sign.
    /// With two, every delivery is signed with both: add the new one first, move the receiver over, drop the old one.
    pub secrets: Option<At<Vec<At<Hidden>>>>,
    /// Events to send; all if left out. With version `v1` two are sent only if they are named here: failures of payments that
    /// no schedule made (`Transaction.Failed`) and changes of escrows at KG Inicis (`Inicis.Escrow.Changed`).
    pub events: Option<At<Vec<At<String>>>>,
    /// One event of a payment at a time, in order: a failing one holds back the later ones. Default `false`.
    pub ordered: Option<At<bool>>,
    /// Lets the URL resolve to loopback and private addresses; needs `mode = "test"`. Default `false`.
    pub allow_private: Option<At<bool>>,
    /// `standard` (default, six tries in about 5.7 hours) or `long` (ten tries in about five days).
    pub retry: Option<At<WebhookRetry>>,
}

impl WebhookEntry {
    /// References that may name secret files.
    pub(super) fn secret_texts(&self) -> impl Iterator<Item = &str> {
        let secrets = self.secrets.iter().flat_map(|secrets| &secrets.value);
        secrets.map(|secret| secret.value.0.as_str())
    }
}

/// The key behind a `whsec_…` secret: base64 with padding, the prefix is optional.
///
/// # Errors
/// What is wrong, without the value.
pub fn webhook_key(secret: &str) -> Result<Vec<u8>, String> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD
        .decode(encoded)
        .map_err(|_| "must be `whsec_` and base64 with padding".to_owned())?;
    if KEY_BYTES.contains(&key.len()) {
        return Ok(key);
    }
    let (least, most) = (KEY_BYTES.start(), KEY_BYTES.end());
    Err(format!("must hold {least} to {most} bytes in base64"))
}

/// An absolute http or https URL without user and fragment.
fn hook_url(text: &str) -> Result<(), String> {
    let url: http::Uri = text.parse().map_err(|_| "not a URL".to_owned())?;
    let scheme = matches!(url.scheme_str(), Some("http" | "https"));
    let host = url.host().is_some_and(|host| !host.is_empty());
    let user = url.authority().is_some_and(|a| a.as_str().contains('@'));
    if scheme && host && !user && !text.contains('#') {
        return Ok(());
    }
    Err("must be an absolute http or https URL without user and fragment".to_owned())
}

impl Builder<'_> {
    /// Builds a store's endpoints; problems are noted.
    pub(super) fn webhooks(&mut self, entries: &[WebhookEntry]) -> Vec<WebhookEndpoint> {
        let mut built: Vec<WebhookEndpoint> = Vec::with_capacity(entries.len());
        if let Some(extra) = entries.get(ENDPOINTS_MAX) {
            self.problem(extra.url.at, format!("a store has at most {ENDPOINTS_MAX} webhooks"));
        }
        for entry in entries {
            let Some(endpoint) = self.webhook(entry) else { continue };
            if built.iter().any(|b| b.url == endpoint.url && b.mode == endpoint.mode) {
                self.problem(entry.url.at, "the store has this `url` twice for the same `mode`");
            }
            built.push(endpoint);
        }
        built
    }

    fn webhook(&mut self, entry: &WebhookEntry) -> Option<WebhookEndpoint> {
        let before = self.problems.len();
        let url = self.resolver.secrets.expand(&entry.url.value);
        let url = url.and_then(|url| hook_url(&url).map(|()| url));
        let url = url.unwrap_or_else(|why| {
            self.problem(entry.url.at, format!("`url`: {why}"));
            String::new()
        });
        let mode = entry.mode.as_ref().map_or(WebhookMode::Both, |m| m.value);
        let version = entry.version.as_ref().map_or(WebhookVersion::V20240425, |v| v.value);
        let content = entry.content_type.as_ref().map_or(WebhookContent::Json, |c| c.value);
        if let Some(given) = &entry.content_type
            && content == WebhookContent::Form
            && version == WebhookVersion::V20240425
        {
            self.problem(
                given.at,
                "`form` needs version = \"2024-01-01\": the later version is JSON only",
            );
        }
        if let Some(given) = entry.allow_private.as_ref().filter(|given| given.value)
            && mode != WebhookMode::Test
        {
            self.problem(given.at, "`allow_private` needs mode = \"test\"");
        }
        if mode != WebhookMode::Test && url.starts_with("http:") {
            let message = "live payments are told over https only; use https, or mode = \"test\"";
            self.problem(entry.url.at, message);
        }
        let secrets = self.webhook_secrets(entry, mode);
        let events = self.webhook_events(entry);
        (self.problems.len() == before).then_some(WebhookEndpoint {
            url,
            version,
            content,
            mode,
            secrets,
            events,
            ordered: entry.ordered.as_ref().is_some_and(|flag| flag.value),
            allow_private: entry.allow_private.as_ref().is_some_and(|flag| flag.value),
            retry: entry.retry.as_ref().map_or(WebhookRetry::Standard, |r| r.value),
        })
    }

    fn webhook_secrets(&mut self, entry: &WebhookEntry, mode: WebhookMode) -> Vec<SecretString> {
        let Some(given) = &entry.secrets else {
            // V1's receivers check nothing: they read the payment.
            if entry.version.as_ref().is_some_and(|v| v.value == WebhookVersion::V1) {
                return Vec::new();
            }
            self.problem(
                entry.url.at,
                "a webhook needs `secrets`: receivers must be able to tell it from a forged one",
            );
            return Vec::new();
        };
        if given.value.len() > SECRETS_MAX {
            self.problem(given.at, format!("at most {SECRETS_MAX} `secrets` sign at once"));
        }
        let mut secrets = Vec::with_capacity(given.value.len());
        for secret in &given.value {
            let found = self.resolver.secret(&secret.value.0, mode == WebhookMode::Test);
            match found.and_then(|value| webhook_key(value.expose_secret()).map(|_| value)) {
                Ok(value) => secrets.push(value),
                Err(why) => self.problem(secret.at, format!("`secrets`: {why}")),
            }
        }
        secrets
    }

    fn webhook_events(&mut self, entry: &WebhookEntry) -> Vec<String> {
        let mut events = Vec::new();
        let v1 = entry.version.as_ref().is_some_and(|v| v.value == WebhookVersion::V1);
        for event in entry.events.iter().flat_map(|events| &events.value) {
            if event.value == ESCROW_CHANGED && !v1 {
                self.problem(
                    event.at,
                    format!("`{ESCROW_CHANGED}` needs version = \"v1\": V2 has no such event"),
                );
            }
            if EVENTS.contains(&event.value.as_str()) {
                events.push(event.value.clone());
            } else {
                let hint = suggest(&event.value, EVENTS.iter().copied());
                self.problem(event.at, format!("`events` cannot be `{}`{hint}", event.value));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests;
