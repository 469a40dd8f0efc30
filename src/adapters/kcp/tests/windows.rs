//! What the window is opened with, what is registered before it, and what is refused before it opens.

use super::*;

pub(super) fn request(method: MethodKind, device: Device, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "테스트 상품".into(),
        method,
        device,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        at: AT,
        return_url: "https://pay.example.com/checkout/return/token".into(),
        raw,
    }
}

pub(super) fn registered() -> WireAnswer {
    let body = json!({"Code": "0000", "Message": "정상처리되었습니다", "approvalKey": "KEY==", "traceNo": "T0000X",
        "PayUrl": "https://testsmpay.kcp.co.kr/pay/mobileGW.kcp", "more": 1});
    answer(200, body.to_string())
}

fn opened(request: &OpenRequest, channel: &ChannelRevision) -> Result<Open, Refusal> {
    let answer = registered();
    Ok(Kcp.window().unwrap().open(request, channel, Some(&answer))?.open)
}

fn fields(open: &Open) -> Vec<(String, String)> {
    match open {
        Open::ScriptForm { fields, .. } | Open::Form { fields, .. } => fields.clone(),
        other => panic!("a form: {other:?}"),
    }
}

/// The options of a method on a PC: what stands between the order and the result's inputs.
fn options(method: MethodKind, raw: Value, change: impl FnOnce(&mut OpenRequest)) -> Result<String, Refusal> {
    let mut request = request(method, Device::Pc, raw);
    change(&mut request);
    let all = fields(&opened(&request, &channel())?);
    let from = all.iter().position(|(n, _)| n == "module_type").unwrap() + 1;
    let to = all.iter().position(|(n, _)| n == "res_cd").unwrap();
    let shown: Vec<String> = all[from..to].iter().map(|(n, v)| format!("{n}={v}")).collect();
    Ok(shown.join(" "))
}

fn plain(method: MethodKind, raw: Value) -> String {
    options(method, raw, |_| {}).unwrap()
}

fn refused(method: MethodKind, raw: Value) -> String {
    options(method, raw, |_| {}).unwrap_err().field
}

#[test]
fn a_pc_runs_kcps_script_on_a_form() {
    let Open::ScriptForm {
        script_url,
        call,
        charset,
        fields,
        action,
    } = opened(&request(MethodKind::Card, Device::Pc, json!({})), &channel()).unwrap()
    else {
        panic!("a script")
    };
    assert_eq!(
        (script_url.as_str(), call.as_str(), charset.as_str(), action.as_str()),
        (
            "https://testspay.kcp.co.kr/plugin/kcp_spay_hub.js",
            "KCP_Pay_Execute_Web",
            "utf-8",
            "https://pay.example.com/checkout/return/token"
        )
    );
    let shown: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(
        shown.join("&"),
        "req_tx=pay&site_cd=T0000&ordr_idxx=ORD20250101000001&pay_method=100000000000&good_name=테스트 상품&good_mny=1004&\
         currency=WON&module_type=01&good_expr=0&res_cd=&res_msg=&enc_info=&enc_data=&ret_pay_method=&tran_cd=&\
         use_pay_method=&ordr_chk=&cash_yn=&cash_tr_code=&cash_id_info=&trace_no="
    );
    let mut live = spec();
    live.mode = Mode::Live;
    let live = opened(&request(MethodKind::Card, Device::Pc, json!({})), &revision(live)).unwrap();
    assert!(
        matches!(live, Open::ScriptForm { script_url, .. } if script_url == "https://spay.kcp.co.kr/plugin/kcp_spay_hub.js")
    );
}

#[test]
fn a_phone_is_registered_and_posts_in_euc_kr() {
    let request = request(MethodKind::Card, Device::Mobile, json!({}));
    let window = Kcp.window().unwrap();
    let call = window.register(&request, &channel()).unwrap().unwrap();
    assert_eq!(call.request.url, "https://testsmpay.kcp.co.kr/trade/register.do");
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "ordr_idxx": ORDER_ID, "good_mny": "1004", "good_name": "테스트 상품",
            "pay_method": "CARD", "Ret_URL": "https://pay.example.com/checkout/return/token", "escw_used": "N",
            "user_agent": ""})
    );
    let Open::Form {
        action,
        charset,
        fields,
        iframe,
    } = opened(&request, &channel()).unwrap()
    else {
        panic!("a form")
    };
    assert_eq!(
        (action.as_str(), charset.as_str(), iframe),
        ("https://testsmpay.kcp.co.kr/pay/mobileGW.kcp", "euc-kr", false)
    );
    let all: BTreeMap<String, String> = fields.into_iter().collect();
    for (name, value) in [
        ("approval_key", "KEY=="),
        ("traceNo", "T0000X"),
        ("Ret_URL", "https://pay.example.com/checkout/return/token"),
        ("currency", "410"),
        ("pay_method", "CARD"),
        ("ActionResult", "card"),
    ] {
        assert_eq!(all[name], value, "{name}");
    }
    let filtered = opened(&request, &channel_with("mobileUtf8")).unwrap();
    let Open::Form {
        action,
        charset,
        fields,
        ..
    } = filtered
    else {
        panic!("a form")
    };
    assert_eq!(
        (action.as_str(), charset.as_str()),
        (
            "https://testsmpay.kcp.co.kr/pay/jsp/encodingFilter/encodingFilter.jsp",
            "utf-8"
        )
    );
    let all: BTreeMap<String, String> = fields.into_iter().collect();
    assert_eq!(all["encoding_trans"], "UTF-8");
    assert_eq!(all["PayUrl"], "https://testsmpay.kcp.co.kr/pay/mobileGW.kcp");
}

#[test]
fn methods_have_words_of_their_own() {
    use MethodKind::{Card, EasyPay, GiftCertificate, Mobile, Transfer, VirtualAccount};
    for (method, bits, word, action) in [
        (Card, "100000000000", "CARD", "card"),
        (EasyPay, "100000000000", "CARD", "card"),
        (Transfer, "010000000000", "BANK", "acnt"),
        (VirtualAccount, "001000000000", "VCNT", "vcnt"),
        (Mobile, "000010000000", "MOBX", "mobx"),
    ] {
        let with_id = |device| OpenRequest {
            customer_id: Some("user-1".into()),
            ..request(method, device, json!({}))
        };
        let pc: BTreeMap<String, String> = fields(&opened(&with_id(Device::Pc), &channel()).unwrap())
            .into_iter()
            .collect();
        assert_eq!(pc["pay_method"], bits);
        let phone: BTreeMap<String, String> = fields(&opened(&with_id(Device::Mobile), &channel()).unwrap())
            .into_iter()
            .collect();
        assert_eq!(
            (phone["pay_method"].as_str(), phone["ActionResult"].as_str()),
            (word, action)
        );
    }
    let gift = json!({"giftCertificate": {"giftCertificateType": "CULTURELAND"}, "bypass": {"kcp_v2": {"shop_user_id": "u1"}}});
    assert_eq!(
        plain(GiftCertificate, gift.clone()),
        "good_expr=0 van_code=SCCL shop_user_id=u1"
    );
    let phone = request(GiftCertificate, Device::Mobile, gift);
    assert_eq!(
        Kcp.window().unwrap().register(&phone, &channel()).unwrap_err().field,
        "payMethod"
    );
    assert_eq!(refused(Mobile, json!({})), "bypass.kcp_v2.shop_user_id");
}

#[test]
fn a_window_elsewhere_is_not_opened() {
    let window = Kcp.window().unwrap();
    let request = request(MethodKind::Card, Device::Mobile, json!({}));
    let told = |body: Value| {
        window
            .open(&request, &channel(), Some(&answer(200, body.to_string())))
            .map(|o| o.open)
    };
    let url = |url: &str| told(json!({"Code": "0000", "approvalKey": "K", "PayUrl": url}));
    assert!(url("https://smpay.kcp.co.kr/pay/mobileGW.kcp").is_ok());
    for bad in [
        "http://smpay.kcp.co.kr/pay",
        "https://kcp.co.kr.example.com/pay",
        "https://evil.example/pay/.kcp.co.kr",
        "https://evil.example\\.kcp.co.kr/pay",
        "https://user@smpay.kcp.co.kr/pay",
        "https://smpay.kcp.co.kr:8443/pay",
        "https://.kcp.co.kr/",
        "javascript://x.kcp.co.kr/%0aalert(1)",
        "",
    ] {
        assert!(url(bad).is_err(), "{bad}");
    }
    assert!(
        told(json!({"Code": "S032", "Message": "접근권한이 없습니다"}))
            .unwrap_err()
            .message
            .contains("S032")
    );
    assert!(window.open(&request, &channel(), None).is_err());
    let mut local = spec();
    local.endpoints.insert("api".into(), "http://127.0.0.1:9/kcp".into());
    let local = revision(local);
    let body = json!({"Code": "0000", "approvalKey": "K", "PayUrl": "http://127.0.0.1:9/pay/mobileGW.kcp"});
    assert!(
        window
            .open(&request, &local, Some(&answer(200, body.to_string())))
            .is_ok()
    );
    let call = window.register(&request, &local).unwrap().unwrap();
    assert_eq!(call.request.url, "http://127.0.0.1:9/kcp/trade/register.do");
}

#[test]
fn lite_pay_needs_no_script() {
    let channel = channel_with("litePay");
    let window = Kcp.window().unwrap();
    let request = OpenRequest {
        order_id: ORDER_ID.into(),
        ..request(MethodKind::Card, Device::Pc, json!({}))
    };
    let call = window.register(&request, &channel).unwrap().unwrap();
    assert_eq!(call.request.url, "https://stg-spl.kcp.co.kr/std/brpay/treg");
    let vectors: Vec<BTreeMap<String, String>> =
        serde_json::from_str(include_str!("../fixtures/signatures.json")).unwrap();
    let body = members(&call);
    assert_eq!(
        body["kcp_sign_data"], vectors[4]["signature"],
        "site, amount, method, kind, order"
    );
    assert_eq!(body["fail_url"], "https://pay.example.com/checkout/return/token/fail");
    let told = json!({"res_cd": "0000", "pay_url": "https://testspay.kcp.co.kr/lite", "tran_cd": "00100000"});
    let open = window
        .open(&request, &channel, Some(&answer(200, told.to_string())))
        .unwrap()
        .open;
    assert_eq!(
        open,
        Open::Form {
            action: "https://testspay.kcp.co.kr/lite".into(),
            charset: "utf-8".into(),
            fields: vec![("ordr_idxx".into(), ORDER_ID.into())],
            iframe: false
        }
    );
    let wallet = OpenRequest {
        method: MethodKind::EasyPay,
        ..request
    };
    assert!(
        window.register(&wallet, &channel).unwrap().is_none(),
        "wallets need the standard window"
    );
}

#[test]
fn text_is_cut_in_bytes_and_cleaned_of_what_is_forbidden() {
    let named = |name: &str, device| {
        let request = OpenRequest {
            order_name: name.into(),
            ..request(MethodKind::Card, device, json!({}))
        };
        let all: BTreeMap<String, String> = fields(&opened(&request, &channel())?).into_iter().collect();
        Ok::<_, Refusal>(all["good_name"].clone())
    };
    assert_eq!(
        named("a,b&c;d\\e|f'g\"h<i>j\n\0k", Device::Pc).unwrap(),
        "a b c d e f g h i j  k"
    );
    assert_eq!(named("EvAl(1) evevalal", Device::Pc).unwrap(), "(1) ev al");
    assert_eq!(named(&"가".repeat(40), Device::Pc).unwrap(), "가".repeat(33), "UTF-8");
    assert_eq!(
        named(&"가".repeat(60), Device::Mobile).unwrap(),
        "가".repeat(50),
        "CP949"
    );
    assert_eq!(named("똠방각하 😀 티셔츠", Device::Mobile).unwrap(), "똠방각하  티셔츠");
    assert_eq!(named("똠방각하 😀 티셔츠", Device::Pc).unwrap(), "똠방각하 😀 티셔츠");
    assert_eq!(named("<>", Device::Pc).unwrap_err().field, "orderName");
    assert_eq!(named("😀", Device::Mobile).unwrap_err().field, "orderName");
}

#[test]
fn cards() {
    use MethodKind::Card;
    let large = |raw| options(Card, raw, |r| r.amounts = Amounts::new(50_000, 0, None).unwrap());
    let direct = json!({"card": {"cardCompany": "HANA_CARD", "installment": {"monthOption": {"fixedMonth": 3}}}});
    assert_eq!(
        large(direct.clone()).unwrap(),
        "good_expr=0 used_card_YN=Y used_card=CCHN fix_inst=03"
    );
    assert_eq!(refused(Card, direct), "card.installment.monthOption.fixedMonth");
    let some = json!({"card": {"availableCards": ["KOOKMIN_CARD", "BC_CARD"], "installment": {"monthOption": {"availableMonthList": [2, 6]},
        "freeInstallmentPlans": [{"cardCompany": "BC_CARD", "months": [2, 3]}, {"cardCompany": "KOOKMIN_CARD", "months": [6]}]}}});
    assert_eq!(
        large(some.clone()).unwrap(),
        "good_expr=0 used_card_YN=Y used_card=CCKM:CCBC quotaopt=06 kcp_noint=Y kcp_noint_quota=CCBC-02:03,CCKM-06"
    );
    assert!(plain(Card, some).contains(" quotaopt=00 "));
    for (raw, field) in [
        (json!({"card": {"cardCompany": "MOON_CARD"}}), "card.cardCompany"),
        (
            json!({"card": {"availableCards": ["MOON_CARD"]}}),
            "card.availableCards",
        ),
        (
            json!({"card": {"installment": {"freeInstallmentPlans": [{"cardCompany": "BC_CARD", "months": [1]}]}}}),
            "card.installment.freeInstallmentPlans.months",
        ),
        (
            json!({"card": {"installment": {"monthOption": {"availableMonthList": [13]}}}}),
            "card.installment.monthOption.availableMonthList",
        ),
        (json!({"isEscrow": true}), "isEscrow"),
    ] {
        assert_eq!(refused(Card, raw), field);
    }
    let split = options(Card, json!({"locale": "EN_US"}), |r| {
        r.amounts = Amounts::new(1004, 604, None).unwrap()
    });
    assert_eq!(
        split.unwrap(),
        "tax_flag=TG03 comm_tax_mny=364 comm_vat_mny=36 comm_free_mny=604 good_expr=0 eng_flag=Y"
    );
}

#[test]
fn wallets() {
    use MethodKind::EasyPay;
    for (word, field) in [
        ("SAMSUNGPAY", "sspay_direct"),
        ("SSGPAY", "ssgpay_direct"),
        ("LPAY", "lpay_direct"),
        ("PAYCO", "payco_direct"),
        ("KAKAOPAY", "kakaopay_direct"),
        ("NAVERPAY", "naverpay_direct"),
        ("APPLEPAY", "applepay_direct"),
        ("TOSSPAY", "tosspay_direct"),
    ] {
        let raw = json!({"easyPay": {"easyPayProvider": word}});
        assert_eq!(plain(EasyPay, raw), format!("good_expr=0 {field}=Y"));
    }
    assert_eq!(
        plain(EasyPay, json!({})),
        "good_expr=0 naverpay_direct=A kakaopay_direct=A"
    );
    let points = json!({"easyPay": {"easyPayProvider": "NAVERPAY", "availablePayMethods": ["CHARGE"]}});
    assert_eq!(
        plain(EasyPay, points),
        "good_expr=0 naverpay_direct=Y naverpay_point_direct=Y"
    );
    for (raw, field) in [
        (
            json!({"easyPay": {"easyPayProvider": "CHAI"}}),
            "easyPay.easyPayProvider",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "KAKAOPAY", "availablePayMethods": ["CHARGE"]}}),
            "easyPay.availablePayMethods",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "NAVERPAY", "availablePayMethods": ["CHARGE", "CARD"]}}),
            "easyPay.availablePayMethods",
        ),
    ] {
        assert_eq!(refused(EasyPay, raw), field);
    }
}

#[test]
fn orders_and_amounts_that_kcp_would_refuse() {
    let refused = |change: &dyn Fn(&mut OpenRequest)| options(MethodKind::Card, json!({}), change).unwrap_err().field;
    for id in ["", "주문", "a b", &"a".repeat(41)] {
        assert_eq!(refused(&|r| r.order_id = id.to_owned()), "orderId", "{id}");
    }
    for total in [1, 999, 1 << 53] {
        let amounts = Amounts {
            total,
            tax_free: 0,
            vat: 0,
            supply: total,
        };
        assert_eq!(refused(&|r| r.amounts = amounts), "amount.total", "{total}");
    }
    assert_eq!(
        refused(&|r| r.currency = Currency::try_from("USD".to_owned()).unwrap()),
        "currency"
    );
    assert_eq!(
        refused(&|r| r.customer_phone = Some("x".into())),
        "customer.phoneNumber"
    );
    assert_eq!(refused(&|r| r.customer_email = Some("a".repeat(51))), "customer.email");
    let buyer = options(MethodKind::Card, json!({}), |r| {
        r.customer_name = Some("홍길동".into());
        r.customer_phone = Some("+82 10-1234-5678".into());
        r.customer_email = Some("a@b.kr".into());
    });
    assert_eq!(
        buyer.unwrap(),
        "buyr_name=홍길동 buyr_mail=a@b.kr buyr_tel2=01012345678 good_expr=0"
    );
}
