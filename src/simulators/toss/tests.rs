#![allow(clippy::unwrap_used, clippy::expect_used)]
mod approvals;
mod billing;
mod cancels;
mod faults;
mod lists;
mod notices;
mod shapes;
mod vbank;
mod windows;

use crate::simulators::testing::{Got, basic, call, control, start};
use crate::simulators::{Options, Simulators};
use serde_json::{Value, json};
use std::sync::Arc;

pub const MID: &str = "tnaru00001";
pub const CLIENT: &str = "test_ck_naruSimulator000000000001";
pub const SECRET: &str = "test_sk_naruSimulator000000000001";
pub const OTHER: &str = "test_sk_naruSimulator000000000002";
pub const BILLING_CLIENT: &str = "test_ck_naruSimulator0000000000b1";
pub const BILLING: &str = "test_sk_naruSimulator0000000000b1";

pub fn sim() -> Arc<Simulators> {
    start(Options::default())
}

pub async fn post(sim: &Arc<Simulators>, secret: &str, path: &str, body: &Value) -> Got {
    post_with(sim, secret, path, body, &[]).await
}

pub async fn post_with(sim: &Arc<Simulators>, secret: &str, path: &str, body: &Value, more: &[(&str, &str)]) -> Got {
    let auth = basic(secret);
    let headers = [
        &[("authorization", auth.as_str()), ("content-type", "application/json")],
        more,
    ]
    .concat();
    call(
        sim,
        "POST",
        &format!("/toss/v1/{path}"),
        &headers,
        body.to_string().as_bytes(),
    )
    .await
}

pub async fn get(sim: &Arc<Simulators>, secret: &str, path: &str) -> Got {
    call(
        sim,
        "GET",
        &format!("/toss/v1/{path}"),
        &[("authorization", &basic(secret))],
        b"",
    )
    .await
}

/// The router's `open` object of a window.
pub fn open(method: &str, order: &str, amount: i64) -> Value {
    json!({"kind": "script", "scriptUrl": "http://sim.test/toss/v2/standard", "global": "TossPayments",
        "clientKey": CLIENT, "call": "payment.requestPayment", "customerKey": "@@ANONYMOUS",
        "params": {"method": method, "amount": {"value": amount, "currency": "KRW"}, "orderId": order,
            "orderName": "티셔츠 외 1건", "successUrl": "http://shop.test/ok?t=1", "failUrl": "http://shop.test/no"}})
}

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, behaviour: &str) -> Got {
    control(sim, "POST", "toss/authenticate", json!({"open": open, "as": behaviour})).await
}

/// A window that was authenticated: its paymentKey.
pub async fn authenticated(sim: &Arc<Simulators>, open: &Value) -> String {
    let got = authenticate(sim, open, "approve").await;
    assert_eq!(got.status, 200, "{}", got.text());
    let url = got.json()["url"].as_str().unwrap().to_owned();
    let query = url.split_once('?').unwrap().1;
    let key = form_urlencoded::parse(query.as_bytes())
        .find(|(k, _)| k == "paymentKey")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(got.json()["tid"], key.as_str());
    key
}

pub async fn confirm(sim: &Arc<Simulators>, key: &str, order: &str, amount: i64) -> Got {
    post(
        sim,
        SECRET,
        "payments/confirm",
        &json!({"paymentKey": key, "orderId": order, "amount": amount}),
    )
    .await
}

/// A card payment through the window, done.
pub async fn paid(sim: &Arc<Simulators>, order: &str, amount: i64) -> Value {
    let key = authenticated(sim, &open("CARD", order, amount)).await;
    let got = confirm(sim, &key, order, amount).await;
    assert_eq!(got.status, 200, "{}", got.text());
    got.json()
}

pub fn key(payment: &Value) -> String {
    payment["paymentKey"].as_str().unwrap().to_owned()
}

pub async fn cancel(sim: &Arc<Simulators>, key: &str, body: Value) -> Got {
    post(sim, SECRET, &format!("payments/{key}/cancel"), &body).await
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    control(sim, "GET", "ledger?provider=toss", Value::Null)
        .await
        .json()
        .as_array()
        .unwrap()
        .clone()
}

pub fn typed_card(order: &str) -> Value {
    json!({"amount": 15000, "orderId": order, "orderName": "셔츠", "cardNumber": "9410001234567890",
        "cardExpirationYear": "40", "cardExpirationMonth": "12", "customerIdentityNumber": "900101", "cardPassword": "12"})
}

pub async fn subscribe(sim: &Arc<Simulators>, url: &str, events: Value) {
    let got = control(
        sim,
        "PUT",
        "toss/merchants",
        json!({"mid": MID, "notifyUrl": url, "events": events}),
    )
    .await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub fn body(request: &crate::net::Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn account(order: &str) -> Value {
    json!({"amount": 10000, "orderId": order, "orderName": "셔츠", "customerName": "홍길동", "bank": "신한"})
}
