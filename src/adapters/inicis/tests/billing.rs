//! Billing keys: what is sent to issue and charge one, and what the answers and returns mean.

use super::*;
use crate::payment::{FailureKind, MethodDetail};
use secrecy::ExposeSecret;

const BILL_MID: &str = "INIBillTst";
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

/// The published billing MID and its keys.
fn billing(version: &str) -> ChannelRevision {
    let mut spec = spec();
    spec.mid = BILL_MID.into();
    for (name, key) in [
        ("apiKey", "rKnPljRn5m6J9Mzz"),
        ("apiIv", "W2KLNKra6Wxc1P=="),
        ("liteKey", "b09LVzhuTGZVaEY1WmJoQnZzdXpRdz09"),
        ("apiVersion", version),
    ] {
        spec.credentials.insert(name.to_owned(), SecretString::from(key));
    }
    revision(spec)
}

fn keys() -> &'static dyn BillingKeys {
    Inicis.billing_keys().unwrap()
}

fn charge() -> Charge {
    let mut command: Charge = serde_json::from_value(json!({
        "orderId": ORDER_ID, "customerKey": "c", "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909},
        "currency": "KRW", "orderName": "월 구독", "method": "CARD", "idempotencyKey": "k", "at": AT,
        "installmentMonths": 0, "freeInstallment": false, "useCardPoint": false, "customerName": "홍길동",
        "customerEmail": "a@example.com", "customerPhone": "010-1234-5678",
    }))
    .unwrap();
    command.key = Some(SecretString::from(KEY));
    command
}

fn issue(card: bool) -> IssueKey {
    let secret = |text: &str| SecretString::from(text);
    let mut command: IssueKey = serde_json::from_value(json!({
        "orderId": ORDER_ID, "customerKey": "c", "name": "월 구독", "customerName": "홍길동",
        "customerEmail": "a@example.com", "customerPhone": "010-1234-5678", "customerId": null,
        "idempotencyKey": "k", "at": AT,
    }))
    .unwrap();
    command.card = card.then(|| CardInput {
        number: secret("4111111111111111"),
        expiry_year: secret("30"),
        expiry_month: secret("12"),
        birth_or_business: Some(secret("900101")),
        password_two_digits: Some(secret("12")),
    });
    command
}

fn text(call: &Call) -> String {
    String::from_utf8(call.request.body.to_vec()).unwrap()
}

#[test]
fn a_key_is_charged_by_the_first_version() {
    let call = keys().charge(&charge(), &billing("v1")).unwrap();
    assert_eq!(call.request.url, "https://iniapi.inicis.com/api/v1/billing");
    let body = text(&call);
    assert!(
        body.starts_with("type=Billing&paymethod=Card&timestamp=20260101090000&clientIp=127.0.0.1&mid=INIBillTst&url=")
    );
    assert!(body.contains(&format!(
        "&price=1000&billKey={KEY}&authentification=00&cardQuota=00&quotaInterest=0&currency=WON"
    )));
    assert!(body.ends_with("&hashData=5aed9048378415bd83363b62a855c2923cba11e2902a9212e6503a83e80322265089cced5512bfa97a6f1131e204729918ca199acaed5b205f8606e851f0337f"), "{body}");
}

#[test]
fn a_key_is_charged_by_the_second_version() {
    let channel = billing("v2");
    let call = keys().charge(&charge(), &channel).unwrap();
    assert_eq!(call.request.url, "https://iniapi.inicis.com/v2/pg/billing");
    let body = text(&call);
    let data = format!(
        r#"{{"url":"https://www.inicis.com","moid":"ORDER_20260101_0001","goodName":"월 구독","buyerName":"홍길동","buyerEmail":"a@example.com","buyerTel":"01012345678","price":"1000","billKey":"{KEY}","authentification":"00","cardQuota":"00","quotaInterest":"0"}}"#
    );
    let head = r#"{"mid":"INIBillTst","type":"billing","paymethod":"Card","timestamp":"20260101090000","clientIp":"127.0.0.1","data":"#;
    assert!(body.starts_with(&format!("{head}{data},\"hashData\":\"")), "{body}");
    // The published vector has another shop's address.
    let hash = super::super::sign::credentials(&channel).unwrap().hash_data(&[
        BILL_MID,
        "billing",
        "20260101090000",
        &data.replace("https://www.inicis.com", "https://shop.example"),
    ]);
    assert_eq!(
        hash,
        "1101c24c791757dc6a1e08917e26c8317beea44c0b3c14f48c406d52db161596adcb0b861a17724d864842837718649f7553cfb0cf3d4528fcc9bfe8bb9ab6cc"
    );
}

#[test]
fn what_no_charge_can_be_is_refused() {
    let refused = |command: Charge| keys().charge(&command, &billing("v1")).unwrap_err().field;
    assert_eq!(refused(Charge { key: None, ..charge() }), "billingKey");
    assert_eq!(
        refused(Charge {
            customer_phone: None,
            ..charge()
        }),
        "customer.phoneNumber"
    );
    assert_eq!(
        refused(Charge {
            customer_email: None,
            ..charge()
        }),
        "customer.email"
    );
    assert_eq!(
        refused(Charge {
            installment_months: 3,
            ..charge()
        }),
        "installmentMonth"
    );
    assert_eq!(
        refused(Charge {
            use_card_point: true,
            ..charge()
        }),
        "useCardPoint"
    );
    assert_eq!(
        refused(Charge {
            method: MethodKind::EasyPay,
            ..charge()
        }),
        "method"
    );
}

#[test]
fn answers_to_a_charge() {
    let (command, channel) = (charge(), billing("v1"));
    let call = keys().charge(&command, &channel).unwrap();
    let charged = |told: Value| done(keys().charged(&command, &channel, &call, &answer(200, told.to_string())));
    // As one was logged.
    let told = json!({"tid": "INIAPICARDINIBillTst20260624135620552191", "resultCode": "00",
        "resultMsg": "[신용카드|빌링이 정상적으로 이루어졌습니다.]", "payDate": "20260624", "payTime": "135620",
        "payAuthCode": "30012345", "cardCode": "14", "checkFlg": "0", "payAuthQuota": "00", "prtcCode": "1",
        "price": "1000", "cardName": "신한카드", "cardPoint": "", "usePoint": "", "generalEvent": "",
        "quotainterest": "0", "buyCode": "", "detailCode": "00"});
    let approval = success(charged(told.clone()));
    assert_eq!(approval.pg_tx_id, "INIAPICARDINIBillTst20260624135620552191");
    assert_eq!(approval.keep, Some(json!({"paymethod": "Card"})));
    let mut other = told;
    other["price"] = "999".into();
    assert!(matches!(charged(other), Outcome::Unknown(_)));
    for (message, kind) in [
        ("[1113][실시간빌링실패|요청금액 0원 이하]", FailureKind::BadRequest),
        ("[550997][빌링키 없음]", FailureKind::BillingKeyGone),
        ("[550433][빌링 미계약]", FailureKind::MerchantSetup),
        ("[120049][한도초과]", FailureKind::LimitExceeded),
    ] {
        let told = charged(json!({"resultCode": "01", "resultMsg": message, "payAuthCode": "ERROR"}));
        assert!(
            matches!(&told, Outcome::Declined(f) if f.kind == kind),
            "{message}: {told:?}"
        );
    }
    // Money may have moved.
    for message in ["[500619][주문번호 중복]", "[500055][통신 오류]", "뭔가"] {
        let told = charged(json!({"resultCode": "01", "resultMsg": message}));
        assert!(matches!(told, Outcome::Unknown(_)), "{message}");
    }
}

#[test]
fn a_key_is_issued_by_card() {
    let (channel, by_card) = (billing("v1"), keys().by_card().unwrap());
    let command = issue(true);
    let call = by_card.issue(&command, &channel).unwrap();
    let body = text(&call);
    assert!(body.starts_with("type=Auth&paymethod=Card&"), "{body}");
    assert!(
        body.contains("&cardNumber=SS%2FAEA7onevep2jndK44QkHntiLSDQgZacpkAc96mXE%3D&cardExpire="),
        "{body}"
    );
    assert!(!body.contains("authentification"), "{body}");
    assert!(body.ends_with("&hashData=be2c2f9c0fb0182d8697b2b8ad83187b9929cf079bc4b2941b7968910158cb92afd390975f4756165df8438b1fda47059e4af16c5c6504dede0268c54d962775"), "{body}");
    let issued = |told: Value| done(by_card.issued(&command, &channel, &call, &answer(200, told.to_string())));
    let told = json!({"resultCode": "00", "tid": TID, "billKey": KEY, "cardCode": "14", "cardName": "신한카드",
        "cardNumber": "411111*********1", "checkFlg": "1", "payDate": "20260101", "payTime": "090001"});
    let Outcome::Done(key) = issued(told.clone()) else {
        panic!("not issued")
    };
    assert_eq!((key.key.expose_secret(), key.issued_at), (KEY, Some(AT + 1000)));
    assert!(!key.raw.unwrap().contains(KEY));
    let mut short = told;
    short["billKey"] = "0123".into();
    assert!(matches!(issued(short), Outcome::Unknown(_)));
    // A key that nobody was told of cannot be charged: each refusal is one.
    for code in ["120014", "550788", "500055", "500704"] {
        let told = issued(json!({"resultCode": "01", "resultMsg": format!("[{code}][x]")}));
        assert!(matches!(told, Outcome::Declined(_)), "{code}");
    }
    let mut bare = issue(true);
    bare.card.as_mut().unwrap().password_two_digits = None;
    assert_eq!(
        by_card.issue(&bare, &channel).unwrap_err().field,
        "method.card.credential"
    );
    assert!(by_card.issue(&issue(false), &channel).is_err());
}

fn window(device: Device, raw: Value) -> OpenKeyRequest {
    OpenKeyRequest {
        order_id: ORDER_ID.into(),
        customer_key: "c".into(),
        name: Some("월 구독".into()),
        method: MethodKind::Card,
        display_amount: None,
        device,
        customer_name: Some("홍길동".into()),
        customer_email: Some("a@example.com".into()),
        customer_phone: Some("010-1234-5678".into()),
        customer_id: None,
        at: AT,
        return_url: "https://pay.example.com/checkout/return/t".into(),
        raw,
    }
}

fn opened(request: &OpenKeyRequest) -> Result<(Opened, BTreeMap<String, String>), Refusal> {
    let opened = keys().by_window().unwrap().open(request, &billing("v1"), None)?;
    let fields = match &opened.open {
        Open::ScriptForm { fields, .. } | Open::Form { fields, .. } => fields.iter().cloned().collect(),
        other => panic!("{other:?}"),
    };
    Ok((opened, fields))
}

fn back(how: ReturnMethod, pairs: &[(&str, &str)]) -> WindowReturn {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    WindowReturn {
        how,
        query: String::new(),
        body: form.finish().into(),
        content_type: Some("application/x-www-form-urlencoded".into()),
    }
}

#[test]
fn a_pc_registers_a_card_and_the_approval_names_the_key() {
    let (channel, windows) = (billing("v1"), keys().by_window().unwrap());
    let (open, fields) = opened(&window(Device::Pc, json!({}))).unwrap();
    assert_eq!(fields["acceptmethod"], "centerCd(Y):BILLAUTH(Card)");
    assert_eq!(
        (
            fields["price"].as_str(),
            fields["gopaymethod"].as_str(),
            fields["mid"].as_str()
        ),
        ("1000", "Card", BILL_MID)
    );
    let pairs = [
        ("resultCode", "0000"),
        ("mid", BILL_MID),
        ("orderNumber", ORDER_ID),
        ("authToken", "dG9rZW4rL3NhbXBsZT09"),
        ("idc_name", "ks"),
        ("authUrl", "https://ksstdpay.inicis.com/api/payAuth"),
        ("netCancelUrl", "https://ksstdpay.inicis.com/api/netCancel"),
    ];
    let verdict = |pairs: &[(&str, &str)]| {
        let back = back(ReturnMethod::Success, pairs);
        windows.returned(&back, &issue(false), open.keep.as_ref(), &channel)
    };
    let WindowVerdict::Authenticated { token, .. } = verdict(&pairs) else {
        panic!("not authenticated")
    };
    let command = IssueKey { token, ..issue(false) };
    assert!(windows.brought(&command, &channel).is_none());
    let call = windows.exchange(&command, &channel).unwrap();
    assert_eq!(call.request.url, "https://ksstdpay.inicis.com/api/payAuth");
    assert!(
        text(&call).ends_with("&charset=UTF-8&format=JSON&price=1000"),
        "{}",
        text(&call)
    );
    for (at, value) in [
        (1, "INIpayTest"),
        (2, "OTHER"),
        (3, ""),
        (4, "fc"),
        (5, "https://evil.example/api/payAuth"),
    ] {
        let mut pairs = pairs;
        pairs[at].1 = value;
        assert!(matches!(verdict(&pairs), WindowVerdict::Tampered(_)), "{at}");
    }
    let exchanged = |told: Value| done(windows.exchanged(&command, &channel, &call, &answer(200, told.to_string())));
    let mut told = payment();
    (told["mid"], told["CARD_Billkey"]) = (BILL_MID.into(), KEY.into());
    let Outcome::Done(key) = exchanged(told.clone()) else {
        panic!("not issued")
    };
    assert_eq!(key.key.expose_secret(), KEY);
    assert!(!key.raw.unwrap().contains(KEY));
    for (name, value) in [("mid", MID), ("MOID", "OTHER"), ("CARD_Billkey", "")] {
        let mut told = told.clone();
        told[name] = value.into();
        assert!(matches!(exchanged(told), Outcome::Unknown(_)), "{name}");
    }
    let used = exchanged(json!({"resultCode": "500704", "resultMsg": "기완료"}));
    assert!(
        matches!(&used, Outcome::Declined(f) if f.kind == FailureKind::Expired),
        "{used:?}"
    );
}

#[test]
fn a_phone_registers_a_card_and_brings_the_key() {
    let (channel, windows) = (billing("v1"), keys().by_window().unwrap());
    let offered = json!({"offerPeriod": {"interval": "1y"}});
    let (open, fields) = opened(&window(Device::Mobile, offered)).unwrap();
    let Open::Form { action, charset, .. } = &open.open else {
        panic!()
    };
    assert_eq!(
        (action.as_str(), charset.as_str()),
        ("https://inilite.inicis.com/inibill/inibill_card.jsp", "euc-kr")
    );
    assert_eq!(
        fields["hashdata"],
        "a077f4763f73e94cc0bf3d4594a030c9d6723931cc0c16dc044624d9d44155aa"
    );
    assert_eq!(
        [&fields["authtype"], &fields["period"], &fields["timestamp"]],
        ["D", "Y1", "20260101090000"]
    );
    let range = json!({"offerPeriod": {"range": {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}}});
    assert_eq!(
        opened(&window(Device::Mobile, range)).unwrap().1["period"],
        "2026010120261231"
    );
    for raw in [
        json!({}),
        json!({"offerPeriod": {"interval": "x"}}),
        json!({"offerPeriod": {"range": {"to": "2026-12-31"}}}),
    ] {
        let refusal = opened(&window(Device::Mobile, raw)).unwrap_err();
        assert!(refusal.field.starts_with("offerPeriod"), "{refusal}");
    }

    let pairs = [
        ("resultcode", "00"),
        ("mid", BILL_MID),
        ("orderid", ORDER_ID),
        ("tid", TID),
        ("billkey", KEY),
        ("cardcd", "14"),
        ("cardno", "411111*********1"),
        ("cardkind", "0"),
    ];
    let verdict =
        |how, pairs: &[(&str, &str)]| windows.returned(&back(how, pairs), &issue(false), open.keep.as_ref(), &channel);
    let WindowVerdict::Authenticated { token, .. } = verdict(ReturnMethod::Success, &pairs) else {
        panic!("not brought")
    };
    let command = IssueKey { token, ..issue(false) };
    let key = windows.brought(&command, &channel).unwrap();
    assert_eq!(key.key.expose_secret(), KEY);
    assert!(!key.raw.unwrap().contains(KEY));
    assert!(matches!(key.method, Some(MethodDetail::Card(c)) if c.issuer.as_deref() == Some("SHINHAN_CARD")));
    for (at, value) in [(1, "INIpayTest"), (2, "OTHER"), (4, "0123"), (4, "")] {
        let mut pairs = pairs;
        pairs[at].1 = value;
        assert!(
            matches!(verdict(ReturnMethod::Success, &pairs), WindowVerdict::Tampered(_)),
            "{at}"
        );
    }
    let left = verdict(
        ReturnMethod::Success,
        &[
            ("resultcode", "01"),
            ("resultmsg", "사용자 취소"),
            ("orderid", ORDER_ID),
        ],
    );
    assert!(matches!(left, WindowVerdict::Failed(f) if f.kind == FailureKind::UserCancelled));
    let none = verdict(ReturnMethod::Success, &[]);
    assert!(matches!(none, WindowVerdict::Tampered(_)));
}

/// Whether any reader of keys and charges takes these bytes for a success.
pub(super) fn any_key(status: u16, body: &[u8]) -> bool {
    let (channel, windows) = (billing("v1"), keys().by_window().unwrap());
    for mobile in [false, true] {
        let back = WindowReturn {
            how: ReturnMethod::Success,
            query: String::from_utf8_lossy(body).into_owned(),
            body: body.to_vec().into(),
            content_type: None,
        };
        let keep = json!({"mobile": mobile, "price": 1000});
        if let WindowVerdict::Authenticated { .. } = windows.returned(&back, &issue(false), Some(&keep), &channel) {
            return true;
        }
    }
    let call = keys().charge(&charge(), &channel).unwrap();
    let answer = answer(status, body);
    let by_card = keys().by_card().unwrap();
    matches!(
        done(keys().charged(&charge(), &channel, &call, &answer)),
        Outcome::Done(_)
    ) || matches!(
        done(by_card.issued(&issue(false), &channel, &call, &answer)),
        Outcome::Done(_)
    ) || matches!(
        done(windows.exchanged(&issue(false), &channel, &call, &answer)),
        Outcome::Done(_)
    )
}
