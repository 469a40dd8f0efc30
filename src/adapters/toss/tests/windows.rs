//! The window's parameters, method by method, and every refusal before it opens.

use super::*;

pub(super) fn request(method: MethodKind, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(60_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "문구 세트".into(),
        method,
        device: Device::Pc,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        at: 1_767_290_705_000,
        return_url: "https://pay.example/checkout/return/t0k3n".into(),
        raw,
    }
}

fn open(request: &OpenRequest) -> Result<Open, Refusal> {
    let window = Toss.window().unwrap();
    assert!(
        window.register(request, &channel()).unwrap().is_none(),
        "Toss registers nothing"
    );
    window.open(request, &channel(), None).map(|opened| opened.open)
}

pub(super) fn params(request: &OpenRequest) -> Value {
    match open(request) {
        Ok(Open::Script { params, .. }) => params,
        other => panic!("{other:?}"),
    }
}

pub(super) fn refused(method: MethodKind, raw: Value) -> Refusal {
    open(&request(method, raw)).expect_err("must be refused")
}

pub(super) fn options(method: MethodKind, member: &str, raw: Value) -> Value {
    params(&request(method, raw))[member].clone()
}

#[test]
fn a_card_window_whole() {
    let asked = OpenRequest {
        customer_name: Some("나루".into()),
        customer_email: Some("a@b.example".into()),
        customer_phone: Some("+82 10-1234-5678".into()),
        customer_id: Some("buyer_1".into()),
        amounts: Amounts::new(60_000, 10_000, None).unwrap(),
        ..request(MethodKind::Card, json!({"currency": "CURRENCY_KRW"}))
    };
    let expected = Open::Script {
        script_url: "https://js.tosspayments.com/v2/standard".into(),
        global: "TossPayments".into(),
        client_key: Some(CLIENT_KEY.into()),
        call: "payment.requestPayment".into(),
        customer_key: Some("buyer_1".into()),
        params: json!({
            "method": "CARD", "amount": {"currency": "KRW", "value": 60000}, "orderId": ORDER_ID,
            "orderName": "문구 세트", "successUrl": "https://pay.example/checkout/return/t0k3n",
            "failUrl": "https://pay.example/checkout/return/t0k3n/fail", "windowTarget": "iframe",
            "taxFreeAmount": 10000, "customerName": "나루", "customerEmail": "a@b.example",
            "customerMobilePhone": "01012345678", "card": {"flowMode": "DEFAULT"}
        }),
    };
    assert_eq!(open(&asked).unwrap(), expected);
}

#[test]
fn the_script_may_come_from_a_test_channels_own_address() {
    let mut spec = spec();
    spec.endpoints
        .insert("script".into(), "http://127.0.0.1:8090/toss/v2/standard".into());
    let opened = Toss
        .window()
        .unwrap()
        .open(&request(MethodKind::Card, json!({})), &revision(spec), None)
        .unwrap();
    assert!(
        matches!(opened.open, Open::Script { script_url, .. } if script_url == "http://127.0.0.1:8090/toss/v2/standard")
    );
}

#[test]
fn the_overlay_on_pc_the_page_on_mobile() {
    let target = |device, raw| {
        let asked = OpenRequest {
            device,
            ..request(MethodKind::Card, raw)
        };
        open(&asked).map(|o| match o {
            Open::Script { params, .. } => params["windowTarget"].as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(target(Device::Pc, json!({})).unwrap(), "iframe");
    assert_eq!(target(Device::Mobile, json!({})).unwrap(), "self");
    assert_eq!(
        target(Device::Pc, json!({"windowType": {"pc": "REDIRECTION"}})).unwrap(),
        "self"
    );
    assert_eq!(
        target(Device::Mobile, json!({"windowType": {"pc": "POPUP"}})).unwrap(),
        "self"
    );
    assert_eq!(
        target(Device::Pc, json!({"windowType": {"pc": "POPUP"}}))
            .unwrap_err()
            .field,
        "windowType.pc"
    );
    assert_eq!(
        target(Device::Mobile, json!({"windowType": {"mobile": "IFRAME"}}))
            .unwrap_err()
            .field,
        "windowType.mobile"
    );
}

#[test]
fn a_buyer_id_that_does_not_fit_makes_a_guest() {
    for (id, key) in [
        (None, "@@ANONYMOUS"),
        (Some("a"), "@@ANONYMOUS"),
        (Some("한글 아이디"), "@@ANONYMOUS"),
        (Some("a-b_c=d.e@f"), "a-b_c=d.e@f"),
    ] {
        let asked = OpenRequest {
            customer_id: id.map(str::to_owned),
            ..request(MethodKind::Card, json!({}))
        };
        let Open::Script { customer_key, .. } = open(&asked).unwrap() else {
            panic!()
        };
        assert_eq!(customer_key.as_deref(), Some(key));
    }
    let long = OpenRequest {
        customer_id: Some("a".repeat(51)),
        ..request(MethodKind::Card, json!({}))
    };
    assert!(matches!(open(&long).unwrap(), Open::Script { customer_key: Some(k), .. } if k == "@@ANONYMOUS"));
}

#[test]
fn card_options_in_both_spellings() {
    let expected = json!({"flowMode": "DIRECT", "cardCompany": "41", "cardInstallmentPlan": 3, "useCardPoint": true,
        "useAppCardOnly": true, "freeInstallmentPlans": [{"company": "41", "months": [3]}],
        "discountCode": "D1", "useInternationalCardOnly": false, "appScheme": "shop://", "language": "EN"});
    for company in ["SHINHAN_CARD", "CARD_COMPANY_SHINHAN_CARD"] {
        let raw = json!({"card": {"cardCompany": company, "installment": {"monthOption": {"fixedMonth": 3}},
            "useFreeInterestFromMall": true, "useCardPoint": true, "useAppCardOnly": true},
            "appScheme": "shop://", "locale": "EN_US",
            "bypass": {"tosspayments": {"discountCode": "D1", "useInternationalCardOnly": false}, "nice_v2": {"x": 1}}});
        assert_eq!(options(MethodKind::Card, "card", raw), expected);
    }
}

#[test]
fn a_bypass_never_overrides_what_the_request_says() {
    let raw = json!({"card": {"cardCompany": "HANA_CARD"},
        "bypass": {"tosspayments": {"flowMode": "DEFAULT", "cardCompany": "11", "extra": [1]}}});
    assert_eq!(
        options(MethodKind::Card, "card", raw),
        json!({"flowMode": "DIRECT", "cardCompany": "21", "extra": [1]})
    );
}

#[test]
fn instalment_options() {
    let card = |card: Value| options(MethodKind::Card, "card", json!({"card": card}));
    let month = |option: Value| card(json!({"installment": {"monthOption": option}}));
    assert_eq!(
        month(json!({"fixedMonth": 0})),
        json!({"flowMode": "DEFAULT", "cardInstallmentPlan": 0})
    );
    assert_eq!(
        month(json!({"fixedMonth": 1})),
        json!({"flowMode": "DEFAULT", "cardInstallmentPlan": 0})
    );
    assert_eq!(
        month(json!({"availableMonthList": [0, 2, 6]})),
        json!({"flowMode": "DEFAULT", "maxCardInstallmentPlan": 6})
    );
    assert_eq!(
        month(json!({"availableMonthList": [0]})),
        json!({"flowMode": "DEFAULT", "cardInstallmentPlan": 0})
    );
    assert_eq!(
        card(json!({"useInstallment": false})),
        json!({"flowMode": "DEFAULT", "cardInstallmentPlan": 0})
    );
    let plans = json!([{"cardCompany": "CARD_COMPANY_HYUNDAI_CARD", "months": [2, 3]}]);
    assert_eq!(
        card(json!({"installment": {"freeInstallmentPlans": plans}, "useFreeInterestFromMall": true})),
        json!({"flowMode": "DEFAULT", "freeInstallmentPlans": [{"company": "61", "months": [2, 3]}]})
    );
    // Hyundai takes instalments from 10,000 KRW, the others from 50,000.
    let small = |company: &str| OpenRequest {
        amounts: Amounts::new(10_000, 0, None).unwrap(),
        ..request(
            MethodKind::Card,
            json!({"card": {"cardCompany": company, "installment": {"monthOption": {"fixedMonth": 2}}}}),
        )
    };
    assert_eq!(params(&small("HYUNDAI_CARD"))["card"]["cardInstallmentPlan"], json!(2));
    assert_eq!(
        open(&small("SAMSUNG_CARD")).unwrap_err().field,
        "card.installment.monthOption.fixedMonth"
    );
}

#[test]
fn card_refusals_name_the_field() {
    for (field, raw) in [
        ("card.cardCompany", json!({"card": {"cardCompany": "NO_SUCH_CARD"}})),
        ("card.cardCompany", json!({"card": {"cardCompany": 41}})),
        (
            "card.availableCards",
            json!({"card": {"availableCards": ["HANA_CARD", "BC_CARD"]}}),
        ),
        ("card.availableCards", json!({"card": {"availableCards": "HANA_CARD"}})),
        (
            "card.useAppCardOnly",
            json!({"card": {"cardCompany": "HANA_CARD", "useAppCardOnly": true}}),
        ),
        ("card.useAppCardOnly", json!({"card": {"useAppCardOnly": "yes"}})),
        ("card.useCardPoint", json!({"card": {"useCardPoint": 1}})),
        (
            "card.useFreeInterestFromMall",
            json!({"card": {"useFreeInterestFromMall": true}}),
        ),
        (
            "card.installment.monthOption.fixedMonth",
            json!({"card": {"installment": {"monthOption": {"fixedMonth": 13}}}}),
        ),
        (
            "card.installment.monthOption.fixedMonth",
            json!({"card": {"installment": {"monthOption": {"fixedMonth": -1}}}}),
        ),
        (
            "card.installment.monthOption.fixedMonth",
            json!({"card": {"installment": {"monthOption": {"fixedMonth": "3"}}}}),
        ),
        (
            "card.installment.monthOption.fixedMonth",
            json!({"card": {"useInstallment": false, "installment": {"monthOption": {"fixedMonth": 3}}}}),
        ),
        (
            "card.installment.monthOption.availableMonthList",
            json!({"card": {"installment": {"monthOption": {"fixedMonth": 3, "availableMonthList": [3]}}}}),
        ),
        (
            "card.installment.monthOption.availableMonthList",
            json!({"card": {"installment": {"monthOption": {"availableMonthList": [24]}}}}),
        ),
        (
            "card.installment.freeInstallmentPlans.months",
            json!({"card": {"installment": {"freeInstallmentPlans": [{"cardCompany": "HANA_CARD", "months": [1]}]}}}),
        ),
        (
            "bypass.tosspayments.discountCode",
            json!({"bypass": {"tosspayments": {"discountCode": "D1"}}}),
        ),
        ("bypass.tosspayments", json!({"bypass": {"tosspayments": "x"}})),
        (
            "products.amount",
            json!({"isEscrow": true, "products": [{"amount": "1"}]}),
        ),
    ] {
        let refusal = refused(MethodKind::Card, raw.clone());
        assert_eq!(refusal.field, field, "{raw}");
        assert!(refusal.message.len() > 10, "says the fix: {refusal}");
    }
}

#[test]
fn easy_pay_hub_and_every_wallet() {
    assert_eq!(
        options(MethodKind::EasyPay, "card", json!({})),
        json!({"flowMode": "DEFAULT"})
    );
    for (portone, toss) in [
        ("TOSSPAY", "TOSSPAY"),
        ("NAVERPAY", "NAVERPAY"),
        ("SAMSUNGPAY", "SAMSUNGPAY"),
        ("APPLEPAY", "APPLEPAY"),
        ("LPAY", "LPAY"),
        ("KAKAOPAY", "KAKAOPAY"),
        ("PINPAY", "PINPAY"),
        ("PAYCO", "PAYCO"),
        ("SSGPAY", "SSG"),
        ("LGPAY", "LGPAY"),
        ("EASY_PAY_PROVIDER_KAKAOPAY", "KAKAOPAY"),
    ] {
        let asked = params(&request(
            MethodKind::EasyPay,
            json!({"easyPay": {"easyPayProvider": portone}}),
        ));
        assert_eq!(asked["method"], json!("CARD"));
        assert_eq!(asked["card"], json!({"flowMode": "DIRECT", "easyPay": toss}));
    }
    let refusal = refused(MethodKind::EasyPay, json!({"easyPay": {"easyPayProvider": "CHAI"}}));
    assert_eq!(refusal.field, "easyPay.easyPayProvider");
    assert!(refusal.message.contains("KAKAOPAY"), "{refusal}");
}

#[test]
fn preflight_names_the_field_and_the_fix() {
    type Change = fn(&mut OpenRequest);
    let cases: [(&str, &str, Change); 10] = [
        ("amount.total", "100", |r| {
            r.amounts = Amounts::new(99, 0, None).unwrap()
        }),
        ("amount.total", "200", |r| {
            r.method = MethodKind::Transfer;
            r.amounts = Amounts::new(199, 0, None).unwrap();
        }),
        ("amount.total", "10000000", |r| {
            r.method = MethodKind::Transfer;
            r.amounts = Amounts::new(10_000_001, 0, None).unwrap();
        }),
        ("amount.total", "999999999", |r| {
            r.amounts = Amounts::new(1_000_000_000, 0, None).unwrap()
        }),
        ("orderName", "100", |r| r.order_name = "가".repeat(101)),
        ("orderName", "empty", |r| r.order_name = "\u{7}\n".into()),
        ("customer.phoneNumber", "8 to 15 digits", |r| {
            r.customer_phone = Some("010-12".into())
        }),
        ("customer.email", "100", |r| {
            r.customer_email = Some(format!("{}@b.example", "a".repeat(100)))
        }),
        ("currency", "KRW", |r| {
            r.currency = Currency::try_from("USD".to_owned()).unwrap()
        }),
        ("orderId", "6 to 64", |r| r.order_id = "한글주문번호".into()),
    ];
    for (field, fix, change) in cases {
        let mut asked = request(MethodKind::Card, json!({}));
        change(&mut asked);
        let refusal = open(&asked).expect_err(field);
        assert_eq!(refusal.field, field);
        assert!(refusal.message.contains(fix), "{refusal}");
    }
}

#[test]
fn texts_are_cleaned_not_broken() {
    let asked = OpenRequest {
        order_name: format!("연필\u{0} \"'<&>😀{}", "가".repeat(88)),
        customer_name: Some("나".repeat(150)),
        ..request(MethodKind::Card, json!({}))
    };
    let params = params(&asked);
    assert!(params["orderName"].as_str().unwrap().starts_with("연필 \"'<&>😀"));
    assert_eq!(params["customerName"].as_str().unwrap().chars().count(), 100);
}
