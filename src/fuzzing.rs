//! What fuzzers call: every parser that reads bytes from outside, as a function that takes any bytes and stops the
//! process if a promise is broken. `fuzz/` runs them under libFuzzer, `tests/it/fuzz_smoke.rs` with changed samples.
#![allow(clippy::missing_panics_doc, clippy::panic)]

use crate::adapters::toss::Toss;
use crate::adapters::{
    Adapter, Approve, Cancel, ChannelRevision, ChannelSpec, ChannelState, Inquire, KeyIn, Mode, Notice, Outcome,
    ReturnMethod, Step, WindowReturn, WireAnswer, registry,
};
use crate::api::v2::{decode, input};
use crate::channels::{Secrets, Store, load_dir};
use crate::checkout;
use crate::config::Config;
use crate::payment::{Amounts, Currency, MethodKind, Origin, Platform};
use crate::telemetry::mask;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Order number that the samples carry.
pub const ORDER: &str = "NARUFUZZ0000000000000ORDER";
/// Toss' key of the sample payment.
pub const PAYMENT_KEY: &str = "tgen_fuzz0000000000000000000000000";
/// Total of the sample payment, KRW.
pub const TOTAL: i64 = 15_000;
/// A published test card number; no parser may repeat it.
pub const CARD: &str = "4242424242424242";

fn channel() -> Option<&'static ChannelRevision> {
    static CHANNEL: OnceLock<Option<ChannelRevision>> = OnceLock::new();
    let made = CHANNEL.get_or_init(|| {
        let keys = [
            ("clientKey", "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq"),
            ("secretKey", "test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R"),
        ];
        let keys = keys.map(|(name, key)| (name.to_owned(), SecretString::from(key)));
        let spec = ChannelSpec {
            key: "channel-fuzz".to_owned(),
            name: "fuzz".to_owned(),
            provider: "toss".to_owned(),
            mode: Mode::Test,
            state: ChannelState::Active,
            mid: "tvivarepubli1".to_owned(),
            stores: Vec::new(),
            methods: Vec::new(),
            manual_confirm: false,
            credentials: BTreeMap::from(keys),
            endpoints: BTreeMap::new(),
            timeouts: BTreeMap::new(),
            in_flight_max: 1,
            effective_at: None,
        };
        let prepared = Toss.prepare(&spec).ok()?;
        Some(ChannelRevision {
            prepared,
            spec,
            revision: "0".repeat(16),
            adapter: &Toss,
        })
    });
    assert!(made.is_some(), "the sample channel is refused");
    made.as_ref()
}

fn amounts() -> Amounts {
    Amounts {
        total: TOTAL,
        supply: 13_636,
        vat: 1_364,
        tax_free: 0,
    }
}

fn approve() -> Approve {
    Approve {
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "order".to_owned(),
        method: MethodKind::Card,
        idempotency_key: "fuzz-key-0000000001".to_owned(),
        at: 0,
        token: json!({ "paymentKey": PAYMENT_KEY }),
    }
}

/// An answer of Toss to each command, HTTP status first (two bytes, big endian).
pub fn toss_answers(data: &[u8]) {
    let (Some(channel), Some((status, body))) = (channel(), data.split_first_chunk::<2>()) else {
        return;
    };
    let answer = WireAnswer {
        status: u16::from_be_bytes(*status),
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body),
    };
    let approve = approve();
    if let Ok(call) = Toss.approve(&approve, channel)
        && let Step::Done(Outcome::Done(approval)) = Toss.approved(&approve, channel, &call, &answer)
    {
        assert_eq!(approval.pg_tx_id, PAYMENT_KEY, "approved another payment");
        assert!(holds(body, ORDER), "approved another order");
    }
    let key_in = KeyIn {
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "order".to_owned(),
        idempotency_key: "fuzz-key-0000000002".to_owned(),
        at: 0,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        card: None,
    };
    let cancel = Cancel {
        pg_tx_id: PAYMENT_KEY.to_owned(),
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        original: amounts(),
        balance_before: TOTAL,
        sequence: 0,
        currency: Currency::KRW,
        reason: "fuzz".to_owned(),
        idempotency_key: "fuzz-key-0000000003".to_owned(),
        at: 0,
        refund_account: None,
        keep: None,
    };
    if let Ok(call) = Toss.cancel(&cancel, channel) {
        if let Some(instant) = Toss.instant()
            && let Step::Done(Outcome::Done(_)) = instant.paid(&key_in, channel, &call, &answer)
        {
            assert!(holds(body, ORDER), "paid another order");
        }
        if let Step::Done(Outcome::Done(_)) = Toss.cancelled(&cancel, channel, &call, &answer) {
            assert!(holds(body, ORDER), "cancelled another order");
        }
    }
    let inquire = Inquire {
        pg_tx_id: None,
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        ordered_at: 0,
        at: 0,
        approving: None,
        operation: None,
    };
    if let Ok(call) = Toss.inquire(&inquire, channel) {
        let _ = Toss.inquired(&inquire, channel, &call, &answer);
    }
}

/// Whether a JSON body's `orderId` is `order`. Readers take text that is not UTF-8 with replacement characters, so does
/// this.
fn holds(body: &[u8], order: &str) -> bool {
    let parsed: Option<Value> = serde_json::from_str(&String::from_utf8_lossy(body)).ok();
    parsed.is_some_and(|v| v["orderId"].as_str().is_some_and(|id| id.trim() == order))
}

/// A return from Toss' window: the address it came to (first byte), the query, a line feed, the body.
pub fn toss_return(data: &[u8]) {
    let (Some(channel), Some((how, rest))) = (channel(), data.split_first()) else {
        return;
    };
    let Some(window) = Toss.window() else { return };
    let text = String::from_utf8_lossy(rest);
    let (query, body) = text.split_once('\n').unwrap_or((&text, ""));
    let back = WindowReturn {
        how: match how % 3 {
            0 => ReturnMethod::Success,
            1 => ReturnMethod::Fail,
            _ => ReturnMethod::Close,
        },
        query: query.to_owned(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        content_type: (!body.is_empty()).then(|| "application/x-www-form-urlencoded".to_owned()),
    };
    let verdict = window.returned(&back, &approve(), None, channel);
    if let crate::adapters::WindowVerdict::Authenticated { .. } = verdict {
        let total = TOTAL.to_string();
        let has = |name: &str, value: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body.as_bytes()));
            pairs.any(|(n, v)| n == name && v == value)
        };
        assert!(
            has("orderId", ORDER) && has("amount", &total),
            "authenticated another order"
        );
    }
}

/// A notification of Toss.
pub fn toss_notice(data: &[u8]) {
    let Some(channel) = channel() else { return };
    let Some(notifications) = Toss.notifications() else {
        return;
    };
    let notice = Notice {
        method: "POST".to_owned(),
        query: String::new(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::copy_from_slice(data),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let _ = notifications.read(&notice, channel, None);
    let _ = notifications.acknowledge(&notice, true);
}

/// The body of V2 `instant`, and of the other commands: no refusal repeats a card number.
pub fn v2_bodies(data: &[u8]) {
    let origin = Origin {
        platform: Platform::Api,
        user_agent: None,
        url: None,
        ip_address: "127.0.0.1".to_owned(),
    };
    let refused = |error: crate::api::v2::error::ApiError| {
        assert!(error.status().is_client_error(), "bad input is a {}", error.status());
        assert!(!error.body().contains(CARD), "a refusal repeats a card number");
    };
    let read = |of: &dyn Fn(&mut decode::Object<'_>) -> Result<(), crate::api::v2::error::ApiError>| {
        if let Err(error) = decode::object("body", data).and_then(|mut body| of(&mut body)) {
            refused(error);
        }
    };
    read(&|body| input::instant(body, "store", "payment", origin.clone()).map(|_| ()));
    read(&|body| input::cancel(body, "store", "payment").map(|_| ()));
    read(&|body| input::confirm(body, "store", "payment").map(|_| ()));
    read(&|body| input::pre_register(body, "store", "payment").map(|_| ()));
}

/// The parameter `requestBody` of V2's list.
pub fn v2_list(data: &[u8]) {
    let store = Store {
        id: "store".to_owned(),
        merchant_id: "merchant".to_owned(),
        name: "store".to_owned(),
        secrets: Vec::new(),
        webhooks: Vec::new(),
        v1: None,
        profiles: Vec::new(),
    };
    let now = 1_767_225_600_000;
    let listed = decode::object("requestBody", data).and_then(|mut body| input::list(&mut body, &store, now));
    match listed {
        Ok(query) => {
            assert_eq!(query.filter.stores, ["store"], "lists another store");
            assert!(
                (1..=1_000).contains(&query.filter.limit),
                "a page of {}",
                query.filter.limit
            );
        }
        Err(error) => assert!(error.status().is_client_error(), "bad input is a {}", error.status()),
    }
}

/// The browser SDK's `requestPayment` object.
pub fn request_payment(data: &[u8]) {
    if let Ok(Value::Object(object)) = serde_json::from_slice(data)
        && let Err(problems) = checkout::read_request(object)
    {
        assert!(!problems.is_empty(), "refused without a reason");
    }
}

/// Masking: a card number in a named field and in running text never survives, and what is kept stays small.
pub fn masking(data: &[u8]) {
    const KEPT_MAX: usize = 16 << 10;
    let kept = mask::masked(data, &["cardNumber"]);
    assert!(kept.len() <= KEPT_MAX + 64, "{} bytes kept", kept.len());
    let text = String::from_utf8_lossy(data);
    if text.contains(CARD) {
        // It may stand inside a longer number there, which is no card number.
        return;
    }
    let body = json!({ "cardNumber": CARD, "text": text, "more": format!("카드 {CARD} 로") }).to_string();
    let kept = mask::masked(body.as_bytes(), &["cardNumber"]);
    assert!(!kept.contains(CARD), "a card number survives masking");
}

/// A channel file, through the whole loader.
pub fn channel_files(data: &[u8]) {
    let dir = Scratch::new("channels");
    if std::fs::write(dir.0.join("fuzz.toml"), data).is_err() {
        return;
    }
    let secrets = Secrets::new().with("NARU_API_SECRET", "fuzz-secret-0123456789");
    let loaded = load_dir(&dir.0, &secrets, registry::ADAPTERS, 1_767_225_600_000);
    if let Err(problems) = loaded {
        assert!(!problems.to_string().is_empty(), "refused without a problem");
    }
}

/// `naru.toml`.
pub fn settings(data: &[u8]) {
    let dir = Scratch::new("settings");
    let file = dir.0.join("naru.toml");
    if std::fs::write(&file, data).is_err() {
        return;
    }
    let env = |name: &str| match name {
        "NARU_SEALING_KEY" => Some("0".repeat(64)),
        "NARU_ADMIN_TOKEN" => Some("fuzz-admin-token-0123".to_owned()),
        _ => None,
    };
    if let Err(problems) = Config::load(&file, &env) {
        assert!(!problems.is_empty(), "refused without a problem");
    }
}

/// A directory of this thread's own, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        let dir = std::env::temp_dir().join(format!("naru-fuzz-{}-{thread}-{name}", std::process::id()));
        // Should it fail, the writes into it fail, and the input is skipped.
        let _ = std::fs::create_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A target by its name in `fuzz/fuzz_targets/`, with samples to start from.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every target.
pub const TARGETS: [Target; 13] = [
    ("toss_answers", toss_answers, samples::toss_answers),
    ("toss_return", toss_return, samples::toss_return),
    ("toss_notice", toss_notice, samples::toss_notice),
    ("ksnet_fetch", ksnet_fetch, ksnet::samples::fetch),
    ("ksnet_rest", ksnet_rest, ksnet::samples::rest),
    ("ksnet_record", ksnet_record, ksnet::samples::record),
    ("ksnet_notice", ksnet_notice, ksnet::samples::notice),
    ("v2_bodies", v2_bodies, samples::v2_bodies),
    ("v2_list", v2_list, samples::v2_list),
    ("request_payment", request_payment, samples::request_payment),
    ("masking", masking, samples::masking),
    ("channel_files", channel_files, samples::channel_files),
    ("settings", settings, samples::settings),
];

mod ksnet;
mod samples;

pub use ksnet::{ksnet_fetch, ksnet_notice, ksnet_record, ksnet_rest};
