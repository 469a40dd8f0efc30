//! Virtual accounts without a window (`get_vacount.jsp`; NICE docs: "가상계좌 API"): what is sent and how it is read.

use super::approve::settled;
use super::instant::{self, kind};
use super::sign::credentials;
use super::wire::{edi_date, read, stamp};
use super::{Message, NiceLegacy, codes, mask, receipts, rules, send};
use crate::adapters::nice_common::{tables, text};
use crate::adapters::{
    AccountClosed, AccountExpiry, AccountKind, AccountReceipt, Call, ChannelRevision, CloseAccount, IssueAccount,
    Operation, Outcome, ReceiptWish, Refusal, Step, VirtualAccounts, WireAnswer,
};
use crate::payment::{Approval, MethodKind, Millis};
use secrecy::ExposeSecret;

/// Longest life of an account that is asked for, hours: a year.
const VALID_HOURS_MAX: u32 = 24 * 365;
const HOUR: Millis = 3_600_000;

impl VirtualAccounts for NiceLegacy {
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let tid = tid(channel, &command.order_id, command.at);
        let message = issue(channel, command)?;
        Ok(send::message(channel, Operation::IssueAccount, message, Some(tid)))
    }

    fn account_issued(
        &self,
        command: &IssueAccount,
        channel: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        issued(channel, &command.order_id, command.amounts.total, command.at, answer)
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let (tid, order) = (&command.pg_tx_id, &command.order_id);
        let message = receipts::cancel(channel, tid, order, &command.amounts, &command.reason, command.at)?;
        Ok(send::message(channel, Operation::CloseAccount, message, None))
    }

    fn account_closed(
        &self,
        command: &CloseAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        let (tid, order) = (&command.pg_tx_id, &command.order_id);
        Step::Done(
            match cancelled_whole(channel, tid, order, command.amounts.total, call, answer) {
                Outcome::Done(closed_at) => Outcome::Done(AccountClosed {
                    closed_at,
                    raw: Some(mask::masked(&text::decode(&answer.body))),
                }),
                Outcome::Declined(failure) => Outcome::Declined(failure),
                Outcome::NotSent(failure) => Outcome::NotSent(failure),
                Outcome::Unknown(why) => Outcome::Unknown(why),
            },
        )
    }
}

/// Reads a cancellation of a whole that may be repeated: to a repetition "cancelled already" is the success. Gives the
/// time, ms.
pub(super) fn cancelled_whole(
    channel: &ChannelRevision,
    tid: &str,
    order_id: &str,
    total: i64,
    call: &Call,
    answer: &WireAnswer,
) -> Outcome<Option<Millis>> {
    match receipts::cancelled(channel, tid, order_id, total, answer) {
        Outcome::Done(done) => Outcome::Done(done.at),
        Outcome::Declined(failure) if call.replay && matches!(failure.code.as_str(), "2013" | "2015") => {
            Outcome::Done(None)
        }
        Outcome::Declined(failure) => Outcome::Declined(failure),
        Outcome::NotSent(failure) => Outcome::NotSent(failure),
        // "Cancelled already" makes the first reader ask; here the repetition is the question.
        Outcome::Unknown(why) if call.replay && matches!(why.code.as_str(), "2013" | "2015") => Outcome::Done(None),
        Outcome::Unknown(why) => Outcome::Unknown(why),
    }
}

/// The TID of an issue; a lost one is asked for by it.
pub(super) fn tid(channel: &ChannelRevision, order_id: &str, at: Millis) -> String {
    instant::tid(channel, kind::ACCOUNT, order_id, at)
}

/// The issue.
///
/// # Errors
/// An account that breaks a rule of NICE.
pub(super) fn issue(channel: &ChannelRevision, account: &IssueAccount) -> Result<Message, Refusal> {
    const FIELD: &str = "method.virtualAccount";
    rules::currency(account.currency)?;
    rules::order_id(&account.order_id)?;
    rules::amount(MethodKind::VirtualAccount, &account.amounts)?;
    let bank = tables::bank_code(&account.bank).ok_or_else(|| {
        let message = format!(
            "is not a bank NICE Payments issues at; use one of {}",
            tables::bank_words()
        );
        Refusal::new(format!("{FIELD}.bank"), message)
    })?;
    if account.kind != AccountKind::Normal {
        let message = "fixed accounts (고정식) need a contract of their own and are not served; use NORMAL";
        return Err(Refusal::new(format!("{FIELD}.option"), message));
    }
    if account.escrow {
        let message = "is not possible for accounts without a window at NICE Payments";
        return Err(Refusal::new("isEscrow", message));
    }
    let keys = credentials(channel)?;
    let (mid, amount) = (channel.spec.mid.as_str(), account.amounts.total.to_string());
    let tid = tid(channel, &account.order_id, account.at);
    let edi_date = edi_date(account.at);
    let sign_data = keys.sign(&[mid, &amount, &edi_date, &account.order_id]);
    let goods = rules::goods_name(&account.order_name)?;
    let due = stamp(due(account)?, "%Y%m%d%H%M");
    let holder = text::cut(account.remittee.as_deref().unwrap_or(&channel.spec.name), 40);
    let (receipt_type, receipt_number) = receipt(account.receipt.as_ref())?;
    let filled = |text: &Option<String>| text.as_deref().map(text::clean).filter(|t| !t.is_empty());
    let name = filled(&account.customer_name).map(|n| text::cut(&n, rules::NAME_MAX));
    let phone = filled(&account.customer_phone).map(|p| rules::phone(&p)).transpose()?;
    let email = filled(&account.customer_email).map(|e| rules::email(&e)).transpose()?;
    let parts = rules::tax_parts(&account.amounts);
    let mut fields = vec![
        ("TID", tid.as_str()),
        ("MID", mid),
        ("EdiDate", &edi_date),
        ("Moid", &account.order_id),
        ("Amt", &amount),
        ("GoodsName", &goods),
        ("SignData", &sign_data),
        ("CashReceiptType", receipt_type),
        ("BankCode", bank),
        ("VbankExpDate", &due),
        ("VbankAccountName", &holder),
    ];
    fields.extend(receipt_number.map(|n| ("ReceiptTypeNo", n)));
    fields.extend(name.as_deref().map(|n| ("BuyerName", n)));
    fields.extend(phone.as_deref().map(|p| ("BuyerTel", p)));
    fields.extend(email.as_deref().map(|e| ("BuyerEmail", e)));
    if keys.splits(&account.amounts) {
        fields.extend(parts.iter().map(|(name, value)| (*name, value.as_str())));
    }
    Message::form(channel, "/webapi/get_vacount.jsp", &fields)
}

fn due(account: &IssueAccount) -> Result<Millis, Refusal> {
    const FIELD: &str = "method.virtualAccount.expiry";
    let longest = Millis::from(VALID_HOURS_MAX) * HOUR;
    let due = match account.expiry {
        AccountExpiry::Hours(hours) => account.at + Millis::from(hours) * HOUR,
        AccountExpiry::Due(due) => due,
    };
    if due > account.at && due - account.at <= longest {
        return Ok(due);
    }
    Err(Refusal::new(
        FIELD,
        format!("must lie 1 to {VALID_HOURS_MAX} hours ahead"),
    ))
}

/// `CashReceiptType` and its number.
fn receipt(receipt: Option<&AccountReceipt>) -> Result<(&'static str, Option<&str>), Refusal> {
    const FIELD: &str = "method.virtualAccount.cashReceipt.customerIdentityNumber";
    let (kind, lengths) = match receipt.map(|r| r.wish) {
        None | Some(ReceiptWish::NoReceipt) => return Ok(("0", None)),
        Some(ReceiptWish::Personal) => ("1", 10..=11),
        Some(ReceiptWish::Corporate) => ("2", 10..=10),
    };
    let number = receipt
        .and_then(|r| r.identity.as_ref())
        .map(ExposeSecret::expose_secret);
    let fits = |n: &&str| lengths.contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let message = "must be a mobile number of 10 or 11 digits, or a business registration number of 10";
    match number.filter(fits) {
        Some(number) => Ok((kind, Some(number))),
        None => Err(Refusal::new(FIELD, message)),
    }
}

/// Reads the answer: `4100` is issued, not paid.
pub(super) fn issued(
    channel: &ChannelRevision,
    order_id: &str,
    total: i64,
    at: Millis,
    answer: &WireAnswer,
) -> Step<Approval> {
    match read(answer) {
        Err(why) => Step::Done(Outcome::Unknown(why)),
        Ok(told) if codes::is_approved("VBANK", &told.code()) => {
            settled(&told, channel, &tid(channel, order_id, at), total, order_id, "VBANK")
        }
        Ok(told) => Step::Done(codes::refused(codes::Call::Approval, &told)),
    }
}
