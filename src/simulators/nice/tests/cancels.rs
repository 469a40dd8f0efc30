use super::*;

#[tokio::test]
async fn parts_go_off_the_balance_and_the_rest_ends_it() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    let first = ok(&cancel(&sim, &tid, json!({"cancelAmt": 500})).await);
    assert!(signed(&first));
    assert_eq!(
        (
            first["status"].clone(),
            first["balanceAmt"].clone(),
            first["amount"].clone()
        ),
        (json!("partialCancelled"), json!(504), json!(1004))
    );
    assert_eq!(
        (first["orderId"].clone(), first["tid"].clone()),
        (json!("order-1"), json!(tid))
    );
    assert_eq!(first["cancelledTid"], first["cancels"][0]["tid"]);
    assert_ne!(first["cancelledTid"], json!(tid));
    assert!(first["cancelledTid"].as_str().unwrap().starts_with("narunice1m0110"));
    // A number is used once; the amount must be there.
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"cancelAmt": 100})).await),
        (200, "U112".into())
    );
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"cancelAmt": 505, "orderId": "c-2"})).await),
        (200, "2032".into())
    );
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"cancelAmt": 0, "orderId": "c-2"})).await),
        (200, "2010".into())
    );
    let last = ok(&cancel(&sim, &tid, json!({"orderId": "c-2"})).await);
    assert_eq!(
        (last["status"].clone(), last["balanceAmt"].clone()),
        (json!("cancelled"), json!(0))
    );
    assert_eq!(last["cancels"].as_array().unwrap().len(), 2);
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"orderId": "c-3"})).await),
        (200, "2013".into())
    );
    let read = get(&sim, &format!("payments/{tid}")).await.json();
    assert_eq!(
        (read["cancelledTid"].clone(), read["cancels"][0]["amount"].clone()),
        (Value::Null, json!(500))
    );
    let rows = ledger(&sim).await;
    let balances: Vec<_> = rows.iter().map(|r| (r["kind"].clone(), r["balance"].clone())).collect();
    assert_eq!(
        balances,
        [
            (json!("approval"), json!(0)),
            (json!("cancel"), json!(504)),
            (json!("cancel"), json!(0))
        ]
    );
}

#[tokio::test]
async fn a_full_cancel_keeps_the_tid() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    let done = ok(&cancel(&sim, &tid, json!({"cancelAmt": 1004, "orderId": "order-1"})).await);
    assert_eq!(
        (done["cancelledTid"].clone(), done["status"].clone()),
        (json!(tid), json!("cancelled"))
    );
}

#[tokio::test]
async fn the_request_is_checked_before_the_payment() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"reason": null})).await),
        (200, "U100".into())
    );
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"orderId": null})).await),
        (200, "U100".into())
    );
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"signData": "0"})).await),
        (200, "U312".into())
    );
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"reason": "가".repeat(51)})).await),
        (200, "U100".into())
    );
    let body = json!({"reason": "x", "orderId": "c-1"});
    assert_eq!(
        code(&post(&sim, "payments/none/cancel", body).await),
        (200, "2012".into())
    );
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_cancelled_in_parts_says_so() {
    let sim = sim();
    let part = json!({"cancelAmt": 500});
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({"canPartCancel": false})).await;
    assert_eq!(ok(&approve(&sim, &tid, 1004).await)["card"]["canPartCancel"], false);
    assert_eq!(code(&cancel(&sim, &tid, part.clone()).await), (200, "2033".into()));
    let mut escrow = open("card", "order-2", 1004);
    escrow["params"]["useEscrow"] = json!(true);
    let tid = authenticated(&sim, &escrow, json!({})).await;
    assert_eq!(ok(&approve(&sim, &tid, 1004).await)["useEscrow"], true);
    assert_eq!(code(&cancel(&sim, &tid, part.clone()).await), (200, "2052".into()));
    // A decision is never told, but it shows.
    let got = control(&sim, "POST", "nice/escrow", json!({"tid": tid, "decision": "confirm"}))
        .await
        .json();
    assert_eq!(got["notices"], 0);
    assert_eq!(code(&cancel(&sim, &tid, json!({})).await), (200, "2014".into()));
    merchant(&sim, json!({"sandbox": true})).await;
    let tid = paid(&sim, "card", "order-3", 1004).await;
    assert_eq!(code(&cancel(&sim, &tid, part).await), (200, "U128".into()));
    let read = get(&sim, &format!("payments/{tid}")).await.json();
    assert_eq!(
        (read["approveNo"].clone(), read["card"]["cardNum"].clone()),
        (json!("000000"), json!("123412******1234"))
    );
    ok(&cancel(&sim, &tid, json!({})).await);
}

#[tokio::test]
async fn tax_free_parts_stay_within_what_was_tax_free() {
    let sim = sim();
    let mut open = open("card", "order-1", 10000);
    open["params"]["taxFreeAmt"] = json!(3000);
    let tid = authenticated(&sim, &open, json!({})).await;
    ok(&approve(&sim, &tid, 10000).await);
    let ask = |amount: i64, free: i64| json!({"cancelAmt": amount, "taxFreeAmt": free, "orderId": format!("c-{amount}-{free}")});
    assert_eq!(code(&cancel(&sim, &tid, ask(1000, 1001)).await), (200, "U321".into()));
    assert_eq!(code(&cancel(&sim, &tid, ask(5000, 3001)).await), (200, "U319".into()));
    // 8,000 of the 7,000 taxable cannot go.
    assert_eq!(code(&cancel(&sim, &tid, ask(8000, 0)).await), (200, "U319".into()));
    ok(&cancel(&sim, &tid, ask(8000, 1000)).await);
    ok(&cancel(&sim, &tid, json!({"orderId": "rest"})).await);
}

#[tokio::test]
async fn a_cancel_is_too_late_after_a_year() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    advance(&sim, 366 * 24 * 3_600_000).await;
    assert_eq!(code(&cancel(&sim, &tid, json!({})).await), (200, "2016".into()));
}

#[tokio::test]
async fn a_lost_approval_is_undone_by_its_order_number_within_the_hour() {
    let sim = sim();
    assert_eq!(code(&net_cancel(&sim, "order-1").await), (200, "U122".into()));
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
    // Authenticated only: there is nothing to undo, and the approval still goes through.
    assert_eq!(code(&net_cancel(&sim, "order-1").await), (200, "U122".into()));
    ok(&approve(&sim, &tid, 1004).await);
    let undone = ok(&net_cancel(&sim, "order-1").await);
    assert!(signed(&undone));
    assert_eq!(
        (undone["status"].clone(), undone["cancelledTid"].clone()),
        (json!("cancelled"), json!(tid))
    );
    assert_eq!(code(&net_cancel(&sim, "order-1").await), (200, "2013".into()));
    assert_eq!(find(&sim, "order-1").await.json()["status"], "cancelled");
    let bad = json!({"orderId": "order-1", "ediDate": DATE, "signData": "0"});
    assert_eq!(code(&post(&sim, "payments/netcancel", bad).await), (200, "U312".into()));
    assert_eq!(
        code(&post(&sim, "payments/netcancel", json!({"orderID": "order-1"})).await),
        (200, "U100".into())
    );
    paid(&sim, "card", "order-2", 1004).await;
    advance(&sim, 3_600_000).await;
    assert_eq!(code(&net_cancel(&sim, "order-2").await), (200, "2020".into()));
}
