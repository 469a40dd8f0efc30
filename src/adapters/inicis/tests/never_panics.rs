//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn decode_all(status: u16, body: &[u8]) -> [bool; 4] {
    let (channel, notifications) = (channel(), Inicis.notifications().unwrap());
    for keep in [
        None,
        Some(json!({"paymethod": "Vacct", "account": "1", "oid": ORDER_ID, "amount": 1000})),
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
    let phone = approved_by(&phone_command(), status, body);
    assert!(!super::billing::any_key(status, body));
    [
        matches!(approved(status, body), Outcome::Done(_)),
        matches!(phone, Outcome::Done(_)),
        matches!(cancelled(status, body), Outcome::Done(_)),
        matches!(inquired(status, body), Outcome::Done(PgView::Held { .. })),
    ]
}

fn any_text() -> impl Strategy<Value = Value> {
    let words = [
        "0000", "00", "01", "SUCCESS", "1000", "400", "600", TID, MID, ORDER_ID, "APPROVAL", "20260101",
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
        prop_assert_eq!(decode_all(status, &body), [false; 4]);
    }

    #[test]
    fn any_pairs(body in "(P_(TID|MID|OID|AMT|STATUS|X)=(00|1000|INIpayTest|.{0,6})&){0,8}") {
        prop_assert!(!decode_all(200, body.as_bytes())[0]);
    }

    #[test]
    fn changed_members_never_change_order_or_amount(
        changes in prop::collection::vec((0usize..40, any_text()), 1..4),
    ) {
        let mut body = payment();
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        for (index, value) in changes {
            body[&names[index % names.len()]] = value;
        }
        if let Outcome::Done(_) = approved(200, body.to_string()) {
            prop_assert_eq!(body["MOID"].as_str().map(str::trim), Some(ORDER_ID));
            let price = &body["TotPrice"];
            prop_assert!(price == "1000" || price == 1000);
        }
    }

    #[test]
    fn any_inquiry(members in prop::collection::btree_map(
        "(tid|mid|oid|price|resultCode|transactionStatus|partCancelTransInfo|vacctInfo|paymethod)", any_text(), 0..9)) {
        let mut body = inquiry();
        for (name, value) in members {
            body[&name] = value;
        }
        if let Outcome::Done(PgView::Held { balance, .. }) = inquired(200, body.to_string()) {
            prop_assert!((0..=1000).contains(&balance));
        }
    }
}
