use super::*;
use crate::simulators::testing::Inbox;
use std::time::Duration;

#[tokio::test]
async fn a_refused_notification_is_retried_with_the_same_id() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    inbox.answers.lock().unwrap().extend([500, 204]);
    control(&sim, "POST", "clock", json!({"minuteMs": 5})).await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    paid(&sim, "ORDER-0001", 1000).await;
    let got = inbox.wait(3).await;
    let header = |name: &str| {
        got.iter()
            .map(|r| r.header(name).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        header("tosspayments-webhook-transmission-retried-count"),
        ["0", "1", "2"]
    );
    let ids = header("tosspayments-webhook-transmission-id");
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(got[0].body, got[2].body);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let record = control(&sim, "GET", "notices?orderId=ORDER-0001", Value::Null)
        .await
        .json();
    assert_eq!(
        (
            record[0]["state"].clone(),
            record[0]["attempts"].clone(),
            record[0]["lastStatus"].clone()
        ),
        (json!("delivered"), json!(3), json!(200))
    );
}

#[tokio::test]
async fn notifications_can_be_lost_doubled_early_and_forged() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    let fault = |kind: &str| json!([{"provider": "toss", "operation": "notify", "kind": kind, "times": 1}]);
    control(&sim, "PUT", "faults", fault("lost-notify")).await;
    paid(&sim, "ORDER-0001", 1000).await;
    control(&sim, "PUT", "faults", fault("notify-before-answer")).await;
    paid(&sim, "ORDER-0002", 1000).await;
    // It was there before the answer, and the lost one is not.
    assert_eq!(inbox.count(), 1);
    control(&sim, "PUT", "faults", fault("duplicate-notify")).await;
    paid(&sim, "ORDER-0003", 1000).await;
    let got = inbox.wait(3).await;
    assert_eq!(got[1].body, got[2].body);
    control(&sim, "PUT", "faults", fault("bad-signature")).await;
    let payment = paid(&sim, "ORDER-0004", 1000).await;
    let forged = body(&inbox.wait(4).await[3]);
    assert_eq!(forged["data"]["orderId"], "ORDER-0004");
    assert_ne!(forged["data"]["secret"], payment["secret"]);
    let lost = control(&sim, "GET", "notices?provider=toss&orderId=ORDER-0001", Value::Null)
        .await
        .json();
    assert_eq!(lost[0]["state"], "lost");
    // A notification nobody caused: about an unknown order.
    let ask = json!({"orderId": "ORDER-0004", "status": "CANCELED", "unknownOrderId": "NOBODYS-ORDER"});
    assert_eq!(control(&sim, "POST", "toss/notify", ask).await.status, 200);
    let stray = body(&inbox.wait(5).await[4]);
    assert_eq!(
        (stray["data"]["orderId"].clone(), stray["data"]["status"].clone()),
        (json!("NOBODYS-ORDER"), json!("CANCELED"))
    );
}

#[tokio::test]
async fn events_fire_on_the_documented_statuses_only() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    inbox.wait(1).await;
    cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    inbox.wait(2).await;
    authenticated(&sim, &open("CARD", "ORDER-0002", 1000)).await;
    control(&sim, "POST", "clock", json!({"advanceMs": 600_000})).await;
    let statuses: Vec<Value> = inbox
        .wait(3)
        .await
        .iter()
        .map(|r| body(r)["data"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["DONE", "PARTIAL_CANCELED", "EXPIRED"].map(Value::from));
}
