//! What KSNET accepts, checked before anything is sent: every refusal names PortOne's field and the fix. Lengths are
//! bytes of EUC-KR (KSNET WebHost V1.4, KSPAY API).

use super::{DESCRIPTOR, wire};
use crate::adapters::{Device, Refusal};
use crate::payment::{Amounts, Currency, MethodKind};

/// Longest order number: what the phone's window takes.
pub(super) const ORDER_ID_MAX: usize = 30;
/// Longest name of what is bought, bytes, on a PC and over REST.
pub(super) const GOODS_MAX: usize = 50;
/// The same on a phone.
const GOODS_MAX_MOBILE: usize = 30;
/// Longest buyer's name in the window, bytes.
pub(super) const NAME_MAX: usize = 20;
/// Longest e-mail address.
pub(super) const EMAIL_MAX: usize = 50;

/// Only won.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    if currency == Currency::KRW {
        return Ok(());
    }
    Err(Refusal::new(
        "currency",
        "must be KRW: this channel serves KSNET's won payments only",
    ))
}

/// An order number, as narrow as both windows take it.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let fits = (1..=ORDER_ID_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 1 to 30 letters, digits and _"))
}

/// Whether a text can be a payment key of the window.
pub(super) fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// Whether a text can be a transaction number.
pub(super) fn is_trno(trno: &str) -> bool {
    (1..=20).contains(&trno.len()) && trno.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Least and largest amount of a method.
pub(super) fn amount(method: MethodKind, amounts: &Amounts) -> Result<(), Refusal> {
    let (least, most) = (DESCRIPTOR.amount_min(method), DESCRIPTOR.limits.amount_max);
    if (least..=most).contains(&amounts.total) {
        return Ok(());
    }
    let message = format!(
        "is {}; KSNET takes {least} to {most} KRW for {}",
        amounts.total,
        method.as_str()
    );
    Err(Refusal::new("amount.total", message))
}

/// Name of what is bought. A phone's window takes no hyphens.
pub(super) fn goods_name(name: &str, device: Device) -> Result<String, Refusal> {
    let cut = match device {
        Device::Pc => wire::cut(name, GOODS_MAX),
        Device::Mobile => wire::cut(&name.replace('-', " "), GOODS_MAX_MOBILE),
    };
    if cut.is_empty() {
        let message = "must not be empty: KSNET shows it to the buyer; characters outside CP949 (emoji), quotes and \
                       backticks are left out";
        return Err(Refusal::new("orderName", message));
    }
    Ok(cut)
}

/// Buyer's name, which KSNET demands.
pub(super) fn buyer(name: Option<&str>, bytes_max: usize) -> Result<String, Refusal> {
    let cut = wire::cut(name.unwrap_or_default(), bytes_max);
    if cut.is_empty() {
        return Err(Refusal::new(
            "customer.fullName",
            "is required by KSNET, in characters of CP949",
        ));
    }
    Ok(cut)
}

/// A phone number: 9 to 12 digits.
pub(super) fn phone(number: &str) -> Result<String, Refusal> {
    let bare: String = number
        .chars()
        .filter(|c| !matches!(c, '-' | ' ' | '(' | ')' | '.'))
        .collect();
    let digits = match bare.strip_prefix("+82") {
        Some(rest) if rest.starts_with('0') => rest.to_owned(),
        Some(rest) => format!("0{rest}"),
        None => bare,
    };
    let fits = (9..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits).ok_or_else(|| {
        Refusal::new(
            "customer.phoneNumber",
            "must have 9 to 12 digits, e.g. 01012345678; hyphens are taken out",
        )
    })
}

/// An e-mail address; its form is KSNET's to judge.
pub(super) fn email(address: &str) -> Result<String, Refusal> {
    let clean = wire::clean(address);
    if wire::len(&clean) > EMAIL_MAX {
        let message = format!("is longer than the {EMAIL_MAX} bytes that KSNET takes");
        return Err(Refusal::new("customer.email", message));
    }
    Ok(clean)
}

/// Instalment months, 0 for a lump sum; only from `installment_min` on.
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
