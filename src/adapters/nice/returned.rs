//! What comes back through the browser (NICE docs: "결제창 호출 > 인증 응답"): a form POST whose signature covers token,
//! client key and amount, but neither the order number nor the tid. The order is checked against the attempt that the
//! return address belongs to, and again against the approval's answer.

use super::approve::is_tid;
use super::codes::Call;
use super::sign::credentials;
use super::wire::cut;
use crate::adapters::nice_common::results;
use crate::adapters::nice_common::text::decode;
use crate::adapters::{Approve, ChannelRevision, Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind};
use serde_json::json;

/// Fields of a return.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// From the body, and from the query when our own page reported what the SDK told it.
    fn of(back: &WindowReturn) -> Self {
        let body = decode(&back.body);
        let pairs = form_urlencoded::parse(body.as_bytes()).chain(form_urlencoded::parse(back.query.as_bytes()));
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The value of a name, if it is not empty.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, value)| own == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a name stands there twice with different values: somebody added one.
    fn ambiguous(&self, name: &str) -> bool {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// What a return means.
pub(super) fn verdict(back: &WindowReturn, expected: &Approve, channel: &ChannelRevision) -> WindowVerdict {
    let pairs = Pairs::of(back);
    let verdict = match back.how {
        ReturnMethod::Success => match pairs.get("authResultCode") {
            Some("0000") => authenticated(&pairs, expected, channel),
            Some(code) => failed(code, pairs.get("authResultMsg").unwrap_or_default(), &pairs, expected),
            None if pairs.get("resultCode").is_some() => Err(Refusal::new(
                "authResultCode",
                "is missing, as with a client key of the Client approval model: its payments are approved in the \
                 window, where a lost return is a lost payment. Give the channel a key of the Server model (Server 승인)",
            )),
            None => Err(Refusal::new(
                "authResultCode",
                "is missing: this is no return of NICE Payments",
            )),
        },
        // The SDK tells failures to the page only (`fnError`), in words without a code.
        ReturnMethod::Fail => {
            let message = ["errorMsg", "msg", "message"].into_iter().find_map(|n| pairs.get(n));
            let code = pairs.get("code").unwrap_or("fnError");
            failed(code, message.unwrap_or_default(), &pairs, expected)
        }
        ReturnMethod::Close => Ok(WindowVerdict::Failed(Failure::new(
            FailureKind::UserCancelled,
            "NARU_WINDOW_CLOSED",
            "the buyer closed the payment window",
        ))),
    };
    verdict.unwrap_or_else(WindowVerdict::Tampered)
}

fn authenticated(pairs: &Pairs, expected: &Approve, channel: &ChannelRevision) -> Result<WindowVerdict, Refusal> {
    const NAMES: [&str; 6] = ["tid", "authToken", "orderId", "amount", "clientId", "signature"];
    if let Some(twice) = NAMES.into_iter().find(|name| pairs.ambiguous(name)) {
        return Err(Refusal::new(twice, "came back twice with different values"));
    }
    let keys = credentials(channel)?;
    let (token, amount) = (
        pairs.get("authToken").unwrap_or_default(),
        pairs.get("amount").unwrap_or_default(),
    );
    let signature = pairs.get("signature").unwrap_or_default();
    if !keys.verifies_return(signature, token, amount) {
        return Err(Refusal::new(
            "signature",
            "is not NICE Payments' over this token and amount",
        ));
    }
    if pairs.get("clientId").is_some_and(|id| id != keys.client_key) {
        return Err(Refusal::new("clientId", "is not the channel's client key"));
    }
    if amount.parse::<i64>().ok() != Some(expected.amounts.total) {
        let message = format!("is not the {} the window was opened with", expected.amounts.total);
        return Err(Refusal::new("amount", message));
    }
    if pairs.get("orderId") != Some(&expected.order_id) {
        return Err(Refusal::new("orderId", "is not the one the window was opened with"));
    }
    let tid = pairs.get("tid").filter(|tid| is_tid(tid));
    let tid = tid.ok_or_else(|| Refusal::new("tid", "is missing or no tid at all"))?;
    Ok(WindowVerdict::Authenticated {
        token: json!({"tid": tid}),
        proof: Proof::Partial,
    })
}

fn failed(code: &str, message: &str, pairs: &Pairs, expected: &Approve) -> Result<WindowVerdict, Refusal> {
    if pairs.get("orderId").is_some_and(|id| id != expected.order_id) {
        return Err(Refusal::new("orderId", "is not the one the window was opened with"));
    }
    let kind = match results::meaning(Call::Window, code, message).0 {
        FailureKind::Other if cancelled_by_buyer(message) => FailureKind::UserCancelled,
        FailureKind::Other => results::reason(message).unwrap_or(FailureKind::AuthenticationFailed),
        kind => kind,
    };
    Ok(WindowVerdict::Failed(Failure::new(kind, cut(code), cut(message))))
}

/// Whether a text without a code says that the buyer left.
fn cancelled_by_buyer(message: &str) -> bool {
    message.contains("취소") || message.contains("사용자")
}
