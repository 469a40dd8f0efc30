use super::*;
use crate::simulators::testing::raw;

async fn refused(sim: &Arc<Simulators>, window: &Value) -> (u16, String) {
    authenticate(sim, window, "approve").await.error()
}

#[tokio::test]
async fn the_return_is_a_get_with_the_shops_query_kept() {
    let sim = sim();
    let got = authenticate(&sim, &open("CARD", "ORDER-0001", 15000), "approve")
        .await
        .json();
    let tid = got["tid"].as_str().unwrap();
    let url = format!("http://shop.test/ok?t=1&paymentKey={tid}&orderId=ORDER-0001&amount=15000");
    assert_eq!(got["url"], url.as_str());
    assert_eq!(
        (got["method"].clone(), got["contentType"].clone(), got["body"].clone()),
        (json!("GET"), Value::Null, Value::Null)
    );
    let no = authenticate(&sim, &open("CARD", "ORDER-0001", 15000), "user-cancel")
        .await
        .json();
    let url = no["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://shop.test/no?code=PAY_PROCESS_CANCELED&message=%EC"),
        "{url}"
    );
    assert!(
        url.ends_with("&orderId=ORDER-0001") && !url.contains("paymentKey"),
        "{url}"
    );
    let fail = authenticate(&sim, &open("CARD", "ORDER-0001", 15000), "fail")
        .await
        .json();
    assert!(fail["url"].as_str().unwrap().contains("code=PAY_PROCESS_ABORTED"));
    let ask = json!({"open": open("CARD", "ORDER-0001", 15000), "as": "fail", "code": "REJECT_CARD_COMPANY"});
    let fail = control(&sim, "POST", "toss/authenticate", ask).await.json();
    assert!(fail["url"].as_str().unwrap().contains("code=REJECT_CARD_COMPANY"));
    let closed = authenticate(&sim, &open("CARD", "ORDER-0001", 15000), "user-close")
        .await
        .json();
    assert_eq!(closed["method"], "REJECT");
    assert!(closed["body"].as_str().unwrap().contains("USER_CANCEL"));
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_return_can_be_tampered_with() {
    let sim = sim();
    let ask =
        json!({"open": open("CARD", "ORDER-0001", 15000), "as": "approve", "tamper": {"amount": 1, "orderId": null}});
    let url = control(&sim, "POST", "toss/authenticate", ask).await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.contains("&amount=1") && !url.contains("orderId") && !url.contains("15000"),
        "{url}"
    );
}

#[tokio::test]
async fn the_sdk_refuses_with_its_codes() {
    let sim = sim();
    for (path, value, code) in [
        (
            "/clientKey",
            json!("test_sk_naruSimulator000000000001"),
            "INSECURE_KEY_USAGE",
        ),
        ("/clientKey", json!("test_ck_unknown"), "INVALID_CLIENT_KEY"),
        ("/clientKey", json!("nonsense"), "INVALID_CLIENT_KEY"),
        (
            "/clientKey",
            json!("test_gck_docs_Ovk5rk1EwkEbP0W43n07xlzm"),
            "NOT_SUPPORTED_WIDGET_KEY",
        ),
        ("/customerKey", json!("x"), "INVALID_CUSTOMER_KEY"),
        ("/customerKey", json!("with blank"), "INVALID_CUSTOMER_KEY"),
        ("/params/method", json!("카드"), "NOT_SUPPORTED_METHOD"),
        ("/params/amount", json!(15000), "INVALID_PARAMETERS"),
        ("/params/amount/value", json!(0), "BELOW_ZERO_AMOUNT"),
        ("/params/amount/value", json!("15000"), "INVALID_PARAMETERS"),
        ("/params/amount/value", json!(10.5), "INVALID_PARAMETERS"),
        ("/params/amount/currency", json!("USD"), "INVALID_PARAMETERS"),
        ("/params/orderId", json!("abcde"), "INVALID_ORDER_ID"),
        ("/params/orderId", json!("주문-00001"), "INVALID_ORDER_ID"),
        ("/params/orderName", json!("가".repeat(101)), "INVALID_ORDER_NAME"),
        ("/params/successUrl", json!("/relative"), "INCORRECT_SUCCESS_URL_FORMAT"),
        ("/params/failUrl", Value::Null, "INCORRECT_FAIL_URL_FORMAT"),
        (
            "/params/customerMobilePhone",
            json!("010-1234-5678"),
            "INVALID_PARAMETERS",
        ),
        ("/params/customerEmail", json!("nobody"), "INVALID_EMAIL"),
        ("/params/metadata", json!({"a[0]": "x"}), "INVALID_METADATA"),
        ("/params/card", json!({"flowMode": "DIRECT"}), "INVALID_PARAMETERS"),
        (
            "/params/card",
            json!({"flowMode": "DIRECT", "easyPay": "NOPAY"}),
            "INVALID_PARAMETERS",
        ),
        ("/params/card", json!({"cardInstallmentPlan": 1}), "INVALID_PARAMETERS"),
        (
            "/params/card",
            json!({"cardInstallmentPlan": 3, "maxCardInstallmentPlan": 6}),
            "INVALID_PARAMETERS",
        ),
        ("/params/windowTarget", json!("popup"), "INVALID_PARAMETERS"),
    ] {
        let mut window = open("CARD", "ORDER-0001", 15000);
        let (parent, field) = path.rsplit_once('/').unwrap();
        window.pointer_mut(parent).unwrap()[field] = value;
        assert_eq!(refused(&sim, &window).await, (400, code.to_owned()), "{path}");
    }
    let mut both = open("VIRTUAL_ACCOUNT", "ORDER-0001", 15000);
    both["params"]["virtualAccount"] = json!({"validHours": 3, "dueDate": "2030-01-01T00:00:00"});
    assert_eq!(refused(&sim, &both).await.1, "INVALID_PARAMETERS");
    both["params"]["virtualAccount"] = json!({"validHours": 2161});
    assert_eq!(refused(&sim, &both).await.1, "EXCEED_MAX_VALID_HOURS");
}

#[tokio::test]
async fn a_wrong_open_object_is_named() {
    let sim = sim();
    for (field, value, named) in [
        ("kind", json!("form"), "open.kind"),
        (
            "scriptUrl",
            json!("https://js.tosspayments.com/v2/standard"),
            "open.scriptUrl",
        ),
        ("global", json!("Toss"), "open.global"),
        ("call", json!("payment.requestPaymnt"), "call"),
    ] {
        let mut window = open("CARD", "ORDER-0001", 15000);
        window[field] = value;
        let got = authenticate(&sim, &window, "approve").await;
        assert_eq!(
            (got.status, got.json()["field"].clone()),
            (400, json!(named)),
            "{}",
            got.text()
        );
    }
    let got = control(&sim, "POST", "toss/authenticate", json!({"open": {}, "as": "aprove"})).await;
    assert_eq!((got.status, got.json()["field"].clone()), (400, json!("as")));
}

#[tokio::test]
async fn promise_mode_is_for_pc_only() {
    let sim = sim();
    let mut window = open("CARD", "ORDER-0001", 15000);
    let params = window["params"].as_object_mut().unwrap();
    params.remove("successUrl");
    params.remove("failUrl");
    let got = authenticate(&sim, &window, "approve").await.json();
    assert_eq!(got["method"], "RESOLVE");
    let value: Value = serde_json::from_str(got["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (value["orderId"].clone(), value["amount"]["value"].clone()),
        (json!("ORDER-0001"), json!(15000))
    );
    let ask = json!({"open": window, "as": "approve", "device": "mobile"});
    assert_eq!(
        control(&sim, "POST", "toss/authenticate", ask).await.error().1,
        "NOT_SUPPORTED_PROMISE"
    );
    let mut iframe = open("CARD", "ORDER-0001", 15000);
    iframe["params"]["windowTarget"] = json!("iframe");
    let ask = json!({"open": iframe, "as": "approve", "device": "mobile"});
    assert_eq!(
        control(&sim, "POST", "toss/authenticate", ask).await.error().1,
        "INVALID_PARAMETERS"
    );
}

#[tokio::test]
async fn every_method_fills_its_own_object() {
    let sim = sim();
    for (method, korean, object) in [
        ("VIRTUAL_ACCOUNT", "가상계좌", "virtualAccount"),
        ("TRANSFER", "계좌이체", "transfer"),
        ("MOBILE_PHONE", "휴대폰", "mobilePhone"),
        ("CULTURE_GIFT_CERTIFICATE", "문화상품권", "giftCertificate"),
        ("BOOK_GIFT_CERTIFICATE", "도서문화상품권", "giftCertificate"),
        ("GAME_GIFT_CERTIFICATE", "게임문화상품권", "giftCertificate"),
    ] {
        let order = format!("ORDER-{method}");
        let tid = authenticated(&sim, &open(method, &order, 10000)).await;
        let payment = confirm(&sim, &tid, &order, 10000).await.json();
        assert_eq!(payment["method"], korean);
        for other in [
            "card",
            "virtualAccount",
            "transfer",
            "mobilePhone",
            "giftCertificate",
            "easyPay",
        ] {
            assert_eq!(payment[other].is_null(), other != object, "{method}: {other}");
        }
    }
}

#[tokio::test]
async fn wallets_with_a_card_or_a_balance() {
    let sim = sim();
    let mut direct = open("CARD", "ORDER-0001", 10000);
    direct["params"]["card"] = json!({"flowMode": "DIRECT", "easyPay": "NAVERPAY"});
    let tid = authenticated(&sim, &direct).await;
    let payment = confirm(&sim, &tid, "ORDER-0001", 10000).await.json();
    assert_eq!(
        (payment["method"].clone(), payment["easyPay"]["provider"].clone()),
        (json!("간편결제"), json!("네이버페이"))
    );
    assert_eq!(
        (payment["easyPay"]["amount"].clone(), payment["card"]["amount"].clone()),
        (json!(0), json!(10000))
    );
    let ask = json!({"open": open("CARD", "ORDER-0002", 10000), "as": "approve", "method": "EASY_PAY",
        "buyer": {"wallet": "KAKAOPAY", "balance": true}});
    let tid = control(&sim, "POST", "toss/authenticate", ask).await.json()["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let payment = confirm(&sim, &tid, "ORDER-0002", 10000).await.json();
    assert_eq!(
        (payment["card"].clone(), payment["easyPay"]["amount"].clone()),
        (Value::Null, json!(10000))
    );
    let ask = json!({"open": open("CARD", "ORDER-0003", 10000), "as": "approve", "method": "TRANSFER"});
    assert_eq!(control(&sim, "POST", "toss/authenticate", ask).await.status, 400);
}

#[tokio::test]
async fn paypal_is_in_dollars_and_cancels_later() {
    let sim = sim();
    let mut window = open("FOREIGN_EASY_PAY", "ORDER-0001", 1);
    window["params"]["amount"] = json!({"value": 29.99, "currency": "USD"});
    window["params"]["foreignEasyPay"] = json!({"provider": "PAYPAL", "country": "US"});
    let got = authenticate(&sim, &window, "approve").await.json();
    assert!(got["url"].as_str().unwrap().ends_with("amount=29.99"), "{got}");
    let tid = got["tid"].as_str().unwrap().to_owned();
    let body = json!({"paymentKey": tid, "orderId": "ORDER-0001", "amount": 29.99});
    let payment = post(&sim, SECRET, "payments/confirm", &body).await.json();
    assert_eq!(
        (payment["totalAmount"].clone(), payment["currency"].clone()),
        (json!(29.99), json!("USD"))
    );
    let part = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 9.99, "currency": "USD"}),
    )
    .await
    .json();
    assert_eq!(
        (
            part["balanceAmount"].clone(),
            part["cancels"][0]["cancelStatus"].clone()
        ),
        (json!(20), json!("IN_PROGRESS"))
    );
    control(
        &sim,
        "POST",
        "toss/refund-status",
        json!({"tid": tid, "status": "COMPLETED"}),
    )
    .await;
    let now = get(&sim, SECRET, &format!("payments/{tid}")).await.json();
    assert_eq!(now["cancels"][0]["cancelStatus"], "DONE");
}

#[tokio::test]
async fn a_browser_opens_the_page_and_comes_back() {
    let sim = sim();
    let script = call(&sim, "GET", "/toss/v2/standard", &[], b"").await;
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.text().contains("var base = \"http://sim.test/toss\";"));
    let window = open("CARD", "ORDER-0001", 15000);
    let mut sdk =
        json!({"clientKey": CLIENT, "call": window["call"], "customerKey": "@@ANONYMOUS", "params": window["params"]});
    sdk["params"]["orderName"] = json!("<img src=x onerror=alert(1)>");
    let opened = call(&sim, "POST", "/toss/window/open", &[], sdk.to_string().as_bytes()).await;
    assert_eq!(
        (opened.status, opened.header("access-control-allow-origin")),
        (200, "*")
    );
    assert_eq!(
        (opened.json()["iframe"].clone(), opened.json()["promise"].clone()),
        (json!(true), json!(false))
    );
    let url = opened.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://sim.test").unwrap();
    let page = call(&sim, "GET", &format!("{path}?mode=self"), &[], b"").await.text();
    assert!(page.contains("결제하기 / Approve") && page.contains("&lt;img src=x") && !page.contains("<img src=x"));
    let back = call(
        &sim,
        "POST",
        &format!("{path}/decide"),
        &[],
        b"mode=self&as=approve&wallet=&card=51",
    )
    .await;
    assert_eq!(back.status, 303);
    assert!(
        back.header("location")
            .starts_with("http://shop.test/ok?t=1&paymentKey=tnaru"),
        "{}",
        back.header("location")
    );
    let tid = path.rsplit('/').next().unwrap();
    let payment = confirm(&sim, tid, "ORDER-0001", 15000).await.json();
    assert_eq!(payment["card"]["issuerCode"], "51");
    let used = call(&sim, "POST", &format!("{path}/decide"), &[], b"mode=self&as=approve").await;
    assert_eq!(used.status, 404);
    // In the overlay the page hands the end to the script.
    let opened = call(&sim, "POST", "/toss/window/open", &[], sdk.to_string().as_bytes())
        .await
        .json();
    let path = opened["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://sim.test")
        .unwrap()
        .to_owned();
    let end = call(
        &sim,
        "POST",
        &format!("{path}/decide"),
        &[],
        b"mode=iframe&as=user-cancel",
    )
    .await;
    assert!(
        end.text().contains(
            "parent.postMessage({\"tossPaymentsSimulator\":{\"url\":\"http://shop.test/no?code=PAY_PROCESS_CANCELED"
        ),
        "{}",
        end.text()
    );
    let mut wrong = sdk.clone();
    wrong["params"]["orderId"] = json!("x");
    let refused = call(&sim, "POST", "/toss/window/open", &[], wrong.to_string().as_bytes()).await;
    assert_eq!(refused.error(), (400, "INVALID_ORDER_ID".into()));
}

#[tokio::test]
async fn a_server_can_create_the_payment_without_the_script() {
    let sim = sim();
    let body = json!({"method": "CARD", "amount": 15000, "orderId": "ORDER-0001", "orderName": "셔츠",
        "successUrl": "http://shop.test/ok", "failUrl": "http://shop.test/no"});
    let payment = post(&sim, SECRET, "payments", &body).await.json();
    assert_eq!(payment["status"], "READY");
    let url = payment["checkout"]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://sim.test").unwrap();
    assert_eq!(raw(&sim, "GET", path, &[], b"").await.unwrap().status(), 200);
    let tid = key(&payment);
    call(
        &sim,
        "POST",
        &format!("/toss/window/{tid}/decide"),
        &[],
        b"mode=self&as=approve",
    )
    .await;
    assert_eq!(confirm(&sim, &tid, "ORDER-0001", 15000).await.json()["status"], "DONE");
}
