//! Stand-alone cash receipts (`cash_receipt.jsp`): what is sent and how it is read. NICE has no inquiry for them.

use super::instant::{self, kind};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, edi_date, millis, read};
use super::{Message, NiceLegacy, codes, rules, send, vbank};
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, WireAnswer,
};
use crate::payment::{Amounts, Millis, ReceiptKind};
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

impl CashReceipts for NiceLegacy {
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        if command.seller.is_some() {
            let message = "NICE Payments issues under the channel's own business number; leave it out";
            return Err(Refusal::new("businessRegistrationNumber", message));
        }
        let message = issue(
            channel,
            &command.order_id,
            &command.amounts,
            &command.order_name,
            command.kind == ReceiptKind::Corporate,
            &command.identity,
            command.at,
        )?;
        let tid = instant::tid(channel, kind::RECEIPT, &command.order_id, command.at);
        Ok(send::message(channel, Operation::IssueReceipt, message, Some(tid)))
    }

    fn receipt_issued(
        &self,
        command: &IssueReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        let receipt = |tid: String, number: Option<String>, at| ReceiptIssued {
            url: page(&tid),
            pg_receipt_id: tid,
            issue_number: number.unwrap_or_default(),
            issued_at: at,
            // NICE says no more about it.
            tax_office: TaxOffice::Accepted,
        };
        // The TID is ours alone, so to a repetition "used already" says that the first sending was taken.
        let used = |code: &str| call.replay && matches!(code, "A225" | "U114");
        let own = || instant::tid(channel, kind::RECEIPT, &command.order_id, command.at);
        Step::Done(match issued(channel, &command.order_id, command.at, answer) {
            Outcome::Done(taken) => Outcome::Done(receipt(taken.tid, taken.approve_no, taken.at)),
            Outcome::Declined(failure) if used(&failure.code) => Outcome::Done(receipt(own(), None, None)),
            Outcome::Unknown(why) if used(&why.code) => Outcome::Done(receipt(own(), None, None)),
            Outcome::Declined(failure) => Outcome::Declined(failure),
            Outcome::NotSent(failure) => Outcome::NotSent(failure),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let (tid, own) = (&command.pg_receipt_id, cancel_order(&command.order_id));
        let message = cancel(channel, tid, &own, &command.amounts, REASON, command.at)?;
        Ok(send::message(channel, Operation::CancelReceipt, message, None))
    }

    fn receipt_cancelled(
        &self,
        command: &CancelReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        let (tid, own) = (&command.pg_receipt_id, cancel_order(&command.order_id));
        let total = command.amounts.total;
        Step::Done(match vbank::cancelled_whole(channel, tid, &own, total, call, answer) {
            Outcome::Done(cancelled_at) => Outcome::Done(ReceiptCancelled {
                pg_cancellation_id: Some(own),
                cancelled_at,
            }),
            Outcome::Declined(failure) => Outcome::Declined(failure),
            Outcome::NotSent(failure) => Outcome::NotSent(failure),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    fn inquire_receipt(&self, _: &InquireReceipt, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("receiptId", NO_INQUIRY))
    }

    fn receipt_inquired(&self, _: &InquireReceipt, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<ReceiptView> {
        unknown(doubt("NARU_NO_READER", NO_INQUIRY))
    }
}

const NO_INQUIRY: &str = "NICE Payments' older API has no inquiry for cash receipts";

/// NICE wants a reason; merchants of the router give none for receipts.
const REASON: &str = "현금영수증 취소";

/// The number of a cancellation, letters and digits only.
fn cancel_order(order_id: &str) -> String {
    format!("{order_id}R")
}

/// The buyer's page of a receipt.
fn page(tid: &str) -> String {
    format!("https://npg.nicepay.co.kr/issue/IssueLoader.do?type=1&TID={tid}")
}

/// The issue, to a phone number (income deduction) or a business number (`company`), under a TID of ours.
///
/// # Errors
/// A number of another length, or an order that breaks a rule of NICE.
pub(super) fn issue(
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
pub(super) fn issued(channel: &ChannelRevision, order_id: &str, at: Millis, answer: &WireAnswer) -> Outcome<Accepted> {
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
pub(super) fn cancel(
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
    let keys = credentials(channel)?;
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
    if let Some(password) = &keys.cancel_password {
        fields.push(("CancelPwd", password.expose_secret()));
    }
    Message::form(channel, send::CANCEL, &fields)
}

/// Reads the answer to a cancellation.
pub(super) fn cancelled(
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
            at: cancelled_at(&told),
        }),
        Err(why) => Outcome::Unknown(why),
    }
}

fn cancelled_at(told: &Told) -> Option<Millis> {
    let day = told.text("CancelDate").unwrap_or_default();
    millis(&format!("{day}{}", told.text("CancelTime").unwrap_or_default()))
}
