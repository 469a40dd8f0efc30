//! Approvals after the window ("승인"), and the amount check of the client-approval model.

use super::answer::{Done, Refusal, Reply, refusal};
use super::payment::{Method, Payment, Status};
use super::sign::{Cover, sign};
use super::view::{about, object};
use super::{Ctx, Nice, codes};
use crate::simulators::ledger::lock;
use serde_json::json;
use std::sync::{Arc, Mutex};

/// From the buyer's authentication to the approval call, ms.
pub(super) const AUTH_MS: i64 = 30 * 60_000;
/// Least amount of a card payment.
const CARD_MIN: i64 = 1_000;

impl Nice {
    /// `POST /v1/payments/{tid}`
    pub(super) fn approve(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        let amount = ctx.args.need_amount("amount")?;
        ctx.args
            .signed(&ctx.merchant.secret, |date| Cover::Payment(tid, amount, date))?;
        let record = self.find(ctx, tid).ok_or_else(|| Refusal::missing("U121"))?;
        let mut payment = lock(&record);
        if payment.status != Status::Authenticated {
            return Err(refusal(ctx.merchant.repeat_code));
        }
        if ctx.now >= payment.created_at.saturating_add(AUTH_MS) {
            return Err(refusal("A245"));
        }
        if amount != payment.order.amount {
            return Err(refusal("A123"));
        }
        self.settle(ctx, &mut payment, "A127")
    }

    /// What approvals and charges have in common once the request is in order.
    pub(super) fn settle(&self, ctx: &Ctx<'_>, payment: &mut Payment, duplicate: &'static str) -> Reply {
        let is_card = matches!(payment.method, Method::Card | Method::Wallet(_));
        if is_card && payment.order.amount < CARD_MIN {
            return Err(refusal("3041"));
        }
        let delayed = match &ctx.forced {
            None => None,
            Some(forced) => match codes::effect(&forced.code) {
                codes::Effect::Nothing => return Err(forced.clone()),
                codes::Effect::Failed => return Err(self.declined(ctx, payment, forced.clone())),
                codes::Effect::Done => Some(forced.clone()),
            },
        };
        if let Some(reason) = payment.refusal {
            return Err(self.declined(ctx, payment, refusal("3095").worded(reason)));
        }
        self.claim_order(payment, duplicate)?;
        payment.approve(self.approve_no(ctx.merchant), ctx.now);
        let body = match delayed {
            // The answer comes too early; the webhook will tell.
            Some(refusal) => refusal.json(),
            None => object(payment, None, &ctx.style(self)),
        };
        Ok(Done {
            body,
            notices: self.changed(payment, ctx.merchant, None),
        })
    }

    fn declined(&self, ctx: &Ctx<'_>, payment: &mut Payment, refusal: Refusal) -> Refusal {
        payment.fail(refusal.code.clone(), refusal.message.clone(), ctx.now);
        about(refusal, payment)
    }

    /// The payment of this caller; others' are not found.
    pub(super) fn find(&self, ctx: &Ctx<'_>, tid: &str) -> Option<Arc<Mutex<Payment>>> {
        self.payments
            .get(tid)
            .filter(|record| lock(record).mid == ctx.merchant.mid)
    }

    /// `POST /v1/check-amount/{tid}`
    pub(super) fn check_amount(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        let amount = ctx.args.need_amount("amount")?;
        ctx.args
            .signed(&ctx.merchant.secret, |date| Cover::Payment(tid, amount, date))?;
        ctx.unforced()?;
        let record = self.find(ctx, tid).ok_or_else(|| Refusal::missing("U107"))?;
        let payment = lock(&record);
        if payment.approved_at.is_none() {
            return Err(Refusal::missing("U107"));
        }
        if matches!(payment.method, Method::Vbank | Method::Cellphone) {
            return Err(refusal("U110"));
        }
        let date = super::payment::iso(ctx.now);
        let signature = sign(Cover::Tid(tid, &date), &ctx.merchant.secret);
        Ok(
            json!({"resultCode": "0000", "resultMsg": codes::message("0000"), "ediDate": date, "signature": signature,
            "isValid": amount == payment.order.amount, "tid": tid})
            .into(),
        )
    }
}
