//! Cancellation in whole and in part, and refund of a deposited virtual account (INIAPI manual: "취소API", v1 or v2). What is
//! left after a part is named with it, which keeps a repetition from refunding twice. An escrow payment goes back only
//! where the seller accepts the buyer's rejection.

use super::method::kept;
use super::sign::credentials;
use super::wire::{Told, doubt, read_json, whole};
use super::{codes, escrow, mask, rules, send};
use crate::adapters::{
    Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Failure, FailureKind, Millis};
use serde_json::Value;

/// Step of the full refund that follows a refused last part.
const WHOLE_AFTER_ALL: u8 = 1;
/// Step of the accepted rejection that follows a refusal by which KG Inicis points to the way of escrow.
const REJECTION: u8 = 2;
/// Such refusals.
const BY_ESCROW: [&str; 3] = ["500685", "504685", "504747"];

/// The whole of an untouched payment. The rest after parts is a part to KG Inicis.
fn is_whole(command: &Cancel) -> bool {
    command.amounts.total == command.original.total
}

fn paymethod(command: &Cancel) -> &'static str {
    match kept(command.keep.as_ref(), "paymethod").and_then(Value::as_str) {
        Some("Acct") => "Acct",
        Some("HPP") => "HPP",
        Some("Voucher") => "Voucher",
        Some("Vacct") => "Vacct",
        _ => "Card",
    }
}

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    check(command)?;
    call(command, channel, is_whole(command))
}

fn check(command: &Cancel) -> Result<(), Refusal> {
    rules::currency(command.currency)?;
    if !rules::is_tid(&command.pg_tx_id) {
        return Err(Refusal::new("paymentId", "has no TID of KG Inicis"));
    }
    let amount = command.amounts.total;
    if amount <= 0 || amount > command.balance_before {
        let message = format!(
            "is {amount}; it must be 1 to {}, what is left to cancel",
            command.balance_before
        );
        return Err(Refusal::new("amount", message));
    }
    if is_whole(command) {
        return Ok(());
    }
    let total = command.original.total;
    if kept(command.keep.as_ref(), "whole").is_some() {
        let message = format!("this card cannot be cancelled in part; cancel all {total}");
        return Err(Refusal::new("amount", message));
    }
    if kept(command.keep.as_ref(), "escrow").is_some() {
        let message = format!("an escrow payment is cancelled in whole only; cancel all {total}");
        return Err(Refusal::new("amount", message));
    }
    match paymethod(command) {
        // KG Inicis approves the rest anew, and which of the two the next cancellation must name is not known.
        "HPP" => Err(Refusal::new(
            "amount",
            format!("phone bills are cancelled in whole only; cancel all {total}"),
        )),
        "Voucher" => Err(Refusal::new(
            "amount",
            format!("gift certificates are cancelled in whole only; cancel all {total}"),
        )),
        _ => Ok(()),
    }
}

fn call(command: &Cancel, channel: &ChannelRevision, all: bool) -> Result<Call, Refusal> {
    let keys = credentials(channel)?;
    let word = paymethod(command);
    let message = rules::filled("reason", rules::cut_utf8(&command.reason, rules::REASON_MAX))?;
    let price = command.amounts.total.to_string();
    let rest = (command.balance_before - command.amounts.total).to_string();
    let (vat, tax_free) = (command.amounts.vat.to_string(), command.amounts.tax_free.to_string());
    let refund = match (&command.refund_account, word) {
        (Some(account), "Vacct") => {
            let to = rules::refund_to(account)?;
            Some((keys.encrypt(&to.number)?, to))
        }
        (None, "Vacct") => {
            let message = "is required: a deposited virtual account is refunded to an account of the buyer";
            return Err(Refusal::new("refundAccount", message));
        }
        _ => None,
    };
    let tid = command.pg_tx_id.as_str();
    let mut fields = vec![("tid", tid), ("msg", message.as_str())];
    let mut hashed = vec![tid];
    if !all {
        fields.extend([("price", price.as_str()), ("confirmPrice", &rest), ("currency", "WON")]);
        hashed.extend([price.as_str(), &rest]);
        if keys.amount_parts || command.original.tax_free > 0 {
            let free = if keys.v2 { "taxfree" } else { "taxFree" };
            fields.extend([("tax", vat.as_str()), (free, &tax_free)]);
        }
    }
    if let Some((number, to)) = &refund {
        fields.extend([
            ("refundAcctNum", number.as_str()),
            ("refundBankCode", to.bank),
            ("refundAcctName", &to.holder),
        ]);
        hashed.push(number);
    }
    if keys.v2 {
        let (path, kind) = match (all, refund.is_some()) {
            (true, false) => ("refund", "refund"),
            (true, true) => ("refund/vacct", "refund"),
            (false, false) => ("partialRefund", "partialRefund"),
            (false, true) => ("partialRefund/vacct", "partialRefund"),
        };
        return send::v2(channel, Operation::Cancel, path, (kind, ""), command.at, &fields);
    }
    let kind = if all { "Refund" } else { "PartialRefund" };
    send::v1(
        channel,
        Operation::Cancel,
        "refund",
        (kind, word),
        command.at,
        &fields,
        &hashed,
    )
}

/// The answer.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    sent: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match read_json(answer) {
        Ok(told) => told,
        Err(why) => return Step::Done(Outcome::Unknown(why)),
    };
    if sent.step == REJECTION {
        return Step::Done(rejection_accepted(command, &told));
    }
    let all = is_whole(command) || sent.step == WHOLE_AFTER_ALL;
    if told.code() == "00" {
        let done = if all {
            Ok(whole_done(command, &told))
        } else {
            part_done(command, &told)
        };
        return Step::Done(done.map_or_else(Outcome::Unknown, Outcome::Done));
    }
    let code = told.detail();
    // The last part is refused where KG Inicis takes it for the whole: then the whole is what is left to ask for.
    let rest = code == "500749" && !all && !sent.replay && command.balance_before == command.amounts.total;
    if rest && let Ok(mut next) = call(command, channel, true) {
        next.step = WHOLE_AFTER_ALL;
        return Step::Send(Box::new(next));
    }
    if all
        && !sent.replay
        && BY_ESCROW.contains(&code.as_str())
        && let Ok(mut next) = escrow::accept_rejection(command, channel)
    {
        next.step = REJECTION;
        return Step::Send(Box::new(next));
    }
    let before = codes::meaning(&code, &told.message()).0 == FailureKind::AlreadyCancelled;
    if sent.replay && before && all {
        return Step::Done(Outcome::Done(whole_done(command, &told)));
    }
    if sent.replay {
        // Whatever it says is about the repetition.
        return Step::Done(Outcome::Unknown(doubt(&code, told.message())));
    }
    Step::Done(codes::refused(&told))
}

/// The answer to an accepted rejection, which is what refunds an escrow payment.
fn rejection_accepted(command: &Cancel, told: &Told) -> Outcome<CancelDone> {
    if told.code() == "00" {
        return Outcome::Done(CancelDone {
            cancelled_at: told.moment("resultDate", "resultTime"),
            ..whole_done(command, told)
        });
    }
    match codes::refused(told) {
        // Nothing is wrong with the request: the buyer has not rejected.
        Outcome::Declined(failure) => Outcome::Declined(Failure {
            kind: FailureKind::NotCancellable,
            ..failure
        }),
        outcome => outcome,
    }
}

/// Reads the answer to the cancellation of something that is cancelled in whole only: one that was before is what was
/// asked for.
pub(super) fn undone<T>(answer: &WireAnswer) -> Result<Told, Outcome<T>> {
    let told = read_json(answer).map_err(Outcome::Unknown)?;
    let before = codes::meaning(&told.detail(), &told.message()).0 == FailureKind::AlreadyCancelled;
    if told.code() == "00" || before {
        Ok(told)
    } else {
        Err(codes::refused(&told))
    }
}

/// When [`undone`] was.
pub(super) fn undone_at(told: &Told) -> Option<Millis> {
    told.moment("cancelDate", "cancelTime")
}

/// A full refund has no id of its own: KG Inicis knows it by the payment's TID.
fn whole_done(command: &Cancel, told: &Told) -> CancelDone {
    CancelDone {
        pg_cancellation_id: Some(command.pg_tx_id.clone()),
        cancelled_at: undone_at(told),
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(&told.body)),
    }
}

/// Strict on money, lenient on ids: manual and samples disagree on which of `tid` and `prtcTid` is new.
fn part_done(command: &Cancel, told: &Told) -> Result<CancelDone, UnknownWhy> {
    let rest = command.balance_before - command.amounts.total;
    for (name, expected) in [("prtcPrice", command.amounts.total), ("prtcRemains", rest)] {
        let value = told.text(name);
        if value.as_deref().and_then(whole) != Some(expected) {
            let message = format!("KG Inicis' answer does not say {name} {expected}");
            return Err(doubt("NARU_WRONG_BALANCE", message));
        }
    }
    let mut new = ["tid", "prtcTid"].into_iter().filter_map(|name| told.text(name));
    Ok(CancelDone {
        pg_cancellation_id: new.rfind(|tid| *tid != command.pg_tx_id),
        cancelled_at: told.moment("prtcDate", "prtcTime"),
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(&told.body)),
    })
}
