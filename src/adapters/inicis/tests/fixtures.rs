//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told, view};

fn cancel_done(mut cancel: CancelDone) -> Value {
    assert!(cancel.raw.take().is_some());
    serde_json::to_value(cancel).unwrap()
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| Inicis.approve(command, &channel),
        |command, call, answer| told(done(Inicis.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| Inicis.cancel(command, &channel),
        |command, call, answer| told(done(Inicis.cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn net_cancel() {
    let (channel, net) = (channel(), Adapter::net_cancel(&Inicis).unwrap());
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
        |command| Inicis.inquire(command, &channel),
        |command, call, answer| told(done(Inicis.inquired(command, &channel, call, answer)), view),
    );
}

#[test]
fn the_rest_after_parts_is_a_part_and_then_the_whole() {
    let (channel, mut command) = (channel(), cancel_command());
    (command.amounts.total, command.balance_before) = (600, 600);
    let call = Inicis.cancel(&command, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(
        body.contains("type=PartialRefund") && body.contains("price=600&confirmPrice=0"),
        "{body}"
    );
    let refused = answer(200, json!({"resultCode": "01", "resultMsg": "[500749][x]"}).to_string());
    let Step::Send(next) = Inicis.cancelled(&command, &channel, &call, &refused) else {
        panic!("the whole was not asked for");
    };
    let body = String::from_utf8(next.request.body.to_vec()).unwrap();
    assert!(body.contains("type=Refund&") && !body.contains("price"), "{body}");
    let made = answer(200, json!({"resultCode": "00", "resultMsg": "ok"}).to_string());
    assert!(matches!(
        done(Inicis.cancelled(&command, &channel, &next, &made)),
        Outcome::Done(_)
    ));
}

#[test]
fn an_account_is_closed_by_gvacct_and_issued_by_formpay() {
    let (channel, accounts) = (channel(), Inicis.virtual_accounts().unwrap());
    let close: CloseAccount = serde_json::from_value(json!({
        "pgTxId": ACCOUNT_TID, "orderId": ORDER_ID, "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909},
        "currency": "KRW", "reason": "x", "idempotencyKey": "k", "at": AT, "keep": null,
    }))
    .unwrap();
    let call = accounts.close_account(&close, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(
        body.starts_with("type=Refund&paymethod=GVacct&timestamp=20260101090000&"),
        "{body}"
    );
    assert!(body.ends_with("hashData=d9093d7ed25f305864d92d3312ac055d4a93a207bc9de8fdc06daa971fa4a9edb968084b7a5dcb990c5a25de16623050db43740162df8495746e64bb22418877"));
    let issue: IssueAccount = serde_json::from_value(json!({
        "orderId": ORDER_ID, "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909}, "currency": "KRW",
        "orderName": "상품", "idempotencyKey": "k", "at": AT, "bank": "SHINHAN", "expiry": {"hours": 24},
        "kind": "normal", "remittee": null, "customerName": "홍길동", "customerEmail": "buyer@example.com",
        "customerPhone": "010-1234-5678", "receipt": null, "escrow": false, "products": null,
    }))
    .unwrap();
    let call = accounts.issue_account(&issue, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(body.contains("bankCode=88&dtInput=20260102&tmInput=0900"), "{body}");
    assert!(body.ends_with("hashData=9e1aa20794c0b8cf8bf1f567d3b0b714c6ea69d0d0d37be1a411d4c2b03a77fc20ee0f53d9b747afbde82e34c6ddc191fa1a844586f004d7788c5f04a0f0b09d"));
    let told = json!({"resultCode": "00", "tid": ACCOUNT_TID, "vacct": "56211103849740", "vacctBankCode": "88", "price": "1000"});
    let issued = success(done(accounts.account_issued(
        &issue,
        &channel,
        &call,
        &answer(200, told.to_string()),
    )));
    assert_eq!(issued.status, crate::payment::Status::VirtualAccountIssued);
}
