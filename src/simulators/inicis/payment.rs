//! One transaction: methods with their words, state, cancels.

use crate::simulators::clock::iso_kst;
use crate::simulators::ledger::{Row, RowKind};
use std::sync::Arc;

/// Payment methods that the simulator serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    Bank,
    Vbank,
    Phone,
    Culture,
    SmartGift,
    BookGift,
    HappyMoney,
}

/// Method, `gopaymethod`, `P_INI_PAYMENT`, tag in TIDs, INIAPI `paymethod`, other words for the control call.
type MethodRow = (
    Method,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const METHODS: &[MethodRow] = &[
    (Method::Card, "Card", "CARD", "CARD", "Card", "EASY_PAY"),
    (Method::Bank, "DirectBank", "BANK", "DBNK", "Acct", "TRANSFER"),
    (Method::Vbank, "VBank", "VBANK", "VBNK", "Vacct", "VIRTUAL_ACCOUNT"),
    (Method::Phone, "HPP", "MOBILE", "HPP_", "HPP", "PHONE"),
    (
        Method::Culture,
        "Culture",
        "CULTURE",
        "CULT",
        "Voucher",
        "GIFT_CERTIFICATE",
    ),
    (Method::SmartGift, "DGCL", "DGCL", "DGCL", "Voucher", "SMART_GIFT"),
    (Method::BookGift, "Bcsh", "BCSH", "BCSH", "Voucher", "BOOK_GIFT"),
    (Method::HappyMoney, "HPMN", "HPMN", "HPMN", "Voucher", "HAPPYMONEY"),
];

impl Method {
    fn row(self) -> &'static MethodRow {
        METHODS.iter().find(|row| row.0 == self).unwrap_or(&METHODS[0])
    }

    /// A PC word, case-sensitive.
    pub fn pc(word: &str) -> Option<Self> {
        METHODS.iter().find(|row| row.1 == word).map(|row| row.0)
    }

    /// A mobile word.
    pub fn mobile(word: &str) -> Option<Self> {
        METHODS.iter().find(|row| row.2 == word).map(|row| row.0)
    }

    /// Any word that a control call may use.
    pub fn any(word: &str) -> Option<Self> {
        METHODS
            .iter()
            .find(|row| row.1.eq_ignore_ascii_case(word) || row.2 == word || row.5 == word)
            .map(|row| row.0)
    }

    pub fn words() -> Vec<&'static str> {
        METHODS.iter().map(|row| row.2).collect()
    }

    pub fn all() -> Vec<Self> {
        METHODS.iter().map(|row| row.0).collect()
    }

    pub fn pc_word(self) -> &'static str {
        self.row().1
    }

    pub fn mobile_word(self) -> &'static str {
        self.row().2
    }

    pub fn tag(self) -> &'static str {
        self.row().3
    }

    pub fn api_word(self) -> &'static str {
        self.row().4
    }

    pub fn is_gift(self) -> bool {
        self.row().4 == "Voucher"
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// A virtual account waits for its deposit.
    Issued,
    Paid,
    PartCancelled,
    Cancelled,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Paid => "approved",
            Self::PartCancelled => "part-cancelled",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Which product a transaction came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Pc,
    Mobile,
    Api,
}

impl Product {
    /// First letters of a TID.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Pc => "Stdpay",
            Self::Mobile => "INIMX_",
            Self::Api => "INIAPI",
        }
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub code: &'static str,
    pub bank: &'static str,
    pub name: &'static str,
    /// Masked; only stars for money and points.
    pub number: String,
    pub quota: String,
    pub check: bool,
    pub corporate: bool,
    pub part: bool,
    /// By the ISP route.
    pub isp: bool,
    /// `CARD_SrcCode`.
    pub source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Means {
    Card(Card),
    Bank(&'static str, &'static str),
    Vbank {
        bank: (&'static str, &'static str),
        number: String,
        due: i64,
    },
    Phone(&'static str),
    Gift,
}

/// One cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cancel {
    pub tid: String,
    pub amount: i64,
    pub left: i64,
    pub at: i64,
}

/// How far an escrow payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escrow {
    None,
    Open,
    Delivered,
    Confirmed,
    Rejected,
    /// The seller acknowledged the rejection, which refunds the payment.
    Acknowledged,
}

/// What a payment was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub oid: String,
    pub amount: i64,
    pub goods: String,
    pub buyer_name: String,
    pub buyer_tel: String,
    pub buyer_email: String,
    /// `merchantData` or `P_NOTI`.
    pub echo: String,
    /// `returnUrl` or `P_NEXT_URL`.
    pub return_url: String,
    /// `P_NOTI_URL`.
    pub noti_url: Option<String>,
}

/// One transaction that Inicis approved: money moved, or an account was opened.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub tid: Arc<str>,
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub product: Product,
    pub status: Status,
    pub balance: i64,
    pub approved_at: i64,
    pub paid_at: Option<i64>,
    pub auth_no: String,
    pub escrow: Escrow,
    pub cancels: Vec<Cancel>,
    pub depositor: String,
    /// A billing key that the window issued; nothing is charged then.
    pub bill_key: Option<String>,
}

impl Payment {
    /// What is still held of the buyer's money.
    pub fn held(&self) -> i64 {
        if matches!(self.status, Status::Paid | Status::PartCancelled) {
            self.balance
        } else {
            0
        }
    }

    /// Takes an amount off the balance.
    pub fn take(&mut self, tid: String, amount: i64, now: i64) {
        self.balance -= amount;
        self.status = if self.balance == 0 {
            Status::Cancelled
        } else {
            Status::PartCancelled
        };
        self.cancels.push(Cancel {
            tid,
            amount,
            left: self.balance,
            at: now,
        });
    }

    pub fn rows(&self) -> Vec<Row> {
        if self.bill_key.is_some() {
            return Vec::new();
        }
        let row = |tid: &str, kind, amount, balance, state: &str, at: i64| Row {
            provider: "inicis",
            mid: self.mid.to_string(),
            tid: tid.to_owned(),
            order_id: self.order.oid.clone(),
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
        let state = self.status.word();
        let mut rows = vec![row(
            &self.tid,
            kind,
            self.order.amount,
            self.held(),
            state,
            self.approved_at,
        )];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(&c.tid, RowKind::Cancel, c.amount, c.left, "cancelled", c.at)),
        );
        rows
    }
}
