//! Billing keys ("빌링"): registration with typed card data, charge, expiry. There is no window for them.

use super::answer::{Refusal, Reply, refusal};
use super::crypt::{Mode, decrypt};
use super::payment::{Card, Means, Method, Order, Payment, iso};
use super::shapes::Shapes;
use super::sign::Cover;
use super::{Ctx, Nice, codes};
use crate::simulators::clock::iso_kst;
use crate::simulators::ledger::{Row, RowKind, lock};
use serde_json::{Value, json};
use std::sync::Arc;

/// Installments need this amount.
pub(super) const QUOTA_MIN: i64 = 50_000;

/// A registered card. The whole number is never kept.
#[derive(Debug, Clone)]
pub(super) struct Bid {
    pub bid: Arc<str>,
    pub mid: Arc<str>,
    pub order_id: String,
    pub card: Card,
    pub at: i64,
    pub gone: bool,
}

impl Bid {
    pub fn row(&self) -> Row {
        Row {
            provider: "nice",
            mid: self.mid.to_string(),
            tid: self.bid.to_string(),
            order_id: self.order_id.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: if self.gone { "expired" } else { "issued" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

/// `536112******1234`
fn masked(number: &str) -> String {
    let (front, tail) = (number.get(..6), number.get(number.len().saturating_sub(4)..));
    format!("{}******{}", front.unwrap_or_default(), tail.unwrap_or_default())
}

/// The card in the decrypted data.
fn typed(plain: &str, now: i64) -> Result<Card, Refusal> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(plain.as_bytes()).into_owned().collect();
    let get = |name: &str| -> Result<&str, Refusal> {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| refusal("F113"))
    };
    let digits =
        |text: &str, lengths: &[usize]| text.bytes().all(|b| b.is_ascii_digit()) && lengths.contains(&text.len());
    let number = get("cardNo")?;
    if !codes::is_card_number(number) {
        return Err(refusal("F112"));
    }
    let (year, month) = (get("expYear")?, get("expMonth")?);
    let known = digits(year, &[2]) && digits(month, &[2]) && ("01"..="12").contains(&month);
    // Years and months of two digits sort like numbers.
    let today = crate::simulators::clock::compact(now);
    if !known || format!("20{year}{month}").as_str() < today.get(..6).unwrap_or_default() {
        return Err(refusal("3021"));
    }
    if !digits(get("idNo")?, &[6, 10]) || !digits(get("cardPw")?, &[2]) {
        return Err(refusal("F113"));
    }
    let (code, _) = codes::card_of_number(number);
    Ok(Card::of(code, &masked(number)))
}

impl Nice {
    /// `POST /v1/subscribe/regist`
    pub(super) fn issue_bid(&self, ctx: &Ctx<'_>) -> Reply {
        let order_id = ctx.args.need("orderId", 64)?;
        let data = ctx.args.need("encData", 512)?;
        ctx.args
            .signed(&ctx.merchant.secret, |date| Cover::Order(order_id, date))?;
        let mode = match ctx.args.text("encMode", 10)? {
            None => Mode::Ecb128,
            Some("A2") => Mode::Cbc256,
            Some(_) => return Err(refusal("U100").about("encMode")),
        };
        let shapes = self.shapes_of(ctx.merchant);
        let unreadable = if shapes.has(Shapes::A204) { "A204" } else { "F101" };
        let known = |mut refused: Refusal| {
            refused.known.insert("bid".into(), Value::Null);
            refused.known.insert("orderId".into(), json!(order_id));
            refused
        };
        let plain = decrypt(mode, data, &ctx.merchant.secret).ok_or_else(|| known(refusal(unreadable)))?;
        // Padding that happens to fit does not make a text of it.
        if !plain.is_ascii() || !plain.contains("cardNo=") {
            return Err(known(refusal(unreadable)));
        }
        let mut card = typed(&plain, ctx.now).map_err(known)?;
        if ctx.merchant.sandbox {
            card = Card::of("04", "123412******1234");
        }
        ctx.unforced().map_err(known)?;
        let (name, code) = (card.name, card.code);
        let tid = self.tid(&ctx.merchant.mid, "01", "16", ctx.now);
        let bid = loop {
            let bid: Arc<str> = Arc::from(self.tid(&format!("BIKY{}", ctx.merchant.mid), "", "", ctx.now));
            let record = Bid {
                bid: Arc::clone(&bid),
                mid: Arc::clone(&ctx.merchant.mid),
                order_id: order_id.to_owned(),
                card: card.clone(),
                at: ctx.now,
                gone: false,
            };
            if self.bids.insert(&bid, record).is_ok() {
                break bid;
            }
        };
        let day = iso_kst(ctx.now).get(..10).unwrap_or_default().to_owned();
        let message = codes::message("0000");
        Ok(if shapes.has(Shapes::PASCAL) {
            json!({"ResultCode": "0000", "ResultMsg": message, "TID": tid, "OrderId": order_id, "BID": *bid,
                "AuthDate": day.replace('-', ""), "CardCode": code, "CardName": format!("[{name}]")})
        } else {
            json!({"resultCode": "0000", "resultMsg": message, "tid": tid, "orderId": order_id, "bid": *bid,
                "authDate": format!("{day}T00:00:00.000+0900"), "cardCode": code, "cardName": name,
                "messageSource": "nicepay"})
        }
        .into())
    }

    fn bid(&self, ctx: &Ctx<'_>, bid: &str) -> Result<Arc<std::sync::Mutex<Bid>>, Refusal> {
        self.bids
            .get(bid)
            .filter(|record| lock(record).mid == ctx.merchant.mid)
            .ok_or_else(|| refusal("U309"))
    }

    /// `POST /v1/subscribe/{bid}/payments`
    pub(super) fn charge_bid(&self, ctx: &Ctx<'_>, bid: &str) -> Reply {
        let args = ctx.args;
        let order_id = args.need("orderId", 64)?;
        let amount = args.need_amount("amount")?;
        let goods = args.need("goodsName", 40)?;
        let quota = args
            .count("cardQuota")?
            .ok_or_else(|| refusal("U100").about("cardQuota"))?;
        match args.flag("useShopInterest")? {
            Some(false) => {}
            _ => return Err(refusal("U100").about("useShopInterest")),
        }
        args.signed(&ctx.merchant.secret, |date| Cover::Bid(order_id, bid, date))?;
        if quota == 1 || quota > 36 {
            return Err(refusal("3022"));
        }
        if quota > 0 && amount < QUOTA_MIN {
            return Err(refusal("3024"));
        }
        let tax_free = args.amount("taxFreeAmt")?.unwrap_or(0);
        if tax_free > amount {
            return Err(refusal("U321"));
        }
        let mut card = {
            let record = self.bid(ctx, bid)?;
            let held = lock(&record);
            if held.gone {
                return Err(refusal("A126"));
            }
            held.card.clone()
        };
        if self.order_paid(&ctx.merchant.mid, order_id) {
            return Err(refusal("U112"));
        }
        card.quota = quota;
        let text = |name: &str, max: usize| args.text(name, max).map(|found| found.map(codes::in_charset));
        let order = Order {
            order_id: order_id.to_owned(),
            goods_name: codes::in_charset(goods),
            amount,
            tax_free,
            mall_reserved: text("mallReserved", 500)?,
            mall_user_id: None,
            buyer_name: text("buyerName", 30)?,
            buyer_tel: text("buyerTel", 40)?,
            buyer_email: text("buyerEmail", 60)?,
            escrow: false,
        };
        let mut payment = Payment::new(&ctx.merchant.mid, order, Method::Card, Means::Card(card), ctx.now);
        payment.bid = Some(bid.to_owned());
        if let Some(forced) = ctx
            .forced
            .as_ref()
            .filter(|f| codes::effect(&f.code) == codes::Effect::Nothing)
        {
            return Err(forced.clone());
        }
        let record = self.admit(payment, "16");
        let mut payment = lock(&record);
        self.settle(ctx, &mut payment, "U112")
    }

    /// `POST /v1/subscribe/{bid}/expire`
    pub(super) fn expire_bid(&self, ctx: &Ctx<'_>, bid: &str) -> Reply {
        let order_id = ctx.args.need("orderId", 64)?;
        ctx.args
            .signed(&ctx.merchant.secret, |date| Cover::Bid(order_id, bid, date))?;
        ctx.unforced()?;
        let record = self.bid(ctx, bid)?;
        let mut held = lock(&record);
        if held.gone {
            return Err(refusal("A126"));
        }
        held.gone = true;
        Ok(json!({"resultCode": "0000", "resultMsg": codes::message("0000"),
            "tid": self.tid(&ctx.merchant.mid, "01", "16", ctx.now), "orderId": order_id, "bid": bid,
            "authDate": iso(ctx.now), "messageSource": "nicepay"})
        .into())
    }
}
