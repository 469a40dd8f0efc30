//! Cash receipts of the socket protocol.

use super::Ksnet;
use super::socket::Facts;
use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use std::sync::Arc;

/// One receipt.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    pub number: Arc<str>,
    pub mid: Arc<str>,
    order: String,
    /// The deal that it is for, or nothing.
    deal: String,
    amount: i64,
    /// Approval number of the tax office.
    approval: String,
    at: i64,
    pub cancelled_at: Option<i64>,
}

impl Receipt {
    pub fn new(mid: &Arc<str>, order: &str, deal: &str, amount: i64, now: i64) -> Self {
        Self {
            number: Arc::from(format!("9{}", ids::digits(11))),
            mid: Arc::clone(mid),
            order: order.to_owned(),
            deal: deal.to_owned(),
            amount,
            approval: ids::digits(9),
            at: now,
            cancelled_at: None,
        }
    }

    /// What an answer tells of it.
    pub fn facts(&self) -> Facts {
        Facts {
            approved: true,
            number: self.number.to_string(),
            approval: self.approval.clone(),
            messages: ("현금영수증".to_owned(), "정상처리".to_owned()),
            amount: self.amount,
            receipt: self.approval.clone(),
            ..Facts::default()
        }
    }

    fn rivals(&self, other: &Self) -> bool {
        let same = if self.deal.is_empty() {
            self.order == other.order
        } else {
            self.deal == other.deal
        };
        self.mid == other.mid && same && other.cancelled_at.is_none()
    }

    pub fn row(&self) -> Row {
        let held = if self.cancelled_at.is_some() { 0 } else { self.amount };
        Row {
            provider: "ksnet",
            mid: self.mid.to_string(),
            tid: self.number.to_string(),
            order_id: self.order.clone(),
            kind: RowKind::CashReceipt,
            amount: self.amount,
            balance: held,
            state: if held == 0 { "cancelled" } else { "issued" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

impl Ksnet {
    /// Stores a receipt; `None` if its deal or order has one already and `once` asks for that.
    pub(super) fn admit_receipt(&self, receipt: Receipt, once: bool) -> Option<Receipt> {
        let _one_at_a_time = lock(&self.issuing);
        if once && self.receipts.all().iter().any(|held| receipt.rivals(&lock(held))) {
            return None;
        }
        let number = Arc::clone(&receipt.number);
        // Eleven random digits meet rarely; then the caller asks again.
        self.receipts.insert(&number, receipt.clone()).ok()?;
        Some(receipt)
    }
}
