//! Approval: `POST /v1/payments/confirm` (Toss docs: "결제 승인").

use super::verify::{Expected, doubt, unknown};
use super::wire::{Answer, read};
use super::{codes, mask, method, post, rules};
use crate::adapters::{Approve, Call, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer};
use crate::payment::{Approval, Status};
use serde::Serialize;

/// Longest `paymentKey`.
pub(super) const PAYMENT_KEY_MAX: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    payment_key: &'a str,
    order_id: &'a str,
    amount: i64,
}

/// The call.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    let body = Body {
        payment_key: payment_key(command)?,
        order_id: &command.order_id,
        amount: command.amounts.total,
    };
    post(
        channel,
        Operation::Approve,
        "/v1/payments/confirm",
        &command.idempotency_key,
        &body,
    )
}

fn payment_key(command: &Approve) -> Result<&str, Refusal> {
    command
        .token
        .get("paymentKey")
        .and_then(serde_json::Value::as_str)
        .filter(|key| is_payment_key(key))
        .ok_or_else(|| {
            Refusal::new(
                "paymentToken",
                "holds no paymentKey; it comes from the window's return and nowhere else",
            )
        })
}

/// Whether a text can be a `paymentKey`: opaque, but never empty, over-long or with spaces and control characters.
pub(super) fn is_payment_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= PAYMENT_KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic())
}

/// The answer.
pub(super) fn approved(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<Approval> {
    let Ok(key) = payment_key(command) else {
        return unknown(doubt(
            "NARU_UNREADABLE",
            "the approval's token holds no paymentKey to compare with",
        ));
    };
    let expected = Expected::new(
        Some(key),
        &command.order_id,
        command.amounts.total,
        command.currency,
        channel,
    );
    let done: fn(&str) -> Option<Status> = |status| match status {
        "DONE" => Some(Status::Paid),
        "WAITING_FOR_DEPOSIT" => Some(Status::VirtualAccountIssued),
        _ => None,
    };
    settled(&expected, call, answer, done)
}

/// Reads the answer of an approval or a key-in payment. `done` names the statuses that mean success: a predicate per
/// operation, since a key-in payment never waits for a deposit.
pub(super) fn settled(
    expected: &Expected<'_>,
    call: &Call,
    answer: &WireAnswer,
    done: fn(&str) -> Option<Status>,
) -> Step<Approval> {
    let payment = match read(answer) {
        Answer::Payment(payment) => payment,
        Answer::Error(error) => return Step::Done(codes::refused(call.operation, call.replay, error)),
        Answer::Unreadable(why) => return unknown(why),
    };
    let key = match expected.whole(&payment) {
        Ok(key) => key,
        Err(why) => return unknown(why),
    };
    let word = payment.status.text().unwrap_or_default();
    match done(&word) {
        Some(status) => Step::Done(Outcome::Done(method::approval(
            &payment,
            key,
            status,
            Some(mask::masked(&answer.body)),
        ))),
        // ABORTED, CANCELED and words that are not listed: the inquiry tells the whole story.
        None => unknown(not_done(&word)),
    }
}

fn not_done(status: &str) -> UnknownWhy {
    doubt(
        "NARU_WRONG_STATUS",
        format!(
            "Toss Payments answered with status {:?}, which is no success of this operation",
            super::wire::cut(status)
        ),
    )
}
