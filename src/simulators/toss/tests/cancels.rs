use super::*;

#[tokio::test]
async fn one_full_cancel() {
    let sim = sim();
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    let done = cancel(&sim, &tid, json!({"cancelReason": "변심", "refundableAmount": 1000}))
        .await
        .json();
    assert_eq!(
        (done["status"].clone(), done["balanceAmount"].clone()),
        (json!("CANCELED"), json!(0))
    );
    assert_eq!(done["totalAmount"], 1000);
    assert_eq!(
        (done["suppliedAmount"].clone(), done["vat"].clone()),
        (json!(0), json!(0))
    );
    let element = &done["cancels"][0];
    assert_eq!(element["transactionKey"], done["lastTransactionKey"]);
    assert_eq!(
        (element["cancelStatus"].clone(), element["refundableAmount"].clone()),
        (json!("DONE"), json!(0))
    );
    assert_eq!(
        cancel(&sim, &tid, json!({"cancelReason": "x"})).await.error(),
        (400, "ALREADY_CANCELED_PAYMENT".into())
    );
    let rows = ledger(&sim).await;
    assert_eq!(
        rows.iter().map(|r| r["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["approval", "cancel"]
    );
    assert_eq!(rows[0]["balance"], 0);
}

#[tokio::test]
async fn parts_down_to_zero_stay_partial() {
    let sim = sim();
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    let over = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 1001})).await;
    assert_eq!(over.error(), (403, "NOT_CANCELABLE_AMOUNT".into()));
    let locked = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 300, "refundableAmount": 900}),
    )
    .await;
    assert_eq!(locked.error(), (400, "NOT_MATCHES_REFUNDABLE_AMOUNT".into()));
    let first = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 300, "refundableAmount": 1000}),
    )
    .await
    .json();
    assert_eq!(
        (first["status"].clone(), first["balanceAmount"].clone()),
        (json!("PARTIAL_CANCELED"), json!(700))
    );
    let rest = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 700}))
        .await
        .json();
    assert_eq!(
        (rest["status"].clone(), rest["balanceAmount"].clone()),
        (json!("PARTIAL_CANCELED"), json!(0))
    );
    assert_eq!(rest["cancels"].as_array().unwrap().len(), 2);
    let again = cancel(&sim, &tid, json!({"cancelReason": "x"})).await;
    assert_eq!(again.error(), (403, "NOT_CANCELABLE_AMOUNT".into()));
}

#[tokio::test]
async fn the_documented_partial_cancel_amounts() {
    let sim = sim();
    let tid = key(&paid(&sim, "ORDER-0001", 15000).await);
    let body = json!({"cancelReason": "buyer request", "cancelAmount": 5000, "refundableAmount": 15000});
    let done = cancel(&sim, &tid, body).await.json();
    let shown = ["balanceAmount", "suppliedAmount", "vat"].map(|f| done[f].as_i64().unwrap());
    assert_eq!(shown, [10000, 9091, 909]);
}

#[tokio::test]
async fn wrong_cancels_change_nothing() {
    let sim = sim();
    let payment = paid(&sim, "ORDER-0001", 1000).await;
    let tid = key(&payment);
    for (body, status, code) in [
        (json!({}), 400, "INVALID_REQUIRED_PARAM"),
        (json!({"cancelReason": "가".repeat(201)}), 400, "INVALID_REQUEST"),
        (json!({"cancelReason": "x", "cancelAmount": 0}), 400, "INVALID_REQUEST"),
        (
            json!({"cancelReason": "x", "cancelAmount": -1}),
            400,
            "BELOW_ZERO_AMOUNT",
        ),
        (
            json!({"cancelReason": "x", "cancelAmount": "100"}),
            400,
            "INVALID_REQUEST",
        ),
        (
            json!({"cancelReason": "x", "cancelAmount": 1.5}),
            400,
            "INVALID_REQUEST",
        ),
        (json!({"cancelReason": "x", "currency": "USD"}), 400, "INVALID_CURRENCY"),
        (
            json!({"cancelReason": "x", "cancelAmount": 500, "taxFreeAmount": 100}),
            403,
            "NOT_CANCELABLE_AMOUNT",
        ),
    ] {
        assert_eq!(
            cancel(&sim, &tid, body.clone()).await.error(),
            (status, code.to_owned()),
            "{body}"
        );
    }
    assert_eq!(get(&sim, SECRET, &format!("payments/{tid}")).await.json(), payment);
    let ready = authenticated(&sim, &open("CARD", "ORDER-0002", 1000)).await;
    assert_eq!(
        cancel(&sim, &ready, json!({"cancelReason": "x"})).await.error(),
        (403, "NOT_CANCELABLE_PAYMENT".into())
    );
    assert_eq!(
        cancel(&sim, "none", json!({"cancelReason": "x"})).await.error(),
        (404, "NOT_FOUND_PAYMENT".into())
    );
}

#[tokio::test]
async fn tax_free_parts_shrink_with_the_balance() {
    let sim = sim();
    let mut window = open("CARD", "ORDER-0001", 10000);
    window["params"]["taxFreeAmount"] = json!(3000);
    let tid = authenticated(&sim, &window).await;
    let done = confirm(&sim, &tid, "ORDER-0001", 10000).await.json();
    assert_eq!(
        (
            done["vat"].clone(),
            done["suppliedAmount"].clone(),
            done["taxFreeAmount"].clone()
        ),
        (json!(636), json!(6364), json!(3000))
    );
    // More than the taxable 7,000 without a tax-free part cannot be.
    let wrong = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 8000})).await;
    assert_eq!(wrong.error(), (403, "NOT_CANCELABLE_AMOUNT".into()));
    let part = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 8000, "taxFreeAmount": 2000}),
    )
    .await
    .json();
    assert_eq!(
        (part["taxFreeAmount"].clone(), part["balanceAmount"].clone()),
        (json!(1000), json!(2000))
    );
    assert_eq!(part["cancels"][0]["taxFreeAmount"], 2000);
    let rest = cancel(&sim, &tid, json!({"cancelReason": "x"})).await.json();
    assert_eq!(
        (
            rest["taxFreeAmount"].clone(),
            rest["cancels"][1]["taxFreeAmount"].clone()
        ),
        (json!(0), json!(1000))
    );
}

#[tokio::test]
async fn escrow_and_vouchers_have_no_partial_cancel() {
    let sim = sim();
    let mut escrow = open("CARD", "ORDER-0001", 10000);
    escrow["params"]["card"] = json!({"useEscrow": true});
    for (window, order) in [
        (escrow, "ORDER-0001"),
        (open("CULTURE_GIFT_CERTIFICATE", "ORDER-0002", 10000), "ORDER-0002"),
    ] {
        let tid = authenticated(&sim, &window).await;
        assert_eq!(
            confirm(&sim, &tid, order, 10000).await.json()["isPartialCancelable"],
            false
        );
        let part = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 1000})).await;
        assert_eq!(part.error(), (403, "NOT_ALLOWED_PARTIAL_REFUND".into()));
        assert_eq!(
            cancel(&sim, &tid, json!({"cancelReason": "x"})).await.json()["status"],
            "CANCELED"
        );
    }
}

#[tokio::test]
async fn a_refund_has_its_day() {
    let sim = sim();
    let tid = authenticated(&sim, &open("TRANSFER", "ORDER-0001", 10000)).await;
    assert_eq!(
        confirm(&sim, &tid, "ORDER-0001", 10000).await.json()["method"],
        "계좌이체"
    );
    control(&sim, "POST", "clock", json!({"advanceMs": 181_i64 * 24 * 3_600_000})).await;
    assert_eq!(
        cancel(&sim, &tid, json!({"cancelReason": "x"})).await.error(),
        (403, "EXCEED_MAX_REFUND_DUE".into())
    );
}
