use super::*;

#[tokio::test]
async fn every_event_is_told_as_the_signed_object() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url})).await;
    let tid = paid(&sim, "card", "order-1", 1004).await;
    inbox.wait(1).await;
    ok(&cancel(&sim, &tid, json!({"cancelAmt": 4})).await);
    inbox.wait(2).await;
    ok(&cancel(&sim, &tid, json!({"orderId": "c-2"})).await);
    let got = inbox.wait(3).await;
    assert_eq!(got[0].header("content-type"), Some("application/json;charset=utf-8"));
    let told: Vec<Value> = got.iter().map(body).collect();
    assert!(told.iter().all(signed));
    assert_eq!(
        told.iter().map(|b| b["status"].clone()).collect::<Vec<_>>(),
        ["paid", "partialCancelled", "cancelled"]
    );
    assert_eq!(told[1]["cancelledTid"], told[1]["cancels"][0]["tid"]);
}

/// The inbox answers 200 without a body: that is no `OK`, and nothing is sent again by itself.
#[tokio::test]
async fn only_a_plain_ok_acknowledges_and_nothing_is_retried() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    control(&sim, "POST", "clock", json!({"minuteMs": 1})).await;
    merchant(&sim, json!({"notifyUrl": url})).await;
    paid(&sim, "card", "order-1", 1004).await;
    inbox.wait(1).await;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    let record = control(&sim, "GET", "notices?provider=nice&orderId=order-1", Value::Null)
        .await
        .json();
    assert_eq!(
        (
            record[0]["state"].clone(),
            record[0]["attempts"].clone(),
            record[0]["event"].clone()
        ),
        (json!("failed"), json!(1), json!("paid"))
    );
    // The admin page can send it again, and tests can make it lie.
    let ask = json!({"orderId": "order-1", "status": "ready", "amount": 7, "unknownOrderId": "nobodys"});
    assert_eq!(control(&sim, "POST", "nice/notify", ask).await.status, 200);
    let lie = body(&inbox.wait(2).await[1]);
    assert_eq!(
        (lie["orderId"].clone(), lie["status"].clone(), lie["amount"].clone()),
        (json!("nobodys"), json!("ready"), json!(7))
    );
    assert!(signed(&lie));
}

#[tokio::test]
async fn addresses_are_registered_per_method_with_a_dummy() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    let ask = json!({"method": "vbank", "url": url, "managerEmail": "a@shop.test"});
    assert_eq!(
        ok(&post(&sim, "webhook", ask.clone()).await)["urls"][0]["method"],
        "vbank"
    );
    let dummy = body(&inbox.wait(1).await[0]);
    assert!(dummy["tid"].as_str().unwrap().starts_with("UTWEBHOOKm0301"));
    assert_eq!(
        (dummy["vbank"]["vbankCode"].clone(), dummy["balanceAmt"].clone()),
        (json!("04"), json!(0))
    );
    assert_ne!(dummy["paidAt"], "0");
    assert_eq!(code(&post(&sim, "webhook", ask.clone()).await), (200, "U333".into()));
    let mut wrong = ask.clone();
    wrong["method"] = json!("naverpay");
    assert_eq!(code(&post(&sim, "webhook", wrong).await), (200, "U110".into()));
    let mut wrong = ask.clone();
    wrong["method"] = json!("card");
    wrong["url"] = json!("ftp://x");
    assert_eq!(code(&post(&sim, "webhook", wrong).await), (200, "U334".into()));
    // Nothing is registered for cards.
    paid(&sim, "card", "order-1", 1004).await;
    ok(&post(&sim, "webhook/vbank/update", ask).await);
    inbox.wait(2).await;
    assert_eq!(
        ok(&post(&sim, "webhook/vbank/delete", json!({})).await)["urls"],
        json!([])
    );
    assert_eq!(ok(&get(&sim, "webhook").await)["urls"], json!([]));
    assert!(
        inbox
            .got
            .lock()
            .unwrap()
            .iter()
            .all(|r| body(r)["payMethod"] == "vbank")
    );
}
