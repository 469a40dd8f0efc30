use super::*;
use crate::simulators::testing::{raw, read};

fn on(operation: &str, kind: &str) -> Value {
    json!([{"provider": "nice_legacy", "operation": operation, "kind": kind, "times": 1, "delayMs": 20}])
}

async fn put(sim: &Arc<Simulators>, faults: Value) {
    let got = control(sim, "PUT", "faults", faults).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

#[tokio::test]
async fn what_the_wire_cannot_show_is_refused() {
    let sim = sim();
    for operation in [
        "notify",
        "window",
        "inquire",
        "instant",
        "vbank",
        "billing-issue",
        "billing-pay",
        "escrow",
        "cash-receipt",
    ] {
        let got = control(&sim, "PUT", "faults", on(operation, "bad-signature")).await;
        assert_eq!(got.status, 422, "{operation}");
        assert!(
            got.json()["message"].as_str().unwrap().starts_with("nice_legacy: "),
            "{}",
            got.text()
        );
    }
    assert_eq!(control(&sim, "PUT", "faults", on("list", "hang")).await.status, 422);
    for (operation, kind) in [
        ("approve", "bad-signature"),
        ("net-cancel", "bad-signature"),
        ("notify", "duplicate-notify"),
    ] {
        put(&sim, on(operation, kind)).await;
    }
}

#[tokio::test]
async fn answers_that_are_lost_or_spoiled_leave_an_approval_behind() {
    for kind in [
        "approve-then-drop",
        "error-500-after",
        "html-502-after",
        "bad-signature",
        "bad-encoding",
        "decline:A299",
    ] {
        let sim = sim();
        let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
        put(&sim, on("approve", kind)).await;
        let sign = sha(&[&pair.1, MID, "1004", DATE]);
        let body = format!(
            "TID={}&AuthToken={}&MID={MID}&Amt=1004&EdiDate={DATE}&SignData={sign}&CharSet=utf-8&EdiType=JSON",
            pair.0, pair.1
        );
        let got = raw(
            &sim,
            "POST",
            "/nice_legacy/webapi/pay_process.jsp",
            &[],
            body.as_bytes(),
        )
        .await;
        match kind {
            "approve-then-drop" => assert!(got.is_err()),
            "error-500-after" => assert_eq!(read(got.unwrap()).await.status, 500),
            "html-502-after" => assert_eq!(read(got.unwrap()).await.status, 502),
            "bad-signature" => {
                let body = read(got.unwrap()).await.json();
                assert_eq!(body["ResultCode"], "3001");
                assert_ne!(body["Signature"], sha(&[&pair.0, MID, "1004"]));
                assert_eq!(body["Signature"].as_str().unwrap().len(), 64);
            }
            "bad-encoding" => {
                let bytes = read(got.unwrap()).await.body;
                assert!(String::from_utf8(bytes.clone()).is_err() && EUC_KR.decode(&bytes).0.contains("테스트상품"));
            }
            _ => assert_eq!(code(&read(got.unwrap()).await), "A299"),
        }
        assert_eq!(status(&sim, &pair.0).await, "0", "{kind}");
        assert_eq!(code(&net_cancel(&sim, &pair, "1004").await), "2001", "{kind}");
        assert_eq!(ledger(&sim).await[0]["balance"], 0);
    }
}

#[tokio::test]
async fn refusals_before_acting_leave_nothing() {
    for (kind, expected) in [
        ("decline:3095", "3095"),
        ("decline:3012", "3012"),
        ("maintenance", "2159"),
        ("rate-limit", "A246"),
    ] {
        let sim = sim();
        let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
        put(&sim, on("approve", kind)).await;
        assert_eq!(code(&approve(&sim, &pair, "1004", &[]).await), expected);
        assert!(ledger(&sim).await.is_empty(), "{kind}");
        let again = code(&approve(&sim, &pair, "1004", &[]).await);
        assert_eq!(again, if kind == "decline:3095" { "A225" } else { "3001" }, "{kind}");
    }
}

#[tokio::test]
async fn net_cancels_have_faults_of_their_own_and_can_overtake() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    let slow = json!([{"provider": "nice_legacy", "operation": "approve", "kind": "cancel-overtakes", "times": 1, "delayMs": 150}]);
    put(&sim, slow).await;
    let late = {
        let (sim, pair) = (Arc::clone(&sim), pair.clone());
        tokio::spawn(async move { code(&approve(&sim, &pair, "1004", &[]).await) })
    };
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    assert_eq!(code(&net_cancel(&sim, &pair, "1004").await), "2012");
    assert_eq!(status(&sim, &pair.0).await, "9");
    assert_eq!(late.await.unwrap(), "3001");
    put(&sim, on("net-cancel", "decline:P035")).await;
    // An ordinary cancel is another operation on the same page.
    assert_eq!(code(&cancel(&sim, &pair.0, "4", "1", &[]).await), "2001");
    assert_eq!(code(&net_cancel(&sim, &pair, "1004").await), "P035");
}

#[tokio::test]
async fn merchants_are_checked_and_reset_forgets() {
    let sim = sim();
    for (change, field) in [
        (json!({"mid": "short"}), "mid"),
        (json!({"mid": "newnewnewm"}), "merchantKey"),
        (json!({"mid": MID, "merchantKey": "short"}), "merchantKey"),
        (json!({"mid": MID, "notifyUrl": "https://x.test"}), "notifyUrl"),
        (json!({"mid": MID, "signatureAmount": "both"}), "signatureAmount"),
        (json!({"mid": MID, "repeatCode": "1"}), "repeatCode"),
    ] {
        let got = control(&sim, "PUT", "nice_legacy/merchants", change).await;
        assert_eq!(
            (got.status, got.json()["field"].as_str()),
            (400, Some(field)),
            "{}",
            got.text()
        );
    }
    paid(&sim, "CARD", "ORD1", "1004").await;
    control(&sim, "POST", "reset", Value::Null).await;
    assert!(ledger(&sim).await.is_empty());
    paid(&sim, "CARD", "ORD1", "1004").await;
    assert_eq!(
        call(&sim, "GET", "/nice_legacy/webapi/pay_process.jsp", &[], b"")
            .await
            .status,
        405
    );
    assert_eq!(
        call(&sim, "POST", "/nice_legacy/webapi/nothing.jsp", &[], b"")
            .await
            .status,
        404
    );
}
