//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told, view};
use serde::Deserialize;

fn cancel_done(mut cancel: CancelDone) -> Value {
    assert!(cancel.raw.take().is_some());
    serde_json::to_value(cancel).unwrap()
}

/// A call with the certificate, and with signatures that are pinned elsewhere, replaced by their names.
fn short(call: Result<Call, Refusal>) -> Result<Call, Refusal> {
    let mut call = call?;
    let mut body: Value = serde_json::from_slice(&call.request.body).unwrap();
    assert!(
        body["kcp_cert_info"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    body["kcp_cert_info"] = json!("CERT");
    if body.get("kcp_sign_data").is_some() {
        assert_eq!(body["kcp_sign_data"].as_str().unwrap().len(), 344);
        body["kcp_sign_data"] = json!("SIGN");
    }
    call.request.body = body.to_string().into();
    Ok(call)
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| short(Kcp.approve(command, &channel)),
        |command, call, answer| told(done(Kcp.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| short(Kcp.cancel(command, &channel)),
        |command, call, answer| match Kcp.cancelled(command, &channel, call, answer) {
            Step::Done(outcome) => told(outcome, cancel_done),
            Step::Send(next) => {
                assert_eq!((next.step, next.replay), (1, call.replay));
                json!({"next": members(&next)["mod_type"]})
            }
        },
    );
}

#[test]
fn inquire() {
    let channel = channel();
    run::<Inquire>(
        include_str!("../fixtures/inquire.json"),
        |command| short(Kcp.inquire(command, &channel)),
        |command, call, answer| match Kcp.inquired(command, &channel, call, answer) {
            Step::Done(outcome) => told(outcome, view),
            Step::Send(next) => json!({"next": members(&next)["pay_type"]}),
        },
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    name: String,
    how: String,
    #[serde(default)]
    query: String,
    body: String,
    verdict: Value,
}

#[test]
fn window_returns() {
    let cases: Vec<Return> = serde_json::from_str(include_str!("../fixtures/returns.json")).unwrap();
    let window = Kcp.window().unwrap();
    for case in cases {
        let channel = match case.name.starts_with("LITE PAY") {
            true => channel_with("litePay"),
            false => channel(),
        };
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
        let verdict = match window.returned(&back, &approve_command(), None, &channel) {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noticed {
    name: String,
    body: String,
    #[serde(default)]
    kept: bool,
    verdict: Value,
}

/// What the issue of the account in the notices kept.
pub(super) fn kept() -> Value {
    json!({
        "tno": "20250101234891", "orderId": "ORD20250101000002", "amount": 10000, "payType": "PAVC",
        "account": "T0123456789012",
        "method": {"kind": "virtualAccount", "bank": "KOOKMIN", "accountNumber": "T0123456789012", "fixed": null,
            "remittee": null, "remitter": null, "expiresAt": 1_736_348_399_000_i64, "issuedAt": null},
    })
}

#[test]
fn notices() {
    let cases: Vec<Noticed> = serde_json::from_str(include_str!("../fixtures/notices.json")).unwrap();
    let (channel, notifications) = (channel(), Kcp.notifications().unwrap());
    for case in cases {
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: Vec::new(),
            body: case.body.into_bytes().into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let keep = case.kept.then(kept);
        let verdict = match notifications.read(&notice, &channel, keep.as_ref()) {
            NoticeVerdict::Refuse { status, .. } => json!({"refuse": status}),
            NoticeVerdict::Ignore => json!("ignore"),
            NoticeVerdict::Escrow {
                order_id,
                pg_tx_id,
                state,
                automatic,
                dedupe,
            } => json!({"escrow": [order_id, pg_tx_id, state, automatic, dedupe]}),
            NoticeVerdict::KeyGone { .. } => panic!("no notice of KCP names a batch key that is gone"),
            NoticeVerdict::Ask {
                order_id,
                pg_tx_id,
                dedupe,
            } => json!({"ask": [order_id, pg_tx_id, dedupe]}),
            NoticeVerdict::Tell { order_id, view, dedupe } => {
                let PgView::Held {
                    approval,
                    balance,
                    status,
                    cancels,
                } = *view
                else {
                    panic!("held")
                };
                assert!(cancels.is_empty());
                let Some(crate::payment::MethodDetail::VirtualAccount { remitter, .. }) = &approval.method else {
                    panic!("an account")
                };
                json!({"tell": [order_id, approval.pg_tx_id, approval.status, balance, status, remitter,
                    approval.approved_at, approval.cash_receipt.map(|r| r.issue_number), dedupe]})
            }
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
        let ok = notifications.acknowledge(&notice, true);
        let page = std::str::from_utf8(&ok.body).unwrap();
        assert!(ok.status == 200 && page.contains("<input type=\"hidden\" name=\"result\" value=\"0000\">"));
        let later = notifications.acknowledge(&notice, false);
        assert!(!std::str::from_utf8(&later.body).unwrap().contains("0000"));
    }
    for name in ["remitter", "ipgm_name", "account"] {
        assert!(notifications.mask().fields.contains(&name), "{name}");
    }
}
