use super::*;

#[tokio::test]
async fn answers_take_other_shapes() {
    let sim = sim();
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    let shaped = |words: Value| {
        let (sim, path) = (Arc::clone(&sim), format!("payments/{tid}"));
        async move {
            let set = control(&sim, "PUT", "toss/shapes", json!({"mid": MID, "shapes": words})).await;
            assert_eq!(set.status, 200, "{}", set.text());
            get(&sim, SECRET, &path).await.json()
        }
    };
    let old = shaped(json!(["org-names"])).await;
    assert_eq!(
        (old["card"]["company"].clone(), old["card"].get("issuerCode")),
        (json!("신한"), None)
    );
    let older = shaped(json!(["api-1.3"])).await;
    assert!(older.get("lastTransactionKey").is_none() && older["transactionKey"].is_string());
    assert!(older.get("version").is_none() && older["approvedAt"].as_str().unwrap().ends_with(".000+09:00"));
    assert!(older["card"]["receiptUrl"].is_string());
    let reduced = shaped(json!(["reduced-cancels"])).await;
    let element = reduced["cancels"][0].as_object().unwrap();
    assert!(!element.contains_key("cancelStatus") && element.contains_key("refundableAmount"));
    assert_eq!(shaped(json!(["english"])).await["method"], "CARD");
    assert_eq!(shaped(json!(["method-null"])).await["method"], Value::Null);
    assert_eq!(shaped(json!(["bare"])).await["card"], Value::Null);
    assert_eq!(shaped(json!(["no-secret"])).await["secret"], Value::Null);
    assert_eq!(shaped(json!(["numbers-as-text"])).await["totalAmount"], "1000");
    assert!(shaped(json!(["unknown-fields"])).await["loyalty"].is_object());
    assert_eq!(shaped(json!([])).await["card"]["issuerCode"], "41");
    let wrong = control(&sim, "PUT", "toss/shapes", json!({"shapes": ["redused-cancels"]})).await;
    assert!(wrong.status == 400 && wrong.text().contains("reduced-cancels"));
    control(&sim, "PUT", "toss/shapes", json!({"shapes": ["hide-ready"]})).await;
    control(
        &sim,
        "PUT",
        "toss/merchants",
        json!({"mid": "tnaru00009", "clientKey": "test_ck_9", "secretKey": "test_sk_9"}),
    )
    .await;
    let body = json!({"method": "CARD", "amount": 1000, "orderId": "ORDER-0002", "orderName": "x",
        "successUrl": "http://a.test/", "failUrl": "http://a.test/"});
    assert_eq!(post(&sim, "test_sk_9", "payments", &body).await.status, 200);
    assert_eq!(get(&sim, "test_sk_9", "payments/orders/ORDER-0002").await.status, 404);
}

#[tokio::test]
async fn merchants_are_checked_by_member() {
    let sim = sim();
    for (change, field) in [
        (json!({"mid": "new"}), "clientKey"),
        (json!({"mid": MID, "secretKey": "sk_x"}), "secretKey"),
        (json!({"mid": MID, "notifyUrl": "https://shop.test/x"}), "notifyUrl"),
        (json!({"mid": MID, "notifyUrl": "nowhere"}), "notifyUrl"),
        (json!({"mid": MID, "events": ["DEPOSIT_CALBACK"]}), "events"),
        (json!({"mid": "x".repeat(15)}), "mid"),
        (json!({"mid": MID, "shapes": ["odd"]}), "shapes"),
    ] {
        let got = control(&sim, "PUT", "toss/merchants", change.clone()).await;
        assert_eq!(
            (got.status, got.json()["field"].clone()),
            (400, json!(field)),
            "{change}"
        );
    }
    let many = json!([{"mid": "m1", "clientKey": "test_ck_m1", "secretKey": "test_sk_m1"},
        {"mid": "m2", "clientKey": "test_ck_m2", "secretKey": "test_sk_m2"}]);
    assert_eq!(
        control(&sim, "PUT", "toss/merchants", many)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let shown = control(&sim, "PUT", "toss/merchants", json!({"mid": "m1"})).await;
    assert!(!shown.text().contains("test_sk_m1"));
    assert_eq!(get(&sim, "test_sk_m2", "payments/none").await.status, 404);
}
