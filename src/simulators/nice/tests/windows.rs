use super::*;

#[tokio::test]
async fn an_authenticated_buyer_posts_a_signed_form() {
    let sim = sim();
    let got = authenticate(&sim, &open("card", "order-1", 1004), json!({})).await;
    let fields = fields(&got);
    assert_eq!(got.json()["url"], "http://shop.test/return?t=1");
    assert_eq!(got.json()["contentType"], "application/x-www-form-urlencoded");
    assert_eq!(
        (fields["amount"].as_str(), fields["mallReserved"].as_str()),
        ("1004", "m-1")
    );
    assert!(fields["authToken"].starts_with("NICEUNTT") && fields["authToken"].len() == 40);
    assert!(fields["tid"].starts_with("narunice1m0101") && fields["tid"].len() == 30);
    assert_eq!(
        fields["signature"],
        sha(&format!("{}{CLIENT}1004{SECRET}", fields["authToken"]))
    );
    // No money has moved.
    assert!(ledger(&sim).await.is_empty());
    assert_eq!(code(&find(&sim, "order-1").await), (404, "U107".into()));
}

#[tokio::test]
async fn cancel_and_failure_post_too_and_a_close_only_tells_the_page() {
    let sim = sim();
    let got = authenticate(&sim, &open("card", "order-1", 1004), json!({"as": "user-cancel"})).await;
    let back = fields(&got);
    assert_eq!(
        (
            back["authResultCode"].as_str(),
            back["tid"].as_str(),
            back["signature"].as_str()
        ),
        ("I002", "", "")
    );
    let got = authenticate(
        &sim,
        &open("card", "order-1", 1004),
        json!({"as": "fail", "code": "U311"}),
    )
    .await;
    assert_eq!(fields(&got)["authResultCode"], "U311");
    let closed = json!({"as": "user-close"});
    let got = authenticate(&sim, &open("card", "order-1", 1004), closed.clone())
        .await
        .json();
    assert_eq!(got["method"], "REJECT");
    assert!(got["body"].as_str().unwrap().contains("errorMsg"));
    let mut mobile = closed;
    mobile["device"] = json!("mobile");
    assert_eq!(
        authenticate(&sim, &open("card", "order-1", 1004), mobile).await.json()["method"],
        "NONE"
    );
}

#[tokio::test]
async fn tampering_reaches_the_form_and_nothing_else() {
    let sim = sim();
    let tamper = json!({"tamper": {"amount": 1, "clientId": "S2_other", "signature": null, "extra": "x"}});
    let back = fields(&authenticate(&sim, &open("card", "order-1", 1004), tamper).await);
    assert_eq!(
        (
            back["amount"].as_str(),
            back["clientId"].as_str(),
            back["extra"].as_str()
        ),
        ("1", "S2_other", "x")
    );
    assert!(!back.contains_key("signature"));
    ok(&approve(&sim, &back["tid"], 1004).await);
}

#[tokio::test]
async fn the_script_refuses_what_the_manual_forbids() {
    let sim = sim();
    let long = "가".repeat(21);
    let wrong: Vec<(&str, Value)> = vec![
        ("U116", json!({"clientId": "S2_nobody"})),
        ("P029", json!({"method": "tosspay"})),
        ("P012", json!({"orderId": ""})),
        ("P008", json!({"orderId": "x".repeat(65)})),
        ("P017", json!({"amount": 0})),
        ("P008", json!({"amount": "1004"})),
        ("P008", json!({"amount": 1_000_000_000_000_i64})),
        ("P008", json!({"goodsName": long})),
        ("P008", json!({"returnUrl": "/return"})),
        ("P008", json!({"mallReserved": "{\"a\":1}"})),
        ("P036", json!({"taxFreeAmt": 1005})),
        ("A145", json!({"currency": "USD"})),
        ("P032", json!({"method": "kakaopay", "useEscrow": true})),
        ("P037", json!({"cardQuota": "03"})),
        ("P022", json!({"method": "directCard", "cardCode": "04"})),
        ("U332", json!({"method": "cardAndEasyPay", "cardCode": "04"})),
        ("P012", json!({"method": "vbank", "vbankHolder": null})),
        ("P031", json!({"method": "vbank", "vbankExpDate": "yesterday"})),
        ("P008", json!({"buyerTel": "010-1234-5678"})),
    ];
    for (expected, change) in wrong {
        let mut open = open("card", "order-1", 1004);
        for (name, value) in change.as_object().unwrap() {
            open["params"][name] = value.clone();
        }
        let got = authenticate(&sim, &open, json!({})).await;
        assert_eq!(got.error(), (400, expected.into()), "{change}: {}", got.text());
    }
    let mut open = open("card", "order-1", 1004);
    open["scriptUrl"] = json!("http://sim.test/toss/v2/standard");
    assert_eq!(authenticate(&sim, &open, json!({})).await.status, 400);
}

#[tokio::test]
async fn a_paid_order_number_opens_no_window() {
    let sim = sim();
    paid(&sim, "card", "order-1", 1004).await;
    let got = authenticate(&sim, &open("card", "order-1", 1004), json!({})).await;
    assert_eq!(got.error(), (400, "P015".into()));
}

#[tokio::test]
async fn texts_arrive_as_the_charset_leaves_them() {
    let sim = sim();
    let mut open = open("card", "order-1", 1004);
    open["params"]["goodsName"] = json!("\"셔츠\"|😀");
    let tid = authenticated(&sim, &open, json!({})).await;
    assert_eq!(ok(&approve(&sim, &tid, 1004).await)["goodsName"], "-셔츠--?");
}

#[tokio::test]
async fn the_page_has_buttons_and_its_form_comes_back() {
    let sim = sim();
    let script = call(&sim, "GET", "/nice/v1/js/", &[], b"").await;
    assert!(script.text().contains("window.AUTHNICE") && script.text().contains("http://sim.test/nice"));
    let params = open("card", "order-1", 1004)["params"].to_string();
    let opened = call(&sim, "POST", "/nice/window/open", &[], params.as_bytes()).await;
    assert_eq!(opened.header("access-control-allow-origin"), "*");
    assert_eq!(opened.json()["layer"], true);
    let path = opened.json()["url"].as_str().unwrap().replace("http://sim.test", "");
    let page = call(&sim, "GET", &format!("{path}?mode=layer"), &[], b"").await.text();
    assert!(page.contains("결제하기 / Pay") && page.contains("value=\"user-cancel\""));
    let done = call(&sim, "POST", &format!("{path}/decide"), &[], b"as=approve&mode=layer")
        .await
        .text();
    assert!(done.contains("nicePaySimulator") && done.contains("authToken"));
    // A window ends once.
    assert_eq!(
        call(&sim, "POST", &format!("{path}/decide"), &[], b"as=approve")
            .await
            .status,
        404
    );
    let agent = [("user-agent", "Mozilla/5.0 (iPhone) Mobile/15E148")];
    let mobile = call(&sim, "POST", "/nice/window/open", &agent, params.as_bytes())
        .await
        .json();
    assert_eq!(mobile["layer"], false);
    let path = mobile["url"].as_str().unwrap().replace("http://sim.test", "");
    let done = call(
        &sim,
        "POST",
        &format!("{path}/decide"),
        &[],
        b"as=user-cancel&mode=self",
    )
    .await
    .text();
    assert!(done.contains("action=\"http://shop.test/return?t=1\"") && done.contains("value=\"I002\""));
}

#[tokio::test]
async fn wallets_and_methods_are_told_apart() {
    let sim = sim();
    for (method, buyer, word, card) in [
        ("kakaopayMoney", json!({}), "kakaopay", json!("40")),
        ("naverpayCard", json!({"card": "06"}), "naverpay", json!("06")),
        ("samsungpayCard", json!({}), "samsungpay", json!("04")),
        ("bank", json!({"bank": "004"}), "bank", Value::Null),
        ("cellphone", json!({}), "cellphone", Value::Null),
    ] {
        let tid = authenticated(&sim, &open(method, method, 5000), buyer).await;
        let payment = ok(&approve(&sim, &tid, 5000).await);
        assert_eq!(
            (payment["payMethod"].clone(), payment["card"]["cardCode"].clone()),
            (json!(word), card),
            "{method}"
        );
    }
    let money = find(&sim, "kakaopayMoney").await.json();
    assert_eq!(money["card"]["cardNum"], Value::Null);
    let mut both = open("cardAndEasyPay", "both", 5000);
    both["params"]["goodsName"] = json!("x");
    let got = authenticate(&sim, &both, json!({"method": "PAYCO"})).await;
    ok(&approve(&sim, &fields(&got)["tid"], 5000).await);
    assert_eq!(find(&sim, "both").await.json()["payMethod"], "payco");
}

/// The client-approval model: the window takes the money, and the amount can be checked afterwards.
#[tokio::test]
async fn a_client_approval_key_returns_a_finished_payment() {
    let sim = sim();
    let (client, secret) = (
        "S1_naru0000000000000000000000000003",
        "5eed0000000000000000000000000003",
    );
    let mut open = open("card", "order-1", 1004);
    open["params"]["clientId"] = json!(client);
    let back = fields(&authenticate(&sim, &open, json!({})).await);
    assert_eq!(
        (
            back["success"].as_str(),
            back["status"].as_str(),
            back["cardCode"].as_str()
        ),
        ("true", "paid", "04")
    );
    assert_eq!(
        back["signature"],
        sha(&format!("{}1004{}{secret}", back["tid"], back["ediDate"]))
    );
    assert_eq!(ledger(&sim).await.len(), 1);
    let tid = &back["tid"];
    let check = |amount: i64| {
        let sign = sha(&format!("{tid}{amount}{DATE}{secret}"));
        json!({"amount": amount, "ediDate": DATE, "signData": sign})
    };
    let auth = basic(client, secret);
    let got = ok(&post_as(&sim, &auth, &format!("check-amount/{tid}"), &check(1004)).await);
    assert_eq!(got["isValid"], true);
    assert_eq!(
        got["signature"],
        sha(&format!("{tid}{}{secret}", got["ediDate"].as_str().unwrap()))
    );
    assert_eq!(
        ok(&post_as(&sim, &auth, &format!("check-amount/{tid}"), &check(1)).await)["isValid"],
        false
    );
    open["params"]["orderId"] = json!("order-2");
    let back = fields(&authenticate(&sim, &open, json!({"buyer": {"decline": "limit"}})).await);
    assert_eq!(
        (
            back["success"].as_str(),
            back["resultCode"].as_str(),
            back["resultMsg"].as_str()
        ),
        ("false", "3095", "한도초과")
    );
}
