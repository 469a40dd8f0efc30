//! What the browser SDK hands to the merchant: the result object, the same keys as a redirect's query, and the typed
//! error (PortOne V2 browser SDK, `PaymentResponse` and `PaymentError`).

use super::v1;
use crate::adapters::Refusal;
use crate::engine::{EngineError, Returned};
use crate::payment::{Failure, FailureKind, Status, Transaction};
use crate::routing::RouteError;
use serde_json::{Map, Value};

/// `code` of a failure that the PG worded.
const PG_PROVIDER: &str = "PGProviderError";

/// `code` of a second payment of what is paid.
const ALREADY_PAID: &str = "PaymentAlreadyPaid";

/// Fields that PortOne's browser SDK spells in another way than its REST API, which refusals are written for.
const SPELLINGS: &[(&str, &str)] = &[
    ("amount.total", "totalAmount"),
    ("amount.taxFree", "taxFreeAmount"),
    ("amount.vat", "vatAmount"),
    ("amount", "totalAmount"),
    ("method", "payMethod"),
    ("customer.id", "customer.customerId"),
    ("customer.name", "customer.fullName"),
    ("customer.name.full", "customer.fullName"),
];

/// Members of a result, in the order the redirect's query has them. `code` is there exactly when the payment failed.
pub type Members = Vec<(&'static str, String)>;

/// How an attempt stands, for the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// No result yet.
    Pending,
    /// A result, and where the merchant wants it.
    Done {
        /// Result.
        members: Members,
        /// Redirect target.
        redirect_url: Option<String>,
    },
}

/// Reads the engine's answer.
pub fn standing(returned: &Returned) -> Standing {
    match returned {
        Returned::Pending(_) => Standing::Pending,
        Returned::Finished {
            transaction,
            redirect_url,
        } => match transaction.status {
            // Neither failed nor approved: the buyer must not be told anything final.
            Status::Ready | Status::Approving | Status::Unknown => Standing::Pending,
            _ => Standing::Done {
                members: members(transaction, None),
                redirect_url: redirect_url.clone(),
            },
        },
        Returned::Confirmable {
            transaction,
            payment_token,
            redirect_url,
        } => Standing::Done {
            members: members(transaction, Some(payment_token)),
            redirect_url: redirect_url.clone(),
        },
    }
}

/// The transaction behind an answer.
pub fn transaction(returned: &Returned) -> &Transaction {
    match returned {
        Returned::Pending(transaction)
        | Returned::Finished { transaction, .. }
        | Returned::Confirmable { transaction, .. } => transaction,
    }
}

fn members(transaction: &Transaction, payment_token: Option<&str>) -> Members {
    let mut out = vec![
        ("transactionType", "PAYMENT".to_owned()),
        ("txId", transaction.id.clone()),
        ("paymentId", transaction.payment_id.clone()),
    ];
    if let Some(token) = payment_token {
        out.push(("paymentToken", token.to_owned()));
    }
    if transaction.status == Status::Failed {
        match &transaction.failure {
            Some(failure) => failed(failure, &mut out),
            None => {
                out.push(("code", "UnknownError".to_owned()));
                out.push(("message", "the payment failed".to_owned()));
            }
        }
    }
    if v1::is_v1(&transaction.extras) {
        out.push((v1::MEMBER, v1::of_payment(transaction).to_string()));
    }
    out
}

/// Members of a failure.
pub(super) fn failed(failure: &Failure, out: &mut Members) {
    let message = if failure.message.is_empty() {
        &failure.code
    } else {
        &failure.message
    };
    if spoken_by_pg(failure) {
        out.push(("code", PG_PROVIDER.to_owned()));
        out.push(("message", message.clone()));
        out.push(("pgCode", failure.code.clone()));
        out.push(("pgMessage", failure.message.clone()));
    } else {
        let code = match failure.kind {
            FailureKind::Tampered | FailureKind::BadRequest => "BadRequest",
            FailureKind::UserCancelled | FailureKind::AuthenticationFailed | FailureKind::PgDown => PG_PROVIDER,
            FailureKind::Expired => "InvalidEntityState",
            FailureKind::MerchantRefused => "ConfirmProcessFailed",
            // Two windows of one payment: the other one paid.
            FailureKind::DuplicateOrder | FailureKind::AlreadyProcessed => ALREADY_PAID,
            _ => "UnknownError",
        };
        out.push(("code", code.to_owned()));
        out.push(("message", message.clone()));
    }
}

/// Codes that begin with `NARU_` are ours.
fn spoken_by_pg(failure: &Failure) -> bool {
    !failure.code.starts_with("NARU_")
}

/// A result as JSON.
pub fn to_json(members: &Members) -> Value {
    let object: Map<String, Value> = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    Value::Object(object)
}

/// The SDK's typed error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdkError {
    /// HTTP status.
    pub status: u16,
    /// One of PortOne's codes.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// `paymentId`, if it could be read.
    pub payment_id: Option<String>,
    /// The PG's code.
    pub pg_code: Option<String>,
    /// The PG's message.
    pub pg_message: Option<String>,
}

impl SdkError {
    /// An error the caller can mend.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
            payment_id: None,
            pg_code: None,
            pg_message: None,
        }
    }

    /// With another HTTP status.
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With the payment it is about.
    pub fn about(self, payment_id: &str) -> Self {
        Self {
            payment_id: Some(payment_id.to_owned()),
            ..self
        }
    }

    /// The object that the SDK throws.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: &str| {
            object.insert(name.to_owned(), value.into());
        };
        put("__portOneErrorType", "PaymentError");
        put("transactionType", "PAYMENT");
        put("code", self.code);
        put("message", &self.message);
        for (name, value) in [
            ("paymentId", &self.payment_id),
            ("pgCode", &self.pg_code),
            ("pgMessage", &self.pg_message),
        ] {
            if let Some(value) = value {
                put(name, value);
            }
        }
        Value::Object(object)
    }
}

impl From<Refusal> for SdkError {
    fn from(refusal: Refusal) -> Self {
        let spelling = SPELLINGS.iter().find(|(rest, _)| *rest == refusal.field);
        let field = spelling.map_or(refusal.field.as_str(), |(_, browser)| browser);
        Self::bad("BadRequest", format!("{field}: {}", refusal.message))
    }
}

impl From<RouteError> for SdkError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::NotFound(message) => Self::bad("ChannelNotFound", message),
            RouteError::Closed(message) => Self::bad("AllChannelsNotSatisfied", message),
        }
    }
}

impl From<EngineError> for SdkError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Refused(refusal) | EngineError::Unsupported(refusal) => refusal.into(),
            EngineError::AlreadyPaid => Self::bad(
                ALREADY_PAID,
                "paymentId: this payment is paid, or an approval of it is running; use another paymentId for another order",
            ),
            EngineError::PreRegistered => Self::bad(
                "AmountNotEqualToPredefined",
                "totalAmount, taxFreeAmount, currency: must be what was pre-registered for this paymentId",
            ),
            EngineError::NotFound => Self::bad("TransactionNotFound", "no such attempt, or it has expired").status(404),
            EngineError::InvalidToken => {
                Self::bad("InvalidEntityState", "this window was used already; open a new one")
            }
            EngineError::Pg(failure) => {
                let spoken = spoken_by_pg(&failure);
                let code = if spoken || failure.kind == FailureKind::PgDown {
                    PG_PROVIDER
                } else {
                    "UnknownError"
                };
                let mut error = Self::bad(code, failure.message.clone());
                if spoken {
                    error.pg_code = Some(failure.code);
                    error.pg_message = Some(failure.message);
                }
                error
            }
            EngineError::Outstanding(why) => Self::bad(
                "Unavailable",
                format!("the PG's answer is not known yet ({}); asking again is safe", why.code),
            )
            .status(503),
            EngineError::Storage(_) => {
                Self::bad("Internal", "the router cannot store payments at this moment; try again").status(503)
            }
            other => Self::bad("InvalidEntityState", other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
