//! Cash receipts that belong to no payment ("현금영수증").

use super::args::Args;
use super::errors::error;
use super::payment::Currency;
use super::vbank::registered;
use super::view::Num;
use super::{Ctx, Done, Reply, Toss};
use crate::simulators::clock::{iso_kst, iso_local};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use serde_json::{Value, json};
use std::sync::Arc;

/// A cash receipt, or the cancel of one.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    pub key: Arc<str>,
    pub mid: Arc<str>,
    pub order_id: String,
    pub order_name: String,
    pub kind: &'static str,
    pub issue_number: String,
    pub amount: i64,
    pub left: i64,
    pub tax_free: i64,
    pub identity: String,
    pub cancel: bool,
    pub at: i64,
}

impl Receipt {
    fn json(&self, now: i64) -> Value {
        let status = if now < registered(self.at) {
            "IN_PROGRESS"
        } else {
            "COMPLETED"
        };
        json!({"receiptKey": *self.key, "orderId": self.order_id, "orderName": self.order_name, "type": self.kind,
            "issueNumber": self.issue_number,
            "receiptUrl": format!("https://dashboard-sandbox.tosspayments.com/receipt/cash/{}", self.key),
            "businessNumber": "1234567890", "transactionType": if self.cancel { "CANCEL" } else { "CONFIRM" },
            "amount": Num(self.amount, Currency::Krw), "taxFreeAmount": Num(self.tax_free, Currency::Krw),
            "issueStatus": status, "failure": null, "customerIdentityNumber": self.identity,
            "requestedAt": iso_kst(self.at)})
    }

    /// Its ledger row.
    pub fn row(&self) -> Row {
        Row {
            provider: "toss",
            mid: self.mid.to_string(),
            tid: self.key.to_string(),
            order_id: self.order_id.clone(),
            kind: RowKind::CashReceipt,
            amount: self.amount,
            balance: self.left,
            state: if self.cancel { "CANCEL" } else { "CONFIRM" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

/// Only the ends of a buyer's number are shown.
fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let keep = |i: usize| i < 3 || i + 2 >= digits.len();
    digits
        .iter()
        .enumerate()
        .map(|(i, c)| if keep(i) { *c } else { '*' })
        .collect()
}

impl Toss {
    /// `POST /v1/cash-receipts`
    pub(super) fn issue_receipt(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        let args = Args::parse(body)?;
        let amount = args.need_amount("amount", Currency::Krw)?;
        let (order_id, order_name) = (args.order_id()?, args.order_name()?);
        let kind = match args.need_text("type", 20)? {
            "소득공제" => "소득공제",
            "지출증빙" => "지출증빙",
            _ => return Err(error("INVALID_REQUEST").about("type").into()),
        };
        let number = match args.text("customerIdentityNumber", 30)? {
            Some(number) => number,
            // The member's name before API version 2022-07-27.
            None => args.need_text("registrationNumber", 30)?,
        };
        let tax_free = args.part("taxFreeAmount", Currency::Krw, amount)?;
        let mid = &ctx.caller.merchant.mid;
        let twice = |r: &Receipt| r.mid == *mid && r.order_id == order_id && !r.cancel && r.left > 0;
        if self.receipts.all().iter().any(|r| twice(&lock(r))) {
            return Err(error("DUPLICATED_CASH_RECEIPT").into());
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        let receipt = Receipt {
            key: Arc::from(ids::alnum(44)),
            mid: Arc::clone(mid),
            order_id: order_id.to_owned(),
            order_name: order_name.to_owned(),
            kind,
            issue_number: ids::digits(9),
            amount,
            left: amount,
            tax_free,
            identity: masked(number),
            cancel: false,
            at: ctx.now,
        };
        Ok(self.keep_receipt(ctx, receipt))
    }

    fn keep_receipt(&self, ctx: &Ctx<'_>, receipt: Receipt) -> Done {
        let body = receipt.json(ctx.now).to_string().into_bytes();
        let key = Arc::clone(&receipt.key);
        // Forty-four random characters do not meet again.
        drop(self.receipts.insert(&key, receipt));
        Done {
            body,
            notices: Vec::new(),
        }
    }

    /// `POST /v1/cash-receipts/{receiptKey}/cancel`
    pub(super) fn cancel_receipt(&self, ctx: &Ctx<'_>, key: &str, body: &[u8]) -> Reply {
        let args = Args::parse_optional(body)?;
        let record = self.receipts.get(key).ok_or_else(|| error("NOT_FOUND_RECEIPT"))?;
        let mut original = lock(&record);
        if original.mid != ctx.caller.merchant.mid || original.cancel {
            return Err(error("NOT_FOUND_RECEIPT").into());
        }
        let amount = args.amount("amount", Currency::Krw)?.unwrap_or(original.left);
        if amount <= 0 || amount > original.left {
            return Err(error("NOT_CANCELABLE_AMOUNT").into());
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        original.left -= amount;
        let mut cancel = original.clone();
        drop(original);
        cancel.key = Arc::from(format!("c_{}", ids::alnum(42)));
        cancel.issue_number = ids::digits(9);
        cancel.amount = amount;
        cancel.tax_free = cancel.tax_free.min(amount);
        cancel.cancel = true;
        cancel.at = ctx.now;
        Ok(self.keep_receipt(ctx, cancel))
    }

    /// `GET /v1/cash-receipts?requestDate=&cursor=&limit=`
    pub(super) fn list_receipts(&self, ctx: &Ctx<'_>, query: impl Fn(&str) -> Option<String>) -> Reply {
        let date = query("requestDate").ok_or_else(|| error("INVALID_REQUIRED_PARAM").about("requestDate"))?;
        if date.parse::<jiff::civil::Date>().is_err() {
            return Err(error("INVALID_DATE").into());
        }
        let number = |name: &str| query(name).and_then(|text| text.parse::<usize>().ok());
        let limit = number("limit").unwrap_or(100).clamp(1, 10_000);
        let from = number("cursor").unwrap_or(0);
        let mut found: Vec<Receipt> = self
            .receipts
            .all()
            .iter()
            .map(|r| lock(r).clone())
            .filter(|r| r.mid == ctx.caller.merchant.mid && iso_local(r.at).starts_with(&date))
            .collect();
        found.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        let page: Vec<Value> = found.iter().skip(from).take(limit).map(|r| r.json(ctx.now)).collect();
        let last = from + page.len();
        let body = json!({"hasNext": last < found.len(), "lastCursor": last, "data": page});
        Ok(Done {
            body: body.to_string().into_bytes(),
            notices: Vec::new(),
        })
    }
}
