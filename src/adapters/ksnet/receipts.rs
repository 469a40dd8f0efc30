//! Stand-alone cash receipts over the socket (KSNET KSPayApprovalCancel: `H000`, cancelled by `H010`). KSNET takes an order
//! number once (`IssuSele` 1), so a repetition makes no second receipt. There is no inquiry. A channel must turn the
//! socket on.

use super::codes::{self, Class, Place, doubt, unknown};
use super::request::{self, Header, Record, field};
use super::wire::{cut, millis};
use super::{Ksnet, rules, sign};
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, IdentityKind, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, WireAnswer,
};
use crate::payment::{Amounts, Failure, FailureKind, ReceiptKind};
use secrecy::ExposeSecret;

/// Length of a receipt's answer, from its type on.
const ANSWER: usize = 266;
const NO_INQUIRY: &str = "KSNET publishes no inquiry for cash receipts; look it up in KSTA";

impl CashReceipts for Ksnet {
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        sign::socket(channel, "channelKey")?;
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        if command.seller.is_some() {
            let message = "KSNET issues under the channel's own business number; leave it out";
            return Err(Refusal::new("businessRegistrationNumber", message));
        }
        if command.amounts.total > 999_999_999 {
            return Err(Refusal::new("amount.total", "has more than nine digits"));
        }
        let optional = |text: &Option<String>| cut(text.as_deref().unwrap_or_default(), rules::GOODS_MAX);
        let header = Header {
            store: &channel.spec.mid,
            order: &command.order_id,
            user: &optional(&command.customer_name),
            email: &optional(&command.customer_email),
            goods: &cut(&command.order_name, rules::GOODS_MAX),
            phone: "0",
            at: command.at,
        };
        let number = command.identity.expose_secret();
        let kind = identity(number, command)?;
        let corporate = command.kind == ReceiptKind::Corporate;
        let body = issue_body("H000", kind, number, corporate, &command.amounts);
        let record = request::record(&header, &body);
        Ok(request::exchange(channel, Operation::IssueReceipt, record))
    }

    fn receipt_issued(
        &self,
        command: &IssueReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        let record = match request::answered(answer, &channel.spec.mid, &command.order_id, "H001", ANSWER) {
            Ok(record) => record,
            Err(why) => return unknown(why),
        };
        let (id, number) = (record.body(4, 12), record.body(17, 12));
        match status(&record) {
            Ok(()) if !rules::is_trno(&id) || number.is_empty() => {
                unknown(doubt("NARU_WRONG_TID", "KSNET's receipt has no number"))
            }
            Ok(()) => Step::Done(Outcome::Done(ReceiptIssued {
                url: page(&id),
                pg_receipt_id: id,
                issue_number: number,
                issued_at: at(&record),
                // KSNET says no more about it.
                tax_office: TaxOffice::Accepted,
            })),
            Err(no) => Step::Done(no.into_outcome(call.replay)),
        }
    }

    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        sign::socket(channel, "channelKey")?;
        rules::currency(command.currency)?;
        if !rules::is_trno(&command.pg_receipt_id) || command.pg_receipt_id.len() > 12 {
            return Err(Refusal::new("receiptId", "is no receipt's number of KSNET"));
        }
        if command.amounts.total != command.original.total {
            return Err(Refusal::new("amount", "must be the whole receipt's at KSNET"));
        }
        let header = Header::bare(channel, &command.order_id, command.at);
        // 1: the deal was cancelled.
        let body = request::cancel_body("H010", "0", &command.pg_receipt_id, "", "1");
        let record = request::record(&header, &body);
        Ok(request::exchange(channel, Operation::CancelReceipt, record))
    }

    fn receipt_cancelled(
        &self,
        command: &CancelReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        let record = match request::answered(answer, &channel.spec.mid, &command.order_id, "H011", ANSWER) {
            Ok(record) => record,
            Err(why) => return unknown(why),
        };
        let done = |cancelled_at| {
            Step::Done(Outcome::Done(ReceiptCancelled {
                pg_cancellation_id: None,
                cancelled_at,
            }))
        };
        match status(&record) {
            Ok(()) if record.body(4, 12) != command.pg_receipt_id => {
                unknown(doubt("NARU_WRONG_TID", "KSNET's record is about another receipt"))
            }
            Ok(()) => done(at(&record)),
            // Nothing is left of it.
            Err(No {
                kind: FailureKind::AlreadyCancelled,
                ..
            }) => done(None),
            Err(no) => Step::Done(no.into_outcome(call.replay)),
        }
    }

    fn inquire_receipt(&self, _: &InquireReceipt, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("receiptId", NO_INQUIRY))
    }

    fn receipt_inquired(&self, _: &InquireReceipt, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<ReceiptView> {
        unknown(doubt("NARU_NO_READER", NO_INQUIRY))
    }
}

/// `UserInfoSele`: whose number it is. Resident numbers (0) are not taken.
fn identity(number: &str, command: &IssueReceipt) -> Result<&'static str, Refusal> {
    let refuse = |message: &str| Err(Refusal::new("customer.identityNumber", message));
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return refuse("must be digits only");
    }
    let kind = command.identity_kind.or(match number.len() {
        10 if command.kind == ReceiptKind::Corporate => Some(IdentityKind::Business),
        10 | 11 => Some(IdentityKind::Phone),
        13..=19 => Some(IdentityKind::Card),
        _ => None,
    });
    match (kind, number.len()) {
        (Some(IdentityKind::Business), 10) => Ok("1"),
        (Some(IdentityKind::Card), 13..=19) => Ok("2"),
        (Some(IdentityKind::Phone), 10 | 11) => Ok("3"),
        _ => refuse("must be a mobile number of 10 or 11 digits, a business number of 10, or a card's of 13 to 19"),
    }
}

/// Body of an issue: stand-alone, an order number once. What is free of tax counts as supply.
pub(super) fn issue_body(kind: &str, identity: &str, number: &str, corporate: bool, amounts: &Amounts) -> Vec<u8> {
    let nine = |amount: i64| format!("{amount:09}");
    let fields = [
        (kind, 4),
        ("", 12),
        ("1", 1),
        (identity, 1),
        (number, 37),
        (if corporate { "1" } else { "0" }, 1),
        ("0", 1),
        (&nine(amounts.total - amounts.vat), 9),
        (&nine(amounts.vat), 9),
        (&nine(0), 9),
        (&nine(amounts.total), 9),
        ("", 147),
    ];
    fields.iter().flat_map(|(text, length)| field(text, *length)).collect()
}

/// A refusal, or a record that says neither.
struct No {
    kind: FailureKind,
    class: Class,
    code: String,
    message: String,
}

impl No {
    /// `replay`: the same record was sent before, so a closed door says nothing about that.
    fn into_outcome<T>(self, replay: bool) -> Outcome<T> {
        match self.class {
            Class::Refused if replay && self.kind == FailureKind::Maintenance => {
                Outcome::Unknown(doubt(&self.code, self.message))
            }
            Class::Refused => Outcome::Declined(Failure::new(self.kind, self.code, self.message)),
            Class::Ask => Outcome::Unknown(doubt(&self.code, self.message)),
        }
    }
}

/// The record names no code of a refusal, so its texts tell what it means.
fn status(record: &Record<'_>) -> Result<(), No> {
    let texts = [(44, 16), (60, 16), (76, 20), (96, 20)].map(|(from, length)| record.body(from, length));
    let message = texts.join(" ").trim().to_owned();
    match record.body(16, 1).as_str() {
        "O" => Ok(()),
        "X" => {
            let (kind, class) = codes::meaning(Place::Pay, "X", &message);
            Err(No {
                kind,
                class,
                code: "X".to_owned(),
                message,
            })
        }
        _ => Err(No {
            kind: FailureKind::OutcomeUnknown,
            class: Class::Ask,
            code: "NARU_UNREADABLE".to_owned(),
            message: "KSNET's record says neither O nor X".to_owned(),
        }),
    }
}

fn at(record: &Record<'_>) -> Option<i64> {
    millis(&record.body(30, 14))
}

/// The buyer's page of a receipt, as shops link it.
fn page(id: &str) -> String {
    format!("http://pgims.ksnet.co.kr/pg_infoc/src/bill/ps1.jsp?s_pg_deal_numb={id}")
}
