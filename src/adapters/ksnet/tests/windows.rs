//! What the browser is told to post, and what is refused before that.

use super::*;

fn request(method: MethodKind, device: Device, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(60_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "당근-10kg `\"'😀".into(),
        method,
        device,
        customer_name: Some("홍길동".into()),
        customer_email: Some("a@b.c".into()),
        customer_phone: Some("010-1234-5678".into()),
        customer_id: None,
        at: 1_751_615_990_000,
        return_url: "https://pay.example/r/token".into(),
        raw,
    }
}

/// Address, frame or page, fields, and what is kept.
type Posted = (String, bool, Vec<(String, String)>, Value);

fn opened(request: &OpenRequest, channel: &ChannelRevision) -> Result<Posted, Refusal> {
    let opened = Ksnet.window().unwrap().open(request, channel, None)?;
    match opened.open {
        Open::Form {
            action, fields, iframe, ..
        } => Ok((action, iframe, fields, opened.keep.unwrap())),
        other => panic!("a form: {other:?}"),
    }
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(own, _)| own == name).map(|(_, v)| v.as_str())
}

fn refused(request: &OpenRequest) -> String {
    opened(request, &channel()).unwrap_err().field
}

#[test]
fn a_card_on_a_pc() {
    let (action, iframe, fields, keep) = opened(&request(MethodKind::Card, Device::Pc, json!({})), &channel()).unwrap();
    assert_eq!(action, "https://kspay.ksnet.to/store/KSPayWebV1.4/KSPayPWeb.jsp");
    assert!(iframe);
    assert_eq!(keep, json!({"mobile": false, "expiresAt": null}));
    let expected = [
        ("sndStoreid", MID),
        ("sndOrdernumber", ORDER_ID),
        ("sndGoodname", "당근-10kg"),
        ("sndAmount", "60000"),
        ("sndOrdername", "홍길동"),
        ("sndEmail", "a@b.c"),
        ("sndMobile", "01012345678"),
        ("sndReply", "https://pay.example/r/token"),
        ("sndCharSet", "utf-8"),
        ("iframeYn", "Y"),
        ("sndGoodType", "1"),
        ("sndShowcard", "C"),
        ("sndCurrencytype", "WON"),
        ("sndEscrow", "0"),
        ("sndPaymethod", "1000000000"),
        ("sndInstallmenttype", "ALL(0:2:3:4:5:6:7:8:9:10:11:12)"),
        ("sndInteresttype", "NONE"),
        ("sndQpayType", "0"),
    ];
    let sent: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(sent, expected);
}

#[test]
fn a_phone_has_its_own_window() {
    let raw = json!({"card": {"installment": {"monthOption": {"availableMonthList": [3, 6]}}}, "appScheme": "shop://"});
    let (action, iframe, fields, keep) = opened(&request(MethodKind::Card, Device::Mobile, raw), &channel()).unwrap();
    assert_eq!(action, "https://kspay.ksnet.to/store/KSPayMobileV1.4/KSPayPWeb.jsp");
    assert!(!iframe);
    assert_eq!(keep["mobile"], true);
    assert_eq!(field(&fields, "sndGoodname"), Some("당근 10kg"), "no hyphens there");
    assert_eq!(field(&fields, "sndInstallmenttype"), Some("0:3:6"));
    assert_eq!(field(&fields, "iframeYn"), None);
    assert_eq!(field(&fields, "sndRtApp"), Some("shop://"));
}

#[test]
fn every_method_has_its_flag() {
    let store = json!({"ceoFullName": "나루", "phoneNumber": "0212345678", "address": "서울"});
    for (method, raw, flag) in [
        (MethodKind::Transfer, json!({}), "0010000000"),
        (MethodKind::Mobile, json!({"productType": "DIGITAL"}), "0000010000"),
        (MethodKind::GiftCertificate, json!({}), "0000001000"),
        (MethodKind::EasyPay, json!({}), "1000000000"),
        (
            MethodKind::EasyPay,
            json!({"easyPay": {"easyPayProvider": "NAVERPAY"}}),
            "0000000000001",
        ),
        (
            MethodKind::EasyPay,
            json!({"easyPay": {"easyPayProvider": "KAKAOPAY", "availablePayMethods": ["CHARGE"]}, "storeDetails": store}),
            "0000000010000",
        ),
    ] {
        let (_, _, fields, _) = opened(&request(method, Device::Pc, raw), &channel()).unwrap();
        assert_eq!(field(&fields, "sndPaymethod"), Some(flag), "{method:?}");
    }
}

#[test]
fn an_account_has_a_deadline() {
    let raw = |due: Value| json!({"virtualAccount": {"accountExpiry": due}});
    let open = |due: Value| opened(&request(MethodKind::VirtualAccount, Device::Pc, raw(due)), &channel());
    let (_, _, fields, keep) = open(json!({"dueDate": "2025-07-10T23:59:59+09:00"})).unwrap();
    assert_eq!(field(&fields, "sndPaymethod"), Some("0100000000"));
    assert_eq!(field(&fields, "sndVirExpDt"), Some("20250710"));
    assert_eq!(field(&fields, "sndVirExpTm"), Some("235959"));
    assert_eq!(keep["expiresAt"], 1_752_159_599_000_i64);
    let (_, _, fields, _) = open(json!({"validHours": 24})).unwrap();
    assert_eq!(field(&fields, "sndVirExpDt"), Some("20250705"));
    assert_eq!(
        open(json!({})).unwrap_err().field,
        "virtualAccount.accountExpiry.dueDate"
    );
    assert_eq!(
        open(json!({"dueDate": "2025-07-01T00:00:00+09:00"})).unwrap_err().field,
        "virtualAccount.accountExpiry.dueDate"
    );
}

#[test]
fn what_ksnet_would_not_take_is_refused_by_name() {
    let card = |change: &dyn Fn(&mut OpenRequest)| {
        let mut request = request(MethodKind::Card, Device::Pc, json!({}));
        change(&mut request);
        refused(&request)
    };
    assert_eq!(card(&|r| r.order_id = "ORD-0001".into()), "orderId");
    assert_eq!(card(&|r| r.order_id = "0".repeat(31)), "orderId");
    assert_eq!(
        card(&|r| r.amounts = Amounts::new(999, 0, None).unwrap()),
        "amount.total"
    );
    assert_eq!(
        card(&|r| r.amounts = Amounts::new(1_000_000_000, 0, None).unwrap()),
        "amount.total"
    );
    assert_eq!(card(&|r| r.customer_name = None), "customer.fullName");
    assert_eq!(card(&|r| r.order_name = "😀`".into()), "orderName");
    assert_eq!(card(&|r| r.customer_phone = Some("1".into())), "customer.phoneNumber");
    assert_eq!(
        card(&|r| r.raw = json!({"card": {"cardCompany": "BC_CARD"}})),
        "card.cardCompany"
    );
    assert_eq!(
        card(&|r| {
            r.raw = json!({"isEscrow": true});
            r.customer_email = None;
        }),
        "customer.email"
    );
    let easy = |raw: Value| refused(&request(MethodKind::EasyPay, Device::Pc, raw));
    assert_eq!(
        easy(json!({"easyPay": {"easyPayProvider": "PAYCO"}})),
        "easyPay.easyPayProvider"
    );
    assert_eq!(
        easy(json!({"easyPay": {"easyPayProvider": "KAKAOPAY"}})),
        "storeDetails.ceoFullName"
    );
    assert_eq!(
        refused(&request(MethodKind::Mobile, Device::Pc, json!({}))),
        "productType"
    );
}

#[test]
fn a_tax_free_part_needs_the_name_that_ksnet_told() {
    let mut request = request(MethodKind::Card, Device::Pc, json!({}));
    request.amounts = Amounts::new(60_000, 10_000, None).unwrap();
    assert_eq!(refused(&request), "taxFreeAmount");
    let named = channel_with(&[("taxFreeField", "sndTaxFree")]);
    let (_, _, fields, _) = opened(&request, &named).unwrap();
    assert_eq!(field(&fields, "sndTaxFree"), Some("10000"));
}
