//! Escrow: delivery, hold, the three ways to undo, the buyer's decision.

use super::args::{Done, Reply, digits, refusal};
use super::cancel::{refund_account, told};
use super::merchants::Site;
use super::payment::{Escrow, Method, Payment, Status};
use super::{Ctx, Kcp, codes};
use crate::simulators::notices::Notice;

impl Kcp {
    /// `STE1`
    pub(super) fn deliver(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        let number = ctx.args.need("deli_numb", 25)?.to_owned();
        let carrier = ctx.args.need("deli_corp", 100)?.to_owned();
        ctx.args.free_text("deli_corp", 100)?;
        open(ctx, payment)?;
        if payment.status != Status::Paid || payment.escrow != Escrow::Open {
            return Err(refusal("8134"));
        }
        let acted = ctx.acts_all_the_same()?;
        payment.escrow = Escrow::Delivered;
        payment.waybill = (number, carrier);
        let fields = told(acted, self.cancelled(ctx, payment, None));
        Ok(self.and_told(payment, ctx.site, "TX03", fields, ctx.now))
    }

    /// `STE3`
    pub(super) fn hold(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        open(ctx, payment)?;
        if payment.status != Status::Paid || payment.escrow == Escrow::Held {
            return Err(refusal("8134"));
        }
        let acted = ctx.acts_all_the_same()?;
        payment.escrow = Escrow::Held;
        let fields = told(acted, self.cancelled(ctx, payment, None));
        Ok(self.and_told(payment, ctx.site, "TX04", fields, ctx.now))
    }

    /// `STE2` before delivery, `STE4` after it, `STE5` before a deposit.
    pub(super) fn undo_escrow(&self, ctx: &Ctx<'_>, payment: &mut Payment, word: &str) -> Reply {
        open(ctx, payment)?;
        let waiting = payment.status == Status::WaitingDeposit;
        let event = match (word, payment.escrow) {
            ("STE5", _) if waiting => "TX07",
            ("STE5", _) => return Err(refusal("8336")),
            _ if waiting => return Err(refusal("8329")),
            ("STE2", Escrow::Open) => "TX05",
            ("STE4", Escrow::Delivered | Escrow::Held | Escrow::Rejected) => "TX06",
            _ => return Err(refusal("8134")),
        };
        // A transfer goes back the way it came; a deposit needs an account, under either family of names.
        if payment.method == Method::Vbank && !waiting {
            account_of_either_family(ctx)?;
        }
        let acted = ctx.acts_all_the_same()?;
        let whole = payment.balance;
        payment.take(whole, self.sequence(ctx.now), ctx.now, Status::Cancelled);
        let fields = told(acted, self.cancelled(ctx, payment, None));
        Ok(self.and_told(payment, ctx.site, event, fields, ctx.now))
    }

    fn and_told(
        &self,
        payment: &Payment,
        site: &Site,
        event: &'static str,
        fields: super::args::Fields,
        now: i64,
    ) -> Done {
        let notices: Vec<Notice> = self.event(payment, site, event, &[], now).into_iter().collect();
        Done { fields, notices }
    }
}

/// Whether it is an escrow payment that is not over.
fn open(ctx: &Ctx<'_>, payment: &Payment) -> Result<(), super::args::Refusal> {
    if !ctx.site.escrow {
        return Err(refusal("8998"));
    }
    match (payment.escrow, payment.status) {
        (Escrow::None, _) => Err(refusal("8134")),
        (_, Status::Cancelled | Status::Refunded | Status::RefundRequested) => Err(refusal("8E01")),
        (Escrow::Confirmed, _) => Err(refusal("8E02")),
        _ => Ok(()),
    }
}

fn account_of_either_family(ctx: &Ctx<'_>) -> Result<(), super::args::Refusal> {
    if ctx.args.get("refund_account").is_none() {
        return refund_account(ctx).map(drop);
    }
    if !digits(ctx.args.need("refund_account", 20)?) {
        return Err(refusal("S005").about("refund_account"));
    }
    ctx.args.need("refund_nm", 50)?;
    codes::bank(ctx.args.need("bank_code", 4)?).ok_or_else(|| refusal("S005").about("bank_code"))?;
    Ok(())
}
