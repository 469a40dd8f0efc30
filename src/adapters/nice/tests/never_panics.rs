//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn decode_all(status: u16, body: &[u8]) -> (bool, bool, bool, bool) {
    let (channel, notifications) = (channel(), Nice.notifications().unwrap());
    let notice = Notice {
        method: "POST".into(),
        query: String::new(),
        headers: Vec::new(),
        body: body.to_vec().into(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let _ = notifications.read(&notice, &channel, None);
    let token = Nice.approve(&approve_command(), &bearer()).unwrap();
    let _ = Nice.approved(&approve_command(), &bearer(), &token, &answer(status, body));
    (
        matches!(approved(status, body), Step::Done(Outcome::Done(_))),
        matches!(cancelled(status, body), Step::Done(Outcome::Done(_))),
        matches!(net_cancelled(status, body), Step::Done(Outcome::Done(_))),
        matches!(inquired(status, body), Step::Done(Outcome::Done(PgView::Held { .. }))),
    )
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "paid",
        "ready",
        "cancelled",
        "partialCancelled",
        "0000",
        "1004",
        "500",
        "null",
        "0",
        ORDER_ID,
        TID,
        EDI_DATE,
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        prop::sample::select(vec![0, 504, 500, 1004]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z]{1,8}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(status in prop_oneof![Just(200u16), any::<u16>()], body in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(decode_all(status, &body), (false, false, false, false));
    }

    #[test]
    fn any_json_value(status in prop_oneof![Just(200u16), any::<u16>()], body in any_json()) {
        prop_assert_eq!(decode_all(status, body.to_string().as_bytes()), (false, false, false, false));
    }

    #[test]
    fn a_payment_with_changed_members(
        base in prop_oneof![Just(payment()), Just(cancelled_payment())],
        changes in prop::collection::vec((0usize..35, any_json()), 1..4),
        again in any::<bool>(),
    ) {
        let mut body = base;
        for (at, value) in changes {
            let members = body.as_object_mut().unwrap();
            let name = members.keys().nth(at % members.len()).unwrap().clone();
            members.insert(name, value);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().trim().to_owned();
        let says = |name: &str, n: i64| body[name].as_f64().or_else(|| text(name).parse().ok()) == Some(n as f64);
        let body = if again && body["tid"].is_string() && body["ediDate"].is_string() { signed(body.clone()) } else { body.clone() };
        let ours = text("orderId") == ORDER_ID && says("amount", 1004) && text("resultCode") == "0000";
        let (paid, cut, net, held) = decode_all(200, body.to_string().as_bytes());
        prop_assert!(!paid || (ours && text("tid") == TID && text("status").eq_ignore_ascii_case("paid")));
        prop_assert!(!cut || (ours && text("tid") == TID && says("balanceAmt", 504)));
        prop_assert!(!net || (ours && text("status").eq_ignore_ascii_case("cancelled")));
        prop_assert!(!held || (ours && text("tid") == TID));
    }

    #[test]
    fn a_payment_with_changed_bytes(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut body = payment().to_string().into_bytes();
        let (at, cut) = (at % body.len(), cut % body.len());
        body[at] = byte;
        let _ = decode_all(200, &body);
        body.truncate(cut);
        prop_assert_eq!(decode_all(200, &body), (false, false, false, false));
    }

    #[test]
    fn any_return(how in 0..3, query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..100)) {
        let back = WindowReturn {
            how: [ReturnMethod::Success, ReturnMethod::Fail, ReturnMethod::Close][how as usize],
            query,
            body: body.into(),
            content_type: None,
        };
        let verdict = Nice.window().unwrap().returned(&back, &approve_command(), None, &channel());
        let authenticated = matches!(verdict, WindowVerdict::Authenticated { .. });
        prop_assert!(!authenticated);
    }

    #[test]
    fn any_window_request(raw in any_json(), name in ".{0,120}", total in any::<i64>(), phone in ".{0,20}") {
        for method in Nice.descriptor().methods {
            let request = OpenRequest {
                amounts: Amounts { total, tax_free: 0, vat: 0, supply: total },
                order_name: name.clone(),
                customer_name: Some(name.clone()),
                customer_phone: Some(phone.clone()),
                raw: raw.clone(),
                ..super::windows::request(*method, json!({}))
            };
            if let Ok(opened) = Nice.window().unwrap().open(&request, &channel(), None) {
                let Open::Script { params, .. } = opened.open else { panic!("a script") };
                prop_assert_eq!(&params["amount"], &json!(total));
                let goods = params["goodsName"].as_str().unwrap();
                prop_assert!(!goods.contains(['"', '|']) && encoding_rs::EUC_KR.encode(goods).0.len() <= 40);
            }
        }
    }
}
