//! One payment as Toss Payments keeps it: status machine, amounts, cancels.

use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Currencies of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Currency {
    Krw,
    Usd,
    Jpy,
}

impl Currency {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "KRW" => Some(Self::Krw),
            "USD" => Some(Self::Usd),
            "JPY" => Some(Self::Jpy),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Krw => "KRW",
            Self::Usd => "USD",
            Self::Jpy => "JPY",
        }
    }

    /// Minor units in one unit of the JSON number.
    pub fn scale(self) -> i64 {
        if self == Self::Usd { 100 } else { 1 }
    }
}

/// `Payment.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ready,
    InProgress,
    WaitingForDeposit,
    Done,
    Canceled,
    PartialCanceled,
    Aborted,
    Expired,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::InProgress => "IN_PROGRESS",
            Self::WaitingForDeposit => "WAITING_FOR_DEPOSIT",
            Self::Done => "DONE",
            Self::Canceled => "CANCELED",
            Self::PartialCanceled => "PARTIAL_CANCELED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// Payment methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    EasyPay,
    VirtualAccount,
    Transfer,
    MobilePhone,
    CultureGift,
    BookGift,
    GameGift,
    Foreign,
}

/// (method, word of the SDK, word of answers)
const METHODS: &[(Method, &str, &str)] = &[
    (Method::Card, "CARD", "카드"),
    (Method::EasyPay, "EASY_PAY", "간편결제"),
    (Method::VirtualAccount, "VIRTUAL_ACCOUNT", "가상계좌"),
    (Method::Transfer, "TRANSFER", "계좌이체"),
    (Method::MobilePhone, "MOBILE_PHONE", "휴대폰"),
    (Method::CultureGift, "CULTURE_GIFT_CERTIFICATE", "문화상품권"),
    (Method::BookGift, "BOOK_GIFT_CERTIFICATE", "도서문화상품권"),
    (Method::GameGift, "GAME_GIFT_CERTIFICATE", "게임문화상품권"),
    (Method::Foreign, "FOREIGN_EASY_PAY", "해외간편결제"),
];

impl Method {
    pub fn parse(word: &str) -> Option<Self> {
        METHODS
            .iter()
            .find(|(_, sdk, _)| *sdk == word)
            .map(|(method, ..)| *method)
    }

    pub fn sdk(self) -> &'static str {
        METHODS
            .iter()
            .find(|(method, ..)| *method == self)
            .map_or("CARD", |(_, sdk, _)| sdk)
    }

    pub fn korean(self) -> &'static str {
        METHODS
            .iter()
            .find(|(method, ..)| *method == self)
            .map_or("카드", |(_, _, korean)| korean)
    }

    /// Least amount, in KRW.
    pub fn minimum(self) -> i64 {
        match self {
            Self::Transfer | Self::VirtualAccount => 200,
            Self::Foreign => 1,
            _ => 100,
        }
    }

    pub fn gift(self) -> bool {
        matches!(self, Self::CultureGift | Self::BookGift | Self::GameGift)
    }
}

/// A card as it was used. The whole number is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub issuer: &'static str,
    pub acquirer: Option<&'static str>,
    pub number: String,
    pub months: u32,
    pub approve_no: String,
    pub use_point: bool,
    pub card_type: &'static str,
    pub owner: &'static str,
    pub interest_free: bool,
}

/// A virtual account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vbank {
    pub fixed: bool,
    pub account: String,
    pub bank: &'static str,
    pub customer: String,
    pub depositor: Option<String>,
    pub due: i64,
    pub refund_status: &'static str,
    /// A deposit that the merchant is not told yet: from when it counts (ms), and who paid.
    pub held: Option<(i64, String)>,
}

/// What the money came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Means {
    /// Not chosen yet.
    None,
    Card(Card),
    /// A wallet: (code, Korean name), and the card behind it unless it was a balance.
    Wallet(&'static str, &'static str, Option<Card>),
    Vbank(Vbank),
    Transfer(&'static str),
    Mobile(String),
    Gift,
    Foreign(String),
}

/// What a cash receipt tied to a payment looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TiedReceipt {
    pub kind: &'static str,
    pub key: String,
    pub issue_number: String,
    pub at: i64,
}

/// One cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cancel {
    pub amount: i64,
    pub reason: String,
    pub tax_free: i64,
    pub tax_exempt: i64,
    pub refundable: i64,
    pub at: i64,
    pub transaction: String,
    pub receipt_key: Option<String>,
    pub request_id: Option<String>,
    /// Asynchronous methods: not yet finished.
    pub pending: bool,
}

/// What the window was opened with and is not part of the payment afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    pub success_url: Option<String>,
    pub fail_url: Option<String>,
    pub widget: bool,
    /// The method object of the request (`card`, `virtualAccount`, …).
    pub options: Map<String, Value>,
    pub customer_name: String,
    pub customer_phone: Option<String>,
}

/// One payment.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub key: Arc<str>,
    pub mid: Arc<str>,
    pub order_id: String,
    pub order_name: String,
    pub billing: bool,
    pub method: Method,
    pub status: Status,
    pub currency: Currency,
    pub total: i64,
    pub balance: i64,
    pub tax_free: i64,
    pub tax_exempt: i64,
    pub had_exemption: bool,
    pub requested_at: i64,
    pub authenticated_at: Option<i64>,
    pub approved_at: Option<i64>,
    /// Approve transaction, once there is one.
    pub approve_transaction: Option<String>,
    pub secret: String,
    pub cancels: Vec<Cancel>,
    pub means: Means,
    pub escrow: bool,
    pub culture: bool,
    pub customer_key: Option<String>,
    pub metadata: Option<Map<String, Value>>,
    pub failure: Option<(Cow<'static, str>, Cow<'static, str>)>,
    pub receipt: Option<TiedReceipt>,
    pub session: Option<Box<Session>>,
}

/// VAT contained in an amount, half rounded up; amounts are never negative here.
pub(super) fn vat(taxable: i64) -> i64 {
    // round(x / 11) = floor((2x + 11) / 22)
    (2 * taxable + 11).div_euclid(22)
}

/// A transaction key: 32 upper-case hexadecimal digits.
pub(super) fn transaction_key() -> String {
    ids::upper_hex(32)
}

impl Payment {
    /// A payment that was just asked for.
    pub fn new(mid: &Arc<str>, order_id: &str, order_name: &str, method: Method, total: i64, now: i64) -> Self {
        Self {
            key: Arc::from(""),
            mid: Arc::clone(mid),
            order_id: order_id.to_owned(),
            order_name: order_name.to_owned(),
            billing: false,
            method,
            status: Status::Ready,
            currency: Currency::Krw,
            total,
            balance: total,
            tax_free: 0,
            tax_exempt: 0,
            had_exemption: false,
            requested_at: now,
            authenticated_at: None,
            approved_at: None,
            approve_transaction: None,
            secret: format!("ps_{}", ids::alnum(28)),
            cancels: Vec::new(),
            means: Means::None,
            escrow: false,
            culture: false,
            customer_key: None,
            metadata: None,
            failure: None,
            receipt: None,
            session: None,
        }
    }

    /// VAT of what is left.
    pub fn vat(&self) -> i64 {
        vat(self.balance - self.tax_free - self.tax_exempt)
    }

    /// Supply value of what is left.
    pub fn supplied(&self) -> i64 {
        self.balance - self.vat() - self.tax_free - self.tax_exempt
    }

    /// Key of the latest transaction.
    pub fn last_transaction(&self) -> Option<&str> {
        self.cancels
            .last()
            .map(|c| c.transaction.as_str())
            .or(self.approve_transaction.as_deref())
    }

    /// Whether part of it may be cancelled.
    pub fn partial_cancelable(&self) -> bool {
        !(self.escrow || self.method.gift() || self.had_exemption)
    }

    /// The approval went through.
    pub fn approve(&mut self, now: i64) {
        self.approve_transaction = Some(transaction_key());
        self.session = None;
        if self.method == Method::VirtualAccount {
            self.status = Status::WaitingForDeposit;
        } else {
            self.status = Status::Done;
            self.approved_at = Some(now);
        }
    }

    /// The approval failed for good.
    pub fn abort(&mut self, code: Cow<'static, str>, message: Cow<'static, str>) {
        self.status = Status::Aborted;
        self.session = None;
        self.failure = Some((code, message));
    }

    /// A clock of the window ran out.
    pub fn expire(&mut self) {
        self.status = Status::Expired;
        self.session = None;
        self.failure = Some((
            "EXPIRED_PAYMENT".into(),
            "결제가 만료되었습니다. 다시 시도해주세요.".into(),
        ));
    }

    /// Ledger rows: the approval with what is left now, then each cancel. Nothing was charged before an approval.
    pub fn rows(&self) -> Vec<Row> {
        if matches!(
            self.status,
            Status::Ready | Status::InProgress | Status::Aborted | Status::Expired
        ) {
            return Vec::new();
        }
        let row = |kind, amount, balance, state: &str, at: i64| Row {
            provider: "toss",
            mid: self.mid.to_string(),
            tid: self.key.to_string(),
            order_id: self.order_id.clone(),
            kind,
            amount,
            balance,
            state: state.to_owned(),
            at: iso_kst(at),
            at_ms: at,
        };
        let kind = if self.method == Method::VirtualAccount {
            RowKind::Vbank
        } else {
            RowKind::Approval
        };
        let left = if self.status == Status::WaitingForDeposit {
            0
        } else {
            self.balance
        };
        let at = self.approved_at.or(self.authenticated_at).unwrap_or(self.requested_at);
        let mut rows = vec![row(kind, self.total, left, self.status.word(), at)];
        rows.extend(
            self.cancels
                .iter()
                .map(|c| row(RowKind::Cancel, c.amount, c.refundable, "DONE", c.at)),
        );
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_rounds_half_up() {
        for (amount, tax_free, expected) in [
            (10000, 0, 909),
            (10000, 3000, 636),
            (163_020, 0, 14820),
            (30000, 0, 2727),
            (15000, 0, 1364),
            (0, 0, 0),
        ] {
            assert_eq!(vat(amount - tax_free), expected, "{amount}");
        }
    }

    #[test]
    fn nothing_is_in_the_books_before_an_approval() {
        let mut payment = Payment::new(&Arc::from("tnaru00001"), "ORDER-1", "셔츠", Method::Card, 15000, 0);
        assert!(payment.rows().is_empty());
        payment.approve(5);
        assert_eq!(payment.rows().len(), 1);
        assert_eq!((payment.supplied(), payment.vat()), (13636, 1364));
        payment.expire();
        assert!(payment.rows().is_empty());
    }
}
