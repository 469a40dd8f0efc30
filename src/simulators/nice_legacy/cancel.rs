//! Cancels, refunds, net-cancels: one page, two ways to sign.

use super::merchants::Merchant;
use super::payment::{Escrow, Means, Method, Payment, Status};
use super::result::{Done, Refusal, Reply, named, refusal, tax_parts};
use super::sign::sign;
use super::{Ctx, NiceLegacy, codes};
use crate::simulators::clock::{civil, compact};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use std::sync::Arc;

/// How long an approval can be undone by a net-cancel, ms.
const NET_CANCEL_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

impl NiceLegacy {
    /// `cancel_process.jsp`
    pub(super) fn cancel(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = ctx.need("TID", 30)?;
        let moid = ctx.need("Moid", 64)?;
        let amount = ctx.need_amount("CancelAmt")?;
        ctx.need("CancelMsg", 100)?;
        let part = match ctx.need("PartialCancelCode", 1)? {
            "0" => false,
            "1" => true,
            _ => return Err(refusal("9000").about("PartialCancelCode")),
        };
        password(ctx)?;
        if self.receipts.get(tid).is_some() {
            return self.cancel_receipt(ctx, tid, amount);
        }
        let record = self.find(ctx, tid)?;
        let mut payment = lock(&record);
        cancellable(&payment, ctx, tid)?;
        self.cancel_amount(ctx, &payment, amount, part)?;
        if ctx.merchant.tax_split {
            tax_parts(ctx.form, "", amount)?;
        }
        let refunded = refund(ctx, &payment)?;
        ctx.unforced()?;
        let reused = payment.cancels.iter().any(|cancel| cancel.moid == moid);
        if part && ctx.merchant.guard_moid && reused && moid != payment.order.moid {
            return Err(refusal("2015"));
        }
        let code = if refunded || self.shaped(ctx.merchant, "refund-code") {
            "2211"
        } else {
            "2001"
        };
        Ok(self.taken(ctx, &mut payment, (amount, part), moid, code))
    }

    fn taken(
        &self,
        ctx: &Ctx<'_>,
        payment: &mut Payment,
        (amount, part): (i64, bool),
        moid: &str,
        code: &'static str,
    ) -> Done {
        let number = if code == "2211" || self.shaped(ctx.merchant, "no-cancel-num") {
            String::new()
        } else {
            ids::digits(8)
        };
        payment.take(moid, amount, number, ctx.now);
        let mut next = String::new();
        if payment.method == Method::Cellphone && part {
            next = self.tid(&payment.mid, payment.method.digits(), "10", ctx.now);
            // A serial number makes it unlike every other.
            drop(
                self.later_tids
                    .insert(&Arc::from(next.as_str()), Arc::clone(&payment.tid)),
            );
            next.clone_into(&mut payment.current);
        }
        Done {
            fields: self.cancelled(payment, ctx.merchant, code, &next),
            notices: self.told(payment, ctx.merchant, code),
        }
    }

    /// The answer to the last cancel of a payment.
    fn cancelled(&self, payment: &Payment, merchant: &Merchant, code: &str, next: &str) -> Vec<(String, String)> {
        let (amount, moid, number, at) = match payment.cancels.last() {
            Some(c) => (c.amount, c.moid.as_str(), c.number.as_str(), c.at),
            None => (0, "", "", payment.created_at),
        };
        let covered = if merchant.padded {
            format!("{amount:012}")
        } else {
            amount.to_string()
        };
        let date = compact(at);
        let mut fields = named(&[
            ("ResultCode", code),
            (
                "ResultMsg",
                if code == "2211" {
                    "환불 성공"
                } else {
                    "취소 성공"
                },
            ),
            ("ErrorCD", "0000"),
            ("ErrorMsg", "승    인"),
            ("CancelAmt", &self.amount_text(merchant, amount)),
            ("MID", &payment.mid),
            ("Moid", moid),
            (
                "Signature",
                &sign(&[&payment.tid, &payment.mid, &covered], &merchant.key),
            ),
            ("PayMethod", payment.method.word()),
            ("TID", &payment.tid),
            ("CancelDate", date.get(..8).unwrap_or_default()),
            ("CancelTime", date.get(8..).unwrap_or_default()),
            ("CancelNum", number),
            ("RemainAmt", &self.amount_text(merchant, payment.balance)),
            ("MallReserved", ""),
            ("MsgSource", "nicepay"),
            ("CouponAmt", &self.amount_text(merchant, 0)),
            ("ClickpayCl", ""),
            ("MultiCardAcquAmt", ""),
            ("MultiPointAmt", ""),
            ("MultiCouponAmt", ""),
        ]);
        if !next.is_empty() {
            fields.push(("OTID".to_owned(), next.to_owned()));
        }
        fields
    }

    /// Whether this amount can go, in this way.
    fn cancel_amount(&self, ctx: &Ctx<'_>, payment: &Payment, amount: i64, part: bool) -> Result<(), Refusal> {
        if amount == 0 {
            return Err(refusal("2010"));
        }
        if amount > payment.balance {
            return Err(refusal("2032"));
        }
        if !part {
            return match (amount == payment.balance, payment.cancels.is_empty()) {
                (true, true) => Ok(()),
                // What is left after parts goes as a part, too.
                (true, false) => Err(refusal("2031")),
                (false, _) => Err(refusal("2011")),
            };
        }
        if payment.escrow != Escrow::None {
            return Err(refusal("2052"));
        }
        let refused = match &payment.means {
            Means::Card(card) => !card.part || self.shaped(ctx.merchant, "no-part-cancel"),
            _ => payment.status == Status::Issued,
        };
        if refused || !ctx.merchant.partial {
            return Err(refusal("2033"));
        }
        Ok(())
    }

    /// `cancel_process.jsp` with `NetCancel=1`
    pub(super) fn net_cancel(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = ctx.need("TID", 30)?;
        let amount = ctx.need_amount("Amt")?;
        let token = ctx.need("AuthToken", 40)?;
        ctx.unforced()?;
        let record = self.find(ctx, tid)?;
        let mut payment = lock(&record);
        if payment.auth_token != token {
            return Err(refusal("A210"));
        }
        let approved = payment.approved_at.ok_or_else(|| refusal("2012"))?;
        match payment.status {
            Status::Cancelled => return Err(refusal("2013")),
            Status::PartCancelled => return Err(refusal("P035")),
            _ => {}
        }
        if payment.method == Method::Vbank && payment.paid_at.is_some() {
            return Err(refusal("2047"));
        }
        if amount != payment.order.amount {
            return Err(refusal("2011"));
        }
        if ctx.now >= approved.saturating_add(NET_CANCEL_MS) {
            return Err(refusal("2020"));
        }
        let moid = payment.order.moid.clone();
        let code = if payment.method == Method::Bank { "2211" } else { "2001" };
        Ok(self.taken(ctx, &mut payment, (amount, false), &moid, code))
    }
}

/// The cancel password of merchants that have set one.
fn password(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    match (&ctx.merchant.cancel_password, ctx.form.get("CancelPwd")) {
        (Some(_), None) => Err(refusal("2025")),
        (Some(set), Some(given)) if set != given => Err(refusal("2024")),
        _ => Ok(()),
    }
}

/// Whether anything of it can be cancelled now.
fn cancellable(payment: &Payment, ctx: &Ctx<'_>, tid: &str) -> Result<(), Refusal> {
    match payment.status {
        Status::Authenticated | Status::Failed => return Err(refusal("2012")),
        Status::Cancelled => return Err(refusal("2013")),
        Status::Paid | Status::PartCancelled | Status::Issued => {}
    }
    // Mobile billing goes on with the TID of its last partial cancel.
    if payment.current != tid {
        return Err(refusal("2012"));
    }
    match payment.escrow {
        Escrow::Confirmed => return Err(refusal("2014")),
        Escrow::Delivered => return Err(refusal("2027")),
        _ => {}
    }
    if payment.paid_at.is_some_and(|at| ctx.now > at.saturating_add(YEAR_MS)) {
        return Err(refusal("2016"));
    }
    Ok(())
}

/// Whether the money goes back by transfer; then to an account that the request names where the PG has none.
fn refund(ctx: &Ctx<'_>, payment: &Payment) -> Result<bool, Refusal> {
    let month = |ms: i64| (civil(ms).year(), civil(ms).month());
    let deposited = payment.method == Method::Vbank && payment.status != Status::Issued;
    let later = payment.method == Method::Cellphone && payment.paid_at.is_some_and(|at| month(at) != month(ctx.now));
    if !deposited && !later {
        return Ok(payment.method == Method::Bank);
    }
    if ctx.form.get("RefundAcctNo").is_none() {
        return Err(if deposited {
            refusal("2047")
        } else {
            refusal("2016").about("RefundAcctNo")
        });
    }
    if !ctx.merchant.refund {
        return Err(refusal("2014"));
    }
    let account = ctx.need("RefundAcctNo", 16)?;
    if !account.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refusal("9000").about("RefundAcctNo"));
    }
    codes::bank(ctx.need("RefundBankCd", 3)?).ok_or_else(|| refusal("9000").about("RefundBankCd"))?;
    ctx.need("RefundAcctNm", 10)?;
    Ok(true)
}
