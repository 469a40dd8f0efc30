//! Cancellation, full or partial: `POST /v1/payments/{paymentKey}/cancel` (Toss docs: "결제 취소").

use super::lenient::Scalar;
use super::tables::{self, Table};
use super::verify::{Expected, doubt, unknown};
use super::wire::{Answer, CancelEntry, Payment, millis, read};
use super::{codes, mask, post, rules, segment};
use crate::adapters::{
    Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, RefundAccount, Refusal, Step, UnknownWhy, WireAnswer,
};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    cancel_reason: &'a str,
    /// Left out of a full cancellation, which is what makes Toss answer `CANCELED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_amount: Option<i64>,
    /// Toss refuses when its balance is another one (`NOT_MATCHES_REFUNDABLE_AMOUNT`), so nothing is cancelled twice.
    refundable_amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_receive_account: Option<Account<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account<'a> {
    /// `bank` in requests, `bankCode` in answers.
    bank: &'static str,
    account_number: String,
    holder_name: &'a str,
}

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
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
    let escrow = command.keep.as_ref().and_then(|k| k.get("escrow"));
    if amount < command.original.total && escrow.and_then(serde_json::Value::as_bool) == Some(true) {
        return Err(Refusal::new(
            "amount",
            format!(
                "Toss Payments cancels escrow orders as a whole only; cancel all {}",
                command.original.total
            ),
        ));
    }
    let reason = rules::cut(&command.reason, rules::REASON_MAX);
    if reason.is_empty() {
        return Err(Refusal::new(
            "reason",
            "must not be empty: Toss Payments requires a reason",
        ));
    }
    let body = Body {
        cancel_reason: &reason,
        cancel_amount: (amount != command.balance_before).then_some(amount),
        refundable_amount: command.balance_before,
        // Toss takes a missing taxFreeAmount as 0, so an order with a tax-free part always says its share.
        tax_free_amount: (command.original.tax_free > 0).then_some(command.amounts.tax_free),
        refund_receive_account: command.refund_account.as_ref().map(account).transpose()?,
    };
    let path = format!("/v1/payments/{}/cancel", segment("paymentId", &command.pg_tx_id)?);
    post(channel, Operation::Cancel, &path, &command.idempotency_key, &body)
}

fn account(refund: &RefundAccount) -> Result<Account<'_>, Refusal> {
    let bank = tables::bank_code(&refund.bank).ok_or_else(|| {
        Refusal::new(
            "refundAccount.bank",
            format!(
                "is not a bank Toss Payments refunds to; use one of {}",
                tables::accepted(Table::Banks)
            ),
        )
    })?;
    let number: String = refund.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if number.is_empty() || number.len() > 20 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new(
            "refundAccount.number",
            "must be 1 to 20 digits; hyphens are taken out",
        ));
    }
    let holder = refund.holder_name.trim();
    if holder.is_empty() || holder.chars().count() > 60 {
        return Err(Refusal::new("refundAccount.holderName", "must be 1 to 60 characters"));
    }
    Ok(Account {
        bank,
        account_number: number,
        holder_name: holder,
    })
}

/// The answer. The element of `cancels` that is ours and the reduced `balanceAmount` together are the cancellation;
/// the status is not asked (after parts it stays `PARTIAL_CANCELED` even at balance 0), nor is `refundStatus`.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let payment = match read(answer) {
        Answer::Payment(payment) => payment,
        Answer::Error(error) => return Step::Done(codes::refused(call.operation, call.replay, error)),
        Answer::Unreadable(why) => return unknown(why),
    };
    let key = Some(command.pg_tx_id.as_str());
    let expected = Expected::new(
        key,
        &command.order_id,
        command.original.total,
        command.currency,
        channel,
    );
    match expected.whole(&payment).and_then(|_| made(command, &payment)) {
        Ok(entry) => Step::Done(Outcome::Done(CancelDone {
            pg_cancellation_id: entry.transaction_key.owned(),
            cancelled_at: millis(&entry.canceled_at),
            pending: entry.cancel_status.is("IN_PROGRESS"),
            receipt_url: None,
            raw: Some(mask::masked(&answer.body)),
        })),
        Err(why) => unknown(why),
    }
}

/// The element that this cancellation made.
fn made<'a>(command: &Cancel, payment: &'a Payment) -> Result<&'a CancelEntry, UnknownWhy> {
    let amount = command.amounts.total;
    let Some(entry) = latest(payment, amount) else {
        return Err(doubt(
            "NARU_WRONG_CANCEL",
            "Toss Payments' answer lists no cancellation of the amount asked for",
        ));
    };
    if entry.cancel_status.is("ABORTED") {
        return Err(doubt(
            "NARU_CANCEL_ABORTED",
            "Toss Payments lists the cancellation as ABORTED",
        ));
    }
    let after = command.balance_before - amount;
    match payment.balance_amount.whole() {
        Some(balance) if balance == after => Ok(entry),
        Some(balance) => Err(doubt(
            "NARU_WRONG_BALANCE",
            format!("Toss Payments' answer says balanceAmount {balance} after the cancellation, expected was {after}"),
        )),
        None => Err(doubt(
            "NARU_WRONG_BALANCE",
            "Toss Payments' answer has no readable balanceAmount",
        )),
    }
}

/// The element whose key is the payment's last transaction; without such a one the latest of our amount.
fn latest(payment: &Payment, amount: i64) -> Option<&CancelEntry> {
    let ours = |entry: &&CancelEntry| entry.cancel_amount.whole() == Some(amount);
    let cancels = &payment.cancels.0;
    let last = payment.last_transaction().map(Scalar::Text);
    if let Some(named) = cancels
        .iter()
        .find(|entry| last.is_some() && entry.transaction_key.owned().map(Scalar::Text) == last)
    {
        return Some(named).filter(ours);
    }
    cancels.iter().rfind(ours)
}
