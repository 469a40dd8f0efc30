//! `card/cancel` and `account/cancel`: full and partial cancels, by transaction or order number.

use super::merchants::Merchant;
use super::payment::{Means, Method, Payment, Status};
use super::rest::{Call, Refusal, Reply, companies, members};
use super::{Ksnet, order_key};
use crate::simulators::clock::{civil, compact};
use crate::simulators::ledger::lock;
use std::sync::{Arc, Mutex};

/// How long a payment can be cancelled, months.
const MONTHS: i64 = 6;

/// Codes of one kind of cancel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub missing: &'static str,
    pub done: &'static str,
    pub used: &'static str,
    pub over: &'static str,
    pub late: &'static str,
}

pub(super) const CARD: Words = Words {
    missing: "7004",
    done: "7001",
    used: "7002",
    over: "7005",
    late: "7003",
};
const ACCOUNT: Words = Words {
    missing: "994",
    done: "991",
    used: "992",
    over: "993",
    late: "990",
};

/// What a cancel asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    /// Amount and ordinal of a part.
    pub part: Option<(i64, u8)>,
    pub tax_free: i64,
    pub now: i64,
}

impl Ksnet {
    /// `card/cancel`
    pub(super) fn cancel_card(&self, call: &Call<'_>) -> Reply {
        let ask = asked(call, true)?;
        let record = self.original(call, CARD.missing)?;
        let mut payment = lock(&record);
        let mobile = payment.method == Method::Mobile && call.merchant.mobile_cancel;
        if !payment.method.card_like() && !mobile {
            return Err(Refusal::coded(CARD.missing));
        }
        let amount = take(&mut payment, call.merchant, ask, CARD).map_err(Refusal::coded)?;
        let text = if ask.part.is_some() {
            "승인취소완료/매입취소요청"
        } else {
            "승인취소완료"
        };
        let mut data = common(call, &payment, amount, "0000", text);
        match &payment.means {
            Means::Card(card) => {
                data.extend(companies(Some(card.row)));
                data.extend(members(&[
                    ("cardNumb", &card.rest_mask()),
                    ("installMonth", &card.months),
                ]));
            }
            _ => {
                data.extend(companies(None));
                data.extend(members(&[("cardNumb", ""), ("installMonth", "")]));
            }
        }
        data.extend(members(&[("expiryDate", "")]));
        Ok(data)
    }

    /// `account/cancel`
    pub(super) fn cancel_transfer(&self, call: &Call<'_>) -> Reply {
        let ask = asked(call, false)?;
        let record = self.original(call, ACCOUNT.missing)?;
        let mut payment = lock(&record);
        if payment.method != Method::Transfer {
            return Err(Refusal::coded(ACCOUNT.missing));
        }
        let amount = take(&mut payment, call.merchant, ask, ACCOUNT).map_err(Refusal::coded)?;
        let mut data = common(call, &payment, amount, "000", "취소완료");
        data.extend(members(&[("agencyType", "5"), ("agencyName", "금융결제원")]));
        Ok(data)
    }

    /// The payment that a cancel names; of this merchant only.
    fn original(&self, call: &Call<'_>, missing: &str) -> Result<Arc<Mutex<Payment>>, Refusal> {
        let by_order = call.second("orgTradeKeyType", "TID", "ORDER_NUMB")?;
        let key = call.need("orgTradeKey", 50)?;
        let date = call.text("orgTradeDate");
        let eight = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        if (by_order || !date.is_empty()) && !eight {
            return Err(Refusal::wrong("orgTradeDate"));
        }
        let found = if by_order {
            let tid = self
                .orders
                .get(&order_key(&call.merchant.mid, &key))
                .map(|found| Arc::clone(&found));
            tid.and_then(|tid| self.payments.get(&tid))
        } else {
            self.payments.get(&key)
        };
        let record = found.ok_or_else(|| Refusal::coded(missing))?;
        let payment = lock(&record);
        let ours = payment.mid == call.merchant.mid;
        if !ours || (by_order && !compact(payment.at).starts_with(&date)) {
            return Err(Refusal::coded(missing));
        }
        drop(payment);
        Ok(record)
    }
}

/// Reads the kind and the amounts of a cancel.
fn asked(call: &Call<'_>, taxed: bool) -> Result<Ask, Refusal> {
    let part = if call.second("cancelType", "FULL", "PARTIAL")? {
        let amount = call.amount("cancelTotalAmount")?;
        let seq = call.text("cancelSeq");
        let seq = seq.parse::<u8>().ok().filter(|n| seq.len() == 1 && (1..=9).contains(n));
        let seq = seq.ok_or_else(|| Refusal::wrong("cancelSeq"))?;
        if amount == 0 {
            return Err(Refusal::wrong("cancelTotalAmount"));
        }
        Some((amount, seq))
    } else {
        None
    };
    let tax_free = if taxed {
        call.amount_or_zero("cancelTaxFreeAmount")?
    } else {
        0
    };
    if part.is_some_and(|(amount, _)| tax_free > amount) {
        return Err(Refusal::wrong("cancelTaxFreeAmount"));
    }
    Ok(Ask {
        part,
        tax_free,
        now: call.now,
    })
}

/// Months from one time to another, started ones left out.
fn months(from: i64, to: i64) -> i64 {
    let (from, to) = (civil(from), civil(to));
    let whole = i64::from(to.year() - from.year()) * 12 + i64::from(to.month() - from.month());
    let later = (to.day(), to.time()) >= (from.day(), from.time());
    if later { whole } else { whole - 1 }
}

/// Takes the amount off a payment, or says by which code not. The amount that went.
pub(super) fn take(payment: &mut Payment, merchant: &Merchant, ask: Ask, words: Words) -> Result<i64, &'static str> {
    if payment.status == Status::Cancelled {
        return Err(words.done);
    }
    if months(payment.at, ask.now) >= MONTHS {
        return Err(words.late);
    }
    let Some((amount, seq)) = ask.part else {
        let rest = payment.balance;
        let tax_free = payment.tax_free_left;
        payment.take(0, rest, tax_free, ask.now);
        return Ok(rest);
    };
    if !merchant.partial || payment.method == Method::Mobile {
        return Err("7008");
    }
    if payment.order.escrow {
        return Err("7006");
    }
    if payment.cancels.iter().any(|cancel| cancel.seq == seq) {
        return Err(words.used);
    }
    if amount > payment.balance {
        return Err(words.over);
    }
    let taxed_left = payment.balance - payment.tax_free_left;
    if ask.tax_free > payment.tax_free_left || amount - ask.tax_free > taxed_left {
        return Err("7007");
    }
    payment.take(seq, amount, ask.tax_free, ask.now);
    Ok(amount)
}

/// Members of every success. `tid` is the original's number, not one of the cancel.
fn common(
    call: &Call<'_>,
    payment: &Payment,
    amount: i64,
    code: &str,
    text: &str,
) -> serde_json::Map<String, serde_json::Value> {
    members(&[
        ("payload", &call.text("payload")),
        ("tid", &payment.trno),
        ("tradeDateTime", &compact(call.now)),
        ("cancelAmount", &amount.to_string()),
        ("respCode", code),
        ("respMessage", text),
        ("approvalNumb", &payment.approval),
    ])
}
