//! Billing keys ("빌키"): registered with typed card data, charged under TIDs of the merchant's making, removed.

use super::direct::{Typed, not_expired, own_tid, quota};
use super::payment::{Card, Means, Method};
use super::result::{Refusal, Reply, named, refusal};
use super::{Ctx, NiceLegacy};
use crate::simulators::clock::{compact, iso_kst};
use crate::simulators::ledger::{Row, RowKind, lock};
use std::sync::{Arc, Mutex};

/// A registered card.
#[derive(Debug, Clone)]
pub(super) struct Bid {
    pub bid: Arc<str>,
    pub mid: Arc<str>,
    pub moid: String,
    pub card: Card,
    pub at: i64,
    pub gone: bool,
}

impl Bid {
    pub fn row(&self) -> Row {
        Row {
            provider: "nice_legacy",
            mid: self.mid.to_string(),
            tid: self.bid.to_string(),
            order_id: self.moid.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: if self.gone { "removed" } else { "issued" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

impl NiceLegacy {
    /// `billing_regist.jsp`
    pub(super) fn issue_bid(&self, ctx: &Ctx<'_>) -> Reply {
        if !ctx.merchant.billing {
            return Err(refusal("F116"));
        }
        let moid = ctx.need("Moid", 64)?;
        let typed = Typed::read(ctx)?;
        let card = typed.card()?;
        let (year, month) = (
            typed.digits("ExpYear", &[2], "3021")?,
            typed.digits("ExpMonth", &[2], "3021")?,
        );
        not_expired(year, month, ctx.now)?;
        typed.digits("IDNo", &[6, 10], "F113")?;
        typed.digits("CardPw", &[2], "F113")?;
        ctx.unforced()?;
        let bid = loop {
            let bid: Arc<str> = Arc::from(self.tid(&format!("BIKY{}", ctx.merchant.mid), "", "", ctx.now));
            let record = Bid {
                bid: Arc::clone(&bid),
                mid: Arc::clone(&ctx.merchant.mid),
                moid: moid.to_owned(),
                card: card.clone(),
                at: ctx.now,
                gone: false,
            };
            if self.bids.insert(&bid, record).is_ok() {
                break bid;
            }
        };
        Ok(named(&[
            ("ResultCode", "F100"),
            ("ResultMsg", "빌키 발급 성공"),
            ("TID", &self.tid(&ctx.merchant.mid, "01", "16", ctx.now)),
            ("BID", &bid),
            ("AuthDate", compact(ctx.now).get(..8).unwrap_or_default()),
            ("CardCode", card.code),
            ("CardName", card.name),
            ("CardCl", if card.check { "1" } else { "0" }),
            ("AcquCardCode", card.code),
            ("AcquCardName", card.name),
        ])
        .into())
    }

    fn bid(&self, ctx: &Ctx<'_>) -> Result<Arc<Mutex<Bid>>, Refusal> {
        let record = self.bids.get(ctx.need("BID", 30)?);
        record
            .filter(|record| lock(record).mid == ctx.merchant.mid)
            .ok_or_else(|| refusal("A255"))
    }

    /// `billing_approve.jsp`
    pub(super) fn charge_bid(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = own_tid(ctx, "01", "16")?;
        let amount = ctx.need_amount("Amt")?;
        ctx.need("GoodsName", 40)?;
        let mut card = {
            let record = self.bid(ctx)?;
            let held = lock(&record);
            if held.gone {
                return Err(refusal("A126"));
            }
            held.card.clone()
        };
        card.quota = quota(ctx, amount)?;
        self.charge(ctx, tid, Method::Card, Means::Card(card))
    }

    /// `billkey_remove.jsp`
    pub(super) fn delete_bid(&self, ctx: &Ctx<'_>) -> Reply {
        ctx.unforced()?;
        let record = self.bid(ctx)?;
        let mut held = lock(&record);
        if held.gone {
            return Err(refusal("A126"));
        }
        held.gone = true;
        Ok(named(&[
            ("ResultCode", "F101"),
            ("ResultMsg", "빌키 삭제 성공"),
            ("TID", &self.tid(&ctx.merchant.mid, "01", "16", ctx.now)),
            ("BID", &held.bid),
            ("AuthDate", compact(ctx.now).get(..8).unwrap_or_default()),
        ])
        .into())
    }
}
