//! Escrow deliveries and stand-alone cash receipts.

use super::api::{Call, Reply, members};
use super::codes::{Refusal, about, refusal};
use super::payment::{Escrow, Payment, Status};
use super::{Inicis, notices};
use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use serde_json::{Value, json};
use std::sync::Arc;

/// A stand-alone cash receipt.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    pub mid: Arc<str>,
    pub tid: Arc<str>,
    pub amount: i64,
    pub at: i64,
    pub cancelled_at: Option<i64>,
}

impl Receipt {
    pub fn rows(&self) -> Vec<Row> {
        let state = if self.cancelled_at.is_some() {
            "cancelled"
        } else {
            "issued"
        };
        let row = |kind, balance, at| Row {
            provider: "inicis",
            mid: self.mid.to_string(),
            tid: self.tid.to_string(),
            order_id: String::new(),
            kind,
            amount: self.amount,
            balance,
            state: state.to_owned(),
            at: iso_kst(at),
            at_ms: at,
        };
        let held = if self.cancelled_at.is_some() { 0 } else { self.amount };
        let mut rows = vec![row(RowKind::CashReceipt, held, self.at)];
        rows.extend(self.cancelled_at.map(|at| row(RowKind::Cancel, 0, at)));
        rows
    }
}

fn escrowed(payment: &Payment) -> Result<(), Refusal> {
    if payment.escrow == Escrow::None || payment.status != Status::Paid {
        return Err(refusal("500677"));
    }
    Ok(())
}

fn done(now: i64) -> Value {
    let (date, time) = Inicis::now_parts(now);
    json!({"resultCode": "00", "resultMsg": "정상완료", "resultDate": date, "resultTime": time})
}

impl Inicis {
    /// `type=Dlv`: the seller has sent the goods, or corrects what was said about it.
    pub(super) fn deliver(&self, call: &Call<'_>) -> Reply {
        for field in [
            "invoice",
            "registName",
            "exCode",
            "exName",
            "invoiceDay",
            "sendName",
            "sendTel",
            "sendPost",
            "sendAddr1",
            "recvName",
            "recvTel",
            "recvPost",
            "recvAddr",
        ] {
            call.need(field)?;
        }
        if !matches!(call.need("charge")?, "SH" | "BH") {
            return Err(about("ER0102", "charge"));
        }
        let record = self.find(call.merchant, call.need("tid")?)?;
        let mut payment = lock(&record);
        if payment.order.oid != call.need("oid")? || payment.order.amount != call.need_amount("price")? {
            return Err(refusal("500828"));
        }
        escrowed(&payment)?;
        let fits = match call.need("report")? {
            "I" => payment.escrow == Escrow::Open,
            "U" => payment.escrow == Escrow::Delivered,
            _ => return Err(about("ER0102", "report")),
        };
        if !fits {
            return Err(about("500677", "report"));
        }
        call.unforced()?;
        payment.escrow = Escrow::Delivered;
        let told = notices::escrow(&payment, call.merchant, "2", "", call.now);
        Ok((members(done(call.now)), told))
    }

    /// `type=Dncf`: the seller acknowledges the buyer's rejection; that refunds the payment.
    pub(super) fn acknowledge(&self, call: &Call<'_>) -> Reply {
        call.need("dcnfName")?;
        let record = self.find(call.merchant, call.need("originalTid")?)?;
        let mut payment = lock(&record);
        escrowed(&payment)?;
        if payment.escrow != Escrow::Rejected {
            return Err(refusal("500677"));
        }
        call.unforced()?;
        payment.escrow = Escrow::Acknowledged;
        let (tid, rest) = (payment.tid.to_string(), payment.balance);
        payment.take(tid, rest, call.now);
        let told = notices::escrow(&payment, call.merchant, "10", "", call.now);
        Ok((members(done(call.now)), told))
    }

    /// A stand-alone cash receipt, v1 or v2.
    pub(super) fn issue_receipt(&self, call: &Call<'_>) -> Reply {
        let names = if call.v2 {
            [
                "price",
                "supplyPrice",
                "tax",
                "servicePrice",
                "issueNumber",
                "issueType",
            ]
        } else {
            ["crPrice", "supPrice", "tax", "srcvPrice", "regNum", "useOpt"]
        };
        for field in ["goodName", "buyerName", "buyerEmail", "buyerTel"] {
            call.need(field)?;
        }
        if !call.v2 && call.form.text("paymethod") != "Receipt" {
            return Err(about("ER0102", "paymethod"));
        }
        let [total, supply, tax, service, number, kind] = names;
        let amount = call.need_amount(total)?;
        if amount != call.need_amount(supply)? + call.need_amount(tax)? + call.need_amount(service)? || amount < 1 {
            return Err(about("500656", total));
        }
        let number = call.secret(number)?;
        if !(10..=18).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(about("ER0102", names[4]));
        }
        let kind = call.need(kind)?;
        if !matches!(kind, "0" | "1") {
            return Err(about("ER0102", names[5]));
        }
        call.unforced()?;
        let tid: Arc<str> = Arc::from(self.tid("INIAPICSHR", &call.merchant.mid, call.now));
        let receipt = Receipt {
            mid: Arc::clone(&call.merchant.mid),
            tid: Arc::clone(&tid),
            amount,
            at: call.now,
            cancelled_at: None,
        };
        // The serial number makes a TID unlike every other.
        drop(self.receipts.insert(&tid, receipt));
        let (date, time) = Self::now_parts(call.now);
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "tid": *tid, "authNo": ids::digits(9),
            "authDate": date, "authTime": time, "authUseOpt": kind}),
        );
        Ok((map, Vec::new()))
    }

    /// `refund` with the TID of a receipt.
    pub(super) fn cancel_receipt(&self, call: &Call<'_>, tid: &str) -> Reply {
        let record = self.receipts.get(tid).ok_or_else(|| refusal("500623"))?;
        let mut receipt = lock(&record);
        if receipt.mid != call.merchant.mid {
            return Err(refusal("500621"));
        }
        if !call.v2 && call.form.text("paymethod") != "Receipt" {
            return Err(refusal("500628"));
        }
        if receipt.cancelled_at.is_some() {
            return Err(refusal("500626"));
        }
        call.unforced()?;
        receipt.cancelled_at = Some(call.now);
        let (date, time) = Self::now_parts(call.now);
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "cancelDate": date, "cancelTime": time,
            "cshrCancelNum": ids::digits(9)}),
        );
        Ok((map, Vec::new()))
    }
}
