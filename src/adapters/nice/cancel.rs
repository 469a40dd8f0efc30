//! Cancellation, full or partial: `POST /v1/payments/{tid}/cancel`, always by the original tid (NICE docs: "취소,환불"),
//! and net-cancel by order number within an hour (`POST /v1/payments/netcancel`).

use super::send::{self, Deed, FURTHER};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Object, Told, edi_date};
use super::{codes, mask, rules};
use crate::adapters::{
    Approve, Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use serde::Serialize;

/// Step of the question that confirms a success without a signature.
const CONFIRM: u8 = FURTHER;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    reason: &'a str,
    /// A number of this cancellation's own: used again, NICE refuses it, so nothing is cancelled twice.
    order_id: &'a str,
    /// Left out of the cancellation of a whole, untouched payment: the sandbox knows no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_amt: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amt: Option<i64>,
    #[serde(flatten)]
    refund: Option<rules::RefundTo>,
    edi_date: &'a str,
    sign_data: &'a str,
}

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    send::first(channel, deed(command, channel)?)
}

fn deed(command: &Cancel, channel: &ChannelRevision) -> Result<Deed, Refusal> {
    rules::currency(command.currency)?;
    let amount = command.amounts.total;
    if amount <= 0 || amount > command.balance_before {
        return Err(Refusal::new(
            "amount",
            format!(
                "is {amount}; it must be 1 to {}, what is left to cancel",
                command.balance_before
            ),
        ));
    }
    let whole = amount == command.original.total;
    let kept = |name: &str| command.keep.as_ref().and_then(|k| k.get(name)).is_some();
    if !whole && (kept("escrow") || kept("whole")) {
        let why = if kept("escrow") {
            "escrow orders"
        } else {
            "payments by this card"
        };
        return Err(Refusal::new(
            "amount",
            format!(
                "NICE Payments cancels {why} as a whole only; cancel all {}",
                command.original.total
            ),
        ));
    }
    let edi_date = edi_date(command.at);
    let sign_data = credentials(channel)?.sign(&[&command.pg_tx_id, &edi_date]);
    let body = Body {
        reason: &rules::reason(&command.reason)?,
        order_id: &order_id(command),
        cancel_amt: (!whole).then_some(amount),
        tax_free_amt: (!whole && command.original.tax_free > 0).then_some(command.amounts.tax_free),
        refund: command.refund_account.as_ref().map(rules::refund_to).transpose()?,
        edi_date: &edi_date,
        sign_data: &sign_data,
    };
    let path = format!("/v1/payments/{}/cancel", send::segment("paymentId", &command.pg_tx_id)?);
    Deed::post(Operation::Cancel, path, &body)
}

/// The cancellation's number: the order's and a count, the same at every sending.
fn order_id(command: &Cancel) -> String {
    let own = format!("{}-c{}", command.order_id, u64::from(command.sequence) + 1);
    if own.len() <= rules::ORDER_ID_MAX {
        own
    } else {
        command.idempotency_key.clone()
    }
}

/// The answer. The reduced balance and our entry in `cancels` are the cancellation.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match send::hear(channel, call, answer).told() {
        Ok(told) => told,
        Err(step) => return step,
    };
    if !told.succeeded() {
        if call.step == CONFIRM {
            return unknown(doubt(&told.code(), told.message()));
        }
        return Step::Done(codes::refused(codes::Call::Cancel, &told));
    }
    match settled(command, channel, call, &told) {
        Ok(step) => step,
        Err(why) => unknown(why),
    }
}

fn settled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    told: &Told,
) -> Result<Step<CancelDone>, UnknownWhy> {
    let broken = |refusal: Refusal| doubt("NARU_UNREADABLE", refusal.to_string());
    // The answer names the original order, not the number of the cancellation.
    let expected = Expected {
        tid: Some(&command.pg_tx_id),
        order_id: &command.order_id,
        total: command.original.total,
        part: Some(command.amounts.total),
    };
    let proven = expected.prove(told, credentials(channel).map_err(broken)?)?;
    let done = made(command, told)?;
    if !proven.signed && call.step != CONFIRM {
        let path = format!("/v1/payments/{}", send::segment("tid", &proven.tid).map_err(broken)?);
        let question = Deed::get(Operation::Cancel, path);
        return Ok(Step::Send(Box::new(send::further(channel, call, question, CONFIRM))));
    }
    Ok(Step::Done(Outcome::Done(done)))
}

fn made(command: &Cancel, told: &Told) -> Result<CancelDone, UnknownWhy> {
    let object = told.object();
    let amount = command.amounts.total;
    let after = command.balance_before - amount;
    match object.whole("balanceAmt") {
        Some(balance) if balance == after => {}
        Some(balance) => {
            let message =
                format!("NICE Payments' answer says balanceAmt {balance} after the cancellation, expected was {after}");
            return Err(doubt("NARU_WRONG_BALANCE", message));
        }
        None => {
            return Err(doubt(
                "NARU_WRONG_BALANCE",
                "NICE Payments' answer has no readable balanceAmt",
            ));
        }
    }
    let status = object.text("status").unwrap_or_default().to_ascii_lowercase();
    if !matches!(status.as_str(), "cancelled" | "partialcancelled") {
        return Err(doubt(
            "NARU_WRONG_STATUS",
            "NICE Payments' answer has no status of a cancelled payment",
        ));
    }
    let entry = ours(object, amount);
    Ok(CancelDone {
        pg_cancellation_id: entry
            .and_then(|e| e.owned("tid"))
            .or_else(|| object.owned("cancelledTid")),
        cancelled_at: entry
            .and_then(|e| e.time("cancelledAt"))
            .or_else(|| object.time("cancelledAt")),
        pending: false,
        receipt_url: entry.and_then(|e| e.owned("receiptUrl")),
        raw: Some(mask::masked(told.body())),
    })
}

/// The entry that this cancellation made: the one `cancelledTid` names, else the latest of the amount.
fn ours(object: Object<'_>, amount: i64) -> Option<Object<'_>> {
    let entries = object.list("cancels");
    let own = object.owned("cancelledTid");
    let named = entries.iter().find(|e| own.is_some() && e.owned("tid") == own);
    let latest = || entries.iter().rev().find(|e| e.whole("amount") == Some(amount));
    named.or_else(latest).copied()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NetBody<'a> {
    order_id: &'a str,
    edi_date: &'a str,
    sign_data: &'a str,
}

/// The net-cancel's call.
pub(super) fn net_cancel(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    send::first(channel, net_deed(command, channel)?)
}

fn net_deed(command: &Approve, channel: &ChannelRevision) -> Result<Deed, Refusal> {
    let edi_date = edi_date(command.at);
    let sign_data = credentials(channel)?.sign(&[&command.order_id, &edi_date]);
    let body = NetBody {
        order_id: &command.order_id,
        edi_date: &edi_date,
        sign_data: &sign_data,
    };
    Deed::post(Operation::NetCancel, "/v1/payments/netcancel".to_owned(), &body)
}

/// The net-cancel's answer. "Not found" is no success: the approval may still be on its way.
pub(super) fn net_cancelled(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match send::hear(channel, call, answer).told() {
        Ok(told) => told,
        Err(step) => return step,
    };
    if !told.succeeded() {
        return Step::Done(codes::refused(codes::Call::NetCancel, &told));
    }
    let undone = || {
        let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
        let expected = Expected {
            tid: None,
            order_id: &command.order_id,
            total: command.amounts.total,
            part: None,
        };
        expected.prove(&told, keys)?;
        let object = told.object();
        let status = object.text("status").unwrap_or_default();
        if !status.eq_ignore_ascii_case("cancelled") || object.whole("balanceAmt").is_some_and(|b| b != 0) {
            return Err(doubt(
                "NARU_WRONG_STATUS",
                "NICE Payments' answer to the net-cancel does not say that nothing is held",
            ));
        }
        Ok(CancelDone {
            pg_cancellation_id: object.owned("cancelledTid"),
            cancelled_at: object.time("cancelledAt"),
            pending: false,
            receipt_url: None,
            raw: Some(mask::masked(told.body())),
        })
    };
    match undone() {
        Ok(done) => Step::Done(Outcome::Done(done)),
        Err(why) => unknown(why),
    }
}
