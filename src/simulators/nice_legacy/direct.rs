//! Payments without a window: card numbers ("수기결제") and virtual accounts, under TIDs that the merchant makes.

use super::approve::duplicate;
use super::crypt::{Mode, decrypt};
use super::form::Form;
use super::payment::{Card, Means, Method, Order, Payment, Status, Vbank};
use super::result::{Refusal, Reply, refusal, tax_parts};
use super::{Ctx, NiceLegacy, codes};
use crate::simulators::clock::{compact, instant};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use jiff::civil::DateTime;
use std::sync::Arc;

/// A TID of the merchant's making must have its MID, method and media in it.
pub(super) fn own_tid<'a>(ctx: &'a Ctx<'_>, method: &str, media: &str) -> Result<&'a str, Refusal> {
    let tid = ctx.need("TID", 30)?;
    let head = format!("{}{method}{media}", ctx.merchant.mid);
    let time = tid
        .get(14..26)
        .is_some_and(|time| time.bytes().all(|b| b.is_ascii_digit()));
    if tid.len() == 30 && tid.starts_with(&head) && time {
        Ok(tid)
    } else {
        Err(Refusal::ordered("W002", Some("TID 형식 오류")))
    }
}

/// What was typed, decrypted; its names differ from call to call.
#[derive(Debug)]
pub(super) struct Typed(Vec<(String, String)>);

impl Typed {
    pub fn read(ctx: &Ctx<'_>) -> Result<Self, Refusal> {
        let data = ctx.need("EncData", 512)?;
        let plain = decrypt(Mode::Ecb128, data, &ctx.merchant.key).ok_or_else(|| refusal("A204"))?;
        // Padding that happens to fit does not make a text of it.
        if !plain.is_ascii() || !plain.contains("CardNo=") {
            return Err(refusal("A204"));
        }
        Ok(Self(form_urlencoded::parse(plain.as_bytes()).into_owned().collect()))
    }

    /// Digits of one of these lengths.
    pub fn digits(&self, name: &str, lengths: &[usize], code: &'static str) -> Result<&str, Refusal> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| lengths.contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| refusal(code))
    }

    pub fn card(&self) -> Result<Card, Refusal> {
        let number = self.digits("CardNo", &[14, 15, 16], "3011")?;
        if !codes::is_card_number(number) {
            return Err(refusal("3011"));
        }
        let (front, tail) = (number.get(..8), number.get(number.len() - 4..));
        let masked = format!("{}****{}", front.unwrap_or_default(), tail.unwrap_or_default());
        Ok(Card::of(codes::card_of_number(number).0, masked))
    }
}

/// Year and month of two digits each, not in the past.
pub(super) fn not_expired(year: &str, month: &str, now: i64) -> Result<(), Refusal> {
    let today = compact(now);
    let good = ("01"..="12").contains(&month);
    if good && format!("20{year}{month}").as_str() >= today.get(..6).unwrap_or_default() {
        Ok(())
    } else {
        Err(refusal("3021"))
    }
}

/// `00`, `02`, …: two digits, and installments from 50,000 on.
pub(super) fn quota(ctx: &Ctx<'_>, amount: i64) -> Result<String, Refusal> {
    let text = ctx.form.get("CardQuota").unwrap_or("00");
    let months: u32 = text.parse().map_err(|_| refusal("3022"))?;
    if text.len() != 2 || months == 1 || months > 36 {
        return Err(refusal("3022"));
    }
    if months > 0 && amount < 50_000 {
        return Err(refusal("3024"));
    }
    if !matches!(ctx.form.text("CardInterest"), "" | "0" | "1") {
        return Err(refusal("9000").about("CardInterest"));
    }
    Ok(text.to_owned())
}

/// What the order is about.
pub(super) fn order(form: &Form, amount: i64) -> Order {
    let text = |name: &str| form.text(name).to_owned();
    Order {
        moid: text("Moid"),
        amount,
        goods: text("GoodsName"),
        buyer_name: text("BuyerName"),
        buyer_tel: text("BuyerTel"),
        buyer_email: text("BuyerEmail"),
        reserved: text("MallReserved"),
        user_id: text("MallUserID"),
    }
}

/// `YYYYMMDD` (its end) or `YYYYMMDDHHMM`, in the future.
pub(super) fn due(text: &str, now: i64) -> Option<i64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hour, minute, second) = match text.len() {
        8 => ("23", "59", "59"),
        12 => (text.get(8..10)?, text.get(10..)?, "00"),
        _ => return None,
    };
    let day = format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..8)?);
    let civil = format!("{day}T{hour}:{minute}:{second}").parse::<DateTime>().ok()?;
    instant(civil).filter(|due| *due > now)
}

impl NiceLegacy {
    /// `card_keyin.jsp`
    pub(super) fn key_in(&self, ctx: &Ctx<'_>) -> Reply {
        if !ctx.merchant.key_in {
            return Err(refusal("A128"));
        }
        let tid = own_tid(ctx, "01", "01")?;
        let amount = ctx.need_amount("Amt")?;
        ctx.need("GoodsName", 40)?;
        let typed = Typed::read(ctx)?;
        let mut card = typed.card()?;
        let expire = typed.digits("CardExpire", &[4], "3021")?;
        not_expired(
            expire.get(..2).unwrap_or_default(),
            expire.get(2..).unwrap_or_default(),
            ctx.now,
        )?;
        typed.digits("BuyerAuthNum", &[6, 10], "A204")?;
        typed.digits("CardPwd", &[2], "A204")?;
        card.quota = quota(ctx, amount)?;
        self.charge(ctx, tid, Method::Card, Means::Card(card))
    }

    /// `get_vacount.jsp`
    pub(super) fn issue_vbank(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = own_tid(ctx, "03", "01")?;
        ctx.need("GoodsName", 40)?;
        ctx.need("VbankAccountName", 40)?;
        let (code, name, _) = codes::bank(ctx.need("BankCode", 3)?)
            .filter(|(.., opens)| *opens)
            .ok_or_else(|| refusal("9000").about("BankCode"))?;
        let due = due(ctx.need("VbankExpDate", 12)?, ctx.now).ok_or_else(|| refusal("4102"))?;
        if !matches!(ctx.form.text("CashReceiptType"), "" | "0" | "1" | "2") {
            return Err(refusal("9000").about("CashReceiptType"));
        }
        let account = Vbank {
            bank: (code, name),
            number: ids::digits(14),
            due,
        };
        self.charge(ctx, tid, Method::Vbank, Means::Vbank(account))
    }

    /// A charge under the merchant's TID: one step from nothing to done.
    pub(super) fn charge(&self, ctx: &Ctx<'_>, tid: &str, method: Method, means: Means) -> Reply {
        let amount = ctx.need_amount("Amt")?;
        if amount == 0 {
            return Err(refusal("P017"));
        }
        if ctx.merchant.tax_split {
            tax_parts(ctx.form, "", amount)?;
        }
        if self.payments.get(tid).is_some() {
            return Err(refusal("A225"));
        }
        duplicate(self, ctx, ctx.need("Moid", 64)?)?;
        // Refused before it became a transaction.
        if let Some(forced) = ctx
            .forced
            .as_ref()
            .filter(|f| codes::effect(&f.code) == codes::Effect::Nothing)
        {
            return Err(forced.clone());
        }
        let mut payment = Payment::new(&ctx.merchant.mid, order(ctx.form, amount), method, means, ctx.now);
        payment.tid = Arc::from(tid);
        payment.receipt = match ctx.form.text("CashReceiptType") {
            "1" => Some(("1", self.tid(&ctx.merchant.mid, "04", "01", ctx.now))),
            "2" => Some(("2", self.tid(&ctx.merchant.mid, "04", "01", ctx.now))),
            _ => None,
        };
        let record = self.store(payment).map_err(|_| refusal("A225"))?;
        let mut payment = lock(&record);
        debug_assert_eq!(payment.status, Status::Authenticated);
        self.settle(ctx, &mut payment)
    }
}
