//! Inquiry: `GET /v1/payments/{tid}`, or by our order number and its Korean day (NICE docs: "거래 조회").

use super::send::{self, Deed, FURTHER};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, cut, day};
use super::{codes, method};
use crate::adapters::nice_common::results;
use crate::adapters::{
    Call, ChannelRevision, Inquire, Operation, Outcome, PgCancel, PgView, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Failure, FailureKind, Millis, Status};

/// How long after the window was opened its approval may come.
const OPEN: Millis = 2 * 60 * 60 * 1000;
/// How far NICE's clock and the way to it may move an order to the day before ours.
const SLACK: Millis = 10 * 60 * 1000;

/// The call: by tid when it is known, else by our order number.
pub(super) fn inquire(command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
    send::first(channel, deed(command, 0)?)
}

/// The `index`-th question about it.
fn deed(command: &Inquire, index: usize) -> Result<Deed, Refusal> {
    let path = match &command.pg_tx_id {
        Some(tid) => format!("/v1/payments/{}", send::segment("pgTxId", tid)?),
        None => {
            let order_id = send::segment("orderId", &command.order_id)?;
            let days = days(command);
            let day = days.get(index).or(days.first()).cloned().unwrap_or_default();
            // No signData: its documented formula needs the tid that the caller does not have.
            format!("/v1/payments/find/{order_id}?orderDate={day}")
        }
    };
    Ok(Deed::get(Operation::Inquire, path))
}

/// The days NICE may have filed the order under: a window opened before midnight is approved after it.
fn days(command: &Inquire) -> Vec<String> {
    let own = day(command.ordered_at);
    let next = day(command.ordered_at + OPEN);
    let before = day(command.ordered_at - SLACK);
    let mut days = vec![own.clone()];
    if next != own && next <= day(command.at) {
        days.push(next);
    }
    if before != own {
        days.push(before);
    }
    days
}

/// The answer.
pub(super) fn inquired(command: &Inquire, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<PgView> {
    let told = match send::hear(channel, call, answer).told() {
        Ok(told) => told,
        Err(step) => return step,
    };
    if told.succeeded() {
        return match view(command, channel, &told) {
            Ok(view) => Step::Done(Outcome::Done(view)),
            Err(why) => unknown(why),
        };
    }
    if !results::absent(&told.code()) {
        return Step::Done(codes::refused(codes::Call::Inquiry, &told));
    }
    // The first day was asked by the command's first call, the others by the calls after it.
    let next = call.step.checked_sub(FURTHER).map_or(1, |k| k + 2);
    if command.pg_tx_id.is_none() && usize::from(next) < days(command).len() {
        return match deed(command, usize::from(next)) {
            Ok(deed) => Step::Send(Box::new(send::further(channel, call, deed, FURTHER + next - 1))),
            Err(refusal) => unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
        };
    }
    Step::Done(Outcome::Done(PgView::Absent(Failure::new(
        FailureKind::NotFound,
        told.code(),
        told.message(),
    ))))
}

fn view(command: &Inquire, channel: &ChannelRevision, told: &Told) -> Result<PgView, UnknownWhy> {
    let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    let total = command.amounts.total;
    let expected = Expected {
        tid: command.pg_tx_id.as_deref(),
        order_id: &command.order_id,
        total,
        part: None,
    };
    let proven = expected.prove(told, keys)?;
    let object = told.object();
    let word = object.text("status").unwrap_or_default().to_ascii_lowercase();
    let issued = object
        .text("payMethod")
        .is_some_and(|m| m.eq_ignore_ascii_case("vbank"));
    let never_paid = issued && object.time("paidAt").is_none();
    let (approved, status) = match word.as_str() {
        "failed" => return Ok(PgView::Dead(failed(told, FailureKind::Other, &word))),
        "expired" => return Ok(PgView::Dead(failed(told, FailureKind::Expired, &word))),
        "ready" if issued => (Status::VirtualAccountIssued, Status::VirtualAccountIssued),
        "ready" => return Ok(PgView::Open),
        "paid" => (Status::Paid, Status::Paid),
        "cancelled" if never_paid => (Status::VirtualAccountIssued, Status::Cancelled),
        "cancelled" => (Status::Paid, Status::Cancelled),
        "partialcancelled" => (Status::Paid, Status::PartialCancelled),
        other => {
            let message = format!(
                "NICE Payments answered with status {:?}, which is not listed",
                cut(other)
            );
            return Err(doubt("NARU_WRONG_STATUS", message));
        }
    };
    let (balance, status) = balance(told, total, status)?;
    Ok(PgView::Held {
        approval: Box::new(method::approval(told, proven.tid, approved)),
        balance,
        cancels: cancels(told),
        status,
    })
}

/// The balance left, and the status it means. Parts may add up to everything.
fn balance(told: &Told, total: i64, status: Status) -> Result<(i64, Status), UnknownWhy> {
    let object = told.object();
    let wrong = |message: String| Err(doubt("NARU_WRONG_BALANCE", message));
    let Some(balance) = object.whole("balanceAmt").filter(|b| (0..=total).contains(b)) else {
        return wrong(format!("NICE Payments' answer has no balanceAmt between 0 and {total}"));
    };
    match (status, balance) {
        // Nothing is paid in, so there may be no balance yet.
        (Status::VirtualAccountIssued, _) => Ok((total, status)),
        (Status::Paid, b) if b == total => Ok((b, status)),
        (Status::Cancelled, 0) => Ok((0, status)),
        (Status::PartialCancelled, 0) => Ok((0, Status::Cancelled)),
        (Status::PartialCancelled, b) if b < total => Ok((b, status)),
        _ => wrong(format!(
            "NICE Payments' answer contradicts itself: {} with balanceAmt {balance} of {total}",
            status.as_str()
        )),
    }
}

fn failed(told: &Told, kind: FailureKind, word: &str) -> Failure {
    Failure::new(kind, word.to_uppercase(), told.message())
}

/// Cancellations, oldest first.
fn cancels(told: &Told) -> Vec<PgCancel> {
    let list = told.object().list("cancels");
    let mut cancels: Vec<PgCancel> = list
        .into_iter()
        .filter_map(|entry| {
            Some(PgCancel {
                id: entry.owned("tid"),
                amount: entry.whole("amount")?,
                at: entry.time("cancelledAt"),
                reason: entry.owned("reason"),
            })
        })
        .collect();
    cancels.sort_by_key(|cancel| cancel.at);
    cancels
}
