//! Stand-alone cash receipts: `/gw/hub/v1/payment` with `pay_method=CASH`. Their cancel is not part of this API.

use super::args::{Reply, digits, named, refusal};
use super::{Ctx, Kcp};
use crate::simulators::clock::{compact, iso_kst};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind};
use std::sync::Arc;

/// One cash receipt.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    number: Arc<str>,
    site: Arc<str>,
    order: String,
    amount: i64,
    at: i64,
}

impl Receipt {
    pub fn row(&self) -> Row {
        Row {
            provider: "kcp",
            mid: self.site.to_string(),
            tid: self.number.to_string(),
            order_id: self.order.clone(),
            kind: RowKind::CashReceipt,
            amount: self.amount,
            balance: self.amount,
            state: "issued".to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

impl Kcp {
    pub(super) fn issue_receipt(&self, ctx: &Ctx<'_>) -> Reply {
        let args = ctx.args;
        args.one_of("user_type", &["PGNW"])?;
        args.one_of("corp_type", &["0"])?;
        let traded = args.need("trad_time", 14)?;
        if traded.len() != 14 || super::direct::due(traded).is_none() {
            return Err(refusal("S005").about("trad_time"));
        }
        // Business proof goes by a business number, income deduction by a phone or card number.
        let lengths: &[usize] = match args.one_of("tr_code", &["0", "1"])? {
            "1" => &[10],
            _ => &[10, 11, 13, 16, 18],
        };
        let id = args.need("id_info", 18)?;
        if !digits(id) || !lengths.contains(&id.len()) {
            return Err(refusal("S005").about("id_info"));
        }
        let total = args.need_amount("amt_tot")?;
        let parts = ["amt_sup", "amt_svc", "amt_tax"].map(|name| args.need_amount(name));
        let mut sum = 0;
        for part in parts {
            sum += part?;
        }
        if total < 1 || sum != total {
            return Err(refusal("8105").about("amt_tot"));
        }
        let order = args.need("ordr_idxx", 40)?.to_owned();
        args.need("good_name", 100)?;
        args.free_text("good_name", 100)?;
        args.free_text("buyr_name", 40)?;
        let acted = ctx.acts_all_the_same()?;
        let number = loop {
            let number: Arc<str> = Arc::from(self.tno(super::payment::Method::Card, ctx.now));
            let record = Receipt {
                number: Arc::clone(&number),
                site: Arc::clone(&ctx.site.cd),
                order: order.clone(),
                amount: total,
                at: ctx.now,
            };
            if self.receipts.insert(&number, record).is_ok() {
                break number;
            }
        };
        let fields = named(&[
            ("res_cd", "0000"),
            ("res_msg", "정상처리"),
            ("cash_no", &number),
            ("receipt_no", &ids::digits(9)),
            ("app_time", &compact(ctx.now)),
            ("reg_stat", "00"),
            ("reg_desc", "정상"),
        ]);
        Ok(super::cancel::told(acted, fields).into())
    }
}
