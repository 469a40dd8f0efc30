//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn notice(body: Vec<u8>) -> Notice {
    Notice {
        method: "POST".into(),
        query: String::new(),
        headers: Vec::new(),
        body: body.into(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    }
}

/// Runs every decoder over a body; gives the outcome of each that can move money.
fn decode_all(status: u16, body: &[u8]) -> (Outcome<Approval>, Outcome<CancelDone>, Outcome<PgView>) {
    let channel = channel();
    let _ = Toss
        .notifications()
        .unwrap()
        .read(&notice(body.to_vec()), &channel, Some(&json!({"secret": "x"})));
    (
        approved(status, body),
        cancelled(&cancel_command(5_000, 15_000), status, body),
        inquired(status, body),
    )
}

/// A JSON value of any shape, small numbers and our own words among it so that mutations come close to the truth.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("DONE"),
            Just("CANCELED"),
            Just("PARTIAL_CANCELED"),
            Just("15000"),
            Just("15000.0"),
            Just("5000"),
            Just("WAITING_FOR_DEPOSIT"),
            Just(ORDER_ID),
            Just(PAYMENT_KEY),
            Just("2026-01-02T03:04:05"),
        ]
        .prop_map(Value::from),
        prop_oneof![Just(0), Just(5_000), Just(10_000), Just(15_000)].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z]{1,8}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Puts `value` at the `at`-th place of the object, counting members depth first.
fn mutate(target: &mut Value, at: &mut usize, value: &Value) -> bool {
    let children: Vec<&mut Value> = match target {
        Value::Object(members) => members.values_mut().collect(),
        Value::Array(list) => list.iter_mut().collect(),
        _ => return false,
    };
    for child in children {
        if *at == 0 {
            *child = value.clone();
            return true;
        }
        *at -= 1;
        if mutate(child, at, value) {
            return true;
        }
    }
    false
}

/// A number as a lenient reader may take it.
fn says(value: &Value, amount: i64) -> bool {
    match value {
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(|n| n == amount as f64),
        other => other.as_f64().is_some_and(|n| n == amount as f64),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(status in prop_oneof![Just(200u16), any::<u16>()], body in prop::collection::vec(any::<u8>(), 0..400)) {
        let (approval, cancel, view) = decode_all(status, &body);
        prop_assert!(!matches!(approval, Outcome::Done(_)));
        prop_assert!(!matches!(cancel, Outcome::Done(_)));
        let held = matches!(view, Outcome::Done(PgView::Held { .. }));
        prop_assert!(!held);
    }

    #[test]
    fn any_json_value(status in prop_oneof![Just(200u16), Just(400u16), any::<u16>()], body in any_json()) {
        let _ = decode_all(status, body.to_string().as_bytes());
    }

    #[test]
    fn a_payment_with_changed_members(
        base in prop_oneof![Just(payment()), Just(cancelled_payment())],
        changes in prop::collection::vec((0usize..70, any_json()), 1..5),
    ) {
        let mut body = base;
        for (at, value) in changes {
            mutate(&mut body, &mut { at }, &value);
        }
        let ours = body["orderId"] == json!(ORDER_ID) && says(&body["totalAmount"], 15_000) && body["paymentKey"] == json!(PAYMENT_KEY);
        let (approval, cancel, view) = decode_all(200, body.to_string().as_bytes());
        if let Outcome::Done(approval) = approval {
            prop_assert!(ours && (body["status"] == json!("DONE") || body["status"] == json!("WAITING_FOR_DEPOSIT")));
            prop_assert_eq!(approval.pg_tx_id, PAYMENT_KEY);
        }
        if let Outcome::Done(_) = cancel {
            prop_assert!(ours && says(&body["balanceAmount"], 10_000));
            let listed = body["cancels"].as_array().is_some_and(|l| l.iter().any(|c| says(&c["cancelAmount"], 5_000)));
            prop_assert!(listed);
        }
        if let Outcome::Done(PgView::Held { balance, .. }) = view {
            prop_assert!(ours && says(&body["balanceAmount"], balance));
        }
    }

    #[test]
    fn a_payment_with_changed_bytes(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut body = payment().to_string().into_bytes();
        let (at, cut) = (at % body.len(), cut % body.len());
        body[at] = byte;
        let _ = decode_all(200, &body);
        body.truncate(cut);
        let (approval, cancel, view) = decode_all(200, &body);
        prop_assert!(!matches!(approval, Outcome::Done(_)) && !matches!(cancel, Outcome::Done(_)) && !matches!(view, Outcome::Done(_)));
    }

    #[test]
    fn any_return(how in 0..3, query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..100), json in any::<bool>()) {
        let back = WindowReturn {
            how: [ReturnMethod::Success, ReturnMethod::Fail, ReturnMethod::Close][how as usize],
            query,
            body: body.into(),
            content_type: Some(if json { "application/json" } else { "application/x-www-form-urlencoded" }.into()),
        };
        let verdict = Toss.window().unwrap().returned(&back, &approve_command(), None, &channel());
        let authenticated = matches!(verdict, WindowVerdict::Authenticated { .. });
        prop_assert!(!authenticated);
    }

    #[test]
    fn any_window_request(raw in any_json(), name in ".{0,120}", total in any::<i64>(), phone in ".{0,20}") {
        for method in Toss.descriptor().methods {
            let request = OpenRequest {
                amounts: Amounts { total, tax_free: 0, vat: 0, supply: total },
                method: *method,
                order_name: name.clone(),
                customer_phone: Some(phone.clone()),
                raw: raw.clone(),
                ..super::windows::request(*method, json!({}))
            };
            if let Ok(opened) = Toss.window().unwrap().open(&request, &channel(), None) {
                let Open::Script { params, .. } = opened.open else { panic!("a script") };
                prop_assert_eq!(&params["amount"]["value"], &json!(total));
                prop_assert!((100..=999_999_999).contains(&total) || *method != MethodKind::Card);
            }
        }
    }
}
