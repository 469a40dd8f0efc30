//! One payment as NICE keeps it: status, balance, cancels.

use super::codes;
use crate::simulators::clock::{civil, iso_kst};
use crate::simulators::ledger::{Row, RowKind};
use std::borrow::Cow;
use std::sync::Arc;

const DAY_MS: i64 = 24 * 3_600_000;

/// `2021-11-05T17:14:35.150+0900`
pub(super) fn iso(ms: i64) -> String {
    let text = iso_kst(ms);
    let local = text.get(..19).unwrap_or_default();
    format!("{local}.{:03}+0900", ms.rem_euclid(1000))
}

/// `20211105` in Korea.
pub(super) fn day(ms: i64) -> String {
    let t = civil(ms);
    format!("{:04}{:02}{:02}", t.year(), t.month(), t.day())
}

/// `payMethod` of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    Bank,
    Vbank,
    Cellphone,
    /// A wallet, by its word.
    Wallet(&'static str),
}

/// `method` of the window and what it leads to; `None`: the buyer chooses.
const METHODS: &[(&str, Option<Method>)] = &[
    ("card", Some(Method::Card)),
    ("directCard", Some(Method::Card)),
    ("bank", Some(Method::Bank)),
    ("vbank", Some(Method::Vbank)),
    ("cellphone", Some(Method::Cellphone)),
    ("naverpayCard", Some(Method::Wallet("naverpay"))),
    ("kakaopay", Some(Method::Wallet("kakaopay"))),
    ("kakaopayCard", Some(Method::Wallet("kakaopay"))),
    ("kakaopayMoney", Some(Method::Wallet("kakaopay"))),
    ("samsungpayCard", Some(Method::Wallet("samsungpay"))),
    ("payco", Some(Method::Wallet("payco"))),
    ("ssgpay", Some(Method::Wallet("ssgpay"))),
    ("cardAndEasyPay", None),
];

/// Words of the window's `method`.
pub(super) fn window_methods() -> Vec<&'static str> {
    METHODS.iter().map(|(word, _)| *word).collect()
}

/// What a word of the window leads to: `None` if there is no such word.
pub(super) fn window_method(word: &str) -> Option<Option<Method>> {
    METHODS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, method)| *method)
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Bank => "bank",
            Self::Vbank => "vbank",
            Self::Cellphone => "cellphone",
            Self::Wallet(word) => word,
        }
    }

    /// Digits 11 and 12 of a tid.
    pub fn digits(self) -> &'static str {
        match self {
            Self::Card | Self::Wallet(_) => "01",
            Self::Bank => "02",
            Self::Vbank => "03",
            Self::Cellphone => "05",
        }
    }

    /// The group of webhooks it belongs to.
    pub fn hook(self) -> &'static str {
        match self {
            Self::Card | Self::Wallet(_) => "card",
            other => other.word(),
        }
    }
}

/// Where a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The buyer has authenticated; no money has moved.
    Authenticated,
    Paid,
    /// A virtual account waits for its deposit.
    Ready,
    Failed,
    Cancelled,
    PartialCancelled,
    Expired,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Paid => "paid",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::PartialCancelled => "partialCancelled",
            Self::Expired => "expired",
        }
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub code: &'static str,
    pub name: &'static str,
    /// Masked; `None` for money and points.
    pub number: Option<String>,
    pub quota: u32,
    pub interest_free: bool,
    pub check: bool,
    pub can_part_cancel: bool,
}

impl Card {
    pub fn of(code: &str, number: &str) -> Self {
        let (code, name) = codes::card(code).unwrap_or(("04", "삼성"));
        Self {
            code,
            name,
            number: Some(number.to_owned()),
            quota: 0,
            interest_free: false,
            check: false,
            can_part_cancel: true,
        }
    }
}

/// A virtual account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vbank {
    pub bank: (&'static str, &'static str),
    pub number: String,
    pub due: i64,
    pub holder: String,
}

/// What the money comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Means {
    Card(Card),
    Bank(&'static str, &'static str),
    Vbank(Vbank),
    Cellphone,
}

/// One cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cancel {
    pub tid: String,
    pub amount: i64,
    pub tax_free: i64,
    pub at: i64,
    pub reason: String,
    pub order_id: String,
    pub left: i64,
}

/// The buyer's decision about an escrow payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Open,
    Confirmed,
    Rejected,
}

/// What a payment was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub order_id: String,
    pub goods_name: String,
    pub amount: i64,
    pub tax_free: i64,
    pub mall_reserved: Option<String>,
    pub mall_user_id: Option<String>,
    pub buyer_name: Option<String>,
    pub buyer_tel: Option<String>,
    pub buyer_email: Option<String>,
    pub escrow: bool,
}

/// One payment.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub tid: Arc<str>,
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub status: Status,
    pub balance: i64,
    pub tax_free_left: i64,
    pub channel: Option<&'static str>,
    pub auth_token: String,
    pub created_at: i64,
    pub approved_at: Option<i64>,
    pub paid_at: Option<i64>,
    pub failed_at: Option<i64>,
    pub approve_no: Option<String>,
    pub bid: Option<String>,
    pub failure: Option<(Cow<'static, str>, Cow<'static, str>)>,
    /// What the card company will answer, if the buyer's card is no good.
    pub refusal: Option<&'static str>,
    pub cancels: Vec<Cancel>,
    pub decision: Decision,
    /// `individual` or `company`, if a receipt was wanted in the window, and its number.
    pub receipt: Option<(String, String)>,
}

impl Payment {
    pub fn new(mid: &Arc<str>, order: Order, method: Method, means: Means, now: i64) -> Self {
        Self {
            tid: Arc::from(""),
            mid: Arc::clone(mid),
            balance: order.amount,
            tax_free_left: order.tax_free,
            order,
            method,
            means,
            status: Status::Authenticated,
            channel: None,
            auth_token: String::new(),
            created_at: now,
            approved_at: None,
            paid_at: None,
            failed_at: None,
            approve_no: None,
            bid: None,
            failure: None,
            refusal: None,
            cancels: Vec::new(),
            decision: Decision::Open,
            receipt: None,
        }
    }

    /// The approval went through: money moved, or an account was opened for it.
    pub fn approve(&mut self, approve_no: String, now: i64) {
        self.approved_at = Some(now);
        if self.method == Method::Vbank {
            self.status = Status::Ready;
        } else {
            self.status = Status::Paid;
            self.paid_at = Some(now);
            self.approve_no = Some(approve_no);
        }
    }

    pub fn fail(&mut self, code: Cow<'static, str>, message: Cow<'static, str>, now: i64) {
        self.status = Status::Failed;
        self.failed_at = Some(now);
        self.failure = Some((code, message));
    }

    /// Takes an amount off the balance.
    pub fn take(&mut self, cancel: Cancel) {
        self.balance -= cancel.amount;
        self.tax_free_left -= cancel.tax_free;
        self.status = if self.balance == 0 {
            Status::Cancelled
        } else {
            Status::PartialCancelled
        };
        self.cancels.push(cancel);
    }

    /// Whether an account's due time has passed without a deposit.
    pub fn overdue(&self, now: i64) -> bool {
        matches!(&self.means, Means::Vbank(account) if self.status == Status::Ready && now > account.due)
    }

    /// The last moment at which it may be cancelled, ms.
    pub fn cancel_until(&self) -> i64 {
        let days = if self.method == Method::Vbank { 180 } else { 365 };
        let from = self.paid_at.or(self.approved_at).unwrap_or(self.created_at);
        from.saturating_add(days * DAY_MS)
    }

    /// What the buyer has paid and not got back.
    pub fn held(&self) -> i64 {
        match self.status {
            Status::Paid | Status::PartialCancelled => self.balance,
            _ => 0,
        }
    }

    /// Ledger rows: the approval with what is left now, then each cancel.
    pub fn rows(&self) -> Vec<Row> {
        let Some(at) = self.approved_at else {
            return Vec::new();
        };
        let row = |kind, tid: &str, amount, balance, state: &str, at: i64| Row {
            provider: "nice",
            mid: self.mid.to_string(),
            tid: tid.to_owned(),
            order_id: self.order.order_id.clone(),
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
        let mut rows = vec![row(
            kind,
            &self.tid,
            self.order.amount,
            self.held(),
            self.status.word(),
            at,
        )];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(RowKind::Cancel, &c.tid, c.amount, c.left, "cancelled", c.at)),
        );
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_no_colon() {
        assert_eq!(iso(1_767_290_645_007), "2026-01-02T03:04:05.007+0900");
        assert_eq!(day(1_767_290_645_007), "20260102");
    }

    #[test]
    fn nothing_is_in_the_books_before_an_approval() {
        let order = Order {
            amount: 1004,
            ..Order::default()
        };
        let card = Means::Card(Card::of("04", "536112******1234"));
        let mut payment = Payment::new(&Arc::from("narunice1m"), order, Method::Card, card, 0);
        assert!(payment.rows().is_empty());
        payment.approve("00123456".into(), 5);
        assert_eq!(
            (payment.rows().len(), payment.held(), payment.status),
            (1, 1004, Status::Paid)
        );
    }
}
