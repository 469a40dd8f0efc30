//! Reading: one payment by either id, transactions, settlements.

use super::args::Args;
use super::errors::{ApiError, error};
use super::payment::{Payment, Status};
use super::shapes::Shapes;
use super::view::Num;
use super::{Ctx, Done, Failed, Reply, Toss};
use crate::simulators::clock::{civil, iso_kst, iso_local, parse_local, plus_days};
use crate::simulators::ledger::lock;
use serde_json::{Value, json};

/// Rows a page at most.
const PAGE_MAX: usize = 5000;
/// Fee of a settlement in 1/1000 of the amount: a figure of this simulator.
const FEE_PER_MILLE: i64 = 28;

impl Toss {
    /// `GET /v1/payments/{paymentKey}`
    pub(super) fn by_key(&self, ctx: &Ctx<'_>, key: &str) -> Reply {
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        let record = self.find(ctx, key)?;
        let mut payment = lock(&record);
        let notices = self.expire_if_due(&mut payment, ctx.now);
        if payment.status == Status::Ready && self.shapes_of(&ctx.caller.merchant).has(Shapes::HIDE_READY) {
            return Err(Failed {
                error: error("NOT_FOUND_PAYMENT"),
                notices,
            });
        }
        Ok(self.shown(ctx, &payment, notices))
    }

    /// `GET /v1/payments/orders/{orderId}`: the newest payment of the number; an approved one before any other.
    pub(super) fn by_order(&self, ctx: &Ctx<'_>, order_id: &str) -> Reply {
        let index = [ctx.caller.merchant.mid.as_ref(), order_id].join("\n");
        let key = self
            .orders
            .get(&index)
            .and_then(|o| o.approved.clone().or_else(|| o.newest.clone()));
        let key = key.ok_or_else(|| error("NOT_FOUND_PAYMENT"))?;
        self.by_key(ctx, &key)
    }

    fn own_payments(&self, ctx: &Ctx<'_>, keep: impl Fn(&Payment) -> bool) -> Vec<Payment> {
        let all = self.payments.all();
        let own = all.iter().map(|record| lock(record));
        own.filter(|p| p.mid == ctx.caller.merchant.mid && keep(p))
            .map(|p| p.clone())
            .collect()
    }

    /// `GET /v1/transactions`
    pub(super) fn transactions(&self, ctx: &Ctx<'_>, query: impl Fn(&str) -> Option<String>) -> Reply {
        let (from, to) = range(&query)?;
        let limit = page_size(query("limit"))?;
        let payments = self.own_payments(ctx, |p| p.approve_transaction.is_some());
        let mut rows: Vec<(i64, String, Value)> = payments.iter().flat_map(transaction_rows).collect();
        rows.retain(|(at, ..)| (from..=to).contains(at));
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let start = match query("startingAfter") {
            None => 0,
            Some(key) => rows
                .iter()
                .position(|(_, k, _)| *k == key)
                .map_or(rows.len(), |i| i + 1),
        };
        let page: Vec<Value> = rows.into_iter().skip(start).take(limit).map(|(.., row)| row).collect();
        Ok(Done {
            body: Value::Array(page).to_string().into_bytes(),
            notices: Vec::new(),
        })
    }

    /// `GET /v1/settlements`: live keys only, from the day after.
    pub(super) fn settlements(&self, ctx: &Ctx<'_>, query: impl Fn(&str) -> Option<String>) -> Reply {
        let (from, to) = range(&query)?;
        let to = plus_days(to, 1) - 1;
        let paid_out = match query("dateType").as_deref() {
            None | Some("soldDate") => false,
            Some("paidOutDate") => true,
            Some(_) => return Err(error("INVALID_REQUEST").about("dateType").into()),
        };
        let size = page_size(query("size"))?;
        let page = match query("page").map(|p| p.parse::<usize>()) {
            None => 1,
            Some(Ok(page)) if page >= 1 => page,
            Some(_) => return Err(error("INVALID_REQUEST").about("page").into()),
        };
        let mut rows: Vec<(i64, Value)> = Vec::new();
        if !ctx.caller.merchant.test() {
            for payment in self.own_payments(ctx, |p| p.approved_at.is_some()) {
                rows.extend(settlement_rows(&payment));
            }
            rows.retain(|(at, _)| civil(*at).date() < civil(ctx.now).date());
        }
        let day = |at: i64| if paid_out { plus_days(at, 2) } else { at };
        rows.retain(|(at, _)| (from..=to).contains(&day(*at)));
        rows.sort_by_key(|(at, _)| *at);
        let page: Vec<Value> = rows
            .into_iter()
            .skip((page - 1) * size)
            .take(size)
            .map(|(_, row)| row)
            .collect();
        Ok(Done {
            body: Value::Array(page).to_string().into_bytes(),
            notices: Vec::new(),
        })
    }

    /// `POST /v1/settlements`
    pub(super) fn settle_manually(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        let args = Args::parse(body)?;
        let record = self.find(ctx, args.need_text("paymentKey", 200)?)?;
        if lock(&record).approved_at.is_none() {
            return Err(error("NOT_FOUND_PAYMENT").into());
        }
        Ok(Done {
            body: br#"{"result":true}"#.to_vec(),
            notices: Vec::new(),
        })
    }
}

fn range(query: &impl Fn(&str) -> Option<String>) -> Result<(i64, i64), ApiError> {
    let time = |name: &str| {
        let text = query(name).ok_or_else(|| error("INVALID_REQUIRED_PARAM").about(name))?;
        parse_local(&text).ok_or_else(|| error("INVALID_DATE").about(name))
    };
    let (from, to) = (time("startDate")?, time("endDate")?);
    if from > to {
        Err(error("INVALID_DATE"))
    } else {
        Ok((from, to))
    }
}

fn page_size(text: Option<String>) -> Result<usize, ApiError> {
    match text.map(|t| t.parse::<usize>()) {
        None => Ok(100),
        Some(Ok(size)) if (1..=PAGE_MAX).contains(&size) => Ok(size),
        Some(_) => Err(error("INVALID_REQUEST").about("limit")),
    }
}

/// The approval's row, then one per cancel.
fn transaction_rows(payment: &Payment) -> Vec<(i64, String, Value)> {
    let row = |at: i64, key: &str, status: &str, amount: i64| {
        let value = json!({"mId": *payment.mid, "transactionKey": key, "paymentKey": *payment.key,
            "orderId": payment.order_id, "method": payment.method.korean(), "customerKey": payment.customer_key,
            "useEscrow": payment.escrow, "receiptUrl": null, "status": status, "transactionAt": iso_kst(at),
            "currency": payment.currency.word(), "amount": Num(amount, payment.currency)});
        (at, key.to_owned(), value)
    };
    let mut rows = Vec::with_capacity(1 + payment.cancels.len());
    if let Some(key) = &payment.approve_transaction {
        let waiting = payment.status == Status::WaitingForDeposit;
        let (status, amount) = if waiting {
            ("WAITING_FOR_DEPOSIT", 0)
        } else {
            ("DONE", payment.total)
        };
        rows.push(row(
            payment.approved_at.unwrap_or(payment.requested_at),
            key,
            status,
            amount,
        ));
    }
    rows.extend(
        payment
            .cancels
            .iter()
            .map(|c| row(c.at, &c.transaction, payment.status.word(), -c.amount)),
    );
    rows
}

fn settlement_rows(payment: &Payment) -> Vec<(i64, Value)> {
    let row = |at: i64, key: Option<&str>, amount: i64, cancel: Value| {
        let supply = amount * FEE_PER_MILLE / 1000;
        let vat = supply / 10;
        let num = |n| Num(n, payment.currency);
        let day = |at| iso_local(at).get(..10).unwrap_or_default().to_owned();
        let value = json!({"mId": *payment.mid, "paymentKey": *payment.key, "transactionKey": key,
            "orderId": payment.order_id, "currency": payment.currency.word(), "method": payment.method.korean(),
            "amount": num(amount), "interestFee": 0, "fee": num(supply + vat),
            "fees": [{"type": "BASE", "fee": num(supply + vat)}], "supplyAmount": num(supply), "vat": num(vat),
            "payOutAmount": num(amount - supply - vat), "approvedAt": payment.approved_at.map(iso_kst),
            "soldDate": day(at), "paidOutDate": day(plus_days(at, 2)), "card": null, "easyPay": null,
            "giftCertificate": null, "mobilePhone": null, "transfer": null, "virtualAccount": null, "cancel": cancel});
        (at, value)
    };
    let at = payment.approved_at.unwrap_or(payment.requested_at);
    let mut rows = vec![row(
        at,
        payment.approve_transaction.as_deref(),
        payment.total,
        Value::Null,
    )];
    rows.extend(payment.cancels.iter().map(|c| {
        let cancel = json!({"transactionKey": c.transaction, "cancelReason": c.reason, "canceledAt": iso_kst(c.at),
            "cancelAmount": Num(c.amount, payment.currency)});
        row(c.at, Some(&c.transaction), -c.amount, cancel)
    }));
    rows
}
