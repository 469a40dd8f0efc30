//! What a script needs to talk to the demo: addresses, keys, names of stores and channels.

use super::{Keys, Simulating};
use crate::adapters::{ChannelSpec, ChannelState};
use crate::channels::{Snapshot, Store, V1Key, V1Store};
use crate::engine::now;
use crate::server::House;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::Path;

/// Keys and values, in the order they are written. Only what works in this version is listed.
pub(super) type Values = Vec<(String, String)>;

pub(super) fn values(
    house: &House,
    snapshot: &Snapshot,
    keys: &Keys,
    simulating: &Simulating,
    channels: &Path,
) -> Values {
    let addresses = house.addresses();
    let channels = channels.canonicalize().unwrap_or_else(|_| channels.to_owned());
    let mut values: Values = Vec::new();
    let mut put = |name: &str, value: &str| values.push((name.to_owned(), value.to_owned()));
    put("NARU_URL", house.public_url());
    put("NARU_V1_URL", &addresses.v1);
    put("NARU_ADMIN_URL", &addresses.operations);
    put("NARU_ADMIN_TOKEN", keys.admin_token.expose_secret());
    put("NARU_SIM_URL", &simulating.url);
    for (name, value) in &simulating.sockets {
        put(name, value);
    }
    if let Some(shop) = house.shop_url() {
        put("NARU_SHOP_URL", &shop);
    }
    put("NARU_CHANNELS_DIR", &channels.display().to_string());
    // Absent when --channels names files that do not use the demo's secret.
    if let Some(store) = snapshot.store_by_secret(keys.api_secret.expose_secret(), now()) {
        put("NARU_STORE_ID", &store.id);
        put("NARU_API_SECRET", keys.api_secret.expose_secret());
        put("NARU_WEBHOOK_SECRET", keys.webhook_secret.expose_secret());
        if let Some((v1, pair)) = v1_pair(store, &keys.v1_secret) {
            put("NARU_V1_KEY", &pair.key);
            put("NARU_V1_SECRET", keys.v1_secret.expose_secret());
            if let Some(code) = &v1.user_code {
                put("NARU_V1_USER_CODE", code);
            }
        }
        for (name, key) in named_channels(snapshot, &store.id) {
            put(&format!("NARU_CHANNEL_{name}"), &key);
        }
        if let Some(group) = first_group(snapshot, &store.id) {
            put("NARU_GROUP_CARD", &group);
        }
    }
    values
}

/// The store's V1 settings and the key pair that has the demo's secret.
fn v1_pair<'s>(store: &'s Store, secret: &SecretString) -> Option<(&'s V1Store, &'s V1Key)> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.expose_secret().as_bytes());
    let v1 = store.v1.as_ref()?;
    let pair = v1.keys.iter().find(|pair| pair.sha256 == digest.as_ref())?;
    Some((v1, pair))
}

/// A channel for each name: `TOSS`, `TOSS_MANUAL` for one whose approvals the merchant's server confirms, and
/// `TOSS_BILLING` for one whose MID is a billing contract of its own. Of several, the one with the smallest key.
fn named_channels(snapshot: &Snapshot, store_id: &str) -> BTreeMap<String, String> {
    let usable = snapshot
        .channels
        .values()
        .filter(|c| c.spec.state == ChannelState::Active && c.spec.stores.iter().any(|s| s == store_id));
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for spec in usable.map(|channel| &channel.spec) {
        let name = format!("{}{}", spec.provider.to_uppercase(), suffix(spec));
        let key = named.entry(name).or_insert_with(|| spec.key.clone());
        if spec.key < *key {
            key.clone_from(&spec.key);
        }
    }
    named
}

/// Nothing in a channel's settings says what its contract is for; the sample's channels are known by their keys.
fn suffix(spec: &ChannelSpec) -> &'static str {
    let billing = super::sample::BILLING.contains(&spec.key.as_str());
    match (spec.manual_confirm, billing) {
        (true, _) => "_MANUAL",
        (false, true) => "_BILLING",
        (false, false) => "",
    }
}

fn first_group(snapshot: &Snapshot, store_id: &str) -> Option<String> {
    let groups = snapshot.groups.values();
    let mine = groups.filter(|g| g.stores.iter().any(|s| s == store_id));
    mine.map(|g| g.id.clone()).min()
}

/// `KEY=value` lines that a shell and every dotenv reader understand.
pub(super) fn render(values: &Values) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    let line = |(name, value): &(String, String)| {
        if value.chars().all(plain) {
            format!("{name}={value}\n")
        } else {
            format!("{name}='{}'\n", value.replace('\'', r"'\''"))
        }
    };
    values.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn quotes_what_a_shell_would_split() {
        let values = vec![
            ("A".to_owned(), "http://127.0.0.1:1".to_owned()),
            ("B".to_owned(), "/a b/it's".to_owned()),
        ];
        assert_eq!(render(&values), "A=http://127.0.0.1:1\nB='/a b/it'\\''s'\n");
    }
}
