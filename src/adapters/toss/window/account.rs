//! Options of a transfer or virtual-account window, and escrow, which cards share.

use super::Members;
use crate::adapters::toss::request::Request;
use crate::adapters::toss::wire::KST;
use crate::adapters::{OpenRequest, Refusal};
use crate::payment::Millis;
use serde_json::{Value, json};

/// Longest life of a virtual account, hours.
const VALID_HOURS_MAX: i64 = 2160;

/// Escrow as a must. Without the flag Toss leaves the choice to the buyer, as it does for PortOne.
pub(super) fn escrow(raw: Request<'_>, options: &mut Members) -> Result<(), Refusal> {
    if raw.flag("isEscrow")? != Some(true) {
        return Ok(());
    }
    options.insert("useEscrow".into(), true.into());
    let list = products(raw.list("products")?.unwrap_or_default())?;
    if !list.is_empty() {
        options.insert("escrowProducts".into(), list.into());
    }
    Ok(())
}

/// `escrowProducts` of PortOne's `products`.
pub(in super::super) fn escrow_products(products: &Value) -> Result<Vec<Value>, Refusal> {
    self::products(products.as_array().map(Vec::as_slice).unwrap_or_default())
}

fn products(products: &[Value]) -> Result<Vec<Value>, Refusal> {
    let mut list = Vec::with_capacity(products.len());
    for product in products {
        let product = Request(product);
        let named = |refusal: Refusal| Refusal::new(format!("products.{}", refusal.field), refusal.message);
        let mut entry = Members::new();
        for name in ["id", "name", "code"] {
            if let Some(text) = product.text(name).map_err(named)? {
                entry.insert(name.into(), text.into());
            }
        }
        for (name, own) in [("amount", "unitPrice"), ("quantity", "quantity")] {
            if let Some(number) = product.whole(name).map_err(named)? {
                entry.insert(own.into(), number.into());
            }
        }
        list.push(Value::Object(entry));
    }
    Ok(list)
}

/// Options that transfer and virtual account share.
pub(super) fn account(raw: Request<'_>, base: &str) -> Result<Members, Refusal> {
    let mut options = Members::new();
    let path = format!("{base}.cashReceiptType");
    let receipt = match raw.word(&path, "CASH_RECEIPT_TYPE_")? {
        None => None,
        Some("PERSONAL") => Some("소득공제"),
        Some("CORPORATE") => Some("지출증빙"),
        Some("ANONYMOUS") => Some("미발행"),
        Some(_) => return Err(Refusal::new(path, "must be PERSONAL, CORPORATE or ANONYMOUS")),
    };
    if let Some(kind) = receipt {
        options.insert("cashReceipt".into(), json!({"type": kind}));
    }
    if let Some(cultural) = raw.flag("isCulturalExpense")? {
        options.insert("isCulturalExpenses".into(), cultural.into());
    }
    escrow(raw, &mut options)?;
    Ok(options)
}

/// Options of a virtual account: a life in hours or a deadline, not both.
pub(super) fn virtual_account(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    let mut options = account(raw, "virtualAccount")?;
    match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two")),
        (Some(hours), None) if !(1..=VALID_HOURS_MAX).contains(&hours) => {
            Err(Refusal::new(HOURS, format!("must be 1 to {VALID_HOURS_MAX}")))
        }
        (Some(hours), None) => {
            options.insert("validHours".into(), hours.into());
            Ok(options)
        }
        (None, Some(due)) => {
            options.insert(
                "dueDate".into(),
                due_text(due, request.at).map_err(|fix| Refusal::new(DUE, fix))?.into(),
            );
            Ok(options)
        }
        (None, None) => Ok(options),
    }
}

/// A deadline in Korean time, as Toss writes it. Input without an offset is Korean time already.
fn due_text(text: &str, now: Millis) -> Result<String, String> {
    let text = text.trim();
    let local = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => Some(KST.to_datetime(instant)),
        // A bare day says nothing about the hour.
        Err(_) if text.len() <= 10 => None,
        Err(_) => text.parse::<jiff::civil::DateTime>().ok(),
    };
    let Some(local) = local else {
        return Err("must be a date and time, e.g. 2026-01-31T23:59:59+09:00".to_owned());
    };
    let due = KST.to_timestamp(local).map_err(|_| "is out of range".to_owned())?;
    due_date(due.as_millisecond(), now)
}

/// A deadline as Toss writes it, to the second, in Korean time.
pub(in super::super) fn due_date(due: Millis, now: Millis) -> Result<String, String> {
    if due <= now || due - now > VALID_HOURS_MAX * 3_600_000 {
        return Err(format!("must lie in the next {VALID_HOURS_MAX} hours"));
    }
    let instant = jiff::Timestamp::from_millisecond(due).map_err(|_| "is out of range".to_owned())?;
    let local = KST.to_datetime(instant);
    Ok(local.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}
