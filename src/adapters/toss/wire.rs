//! Toss's objects as they come over the wire ("Payment", "Cancel", error body), and the one way to read an answer.
//!
//! Field names are Toss's own (Toss docs: core API, "Payment 객체"). Both card and bank shapes are here: Korean names
//! before API version 2022-11-16 (`company`, `bank`), two-character codes since (`issuerCode`, `bankCode`).

use super::lenient::{List, Maybe, Part, Scalar};
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Longest code and message that are passed on; Toss documents 510 characters for a message.
const MESSAGE_MAX: usize = 510;

/// A "Payment" object, as much of it as the router uses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Payment {
    pub(super) m_id: Scalar,
    pub(super) payment_key: Scalar,
    pub(super) order_id: Scalar,
    pub(super) currency: Scalar,
    pub(super) method: Scalar,
    pub(super) status: Scalar,
    pub(super) total_amount: Scalar,
    pub(super) balance_amount: Scalar,
    pub(super) requested_at: Scalar,
    pub(super) approved_at: Scalar,
    pub(super) use_escrow: Scalar,
    pub(super) last_transaction_key: Scalar,
    /// Old name of `lastTransactionKey` (API 1.3).
    pub(super) transaction_key: Scalar,
    pub(super) secret: Scalar,
    /// Of `BILLING_DELETED`, whose `data` is no payment.
    pub(super) billing_key: Scalar,
    pub(super) cancels: List<CancelEntry>,
    pub(super) card: Maybe<Card>,
    pub(super) virtual_account: Maybe<VirtualAccount>,
    pub(super) transfer: Maybe<Transfer>,
    pub(super) mobile_phone: Maybe<MobilePhone>,
    pub(super) gift_certificate: Maybe<GiftCertificate>,
    pub(super) easy_pay: Maybe<EasyPay>,
    /// Old place of `easyPay.amount` (API 1.3).
    pub(super) easy_pay_amount: Scalar,
    pub(super) receipt: Maybe<Receipt>,
    pub(super) cash_receipt: Maybe<CashReceipt>,
    pub(super) failure: Maybe<ErrorBody>,
}

impl Payment {
    /// Key of the latest approval or cancellation, under either of its names.
    pub(super) fn last_transaction(&self) -> Option<String> {
        self.last_transaction_key
            .owned()
            .or_else(|| self.transaction_key.owned())
    }
}

/// One element of `cancels`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CancelEntry {
    pub(super) cancel_amount: Scalar,
    pub(super) cancel_reason: Scalar,
    pub(super) canceled_at: Scalar,
    pub(super) transaction_key: Scalar,
    /// `DONE`, `IN_PROGRESS`, `ABORTED`; missing means `DONE`.
    pub(super) cancel_status: Scalar,
}

/// `card`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Card {
    pub(super) amount: Scalar,
    pub(super) issuer_code: Scalar,
    pub(super) acquirer_code: Scalar,
    /// Korean issuer name before 2022-11-16.
    pub(super) company: Scalar,
    pub(super) number: Scalar,
    pub(super) installment_plan_months: Scalar,
    pub(super) is_interest_free: Scalar,
    pub(super) interest_payer: Scalar,
    pub(super) approve_no: Scalar,
    pub(super) use_card_point: Scalar,
    pub(super) card_type: Scalar,
    pub(super) owner_type: Scalar,
    /// Old place of `receipt.url` (API 1.3).
    pub(super) receipt_url: Scalar,
}

/// `virtualAccount`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct VirtualAccount {
    pub(super) account_type: Scalar,
    pub(super) account_number: Scalar,
    pub(super) bank_code: Scalar,
    /// Korean bank name before 2022-11-16.
    pub(super) bank: Scalar,
    pub(super) depositor_name: Scalar,
    pub(super) due_date: Scalar,
    /// `NONE`, `PENDING`, `COMPLETED`, `FAILED`, `PARTIAL_FAILED`: the transfer of a refund, told by no event.
    pub(super) refund_status: Scalar,
}

/// `transfer`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Transfer {
    pub(super) bank_code: Scalar,
    /// Korean bank name before 2022-11-16.
    pub(super) bank: Scalar,
    pub(super) settlement_status: Scalar,
}

/// `mobilePhone`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MobilePhone {
    /// An object of a plain and a masked number, or the number alone.
    pub(super) customer_mobile_phone: Maybe<Phone>,
    pub(super) settlement_status: Scalar,
    pub(super) receipt_url: Scalar,
}

/// A phone number in both of its spellings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Phone {
    pub(super) plain: Scalar,
    pub(super) masking: Scalar,
}

/// `giftCertificate`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GiftCertificate {
    pub(super) approve_no: Scalar,
    pub(super) settlement_status: Scalar,
}

/// `easyPay`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct EasyPay {
    pub(super) provider: Scalar,
    pub(super) amount: Scalar,
    pub(super) discount_amount: Scalar,
}

/// `cashReceipt` of a payment, and a stand-alone receipt (Toss docs: "CashReceipt 객체").
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CashReceipt {
    pub(super) receipt_key: Scalar,
    pub(super) order_id: Scalar,
    #[serde(rename = "type")]
    pub(super) kind: Scalar,
    pub(super) issue_number: Scalar,
    pub(super) receipt_url: Scalar,
    /// `CONFIRM` or `CANCEL`.
    pub(super) transaction_type: Scalar,
    pub(super) amount: Scalar,
    pub(super) tax_free_amount: Scalar,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED`.
    pub(super) issue_status: Scalar,
    pub(super) failure: Maybe<ErrorBody>,
    pub(super) requested_at: Scalar,
}

/// `receipt`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Receipt {
    pub(super) url: Scalar,
}

/// An error body, and `failure` inside a payment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ErrorBody {
    pub(super) code: Scalar,
    pub(super) message: Scalar,
}

impl Part for CancelEntry {}
impl Part for Phone {
    fn from_word(word: &str) -> Self {
        Self {
            plain: Scalar::Text(word.to_owned()),
            ..Self::default()
        }
    }
}
impl Part for Card {}
impl Part for VirtualAccount {}
impl Part for Transfer {}
impl Part for MobilePhone {}
impl Part for GiftCertificate {}
impl Part for CashReceipt {}
impl Part for Receipt {
    fn from_word(word: &str) -> Self {
        Self {
            url: Scalar::Text(word.to_owned()),
        }
    }
}
impl Part for ErrorBody {}
impl Part for EasyPay {
    fn from_word(word: &str) -> Self {
        Self {
            provider: Scalar::Text(word.to_owned()),
            ..Self::default()
        }
    }
}

/// What Toss said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PgError {
    /// HTTP status.
    pub(super) status: u16,
    /// Toss's code.
    pub(super) code: String,
    /// Toss's message, unchanged.
    pub(super) message: String,
}

/// An answer, read.
#[derive(Debug)]
pub(super) enum Answer {
    /// HTTP 200 with an object.
    Payment(Box<Payment>),
    /// Any other status with a `code`.
    Error(PgError),
    /// Everything else: HTML, an empty body, truncated JSON. Never quoted to anyone.
    Unreadable(UnknownWhy),
}

/// Reads an answer that is a payment.
pub(super) fn read(answer: &WireAnswer) -> Answer {
    match read_as::<Box<Payment>>(answer) {
        Ok(payment) => Answer::Payment(payment),
        Err(other) => other,
    }
}

/// Reads an answer of any shape; what is none is an [`Answer::Error`] or [`Answer::Unreadable`].
pub(super) fn read_as<T: DeserializeOwned>(answer: &WireAnswer) -> Result<T, Answer> {
    let body = without_bom(&answer.body);
    if answer.status == 200 {
        return serde_json::from_slice::<T>(body).map_err(|_| Answer::Unreadable(unreadable(answer.status)));
    }
    Err(error(answer, body))
}

fn error(answer: &WireAnswer, body: &[u8]) -> Answer {
    let error = serde_json::from_slice::<Maybe<ErrorBody>>(body).unwrap_or_default();
    match error.get().and_then(|e| Some((e.code.owned()?, e.message.owned()))) {
        Some((code, message)) => Answer::Error(PgError {
            status: answer.status,
            code: cut(&code),
            message: message.map(|m| cut(&m)).unwrap_or_default(),
        }),
        None => Answer::Unreadable(unreadable(answer.status)),
    }
}

/// Drops a UTF-8 byte order mark that some proxies prepend.
pub(super) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// An answer that says nothing.
pub(super) fn unreadable(status: u16) -> UnknownWhy {
    UnknownWhy {
        code: "NARU_UNREADABLE".to_owned(),
        message: format!("Toss Payments answered HTTP {status} without a readable body"),
        // No word from Toss about the request itself: as good as a lost answer, so a replay may come first.
        ask_first: false,
    }
}

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}

/// A time of Toss in ms: any fraction, any offset, no offset meaning Korean time.
pub(super) fn millis(time: &Scalar) -> Option<Millis> {
    let text = time.text()?;
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let local = text.parse::<jiff::civil::DateTime>().ok()?;
    KST.to_timestamp(local).ok().map(jiff::Timestamp::as_millisecond)
}

/// Korean time.
pub(super) const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);
