//! What NICE accepts, checked before anything is sent: every refusal names PortOne's field and the fix. Lengths are
//! bytes of EUC-KR (NICE docs: "결제창 인증").

use super::DESCRIPTOR;
use crate::adapters::nice_common::{options, tables, text};
use crate::adapters::{RefundAccount, Refusal};
use crate::payment::{Amounts, Currency, MethodKind};

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

/// Only won.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    if currency == Currency::KRW {
        return Ok(());
    }
    Err(Refusal::new(
        "currency",
        "must be KRW: this channel serves NICE Payments' won payments only",
    ))
}

/// An order number: letters and digits only, because one of the methods takes nothing else.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let fits = (1..=ORDER_ID_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 1 to 64 letters and digits"))
}

/// Whether a text can be a TID: opaque, but short, and of letters and digits.
pub(super) fn is_tid(tid: &str) -> bool {
    (1..=30).contains(&tid.len()) && tid.bytes().all(|b| b.is_ascii_alphanumeric())
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

/// `GoodsName`: forbidden characters become blanks, what CP949 lacks is left out, the rest is cut.
pub(super) fn goods_name(name: &str) -> Result<String, Refusal> {
    const FORBIDDEN: [char; 10] = ['%', '&', '|', '$', '-', '+', '=', '[', ']', '"'];
    let cut = text::cut(&name.replace(FORBIDDEN, " "), GOODS_MAX);
    if cut.is_empty() {
        let message = "must not be empty: NICE Payments shows it to the buyer; characters outside CP949 (emoji) and \
                       %&|$-+=[] are left out";
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

/// A phone number: digits only, at most 20.
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
    fits.then_some(digits).ok_or_else(|| {
        Refusal::new(
            "customer.phoneNumber",
            "must have 8 to 20 digits, e.g. 01012345678; hyphens are taken out",
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

/// The four parts of an amount, which sum to it. MIDs without the contract take none of them.
pub(super) fn tax_parts(amounts: &Amounts) -> [(&'static str, String); 4] {
    [
        ("SupplyAmt", amounts.supply.to_string()),
        ("GoodsVat", amounts.vat.to_string()),
        ("ServiceAmt", "0".to_owned()),
        ("TaxFreeAmt", amounts.tax_free.to_string()),
    ]
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
        let words = tables::bank_words();
        let message = format!("is not a bank NICE Payments refunds to; use one of {words}");
        Refusal::new("refundAccount.bank", message)
    })?;
    let number: String = account.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if number.is_empty() || number.len() > 16 || !number.bytes().all(|b| b.is_ascii_digit()) {
        let message = "must be 1 to 16 digits; hyphens are taken out";
        return Err(Refusal::new("refundAccount.number", message));
    }
    // Never cut: the bank compares the name with the account's holder.
    let holder = text::clean(&account.holder_name);
    if holder.is_empty() || text::len(&holder) > 10 || holder != account.holder_name.trim() {
        let message = "must be 1 to 10 bytes, i.e. five Hangul syllables or ten letters, all of them in CP949";
        return Err(Refusal::new("refundAccount.holderName", message));
    }
    Ok(RefundTo { number, bank, holder })
}
