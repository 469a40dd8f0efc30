//! Stand-alone cash receipts (NICE docs: "현금영수증"): what is sent and how it is read. A success means that NICE will
//! forward it to the tax office; how it ended is known two business days later, by asking.

use super::sign::credentials;
use super::verify::doubt;
use super::wire::{Told, edi_date, read};
use super::{Message, codes, rules, send};
use crate::adapters::{ChannelRevision, Outcome, Refusal, UnknownWhy, WireAnswer};
use crate::payment::{Amounts, Millis};
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

/// How a receipt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not forwarded, or not answered by the tax office.
    Pending,
    /// Issued.
    Issued,
    /// Refused: it does not exist.
    Failed,
    /// Cancelled, or its request was.
    Cancelled,
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
pub fn issue(
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
pub fn cancel(
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
#[must_use]
pub fn accepted(
    channel: &ChannelRevision,
    tid: Option<&str>,
    order_id: &str,
    answer: &WireAnswer,
) -> Outcome<Accepted> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !told.succeeded() {
        return codes::refused(codes::Call::Cancel, &told);
    }
    match taken(channel, tid, order_id, &told) {
        Ok(accepted) => Outcome::Done(accepted),
        Err(why) => Outcome::Unknown(why),
    }
}

fn taken(channel: &ChannelRevision, tid: Option<&str>, order_id: &str, told: &Told) -> Result<Accepted, UnknownWhy> {
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
    if order != order_id {
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

/// Path of the question how a receipt stands.
///
/// # Errors
/// No tid.
pub fn inquiry_path(tid: &str) -> Result<String, Refusal> {
    Ok(format!("/v1/receipt/{}", send::segment("receiptId", tid)?))
}

/// Reads how a receipt stands. NICE's documents give two formulas for this signature; either is accepted.
#[must_use]
pub fn standing(channel: &ChannelRevision, tid: &str, answer: &WireAnswer) -> Outcome<Standing> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if !told.succeeded() {
        return codes::refused(codes::Call::Inquiry, &told);
    }
    let object = told.object();
    let (own, edi_date) = (
        object.text("tid").unwrap_or_default(),
        object.text("ediDate").unwrap_or_default(),
    );
    let order = object.text("orderId").unwrap_or_default();
    let amount = object.whole("amount").unwrap_or_default().to_string();
    let signed = |signature: &str| {
        let keys = credentials(channel).ok();
        keys.is_some_and(|k| {
            k.verifies(signature, &[&own, &order, &edi_date]) || k.verifies(signature, &[&own, &amount, &edi_date])
        })
    };
    if own != tid || object.text("signature").is_some_and(|s| !signed(&s)) {
        return Outcome::Unknown(doubt(
            "NARU_WRONG_SIGNATURE",
            "NICE Payments' answer is about another receipt",
        ));
    }
    match object.text("status").as_deref() {
        Some("issueRequested" | "cancelRequested" | "cancelReqCancelled") => Outcome::Done(Standing::Pending),
        Some("issued" | "cancelFailed") => Outcome::Done(Standing::Issued),
        Some("issueFailed") => Outcome::Done(Standing::Failed),
        Some("cancelled" | "issueReqCancelled") => Outcome::Done(Standing::Cancelled),
        _ => Outcome::Unknown(doubt(
            "NARU_WRONG_STATUS",
            "NICE Payments' answer has no status that is listed",
        )),
    }
}
