//! Scenario and provider files, and the substitution of `$names`.

use crate::source::root;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub needs: Vec<String>,
    /// Run once for each element of this list of the provider's file.
    pub for_each: Option<String>,
    /// Role of the channel used: `main`, `manual`, `unreachable`, `billing`.
    #[serde(default = "main_channel")]
    pub channel: String,
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

fn main_channel() -> String {
    "main".to_owned()
}

/// One step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(rename = "do")]
    pub what: String,
    pub device: Option<String>,
    #[serde(rename = "as")]
    pub outcome: Option<String>,
    pub tamper: Option<Value>,
    /// A map, or a `$name` of one.
    pub with: Option<Value>,
    /// Fields filled with so many characters.
    pub long: Option<Map<String, Value>>,
    /// How an account is issued: `api`, `window` (of a PC) or `phone` (its window).
    pub through: Option<String>,
    pub card: Option<String>,
    pub token: Option<String>,
    pub times: Option<usize>,
    pub status: Option<u16>,
    pub error: Option<String>,
    /// A map, or a `$name` of one.
    pub expect: Option<Value>,
    pub faults: Option<Value>,
    pub seconds: Option<u64>,
    pub ms: Option<u64>,
    pub mid: Option<u8>,
    pub id: Option<String>,
    pub hang_up: Option<u64>,
    /// Until the scheduled charge, ms.
    pub due_ms: Option<i64>,
    /// Who is named: `key`, `ids`, `both`.
    pub by: Option<String>,
    pub idempotency_key: Option<String>,
    #[serde(default)]
    pub background: bool,
    /// Of several at once exactly one succeeds; the others answer this error.
    pub one_succeeds: Option<String>,
    /// Of several at once each answers one of these statuses.
    pub each_one_of: Option<Vec<u16>>,
    /// Keep the return of the window before, to send it to this window.
    #[serde(default)]
    pub keep_return: bool,
}

/// What the scenarios need to know about a provider.
#[derive(Debug)]
pub struct Pg {
    pub provider: String,
    values: Map<String, Value>,
    channels: String,
}

/// Words that most files leave out, and what they are then.
const USUAL: &[(&str, &str)] = &[
    ("cardType", "*"),
    ("lostSchedule", "SUCCEEDED"),
    ("lostSchedulePayment", "PAID"),
];
/// Lists that are another one where a file leaves them out.
const SAME: &[(&str, &str)] = &[("refundedIssues", "issues")];

impl Pg {
    /// Reads `pg/{provider}.toml` and its channel template.
    pub fn load(provider: &str) -> Self {
        let dir = root().join("tests/scenarios/pg");
        let text = std::fs::read_to_string(dir.join(format!("{provider}.toml"))).unwrap();
        let values: Map<String, Value> = toml::from_str(&text).unwrap();
        let channels = std::fs::read_to_string(dir.join(format!("{provider}.channels.in"))).unwrap();
        Self {
            provider: provider.to_owned(),
            values,
            channels,
        }
    }

    /// The channel file for MID number `mid`: `@MID@` is the number, `@ROOT@` the repository, `@name@` a member of
    /// that one of `contracts`.
    pub fn channel_file(&self, store: &str, mid: u8) -> String {
        let text = self
            .channels
            .replace("@MID@", &mid.to_string())
            .replace("@STORE@", store)
            .replace("@ROOT@", &root().display().to_string());
        let contracts = self.get("contracts").and_then(Value::as_array);
        let contract = contracts.and_then(|list| list.get(usize::from(mid) - 1)?.as_object());
        contract.into_iter().flatten().fold(text, |text, (name, value)| {
            text.replace(&format!("@{name}@"), value.as_str().unwrap())
        })
    }

    /// A value by dotted path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// A card by name.
    pub fn card(&self, name: &str) -> Value {
        self.get(&format!("cards.{name}"))
            .cloned()
            .unwrap_or_else(|| panic!("no card {name}"))
    }
}

impl Scenario {
    /// The elements to run for: one `None` without `for_each`.
    pub fn items(&self, pg: &Pg) -> Vec<Option<Value>> {
        let Some(list) = &self.for_each else {
            return vec![None];
        };
        let other = SAME.iter().find(|row| row.0 == list).map(|row| row.1);
        let found = pg.get(list).or_else(|| pg.get(other?));
        let items = found.and_then(Value::as_array);
        let items = items.unwrap_or_else(|| panic!("{}: {list} is not in the provider's file", self.id));
        items.iter().cloned().map(Some).collect()
    }
}

/// Replaces `$name` by the provider's value, and `$item` by the element the scenario runs for.
pub fn resolve(value: &Value, pg: &Pg, item: Option<&Value>) -> Value {
    match value {
        Value::String(text) => resolve_text(text, pg, item),
        Value::Array(list) => list.iter().map(|v| resolve(v, pg, item)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), resolve(v, pg, item))).collect(),
        other => other.clone(),
    }
}

fn look_up(name: &str, pg: &Pg, item: Option<&Value>) -> Value {
    let found = match name.strip_prefix("item") {
        Some("") => item.cloned(),
        Some(path) => item.and_then(|i| i.get(path.trim_start_matches('.'))).cloned(),
        None => pg.get(name).cloned(),
    };
    let usual = || USUAL.iter().find(|row| row.0 == name).map(|row| Value::from(row.1));
    let found = found.or_else(usual);
    found.unwrap_or_else(|| panic!("${name} is neither in the provider's file nor in the item {item:?}"))
}

fn resolve_text(text: &str, pg: &Pg, item: Option<&Value>) -> Value {
    if let Some(name) = text.strip_prefix('$') {
        return look_up(name, pg, item);
    }
    match text.split_once('$') {
        Some((before, name)) => match look_up(name, pg, item) {
            Value::String(value) => format!("{before}{value}").into(),
            other => format!("{before}{other}").into(),
        },
        None => text.into(),
    }
}
