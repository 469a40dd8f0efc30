//! What NICE accepts, checked before anything is sent: every refusal names PortOne's field and the fix. Lengths are
//! bytes of CP949 (NICE docs give bytes; receipts are printed in that charset).

use super::DESCRIPTOR;
use crate::adapters::nice_common::{options, tables, text};
use crate::adapters::{RefundAccount, Refusal};
use crate::payment::{Amounts, Currency, MethodKind};
use serde::Serialize;

/// Longest order number.
pub(super) const ORDER_ID_MAX: usize = 64;
/// Longest name of what is bought, bytes.
pub(super) const GOODS_MAX: usize = 40;
/// Longest buyer's name, bytes.
pub(super) const NAME_MAX: usize = 30;
/// Longest e-mail address, bytes.
pub(super) const EMAIL_MAX: usize = 60;
/// Longest cancellation reason, bytes.
pub(super) const REASON_MAX: usize = 100;

/// Only won: foreign currencies need a contract of their own.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    if currency == Currency::KRW {
        return Ok(());
    }
    Err(Refusal::new(
        "currency",
        "must be KRW: this channel serves NICE Payments' won payments only",
    ))
}

/// An order number NICE accepts. The engine allocates it; a merchant's `paymentId` is not what is sent.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let fits = (1..=ORDER_ID_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 1 to 64 of A-Z a-z 0-9 - _"))
}

/// Least and largest amount of a method.
pub(super) fn amount(method: MethodKind, amounts: &Amounts) -> Result<(), Refusal> {
    let (least, most) = (DESCRIPTOR.amount_min(method), DESCRIPTOR.limits.amount_max);
    if (least..=most).contains(&amounts.total) {
        return Ok(());
    }
    let message = format!(
        "is {}; NICE Payments takes {least} to {most} KRW for {}",
        amounts.total,
        method.as_str()
    );
    Err(Refusal::new("amount.total", message))
}

/// `goodsName`: double quote and vertical bar become `-`, what CP949 lacks is left out, the rest is cut.
pub(super) fn goods_name(name: &str) -> Result<String, Refusal> {
    let cut = text::cut(&name.replace(['"', '|'], "-"), GOODS_MAX);
    if cut.is_empty() {
        let message =
            "must not be empty: NICE Payments shows it to the buyer; characters outside CP949 (emoji) are left out";
        return Err(Refusal::new("orderName", message));
    }
    Ok(cut)
}

/// A cancellation's reason.
pub(super) fn reason(reason: &str) -> Result<String, Refusal> {
    let cut = text::cut(reason, REASON_MAX);
    if cut.is_empty() {
        return Err(Refusal::new(
            "reason",
            "must not be empty: NICE Payments requires a reason",
        ));
    }
    Ok(cut)
}

/// A phone number: digits only, at most 40.
pub(super) fn phone(number: &str) -> Result<String, Refusal> {
    let bare: String = number
        .chars()
        .filter(|c| !matches!(c, '-' | ' ' | '(' | ')' | '.'))
        .collect();
    let digits = match bare.strip_prefix("+82") {
        Some(rest) if rest.starts_with('0') => rest.to_owned(),
        Some(rest) => format!("0{rest}"),
        None => bare.strip_prefix('+').unwrap_or(&bare).to_owned(),
    };
    let fits = (8..=40).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits).ok_or_else(|| {
        Refusal::new(
            "customer.phoneNumber",
            "must have 8 to 40 digits, e.g. 01012345678; hyphens are taken out",
        )
    })
}

/// An e-mail address; its form is NICE's to judge.
pub(super) fn email(address: &str) -> Result<String, Refusal> {
    let clean = text::clean(address);
    if text::len(&clean) > EMAIL_MAX {
        let message = format!("is longer than the {EMAIL_MAX} bytes that NICE Payments takes");
        return Err(Refusal::new("customer.email", message));
    }
    Ok(clean)
}

/// Instalment months as NICE writes them, `00` for a lump sum; only from `installment_min` on.
pub(super) fn quota(field: &str, months: i64, total: i64) -> Result<String, Refusal> {
    options::quota(&DESCRIPTOR.limits, field, months, total)
}

/// The buyer's account for the refund of a deposit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundTo {
    refund_account: String,
    refund_bank_code: &'static str,
    refund_holder: String,
}

/// Checks a refund account.
pub(super) fn refund_to(account: &RefundAccount) -> Result<RefundTo, Refusal> {
    let bank = tables::bank_code(&account.bank).ok_or_else(|| {
        let words = tables::bank_words();
        Refusal::new(
            "refundAccount.bank",
            format!("is not a bank NICE Payments refunds to; use one of {words}"),
        )
    })?;
    let number: String = account.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if number.is_empty() || number.len() > 16 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new(
            "refundAccount.number",
            "must be 1 to 16 digits; hyphens are taken out",
        ));
    }
    // Never cut: the bank compares the name with the account's holder.
    let holder = text::clean(&account.holder_name);
    if holder.is_empty() || text::len(&holder) > 10 || holder != account.holder_name.trim() {
        return Err(Refusal::new(
            "refundAccount.holderName",
            "must be 1 to 10 bytes, i.e. five Hangul syllables or ten letters, all of them in CP949",
        ));
    }
    Ok(RefundTo {
        refund_account: number,
        refund_bank_code: bank,
        refund_holder: holder,
    })
}
