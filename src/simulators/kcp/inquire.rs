//! `/std/inquery`: one transaction by its `tno`, where the site has the right to ask.

use super::args::{Reply, named, refusal};
use super::payment::{Means, Method, Payment, Status};
use super::{Ctx, Kcp};
use crate::simulators::clock::compact;
use crate::simulators::ledger::lock;

fn state(payment: &Payment) -> &'static str {
    match payment.status {
        Status::Authenticated | Status::WaitingDeposit => "STIR",
        Status::Paid => "STSR",
        Status::PartCancelled => "STPC",
        Status::RefundRequested => "STSF",
        Status::Cancelled | Status::Refunded => "STSC",
    }
}

impl Kcp {
    pub(super) fn inquire(&self, ctx: &Ctx<'_>) -> Reply {
        if !ctx.site.inquiry {
            return Err(refusal("S032"));
        }
        ctx.unforced()?;
        let record = self.find(ctx, ctx.args.text("tno"))?;
        let payment = lock(&record);
        let words = [payment.paid_word(), payment.method.words().paid];
        if !words.contains(&ctx.args.text("pay_type")) {
            return Err(refusal("8061"));
        }
        let names = match (payment.method, self.shaped(ctx.site, "shop-status")) {
            (_, true) => ("shop_status", "rem_mny"),
            (Method::Bank, _) => ("stat_bk_cd", "bk_rem_mny"),
            (Method::Carrier, _) => ("stat_hp_cd", "hp_rem_mny"),
            (Method::Card, _) => ("stat_ca_cd", "rem_mny"),
            _ => ("shop_status", "rem_mny"),
        };
        let rest = payment.balance.to_string();
        let mut fields = named(&[
            ("res_cd", "0000"),
            ("res_msg", "정상처리"),
            ("tno", &payment.tno),
            ("amount", &payment.order.amount.to_string()),
            ("rem_mny", &rest),
            (names.0, state(&payment)),
            ("app_time", &compact(payment.approved_at.unwrap_or(payment.created_at))),
        ]);
        if self.shaped(ctx.site, "short-inquiry") {
            return Ok(fields.into());
        }
        if names.1 != "rem_mny" {
            fields.extend(named(&[(names.1, &rest)]));
        }
        fields.extend(named(&[
            ("pay_method", payment.paid_word()),
            ("order_no", &payment.order.number),
            (
                "can_time",
                &payment.cancels.last().map(|c| compact(c.at)).unwrap_or_default(),
            ),
        ]));
        let gone = if payment.cancels.is_empty() { "N" } else { "Y" };
        match &payment.means {
            Means::Card(card) => fields.extend(named(&[
                ("canc_card_yn", gone),
                ("app_no", &payment.app_no),
                ("card_no", &card.number),
                ("card_name", card.name),
                ("quota", &card.quota),
                ("noinf", if card.interest_free { "Y" } else { "N" }),
            ])),
            Means::Bank(..) => fields.extend(named(&[("canc_bk_yn", gone)])),
            _ => {}
        }
        Ok(fields.into())
    }
}
