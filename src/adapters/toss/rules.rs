//! What Toss accepts, checked before anything is sent: every refusal names PortOne's field and the fix.

use super::DESCRIPTOR;
use crate::adapters::Refusal;
use crate::payment::{Amounts, Currency, MethodKind};

/// Transfers take at most this per payment, KRW (Toss docs: account transfer limits).
const TRANSFER_MAX: i64 = 10_000_000;

/// Longest order name, buyer's name and e-mail, characters.
pub(super) const TEXT_MAX: usize = 100;

/// Longest cancellation reason, characters.
pub(super) const REASON_MAX: usize = 200;

/// An order number Toss accepts. The engine allocates it; a merchant's `paymentId` is not what is sent.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let limits = &DESCRIPTOR.limits;
    let fits = (limits.order_id_min..=limits.order_id_max).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 6 to 64 of A-Z a-z 0-9 - _"))
}

/// The order name without control characters.
pub(super) fn order_name(name: &str) -> Result<String, Refusal> {
    let clean = clean(name);
    match clean.chars().count() {
        0 => Err(Refusal::new(
            "orderName",
            "must not be empty: Toss Payments shows it to the buyer",
        )),
        n if n > TEXT_MAX => Err(Refusal::new(
            "orderName",
            format!("has {n} characters; Toss Payments takes at most {TEXT_MAX}"),
        )),
        _ => Ok(clean),
    }
}

/// Text without control characters and outer spaces.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Text cut to a number of characters.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    clean(text).chars().take(chars_max).collect()
}

/// Only won: everything served here is domestic.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    if currency == Currency::KRW {
        return Ok(());
    }
    Err(Refusal::new(
        "currency",
        "must be KRW: this channel serves Toss Payments' domestic methods only",
    ))
}

/// Least and largest amount of a method.
pub(super) fn amount(method: MethodKind, amounts: &Amounts) -> Result<(), Refusal> {
    let least = DESCRIPTOR.amount_min(method);
    let most = match method {
        MethodKind::Transfer => TRANSFER_MAX,
        _ => DESCRIPTOR.limits.amount_max,
    };
    if (least..=most).contains(&amounts.total) {
        return Ok(());
    }
    Err(Refusal::new(
        "amount.total",
        format!(
            "is {}; Toss Payments takes {least} to {most} KRW for {}",
            amounts.total,
            method.as_str()
        ),
    ))
}

/// A phone number as Toss wants it: 8 to 15 digits, nothing else. `+82` becomes the domestic `0`.
pub(super) fn phone(number: &str) -> Result<String, Refusal> {
    let bare: String = number
        .chars()
        .filter(|c| !matches!(c, '-' | ' ' | '(' | ')' | '.' | '\u{a0}'))
        .collect();
    let digits = match bare.strip_prefix("+82") {
        Some(rest) if rest.starts_with('0') => rest.to_owned(),
        Some(rest) => format!("0{rest}"),
        None => bare.strip_prefix('+').unwrap_or(&bare).to_owned(),
    };
    let fits = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits).ok_or_else(|| {
        Refusal::new(
            "customer.phoneNumber",
            "must have 8 to 15 digits, e.g. 01012345678; hyphens are taken out",
        )
    })
}

/// An e-mail address of at most 100 characters; its form is Toss's to judge.
pub(super) fn email(address: &str) -> Result<String, Refusal> {
    let clean = clean(address);
    if clean.chars().count() > TEXT_MAX {
        return Err(Refusal::new(
            "customer.email",
            format!("is longer than the {TEXT_MAX} characters that Toss Payments takes"),
        ));
    }
    Ok(clean)
}

/// Instalment months: 0 (lump sum; 1 means the same) or 2 to 12, and only from `least` KRW on.
pub(super) fn installment(field: &str, months: i64, total: i64, least: i64) -> Result<u32, Refusal> {
    let most = DESCRIPTOR.limits.installment_months_max;
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

/// An idempotency key Toss remembers: at most 300 characters that a header can carry.
pub(super) fn idempotency_key(key: &str) -> Result<(), Refusal> {
    let fits = !key.is_empty() && key.len() <= 300 && key.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(())
        .ok_or_else(|| Refusal::new("idempotencyKey", "must be 1 to 300 visible ASCII characters"))
}
