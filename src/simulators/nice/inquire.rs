//! Inquiries by tid and by order number ("거래조회"), and card promotions ("카드 이벤트", "무이자 조회").

use super::answer::{Refusal, Reply, refusal};
use super::payment::{Payment, Status, day, iso};
use super::sign::{Cover, sign};
use super::view::object;
use super::{Ctx, Nice, order_key};
use crate::simulators::ledger::lock;
use serde_json::{Value, json};

/// Up to this amount there are no promotions.
const PROMOTED_FROM: i64 = 50_000;

impl Nice {
    /// `GET /v1/payments/{tid}`
    pub(super) fn by_tid(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        ctx.args.signed(&ctx.merchant.secret, |date| Cover::Tid(tid, date))?;
        ctx.unforced()?;
        let record = self.find(ctx, tid).ok_or_else(|| Refusal::missing("U107"))?;
        let mut payment = lock(&record);
        self.shown(ctx, &mut payment)
    }

    /// `GET /v1/payments/find/{orderId}?orderDate=`
    pub(super) fn by_order(&self, ctx: &Ctx<'_>, order_id: &str) -> Reply {
        let date = ctx.args.need("orderDate", 8)?;
        ctx.unforced()?;
        let missing = || Refusal::missing("U107");
        let tid = self
            .orders
            .get(&order_key(&ctx.merchant.mid, order_id))
            .and_then(|order| order.approved.clone().or_else(|| order.newest.clone()));
        let record = tid.and_then(|tid| self.payments.get(&tid)).ok_or_else(missing)?;
        let mut payment = lock(&record);
        if day(payment.created_at) != date && payment.approved_at.is_none_or(|at| day(at) != date) {
            return Err(missing());
        }
        self.shown(ctx, &mut payment)
    }

    fn shown(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        // An authentication that was not approved is no transaction yet.
        if payment.status == Status::Authenticated {
            return Err(Refusal::missing("U107"));
        }
        if payment.overdue(ctx.now) {
            payment.status = Status::Expired;
        }
        Ok(object(payment, None, &ctx.style(self)).into())
    }

    /// `GET /v1/card/event`
    pub(super) fn card_events(&self, ctx: &Ctx<'_>) -> Reply {
        let amount: i64 = ctx
            .args
            .need("amount", 12)?
            .parse()
            .map_err(|_| refusal("U100").about("amount"))?;
        let mut body = promotions(ctx)?;
        let free = json!([{"cardCode": "04", "cardName": "삼성", "freeInstallment": "02:03"},
            {"cardCode": "06", "cardName": "신한", "freeInstallment": "02:03:04"}]);
        body["cardPoint"] = json!("01:02:04");
        body["interestFree"] = if amount > PROMOTED_FROM { free } else { json!([]) };
        Ok(body.into())
    }

    /// `GET /v1/card/interest-free`
    pub(super) fn interest_free(&self, ctx: &Ctx<'_>) -> Reply {
        let mut body = promotions(ctx)?;
        let until = iso(ctx.now + 30 * 24 * 3_600_000);
        body["interestFree"] = json!([{"cardCode": "04", "cardName": "삼성", "freeInstallment":
            [{"minAmt": PROMOTED_FROM, "maxAmt": 999_999_999_999_i64, "installment": "02:03", "eventToDate": until}]}]);
        Ok(body.into())
    }
}

/// What both promotion answers begin with.
fn promotions(ctx: &Ctx<'_>) -> Result<Value, Refusal> {
    if !matches!(ctx.args.need("useAuth", 5)?, "true" | "false") {
        return Err(refusal("U100").about("useAuth"));
    }
    ctx.args.need("ediDate", 40)?;
    ctx.args.signed(&ctx.merchant.secret, Cover::Date)?;
    if ctx.merchant.sandbox {
        return Err(refusal("U128"));
    }
    ctx.unforced()?;
    let date = iso(ctx.now);
    let signature = sign(Cover::Date(&date), &ctx.merchant.secret);
    Ok(
        json!({"resultCode": "0000", "resultMsg": super::codes::message("0000"), "ediDate": date, "signature": signature}),
    )
}
