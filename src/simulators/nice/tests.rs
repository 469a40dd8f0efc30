#![allow(clippy::unwrap_used, clippy::expect_used)]
mod approvals;
mod billing;
mod cancels;
mod faults;
mod receipts;
mod vbank;
mod webhooks;
mod windows;

use crate::simulators::testing::{Got, Inbox, call, control, start};
use crate::simulators::{Options, Simulators};
use base64::Engine;
use serde_json::{Value, json};
use std::sync::Arc;

pub const MID: &str = "narunice1m";
pub const CLIENT: &str = "S2_naru0000000000000000000000000001";
pub const SECRET: &str = "5eed0000000000000000000000000001";
pub const DATE: &str = "2026-01-02T03:04:05.000+0900";

pub fn sim() -> Arc<Simulators> {
    start(Options::default())
}

/// SHA-256 written out here again: the simulator's own formulas must not check themselves.
pub fn sha(text: &str) -> String {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

pub fn basic(client: &str, secret: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{client}:{secret}"));
    format!("Basic {pair}")
}

pub async fn post_as(sim: &Arc<Simulators>, auth: &str, path: &str, body: &Value) -> Got {
    let headers = [
        ("authorization", auth),
        ("content-type", "application/json;charset=utf-8"),
    ];
    call(
        sim,
        "POST",
        &format!("/nice/v1/{path}"),
        &headers,
        body.to_string().as_bytes(),
    )
    .await
}

pub async fn post(sim: &Arc<Simulators>, path: &str, body: Value) -> Got {
    post_as(sim, &basic(CLIENT, SECRET), path, &body).await
}

pub async fn get(sim: &Arc<Simulators>, path: &str) -> Got {
    call(
        sim,
        "GET",
        &format!("/nice/v1/{path}"),
        &[("authorization", &basic(CLIENT, SECRET))],
        b"",
    )
    .await
}

/// Status and result code.
pub fn code(got: &Got) -> (u16, String) {
    (
        got.status,
        got.json()["resultCode"].as_str().unwrap_or_default().to_owned(),
    )
}

pub fn ok(got: &Got) -> Value {
    assert_eq!(code(got), (200, "0000".into()), "{}", got.text());
    got.json()
}

/// The router's `open` object of a window.
pub fn open(method: &str, order: &str, amount: i64) -> Value {
    json!({"kind": "script", "scriptUrl": "http://sim.test/nice/v1/js/", "global": "AUTHNICE", "clientKey": null,
        "call": "requestPay", "customerKey": null, "params": {"clientId": CLIENT, "method": method, "orderId": order,
            "amount": amount, "goodsName": "티셔츠 외 1건", "returnUrl": "http://shop.test/return?t=1",
            "mallReserved": "m-1", "vbankHolder": "나루상점"}})
}

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, more: Value) -> Got {
    let mut ask = json!({"open": open, "as": "approve"});
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    control(sim, "POST", "nice/authenticate", ask).await
}

/// Fields of the form that the browser would post.
pub fn fields(got: &Got) -> std::collections::BTreeMap<String, String> {
    assert_eq!(got.status, 200, "{}", got.text());
    let reply = got.json();
    assert_eq!(reply["method"], "POST");
    form_urlencoded::parse(reply["body"].as_str().unwrap().as_bytes())
        .into_owned()
        .collect()
}

/// A window that was authenticated: its tid.
pub async fn authenticated(sim: &Arc<Simulators>, open: &Value, buyer: Value) -> String {
    let got = authenticate(sim, open, json!({"buyer": buyer})).await;
    let fields = fields(&got);
    assert_eq!(fields["authResultCode"], "0000");
    fields["tid"].clone()
}

pub async fn approve(sim: &Arc<Simulators>, tid: &str, amount: i64) -> Got {
    let body = json!({"amount": amount, "ediDate": DATE, "signData": sha(&format!("{tid}{amount}{DATE}{SECRET}"))});
    post(sim, &format!("payments/{tid}"), body).await
}

/// A payment through the window, approved: its tid.
pub async fn paid(sim: &Arc<Simulators>, method: &str, order: &str, amount: i64) -> String {
    let tid = authenticated(sim, &open(method, order, amount), json!({})).await;
    ok(&approve(sim, &tid, amount).await);
    tid
}

pub async fn cancel(sim: &Arc<Simulators>, tid: &str, more: Value) -> Got {
    let mut body = json!({"reason": "변심", "orderId": "cancel-1", "ediDate": DATE,
        "signData": sha(&format!("{tid}{DATE}{SECRET}"))});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(sim, &format!("payments/{tid}/cancel"), body).await
}

pub async fn net_cancel(sim: &Arc<Simulators>, order: &str) -> Got {
    let body = json!({"orderId": order, "ediDate": DATE, "signData": sha(&format!("{order}{DATE}{SECRET}"))});
    post(sim, "payments/netcancel", body).await
}

pub fn today() -> String {
    super::payment::day(crate::simulators::clock::Clock::default().now())
}

pub async fn find(sim: &Arc<Simulators>, order: &str) -> Got {
    get(sim, &format!("payments/find/{order}?orderDate={}", today())).await
}

pub async fn merchant(sim: &Arc<Simulators>, change: Value) {
    let mut body = json!({"mid": MID});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let got = control(sim, "PUT", "nice/merchants", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub async fn advance(sim: &Arc<Simulators>, ms: i64) {
    assert_eq!(
        control(sim, "POST", "clock", json!({"advanceMs": ms})).await.status,
        200
    );
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    let rows = control(sim, "GET", "ledger?provider=nice", Value::Null).await.json();
    rows.as_array().unwrap().clone()
}

pub fn body(request: &crate::net::Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// Whether a payment object carries the signature that its merchant expects.
pub fn signed(payment: &Value) -> bool {
    let text = |name: &str| payment[name].as_str().unwrap_or_default().to_owned();
    let wanted = sha(&format!(
        "{}{}{}{SECRET}",
        text("tid"),
        payment["amount"],
        text("ediDate")
    ));
    text("signature") == wanted
}
