//! Stand-alone cash receipts (`cash_receipt.jsp`): what is sent and how it is read. NICE has no inquiry for them.

use super::instant::{self, kind};
use super::sign::credentials;
use super::verify::{Expected, doubt};
use super::wire::{edi_date, millis, read};
use super::{Message, codes, rules, send};
use crate::adapters::{ChannelRevision, Outcome, Refusal, WireAnswer};
use crate::payment::{Amounts, Millis};
use secrecy::{ExposeSecret, SecretString};

/// A receipt that NICE took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// TID of the receipt.
    pub tid: String,
    /// Approval number.
    pub approve_no: Option<String>,
    /// When, ms.
    pub at: Option<Millis>,
}

/// The issue, to a phone number (income deduction) or a business number (`company`), under a TID of ours.
///
/// # Errors
/// A number of another length, or an order that breaks a rule of NICE.
pub fn issue(
    channel: &ChannelRevision,
    order_id: &str,
    amounts: &Amounts,
    order_name: &str,
    company: bool,
    number: &SecretString,
    at: Millis,
) -> Result<Message, Refusal> {
    rules::order_id(order_id)?;
    let number = number.expose_secret();
    let lengths = if company { 10..=10 } else { 10..=11 };
    if !lengths.contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        let message = "must be a mobile number of 10 or 11 digits, or a business registration number of 10; receipt \
                       cards are not possible";
        return Err(Refusal::new("customer.identityNumber", message));
    }
    let (mid, tid) = (
        channel.spec.mid.as_str(),
        instant::tid(channel, kind::RECEIPT, order_id, at),
    );
    let (total, supply) = (amounts.total.to_string(), amounts.supply.to_string());
    let (vat, tax_free) = (amounts.vat.to_string(), amounts.tax_free.to_string());
    let edi_date = edi_date(at);
    let sign_data = credentials(channel)?.sign(&[mid, &total, &edi_date, order_id]);
    let goods = rules::goods_name(order_name)?;
    let fields = [
        ("MID", mid),
        ("TID", &tid),
        ("EdiDate", &edi_date),
        ("Moid", order_id),
        ("SignData", &sign_data),
        ("GoodsName", &goods),
        ("ReceiptAmt", &total),
        ("ReceiptType", if company { "2" } else { "1" }),
        ("ReceiptTypeNo", number),
        ("ReceiptSupplyAmt", &supply),
        ("ReceiptVAT", &vat),
        ("ReceiptServiceAmt", "0"),
        ("ReceiptTaxFreeAmt", &tax_free),
    ];
    Message::form(channel, "/webapi/cash_receipt.jsp", &fields)
}

/// Reads the answer to an issue: `7001`, under the TID that was sent.
#[must_use]
pub fn issued(channel: &ChannelRevision, order_id: &str, at: Millis, answer: &WireAnswer) -> Outcome<Accepted> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if told.code() != "7001" {
        return codes::refused(codes::Call::Approval, &told);
    }
    let own = instant::tid(channel, kind::RECEIPT, order_id, at);
    if told.text("TID").is_none_or(|tid| tid != own) {
        return Outcome::Unknown(doubt(
            "NARU_WRONG_TID",
            "NICE Payments' answer names no TID or another one",
        ));
    }
    Outcome::Done(Accepted {
        tid: own,
        approve_no: told.text("AuthCode"),
        at: told.text("AuthDate").as_deref().and_then(millis),
    })
}

/// The cancellation of a whole receipt: a payment's cancellation with the receipt's TID.
///
/// # Errors
/// No TID, or no reason.
pub fn cancel(
    channel: &ChannelRevision,
    tid: &str,
    order_id: &str,
    amounts: &Amounts,
    reason: &str,
    at: Millis,
) -> Result<Message, Refusal> {
    if !rules::is_tid(tid) {
        return Err(Refusal::new("receiptId", "is no TID of NICE Payments"));
    }
    let (mid, amount) = (channel.spec.mid.as_str(), amounts.total.to_string());
    let edi_date = edi_date(at);
    let sign_data = credentials(channel)?.sign(&[mid, &amount, &edi_date]);
    let reason = rules::reason(reason)?;
    let parts = rules::tax_parts(amounts);
    let mut fields = vec![
        ("TID", tid),
        ("MID", mid),
        ("Moid", order_id),
        ("CancelAmt", &amount),
        ("CancelMsg", &reason),
        ("PartialCancelCode", "0"),
        ("EdiDate", &edi_date),
        ("SignData", &sign_data),
    ];
    fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
    Message::form(channel, send::CANCEL, &fields)
}

/// Reads the answer to a cancellation.
#[must_use]
pub fn cancelled(
    channel: &ChannelRevision,
    tid: &str,
    order_id: &str,
    total: i64,
    answer: &WireAnswer,
) -> Outcome<Accepted> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !codes::is_cancelled(&told.code()) {
        return codes::refused(codes::Call::Cancel, &told);
    }
    let expected = Expected {
        tid,
        order_ids: &[order_id],
        amount_name: "CancelAmt",
        amount: total,
        new_tid: false,
    };
    let proven = credentials(channel)
        .map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))
        .and_then(|keys| expected.prove(&told, channel, keys));
    match proven {
        Ok(tid) => Outcome::Done(Accepted {
            tid,
            approve_no: told.text("CancelNum"),
            at: None,
        }),
        Err(why) => Outcome::Unknown(why),
    }
}
