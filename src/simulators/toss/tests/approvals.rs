use super::*;

#[tokio::test]
async fn the_basic_header_is_checked_as_documented() {
    let sim = sim();
    let path = "/toss/v1/payments/nothing";
    let with = |value: &'static str| {
        let sim = Arc::clone(&sim);
        async move { call(&sim, "GET", path, &[("authorization", value)], b"").await.error() }
    };
    // The public documentation key, encoded by hand with and without its colon, and behind a byte order mark.
    let good = "Basic dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVSOg==";
    assert_eq!(with(good).await, (404, "NOT_FOUND_PAYMENT".into()));
    let bare = "Basic dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVS";
    assert_eq!(with(bare).await, (403, "INCORRECT_BASIC_AUTH_FORMAT".into()));
    let widget = "Basic dGVzdF9nc2tfZG9jc19PYVB6OEw1S2RtUVhrelJ6M3k0N0JNdzY6";
    assert_eq!(with(widget).await, (404, "NOT_FOUND_PAYMENT".into()));
    let marked = "Basic 77u/dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVSOg==";
    for wrong in [
        marked,
        "Basic !!!",
        "Bearer dGVzdA==",
        "Basic dGVzdF9za191bmtub3duOg==",
        "Basic",
    ] {
        assert_eq!(with(wrong).await, (401, "UNAUTHORIZED_KEY".into()), "{wrong}");
    }
    assert_eq!(
        call(&sim, "GET", path, &[], b"").await.error(),
        (401, "UNAUTHORIZED_KEY".into())
    );
}

#[tokio::test]
async fn a_card_payment_through_the_window() {
    let sim = sim();
    let payment = paid(&sim, "ORDER-0001", 15000).await;
    for (field, value) in [
        ("status", json!("DONE")),
        ("method", json!("카드")),
        ("mId", json!(MID)),
        ("orderId", json!("ORDER-0001")),
        ("orderName", json!("티셔츠 외 1건")),
        ("type", json!("NORMAL")),
        ("currency", json!("KRW")),
        ("totalAmount", json!(15000)),
        ("balanceAmount", json!(15000)),
        ("suppliedAmount", json!(13636)),
        ("vat", json!(1364)),
        ("taxFreeAmount", json!(0)),
        ("cancels", Value::Null),
        ("isPartialCancelable", json!(true)),
        ("version", json!("2022-11-16")),
        ("easyPay", Value::Null),
        ("failure", Value::Null),
    ] {
        assert_eq!(payment[field], value, "{field}");
    }
    assert_eq!(payment["card"]["approveNo"], "00000000");
    assert_eq!(payment["card"]["issuerCode"], "41");
    assert!(payment["secret"].as_str().unwrap().starts_with("ps_") && payment["secret"].as_str().unwrap().len() == 31);
    let tid = key(&payment);
    assert!(tid.starts_with("tnaru20") && tid.len() == 5 + 14 + 5, "{tid}");
    assert_eq!(payment["lastTransactionKey"].as_str().unwrap().len(), 32);
    assert!(payment["approvedAt"].as_str().unwrap().ends_with("+09:00"));
    for path in [format!("payments/{tid}"), "payments/orders/ORDER-0001".to_owned()] {
        assert_eq!(get(&sim, SECRET, &path).await.json(), payment, "{path}");
    }
    let rows = ledger(&sim).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["kind"], "approval");
    assert_eq!(
        (rows[0]["amount"].clone(), rows[0]["balance"].clone()),
        (json!(15000), json!(15000))
    );
}

#[tokio::test]
async fn confirm_refuses_what_does_not_fit_and_repeats() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
    assert_eq!(
        confirm(&sim, &key, "ORDER-0001", 14999).await.error(),
        (400, "INVALID_REQUEST".into())
    );
    assert_eq!(
        confirm(&sim, &key, "ORDER-0002", 15000).await.error(),
        (400, "INVALID_REQUEST".into())
    );
    assert_eq!(
        confirm(&sim, "tnaru-unknown", "ORDER-0001", 15000).await.error(),
        (404, "NOT_FOUND_PAYMENT".into())
    );
    assert!(ledger(&sim).await.is_empty());
    let text = json!({"paymentKey": key, "orderId": "ORDER-0001", "amount": "15000"});
    assert_eq!(
        post(&sim, SECRET, "payments/confirm", &text).await.error(),
        (400, "INVALID_REQUEST".into())
    );
    let body = json!({"paymentKey": key, "orderId": "ORDER-0001", "amount": 15000});
    assert_eq!(
        post(&sim, OTHER, "payments/confirm", &body).await.error(),
        (404, "NOT_FOUND_PAYMENT".into())
    );
    assert_eq!(confirm(&sim, &key, "ORDER-0001", 15000).await.status, 200);
    assert_eq!(
        confirm(&sim, &key, "ORDER-0001", 15000).await.error(),
        (400, "ALREADY_PROCESSED_PAYMENT".into())
    );
    // The same order number in a second window: one approval per number.
    let again = authenticated(&sim, &open("CARD", "ORDER-0001", 15000)).await;
    assert_eq!(
        confirm(&sim, &again, "ORDER-0001", 15000).await.error(),
        (400, "DUPLICATED_ORDER_ID".into())
    );
    assert_eq!(ledger(&sim).await.len(), 1);
    assert_eq!(
        get(&sim, SECRET, "payments/orders/ORDER-0001").await.json()["paymentKey"],
        key.as_str()
    );
}

#[tokio::test]
async fn other_merchants_find_nothing() {
    let sim = sim();
    let payment = paid(&sim, "ORDER-0001", 15000).await;
    let missing = (404, "NOT_FOUND_PAYMENT".to_owned());
    assert_eq!(
        get(&sim, OTHER, &format!("payments/{}", key(&payment))).await.error(),
        missing
    );
    assert_eq!(get(&sim, OTHER, "payments/orders/ORDER-0001").await.error(), missing);
    let body = json!({"cancelReason": "x"});
    assert_eq!(
        post(&sim, OTHER, &format!("payments/{}/cancel", key(&payment)), &body)
            .await
            .error(),
        missing
    );
    assert!(
        control(&sim, "GET", "ledger?mid=tnaru00002", Value::Null)
            .await
            .json()
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn both_clocks_end_a_payment() {
    let sim = sim();
    let opened = authenticate(&sim, &open("CARD", "ORDER-0001", 1000), "user-cancel").await;
    let ready = opened.json()["tid"].as_str().unwrap().to_owned();
    let key = authenticated(&sim, &open("CARD", "ORDER-0002", 1000)).await;
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{ready}")).await.json()["status"],
        "READY"
    );
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{key}")).await.json()["status"],
        "IN_PROGRESS"
    );
    control(&sim, "POST", "clock", json!({"advanceMs": 600_000})).await;
    assert_eq!(
        confirm(&sim, &key, "ORDER-0002", 1000).await.error(),
        (404, "NOT_FOUND_PAYMENT_SESSION".into())
    );
    let expired = get(&sim, SECRET, &format!("payments/{key}")).await.json();
    assert_eq!(expired["status"], "EXPIRED");
    assert_eq!(expired["failure"]["code"], "EXPIRED_PAYMENT");
    for null in [
        "approvedAt",
        "method",
        "card",
        "useEscrow",
        "receipt",
        "lastTransactionKey",
    ] {
        assert_eq!(expired[null], Value::Null, "{null}");
    }
    assert!(expired.as_object().unwrap().contains_key("transactionKey"));
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{ready}")).await.json()["status"],
        "READY"
    );
    control(&sim, "POST", "clock", json!({"advanceMs": 1_200_000})).await;
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{ready}")).await.json()["status"],
        "EXPIRED"
    );
    assert_eq!(
        confirm(&sim, &ready, "ORDER-0001", 1000).await.error(),
        (404, "NOT_FOUND_PAYMENT_SESSION".into())
    );
}

#[tokio::test]
async fn a_typed_card_is_charged_at_once() {
    let sim = sim();
    let payment = post(&sim, SECRET, "payments/key-in", &typed_card("ORDER-0001"))
        .await
        .json();
    assert_eq!(
        (payment["status"].clone(), payment["card"]["issuerCode"].clone()),
        (json!("DONE"), json!("21"))
    );
    assert_eq!(payment["card"]["number"], "94100012****789*");
    let again = post(&sim, SECRET, "payments/key-in", &typed_card("ORDER-0001")).await;
    assert_eq!(again.error(), (400, "DUPLICATED_ORDER_ID".into()));
    for (field, value, code) in [
        ("cardNumber", json!("94100012"), "INVALID_CARD_NUMBER"),
        ("cardExpirationYear", json!("20"), "INVALID_CARD_EXPIRATION"),
        ("orderId", json!("ab"), "INVALID_ORDER_ID"),
        ("orderName", json!("가".repeat(101)), "INVALID_ORDER_NAME"),
        ("amount", json!(99), "BELOW_MINIMUM_AMOUNT"),
        ("amount", json!(0), "BELOW_ZERO_AMOUNT"),
        ("amount", json!(-5), "BELOW_ZERO_AMOUNT"),
        ("amount", json!(9_007_199_254_740_993_i64), "EXCEED_MAX_AMOUNT"),
        (
            "cardInstallmentPlan",
            json!(3),
            "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT",
        ),
        ("cardNumber", json!("4330121234567890"), "NOT_SUPPORTED_CARD_TYPE"),
        ("customerIdentityNumber", Value::Null, "INVALID_REQUIRED_PARAM"),
    ] {
        let mut body = typed_card("ORDER-0002");
        body[field] = value;
        let got = post(&sim, SECRET, "payments/key-in", &body).await;
        assert_eq!(got.error(), (400, code.to_owned()), "{field}");
    }
    // The refused card left a failed payment; nothing was charged.
    let failed = get(&sim, SECRET, "payments/orders/ORDER-0002").await.json();
    assert_eq!(
        (failed["status"].clone(), failed["failure"]["code"].clone()),
        (json!("ABORTED"), json!("NOT_SUPPORTED_CARD_TYPE"))
    );
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_replays_bytes_whatever_the_body() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 1000)).await;
    let body = json!({"paymentKey": key, "orderId": "ORDER-0001", "amount": 1000});
    let idem = [("idempotency-key", "k-1")];
    let first = post_with(&sim, SECRET, "payments/confirm", &body, &idem).await;
    let second = post_with(&sim, SECRET, "payments/confirm", &json!({"other": 1}), &idem).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-key"), "k-1");
    let (new, original) = second.header("x-tosspayments-trace-id").split_once(", ").unwrap();
    assert_eq!(original, first.header("x-tosspayments-trace-id"));
    assert_ne!(new, original);
    // Errors are kept too: a corrected body under the same key gets the old error.
    let tid = super::key(&first.json());
    let path = format!("payments/{tid}/cancel");
    let idem = [("idempotency-key", "k-2")];
    let wrong = post_with(
        &sim,
        SECRET,
        &path,
        &json!({"cancelReason": "r", "cancelAmount": 2000}),
        &idem,
    )
    .await;
    assert_eq!(wrong.error(), (403, "NOT_CANCELABLE_AMOUNT".into()));
    let corrected = post_with(&sim, SECRET, &path, &json!({"cancelReason": "r"}), &idem).await;
    assert_eq!(corrected.body, wrong.body);
    // The same key on another URL is another request.
    let other = post_with(
        &sim,
        SECRET,
        &path,
        &json!({"cancelReason": "r"}),
        &[("idempotency-key", "k-1")],
    )
    .await;
    assert_eq!(other.status, 200);
    let long = "x".repeat(301);
    let got = post_with(&sim, SECRET, &path, &json!({}), &[("idempotency-key", &long)]).await;
    assert_eq!(got.error(), (400, "INVALID_IDEMPOTENCY_KEY".into()));
    control(&sim, "POST", "clock", json!({"advanceMs": 15_i64 * 24 * 3_600_000})).await;
    let later = post_with(
        &sim,
        SECRET,
        &path,
        &json!({"cancelReason": "r"}),
        &[("idempotency-key", "k-2")],
    )
    .await;
    assert_eq!(later.error(), (400, "ALREADY_CANCELED_PAYMENT".into()));
}

#[tokio::test]
async fn the_test_code_header_forces_an_error_with_test_keys() {
    let sim = sim();
    let key = authenticated(&sim, &open("CARD", "ORDER-0001", 1000)).await;
    let body = json!({"paymentKey": key, "orderId": "ORDER-0001", "amount": 1000});
    let forced = |code: &'static str| {
        let (sim, body) = (Arc::clone(&sim), body.clone());
        async move {
            post_with(
                &sim,
                SECRET,
                "payments/confirm",
                &body,
                &[("tosspayments-test-code", code)],
            )
            .await
            .error()
        }
    };
    assert_eq!(forced("NO_SUCH_CODE").await, (400, "INVALID_TEST_CODE".into()));
    assert_eq!(forced("FAILED_CARD_COMPANY_RESPONSE").await.0, 500);
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{key}")).await.json()["status"],
        "IN_PROGRESS"
    );
    assert_eq!(forced("REJECT_CARD_PAYMENT").await, (403, "REJECT_CARD_PAYMENT".into()));
    let failed = get(&sim, SECRET, &format!("payments/{key}")).await.json();
    assert_eq!(
        (failed["status"].clone(), failed["failure"]["code"].clone()),
        (json!("ABORTED"), json!("REJECT_CARD_PAYMENT"))
    );
    assert_eq!(
        confirm(&sim, &key, "ORDER-0001", 1000).await.error(),
        (400, "ALREADY_PROCESSED_PAYMENT".into())
    );
    // Live keys ignore the header.
    let merchant = json!({"mid": "live00001", "clientKey": "live_ck_1", "secretKey": "live_sk_1"});
    assert_eq!(control(&sim, "PUT", "toss/merchants", merchant).await.status, 200);
    let live = post_with(
        &sim,
        "live_sk_1",
        "payments/key-in",
        &typed_card("ORDER-0002"),
        &[("tosspayments-test-code", "X")],
    )
    .await;
    assert_eq!(live.status, 200);
    assert_ne!(live.json()["card"]["approveNo"], "00000000");
}

#[tokio::test]
async fn a_rotated_key_stays_valid_for_seven_days() {
    let sim = sim();
    control(
        &sim,
        "PUT",
        "toss/merchants",
        json!({"mid": MID, "secretKey": "test_sk_next"}),
    )
    .await;
    let status = |secret: &'static str| {
        let sim = Arc::clone(&sim);
        async move { get(&sim, secret, "payments/none").await.status }
    };
    assert_eq!((status("test_sk_next").await, status(SECRET).await), (404, 404));
    control(&sim, "POST", "clock", json!({"advanceMs": 7_i64 * 24 * 3_600_000})).await;
    assert_eq!((status("test_sk_next").await, status(SECRET).await), (404, 401));
    control(
        &sim,
        "PUT",
        "toss/merchants",
        json!({"mid": MID, "secretKey": "test_sk_third", "revokeOldKey": true}),
    )
    .await;
    assert_eq!(
        (status("test_sk_third").await, status("test_sk_next").await),
        (404, 401)
    );
}

#[tokio::test]
async fn english_words_on_request() {
    let sim = sim();
    let payment = paid(&sim, "ORDER-0001", 1000).await;
    let path = format!("/toss/v1/payments/{}", key(&payment));
    let auth = basic(SECRET);
    let headers = [("authorization", auth.as_str()), ("accept-language", "en-US")];
    let english = call(&sim, "GET", &path, &headers, b"").await.json();
    assert_eq!(
        (english["method"].clone(), english["card"]["cardType"].clone()),
        (json!("CARD"), json!("CREDIT"))
    );
    let error = call(&sim, "GET", "/toss/v1/payments/none", &headers, b"").await;
    assert!(error.text().is_ascii(), "{}", error.text());
}
