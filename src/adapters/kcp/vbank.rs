//! Virtual accounts without a window (KCP docs: "가상계좌 발급 API"), and closing one before its deposit.

use super::codes::{self, Call as Coded};
use super::instant::{self, Order};
use super::method::Keep;
use super::rules::{self, Charset};
use super::send::{self, HUB};
use super::verify::{doubt, same_tno, unknown};
use super::window::account::issuing;
use super::wire::{read, stamp};
use super::{Kcp, mask};
use crate::adapters::{
    AccountClosed, AccountExpiry, AccountKind, AccountReceipt, Call, ChannelRevision, CloseAccount, IssueAccount,
    Operation, Outcome, ReceiptWish, Refusal, Step, VirtualAccounts, WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use secrecy::ExposeSecret;

/// Furthest deadline, hours.
const HOURS_MAX: u32 = 24 * 99;
const HOUR: i64 = 3_600_000;

impl VirtualAccounts for Kcp {
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::amount(MethodKind::VirtualAccount, &command.amounts)?;
        if command.kind != AccountKind::Normal {
            let message = "must be NORMAL: fixed accounts of KCP are not served here";
            return Err(Refusal::new("method.virtualAccount.option.type", message));
        }
        if command.escrow {
            let message = "is possible through KCP's window only";
            return Err(Refusal::new("isEscrow", message));
        }
        let name = command.customer_name.as_deref().unwrap_or_default();
        let name = rules::text(name, rules::NAME_MAX, Charset::Utf8);
        if name.is_empty() {
            return Err(Refusal::new(
                "customer.name",
                "must be given: KCP shows it with the account",
            ));
        }
        let order = Order {
            pay_method: "VCNT",
            order_id: &command.order_id,
            order_name: &command.order_name,
            amounts: &command.amounts,
            name: Some(&name),
            email: command.customer_email.as_deref(),
            phone: command.customer_phone.as_deref(),
        };
        let mut fields = order.fields()?;
        fields.push(("va_txtype", "41100000".to_owned()));
        fields.push(("va_mny", command.amounts.total.to_string()));
        fields.push((
            "va_bankcode",
            issuing("method.virtualAccount.bank", &command.bank)?.to_owned(),
        ));
        fields.push(("va_name", name));
        fields.push(("va_date", due(command)?));
        if let Some(receipt) = &command.receipt {
            fields.extend(wish(receipt)?);
        }
        send::post(channel, Operation::IssueAccount, HUB, fields)
    }

    fn account_issued(
        &self,
        command: &IssueAccount,
        channel: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        match instant::paid(channel, &command.order_id, command.amounts.total, "PAVC", answer) {
            Step::Done(Outcome::Done(approval)) if !has_account(&approval) => unknown(doubt(
                "NARU_ACCOUNT_UNKNOWN",
                "KCP's success names no account to deposit to",
            )),
            step => step,
        }
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::tno(&command.pg_tx_id)?;
        let escrow = Keep::of(command.keep.as_ref()).is_some_and(|keep| keep.escrow);
        let reason = rules::text(&command.reason, rules::REASON_MAX, Charset::Utf8);
        send::change(
            channel,
            Operation::CloseAccount,
            &command.pg_tx_id,
            if escrow { "STE5" } else { "STSC" },
            vec![("mod_desc", if reason.is_empty() { "취소".to_owned() } else { reason })],
        )
    }

    fn account_closed(
        &self,
        command: &CloseAccount,
        _: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        let code = told.code();
        // Closed already is what was asked for; a deposit that came first has codes of its own.
        let closed = code == "0000" || (call.replay && matches!(code.as_str(), "8133" | "8023"));
        if !closed {
            return match codes::refused(Coded::Cancel, &told) {
                Outcome::Declined(_) if call.replay => unknown(doubt(&code, told.message())),
                outcome => Step::Done(outcome),
            };
        }
        if code == "0000"
            && let Err(why) = same_tno(&told, &command.pg_tx_id)
        {
            return unknown(why);
        }
        Step::Done(Outcome::Done(AccountClosed {
            closed_at: told.time(&["canc_time", "mod_time", "can_time"]),
            raw: Some(mask::masked(told.body())),
        }))
    }
}

fn has_account(approval: &Approval) -> bool {
    Keep::of(approval.keep.as_ref()).is_some_and(|keep| keep.account.is_some())
}

/// `va_date`: the deadline, to the second, in Korean time.
fn due(command: &IssueAccount) -> Result<String, Refusal> {
    const FIELD: &str = "method.virtualAccount.expiry";
    let at = match command.expiry {
        AccountExpiry::Hours(hours) if (1..=HOURS_MAX).contains(&hours) => command.at + i64::from(hours) * HOUR,
        AccountExpiry::Due(due) if due > command.at && due - command.at <= i64::from(HOURS_MAX) * HOUR => due,
        _ => return Err(Refusal::new(FIELD, format!("must lie in the next {HOURS_MAX} hours"))),
    };
    Ok(stamp(at, "%Y%m%d%H%M%S"))
}

/// A cash receipt with the deposit: kind and number stand together or not at all.
fn wish(receipt: &AccountReceipt) -> Result<Vec<(&'static str, String)>, Refusal> {
    let kind = match receipt.wish {
        ReceiptWish::NoReceipt => return Ok(Vec::new()),
        ReceiptWish::Personal => "0",
        ReceiptWish::Corporate => "1",
    };
    let number = receipt.identity.as_ref().map(|number| number.expose_secret());
    let fits = |n: &&str| (1..=20).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let number = number.filter(fits).ok_or_else(|| {
        let message = "must be 1 to 20 digits: a phone, cash receipt card or business number";
        Refusal::new("method.virtualAccount.cashReceipt.customerIdentityNumber", message)
    })?;
    Ok(vec![
        ("va_receipt_gubn", kind.to_owned()),
        ("va_taxno", number.to_owned()),
    ])
}
