//! What the window is opened with, and what is refused before it opens.

use super::*;

pub(super) fn request(method: MethodKind, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(50_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "티셔츠 외 1건".into(),
        method,
        device: Device::Pc,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        at: AT,
        return_url: "https://pay.example.com/checkout/return/token".into(),
        raw,
    }
}

fn open(request: &OpenRequest) -> Result<Value, Refusal> {
    let opened = Nice.window().unwrap().open(request, &channel(), None)?;
    let Open::Script {
        script_url,
        global,
        call,
        params,
        ..
    } = opened.open
    else {
        panic!("a script")
    };
    assert_eq!(
        (script_url.as_str(), global.as_str(), call.as_str()),
        ("https://pay.nicepay.co.kr/v1/js/", "AUTHNICE", "requestPay")
    );
    Ok(params)
}

/// The options that a request adds to what every window has.
fn options(method: MethodKind, raw: Value) -> Value {
    let mut params = open(&request(method, raw)).unwrap();
    for name in [
        "clientId",
        "orderId",
        "amount",
        "goodsName",
        "returnUrl",
        "returnCharSet",
    ] {
        assert!(params.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    params
}

fn refused(method: MethodKind, raw: Value) -> String {
    open(&request(method, raw)).unwrap_err().field
}

#[test]
fn what_every_window_has() {
    let request = OpenRequest {
        amounts: Amounts::new(50_000, 3_000, None).unwrap(),
        customer_name: Some("홍길동😀".into()),
        customer_email: Some("a@b.kr".into()),
        customer_phone: Some("+82 10-1234-5678".into()),
        customer_id: Some("user-1".into()),
        ..request(MethodKind::Card, json!({"locale": "EN_US", "appScheme": "myapp://"}))
    };
    assert_eq!(
        open(&request).unwrap(),
        json!({"clientId": CLIENT_KEY, "orderId": ORDER_ID, "amount": 50000, "goodsName": "티셔츠 외 1건",
            "returnUrl": "https://pay.example.com/checkout/return/token", "returnCharSet": "utf-8", "taxFreeAmt": 3000,
            "buyerName": "홍길동", "buyerTel": "01012345678", "buyerEmail": "a@b.kr", "mallUserId": "user-1",
            "language": "EN", "appScheme": "myapp://", "method": "card"})
    );
}

#[test]
fn the_name_of_what_is_bought_is_cut_to_forty_cp949_bytes() {
    let named = |name: &str| {
        let request = OpenRequest {
            order_name: name.into(),
            ..request(MethodKind::Card, json!({}))
        };
        open(&request).map(|p| p["goodsName"].as_str().unwrap().to_owned())
    };
    assert_eq!(named("\"이름\"|b 😀").unwrap(), "-이름--b");
    assert_eq!(named(&"가".repeat(30)).unwrap(), "가".repeat(20));
    assert_eq!(
        named(&format!("a{}", "가".repeat(30))).unwrap(),
        format!("a{}", "가".repeat(19))
    );
    assert_eq!(named("😀").unwrap_err().field, "orderName");
}

#[test]
fn cards() {
    use MethodKind::Card;
    assert_eq!(options(Card, json!({})), json!({"method": "card"}));
    assert_eq!(
        options(
            Card,
            json!({"card": {"cardCompany": "CARD_COMPANY_HANA_CARD", "installment": {"monthOption": {"fixedMonth": 3}}}})
        ),
        json!({"method": "directCard", "cardCode": "16", "cardQuota": "03"})
    );
    assert_eq!(
        options(Card, json!({"card": {"cardCompany": "WOORI_CARD"}})),
        json!({"method": "directCard", "cardCode": "15", "cardQuota": "00"})
    );
    assert_eq!(
        options(
            Card,
            json!({"isEscrow": true, "card": {"availableCards": ["KOOKMIN_CARD", "SAMSUNG_CARD"],
            "installment": {"monthOption": {"availableMonthList": [0, 3, 2]}}}})
        ),
        json!({"method": "card", "cardCode": "02,04", "cardQuota": "00,02,03", "useEscrow": true})
    );
    let months = |n: i64| json!({"card": {"installment": {"monthOption": {"fixedMonth": n}}}});
    assert_eq!(refused(Card, months(13)), "card.installment.monthOption.fixedMonth");
    let small = OpenRequest {
        amounts: Amounts::new(49_999, 0, None).unwrap(),
        ..request(Card, months(2))
    };
    assert_eq!(
        open(&small).unwrap_err().field,
        "card.installment.monthOption.fixedMonth"
    );
    assert_eq!(
        refused(Card, json!({"card": {"cardCompany": "NOBODY"}})),
        "card.cardCompany"
    );
    assert_eq!(
        refused(Card, json!({"isEscrow": true, "card": {"cardCompany": "BC_CARD"}})),
        "isEscrow"
    );
}

#[test]
fn easy_pay() {
    use MethodKind::EasyPay;
    let wallet = |name: &str| options(EasyPay, json!({"easyPay": {"easyPayProvider": name}}));
    assert_eq!(options(EasyPay, json!({})), json!({"method": "cardAndEasyPay"}));
    for (name, method) in [
        ("NAVERPAY", "naverpayCard"),
        ("EASY_PAY_PROVIDER_KAKAOPAY", "kakaopay"),
        ("SAMSUNGPAY", "samsungpayCard"),
        ("PAYCO", "payco"),
        ("SSGPAY", "ssgpay"),
    ] {
        assert_eq!(wallet(name), json!({"method": method}));
    }
    let kakao = |how: &str| json!({"easyPay": {"easyPayProvider": "KAKAOPAY", "availablePayMethods": [how]}});
    assert_eq!(options(EasyPay, kakao("CARD")), json!({"method": "kakaopayCard"}));
    assert_eq!(options(EasyPay, kakao("CHARGE")), json!({"method": "kakaopayMoney"}));
    let one = json!({"easyPay": {"easyPayProvider": "KAKAOPAY", "availableCards": ["BC_CARD"],
        "installment": {"monthOption": {"fixedMonth": 2}}}});
    assert_eq!(
        options(EasyPay, one),
        json!({"method": "kakaopay", "cardCode": "01", "cardQuota": "02"})
    );
    for (raw, field) in [
        (
            json!({"easyPay": {"easyPayProvider": "APPLEPAY"}}),
            "easyPay.easyPayProvider",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "NAVERPAY", "availablePayMethods": ["CHARGE"]}}),
            "easyPay.availablePayMethods",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "PAYCO", "availableCards": ["BC_CARD", "NH_CARD"]}}),
            "easyPay.availableCards",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "SSGPAY", "installment": {"monthOption": {"fixedMonth": 2}}}}),
            "easyPay.installment",
        ),
        (
            json!({"easyPay": {"availableCards": ["BC_CARD"]}}),
            "easyPay.availableCards",
        ),
        (json!({"isEscrow": true}), "isEscrow"),
    ] {
        assert_eq!(refused(EasyPay, raw), field);
    }
}

#[test]
fn accounts_and_phones() {
    use MethodKind::{GiftCertificate, Mobile, Transfer, VirtualAccount};
    assert_eq!(
        options(Transfer, json!({"isEscrow": true})),
        json!({"method": "bank", "useEscrow": true})
    );
    assert_eq!(
        options(VirtualAccount, json!({})),
        json!({"method": "vbank", "vbankHolder": "나루 상점"})
    );
    let account =
        |expiry: Value| json!({"storeDetails": {"storeName": "가게"}, "virtualAccount": {"accountExpiry": expiry}});
    assert_eq!(
        options(VirtualAccount, account(json!({"validHours": 24}))),
        json!({"method": "vbank", "vbankHolder": "가게", "vbankValidHours": 24})
    );
    // 48 hours and a bit after the window opens.
    assert_eq!(
        options(VirtualAccount, account(json!({"dueDate": "2021-11-07T17:30:00+09:00"})))["vbankValidHours"],
        json!(48)
    );
    for expiry in [
        json!({"dueDate": "2021-11-05T17:30:00+09:00"}),
        json!({"dueDate": "2021-11-07"}),
        json!({"dueDate": "x"}),
    ] {
        assert_eq!(
            refused(VirtualAccount, account(expiry)),
            "virtualAccount.accountExpiry.dueDate"
        );
    }
    assert_eq!(
        refused(VirtualAccount, account(json!({"validHours": 10_000}))),
        "virtualAccount.accountExpiry.validHours"
    );
    assert_eq!(
        options(Mobile, json!({"productType": "PRODUCT_TYPE_DIGITAL"})),
        json!({"method": "cellphone", "isDigital": true})
    );
    assert_eq!(options(Mobile, json!({}))["isDigital"], json!(false));
    assert_eq!(refused(GiftCertificate, json!({})), "payMethod");
}

#[test]
fn looks_are_handed_on_and_money_is_not() {
    let bypass = |members: Value| json!({"bypass": {"nice_v2": members}});
    let looks = options(
        MethodKind::Card,
        bypass(json!({"skinType": "green", "disableScroll": true})),
    );
    assert_eq!(
        looks,
        json!({"method": "card", "skinType": "green", "disableScroll": true})
    );
    assert_eq!(
        refused(MethodKind::Card, bypass(json!({"amount": 1}))),
        "bypass.nice_v2.amount"
    );
    assert_eq!(
        refused(MethodKind::Card, bypass(json!({"skinType": {}}))),
        "bypass.nice_v2.skinType"
    );
    assert_eq!(refused(MethodKind::Card, bypass(json!([]))), "bypass.nice_v2");
}

#[test]
fn amounts_and_currencies_out_of_range_open_nothing() {
    for total in [1, 999, 1 << 31, 1 << 53, i64::MAX] {
        let request = OpenRequest {
            amounts: Amounts {
                total,
                tax_free: 0,
                vat: 0,
                supply: total,
            },
            ..request(MethodKind::Card, json!({}))
        };
        assert_eq!(open(&request).unwrap_err().field, "amount.total", "{total}");
    }
    let dollars = OpenRequest {
        currency: Currency::try_from("USD".to_owned()).unwrap(),
        ..request(MethodKind::Card, json!({}))
    };
    assert_eq!(open(&dollars).unwrap_err().field, "currency");
}
