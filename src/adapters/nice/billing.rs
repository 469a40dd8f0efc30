//! Billing keys by card number (NICE docs: "빌키 발급", "빌키 승인", "빌키 삭제"): what is sent and how it is read.

use super::send::Deed;
use super::sign::credentials;
use super::verify::{Expected, doubt};
use super::wire::{edi_date, read};
use super::{Message, Nice, codes, mask, method, rules, send};
use crate::adapters::nice_common::cipher::aes256_cbc;
use crate::adapters::nice_common::{tables, text};
use crate::adapters::{
    BillingKeys, Call, CardInput, ChannelRevision, Charge, DeleteKey, IssueKey, IssuedKey, KeyByCard, KeyDeleted,
    KeyDeletion, Operation, Outcome, Refusal, Step, WireAnswer,
};
use crate::payment::{Approval, CardDetail, MethodDetail, MethodKind, Millis, Status};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

impl BillingKeys for Nice {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let key = at_hand(command.key.as_ref())?;
        let deed = Deed::of(Operation::ChargeBillingKey, charge(channel, key, command)?);
        send::first(channel, deed.with_key_in_path())
    }

    fn charged(&self, command: &Charge, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval> {
        match send::hear(channel, call, answer).told() {
            Ok(_) => Step::Done(charged(channel, &command.order_id, command.amounts.total, answer)),
            Err(step) => step,
        }
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }

    fn deletion(&self) -> Option<&dyn KeyDeletion> {
        Some(self)
    }
}

impl KeyByCard for Nice {
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let card = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key is never asked for twice";
            Refusal::new("method.card.credential", message)
        })?;
        let message = issue(channel, &command.order_id, card, command.at)?;
        send::first(channel, Deed::of(Operation::IssueBillingKey, message))
    }

    fn issued(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey> {
        match send::hear(channel, call, answer).told() {
            Ok(_) => Step::Done(issued(&command.order_id, answer)),
            Err(step) => step,
        }
    }
}

impl KeyDeletion for Nice {
    fn delete(&self, command: &DeleteKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let key = at_hand(command.key.as_ref())?;
        let message = delete(channel, key, &command.order_id, command.at)?;
        let deed = Deed::of(Operation::DeleteBillingKey, message);
        send::first(channel, deed.with_key_in_path())
    }

    fn deleted(&self, _: &DeleteKey, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<KeyDeleted> {
        match send::hear(channel, call, answer).told() {
            Ok(_) => Step::Done(deleted(answer)),
            Err(step) => step,
        }
    }
}

fn at_hand(key: Option<&SecretString>) -> Result<&SecretString, Refusal> {
    key.ok_or_else(|| Refusal::new("billingKey", "is not at hand: the PG's key is sealed in the ledger"))
}

/// The issue of a key.
///
/// # Errors
/// Card data that cannot be sent; refusals name the field and never quote it.
pub(super) fn issue(
    channel: &ChannelRevision,
    order_id: &str,
    card: &CardInput,
    at: Millis,
) -> Result<Message, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        enc_data: &'a str,
        enc_mode: &'a str,
        order_id: &'a str,
        edi_date: &'a str,
        sign_data: &'a str,
    }
    rules::order_id(order_id)?;
    let keys = credentials(channel)?;
    let enc_data = enc_data(card, keys.secret())?;
    let edi_date = edi_date(at);
    let body = Body {
        enc_data: &enc_data,
        enc_mode: "A2",
        order_id,
        edi_date: &edi_date,
        sign_data: &keys.sign(&[order_id, &edi_date]),
    };
    Message::json("/v1/subscribe/regist".to_owned(), &body)
}

fn enc_data(card: &CardInput, key: &str) -> Result<String, Refusal> {
    let number = digits("number", &card.number, &[14, 15, 16])?;
    let year = digits("expiryYear", &card.expiry_year, &[2])?;
    let month = digits("expiryMonth", &card.expiry_month, &[2])?;
    let identity = card.birth_or_business.as_ref();
    let identity = identity.map(|i| digits("birthOrBusinessRegistrationNumber", i, &[6, 10]));
    let password = card.password_two_digits.as_ref();
    let password = password.map(|p| digits("passwordTwoDigits", p, &[2]));
    let (identity, password) = (identity.transpose()?.unwrap_or(""), password.transpose()?.unwrap_or(""));
    let plain = Zeroizing::new(format!(
        "cardNo={number}&expYear={year}&expMonth={month}&idNo={identity}&cardPw={password}"
    ));
    aes256_cbc(key, &plain).map_err(|_| Refusal::new("channel", "the secret key cannot encrypt card data"))
}

fn digits<'a>(field: &str, value: &'a SecretString, lengths: &[usize]) -> Result<&'a str, Refusal> {
    let text = value.expose_secret();
    let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text).ok_or_else(|| {
        let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
        let message = format!("must be {} digits", lengths.join(" or "));
        Refusal::new(format!("method.card.credential.{field}"), message)
    })
}

/// Reads the answer to an issue. A success without a key is no key.
pub(super) fn issued(order_id: &str, answer: &WireAnswer) -> Outcome<IssuedKey> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !told.succeeded() {
        return codes::refused(codes::Call::BillingKey, &told);
    }
    let object = told.object();
    if object.text("orderId").is_some_and(|id| id != order_id) {
        return Outcome::Unknown(doubt(
            "NARU_WRONG_ORDER_ID",
            "NICE Payments' answer names another orderId",
        ));
    }
    let Some(key) = object.owned("bid") else {
        return Outcome::Unknown(doubt("NARU_NO_KEY", "NICE Payments' answer names no bid"));
    };
    let code = object.owned("cardCode");
    Outcome::Done(IssuedKey {
        key: key.into(),
        pg_tx_id: object.owned("tid"),
        issued_at: object.time("authDate"),
        method: Some(MethodDetail::Card(CardDetail {
            issuer: code.as_deref().and_then(tables::card_company).map(str::to_owned),
            brand: code.as_deref().and_then(tables::scheme),
            issuer_code: code,
            name: object.text("cardName").map(|n| n.trim_matches(['[', ']']).to_owned()),
            ..CardDetail::default()
        })),
        raw: Some(mask::masked(told.body())),
    })
}

/// A charge. The order number is what an inquiry and a net-cancel find it by.
///
/// # Errors
/// A charge that breaks a rule of NICE.
pub(super) fn charge(channel: &ChannelRevision, key: &SecretString, charge: &Charge) -> Result<Message, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        order_id: &'a str,
        amount: i64,
        goods_name: &'a str,
        card_quota: &'a str,
        use_shop_interest: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        buyer_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tax_free_amt: Option<i64>,
        edi_date: &'a str,
        sign_data: &'a str,
    }
    rules::currency(charge.currency)?;
    rules::order_id(&charge.order_id)?;
    rules::amount(MethodKind::Card, &charge.amounts)?;
    for (asked, field) in [
        (
            charge.free_installment && charge.installment_months > 1,
            "useFreeInterestFromMerchant",
        ),
        (charge.use_card_point, "useCardPoint"),
    ] {
        if asked {
            return Err(Refusal::new(
                field,
                "is not served for billing keys by NICE Payments; leave it out",
            ));
        }
    }
    // Checked as a window's list is, and written without the leading zero, which this call does not take.
    let months = i64::from(charge.installment_months);
    let quota = rules::quota("installmentMonth", months, charge.amounts.total)?;
    let quota = if quota == "00" {
        "0"
    } else {
        quota.trim_start_matches('0')
    };
    let key = key.expose_secret();
    let edi_date = edi_date(charge.at);
    let body = Body {
        order_id: &charge.order_id,
        amount: charge.amounts.total,
        goods_name: &rules::goods_name(&charge.order_name)?,
        card_quota: quota,
        use_shop_interest: false,
        buyer_name: charge.customer_name.as_deref().map(|n| text::cut(n, rules::NAME_MAX)),
        tax_free_amt: (charge.amounts.tax_free > 0).then_some(charge.amounts.tax_free),
        edi_date: &edi_date,
        sign_data: &credentials(channel)?.sign(&[&charge.order_id, key, &edi_date]),
    };
    Message::json(
        format!("/v1/subscribe/{}/payments", send::segment("billingKey", key)?),
        &body,
    )
}

/// Reads the answer to a charge. An unsigned success is left to an inquiry by order number.
pub(super) fn charged(channel: &ChannelRevision, order_id: &str, total: i64, answer: &WireAnswer) -> Outcome<Approval> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !told.succeeded() {
        return codes::refused(codes::Call::Approval, &told);
    }
    let expected = Expected {
        tid: None,
        order_id,
        total,
        part: None,
    };
    let keys = match credentials(channel) {
        Ok(keys) => keys,
        Err(refusal) => return Outcome::Unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
    };
    let paid = told
        .object()
        .text("status")
        .is_some_and(|s| s.eq_ignore_ascii_case("paid"));
    match expected.prove(&told, keys) {
        Err(why) => Outcome::Unknown(why),
        Ok(proven) if proven.signed && paid => Outcome::Done(method::approval(&told, proven.tid, Status::Paid)),
        Ok(_) => Outcome::Unknown(doubt(
            "NARU_UNPROVEN",
            "NICE Payments' answer is not signed or not of a paid order",
        )),
    }
}

/// The deletion of a key.
///
/// # Errors
/// No key that a path can carry.
pub(super) fn delete(
    channel: &ChannelRevision,
    key: &SecretString,
    order_id: &str,
    at: Millis,
) -> Result<Message, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        order_id: &'a str,
        edi_date: &'a str,
        sign_data: &'a str,
    }
    let key = key.expose_secret();
    let edi_date = edi_date(at);
    let body = Body {
        order_id,
        edi_date: &edi_date,
        sign_data: &credentials(channel)?.sign(&[order_id, key, &edi_date]),
    };
    Message::json(
        format!("/v1/subscribe/{}/expire", send::segment("billingKey", key)?),
        &body,
    )
}

/// Reads the answer to a deletion. A key that was gone already counts.
pub(super) fn deleted(answer: &WireAnswer) -> Outcome<KeyDeleted> {
    match read(answer) {
        Err(why) => Outcome::Unknown(why),
        Ok(told) if told.succeeded() => Outcome::Done(KeyDeleted {
            deleted_at: told.object().time("authDate"),
        }),
        Ok(told) if matches!(told.code().as_str(), "A126" | "U115") => Outcome::Done(KeyDeleted::default()),
        Ok(told) => codes::refused(codes::Call::BillingKey, &told),
    }
}
