//! `[store.v1]`: what a store has for the V1 API (아임포트): its keys, its default channel, its switches.

use super::build::Builder;
use super::file::{API_SECRET_MIN, At, Hidden, Time};
use crate::payment::Millis;
use schemars::JsonSchema;
use secrecy::ExposeSecret;

/// A key pair of the V1 API (`imp_key`, `imp_secret`), the secret hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V1Key {
    /// `imp_key`; not a secret.
    pub key: String,
    /// SHA-256 of `imp_secret`.
    pub sha256: [u8; 32],
    /// Refused from this time on, ms.
    pub expires_at: Option<Millis>,
}

/// A store's V1 settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V1Store {
    /// What the browser names the store by (`IMP.init`).
    pub user_code: Option<String>,
    /// Key pairs.
    pub keys: Vec<V1Key>,
    /// `channelKey` of payments that name no channel.
    pub default_channel: Option<String>,
    /// Whether `GET /payments/{imp_uid}` shows payments of test channels without being asked to.
    pub include_sandbox: bool,
    /// Whether receivers are told of cancellations by API that say nothing of `enable_webhook`.
    pub cancel_webhooks: bool,
}

/// V1 API of a store.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "V1")]
pub(super) struct V1Entry {
    /// Public name of the store in browsers (`IMP.init`): `imp` and 8 digits.
    pub user_code: Option<At<String>>,
    /// Key pairs. Several may be valid at once, so that they can be rotated.
    pub keys: At<Vec<V1KeyEntry>>,
    /// `channelKey` of payments that name neither `channel_key` nor `pg`.
    pub default_channel: Option<At<String>>,
    /// `GET /payments/{imp_uid}` shows payments of test channels even without `include_sandbox=true`. Default `false`,
    /// as at PortOne since 2026.
    pub include_sandbox: Option<At<bool>>,
    /// Tells the store's webhooks of cancellations by `POST /payments/cancel` even without `enable_webhook=true`. Default
    /// `false`, as at PortOne.
    pub cancel_webhooks: Option<At<bool>>,
}

/// A V1 key pair.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "V1Key")]
pub(super) struct V1KeyEntry {
    /// `imp_key`. Not a secret; distinct over all stores.
    pub key: At<String>,
    /// SHA-256 of `imp_secret`, 64 hex digits.
    pub sha256: Option<At<String>>,
    /// Reference to `imp_secret`: `env:NAME` or `file:PATH`. Only its SHA-256 is kept.
    pub secret: Option<At<Hidden>>,
    /// Refused from this time on.
    pub expires_at: Option<At<Time>>,
}

impl Builder<'_> {
    /// Builds a store's V1 settings. What is wrong is among the problems.
    pub(super) fn v1(&mut self, entry: &V1Entry) -> V1Store {
        if let Some(code) = &entry.user_code {
            let digits = code.value.strip_prefix("imp").unwrap_or_default();
            if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                self.problem(code.at, "`user_code` must be `imp` and 8 digits, e.g. imp00000001");
            }
        }
        V1Store {
            user_code: entry.user_code.as_ref().map(|code| code.value.clone()),
            keys: entry.keys.value.iter().filter_map(|key| self.v1_key(key)).collect(),
            default_channel: entry.default_channel.as_ref().map(|key| key.value.clone()),
            include_sandbox: entry.include_sandbox.as_ref().is_some_and(|flag| flag.value),
            cancel_webhooks: entry.cancel_webhooks.as_ref().is_some_and(|flag| flag.value),
        }
    }

    fn v1_key(&mut self, entry: &V1KeyEntry) -> Option<V1Key> {
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
                    let message = format!("the V1 secret is shorter than {API_SECRET_MIN} characters");
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
                self.problem(entry.key.at, "give either `sha256` or `secret`");
                return None;
            }
        };
        Some(V1Key {
            key: entry.key.value.clone(),
            sha256,
            expires_at: entry.expires_at.as_ref().map(|at| at.value.0),
        })
    }
}
