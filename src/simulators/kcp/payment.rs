//! One transaction: methods with their codes, state, cancels.

use super::codes::{self, Wallet};
use crate::simulators::clock::iso_kst;
use crate::simulators::ledger::{Row, RowKind};
use std::sync::Arc;

/// Methods of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    Bank,
    Vbank,
    Points,
    Carrier,
    Gift,
}

/// One row of the method table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub method: Method,
    /// Place in the bit map of twelve.
    pub bit: usize,
    /// Word of a registration for phones, and its twin `ActionResult`; none is documented for gift cards and points.
    pub mobile: &'static str,
    pub action: Option<&'static str>,
    /// `pay_type`, and `pay_method` of answers.
    pub paid: &'static str,
    /// Another word that control calls take.
    pub alias: &'static str,
}

const fn words(
    method: Method,
    bit: usize,
    mobile: &'static str,
    action: Option<&'static str>,
    paid: &'static str,
    alias: &'static str,
) -> Words {
    Words {
        method,
        bit,
        mobile,
        action,
        paid,
        alias,
    }
}

pub(super) const METHODS: &[Words] = &[
    words(Method::Card, 0, "CARD", Some("card"), "PACA", "EASY_PAY"),
    words(Method::Bank, 1, "BANK", Some("acnt"), "PABK", "TRANSFER"),
    words(Method::Vbank, 2, "VCNT", Some("vcnt"), "PAVC", "VIRTUAL_ACCOUNT"),
    words(Method::Points, 3, "TPNT", None, "PAPT", "POINT"),
    words(Method::Carrier, 4, "MOBX", Some("mobx"), "PAMC", "MOBILE"),
    words(Method::Gift, 8, "GIFT", None, "PATK", "GIFT_CERTIFICATE"),
];

impl Method {
    pub fn words(self) -> Words {
        METHODS
            .iter()
            .find(|row| row.method == self)
            .copied()
            .unwrap_or(METHODS[0])
    }

    /// `100000000000`, …
    pub fn bits(self) -> String {
        let at = self.words().bit;
        (0..12).map(|place| if place == at { '1' } else { '0' }).collect()
    }

    /// The methods that a bit map offers.
    pub fn of_bits(map: &str) -> Option<Vec<Self>> {
        if map.len() != 12 || !map.bytes().all(|b| b == b'0' || b == b'1') {
            return None;
        }
        let set = |row: &&Words| map.as_bytes().get(row.bit) == Some(&b'1');
        let found: Vec<Self> = METHODS.iter().filter(set).map(|row| row.method).collect();
        let known = map.bytes().filter(|b| *b == b'1').count() == found.len();
        (known && !found.is_empty()).then_some(found)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Authenticated,
    WaitingDeposit,
    Paid,
    PartCancelled,
    Cancelled,
    RefundRequested,
    Refunded,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::WaitingDeposit => "waiting-deposit",
            Self::Paid => "paid",
            Self::PartCancelled => "part-cancelled",
            Self::Cancelled => "cancelled",
            Self::RefundRequested => "refund-requested",
            Self::Refunded => "refunded",
        }
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub code: &'static str,
    pub name: &'static str,
    pub acquirer: &'static str,
    /// `536112******1234`
    pub number: String,
    pub quota: String,
    pub check: bool,
    pub corporate: bool,
    pub part: bool,
    pub interest_free: bool,
    pub wallet: Option<Wallet>,
    /// Share paid with the wallet's points.
    pub points: i64,
}

impl Card {
    pub fn of(code: &str, number: String) -> Self {
        let (code, name, acquirer) = codes::card(code).unwrap_or(("CCKM", "KB국민카드", "CCKM"));
        Self {
            code,
            name,
            acquirer,
            number,
            quota: "00".to_owned(),
            check: false,
            corporate: false,
            part: true,
            interest_free: false,
            wallet: None,
            points: 0,
        }
    }
}

/// A virtual account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vbank {
    pub bank: (&'static str, &'static str),
    pub number: String,
    /// Who is to deposit.
    pub name: String,
    pub due: i64,
    /// Money in the account now, and who sent the last of it.
    pub total: i64,
    pub remitter: String,
    /// When the deposit came.
    pub deposited: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Means {
    Card(Card),
    Bank(&'static str, &'static str),
    Vbank(Vbank),
    Carrier(&'static str, String),
    Gift(&'static str),
    Points,
    /// A wallet's own money: `pay_method` and `service_corp_id`.
    Money(&'static str, &'static str),
}

/// A cash receipt asked for in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// 0 income deduction, 1 business proof.
    pub kind: String,
    pub id: String,
}

/// How an amount is split, and how much of it can still be cancelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tax {
    /// `TG01`, `TG02`, `TG03`.
    pub flag: String,
    pub supply: i64,
    pub vat: i64,
    pub free: i64,
    pub taxed_left: i64,
    pub free_left: i64,
}

impl Tax {
    /// A whole amount taxed, or free of tax.
    pub fn whole(flag: &str, amount: i64) -> Self {
        let free = if flag == "TG02" { amount } else { 0 };
        let taxed = amount - free;
        // Rounded to the nearest: what is ten elevenths of it.
        let supply = (taxed * 20 + 11) / 22;
        Self::parts(flag, supply, taxed - supply, free)
    }

    pub fn parts(flag: &str, supply: i64, vat: i64, free: i64) -> Self {
        Self {
            flag: flag.to_owned(),
            supply,
            vat,
            free,
            taxed_left: supply + vat,
            free_left: free,
        }
    }
}

/// One cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cancel {
    pub amount: i64,
    pub left: i64,
    pub at: i64,
    /// Its number, 14 digits.
    pub number: String,
}

/// How far an escrow payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escrow {
    None,
    Open,
    Delivered,
    Held,
    Confirmed,
    Rejected,
}

/// What a payment was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub number: String,
    pub amount: i64,
    pub goods: String,
    pub buyer: String,
    pub tax: Tax,
}

/// One transaction.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub tno: Arc<str>,
    pub site: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub status: Status,
    pub balance: i64,
    pub created_at: i64,
    pub approved_at: Option<i64>,
    pub app_no: String,
    pub escrow: Escrow,
    pub waybill: (String, String),
    /// Code that the card company refuses it with.
    pub refusal: Option<String>,
    pub receipt: Option<Wanted>,
    pub cancels: Vec<Cancel>,
    /// A payout to the buyer that was asked for and is on its way: amount, bank, name.
    pub payout: Option<(i64, &'static str, String)>,
}

impl Payment {
    pub fn new(site: &Arc<str>, order: Order, method: Method, means: Means, now: i64) -> Self {
        Self {
            tno: Arc::from(""),
            site: Arc::clone(site),
            balance: order.amount,
            order,
            method,
            means,
            status: Status::Authenticated,
            created_at: now,
            approved_at: None,
            app_no: String::new(),
            escrow: Escrow::None,
            waybill: (String::new(), String::new()),
            refusal: None,
            receipt: None,
            cancels: Vec::new(),
            payout: None,
        }
    }

    /// The approval went through: money moved, or an account was opened for it.
    pub fn approve(&mut self, app_no: String, now: i64) {
        self.approved_at = Some(now);
        if self.method == Method::Vbank {
            self.status = Status::WaitingDeposit;
        } else {
            self.status = Status::Paid;
            self.app_no = app_no;
        }
    }

    /// `pay_method` of answers.
    pub fn paid_word(&self) -> &'static str {
        match self.means {
            Means::Money(word, _) => word,
            _ => self.method.words().paid,
        }
    }

    /// Whether any of its money can still go back.
    pub fn alive(&self) -> bool {
        matches!(self.status, Status::Paid | Status::PartCancelled)
    }

    /// Takes an amount off the balance.
    pub fn take(&mut self, amount: i64, number: String, now: i64, end: Status) {
        self.balance -= amount;
        self.status = if self.balance == 0 { end } else { Status::PartCancelled };
        self.cancels.push(Cancel {
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
            provider: "kcp",
            mid: self.site.to_string(),
            tid: self.tno.to_string(),
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
        let held = if self.alive() { self.balance } else { 0 };
        let mut rows = vec![row(kind, self.order.amount, held, self.status.word(), at)];
        let cancel = |c: &Cancel| row(RowKind::Cancel, c.amount, c.left, "cancelled", c.at);
        rows.extend(self.cancels.iter().map(cancel));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_maps_name_methods() {
        assert_eq!(Method::Card.bits(), "100000000000");
        assert_eq!(Method::Gift.bits(), "000000001000");
        assert_eq!(Method::of_bits("101000000000"), Some(vec![Method::Card, Method::Vbank]));
        for wrong in [
            "000000000000",
            "000000000001",
            "10000000000",
            "1000000000001",
            "x00000000000",
        ] {
            assert_eq!(Method::of_bits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_whole_amount_is_split_at_ten_elevenths() {
        for (amount, supply, vat) in [
            (1_004, 913, 91),
            (11_000, 10_000, 1_000),
            (1, 1, 0),
            (15_000, 13_636, 1_364),
        ] {
            let tax = Tax::whole("TG01", amount);
            assert_eq!((tax.supply, tax.vat, tax.free), (supply, vat, 0), "{amount}");
        }
        assert_eq!(Tax::whole("TG02", 500), Tax::parts("TG02", 0, 0, 500));
    }
}
