//! Cancels, refunds ("취소·환불") and net-cancels ("망취소").

use super::answer::{Done, Refusal, Reply, refusal};
use super::payment::{Cancel, Decision, Means, Method, Payment, Status};
use super::sign::Cover;
use super::view::object;
use super::{Ctx, Nice, codes, order_key};
use crate::simulators::ledger::lock;

/// How long an approval can be undone by its order number, ms.
const NET_CANCEL_MS: i64 = 3_600_000;

impl Nice {
    /// `POST /v1/payments/{tid}/cancel`
    pub(super) fn cancel(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        let reason = ctx.args.need("reason", 100)?;
        let order_id = ctx.args.need("orderId", 64)?;
        ctx.args.signed(&ctx.merchant.secret, |date| Cover::Tid(tid, date))?;
        if self.receipts.get(tid).is_some() {
            return Err(refusal("U106"));
        }
        let record = self.find(ctx, tid).ok_or_else(|| refusal("2012"))?;
        let mut payment = lock(&record);
        cancellable(&mut payment, ctx.now)?;
        let wanted = ctx.args.amount("cancelAmt")?;
        let (amount, part) = self.cancel_amount(ctx, &payment, wanted)?;
        let tax_free = tax_free(ctx, &payment, amount)?;
        if payment.method == Method::Vbank && payment.status != Status::Ready {
            refund_account(ctx)?;
        }
        ctx.unforced()?;
        if part && (order_id == payment.order.order_id || !self.spend(&payment.mid, "cancel", order_id)) {
            return Err(refusal("U112"));
        }
        let cancel_tid = if part {
            self.tid(&payment.mid, payment.method.digits(), "10", ctx.now)
        } else {
            payment.tid.to_string()
        };
        self.cancelled(ctx, &mut payment, cancel_tid, reason, order_id, (amount, tax_free))
    }

    fn cancelled(
        &self,
        ctx: &Ctx<'_>,
        payment: &mut Payment,
        tid: String,
        reason: &str,
        order_id: &str,
        (amount, tax_free): (i64, i64),
    ) -> Reply {
        payment.take(Cancel {
            tid: tid.clone(),
            amount,
            tax_free,
            at: ctx.now,
            reason: codes::in_charset(reason),
            order_id: order_id.to_owned(),
            left: payment.balance - amount,
        });
        Ok(Done {
            body: object(payment, Some(&tid), &ctx.style(self)),
            notices: self.changed(payment, ctx.merchant, Some(&tid)),
        })
    }

    /// How much is cancelled, and whether that is a partial cancel.
    fn cancel_amount(&self, ctx: &Ctx<'_>, payment: &Payment, wanted: Option<i64>) -> Result<(i64, bool), Refusal> {
        let whole = payment.cancels.is_empty();
        let amount = match wanted {
            None => payment.balance,
            Some(0) => return Err(refusal("2010")),
            Some(amount) if amount > payment.balance => return Err(refusal("2032")),
            Some(amount) => amount,
        };
        let part = !(whole && amount == payment.balance);
        if !part {
            return Ok((amount, false));
        }
        if ctx.merchant.sandbox {
            return Err(refusal("U128"));
        }
        if payment.order.escrow {
            return Err(refusal("2052"));
        }
        let refused = match &payment.means {
            Means::Card(card) => !card.can_part_cancel,
            Means::Vbank(_) => payment.status == Status::Ready,
            Means::Bank(..) | Means::Cellphone => false,
        };
        if refused {
            return Err(refusal("2033"));
        }
        Ok((amount, true))
    }

    /// `POST /v1/payments/netcancel`
    pub(super) fn net_cancel(&self, ctx: &Ctx<'_>) -> Reply {
        let order_id = ctx.args.need("orderId", 64)?;
        ctx.args
            .signed(&ctx.merchant.secret, |date| Cover::Order(order_id, date))?;
        ctx.unforced()?;
        let missing = || refusal("U122");
        let tid = self
            .orders
            .get(&order_key(&ctx.merchant.mid, order_id))
            .and_then(|order| order.approved.clone());
        let record = tid.and_then(|tid| self.payments.get(&tid)).ok_or_else(missing)?;
        let mut payment = lock(&record);
        let approved = payment.approved_at.ok_or_else(missing)?;
        match payment.status {
            Status::Cancelled => return Err(refusal("2013")),
            // Meant for approvals whose answer was lost, not for what was worked with since.
            Status::PartialCancelled | Status::Expired => return Err(refusal("P035")),
            _ => {}
        }
        if payment.method == Method::Vbank && payment.paid_at.is_some() {
            return Err(refusal("P035"));
        }
        if ctx.now >= approved.saturating_add(NET_CANCEL_MS) {
            return Err(refusal("2020"));
        }
        let (tid, amounts) = (payment.tid.to_string(), (payment.balance, payment.tax_free_left));
        self.cancelled(ctx, &mut payment, tid, "망취소", order_id, amounts)
    }
}

/// Whether anything of it can be cancelled now.
fn cancellable(payment: &mut Payment, now: i64) -> Result<(), Refusal> {
    if payment.overdue(now) {
        payment.status = Status::Expired;
    }
    match payment.status {
        Status::Authenticated | Status::Failed => return Err(refusal("2012")),
        Status::Cancelled => return Err(refusal("2013")),
        Status::Expired => return Err(refusal("2014")),
        Status::Paid | Status::PartialCancelled | Status::Ready => {}
    }
    if payment.decision == Decision::Confirmed {
        return Err(refusal("2014"));
    }
    if payment.status != Status::Ready && now > payment.cancel_until() {
        return Err(refusal("2016"));
    }
    Ok(())
}

/// The tax-free part of a cancel: what is left of it for a full one.
fn tax_free(ctx: &Ctx<'_>, payment: &Payment, amount: i64) -> Result<i64, Refusal> {
    let whole = amount == payment.balance;
    let part = match ctx.args.amount("taxFreeAmt")? {
        None if whole => payment.tax_free_left,
        None => 0,
        Some(part) => part,
    };
    if part > amount {
        return Err(refusal("U321"));
    }
    // What stays must not hold more tax-free money than money.
    if part > payment.tax_free_left || payment.tax_free_left - part > payment.balance - amount {
        return Err(refusal("U319"));
    }
    Ok(part)
}

/// Money that was deposited goes back to an account that the request names.
fn refund_account(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    let account = ctx.args.need("refundAccount", 16)?;
    if !account.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refusal("U100").about("refundAccount"));
    }
    let bank = ctx.args.need("refundBankCode", 3)?;
    codes::bank(bank).ok_or_else(|| refusal("U100").about("refundBankCode"))?;
    ctx.args.need("refundHolder", 10).map(drop)
}
