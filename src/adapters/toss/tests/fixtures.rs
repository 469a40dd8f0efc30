//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told, view};
use crate::payment::FailureKind;
use serde::Deserialize;

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| Toss.approve(command, &channel),
        |command, call, answer| told(done(Toss.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn key_in() {
    let channel = channel();
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
    let instant = Toss.instant().unwrap();
    run::<KeyIn>(
        include_str!("../fixtures/key_in.json"),
        |command| instant.pay(&card(command), &channel),
        // The command that reads the answer has no card any more, as in the engine.
        |command, call, answer| told(done(instant.paid(command, &channel, call, answer)), approval),
    );
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| Toss.cancel(command, &channel),
        |command, call, answer| {
            told(done(Toss.cancelled(command, &channel, call, answer)), |mut cancel| {
                assert!(cancel.raw.take().is_some());
                serde_json::to_value(cancel).unwrap()
            })
        },
    );
}

#[test]
fn inquire() {
    let channel = channel();
    run::<Inquire>(
        include_str!("../fixtures/inquire.json"),
        |command| Toss.inquire(command, &channel),
        |command, call, answer| told(done(Toss.inquired(command, &channel, call, answer)), view),
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    name: String,
    how: String,
    query: String,
    verdict: Value,
}

#[test]
fn window_returns() {
    let cases: Vec<Return> = serde_json::from_str(include_str!("../fixtures/returns.json")).unwrap();
    let channel = channel();
    for case in cases {
        let back = WindowReturn {
            how: match case.how.as_str() {
                "success" => ReturnMethod::Success,
                "fail" => ReturnMethod::Fail,
                _ => ReturnMethod::Close,
            },
            query: case.query,
            body: bytes::Bytes::new(),
            content_type: None,
        };
        let verdict = match Toss
            .window()
            .unwrap()
            .returned(&back, &approve_command(), None, &channel)
        {
            WindowVerdict::Authenticated { token, proof } => {
                assert_eq!(proof, Proof::None, "{}: Toss signs nothing", case.name);
                json!({"authenticated": token})
            }
            WindowVerdict::Failed(failure) => json!({"failed": failure}),
            WindowVerdict::Tampered(refusal) => json!({"tampered": refusal.field}),
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noticed {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    keep: Option<Value>,
    body: Value,
    verdict: Value,
}

#[test]
fn notices() {
    let cases: Vec<Noticed> = serde_json::from_str(include_str!("../fixtures/notices.json")).unwrap();
    let channel = channel();
    let notifications = Toss.notifications().unwrap();
    for case in cases {
        let body = match &case.body {
            Value::String(text) => text.clone().into_bytes(),
            object => serde_json::to_vec(object).unwrap(),
        };
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: case
                .id
                .into_iter()
                .map(|id| ("tosspayments-webhook-transmission-id".to_owned(), id))
                .collect(),
            body: body.into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let verdict = match notifications.read(&notice, &channel, case.keep.as_ref()) {
            NoticeVerdict::Refuse { status, .. } => json!({"refuse": status}),
            NoticeVerdict::Ignore => json!("ignore"),
            NoticeVerdict::Escrow { .. } => panic!("no notice of this PG tells of an escrow state"),
            NoticeVerdict::Ask {
                order_id,
                pg_tx_id,
                dedupe,
            } => json!({"ask": {"orderId": order_id, "pgTxId": pg_tx_id, "dedupe": dedupe}}),
            NoticeVerdict::KeyGone { key, dedupe } => json!({"keyGone": key.expose(), "dedupe": dedupe}),
            NoticeVerdict::Tell { .. } => panic!("no webhook of Toss is the truth by itself"),
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
        assert_eq!(notifications.acknowledge(&notice, true).status, 200);
        assert_eq!(notifications.acknowledge(&notice, false).status, 503);
    }
}

#[test]
fn a_failure_kind_in_the_fixtures_is_spelled_as_the_domain_spells_it() {
    // The fixtures compare kinds as text; this pins the spelling they rely on.
    assert_eq!(
        serde_json::to_value(FailureKind::LimitExceeded).unwrap(),
        json!("limit-exceeded")
    );
}
