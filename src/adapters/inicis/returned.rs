//! What comes back through the browser: on a PC a form with token, addresses and order number, on a phone one without
//! an order number (INIpay Standard and Mobile manuals: "인증결과"). Neither is signed; the amount is guarded by the
//! window's own hashes and by the approval's answer.

use super::approve::Token;
use super::codes;
use super::form::{self, Pairs};
use super::send::{self, Product};
use super::wire::{cut, detail};
use crate::adapters::{Approve, ChannelRevision, Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind};
use serde_json::Value;

/// Codes of a PC window that the buyer left.
const LEFT: [&str; 3] = ["2001", "0021", "0022"];

/// What a return means. `keep` says which window was opened.
pub(super) fn verdict(
    back: &WindowReturn,
    expected: &Approve,
    keep: Option<&Value>,
    channel: &ChannelRevision,
) -> WindowVerdict {
    let pairs = pairs_of(back);
    let mobile = keep.and_then(|k| k.get("mobile")).and_then(Value::as_bool);
    let mobile = mobile.unwrap_or_else(|| pairs.get("P_STATUS").is_some());
    let (code, message) = if mobile {
        (pairs.get("P_STATUS"), pairs.text("P_RMESG1"))
    } else {
        (pairs.get("resultCode"), pairs.text("resultMsg"))
    };
    let success = if mobile { "00" } else { "0000" };
    let order_id = expected.order_id.as_str();
    let verdict = match (back.how, code) {
        (ReturnMethod::Success, Some(code)) if code == success && mobile => phone(&pairs, expected, channel),
        (ReturnMethod::Success, Some(code)) if code == success => pc(&pairs, order_id, channel),
        (ReturnMethod::Success, None) => {
            let name = if mobile { "P_STATUS" } else { "resultCode" };
            Err(Refusal::new(name, "is missing: this is no return of KG Inicis"))
        }
        (_, Some(code)) => failed(code, message, &pairs, order_id),
        (how, None) => left(how, &pairs, order_id),
    };
    let escrow = keep.and_then(|k| k.get("escrow")).is_some();
    match verdict.unwrap_or_else(WindowVerdict::Tampered) {
        WindowVerdict::Authenticated { mut token, proof } if escrow => {
            token["escrow"] = true.into();
            WindowVerdict::Authenticated { token, proof }
        }
        verdict => verdict,
    }
}

/// What a return of the PC's window for a billing key means: it is one of the payment window.
pub(super) fn key_verdict(back: &WindowReturn, order_id: &str, channel: &ChannelRevision) -> WindowVerdict {
    let pairs = pairs_of(back);
    let verdict = match (back.how, pairs.get("resultCode")) {
        (ReturnMethod::Success, Some("0000")) => pc(&pairs, order_id, channel),
        (ReturnMethod::Success, None) => Err(Refusal::new("resultCode", "is missing: this is no return of KG Inicis")),
        (_, Some(code)) => failed(code, pairs.text("resultMsg"), &pairs, order_id),
        (how, None) => left(how, &pairs, order_id),
    };
    verdict.unwrap_or_else(WindowVerdict::Tampered)
}

/// Fields of a return.
pub(super) fn pairs_of(back: &WindowReturn) -> Pairs {
    let mut pairs = form::parse(&back.body);
    pairs.extend(form::parse(back.query.as_bytes()));
    Pairs(pairs)
}

/// A return to the addresses of failure and close that brings no result of KG Inicis.
pub(super) fn left(how: ReturnMethod, pairs: &Pairs, order_id: &str) -> Result<WindowVerdict, Refusal> {
    if how == ReturnMethod::Close {
        return Ok(WindowVerdict::Failed(Failure::new(
            FailureKind::UserCancelled,
            "NARU_WINDOW_CLOSED",
            "the buyer closed the payment window",
        )));
    }
    let code = pairs.get("code").unwrap_or("NARU_WINDOW_FAILED");
    failed(code, pairs.text("message"), pairs, order_id)
}

pub(super) fn once(pairs: &Pairs, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| pairs.ambiguous(name)) {
        Some(twice) => Err(Refusal::new(*twice, "came back twice with different values")),
        None => Ok(()),
    }
}

fn pc(pairs: &Pairs, order_id: &str, channel: &ChannelRevision) -> Result<WindowVerdict, Refusal> {
    once(
        pairs,
        &[
            "resultCode",
            "mid",
            "orderNumber",
            "authToken",
            "authUrl",
            "netCancelUrl",
            "idc_name",
        ],
    )?;
    if pairs.text("mid") != channel.spec.mid {
        return Err(Refusal::new("mid", "is not the channel's MID"));
    }
    if pairs.text("orderNumber") != order_id {
        return Err(Refusal::new("orderNumber", "is not the one the window was opened with"));
    }
    let idc = idc(pairs)?;
    let base = base(channel, Product::Pc, idc, "authUrl", pairs.text("authUrl"))?;
    if pairs.text("netCancelUrl") != format!("{base}{}", Product::Pc.net_cancel()) {
        return Err(foreign("netCancelUrl"));
    }
    authenticated(channel, false, idc, base, pairs.text("authToken"))
}

fn phone(pairs: &Pairs, expected: &Approve, channel: &ChannelRevision) -> Result<WindowVerdict, Refusal> {
    once(
        pairs,
        &["P_STATUS", "P_TID", "P_AMT", "P_REQ_URL", "idc_name", "P_NOTI"],
    )?;
    if pairs.text("P_AMT").parse::<i64>().ok() != Some(expected.amounts.total) {
        let message = format!("is not the {} the window was opened with", expected.amounts.total);
        return Err(Refusal::new("P_AMT", message));
    }
    // KG Inicis echoes no order number, so ours travels in P_NOTI.
    if pairs.get("P_NOTI").is_some_and(|id| id != expected.order_id) {
        return Err(Refusal::new(
            "P_NOTI",
            "is not the order that the window was opened with",
        ));
    }
    let idc = idc(pairs)?;
    let base = base(channel, Product::Mobile, idc, "P_REQ_URL", pairs.text("P_REQ_URL"))?;
    authenticated(channel, true, idc, base, pairs.text("P_TID"))
}

fn idc(pairs: &Pairs) -> Result<&str, Refusal> {
    let idc = pairs.text("idc_name");
    let message = "must be fc, ks or stg: nothing else is a data centre of KG Inicis";
    send::is_idc(idc)
        .then_some(idc)
        .ok_or_else(|| Refusal::new("idc_name", message))
}

fn base(channel: &ChannelRevision, product: Product, idc: &str, name: &str, url: &str) -> Result<String, Refusal> {
    send::base_of(channel, product, idc, url, product.approval()).ok_or_else(|| foreign(name))
}

fn foreign(name: &str) -> Refusal {
    Refusal::new(
        name,
        "is not the address of the data centre in idc_name: it is never called",
    )
}

fn authenticated(
    channel: &ChannelRevision,
    mobile: bool,
    idc: &str,
    base: String,
    key: &str,
) -> Result<WindowVerdict, Refusal> {
    let token = Token {
        mobile,
        idc: idc.to_owned(),
        base,
        key: key.to_owned(),
        escrow: false,
    };
    token.check(channel)?;
    let token = serde_json::to_value(token).map_err(|_| Refusal::new("authToken", "cannot be kept"))?;
    Ok(WindowVerdict::Authenticated {
        token,
        proof: Proof::None,
    })
}

/// Token and addresses may be missing here, and that is no tampering.
pub(super) fn failed(code: &str, message: &str, pairs: &Pairs, order_id: &str) -> Result<WindowVerdict, Refusal> {
    let told = ["orderNumber", "orderid"].into_iter().find_map(|name| pairs.get(name));
    if told.is_some_and(|id| id != order_id) {
        return Err(Refusal::new("orderNumber", "is not the one the window was opened with"));
    }
    let detail = detail(code, message);
    let left = LEFT.contains(&code) || message.contains("취소") || message.contains("사용자");
    let kind = match codes::meaning(&detail, message).0 {
        FailureKind::Other | FailureKind::OutcomeUnknown if left => FailureKind::UserCancelled,
        FailureKind::Other | FailureKind::OutcomeUnknown => FailureKind::AuthenticationFailed,
        kind => kind,
    };
    Ok(WindowVerdict::Failed(Failure::new(kind, cut(&detail), cut(message))))
}
