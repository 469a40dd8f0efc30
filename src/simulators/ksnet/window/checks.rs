//! What the window refuses before it opens.

use super::Window;
use crate::simulators::clock::instant;
use crate::simulators::ksnet::Ksnet;
use crate::simulators::ksnet::form::{Form, amount, width};
use crate::simulators::ksnet::merchants::Merchant;
use crate::simulators::ksnet::payment::{Method, Order};
use crate::simulators::words::ControlError;
use jiff::civil::{Date, Time};

/// Least amount of a card payment, KRW.
const CARD_MIN: i64 = 1_000;

/// Whether it is an absolute http(s) URL.
fn absolute(url: &str) -> bool {
    let uri: Result<http::Uri, _> = url.parse();
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn wrong<T>(field: &str, why: impl std::fmt::Display) -> Result<T, ControlError> {
    Err(ControlError::script("WINDOW", field, format!("`{field}` {why}")))
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, ControlError> {
    match form.get(name) {
        Some(value) => Ok(value),
        None => wrong(name, "is missing"),
    }
}

/// A text of at most `max` bytes in EUC-KR, without characters that would break the page or the answer.
fn text<'a>(form: &'a Form, name: &str, max: usize, forbidden: &[char]) -> Result<&'a str, ControlError> {
    let value = form.text(name);
    if value.contains(forbidden) || value.contains(['\r', '\n']) {
        return wrong(name, format!("has one of the characters {forbidden:?}"));
    }
    match width(value) {
        Some(bytes) if bytes <= max => Ok(value),
        Some(bytes) => wrong(name, format!("has {bytes} bytes in EUC-KR: at most {max}")),
        None => wrong(name, "has a character that EUC-KR does not"),
    }
}

fn digits(form: &Form, name: &str, max: usize) -> Result<(), ControlError> {
    let value = form.text(name);
    if value.len() > max || !value.bytes().all(|b| b.is_ascii_digit()) {
        return wrong(name, format!("must be at most {max} digits"));
    }
    Ok(())
}

fn one_of(form: &Form, name: &str, words: &[&str]) -> Result<(), ControlError> {
    if words.contains(&form.text(name)) {
        return Ok(());
    }
    wrong(name, format!("must be one of {words:?}"))
}

/// `yyyyMMdd` and `HHmmss`, ms.
pub(in super::super) fn moment(date: &str, time: &str) -> Option<i64> {
    let part = |text: &str, at: std::ops::Range<usize>| text.get(at).and_then(|t| t.parse::<i16>().ok());
    let small = |text: &str, at| part(text, at).and_then(|n| i8::try_from(n).ok());
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let date = Date::new(part(date, 0..4)?, small(date, 4..6)?, small(date, 6..8)?).ok()?;
    let time = Time::new(small(time, 0..2)?, small(time, 2..4)?, small(time, 4..6)?, 0).ok()?;
    instant(date.to_datetime(time))
}

/// The window of a form.
pub(super) fn window(ksnet: &Ksnet, form: &Form, mobile: bool, now: i64) -> Result<Window, ControlError> {
    let mid = required(form, "sndStoreid")?;
    if mid.len() != 10 || !mid.bytes().all(|b| b.is_ascii_digit()) {
        return wrong("sndStoreid", "must have 10 digits");
    }
    let Some(merchant) = ksnet.merchants.get(mid) else {
        return wrong("sndStoreid", "is no store of KSNET's");
    };
    let Some(total) = amount(required(form, "sndAmount")?).filter(|total| *total > 0) else {
        return wrong("sndAmount", "must be 1 to 9 digits and more than 0");
    };
    let reply = required(form, "sndReply")?;
    if !absolute(reply) {
        return wrong("sndReply", "must be an absolute URL");
    }
    let Some(methods) = Method::flags(required(form, "sndPaymethod")?) else {
        return wrong("sndPaymethod", "must be 10 or 13 flags at positions that are in use");
    };
    texts(form, mobile)?;
    contract(form, &merchant, &methods, total)?;
    let due = due(form, &methods, now)?;
    let tax_free = match merchant
        .tax_free_field
        .as_deref()
        .and_then(|name| Some((name, form.get(name)?)))
    {
        None => 0,
        Some((name, text)) => match amount(text).filter(|free| *free <= total) {
            Some(free) => free,
            None => return wrong(name, "must be an amount up to the total"),
        },
    };
    let echoes = form.0.iter().filter(|(name, _)| mobile && name.starts_with("ECH"));
    Ok(Window {
        mid: merchant.mid.clone(),
        mobile,
        order: Order {
            number: form.text("sndOrdernumber").to_owned(),
            amount: total,
            tax_free,
            goods: form.text("sndGoodname").to_owned(),
            buyer: form.text("sndOrdername").to_owned(),
            escrow: form.text("sndEscrow") == "1",
        },
        methods,
        money: form.text("sndKakaopayType") == "MONEY",
        receipt: form.text("sndCashReceipt") == "1",
        due,
        reply: reply.to_owned(),
        charset: form.text("sndCharSet").to_owned(),
        echoes: echoes.cloned().collect(),
        at: now,
        done: false,
    })
}

/// Texts that must be there, their lengths and characters.
fn texts(form: &Form, mobile: bool) -> Result<(), ControlError> {
    const MARKS: &[char] = &['\'', '"', '`'];
    const MOBILE: &[char] = &['\'', '"', '`', '-'];
    let (marks, long) = if mobile { (MOBILE, 30) } else { (MARKS, 50) };
    for (name, max, marks) in [
        ("sndOrdernumber", long, marks),
        ("sndGoodname", long, MARKS),
        ("sndOrdername", 50, MARKS),
    ] {
        required(form, name)?;
        text(form, name, max, marks)?;
    }
    for (name, max) in [("sndEmail", 50), ("sndStoreName", 20), ("sndStoreNameEng", 20)] {
        text(form, name, max, MARKS)?;
    }
    digits(form, "sndMobile", 12)?;
    digits(form, "sndAllregid", 13)?;
    let charset = required(form, "sndCharSet")?.to_ascii_lowercase();
    if !matches!(charset.as_str(), "utf-8" | "euc-kr") {
        return wrong("sndCharSet", "must be utf-8 or euc-kr");
    }
    if !mobile {
        one_of(form, "iframeYn", &["Y"])?;
    }
    one_of(form, "sndGoodType", &["1", "2"])?;
    one_of(form, "sndShowcard", &["C"])?;
    // Dollars need a card from abroad and a contract of their own.
    one_of(form, "sndCurrencytype", &["WON", "410"])?;
    one_of(form, "sndQpayType", &["", "0", "1"])?;
    one_of(form, "sndKakaopayType", &["", "CARD", "MONEY"])?;
    one_of(form, "sndEscrow", &["", "0", "1"])?;
    one_of(form, "sndCashReceipt", &["", "0", "1"])
}

/// What the contract and the methods ask for.
fn contract(form: &Form, merchant: &Merchant, methods: &[Method], total: i64) -> Result<(), ControlError> {
    let has = |method| methods.contains(&method);
    let cards = methods.iter().any(|method| method.card_like());
    if cards && total < CARD_MIN {
        return wrong("sndAmount", format!("must be at least {CARD_MIN} for cards"));
    }
    if has(Method::Card) {
        required(form, "sndInstallmenttype")?;
        required(form, "sndInteresttype")?;
    }
    if (has(Method::KakaoPay) || has(Method::NaverPay)) && !merchant.easy_pay {
        return wrong("sndPaymethod", "asks for easy pay, which the contract does not have");
    }
    if has(Method::KakaoPay) {
        for name in [
            "sndStoreCeoName",
            "sndStorePhoneNo",
            "sndStoreAddress",
            "sndEmail",
            "sndMobile",
        ] {
            required(form, name)?;
        }
    }
    if has(Method::Vbank) && !merchant.vbank {
        return wrong(
            "sndPaymethod",
            "asks for virtual accounts, which the contract does not have",
        );
    }
    if has(Method::Mobile) && form.text("sndGoodType") != merchant.goods_type {
        return wrong("sndGoodType", "is not what the contract for mobile payments says");
    }
    if form.text("sndEscrow") == "1" {
        if !merchant.escrow {
            return wrong("sndEscrow", "needs an escrow contract");
        }
        if !required(form, "sndEmail")?.contains('@') {
            return wrong("sndEmail", "must be an address: an escrow buyer gets mail");
        }
    }
    Ok(())
}

fn due(form: &Form, methods: &[Method], now: i64) -> Result<Option<i64>, ControlError> {
    if !methods.contains(&Method::Vbank) {
        return Ok(None);
    }
    let (date, time) = (required(form, "sndVirExpDt")?, required(form, "sndVirExpTm")?);
    match moment(date, time).filter(|due| *due > now) {
        Some(due) => Ok(Some(due)),
        None => wrong(
            "sndVirExpDt",
            "and `sndVirExpTm` must be a time to come, as 8 and 6 digits",
        ),
    }
}
