use super::*;

const PATH: &str = "/std/tradeReg/register";

async fn register(sim: &Arc<Simulators>, path: &str, word: &str, change: Value) -> Value {
    let base = json!({"ordr_idxx": "ORD1", "good_mny": "1004", "good_name": "테스트상품", "pay_method": word,
        "Ret_URL": "http://shop.test/return?t=1", "escw_used": "N", "user_agent": ""});
    api(sim, path, base, change).await
}

fn phone(trade: &Value, word: &str, action: &str, change: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = [
        ("site_cd", SITE),
        ("approval_key", text(trade, "approvalKey")),
        ("Ret_URL", "http://shop.test/return?t=1"),
        ("ordr_idxx", "ORD1"),
        ("good_mny", "1004"),
        ("good_name", "테스트상품"),
        ("pay_method", word),
        ("ActionResult", action),
        ("currency", "410"),
        ("buyr_name", "홍길동"),
        ("shop_user_id", "u-1"),
        ("param_opt_1", "token"),
        ("req_tx", "pay"),
    ];
    pairs(&list, change)
}

fn direct(fields: &[(String, String)]) -> Value {
    json!({"kind": "form", "action": "http://sim.test/kcp/pay/mobileGW.kcp", "charset": "euc-kr", "fields": fields,
        "iframe": false})
}

#[tokio::test]
async fn on_a_pc_the_result_joins_the_shops_own_form() {
    let sim = sim().await;
    let got = authenticate(&sim, &pc(&form(CARD, "ORD1", "1004", &[])), json!({})).await;
    assert_eq!(got.json()["url"], "http://shop.test/return?t=1");
    let back = posted(&got);
    for (name, value) in [
        ("good_name", "테스트상품"),
        ("ordr_idxx", "ORD1"),
        ("param_opt_1", "token"),
        ("res_cd", "0000"),
        ("tran_cd", "00100000"),
        ("use_pay_method", CARD),
        ("ordr_chk", "ORD1|1004"),
        ("ret_pay_method", "CARD"),
        ("cash_yn", "N"),
    ] {
        assert_eq!(back[name], value, "{name}");
    }
    assert!(back["enc_data"].len() > 500 && back["enc_info"].len() > 80);
    let receipt = json!({"buyer": {"receipt": {"kind": "1", "id": "1234567890"}}});
    let open = pc(&form("010000000000", "ORD2", "1004", &[]));
    let back = posted(&authenticate(&sim, &open, receipt).await);
    assert_eq!((back["cash_yn"].as_str(), back["cash_tr_code"].as_str()), ("Y", "1"));
    assert_eq!(text(&approve(&sim, &back, json!({})).await, "cash_authno").len(), 9);
}

#[tokio::test]
async fn cancels_failures_and_closes() {
    let sim = sim().await;
    let open = pc(&form(CARD, "ORD1", "1004", &[]));
    for (how, expected) in [("user-cancel", "3001"), ("fail", "CC25")] {
        let back = posted(&authenticate(&sim, &open, json!({"as": how})).await);
        assert_eq!((back["res_cd"].as_str(), back["enc_data"].as_str()), (expected, ""));
    }
    let other = posted(&authenticate(&sim, &open, json!({"as": "fail", "code": "3000"})).await);
    assert_eq!(
        (other["res_cd"].as_str(), other["res_msg"].as_str()),
        ("3000", "결제금액 한도 안내")
    );
    let close = authenticate(&sim, &open, json!({"as": "user-close"})).await.json();
    assert_eq!(close["method"], "NONE");
    // Tampering reaches the form and nothing else.
    let tamper = json!({"tamper": {"good_mny": "1", "enc_info": null, "ordr_idxx": "OTHER"}});
    let back = posted(&authenticate(&sim, &open, tamper).await);
    assert_eq!((back["good_mny"].as_str(), back["ordr_idxx"].as_str()), ("1", "OTHER"));
    assert!(!back.contains_key("enc_info"));
}

#[tokio::test]
async fn the_window_refuses_what_the_manual_forbids() {
    let sim = sim().await;
    let long = "가".repeat(34);
    let wrong: &[(&str, (&str, &str))] = &[
        ("9002", ("site_cd", "")),
        ("8001", ("site_cd", "XXXXX")),
        ("9006", ("ordr_idxx", "")),
        ("9006", ("ordr_idxx", "주문1")),
        ("9008", ("good_mny", "")),
        ("9008", ("good_mny", "1,004")),
        ("9008", ("good_mny", "0")),
        ("S005", ("good_name", "")),
        ("S005", ("good_name", "a'b")),
        ("S005", ("good_name", &long)),
        ("S005", ("buyr_name", "a;b")),
        ("S005", ("currency", "410")),
        ("S005", ("module_type", "")),
        ("S005", ("pay_method", "CARD")),
        ("S005", ("pay_method", "000000000001")),
        ("S005", ("good_expr", "1:2026")),
        ("S005", ("vcnt_expire_term", "x")),
        ("8080", ("tax_flag", "TG09")),
    ];
    for (expected, change) in wrong {
        let got = authenticate(&sim, &pc(&form(CARD, "ORD1", "1004", &[*change])), json!({})).await;
        assert_eq!(got.error(), (400, (*expected).to_owned()), "{change:?}");
    }
    let gift = form("000000001000", "ORD1", "1004", &[("shop_user_id", "")]);
    assert_eq!(
        authenticate(&sim, &pc(&gift), json!({})).await.error(),
        (400, "S005".into())
    );
    let small = authenticate(&sim, &pc(&form(CARD, "ORD1", "999", &[])), json!({})).await;
    assert_eq!(posted(&small)["res_cd"], "9010");
    // The public test site takes test amounts only.
    let public = |amount: &str| pc(&form(CARD, "ORD1", amount, &[("site_cd", "T0000")]));
    assert_eq!(
        posted(&authenticate(&sim, &public("5005"), json!({})).await)["res_cd"],
        "8129"
    );
    assert_eq!(
        posted(&authenticate(&sim, &public("5004"), json!({})).await)["res_cd"],
        "0000"
    );
    let mut open = pc(&form(CARD, "ORD1", "1004", &[]));
    open["scriptUrl"] = json!("http://sim.test/kcp/plugin/other.js");
    assert_eq!(
        authenticate(&sim, &open, json!({})).await.json()["field"],
        "open.scriptUrl"
    );
    open["scriptUrl"] = json!("http://sim.test/kcp/plugin/payplus_web.jsp");
    open["call"] = json!("goPay");
    assert_eq!(authenticate(&sim, &open, json!({})).await.json()["field"], "open.call");
}

#[tokio::test]
async fn what_the_buyer_picks_must_be_on_offer() {
    let sim = sim().await;
    let open = pc(&form(
        "101000000000",
        "ORD1",
        "1004",
        &[("used_card_YN", "Y"), ("used_card", "CCDI:CCKM")],
    ));
    let answer = approve(&sim, &posted(&authenticate(&sim, &open, json!({})).await), json!({})).await;
    assert_eq!(text(&answer, "card_cd"), "CCDI");
    let picked = json!({"method": "VIRTUAL_ACCOUNT", "buyer": {"bank": "BK26"}});
    let answer = approve(&sim, &posted(&authenticate(&sim, &open, picked).await), json!({})).await;
    assert_eq!(
        (text(&answer, "bankcode"), text(&answer, "va_name")),
        ("BK26", "홍길동")
    );
    assert_eq!(authenticate(&sim, &open, json!({"method": "GIFT"})).await.status, 422);
    assert_eq!(authenticate(&sim, &open, json!({"method": "CAD"})).await.status, 400);
    let shinhan = json!({"method": "VCNT", "buyer": {"bank": "BK88"}});
    assert_eq!(authenticate(&sim, &open, shinhan).await.status, 400);
    // Installments begin at 50,000.
    let back = posted(&authenticate(&sim, &open, json!({"buyer": {"quota": "03"}})).await);
    assert_eq!(back["res_cd"], "8125");
    let dear = pc(&form(CARD, "ORD2", "50000", &[]));
    let back = posted(&authenticate(&sim, &dear, json!({"buyer": {"quota": "03"}})).await);
    assert_eq!(text(&approve(&sim, &back, json!({})).await, "quota"), "03");
}

#[tokio::test]
async fn a_phone_registers_posts_and_comes_back_in_euc_kr() {
    let sim = sim().await;
    let trade = register(&sim, PATH, "CARD", json!({})).await;
    assert_eq!(
        (text(&trade, "Code"), text(&trade, "Message")),
        ("0000", "정상처리되었습니다")
    );
    assert_eq!(text(&trade, "PayUrl"), "http://sim.test/kcp/pay/mobileGW.kcp");
    assert!(text(&trade, "traceNo").starts_with(SITE));
    let open = direct(&phone(&trade, "CARD", "card", &[]));
    let reply = authenticate(&sim, &open, json!({})).await.json();
    assert_eq!(reply["url"], "http://shop.test/return?t=1");
    let body = reply["body"].as_str().unwrap();
    assert!(body.contains("good_name=%C5%D7%BD%BA%C6%AE%BB%F3%C7%B0"), "{body}");
    let back = fields(body.as_bytes(), EUC_KR);
    for (name, value) in [
        ("res_cd", "0000"),
        ("res_msg", "정상처리"),
        ("site_cd", SITE),
        ("ordr_idxx", "ORD1"),
        ("good_mny", "1004"),
        ("param_opt_1", "token"),
        ("use_pay_method", CARD),
    ] {
        assert_eq!(back[name], value, "{name}");
    }
    assert!(!back.contains_key("approval_key") && !back.contains_key("ordr_chk"));
    let answer = approve(
        &sim,
        &back,
        json!({"ordr_mony": "1004", "ordr_no": "ORD1", "pay_type": "PACA"}),
    )
    .await;
    assert_eq!(code(&answer), "0000");
    // The key opened one window.
    assert_eq!(authenticate(&sim, &open, json!({})).await.error(), (400, "S005".into()));
}

#[tokio::test]
async fn the_encoding_filter_takes_utf_8() {
    let sim = sim().await;
    let trade = register(&sim, "/trade/register.do", "VCNT", json!({"kcp_cert_info": null})).await;
    let more = [
        ("encoding_trans", "UTF-8"),
        ("PayUrl", "http://sim.test/kcp/pay/mobileGW.kcp"),
        ("ipgm_date", "20301231"),
    ];
    let filter = |fields: &[(String, String)]| {
        json!({"kind": "form", "action": "http://sim.test/kcp/pay/jsp/encodingFilter/encodingFilter.jsp",
            "charset": "utf-8", "fields": fields})
    };
    let unnamed = filter(&phone(&trade, "VCNT", "vcnt", &[]));
    assert_eq!(
        authenticate(&sim, &unnamed, json!({})).await.error(),
        (400, "S005".into())
    );
    let back = posted(&authenticate(&sim, &filter(&phone(&trade, "VCNT", "vcnt", &more)), json!({})).await);
    assert_eq!(
        (back["good_name"].as_str(), back["buyr_name"].as_str()),
        ("테스트상품", "홍길동")
    );
    let answer = approve(&sim, &back, json!({"pay_type": "PAVC"})).await;
    assert_eq!(
        (text(&answer, "va_date"), text(&answer, "va_name")),
        ("20301231235959", "홍길동")
    );
    // UTF-8 at the other door is read as EUC-KR: the name is not what it was.
    let trade = register(&sim, PATH, "CARD", json!({})).await;
    let mut wrong = direct(&phone(&trade, "CARD", "card", &[]));
    wrong["charset"] = json!("utf-8");
    let got = authenticate(&sim, &wrong, json!({})).await;
    assert!(
        got.status == 400
            || fields(got.json()["body"].as_str().unwrap().as_bytes(), EUC_KR)["good_name"] != "테스트상품"
    );
}

#[tokio::test]
async fn registrations_and_their_forms_are_checked() {
    let sim = sim().await;
    for wrong in [
        json!({"ordr_idxx": null}),
        json!({"good_mny": "x"}),
        json!({"good_name": "a<b"}),
        json!({"pay_method": "100000000000"}),
        json!({"Ret_URL": "shop.test"}),
        json!({"escw_used": "1"}),
        json!({"kcp_cert_info": null}),
    ] {
        assert_eq!(
            text(&register(&sim, PATH, "CARD", wrong.clone()).await, "Code"),
            "S005",
            "{wrong}"
        );
    }
    let refused = register(&sim, PATH, "CARD", json!({"kcp_cert_info": PEM})).await;
    assert_eq!((text(&refused, "Code"), refused.get("res_cd")), ("S032", None));
    let trade = register(&sim, PATH, "CARD", json!({})).await;
    for (expected, change) in [
        ("M016", ("Ret_URL", "")),
        ("M015", ("currency", "WON")),
        ("S005", ("approval_key", "x")),
        ("S005", ("good_mny", "1005")),
        ("S005", ("ordr_idxx", "ORD2")),
        ("S005", ("pay_method", "BANK")),
        ("S005", ("ActionResult", "acnt")),
        // A browser writes what EUC-KR has not as a reference, and that is forbidden.
        ("S005", ("good_name", "선물 🎁")),
    ] {
        let open = direct(&phone(&trade, "CARD", "card", &[change]));
        assert_eq!(
            authenticate(&sim, &open, json!({})).await.error(),
            (400, expected.into()),
            "{change:?}"
        );
    }
    // None of these used the key up; time does.
    let open = direct(&phone(&trade, "CARD", "card", &[]));
    advance(&sim, 30 * 60_000).await;
    assert_eq!(authenticate(&sim, &open, json!({})).await.error(), (400, "S005".into()));
}

#[tokio::test]
async fn lite_pay_needs_no_script() {
    let sim = sim().await;
    let signed = sign(&[SITE, "1004", "CARD", "web", "ORD1"]);
    let base = json!({"kcp_sign_data": signed, "ordr_idxx": "ORD1", "pay_method": "CARD", "good_mny": "1004",
        "good_name": "Test item", "reg_type": "web", "ret_URL": "http://shop.test/ok", "fail_url": "http://shop.test/fail"});
    let wrong = api(&sim, "/std/brpay/treg", base.clone(), json!({"good_mny": "1005"})).await;
    assert_eq!(code(&wrong), "S032");
    for how in ["approve", "user-cancel"] {
        let answer = api(&sim, "/std/brpay/treg", base.clone(), json!({})).await;
        assert_eq!((code(&answer), text(&answer, "tran_cd")), ("0000", "00100000"));
        let open =
            json!({"kind": "form", "action": answer["pay_url"], "charset": "utf-8", "fields": [["ordr_idxx", "ORD1"]]});
        let got = authenticate(&sim, &open, json!({"as": how})).await;
        let back = posted(&got);
        assert_eq!(back["ordr_idxx"], "ORD1");
        if how == "approve" {
            assert_eq!(got.json()["url"], "http://shop.test/ok");
            assert_eq!(code(&approve(&sim, &back, json!({"ordr_mony": "1004"})).await), "0000");
        } else {
            assert_eq!(
                (got.json()["url"].as_str(), back["res_cd"].as_str()),
                (Some("http://shop.test/fail"), "3001")
            );
        }
        assert_eq!(authenticate(&sim, &open, json!({})).await.status, 400);
    }
}

#[tokio::test]
async fn a_browser_gets_the_script_and_the_pages() {
    let sim = sim().await;
    for path in ["/kcp/plugin/kcp_spay_hub.js", "/kcp/plugin/payplus_web.jsp"] {
        let script = call(&sim, "GET", path, &[], b"").await;
        assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
        let text = script.text();
        for name in [
            "window.KCP_Pay_Execute_Web =",
            "window.KCP_Pay_Execute =",
            "window.GetField =",
            "m_Completepayment",
        ] {
            assert!(text.contains(name), "{name}");
        }
        assert!(text.contains("http://sim.test/kcp") && !text.contains("__BASE__"));
    }
    let fields = json!(form(CARD, "ORD1", "1004", &[])).to_string();
    let opened = call(&sim, "POST", "/kcp/window/open", &[], fields.as_bytes()).await;
    let url = opened.json()["url"].as_str().unwrap().replace("http://sim.test", "");
    let page = call(&sim, "GET", &format!("{url}?mode=layer"), &[], b"").await;
    assert!(page.text().contains("테스트상품") && page.text().contains("value=\"approve\""));
    let done = call(
        &sim,
        "POST",
        &format!("{url}/decide"),
        &[],
        b"as=approve&mode=layer&card=CCSS",
    )
    .await;
    assert!(done.text().contains("kcpSimulator") && done.text().contains("enc_data"));
    assert_eq!(call(&sim, "GET", &url, &[], b"").await.status, 404);
    let refused = json!(form(CARD, "", "1004", &[])).to_string();
    let refused = call(&sim, "POST", "/kcp/window/open", &[], refused.as_bytes()).await;
    assert_eq!(refused.error(), (400, "9006".into()));
}

#[tokio::test]
async fn a_phones_browser_is_sent_back_with_a_form() {
    let sim = sim().await;
    let trade = register(&sim, PATH, "CARD", json!({})).await;
    let encoded = |change: &[(&str, &str)]| super::super::args::encode(&phone(&trade, "CARD", "card", change), EUC_KR);
    let target = "/kcp/pay/mobileGW.kcp";
    let page = call(&sim, "POST", target, &[], encoded(&[("currency", "WON")]).as_bytes())
        .await
        .text();
    assert!(
        page.contains("value=\"M015\"") && page.contains("action=\"http://shop.test/return?t=1\""),
        "{page}"
    );
    let page = call(&sim, "POST", target, &[], encoded(&[("Ret_URL", "")]).as_bytes())
        .await
        .text();
    assert!(page.contains("[M016]") && !page.contains("action="), "{page}");
    let page = call(&sim, "POST", target, &[], encoded(&[]).as_bytes()).await.text();
    let id = page
        .split("/window/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let decide = format!("/kcp/window/{id}/decide");
    let page = call(&sim, "POST", &decide, &[], b"as=approve&mode=self").await.text();
    assert!(
        page.contains("accept-charset=\"euc-kr\"") && page.contains("name=\"enc_data\""),
        "{page}"
    );
}
