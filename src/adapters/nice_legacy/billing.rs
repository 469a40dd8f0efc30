//! Billing keys by card number (NICE docs: "빌링"): what is sent and how it is read.

use super::approve::settled;
use super::instant::{self, kind};
use super::sign::credentials;
use super::verify::doubt;
use super::wire::{edi_date, millis, read};
use super::{Message, NiceLegacy, codes, mask, rules, send};
use crate::adapters::nice_common::cipher::aes128_ecb;
use crate::adapters::nice_common::{tables, text};
use crate::adapters::{
    BillingKeys, Call, CardInput, ChannelRevision, Charge, DeleteKey, IssueKey, IssuedKey, KeyByCard, KeyDeleted,
    KeyDeletion, Operation, Outcome, Refusal, Step, WireAnswer,
};
use crate::payment::{Approval, CardDetail, CardType, MethodDetail, MethodKind, Millis};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

impl BillingKeys for NiceLegacy {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let message = charge(channel, at_hand(command.key.as_ref())?, command)?;
        let tid = charge_tid(channel, &command.order_id, command.at);
        Ok(send::message(channel, Operation::ChargeBillingKey, message, Some(tid)))
    }

    fn charged(&self, command: &Charge, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        charged(channel, &command.order_id, command.amounts.total, command.at, answer)
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }

    fn deletion(&self) -> Option<&dyn KeyDeletion> {
        Some(self)
    }
}

impl KeyByCard for NiceLegacy {
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let card = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key is never asked for twice";
            Refusal::new("method.card.credential", message)
        })?;
        let message = issue(channel, &command.order_id, card, command.at)?;
        Ok(send::message(channel, Operation::IssueBillingKey, message, None))
    }

    fn issued(&self, _: &IssueKey, _: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
        Step::Done(issued(answer))
    }
}

impl KeyDeletion for NiceLegacy {
    fn delete(&self, command: &DeleteKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let message = delete(channel, at_hand(command.key.as_ref())?, &command.order_id, command.at)?;
        Ok(send::message(channel, Operation::DeleteBillingKey, message, None))
    }

    fn deleted(&self, _: &DeleteKey, _: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<KeyDeleted> {
        Step::Done(deleted(answer))
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
    rules::order_id(order_id)?;
    let keys = credentials(channel)?;
    let mid = channel.spec.mid.as_str();
    let edi_date = edi_date(at);
    let sign_data = keys.sign(&[mid, &edi_date, order_id]);
    let card = instant::Digits::of(card)?;
    let plain = Zeroizing::new(format!(
        "CardNo={}&ExpYear={}&ExpMonth={}&IDNo={}&CardPw={}",
        card.number, card.year, card.month, card.identity, card.password
    ));
    let unusable = |_| Refusal::new("channel", "the merchant key cannot encrypt card data");
    let enc_data = aes128_ecb(keys.key(), &plain).map_err(unusable)?;
    let fields = [
        ("MID", mid),
        ("EdiDate", &edi_date),
        ("Moid", order_id),
        ("EncData", &enc_data),
        ("SignData", &sign_data),
    ];
    Message::form(channel, "/webapi/billing/billing_regist.jsp", &fields)
}

/// Reads the answer to an issue: `F100` and a `BID`, or no key.
pub(super) fn issued(answer: &WireAnswer) -> Outcome<IssuedKey> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if told.code() != "F100" {
        return codes::refused(codes::Call::BillingKey, &told);
    }
    let Some(key) = told.text("BID") else {
        return Outcome::Unknown(doubt("NARU_NO_KEY", "NICE Payments' answer names no BID"));
    };
    let code = told.text("CardCode");
    Outcome::Done(IssuedKey {
        key: key.into(),
        pg_tx_id: told.text("TID"),
        issued_at: told.text("AuthDate").as_deref().and_then(millis),
        method: Some(MethodDetail::Card(CardDetail {
            issuer: code.as_deref().and_then(tables::card_company).map(str::to_owned),
            brand: code.as_deref().and_then(tables::scheme),
            issuer_code: code,
            card_type: match told.text("CardCl").as_deref() {
                Some("0") => Some(CardType::Credit),
                Some("1") => Some(CardType::Debit),
                _ => None,
            },
            name: told.text("CardName"),
            ..CardDetail::default()
        })),
        raw: Some(mask::masked(told.body())),
    })
}

/// A charge, under a TID of ours: the issue's own would be refused as used.
///
/// # Errors
/// A charge that breaks a rule of NICE.
pub(super) fn charge(channel: &ChannelRevision, key: &SecretString, charge: &Charge) -> Result<Message, Refusal> {
    rules::currency(charge.currency)?;
    rules::order_id(&charge.order_id)?;
    rules::amount(MethodKind::Card, &charge.amounts)?;
    if charge.use_card_point {
        let message = "is not served for billing keys by NICE Payments here; leave it out";
        return Err(Refusal::new("useCardPoint", message));
    }
    let keys = credentials(channel)?;
    let months = i64::from(charge.installment_months);
    let quota = rules::quota("installmentMonth", months, charge.amounts.total)?;
    let (mid, key) = (channel.spec.mid.as_str(), key.expose_secret());
    let (tid, amount) = (
        charge_tid(channel, &charge.order_id, charge.at),
        charge.amounts.total.to_string(),
    );
    let edi_date = edi_date(charge.at);
    let sign_data = keys.sign(&[mid, &edi_date, &charge.order_id, &amount, key]);
    let goods = rules::goods_name(&charge.order_name)?;
    let parts = rules::tax_parts(&charge.amounts);
    let name = charge.customer_name.as_deref().map(|n| text::cut(n, rules::NAME_MAX));
    let mut fields = vec![
        ("BID", key),
        ("MID", mid),
        ("TID", &tid),
        ("EdiDate", &edi_date),
        ("Moid", &charge.order_id),
        ("Amt", &amount),
        ("GoodsName", &goods),
        ("SignData", &sign_data),
        (
            "CardInterest",
            if charge.free_installment && quota != "00" {
                "1"
            } else {
                "0"
            },
        ),
        ("CardQuota", &quota),
    ];
    fields.extend(name.as_deref().map(|n| ("BuyerName", n)));
    if keys.splits(&charge.amounts) {
        fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
    }
    Message::form(channel, "/webapi/billing/billing_approve.jsp", &fields)
}

/// The TID of a charge; a lost one is asked for by it.
pub(super) fn charge_tid(channel: &ChannelRevision, order_id: &str, at: Millis) -> String {
    instant::tid(channel, kind::BILLING, order_id, at)
}

/// Reads the answer to a charge.
pub(super) fn charged(
    channel: &ChannelRevision,
    order_id: &str,
    total: i64,
    at: Millis,
    answer: &WireAnswer,
) -> Step<Approval> {
    match read(answer) {
        Err(why) => Step::Done(Outcome::Unknown(why)),
        Ok(told) if codes::is_approved("CARD", &told.code()) => settled(
            &told,
            channel,
            &charge_tid(channel, order_id, at),
            total,
            order_id,
            "CARD",
        ),
        Ok(told) => Step::Done(codes::refused(codes::Call::Approval, &told)),
    }
}

/// The deletion of a key.
///
/// # Errors
/// The channel's credentials are not this adapter's.
pub(super) fn delete(
    channel: &ChannelRevision,
    key: &SecretString,
    order_id: &str,
    at: Millis,
) -> Result<Message, Refusal> {
    let (mid, key) = (channel.spec.mid.as_str(), key.expose_secret());
    let edi_date = edi_date(at);
    let sign_data = credentials(channel)?.sign(&[mid, &edi_date, order_id, key]);
    let fields = [
        ("BID", key),
        ("MID", mid),
        ("EdiDate", &edi_date),
        ("Moid", order_id),
        ("SignData", &sign_data),
    ];
    Message::form(channel, "/webapi/billing/billkey_remove.jsp", &fields)
}

/// Reads the answer to a deletion: here `F101` is the success. A key that was gone already counts.
pub(super) fn deleted(answer: &WireAnswer) -> Outcome<KeyDeleted> {
    match read(answer) {
        Err(why) => Outcome::Unknown(why),
        Ok(told) if told.code() == "F101" => Outcome::Done(KeyDeleted {
            deleted_at: told.text("AuthDate").as_deref().and_then(millis),
        }),
        Ok(told) if matches!(told.code().as_str(), "A126" | "U115") => Outcome::Done(KeyDeleted::default()),
        Ok(told) => codes::refused(codes::Call::BillingKey, &told),
    }
}
