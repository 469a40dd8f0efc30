//! Whatever bytes come: no decoder panics, and none calls anything a success that names another order or amount.

use super::*;
use proptest::prelude::*;

fn words() -> impl Strategy<Value = String> {
    let words = [
        "O",
        "X",
        "0",
        "1004",
        "000001004",
        " 1004 ",
        "ORD0001",
        "6001",
        "1001",
        "P10H",
        "179900000001",
        "679900000001",
        "",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        "[^`]{0,12}".prop_map(|t| t),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(status in prop_oneof![Just(200u16), any::<u16>()], body in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!matches!(approved(status, &body), Outcome::Done(_)));
        prop_assert!(!matches!(cancelled(status, &body), Outcome::Done(_)));
        let (channel, instant) = (channel(), Ksnet.instant().unwrap());
        let call = Ksnet.cancel(&cancel_command(), &channel).unwrap();
        let paid = done(instant.paid(&key_in_command(), &channel, &call, &answer(status, &body)));
        prop_assert!(!matches!(paid, Outcome::Done(_)));
    }

    #[test]
    fn any_values_between_backticks(values in prop::collection::vec(words(), 0..20)) {
        let body = format!("`{}", values.join("`"));
        if let Outcome::Done(approval) = approved(200, &body) {
            prop_assert_eq!(values[0].trim(), "O");
            prop_assert_eq!(values[8].trim(), ORDER_ID);
            prop_assert_eq!(values[4].trim().parse::<i64>().unwrap(), 1004);
            prop_assert_eq!(values[1].trim(), approval.pg_tx_id.as_str());
            let account = values.get(11).is_some_and(|r| r.trim().starts_with('6'));
            prop_assert!(!account || approval.status == crate::payment::Status::VirtualAccountIssued);
        }
    }

    #[test]
    fn a_good_text_with_changed_bytes(at in 0usize..1_000, byte in any::<u8>(), cut in 0usize..1_000) {
        let good = fetched().into_bytes();
        let mut body = good.clone();
        let at = at % body.len();
        body[at] = byte;
        let _ = approved(200, &body);
        // Up to the order's last byte nothing is a success.
        let order = fetched().find("ORD0001").unwrap() + "ORD0001".len();
        body = good;
        body.truncate(cut % order);
        prop_assert!(!matches!(approved(200, &body), Outcome::Done(_)));
    }

    #[test]
    fn any_return(how in 0..3, query in ".{0,100}", body in prop::collection::vec(any::<u8>(), 0..100)) {
        let back = WindowReturn {
            how: [ReturnMethod::Success, ReturnMethod::Fail, ReturnMethod::Close][how as usize],
            query,
            body: body.into(),
            content_type: None,
        };
        let verdict = Ksnet.window().unwrap().returned(&back, &approve_command(), None, &channel());
        let authenticated = matches!(verdict, WindowVerdict::Authenticated { .. });
        prop_assert!(!authenticated);
    }
}
