#![allow(clippy::unwrap_used, clippy::expect_used)]
mod cancels;
mod faults;
mod instant;
mod notices;
mod socket;
mod windows;

use crate::simulators::testing::{Got, call, control, start};
use crate::simulators::{Options, Simulators};
use encoding_rs::EUC_KR;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const MID: &str = "7700000001";
pub const KEY: &str = "NzcwMDAwMDAwMTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAx";
pub const NAMES: [&str; 16] = [
    "authyn", "trno", "trddt", "trdtm", "amt", "authno", "msg1", "msg2", "ordno", "isscd", "aqucd", "result", "halbu",
    "cbtrno", "cbauthno", "cardno",
];

pub fn sim() -> Arc<Simulators> {
    start(Options::default())
}

pub type Fields = BTreeMap<String, String>;

/// Fields of a window's form.
pub fn form(flags: &str, order: &str, amount: &str) -> Vec<(String, String)> {
    [
        ("sndStoreid", MID),
        ("sndOrdernumber", order),
        ("sndPaymethod", flags),
        ("sndGoodname", "당근10kg"),
        ("sndAmount", amount),
        ("sndOrdername", "홍길동"),
        ("sndEmail", "a@b.c"),
        ("sndMobile", "01012345678"),
        ("sndReply", "http://shop.test/return?t=1"),
        ("sndCharSet", "utf-8"),
        ("iframeYn", "Y"),
        ("sndGoodType", "1"),
        ("sndShowcard", "C"),
        ("sndCurrencytype", "WON"),
        ("sndInstallmenttype", "ALL(0:2:3)"),
        ("sndInteresttype", "NONE"),
        ("sndStoreCeoName", "김나루"),
        ("sndStorePhoneNo", "0212345678"),
        ("sndStoreAddress", "서울"),
        ("sndVirExpDt", "20301231"),
        ("sndVirExpTm", "235959"),
        ("ECHA", "echo-1"),
        ("a", "mine"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

pub fn open(device: &str, fields: &[(String, String)]) -> Value {
    let action = format!("http://sim.test/ksnet/store/KSPay{device}V1.4/KSPayPWeb.jsp");
    json!({"kind": "form", "action": action, "charset": "utf-8", "fields": fields, "iframe": device == "Web"})
}

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, more: Value) -> Got {
    let mut ask = json!({"open": open, "as": "approve"});
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    control(sim, "POST", "ksnet/authenticate", ask).await
}

/// What the browser would post.
pub fn posted(got: &Got) -> Fields {
    assert_eq!(got.status, 200, "{}", got.text());
    let reply = got.json();
    assert_eq!(
        (&reply["method"], &reply["url"]),
        (&json!("POST"), &json!("http://shop.test/return?t=1"))
    );
    form_urlencoded::parse(reply["body"].as_str().unwrap().as_bytes())
        .into_owned()
        .collect()
}

/// A PC window that was authenticated: its `reCommConId`.
pub async fn authenticated(sim: &Arc<Simulators>, flags: &str, order: &str, more: Value) -> String {
    let back = posted(&authenticate(sim, &open("Web", &form(flags, order, "1004")), more).await);
    back["reCommConId"].clone()
}

/// Raw bytes of a fetch.
pub async fn fetched(sim: &Arc<Simulators>, device: &str, id: &str, action: &str, amount: &str) -> Vec<u8> {
    let names = NAMES.join("%60");
    let path = format!(
        "/ksnet/store/KSPay{device}V1.4/web_host/recv_post.jsp?sndCommConId={id}&sndActionType={action}\
         &sndAmount={amount}&sndRpyParams={names}"
    );
    let got = call(sim, "GET", &path, &[], b"").await;
    assert_eq!(got.status, 200);
    got.body
}

/// A fetch's values, split on the byte of the backtick before anything is decoded.
pub fn values(body: &[u8]) -> Fields {
    let mut parts = body.split(|b| *b == b'`').skip(1);
    NAMES
        .iter()
        .map(|name| {
            let raw = parts.next().unwrap_or_else(|| panic!("no {name}"));
            ((*name).to_owned(), EUC_KR.decode(raw).0.trim_end().to_owned())
        })
        .collect()
}

pub async fn fetch(sim: &Arc<Simulators>, id: &str) -> Fields {
    values(&fetched(sim, "Web", id, "1", "1004").await)
}

/// A payment of 1,004 KRW by the window: its number.
pub async fn paid(sim: &Arc<Simulators>, flags: &str, order: &str) -> String {
    let id = authenticated(sim, flags, order, json!({})).await;
    let result = fetch(sim, &id).await;
    assert_eq!(result["authyn"], "O");
    result["trno"].clone()
}

/// A call of the REST API.
pub async fn rest(sim: &Arc<Simulators>, path: &str, body: Value) -> Value {
    let authorization = format!("pgapi {KEY}");
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("authorization", authorization.as_str()),
    ];
    let path = format!("/ksnet/kspay/webfep/api/v1/{path}");
    let got = call(sim, "POST", &path, &headers, body.to_string().as_bytes()).await;
    assert_eq!(got.status, 200);
    got.json()
}

/// Code of an envelope and of its data.
pub fn codes(answer: &Value) -> (&str, &str) {
    assert_eq!(answer["aid"].as_str().unwrap().len(), 24, "{answer}");
    (
        answer["code"].as_str().unwrap(),
        answer["data"]["respCode"].as_str().unwrap_or_default(),
    )
}

/// `card/cancel` or `account/cancel` by transaction number: whole, or an amount with its ordinal.
pub async fn cancel(sim: &Arc<Simulators>, path: &str, trno: &str, part: Option<(&str, &str)>) -> Value {
    let mut body = json!({"mid": MID, "payload": "rt-42", "cancelType": "FULL", "orgTradeKeyType": "TID",
        "orgTradeKey": trno, "orgTradeDate": "", "cancelTotalAmount": "", "cancelTaxFreeAmount": "", "cancelSeq": ""});
    if let Some((amount, seq)) = part {
        body["cancelType"] = json!("PARTIAL");
        body["cancelTotalAmount"] = json!(amount);
        body["cancelSeq"] = json!(seq);
    }
    rest(sim, path, body).await
}

pub async fn advance(sim: &Arc<Simulators>, days: i64) {
    let ask = json!({"advanceMs": days * 86_400_000});
    assert_eq!(control(sim, "POST", "clock", ask).await.status, 200);
}

pub async fn merchant(sim: &Arc<Simulators>, change: Value) {
    let mut body = json!({"mid": MID});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let got = control(sim, "PUT", "ksnet/merchants", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub async fn fault(sim: &Arc<Simulators>, operation: &str, kind: &str) -> u16 {
    let faults = json!([{"provider": "ksnet", "operation": operation, "kind": kind, "times": 1, "delayMs": 20}]);
    control(sim, "PUT", "faults", faults).await.status
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    let rows = control(sim, "GET", "ledger?provider=ksnet", Value::Null).await.json();
    rows.as_array().unwrap().clone()
}
