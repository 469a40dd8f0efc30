//! Given-up webhooks: listed and sent again by filter, from the command line and through the operations API.

use crate::harness::{Demo, call, naru};
use crate::mail::{cancel, channels_with, demo, pay};
use crate::merchant::Merchant;
use http::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// `naru webhooks …` against the demo's operations listener.
async fn webhooks(demo: &Demo, arguments: &[&str]) -> String {
    let mut command = naru();
    command.arg("webhooks").args(arguments);
    for name in ["NARU_ADMIN_URL", "NARU_ADMIN_TOKEN"] {
        command.env(name, demo.value(name));
    }
    let run = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(run.status.success(), "{arguments:?}: {}", text(&run.stderr));
    text(&run.stdout)
}

async fn in_state(demo: &Demo, state: &str) -> Vec<Value> {
    let listed = demo
        .admin(Method::GET, &format!("/admin/webhooks?state={state}"))
        .await
        .json();
    listed["items"].as_array().unwrap_or_else(|| panic!("{listed}")).clone()
}

async fn until_in(demo: &Demo, state: &str, count: usize) -> Vec<Value> {
    let since = Instant::now();
    loop {
        let found = in_state(demo, state).await;
        if found.len() == count {
            return found;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{found:#?}\n{}", demo.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_webhooks_are_listed_and_sent_again_by_filter() {
    const SECRET: &str = "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=";
    let (_stop, stopped) = watch::channel(false);
    let (shop, url) = Merchant::open(stopped).await;
    let hook = |path: &str, more: &str| {
        format!(
            "[[store.webhooks]]\nurl = \"{url}{path}\"\nmode = \"test\"\nallow_private = true\n\
             secrets = [\"plain:{SECRET}\"]\n{more}\n"
        )
    };
    let hooks = hook("/all", "")
        + &hook(
            "/paid",
            "events = [\"Transaction.Paid\"]\nordered = true\nretry = \"long\"",
        );
    let demo = demo(channels_with(&hooks), Vec::new()).await;
    shop.answer.store(410, Ordering::SeqCst);
    for id in ["dead-1", "dead-2"] {
        assert_eq!(pay(&demo, id).await.status, 200);
    }
    cancel(&demo, "dead-1", 12_300).await;
    let dead = until_in(&demo, "dead", 5).await;
    assert!(
        dead.iter()
            .all(|d| d["attempts"] == 1 && d["lastError"].as_str().unwrap().starts_with("410"))
    );
    for one in &dead {
        let long = one["url"].as_str().unwrap().ends_with("/paid");
        assert_eq!(
            (&one["tries"], &one["ordered"]),
            (&json!(if long { 10 } else { 6 }), &json!(long))
        );
    }
    let listed = webhooks(&demo, &["list", "--payment", "dead-1"]).await;
    assert_eq!(listed.lines().count(), 3, "{listed}");

    shop.answer.store(200, Ordering::SeqCst);
    let paid = format!("{url}/paid");
    let filter = [
        "replay",
        "--event",
        "Transaction.Paid",
        "--url",
        &paid,
        "--payment",
        "dead-2",
    ];
    assert_eq!(webhooks(&demo, &filter).await, "1 webhooks are sent again");
    let first = until_in(&demo, "delivered", 1).await;
    assert_eq!(
        (&first[0]["url"], &first[0]["paymentId"]),
        (&json!(paid), &json!("dead-2"))
    );
    let none = webhooks(&demo, &["replay", "--event", "Transaction.Failed"]).await;
    assert_eq!(none, "0 webhooks are sent again");

    // The rest by the operations API, the payment's first.
    let replay = format!("{}/admin/webhooks/replay", demo.value("NARU_ADMIN_URL"));
    let token = format!("Bearer {}", demo.value("NARU_ADMIN_TOKEN"));
    let headers = [("authorization", token.as_str())];
    for (filter, count) in [(json!({ "paymentId": "dead-1" }), 3), (json!({}), 1), (json!({}), 0)] {
        let answer = call(Method::POST, &replay, &headers, Some(filter)).await;
        assert_eq!(answer.json()["replayed"], count, "{}", answer.text);
        if count > 0 {
            until_in(&demo, "delivered", if count == 3 { 4 } else { 5 }).await;
        }
    }
    let strange = call(Method::POST, &replay, &headers, Some(json!({ "evnet": "x" }))).await;
    assert_eq!(
        strange.status, 400,
        "a filter that is misspelt must not mean everything: {}",
        strange.text
    );

    // Refused once and taken once, under the same id both times.
    let mut ids: Vec<String> = shop
        .came
        .lock()
        .unwrap()
        .iter()
        .map(|r| format!("{} {}", r.path, r.header("webhook-id").unwrap()))
        .collect();
    assert_eq!(ids.len(), 10);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "{ids:?}");
    assert_eq!(webhooks(&demo, &["list"]).await, "no dead webhook");
}
