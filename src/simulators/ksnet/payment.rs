//! One transaction: method, means, state, cancels.

use super::codes::{BankRow, CardRow};
use crate::simulators::clock::iso_kst;
use crate::simulators::ledger::{Row, RowKind};
use std::sync::Arc;

/// Methods of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    Vbank,
    Transfer,
    Mobile,
    Gift,
    KakaoPay,
    NaverPay,
}

/// (method, word in control calls, `result`, first digit of `trno`). The first digits of mobile and gift are made up.
const METHODS: &[(Method, &str, &str, char)] = &[
    (Method::Card, "CARD", "1001", '1'),
    (Method::Vbank, "VIRTUAL_ACCOUNT", "6001", '6'),
    (Method::Transfer, "TRANSFER", "2001", '2'),
    (Method::Mobile, "MOBILE", "M001", '5'),
    (Method::Gift, "GIFT", "G001", '7'),
    (Method::KakaoPay, "KAKAOPAY", "1001", '1'),
    (Method::NaverPay, "NAVERPAY", "1001", '1'),
];

/// Positions of `sndPaymethod` in its two lengths.
const TEN: &[(usize, Method)] = &[
    (0, Method::Card),
    (1, Method::Vbank),
    (2, Method::Transfer),
    (5, Method::Mobile),
    (6, Method::Gift),
];
const THIRTEEN: &[(usize, Method)] = &[
    (0, Method::Card),
    (2, Method::Transfer),
    (8, Method::KakaoPay),
    (12, Method::NaverPay),
];

impl Method {
    fn row(self) -> &'static (Method, &'static str, &'static str, char) {
        METHODS.iter().find(|row| row.0 == self).unwrap_or(&METHODS[0])
    }

    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// Approval type, `result` of the fetch.
    pub fn result(self) -> &'static str {
        self.row().2
    }

    pub fn digit(self) -> char {
        self.row().3
    }

    /// Whether `card/cancel` takes it.
    pub fn card_like(self) -> bool {
        matches!(self, Self::Card | Self::KakaoPay | Self::NaverPay)
    }

    /// Methods of a flag string; `None` if it is not one or sets a position that no document names.
    pub fn flags(text: &str) -> Option<Vec<Self>> {
        let known = match text.len() {
            10 => TEN,
            13 => THIRTEEN,
            _ => return None,
        };
        let mut methods = Vec::new();
        for (at, flag) in text.bytes().enumerate() {
            match flag {
                b'0' => {}
                b'1' => methods.push(known.iter().find(|row| row.0 == at)?.1),
                _ => return None,
            }
        }
        (!methods.is_empty()).then_some(methods)
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub row: &'static CardRow,
    /// First digits and last four.
    pub first: String,
    pub last: String,
    pub months: String,
}

impl Card {
    /// As the window shows it: six digits, six X, four digits.
    pub fn window_mask(&self) -> String {
        format!(
            "{}{}{}",
            self.first.get(..6).unwrap_or_default(),
            "X".repeat(6),
            self.last
        )
    }

    /// As the REST API shows it: eight digits, four X, three digits, X.
    pub fn rest_mask(&self) -> String {
        format!(
            "{}{}{}X",
            self.first,
            "X".repeat(4),
            self.last.get(..3).unwrap_or_default()
        )
    }
}

/// A virtual account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub bank: &'static BankRow,
    pub number: String,
    /// Deadline, ms; `None` for one that stays.
    pub due: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) enum Means {
    Card(Card),
    /// A bank, the number of the transfer, and numbers of its cash receipt.
    Transfer(&'static BankRow, String, Option<(String, String)>),
    Account(Account),
    /// Nothing that an answer tells.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Approved,
    /// A virtual account waits for its deposit.
    Waiting,
    Deposited,
    /// A virtual account that was taken back before its deposit.
    Closed,
    PartCancelled,
    Cancelled,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Waiting => "waiting",
            Self::Deposited => "deposited",
            Self::Closed => "closed",
            Self::PartCancelled => "part-cancelled",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One cancel.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    /// 1 to 9 of a part; 0 of a whole.
    pub seq: u8,
    pub amount: i64,
    pub left: i64,
    pub at: i64,
}

/// What a payment was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub number: String,
    pub amount: i64,
    pub tax_free: i64,
    pub goods: String,
    pub buyer: String,
    pub escrow: bool,
}

/// One approved transaction.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub trno: Arc<str>,
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub status: Status,
    pub balance: i64,
    pub tax_free_left: i64,
    pub at: i64,
    pub approval: String,
    pub cancels: Vec<Cancel>,
    /// Serial number of bank messages about it.
    pub messages: u32,
    pub depositor: String,
}

impl Payment {
    pub fn new(mid: &Arc<str>, order: Order, method: Method, means: Means, now: i64) -> Self {
        Self {
            trno: Arc::from(""),
            mid: Arc::clone(mid),
            balance: order.amount,
            tax_free_left: order.tax_free,
            order,
            method,
            status: if method == Method::Vbank {
                Status::Waiting
            } else {
                Status::Approved
            },
            means,
            at: now,
            approval: String::new(),
            cancels: Vec::new(),
            messages: 0,
            depositor: String::new(),
        }
    }

    /// Takes an amount off the balance.
    pub fn take(&mut self, seq: u8, amount: i64, tax_free: i64, now: i64) {
        self.balance -= amount;
        self.tax_free_left = (self.tax_free_left - tax_free).clamp(0, self.balance.max(0));
        self.status = if self.balance == 0 {
            Status::Cancelled
        } else {
            Status::PartCancelled
        };
        self.cancels.push(Cancel {
            seq,
            amount,
            left: self.balance,
            at: now,
        });
    }

    pub fn rows(&self) -> Vec<Row> {
        let row = |kind, amount, balance, state: &str, at: i64| Row {
            provider: "ksnet",
            mid: self.mid.to_string(),
            tid: self.trno.to_string(),
            order_id: self.order.number.clone(),
            kind,
            amount,
            balance,
            state: state.to_owned(),
            at: iso_kst(at),
            at_ms: at,
        };
        let kind = if self.method == Method::Vbank {
            RowKind::Vbank
        } else {
            RowKind::Approval
        };
        let held = if matches!(self.status, Status::Waiting | Status::Closed) {
            0
        } else {
            self.balance
        };
        let mut rows = vec![row(kind, self.order.amount, held, self.status.word(), self.at)];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(RowKind::Cancel, c.amount, c.left, "cancelled", c.at)),
        );
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_positions_in_two_lengths() {
        assert_eq!(Method::flags("1000000000"), Some(vec![Method::Card]));
        assert_eq!(Method::flags("0110000000"), Some(vec![Method::Vbank, Method::Transfer]));
        assert_eq!(Method::flags("0000000010000"), Some(vec![Method::KakaoPay]));
        assert_eq!(Method::flags("0000000000001"), Some(vec![Method::NaverPay]));
        for wrong in [
            "",
            "0000000000",
            "0001000000",
            "2000000000",
            "0100000000000",
            "100000000",
        ] {
            assert_eq!(Method::flags(wrong), None, "{wrong}");
        }
    }
}
