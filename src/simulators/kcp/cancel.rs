//! `/gw/mod/v1/cancel`: full and partial cancels, refunds of deposits to an account; escrow changes are beside.

use super::args::{Done, Fields, Refusal, Reply, digits, named, refusal};
use super::payment::{Escrow, Means, Method, Payment, Status};
use super::{Ctx, Kcp, codes};
use crate::simulators::clock::{civil, compact};
use crate::simulators::ledger::lock;

/// An account that money goes back to: bank, holder.
pub(super) type Account = (&'static str, String);

impl Kcp {
    pub(super) fn modify(&self, ctx: &Ctx<'_>) -> Reply {
        ctx.args.free_text("mod_desc", 100)?;
        let allowed = &ctx.site.cancel_ips;
        if !allowed.is_empty() && !allowed.contains(&ctx.peer) {
            return Err(refusal("8012"));
        }
        let record = self.find(ctx, ctx.args.text("tno"))?;
        let mut payment = lock(&record);
        match ctx.args.text("mod_type") {
            "STSC" => self.cancel_all(ctx, &mut payment),
            "STPC" => self.cancel_part(ctx, &mut payment),
            "STHD" => self.refund(ctx, &mut payment, true),
            "STPD" => self.refund(ctx, &mut payment, false),
            "STE1" => self.deliver(ctx, &mut payment),
            "STE3" => self.hold(ctx, &mut payment),
            word @ ("STE2" | "STE4" | "STE5") => self.undo_escrow(ctx, &mut payment, word),
            _ => Err(refusal("S005").about("mod_type")),
        }
    }

    fn cancel_all(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        ended(payment)?;
        if payment.escrow != Escrow::None {
            return Err(refusal("8134"));
        }
        match payment.status {
            Status::PartCancelled => return Err(refusal("8040")),
            Status::WaitingDeposit | Status::Paid => {}
            _ => return Err(refusal("8134")),
        }
        let deposited = payment.method == Method::Vbank && payment.status == Status::Paid;
        if deposited && !self.shaped(ctx.site, "plain-refund") {
            return Err(refusal("8329"));
        }
        in_its_month(ctx, payment)?;
        let acted = ctx.acts_all_the_same()?;
        let whole = payment.balance;
        payment.take(whole, self.sequence(ctx.now), ctx.now, Status::Cancelled);
        Ok(told(acted, self.cancelled(ctx, payment, None)).into())
    }

    fn cancel_part(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        let amount = ctx.args.need_amount("mod_mny")?;
        let before = ctx.args.need_amount("rem_mny")?;
        ended(payment)?;
        if payment.escrow != Escrow::None || !payment.alive() {
            return Err(refusal("8134"));
        }
        parts_allowed(ctx, payment)?;
        in_its_month(ctx, payment)?;
        part_of(payment, amount, before, ("8035", "8038", "8039"))?;
        let (taxed, free) = tax_part(ctx, payment, amount)?;
        let acted = ctx.acts_all_the_same()?;
        payment.order.tax.taxed_left -= taxed;
        payment.order.tax.free_left -= free;
        payment.take(amount, self.sequence(ctx.now), ctx.now, Status::Cancelled);
        Ok(told(acted, self.cancelled(ctx, payment, Some(amount))).into())
    }

    /// `STHD`, `STPD`: a deposit goes back to an account.
    fn refund(&self, ctx: &Ctx<'_>, payment: &mut Payment, whole: bool) -> Reply {
        let mixed = payment.order.tax.flag == "TG03";
        let kinds: &[&str] = match (whole, mixed) {
            (true, _) => &["MDSC00"],
            (false, false) => &["MDSC03"],
            (false, true) => &["MDSC04"],
        };
        ctx.args.one_of("mod_sub_type", kinds)?;
        let account = refund_account(ctx)?;
        if !ctx.site.refund {
            return Err(refusal(if whole { "8327" } else { "8328" }));
        }
        if payment.method != Method::Vbank || payment.escrow != Escrow::None {
            return Err(refusal("8329"));
        }
        match payment.status {
            Status::Refunded | Status::Cancelled => return Err(refusal("8337")),
            Status::RefundRequested => return Err(refusal("8340")),
            Status::Paid | Status::PartCancelled if payment.payout.is_none() => {}
            Status::Paid | Status::PartCancelled => return Err(refusal("8340")),
            _ => return Err(refusal("8329")),
        }
        let amount = if whole {
            // What is left after parts goes as a part, too.
            if payment.status == Status::PartCancelled {
                return Err(refusal("8040"));
            }
            payment.balance
        } else {
            let (amount, before) = (ctx.args.need_amount("mod_mny")?, ctx.args.need_amount("rem_mny")?);
            part_of(payment, amount, before, ("8540", "8549", "8550"))?;
            let (taxed, free) = tax_part(ctx, payment, amount)?;
            payment.order.tax.taxed_left -= taxed;
            payment.order.tax.free_left -= free;
            amount
        };
        let acted = ctx.acts_all_the_same()?;
        let slow = self.shaped(ctx.site, "slow-refund");
        let end = if slow {
            Status::RefundRequested
        } else {
            Status::Refunded
        };
        payment.take(amount, self.sequence(ctx.now), ctx.now, end);
        let fields = told(acted, self.cancelled(ctx, payment, (!whole).then_some(amount)));
        let payout = (amount, account.0, account.1);
        let mut notices = Vec::new();
        if slow {
            payment.payout = Some(payout);
        } else {
            notices.extend(self.paid_back(payment, ctx.site, &payout, ctx.now));
        }
        Ok(Done { fields, notices })
    }

    /// The answer to the last cancel of a payment; `part` if only so much of it went.
    pub(super) fn cancelled(&self, ctx: &Ctx<'_>, payment: &Payment, part: Option<i64>) -> Fields {
        let (number, at) = match payment.cancels.last() {
            Some(cancel) => (cancel.number.as_str(), compact(cancel.at)),
            None => ("", compact(ctx.now)),
        };
        let order = &payment.order;
        let mut fields = named(&[
            ("res_cd", "0000"),
            ("res_msg", "정상처리"),
            ("tno", &payment.tno),
            ("order_no", &order.number),
            ("amount", &order.amount.to_string()),
            ("pay_method", payment.paid_word()),
        ]);
        fields.extend(match &payment.means {
            Means::Bank(code, name) => named(&[
                ("mod_time", &at),
                ("mod_seq_no", number),
                ("bank_code", code),
                ("bank_name", name),
                ("bk_mny", &order.amount.to_string()),
            ]),
            Means::Card(card) => named(&[
                ("canc_time", &at),
                ("app_time", &at),
                ("canc_gubn", "B"),
                ("card_cd", card.code),
                ("card_mny", &(order.amount - card.points).to_string()),
                ("coupon_mny", "0"),
            ]),
            _ => named(&[("canc_time", &at)]),
        });
        if let Some(amount) = part {
            let (amount, left) = (amount.to_string(), payment.balance.to_string());
            fields.extend(named(&[("mod_mny", &amount), ("rem_mny", &left)]));
            let old = self.shaped(ctx.site, "old-names");
            let name = if old { "mod_pacn_seq_no" } else { "mod_pcan_seq_no" };
            fields.extend(named(&[(name, number)]));
            if old {
                fields.extend(named(&[("panc_mod_mny", &amount), ("panc_rem_mny", &left)]));
            }
        }
        fields
    }
}

/// The answer, or what the fault menu says instead of it.
pub(super) fn told(acted: Option<&Refusal>, fields: Fields) -> Fields {
    match acted {
        None => fields,
        Some(forced) => named(&[("res_cd", &forced.code), ("res_msg", &forced.message)]),
    }
}

/// Nothing is left of it.
fn ended(payment: &Payment) -> Result<(), Refusal> {
    match payment.status {
        Status::Cancelled if matches!(payment.means, Means::Card(_)) => Err(refusal("8133")),
        Status::Cancelled => Err(refusal("8023")),
        Status::Refunded => Err(refusal("8337")),
        Status::RefundRequested => Err(refusal("8340")),
        _ => Ok(()),
    }
}

/// Whether this payment can be cancelled in parts at all.
fn parts_allowed(ctx: &Ctx<'_>, payment: &Payment) -> Result<(), Refusal> {
    if !ctx.site.partial {
        return Err(refusal("8384"));
    }
    match &payment.means {
        Means::Card(card) if !card.part => Err(refusal("8385")),
        Means::Gift(_) | Means::Points => Err(refusal("8392")),
        Means::Carrier(..) if !ctx.site.carrier_partial => Err(refusal("8392")),
        Means::Vbank(_) => Err(refusal("8329")),
        _ => Ok(()),
    }
}

/// The codes are for: too little, another rest than ours, too much.
fn part_of(
    payment: &Payment,
    amount: i64,
    before: i64,
    (small, differs, over): (&'static str, &'static str, &'static str),
) -> Result<(), Refusal> {
    if amount < 1 {
        return Err(refusal(small));
    }
    if before != payment.balance {
        return Err(refusal(differs));
    }
    if amount > before {
        return Err(refusal(over));
    }
    Ok(())
}

/// How a part splits: (taxed, free of tax). Told by the request for mixed payments only.
fn tax_part(ctx: &Ctx<'_>, payment: &Payment, amount: i64) -> Result<(i64, i64), Refusal> {
    let tax = &payment.order.tax;
    match tax.flag.as_str() {
        "TG03" => {}
        "TG02" => return Ok((0, amount)),
        _ => return Ok((amount, 0)),
    }
    if ctx.args.text("tax_flag") != "TG03" {
        return Err(refusal("8080").about("tax_flag"));
    }
    let part = |name: &str| ctx.args.amount(name).ok_or_else(|| refusal("8078").about(name));
    let (supply, vat, free) = (part("mod_tax_mny")?, part("mod_vat_mny")?, part("mod_free_mny")?);
    if supply + vat + free != amount {
        return Err(refusal("8079"));
    }
    if supply + vat > tax.taxed_left {
        return Err(refusal("8098"));
    }
    if free > tax.free_left {
        return Err(refusal("8099"));
    }
    Ok((supply + vat, free))
}

/// Carrier billing is cancelled in its calendar month, unless the contract says otherwise.
fn in_its_month(ctx: &Ctx<'_>, payment: &Payment) -> Result<(), Refusal> {
    let month = |ms: i64| (civil(ms).year(), civil(ms).month());
    let paid = payment.approved_at.unwrap_or(ctx.now);
    if payment.method == Method::Carrier && month(paid) != month(ctx.now) && !ctx.site.next_month {
        return Err(refusal("8134"));
    }
    Ok(())
}

/// The account of a refund. The real-name check wants to know whose it is.
pub(super) fn refund_account(ctx: &Ctx<'_>) -> Result<Account, Refusal> {
    let code = ctx.args.need("mod_bankcode", 4)?;
    let bank = codes::bank(code).filter(|row| row.0 == code && code != "BK26");
    let bank = bank.ok_or_else(|| refusal("S005").about("mod_bankcode"))?;
    if !digits(ctx.args.need("mod_account", 20)?) {
        return Err(refusal("S005").about("mod_account"));
    }
    let holder = ctx.args.need("mod_depositor", 50)?.to_owned();
    if ctx.args.one_of("mod_comp_type", &["MDCP01", "MDCP02"])? == "MDCP02" {
        let number = ctx.args.need("mod_socno", 10)?;
        if !digits(number) || !matches!(number.len(), 6 | 10) {
            return Err(refusal("S005").about("mod_socno"));
        }
        ctx.args.need("mod_socname", 50)?;
    }
    Ok((bank.0, holder))
}
