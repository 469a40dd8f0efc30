//! What comes back through the browser (KSNET WebHost V1.4: `reCommConId`, `reCnclType`). Nothing in it is signed, so
//! nothing in it is believed but the key, and the key only as far as the fetch call answers for our order and amount.
//! Result-looking fields beside it (`authyn`, `trno`, `amt`) are ignored.

use super::approve::Token;
use super::form::texts;
use super::rules;
use crate::adapters::{Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind};
use serde_json::Value;

/// What a return means. `keep` says which window was opened.
pub(super) fn verdict(back: &WindowReturn, keep: Option<&Value>) -> WindowVerdict {
    if back.how != ReturnMethod::Success {
        return left("NARU_WINDOW_CLOSED");
    }
    let keys = texts(&back.body, &back.query, "reCommConId");
    let cancelled = texts(&back.body, &back.query, "reCnclType").iter().any(|t| t == "1");
    if keys.iter().any(|key| Some(key) != keys.first()) {
        return tampered("came back twice with different values");
    }
    match keys.first() {
        _ if cancelled => left("1"),
        None => tampered("is missing: this is no return of KSNET"),
        Some(key) if key.is_empty() => left("NARU_WINDOW_CLOSED"),
        Some(key) if rules::is_key(key) => authenticated(key, keep),
        Some(_) => tampered("is no payment key of KSNET"),
    }
}

fn authenticated(key: &str, keep: Option<&Value>) -> WindowVerdict {
    let kept = |name: &str| keep.and_then(|keep| keep.get(name));
    let token = Token {
        comm_con_id: key.to_owned(),
        mobile: kept("mobile").and_then(Value::as_bool).unwrap_or(false),
        expires_at: kept("expiresAt").and_then(Value::as_i64),
        escrow: kept("escrow").and_then(Value::as_bool).unwrap_or(false),
        wallet: kept("wallet").and_then(Value::as_str).map(str::to_owned),
    };
    match serde_json::to_value(token) {
        Ok(token) => WindowVerdict::Authenticated {
            token,
            proof: Proof::None,
        },
        Err(_) => tampered("cannot be kept"),
    }
}

fn left(code: &str) -> WindowVerdict {
    WindowVerdict::Failed(Failure::new(
        FailureKind::UserCancelled,
        code,
        "the buyer closed the payment window",
    ))
}

fn tampered(why: &str) -> WindowVerdict {
    WindowVerdict::Tampered(Refusal::new("reCommConId", why))
}
