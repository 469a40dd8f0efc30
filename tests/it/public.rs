//! The public listener's frame: ids, refusals before routing, the V1 listener's answer, the demo's env file.

use crate::harness::{Demo, call, key_in, send};
use bytes::Bytes;
use http::{Method, StatusCode};

#[tokio::test]
async fn every_answer_is_json_and_carries_the_request_id() {
    let demo = Demo::start();
    let url = demo.value("NARU_URL");
    let answer = call(
        Method::GET,
        &format!("{url}/no/such/route"),
        &[("x-request-id", "from-the-caller-1")],
        None,
    )
    .await;
    assert_eq!(answer.headers["x-request-id"], "from-the-caller-1");
    assert!(answer.json()["type"].is_string(), "{}", answer.text);
    let fresh = call(
        Method::GET,
        &format!("{url}/payments/x"),
        &[("x-request-id", "not ok")],
        None,
    )
    .await;
    assert_eq!(fresh.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fresh.json()["type"], "UNAUTHORIZED");
    assert!(fresh.headers["x-request-id"].len() >= 16);
    assert_ne!(fresh.headers["x-request-id"], "not ok");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_the_apis_words() {
    let demo = Demo::start();
    let url = format!("{}/payments/big/instant", demo.value("NARU_URL"));
    let secret = format!("PortOne {}", demo.value("NARU_API_SECRET"));
    let answer = send(
        Method::POST,
        &url,
        &[("authorization", &secret)],
        Bytes::from(vec![b' '; (1 << 20) + 1]),
    )
    .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["type"], "INVALID_REQUEST");
}

#[tokio::test]
async fn the_env_file_is_private_and_says_what_works() {
    let demo = Demo::start();
    for name in [
        "NARU_URL",
        "NARU_ADMIN_URL",
        "NARU_ADMIN_TOKEN",
        "NARU_SIM_URL",
        "NARU_STORE_ID",
        "NARU_API_SECRET",
        "NARU_V1_URL",
        "NARU_V1_KEY",
        "NARU_V1_SECRET",
        "NARU_V1_USER_CODE",
        "NARU_CHANNELS_DIR",
        "NARU_CHANNEL_TOSS",
        "NARU_CHANNEL_KCP",
        "NARU_CHANNEL_KCP_BILLING",
        "NARU_GROUP_CARD",
    ] {
        assert!(!demo.value(name).is_empty(), "{name}");
    }
    for name in ["NARU_URL", "NARU_V1_URL", "NARU_ADMIN_URL", "NARU_SIM_URL"] {
        assert!(
            demo.said().contains(demo.value(name)),
            "{name} is not printed:\n{}",
            demo.said()
        );
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(demo.dir().path().join("demo.env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let ledger = demo.call_simulator_ledger().await;
    assert_eq!(ledger, serde_json::json!([]));
}

impl Demo {
    /// What the simulated PGs believe.
    async fn call_simulator_ledger(&self) -> serde_json::Value {
        let url = format!("{}/_sim/ledger", self.value("NARU_SIM_URL"));
        call(Method::GET, &url, &[], None).await.json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchants_own_call_goes_to_its_channels_pg_under_the_channels_credentials() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
    let channel = demo.value("NARU_CHANNEL_TOSS").to_owned();
    let paid = demo
        .v2(Method::POST, "/payments/pass-1/instant", Some(key_in(&channel, 9_000)))
        .await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let tid = demo.v2(Method::GET, "/payments/pass-1", None).await.json()["pgTxId"].clone();
    let tid = tid.as_str().unwrap();
    let seen = demo
        .v2(Method::GET, &format!("/pass/{channel}/v1/payments/{tid}"), None)
        .await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!(
        (&seen.json()["paymentKey"], &seen.json()["status"]),
        (&tid.into(), &"DONE".into())
    );
    // The PG's own refusal comes back as it is.
    let absent = demo
        .v2(Method::GET, &format!("/pass/{channel}/v1/payments/nothing"), None)
        .await;
    assert_eq!(
        (absent.status.as_u16(), absent.json()["code"].clone()),
        (404, "NOT_FOUND_PAYMENT".into())
    );
    // What it changed is learned, as a cancellation in the PG's admin is.
    let back = serde_json::json!({ "cancelReason": "by the merchant's own call" });
    let path = format!("/pass/{channel}/v1/payments/{tid}/cancel");
    let cancelled = demo.v2(Method::POST, &path, Some(back)).await;
    assert_eq!(cancelled.json()["status"], "CANCELED", "{}", cancelled.text);

    let refused = |answer: &crate::harness::Answer| {
        (
            answer.status.as_u16(),
            answer.json()["type"].as_str().unwrap().to_owned(),
        )
    };
    let url = format!("{}/pass/{channel}/v1/payments/{tid}", demo.value("NARU_URL"));
    let nobody = call(Method::GET, &url, &[], None).await;
    assert_eq!(refused(&nobody), (401, "UNAUTHORIZED".to_owned()));
    let stranger = demo
        .v2(Method::GET, "/pass/channel-key-of-somebody/v1/payments/x", None)
        .await;
    assert_eq!(refused(&stranger), (404, "CHANNEL_NOT_FOUND".to_owned()));
    let out = demo
        .v2(Method::GET, &format!("/pass/{channel}/v1/%2e%2e/admin"), None)
        .await;
    assert_eq!(refused(&out), (400, "INVALID_REQUEST".to_owned()));
    let put = demo
        .v2(Method::PUT, &format!("/pass/{channel}/v1/payments/x"), None)
        .await;
    assert_eq!(put.status, 405, "{}", put.text);
    let signed = demo.value("NARU_CHANNEL_INICIS");
    let signed = demo.v2(Method::GET, &format!("/pass/{signed}/v1/x"), None).await;
    assert_eq!(refused(&signed), (400, "INVALID_REQUEST".to_owned()));
    assert!(signed.text.contains("signs each call"), "{}", signed.text);
}
