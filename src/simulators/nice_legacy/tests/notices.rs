use super::*;

async fn account(sim: &Arc<Simulators>, moid: &str) -> String {
    let pair = authenticated(sim, "VBANK", moid, "10000", json!({"bank": "004"})).await;
    assert_eq!(code(&approve(sim, &pair, "10000", &[]).await), "4100");
    pair.0
}

fn told(request: &crate::net::Request) -> Fields {
    fields(&request.body, EUC_KR)
}

#[tokio::test]
async fn a_deposit_is_told_unsigned_in_euc_kr() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url, "okCheck": false})).await;
    let tid = account(&sim, "ORD1").await;
    let got = control(
        &sim,
        "POST",
        "nice_legacy/deposit",
        json!({"orderId": "ORD1", "name": "김입금"}),
    )
    .await;
    assert_eq!(got.json()["state"], "paid", "{}", got.text());
    let request = inbox.wait(1).await[0].clone();
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let notice = told(&request);
    for (name, value) in [
        ("PayMethod", "VBANK"),
        ("MID", MID),
        ("MOID", "ORD1"),
        ("TID", tid.as_str()),
        ("Amt", "10000"),
        ("ResultCode", "4110"),
        ("StateCd", "0"),
        ("FnCd", "004"),
        ("FnName", "국민은행"),
        ("VbankInputName", "김입금"),
        ("name", "홍길동"),
        ("MallReserved", "r-1"),
        ("MerchantKey", KEY),
    ] {
        assert_eq!(notice[name], value, "{name}");
    }
    assert_eq!(notice["VbankNum"].len(), 14);
    assert!(!notice.contains_key("PG") && !notice.contains_key("Signature"));
    // Delivered, though the answer was no `OK`: the check is off.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let record = control(&sim, "GET", "notices?orderId=ORD1", Value::Null).await.json();
    assert_eq!(
        (record[0]["state"].as_str(), record[0]["event"].as_str()),
        (Some("delivered"), Some("4110"))
    );
    assert_eq!(status(&sim, &tid).await, "0");
    assert_eq!(
        control(&sim, "POST", "nice_legacy/deposit", json!({"tid": tid}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn the_order_of_fields_is_never_the_same() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(
        &sim,
        json!({"notifyUrl": url, "okCheck": false, "shapes": ["notice-constants", "notice-no-key"]}),
    )
    .await;
    account(&sim, "ORD1").await;
    let mut bodies = std::collections::BTreeSet::new();
    for round in 1..=5 {
        control(&sim, "POST", "nice_legacy/notify", json!({"orderId": "ORD1"})).await;
        let request = inbox.wait(round).await[round - 1].clone();
        bodies.insert(request.body.to_vec());
        let notice = told(&request);
        assert_eq!((notice["PG"].as_str(), notice["NICE"].as_str()), ("NICE", "PG"));
        assert!(!notice.contains_key("MerchantKey"));
    }
    assert!(bodies.len() > 1);
}

#[tokio::test]
async fn a_wrong_amount_is_told_and_the_account_goes_on_waiting() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url, "okCheck": false})).await;
    let tid = account(&sim, "ORD1").await;
    let deposit = |body: Value| control(&sim, "POST", "nice_legacy/deposit", body);
    assert_eq!(
        deposit(json!({"tid": tid, "amount": 9999})).await.json()["state"],
        "issued"
    );
    assert_eq!(told(&inbox.wait(1).await[0])["Amt"], "9999");
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
    assert_eq!(deposit(json!({"tid": tid, "reverse": true})).await.status, 422);
    assert_eq!(deposit(json!({"tid": tid})).await.json()["state"], "paid");
    let (card, _) = paid(&sim, "CARD", "ORD2", "1004").await;
    assert_eq!(deposit(json!({"tid": card})).await.status, 422);
    assert_eq!(deposit(json!({"orderId": "none"})).await.status, 404);
}

#[tokio::test]
async fn an_answer_other_than_ok_is_asked_again_as_often_as_set() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    control(&sim, "POST", "clock", json!({"minuteMs": 2})).await;
    merchant(&sim, json!({"notifyUrl": url, "retryCount": 2, "retryMinutes": 1})).await;
    let tid = account(&sim, "ORD1").await;
    control(&sim, "POST", "nice_legacy/deposit", json!({"tid": tid})).await;
    let got = inbox.wait(3).await;
    assert_eq!(got[0].body, got[2].body);
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    assert_eq!(inbox.count(), 3);
    let record = control(&sim, "GET", "notices?orderId=ORD1", Value::Null).await.json();
    assert_eq!(
        (record[0]["state"].as_str(), record[0]["attempts"].as_u64()),
        (Some("failed"), Some(3))
    );
    assert_eq!(
        control(
            &sim,
            "PUT",
            "nice_legacy/merchants",
            json!({"mid": MID, "retryCount": 11})
        )
        .await
        .status,
        400
    );
}

#[tokio::test]
async fn other_methods_and_cancels_are_told_if_wanted() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url, "okCheck": false})).await;
    paid(&sim, "CARD", "ORD1", "1004").await;
    merchant(&sim, json!({"notifyAll": true, "shapes": ["notice-constants"]})).await;
    let (tid, _) = paid(&sim, "CARD", "ORD2", "1004").await;
    assert_eq!(told(&inbox.wait(1).await[0])["ResultCode"], "3001");
    cancel(&sim, &tid, "4", "1", &[]).await;
    inbox.wait(2).await;
    // NICE's admin page: the only way to hear of it.
    let got = control(&sim, "POST", "nice_legacy/admin-cancel", json!({"tid": tid}))
        .await
        .json();
    assert_eq!(got["state"], "cancelled");
    let got = inbox.wait(3).await;
    let (part, rest) = (told(&got[1]), told(&got[2]));
    assert_eq!(
        (
            part["ResultCode"].as_str(),
            part["StateCd"].as_str(),
            part["Amt"].as_str()
        ),
        ("2001", "1", "4")
    );
    assert_eq!(
        (rest["Amt"].as_str(), rest["FnCd"].as_str(), rest["FnName"].as_str()),
        ("1000", "04", "삼성")
    );
    assert_eq!(part["CancelMOID"], "CANCEL1");
    assert!(got.iter().all(|request| told(request)["MOID"] == "ORD2"));
    assert_eq!(
        control(&sim, "POST", "nice_legacy/admin-cancel", json!({"tid": tid}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn stray_notices_can_be_sent() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url, "okCheck": false})).await;
    account(&sim, "ORD1").await;
    let ask = json!({"orderId": "ORD1", "resultCode": "7777", "amount": 5, "unknownOrderId": "NOBODY"});
    control(&sim, "POST", "nice_legacy/notify", ask).await;
    let stray = told(&inbox.wait(1).await[0]);
    assert_eq!(
        (
            stray["MOID"].as_str(),
            stray["ResultCode"].as_str(),
            stray["Amt"].as_str()
        ),
        ("NOBODY", "7777", "5")
    );
    control(
        &sim,
        "POST",
        "nice_legacy/notify",
        json!({"orderId": "ORD1", "empty": true}),
    )
    .await;
    assert!(inbox.wait(2).await[1].body.is_empty());
}
