//! The format: every key is read, defaults are what the documentation says, the editors' schema agrees.

use super::fake::{Dir, FAKES, STORE, channel};
use crate::adapters::{ChannelState, Mode, Operation};
use crate::channels::{CheckoutMethod, RuleDevice, Secrets, Sticky, diff, json_schema, render};
use crate::payment::MethodKind;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::time::Duration;

const EVERYTHING: &str = r#"
[[store]]
id = "store-2"
merchant_id = "merchant-1"
name = "둘째 상점"
api_secrets = [
  { name = "old", sha256 = "00000000000000000000000000000000000000000000000000000000000000aA", expires_at = 2026-01-31T09:00:00+09:00 },
  { name = "new", secret = "env:NARU_T_API" },
]
[[store.webhooks]]
url = "http://127.0.0.1:1/hook"
version = "2024-01-01"
content_type = "form"
mode = "test"
secrets = ["plain:whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE="]
events = ["Transaction.Paid"]
ordered = true
allow_private = true
retry = "long"
[store.v1]
user_code = "imp00000002"
keys = [
  { key = "0000000000000002", sha256 = "00000000000000000000000000000000000000000000000000000000000000bb", expires_at = 2026-01-31T09:00:00+09:00 },
  { key = "0000000000000003", secret = "env:NARU_T_API" },
]
default_channel = "full"
include_sandbox = true
cancel_webhooks = true
[[store.checkout_profiles]]
key = "profile-2"
methods = [{ method = "N_PAY", channel = "full" }]

[[channel]]
key = "full"
name = "모두"
provider = "fakepg"
mode = "test"
state = "retired"
mid = "mid-full"
stores = ["store-2"]
methods = ["CARD"]
manual_confirm = true
in_flight_max = 9
effective_at = "2026-01-31T00:00:00Z"
credentials = { clientKey = "ck", secretKey = "file:keys/secret", certificate = "env:NARU_T_API" }
endpoints = { api = "${NARU_T_SIM}/fake/", script = "https://js.example" }
timeouts_ms = { register = 1000, approve = 2_000, instant = 3000, cancel = 4000, inquire = 5000, net_cancel = 120000,
    issue_billing_key = 6000, charge_billing_key = 7000, delete_billing_key = 8000 }

[[group]]
id = "group"
name = "묶음"
mode = "test"
stores = ["store-2"]
members = [{ channel = "full", weight = 1 }]
sticky = "customer"
[[group.rules]]
name = "전부"
methods = ["CARD", "EASY_PAY"]
min_amount = 1000
max_amount = 50000
currencies = ["KRW"]
devices = ["pc", "api"]
stores = ["store-2"]
wallets = ["KAKAOPAY"]
card_issuers = ["SHINHAN_CARD"]
card_bins = ["9410"]
hours = "23:30-00:30"
members = [{ channel = "full", weight = 1 }]
"#;

fn secrets() -> Secrets {
    Secrets::new()
        .with("NARU_T_API", "an-api-secret-of-24-chars")
        .with("NARU_T_SIM", "http://127.0.0.1:8090")
}

fn full() -> Dir {
    let dir = Dir::with(&[("all.toml", EVERYTHING)]);
    std::fs::create_dir(dir.file("keys")).unwrap();
    dir.write("keys/secret", "test_sk_file\n");
    dir
}

#[test]
fn every_key_reaches_the_model() {
    let snapshot = full().load(&secrets()).unwrap();
    let channel = &snapshot.channels["full"];
    let spec = &channel.spec;
    assert_eq!((spec.mode, spec.state), (Mode::Test, ChannelState::Retired));
    assert_eq!((spec.name.as_str(), spec.mid.as_str()), ("모두", "mid-full"));
    assert_eq!(spec.methods, [MethodKind::Card]);
    assert!(spec.manual_confirm);
    assert_eq!(spec.in_flight_max, 9);
    assert_eq!(spec.effective_at, Some(1_769_817_600_000));
    assert_eq!(spec.credentials["secretKey"].expose_secret(), "test_sk_file");
    assert_eq!(
        spec.credentials["certificate"].expose_secret(),
        "an-api-secret-of-24-chars"
    );
    assert_eq!(channel.endpoint("api"), "http://127.0.0.1:8090/fake");
    assert_eq!(channel.timeouts(Operation::Approve).total, Duration::from_secs(2));
    assert_eq!(channel.timeouts(Operation::NetCancel).total, Duration::from_secs(120));
    assert_eq!(
        channel.credentials::<super::fake::Keys>().unwrap().secret,
        "test_sk_file"
    );

    let store = snapshot.store_by_secret("an-api-secret-of-24-chars", 0).unwrap();
    assert_eq!((store.id.as_str(), store.name.as_str()), ("store-2", "둘째 상점"));
    assert_eq!(store.secrets[0].expires_at, Some(1_769_817_600_000));
    assert_eq!(store.secrets[0].sha256[31], 0xaa);
    let v1 = store.v1.as_ref().unwrap();
    assert_eq!(v1.user_code.as_deref(), Some("imp00000002"));
    assert_eq!(
        (v1.default_channel.as_deref(), v1.include_sandbox, v1.cancel_webhooks),
        (Some("full"), true, true)
    );
    assert_eq!(v1.keys[0].expires_at, Some(1_769_817_600_000));
    assert_eq!(
        (v1.keys[0].sha256[31], v1.keys[1].sha256),
        (0xbb, store.secrets[1].sha256)
    );
    assert_eq!(store.profiles[0].key, "profile-2");
    assert_eq!(store.profiles[0].methods[0].method, CheckoutMethod::NPay);
    assert_eq!(snapshot.v1_keys["0000000000000003"].id, "store-2");
    let group = snapshot.group_of("store-2", "group").unwrap();
    assert_eq!((group.members[0].weight, group.sticky), (1, Sticky::Customer));
    assert_eq!(group.rules[0].name, "전부");
    assert_eq!(group.rules[0].when.hours, Some((1_410, 30)));
    assert_eq!(group.rules[0].when.devices, [RuleDevice::Pc, RuleDevice::Api]);
    assert_eq!(group.rules[0].when.max_amount, Some(50_000));
    assert!(snapshot.channel_of("store-1", "full").is_none());
}

#[test]
fn defaults() {
    let snapshot = Dir::good().load(&Secrets::new()).unwrap();
    let spec = &snapshot.channels["a"].spec;
    assert_eq!((spec.name.as_str(), spec.state), ("a", ChannelState::Active));
    assert_eq!((spec.in_flight_max, spec.manual_confirm), (256, false));
    assert!(spec.methods.is_empty() && spec.endpoints.is_empty() && spec.timeouts.is_empty());
    assert_eq!((snapshot.version, snapshot.loaded_at), (1, 1_000));
    assert_eq!(snapshot.hash.len(), 64);
}

/// Each key of the schema is in `EVERYTHING`, and the reader takes it: so both know the same keys.
#[test]
fn the_schema_knows_the_same_keys_as_the_reader() {
    let schema = json_schema(FAKES);
    let parsed: toml::Table = EVERYTHING.parse().unwrap();
    let keys = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<_>>();
    let properties = |pointer: &str| {
        let object = schema.pointer(pointer).unwrap().as_object().unwrap();
        object.keys().cloned().collect::<BTreeSet<_>>()
    };
    let first = |name: &str| parsed[name][0].as_table().unwrap();
    assert_eq!(properties("/properties"), keys(&parsed));
    for (entry, definition) in [("store", "Store"), ("channel", "Channel"), ("group", "Group")] {
        assert_eq!(
            properties(&format!("/$defs/{definition}/properties")),
            keys(first(entry))
        );
    }
    let webhook = first("store")["webhooks"][0].as_table().unwrap();
    assert_eq!(properties("/$defs/Webhook/properties"), keys(webhook));
    let profile = first("store")["checkout_profiles"][0].as_table().unwrap();
    assert_eq!(properties("/$defs/CheckoutProfile/properties"), keys(profile));
    let method = profile["methods"][0].as_table().unwrap();
    assert_eq!(properties("/$defs/CheckoutMethod/properties"), keys(method));
    let v1 = first("store")["v1"].as_table().unwrap();
    assert_eq!(properties("/$defs/V1/properties"), keys(v1));
    let pairs = v1["keys"].as_array().unwrap();
    let both = pairs.iter().flat_map(|k| keys(k.as_table().unwrap())).collect();
    assert_eq!(properties("/$defs/V1Key/properties"), both);
    let rule = first("group")["rules"][0].as_table().unwrap();
    assert_eq!(properties("/$defs/Rule/properties"), keys(rule));
    let timeouts = first("channel")["timeouts_ms"].as_table().unwrap();
    assert_eq!(properties("/$defs/Timeouts/properties"), keys(timeouts));
    let member = first("group")["members"][0].as_table().unwrap();
    assert_eq!(properties("/$defs/Member/properties"), keys(member));
    let secrets = first("store")["api_secrets"].as_array().unwrap();
    let both = secrets.iter().flat_map(|s| keys(s.as_table().unwrap())).collect();
    assert_eq!(properties("/$defs/ApiSecret/properties"), both);
}

#[test]
fn the_schema_has_the_providers_credentials() {
    let schema = json_schema(FAKES);
    let rule = schema.pointer("/$defs/Channel/allOf/0").unwrap();
    assert_eq!(rule.pointer("/if/properties/provider/const").unwrap(), "fakepg");
    let credentials = rule.pointer("/then/properties/credentials").unwrap();
    assert_eq!(credentials["required"], serde_json::json!(["clientKey", "secretKey"]));
    assert_eq!(credentials["additionalProperties"], false);
    assert!(credentials.pointer("/properties/secretKey/pattern").is_some());
    assert!(credentials.pointer("/properties/clientKey/pattern").is_none());
    assert_eq!(schema.pointer("/$defs/Channel/additionalProperties").unwrap(), false);
    assert!(!schema.to_string().contains("null"));
    assert_eq!(
        schema.pointer("/$defs/Channel/properties/manual_confirm/type").unwrap(),
        "boolean"
    );
    assert_eq!(
        schema.pointer("/$defs/Channel/properties/timeouts_ms/$ref").unwrap(),
        "#/$defs/Timeouts"
    );
}

#[test]
fn a_diff_shows_what_changes_and_no_secret() {
    let before = Dir::with(&[
        ("store.toml", STORE),
        ("c.toml", &(channel("a", "mid-a") + &channel("gone", "mid-g"))),
    ]);
    let changed = channel("a", "mid-b") + "state = \"retired\"\ntimeouts_ms = { cancel = 9000 }\n";
    let after = Dir::with(&[
        ("store.toml", &STORE.replace("000001\"", "000002\"")),
        ("c.toml", &(changed + &channel("new", "mid-n"))),
    ]);
    let secrets = Secrets::new();
    let (a, b) = (before.load(&secrets).unwrap(), after.load(&secrets).unwrap());
    assert_eq!(
        render(&diff(&a, &b)),
        "\
~ store store-1
    api_secrets.first: changed
~ channel a
    credentials.clientKey: test_ck_mid-a → test_ck_mid-b
    credentials.secretKey: changed
    mid: mid-a → mid-b
    state: active → retired
    timeouts_ms.cancel: - → 9000
- channel gone
+ channel new
    credentials.clientKey: test_ck_mid-n
    credentials.secretKey: ***
    in_flight_max: 256
    manual_confirm: false
    mid: mid-n
    mode: test
    name: new
    provider: fakepg
    state: active
    stores: store-1
"
    );
    let json = serde_json::to_string(&diff(&a, &b)).unwrap();
    assert!(!json.contains("_sk_"), "{json}");
    assert!(diff(&a, &before.load(&secrets).unwrap()).is_empty());
}
