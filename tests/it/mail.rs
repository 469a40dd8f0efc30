//! What goes out and what comes in on its own account: webhooks at a merchant's server, notifications by a PG.

use crate::harness::{Answer, Demo, call, copy, key_in, send};
use crate::merchant::Merchant;
use crate::source::root;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const OLD: &str = "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=";
const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const STRANGER: &str = "whsec_c29tZWJvZHkgZWxzZSdzIHNpZ25pbmcga2V5";
/// Secret key of the simulator's merchant behind the sample channel, as its own admin would use it.
const SIM_KEY: &str = "test_sk_naruSimulator000000000001";

/// Channel files whose store sends its webhooks to `url`, signed with two secrets.
fn channels_to(url: &str) -> tempfile::TempDir {
    channels_with(&format!(
        "[[store.webhooks]]\nurl = \"{url}\"\nmode = \"test\"\nallow_private = true\nsecrets = [\"plain:{NEW}\", \"plain:{OLD}\"]\n"
    ))
}

/// The sample channel files with other webhooks.
pub fn channels_with(hooks: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let channels = dir.path().join("channels");
    copy(&root().join("channels"), &channels);
    let store = std::fs::read_to_string(channels.join("store.toml")).unwrap();
    let (store, _) = store.split_once("[[store.webhooks]]").unwrap();
    std::fs::write(channels.join("store.toml"), format!("{store}{hooks}")).unwrap();
    dir
}

pub async fn demo(dir: tempfile::TempDir, env: Vec<(String, String)>) -> Demo {
    tokio::task::spawn_blocking(move || {
        let channels = dir.path().join("channels");
        Demo::start_with(dir, &channels, &env)
    })
    .await
    .unwrap()
}

pub async fn pay(demo: &Demo, id: &str) -> Answer {
    let body = key_in(demo.value("NARU_CHANNEL_TOSS"), 12_300);
    demo.v2(Method::POST, &format!("/payments/{id}/instant"), Some(body))
        .await
}

pub async fn cancel(demo: &Demo, id: &str, amount: i64) {
    let body = json!({"reason": "r", "amount": amount});
    let answer = demo
        .v2(Method::POST, &format!("/payments/{id}/cancel"), Some(body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn verify(program: &Path, script: &str, file: &Path) {
    verify_with(program, script, file, &HashMap::new());
}

/// Runs a script on a file; it must find everything as it should be.
pub fn verify_with(program: &Path, script: &str, file: &Path, env: &HashMap<String, String>) {
    let run = Command::new(program)
        .arg(root().join(script))
        .arg(file)
        .envs(env)
        .env("PYTHONUTF8", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        run.status.success() && text(&run.stdout).trim() == "ok",
        "{script}: {}{}",
        text(&run.stdout),
        text(&run.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_verifiers_take_what_is_delivered_and_nothing_else() {
    let (_stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let demo = demo(channels_to(&url), Vec::new()).await;
    assert_eq!(pay(&demo, "mail-1").await.status, 200);
    cancel(&demo, "mail-1", 300).await;
    cancel(&demo, "mail-1", 12_000).await;
    let events = [
        "Transaction.Paid",
        "Transaction.PartialCancelled",
        "Transaction.Cancelled",
    ];
    shop.until("mail-1", &events, &demo).await;
    let deliveries = delivered(&shop);
    let file = demo.dir().path().join("deliveries.json");
    let given = json!({"secrets": [NEW, OLD], "stranger": STRANGER, "deliveries": deliveries});
    std::fs::write(&file, given.to_string()).unwrap();
    verify(Path::new("node"), "tests/sdk/js/webhook.mjs", &file);
    verify(
        &root().join("target/venv/bin/python"),
        "tests/sdk/python/webhook.py",
        &file,
    );

    // The payment lists them, and the latest is sent again on request.
    let shown = demo.v2(Method::GET, "/payments/mail-1", None).await.json();
    let webhooks = shown["webhooks"].as_array().unwrap();
    assert_eq!(webhooks.len(), 3, "{shown}");
    assert!(
        webhooks
            .iter()
            .all(|w| w["status"] == "SUCCEEDED" && w["response"]["code"] == "200"),
        "{shown}"
    );
    let again = demo
        .v2(Method::POST, "/payments/mail-1/resend-webhook", Some(json!({})))
        .await;
    assert_eq!(again.status, 200, "{}", again.text);
    let again = again.json();
    assert_eq!(again["webhook"]["id"], webhooks[2]["id"]);
    assert_eq!(
        (&again["webhook"]["trigger"], &again["webhook"]["currentExecutionCount"]),
        (&json!("MANUAL"), &json!(2))
    );
    let absent = demo
        .v2(
            Method::POST,
            "/payments/mail-1/resend-webhook",
            Some(json!({"webhookId": "x"})),
        )
        .await;
    assert_eq!(
        (absent.status.as_u16(), absent.json()["type"].clone()),
        (404, json!("WEBHOOK_NOT_FOUND"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_point_loses_no_webhook() {
    let (_stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let points = [
        "before-expand",
        "after-expand",
        "after-lease",
        "before-webhook",
        "after-webhook",
        "after-record",
    ];
    for (n, point) in points.iter().enumerate() {
        let id = format!("crash-{n}");
        let crash = vec![("NARU_CRASH_AT".to_owned(), (*point).to_owned())];
        let mut first = demo(channels_to(&url), crash).await;
        // The process may die while it answers: the payment is committed either way.
        let body = key_in(first.value("NARU_CHANNEL_TOSS"), 12_300);
        let secret = format!("PortOne {}", first.value("NARU_API_SECRET"));
        let pay = format!("{}/payments/{id}/instant", first.value("NARU_URL"));
        let paying =
            tokio::spawn(async move { call(Method::POST, &pay, &[("authorization", &secret)], Some(body)).await });
        let ended = tokio::task::block_in_place(|| first.ended(Duration::from_secs(20)));
        assert!(
            ended.is_some_and(|status| !status.success()),
            "{point}: no crash\n{}",
            first.said()
        );
        let _ = paying.await;
        let dir = first.into_dir();
        let second = demo(dir, Vec::new()).await;
        shop.until(&id, &["Transaction.Paid"], &second).await;
    }
}

pub async fn sim(demo: &Demo, method: Method, path: &str, body: Value) -> Answer {
    call(
        method,
        &format!("{}{path}", demo.value("NARU_SIM_URL")),
        &[],
        Some(body),
    )
    .await
}

pub async fn status_of(demo: &Demo, id: &str) -> Value {
    demo.v2(Method::GET, &format!("/payments/{id}"), None).await.json()
}

pub async fn until_status(demo: &Demo, id: &str, status: &str) -> Value {
    let since = Instant::now();
    loop {
        let shown = status_of(demo, id).await;
        if shown["status"] == status {
            return shown;
        }
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "{id} is {shown}, not {status}\n{}",
            demo.said()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What came to a merchant, for scripts that judge it.
pub fn delivered(shop: &Merchant) -> Vec<Value> {
    let came = shop.came.lock().unwrap();
    came.iter()
        .map(|r| {
            let headers: BTreeMap<String, String> = r
                .headers
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()))
                .collect();
            json!({"path": r.path, "headers": headers, "body": String::from_utf8(r.body.to_vec()).unwrap()})
        })
        .collect()
}

/// A demo whose simulated PG notifies it, and the address it notifies.
pub async fn notified() -> (Demo, String, Arc<Merchant>, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let demo = demo(channels_to(&url), Vec::new()).await;
    let notify = notified_by(&demo).await;
    (demo, notify, shop, stop)
}

/// Has the simulated PG notify a demo; where.
pub async fn notified_by(demo: &Demo) -> String {
    let notify = format!(
        "{}/notify/toss/{}",
        demo.value("NARU_URL"),
        demo.value("NARU_CHANNEL_TOSS")
    );
    let merchant = json!({"mid": "tnaru00001", "notifyUrl": notify});
    let set = sim(demo, Method::PUT, "/_sim/toss/merchants", merchant).await;
    assert_eq!(set.status, 200, "{}", set.text);
    notify
}

pub async fn issue_account(demo: &Demo, id: &str) -> String {
    let open = json!({
        "storeId": demo.value("NARU_STORE_ID"), "channelKey": demo.value("NARU_CHANNEL_TOSS"), "paymentId": id,
        "orderName": "입금", "totalAmount": 10_000, "currency": "KRW", "payMethod": "VIRTUAL_ACCOUNT",
        "customer": {"fullName": "홍길동", "email": "b@example.com", "phoneNumber": "01012341234"},
        "virtualAccount": {"accountExpiry": {"validHours": 24}}, "redirectUrl": "https://shop.example/done", "device": "pc",
    });
    let opened = call(
        Method::POST,
        &format!("{}/checkout/payments", demo.value("NARU_URL")),
        &[],
        Some(open),
    )
    .await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    let seen = sim(
        demo,
        Method::POST,
        "/_sim/toss/authenticate",
        json!({"open": opened.json()["open"], "as": "approve"}),
    )
    .await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let back = seen.json();
    let method: Method = back["method"].as_str().unwrap_or("GET").parse().unwrap();
    send(method, back["url"].as_str().unwrap(), &[], Bytes::new()).await;
    until_status(demo, id, "VIRTUAL_ACCOUNT_ISSUED").await["pgTxId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_told_looked_up_and_taken_back() {
    let (demo, notify, shop, _stop) = notified().await;
    let tid = issue_account(&demo, "va-1").await;
    // Forged, unknown, oversized, unreadable: nothing moves.
    let forged = json!({"tid": tid, "event": "DEPOSIT_CALLBACK", "status": "DONE", "secret": "ps_forged"});
    sim(&demo, Method::POST, "/_sim/toss/notify", forged).await;
    let lie = json!({"tid": tid, "event": "DEPOSIT_CALLBACK", "status": "DONE"});
    sim(&demo, Method::POST, "/_sim/toss/notify", lie).await;
    let early =
        json!({"secret": "x", "status": "DONE", "transactionKey": "t", "orderId": "ORDER-NOBODY-KNOWS"}).to_string();
    assert_eq!(send(Method::POST, &notify, &[], early.into()).await.status, 200);
    assert_eq!(
        send(Method::POST, &notify, &[], vec![b' '; 100_000].into())
            .await
            .status,
        413
    );
    assert_eq!(send(Method::POST, &notify, &[], "none".into()).await.status, 400);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(status_of(&demo, "va-1").await["status"], "VIRTUAL_ACCOUNT_ISSUED");
    let listed = demo.admin(Method::GET, "/admin/notices?state=waiting").await.json();
    assert_eq!(listed["items"][0]["orderId"], "ORDER-NOBODY-KNOWS", "{listed}");
    let refused = demo.admin(Method::GET, "/admin/notices?state=refused").await.json();
    assert_eq!(refused["items"].as_array().unwrap().len(), 2, "{refused}");

    let paid = sim(
        &demo,
        Method::POST,
        "/_sim/toss/deposit",
        json!({"tid": tid, "amount": 10_000}),
    )
    .await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let shown = until_status(&demo, "va-1", "PAID").await;
    assert!(shown["paidAt"].is_string(), "{shown}");
    // Told twice by the PG (two formats); told once to the merchant.
    shop.until(
        "va-1",
        &[
            "Transaction.Ready",
            "Transaction.VirtualAccountIssued",
            "Transaction.Paid",
        ],
        &demo,
    )
    .await;
    let hook = status_of(&demo, "va-1").await["webhooks"].clone();
    assert!(
        hook.as_array()
            .unwrap()
            .iter()
            .any(|w| w["trigger"] == "VIRTUAL_ACCOUNT_DEPOSIT"),
        "{hook}"
    );
    let back = sim(
        &demo,
        Method::POST,
        "/_sim/toss/deposit",
        json!({"tid": tid, "reverse": true}),
    )
    .await;
    assert_eq!(back.status, 200, "{}", back.text);
    let shown = until_status(&demo, "va-1", "VIRTUAL_ACCOUNT_ISSUED").await;
    assert!(shown.get("paidAt").is_none(), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_the_bank_refuses_is_told_to_a_person_once() {
    let (demo, _notify, _shop, _stop) = notified().await;
    let tid = issue_account(&demo, "rf-1").await;
    let deposit = json!({"tid": tid, "amount": 10_000});
    assert_eq!(
        sim(&demo, Method::POST, "/_sim/toss/deposit", deposit).await.status,
        200
    );
    until_status(&demo, "rf-1", "PAID").await;
    let back = json!({"reason": "r", "refundAccount": {"bank": "KOOKMIN", "number": "12345678901234", "holderName": "홍길동"}});
    let refunded = demo.v2(Method::POST, "/payments/rf-1/cancel", Some(back)).await;
    assert_eq!(refunded.status, 200, "{}", refunded.text);
    // Accepted is refunded: the status is PENDING now.
    assert_eq!(status_of(&demo, "rf-1").await["status"], "CANCELLED");
    let failed = json!({"tid": tid, "status": "FAILED"});
    let said = sim(&demo, Method::POST, "/_sim/toss/refund-status", failed).await;
    assert_eq!(said.status, 200, "{}", said.text);
    let path = format!("/admin/payments/{}/rf-1", demo.value("NARU_STORE_ID"));
    let since = Instant::now();
    let told = loop {
        let shown = demo.admin(Method::GET, &path).await;
        let told = shown.text.matches("\"refund-transfer\"").count();
        if told > 0 {
            break told;
        }
        assert!(
            since.elapsed() < Duration::from_secs(40),
            "{}\n{}",
            shown.text,
            demo.said()
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    // The demo looks every ten seconds; what is known is not asked again.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let shown = demo.admin(Method::GET, &path).await;
    assert_eq!(
        (told, shown.text.matches("\"refund-transfer\"").count()),
        (1, 1),
        "{}",
        shown.text
    );
    assert_eq!(
        demo.said().matches("could not send a refund").count(),
        1,
        "{}",
        demo.said()
    );
    assert_eq!(status_of(&demo, "rf-1").await["status"], "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_in_the_pgs_admin_is_learned() {
    let (demo, _notify, shop, _stop) = notified().await;
    assert_eq!(pay(&demo, "adm-1").await.status, 200);
    let tid = status_of(&demo, "adm-1").await["pgTxId"].as_str().unwrap().to_owned();
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{SIM_KEY}:"));
    let authorization = format!("Basic {basic}");
    let url = format!("{}/toss/v1/payments/{tid}/cancel", demo.value("NARU_SIM_URL"));
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    for amount in [2_300, 10_000] {
        let body = json!({"cancelReason": "관리자 취소", "cancelAmount": amount});
        let done = call(Method::POST, &url, &headers, Some(body)).await;
        assert_eq!(done.status, 200, "{}", done.text);
        until_status(
            &demo,
            "adm-1",
            if amount == 2_300 {
                "PARTIAL_CANCELLED"
            } else {
                "CANCELLED"
            },
        )
        .await;
    }
    let shown = status_of(&demo, "adm-1").await;
    let cancels = shown["cancellations"].as_array().unwrap();
    assert_eq!(cancels.len(), 2, "{shown}");
    assert!(
        cancels
            .iter()
            .all(|c| c["trigger"] == "CONSOLE" && c["reason"] == "관리자 취소"),
        "{shown}"
    );
    let vat: i64 = cancels.iter().map(|c| c["vatAmount"].as_i64().unwrap()).sum();
    assert_eq!(vat, shown["amount"]["vat"].as_i64().unwrap());
    let events = [
        "Transaction.Paid",
        "Transaction.PartialCancelled",
        "Transaction.Cancelled",
    ];
    shop.until("adm-1", &events, &demo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_billing_key_that_the_buyer_removes_is_deleted_here_too() {
    let (stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let demo = demo(channels_to(&url), Vec::new()).await;
    let channel = demo.value("NARU_CHANNEL_TOSS_BILLING");
    let notify = format!("{}/notify/toss/{channel}", demo.value("NARU_URL"));
    let merchant = json!({"mid": "tnarubill1", "notifyUrl": notify});
    let set = sim(&demo, Method::PUT, "/_sim/toss/merchants", merchant).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let issue = json!({
        "channelKey": channel, "customer": {"id": "buyer-1"},
        "method": {"card": {"credential": {"number": "9410001234567890", "expiryYear": "30", "expiryMonth": "12",
            "birthOrBusinessRegistrationNumber": "900101", "passwordTwoDigits": "12"}}},
    });
    let issued = demo.v2(Method::POST, "/billing-keys", Some(issue)).await;
    assert_eq!(issued.status, 200, "{}", issued.text);
    let key = issued.json()["billingKeyInfo"]["billingKey"]
        .as_str()
        .unwrap()
        .to_owned();

    // A stranger cannot delete what he cannot name.
    let forged =
        json!({"eventType": "BILLING_DELETED", "data": {"billingKey": "BK_a_guess", "reason": null}}).to_string();
    assert_eq!(send(Method::POST, &notify, &[], forged.into()).await.status, 200);
    let ledger = sim(
        &demo,
        Method::GET,
        "/_sim/ledger?provider=toss&mid=tnarubill1",
        Value::Null,
    )
    .await;
    let rows = ledger.json();
    let rows = rows["rows"].as_array().or(rows.as_array()).unwrap();
    let pg_key = rows.iter().find(|r| r["state"] == "ISSUED").unwrap()["tid"].clone();
    let path = format!("/billing-keys/{key}");
    assert_eq!(demo.v2(Method::GET, &path, None).await.json()["status"], "ISSUED");

    let removed = json!({"billingKey": pg_key, "reason": "buyer"});
    let removed = sim(&demo, Method::POST, "/_sim/toss/billing-removed", removed).await;
    assert_eq!(removed.status, 200, "{}", removed.text);
    let since = Instant::now();
    while demo.v2(Method::GET, &path, None).await.json()["status"] != "DELETED" {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "the key stands\n{}",
            demo.said()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told = || {
        shop.came
            .lock()
            .unwrap()
            .iter()
            .any(|r| String::from_utf8_lossy(&r.body).contains("BillingKey.Deleted"))
    };
    while !told() {
        assert!(since.elapsed() < Duration::from_secs(20), "no webhook\n{}", demo.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let order = json!({"billingKey": key, "orderName": "구독", "amount": {"total": 1000}, "currency": "KRW"});
    let late = demo
        .v2(Method::POST, "/payments/bk-gone-1/billing-key", Some(order))
        .await;
    assert_eq!(late.json()["type"], "BILLING_KEY_ALREADY_DELETED", "{}", late.text);
    let waiting = demo.admin(Method::GET, "/admin/notices?state=waiting").await.json();
    assert_eq!(
        waiting["items"].as_array().unwrap().len(),
        1,
        "the guess waits for a key that never comes: {waiting}"
    );
    drop(stop);
}
