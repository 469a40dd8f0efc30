//! What goes on beside payments: status, escrow delivery, cash receipts.

use super::direct::own_tid;
use super::payment::{Escrow, Status};
use super::result::{Done, Refusal, Reply, named, refusal, tax_parts};
use super::sign::sign;
use super::{Ctx, NiceLegacy};
use crate::simulators::clock::{compact, iso_kst};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use std::sync::Arc;

/// One cash receipt.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    tid: Arc<str>,
    mid: Arc<str>,
    moid: String,
    amount: i64,
    at: i64,
    cancelled: Option<i64>,
}

impl Receipt {
    pub fn rows(&self) -> Vec<Row> {
        let row = |kind, balance, state: &str, at: i64| Row {
            provider: "nice_legacy",
            mid: self.mid.to_string(),
            tid: self.tid.to_string(),
            order_id: self.moid.clone(),
            kind,
            amount: self.amount,
            balance,
            state: state.to_owned(),
            at: iso_kst(at),
            at_ms: at,
        };
        match self.cancelled {
            None => vec![row(RowKind::CashReceipt, self.amount, "issued", self.at)],
            Some(at) => vec![
                row(RowKind::CashReceipt, 0, "cancelled", self.at),
                row(RowKind::Cancel, 0, "cancelled", at),
            ],
        }
    }
}

impl NiceLegacy {
    /// `trans_status.jsp`: knows TIDs only, and neither amounts nor parts.
    pub(super) fn status(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = ctx.need("TID", 30)?;
        ctx.unforced()?;
        let (status, code, date) = match self.find(ctx, tid) {
            Err(_) => ("9", String::new(), String::new()),
            Ok(record) => {
                let payment = lock(&record);
                let status = match payment.status {
                    Status::Authenticated | Status::Failed => "9",
                    Status::Cancelled => "1",
                    Status::Paid | Status::PartCancelled | Status::Issued => "0",
                };
                let date = payment.approved_at.map(compact).unwrap_or_default();
                (
                    status,
                    payment.auth_code.clone(),
                    date.get(2..).unwrap_or_default().to_owned(),
                )
            }
        };
        Ok(named(&[
            ("ResultCode", "0000"),
            ("ResultMsg", "조회 성공"),
            ("TID", tid),
            ("Status", status),
            ("AuthCode", &code),
            ("AuthDate", &date),
        ])
        .into())
    }

    /// `escrow_process.jsp`: delivery, once.
    pub(super) fn deliver(&self, ctx: &Ctx<'_>) -> Reply {
        if !ctx.merchant.escrow {
            return Err(refusal("C002"));
        }
        if ctx.need("ReqType", 2)? != "03" {
            return Err(refusal("9000").about("ReqType"));
        }
        for (name, max) in [
            ("DeliveryCoNm", 30),
            ("InvoiceNum", 30),
            ("RegisterName", 30),
            ("BuyerAddr", 200),
        ] {
            ctx.need(name, max)?;
        }
        if !matches!(ctx.need("ConfirmMail", 1)?, "1" | "2") {
            return Err(refusal("9000").about("ConfirmMail"));
        }
        let record = self.find(ctx, ctx.need("TID", 30)?).map_err(|_| refusal("C006"))?;
        let mut payment = lock(&record);
        match (payment.status, payment.escrow) {
            (Status::Cancelled, _) => return Err(refusal("C007")),
            (_, Escrow::None) => return Err(refusal("C003")),
            (Status::Paid, Escrow::Open) => {}
            _ => return Err(refusal("C005")),
        }
        ctx.unforced()?;
        payment.escrow = Escrow::Delivered;
        let date = compact(ctx.now);
        Ok(named(&[
            ("ResultCode", "C000"),
            ("ResultMsg", "배송등록 성공"),
            ("TID", &payment.tid),
            ("MID", &payment.mid),
            ("ProcessDate", date.get(..8).unwrap_or_default()),
            ("ProcessTime", date.get(8..).unwrap_or_default()),
        ])
        .into())
    }

    /// `cash_receipt.jsp`
    pub(super) fn issue_receipt(&self, ctx: &Ctx<'_>) -> Reply {
        let tid = own_tid(ctx, "04", "01")?;
        let amount = ctx.need_amount("ReceiptAmt")?;
        ctx.need("GoodsName", 40)?;
        let number = ctx.need("ReceiptTypeNo", 20)?;
        let lengths: &[usize] = match ctx.need("ReceiptType", 1)? {
            "1" => &[10, 11],
            "2" => &[10],
            _ => return Err(refusal("9000").about("ReceiptType")),
        };
        if !number.bytes().all(|b| b.is_ascii_digit()) || !lengths.contains(&number.len()) {
            return Err(refusal("7013"));
        }
        if amount == 0 {
            return Err(refusal("7012"));
        }
        tax_parts(ctx.form, "Receipt", amount)?;
        ctx.unforced()?;
        let record = Receipt {
            tid: Arc::from(tid),
            mid: Arc::clone(&ctx.merchant.mid),
            moid: ctx.need("Moid", 64)?.to_owned(),
            amount,
            at: ctx.now,
            cancelled: None,
        };
        self.receipts
            .insert(&Arc::from(tid), record)
            .map_err(|_| refusal("A225"))?;
        Ok(named(&[
            ("ResultCode", "7001"),
            ("ResultMsg", "현금영수증 발급 성공"),
            ("TID", tid),
            ("AuthCode", &ids::digits(9)),
            ("AuthDate", compact(ctx.now).get(2..).unwrap_or_default()),
        ])
        .into())
    }

    /// `cancel_process.jsp` with a receipt's TID
    pub(super) fn cancel_receipt(&self, ctx: &Ctx<'_>, tid: &str, amount: i64) -> Result<Done, Refusal> {
        let record = self.receipts.get(tid).ok_or_else(|| refusal("2012"))?;
        let mut receipt = lock(&record);
        if receipt.mid != ctx.merchant.mid {
            return Err(refusal("2019"));
        }
        if receipt.cancelled.is_some() {
            return Err(refusal("2013"));
        }
        if amount != receipt.amount || ctx.form.text("PartialCancelCode") != "0" {
            return Err(refusal("2011"));
        }
        ctx.unforced()?;
        receipt.cancelled = Some(ctx.now);
        let covered = if ctx.merchant.padded {
            format!("{amount:012}")
        } else {
            amount.to_string()
        };
        let date = compact(ctx.now);
        Ok(named(&[
            ("ResultCode", "2001"),
            ("ResultMsg", "취소 성공"),
            ("ErrorCD", "0000"),
            ("ErrorMsg", ""),
            ("CancelAmt", &self.amount_text(ctx.merchant, amount)),
            ("MID", &ctx.merchant.mid),
            ("Moid", ctx.form.text("Moid")),
            (
                "Signature",
                &sign(&[tid, &ctx.merchant.mid, &covered], &ctx.merchant.key),
            ),
            ("PayMethod", "CSHRCPT"),
            ("TID", tid),
            ("CancelDate", date.get(..8).unwrap_or_default()),
            ("CancelTime", date.get(8..).unwrap_or_default()),
            ("CancelNum", &ids::digits(8)),
            ("RemainAmt", &self.amount_text(ctx.merchant, 0)),
        ])
        .into())
    }
}
