//! What the fronts ask of the engine, and how it refuses.

use crate::adapters::{
    AccountExpiry, AccountKind, AccountReceipt, CardInput, Device, EscrowAction, IdentityKind, Open, RefundAccount,
    Refusal, Shipment, UnknownWhy,
};
use crate::ledger::LedgerError;
use crate::payment::{
    Amounts, Currency, Failure, MethodKind, Millis, Origin, PaidWith, ReceiptKind, Transaction, Trigger,
};
use crate::routing::Wish;

/// A new try at a payment, as the fronts normalise it.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId`.
    pub payment_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Method asked for.
    pub method: MethodKind,
    /// Customer in PortOne V2's response shape, without nulls.
    pub customer: serde_json::Value,
    /// Merchant's `customData`.
    pub custom_data: Option<String>,
    /// Further members echoed in answers (`products`, `productCount`, `country`, `noticeUrls`, …).
    pub extras: serde_json::Map<String, serde_json::Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl NewAttempt {
    /// What routing may know of it.
    #[must_use]
    pub fn wish(&self, now: Millis) -> Wish<'_> {
        Wish {
            amount: Some(self.amounts.total),
            currency: Some(self.currency.code()),
            platform: Some(self.origin.platform),
            customer: self.customer.get("id").and_then(serde_json::Value::as_str),
            ..Wish::new(&self.store_id, &self.payment_id, self.method, now)
        }
    }
}

/// Card data and options of a key-in payment.
#[derive(Debug, Clone)]
pub struct InstantInput {
    /// Card.
    pub card: CardInput,
    /// Instalment months, 0 = lump sum.
    pub installment_months: u32,
    /// Merchant bears the interest.
    pub free_installment: bool,
    /// Use card points.
    pub use_card_point: bool,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
}

/// What a virtual account is issued with.
#[derive(Debug, Clone)]
pub struct AccountInput {
    /// PortOne V2 `Bank`.
    pub bank: String,
    /// Deadline.
    pub expiry: AccountExpiry,
    /// New or fixed.
    pub kind: AccountKind,
    /// Account holder shown to the buyer.
    pub remittee: Option<String>,
    /// Cash receipt.
    pub receipt: Option<AccountReceipt>,
    /// Escrow as a must.
    pub escrow: bool,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
}

/// What a PG is told about an escrow payment.
#[derive(Debug, Clone)]
pub struct EscrowRequest {
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// What.
    pub action: EscrowAction,
    /// Delivery, for `Register` and `Modify`.
    pub shipment: Option<Shipment>,
}

/// A stand-alone cash receipt to issue.
#[derive(Debug, Clone)]
pub struct ReceiptInput {
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId`.
    pub payment_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What was bought.
    pub order_name: String,
    /// Kind.
    pub kind: ReceiptKind,
    /// Phone, card or business number, digits only.
    pub identity: secrecy::SecretString,
    /// What kind of number it is.
    pub identity_kind: Option<IdentityKind>,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
    /// How the money was paid.
    pub paid_with: Option<PaidWith>,
    /// When, ms.
    pub paid_at: Option<Millis>,
    /// Seller's business registration number, where it is not the channel's own.
    pub seller: Option<String>,
}

/// What opening a window needs besides the attempt.
#[derive(Debug, Clone)]
pub struct WindowInput {
    /// Device.
    pub device: Device,
    /// The whole `requestPayment` object.
    pub raw: serde_json::Value,
    /// Public origin of the return URLs, e.g. `https://pay.example.com`.
    pub public_url: String,
    /// Where the merchant wants the result.
    pub redirect_url: Option<String>,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
    /// Merchant's id of the buyer.
    pub customer_id: Option<String>,
}

/// An open window.
#[derive(Debug, Clone)]
pub struct OpenedAttempt {
    /// Transaction.
    pub transaction: Transaction,
    /// Unguessable token of the attempt: part of the return and result URLs.
    pub token: String,
    /// What the browser must do.
    pub open: Open,
    /// Where the merchant wants the result.
    pub redirect_url: Option<String>,
}

/// How a window attempt stands.
#[derive(Debug, Clone)]
pub enum Returned {
    /// The buyer is still in the window, or the approval's outcome is not known yet.
    Pending(Box<Transaction>),
    /// Finished: paid, issued, pending review, failed …
    Finished {
        /// Transaction.
        transaction: Box<Transaction>,
        /// Where the merchant wants the result.
        redirect_url: Option<String>,
    },
    /// Authenticated; the merchant's server confirms with this token (수동 승인).
    Confirmable {
        /// Transaction.
        transaction: Box<Transaction>,
        /// `paymentToken`.
        payment_token: String,
        /// Where the merchant wants the result.
        redirect_url: Option<String>,
    },
}

/// Manual approval.
#[derive(Debug, Clone, Default)]
pub struct ConfirmRequest {
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// `paymentToken` from the browser.
    pub payment_token: String,
    /// Guard: transaction id.
    pub tx_id: Option<String>,
    /// Guard: currency.
    pub currency: Option<String>,
    /// Guard: total.
    pub total_amount: Option<i64>,
    /// Guard: tax-exempt part.
    pub tax_free_amount: Option<i64>,
    /// Guard: test or live.
    pub is_test: Option<bool>,
    /// No webhook for the success.
    pub skip_webhook: bool,
}

/// Cancellation.
#[derive(Debug, Clone)]
pub struct CancelRequest {
    /// Store.
    pub store_id: String,
    /// Payment.
    pub payment_id: String,
    /// Amount; absent = what remains.
    pub amount: Option<i64>,
    /// Tax-exempt part of it.
    pub tax_free: Option<i64>,
    /// VAT part of it.
    pub vat: Option<i64>,
    /// Reason.
    pub reason: String,
    /// Optimistic lock: what the caller believes can be cancelled.
    pub current_cancellable: Option<i64>,
    /// Refund account.
    pub refund_account: Option<RefundAccount>,
    /// Who asks.
    pub trigger: Trigger,
    /// No webhook for the success.
    pub skip_webhook: bool,
}

/// Why the engine refused or could not tell.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The request cannot be put on the PG's wire, or breaks a limit.
    #[error("{0}")]
    Refused(Refusal),
    /// The channel does not serve what was asked.
    #[error("{0}")]
    Unsupported(Refusal),
    /// The payment was approved already.
    #[error("the payment is paid already")]
    AlreadyPaid,
    /// No such payment, attempt or token.
    #[error("not found")]
    NotFound,
    /// No virtual account of this payment waits for a deposit.
    #[error("the payment does not wait for a deposit")]
    NotWaitingForDeposit,
    /// The payment has a cash receipt.
    #[error("a cash receipt is issued for this payment")]
    ReceiptExists,
    /// The payment has no cash receipt.
    #[error("no cash receipt of this payment")]
    NoReceipt,
    /// The cash receipt is not one that stands.
    #[error("the cash receipt is not issued, or cancelled already")]
    ReceiptNotIssued,
    /// Nothing was approved yet.
    #[error("the payment is not paid")]
    NotPaid,
    /// Cancelled to zero.
    #[error("the payment is cancelled already")]
    AlreadyCancelled,
    /// `currentCancellableAmount` differs from the balance.
    #[error("the cancellable amount is {actual}, not {expected}")]
    Consistency {
        /// What the caller believes.
        expected: i64,
        /// What the ledger has.
        actual: i64,
    },
    /// More than can be cancelled.
    #[error("at most {cancellable} can be cancelled")]
    ExceedsCancellable {
        /// What can be cancelled.
        cancellable: i64,
    },
    /// More tax-exempt than left.
    #[error("at most {0} of the tax-free amount can be cancelled")]
    TaxFreeExceeds(i64),
    /// More VAT than left.
    #[error("at most {0} of the VAT can be cancelled")]
    VatExceeds(i64),
    /// Tax parts exceed the amount.
    #[error("taxFreeAmount + vatAmount is more than the cancelled amount")]
    PartsExceed,
    /// Another cancellation of this payment has no outcome yet.
    #[error("another cancellation of this payment is not finished")]
    CancelRunning,
    /// Too many cancellations.
    #[error("the payment has {0} cancellations, the most there can be")]
    TooManyCancels(usize),
    /// Amounts announced before differ.
    #[error("the amount differs from the pre-registered one")]
    PreRegistered,
    /// `paymentToken` is unknown, spent, or of another payment.
    #[error("the payment token is not valid")]
    InvalidToken,
    /// A guard of a confirmation does not hold.
    #[error("{0} does not match")]
    Mismatch(&'static str),
    /// The PG refused, or was not reached; nothing happened.
    #[error("the PG refused: {} {}", .0.code, .0.message)]
    Pg(Failure),
    /// The outcome is not known yet; asking again is safe and joins the same attempt.
    #[error("the outcome is not known yet: {} {}", .0.code, .0.message)]
    Outstanding(UnknownWhy),
    /// About a billing key or a schedule.
    #[error("{0}")]
    Billing(Box<super::BillingError>),
    /// Storage failed; nothing was asked of the PG, or recovery will settle it.
    #[error("storage: {0}")]
    Storage(String),
}

impl From<LedgerError> for EngineError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::LiveApproval => Self::AlreadyPaid,
            LedgerError::Scheduled => super::BillingError::ScheduleExists.into(),
            LedgerError::KeyGone => super::BillingError::KeyDeleted.into(),
            other => Self::Storage(other.to_string()),
        }
    }
}
