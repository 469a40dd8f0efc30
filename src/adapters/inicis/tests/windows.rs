//! What the browser is told to do, what comes back, and what notices mean.

use super::*;
use crate::payment::{FailureKind, Millis};

fn request(method: MethodKind, device: Device, raw: Value) -> OpenRequest {
    OpenRequest {
        order_id: ORDER_ID.into(),
        amounts: Amounts {
            total: 1000,
            tax_free: 0,
            vat: 91,
            supply: 909,
        },
        currency: Currency::KRW,
        order_name: "테스트 상품 & \"따옴표\" 😀".into(),
        method,
        device,
        customer_name: Some("홍길동".into()),
        customer_email: Some("buyer@example.com".into()),
        customer_phone: Some("010-1234-5678".into()),
        customer_id: None,
        at: AT as Millis,
        return_url: "https://pay.example.com/checkout/return/t".into(),
        raw,
    }
}

fn open(request: &OpenRequest) -> Result<(Open, BTreeMap<String, String>), Refusal> {
    let opened = Inicis.window().unwrap().open(request, &channel(), None)?;
    let fields = match &opened.open {
        Open::ScriptForm { fields, .. } | Open::Form { fields, .. } => fields.iter().cloned().collect(),
        other => panic!("{other:?}"),
    };
    Ok((opened.open, fields))
}

#[test]
fn the_pc_window_is_signed_and_stays_on_one_host() {
    let (open, fields) = open(&request(MethodKind::Card, Device::Pc, json!({}))).unwrap();
    let Open::ScriptForm { script_url, call, .. } = open else {
        panic!()
    };
    assert_eq!(
        (script_url.as_str(), call.as_str()),
        ("https://stdpay.inicis.com/stdjs/INIStdPay.js", "INIStdPay.pay")
    );
    assert_eq!(
        fields["verification"],
        "0dbc5138193c38925a79241b037750d380015da5dda9a5eb79d5785b21c0e395"
    );
    assert_eq!(
        fields["signature"],
        "af2097a19cd42c88082662e3ab026746f38ea213cbbd9a49cfdb3a53ba618560"
    );
    assert_eq!(fields["use_chkfake"], "Y");
    assert_eq!(fields["closeUrl"], format!("{}/close", fields["returnUrl"]));
    assert_eq!(fields["goodname"], "테스트 상품   따옴표");
    assert_eq!(
        (fields["currency"].as_str(), fields["acceptmethod"].as_str()),
        ("WON", "centerCd(Y)")
    );
    let bare = OpenRequest {
        customer_email: None,
        ..request(MethodKind::Card, Device::Pc, json!({}))
    };
    assert_eq!(super::windows::open(&bare).unwrap_err().field, "customer.email");
}

#[test]
fn the_phone_window_keeps_the_approval_with_us() {
    let (open, fields) = open(&request(MethodKind::Card, Device::Mobile, json!({}))).unwrap();
    let Open::Form { action, charset, .. } = open else {
        panic!()
    };
    assert_eq!(
        (action.as_str(), charset.as_str()),
        ("https://mobile.inicis.com/smart/payment/", "euc-kr")
    );
    assert_eq!(
        fields["P_RESERVED"],
        "centerCd=Y&amt_hash=Y&twotrs_isp=Y&block_isp=Y&twotrs_isp_noti=N&apprun_check=Y"
    );
    assert_eq!(
        fields["P_CHKFAKE"],
        "MFm+GLB3tS29X7PqRdPlS3X5V2ylU8Hpilmhtb41qocrlizMZOs3/AkHG0aFFINqccjJkXErObe3FBh6qGl0Dg=="
    );
    assert_eq!(fields["P_NOTI"], ORDER_ID);
    assert!(!fields.contains_key("P_NOTI_URL"));
}

#[test]
fn methods_have_their_words() {
    for (method, raw, pc, phone) in [
        (
            MethodKind::EasyPay,
            json!({"easyPay": {"easyPayProvider": "EASY_PAY_PROVIDER_NAVERPAY"}}),
            "onlynaverpay",
            "CARD",
        ),
        (MethodKind::EasyPay, json!({}), "Card", "CARD"),
        (MethodKind::Transfer, json!({}), "DirectBank", "BANK"),
        (
            MethodKind::VirtualAccount,
            json!({"virtualAccount": {"accountExpiry": {"validHours": 1}}}),
            "VBank",
            "VBANK",
        ),
        (MethodKind::Mobile, json!({"productType": "REAL"}), "HPP", "MOBILE"),
        (
            MethodKind::GiftCertificate,
            json!({"giftCertificate": {"giftCertificateType": "CULTURELAND"}}),
            "Culture",
            "CULTURE",
        ),
    ] {
        assert_eq!(
            open(&request(method, Device::Pc, raw.clone())).unwrap().1["gopaymethod"],
            pc
        );
        let fields = open(&request(method, Device::Mobile, raw)).unwrap().1;
        assert_eq!(fields["P_INI_PAYMENT"], phone);
        if method == MethodKind::VirtualAccount {
            assert_eq!(
                fields["P_NOTI_URL"],
                "https://pay.example.com/notify/inicis/channel-inicis"
            );
            assert_eq!(
                (fields["P_VBANK_DT"].as_str(), fields["P_VBANK_TM"].as_str()),
                ("20260101", "1000")
            );
        }
    }
    for raw in [json!({"isEscrow": true}), json!({"card": {"cardCompany": "BC_CARD"}})] {
        open(&request(MethodKind::Card, Device::Pc, raw)).unwrap_err();
    }
    open(&request(MethodKind::Mobile, Device::Pc, json!({}))).unwrap_err();
}

fn back(mobile: bool, how: ReturnMethod, fields: &[(&str, &str)]) -> WindowVerdict {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let back = WindowReturn {
        how,
        query: String::new(),
        body: form.finish().into(),
        content_type: None,
    };
    let keep = json!({"mobile": mobile});
    Inicis
        .window()
        .unwrap()
        .returned(&back, &approve_command(), Some(&keep), &channel())
}

const PC: [(&str, &str); 8] = [
    ("resultCode", "0000"),
    ("mid", MID),
    ("orderNumber", ORDER_ID),
    ("authToken", "dG9rZW4rL3NhbXBsZT09"),
    ("authUrl", "https://ksstdpay.inicis.com/api/payAuth"),
    ("netCancelUrl", "https://ksstdpay.inicis.com/api/netCancel"),
    ("idc_name", "ks"),
    ("charset", "UTF-8"),
];

const MOBILE: [(&str, &str); 6] = [
    ("P_STATUS", "00"),
    ("P_TID", "INIMX_AUTHINIpayTest20260101090000123456"),
    ("P_AMT", "1000"),
    ("P_REQ_URL", "https://fcmobile.inicis.com/smart/payReq.ini"),
    ("P_NOTI", ORDER_ID),
    ("idc_name", "fc"),
];

#[test]
fn a_return_whose_address_is_elsewhere_is_tampering() {
    for (mobile, whole) in [(false, &PC[..]), (true, &MOBILE)] {
        let WindowVerdict::Authenticated { token, .. } = back(mobile, ReturnMethod::Success, whole) else {
            panic!()
        };
        assert_eq!(token["mobile"], mobile);
        let changes = [
            ("mid", "INIBillTst"),
            ("orderNumber", "other"),
            ("authUrl", "https://evil.example/api/payAuth"),
            ("authUrl", "https://fcstdpay.inicis.com/api/payAuth"),
            ("netCancelUrl", "https://evil.example/api/netCancel"),
            ("idc_name", "xx"),
            ("idc_name", ""),
            ("authToken", ""),
            ("P_AMT", "1"),
            ("P_NOTI", "other"),
            ("P_TID", "../x"),
            ("P_REQ_URL", "https://evil.example/smart/payReq.ini"),
        ];
        for (name, value) in changes
            .into_iter()
            .filter(|(name, _)| whole.iter().any(|f| f.0 == *name))
        {
            let mut fields = whole.to_vec();
            fields.iter_mut().filter(|f| f.0 == name).for_each(|f| f.1 = value);
            let verdict = back(mobile, ReturnMethod::Success, &fields);
            assert!(
                matches!(verdict, WindowVerdict::Tampered(_)),
                "{name}={value}: {verdict:?}"
            );
            let mut fields = whole.to_vec();
            fields.push((name, if value.is_empty() { "z" } else { value }));
            let verdict = back(mobile, ReturnMethod::Success, &fields);
            assert!(
                matches!(verdict, WindowVerdict::Tampered(_)),
                "{name} twice: {verdict:?}"
            );
        }
    }
    let mut command = approve_command();
    command.token["base"] = json!("https://evil.example");
    assert_eq!(Inicis.approve(&command, &channel()).unwrap_err().field, "authUrl");
}

#[test]
fn an_override_names_the_data_centre_in_its_last_part_or_nowhere() {
    let mut channel = channel();
    let endpoints = &mut channel.spec.endpoints;
    endpoints.insert("stdpay".into(), "http://127.0.0.1:9/inicis/stdpay".into());
    for (url, fits) in [
        ("http://127.0.0.1:9/inicis/ksstdpay/api/payAuth", true),
        ("http://127.0.0.1:9/inicis/stdpay/api/payAuth", true),
        ("http://127.0.0.1:9/inicis/fcstdpay/api/payAuth", false),
        ("http://127.0.0.1:9/inicis/api/payAuth", false),
        ("https://ksstdpay.inicis.com/api/payAuth", false),
    ] {
        let fields = PC.map(|(name, value)| match name {
            "authUrl" => (name, url.to_owned()),
            "netCancelUrl" => (name, url.replace("payAuth", "netCancel")),
            _ => (name, value.to_owned()),
        });
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let back = WindowReturn {
            how: ReturnMethod::Success,
            query: String::new(),
            body: form.finish().into(),
            content_type: None,
        };
        let keep = json!({"mobile": false});
        let window = Inicis.window().unwrap();
        let verdict = window.returned(&back, &approve_command(), Some(&keep), &channel);
        assert_eq!(
            matches!(verdict, WindowVerdict::Authenticated { .. }),
            fits,
            "{url}: {verdict:?}"
        );
    }
}

#[test]
fn parts_go_with_every_amount_where_the_contract_wants_them() {
    for (word, fits) in [(None, false), (Some("no"), false), (Some("yes"), true)] {
        let mut spec = spec();
        if let Some(word) = word {
            spec.credentials.insert("amountParts".into(), word.into());
        }
        let channel = revision(spec);
        for (device, name) in [(Device::Pc, "taxfree"), (Device::Mobile, "P_TAXFREE")] {
            let request = request(MethodKind::Card, device, json!({}));
            let opened = Inicis.window().unwrap().open(&request, &channel, None).unwrap();
            let (Open::ScriptForm { fields, .. } | Open::Form { fields, .. }) = opened.open else {
                panic!()
            };
            assert_eq!(fields.contains(&(name.to_owned(), "0".to_owned())), fits, "{word:?}");
        }
    }
}

#[test]
fn a_failed_return_has_no_addresses_and_that_is_normal() {
    for (mobile, how, fields, kind) in [
        (
            false,
            ReturnMethod::Success,
            vec![("resultCode", "0021"), ("resultMsg", "x")],
            FailureKind::UserCancelled,
        ),
        (
            true,
            ReturnMethod::Success,
            vec![
                ("P_STATUS", "01"),
                ("P_RMESG1", "결제를 취소하셨습니다"),
                ("P_REQ_URL", ""),
            ],
            FailureKind::UserCancelled,
        ),
        (
            false,
            ReturnMethod::Success,
            vec![("resultCode", "V023")],
            FailureKind::MerchantSetup,
        ),
        (false, ReturnMethod::Close, vec![], FailureKind::UserCancelled),
        (
            false,
            ReturnMethod::Fail,
            vec![("code", "x"), ("message", "y")],
            FailureKind::AuthenticationFailed,
        ),
    ] {
        let verdict = back(mobile, how, &fields);
        assert!(
            matches!(&verdict, WindowVerdict::Failed(f) if f.kind == kind),
            "{verdict:?}"
        );
    }
}

fn notice(body: &str, keep: Option<&Value>) -> NoticeVerdict {
    let notice = Notice {
        method: "POST".into(),
        query: String::new(),
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    Inicis.notifications().unwrap().read(&notice, &channel(), keep)
}

#[test]
fn deposits_are_compared_and_asked_about() {
    const OLD: &str = "no_tid=ININPGVBNKINIpayTest20260101213434623119&no_oid=ORDER_20260101_0001&id_merchant=INIpayTest\
&type_msg=0200&no_vacct=56211103849740&amt_input=1000&nm_input=%25C8%25AB%25B1%25E6%25B5%25BF&no_cshr_tid=x&nm_inputbank=+";
    let new = format!("{OLD}&len=0623&no_req_tid={ACCOUNT_TID}");
    let phone = format!(
        "P_TID={ACCOUNT_TID}&P_MID=INIpayTest&P_STATUS=02&P_TYPE=VBANK&P_OID={ORDER_ID}&P_AMT=1000&P_AUTH_DT=260101213434\
&P_RMESG1=P_VACCT_NO%3D56211103849740P_EXP_DT%3D20260111"
    );
    let keep = json!({"paymethod": "Vacct", "account": "56211103849740", "oid": ORDER_ID, "amount": 1000});
    for (body, tid) in [(OLD, None), (&new, Some(ACCOUNT_TID)), (&phone, Some(ACCOUNT_TID))] {
        for keep in [None, Some(&keep)] {
            let NoticeVerdict::Ask { order_id, pg_tx_id, .. } = notice(body, keep) else {
                panic!("{body}")
            };
            assert_eq!((order_id.as_deref(), pg_tx_id.as_deref()), (Some(ORDER_ID), tid));
        }
        for (from, to) in [
            ("1000", "999"),
            ("56211103849740", "56211103849741"),
            ("INIpayTest&", "INIBillTst&"),
        ] {
            let forged = body.replace(from, to);
            assert!(
                matches!(notice(&forged, Some(&keep)), NoticeVerdict::Refuse { status: 403, .. }),
                "{forged}"
            );
        }
    }
    assert_eq!(
        notice(&phone.replace("STATUS=02", "STATUS=00"), None),
        NoticeVerdict::Ignore
    );
    assert!(matches!(notice("x=1", None), NoticeVerdict::Refuse { status: 400, .. }));
}

#[test]
fn a_notice_is_answered_ok_and_nothing_else() {
    let empty = Notice {
        method: "POST".into(),
        query: String::new(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let answer = Inicis.notifications().unwrap().acknowledge(&empty, true);
    assert_eq!((answer.status, &answer.body[..]), (200, &b"OK"[..]));
}
