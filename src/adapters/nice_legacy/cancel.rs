//! Cancellation and refund (NICE docs: "결제 취소"), and net-cancel at the `NetCancelURL` of the authentication.

use super::approve::{self, Token};
use super::send;
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, edi_date, millis, read};
use super::{codes, mask, receipts, rules, vbank};
use crate::adapters::{
    Approve, Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::MethodKind;
use secrecy::ExposeSecret;

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    check(command)?;
    let keys = credentials(channel)?;
    let (mid, amount) = (channel.spec.mid.as_str(), command.amounts.total.to_string());
    let edi_date = edi_date(command.at);
    let sign_data = keys.sign(&[mid, &amount, &edi_date]);
    let reason = rules::reason(&command.reason)?;
    let moid = order_id(command);
    let refund = command.refund_account.as_ref().map(rules::refund_to).transpose()?;
    let parts = rules::tax_parts(&command.amounts);
    let mut fields = vec![
        ("TID", command.pg_tx_id.as_str()),
        ("MID", mid),
        ("Moid", &moid),
        ("CancelAmt", &amount),
        ("CancelMsg", &reason),
        ("PartialCancelCode", if is_whole(command) { "0" } else { "1" }),
        ("EdiDate", &edi_date),
        ("SignData", &sign_data),
    ];
    if keys.splits(&command.original) {
        fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
    }
    if let Some(refund) = &refund {
        fields.push(("RefundAcctNo", &refund.number));
        fields.push(("RefundBankCd", refund.bank));
        fields.push(("RefundAcctNm", &refund.holder));
    }
    if let Some(password) = &keys.cancel_password {
        fields.push(("CancelPwd", password.expose_secret()));
    }
    send::post(channel, Operation::Cancel, send::cancel_url(channel), &fields)
}

/// The whole of an untouched payment. The rest after parts is a part to NICE.
fn is_whole(command: &Cancel) -> bool {
    command.amounts.total == command.original.total
}

fn check(command: &Cancel) -> Result<(), Refusal> {
    rules::currency(command.currency)?;
    if !rules::is_tid(&command.pg_tx_id) {
        return Err(Refusal::new("paymentId", "has no TID of NICE Payments"));
    }
    let amount = command.amounts.total;
    if amount <= 0 || amount > command.balance_before {
        let message = format!(
            "is {amount}; it must be 1 to {}, what is left to cancel",
            command.balance_before
        );
        return Err(Refusal::new("amount", message));
    }
    let kept = |name: &str| command.keep.as_ref().and_then(|k| k.get(name)).is_some();
    if !is_whole(command) && kept("escrow") {
        let message = format!(
            "NICE Payments cancels escrow orders as a whole only; cancel all {}",
            command.original.total
        );
        return Err(Refusal::new("amount", message));
    }
    if !is_whole(command) && kept("whole") {
        let message = format!(
            "this card cannot be cancelled in part; cancel all {}",
            command.original.total
        );
        return Err(Refusal::new("amount", message));
    }
    // NICE continues such a payment under a new TID that later parts must name.
    if kept("carrier") && command.balance_before != command.original.total {
        let message = "a phone bill can be cancelled in part once; cancel the rest in NICE Payments' merchant admin";
        return Err(Refusal::new("amount", message));
    }
    Ok(())
}

/// The cancellation's own number, letters and digits only: NICE's guard against a second partial cancellation.
fn order_id(command: &Cancel) -> String {
    let own = format!("{}C{}", command.order_id, u64::from(command.sequence) + 1);
    own.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(rules::ORDER_ID_MAX)
        .collect()
}

/// The answer.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let code = told.code();
    if codes::is_cancelled(&code) {
        return match made(command, channel, &told) {
            Ok(done) => Step::Done(Outcome::Done(done)),
            Err(why) => unknown(why),
        };
    }
    // A repetition that is refused for these reasons says that the first one ran: same number, or nothing left to take.
    let ran_before = matches!(code.as_str(), "2015" | "A127" | "P015" | "2032");
    if call.replay && !is_whole(command) && ran_before {
        return Step::Done(Outcome::Done(CancelDone {
            pg_cancellation_id: Some(order_id(command)),
            cancelled_at: None,
            pending: false,
            receipt_url: None,
            raw: Some(mask::masked(told.body())),
        }));
    }
    if call.replay {
        // Whatever it says is about the repetition.
        return unknown(doubt(&code, told.message()));
    }
    Step::Done(codes::refused(codes::Call::Cancel, &told))
}

fn made(command: &Cancel, channel: &ChannelRevision, told: &Told) -> Result<CancelDone, UnknownWhy> {
    let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    let (amount, own) = (command.amounts.total, order_id(command));
    let expected = Expected {
        tid: &command.pg_tx_id,
        order_ids: &[&own, &command.order_id],
        amount_name: "CancelAmt",
        amount,
        new_tid: true,
    };
    expected.prove(told, channel, keys)?;
    let after = command.balance_before - amount;
    match told.whole("RemainAmt") {
        // Empty is not zero.
        None => {}
        Some(rest) if rest == after => {}
        Some(rest) if rest == after - amount => {
            return Err(doubt(
                "NARU_CANCELLED_TWICE",
                format!("NICE Payments has {rest} left where {after} were expected: {amount} were cancelled twice"),
            ));
        }
        Some(rest) => {
            return Err(doubt(
                "NARU_WRONG_BALANCE",
                format!("NICE Payments' answer says RemainAmt {rest} after the cancellation, expected was {after}"),
            ));
        }
    }
    Ok(done(told, own))
}

fn done(told: &Told, own: String) -> CancelDone {
    let day = told.text("CancelDate").unwrap_or_default();
    let time = told.text("CancelTime").unwrap_or_default();
    CancelDone {
        pg_cancellation_id: told.text("CancelNum").or(Some(own)),
        cancelled_at: millis(&format!("{day}{time}")),
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(told.body())),
    }
}

/// The net-cancel's call.
pub(super) fn net_cancel(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    if let Some(tid) = account_tid(command, channel) {
        let reason = "발급 결과 확인 불가";
        let message = receipts::cancel(channel, &tid, &command.order_id, &command.amounts, reason, command.at)?;
        return Ok(send::message(channel, Operation::NetCancel, message, None));
    }
    let token = Token::of(command, channel)?;
    approve::call(command, channel, &token, Operation::NetCancel)
}

/// The TID of an account that was issued without a window: there is no `NetCancelURL`, so it is cancelled.
fn account_tid(command: &Approve, channel: &ChannelRevision) -> Option<String> {
    let bare = command.token.is_null() && command.method == MethodKind::VirtualAccount;
    bare.then(|| vbank::tid(channel, &command.order_id, command.at))
}

/// The net-cancel's answer. "Not found" is no success: the approval may still be on its way.
pub(super) fn net_cancelled(command: &Approve, channel: &ChannelRevision, answer: &WireAnswer) -> Step<CancelDone> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    if !codes::is_cancelled(&told.code()) {
        return Step::Done(codes::refused(codes::Call::NetCancel, &told));
    }
    let undone = || {
        let broken = |refusal: Refusal| doubt("NARU_UNREADABLE", refusal.to_string());
        let tid = match account_tid(command, channel) {
            Some(tid) => tid,
            None => Token::of(command, channel).map_err(broken)?.tx_tid,
        };
        let expected = Expected {
            tid: &tid,
            order_ids: &[&command.order_id],
            amount_name: "CancelAmt",
            amount: command.amounts.total,
            new_tid: false,
        };
        expected.prove(&told, channel, credentials(channel).map_err(broken)?)?;
        Ok(done(&told, command.order_id.clone()))
    };
    match undone() {
        Ok(done) => Step::Done(Outcome::Done(done)),
        Err(why) => unknown(why),
    }
}
