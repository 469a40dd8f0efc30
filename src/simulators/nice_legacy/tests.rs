#![allow(clippy::unwrap_used, clippy::expect_used)]
mod approvals;
mod cancels;
mod direct;
mod faults;
mod notices;
mod side;
mod windows;

use crate::simulators::testing::{Got, Inbox, call, control, start};
use crate::simulators::{Options, Simulators};
use encoding_rs::EUC_KR;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const MID: &str = "narulgcy1m";
pub const KEY: &str = "MSBuYXJ1IHNpbXVsYXRvcjogYSBzZWxmLW1hZGUgbWVyY2hhbnQga2V5LCBvZiBubyB2YWx1ZSBhdCBhbGwuLg==";
pub const DATE: &str = "20260102030405";

pub fn sim() -> Arc<Simulators> {
    start(Options::default())
}

/// Hash written out here again: the simulator's own formulas must not check themselves.
pub fn sha(parts: &[&str]) -> String {
    let text = format!("{}{KEY}", parts.concat());
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

pub type Fields = BTreeMap<String, String>;

/// Fields of a form, whatever its charset.
pub fn fields(body: &[u8], charset: &'static encoding_rs::Encoding) -> Fields {
    body.split(|b| *b == b'&')
        .filter_map(|pair| {
            let at = pair.iter().position(|b| *b == b'=')?;
            let text = |part: &[u8]| {
                let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
                let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
                charset.decode(&bytes).0.into_owned()
            };
            Some((text(&pair[..at]), text(&pair[at + 1..])))
        })
        .collect()
}

/// A call of a page; `change` overwrites fields, an empty value removes one.
pub async fn page(sim: &Arc<Simulators>, path: &str, base: &[(&str, &str)], change: &[(&str, &str)]) -> Got {
    let mut all: Vec<(&str, &str)> = vec![
        ("CharSet", "utf-8"),
        ("EdiType", "JSON"),
        ("EdiDate", DATE),
        ("MID", MID),
    ];
    for pair in base.iter().chain(change) {
        all.retain(|(name, _)| *name != pair.0);
        if !pair.1.is_empty() {
            all.push(*pair);
        }
    }
    let encode = |text: &str| -> String { form_urlencoded::byte_serialize(&EUC_KR.encode(text).0).collect() };
    let body: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    call(
        sim,
        "POST",
        &format!("/nice_legacy/webapi/{path}"),
        &headers,
        body.join("&").as_bytes(),
    )
    .await
}

pub fn code(got: &Got) -> String {
    assert_eq!(got.status, 200);
    got.json()["ResultCode"].as_str().unwrap_or_default().to_owned()
}

/// Fields of a window's form, signed.
pub fn form(method: &str, moid: &str, amount: &str) -> Vec<(String, String)> {
    let pairs = [
        ("GoodsName", "테스트상품"),
        ("Amt", amount),
        ("MID", MID),
        ("EdiDate", DATE),
        ("Moid", moid),
        ("SignData", &sha(&[DATE, MID, amount])),
        ("PayMethod", method),
        ("ReturnURL", "http://shop.test/return?t=1"),
        ("BuyerName", "홍길동"),
        ("BuyerEmail", "hong@shop.test"),
        ("ReqReserved", "r-1"),
        ("CharSet", "utf-8"),
        ("VbankExpDate", "203012312359"),
        ("GoodsCl", "1"),
        ("MallUserID", "u-1"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The router's `open` object on a PC.
pub fn pc(fields: &[(String, String)]) -> Value {
    json!({"kind": "scriptForm", "scriptUrl": "http://sim.test/nice_legacy/v3/webstd/js/nicepay-3.0.js", "call": "goPay",
        "charset": "utf-8", "fields": fields, "action": "http://shop.test/return?t=1"})
}

/// The router's `open` object on a phone.
pub fn mobile(fields: &[(String, String)]) -> Value {
    json!({"kind": "form", "action": "http://sim.test/nice_legacy/v3/v3Payment.jsp", "charset": "euc-kr",
        "fields": fields, "iframe": false})
}

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, more: Value) -> Got {
    let mut ask = json!({"open": open, "as": "approve"});
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    control(sim, "POST", "nice_legacy/authenticate", ask).await
}

/// What the browser would post.
pub fn posted(got: &Got) -> Fields {
    assert_eq!(got.status, 200, "{}", got.text());
    let reply = got.json();
    assert_eq!(reply["method"], "POST", "{reply}");
    fields(reply["body"].as_str().unwrap().as_bytes(), encoding_rs::UTF_8)
}

/// A window that was authenticated: (TID, AuthToken).
pub async fn authenticated(
    sim: &Arc<Simulators>,
    method: &str,
    moid: &str,
    amount: &str,
    buyer: Value,
) -> (String, String) {
    let back = posted(&authenticate(sim, &pc(&form(method, moid, amount)), json!({"buyer": buyer})).await);
    assert_eq!(back["AuthResultCode"], "0000");
    (back["TxTid"].clone(), back["AuthToken"].clone())
}

pub async fn approve(
    sim: &Arc<Simulators>,
    (tid, token): &(String, String),
    amount: &str,
    change: &[(&str, &str)],
) -> Got {
    let sign = sha(&[token, MID, amount, DATE]);
    let base = [
        ("TID", tid.as_str()),
        ("AuthToken", token),
        ("Amt", amount),
        ("SignData", &sign),
    ];
    page(sim, "pay_process.jsp", &base, change).await
}

/// A payment through the window, approved: its TID and token.
pub async fn paid(sim: &Arc<Simulators>, method: &str, moid: &str, amount: &str) -> (String, String) {
    let pair = authenticated(sim, method, moid, amount, json!({})).await;
    let got = approve(sim, &pair, amount, &[]).await;
    assert!(
        ["3001", "4000", "4100", "A000", "0000"].contains(&code(&got).as_str()),
        "{}",
        got.text()
    );
    pair
}

pub async fn cancel(sim: &Arc<Simulators>, tid: &str, amount: &str, part: &str, change: &[(&str, &str)]) -> Got {
    let sign = sha(&[MID, amount, DATE]);
    let base = [
        ("TID", tid),
        ("Moid", "CANCEL1"),
        ("CancelAmt", amount),
        ("CancelMsg", "고객 변심"),
        ("PartialCancelCode", part),
        ("SignData", &sign),
    ];
    page(sim, "cancel_process.jsp", &base, change).await
}

pub async fn net_cancel(sim: &Arc<Simulators>, (tid, token): &(String, String), amount: &str) -> Got {
    let sign = sha(&[token, MID, amount, DATE]);
    let base = [
        ("TID", tid.as_str()),
        ("AuthToken", token),
        ("Amt", amount),
        ("SignData", &sign),
        ("NetCancel", "1"),
    ];
    page(sim, "cancel_process.jsp", &base, &[]).await
}

pub async fn status(sim: &Arc<Simulators>, tid: &str) -> String {
    let got = page(
        sim,
        "inquery/trans_status.jsp",
        &[("TID", tid), ("SignData", &sha(&[tid, MID, DATE]))],
        &[],
    )
    .await;
    assert_eq!(code(&got), "0000");
    got.json()["Status"].as_str().unwrap().to_owned()
}

pub async fn merchant(sim: &Arc<Simulators>, change: Value) {
    let mut body = json!({"mid": MID});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let got = control(sim, "PUT", "nice_legacy/merchants", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub async fn advance(sim: &Arc<Simulators>, ms: i64) {
    assert_eq!(
        control(sim, "POST", "clock", json!({"advanceMs": ms})).await.status,
        200
    );
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    let rows = control(sim, "GET", "ledger?provider=nice_legacy", Value::Null)
        .await
        .json();
    rows.as_array().unwrap().clone()
}
