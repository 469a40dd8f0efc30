use super::*;
use crate::simulators::testing::{raw, read};
use http_body_util::BodyExt;
use std::time::{Duration, Instant};

async fn put(sim: &Arc<Simulators>, faults: Value) {
    let got = control(sim, "PUT", "faults", faults).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

async fn confirming(sim: &Arc<Simulators>, key: &str, order: &str) -> Result<Got, crate::net::Abort> {
    let auth = basic(SECRET);
    let body = json!({"paymentKey": key, "orderId": order, "amount": 15000}).to_string();
    let headers = [("authorization", auth.as_str()), ("idempotency-key", "idem-1")];
    match raw(sim, "POST", "/toss/v1/payments/confirm", &headers, body.as_bytes()).await {
        Ok(response) => Ok(read(response).await),
        Err(abort) => Err(abort),
    }
}

async fn status(sim: &Arc<Simulators>, key: &str) -> Value {
    get(sim, SECRET, &format!("payments/{key}")).await.json()["status"].clone()
}

#[tokio::test]
async fn faults_before_acting_leave_the_payment_alone() {
    for kind in [
        "refuse",
        "drop-before",
        "error-500-before",
        "html-502-before",
        "maintenance",
        "rate-limit",
        "decline:PROVIDER_ERROR",
    ] {
        let sim = sim();
        let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
        put(
            &sim,
            json!([{"provider": "toss", "operation": "approve", "kind": kind, "times": 1}]),
        )
        .await;
        let got = confirming(&sim, &key, "ORDER-0001").await;
        match kind {
            "refuse" | "drop-before" => assert!(got.is_err(), "{kind}"),
            "rate-limit" => assert_eq!(got.unwrap().status, 429),
            "maintenance" => assert_eq!(got.unwrap().error(), (400, "NOT_AVAILABLE_PAYMENT".into())),
            "error-500-before" => assert_eq!(got.unwrap().status, 500),
            "html-502-before" => assert!(got.unwrap().text().starts_with("<html>")),
            _ => assert_eq!(got.unwrap().error(), (400, "PROVIDER_ERROR".into())),
        }
        assert_eq!(status(&sim, &key).await, "IN_PROGRESS", "{kind}");
        assert!(ledger(&sim).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn faults_after_acting_keep_the_approval_and_the_key_replays_it() {
    for kind in ["approve-then-drop", "error-500-after", "html-502-after", "bad-encoding"] {
        let sim = sim();
        let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
        put(&sim, json!([{"kind": kind, "operation": "confirm", "times": 1}])).await;
        let got = confirming(&sim, &key, "ORDER-0001").await;
        match kind {
            "approve-then-drop" => assert!(got.is_err()),
            "error-500-after" => assert_eq!(got.unwrap().status, 500),
            "html-502-after" => assert_eq!(got.unwrap().status, 502),
            _ => assert!(String::from_utf8(got.unwrap().body).is_err()),
        }
        assert_eq!(status(&sim, &key).await, "DONE", "{kind}");
        let again = confirming(&sim, &key, "ORDER-0001").await.unwrap();
        assert_eq!(
            (again.status, again.json()["status"].clone()),
            (200, json!("DONE")),
            "{kind}"
        );
        assert_eq!(ledger(&sim).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let sim = sim();
    let payment = paid(&sim, "ORDER-0001", 15000).await;
    put(&sim, json!([{"kind": "truncate", "operation": "inquire", "times": 1}])).await;
    let path = format!("/toss/v1/payments/{}", key(&payment));
    let response = raw(&sim, "GET", &path, &[("authorization", &basic(SECRET))], b"")
        .await
        .unwrap();
    let promised: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first.len(), promised / 2);
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn late_and_slow_answers_take_their_time() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
    put(
        &sim,
        json!([{"kind": "late-answer", "operation": "approve", "times": 1, "delayMs": 300}]),
    )
    .await;
    let (other, late) = (Arc::clone(&sim), key.clone());
    let begin = Instant::now();
    let running = tokio::spawn(async move { confirming(&other, &late, "ORDER-0001").await.unwrap() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Done already, but not answered: the key counts as running.
    assert_eq!(status(&sim, &key).await, "DONE");
    let busy = confirming(&sim, &key, "ORDER-0001").await.unwrap();
    assert_eq!(busy.error(), (409, "IDEMPOTENT_REQUEST_PROCESSING".into()));
    assert_eq!(running.await.unwrap().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(confirming(&sim, &key, "ORDER-0001").await.unwrap().status, 200);
    put(
        &sim,
        json!([{"kind": "slow-drip", "operation": "inquire", "times": 1, "delayMs": 200}]),
    )
    .await;
    let begin = Instant::now();
    assert_eq!(status(&sim, &key).await, "DONE");
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_cancel_overtakes_an_approval_still_in_flight() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
    put(&sim, json!([{"kind": "cancel-overtakes", "times": 1, "delayMs": 200}])).await;
    let (other, flying) = (Arc::clone(&sim), key.clone());
    let caller = tokio::spawn(async move { confirming(&other, &flying, "ORDER-0001").await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        cancel(&sim, &key, json!({"cancelReason": "x"})).await.error(),
        (403, "NOT_CANCELABLE_PAYMENT".into())
    );
    // The caller gives up; the PG goes on.
    caller.abort();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(status(&sim, &key).await, "DONE");
}

#[tokio::test]
async fn a_hanging_call_ends_with_the_simulator() {
    let sim = sim();
    put(&sim, json!([{"kind": "hang", "operation": "inquire"}])).await;
    let other = Arc::clone(&sim);
    let call = tokio::spawn(async move {
        raw(
            &other,
            "GET",
            "/toss/v1/payments/x",
            &[("authorization", &basic(SECRET))],
            b"",
        )
        .await
        .is_err()
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!call.is_finished());
    sim.stop();
    assert!(call.await.unwrap());
}

#[tokio::test]
async fn declines_end_the_payment_with_any_code() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
    put(
        &sim,
        json!([{"kind": "decline:INVALID_CARD_LOST_OR_STOLEN", "times": 1}]),
    )
    .await;
    assert_eq!(
        confirming(&sim, &key, "ORDER-0001").await.unwrap().error(),
        (400, "INVALID_CARD_LOST_OR_STOLEN".into())
    );
    assert_eq!(status(&sim, &key).await, "ABORTED");
    let key = authenticated(&sim, &open("CARD", "ORDER-0002", 15000)).await;
    put(
        &sim,
        json!([{"kind": "decline:BRAND_NEW_CODE", "times": 1, "status": 403, "message": "새 코드"}]),
    )
    .await;
    let got = confirm(&sim, &key, "ORDER-0002", 15000).await;
    assert_eq!(
        (got.error(), got.json()["message"].clone()),
        ((403, "BRAND_NEW_CODE".into()), json!("새 코드"))
    );
    let payment = paid(&sim, "ORDER-0003", 15000).await;
    put(
        &sim,
        json!([{"kind": "decline:FORBIDDEN_CONSECUTIVE_REQUEST", "operation": "cancel", "times": 1}]),
    )
    .await;
    let tid = super::key(&payment);
    assert_eq!(cancel(&sim, &tid, json!({"cancelReason": "x"})).await.error().0, 403);
    assert_eq!(cancel(&sim, &tid, json!({"cancelReason": "x"})).await.status, 200);
}

#[tokio::test]
async fn what_the_wire_cannot_show_is_422() {
    let sim = sim();
    for fault in [
        json!({"provider": "toss", "kind": "bad-signature"}),
        json!({"provider": "toss", "kind": "bad-signature", "operation": "approve"}),
        json!({"provider": "toss", "kind": "hang", "operation": "net-cancel"}),
        json!({"provider": "toss", "kind": "hang", "operation": "escrow"}),
    ] {
        let got = control(&sim, "PUT", "faults", json!([fault])).await;
        assert_eq!(got.status, 422, "{fault}");
        assert_eq!(got.json()["field"], "[0].kind");
    }
    assert_eq!(control(&sim, "GET", "faults", Value::Null).await.json(), json!([]));
    put(
        &sim,
        json!([{"provider": "toss", "kind": "bad-signature", "operation": "notify"}]),
    )
    .await;
    assert_eq!(control(&sim, "DELETE", "faults", Value::Null).await.json(), json!([]));
    let escrow = control(&sim, "POST", "toss/escrow", json!({"tid": "x", "decision": "confirm"})).await;
    assert_eq!(escrow.status, 422);
}
