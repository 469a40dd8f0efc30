//! What comes back through the browser: a GET whose every value the buyer could have written. Nothing is proven by it;
//! the amounts are compared so that a changed one is never confirmed, and Toss compares them again.

use super::approve::is_payment_key;
use super::codes;
use super::wire::cut;
use crate::adapters::{Approve, Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Parameters of a return, decoded leniently (bytes that are no UTF-8 become replacement characters).
pub(super) struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Pairs<'a> {
    /// From the query, and from the body when our own page reported a rejected promise with one.
    pub(super) fn of(back: &'a WindowReturn) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(back.query.as_bytes()).collect();
        let kind = back.content_type.as_deref().unwrap_or_default();
        if kind.contains("json") {
            if let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(&back.body) {
                pairs.extend(members.into_iter().filter_map(|(name, value)| {
                    let text = match value {
                        Value::String(text) => text,
                        Value::Number(number) => number.to_string(),
                        _ => return None,
                    };
                    Some((Cow::Owned(name), Cow::Owned(text)))
                }));
            }
        } else if kind.contains("urlencoded") {
            pairs.extend(form_urlencoded::parse(&back.body));
        }
        Self(pairs)
    }

    /// The value of a name, if it is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.as_ref())
    }

    /// Whether a name stands there twice with different values: somebody added one.
    pub(super) fn ambiguous(&self, name: &str) -> bool {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// What a return means.
pub(super) fn verdict(back: &WindowReturn, expected: &Approve) -> WindowVerdict {
    let pairs = Pairs::of(back);
    let verdict = match back.how {
        ReturnMethod::Success if pairs.get("paymentKey").is_none() && pairs.get("code").is_some() => {
            failed(&pairs, expected)
        }
        ReturnMethod::Success => authenticated(&pairs, expected),
        ReturnMethod::Fail => failed(&pairs, expected),
        ReturnMethod::Close => Ok(WindowVerdict::Failed(match pairs.get("code") {
            Some(code) => failure(code, &pairs),
            None => Failure::new(
                FailureKind::UserCancelled,
                "NARU_WINDOW_CLOSED",
                "the buyer closed the payment window",
            ),
        })),
    };
    verdict.unwrap_or_else(WindowVerdict::Tampered)
}

fn authenticated(pairs: &Pairs<'_>, expected: &Approve) -> Result<WindowVerdict, Refusal> {
    if let Some(twice) = ["paymentKey", "orderId", "amount"]
        .into_iter()
        .find(|n| pairs.ambiguous(n))
    {
        return Err(Refusal::new(twice, "came back twice with different values"));
    }
    let key = pairs.get("paymentKey").filter(|key| is_payment_key(key));
    let key = key.ok_or_else(|| Refusal::new("paymentKey", "is missing or no key at all"))?;
    if pairs.get("orderId") != Some(&expected.order_id) {
        return Err(Refusal::new("orderId", "is not the one the window was opened with"));
    }
    let amount = pairs.get("amount").and_then(|text| text.parse::<i64>().ok());
    if amount != Some(expected.amounts.total) {
        return Err(Refusal::new(
            "amount",
            format!("is not the {} the window was opened with", expected.amounts.total),
        ));
    }
    // Only a resolved promise tells the currency.
    if pairs.get("currency").is_some_and(|c| c != expected.currency.code()) {
        return Err(Refusal::new(
            "currency",
            format!("is not the {} the window was opened with", expected.currency.code()),
        ));
    }
    Ok(WindowVerdict::Authenticated {
        token: json!({"paymentKey": key}),
        proof: Proof::None,
    })
}

/// A failure; Toss leaves `orderId` out when the buyer closes the window early.
fn failed(pairs: &Pairs<'_>, expected: &Approve) -> Result<WindowVerdict, Refusal> {
    if pairs.get("orderId").is_some_and(|id| id != expected.order_id) {
        return Err(Refusal::new("orderId", "is not the one the window was opened with"));
    }
    Ok(WindowVerdict::Failed(failure(
        pairs.get("code").unwrap_or("NARU_WINDOW_FAILED"),
        pairs,
    )))
}

/// A failure in Toss's own words.
pub(super) fn failure(code: &str, pairs: &Pairs<'_>) -> Failure {
    let message = pairs.get("message").unwrap_or_default();
    Failure::new(codes::kind_of(code), cut(code), cut(message))
}
