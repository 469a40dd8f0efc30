//! One transaction of the legacy API: methods with their codes, state, cancels.

use super::codes;
use crate::simulators::clock::iso_kst;
use crate::simulators::ledger::{Row, RowKind};
use std::sync::Arc;

/// Methods of the window: (`PayMethod`, success code, digits 11-12 of a TID).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    Bank,
    Vbank,
    Cellphone,
    SsgBank,
    CmsBank,
    GiftCult,
    GiftSsg,
}

const METHODS: &[(Method, &str, &str, &str)] = &[
    (Method::Card, "CARD", "3001", "01"),
    (Method::Bank, "BANK", "4000", "02"),
    (Method::Vbank, "VBANK", "4100", "03"),
    (Method::Cellphone, "CELLPHONE", "A000", "05"),
    (Method::SsgBank, "SSG_BANK", "0000", "02"),
    (Method::CmsBank, "CMS_BANK", "0000", "02"),
    (Method::GiftCult, "GIFT_CULT", "0000", "01"),
    (Method::GiftSsg, "GIFT_SSG", "0000", "01"),
];

impl Method {
    pub fn parse(word: &str) -> Option<Self> {
        METHODS.iter().find(|row| row.1 == word).map(|row| row.0)
    }

    pub fn words() -> Vec<&'static str> {
        METHODS.iter().map(|row| row.1).collect()
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        METHODS
            .iter()
            .find(|row| row.0 == self)
            .map_or(("CARD", "3001", "01"), |row| (row.1, row.2, row.3))
    }

    pub fn word(self) -> &'static str {
        self.row().0
    }

    pub fn success(self) -> &'static str {
        self.row().1
    }

    pub fn digits(self) -> &'static str {
        self.row().2
    }
}

/// Text of a method's success.
pub(super) fn success_text(method: Method) -> &'static str {
    match method {
        Method::Card => "카드 결제 성공",
        Method::Vbank => "가상계좌 발급 성공",
        Method::Cellphone => "휴대폰 결제 성공",
        _ => "결제 성공",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Authenticated,
    Paid,
    /// A virtual account waits for its deposit.
    Issued,
    Failed,
    Cancelled,
    PartCancelled,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Paid => "paid",
            Self::Issued => "issued",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::PartCancelled => "part-cancelled",
        }
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub code: &'static str,
    pub name: &'static str,
    /// `53611234****1234`; empty for money and points.
    pub number: String,
    pub quota: String,
    pub check: bool,
    pub part: bool,
    /// Number of the wallet, or nothing.
    pub wallet: &'static str,
}

impl Card {
    pub fn of(code: &str, number: String) -> Self {
        let (code, name) = codes::card(code).unwrap_or(("04", "삼성"));
        Self {
            code,
            name,
            number,
            quota: "00".to_owned(),
            check: false,
            part: true,
            wallet: "",
        }
    }
}

/// A virtual account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vbank {
    pub bank: (&'static str, &'static str),
    pub number: String,
    pub due: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Means {
    Card(Card),
    Bank(&'static str, &'static str),
    Vbank(Vbank),
    /// Nothing that an answer tells.
    Other,
}

/// One cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cancel {
    pub moid: String,
    pub amount: i64,
    pub left: i64,
    pub at: i64,
    pub number: String,
}

/// How far an escrow payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escrow {
    None,
    Open,
    Delivered,
    Confirmed,
    Rejected,
}

/// What a payment was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub moid: String,
    pub amount: i64,
    pub goods: String,
    pub buyer_name: String,
    pub buyer_tel: String,
    pub buyer_email: String,
    pub reserved: String,
    pub user_id: String,
}

/// One transaction.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub tid: Arc<str>,
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub status: Status,
    pub balance: i64,
    pub auth_token: String,
    pub created_at: i64,
    pub approved_at: Option<i64>,
    pub paid_at: Option<i64>,
    pub auth_code: String,
    pub escrow: Escrow,
    /// The TID that the next partial cancel must name: mobile billing gives a new one each time.
    pub current: String,
    pub refusal: Option<&'static str>,
    pub cancels: Vec<Cancel>,
    /// Who deposited.
    pub depositor: String,
    /// `RcptType` and the TID of a receipt that was asked for up front.
    pub receipt: Option<(&'static str, String)>,
}

impl Payment {
    pub fn new(mid: &Arc<str>, order: Order, method: Method, means: Means, now: i64) -> Self {
        Self {
            tid: Arc::from(""),
            mid: Arc::clone(mid),
            balance: order.amount,
            order,
            method,
            means,
            status: Status::Authenticated,
            auth_token: String::new(),
            created_at: now,
            approved_at: None,
            paid_at: None,
            auth_code: String::new(),
            escrow: Escrow::None,
            current: String::new(),
            refusal: None,
            cancels: Vec::new(),
            depositor: String::new(),
            receipt: None,
        }
    }

    /// The approval went through: money moved, or an account was opened for it.
    pub fn approve(&mut self, auth_code: String, now: i64) {
        self.approved_at = Some(now);
        if self.method == Method::Vbank {
            self.status = Status::Issued;
        } else {
            self.status = Status::Paid;
            self.paid_at = Some(now);
            // Gift certificates have none.
            if !matches!(self.method, Method::GiftCult | Method::GiftSsg) {
                self.auth_code = auth_code;
            }
        }
    }

    /// Takes an amount off the balance.
    pub fn take(&mut self, moid: &str, amount: i64, number: String, now: i64) {
        self.balance -= amount;
        self.status = if self.balance == 0 {
            Status::Cancelled
        } else {
            Status::PartCancelled
        };
        self.cancels.push(Cancel {
            moid: moid.to_owned(),
            amount,
            left: self.balance,
            at: now,
            number,
        });
    }

    pub fn rows(&self) -> Vec<Row> {
        let Some(at) = self.approved_at else {
            return Vec::new();
        };
        let row = |kind, amount, balance, state: &str, at: i64| Row {
            provider: "nice_legacy",
            mid: self.mid.to_string(),
            tid: self.tid.to_string(),
            order_id: self.order.moid.clone(),
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
        let held = if matches!(self.status, Status::Paid | Status::PartCancelled) {
            self.balance
        } else {
            0
        };
        let mut rows = vec![row(kind, self.order.amount, held, self.status.word(), at)];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(RowKind::Cancel, c.amount, c.left, "cancelled", c.at)),
        );
        rows
    }
}
