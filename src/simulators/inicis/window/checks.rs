//! What the windows refuse before the buyer sees anything.

use super::{Kind, Window};
use crate::simulators::clock::{instant, plus_days};
use crate::simulators::inicis::Inicis;
use crate::simulators::inicis::codes;
use crate::simulators::inicis::form::{Form, amount};
use crate::simulators::inicis::merchants::Merchant;
use crate::simulators::inicis::payment::{Method, Order};
use crate::simulators::inicis::sign;
use crate::simulators::words::ControlError;
use jiff::civil::DateTime;

/// Days that an account waits unless the merchant says otherwise.
const DUE_DAYS: i64 = 10;

fn wrong<T>(code: &str, field: &str) -> Result<T, ControlError> {
    let text = format!("[{code}] {} ({field})", codes::message(code));
    Err(ControlError::script(code, field, text))
}

/// Scheme and authority of an absolute address.
fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..url.len() - rest.len() + end).filter(|_| end > 0)
}

fn merchant(inicis: &Inicis, form: &Form, field: &str, code: &str) -> Result<std::sync::Arc<Merchant>, ControlError> {
    match inicis.merchants.get(form.text(field)) {
        Some(merchant) => Ok(merchant),
        None => wrong(code, field),
    }
}

/// Reads a form into a window.
pub(super) fn window(inicis: &Inicis, kind: Kind, form: &Form, page: Option<&str>) -> Result<Window, ControlError> {
    let now = inicis.world.clock.now();
    match kind {
        Kind::Pc => pc(inicis, form, page, now),
        Kind::Mobile => mobile(inicis, form, now),
        Kind::Lite | Kind::Inibill => billing(inicis, kind, form, now),
    }
}

fn pc(inicis: &Inicis, form: &Form, page: Option<&str>, now: i64) -> Result<Window, ControlError> {
    let m = merchant(inicis, form, "mid", "500400")?;
    for (field, max) in [
        ("oid", 40),
        ("price", 64),
        ("timestamp", 20),
        ("goodname", usize::MAX),
        ("buyername", usize::MAX),
        ("buyertel", 64),
        ("buyeremail", 64),
        ("signature", 64),
        ("mKey", 64),
    ] {
        if form.text(field).is_empty() || form.text(field).len() > max {
            return wrong("500251", field);
        }
    }
    if form.text("version") != "1.0" || !form.text("oid").is_ascii() {
        return wrong("500251", "version, oid");
    }
    let (back, close) = (origin(form.text("returnUrl")), origin(form.text("closeUrl")));
    if back.is_none() || back != close || page.is_some_and(|page| back != Some(page)) {
        return wrong("V023", "returnUrl");
    }
    if !matches!(form.text("currency"), "WON" | "USD") {
        return wrong("500251", "currency");
    }
    let Some(price) = form.amount("price") else {
        return wrong("500609", "price");
    };
    let (oid, text, time) = (
        ("oid", form.text("oid")),
        ("price", form.text("price")),
        ("timestamp", form.text("timestamp")),
    );
    if form.text("mKey") != sign::sha256(&m.sign_key) || form.text("signature") != sign::pairs(&[oid, text, time]) {
        return wrong("500202", "signature");
    }
    let checked = sign::pairs(&[oid, text, ("signKey", &m.sign_key), time]);
    if form.text("use_chkfake") == "Y" && form.text("verification") != checked {
        return wrong("500633", "verification");
    }
    if form.text("merchantData").bytes().any(|b| !b.is_ascii()) {
        return wrong("500251", "merchantData");
    }
    // Both are cut, not refused: 40 and 30 bytes.
    let goods = cut(form.text("goodname"), 40);
    let name = cut(form.text("buyername"), 30);
    let options: Vec<&str> = form.text("acceptmethod").split(':').collect();
    let option = |name: &str| {
        options
            .iter()
            .find_map(|o| o.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')'))
    };
    let billing = option("BILLAUTH") == Some("Card");
    if billing && !m.billing {
        return wrong("550433", "acceptmethod");
    }
    let (methods, wallet) = pc_methods(form.text("gopaymethod"), billing)?;
    if methods == [Method::Phone] && !matches!(option("HPP"), Some("1" | "2")) {
        return wrong("500251", "acceptmethod HPP");
    }
    let escrow = options.contains(&"useescrow") && m.escrow;
    limits(
        &methods,
        price,
        options.contains(&"below1000"),
        escrow || billing && price == 0,
    )?;
    taxes(form.text("tax"), form.text("taxfree"), price, &m)?;
    let due = match option("vbank") {
        None => plus_days(now, DUE_DAYS),
        Some(text) => deadline(text, now)?,
    };
    Ok(Window {
        kind: Kind::Pc,
        mid: m.mid.clone(),
        order: Order {
            oid: form.text("oid").to_owned(),
            amount: price,
            goods,
            buyer_name: name,
            buyer_tel: form.text("buyertel").to_owned(),
            buyer_email: form.text("buyeremail").to_owned(),
            echo: form.text("merchantData").to_owned(),
            return_url: form.text("returnUrl").to_owned(),
            noti_url: None,
        },
        methods,
        wallet,
        billing,
        escrow,
        close_url: form.text("closeUrl").to_owned(),
        charset: form.get("charset").unwrap_or("UTF-8").to_owned(),
        center: option("centerCd") == Some("Y"),
        due,
        at: now,
        done: false,
    })
}

/// Methods that `gopaymethod` opens, and a wallet among them.
fn pc_methods(text: &str, billing: bool) -> Result<(Vec<Method>, Option<&'static str>), ControlError> {
    if billing {
        return match text {
            "" | "Card" => Ok((vec![Method::Card], None)),
            _ => wrong("500251", "gopaymethod"),
        };
    }
    if text.is_empty() {
        return Ok((Method::all(), None));
    }
    let (mut methods, mut wallet) = (Vec::new(), None);
    for word in text.split(':') {
        match (Method::pc(word), codes::pc_wallet(word)) {
            (Some(method), _) => methods.push(method),
            (None, Some(source)) => {
                methods.push(Method::Card);
                wallet = Some(source);
            }
            _ => return wrong("500251", "gopaymethod"),
        }
    }
    Ok((methods, wallet))
}

fn mobile(inicis: &Inicis, form: &Form, now: i64) -> Result<Window, ControlError> {
    let m = merchant(inicis, form, "P_MID", "MX1002")?;
    if origin(form.text("P_NEXT_URL")).is_none() {
        return wrong("MX1002", "P_NEXT_URL");
    }
    if form.get("P_AMT").is_none() {
        return wrong("MX1003", "P_AMT");
    }
    let price = match amount(form.text("P_AMT")) {
        Some(price) if form.text("P_AMT").len() <= 9 => price,
        _ => return wrong("MX3001", "P_AMT"),
    };
    for (field, max) in [("P_OID", 40), ("P_GOODS", 80), ("P_UNAME", 30)] {
        let width = encoding_rs::EUC_KR.encode(form.text(field)).0.len();
        if width == 0 || width > max {
            return wrong("500251", field);
        }
    }
    let options: Vec<&str> = form.text("P_RESERVED").split('&').collect();
    let yes = |name: &str| options.iter().any(|o| o.strip_prefix(name) == Some("=Y"));
    if yes("amt_hash") {
        let key = m.hash_key.as_deref().unwrap_or_default();
        let fake = sign::chkfake(form.text("P_AMT"), form.text("P_OID"), form.text("P_TIMESTAMP"), key);
        if key.is_empty() || form.text("P_CHKFAKE") != fake {
            return wrong("500633", "P_CHKFAKE");
        }
    }
    let Some(method) = Method::mobile(form.text("P_INI_PAYMENT")) else {
        return wrong("MX1002", "P_INI_PAYMENT");
    };
    if method == Method::Phone && !matches!(form.text("P_HPP_METHOD"), "1" | "2") {
        return wrong("MX1006", "P_HPP_METHOD");
    }
    let noti_url = form.get("P_NOTI_URL").filter(|url| origin(url).is_some());
    if method == Method::Vbank && noti_url.is_none() {
        return wrong("500251", "P_NOTI_URL");
    }
    let escrow = yes("useescrow") && m.escrow;
    let wallet = options
        .iter()
        .filter_map(|o| o.strip_suffix("=Y"))
        .find_map(codes::mobile_wallet);
    limits(&[method], price, yes("below1000"), escrow)?;
    taxes(form.text("P_TAX"), form.text("P_TAXFREE"), price, &m)?;
    let due = match form.get("P_VBANK_DT") {
        None => plus_days(now, DUE_DAYS),
        Some(day) => deadline(&format!("{day}{}", form.text("P_VBANK_TM")), now)?,
    };
    Ok(Window {
        kind: Kind::Mobile,
        mid: m.mid.clone(),
        order: Order {
            oid: form.text("P_OID").to_owned(),
            amount: price,
            goods: form.text("P_GOODS").to_owned(),
            buyer_name: form.text("P_UNAME").to_owned(),
            buyer_tel: form.text("P_MOBILE").to_owned(),
            buyer_email: form.text("P_EMAIL").to_owned(),
            echo: form.text("P_NOTI").to_owned(),
            return_url: form.text("P_NEXT_URL").to_owned(),
            noti_url: noti_url.map(str::to_owned),
        },
        methods: vec![method],
        wallet,
        billing: false,
        escrow,
        close_url: String::new(),
        charset: form.get("P_CHARSET").unwrap_or("utf8").to_owned(),
        center: yes("centerCd"),
        due,
        at: now,
        done: false,
    })
}

/// Both billing windows; nothing is charged in them.
fn billing(inicis: &Inicis, kind: Kind, form: &Form, now: i64) -> Result<Window, ControlError> {
    let lite = kind == Kind::Lite;
    let m = merchant(inicis, form, "mid", "500400")?;
    let names = if lite {
        [
            "orderId",
            "price",
            "goodName",
            "buyerName",
            "buyerTel",
            "buyerEmail",
            "returnUrl",
            "hashData",
        ]
    } else {
        [
            "orderid",
            "price",
            "goodname",
            "buyername",
            "buyertel",
            "buyeremail",
            "returnurl",
            "hashdata",
        ]
    };
    for field in names.iter().chain(["timestamp"].iter()) {
        if form.get(field).is_none() {
            return wrong("500251", field);
        }
    }
    if !lite && (form.text("authtype") != "D" || !is_period(form.text("period"))) {
        return wrong("500251", "authtype, period");
    }
    if !m.billing || m.lite_key.is_empty() {
        return wrong("550433", "mid");
    }
    let [oid, price, goods, name, tel, email, back, hash] = names.map(|field| form.text(field));
    let time = form.text("timestamp");
    let expected = if lite {
        sign::sha512(&[price, &*m.mid, oid, time, &m.lite_key].concat())
    } else {
        sign::sha256(&[&*m.mid, oid, time, &m.lite_key].concat())
    };
    if hash != expected || time.len() != 14 {
        return wrong("500202", names[7]);
    }
    let Some(amount) = amount(price) else {
        return wrong("500609", "price");
    };
    if origin(back).is_none() {
        return wrong("500251", names[6]);
    }
    Ok(Window {
        kind,
        mid: m.mid.clone(),
        order: Order {
            oid: oid.to_owned(),
            amount,
            goods: goods.to_owned(),
            buyer_name: name.to_owned(),
            buyer_tel: tel.to_owned(),
            buyer_email: email.to_owned(),
            echo: form
                .text(if lite { "merchantRedirectData" } else { "p_noti" })
                .to_owned(),
            return_url: back.to_owned(),
            noti_url: None,
        },
        methods: vec![Method::Card],
        wallet: None,
        billing: true,
        escrow: false,
        close_url: String::new(),
        charset: (if lite { "utf-8" } else { "euc-kr" }).to_owned(),
        center: false,
        due: now,
        at: now,
        done: false,
    })
}

/// `M2`, `Y2` or `YYYYMMDDYYYYMMDD`.
fn is_period(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.strip_prefix(['M', 'Y']) {
        Some(number) => number.len() <= 2 && digits(number),
        None => text.len() == 16 && digits(text),
    }
}

/// Least amounts of the methods.
fn limits(methods: &[Method], price: i64, below: bool, escrow: bool) -> Result<(), ControlError> {
    if methods.len() != 1 {
        return Ok(());
    }
    match methods.first() {
        _ if escrow && price > 0 && price < 500 => wrong("500612", "price"),
        _ if escrow => Ok(()),
        Some(Method::Vbank) if price < 200 => wrong("504937", "price"),
        Some(Method::Card) if price < 1000 && !below => wrong("500608", "price"),
        Some(Method::Card) if price < 100 => wrong("500690", "price"),
        _ if price < 1 => wrong("500701", "price"),
        _ => Ok(()),
    }
}

fn taxes(tax: &str, free: &str, price: i64, m: &Merchant) -> Result<(), ControlError> {
    if !m.tax_split || (tax.is_empty() && free.is_empty()) {
        return Ok(());
    }
    match (amount(tax), amount(free)) {
        (Some(tax), Some(free)) if tax * 10 <= price && tax + free <= price => Ok(()),
        _ => wrong("500656", "tax"),
    }
}

/// `YYYYMMDD` or `YYYYMMDDhhmm`.
fn deadline(text: &str, now: i64) -> Result<i64, ControlError> {
    let full = match text.len() {
        8 => format!("{text}235959"),
        12 => format!("{text}00"),
        _ => return wrong("500640", "vbank"),
    };
    match DateTime::strptime("%Y%m%d%H%M%S", &full).ok().and_then(instant) {
        Some(at) if at > now => Ok(at),
        _ => wrong("500640", "vbank"),
    }
}

/// Longer texts lose their end to `...`, at a character's boundary.
fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}...", text.get(..end).unwrap_or_default())
}
