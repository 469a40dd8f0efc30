#![allow(clippy::unwrap_used, clippy::expect_used)]
mod approvals;
mod billing;
mod cancels;
mod direct;
mod escrow;
mod faults;
mod notices;
mod windows;

use crate::simulators::testing::{Got, call, control, start};
use crate::simulators::{Options, Simulators};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{EUC_KR, UTF_8};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub const SITE: &str = "NARU1";
const PEM: &str = include_str!("keys/KCP_AUTH_T0000_CERT.txt");

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let pem = include_str!("keys/KCP_AUTH_T0000_PRIKEY.txt");
    let inner: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(inner).unwrap()).unwrap()
});

pub fn certificate() -> String {
    PEM.replace('\n', "")
}

/// Signed here again: the simulator's own check must not check itself.
pub fn sign(parts: &[&str]) -> String {
    let mut out = vec![0; KEY.public_modulus_len()];
    let text = parts.join("^");
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut out)
        .unwrap();
    STANDARD.encode(out)
}

/// Simulators whose sites all have the one certificate that these tests can sign for.
pub async fn sim() -> Arc<Simulators> {
    sim_with(Options::default()).await
}

pub async fn sim_with(options: Options) -> Arc<Simulators> {
    let sim = start(options);
    let all: Vec<Value> = ["NARU1", "NARU2", "NARUB", "NARUE"]
        .iter()
        .map(|site| json!({"mid": site, "certificate": PEM}))
        .collect();
    let got = control(&sim, "PUT", "kcp/merchants", json!(all)).await;
    assert_eq!(got.status, 200, "{}", got.text());
    sim
}

pub async fn merchant(sim: &Arc<Simulators>, change: Value) {
    let mut body = json!({"mid": SITE});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let got = control(sim, "PUT", "kcp/merchants", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub async fn advance(sim: &Arc<Simulators>, ms: i64) {
    let moved = control(sim, "POST", "clock", json!({"advanceMs": ms})).await;
    assert_eq!(moved.status, 200);
}

pub async fn ledger(sim: &Arc<Simulators>) -> Vec<Value> {
    let rows = control(sim, "GET", "ledger?provider=kcp", Value::Null).await.json();
    rows.as_array().unwrap().clone()
}

/// A call with site and certificate; `change` overwrites members, `null` removes one.
pub async fn api(sim: &Arc<Simulators>, path: &str, base: Value, change: Value) -> Value {
    let mut body = json!({"site_cd": SITE, "kcp_cert_info": certificate()});
    for source in [base, change] {
        for (name, value) in source.as_object().unwrap() {
            match value {
                Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
                value => body[name] = value.clone(),
            }
        }
    }
    let headers = [("content-type", "application/json; charset=UTF-8")];
    let got = call(
        sim,
        "POST",
        &format!("/kcp{path}"),
        &headers,
        body.to_string().as_bytes(),
    )
    .await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "application/json;charset=UTF-8")
    );
    let answer = got.json();
    assert!(answer.as_object().unwrap().values().all(Value::is_string), "{answer}");
    answer
}

pub fn code(answer: &Value) -> &str {
    answer["res_cd"].as_str().unwrap_or_default()
}

pub type Form = BTreeMap<String, String>;

/// Fields of a form, whatever its charset.
pub fn fields(body: &[u8], charset: &'static encoding_rs::Encoding) -> Form {
    super::args::Args::form(body, charset).0.into_iter().collect()
}

fn pairs(list: &[(&str, &str)], change: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<(&str, &str)> = list.to_vec();
    for (name, value) in change {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

/// Fields of the form on a PC; an empty value removes one.
pub fn form(bits: &str, order: &str, amount: &str, change: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = [
        ("req_tx", "pay"),
        ("site_cd", SITE),
        ("ordr_idxx", order),
        ("pay_method", bits),
        ("good_name", "테스트상품"),
        ("good_mny", amount),
        ("buyr_name", "홍길동"),
        ("buyr_mail", "hong@shop.test"),
        ("buyr_tel2", "010-0000-0000"),
        ("currency", "WON"),
        ("module_type", "01"),
        ("shop_user_id", "u-1"),
        ("good_expr", "0"),
        ("res_cd", ""),
        ("param_opt_1", "token"),
    ];
    pairs(&list, change)
}

/// The router's `open` object on a PC.
pub fn pc(fields: &[(String, String)]) -> Value {
    json!({"kind": "scriptForm", "scriptUrl": "http://sim.test/kcp/plugin/kcp_spay_hub.js",
        "call": "KCP_Pay_Execute_Web", "charset": "utf-8", "fields": fields, "action": "http://shop.test/return?t=1"})
}

pub const CARD: &str = "100000000000";

pub async fn authenticate(sim: &Arc<Simulators>, open: &Value, more: Value) -> Got {
    let mut ask = json!({"open": open, "as": "approve"});
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    control(sim, "POST", "kcp/authenticate", ask).await
}

/// What the browser would post.
pub fn posted(got: &Got) -> Form {
    assert_eq!(got.status, 200, "{}", got.text());
    let reply = got.json();
    assert_eq!(reply["method"], "POST", "{reply}");
    fields(reply["body"].as_str().unwrap().as_bytes(), UTF_8)
}

/// The return of a window that was authenticated.
pub async fn authenticated(sim: &Arc<Simulators>, bits: &str, order: &str, amount: &str, buyer: Value) -> Form {
    let open = pc(&form(bits, order, amount, &[]));
    let back = posted(&authenticate(sim, &open, json!({"buyer": buyer})).await);
    assert_eq!(back["res_cd"], "0000", "{back:?}");
    back
}

pub async fn approve(sim: &Arc<Simulators>, back: &Form, change: Value) -> Value {
    let base = json!({"tran_cd": back["tran_cd"], "enc_data": back["enc_data"], "enc_info": back["enc_info"]});
    api(sim, "/gw/enc/v1/payment", base, change).await
}

/// A payment through the window, approved: its answer.
pub async fn paid(sim: &Arc<Simulators>, bits: &str, order: &str, amount: &str, buyer: Value) -> Value {
    let back = authenticated(sim, bits, order, amount, buyer).await;
    let answer = approve(sim, &back, json!({"ordr_mony": amount, "ordr_no": order})).await;
    assert_eq!(code(&answer), "0000", "{answer}");
    answer
}

/// A change of a payment, signed.
pub async fn modify(sim: &Arc<Simulators>, tno: &str, kind: &str, change: Value) -> Value {
    let base =
        json!({"tno": tno, "mod_type": kind, "kcp_sign_data": sign(&[SITE, tno, kind]), "mod_desc": "고객 변심"});
    api(sim, "/gw/mod/v1/cancel", base, change).await
}

pub async fn part(sim: &Arc<Simulators>, tno: &str, amount: i64, before: i64) -> Value {
    let parts = json!({"mod_mny": amount.to_string(), "rem_mny": before.to_string()});
    modify(sim, tno, "STPC", parts).await
}

pub async fn inquire(sim: &Arc<Simulators>, tno: &str, kind: &str, change: Value) -> Value {
    let base = json!({"tno": tno, "pay_type": kind, "kcp_sign_data": sign(&[SITE, tno, kind])});
    api(sim, "/std/inquery", base, change).await
}

pub fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_default()
}

pub async fn put_faults(sim: &Arc<Simulators>, faults: Value) {
    let got = control(sim, "PUT", "faults", faults).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

pub async fn shapes(sim: &Arc<Simulators>, words: &[&str]) {
    merchant(sim, json!({"shapes": words})).await;
}
