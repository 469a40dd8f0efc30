//! What KG Inicis accepts, checked before anything is sent: every refusal names PortOne's field and the fix. Lengths are
//! bytes in the charset of the wire: UTF-8 on a PC, EUC-KR on a phone.

use super::{DESCRIPTOR, tables};
use crate::adapters::nice_common::text;
use crate::adapters::{RefundAccount, Refusal};
use crate::payment::{Amounts, Currency, MethodKind};

/// Longest order number.
pub(super) const ORDER_ID_MAX: usize = 40;
/// Longest name of what is bought, bytes, on a PC and on a phone.
pub(super) const GOODS_MAX: (usize, usize) = (40, 80);
/// Longest buyer's name, bytes.
pub(super) const NAME_MAX: usize = 30;
/// Longest reason, bytes; ours, KG Inicis names none.
pub(super) const REASON_MAX: usize = 100;

/// Only won.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    let message = "must be KRW: this channel serves KG Inicis' won payments only";
    (currency == Currency::KRW)
        .then_some(())
        .ok_or_else(|| Refusal::new("currency", message))
}

/// An order number.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let fits = (1..=ORDER_ID_MAX).contains(&id.len()) && id.bytes().all(plain);
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 1 to 40 letters, digits, - and _"))
}

/// Whether a text can be a TID: opaque, but short, and of letters, digits and `_`.
pub(super) fn is_tid(tid: &str) -> bool {
    (1..=40).contains(&tid.len()) && tid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Least and largest amount of a method.
pub(super) fn amount(method: MethodKind, amounts: &Amounts) -> Result<(), Refusal> {
    let (least, most) = (DESCRIPTOR.amount_min(method), DESCRIPTOR.limits.amount_max);
    if (least..=most).contains(&amounts.total) {
        return Ok(());
    }
    let message = format!(
        "is {}; KG Inicis takes {least} to {most} KRW for {}",
        amounts.total,
        method.as_str()
    );
    Err(Refusal::new("amount.total", message))
}

/// Text that survives every wire of KG Inicis: within CP949, without what breaks hashes and name-value answers.
pub(super) fn clean(raw: &str) -> String {
    text::clean(&raw.replace(['"', '\\'], "").replace('&', " "))
}

/// [`clean`] text cut to bytes of UTF-8, between characters.
pub(super) fn cut_utf8(raw: &str, bytes_max: usize) -> String {
    let clean = clean(raw);
    let end = (0..=bytes_max.min(clean.len()))
        .rev()
        .find(|i| clean.is_char_boundary(*i));
    clean[..end.unwrap_or(0)].trim_end().to_owned()
}

/// [`clean`] text cut to bytes of EUC-KR.
pub(super) fn cut_cp949(raw: &str, bytes_max: usize) -> String {
    text::cut(&clean(raw), bytes_max)
}

/// A text that must not be empty.
pub(super) fn filled(field: &str, value: String) -> Result<String, Refusal> {
    let message = "must not be empty; characters outside CP949 (emoji) are left out";
    (!value.is_empty())
        .then_some(value)
        .ok_or_else(|| Refusal::new(field, message))
}

/// A phone number: digits only.
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
    let fits = (8..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let message = "must have 8 to 20 digits, e.g. 01012345678; hyphens are taken out";
    fits.then_some(digits)
        .ok_or_else(|| Refusal::new("customer.phoneNumber", message))
}

/// The buyer of a call without a window, as name, e-mail and phone number: KG Inicis refuses an empty one (ER0102).
pub(super) fn buyer(given: [Option<&str>; 3]) -> Result<[String; 3], Refusal> {
    let [name, email, number] = given.map(Option::unwrap_or_default);
    Ok([
        filled("customer.name", cut_utf8(name, NAME_MAX))?,
        filled("customer.email", clean(email))?,
        phone(number)?,
    ])
}

/// Escrow is for transfers and virtual accounts of 500 won and more.
pub(super) fn escrow(method: MethodKind, total: i64) -> Result<(), Refusal> {
    const LEAST: i64 = 500;
    if !matches!(method, MethodKind::Transfer | MethodKind::VirtualAccount) {
        let message = "is possible for TRANSFER and VIRTUAL_ACCOUNT only";
        return Err(Refusal::new("isEscrow", message));
    }
    let message = format!("is {total}; KG Inicis takes escrow payments from {LEAST} KRW");
    (total >= LEAST)
        .then_some(())
        .ok_or_else(|| Refusal::new("amount.total", message))
}

/// Instalment months; only from `installment_min` on.
pub(super) fn months(field: &str, months: i64, total: i64) -> Result<u32, Refusal> {
    let limits = &DESCRIPTOR.limits;
    let (least, most) = (limits.installment_min, limits.installment_months_max);
    match u32::try_from(months) {
        Ok(0 | 1) => Ok(0),
        Ok(months) if months <= most && total >= least => Ok(months),
        Ok(months) if months <= most => Err(Refusal::new(
            field,
            format!("is {months}, but instalments start at {least} KRW; use 0 for a lump sum"),
        )),
        _ => Err(Refusal::new(field, format!("must be 0 (lump sum) or 2 to {most}"))),
    }
}

/// The buyer's account for a refund.
pub(super) struct RefundTo {
    pub(super) number: String,
    pub(super) bank: &'static str,
    pub(super) holder: String,
}

/// Checks a refund account.
pub(super) fn refund_to(account: &RefundAccount) -> Result<RefundTo, Refusal> {
    let bank = tables::bank_code(&account.bank).ok_or_else(|| {
        let message = format!(
            "is not a bank KG Inicis refunds to; use one of {}",
            tables::bank_words()
        );
        Refusal::new("refundAccount.bank", message)
    })?;
    let number: String = account.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if number.is_empty() || number.len() > 20 || !number.bytes().all(|b| b.is_ascii_digit()) {
        let message = "must be 1 to 20 digits; hyphens are taken out";
        return Err(Refusal::new("refundAccount.number", message));
    }
    // Never cut: the bank compares the name with the account's holder.
    let holder = clean(&account.holder_name);
    if holder.is_empty() || holder != account.holder_name.trim() {
        let message = "must be the account's holder, within CP949 and without quotes, \\ and &";
        return Err(Refusal::new("refundAccount.holderName", message));
    }
    Ok(RefundTo { number, bank, holder })
}
