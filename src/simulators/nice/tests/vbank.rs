use super::*;

const HOUR: i64 = 3_600_000;

async fn issued(sim: &Arc<Simulators>, order: &str) -> String {
    let mut open = open("vbank", order, 10000);
    open["params"]["vbankValidHours"] = json!(24);
    let tid = authenticated(sim, &open, json!({"bank": "004"})).await;
    let account = ok(&approve(sim, &tid, 10000).await);
    assert_eq!(
        (account["status"].clone(), account["paidAt"].clone()),
        (json!("ready"), json!("0"))
    );
    assert_eq!(
        (
            account["vbank"]["vbankCode"].clone(),
            account["vbank"]["vbankHolder"].clone()
        ),
        (json!("004"), json!("나루상점"))
    );
    assert!(tid.starts_with("narunice1m0301"));
    tid
}

#[tokio::test]
async fn a_deposit_pays_the_account_and_tells_it_signed() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    merchant(&sim, json!({"notifyUrl": url})).await;
    let tid = issued(&sim, "order-1").await;
    assert_eq!(body(&inbox.wait(1).await[0])["status"], "ready");
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
    let wrong = control(&sim, "POST", "nice/deposit", json!({"tid": tid, "amount": 9999})).await;
    assert_eq!(wrong.status, 422);
    let got = control(
        &sim,
        "POST",
        "nice/deposit",
        json!({"orderId": "order-1", "amount": 10000}),
    )
    .await;
    assert_eq!(got.json()["state"], "paid");
    let told = body(&inbox.wait(2).await[1]);
    assert!(signed(&told) && told["status"] == "paid" && told["paidAt"] != "0");
    assert_eq!(ledger(&sim).await[0]["balance"], 10000);
    assert_eq!(
        control(&sim, "POST", "nice/deposit", json!({"tid": tid})).await.status,
        422
    );
    assert_eq!(
        control(&sim, "POST", "nice/deposit", json!({"tid": tid, "reverse": true}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_deposit_is_refunded_to_a_named_account_only() {
    let sim = sim();
    let tid = issued(&sim, "order-1").await;
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"cancelAmt": 5000})).await),
        (200, "2033".into())
    );
    control(&sim, "POST", "nice/deposit", json!({"tid": tid})).await;
    assert_eq!(code(&cancel(&sim, &tid, json!({})).await), (200, "U100".into()));
    let refund = |amount: i64, order: &str| {
        json!({"cancelAmt": amount, "orderId": order, "refundAccount": "12345678901234", "refundBankCode": "088",
            "refundHolder": "홍길동"})
    };
    let mut wrong = refund(5000, "c-1");
    wrong["refundBankCode"] = json!("999");
    assert_eq!(code(&cancel(&sim, &tid, wrong).await), (200, "U100".into()));
    assert_eq!(ok(&cancel(&sim, &tid, refund(5000, "c-1")).await)["balanceAmt"], 5000);
    assert_eq!(
        ok(&cancel(&sim, &tid, refund(5000, "c-2")).await)["status"],
        "cancelled"
    );
}

#[tokio::test]
async fn an_account_closes_by_cancel_or_by_time() {
    let sim = sim();
    let tid = issued(&sim, "order-1").await;
    assert_eq!(ok(&cancel(&sim, &tid, json!({})).await)["status"], "cancelled");
    assert_eq!(
        control(&sim, "POST", "nice/deposit", json!({"tid": tid})).await.status,
        422
    );
    let tid = issued(&sim, "order-2").await;
    advance(&sim, 25 * HOUR).await;
    assert_eq!(
        control(&sim, "POST", "nice/deposit", json!({"tid": tid})).await.status,
        422
    );
    assert_eq!(get(&sim, &format!("payments/{tid}")).await.json()["status"], "expired");
    assert_eq!(
        code(&cancel(&sim, &tid, json!({"orderId": "c-9"})).await),
        (200, "2014".into())
    );
}
