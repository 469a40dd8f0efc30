use super::*;

#[tokio::test]
async fn cash_receipts() {
    let sim = sim();
    let ask = json!({"amount": 11000, "orderId": "ORDER-0001", "orderName": "셔츠", "type": "소득공제",
        "customerIdentityNumber": "01012345678"});
    let issued = post(&sim, SECRET, "cash-receipts", &ask).await.json();
    assert_eq!(
        (issued["issueStatus"].clone(), issued["transactionType"].clone()),
        (json!("IN_PROGRESS"), json!("CONFIRM"))
    );
    assert_eq!(issued["customerIdentityNumber"], "010******78");
    assert_eq!(
        post(&sim, SECRET, "cash-receipts", &ask).await.error(),
        (400, "DUPLICATED_CASH_RECEIPT".into())
    );
    let path = format!("cash-receipts/{}/cancel", issued["receiptKey"].as_str().unwrap());
    let part = post(&sim, SECRET, &path, &json!({"amount": 1000})).await.json();
    assert!(part["receiptKey"].as_str().unwrap().starts_with("c_"));
    assert_eq!(
        (part["transactionType"].clone(), part["amount"].clone()),
        (json!("CANCEL"), json!(1000))
    );
    let auth = basic(SECRET);
    let rest = call(
        &sim,
        "POST",
        &format!("/toss/v1/{path}"),
        &[("authorization", auth.as_str())],
        b"",
    )
    .await
    .json();
    assert_eq!(rest["amount"], 10000);
    assert_eq!(
        post(&sim, SECRET, "cash-receipts/none/cancel", &json!({}))
            .await
            .error(),
        (404, "NOT_FOUND_RECEIPT".into())
    );
    let day = &issued["requestedAt"].as_str().unwrap()[..10];
    let list = get(&sim, SECRET, &format!("cash-receipts?requestDate={day}&limit=2"))
        .await
        .json();
    assert_eq!(
        (list["hasNext"].clone(), list["data"].as_array().unwrap().len()),
        (json!(true), 2)
    );
    let next = get(
        &sim,
        SECRET,
        &format!("cash-receipts?requestDate={day}&cursor={}", list["lastCursor"]),
    )
    .await
    .json();
    assert_eq!(
        (next["hasNext"].clone(), next["data"].as_array().unwrap().len()),
        (json!(false), 1)
    );
}

#[tokio::test]
async fn transactions_page_by_their_keys_and_settlements_are_live_only() {
    let sim = sim();
    for (i, order) in ["ORDER-0001", "ORDER-0002"].iter().enumerate() {
        let tid = key(&paid(&sim, order, 1000 + i64::try_from(i).unwrap()).await);
        cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    }
    post(&sim, SECRET, "virtual-accounts", &account("ORDER-0003")).await;
    let span = "startDate=2020-01-01&endDate=2999-01-01T00:00:00";
    let all = get(&sim, SECRET, &format!("transactions?{span}")).await.json();
    let rows = all.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows.iter().filter(|r| r["amount"] == -100).count(), 2);
    assert_eq!(rows.iter().filter(|r| r["amount"] == 0).count(), 1);
    let first = get(&sim, SECRET, &format!("transactions?{span}&limit=2")).await.json();
    let after = first[1]["transactionKey"].as_str().unwrap();
    let next = get(&sim, SECRET, &format!("transactions?{span}&startingAfter={after}"))
        .await
        .json();
    assert_eq!(next.as_array().unwrap()[..], rows[2..]);
    assert_eq!(
        get(&sim, SECRET, "transactions?startDate=x&endDate=2999-01-01")
            .await
            .error(),
        (400, "INVALID_DATE".into())
    );
    assert_eq!(
        get(&sim, SECRET, &format!("transactions?{span}&limit=5001"))
            .await
            .error()
            .0,
        400
    );
    assert_eq!(
        get(&sim, SECRET, "settlements?startDate=2020-01-01&endDate=2999-01-01")
            .await
            .json(),
        json!([])
    );
    let merchant = json!({"mid": "live00001", "clientKey": "live_ck_1", "secretKey": "live_sk_1"});
    control(&sim, "PUT", "toss/merchants", merchant).await;
    post(&sim, "live_sk_1", "payments/key-in", &typed_card("ORDER-0009")).await;
    let path = "settlements?startDate=2020-01-01&endDate=2999-01-01";
    assert_eq!(get(&sim, "live_sk_1", path).await.json(), json!([]));
    control(&sim, "POST", "clock", json!({"advanceMs": 24 * 3_600_000})).await;
    let rows = get(&sim, "live_sk_1", path).await.json();
    let fee = rows[0]["fee"].as_i64().unwrap();
    assert_eq!(rows[0]["payOutAmount"].as_i64().unwrap(), 15000 - fee);
}
