//! Virtual accounts without a window (`get_vacount.jsp`; NICE docs: "가상계좌 API"): what is sent and how it is read.

use super::approve::settled;
use super::instant::{self, kind};
use super::sign::credentials;
use super::wire::{edi_date, read, stamp};
use super::{Message, codes, rules};
use crate::adapters::nice_common::{tables, text};
use crate::adapters::{ChannelRevision, Outcome, Refusal, Step, WireAnswer};
use crate::payment::{Amounts, Approval, Millis};

/// An account to issue.
#[derive(Debug)]
pub struct Account<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// Amounts.
    pub amounts: &'a Amounts,
    /// What is bought.
    pub order_name: &'a str,
    /// PortOne V2 `Bank`.
    pub bank: &'a str,
    /// Holder's name that the buyer is shown.
    pub holder: &'a str,
    /// Deadline, ms.
    pub expires_at: Millis,
    /// When it was decided, ms.
    pub at: Millis,
}

/// The TID of an issue; a lost one is asked for by it.
#[must_use]
pub fn tid(channel: &ChannelRevision, order_id: &str, at: Millis) -> String {
    instant::tid(channel, kind::ACCOUNT, order_id, at)
}

/// The issue. No cash receipt is asked for with it.
///
/// # Errors
/// An account that breaks a rule of NICE.
pub fn issue(channel: &ChannelRevision, account: &Account<'_>) -> Result<Message, Refusal> {
    rules::order_id(account.order_id)?;
    let bank = tables::bank_code(account.bank).ok_or_else(|| {
        let message = format!(
            "is not a bank NICE Payments issues at; use one of {}",
            tables::bank_words()
        );
        Refusal::new("option.bank", message)
    })?;
    if account.expires_at <= account.at {
        return Err(Refusal::new("option.expiry", "must lie ahead"));
    }
    let (mid, amount) = (channel.spec.mid.as_str(), account.amounts.total.to_string());
    let tid = tid(channel, account.order_id, account.at);
    let edi_date = edi_date(account.at);
    let sign_data = credentials(channel)?.sign(&[mid, &amount, &edi_date, account.order_id]);
    let goods = rules::goods_name(account.order_name)?;
    let (due, holder) = (stamp(account.expires_at, "%Y%m%d%H%M"), text::cut(account.holder, 40));
    let fields = [
        ("TID", tid.as_str()),
        ("MID", mid),
        ("EdiDate", &edi_date),
        ("Moid", account.order_id),
        ("Amt", &amount),
        ("GoodsName", &goods),
        ("SignData", &sign_data),
        ("CashReceiptType", "0"),
        ("BankCode", bank),
        ("VbankExpDate", &due),
        ("VbankAccountName", &holder),
    ];
    Message::form(channel, "/webapi/get_vacount.jsp", &fields)
}

/// Reads the answer: `4100` is issued, not paid.
#[must_use]
pub fn issued(
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
