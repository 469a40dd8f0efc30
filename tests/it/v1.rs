//! The V1 API over the wire: hostile input on every path, what racing calls do, one payment seen by both versions, and
//! the webhook that V1's receivers get. What its clients do is in `sdk`.

use crate::harness::{Answer, Demo, call, send};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Every path of V1, with an identifier where it has one.
const PATHS: &[&str] = &[
    "/users/getToken",
    "/payments",
    "/payments/{}",
    "/payments/{}/balance",
    "/payments/find/{}/{}",
    "/payments/findAll/{}/{}",
    "/payments/status/{}",
    "/payments/cancel",
    "/payments/prepare",
    "/payments/prepare/{}",
    "/subscribe/payments/onetime",
    "/subscribe/payments/again",
    "/subscribe/payments/schedule",
    "/subscribe/payments/schedule/{}",
    "/subscribe/payments/schedule/{}/retry",
    "/subscribe/payments/schedule/{}/reschedule",
    "/subscribe/payments/schedule/customers/{}",
    "/subscribe/payments/unschedule",
    "/subscribe/customers",
    "/subscribe/customers/{}",
    "/subscribe/customers/{}/payments",
    "/subscribe/customers/{}/schedules",
    "/vbanks",
    "/vbanks/{}",
    "/receipts/{}",
    "/receipts/external/{}",
    "/escrows/logis/{}",
    "/cards/{}",
    "/banks/{}",
    "/users/pg",
    "/tiers/{}",
    "/certifications/{}",
    "/payments/{}/naver/ship",
    "/nothing/here",
];

async fn token(demo: &Demo) -> String {
    let body = json!({ "imp_key": demo.value("NARU_V1_KEY"), "imp_secret": demo.value("NARU_V1_SECRET") });
    let url = format!("{}/users/getToken", demo.value("NARU_V1_URL"));
    let answer = call(Method::POST, &url, &[], Some(body)).await.json();
    answer["response"]["access_token"].as_str().unwrap().to_owned()
}

async fn v1(demo: &Demo, token: &str, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
    let url = format!("{}{path}", demo.value("NARU_V1_URL"));
    send(method, &url, &[("authorization", token)], body.into()).await
}

/// The envelope; fails the test if the answer is anything else.
fn envelope(answer: &Answer, what: &str) -> Value {
    let body = answer.json();
    let object = body.as_object().unwrap_or_else(|| panic!("{what}: {}", answer.text));
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    assert!(
        keys.len() == 3 && ["code", "message", "response"].iter().all(|key| keys.contains(key)),
        "{what}: {}",
        answer.text
    );
    assert_eq!(body["code"] == 0, body["message"].is_null(), "{what}: {}", answer.text);
    assert!(
        answer.status.is_success() || body["code"] != 0,
        "{what}: {} with code 0",
        answer.status
    );
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_input_gets_the_envelope_and_moves_nothing() {
    let demo = Demo::start();
    let token = token(&demo).await;
    let long = "a".repeat(10_000);
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
    let bodies: Vec<String> = vec![
        String::new(),
        "[]".into(),
        "null".into(),
        "{".into(),
        "\u{feff}{}".into(),
        deep,
        format!("a{}=1", "[b]".repeat(100)),
        "&&&===[[]]".into(),
        r#"{"merchant_uid": {}, "imp_uid": [], "amount": "x", "customer_uid": 7, "schedules": "[1]"}"#.into(),
        r#"{"merchant_uid": "m", "amount": -1, "card_number": "9410", "expiry": "2030-13"}"#.into(),
        r#"{"merchant_uid": "m", "amount": 1e400}"#.into(),
        r#"{"merchant_uid": "m\u0000", "customer_uid": "\ud800"}"#.into(),
        format!(r#"{{"merchant_uid": "{long}", "imp_uid": "{long}", "customer_uid": "{long}"}}"#),
        "merchant_uid=%FF%FE&imp_uid=%00&amount=99999999999999999999".into(),
        "schedules[99999999999][amount]=1&customer_uid=c".into(),
    ];
    for path in PATHS {
        for id in [
            "imp_1",
            "imps_",
            "%2F..%2F",
            "%ED%95%9C%EA%B8%80",
            "%FF",
            "%00",
            long.as_str(),
        ] {
            let path = path.replace("{}", id);
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                // Every body where there is no identifier to vary.
                let few = if path.contains(id) { 3 } else { bodies.len() };
                for body in bodies.iter().take(few) {
                    let what = format!("{method} {path:.60} {body:.60}");
                    let answer = v1(&demo, &token, method.clone(), &path, body.clone()).await;
                    assert!(
                        !answer.status.is_server_error(),
                        "{what}: {} {}",
                        answer.status,
                        answer.text
                    );
                    envelope(&answer, &what);
                }
            }
            if !path.contains(id) {
                break;
            }
        }
    }
    let wrong = v1(&demo, "", Method::GET, "/payments/imp_1", Bytes::new()).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(envelope(&wrong, "no token")["message"], "Unauthorized");
    let large = v1(&demo, &token, Method::POST, "/payments/cancel", vec![b' '; 2 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    envelope(&large, "2 MiB");
    let url = format!("{}/_sim/ledger", demo.value("NARU_SIM_URL"));
    assert_eq!(call(Method::GET, &url, &[], None).await.json(), json!([]));
}

fn onetime(merchant_uid: &str) -> String {
    json!({
        "merchant_uid": merchant_uid, "amount": 10_000, "name": "나루 주문", "card_number": "9410-0012-3456-7890",
        "expiry": "2030-12", "birth": "900101", "pwd_2digit": "12",
    })
    .to_string()
}

/// The same order and the same cancellation, many times at once, through both versions: money moves once.
#[tokio::test(flavor = "multi_thread")]
async fn racing_calls_of_both_versions_pay_and_cancel_once() {
    let demo = Demo::start();
    let token = token(&demo).await;
    let body = onetime("race-1");
    let pay = || {
        v1(
            &demo,
            &token,
            Method::POST,
            "/subscribe/payments/onetime/",
            body.clone(),
        )
    };
    let answers = futures_util::future::join_all((0..8).map(|_| pay())).await;
    let paid: Vec<Value> = answers.iter().map(|answer| envelope(answer, "onetime")).collect();
    assert_eq!(paid.iter().filter(|body| body["code"] == 0).count(), 1, "{paid:?}");
    let seen = demo.v2(Method::GET, "/payments/race-1", None).await.json();
    assert_eq!(seen["status"], "PAID", "{seen}");
    let id = seen["transactionId"].as_str().unwrap();
    let found = v1(
        &demo,
        &token,
        Method::GET,
        &format!("/payments/{id}?include_sandbox=true"),
        "",
    )
    .await;
    let found = envelope(&found, "by transactionId");
    let imp_uid = found["response"]["imp_uid"].as_str().unwrap().to_owned();
    let form = format!("imp_uid={imp_uid}&amount=4000&checksum=10000&reason=x");
    let one = || v1(&demo, &token, Method::POST, "/payments/cancel", form.clone());
    let answers = futures_util::future::join_all((0..4).map(|_| one())).await;
    let done = answers.iter().filter(|answer| answer.json()["code"] == 0).count();
    assert!(done >= 1, "{answers:?}");
    let part = json!({ "reason": "x", "currentCancellableAmount": 6_000 });
    let rest = demo.v2(Method::POST, "/payments/race-1/cancel", Some(part)).await;
    assert_eq!(rest.status, 200, "{}", rest.text);
    let again = v1(
        &demo,
        &token,
        Method::POST,
        "/payments/cancel",
        format!("imp_uid={imp_uid}"),
    )
    .await;
    assert_eq!(envelope(&again, "again")["message"], "이미 전액취소된 주문입니다.");
    let url = format!("{}/_sim/ledger", demo.value("NARU_SIM_URL"));
    let ledger = call(Method::GET, &url, &[], None).await.json();
    let rows = ledger.as_array().unwrap();
    let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    assert_eq!((of("approval"), of("cancel")), (1, 2), "{ledger}");
}
