//! What the window refuses before it opens.

use super::Window;
use crate::simulators::nice_legacy::direct::{due, order};
use crate::simulators::nice_legacy::form::Form;
use crate::simulators::nice_legacy::merchants::Merchant;
use crate::simulators::nice_legacy::payment::Method;
use crate::simulators::nice_legacy::result::{Refusal, need, refusal, signed, tax_parts};
use crate::simulators::nice_legacy::{NiceLegacy, codes, sign};
use crate::simulators::words::{ControlError, unknown_word};

/// (`DirectEasyPay`, number of the wallet)
const WALLETS: &[(&str, &str)] = &[
    ("E007", "7"),
    ("E018", "18"),
    ("E020", "20"),
    ("E021", "21"),
    ("E022", "22"),
    ("E025", "25"),
];
/// (member of `NicepayReserved`, number of the wallet)
const RESERVED: &[(&str, &str)] = &[("DirectKakao=Y", "16"), ("DirectPayco=Y", "15"), ("DirectPay11=Y", "6")];
/// Characters that a goods name must not have.
const FORBIDDEN: &[char] = &['%', '&', '|', '$', '-', '+', '=', '[', ']'];

/// Whether it is an absolute http(s) URL.
pub(super) fn absolute(url: &str) -> bool {
    let uri: Result<http::Uri, _> = url.parse();
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn wrong<T>(code: &'static str, field: &str) -> Result<T, ControlError> {
    Err(refusal(code).about(field).for_script(field))
}

fn unordered(code: &str, text: &str, field: &str) -> ControlError {
    Refusal::ordered(code, Some(text)).for_script(field)
}

fn required<'a>(form: &'a Form, name: &str, max: usize) -> Result<&'a str, ControlError> {
    need(form, name, max).map_err(|refused| refused.for_script(name))
}

/// The window of a form.
pub(super) fn window(nice: &NiceLegacy, form: &Form, pc: bool, now: i64) -> Result<Window, ControlError> {
    let Some(merchant) = nice.merchants.get(required(form, "MID", 10)?) else {
        return wrong("3012", "MID");
    };
    let amount = match form.amount("Amt") {
        Some(0) => return wrong("P017", "Amt"),
        Some(amount) => amount,
        None => return wrong("9000", "Amt"),
    };
    signed(form, sign::order::WINDOW, &merchant.key, "A101").map_err(|refused| refused.for_script("SignData"))?;
    let word = required(form, "PayMethod", 10)?;
    let Some(method) = Method::parse(word) else {
        let mut error = unknown_word("PayMethod", word, &Method::words());
        error.code = "W004".to_owned();
        return Err(error);
    };
    texts(form, method)?;
    let return_url = form.get("ReturnURL").filter(|url| url.len() <= 500 && absolute(url));
    if !pc && return_url.is_none() {
        return wrong("9000", "ReturnURL");
    }
    let wallet = wallet(form, method, pc)?;
    let escrow = escrow(form, &merchant, method, wallet)?;
    if merchant.tax_split {
        tax_parts(form, "", amount).map_err(|refused| refused.for_script("SupplyAmt"))?;
    }
    let due = match (method, due(form.text("VbankExpDate"), now)) {
        (Method::Vbank, None) => return wrong("P031", "VbankExpDate"),
        (_, due) => due.unwrap_or(now),
    };
    let list = |name: &str| -> Vec<String> {
        let parts = form.text(name).split(',').filter(|p| !p.is_empty());
        parts.map(str::to_owned).collect()
    };
    let cards = list("SelectCardCode");
    if cards.iter().any(|code| codes::card(code).is_none()) {
        return wrong("P008", "SelectCardCode");
    }
    let mut order = order(form, amount);
    order.reserved = form.text("ReqReserved").to_owned();
    Ok(Window {
        mid: merchant.mid.clone(),
        order,
        method,
        wallet,
        money: form.text("EasyPayMethod") == "E020=POINT",
        escrow,
        reserved: form.text("ReqReserved").to_owned(),
        return_url: return_url.filter(|_| !pc).map(str::to_owned),
        charset: form.get("CharSet").unwrap_or("euc-kr").to_owned(),
        cards,
        quota: list("SelectQuota").first().cloned().unwrap_or_else(|| "00".to_owned()),
        due,
        at: now,
        done: false,
    })
}

/// Texts that must be there, their lengths and characters.
fn texts(form: &Form, method: Method) -> Result<(), ControlError> {
    if required(form, "GoodsName", 40)?.contains(FORBIDDEN) {
        return wrong("P008", "GoodsName");
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || (method != Method::SsgBank && matches!(b, b'-' | b'_'));
    if !required(form, "Moid", 64)?.bytes().all(plain) {
        return Err(unordered("W001", "주문번호 형식 오류", "Moid"));
    }
    for (name, max) in [
        ("BuyerName", 30),
        ("BuyerTel", 40),
        ("BuyerEmail", 60),
        ("ReqReserved", 500),
        ("MallUserID", 20),
    ] {
        if codes::width(form.text(name)) > max {
            return wrong("P008", name);
        }
    }
    if form.text("ReqReserved").contains('"') {
        return wrong("P008", "ReqReserved");
    }
    let charset = form.text("CharSet").to_ascii_lowercase();
    if !matches!(charset.as_str(), "" | "euc-kr" | "utf-8") {
        return wrong("P008", "CharSet");
    }
    if method == Method::Cellphone && !matches!(form.text("GoodsCl"), "0" | "1") {
        return wrong("9000", "GoodsCl");
    }
    if method == Method::GiftCult && form.get("MallUserID").is_none() {
        return wrong("9000", "MallUserID");
    }
    Ok(())
}

/// Whether it is an escrow payment, if it may be one.
fn escrow(form: &Form, merchant: &Merchant, method: Method, wallet: &str) -> Result<bool, ControlError> {
    match form.text("TransType") {
        "" | "0" => return Ok(false),
        "1" => {}
        _ => return wrong("P008", "TransType"),
    }
    if !merchant.escrow {
        return wrong("C002", "TransType");
    }
    if !wallet.is_empty() {
        return wrong("P032", "TransType");
    }
    // The buyer gets a mail to decide by.
    if method == Method::Bank && !form.text("BuyerEmail").contains('@') {
        return wrong("9000", "BuyerEmail");
    }
    Ok(true)
}

/// The wallet that is opened directly, as the number that answers tell it by.
fn wallet(form: &Form, method: Method, pc: bool) -> Result<&'static str, ControlError> {
    let direct = match form.get("DirectEasyPay") {
        None => "",
        Some(code) => match WALLETS.iter().find(|(known, _)| *known == code) {
            Some((_, number)) => number,
            None => return wrong("P029", "DirectEasyPay"),
        },
    };
    let reserved = RESERVED
        .iter()
        .find(|(member, _)| {
            form.text("NicepayReserved")
                .split(['|', ',', '&'])
                .any(|part| part == *member)
        })
        .map_or("", |(_, number)| number);
    let found = if direct.is_empty() { reserved } else { direct };
    if !found.is_empty() && method != Method::Card {
        return Err(unordered("W004", "결제수단 조합 오류", "PayMethod"));
    }
    if found == "20" && !matches!(form.text("EasyPayMethod"), "E020=CARD" | "E020=POINT") {
        return wrong("9000", "EasyPayMethod");
    }
    if found == "22" && pc {
        return wrong("P029", "DirectEasyPay");
    }
    Ok(found)
}
