use super::*;

#[tokio::test]
async fn an_approval_is_the_documented_object() {
    let sim = sim();
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({"card": "06", "quota": 0})).await;
    let got = approve(&sim, &tid, 1004).await;
    let payment = ok(&got);
    assert_eq!(got.header("content-type"), "application/json;charset=utf-8");
    assert!(signed(&payment));
    for (name, value) in [
        ("status", json!("paid")),
        ("orderId", json!("order-1")),
        ("amount", json!(1004)),
        ("balanceAmt", json!(1004)),
        ("failedAt", json!("0")),
        ("cancelledAt", json!("0")),
        ("cancelledTid", Value::Null),
        ("payMethod", json!("card")),
        ("channel", json!("pc")),
        ("cancels", Value::Null),
        ("messageSource", json!("nicepay")),
    ] {
        assert_eq!(payment[name], value, "{name}");
    }
    assert_eq!(
        (
            payment["card"]["cardCode"].clone(),
            payment["card"]["cardQuota"].clone()
        ),
        (json!("06"), json!(0))
    );
    assert!(payment["paidAt"].as_str().unwrap().ends_with(".000+0900"));
    let number = payment["card"]["cardNum"].as_str().unwrap();
    assert!(number.len() == 16 && number.starts_with("536112******"), "{number}");
}

#[tokio::test]
async fn an_approval_happens_once_and_for_the_authenticated_amount() {
    let sim = sim();
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
    assert_eq!(code(&approve(&sim, &tid, 1005).await), (200, "A123".into()));
    let bad = json!({"amount": 1004, "ediDate": DATE, "signData": sha("x")});
    assert_eq!(
        code(&post(&sim, &format!("payments/{tid}"), bad).await),
        (200, "U312".into())
    );
    let undated = json!({"amount": 1004, "signData": sha("x")});
    assert_eq!(
        code(&post(&sim, &format!("payments/{tid}"), undated).await),
        (200, "U100".into())
    );
    assert_eq!(
        code(&post(&sim, &format!("payments/{tid}"), json!({})).await),
        (200, "U100".into())
    );
    assert_eq!(
        code(&post(&sim, &format!("payments/{tid}"), json!({"amount": "1004"})).await),
        (200, "U100".into())
    );
    // Both optional members may be left out together.
    ok(&post(&sim, &format!("payments/{tid}"), json!({"amount": 1004})).await);
    assert_eq!(code(&approve(&sim, &tid, 1004).await), (200, "U114".into()));
    merchant(&sim, json!({"repeatCode": "2201"})).await;
    assert_eq!(code(&approve(&sim, &tid, 1004).await), (200, "2201".into()));
    assert_eq!(ledger(&sim).await.len(), 1);
    // Two windows for one number: the second approval is refused.
    let first = authenticated(&sim, &open("card", "order-2", 1004), json!({})).await;
    let second = authenticated(&sim, &open("card", "order-2", 1004), json!({})).await;
    ok(&approve(&sim, &first, 1004).await);
    assert_eq!(code(&approve(&sim, &second, 1004).await), (200, "A127".into()));
}

#[tokio::test]
async fn refusals_are_the_object_emptied() {
    let sim = sim();
    let got = approve(&sim, "UT0000113m01012111051714341073", 1004).await;
    assert_eq!(code(&got), (404, "U121".into()));
    let body = got.json();
    for (name, value) in [
        ("tid", json!("")),
        ("amount", json!(0)),
        ("paidAt", json!("0")),
        ("signature", Value::Null),
        ("ediDate", Value::Null),
        ("card", Value::Null),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({})).await;
    advance(&sim, 30 * 60_000).await;
    assert_eq!(code(&approve(&sim, &tid, 1004).await), (200, "A245".into()));
    let tid = authenticated(&sim, &open("card", "order-2", 999), json!({})).await;
    assert_eq!(code(&approve(&sim, &tid, 999).await), (200, "3041".into()));
}

#[tokio::test]
async fn a_declined_card_speaks_in_the_card_companys_words() {
    let sim = sim();
    let tid = authenticated(&sim, &open("card", "order-1", 1004), json!({"decline": "lost"})).await;
    let got = approve(&sim, &tid, 1004).await;
    let body = got.json();
    assert_eq!(code(&got), (200, "3095".into()));
    assert_eq!(
        (body["resultMsg"].clone(), body["messageSource"].clone()),
        (json!("분실카드"), json!("external"))
    );
    assert_eq!(
        (body["tid"].clone(), body["status"].clone(), body["signature"].clone()),
        (json!(tid), json!("failed"), Value::Null)
    );
    assert!(ledger(&sim).await.is_empty());
    assert_eq!(find(&sim, "order-1").await.json()["status"], "failed");
    // The number is free for another attempt.
    paid(&sim, "card", "order-1", 1004).await;
}

#[tokio::test]
async fn keys_schemes_and_paths_are_checked() {
    let sim = sim();
    let bare = |got: &Got| got.json().as_object().unwrap().len() == 2;
    let got = post_as(&sim, &basic(CLIENT, "0".repeat(32).as_str()), "payments/x", &json!({})).await;
    assert!(code(&got) == (401, "U116".into()) && bare(&got));
    let got = call(&sim, "GET", "/nice/v1/payments/x", &[], b"").await;
    assert_eq!(code(&got), (401, "U101".into()));
    assert_eq!(
        code(&post_as(&sim, "Basic ?", "payments/x", &json!({})).await),
        (401, "U102".into())
    );
    assert_eq!(
        code(&post_as(&sim, "Basic bm9jb2xvbg==", "payments/x", &json!({})).await),
        (401, "U104".into())
    );
    assert_eq!(
        code(&post_as(&sim, "Bearer abc", "payments/x", &json!({})).await),
        (401, "U103".into())
    );
    assert_eq!(code(&get(&sim, "nothing").await), (404, "U320".into()));
    let got = call(&sim, "DELETE", "/nice/v1/payments/x", &[], b"").await;
    assert_eq!(code(&got), (405, "U320".into()));
    // The public pair, as its header is printed.
    let public = "Basic UzJfYWY0NTQzYTBiZTRkNDlhOTgxMjJlMDFlYzIwNTlhNTY6OWViODU2MDcxMDM2NDZkYTlmOWMwMmIxMjhmMmU1ZWU=";
    assert_eq!(
        code(&post_as(&sim, public, "payments/x", &json!({"amount": 1})).await),
        (404, "U121".into())
    );
    // One merchant's payment is nobody else's.
    let tid = paid(&sim, "card", "order-1", 1004).await;
    let got = call(
        &sim,
        "GET",
        &format!("/nice/v1/payments/{tid}"),
        &[("authorization", public)],
        b"",
    )
    .await;
    assert_eq!(code(&got), (404, "U107".into()));
}

#[tokio::test]
async fn a_bearer_key_needs_its_token() {
    let sim = sim();
    let own = basic(
        "S2_naru0000000000000000000000000002",
        "5eed0000000000000000000000000002",
    );
    let ask = || post_as(&sim, &own, "access-token", &Value::Null);
    let first = ok(&ask().await);
    let token = first["accessToken"].as_str().unwrap().to_owned();
    assert_eq!((token.len(), first["tokenType"].clone()), (40, json!("Bearer")));
    advance(&sim, 60_000).await;
    let again = ok(&ask().await);
    assert_eq!(
        (&again["accessToken"], &again["expiredAt"]),
        (&first["accessToken"], &first["expiredAt"])
    );
    let bearer = format!("Bearer {token}");
    assert_eq!(
        code(&post_as(&sim, &bearer, "payments/x", &json!({"amount": 1})).await),
        (404, "U121".into())
    );
    assert_eq!(
        code(&post_as(&sim, &own, "payments/x", &json!({})).await),
        (401, "U103".into())
    );
    advance(&sim, 30 * 60_000).await;
    assert_eq!(
        code(&post_as(&sim, &bearer, "payments/x", &json!({})).await),
        (401, "U103".into())
    );
    control(&sim, "PUT", "nice/shapes", json!({"shapes": ["expire-at"]})).await;
    let fresh = ok(&ask().await);
    assert!(fresh["accessToken"] != first["accessToken"] && fresh["expireAt"].is_string());
    assert_eq!(
        control(&sim, "POST", "nice/expire-token", json!({"mid": "narunice2m"}))
            .await
            .status,
        200
    );
    let bearer = format!("Bearer {}", fresh["accessToken"].as_str().unwrap());
    assert_eq!(
        code(&post_as(&sim, &bearer, "payments/x", &json!({})).await),
        (401, "U103".into())
    );
    let other = basic(CLIENT, SECRET);
    assert_eq!(
        code(&post_as(&sim, &other, "access-token", &Value::Null).await),
        (401, "U305".into())
    );
}

#[tokio::test]
async fn inquiries_need_the_date_of_the_order() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    let payment = ok(&find(&sim, "order-1").await);
    assert!(signed(&payment) && payment["tid"] == tid.as_str());
    assert_eq!(code(&get(&sim, "payments/find/order-1").await), (200, "U100".into()));
    assert_eq!(
        code(&get(&sim, "payments/find/order-1?orderDate=20200101").await),
        (404, "U107".into())
    );
    assert_eq!(code(&find(&sim, "order-9").await), (404, "U107".into()));
    let sign = sha(&format!("{tid}{DATE}{SECRET}"));
    let query = |sign: &str| format!("payments/{tid}?ediDate={}&signData={sign}", DATE.replace('+', "%2B"));
    ok(&get(&sim, &query(&sign)).await);
    assert_eq!(code(&get(&sim, &query("0")).await), (200, "U312".into()));
    let korean = get(&sim, &format!("payments/{tid}?returnCharSet=euc-kr")).await;
    assert_eq!(korean.header("content-type"), "application/json;charset=euc-kr");
    assert!(encoding_rs::EUC_KR.decode(&korean.body).0.contains("티셔츠 외 1건"));
    let sign = sha(&format!("{DATE}{SECRET}"));
    let events = format!(
        "card/event?amount=50001&useAuth=true&ediDate={}&signData={sign}",
        DATE.replace('+', "%2B")
    );
    assert_eq!(
        ok(&get(&sim, &events).await)["interestFree"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn odd_shapes_keep_their_signature() {
    let sim = sim();
    let tid = paid(&sim, "card", "order-1", 1004).await;
    let with = async |words: Value| {
        merchant(&sim, json!({"shapes": words})).await;
        get(&sim, &format!("payments/{tid}")).await.json()
    };
    let bare = with(json!(["no-signature"])).await;
    assert!(bare.get("signature").is_none() && bare.get("ediDate").is_none() && bare["resultCode"] == "0000");
    let odd = with(json!([
        "capitals",
        "null-text",
        "text-flags",
        "front-mask",
        "colon-offset",
        "unknown-fields"
    ]))
    .await;
    assert_eq!(
        (odd["payMethod"].clone(), odd["channel"].clone()),
        (json!("CARD"), json!("PC"))
    );
    assert_eq!(
        (odd["buyerEmail"].clone(), odd["useEscrow"].clone()),
        (json!("null"), json!("false"))
    );
    assert_eq!(odd["card"]["canPartCancel"], "true");
    assert!(odd["card"]["cardNum"].as_str().unwrap().starts_with("****1234****"));
    assert!(odd["paidAt"].as_str().unwrap().ends_with("+09:00") && odd["settlementHint"].is_string());
    assert!(signed(&odd));
    let text = with(json!(["numbers-as-text", "absent"])).await;
    assert_eq!(
        (text["amount"].clone(), text.get("vbank"), text["cancels"].clone()),
        (json!("1004"), None, json!([]))
    );
    let got = control(&sim, "PUT", "nice/shapes", json!({"shapes": ["capital"]})).await;
    assert!(got.status == 400 && got.text().contains("`capitals`"));
}
