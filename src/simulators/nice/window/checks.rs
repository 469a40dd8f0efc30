//! What the script refuses before a window opens.

use super::Window;
use crate::simulators::nice::answer::{Refusal, refusal};
use crate::simulators::nice::args::Args;
use crate::simulators::nice::billing::QUOTA_MIN;
use crate::simulators::nice::payment::{Method, Order, window_method, window_methods};
use crate::simulators::nice::{Nice, codes};
use crate::simulators::words::{ControlError, unknown_word};
use jiff::civil::DateTime;
use serde_json::{Map, Value};

const HOUR_MS: i64 = 3_600_000;
/// Hours an account is open when the request does not say: seven days.
const HOURS: i64 = 168;

/// Whether it is an absolute http(s) URL.
pub(in crate::simulators::nice) fn absolute(url: &str) -> bool {
    let uri: Result<http::Uri, _> = url.parse();
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn at<T>(field: &str, result: Result<T, Refusal>) -> Result<T, ControlError> {
    result.map_err(|refused| refused.for_script(field))
}

fn wrong<T>(code: &'static str, field: &str) -> Result<T, ControlError> {
    Err(refusal(code).about(field).for_script(field))
}

fn need(args: &Args, name: &str, max: usize) -> Result<String, ControlError> {
    match args.text(name, max) {
        Ok(Some(text)) => Ok(text.to_owned()),
        Ok(None) => wrong("P012", name),
        Err(_) => wrong("P008", name),
    }
}

fn text(args: &Args, name: &str, max: usize) -> Result<Option<String>, ControlError> {
    match args.text(name, max) {
        Ok(text) => Ok(text.map(codes::in_charset)),
        Err(_) => wrong("P008", name),
    }
}

/// The window of a call of `requestPay`.
pub(super) fn window(nice: &Nice, params: Map<String, Value>, mobile: bool, now: i64) -> Result<Window, ControlError> {
    let args = Args::from_map(params);
    let client = need(&args, "clientId", 50)?;
    let merchant = match nice.merchants.by_client(&client) {
        Some(merchant) => merchant,
        None => return wrong("U116", "clientId"),
    };
    let word = need(&args, "method", 20)?;
    let Some(method) = window_method(&word) else {
        let mut error = unknown_word("method", &word, &window_methods());
        error.code = "P029".to_owned();
        return Err(error);
    };
    let order = order(&args)?;
    let return_url = need(&args, "returnUrl", 500)?;
    if !absolute(&return_url) {
        return wrong("P008", "returnUrl");
    }
    if text(&args, "currency", 3)?.is_some_and(|word| word != "KRW") {
        return wrong("A145", "currency");
    }
    if order.escrow && (word.starts_with("direct") || matches!(method, None | Some(Method::Wallet(_)))) {
        return wrong("P032", "useEscrow");
    }
    let (card_codes, quotas) = cards(&args, &word, order.amount)?;
    if nice.order_paid(&merchant.mid, &order.order_id) {
        return wrong("P015", "orderId");
    }
    let holder = if method == Some(Method::Vbank) {
        need(&args, "vbankHolder", 40)?
    } else {
        String::new()
    };
    Ok(Window {
        mid: merchant.mid.clone(),
        order,
        method,
        word,
        return_url,
        mobile,
        card_codes,
        quotas,
        holder,
        due: due(&args, now)?,
        receipt: receipt(&args)?,
        at: now,
        done: false,
    })
}

/// What is bought, by whom, for how much.
fn order(args: &Args) -> Result<Order, ControlError> {
    let order_id = need(args, "orderId", 64)?;
    let amount = match args.amount("amount") {
        Ok(Some(0)) => return wrong("P017", "amount"),
        Ok(Some(amount)) => amount,
        Ok(None) => return wrong("P012", "amount"),
        Err(_) => return wrong("P008", "amount"),
    };
    let reserved = text(args, "mallReserved", 500)?;
    if reserved.as_ref().is_some_and(|text| text.contains('"')) {
        return wrong("P008", "mallReserved");
    }
    let tel = text(args, "buyerTel", 40)?;
    if tel.as_ref().is_some_and(|tel| !tel.bytes().all(|b| b.is_ascii_digit())) {
        return wrong("P008", "buyerTel");
    }
    let tax_free = at("taxFreeAmt", args.amount("taxFreeAmt"))?.unwrap_or(0);
    if tax_free > amount {
        return wrong("P036", "taxFreeAmt");
    }
    Ok(Order {
        order_id,
        goods_name: codes::in_charset(&need(args, "goodsName", 40)?).replace(['"', '|'], "-"),
        amount,
        tax_free,
        mall_reserved: reserved,
        mall_user_id: text(args, "mallUserId", 20)?,
        buyer_name: text(args, "buyerName", 30)?,
        buyer_tel: tel,
        buyer_email: text(args, "buyerEmail", 60)?,
        escrow: at("useEscrow", args.flag("useEscrow"))?.unwrap_or(false),
    })
}

/// Which cards and quotas a window offers.
fn cards(args: &Args, word: &str, amount: i64) -> Result<(Vec<String>, Vec<u32>), ControlError> {
    let named = ["cardCode", "cardQuota", "shopInterest", "quotaInterest"];
    if word == "cardAndEasyPay"
        && let Some(name) = named.into_iter().find(|name| args.has(name))
    {
        return wrong("U332", name);
    }
    let list = |name: &str| -> Result<Vec<String>, ControlError> {
        let text = at(name, args.text(name, 100))?.unwrap_or_default();
        let parts: Vec<String> = text.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        let two = |part: &String| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if parts.iter().all(two) {
            Ok(parts)
        } else {
            wrong("P008", name)
        }
    };
    let (codes_given, quotas) = (list("cardCode")?, list("cardQuota")?);
    if let Some(unknown) = codes_given.iter().find(|code| codes::card(code).is_none()) {
        return wrong("P008", &format!("cardCode {unknown}"));
    }
    let wallet = matches!(window_method(word), Some(Some(Method::Wallet(_))));
    if wallet && (codes_given.len() > 1 || quotas.len() > 1 || (codes_given.is_empty() && !quotas.is_empty())) {
        return wrong("P022", "cardQuota");
    }
    if word == "directCard" && (codes_given.len() != 1 || quotas.is_empty()) {
        return wrong("P022", "cardCode");
    }
    let quotas: Vec<u32> = quotas.iter().filter_map(|quota| quota.parse().ok()).collect();
    if amount < QUOTA_MIN && quotas.iter().any(|quota| *quota > 0) {
        return wrong("P037", "cardQuota");
    }
    Ok((codes_given, quotas))
}

/// When an account closes: hours win over a date.
fn due(args: &Args, now: i64) -> Result<i64, ControlError> {
    if let Some(hours) = at("vbankValidHours", args.count("vbankValidHours"))? {
        return match hours {
            1..=9999 => Ok(now + i64::from(hours) * HOUR_MS),
            _ => wrong("P031", "vbankValidHours"),
        };
    }
    let Some(text) = at("vbankExpDate", args.text("vbankExpDate", 30))? else {
        return Ok(now + HOURS * HOUR_MS);
    };
    match expiry(text).filter(|due| *due > now) {
        Some(due) => Ok(due),
        None => wrong("P031", "vbankExpDate"),
    }
}

/// `YYYY-MM-DD` (its end), `YYYY-MM-DDTHH:mm` or `YYYYMMDDhhmm`.
fn expiry(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let iso = match text.len() {
        12 if digits => format!(
            "{}-{}-{}T{}:{}:00",
            text.get(..4)?,
            text.get(4..6)?,
            text.get(6..8)?,
            text.get(8..10)?,
            text.get(10..)?
        ),
        10 => format!("{text}T23:59:59"),
        16 => format!("{text}:00"),
        _ => return None,
    };
    crate::simulators::clock::instant(iso.parse::<DateTime>().ok()?)
}

fn receipt(args: &Args) -> Result<Option<(String, String)>, ControlError> {
    let kind = at("directReceiptType", args.text("directReceiptType", 20))?;
    match kind {
        None | Some("unPublished") => Ok(None),
        Some(kind @ ("individual" | "company")) => {
            let number = at("directReceiptNo", args.text("directReceiptNo", 20))?;
            match number {
                Some(number) => Ok(Some((kind.to_owned(), number.to_owned()))),
                None => wrong("P012", "directReceiptNo"),
            }
        }
        Some(_) => wrong("P008", "directReceiptType"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_times_are_read_in_every_documented_form() {
        let end = crate::simulators::clock::parse_local("2026-01-02T03:04:00");
        assert_eq!(expiry("202601020304"), end);
        assert_eq!(expiry("2026-01-02T03:04"), end);
        assert_eq!(
            expiry("2026-01-02"),
            crate::simulators::clock::parse_local("2026-01-02T23:59:59")
        );
        assert_eq!(expiry("02.01.2026"), None);
    }
}
