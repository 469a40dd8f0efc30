//! What comes back through the browser: a form whose signature covers token, MID and amount, but neither the order
//! number nor the TID, and which names the addresses of the calls to come (NICE docs: "결제창 인증 응답").

use super::approve::Token;
use super::codes::Call;
use super::form::{self, Pairs};
use super::sign::credentials;
use super::wire::cut;
use crate::adapters::nice_common::results;
use crate::adapters::{Approve, ChannelRevision, Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind, MethodKind};
use serde_json::Value;

/// What a return means. `keep` says by which `PayMethod` the window was opened.
pub(super) fn verdict(
    back: &WindowReturn,
    expected: &Approve,
    keep: Option<&Value>,
    channel: &ChannelRevision,
) -> WindowVerdict {
    let mut pairs = form::parse(&back.body);
    pairs.extend(form::parse(back.query.as_bytes()));
    let pairs = Pairs(pairs);
    let message = || {
        ["AuthResultMsg", "message"]
            .into_iter()
            .find_map(|n| pairs.get(n))
            .unwrap_or_default()
    };
    let verdict = match (back.how, pairs.get("AuthResultCode")) {
        (ReturnMethod::Success, Some("0000")) => authenticated(&pairs, expected, keep, channel),
        (ReturnMethod::Success, None) => Err(Refusal::new(
            "AuthResultCode",
            "is missing: this is no return of NICE Payments",
        )),
        (_, Some(code)) => failed(code, message(), &pairs, expected),
        (ReturnMethod::Fail, None) => {
            let code = pairs.get("code").unwrap_or("NARU_WINDOW_FAILED");
            failed(code, message(), &pairs, expected)
        }
        (ReturnMethod::Close, None) => Ok(WindowVerdict::Failed(Failure::new(
            FailureKind::UserCancelled,
            "NARU_WINDOW_CLOSED",
            "the buyer closed the payment window",
        ))),
    };
    verdict.unwrap_or_else(WindowVerdict::Tampered)
}

fn authenticated(
    pairs: &Pairs,
    expected: &Approve,
    keep: Option<&Value>,
    channel: &ChannelRevision,
) -> Result<WindowVerdict, Refusal> {
    const NAMES: [&str; 8] = [
        "AuthToken",
        "TxTid",
        "Moid",
        "Amt",
        "MID",
        "Signature",
        "NextAppURL",
        "NetCancelURL",
    ];
    if let Some(twice) = NAMES.into_iter().find(|name| pairs.ambiguous(name)) {
        return Err(Refusal::new(twice, "came back twice with different values"));
    }
    let text = |name: &str| pairs.get(name).unwrap_or_default();
    let keys = credentials(channel)?;
    if !keys.verifies(text("Signature"), &[text("AuthToken"), text("MID")], text("Amt")) {
        return Err(Refusal::new(
            "Signature",
            "is not NICE Payments' over this token, MID and amount",
        ));
    }
    if text("MID") != channel.spec.mid {
        return Err(Refusal::new("MID", "is not the channel's MID"));
    }
    if text("Amt").parse::<i64>().ok() != Some(expected.amounts.total) {
        let message = format!("is not the {} the window was opened with", expected.amounts.total);
        return Err(Refusal::new("Amt", message));
    }
    if text("Moid") != expected.order_id {
        return Err(Refusal::new("Moid", "is not the one the window was opened with"));
    }
    let opened_by = keep.and_then(|k| k.get("payMethod")).and_then(Value::as_str);
    let token = Token {
        tx_tid: text("TxTid").to_owned(),
        auth_token: text("AuthToken").to_owned(),
        next_app_url: text("NextAppURL").to_owned(),
        net_cancel_url: text("NetCancelURL").to_owned(),
        pay_method: opened_by.unwrap_or(pay_method(expected.method)).to_owned(),
        escrow: keep.and_then(|k| k.get("escrow")).and_then(Value::as_bool) == Some(true),
    };
    token.check(channel)?;
    let token = serde_json::to_value(token).map_err(|_| Refusal::new("AuthToken", "cannot be kept"))?;
    Ok(WindowVerdict::Authenticated {
        token,
        proof: Proof::Partial,
    })
}

/// `PayMethod` of a method.
pub(super) fn pay_method(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Card | MethodKind::EasyPay => "CARD",
        MethodKind::Transfer => "BANK",
        MethodKind::VirtualAccount => "VBANK",
        MethodKind::Mobile => "CELLPHONE",
        MethodKind::GiftCertificate => "GIFT_CULT",
    }
}

fn failed(code: &str, message: &str, pairs: &Pairs, expected: &Approve) -> Result<WindowVerdict, Refusal> {
    if pairs.get("Moid").is_some_and(|id| id != expected.order_id) {
        return Err(Refusal::new("Moid", "is not the one the window was opened with"));
    }
    let left = message.contains("취소") || message.contains("사용자");
    let kind = match results::meaning(Call::Window, code, message).0 {
        FailureKind::Other if left => FailureKind::UserCancelled,
        FailureKind::Other => results::reason(message).unwrap_or(FailureKind::AuthenticationFailed),
        kind => kind,
    };
    Ok(WindowVerdict::Failed(Failure::new(kind, cut(code), cut(message))))
}
