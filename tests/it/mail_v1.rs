//! Webhooks as V1's receivers get them: what is told and what is not, as a form and as JSON, and that the API confirms it.

use crate::harness::{Answer, Demo, call, send};
use crate::mail::{channels_with, delivered, demo, issue_account, notified_by, sim, until_status, verify_with};
use crate::merchant::Merchant;
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::watch;

async fn token(demo: &Demo) -> String {
    let body = json!({ "imp_key": demo.value("NARU_V1_KEY"), "imp_secret": demo.value("NARU_V1_SECRET") });
    let url = format!("{}/users/getToken", demo.value("NARU_V1_URL"));
    let answer = call(Method::POST, &url, &[], Some(body)).await.json();
    answer["response"]["access_token"].as_str().unwrap().to_owned()
}

async fn post(demo: &Demo, token: &str, path: &str, body: &Value) -> Answer {
    let url = format!("{}{path}", demo.value("NARU_V1_URL"));
    let answer = send(Method::POST, &url, &[("authorization", token)], body.to_string().into()).await;
    assert_eq!(answer.json()["code"], 0, "{path}: {}", answer.text);
    answer
}

fn onetime(merchant_uid: &str) -> Value {
    json!({
        "merchant_uid": merchant_uid, "amount": 10_000, "name": "나루 주문", "card_number": "9410-0012-3456-7890",
        "expiry": "2030-12", "birth": "900101", "pwd_2digit": "12",
    })
}

/// What came to a path, as `merchant_uid status` lines, each event once, in order of the words.
fn told(shop: &Merchant, path: &str) -> Vec<String> {
    let mut told: Vec<(String, String)> = Vec::new();
    for request in shop.came.lock().unwrap().iter().filter(|r| r.path == path) {
        let fields: Value = if path.ends_with("/form") {
            form_urlencoded::parse(&request.body)
                .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        } else {
            serde_json::from_slice(&request.body).unwrap()
        };
        let word = |name: &str| fields[name].as_str().unwrap().to_owned();
        let id = request.header("webhook-id").unwrap().to_owned();
        let line = format!("{} {}", word("merchant_uid"), word("status"));
        if !told.iter().any(|(known, _)| *known == id) {
            told.push((id, line));
        }
    }
    let mut lines: Vec<String> = told.into_iter().map(|(_, line)| line).collect();
    lines.sort();
    lines
}

async fn until_told(shop: &Merchant, path: &str, expected: &[&str], demo: &Demo) {
    let since = Instant::now();
    while told(shop, path) != expected {
        let got = told(shop, path);
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{path}: {got:?}, not {expected:?}\n{}",
            demo.said()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_receivers_are_told_and_the_api_confirms_it() {
    let (_stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let hooks = format!(
        "[[store.webhooks]]\nurl = \"{url}/form\"\nversion = \"v1\"\ncontent_type = \"form\"\nmode = \"test\"\n\
         allow_private = true\n[[store.webhooks]]\nurl = \"{url}/asked\"\nversion = \"v1\"\nmode = \"test\"\n\
         allow_private = true\nevents = [\"Transaction.Failed\", \"Transaction.VirtualAccountIssued\"]\n"
    );
    let channels = channels_with(&hooks);
    let store = channels.path().join("channels/store.toml");
    let text = std::fs::read_to_string(&store).unwrap();
    let text = text.replace("[store.v1]\n", "[store.v1]\ninclude_sandbox = true\n");
    std::fs::write(&store, &text).unwrap();
    let demo = demo(channels, Vec::new()).await;
    notified_by(&demo).await;
    let token = token(&demo).await;

    // Told: paid, a part by API that asks for it, what the PG's admin cancels. Not told: a cancellation by API.
    let paid = post(&demo, &token, "/subscribe/payments/onetime", &onetime("v1m-1"))
        .await
        .json();
    let imp_uid = paid["response"]["imp_uid"].as_str().unwrap().to_owned();
    assert!(imp_uid.starts_with("imps_"), "{imp_uid}");
    let part = json!({ "imp_uid": imp_uid, "amount": 1_000, "checksum": 10_000, "reason": "x" });
    post(&demo, &token, "/payments/cancel", &part).await;
    let part = json!({ "imp_uid": imp_uid, "amount": 2_000, "reason": "x", "enable_webhook": true });
    post(&demo, &token, "/payments/cancel", &part).await;
    // A decline is no event of V1; who names it hears of it.
    let decline =
        json!([{ "provider": "toss", "operation": "key-in", "kind": "decline:REJECT_CARD_PAYMENT", "times": 1 }]);
    let set = sim(&demo, Method::PUT, "/_sim/faults", decline).await;
    assert!(set.status.is_success(), "{}", set.text);
    let declined = post(&demo, &token, "/subscribe/payments/onetime", &onetime("v1m-2"))
        .await
        .json();
    assert_eq!(declined["response"]["status"], "failed", "{declined}");
    // An account: `ready`, then `paid` when the deposit comes.
    let tid = issue_account(&demo, "v1m-3").await;
    let deposit = json!({ "tid": tid, "amount": 10_000 });
    assert_eq!(
        sim(&demo, Method::POST, "/_sim/toss/deposit", deposit).await.status,
        200
    );
    until_status(&demo, "v1m-3", "PAID").await;

    let form = ["v1m-1 cancelled", "v1m-1 paid", "v1m-3 paid", "v1m-3 ready"];
    until_told(&shop, "/hooks/form", &form, &demo).await;
    until_told(&shop, "/hooks/asked", &["v1m-2 failed", "v1m-3 ready"], &demo).await;

    // The store's own switch tells of every cancellation by API.
    let text = text.replace("[store.v1]\n", "[store.v1]\ncancel_webhooks = true\n");
    let at = demo.channels().join("store.toml");
    std::fs::write(at.with_extension("new"), &text).unwrap();
    std::fs::rename(at.with_extension("new"), &at).unwrap();
    let reload = demo.admin(Method::POST, "/admin/config/reload").await;
    assert_eq!(reload.status, 200, "{}", reload.text);
    post(
        &demo,
        &token,
        "/payments/cancel",
        &json!({ "imp_uid": imp_uid, "reason": "x" }),
    )
    .await;
    let form = [
        "v1m-1 cancelled",
        "v1m-1 cancelled",
        "v1m-1 paid",
        "v1m-3 paid",
        "v1m-3 ready",
    ];
    until_told(&shop, "/hooks/form", &form, &demo).await;

    let file = demo.dir().path().join("v1-deliveries.json");
    std::fs::write(&file, json!({ "deliveries": delivered(&shop) }).to_string()).unwrap();
    verify_with(Path::new("node"), "tests/sdk/js/v1_webhook.mjs", &file, &demo.env);
}
