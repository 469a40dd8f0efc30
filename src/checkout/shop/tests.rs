#![allow(clippy::unwrap_used)]

use super::super::sample::transaction;
use super::*;
use crate::payment::{Amounts, CancelState, Cancellation, Status};
use bytes::Bytes;
use http::HeaderMap;

fn request(method: Method, headers: &[(&'static str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    Request {
        method,
        path: "/shop/api/orders".to_owned(),
        query: String::new(),
        headers: map,
        body: Bytes::new(),
        peer: ([127, 0, 0, 1], 1).into(),
    }
}

#[test]
fn other_sites_cannot_post() {
    let json = ("content-type", "application/json");
    assert!(gate(&request(Method::POST, &[json]), true).is_none());
    assert!(gate(&request(Method::POST, &[json, ("sec-fetch-site", "same-origin")]), true).is_none());
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[json, ("sec-fetch-site", "cross-site")],
        &[json, ("sec-fetch-site", "same-site")],
    ] {
        let answer = gate(&request(Method::POST, headers), true).unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
    }
    assert_eq!(
        gate(&request(Method::GET, &[]), true).unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert!(gate(&request(Method::GET, &[]), false).is_none());
}

#[test]
fn only_the_shops_own_orders_are_shown_and_cancelled() {
    assert!(own_order("shop0123").is_ok());
    assert_eq!(own_order("order-1").unwrap_err().status, 404);
}

#[test]
fn a_payment_shows_its_money_and_its_story() {
    let mut paid = transaction(Status::PartialCancelled, None);
    paid.requested_at = 10;
    paid.paid_at = Some(20);
    paid.receipt_url = Some("javascript:alert(1)".to_owned());
    paid.cancellations.push(Cancellation {
        accepted: false,
        skip_webhook: false,
        id: "c".to_owned(),
        state: CancelState::Succeeded,
        amounts: Amounts::new(4_000, 0, None).unwrap(),
        reason: "r".to_owned(),
        trigger: Trigger::Api,
        requested_at: 30,
        cancelled_at: Some(40),
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
    });
    let value = view(&paid);
    assert_eq!(value.get("cancelled"), Some(&json!(4_000)));
    assert_eq!(value.get("cancellable"), Some(&json!(6_000)));
    assert_eq!(value.get("receiptUrl"), None, "only web addresses become links");
    assert_eq!(
        value.get("timeline"),
        Some(&json!([
            {"at": 10, "what": "requested", "amount": null},
            {"at": 20, "what": "paid", "amount": 10_000},
            {"at": 40, "what": "cancelled", "amount": 4_000}
        ]))
    );
}

#[test]
fn a_pg_that_tells_whole_seconds_does_not_turn_the_story_around() {
    let mut paid = transaction(Status::Paid, None);
    paid.requested_at = 1_500;
    paid.paid_at = Some(1_000);
    let value = view(&paid);
    let story = value.get("timeline").and_then(Value::as_array).unwrap();
    let words: Vec<_> = story.iter().filter_map(|step| step.get("what")).collect();
    assert_eq!(words, ["requested", "paid"]);
}

#[test]
fn nothing_can_be_cancelled_while_a_cancellation_is_open() {
    let mut paid = transaction(Status::Paid, None);
    paid.paid_at = Some(20);
    paid.cancellations.push(Cancellation {
        accepted: false,
        skip_webhook: false,
        id: "c".to_owned(),
        state: CancelState::Requested,
        amounts: Amounts::new(4_000, 0, None).unwrap(),
        reason: "r".to_owned(),
        trigger: Trigger::Api,
        requested_at: 30,
        cancelled_at: None,
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
    });
    assert_eq!(view(&paid).get("cancellable"), Some(&json!(0)));
}
