//! `GET /payments/{imp_uid}/balance`: what of a payment stands, in its tax parts.
//!
//! PGs tell this router of one method a payment and of no discounts, so all money is in `primary`.

use super::seconds;
use crate::api::v1::money::Amount;
use crate::payment::{CancelState, Currency, Millis, Transaction};
use serde::Serialize;

/// PortOne V1 `PaymentBalanceAnnotation`.
#[derive(Debug, Clone, Copy, Serialize)]
struct Parts {
    tax_free: Amount,
    supply: Amount,
    vat: Amount,
    service: Amount,
}

/// PortOne V1 `PaymentBalanceHistoriesAnnotation`.
#[derive(Debug, Serialize)]
struct History {
    cash_receipt: Parts,
    primary: Parts,
    secondary: Parts,
    discount: Parts,
    created: i64,
}

/// PortOne V1 `PaymentBalanceResponseAnnotation`.
#[derive(Debug, Serialize)]
pub struct BalanceView {
    amount: Amount,
    cash_receipt: Parts,
    primary: Parts,
    secondary: Parts,
    discount: Parts,
    histories: Vec<History>,
}

/// Money left at one moment, minor units.
#[derive(Clone, Copy)]
struct Left {
    total: i64,
    tax_free: i64,
    vat: i64,
}

fn parts(left: Left, currency: Currency) -> Parts {
    let money = |minor| Amount::new(minor, currency);
    Parts {
        tax_free: money(left.tax_free),
        supply: money(left.total - left.tax_free - left.vat),
        vat: money(left.vat),
        service: money(0),
    }
}

impl From<&Transaction> for BalanceView {
    fn from(t: &Transaction) -> Self {
        let none = Left {
            total: 0,
            tax_free: 0,
            vat: 0,
        };
        let receipt = t.cash_receipt.as_ref().filter(|r| r.cancelled_at.is_none());
        // A receipt that the PG issued with the payment follows its balance.
        let of_receipt = |left| if receipt.is_some() { left } else { none };
        let history = |left, at: Option<Millis>| History {
            cash_receipt: parts(of_receipt(left), t.currency),
            primary: parts(left, t.currency),
            secondary: parts(none, t.currency),
            discount: parts(none, t.currency),
            created: seconds(at),
        };
        let mut left = Left {
            total: t.amounts.total,
            tax_free: t.amounts.tax_free,
            vat: t.amounts.vat,
        };
        let mut histories = vec![history(left, t.paid_at)];
        for c in t.cancellations.iter().filter(|c| c.state == CancelState::Succeeded) {
            left.total -= c.amounts.total;
            left.tax_free -= c.amounts.tax_free;
            left.vat -= c.amounts.vat;
            histories.push(history(left, c.cancelled_at));
        }
        Self {
            amount: Amount::new(t.amounts.total, t.currency),
            cash_receipt: parts(of_receipt(left), t.currency),
            primary: parts(left, t.currency),
            secondary: parts(none, t.currency),
            discount: parts(none, t.currency),
            histories,
        }
    }
}
