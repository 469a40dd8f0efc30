//! What the window is opened with, and what is refused before it opens.

use super::*;

pub(super) fn request(method: MethodKind, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "테스트 상품".into(),
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

fn fields(request: &OpenRequest) -> Result<Vec<(String, String)>, Refusal> {
    let opened = NiceLegacy.window().unwrap().open(request, &channel(), None)?;
    match opened.open {
        Open::ScriptForm { fields, .. } | Open::Form { fields, .. } => Ok(fields),
        other => panic!("a form: {other:?}"),
    }
}

/// The fields that a request adds to what every window has.
fn options(request: &OpenRequest) -> Vec<(String, String)> {
    fields(request).unwrap().split_off(9)
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn refused(method: MethodKind, raw: Value) -> String {
    fields(&request(method, raw)).unwrap_err().field
}

#[test]
fn a_pc_runs_a_script_on_a_form_and_a_phone_posts_one() {
    let open = |device| {
        let request = OpenRequest {
            device,
            ..request(MethodKind::Card, json!({}))
        };
        NiceLegacy.window().unwrap().open(&request, &channel(), None).unwrap()
    };
    let wanted = pairs(&[
        ("GoodsName", "테스트 상품"),
        ("Amt", "1004"),
        ("MID", MID),
        ("EdiDate", EDI_DATE),
        ("Moid", ORDER_ID),
        (
            "SignData",
            "475979a5628498711052598c6d4a73a17f0e3f0ef45960eed2e1b1776e3146bd",
        ),
        ("PayMethod", "CARD"),
        ("ReturnURL", "https://pay.example.com/checkout/return/token"),
        ("CharSet", "utf-8"),
        ("TransType", "0"),
    ]);
    let pc = open(Device::Pc);
    assert_eq!(pc.keep, Some(json!({"payMethod": "CARD"})));
    assert_eq!(
        pc.open,
        Open::ScriptForm {
            script_url: "https://web.nicepay.co.kr/v3/webstd/js/nicepay-3.0.js".into(),
            call: "goPay".into(),
            charset: "utf-8".into(),
            fields: wanted.clone(),
            action: "https://pay.example.com/checkout/return/token".into(),
        }
    );
    assert_eq!(
        open(Device::Mobile).open,
        Open::Form {
            action: "https://web.nicepay.co.kr/v3/v3Payment.jsp".into(),
            charset: "euc-kr".into(),
            fields: wanted,
            iframe: false,
        }
    );
}

#[test]
fn text_is_cut_in_bytes_and_cleaned_of_what_is_forbidden() {
    let named = |name: &str| {
        let request = OpenRequest {
            order_name: name.into(),
            ..request(MethodKind::Card, json!({}))
        };
        fields(&request).map(|f| f[0].1.clone())
    };
    assert_eq!(
        named("100% [할인] A&B|C$D-E+F=G😀").unwrap(),
        "100   할인  A B C D E F G"
    );
    assert_eq!(named(&"가".repeat(21)).unwrap(), "가".repeat(20));
    assert_eq!(named("😀%").unwrap_err().field, "orderName");
    let buyer = OpenRequest {
        customer_name: Some("가".repeat(20)),
        customer_phone: Some("010-1234-5678".into()),
        customer_email: Some("a@b.kr".into()),
        amounts: Amounts::new(1004, 604, None).unwrap(),
        ..request(MethodKind::Card, json!({"locale": "ZH_CN", "appScheme": "myapp://"}))
    };
    assert_eq!(
        options(&buyer),
        pairs(&[
            ("BuyerName", &"가".repeat(15)),
            ("BuyerTel", "01012345678"),
            ("BuyerEmail", "a@b.kr"),
            ("SupplyAmt", "364"),
            ("GoodsVat", "36"),
            ("ServiceAmt", "0"),
            ("TaxFreeAmt", "604"),
            ("NpLang", "CN"),
            ("WapUrl", "myapp://"),
            ("IspCancelUrl", "myapp://"),
            ("TransType", "0"),
        ])
    );
}

#[test]
fn cards() {
    use MethodKind::Card;
    let large = |raw| OpenRequest {
        amounts: Amounts::new(50_000, 0, None).unwrap(),
        ..request(Card, raw)
    };
    let direct = json!({"card": {"cardCompany": "HANA_CARD", "installment": {"monthOption": {"fixedMonth": 3}}}});
    assert_eq!(
        options(&large(direct)),
        pairs(&[
            ("SelectCardCode", "16"),
            ("DirectShowOpt", "CARD"),
            ("SelectQuota", "03"),
            ("TransType", "0")
        ])
    );
    let list = json!({"isEscrow": true, "card": {"availableCards": ["BC_CARD", "NH_CARD"],
        "installment": {"monthOption": {"availableMonthList": [2, 3]}}}});
    assert_eq!(
        options(&large(list)),
        pairs(&[
            ("SelectCardCode", "01,12"),
            ("SelectQuota", "00,02,03"),
            ("TransType", "1")
        ])
    );
    assert_eq!(
        refused(Card, json!({"card": {"cardCompany": "TOSS_BANK"}})),
        "card.cardCompany"
    );
    assert_eq!(refused(Card, json!({"card": {"cardCompany": "X"}})), "card.cardCompany");
    assert_eq!(
        refused(
            Card,
            json!({"card": {"installment": {"monthOption": {"fixedMonth": 2}}}})
        ),
        "card.installment.monthOption.fixedMonth"
    );
}

#[test]
fn wallets() {
    use MethodKind::EasyPay;
    let wallet = |word: &str| options(&request(EasyPay, json!({"easyPay": {"easyPayProvider": word}})));
    for (word, code) in [("SSGPAY", "E007"), ("LPAY", "E018"), ("SAMSUNGPAY", "E021")] {
        assert_eq!(wallet(word), pairs(&[("TransType", "0"), ("DirectEasyPay", code)]));
    }
    for (word, reserved) in [
        ("KAKAOPAY", "DirectKakao=Y"),
        ("PAYCO", "DirectPayco=Y"),
        ("SKPAY", "DirectPay11=Y"),
    ] {
        assert_eq!(
            wallet(word),
            pairs(&[("TransType", "0"), ("NicepayReserved", reserved)])
        );
    }
    let naver = |how: Value| json!({"easyPay": {"easyPayProvider": "NAVERPAY", "availablePayMethods": how}});
    for (how, wanted) in [
        (json!([]), "E020=CARD"),
        (json!(["CARD"]), "E020=CARD"),
        (json!(["CHARGE"]), "E020=POINT"),
    ] {
        assert_eq!(
            options(&request(EasyPay, naver(how))),
            pairs(&[("TransType", "0"), ("DirectEasyPay", "E020"), ("EasyPayMethod", wanted)])
        );
    }
    assert_eq!(
        refused(EasyPay, naver(json!(["CARD", "CHARGE"]))),
        "easyPay.availablePayMethods"
    );
    let apple = OpenRequest {
        device: Device::Mobile,
        ..request(EasyPay, json!({"easyPay": {"easyPayProvider": "APPLEPAY"}}))
    };
    assert_eq!(options(&apple), pairs(&[("TransType", "0"), ("DirectEasyPay", "E022")]));
    for (raw, field) in [
        (
            json!({"easyPay": {"easyPayProvider": "APPLEPAY"}}),
            "easyPay.easyPayProvider",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "TOSSPAY"}}),
            "easyPay.easyPayProvider",
        ),
        (
            json!({"easyPay": {"easyPayProvider": "SAMSUNGPAY", "availableCards": ["BC_CARD"]}}),
            "easyPay.availableCards",
        ),
        (json!({"isEscrow": true}), "isEscrow"),
    ] {
        assert_eq!(refused(EasyPay, raw), field);
    }
}

#[test]
fn accounts_phones_and_certificates() {
    use MethodKind::{GiftCertificate, Mobile, Transfer, VirtualAccount};
    assert_eq!(options(&request(Transfer, json!({}))), pairs(&[("TransType", "0")]));
    assert_eq!(refused(Transfer, json!({"isEscrow": true})), "customer.email");
    let account = |expiry: Value| json!({"virtualAccount": {"accountExpiry": expiry}});
    assert_eq!(
        options(&request(VirtualAccount, account(json!({"validHours": 24})))),
        pairs(&[("VbankExpDate", "202006231310"), ("TransType", "0")])
    );
    for due in [
        "2020-06-29T23:59:59+09:00",
        "2020-06-29T14:59:59Z",
        "2020-06-29 23:59:59",
    ] {
        assert_eq!(
            options(&request(VirtualAccount, account(json!({"dueDate": due}))))[0],
            ("VbankExpDate".to_owned(), "202006292359".to_owned()),
            "{due}"
        );
    }
    for (expiry, field) in [
        (json!({}), "virtualAccount.accountExpiry.dueDate"),
        (
            json!({"dueDate": "2020-06-22T13:00:00+09:00"}),
            "virtualAccount.accountExpiry.dueDate",
        ),
        (json!({"dueDate": "2020-06-29"}), "virtualAccount.accountExpiry.dueDate"),
        (json!({"validHours": 0}), "virtualAccount.accountExpiry.validHours"),
        (
            json!({"validHours": i64::MAX}),
            "virtualAccount.accountExpiry.validHours",
        ),
    ] {
        assert_eq!(refused(VirtualAccount, account(expiry)), field);
    }
    for (word, class) in [("DIGITAL", "0"), ("PRODUCT_TYPE_REAL", "1")] {
        assert_eq!(
            options(&request(Mobile, json!({"productType": word}))),
            pairs(&[("GoodsCl", class)])
        );
    }
    assert_eq!(refused(Mobile, json!({})), "productType");
    let gift = json!({"giftCertificate": {"giftCertificateType": "CULTURELAND"}});
    assert_eq!(refused(GiftCertificate, gift.clone()), "customer.id");
    let buyer = OpenRequest {
        customer_id: Some("user-1".into()),
        ..request(GiftCertificate, gift)
    };
    assert_eq!(options(&buyer), pairs(&[("MallUserID", "user-1")]));
    assert_eq!(
        refused(GiftCertificate, json!({})),
        "giftCertificate.giftCertificateType"
    );
}

#[test]
fn order_numbers_and_amounts_that_nice_refuses_open_nothing() {
    for id in ["", "with-hyphen", "한글", &"A".repeat(65)] {
        let request = OpenRequest {
            order_id: id.to_owned(),
            ..request(MethodKind::Card, json!({}))
        };
        assert_eq!(fields(&request).unwrap_err().field, "orderId", "{id}");
    }
    for total in [1, 999, 1 << 31, 1 << 53] {
        let request = OpenRequest {
            amounts: Amounts {
                total,
                tax_free: 0,
                vat: 0,
                supply: total,
            },
            ..request(MethodKind::Card, json!({}))
        };
        assert_eq!(fields(&request).unwrap_err().field, "amount.total", "{total}");
    }
}
