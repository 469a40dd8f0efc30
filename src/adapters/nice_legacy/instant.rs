//! Key-in card payment: `card_keyin.jsp` (NICE docs: "카드 키인", a contract of its own).

use super::approve::settled;
use super::sign::credentials;
use super::verify::unknown;
use super::wire::{edi_date, read, stamp};
use super::{NiceLegacy, codes, rules, send};
use crate::adapters::nice_common::cipher::aes128_ecb;
use crate::adapters::nice_common::text;
use crate::adapters::{
    Call, CardInput, ChannelRevision, Instant, KeyIn, Operation, Outcome, Refusal, Step, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, MethodKind, Millis};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const CREDENTIAL: &str = "method.card.credential";

/// The TID we make for a payment: MID, method 01 (card), media 01, time, and four digits of the order number's hash, so
/// that it can be made again when the answer is lost. Two orders of one second may meet; NICE then refuses the second.
pub(super) fn tid(channel: &ChannelRevision, order_id: &str, at: Millis) -> String {
    let hash = text::sha256_hex(&[order_id]);
    let number = u32::from_str_radix(&hash[..8], 16).unwrap_or_default() % 10_000;
    format!("{}0101{}{number:04}", channel.spec.mid, stamp(at, "%y%m%d%H%M%S"))
}

/// The encrypted card data. Refusals never quote what was given.
fn enc_data(card: &CardInput, key: &str) -> Result<String, Refusal> {
    let number = digits(
        "number",
        Some(&card.number),
        12..=20,
        "must be the card number, digits only",
    )?;
    let year = digits(
        "expiryYear",
        Some(&card.expiry_year),
        2..=2,
        "must be two digits, e.g. 30",
    )?;
    let month = digits(
        "expiryMonth",
        Some(&card.expiry_month),
        2..=2,
        "must be two digits, 01 to 12",
    )?;
    if !("01"..="12").contains(&month) {
        return Err(refusal("expiryMonth", "must be two digits, 01 to 12"));
    }
    let identity = card.birth_or_business.as_ref();
    let fix = "must be the owner's birth date (YYMMDD) or the company's ten-digit business registration number";
    let identity = digits("birthOrBusinessRegistrationNumber", identity, 6..=10, fix)?;
    if !matches!(identity.len(), 0 | 6 | 10) {
        return Err(refusal("birthOrBusinessRegistrationNumber", fix));
    }
    let fix = "must be the first two digits of the card's password";
    let password = digits("passwordTwoDigits", card.password_two_digits.as_ref(), 2..=2, fix)?;
    let plain = Zeroizing::new(format!(
        "CardNo={number}&CardExpire={year}{month}&BuyerAuthNum={identity}&CardPwd={password}"
    ));
    aes128_ecb(key, &plain).map_err(|_| Refusal::new("channel", "the merchant key cannot encrypt card data"))
}

/// Digits of a field; empty if it was not given. Which fields a contract wants is NICE's to say.
fn digits<'a>(
    field: &str,
    value: Option<&'a SecretString>,
    lengths: std::ops::RangeInclusive<usize>,
    fix: &str,
) -> Result<&'a str, Refusal> {
    let Some(value) = value else { return Ok("") };
    let text = value.expose_secret();
    let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text).ok_or_else(|| refusal(field, fix))
}

fn refusal(field: &str, message: &str) -> Refusal {
    Refusal::new(format!("{CREDENTIAL}.{field}"), message)
}

impl Instant for NiceLegacy {
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        if command.use_card_point {
            return Err(Refusal::new(
                "method.card.useCardPoint",
                "is not possible in key-in payments here",
            ));
        }
        let keys = credentials(channel)?;
        let months = i64::from(command.installment_months);
        let quota = rules::quota("method.card.installmentMonth", months, command.amounts.total)?;
        let card = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key-in payment is never sent twice";
            Refusal::new(CREDENTIAL, message)
        })?;
        let enc_data = enc_data(card, keys.key())?;
        let tid = tid(channel, &command.order_id, command.at);
        let (mid, amount) = (channel.spec.mid.as_str(), command.amounts.total.to_string());
        let edi_date = edi_date(command.at);
        let sign_data = keys.sign(&[mid, &amount, &edi_date, &command.order_id]);
        let goods = rules::goods_name(&command.order_name)?;
        let name = command.customer_name.as_deref().map(|n| text::cut(n, rules::NAME_MAX));
        let email = command.customer_email.as_deref().map(rules::email).transpose()?;
        let parts = rules::tax_parts(&command.amounts);
        let interest = if command.free_installment && quota != "00" {
            "1"
        } else {
            "0"
        };
        let mut fields = vec![
            ("TID", tid.as_str()),
            ("MID", mid),
            ("EdiDate", &edi_date),
            ("Moid", &command.order_id),
            ("Amt", &amount),
            ("GoodsName", &goods),
            ("EncData", &enc_data),
            ("SignData", &sign_data),
            ("CardInterest", interest),
            ("CardQuota", &quota),
        ];
        fields.extend(name.as_deref().map(|n| ("BuyerName", n)));
        fields.extend(email.as_deref().map(|e| ("BuyerEmail", e)));
        if command.amounts.tax_free > 0 {
            fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
        }
        let url = send::webapi_url(channel, "card_keyin.jsp");
        send::post(channel, Operation::Instant, url, &fields)
    }

    fn paid(&self, command: &KeyIn, channel: &ChannelRevision, _call: &Call, answer: &WireAnswer) -> Step<Approval> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        let code = told.code();
        if codes::is_approved("CARD", &code) {
            let tid = tid(channel, &command.order_id, command.at);
            return settled(&told, channel, &tid, command.amounts.total, &command.order_id, "CARD");
        }
        Step::Done(match code.as_str() {
            // We send a TID once, so one that is used already belongs to another order of the same second.
            "A225" | "U114" => Outcome::Declined(Failure::new(FailureKind::Conflict, code, told.message())),
            _ => codes::refused(codes::Call::Approval, &told),
        })
    }
}
