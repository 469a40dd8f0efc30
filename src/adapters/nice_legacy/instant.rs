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

/// Method and media of a TID we make.
pub(super) mod kind {
    /// Card, ordinary.
    pub(in crate::adapters::nice_legacy) const CARD: &str = "0101";
    /// Card, by billing key.
    pub(in crate::adapters::nice_legacy) const BILLING: &str = "0116";
    /// Virtual account.
    pub(in crate::adapters::nice_legacy) const ACCOUNT: &str = "0301";
    /// Cash receipt.
    pub(in crate::adapters::nice_legacy) const RECEIPT: &str = "0401";
}

/// The TID we make for a payment: MID, method and media, time, and four digits of the order number's hash, so that it can
/// be made again when the answer is lost. Two orders of one second may meet, so each TID is claimed before it is sent.
pub(super) fn tid(channel: &ChannelRevision, kind: &str, order_id: &str, at: Millis) -> String {
    let hash = text::sha256_hex(&[order_id]);
    let number = u32::from_str_radix(&hash[..8], 16).unwrap_or_default() % 10_000;
    format!("{}{kind}{}{number:04}", channel.spec.mid, stamp(at, "%y%m%d%H%M%S"))
}

/// Card data that can be sent. Refusals never quote what was given.
pub(super) struct Digits<'a> {
    pub(super) number: &'a str,
    pub(super) year: &'a str,
    pub(super) month: &'a str,
    pub(super) identity: &'a str,
    pub(super) password: &'a str,
}

impl<'a> Digits<'a> {
    /// Checks card data.
    pub(super) fn of(card: &'a CardInput) -> Result<Self, Refusal> {
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
        const IDENTITY: &str = "birthOrBusinessRegistrationNumber";
        let fix = "must be the owner's birth date (YYMMDD) or the company's ten-digit business registration number";
        let identity = digits(IDENTITY, card.birth_or_business.as_ref(), 6..=10, fix)?;
        if !matches!(identity.len(), 0 | 6 | 10) {
            return Err(refusal(IDENTITY, fix));
        }
        let fix = "must be the first two digits of the card's password";
        let password = digits("passwordTwoDigits", card.password_two_digits.as_ref(), 2..=2, fix)?;
        Ok(Self {
            number,
            year,
            month,
            identity,
            password,
        })
    }
}

/// The encrypted card data. Names and the form of the expiry differ from those of a billing key.
fn enc_data(card: &CardInput, key: &str) -> Result<String, Refusal> {
    let card = Digits::of(card)?;
    let plain = Zeroizing::new(format!(
        "CardNo={}&CardExpire={}{}&BuyerAuthNum={}&CardPwd={}",
        card.number, card.year, card.month, card.identity, card.password
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
        let tid = tid(channel, kind::CARD, &command.order_id, command.at);
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
        if keys.splits(&command.amounts) {
            fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
        }
        let url = send::webapi_url(channel, "card_keyin.jsp");
        let mut call = send::post(channel, Operation::Instant, url, &fields)?;
        call.claim = Some(tid);
        Ok(call)
    }

    fn paid(&self, command: &KeyIn, channel: &ChannelRevision, _call: &Call, answer: &WireAnswer) -> Step<Approval> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        let code = told.code();
        if codes::is_approved("CARD", &code) {
            let tid = tid(channel, kind::CARD, &command.order_id, command.at);
            return settled(&told, channel, &tid, command.amounts.total, &command.order_id, "CARD");
        }
        Step::Done(match code.as_str() {
            // We send a TID once, so one that is used already belongs to another order of the same second.
            "A225" | "U114" => Outcome::Declined(Failure::new(FailureKind::Conflict, code, told.message())),
            _ => codes::refused(codes::Call::Approval, &told),
        })
    }
}
