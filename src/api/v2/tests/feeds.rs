//! Lists with a cursor, and operations that are refused with their reason.

use super::schema::check;
use super::*;
use crate::api::v2::input::cursor;
use crate::api::v2::plan::Query;
use crate::api::v2::render::{EventWithCursor, Items, PaymentWithCursor};
use crate::ledger::{FeedFilter, Mark, MoneyChange, MoneyEvent, conformance_transaction};
use crate::payment::{Amounts, CancelState, Cancellation, Status, Transaction, Trigger};
use serde_json::{Value, json};

const FEEDS: [&str; 2] = ["/payments-by-cursor", "/payment-events-by-cursor"];

fn target(path: &str, body: &Value) -> String {
    let body = percent_encoding::utf8_percent_encode(&body.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("{path}?requestBody={body}")
}

fn read(path: &str, body: &Value) -> FeedFilter {
    match plan(get(&target(path, body))).unwrap() {
        Plan::Query {
            query: Query::PaymentsByCursor(filter) | Query::EventsByCursor(filter),
            ..
        } => *filter,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_feed_reads_ninety_days_by_ten() {
    for path in FEEDS {
        let f = read(path, &json!({}));
        assert_eq!((f.from, f.until, f.limit), (NOW - 90 * 86_400_000, NOW, 10), "{path}");
        assert_eq!((f.after, f.store_id.as_str()), (None, STORE));
    }
}

#[test]
fn a_cursor_comes_back_as_it_was_given() {
    let mark = Mark {
        at: 1_234,
        id: "019-abc.def".into(),
    };
    let body = json!({"cursor": cursor(&mark), "size": 1000, "from": "2025-12-01T00:00:00Z"});
    for path in FEEDS {
        let f = read(path, &body);
        assert_eq!(f.after.as_ref(), Some(&mark));
        assert_eq!((f.limit, f.from), (1_000, NOW - 31 * 86_400_000));
    }
    assert_eq!(read(FEEDS[0], &json!({"cursor": ""})).after, None);
}

#[test]
fn bad_feeds_are_refused_by_name() {
    for (name, value) in [
        ("cursor", json!("not a cursor")),
        ("cursor", json!("YWJj")),
        ("cursor", json!(7)),
        ("size", json!(0)),
        ("size", json!(1001)),
        ("from", json!("yesterday")),
        ("from", json!("2027-01-01T00:00:00Z")),
    ] {
        let (status, kind, message) = refusal(get(&target(FEEDS[0], &json!({name: value}))));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{name}");
        assert!(message.starts_with(&format!("{name}: ")), "{name}: {message}");
    }
    let (status, ..) = refusal(get(&target(FEEDS[1], &json!({"storeId": OTHER_STORE}))));
    assert_eq!(status, 403);
}

fn cancelled() -> Transaction {
    let mut t = conformance_transaction("t1", "p1", Status::PartialCancelled);
    t.cancellations = vec![Cancellation {
        id: "c1".into(),
        state: CancelState::Succeeded,
        accepted: true,
        amounts: Amounts::new(4_400, 0, None).unwrap(),
        reason: "단순 변심".into(),
        skip_webhook: false,
        trigger: Trigger::Api,
        requested_at: 1,
        cancelled_at: Some(2),
        pg_cancellation_id: Some("pgc-9".into()),
        receipt_url: None,
        failure: None,
    }];
    t
}

#[test]
fn members_are_what_the_schema_says() {
    let t = cancelled();
    let members = Items {
        items: vec![PaymentWithCursor::new(&t, "merchant-1")],
    };
    let members = serde_json::to_value(&members).unwrap();
    assert_eq!(check("GetAllPaymentsByCursorResponse", &members), Ok(()));
    let event = |id: &str, change, cancellation_id: Option<&str>| MoneyEvent {
        id: id.into(),
        store_id: t.store_id.clone(),
        transaction_id: t.id.clone(),
        cancellation_id: cancellation_id.map(str::to_owned),
        change,
        at: NOW,
    };
    let paid = event("t1", MoneyChange::Paid, None);
    let back = event("c1", MoneyChange::PartialCancelled, Some("c1"));
    let shown = Items {
        items: vec![
            EventWithCursor::new(&paid, &t, "merchant-1", &[]),
            EventWithCursor::new(&back, &t, "merchant-1", &[]),
        ],
    };
    let shown = serde_json::to_value(&shown).unwrap();
    assert_eq!(check("GetAllPaymentEventsByCursorResponse", &shown), Ok(()));
    let events = shown["items"].as_array().unwrap();
    assert_eq!(events[0]["paymentEvent"]["type"], "PAID");
    assert_eq!(events[0]["paymentEvent"]["eventAmount"], 11_000);
    assert_eq!(events[1]["paymentEvent"]["type"], "PARTIAL_CANCELLED");
    assert_eq!(events[1]["paymentEvent"]["eventAmount"], -4_400);
    assert_eq!(events[1]["paymentEvent"]["cancellation"]["id"], "c1");
    assert_ne!(events[0]["cursor"], events[1]["cursor"]);
}

#[test]
fn what_is_not_served_says_why() {
    for (request, kind, part) in [
        (get("/promotions/p-1"), "PROMOTION_NOT_FOUND", "holds no promotions"),
        (
            get("/payment-gateways/card-promotion"),
            "INVALID_REQUEST",
            "channelKey: ",
        ),
        (
            get("/payment-gateways/card-promotion?channelKey=k"),
            "INVALID_REQUEST",
            "amount: ",
        ),
        (
            get("/payment-gateways/card-promotion?channelKey=k&amount=1000"),
            "CHANNEL_NOT_FOUND",
            "k",
        ),
        (
            get("/identity-verifications/i-1"),
            "INVALID_REQUEST",
            "identity provider",
        ),
        (
            post("/billing-keys/confirm-issue-and-pay", "{}"),
            "INVALID_REQUEST",
            "in one window",
        ),
        (
            post("/payments/p/capture", r#"{"storeId": 1}"#),
            "INVALID_REQUEST",
            "storeId: ",
        ),
        (
            post("/payments/p/cancellations/%20/stop", "{}"),
            "INVALID_REQUEST",
            "cancellationId: ",
        ),
    ] {
        let (path, (_, refused, message)) = (request.path.clone(), refusal(request));
        assert_eq!(refused, kind, "{path}: {message}");
        assert!(message.contains(part), "{path}: {message}");
    }
    let stop = plan(post("/payments/p%2F1/cancellations/c-1/stop", "{}")).unwrap();
    let Plan::Query {
        query: Query::StopCancellation {
            payment_id,
            cancellation_id,
        },
        ..
    } = stop
    else {
        panic!("{stop:?}")
    };
    assert_eq!((payment_id.as_str(), cancellation_id.as_str()), ("p/1", "c-1"));
}
