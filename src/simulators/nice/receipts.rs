//! Stand-alone cash receipts ("현금영수증"). The answer means accepted; the tax office confirms two days later.

use super::answer::{Refusal, Reply, refusal};
use super::payment::iso;
use super::shapes::Shapes;
use super::sign::{Cover, sign};
use super::{Ctx, Nice, codes};
use crate::simulators::clock::{civil, iso_kst, plus_days};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Days until the tax office has answered.
const CONFIRMED_DAYS: i64 = 2;

#[derive(Debug, Clone)]
struct ReceiptCancel {
    tid: String,
    amount: i64,
    left: i64,
    at: i64,
}

/// One receipt.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    tid: Arc<str>,
    mid: Arc<str>,
    order_id: String,
    amount: i64,
    balance: i64,
    approve_no: String,
    at: i64,
    cancels: Vec<ReceiptCancel>,
}

impl Receipt {
    fn state(&self, now: i64) -> &'static str {
        let confirmed = |at: i64| now >= plus_days(at, CONFIRMED_DAYS);
        match self.cancels.last() {
            Some(last) if self.balance == 0 && confirmed(last.at) => "cancelled",
            Some(_) if self.balance == 0 => "cancelRequested",
            _ if confirmed(self.at) => "issued",
            _ => "issueRequested",
        }
    }

    pub fn rows(&self) -> Vec<Row> {
        let row = |kind, tid: &str, amount, balance, state: &str, at: i64| Row {
            provider: "nice",
            mid: self.mid.to_string(),
            tid: tid.to_owned(),
            order_id: self.order_id.clone(),
            kind,
            amount,
            balance,
            state: state.to_owned(),
            at: iso_kst(at),
            at_ms: at,
        };
        let state = if self.balance == 0 { "cancelled" } else { "issued" };
        let mut rows = vec![row(
            RowKind::CashReceipt,
            &self.tid,
            self.amount,
            self.balance,
            state,
            self.at,
        )];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(RowKind::Cancel, &c.tid, c.amount, c.left, "cancelled", c.at)),
        );
        rows
    }
}

/// The four parts, all required, whose sum is the amount.
fn parts(ctx: &Ctx<'_>, amount: i64) -> Result<(), Refusal> {
    let mut sum = 0_i64;
    for name in ["supplyAmt", "goodsVat", "taxFreeAmt", "serviceAmt"] {
        sum += ctx.args.need_amount(name)?;
    }
    if sum == amount { Ok(()) } else { Err(refusal("U319")) }
}

impl Nice {
    /// `POST /v1/receipt`
    pub(super) fn issue_receipt(&self, ctx: &Ctx<'_>) -> Reply {
        let args = ctx.args;
        let order_id = args.need("orderId", 64)?;
        let amount = args.need_amount("amount")?;
        args.need("goodsName", 40)?;
        args.signed(&ctx.merchant.secret, |date| Cover::OrderAmount(order_id, amount, date))?;
        let number = args.need("receiptNo", 20)?;
        let lengths: &[usize] = match args.need("receiptType", 20)? {
            "individual" => &[10, 11],
            "company" => &[10],
            _ => return Err(refusal("U100").about("receiptType")),
        };
        if !number.bytes().all(|b| b.is_ascii_digit()) || !lengths.contains(&number.len()) {
            return Err(refusal("7013"));
        }
        if amount == 0 {
            return Err(refusal("7012"));
        }
        parts(ctx, amount)?;
        ctx.unforced()?;
        if !self.spend(&ctx.merchant.mid, "receipt", order_id) {
            return Err(refusal("7003"));
        }
        let (tid, approve_no) = loop {
            let tid: Arc<str> = Arc::from(self.tid(&ctx.merchant.mid, "04", "01", ctx.now));
            let approve_no = ids::digits(9);
            let receipt = Receipt {
                tid: Arc::clone(&tid),
                mid: Arc::clone(&ctx.merchant.mid),
                order_id: order_id.to_owned(),
                amount,
                balance: amount,
                approve_no: approve_no.clone(),
                at: ctx.now,
                cancels: Vec::new(),
            };
            if self.receipts.insert(&tid, receipt).is_ok() {
                break (tid, approve_no);
            }
        };
        let date = iso(ctx.now);
        let signature = sign(Cover::Receipt(&tid, order_id, &date), &ctx.merchant.secret);
        Ok(
            json!({"resultCode": "0000", "resultMsg": codes::message("0000"), "tid": *tid, "orderId": order_id,
            "approvedAt": date, "approveNo": approve_no, "ediDate": date, "signature": signature})
            .into(),
        )
    }

    fn receipt(&self, ctx: &Ctx<'_>, tid: &str) -> Option<Arc<Mutex<Receipt>>> {
        self.receipts
            .get(tid)
            .filter(|record| lock(record).mid == ctx.merchant.mid)
    }

    /// `POST /v1/receipt/{tid}/cancel`
    pub(super) fn cancel_receipt(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        let order_id = ctx.args.need("orderId", 64)?;
        ctx.args.need("reason", 100)?;
        ctx.args.signed(&ctx.merchant.secret, |date| Cover::Tid(tid, date))?;
        if ctx.merchant.sandbox {
            return Err(refusal("U128"));
        }
        let record = self.receipt(ctx, tid).ok_or_else(|| refusal("2012"))?;
        let mut receipt = lock(&record);
        if receipt.balance == 0 {
            return Err(refusal("2013"));
        }
        if civil(ctx.now).year() != civil(receipt.at).year() {
            return Err(refusal("2016"));
        }
        let amount = match ctx.args.amount("cancelAmt")? {
            None => receipt.balance,
            Some(0) => return Err(refusal("2010")),
            Some(amount) if amount > receipt.balance => return Err(refusal("2032")),
            Some(amount) => amount,
        };
        if amount < receipt.balance {
            parts(ctx, amount)?;
        }
        ctx.unforced()?;
        if !self.spend(&ctx.merchant.mid, "cancel", order_id) {
            return Err(refusal("U112"));
        }
        receipt.balance -= amount;
        let left = receipt.balance;
        receipt.cancels.push(ReceiptCancel {
            tid: self.tid(&ctx.merchant.mid, "04", "10", ctx.now),
            amount,
            left,
            at: ctx.now,
        });
        let date = iso(ctx.now);
        let signature = sign(Cover::Receipt(tid, order_id, &date), &ctx.merchant.secret);
        Ok(
            json!({"resultCode": "0000", "resultMsg": codes::message("0000"), "tid": tid, "orderId": order_id,
            "cancelAmt": amount, "balanceAmt": left, "cancelledAt": date, "approveNo": receipt.approve_no,
            "ediDate": date, "signature": signature})
            .into(),
        )
    }

    /// `GET /v1/receipt/{tid}`
    pub(super) fn read_receipt(&self, ctx: &Ctx<'_>, tid: &str) -> Reply {
        ctx.args.signed(&ctx.merchant.secret, |date| Cover::Tid(tid, date))?;
        ctx.unforced()?;
        let record = self.receipt(ctx, tid).ok_or_else(|| Refusal::missing("U107"))?;
        let receipt = lock(&record);
        let date = iso(ctx.now);
        // Two documents, two formulas.
        let cover = if self.shapes_of(ctx.merchant).has(Shapes::RECEIPT_AMOUNT) {
            Cover::Payment(tid, receipt.amount, &date)
        } else {
            Cover::Receipt(tid, &receipt.order_id, &date)
        };
        let cancels: Vec<Value> = receipt
            .cancels
            .iter()
            .map(|c| json!({"tid": c.tid, "cancelAmt": c.amount, "cancelledAt": iso(c.at)}))
            .collect();
        Ok(
            json!({"resultCode": "0000", "resultMsg": codes::message("0000"), "tid": tid,
            "orderId": receipt.order_id, "status": receipt.state(ctx.now), "approvedAt": iso(receipt.at),
            "payMethod": "cshrcpt", "amount": receipt.amount, "balanceAmt": receipt.balance,
            "approveNo": receipt.approve_no, "ediDate": date, "signature": sign(cover, &ctx.merchant.secret),
            "receiptUrl": format!("{}/issue/IssueLoader.do?type=1&TID={tid}", ctx.base), "receiptCancels": cancels})
            .into(),
        )
    }
}
