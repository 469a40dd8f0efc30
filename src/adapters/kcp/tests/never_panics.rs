//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn decode_all(status: u16, body: &[u8]) -> (bool, bool, bool) {
    let (channel, notifications) = (channel(), Kcp.notifications().unwrap());
    for keep in [None, Some(super::fixtures::kept()), Some(json!({"tno": 1}))] {
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: Vec::new(),
            body: body.to_vec().into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let _ = notifications.read(&notice, &channel, keep.as_ref());
    }
    (
        matches!(approved(status, body), Outcome::Done(_)),
        matches!(cancelled(status, body), Outcome::Done(_)),
        matches!(inquired(status, body), Outcome::Done(PgView::Held { .. })),
    )
}

fn any_text() -> impl Strategy<Value = Value> {
    let words = [
        "0000",
        "V000",
        "PACA",
        "PAVC",
        "STSR",
        "0",
        "1004",
        "1005",
        "3000",
        "7000",
        TNO,
        SITE,
        ORDER_ID,
        "20250101120000",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".{0,16}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes(status in prop_oneof![Just(200u16), any::<u16>()], body in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(decode_all(status, &body), (false, false, false));
    }

    #[test]
    fn answers_with_changed_members(changes in prop::collection::vec((0usize..40, any_text()), 1..4), which in 0usize..3) {
        let mut body = [payment(), cancellation(), inquiry()][which].clone();
        for (at, value) in changes {
            let members = body.as_object_mut().unwrap();
            let name = members.keys().nth(at % members.len()).unwrap().clone();
            members.insert(name, value);
        }
        let text = |name: &str| match &body[name] {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let ours = ["", ORDER_ID];
        let (paid, cut, held) = decode_all(200, body.to_string().as_bytes());
        let order = body["order_no"].as_str().map(str::trim).unwrap_or_default();
        let same_order = ours.contains(&order) || !body["order_no"].is_string();
        prop_assert!(!paid || (same_order && text("amount") == "1004" && ["0000", "V000"].contains(&text("res_cd").as_str())));
        prop_assert!(!cut || (text("tno") == TNO && text("mod_mny") == "3000" && text("rem_mny") == "7000"));
        prop_assert!(!held || (text("tno") == TNO && text("amount") == "1004" && same_order));
    }

    #[test]
    fn answers_with_changed_bytes(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut body = payment().to_string().into_bytes();
        let (at, cut) = (at % body.len(), cut % body.len());
        body[at] = byte;
        let _ = decode_all(200, &body);
        body.truncate(cut);
        prop_assert_eq!(decode_all(200, &body), (false, false, false));
    }

    #[test]
    fn any_return(how in 0..3, query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        let back = WindowReturn {
            how: [ReturnMethod::Success, ReturnMethod::Fail, ReturnMethod::Close][how as usize],
            query,
            body: body.into(),
            content_type: None,
        };
        let verdict = Kcp.window().unwrap().returned(&back, &approve_command(), None, &channel());
        let authenticated = matches!(verdict, WindowVerdict::Authenticated { .. });
        prop_assert!(!authenticated);
    }

    #[test]
    fn any_address(url in "(https?://)?[a-z0-9.:@#?/\\\\-]{0,40}(\\.kcp\\.co\\.kr)?[a-z0-9.:@#?/\\\\-]{0,20}") {
        use crate::adapters::kcp::send::is_kcp;
        if is_kcp(&channel(), &url) {
            let parsed: http::Uri = url.split('#').next().unwrap().parse().unwrap();
            prop_assert!(parsed.host().unwrap().ends_with(".kcp.co.kr") && parsed.port().is_none());
            prop_assert_eq!(parsed.scheme_str(), Some("https"));
        }
    }

    #[test]
    fn any_window_request(name in ".{0,120}", total in any::<i64>(), phone in ".{0,20}", mobile in any::<bool>()) {
        let registered = super::windows::registered();
        for method in Kcp.descriptor().methods {
            let device = if mobile { Device::Mobile } else { Device::Pc };
            let request = OpenRequest {
                amounts: Amounts { total, tax_free: 0, vat: 0, supply: total },
                order_name: name.clone(),
                customer_name: Some(name.clone()),
                customer_phone: Some(phone.clone()),
                ..super::windows::request(*method, device, json!({}))
            };
            if let Ok(opened) = Kcp.window().unwrap().open(&request, &channel(), Some(&registered)) {
                let (Open::ScriptForm { fields, .. } | Open::Form { fields, .. }) = opened.open else { panic!("a form") };
                for (name, value) in fields {
                    let (bytes, _, missing) = encoding_rs::EUC_KR.encode(&value);
                    prop_assert!(!mobile || !missing, "{}", name);
                    let length = if mobile { bytes.len() } else { value.len() };
                    let clean = !value.contains([',', '&', ';', '\\', '|', '\'', '"', '<', '>']);
                    prop_assert!(name != "good_name" || (length <= 100 && clean && !value.to_lowercase().contains("eval")));
                }
            }
        }
    }
}
