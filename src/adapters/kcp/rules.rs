//! What KCP accepts, checked before anything is sent: every refusal names PortOne's field and the fix (KCP docs: "API
//! 표준결제", "PC 표준결제").

use super::{DESCRIPTOR, tables};
use crate::adapters::{RefundAccount, Refusal};
use crate::payment::{Amounts, Currency, MethodKind};
use encoding_rs::EUC_KR;

/// Longest order number.
pub(super) const ORDER_ID_MAX: usize = 40;
/// Longest name of what is bought, bytes.
pub(super) const GOODS_MAX: usize = 100;
/// Longest buyer's name, bytes.
pub(super) const NAME_MAX: usize = 30;
/// Longest e-mail address, bytes.
pub(super) const EMAIL_MAX: usize = 50;
/// Longest cancellation reason, bytes.
pub(super) const REASON_MAX: usize = 100;

/// Which bytes a field's length is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// The API, and windows opened from a page in UTF-8.
    Utf8,
    /// The mobile window without KCP's encoding filter. A browser would send a character that the charset lacks as
    /// `&#…;`, and `&` and `;` are forbidden, so such characters are left out.
    Cp949,
}

impl Charset {
    /// Bytes of one character, `None` if the charset lacks it.
    fn width(self, c: char) -> Option<usize> {
        match self {
            Self::Utf8 => Some(c.len_utf8()),
            Self::Cp949 => {
                let mut utf8 = [0; 4];
                let (bytes, _, missing) = EUC_KR.encode(c.encode_utf8(&mut utf8));
                (!missing).then_some(bytes.len())
            }
        }
    }
}

/// Text that may be sent: what KCP forbids becomes a blank, the rest is cut between characters.
pub(super) fn text(text: &str, bytes_max: usize, charset: Charset) -> String {
    const FORBIDDEN: [char; 9] = [',', '&', ';', '\\', '|', '\'', '"', '<', '>'];
    let blanked: String = text
        .chars()
        .map(|c| {
            if c.is_control() || FORBIDDEN.contains(&c) {
                ' '
            } else {
                c
            }
        })
        .filter(|c| charset.width(*c).is_some())
        .collect();
    let blanked = without_eval(blanked);
    let mut left = bytes_max;
    let fits = |c: &char| match left.checked_sub(charset.width(*c).unwrap_or(usize::MAX)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let cut: String = blanked.trim().chars().take_while(fits).collect();
    cut.trim_end().to_owned()
}

/// KCP turns away text with `eval` in it as a script.
fn without_eval(mut text: String) -> String {
    while let Some(at) = text.to_ascii_lowercase().find("eval") {
        text.replace_range(at..at + 4, " ");
    }
    text
}

/// Only won: other currencies need a special contract.
pub(super) fn currency(currency: Currency) -> Result<(), Refusal> {
    if currency == Currency::KRW {
        return Ok(());
    }
    Err(Refusal::new(
        "currency",
        "must be KRW: this channel serves KCP's won payments only",
    ))
}

/// An order number.
pub(super) fn order_id(id: &str) -> Result<(), Refusal> {
    let fits = (1..=ORDER_ID_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    fits.then_some(())
        .ok_or_else(|| Refusal::new("orderId", "must be 1 to 40 letters, digits, - or _"))
}

/// Whether a text can be a `tno`: opaque, but short, and of letters and digits.
pub(super) fn tno(tno: &str) -> Result<(), Refusal> {
    let fits = (1..=30).contains(&tno.len()) && tno.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(())
        .ok_or_else(|| Refusal::new("pgTxId", "is no transaction number (tno) of KCP"))
}

/// Least and largest amount of a method.
pub(super) fn amount(method: MethodKind, amounts: &Amounts) -> Result<(), Refusal> {
    let (least, most) = (DESCRIPTOR.amount_min(method), DESCRIPTOR.limits.amount_max);
    if (least..=most).contains(&amounts.total) {
        return Ok(());
    }
    let message = format!(
        "is {}; KCP takes {least} to {most} KRW for {}",
        amounts.total,
        method.as_str()
    );
    Err(Refusal::new("amount.total", message))
}

/// `good_name`.
pub(super) fn goods_name(name: &str, charset: Charset) -> Result<String, Refusal> {
    let cut = text(name, GOODS_MAX, charset);
    if cut.is_empty() {
        let message = "must not be empty: KCP shows it to the buyer; , & ; \\ | ' \" < > are left out";
        return Err(Refusal::new("orderName", message));
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
        let message = "must have 8 to 20 digits, e.g. 01012345678; hyphens are taken out";
        Refusal::new("customer.phoneNumber", message)
    })
}

/// An e-mail address; its form is KCP's to judge.
pub(super) fn email(address: &str) -> Result<String, Refusal> {
    let clean = text(address, usize::MAX, Charset::Cp949);
    if clean.len() > EMAIL_MAX {
        let message = format!("is longer than the {EMAIL_MAX} bytes that KCP takes");
        return Err(Refusal::new("customer.email", message));
    }
    Ok(clean)
}

/// Instalment months as KCP writes them, `00` for a lump sum; only from `installment_min` on.
pub(super) fn quota(field: &str, months: i64, total: i64) -> Result<String, Refusal> {
    let limits = &DESCRIPTOR.limits;
    let (least, most) = (limits.installment_min, limits.installment_months_max);
    match u32::try_from(months) {
        Ok(0 | 1) => Ok("00".to_owned()),
        Ok(months) if months <= most && total >= least => Ok(format!("{months:02}")),
        Ok(months) if months <= most => Err(Refusal::new(
            field,
            format!("is {months}, but instalments start at {least} KRW; use 0 for a lump sum"),
        )),
        _ => Err(Refusal::new(field, format!("must be 0 (lump sum) or 2 to {most}"))),
    }
}

/// The tax parts of a mixed payment (복합과세). Sites without that contract take none of them, and a mixed site that gets
/// none takes the whole as taxable.
pub(super) fn tax_parts(amounts: &Amounts, names: [&'static str; 3]) -> Vec<(&'static str, String)> {
    if amounts.tax_free == 0 {
        return Vec::new();
    }
    vec![
        ("tax_flag", "TG03".to_owned()),
        (names[0], amounts.supply.to_string()),
        (names[1], amounts.vat.to_string()),
        (names[2], amounts.tax_free.to_string()),
    ]
}

/// Names of [`tax_parts`] in a payment.
pub(super) const PAID_PARTS: [&str; 3] = ["comm_tax_mny", "comm_vat_mny", "comm_free_mny"];
/// Names of [`tax_parts`] in a cancellation.
pub(super) const CANCELLED_PARTS: [&str; 3] = ["mod_tax_mny", "mod_vat_mny", "mod_free_mny"];

/// The buyer's account for a refund.
pub(super) struct RefundTo {
    pub(super) bank: String,
    pub(super) number: String,
    pub(super) holder: String,
}

/// Checks a refund account.
pub(super) fn refund_to(account: &RefundAccount) -> Result<RefundTo, Refusal> {
    let bank = tables::bank_code(&account.bank).ok_or_else(|| {
        let message = format!("is not a bank KCP refunds to; use one of {}", tables::bank_words());
        Refusal::new("refundAccount.bank", message)
    })?;
    let number: String = account.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if !(6..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new(
            "refundAccount.number",
            "must have 6 to 20 digits; hyphens are taken out",
        ));
    }
    // Never cut: a holder's name is compared with the bank's.
    let holder = text(&account.holder_name, usize::MAX, Charset::Utf8);
    if holder.is_empty() || holder.len() > 60 {
        return Err(Refusal::new("refundAccount.holderName", "must have 1 to 60 bytes"));
    }
    Ok(RefundTo { bank, number, holder })
}
