//! Stand-alone cash receipts: exact requests, what counts as issued and taken back, the lists of a day.

use super::*;
use crate::payment::{Failure, FailureKind, ReceiptKind};

/// 2026-01-02 03:05:05 in Korea.
const AT: i64 = 1_767_290_705_000;

fn issue() -> IssueReceipt {
    IssueReceipt {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(11_000, 1_000, None).unwrap(),
        currency: Currency::KRW,
        order_name: "커피".into(),
        kind: ReceiptKind::Personal,
        identity: "01012345678".to_owned().into(),
        identity_kind: None,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        paid_with: None,
        paid_at: None,
        seller: None,
        idempotency_key: "receipt-1".into(),
        at: AT,
    }
}

fn receipt() -> Value {
    json!({"receiptKey": "rk_selfmade", "orderId": ORDER_ID, "orderName": "커피", "type": "소득공제",
        "issueNumber": "123456789", "receiptUrl": "https://dashboard-sandbox.tosspayments.com/receipt",
        "businessNumber": "1234567890", "transactionType": "CONFIRM", "amount": 11000, "taxFreeAmount": 1000,
        "issueStatus": "IN_PROGRESS", "failure": null, "customerIdentityNumber": "010****5678",
        "requestedAt": "2026-01-02T03:05:06+09:00"})
}

fn taken_back() -> Value {
    with(receipt(), |r| {
        r["receiptKey"] = json!("c_selfmade");
        r["transactionType"] = json!("CANCEL");
        r["requestedAt"] = json!("2026-01-03T10:00:00+09:00");
    })
}

fn issued(status: u16, answered: &Value) -> Outcome<ReceiptIssued> {
    let (command, channel) = (issue(), channel());
    let call = Toss.issue_receipt(&command, &channel).unwrap();
    done(Toss.receipt_issued(&command, &channel, &call, &answer(status, answered.to_string())))
}

#[test]
fn the_issue_byte_by_byte() {
    let call = Toss.issue_receipt(&issue(), &channel()).unwrap();
    assert_eq!(call.operation, Operation::IssueReceipt);
    assert_eq!(call.request.url, "https://api.tosspayments.com/v1/cash-receipts");
    assert_eq!(
        std::str::from_utf8(&call.request.body).unwrap(),
        r#"{"amount":11000,"orderId":"ORD-20260102-0001","orderName":"커피","type":"소득공제","customerIdentityNumber":"01012345678","taxFreeAmount":1000}"#
    );
    for (field, change) in [
        (
            "customer.identityNumber",
            (|c: &mut IssueReceipt| c.identity = "010-1234".to_owned().into()) as fn(&mut IssueReceipt),
        ),
        ("customer.identityNumber", |c| c.identity = "1".repeat(31).into()),
        ("businessRegistrationNumber", |c| c.seller = Some("1234567890".into())),
        ("orderName", |c| c.order_name = String::new()),
    ] {
        let mut command = issue();
        change(&mut command);
        let refusal = Toss.issue_receipt(&command, &channel()).unwrap_err();
        assert_eq!(refusal.field, field);
        assert!(!refusal.message.contains("010-1234"), "no number in a refusal");
    }
}

#[test]
fn issued_now_the_tax_office_later() {
    let Outcome::Done(done) = issued(200, &receipt()) else {
        panic!("issued");
    };
    assert_eq!(
        (done.pg_receipt_id.as_str(), done.issue_number.as_str()),
        ("rk_selfmade", "123456789")
    );
    assert_eq!(done.tax_office, TaxOffice::Pending);
    assert_eq!(done.issued_at, Some(AT + 1_000));
    let status = |word: Value| issued(200, &with(receipt(), |r| r["issueStatus"] = word));
    let office = |outcome: Outcome<ReceiptIssued>| match outcome {
        Outcome::Done(done) => done.tax_office,
        other => panic!("{other:?}"),
    };
    assert_eq!(office(status(json!("COMPLETED"))), TaxOffice::Accepted);
    // Missing or new words are not final.
    for word in [Value::Null, json!("WAITING")] {
        assert_eq!(office(status(word)), TaxOffice::Pending);
    }
    let failed = with(receipt(), |r| {
        r["issueStatus"] = json!("FAILED");
        r["failure"] = json!({"code": "NTS_ERROR", "message": "[TS1] m"});
    });
    assert_eq!(
        issued(200, &failed),
        Outcome::Declined(Failure::new(FailureKind::Other, "NTS_ERROR", "[TS1] m"))
    );
}

#[test]
fn what_is_not_ours_settles_nothing() {
    for (member, value) in [
        ("orderId", json!("ANOTHER")),
        ("amount", json!(10_999)),
        ("amount", Value::Null),
        ("receiptKey", Value::Null),
        ("type", json!("지출증빙")),
    ] {
        let answered = with(receipt(), |r| r[member] = value);
        assert!(matches!(issued(200, &answered), Outcome::Unknown(_)), "{member}");
    }
    assert_eq!(
        unknown(issued(400, &json!({"code": "DUPLICATED_CASH_RECEIPT", "message": "m"}))),
        ("DUPLICATED_CASH_RECEIPT".to_owned(), true)
    );
    assert!(matches!(
        issued(400, &json!({"code": "INVALID_REQUEST"})),
        Outcome::Declined(_)
    ));
}

fn cancel(amount: i64) -> CancelReceipt {
    CancelReceipt {
        pg_receipt_id: "rk_selfmade".into(),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(amount, 0, None).unwrap(),
        original: Amounts::new(11_000, 1_000, None).unwrap(),
        balance_before: 11_000,
        currency: Currency::KRW,
        idempotency_key: "receipt-cancel-1".into(),
        at: AT,
    }
}

#[test]
fn whole_and_part_are_taken_back() {
    let url = "https://api.tosspayments.com/v1/cash-receipts/rk_selfmade/cancel";
    for (amount, body) in [(11_000, "{}"), (4_000, r#"{"amount":4000}"#)] {
        let (command, channel) = (cancel(amount), channel());
        let call = Toss.cancel_receipt(&command, &channel).unwrap();
        assert_eq!(call.request.url, url);
        assert_eq!(std::str::from_utf8(&call.request.body).unwrap(), body);
        let told = |answered: Value| {
            let answer = answer(200, answered.to_string());
            done(Toss.receipt_cancelled(&command, &channel, &call, &answer))
        };
        for signed in [amount, -amount] {
            let Outcome::Done(done) = told(with(taken_back(), |r| r["amount"] = json!(signed))) else {
                panic!("taken back");
            };
            assert_eq!(done.pg_cancellation_id.as_deref(), Some("c_selfmade"));
        }
        assert!(matches!(
            told(with(receipt(), |r| r["amount"] = json!(amount))),
            Outcome::Unknown(_)
        ));
        assert!(matches!(
            told(with(taken_back(), |r| r["amount"] = json!(1))),
            Outcome::Unknown(_)
        ));
    }
    for amount in [0, 11_001] {
        let mut command = cancel(1);
        command.amounts.total = amount;
        assert_eq!(Toss.cancel_receipt(&command, &channel()).unwrap_err().field, "amount");
    }
}

fn question(cancelled: bool) -> InquireReceipt {
    InquireReceipt {
        pg_receipt_id: None,
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(11_000, 1_000, None).unwrap(),
        requested_at: AT,
        cancel_requested_at: cancelled.then_some(AT + 31 * 60 * 60 * 1000),
    }
}

/// Answers each call of an inquiry in turn; gives what was asked and what came of it.
fn inquire(question: &InquireReceipt, pages: &[Value]) -> (Vec<String>, Outcome<ReceiptView>) {
    let channel = channel();
    let mut call = Toss.inquire_receipt(question, &channel).unwrap();
    let mut asked = Vec::new();
    for page in pages {
        let path = call
            .request
            .url
            .replace("https://api.tosspayments.com/v1/cash-receipts?", "");
        asked.push(path);
        let page = answer(200, page.to_string());
        match Toss.receipt_inquired(question, &channel, &call, &page) {
            Step::Send(next) => call = *next,
            Step::Done(outcome) => return (asked, outcome),
        }
    }
    panic!("asked for more than {} pages", pages.len());
}

fn page(rows: &[Value], next: Option<&str>) -> Value {
    json!({"hasNext": next.is_some(), "lastCursor": next, "data": rows})
}

#[test]
fn the_days_lists_are_read_to_their_end() {
    let other = with(receipt(), |r| r["orderId"] = json!("ANOTHER"));
    let (asked, outcome) = inquire(
        &question(true),
        &[
            page(std::slice::from_ref(&other), Some("cur/sor")),
            page(&[receipt()], None),
            page(&[taken_back(), other.clone()], None),
        ],
    );
    assert_eq!(
        asked,
        [
            "requestDate=2026-01-02&limit=10000",
            "requestDate=2026-01-02&limit=10000&cursor=cur%2Fsor",
            "requestDate=2026-01-03&limit=10000"
        ]
    );
    let Outcome::Done(ReceiptView::Held {
        issued,
        cancelled,
        last,
    }) = outcome
    else {
        panic!("held");
    };
    assert_eq!((issued.pg_receipt_id.as_str(), cancelled), ("rk_selfmade", 11_000));
    assert_eq!(last.unwrap().pg_cancellation_id.as_deref(), Some("c_selfmade"));
    let (_, absent) = inquire(&question(false), &[page(&[other], None)]);
    assert!(matches!(absent, Outcome::Done(ReceiptView::Absent(_))));
}

#[test]
fn a_request_just_before_midnight_is_looked_for_on_both_days() {
    let late = InquireReceipt {
        // 2026-01-01 23:59 in Korea.
        requested_at: 1_767_279_540_000,
        ..question(false)
    };
    let (asked, _) = inquire(&late, &[page(&[], None), page(&[receipt()], None)]);
    assert_eq!(
        asked,
        [
            "requestDate=2026-01-01&limit=10000",
            "requestDate=2026-01-02&limit=10000"
        ]
    );
}

#[test]
fn lists_that_contradict_settle_nothing() {
    let channel = channel();
    let question = question(false);
    let call = Toss.inquire_receipt(&question, &channel).unwrap();
    for answered in [
        answer(400, r#"{"code":"API_VERSION_UPDATE_NEEDED","message":"m"}"#),
        answer(200, "[]"),
        answer(200, "{}"),
        answer(200, r#"{"hasNext":false,"data":null}"#),
        answer(502, "<html>"),
        answer(
            200,
            page(&[with(receipt(), |r| r["amount"] = json!(5))], None).to_string(),
        ),
    ] {
        let told = done(Toss.receipt_inquired(&question, &channel, &call, &answered));
        assert!(matches!(told, Outcome::Unknown(_)), "{told:?}");
    }
}
