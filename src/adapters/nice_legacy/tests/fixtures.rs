//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told, view};
use serde::Deserialize;

fn cancel_done(mut cancel: CancelDone) -> Value {
    assert!(cancel.raw.take().is_some());
    serde_json::to_value(cancel).unwrap()
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| NiceLegacy.approve(command, &channel),
        |command, call, answer| told(done(NiceLegacy.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn key_in() {
    let (channel, instant) = (channel(), NiceLegacy.instant().unwrap());
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
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| NiceLegacy.cancel(command, &channel),
        |command, call, answer| told(done(NiceLegacy.cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn net_cancel() {
    let (channel, net) = (channel(), Adapter::net_cancel(&NiceLegacy).unwrap());
    run::<Approve>(
        include_str!("../fixtures/net_cancel.json"),
        |command| net.net_cancel(command, &channel),
        |command, call, answer| told(done(net.net_cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn inquire() {
    let channel = channel();
    run::<Inquire>(
        include_str!("../fixtures/inquire.json"),
        |command| NiceLegacy.inquire(command, &channel),
        |command, call, answer| told(done(NiceLegacy.inquired(command, &channel, call, answer)), view),
    );
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
    let (channel, window) = (channel(), NiceLegacy.window().unwrap());
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
        let keep = json!({"payMethod": "CARD"});
        let verdict = match window.returned(&back, &approve_command(), Some(&keep), &channel) {
            WindowVerdict::Authenticated { token, proof } => {
                assert_eq!(proof, Proof::Partial, "{}: the order is not signed", case.name);
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
    body: String,
    #[serde(default)]
    keep: Option<Value>,
    verdict: Value,
}

fn notice_view(found: PgView) -> Value {
    match found {
        PgView::Held {
            approval,
            balance,
            cancels,
            status,
        } => json!({"held": approval, "balance": balance, "cancels": cancels, "status": status}),
        other => panic!("a deposit is held: {other:?}"),
    }
}

#[test]
fn notices() {
    let cases: Vec<Noticed> = serde_json::from_str(include_str!("../fixtures/notices.json")).unwrap();
    let (channel, notifications) = (channel(), NiceLegacy.notifications().unwrap());
    for case in cases {
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: Vec::new(),
            body: case.body.into_bytes().into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let verdict = match notifications.read(&notice, &channel, case.keep.as_ref()) {
            NoticeVerdict::Refuse { status, .. } => json!({"refuse": status}),
            NoticeVerdict::KeyGone { .. } => panic!("no notice of NICE names a billing key"),
            NoticeVerdict::Ignore => json!("ignore"),
            NoticeVerdict::Escrow { .. } => panic!("no notice of this PG tells of an escrow state"),
            NoticeVerdict::Ask {
                order_id,
                pg_tx_id,
                dedupe,
            } => json!({"ask": {"orderId": order_id, "pgTxId": pg_tx_id, "dedupe": dedupe}}),
            NoticeVerdict::Tell { order_id, view, dedupe } => {
                json!({"tell": {"orderId": order_id, "view": notice_view(*view), "dedupe": dedupe}})
            }
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
        let ok = notifications.acknowledge(&notice, true);
        assert_eq!((ok.status, &ok.body[..]), (200, &b"OK"[..]));
        assert_eq!(notifications.acknowledge(&notice, false).status, 503);
    }
    assert!(
        notifications.mask().fields.contains(&"MerchantKey"),
        "NICE sends it in the clear"
    );
}
