use super::*;

fn with(change: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = form("CARD", "ORD1", "1004");
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    fields
}

#[tokio::test]
async fn on_a_pc_the_result_joins_the_shops_own_form() {
    let sim = sim();
    let got = authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), json!({})).await;
    let back = posted(&got);
    assert_eq!(got.json()["url"], "http://shop.test/return?t=1");
    for (name, value) in [
        ("GoodsName", "테스트상품"),
        ("Moid", "ORD1"),
        ("Amt", "1004"),
        ("ReqReserved", "r-1"),
    ] {
        assert_eq!(back[name], value, "{name}");
    }
    let token = &back["AuthToken"];
    assert!(token.len() == 40 && token.starts_with("NICETOKN"));
    assert_eq!(back["Signature"], sha(&[token, MID, "1004"]));
    assert!(back["TxTid"].len() == 30 && back["TxTid"].starts_with("narulgcy1m0101"));
    assert_eq!(back["NextAppURL"], "http://sim.test/nice_legacy/webapi/pay_process.jsp");
    assert_eq!(
        back["NetCancelURL"],
        "http://sim.test/nice_legacy/webapi/cancel_process.jsp"
    );
    // No money has moved.
    assert!(ledger(&sim).await.is_empty());
    assert_eq!(status(&sim, &back["TxTid"]).await, "9");
}

#[tokio::test]
async fn on_a_phone_the_result_alone_is_posted_in_the_charset_asked_for() {
    let sim = sim();
    let got = authenticate(&sim, &mobile(&form("CARD", "ORD1", "1004")), json!({})).await;
    assert_eq!(got.json()["url"], "http://shop.test/return?t=1");
    let back = posted(&got);
    assert!(!back.contains_key("GoodsName") && back["AuthResultMsg"] == "인증 성공");
    let korean = authenticate(&sim, &mobile(&with(&[("CharSet", "euc-kr")])), json!({}))
        .await
        .json();
    assert_eq!(
        fields(korean["body"].as_str().unwrap().as_bytes(), EUC_KR)["AuthResultMsg"],
        "인증 성공"
    );
    let missing = authenticate(&sim, &mobile(&with(&[("ReturnURL", "")])), json!({})).await;
    assert_eq!(missing.error(), (400, "9000".into()));
    // The newer script does the same on a phone; the older one does not know phones.
    let mut unified = pc(&form("CARD", "ORD1", "1004"));
    unified["scriptUrl"] = json!("http://sim.test/nice_legacy/v3/common/js/nicepay-pgweb.js");
    let phone = json!({"device": "mobile"});
    assert!(!posted(&authenticate(&sim, &unified, phone.clone()).await).contains_key("GoodsName"));
    assert!(posted(&authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), phone).await).contains_key("GoodsName"));
}

#[tokio::test]
async fn cancels_failures_and_closes() {
    let sim = sim();
    let cancel = json!({"as": "user-cancel"});
    let back = posted(&authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), cancel.clone()).await);
    assert_eq!(back["AuthResultCode"], "9999");
    assert!(back["AuthResultMsg"].contains("사용자") && !back.contains_key("AuthToken") && !back.contains_key("TxTid"));
    let back = posted(&authenticate(&sim, &mobile(&form("CARD", "ORD1", "1004")), cancel).await);
    assert_eq!(back["AuthResultCode"], "I002");
    let fail = json!({"as": "fail", "code": "C001"});
    assert_eq!(
        posted(&authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), fail).await)["AuthResultCode"],
        "C001"
    );
    let close = json!({"as": "user-close"});
    let told = authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), close.clone())
        .await
        .json();
    assert_eq!(told["method"], "REJECT");
    assert!(told["body"].as_str().unwrap().contains("nicepayClose"));
    assert_eq!(
        authenticate(&sim, &mobile(&form("CARD", "ORD1", "1004")), close)
            .await
            .json()["method"],
        "NONE"
    );
}

#[tokio::test]
async fn tampering_reaches_the_form_and_nothing_else() {
    let sim = sim();
    let tamper = json!({"tamper": {"NextAppURL": "http://evil.test/webapi/pay_process.jsp", "Moid": "OTHER", "Signature": null}});
    let back = posted(&authenticate(&sim, &pc(&form("CARD", "ORD1", "1004")), tamper).await);
    assert_eq!(
        (back["NextAppURL"].as_str(), back["Moid"].as_str()),
        ("http://evil.test/webapi/pay_process.jsp", "OTHER")
    );
    assert!(!back.contains_key("Signature"));
    let pair = (back["TxTid"].clone(), back["AuthToken"].clone());
    assert_eq!(approve(&sim, &pair, "1004", &[]).await.json()["Moid"], "ORD1");
}

#[tokio::test]
async fn the_window_refuses_what_the_manual_forbids() {
    let sim = sim();
    let long = "가".repeat(21);
    let wrong: &[(&str, &[(&str, &str)])] = &[
        ("3012", &[("MID", "nobody000m")]),
        ("A101", &[("SignData", "0")]),
        ("A101", &[("Amt", "1005")]),
        ("9000", &[("EdiDate", "2026")]),
        ("9000", &[("GoodsName", "")]),
        ("9000", &[("GoodsName", &long)]),
        ("P008", &[("GoodsName", "a[b]")]),
        ("W004", &[("PayMethod", "KAKAOPAY")]),
        ("W001", &[("Moid", "주문")]),
        ("W001", &[("PayMethod", "SSG_BANK"), ("Moid", "a-1")]),
        ("P008", &[("ReqReserved", "\"")]),
        ("P031", &[("PayMethod", "VBANK"), ("VbankExpDate", "")]),
        ("P031", &[("PayMethod", "VBANK"), ("VbankExpDate", "20200101")]),
        ("9000", &[("PayMethod", "CELLPHONE"), ("GoodsCl", "")]),
        ("9000", &[("PayMethod", "GIFT_CULT"), ("MallUserID", "")]),
        ("P032", &[("TransType", "1"), ("DirectEasyPay", "E018")]),
        ("9000", &[("DirectEasyPay", "E020")]),
        ("P029", &[("DirectEasyPay", "E022")]),
        ("W004", &[("PayMethod", "BANK"), ("NicepayReserved", "DirectKakao=Y")]),
        (
            "9000",
            &[("PayMethod", "BANK"), ("TransType", "1"), ("BuyerEmail", "nobody")],
        ),
    ];
    for (expected, change) in wrong {
        let got = authenticate(&sim, &pc(&with(change)), json!({})).await;
        assert_eq!(got.error(), (400, (*expected).to_owned()), "{change:?}: {}", got.text());
    }
    for open in [
        json!({"kind": "scriptForm", "scriptUrl": "http://sim.test/x.js", "call": "goPay", "charset": "utf-8", "fields": [], "action": "http://a.test/"}),
        json!({"kind": "script", "scriptUrl": "x"}),
        json!({"kind": "form", "action": "http://sim.test/elsewhere", "charset": "euc-kr", "fields": [], "iframe": false}),
    ] {
        assert_eq!(authenticate(&sim, &open, json!({})).await.status, 400);
    }
    merchant(&sim, json!({"escrow": false, "taxSplit": true})).await;
    assert_eq!(
        authenticate(&sim, &pc(&with(&[("TransType", "1")])), json!({}))
            .await
            .error()
            .1,
        "C002"
    );
    assert_eq!(authenticate(&sim, &pc(&with(&[])), json!({})).await.error().1, "1617");
    let parts = [
        ("SupplyAmt", "913"),
        ("GoodsVat", "91"),
        ("ServiceAmt", "0"),
        ("TaxFreeAmt", "1"),
    ];
    assert_eq!(
        authenticate(&sim, &pc(&with(&parts)), json!({})).await.error().1,
        "1615"
    );
}

/// A plain form arrives as bytes: in the wrong charset, or with characters that it lacks, text is spoilt.
#[tokio::test]
async fn a_phones_form_is_read_as_euc_kr() {
    let sim = sim();
    let goods = async |open: Value| {
        let back = posted(&authenticate(&sim, &open, json!({})).await);
        let pair = (back["TxTid"].clone(), back["AuthToken"].clone());
        approve(&sim, &pair, "1004", &[]).await.json()["GoodsName"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(goods(mobile(&form("CARD", "ORD1", "1004"))).await, "테스트상품");
    let mut utf8 = mobile(&form("CARD", "ORD2", "1004"));
    utf8["charset"] = json!("utf-8");
    assert_ne!(goods(utf8).await, "테스트상품");
    let smile = authenticate(&sim, &mobile(&with(&[("GoodsName", "셔츠😀")])), json!({})).await;
    assert_eq!(smile.error().1, "P008", "an `&#…;` is what a browser makes of it");
}

#[tokio::test]
async fn scripts_and_pages_are_served() {
    let sim = sim();
    for (path, phones) in [
        ("/v3/webstd/js/nicepay-3.0.js", "false"),
        ("/v3/common/js/nicepay-pgweb.js", "true"),
    ] {
        let text = call(&sim, "GET", &format!("/nice_legacy{path}"), &[], b"").await.text();
        assert!(
            text.contains("window.goPay") && text.contains(&format!("knowsPhones = {phones}")),
            "{path}"
        );
    }
    let pairs = serde_json::to_string(&form("CARD", "ORD1", "1004")).unwrap();
    let opened = call(&sim, "POST", "/nice_legacy/window/open", &[], pairs.as_bytes()).await;
    let path = opened.json()["url"].as_str().unwrap().replace("http://sim.test", "");
    assert!(
        call(&sim, "GET", &format!("{path}?mode=layer"), &[], b"")
            .await
            .text()
            .contains("결제하기 / Pay")
    );
    let done = call(&sim, "POST", &format!("{path}/decide"), &[], b"as=approve&mode=layer")
        .await
        .text();
    assert!(done.contains("nicePayLegacySimulator") && done.contains("NICETOKN"));
    assert_eq!(
        call(&sim, "POST", &format!("{path}/decide"), &[], b"as=approve")
            .await
            .status,
        404
    );
    let body = super::super::form::encode(&form("CARD", "ORD2", "1004"), EUC_KR);
    let page = call(&sim, "POST", "/nice_legacy/v3/v3Payment.jsp", &[], body.as_bytes())
        .await
        .text();
    assert!(page.contains("테스트상품"));
    let action = page
        .split("action=\"http://sim.test")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let done = call(&sim, "POST", &action, &[], b"as=user-cancel&mode=self")
        .await
        .text();
    assert!(done.contains("accept-charset=\"utf-8\" action=\"http://shop.test/return?t=1\"") && done.contains("I002"));
}
