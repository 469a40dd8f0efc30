//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told};
use serde::Deserialize;

fn cancel_done(mut cancel: CancelDone) -> Value {
    assert!(cancel.raw.take().is_some());
    let mut told = serde_json::to_value(cancel).unwrap();
    told.as_object_mut().unwrap().remove("raw");
    told
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| Ksnet.approve(command, &channel),
        |command, call, answer| told(first(Ksnet.approved(command, &channel, call, answer)), approval),
    );
}

/// Another window's key: what it approved is taken back, after its key was used up.
#[test]
fn an_approval_of_another_order_is_undone() {
    let (command, channel) = (approve_command(), channel());
    let call = Ksnet.approve(&command, &channel).unwrap();
    let text = fetched().replace("`ORD0001`", "`ORD0002`");
    let Step::Send(finish) = Ksnet.approved(&command, &channel, &call, &answer(200, text)) else {
        panic!("the key is used up");
    };
    assert!(String::from_utf8_lossy(&finish.request.body).contains("sndActionType=3"));
    let Step::Send(undo) = Ksnet.approved(&command, &channel, &finish, &answer(500, "")) else {
        panic!("the approval is cancelled");
    };
    assert!(undo.request.url.ends_with("/card/cancel"));
    let body: Value = serde_json::from_slice(&undo.request.body).unwrap();
    assert_eq!(
        (&body["orgTradeKeyType"], &body["orgTradeKey"], &body["cancelType"]),
        (&json!("TID"), &json!("179900000001"), &json!("FULL"))
    );
    let read = |code: &str, resp: &str, payload: &str| {
        let data = json!({"payload": payload, "cancelAmount": "1004", "respCode": resp, "respMessage": ""});
        let body = json!({"code": code, "data": data}).to_string();
        done(Ksnet.approved(&command, &channel, &undo, &answer(200, body)))
    };
    let payload = command.idempotency_key.as_str();
    for (code, resp, payload) in [("A0200", "0000", payload), ("A0201", "P10Q", "")] {
        let Outcome::Declined(failure) = read(code, resp, payload) else {
            panic!("{code} {resp}: gone");
        };
        assert_eq!(failure.code, "NARU_WRONG_ORDER_ID");
    }
    for (code, resp, payload) in [
        ("A0200", "000", payload),
        ("A0200", "0000", "another"),
        ("A0201", "7003", payload),
        ("A0500", "", ""),
    ] {
        assert!(
            matches!(read(code, resp, payload), Outcome::Unknown(_)),
            "{code} {resp}"
        );
    }
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| Ksnet.cancel(command, &channel),
        |command, call, answer| told(done(Ksnet.cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn net_cancel() {
    let (channel, net) = (channel(), Adapter::net_cancel(&Ksnet).unwrap());
    run::<Approve>(
        include_str!("../fixtures/net_cancel.json"),
        |command| net.net_cancel(command, &channel),
        |command, call, answer| told(done(net.net_cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn around_midnight_both_days_are_asked_for() {
    let (channel, net) = (channel(), Adapter::net_cancel(&Ksnet).unwrap());
    // 2025-07-04 23:50 in Korea.
    let command = Approve {
        at: 1_751_640_600_000,
        ..approve_command()
    };
    let absent = json!({"code": "A0201", "data": {"respCode": "7004", "respMessage": "원거래 없음"}}).to_string();
    let first = net.net_cancel(&command, &channel).unwrap();
    assert!(String::from_utf8_lossy(&first.request.body).contains("20250704"));
    let Step::Send(second) = net.net_cancelled(&command, &channel, &first, &answer(200, &absent)) else {
        panic!("the next day is asked for too");
    };
    assert!(String::from_utf8_lossy(&second.request.body).contains("20250705"));
    let last = done(net.net_cancelled(&command, &channel, &second, &answer(200, &absent)));
    assert!(matches!(last, Outcome::Declined(_)), "{last:?}");
}

#[test]
fn key_in() {
    let (channel, instant) = (channel(), Ksnet.instant().unwrap());
    let card = |command: &KeyIn| KeyIn {
        card: Some(CardInput {
            number: "9410001234567890".to_owned().into(),
            expiry_year: "30".to_owned().into(),
            expiry_month: "12".to_owned().into(),
            birth_or_business: Some("900101".to_owned().into()),
            password_two_digits: Some("12".to_owned().into()),
        }),
        ..command.clone()
    };
    run::<KeyIn>(
        include_str!("../fixtures/key_in.json"),
        |command| instant.pay(&card(command), &channel),
        // The command that reads the answer has no card any more, as in the engine.
        |command, call, answer| told(done(instant.paid(command, &channel, call, answer)), approval),
    );
    let mut bare = card(&key_in_command());
    let mut unchecked = bare.card.take().unwrap();
    (unchecked.birth_or_business, unchecked.password_two_digits) = (None, None);
    bare.card = Some(unchecked);
    let call = instant.pay(&bare, &channel).unwrap();
    assert!(call.request.url.ends_with("/card/pay/noncert"));
    let sent = String::from_utf8_lossy(&call.request.body).into_owned();
    assert!(!sent.contains("password2") && !sent.contains("userInfo"));
    let refusal = instant.pay(&key_in_command(), &channel).unwrap_err();
    assert_eq!(refusal.field, "method.card.credential", "never sent twice");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    name: String,
    how: String,
    query: String,
    body: String,
    verdict: Value,
}

#[test]
fn window_returns() {
    let cases: Vec<Return> = serde_json::from_str(include_str!("../fixtures/returns.json")).unwrap();
    let (channel, window) = (channel(), Ksnet.window().unwrap());
    for case in cases {
        let back = WindowReturn {
            how: match case.how.as_str() {
                "success" => ReturnMethod::Success,
                "fail" => ReturnMethod::Fail,
                _ => ReturnMethod::Close,
            },
            query: case.query,
            body: case.body.into_bytes().into(),
            content_type: Some("application/x-www-form-urlencoded".into()),
        };
        let verdict = match window.returned(&back, &approve_command(), Some(&json!({"mobile": false})), &channel) {
            WindowVerdict::Authenticated { token, proof } => {
                assert_eq!(proof, Proof::None, "{}: nothing is signed", case.name);
                json!({"authenticated": token})
            }
            WindowVerdict::Failed(failure) => json!({"failed": failure}),
            WindowVerdict::Tampered(refusal) => json!({"tampered": refusal.field}),
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
    }
}
