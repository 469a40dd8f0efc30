//! `/gw/hub/v1/payment` without a batch key: card numbers (수기결제) and virtual accounts.

use super::args::{Refusal, Reply, digits, refusal};
use super::merchants::KeyIn;
use super::payment::{Card, Means, Method, Order, Payment, Vbank, Wanted};
use super::{Ctx, Kcp, approve, codes};
use crate::simulators::clock::{civil, compact, instant, plus_days};
use crate::simulators::ids;
use jiff::civil::DateTime;

/// The order of a payment by server, with the members that each must have.
pub(super) fn order(ctx: &Ctx<'_>) -> Result<Order, Refusal> {
    let args = ctx.args;
    args.need("cust_ip", 39)?;
    args.one_of("currency", &["410"])?;
    let amount = args.need_amount("amount")?;
    if amount < 1 {
        return Err(refusal("8105"));
    }
    let number = args.need("ordr_idxx", 40)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !number.bytes().all(plain) {
        return Err(refusal("S005").about("ordr_idxx"));
    }
    args.need("good_name", 100)?;
    for (name, max) in [("buyr_mail", 100), ("buyr_tel1", 20), ("buyr_tel2", 20)] {
        args.free_text(name, max)?;
    }
    Ok(Order {
        number: number.to_owned(),
        amount,
        goods: args.free_text("good_name", 100)?.to_owned(),
        buyer: args.free_text("buyr_name", 40)?.to_owned(),
        tax: approve::tax(args, ctx.site, amount)?,
    })
}

/// `536112******1234`, and the company that its first digits belong to.
fn card_of(number: &str) -> Card {
    let code = match number.get(..1) {
        Some("3") => "CCDI",
        Some("4") => "CCSS",
        Some("5") => "CCKM",
        Some("6") => "CCNH",
        _ => "CCBC",
    };
    let (front, tail) = (number.get(..6), number.get(number.len() - 4..));
    let stars = "*".repeat(number.len() - 10);
    let masked = format!("{}{stars}{}", front.unwrap_or_default(), tail.unwrap_or_default());
    Card::of(code, masked)
}

/// A card as it was typed: number and expiry; and what proves its owner, where the contract wants that.
pub(super) fn typed(ctx: &Ctx<'_>, checked: bool) -> Result<Card, Refusal> {
    let number = ctx.args.text("card_no");
    if !digits(number) || !(14..=16).contains(&number.len()) {
        return Err(refusal("8108"));
    }
    // No card company's numbers begin with it.
    if number.starts_with('0') {
        return Err(refusal("CC14"));
    }
    let expiry = ctx.args.text("card_expiry");
    let month = expiry.get(2..).unwrap_or_default();
    if expiry.len() != 4 || !digits(expiry) || !("01"..="12").contains(&month) {
        return Err(refusal("8109"));
    }
    let today = compact(ctx.now);
    if format!("20{expiry}").as_str() < today.get(..6).unwrap_or_default() {
        return Err(refusal("CC54"));
    }
    let owner = ctx.args.text("card_taxno");
    if checked {
        if !digits(owner) || !matches!(owner.len(), 6 | 10) {
            return Err(refusal("8110"));
        }
        let password = ctx.args.text("card_pwd");
        if !digits(password) || password.len() != 2 {
            return Err(refusal("8111"));
        }
    }
    let mut card = card_of(number);
    card.corporate = owner.len() == 10;
    Ok(card)
}

/// `card_mny`, which repeats the amount, and the installments.
pub(super) fn card_terms(ctx: &Ctx<'_>, card: &mut Card, amount: i64) -> Result<(), Refusal> {
    if ctx.args.get("card_mny").is_some() && ctx.args.amount("card_mny") != Some(amount) {
        return Err(refusal("8105").about("card_mny"));
    }
    card.quota = approve::quota(ctx.args.text("quota"), amount)?;
    approve::card_limits(ctx.site, amount, &card.quota, "8135")
}

impl Kcp {
    /// `card_tx_type=11121000`
    pub(super) fn key_in(&self, ctx: &Ctx<'_>) -> Reply {
        if ctx.site.key_in == KeyIn::None {
            return Err(refusal("8998"));
        }
        let order = order(ctx)?;
        let mut card = typed(ctx, ctx.site.key_in == KeyIn::Checked)?;
        card_terms(ctx, &mut card, order.amount)?;
        let means = Means::Card(card);
        self.settle(ctx, Payment::new(&ctx.site.cd, order, Method::Card, means, ctx.now))
    }

    /// `pay_method=VCNT`
    pub(super) fn issue_vbank(&self, ctx: &Ctx<'_>) -> Reply {
        ctx.args.one_of("va_txtype", &["41100000"])?;
        let order = order(ctx)?;
        if ctx.args.need_amount("va_mny")? != order.amount {
            return Err(refusal("8105").about("va_mny"));
        }
        let code = ctx.args.need("va_bankcode", 4)?;
        let bank = codes::bank(code).filter(|row| row.0 == code && row.2);
        let bank = bank.ok_or_else(|| refusal("S005").about("va_bankcode"))?;
        ctx.args.need("va_name", 40)?;
        let name = ctx.args.free_text("va_name", 40)?.to_owned();
        let due = match ctx.args.get("va_date") {
            None => end_of_day(plus_days(ctx.now, 7)),
            Some(text) => due(text).filter(|due| *due > ctx.now),
        };
        let due = due.ok_or_else(|| refusal("S005").about("va_date"))?;
        let receipt = match (ctx.args.get("va_receipt_gubn"), ctx.args.get("va_taxno")) {
            (None, None) => None,
            (Some(kind @ ("0" | "1")), Some(id)) if digits(id) => Some(Wanted {
                kind: kind.to_owned(),
                id: id.to_owned(),
            }),
            (Some(_), Some(_)) => return Err(refusal("S005").about("va_receipt_gubn")),
            _ => return Err(refusal("8308")),
        };
        let means = Means::Vbank(account((bank.0, bank.1), name, due));
        let mut payment = Payment::new(&ctx.site.cd, order, Method::Vbank, means, ctx.now);
        payment.receipt = receipt;
        self.settle(ctx, payment)
    }
}

/// A new account.
pub(super) fn account(bank: (&'static str, &'static str), name: String, due: i64) -> Vbank {
    Vbank {
        bank,
        number: format!("T{}", ids::digits(13)),
        name,
        due,
        total: 0,
        remitter: String::new(),
        deposited: None,
    }
}

/// 23:59:59 of an instant's day.
pub(super) fn end_of_day(ms: i64) -> Option<i64> {
    instant(civil(ms).date().at(23, 59, 59, 0))
}

/// `yyyyMMdd` (its end) or `yyyyMMddHHmmss`.
pub(super) fn due(text: &str) -> Option<i64> {
    if !digits(text) {
        return None;
    }
    let time = match text.len() {
        8 => "235959",
        14 => text.get(8..)?,
        _ => return None,
    };
    let civil = format!(
        "{}-{}-{}T{}:{}:{}",
        text.get(..4)?,
        text.get(4..6)?,
        text.get(6..8)?,
        time.get(..2)?,
        time.get(2..4)?,
        time.get(4..)?
    );
    instant(civil.parse::<DateTime>().ok()?)
}
