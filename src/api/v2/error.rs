//! Every refusal of the V2 API, worded in one place: which type, which HTTP status, which extra members.
//!
//! PortOne V2 fixes the status of each type, and its clients pick their exception class by `type`. Four things that
//! PortOne has no type for are worded so that those clients still read them:
//!
//! | Situation | Answer | Why |
//! |---|---|---|
//! | outcome not known yet | 502 `PG_PROVIDER`, `pgCode` `NARU_OUTCOME_UNKNOWN`, `Retry-After: 1` | never "failed", never "paid"; asking again joins the same attempt |
//! | another cancellation has no outcome yet | 502 `PG_PROVIDER`, `pgCode` `NARU_CANCEL_RUNNING`, `Retry-After: 1` | the balance is not known until that one ends, and no 409 type of the cancel call says "later" |
//! | the ledger does not answer | 503 `INTERNAL`, `Retry-After: 1` | nothing was decided |
//! | the key was used for another request | 422 `INVALID_REQUEST` | the status says it, the type is one that clients know |
//!
//! `PG_PROVIDER` carries one member more than PortOne's: `kind`, the router's stable word for the failure, the same
//! for every PG.

mod billing;

pub use billing::{ChannelSpecific, Failure as ChannelFailureView, failure_view};

use crate::adapters::Refusal;
use crate::engine::EngineError;
use crate::ledger::LedgerError;
use crate::net::{Response, json_response};
use crate::payment::{Failure, FailureKind, MoneyError};
use crate::routing::RouteError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A refusal, ready to be answered. Holds no secret and no card data: messages name fields, never their values.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError(Box<Inner>);

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    status: StatusCode,
    kind: &'static str,
    message: String,
    pg: Option<Failure>,
    retry_soon: bool,
    allow: Option<String>,
    channels: Option<ChannelSpecific>,
    decided: bool,
}

/// The body of a refusal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    r#type: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<FailureKind>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    channels: Option<&'a ChannelSpecific>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            kind,
            message: message.into(),
            pg: None,
            retry_soon: false,
            allow: None,
            channels: None,
            decided: status == StatusCode::CONFLICT,
        }))
    }

    /// 400 `INVALID_REQUEST`.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    /// 400 `INVALID_REQUEST` about one field.
    #[must_use]
    pub fn field(field: &str, message: &str) -> Self {
        Self::invalid(format!("{field}: {message}"))
    }

    /// No such path.
    #[must_use]
    pub fn no_route() -> Self {
        let message = "no such operation: check the path against PortOne's V2 REST API";
        Self::new(StatusCode::NOT_FOUND, "INVALID_REQUEST", message)
    }

    /// The path exists, the method does not; `allow` lists those that do.
    #[must_use]
    pub fn wrong_method(allow: &str) -> Self {
        let message = format!("this path takes only {allow}");
        let mut error = Self::new(StatusCode::METHOD_NOT_ALLOWED, "INVALID_REQUEST", message);
        error.0.allow = Some(allow.to_owned());
        error
    }

    /// The operation is PortOne's, but this router does not serve it yet.
    #[must_use]
    pub fn not_served(what: &str, why: &str) -> Self {
        Self::invalid(format!("{what} is not served by this router: {why}"))
    }

    /// The body is larger than `max` bytes.
    #[must_use]
    pub fn too_large(max: usize) -> Self {
        let message = format!("body: must be at most {max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "INVALID_REQUEST", message)
    }

    /// The body did not arrive whole, or not in time.
    #[must_use]
    pub fn incomplete() -> Self {
        let message = "body: did not arrive whole and in time; nothing was done, send it again";
        Self::new(StatusCode::REQUEST_TIMEOUT, "INVALID_REQUEST", message)
    }

    /// 401 `UNAUTHORIZED`: one message for every cause, so that it says nothing about which secrets exist.
    #[must_use]
    pub fn unauthorized() -> Self {
        let message = "the credential is missing, wrong or expired: send Authorization: PortOne <API secret> or Bearer <access token>";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 403 `FORBIDDEN`.
    #[must_use]
    pub fn forbidden(field: &str) -> Self {
        let message = format!("{field}: the credential has no access to it; leave it out to use the credential's own");
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 404 `PAYMENT_NOT_FOUND`.
    #[must_use]
    pub fn payment_not_found() -> Self {
        let message = "the store has no payment with this paymentId";
        Self::new(StatusCode::NOT_FOUND, "PAYMENT_NOT_FOUND", message)
    }

    /// 404 `PAYMENT_CANCELLATION_NOT_FOUND`.
    #[must_use]
    pub fn cancellation_not_found() -> Self {
        let message = "the payment has no cancellation with this cancellationId; GET /payments/{paymentId} lists them";
        Self::new(StatusCode::NOT_FOUND, "PAYMENT_CANCELLATION_NOT_FOUND", message)
    }

    /// 409 `PAYMENT_CANCELLATION_NOT_PENDING`.
    #[must_use]
    pub fn cancellation_not_pending() -> Self {
        let message = "the cancellation has ended already: there is nothing to stop";
        Self::new(StatusCode::CONFLICT, "PAYMENT_CANCELLATION_NOT_PENDING", message)
    }

    /// 400 `MAX_TTL_EXCEEDED`.
    #[must_use]
    pub fn ttl_exceeded(most: i64) -> Self {
        let message = format!("ttlSeconds: must be at most {most}");
        Self::new(StatusCode::BAD_REQUEST, "MAX_TTL_EXCEEDED", message)
    }

    /// 404 `SESSION_NOT_FOUND`.
    #[must_use]
    pub fn session_not_found() -> Self {
        let message = "there is no payment session with this sessionId";
        Self::new(StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", message)
    }

    /// 410 `SESSION_EXPIRED`.
    #[must_use]
    pub fn session_expired() -> Self {
        let message = "the payment session has ended or was closed; create another one";
        Self::new(StatusCode::GONE, "SESSION_EXPIRED", message)
    }

    /// 404 `PROFILE_SETTINGS_NOT_FOUND`.
    #[must_use]
    pub fn profile_not_found() -> Self {
        let message = "profileKey: there is no such checkout profile";
        Self::new(StatusCode::NOT_FOUND, "PROFILE_SETTINGS_NOT_FOUND", message)
    }

    /// 404 `PROMOTION_NOT_FOUND`.
    #[must_use]
    pub fn promotion_not_found() -> Self {
        let message = "this router holds no promotions; take promotionId out of your requests";
        Self::new(StatusCode::NOT_FOUND, "PROMOTION_NOT_FOUND", message)
    }

    /// 404 `CASH_RECEIPT_NOT_FOUND`.
    #[must_use]
    pub fn cash_receipt_not_found() -> Self {
        let message = "the store has no cash receipt for this paymentId";
        Self::new(StatusCode::NOT_FOUND, "CASH_RECEIPT_NOT_FOUND", message)
    }

    /// 404 `WEBHOOK_NOT_FOUND`.
    #[must_use]
    pub fn webhook_not_found() -> Self {
        let message = "the payment has no webhook with this webhookId; GET /payments/{paymentId} lists them";
        Self::new(StatusCode::NOT_FOUND, "WEBHOOK_NOT_FOUND", message)
    }

    /// 400 `MAX_WEBHOOK_RETRY_COUNT_REACHED`.
    #[must_use]
    pub fn webhook_resent_enough(most: u32) -> Self {
        let message = format!("webhookId: was resent {most} times already, the most there can be");
        Self::new(StatusCode::BAD_REQUEST, "MAX_WEBHOOK_RETRY_COUNT_REACHED", message)
    }

    /// 409 `ALREADY_PAID`.
    #[must_use]
    pub fn already_paid() -> Self {
        let message = "the payment is paid already: a paymentId is paid once";
        Self::new(StatusCode::CONFLICT, "ALREADY_PAID", message)
    }

    /// 409 `IDEMPOTENCY_OUTSTANDING_REQUEST`.
    #[must_use]
    pub fn outstanding_request() -> Self {
        let message = "Idempotency-Key: the first request with this key is still running; ask again in a moment";
        let mut error = Self::new(StatusCode::CONFLICT, "IDEMPOTENCY_OUTSTANDING_REQUEST", message);
        error.0.retry_soon = true;
        error.0.decided = false;
        error
    }

    /// 422: the idempotency key belongs to another request.
    #[must_use]
    pub fn other_request() -> Self {
        let message = "Idempotency-Key: was used for a request with another path or body; use a new key";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID_REQUEST", message)
    }

    /// The outcome is not known yet; `code` and `message` say what was seen last.
    #[must_use]
    pub fn outcome_unknown(seen: &str) -> Self {
        let message = "the outcome is not known yet: neither paid nor failed. Asking again is safe, it joins the same attempt; GET /payments/{paymentId} tells the result";
        let failure = Failure::new(FailureKind::OutcomeUnknown, "NARU_OUTCOME_UNKNOWN", seen);
        Self::pg(failure, message.to_owned()).soon()
    }

    /// 404 `CHANNEL_NOT_FOUND` for a path's channel.
    #[must_use]
    pub fn no_channel(key: &str) -> Self {
        let message = format!("channelKey: this store has no channel {}", key.escape_debug());
        Self::new(StatusCode::NOT_FOUND, "CHANNEL_NOT_FOUND", message)
    }

    /// 502: a passed call never left.
    #[must_use]
    pub fn pass_not_sent(failure: Failure) -> Self {
        let message = "the call was not sent to the PG: asking again is safe";
        Self::pg(failure, message.to_owned())
    }

    /// 502: a passed call got no answer that can be believed; it may have acted.
    #[must_use]
    pub fn pass_unknown(code: &str, seen: &str) -> Self {
        let message = "the PG gave no readable answer: the call may have acted or not; ask the PG before you repeat it";
        let failure = Failure::new(FailureKind::OutcomeUnknown, code, seen);
        Self::pg(failure, message.to_owned())
    }

    /// 503: the router itself could not decide.
    #[must_use]
    pub fn internal() -> Self {
        let message = "the router's storage did not answer; asking again is safe";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL", message).soon()
    }

    fn pg(failure: Failure, message: String) -> Self {
        let mut error = Self::new(StatusCode::BAD_GATEWAY, "PG_PROVIDER", message);
        error.0.pg = Some(failure);
        error.0.decided = true;
        error
    }

    fn soon(mut self) -> Self {
        self.0.retry_soon = true;
        self.0.decided = false;
        self
    }

    fn conflict(kind: &'static str, message: String) -> Self {
        Self::new(StatusCode::CONFLICT, kind, message)
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// PortOne's `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What is wrong and how to put it right.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether this is the final word on the request: a repeat under the same `Idempotency-Key` gets it again.
    /// Refusals that changed nothing and whose cause can be put right (bad input, unknown payment or channel), and
    /// answers that only say "not yet", are not: the repeat learns the truth of its own time.
    #[must_use]
    pub fn decided(&self) -> bool {
        self.0.decided
    }

    /// The body as JSON.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::to_string(&self.wire()).unwrap_or_else(|_| r#"{"type":"INTERNAL"}"#.to_owned())
    }

    fn wire(&self) -> Wire<'_> {
        let pg = self.0.pg.as_ref();
        Wire {
            r#type: self.0.kind,
            message: &self.0.message,
            pg_code: pg.map(|f| f.code.as_str()),
            pg_message: pg.map(|f| f.message.as_str()),
            kind: pg.map(|f| f.kind),
            channels: self.0.channels.as_ref(),
        }
    }

    /// The whole answer.
    #[must_use]
    pub fn response(&self) -> Response {
        let mut response = json_response(self.0.status, &self.wire());
        if self.0.retry_soon {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(Ok(allow)) = self.0.allow.as_deref().map(HeaderValue::from_str) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::field(&refusal.field, &refusal.message)
    }
}

impl From<RouteError> for ApiError {
    fn from(error: RouteError) -> Self {
        Self::new(StatusCode::NOT_FOUND, "CHANNEL_NOT_FOUND", error.to_string())
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        match error {
            EngineError::Refused(refusal) | EngineError::Unsupported(refusal) => refusal.into(),
            EngineError::AlreadyPaid => Self::already_paid(),
            EngineError::NotFound => Self::payment_not_found(),
            EngineError::NotWaitingForDeposit => Self::conflict("PAYMENT_NOT_WAITING_FOR_DEPOSIT", text),
            EngineError::ReceiptExists => Self::conflict("CASH_RECEIPT_ALREADY_ISSUED", text),
            EngineError::NoReceipt => Self::cash_receipt_not_found(),
            EngineError::ReceiptNotIssued => Self::new(StatusCode::NOT_FOUND, "CASH_RECEIPT_NOT_ISSUED", text),
            EngineError::NotPaid => Self::conflict("PAYMENT_NOT_PAID", text),
            EngineError::AlreadyCancelled => Self::conflict("PAYMENT_ALREADY_CANCELLED", text),
            EngineError::Consistency { .. } => Self::conflict(
                "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN",
                format!("currentCancellableAmount: {text}"),
            ),
            EngineError::ExceedsCancellable { .. } => {
                Self::conflict("CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", format!("amount: {text}"))
            }
            EngineError::TaxFreeExceeds(_) => Self::conflict(
                "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT",
                format!("taxFreeAmount: {text}"),
            ),
            EngineError::VatExceeds(_) => Self::conflict(
                "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT",
                format!("vatAmount: {text}"),
            ),
            EngineError::PartsExceed => Self::conflict("SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT", text),
            EngineError::CancelRunning => {
                let message = "another cancellation of this payment has no outcome yet; nothing was done for this one, ask again in a moment";
                let failure = Failure::new(FailureKind::InProgress, "NARU_CANCEL_RUNNING", text);
                Self::pg(failure, message.to_owned()).soon()
            }
            EngineError::TooManyCancels(_) => Self::conflict("MAX_CANCEL_COUNT_REACHED", text),
            EngineError::PreRegistered => Self::field("amount", &text),
            EngineError::InvalidToken => Self::new(
                StatusCode::BAD_REQUEST,
                "INVALID_PAYMENT_TOKEN",
                format!("paymentToken: {text}"),
            ),
            EngineError::Mismatch(_) => Self::conflict("INFORMATION_MISMATCH", text),
            EngineError::Pg(failure) => Self::pg(failure, text),
            EngineError::Outstanding(why) => {
                let seen = format!("{} {}", why.code, why.message);
                Self::outcome_unknown(seen.trim())
            }
            EngineError::Billing(why) => billing::refusal(*why),
            EngineError::Storage(_) => Self::internal(),
        }
    }
}

/// Amounts of a request that do not add up. `prefix` is the object they stand in, e.g. `amount.`.
#[must_use]
pub fn money(prefix: &str, error: MoneyError) -> ApiError {
    match error {
        MoneyError::PartsExceedTotal => ApiError::conflict(
            "SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT",
            format!("{prefix}taxFree + {prefix}vat is more than {prefix}total"),
        ),
        MoneyError::NotPositive => ApiError::field(&format!("{prefix}total"), super::decode::POSITIVE),
        MoneyError::NegativePart => ApiError::invalid(format!("{prefix}taxFree, {prefix}vat: must not be negative")),
        MoneyError::Currency => ApiError::field("currency", super::decode::CURRENCY),
    }
}
