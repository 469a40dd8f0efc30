use super::*;
use crate::simulators::testing::{raw, read};

fn path(id: &str) -> String {
    format!("/ksnet/store/KSPayWebV1.4/web_host/recv_post.jsp?sndCommConId={id}&sndActionType=1&sndAmount=1004")
}

#[tokio::test]
async fn what_the_wire_cannot_show_is_refused() {
    let sim = sim();
    for operation in ["approve", "cancel", "notify", "instant", "vbank"] {
        assert_eq!(fault(&sim, operation, "bad-signature").await, 422, "{operation}");
    }
    for operation in ["inquire", "net-cancel", "billing-delete", "escrow", "list"] {
        assert_eq!(fault(&sim, operation, "hang").await, 422, "{operation}");
    }
    // Unnamed, a fault is for the PGs that have the call.
    let inquire = json!([{"operation": "inquire", "kind": "hang"}]);
    assert_eq!(control(&sim, "PUT", "faults", inquire).await.status, 200);
    assert_eq!(fault(&sim, "notify", "duplicate-notify").await, 200);
}

#[tokio::test]
async fn a_lost_approval_is_read_again() {
    for kind in [
        "approve-then-drop",
        "error-500-after",
        "html-502-after",
        "truncate",
        "bad-encoding",
        "late-answer",
    ] {
        let sim = sim();
        let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
        assert_eq!(fault(&sim, "approve", kind).await, 200);
        let lost = raw(&sim, "GET", &path(&id), &[], b"").await;
        match kind {
            "approve-then-drop" => assert!(lost.is_err()),
            "error-500-after" => assert_eq!(read(lost.unwrap()).await.status, 500),
            "html-502-after" => assert_eq!(read(lost.unwrap()).await.status, 502),
            "truncate" => drop(lost.unwrap()),
            "bad-encoding" => assert!(
                String::from_utf8(read(lost.unwrap()).await.body)
                    .unwrap()
                    .contains("신한카드")
            ),
            _ => assert_eq!(read(lost.unwrap()).await.status, 200),
        }
        assert_eq!(ledger(&sim).await.len(), 1, "{kind}");
        assert_eq!(fetch(&sim, &id).await["authyn"], "O", "{kind}");
        assert_eq!(ledger(&sim).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn refusals_before_acting_leave_nothing() {
    for (kind, expected, again) in [("decline:8326", "8326", "X"), ("maintenance", "9006", "O")] {
        let sim = sim();
        let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
        fault(&sim, "approve", kind).await;
        let result = fetch(&sim, &id).await;
        assert_eq!((result["authyn"].as_str(), result["authno"].as_str()), ("X", expected));
        assert!(ledger(&sim).await.is_empty());
        assert_eq!(fetch(&sim, &id).await["authyn"], again, "{kind}");
    }
}

#[tokio::test]
async fn a_server_error_of_a_cancel_comes_after_the_deed() {
    let sim = sim();
    let trno = paid(&sim, "1000000000", "ORD1").await;
    fault(&sim, "cancel", "decline:7003").await;
    assert_eq!(
        codes(&cancel(&sim, "card/cancel", &trno, None).await),
        ("A0201", "7003")
    );
    fault(&sim, "cancel", "decline:A0401").await;
    assert_eq!(codes(&cancel(&sim, "card/cancel", &trno, None).await).0, "A0401");
    fault(&sim, "cancel", "maintenance").await;
    assert_eq!(
        codes(&cancel(&sim, "card/cancel", &trno, None).await),
        ("A0201", "9006")
    );
    assert_eq!(ledger(&sim).await[0]["balance"], 1004);
    fault(&sim, "cancel", "decline:A0500").await;
    let lost = cancel(&sim, "card/cancel", &trno, Some(("4", "1"))).await;
    assert_eq!((codes(&lost), &lost["data"]), (("A0500", ""), &Value::Null));
    assert_eq!(ledger(&sim).await[0]["balance"], 1000);
    assert_eq!(
        codes(&cancel(&sim, "card/cancel", &trno, Some(("4", "1"))).await).1,
        "7002"
    );
}

#[tokio::test]
async fn a_cancel_can_overtake_its_approval() {
    let sim = sim();
    let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
    let slow =
        json!([{"provider": "ksnet", "operation": "approve", "kind": "cancel-overtakes", "times": 1, "delayMs": 150}]);
    control(&sim, "PUT", "faults", slow).await;
    let late = {
        let (sim, id) = (Arc::clone(&sim), id.clone());
        tokio::spawn(async move { fetch(&sim, &id).await["authyn"].clone() })
    };
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let body = json!({"mid": MID, "payload": "p", "cancelType": "FULL", "orgTradeKeyType": "ORDER_NUMB",
        "orgTradeKey": "ORD1", "orgTradeDate": "20301231"});
    assert_eq!(codes(&rest(&sim, "card/cancel", body).await).1, "7004");
    assert_eq!(late.await.unwrap(), "O");
}

#[tokio::test]
async fn shapes_spoil_results_that_must_be_noticed() {
    let sim = sim();
    for (shape, check) in [
        ("other-amount", ("amt", "1005")),
        ("other-order", ("ordno", "ORD19")),
        ("no-card-number", ("cardno", "")),
        ("html-noise", ("authyn", "O")),
    ] {
        merchant(&sim, json!({"shapes": [shape]})).await;
        let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
        assert_eq!(fetch(&sim, &id).await[check.0], check.1, "{shape}");
    }
    merchant(&sim, json!({"shapes": ["no-backtick"]})).await;
    let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
    assert!(!fetched(&sim, "Web", &id, "1", "1004").await.contains(&b'`'));
    merchant(&sim, json!({"shapes": ["no-noise", "no-last-backtick"]})).await;
    assert!(fetched(&sim, "Web", &id, "1", "1004").await.starts_with(b"`O`"));
}

#[tokio::test]
async fn merchants_are_checked_and_reset_forgets() {
    let sim = sim();
    for (change, field) in [
        (json!({"mid": "short"}), "mid"),
        (json!({"mid": "1234567890"}), "apiKey"),
        (json!({"mid": MID, "apiKey": "short"}), "apiKey"),
        (json!({"mid": MID, "notifyUrl": "https://x.test"}), "notifyUrl"),
        (json!({"mid": MID, "notifyMethod": "PUT"}), "notifyMethod"),
        (json!({"mid": MID, "shapes": ["none"]}), "shapes"),
    ] {
        let got = control(&sim, "PUT", "ksnet/merchants", change).await;
        assert_eq!(
            (got.status, got.json()["field"].as_str()),
            (400, Some(field)),
            "{}",
            got.text()
        );
    }
    paid(&sim, "1000000000", "ORD1").await;
    control(&sim, "POST", "reset", Value::Null).await;
    assert!(ledger(&sim).await.is_empty());
    assert_eq!(
        call(&sim, "POST", "/ksnet/store/nothing.jsp", &[], b"").await.status,
        404
    );
}
