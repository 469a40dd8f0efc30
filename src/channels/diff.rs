//! What a swap would change, secrets masked.

use super::Snapshot;
use super::model::{Group, Store};
use crate::adapters::ChannelRevision;
use crate::payment::Millis;
use secrecy::ExposeSecret;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::Arc;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Store.
    Store,
    /// Channel.
    Channel,
    /// Group.
    Group,
}

/// One thing that is added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Kind of thing.
    pub what: What,
    /// Its id or key.
    pub id: String,
    /// It is in the first snapshot.
    pub before: bool,
    /// It is in the second snapshot.
    pub after: bool,
    /// Fields that differ.
    pub fields: Vec<FieldChange>,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Field as in the file, e.g. `credentials.secretKey`.
    pub field: String,
    /// Value before, `***` for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Value after, `***` for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A field's value, for comparing and for showing.
#[derive(PartialEq, Eq)]
struct Fact {
    shown: String,
    /// Digest of what is not shown.
    secret: Option<[u8; 32]>,
}

type Facts = BTreeMap<String, Fact>;

const MASK: &str = "***";

/// The changes from `a` to `b`: stores, then channels, then groups, each by id.
#[must_use]
pub fn diff(a: &Snapshot, b: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(What::Store, &a.stores, &b.stores, store_facts, &mut changes);
    compare(What::Channel, &a.channels, &b.channels, channel_facts, &mut changes);
    compare(What::Group, &a.groups, &b.groups, group_facts, &mut changes);
    changes
}

fn compare<T>(
    what: What,
    a: &HashMap<String, Arc<T>>,
    b: &HashMap<String, Arc<T>>,
    facts: impl Fn(&T) -> Facts,
    changes: &mut Vec<Change>,
) {
    let differs = |id: &&String| match (a.get(*id), b.get(*id)) {
        (Some(a), Some(b)) => !Arc::ptr_eq(a, b),
        _ => true,
    };
    let ids: BTreeSet<&String> = a.keys().chain(b.keys()).filter(differs).collect();
    for id in ids {
        let (before, after) = (a.get(id), b.get(id));
        let fields = fields(
            &before.map(|x| facts(x)).unwrap_or_default(),
            &after.map(|x| facts(x)).unwrap_or_default(),
        );
        if before.is_some() && after.is_some() && fields.is_empty() {
            continue;
        }
        changes.push(Change {
            what,
            id: id.clone(),
            before: before.is_some(),
            after: after.is_some(),
            fields,
        });
    }
}

fn fields(a: &Facts, b: &Facts) -> Vec<FieldChange> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    names
        .into_iter()
        .filter(|name| a.get(*name) != b.get(*name))
        .map(|name| FieldChange {
            field: name.clone(),
            from: a.get(name).map(|fact| fact.shown.clone()),
            to: b.get(name).map(|fact| fact.shown.clone()),
        })
        .collect()
}

fn shown(value: impl ToString) -> Fact {
    Fact {
        shown: value.to_string(),
        secret: None,
    }
}

fn word(value: impl Serialize) -> Fact {
    let word = serde_json::to_value(value).ok();
    shown(word.as_ref().and_then(|word| word.as_str()).unwrap_or_default())
}

fn time(at: Millis) -> Fact {
    shown(jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string()))
}

fn hidden(digest: [u8; 32]) -> Fact {
    Fact {
        shown: MASK.to_owned(),
        secret: Some(digest),
    }
}

fn store_facts(store: &Store) -> Facts {
    let mut facts = Facts::new();
    facts.insert("merchant_id".to_owned(), shown(&store.merchant_id));
    facts.insert("name".to_owned(), shown(&store.name));
    for secret in &store.secrets {
        facts.insert(format!("api_secrets.{}", secret.name), hidden(secret.sha256));
        if let Some(at) = secret.expires_at {
            facts.insert(format!("api_secrets.{}.expires_at", secret.name), time(at));
        }
    }
    for webhook in &store.webhooks {
        facts.insert(format!("webhooks.{}", webhook.url), shown(webhook.shown()));
    }
    for profile in &store.profiles {
        for (at, method) in profile.methods.iter().enumerate() {
            let name = format!("checkout_profiles.{}.{}", profile.key, at + 1);
            facts.insert(name, shown(format!("{:?} by {}", method.method, method.channel)));
        }
    }
    if let Some(v1) = &store.v1 {
        for (name, value) in [("user_code", &v1.user_code), ("default_channel", &v1.default_channel)] {
            if let Some(value) = value {
                facts.insert(format!("v1.{name}"), shown(value));
            }
        }
        facts.insert("v1.include_sandbox".to_owned(), shown(v1.include_sandbox));
        facts.insert("v1.cancel_webhooks".to_owned(), shown(v1.cancel_webhooks));
        for key in &v1.keys {
            facts.insert(format!("v1.keys.{}", key.key), hidden(key.sha256));
            if let Some(at) = key.expires_at {
                facts.insert(format!("v1.keys.{}.expires_at", key.key), time(at));
            }
        }
    }
    facts
}

fn channel_facts(channel: &ChannelRevision) -> Facts {
    let spec = &channel.spec;
    let mut facts = Facts::new();
    let mut fact = |name: &str, fact: Fact| facts.insert(name.to_owned(), fact);
    fact("name", shown(&spec.name));
    fact("provider", shown(&spec.provider));
    fact("mode", word(spec.mode));
    fact("state", word(spec.state));
    fact("mid", shown(&spec.mid));
    fact("stores", shown(spec.stores.join(", ")));
    fact("manual_confirm", shown(spec.manual_confirm));
    fact("in_flight_max", shown(spec.in_flight_max));
    if !spec.methods.is_empty() {
        let methods: Vec<&str> = spec.methods.iter().map(|m| m.as_str()).collect();
        fact("methods", shown(methods.join(", ")));
    }
    if let Some(at) = spec.effective_at {
        fact("effective_at", time(at));
    }
    for (name, url) in &spec.endpoints {
        fact(&format!("endpoints.{name}"), shown(url));
    }
    for (operation, total) in &spec.timeouts {
        fact(&format!("timeouts_ms.{}", operation.as_str()), shown(total.as_millis()));
    }
    let public = |name: &str| {
        let fields = channel.adapter.descriptor().credentials;
        fields.iter().any(|field| field.name == name && !field.secret)
    };
    for (name, value) in &spec.credentials {
        let value = value.expose_secret();
        let value = if public(name) {
            shown(value)
        } else {
            hidden(super::sha256(value.as_bytes()))
        };
        fact(&format!("credentials.{name}"), value);
    }
    facts
}

fn group_facts(group: &Group) -> Facts {
    let mut facts = Facts::new();
    facts.insert("name".to_owned(), shown(&group.name));
    facts.insert("mode".to_owned(), word(group.mode));
    facts.insert("stores".to_owned(), shown(group.stores.join(", ")));
    for rule in &group.rules {
        let members: Vec<String> = rule
            .members
            .iter()
            .map(|m| format!("{} {}", m.channel, m.weight))
            .collect();
        let text = format!("{:?} to {}", rule.when, members.join(", "));
        facts.insert(format!("rules.{}", rule.name), shown(text));
    }
    for member in &group.members {
        facts.insert(format!("members.{}", member.channel), shown(member.weight));
    }
    facts
}

/// The changes as text, one block per thing: `+` added, `-` removed, `~` changed.
#[must_use]
pub fn render(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let sign = match (change.before, change.after) {
            (false, _) => '+',
            (true, false) => '-',
            (true, true) => '~',
        };
        let what = match change.what {
            What::Store => "store",
            What::Channel => "channel",
            What::Group => "group",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{sign} {what} {}", change.id);
        if sign == '-' {
            continue;
        }
        for FieldChange { field, from, to } in &change.fields {
            let _ = match (from.as_deref(), to.as_deref()) {
                (Some(MASK), Some(MASK)) => writeln!(out, "    {field}: changed"),
                (None, Some(to)) if sign == '+' => writeln!(out, "    {field}: {to}"),
                (from, to) => writeln!(out, "    {field}: {} → {}", from.unwrap_or("-"), to.unwrap_or("-")),
            };
        }
    }
    out
}
