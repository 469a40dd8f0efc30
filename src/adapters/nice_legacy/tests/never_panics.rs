//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn decode_all(status: u16, body: &[u8]) -> (bool, bool, bool, bool) {
    let (channel, notifications) = (channel(), NiceLegacy.notifications().unwrap());
    for keep in [
        None,
        Some(json!({"TID": TID, "Moid": ORDER_ID, "VbankNum": "1", "Amt": 1004})),
    ] {
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
        matches!(net_cancelled(status, body), Outcome::Done(_)),
        matches!(inquired(status, body), Outcome::Done(PgView::Held { .. })),
    )
}

fn any_text() -> impl Strategy<Value = Value> {
    let words = [
        "3001",
        "2001",
        "0000",
        "0",
        "1",
        "9",
        "1004",
        "000000001004",
        "500",
        "504",
        TID,
        MID,
        ORDER_ID,
        "200622131104",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".{0,16}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(status in prop_oneof![Just(200u16), any::<u16>()], body in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(decode_all(status, &body), (false, false, false, false));
    }

    #[test]
    fn any_flat_object(members in prop::collection::btree_map("(TID|MID|Moid|Amt|ResultCode|Status|AuthDate|Signature|CancelAmt|RemainAmt|[A-Za-z]{1,8})", any_text(), 0..10)) {
        let body = json!(members).to_string();
        let (paid, cut, net, _) = decode_all(200, body.as_bytes());
        prop_assert!(!paid && !cut && !net);
    }

    #[test]
    fn an_approval_with_changed_members(changes in prop::collection::vec((0usize..30, any_text()), 1..4)) {
        let mut body = payment();
        for (at, value) in changes {
            let members = body.as_object_mut().unwrap();
            let name = members.keys().nth(at % members.len()).unwrap().clone();
            members.insert(name, value);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().trim().to_owned();
        let (paid, ..) = decode_all(200, body.to_string().as_bytes());
        prop_assert!(!paid || (text("TID") == TID && text("MID") == MID && text("Moid") == ORDER_ID && text("ResultCode") == "3001"));
    }

    #[test]
    fn an_approval_with_changed_bytes(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut body = payment().to_string().into_bytes();
        let (at, cut) = (at % body.len(), cut % body.len());
        body[at] = byte;
        let _ = decode_all(200, &body);
        body.truncate(cut);
        prop_assert_eq!(decode_all(200, &body), (false, false, false, false));
    }

    #[test]
    fn any_return(how in 0..3, query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        let back = WindowReturn {
            how: [ReturnMethod::Success, ReturnMethod::Fail, ReturnMethod::Close][how as usize],
            query,
            body: body.into(),
            content_type: None,
        };
        let verdict = NiceLegacy.window().unwrap().returned(&back, &approve_command(), None, &channel());
        let authenticated = matches!(verdict, WindowVerdict::Authenticated { .. });
        prop_assert!(!authenticated);
    }

    #[test]
    fn any_address(url in "(https?://)?[a-z0-9.:@#?/\\\\-]{0,60}(nicepay\\.co\\.kr)?[a-z0-9.:@#?/\\\\-]{0,20}(/webapi/pay_process\\.jsp)?") {
        use crate::adapters::nice_legacy::send::{PAY, is_ours};
        if is_ours(&channel(), &url, PAY) {
            let parsed: http::Uri = url.parse().unwrap();
            prop_assert!(parsed.host().unwrap().ends_with(".nicepay.co.kr") && parsed.port().is_none());
            prop_assert_eq!((parsed.scheme_str(), parsed.path(), parsed.query()), (Some("https"), PAY, None));
        }
    }

    #[test]
    fn any_window_request(name in ".{0,120}", total in any::<i64>(), phone in ".{0,20}", mobile in any::<bool>()) {
        for method in NiceLegacy.descriptor().methods {
            let request = OpenRequest {
                amounts: Amounts { total, tax_free: 0, vat: 0, supply: total },
                order_name: name.clone(),
                customer_name: Some(name.clone()),
                customer_phone: Some(phone.clone()),
                device: if mobile { Device::Mobile } else { Device::Pc },
                ..super::windows::request(*method, json!({}))
            };
            if let Ok(opened) = NiceLegacy.window().unwrap().open(&request, &channel(), None) {
                let (Open::ScriptForm { fields, .. } | Open::Form { fields, .. }) = opened.open else { panic!("a form") };
                for (name, value) in fields {
                    let (bytes, _, missing) = encoding_rs::EUC_KR.encode(&value);
                    prop_assert!(!missing, "{}", name);
                    prop_assert!(name != "GoodsName" || (bytes.len() <= 40 && !value.contains(['%', '&', '|', '$', '-', '+', '=', '[', ']'])));
                }
            }
        }
    }
}
