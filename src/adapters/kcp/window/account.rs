//! Options of transfers and virtual accounts in KCP's window, escrow, and the period that is paid for.

use super::{Fields, put};
use crate::adapters::kcp::rules::{self, Charset};
use crate::adapters::kcp::{tables, wire};
use crate::adapters::request::Request;
use crate::adapters::{Device, OpenRequest, Refusal};
use crate::payment::Millis;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// `vcnt_expire_term` has two digits.
const DAYS_MAX: i64 = 99;

/// Whether the window offers a cash receipt (`disp_tax_yn`).
pub(super) fn receipt(raw: Request<'_>, base: &str, fields: &mut Fields) -> Result<(), Refusal> {
    let path = format!("{base}.cashReceiptType");
    let word = match raw.word(&path, "CASH_RECEIPT_TYPE_")? {
        None => return Ok(()),
        Some("PERSONAL") => "R",
        Some("CORPORATE") => "E",
        Some("ANONYMOUS") => "N",
        Some(_) => return Err(Refusal::new(path, "must be PERSONAL, CORPORATE or ANONYMOUS")),
    };
    fields.retain(|(name, _)| name != "disp_tax_yn");
    put(fields, "disp_tax_yn", word);
    Ok(())
}

/// Banks and deadline of a virtual account: days and a time of day on a PC, a day on a phone.
pub(super) fn virtual_account(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    const BANKS: &str = "virtualAccount.availableBanks";
    let one = raw.word("virtualAccount.bankCode", "BANK_")?;
    let words = match one {
        Some(word) => vec![word],
        None => raw.words(BANKS, "BANK_")?,
    };
    let codes: Result<Vec<&str>, Refusal> = words.iter().map(|word| issuing(BANKS, word)).collect();
    let codes: Vec<&str> = codes?.iter().map(|code| &code[2..]).collect();
    if !codes.is_empty() {
        put(fields, "wish_vbank_list", codes.join(":"));
    }
    let Some(due) = due(raw, request.at)? else {
        return Ok(());
    };
    if request.device == Device::Mobile {
        put(fields, "ipgm_date", wire::stamp(due, "%Y%m%d"));
        return Ok(());
    }
    let day = |at: Millis| (at + 9 * HOUR).div_euclid(DAY);
    put(fields, "vcnt_expire_term", (day(due) - day(request.at)).to_string());
    put(fields, "vcnt_expire_term_time", wire::stamp(due, "%H%M%S"));
    Ok(())
}

/// KCP's code of a bank that issues accounts.
pub(in crate::adapters::kcp) fn issuing(field: &str, word: &str) -> Result<&'static str, Refusal> {
    tables::issuing_bank(word).ok_or_else(|| {
        let message = format!("KCP issues accounts at {}", tables::issuing_words());
        Refusal::new(field, message)
    })
}

/// The deadline that the merchant gives, if any.
fn due(raw: Request<'_>, now: Millis) -> Result<Option<Millis>, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    let at = match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two"));
        }
        (None, None) => return Ok(None),
        (Some(hours), None) if (1..=24 * DAYS_MAX).contains(&hours) => now + hours * HOUR,
        (Some(_), None) => return Err(Refusal::new(HOURS, format!("must be 1 to {}", 24 * DAYS_MAX))),
        (None, Some(text)) => {
            moment(text).ok_or_else(|| Refusal::new(DUE, "must be a date and time, e.g. 2026-01-31T23:59:59+09:00"))?
        }
    };
    if at <= now || at - now > DAYS_MAX * DAY {
        return Err(Refusal::new(DUE, format!("must lie in the next {DAYS_MAX} days")));
    }
    Ok(Some(at))
}

/// A moment; without an offset it is Korean time. A bare day says nothing about the hour.
fn moment(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let local = text.parse::<jiff::civil::DateTime>().ok().filter(|_| text.len() > 10)?;
    jiff::tz::Offset::constant(9)
        .to_timestamp(local)
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

/// Escrow as a must: the buyer, where it goes, and what is bought.
pub(super) fn escrow(
    request: &OpenRequest,
    raw: Request<'_>,
    charset: Charset,
    fields: &mut Fields,
) -> Result<(), Refusal> {
    if raw.flag("isEscrow")? != Some(true) {
        put(fields, "escw_used", "N");
        return Ok(());
    }
    put(fields, "escw_used", "Y");
    put(fields, "pay_mod", "Y");
    let days = raw.text("bypass.kcp_v2.deli_term")?.unwrap_or("03");
    if days.len() != 2 || !days.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new(
            "bypass.kcp_v2.deli_term",
            "must be days of two digits, e.g. 03",
        ));
    }
    put(fields, "deli_term", days);
    let items = items(request, raw, charset)?;
    put(fields, "bask_cntx", items.len().to_string());
    put(fields, "good_info", items.join("\u{1e}"));
    let required = |value: &Option<String>, field: &str| {
        let message = "is required for escrow at KCP: it is the receiver of the delivery";
        value.clone().ok_or_else(|| Refusal::new(field, message))
    };
    let name = required(&request.customer_name, "customer.fullName")?;
    let phone = rules::phone(&required(&request.customer_phone, "customer.phoneNumber")?)?;
    put(fields, "rcvr_name", rules::text(&name, rules::NAME_MAX, charset));
    put(fields, "rcvr_tel1", phone.as_str());
    put(fields, "rcvr_tel2", phone.as_str());
    let email = request.customer_email.as_deref().map(rules::email).transpose()?;
    put(fields, "rcvr_mail", email.unwrap_or_default());
    for (name, path, most) in [
        ("rcvr_zipx", "customer.zipcode", 6),
        ("rcvr_add1", "customer.address.addressLine1", 150),
        ("rcvr_add2", "customer.address.addressLine2", 50),
    ] {
        put(
            fields,
            name,
            rules::text(raw.text(path)?.unwrap_or_default(), most, charset),
        );
    }
    Ok(())
}

/// `good_info`: one record an item, its fields parted by 0x1F.
fn items(request: &OpenRequest, raw: Request<'_>, charset: Charset) -> Result<Vec<String>, Refusal> {
    let products = raw.list("products")?.unwrap_or_default();
    if products.is_empty() {
        return Err(Refusal::new(
            "products",
            "is required for escrow at KCP: id, name, amount, quantity",
        ));
    }
    let mut items = Vec::with_capacity(products.len());
    for (at, product) in products.iter().enumerate() {
        let product = Request(product);
        let named = |refusal: Refusal| Refusal::new(format!("products.{}", refusal.field), refusal.message);
        let text = |name: &str, most| -> Result<String, Refusal> {
            let text = product.text(name).map_err(named)?.unwrap_or_default();
            Ok(rules::text(text, most, charset))
        };
        let whole = |name: &str| product.whole(name).map_err(named);
        let (id, name) = (text("id", 20)?, text("name", rules::GOODS_MAX)?);
        let id = if id.is_empty() { request.order_id.clone() } else { id };
        items.push(format!(
            "seq={}\u{1f}ordr_numb={id}\u{1f}good_name={name}\u{1f}good_cntx={}\u{1f}good_amtx={}",
            at + 1,
            whole("quantity")?.unwrap_or(1),
            whole("amount")?.unwrap_or_default(),
        ));
    }
    Ok(items)
}

/// `good_expr`: what period is paid for; `0` for goods.
pub(super) fn offer_period(raw: Request<'_>) -> Result<String, Refusal> {
    const INTERVAL: &str = "offerPeriod.interval";
    if let Some(interval) = raw.text(INTERVAL)? {
        let (number, unit) = interval.split_at(interval.len().saturating_sub(1));
        if !(1..=3).contains(&number.len())
            || !number.bytes().all(|b| b.is_ascii_digit())
            || !matches!(unit, "d" | "m" | "y")
        {
            return Err(Refusal::new(INTERVAL, "must be a number and d, m or y, e.g. 1m"));
        }
        return Ok(format!("2:{interval}"));
    }
    let day = |path: &str| -> Result<Option<String>, Refusal> {
        let Some(text) = raw.text(path)? else { return Ok(None) };
        let at = moment(text)
            .ok_or_else(|| Refusal::new(path, "must be a date and time, e.g. 2026-01-31T00:00:00+09:00"))?;
        Ok(Some(wire::stamp(at, "%Y%m%d")))
    };
    match (day("offerPeriod.range.from")?, day("offerPeriod.range.to")?) {
        (Some(from), Some(to)) => Ok(format!("1:{from}{to}")),
        _ => Ok("0".to_owned()),
    }
}
