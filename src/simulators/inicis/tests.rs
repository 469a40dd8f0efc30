#![allow(clippy::unwrap_used, clippy::expect_used)]
mod api;
mod windows;

use crate::simulators::testing::{Got, Inbox, call, control, start};
use crate::simulators::{Options, Simulators, clock};
use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const MID: &str = "naruinic1m";
pub const SIGN_KEY: &str = "bmFydVNpbXVsYXRvclNpZ25LZXkwMDAx";
pub const API_KEY: &str = "naruSimApiKey001";
pub const HASH_KEY: &str = "4E41525553494D484153484B45593031";
pub const BACK: &str = "http://shop.test/return?t=1";
pub const TIME: &str = "1767225600000";

pub type Fields = BTreeMap<String, String>;

pub fn sim() -> Arc<Simulators> {
    start(Options::default())
}

fn hex(algorithm: &'static Algorithm, text: &str) -> String {
    let bytes = digest(algorithm, text.as_bytes());
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Hashes written out here again: the simulator's own formulas must not check themselves.
pub fn sha256(text: &str) -> String {
    hex(&SHA256, text)
}

pub fn sha512(text: &str) -> String {
    hex(&SHA512, text)
}

pub fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        out.append_pair(name, value);
    }
    out.finish().into_bytes()
}

pub async fn post(sim: &Arc<Simulators>, path: &str, fields: &[(&str, &str)]) -> Got {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    call(sim, "POST", &format!("/inicis{path}"), &headers, &form(fields)).await
}

/// The router's `open` object on a PC; `change` overwrites fields before they are hashed.
pub fn pc(mid: &str, oid: &str, price: &str, change: &[(&str, &str)]) -> Value {
    let signed = format!("oid={oid}&price={price}&timestamp={TIME}");
    let checked = format!("oid={oid}&price={price}&signKey={SIGN_KEY}&timestamp={TIME}");
    let mut fields: Vec<(String, String)> = [
        ("version", "1.0"),
        ("mid", mid),
        ("oid", oid),
        ("price", price),
        ("timestamp", TIME),
        ("use_chkfake", "Y"),
        ("signature", &sha256(&signed)),
        ("verification", &sha256(&checked)),
        ("mKey", &sha256(SIGN_KEY)),
        ("currency", "WON"),
        ("goodname", "테스트 상품"),
        ("buyername", "홍길동"),
        ("buyertel", "010-1234-5678"),
        ("buyeremail", "buyer@example.com"),
        ("gopaymethod", "Card"),
        ("returnUrl", BACK),
        ("closeUrl", "http://shop.test/close"),
        ("acceptmethod", "centerCd(Y):below1000"),
        ("merchantData", "a-1"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec();
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    json!({"kind": "scriptForm", "scriptUrl": "http://sim.test/inicis/stdjs/INIStdPay.js", "call": "INIStdPay.pay",
        "charset": "utf-8", "fields": fields, "action": BACK})
}

/// The router's `open` object on a phone.
pub fn mobile(oid: &str, amount: &str, change: &[(&str, &str)]) -> Value {
    use base64::Engine;
    let text = [amount, oid, TIME, HASH_KEY].concat();
    let fake = base64::engine::general_purpose::STANDARD.encode(digest(&SHA512, text.as_bytes()));
    let mut fields: Vec<(String, String)> = [
        ("P_INI_PAYMENT", "CARD"),
        ("P_MID", MID),
        ("P_OID", oid),
        ("P_AMT", amount),
        ("P_GOODS", "테스트 상품"),
        ("P_UNAME", "홍길동"),
        ("P_NEXT_URL", BACK),
        ("P_CHARSET", "utf8"),
        ("P_TIMESTAMP", TIME),
        ("P_CHKFAKE", &fake),
        ("P_NOTI", "att-1"),
        ("P_RESERVED", "centerCd=Y&amt_hash=Y&twotrs_isp=Y&block_isp=Y"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec();
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    json!({"kind": "form", "action": "http://sim.test/inicis/smart/payment/", "charset": "euc-kr", "fields": fields,
        "iframe": false})
}

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, more: Value) -> Got {
    let mut ask = json!({"open": open, "as": "approve"});
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    control(sim, "POST", "inicis/authenticate", ask).await
}

/// What the browser would post.
pub fn posted(got: &Got) -> Fields {
    assert_eq!(got.status, 200, "{}", got.text());
    let reply = got.json();
    assert_eq!(
        (reply["method"].as_str(), reply["url"].as_str()),
        (Some("POST"), Some(BACK))
    );
    form_urlencoded::parse(reply["body"].as_str().unwrap().as_bytes())
        .into_owned()
        .collect()
}

/// Fields of approval and net-cancel, signed at `tstamp`.
pub async fn with_token(sim: &Arc<Simulators>, path: &str, mid: &str, token: &str, price: &str, tstamp: &str) -> Value {
    let signature = sha256(&format!("authToken={token}&timestamp={tstamp}"));
    let checked = sha256(&format!("authToken={token}&signKey={SIGN_KEY}&timestamp={tstamp}"));
    let fields = [
        ("mid", mid),
        ("authToken", token),
        ("timestamp", tstamp),
        ("signature", &signature),
        ("verification", &checked),
        ("charset", "UTF-8"),
        ("format", "JSON"),
        ("price", price),
    ];
    post(sim, path, &fields).await.json()
}

/// A PC payment, approved: its answer.
pub async fn paid(sim: &Arc<Simulators>, mid: &str, oid: &str, price: &str, change: &[(&str, &str)]) -> Value {
    let back = posted(&authenticate(sim, &pc(mid, oid, price, change), json!({})).await);
    let answer = with_token(sim, "/api/payAuth", mid, &back["authToken"], price, "1767225630008").await;
    assert_eq!(answer["resultCode"], "0000", "{answer}");
    answer
}

/// A call of INIAPI v1; the hash covers the values of `covered` in their order.
pub async fn v1(sim: &Arc<Simulators>, path: &str, key: &str, covered: &[&str], fields: &[(&str, &str)]) -> Value {
    let now = control(sim, "GET", "clock", Value::Null).await.json()["nowMs"]
        .as_i64()
        .unwrap();
    let stamp = clock::compact(now);
    let mut all = vec![("timestamp", stamp.as_str()), ("clientIp", "127.0.0.1")];
    all.extend_from_slice(fields);
    let value = |name: &str| all.iter().find(|(known, _)| *known == name).map_or("", |(_, v)| *v);
    let text: String = covered.iter().map(|name| value(name)).collect();
    let hash = sha512(&format!("{key}{text}"));
    all.push(("hashData", &hash));
    post(sim, path, &all).await.json()
}

/// A call of INIAPI v2 with `data` as it is.
pub async fn v2(sim: &Arc<Simulators>, path: &str, mid: &str, key: &str, kind: &str, data: &str) -> Value {
    let now = control(sim, "GET", "clock", Value::Null).await.json()["nowMs"]
        .as_i64()
        .unwrap();
    let stamp = clock::compact(now);
    let hash = sha512(&[key, mid, kind, &stamp, data].concat());
    let body = format!(
        "{{\"mid\":\"{mid}\",\"type\":\"{kind}\",\"timestamp\":\"{stamp}\",\"clientIp\":\"127.0.0.1\",\
         \"paymethod\":\"Card\",\"data\":{data},\"hashData\":\"{hash}\"}}"
    );
    let headers = [("content-type", "application/json")];
    call(sim, "POST", &format!("/inicis{path}"), &headers, body.as_bytes())
        .await
        .json()
}

pub const HEAD: [&str; 5] = ["type", "paymethod", "timestamp", "clientIp", "mid"];

pub async fn refund(sim: &Arc<Simulators>, method: &str, tid: &str, part: Option<(&str, &str)>) -> Value {
    let mut covered = [&HEAD[..], &["tid"]].concat();
    let mut fields = vec![("paymethod", method), ("mid", MID), ("tid", tid), ("msg", "고객 요청")];
    match part {
        None => fields.push(("type", "Refund")),
        Some((price, left)) => {
            covered.extend(["price", "confirmPrice"]);
            fields.extend([("type", "PartialRefund"), ("price", price), ("confirmPrice", left)]);
        }
    }
    v1(sim, "/api/v1/refund", API_KEY, &covered, &fields).await
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    let rows = control(sim, "GET", "ledger?provider=inicis", Value::Null).await.json();
    rows.as_array().unwrap().clone()
}
