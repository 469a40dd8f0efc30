//! What went wrong, in one vocabulary for every PG, with the PG's own words untouched beside it.

use serde::{Deserialize, Serialize};

/// The stable kind of a failure, the same for every PG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The buyer closed or cancelled the window.
    UserCancelled,
    /// Authentication in the window failed (3-D Secure, app card, password).
    AuthenticationFailed,
    /// Not enough balance.
    InsufficientFunds,
    /// A limit of the card, account or day is exceeded.
    LimitExceeded,
    /// The card is lost, stolen or stopped.
    LostCard,
    /// Card data is wrong (number, expiry, password, owner).
    InvalidCard,
    /// Account data is wrong or the account takes no such movement.
    InvalidAccount,
    /// The issuer refused without a closer reason.
    DeclinedByIssuer,
    /// Fraud rules stopped it.
    FraudSuspected,
    /// The request is not acceptable to the PG.
    BadRequest,
    /// Keys, contract or terminal of the merchant are wrong at the PG.
    MerchantSetup,
    /// The method is not in the merchant's contract.
    ContractMissing,
    /// The PG or a bank is under maintenance.
    Maintenance,
    /// The PG could not be reached or is overloaded, before anything was sent.
    PgDown,
    /// Too many requests.
    RateLimited,
    /// The session, token or window expired.
    Expired,
    /// The PG says that it did this already.
    AlreadyProcessed,
    /// The PG says that it was cancelled already.
    AlreadyCancelled,
    /// The order number was used already.
    DuplicateOrder,
    /// The payment cannot be cancelled (any more, in part, now).
    NotCancellable,
    /// The PG does not know it.
    NotFound,
    /// The balance the PG holds is not the one we named.
    Conflict,
    /// The billing key is gone.
    BillingKeyGone,
    /// Another call for the same thing is still running.
    InProgress,
    /// The PG's answer does not tell whether it happened.
    OutcomeUnknown,
    /// The virtual account was closed before its deposit.
    AccountClosed,
    /// The return from the browser did not match what was stored.
    Tampered,
    /// The merchant's own server refused the approval (confirm process).
    MerchantRefused,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// The kind's word, as it stands in answers and metrics.
    #[must_use]
    pub fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            // Unit variants are always strings.
            _ => "other".to_owned(),
        }
    }
}

/// A failure: kind for programs, raw code and message for people, unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable kind.
    pub kind: FailureKind,
    /// The PG's code, or ours (`NARU_…`) when no PG spoke.
    pub code: String,
    /// The PG's message, unchanged, or ours.
    pub message: String,
}

impl Failure {
    /// A failure of any origin.
    #[must_use]
    pub fn new(kind: FailureKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.into(),
        }
    }
}
