//! Inquiry: `GET /v1/payments/{paymentKey}` or `GET /v1/payments/orders/{orderId}` (Toss docs: "결제 조회").

use super::codes::{self, Class};
use super::verify::{Expected, doubt, unknown};
use super::wire::{Answer, Payment, PgError, cut, millis, read};
use super::{get, mask, method, segment};
use crate::adapters::{
    Call, ChannelRevision, Inquire, Operation, Outcome, PgCancel, PgView, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Failure, FailureKind, Status};

/// The call: by `paymentKey` when it is known, else by our order number.
pub(super) fn inquire(command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let path = match &command.pg_tx_id {
        Some(key) => format!("/v1/payments/{}", segment("pgTxId", key)?),
        None => format!("/v1/payments/orders/{}", segment("orderId", &command.order_id)?),
    };
    get(channel, Operation::Inquire, &path)
}

/// The answer.
pub(super) fn inquired(command: &Inquire, channel: &ChannelRevision, answer: &WireAnswer) -> Step<PgView> {
    let payment = match read(answer) {
        Answer::Payment(payment) => payment,
        Answer::Error(error) => return Step::Done(refused(error)),
        Answer::Unreadable(why) => return unknown(why),
    };
    let key = command.pg_tx_id.as_deref();
    let expected = Expected::new(key, &command.order_id, command.amounts.total, command.currency, channel);
    match view(&expected, &payment, answer) {
        Ok(view) => Step::Done(Outcome::Done(view)),
        Err(why) => unknown(why),
    }
}

/// An error answer: only `NOT_FOUND_PAYMENT` is absence, never a bare 404, which also means a wrong path.
fn refused(error: PgError) -> Outcome<PgView> {
    let unsettled = |error: PgError| {
        Outcome::Unknown(UnknownWhy {
            code: error.code,
            message: error.message,
            ask_first: true,
        })
    };
    match (error.code.as_str(), codes::lookup(&error.code)) {
        ("NOT_FOUND_PAYMENT", _) => Outcome::Done(PgView::Absent(Failure::new(
            FailureKind::NotFound,
            error.code,
            error.message,
        ))),
        // The order number is known, nothing is approved under it yet.
        ("UNAPPROVED_ORDER_ID", _) => Outcome::Done(PgView::Open),
        // Asking again later may well succeed.
        (_, Some((FailureKind::RateLimited | FailureKind::Maintenance | FailureKind::Expired, _)) | None) => {
            unsettled(error)
        }
        (_, Some((kind, Class::Refused | Class::Door))) => {
            Outcome::Declined(Failure::new(kind, error.code, error.message))
        }
        (_, Some((_, Class::Ask | Class::Running))) => unsettled(error),
    }
}

fn view(expected: &Expected<'_>, payment: &Payment, answer: &WireAnswer) -> Result<PgView, UnknownWhy> {
    let status = payment.status.text().unwrap_or_default();
    match status.as_ref() {
        "READY" | "IN_PROGRESS" => expected.whole(payment).map(|_| PgView::Open),
        // Nothing is held, whatever members an expired payment nulls; only whose it is counts.
        "ABORTED" | "EXPIRED" => expected
            .identity(payment)
            .map(|_| PgView::Dead(failure(payment, &status))),
        "DONE" | "WAITING_FOR_DEPOSIT" | "CANCELED" | "PARTIAL_CANCELED" => {
            let key = expected.whole(payment)?;
            held(expected, payment, &status, key, answer)
        }
        other => Err(doubt(
            "NARU_WRONG_STATUS",
            format!(
                "Toss Payments answered with status {:?}, which is not listed",
                cut(other)
            ),
        )),
    }
}

fn failure(payment: &Payment, status: &str) -> Failure {
    let told = payment.failure.get();
    let code = told
        .and_then(|f| f.code.owned())
        .map_or_else(|| status.to_owned(), |c| cut(&c));
    let kind = match status {
        "EXPIRED" => FailureKind::Expired,
        _ => codes::kind_of(&code),
    };
    let message = told
        .and_then(|f| f.message.owned())
        .map(|m| cut(&m))
        .unwrap_or_default();
    Failure::new(kind, code, message)
}

fn held(
    expected: &Expected<'_>,
    payment: &Payment,
    word: &str,
    key: String,
    answer: &WireAnswer,
) -> Result<PgView, UnknownWhy> {
    let total = expected.total;
    let Some(balance) = payment.balance_amount.whole().filter(|b| (0..=total).contains(b)) else {
        return Err(doubt(
            "NARU_WRONG_BALANCE",
            format!("Toss Payments' answer has no balanceAmount between 0 and {total}"),
        ));
    };
    let status = match (word, balance) {
        ("WAITING_FOR_DEPOSIT", b) if b == total => Status::VirtualAccountIssued,
        ("DONE", b) if b == total => Status::Paid,
        ("CANCELED" | "PARTIAL_CANCELED", 0) => Status::Cancelled,
        ("CANCELED" | "PARTIAL_CANCELED", b) if b < total => Status::PartialCancelled,
        // A full balance of something cancelled, or a reduced one of something that is not.
        _ => {
            return Err(doubt(
                "NARU_WRONG_BALANCE",
                format!(
                    "Toss Payments' answer contradicts itself: status {word} with balanceAmount {balance} of {total}"
                ),
            ));
        }
    };
    let approved = match word {
        "DONE" => Status::Paid,
        "WAITING_FOR_DEPOSIT" => Status::VirtualAccountIssued,
        // An account that was closed before its deposit was never paid: it has no approval time.
        _ if payment.virtual_account.get().is_some() && millis(&payment.approved_at).is_none() => {
            Status::VirtualAccountIssued
        }
        _ => Status::Paid,
    };
    Ok(PgView::Held {
        approval: Box::new(method::approval(
            payment,
            key,
            approved,
            Some(mask::masked(&answer.body)),
        )),
        balance,
        cancels: cancels(payment),
        status,
    })
}

/// Cancellations that took place, oldest first. Toss documents no order, so they are sorted by time.
fn cancels(payment: &Payment) -> Vec<PgCancel> {
    let mut list: Vec<PgCancel> = payment
        .cancels
        .0
        .iter()
        .filter(|entry| !entry.cancel_status.is("ABORTED"))
        .filter_map(|entry| {
            Some(PgCancel {
                id: entry.transaction_key.owned(),
                amount: entry.cancel_amount.whole()?,
                at: millis(&entry.canceled_at),
                reason: entry.cancel_reason.owned(),
            })
        })
        .collect();
    // Stable: elements without a readable time keep their place at the front.
    list.sort_by_key(|cancel| cancel.at);
    list
}
