//! Stand-alone cash receipts (NICE docs: "현금영수증"): what is sent and how it is read. A success means that NICE will
//! forward it to the tax office; how it ended is known two business days later, by asking.

use super::send::{self, Deed};
use super::sign::credentials;
use super::verify::{doubt, unknown};
use super::wire::{Told, edi_date, read};
use super::{Message, Nice, codes, rules};
use crate::adapters::nice_common::results;
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, UnknownWhy, WireAnswer,
};
use crate::payment::{Amounts, Failure, FailureKind, Millis, ReceiptKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// A receipt that NICE took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// tid of the receipt.
    pub tid: String,
    /// Approval number, if there is one yet.
    pub approve_no: Option<String>,
    /// When, ms.
    pub at: Option<Millis>,
}

impl CashReceipts for Nice {
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
        send::first(channel, Deed::of(Operation::IssueReceipt, message))
    }

    fn receipt_issued(
        &self,
        command: &IssueReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        if let Err(step) = send::hear(channel, call, answer).told() {
            return step;
        }
        Step::Done(match accepted(channel, None, &[&command.order_id], answer) {
            Outcome::Done(taken) => Outcome::Done(ReceiptIssued {
                url: page(&taken.tid),
                pg_receipt_id: taken.tid,
                issue_number: taken.approve_no.unwrap_or_default(),
                issued_at: taken.at,
                tax_office: TaxOffice::Pending,
            }),
            Outcome::Declined(failure) => Outcome::Declined(failure),
            Outcome::NotSent(failure) => Outcome::NotSent(failure),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let part = (command.amounts.total != command.original.total).then_some(&command.amounts);
        let own = cancel_order(&command.order_id, command.balance_before);
        let message = cancel(channel, &command.pg_receipt_id, &own, part, REASON, command.at)?;
        send::first(channel, Deed::of(Operation::CancelReceipt, message))
    }

    fn receipt_cancelled(
        &self,
        command: &CancelReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        if let Err(step) = send::hear(channel, call, answer).told() {
            return step;
        }
        let own = cancel_order(&command.order_id, command.balance_before);
        let orders = [own.as_str(), &command.order_id];
        Step::Done(match accepted(channel, Some(&command.pg_receipt_id), &orders, answer) {
            Outcome::Done(taken) => Outcome::Done(ReceiptCancelled {
                pg_cancellation_id: Some(own),
                cancelled_at: taken.at,
            }),
            Outcome::Declined(failure) => Outcome::Declined(failure),
            Outcome::NotSent(failure) => Outcome::NotSent(failure),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    fn inquire_receipt(&self, command: &InquireReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let tid = command.pg_receipt_id.as_deref().ok_or_else(|| {
            let message = "is not known: NICE Payments finds a receipt by its tid only";
            Refusal::new("receiptId", message)
        })?;
        let path = format!("/v1/receipt/{}", send::segment("receiptId", tid)?);
        send::first(channel, Deed::get(Operation::Inquire, path))
    }

    fn receipt_inquired(
        &self,
        command: &InquireReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptView> {
        match send::hear(channel, call, answer).told() {
            Ok(told) if told.succeeded() => match view(command, channel, &told) {
                Ok(view) => Step::Done(Outcome::Done(view)),
                Err(why) => unknown(why),
            },
            Ok(told) if results::absent(&told.code()) => Step::Done(Outcome::Done(ReceiptView::Absent(Failure::new(
                FailureKind::NotFound,
                told.code(),
                told.message(),
            )))),
            Ok(told) => Step::Done(codes::refused(codes::Call::Inquiry, &told)),
            Err(step) => step,
        }
    }
}

/// NICE wants a reason; merchants of the router give none for receipts.
const REASON: &str = "현금영수증 취소";

/// The number of a cancellation: the receipt's, and what was left before it, so that a second one has another.
fn cancel_order(order_id: &str, balance_before: i64) -> String {
    format!("{order_id}-r{balance_before}")
}

/// The buyer's page of a receipt.
fn page(tid: &str) -> String {
    format!("https://npg.nicepay.co.kr/issue/IssueLoader.do?type=1&TID={tid}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    supply_amt: i64,
    goods_vat: i64,
    tax_free_amt: i64,
    service_amt: i64,
}

impl Parts {
    fn of(amounts: &Amounts) -> Self {
        Self {
            supply_amt: amounts.supply,
            goods_vat: amounts.vat,
            tax_free_amt: amounts.tax_free,
            service_amt: 0,
        }
    }
}

/// The issue of a receipt, to a phone number (income deduction) or a business number (`company`).
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
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        order_id: &'a str,
        amount: i64,
        goods_name: &'a str,
        receipt_type: &'a str,
        receipt_no: &'a str,
        #[serde(flatten)]
        parts: Parts,
        edi_date: &'a str,
        sign_data: &'a str,
    }
    rules::order_id(order_id)?;
    let number = number.expose_secret();
    let lengths = if company { 10..=10 } else { 10..=11 };
    if !lengths.contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        let message = "must be a mobile number of 10 or 11 digits, or a business registration number of 10";
        return Err(Refusal::new("customer.identityNumber", message));
    }
    let (edi_date, amount) = (edi_date(at), amounts.total.to_string());
    let body = Body {
        order_id,
        amount: amounts.total,
        goods_name: &rules::goods_name(order_name)?,
        receipt_type: if company { "company" } else { "individual" },
        receipt_no: number,
        parts: Parts::of(amounts),
        edi_date: &edi_date,
        sign_data: &credentials(channel)?.sign(&[order_id, &amount, &edi_date]),
    };
    Message::json("/v1/receipt/".to_owned(), &body)
}

/// The cancellation of a receipt, of a part if `part` says which.
///
/// # Errors
/// No tid, or no reason.
pub(super) fn cancel(
    channel: &ChannelRevision,
    tid: &str,
    order_id: &str,
    part: Option<&Amounts>,
    reason: &str,
    at: Millis,
) -> Result<Message, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        order_id: &'a str,
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cancel_amt: Option<i64>,
        #[serde(flatten)]
        parts: Option<Parts>,
        edi_date: &'a str,
        sign_data: &'a str,
    }
    let edi_date = edi_date(at);
    let body = Body {
        order_id,
        reason: &rules::reason(reason)?,
        cancel_amt: part.map(|a| a.total),
        parts: part.map(Parts::of),
        edi_date: &edi_date,
        sign_data: &credentials(channel)?.sign(&[tid, &edi_date]),
    };
    Message::json(
        format!("/v1/receipt/{}/cancel", send::segment("receiptId", tid)?),
        &body,
    )
}

/// Reads the answer to an issue or a cancellation (`tid` known). Both are signed over tid, order and time.
pub(super) fn accepted(
    channel: &ChannelRevision,
    tid: Option<&str>,
    order_ids: &[&str],
    answer: &WireAnswer,
) -> Outcome<Accepted> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !told.succeeded() {
        return codes::refused(codes::Call::Cancel, &told);
    }
    match taken(channel, tid, order_ids, &told) {
        Ok(accepted) => Outcome::Done(accepted),
        Err(why) => Outcome::Unknown(why),
    }
}

fn taken(
    channel: &ChannelRevision,
    tid: Option<&str>,
    order_ids: &[&str],
    told: &Told,
) -> Result<Accepted, UnknownWhy> {
    let object = told.object();
    let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    let own = object.owned("tid").unwrap_or_default();
    let order = object.text("orderId").unwrap_or_default();
    if let Some(signature) = object.text("signature") {
        let edi_date = object.text("ediDate").unwrap_or_default();
        if !keys.verifies(&signature, &[&own, &order, &edi_date]) {
            return Err(doubt(
                "NARU_WRONG_SIGNATURE",
                "the signature of NICE Payments' answer is wrong",
            ));
        }
    }
    if own.is_empty() || tid.is_some_and(|asked| asked != own) {
        return Err(doubt(
            "NARU_WRONG_TID",
            "NICE Payments' answer names no tid or another one",
        ));
    }
    if !order_ids.contains(&order.as_ref()) {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            "NICE Payments' answer names another orderId than ours",
        ));
    }
    Ok(Accepted {
        tid: own,
        approve_no: object.owned("approveNo"),
        at: object.time("approvedAt").or_else(|| object.time("cancelledAt")),
    })
}

/// How a receipt stands. NICE's documents give two formulas for this signature; either is accepted.
fn view(command: &InquireReceipt, channel: &ChannelRevision, told: &Told) -> Result<ReceiptView, UnknownWhy> {
    let object = told.object();
    let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    let (tid, edi_date) = (
        object.owned("tid").unwrap_or_default(),
        object.text("ediDate").unwrap_or_default(),
    );
    let order = object.text("orderId").unwrap_or_default();
    let amount = object.whole("amount").unwrap_or_default();
    let signed = |signature: &str| {
        keys.verifies(signature, &[&tid, &order, &edi_date])
            || keys.verifies(signature, &[&tid, &amount.to_string(), &edi_date])
    };
    if command.pg_receipt_id.as_deref() != Some(tid.as_str()) || object.text("signature").is_some_and(|s| !signed(&s)) {
        let message = "NICE Payments' answer is about another receipt, or its signature is wrong";
        return Err(doubt("NARU_WRONG_SIGNATURE", message));
    }
    if amount != command.amounts.total {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            "NICE Payments' answer names another amount than the receipt's",
        ));
    }
    let cancelled = match object.whole("balanceAmt") {
        Some(balance) if (0..=amount).contains(&balance) => amount - balance,
        _ => {
            return Err(doubt(
                "NARU_WRONG_BALANCE",
                "NICE Payments' answer has no readable balanceAmt",
            ));
        }
    };
    let status = object.text("status").unwrap_or_default();
    let tax_office = match status.as_ref() {
        "issueRequested" => TaxOffice::Pending,
        "issued" | "cancelFailed" | "cancelRequested" | "cancelReqCancelled" | "cancelled" | "issueReqCancelled" => {
            TaxOffice::Accepted
        }
        "issueFailed" => TaxOffice::Refused(Failure::new(
            FailureKind::Other,
            "issueFailed",
            "the tax office refused the receipt",
        )),
        _ => {
            return Err(doubt(
                "NARU_WRONG_STATUS",
                "NICE Payments' answer has no status that is listed",
            ));
        }
    };
    let last = object
        .list("receiptCancels")
        .into_iter()
        .max_by_key(|c| c.time("cancelledAt"));
    Ok(ReceiptView::Held {
        issued: ReceiptIssued {
            url: object.owned("receiptUrl").unwrap_or_else(|| page(&tid)),
            pg_receipt_id: tid.clone(),
            issue_number: object.owned("approveNo").unwrap_or_default(),
            issued_at: object.time("approvedAt"),
            tax_office,
        },
        cancelled,
        last: (cancelled > 0).then(|| ReceiptCancelled {
            pg_cancellation_id: last.and_then(|c| c.owned("tid")),
            cancelled_at: last.and_then(|c| c.time("cancelledAt")),
        }),
    })
}
