//! What the window refuses before it opens.

use super::{Way, Window};
use crate::simulators::clock::{compact, plus_days};
use crate::simulators::kcp::args::{Args, Refusal, digits, refusal};
use crate::simulators::kcp::codes::{WALLETS, Wallet};
use crate::simulators::kcp::direct::{due, end_of_day};
use crate::simulators::kcp::merchants::Site;
use crate::simulators::kcp::payment::{METHODS, Method, Order};
use crate::simulators::kcp::register::{Lite, TRADE_MS, order_number};
use crate::simulators::kcp::{Kcp, approve, billing};
use crate::simulators::ledger::lock;
use encoding_rs::Encoding;
use std::sync::Arc;

/// Days that an account waits if nobody says otherwise.
const DUE_DAYS: i64 = 7;

/// Whether it is an absolute http(s) URL.
pub(in crate::simulators::kcp) fn absolute(url: &str) -> bool {
    let uri: Result<http::Uri, _> = url.parse();
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn wrong<T>(name: &str) -> Result<T, Refusal> {
    Err(refusal("S005").about(name))
}

fn site_of(kcp: &Kcp, args: &Args) -> Result<Arc<Site>, Refusal> {
    let cd = args.get("site_cd").ok_or_else(|| refusal("9002"))?;
    kcp.sites.get(cd).ok_or_else(|| refusal("8001"))
}

/// The window of a form on a PC.
pub(super) fn pc(kcp: &Kcp, args: &Args, now: i64) -> Result<Window, Refusal> {
    let site = site_of(kcp, args)?;
    if !matches!(args.text("req_tx"), "" | "pay") {
        return wrong("req_tx");
    }
    args.one_of("module_type", &["01"])?;
    // Dollars need a contract of their own.
    args.one_of("currency", &["WON"])?;
    let word = args.need("pay_method", 12)?;
    let (methods, group) = if word == "AUTH:CARD" {
        args.one_of("card_cert_type", &["BATCH"])?;
        (Vec::new(), Some(group(&site, args)?))
    } else {
        let methods = Method::of_bits(word).ok_or_else(|| refusal("S005").about("pay_method"))?;
        (methods, None)
    };
    let expression = args.text("good_expr");
    let period = |rest: &str| rest.len() == 16 && digits(rest);
    let known = matches!(expression, "" | "0")
        || expression.starts_with("2:")
        || expression.strip_prefix("1:").is_some_and(period);
    if !known || expression.len() > 18 {
        return wrong("good_expr");
    }
    let due = match args.get("vcnt_expire_term") {
        None => end_of_day(plus_days(now, DUE_DAYS)),
        Some(days) if digits(days) && days.len() <= 2 => term(args, days, now),
        Some(_) => None,
    };
    let due = due.ok_or_else(|| refusal("S005").about("vcnt_expire_term"))?;
    common(&site, args, now, (methods, group, due), Way::Pc)
}

/// The deadline so many days from today.
fn term(args: &Args, days: &str, now: i64) -> Option<i64> {
    let time = args.get("vcnt_expire_term_time").unwrap_or("235959");
    let day = compact(plus_days(now, days.parse().ok()?));
    due(&format!("{}{time}", day.get(..8)?)).filter(|due| *due > now)
}

/// The window of a form on a phone, whose trade was registered.
pub(super) fn phone(kcp: &Kcp, args: &Args, now: i64, charset: &'static Encoding) -> Result<Window, Refusal> {
    let site = site_of(kcp, args)?;
    let Some(ret_url) = args.get("Ret_URL").filter(|url| absolute(url)) else {
        return Err(refusal("M016"));
    };
    if args.text("currency") != "410" {
        return Err(refusal("M015"));
    }
    let key = args.text("approval_key");
    let record = kcp
        .trades
        .get(key)
        .ok_or_else(|| refusal("S005").about("approval_key"))?;
    let mut trade = lock(&record);
    if trade.used || trade.site != site.cd || now >= trade.at.saturating_add(TRADE_MS) {
        return wrong("approval_key");
    }
    if trade.ret_url != ret_url {
        return wrong("Ret_URL");
    }
    if args.text("ordr_idxx") != trade.number {
        return wrong("ordr_idxx");
    }
    if args.amount("good_mny") != Some(trade.amount) {
        return wrong("good_mny");
    }
    let row = trade
        .method
        .and_then(|method| METHODS.iter().find(|row| row.method == method));
    let (word, action) = row.map_or(("AUTH", Some("batch")), |row| (row.mobile, row.action));
    if args.text("pay_method") != word {
        return wrong("pay_method");
    }
    let told = args.need("ActionResult", 10)?;
    if action.is_some_and(|action| action != told) {
        return wrong("ActionResult");
    }
    let group = match trade.method {
        Some(_) => None,
        None => Some(group(&site, args)?),
    };
    let due = match args.get("ipgm_date") {
        None => end_of_day(plus_days(now, DUE_DAYS)),
        Some(text) => due(text).filter(|due| text.len() == 8 && *due > now),
    };
    let due = due.ok_or_else(|| refusal("S005").about("ipgm_date"))?;
    let way = Way::Phone {
        url: ret_url.to_owned(),
        charset,
    };
    let methods = trade.method.into_iter().collect();
    let window = common(&site, args, now, (methods, group, due), way)?;
    // One key, one window.
    trade.used = true;
    Ok(window)
}

/// The window of a LITE PAY registration.
pub(super) fn lite(kcp: &Kcp, lite: &mut Lite, args: &Args, now: i64) -> Result<Window, Refusal> {
    if lite.used || now >= lite.at.saturating_add(TRADE_MS) {
        return wrong("pay_url");
    }
    if args.text("ordr_idxx") != lite.number {
        return wrong("ordr_idxx");
    }
    let site = kcp.sites.get(&lite.site).ok_or_else(|| refusal("8001"))?;
    let mut sent = args.clone();
    sent.set("good_mny", Some(&lite.amount.to_string()));
    sent.set("good_name", Some(&lite.goods));
    let way = Way::Lite {
        done: lite.ret_url.clone(),
        failed: lite.fail_url.clone(),
    };
    let window = common(&site, &sent, now, (vec![Method::Card], None, now), way)?;
    lite.used = true;
    Ok(window)
}

/// The group of a batch key.
fn group(site: &Site, args: &Args) -> Result<String, Refusal> {
    let given = args.text("kcpgroup_id");
    billing::group(site.group.as_deref(), given)?;
    Ok(given.to_owned())
}

/// What every way of opening has in common.
fn common(
    site: &Site,
    args: &Args,
    now: i64,
    (methods, group, due): (Vec<Method>, Option<String>, i64),
    way: Way,
) -> Result<Window, Refusal> {
    let number = order_number(args, "9006")?.to_owned();
    let amount = args.amount("good_mny").ok_or_else(|| refusal("9008"))?;
    if amount == 0 && group.is_none() {
        return Err(refusal("9008"));
    }
    args.need("good_name", 100)?;
    for (name, max) in [
        ("site_name", 20),
        ("buyr_mail", 100),
        ("buyr_tel1", 20),
        ("buyr_tel2", 20),
        ("shop_user_id", 40),
        ("good_cd", 20),
        ("kcp_pay_title", 30),
        ("rcvr_name", 40),
        ("rcvr_add1", 200),
        ("rcvr_add2", 200),
    ] {
        args.free_text(name, max)?;
    }
    if let [Method::Gift | Method::Carrier] = methods.as_slice() {
        args.need("shop_user_id", 40)?;
    }
    let (wallet, money) = wallet(args, &methods)?;
    let max = args.get("quotaopt").unwrap_or("12");
    if !digits(max) || max.len() > 2 {
        return wrong("quotaopt");
    }
    let list = args.get("used_card").filter(|_| args.text("used_card_YN") != "N");
    let cards: Vec<String> = list.map_or_else(Vec::new, |list| list.split(':').map(str::to_owned).collect());
    Ok(Window {
        site: Arc::clone(&site.cd),
        order: Order {
            number,
            amount,
            goods: args.free_text("good_name", 100)?.to_owned(),
            buyer: args.free_text("buyr_name", 40)?.to_owned(),
            tax: approve::tax(args, site, amount)?,
        },
        methods,
        group,
        wallet,
        money,
        escrow: escrow(site, args)?,
        cards: cards.into_iter().filter(|code| code.len() == 4).collect(),
        quota: format!("{:0>2}", args.get("fix_inst").unwrap_or("00")),
        phone: args.text("buyr_tel2").chars().filter(char::is_ascii_digit).collect(),
        due,
        way,
        sent: args.clone(),
        at: now,
        done: false,
    })
}

/// The wallet that is opened directly, and whether it pays with its own money.
fn wallet(args: &Args, methods: &[Method]) -> Result<(Option<Wallet>, bool), Refusal> {
    let mut direct = WALLETS
        .iter()
        .filter(|wallet| args.text(&format!("{}_direct", wallet.name)) == "Y");
    let found = direct.next().copied();
    if direct.next().is_some() || (found.is_some() && !methods.contains(&Method::Card)) {
        return wrong("pay_method");
    }
    let money = args.text("naverpay_point_direct") == "Y";
    Ok((found, money && found.is_some_and(|wallet| wallet.name == "naverpay")))
}

/// Whether it becomes an escrow payment: a site without the contract gets a plain one.
fn escrow(site: &Site, args: &Args) -> Result<bool, Refusal> {
    match args.text("escw_used") {
        "" | "N" => return Ok(false),
        "Y" => {}
        _ => return wrong("escw_used"),
    }
    let term = args.text("deli_term");
    let days = term.len() == 2 && digits(term);
    if !term.is_empty() && !days {
        return wrong("deli_term");
    }
    if let Some(items) = args.get("good_info") {
        let whole = |item: &str| {
            let names = ["seq=", "ordr_numb=", "good_name=", "good_cntx=", "good_amtx="];
            let parts: Vec<&str> = item.split('\u{1f}').collect();
            parts.len() == names.len() && names.iter().zip(&parts).all(|(name, part)| part.starts_with(name))
        };
        let items: Vec<&str> = items.split('\u{1e}').collect();
        let count = args.get("bask_cntx").and_then(|text| text.parse().ok());
        if !items.iter().all(|item| whole(item)) || count != Some(items.len()) {
            return wrong("good_info");
        }
    }
    match args.text("pay_mod") {
        "Y" | "O" => Ok(site.escrow),
        "N" | "" => Ok(false),
        _ => wrong("pay_mod"),
    }
}
