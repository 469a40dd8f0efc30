use super::*;
use crate::simulators::testing::{raw, read};

async fn put(sim: &Arc<Simulators>, fault: Value) -> u16 {
    control(sim, "PUT", "faults", json!([fault])).await.status
}

fn on(operation: &str, kind: &str) -> Value {
    json!({"provider": "nice", "operation": operation, "kind": kind, "times": 1, "delayMs": 20})
}

#[tokio::test]
async fn what_the_wire_cannot_show_is_refused() {
    let sim = sim();
    for (operation, kind) in [
        ("register", "bad-signature"),
        ("billing-issue", "bad-signature"),
        ("window", "bad-signature"),
        ("instant", "hang"),
        ("vbank", "hang"),
        ("escrow", "hang"),
    ] {
        let got = control(&sim, "PUT", "faults", json!([on(operation, kind)])).await;
        assert_eq!(got.status, 422, "{operation} {kind}");
        assert!(
            got.json()["message"].as_str().unwrap().starts_with("nice: "),
            "{}",
            got.text()
        );
    }
    assert_eq!(put(&sim, on("approve", "bad-signature")).await, 200);
    assert_eq!(put(&sim, on("notify", "bad-signature")).await, 200);
    assert_eq!(put(&sim, on("approve", "cancel-overtakes")).await, 200);
}

#[tokio::test]
async fn answers_that_are_lost_or_spoiled_leave_an_approval_behind() {
    for kind in [
        "approve-then-drop",
        "error-500-after",
        "html-502-after",
        "bad-signature",
        "bad-encoding",
        "late-answer",
        "decline:U303",
    ] {
        let sim = sim();
        let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
        assert_eq!(put(&sim, on("approve", kind)).await, 200);
        let auth = basic(CLIENT, SECRET);
        let path = format!("/nice/v1/payments/{tid}");
        let got = raw(
            &sim,
            "POST",
            &path,
            &[("authorization", auth.as_str())],
            br#"{"amount":1004}"#,
        )
        .await;
        match kind {
            "approve-then-drop" => assert!(got.is_err()),
            "error-500-after" => assert_eq!(code(&read(got.unwrap()).await), (500, "9999".into())),
            "html-502-after" => assert_eq!(read(got.unwrap()).await.status, 502),
            "bad-signature" => {
                let body = read(got.unwrap()).await.json();
                assert!(body["resultCode"] == "0000" && !signed(&body));
            }
            "bad-encoding" => assert!(String::from_utf8(read(got.unwrap()).await.body).is_err()),
            "decline:U303" => assert_eq!(code(&read(got.unwrap()).await), (200, "U303".into())),
            _ => assert_eq!(code(&read(got.unwrap()).await), (200, "0000".into())),
        }
        assert_eq!(ledger(&sim).await.len(), 1, "{kind}");
        assert!(signed(&ok(&find(&sim, "order-1").await)), "{kind}");
        ok(&net_cancel(&sim, "order-1").await);
    }
}

#[tokio::test]
async fn refusals_before_acting_leave_nothing() {
    for (kind, expected) in [
        ("decline:3095", (200, "3095")),
        ("decline:U316", (200, "U316")),
        ("decline:3012", (200, "3012")),
        ("maintenance", (200, "2159")),
        ("rate-limit", (200, "A246")),
        ("error-500-before", (500, "9999")),
    ] {
        let sim = sim();
        let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
        assert_eq!(put(&sim, on("approve", kind)).await, 200);
        let got = approve(&sim, &tid, 1004).await;
        assert_eq!(code(&got), (expected.0, expected.1.to_owned()), "{kind}");
        assert!(ledger(&sim).await.is_empty(), "{kind}");
        // Only a decline by the card company ends the attempt.
        let again = code(&approve(&sim, &tid, 1004).await).1;
        assert_eq!(again, if kind == "decline:3095" { "U114" } else { "0000" }, "{kind}");
    }
}

#[tokio::test]
async fn a_net_cancel_that_overtakes_finds_nothing_and_the_approval_lands() {
    let sim = sim();
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
    let mut fault = on("approve", "cancel-overtakes");
    fault["delayMs"] = json!(150);
    put(&sim, fault).await;
    let late = {
        let sim = Arc::clone(&sim);
        tokio::spawn(async move { approve(&sim, &tid, 1004).await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    assert_eq!(code(&net_cancel(&sim, "order-1").await), (200, "U122".into()));
    assert_eq!(code(&find(&sim, "order-1").await), (404, "U107".into()));
    ok(&late.await.unwrap());
    ok(&net_cancel(&sim, "order-1").await);
}

#[tokio::test]
async fn webhooks_can_be_forged_and_reset_forgets() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url})).await;
    put(&sim, on("notify", "bad-signature")).await;
    paid(&sim, "card", "order-1", 1004).await;
    let forged = body(&inbox.wait(1).await[0]);
    assert!(forged["orderId"] == "order-1" && !signed(&forged));
    control(&sim, "POST", "reset", Value::Null).await;
    assert!(ledger(&sim).await.is_empty());
    paid(&sim, "card", "order-1", 1004).await;
}
