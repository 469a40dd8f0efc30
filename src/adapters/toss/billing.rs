//! Billing keys: issue by window or card data, charge, delete (Toss docs: "자동결제(빌링)", core API "Billing 객체").
//!
//! Needs a contract, usually with a MID and keys of its own. Toss gives a key out once: there is no inquiry for keys and
//! no renewal, so a lost answer to an issue is fetched under the same `Idempotency-Key` or the buyer registers again.
//! No webhook is sent for charges.

mod window;
mod wire;

use super::approve::settled;
use super::instant::Digits;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Answer, PgError, millis, read};
use super::{DESCRIPTOR, Toss, call, codes, mask, post, rules, segment};
use crate::adapters::{
    BillingKeys, Call, ChannelRevision, Charge, DeleteKey, HttpMethod, IssueKey, IssuedKey, KeyByCard, KeyDeleted,
    KeyDeletion, KeyWindow, Mask, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, Status};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use wire::{Issued, issued};

/// The key is the last segment of the path of charges and deletions.
const KEY_IN_PATH: Mask = Mask {
    secret_segment: 1,
    ..mask::MASK
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardBody<'a> {
    customer_key: &'a str,
    card_number: &'a str,
    card_expiration_year: &'a str,
    card_expiration_month: &'a str,
    customer_identity_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExchangeBody<'a> {
    auth_key: &'a str,
    customer_key: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChargeBody<'a> {
    customer_key: &'a str,
    amount: i64,
    order_id: &'a str,
    order_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_installment_plan: Option<u32>,
}

/// A customer key that both the SDK and the REST API take. The API itself answers HTTP 500 to longer ones.
fn customer_key(key: &str) -> Result<&str, Refusal> {
    let fits = (2..=50).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=.@".contains(&b));
    fits.then_some(key)
        .ok_or_else(|| Refusal::new("customerKey", "must be 2 to 50 of A-Z a-z 0-9 - _ = . @"))
}

fn name(name: Option<&str>) -> Option<String> {
    name.map(|text| rules::cut(text, rules::TEXT_MAX))
        .filter(|n| !n.is_empty())
}

fn email(address: Option<&str>) -> Result<Option<String>, Refusal> {
    let address = address.map(rules::email).transpose()?;
    Ok(address.filter(|text| !text.is_empty()))
}

/// The path of a key.
fn path(key: Option<&SecretString>) -> Result<String, Refusal> {
    let key = key.ok_or_else(|| Refusal::new("billingKey", "is not at hand: the PG's key is sealed in the ledger"))?;
    Ok(format!("/v1/billing/{}", segment("billingKey", key.expose_secret())?))
}

impl BillingKeys for Toss {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(command.method, &command.amounts)?;
        if command.free_installment && command.installment_months > 0 {
            return Err(Refusal::new(
                "useFreeInterestFromMerchant",
                "is not served for billing keys: Toss Payments has no such member there; leave it out",
            ));
        }
        if command.use_card_point {
            return Err(Refusal::new(
                "useCardPoint",
                "is not served for billing keys: Toss Payments has no such member there; leave it out",
            ));
        }
        let months = rules::installment(
            "installmentMonth",
            i64::from(command.installment_months),
            command.amounts.total,
            DESCRIPTOR.limits.installment_min,
        )?;
        let order_name = rules::order_name(&command.order_name)?;
        let body = ChargeBody {
            customer_key: customer_key(&command.customer_key)?,
            amount: command.amounts.total,
            order_id: &command.order_id,
            order_name: &order_name,
            customer_email: email(command.customer_email.as_deref())?,
            customer_name: name(command.customer_name.as_deref()),
            tax_free_amount: Some(command.amounts.tax_free).filter(|free| *free > 0),
            card_installment_plan: Some(months).filter(|months| *months > 0),
        };
        let path = path(command.key.as_ref())?;
        let mut call = post(
            channel,
            Operation::ChargeBillingKey,
            &path,
            &command.idempotency_key,
            &body,
        )?;
        call.request.mask = KEY_IN_PATH;
        Ok(call)
    }

    fn charged(&self, command: &Charge, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval> {
        let total = command.amounts.total;
        let expected = Expected::new(None, &command.order_id, total, command.currency, channel);
        let done: fn(&str) -> Option<Status> = |status| (status == "DONE").then_some(Status::Paid);
        settled(&expected, call, answer, done)
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }

    fn by_window(&self) -> Option<&dyn KeyWindow> {
        Some(self)
    }

    fn deletion(&self) -> Option<&dyn KeyDeletion> {
        Some(self)
    }
}

impl KeyByCard for Toss {
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let card = command.card.as_ref().ok_or_else(|| {
            Refusal::new(
                "method.card.credential",
                "is gone: card data is held for one call only, so a key is never asked for twice",
            )
        })?;
        let card = Digits::of(card)?;
        let body = CardBody {
            customer_key: customer_key(&command.customer_key)?,
            card_number: card.number,
            card_expiration_year: card.year,
            card_expiration_month: card.month,
            customer_identity_number: card.identity,
            card_password: card.password,
            customer_name: name(command.customer_name.as_deref()),
            customer_email: email(command.customer_email.as_deref())?,
        };
        post(
            channel,
            Operation::IssueBillingKey,
            "/v1/billing/authorizations/card",
            &command.idempotency_key,
            &body,
        )
    }

    fn issued(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey> {
        key_of(command, channel, call, answer)
    }
}

/// The exchange of the window's `authKey`, which works once: at a replay the idempotency key brings the first answer.
fn exchange(command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let auth_key = command.token.get("authKey").and_then(serde_json::Value::as_str);
    let auth_key = auth_key.filter(|key| window::is_auth_key(key)).ok_or_else(|| {
        Refusal::new(
            "billingIssueToken",
            "holds no authKey; it comes from the window's return and nowhere else",
        )
    })?;
    let body = ExchangeBody {
        auth_key,
        customer_key: customer_key(&command.customer_key)?,
    };
    post(
        channel,
        Operation::IssueBillingKey,
        "/v1/billing/authorizations/issue",
        &command.idempotency_key,
        &body,
    )
}

/// Reads the answer of either way to issue.
fn key_of(command: &IssueKey, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
    let key = match issued(answer) {
        Issued::Key(key) => key,
        Issued::Error(error) => return Step::Done(not_issued(call.replay, error)),
        Issued::Unreadable(why) => return unknown(why),
    };
    if !key.customer_key.is(&command.customer_key) {
        return unknown(doubt(
            "NARU_WRONG_CUSTOMER_KEY",
            "Toss Payments' answer names another customerKey than ours, or none",
        ));
    }
    let mid = &channel.spec.mid;
    if !mid.is_empty() && key.m_id.text().is_some_and(|told| told != *mid) {
        return unknown(doubt(
            "NARU_WRONG_MID",
            "Toss Payments' answer names another mId than this channel's",
        ));
    }
    let text = key.billing_key.owned();
    let Some(text) = text.filter(|k| segment("billingKey", k).is_ok() && !k.contains(char::is_whitespace)) else {
        return unknown(doubt(
            "NARU_UNREADABLE",
            "Toss Payments' answer has no usable billingKey",
        ));
    };
    Step::Done(Outcome::Done(IssuedKey {
        method: key.method(),
        issued_at: millis(&key.authenticated_at),
        // Toss numbers no issue.
        pg_tx_id: None,
        raw: Some(mask::masked(&answer.body)),
        key: SecretString::from(text),
    }))
}

/// An error to an issue. Whatever happened inside Toss, a key that nobody was told is a key that nobody can charge, and
/// an error sticks to its idempotency key: the way on is a new issue. Only what says "not yet", or speaks of a repeated
/// sending alone, leaves the question open.
fn not_issued(replay: bool, error: PgError) -> Outcome<IssuedKey> {
    let listed = codes::lookup(&error.code);
    let open = match listed {
        Some((_, codes::Class::Running)) => true,
        Some((_, codes::Class::Door)) => replay,
        None => replay && error.status == 429,
        _ => false,
    };
    if open {
        return Outcome::Unknown(UnknownWhy {
            code: error.code,
            message: error.message,
            ask_first: false,
        });
    }
    let kind = match listed {
        Some((kind, _)) => kind,
        None if error.status == 429 => FailureKind::RateLimited,
        None => FailureKind::Other,
    };
    Outcome::Declined(Failure::new(kind, error.code, error.message))
}

impl KeyDeletion for Toss {
    fn delete(&self, command: &DeleteKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let headers = vec![("authorization", super::authorization(channel)?)];
        let path = path(command.key.as_ref())?;
        let mut call = call(
            channel,
            Operation::DeleteBillingKey,
            HttpMethod::Delete,
            &path,
            headers,
            Bytes::new(),
        );
        call.request.mask = KEY_IN_PATH;
        Ok(call)
    }

    /// HTTP 200 with an empty body is the whole answer. A key that is gone already, by an earlier sending or by the
    /// buyer, is what was asked for.
    fn deleted(&self, _: &DeleteKey, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<KeyDeleted> {
        if answer.status == 200 {
            return Step::Done(Outcome::Done(KeyDeleted::default()));
        }
        match read(answer) {
            Answer::Error(error)
                if matches!(error.code.as_str(), "ALREADY_REMOVED_BILLING_KEY" | "NOT_FOUND_BILLING") =>
            {
                Step::Done(Outcome::Done(KeyDeleted::default()))
            }
            Answer::Error(error) => Step::Done(codes::refused(call.operation, call.replay, error)),
            Answer::Payment(_) => unknown(doubt(
                "NARU_UNREADABLE",
                "Toss Payments' answer is no answer to a deletion",
            )),
            Answer::Unreadable(why) => unknown(why),
        }
    }
}
