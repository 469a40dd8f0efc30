//! Toss's error codes: what each means, and whether it settles the question (Toss docs: "API 에러 코드").
//!
//! Only the code decides. HTTP statuses mislead here (`PROVIDER_ERROR` is 400 and temporary, 403 is mostly "declined"),
//! and messages are reworded at will. New codes appear without notice: a code that is not listed settles nothing.

use super::wire::PgError;
use crate::adapters::{Operation, Outcome, UnknownWhy};
use crate::payment::{Failure, FailureKind as Kind};

/// What an error code proves about the request it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing happened, and this request will never make it happen.
    Refused,
    /// Turned away before the request itself was judged (keys, rate limit, maintenance, session gone): nothing
    /// happened by this sending, but the answer says nothing about an earlier sending of the same bytes.
    Door,
    /// It may have happened: only an inquiry tells.
    Ask,
    /// The same request is still running: send it again under the same key.
    Running,
}

use Class::{Ask, Door, Refused, Running};

/// `(code, kind, class)`, sorted by code.
///
/// Three classes are stricter than the code's name suggests. `FAILED_DB_PROCESSING` is caused by bad values, but Toss
/// says so from the middle of its processing. `DUPLICATED_REQUEST` means that an equal request was seen before.
/// `CARD_PROCESSING_ERROR` is the issuer's error, and the issuer may have approved before it.
pub(super) static CODES: &[(&str, Kind, Class)] = &[
    ("ALREADY_CANCELED_PAYMENT", Kind::AlreadyCancelled, Ask),
    ("ALREADY_PROCESSED_PAYMENT", Kind::AlreadyProcessed, Ask),
    ("ALREADY_REFUND_PAYMENT", Kind::AlreadyCancelled, Ask),
    ("ALREADY_REMOVED_BILLING_KEY", Kind::BillingKeyGone, Refused),
    ("API_VERSION_UPDATE_NEEDED", Kind::BadRequest, Door),
    ("BELOW_MINIMUM_AMOUNT", Kind::BadRequest, Refused),
    ("BELOW_ZERO_AMOUNT", Kind::BadRequest, Refused),
    ("CARD_PROCESSING_ERROR", Kind::DeclinedByIssuer, Ask),
    ("COMMON_ERROR", Kind::OutcomeUnknown, Ask),
    ("DUPLICATED_CASH_RECEIPT", Kind::AlreadyProcessed, Ask),
    ("DUPLICATED_ORDER_ID", Kind::DuplicateOrder, Ask),
    ("DUPLICATED_REQUEST", Kind::BadRequest, Ask),
    ("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", Kind::NotCancellable, Refused),
    ("EXCEED_CANCEL_LIMIT", Kind::NotCancellable, Refused),
    ("EXCEED_MAX_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_AUTH_COUNT", Kind::AuthenticationFailed, Refused),
    ("EXCEED_MAX_CARD_INSTALLMENT_PLAN", Kind::BadRequest, Refused),
    ("EXCEED_MAX_DAILY_PAYMENT_COUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_DUE_DATE", Kind::BadRequest, Refused),
    ("EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_ONE_DAY_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_PAYMENT_AMOUNT", Kind::LimitExceeded, Refused),
    ("EXCEED_MAX_REFUND_DUE", Kind::NotCancellable, Refused),
    ("EXCEED_MAX_VALID_HOURS", Kind::BadRequest, Refused),
    ("FAILED_BILLING_AUTO_CANCEL", Kind::OutcomeUnknown, Ask),
    ("FAILED_BILL_KEY_AUTH_CREATION", Kind::OutcomeUnknown, Ask),
    ("FAILED_CARD_COMPANY_RESPONSE", Kind::OutcomeUnknown, Ask),
    ("FAILED_CLOSED_ACCOUNT_REFUND", Kind::InvalidAccount, Refused),
    ("FAILED_DB_PROCESSING", Kind::BadRequest, Ask),
    ("FAILED_INTERNAL_SYSTEM_PROCESSING", Kind::OutcomeUnknown, Ask),
    ("FAILED_METHOD_HANDLING_CANCEL", Kind::OutcomeUnknown, Ask),
    ("FAILED_PARTIAL_REFUND", Kind::NotCancellable, Ask),
    ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", Kind::OutcomeUnknown, Ask),
    ("FAILED_REFUND_PROCESS", Kind::OutcomeUnknown, Ask),
    ("FDS_ERROR", Kind::FraudSuspected, Refused),
    ("FORBIDDEN_BANK_REFUND_REQUEST", Kind::InvalidAccount, Refused),
    ("FORBIDDEN_CONSECUTIVE_REQUEST", Kind::RateLimited, Door),
    ("FORBIDDEN_REQUEST", Kind::BadRequest, Door),
    ("IDEMPOTENT_REQUEST_PROCESSING", Kind::InProgress, Running),
    ("INCORRECT_BASIC_AUTH_FORMAT", Kind::MerchantSetup, Door),
    ("INVALID_ACCOUNT_INFO_RE_REGISTER", Kind::InvalidAccount, Refused),
    ("INVALID_API_KEY", Kind::MerchantSetup, Door),
    ("INVALID_AUTHORIZE_AUTH", Kind::AuthenticationFailed, Refused),
    ("INVALID_BANK", Kind::BadRequest, Refused),
    ("INVALID_BILLING_AUTH", Kind::BadRequest, Refused),
    ("INVALID_BILL_KEY_REQUEST", Kind::BadRequest, Refused),
    ("INVALID_BIRTH_DAY_FORMAT", Kind::BadRequest, Refused),
    ("INVALID_CARD_EXPIRATION", Kind::InvalidCard, Refused),
    ("INVALID_CARD_IDENTITY", Kind::InvalidCard, Refused),
    ("INVALID_CARD_INSTALLMENT_PLAN", Kind::BadRequest, Refused),
    ("INVALID_CARD_LOST_OR_STOLEN", Kind::LostCard, Refused),
    ("INVALID_CARD_NUMBER", Kind::InvalidCard, Refused),
    ("INVALID_CARD_PASSWORD", Kind::InvalidCard, Refused),
    ("INVALID_CURRENCY", Kind::BadRequest, Refused),
    ("INVALID_DATE", Kind::BadRequest, Refused),
    ("INVALID_EMAIL", Kind::BadRequest, Refused),
    ("INVALID_IDEMPOTENCY_KEY", Kind::BadRequest, Door),
    ("INVALID_ORDER_ID", Kind::BadRequest, Refused),
    ("INVALID_ORDER_NAME", Kind::BadRequest, Refused),
    ("INVALID_PASSWORD", Kind::AuthenticationFailed, Refused),
    ("INVALID_PAYMENT_KEY", Kind::BadRequest, Refused),
    ("INVALID_REFUND_ACCOUNT_INFO", Kind::InvalidAccount, Refused),
    ("INVALID_REFUND_ACCOUNT_NUMBER", Kind::InvalidAccount, Refused),
    ("INVALID_REGISTRATION_NUMBER_TYPE", Kind::BadRequest, Refused),
    ("INVALID_REJECT_CARD", Kind::DeclinedByIssuer, Refused),
    ("INVALID_REQUEST", Kind::BadRequest, Refused),
    ("INVALID_REQUIRED_PARAM", Kind::BadRequest, Refused),
    ("INVALID_STOPPED_CARD", Kind::LostCard, Refused),
    ("INVALID_TEST_CODE", Kind::BadRequest, Door),
    ("INVALID_UNREGISTERED_SUBMALL", Kind::MerchantSetup, Refused),
    (
        "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE",
        Kind::BadRequest,
        Refused,
    ),
    ("MAINTAINED_METHOD", Kind::Maintenance, Door),
    ("NOT_ALLOWED_PARTIAL_REFUND", Kind::NotCancellable, Refused),
    (
        "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT",
        Kind::NotCancellable,
        Refused,
    ),
    ("NOT_ALLOWED_POINT_USE", Kind::BadRequest, Refused),
    ("NOT_AVAILABLE_BANK", Kind::Maintenance, Door),
    ("NOT_AVAILABLE_PAYMENT", Kind::Maintenance, Door),
    ("NOT_CANCELABLE_AMOUNT", Kind::NotCancellable, Ask),
    ("NOT_CANCELABLE_PAYMENT", Kind::NotCancellable, Ask),
    ("NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", Kind::NotCancellable, Refused),
    ("NOT_FOUND_BILLING", Kind::NotFound, Refused),
    ("NOT_FOUND_MERCHANT", Kind::NotFound, Door),
    ("NOT_FOUND_METHOD", Kind::NotFound, Refused),
    ("NOT_FOUND_PAYMENT", Kind::NotFound, Door),
    ("NOT_FOUND_PAYMENT_SESSION", Kind::Expired, Door),
    ("NOT_FOUND_RECEIPT", Kind::NotFound, Refused),
    ("NOT_FOUND_TERMINAL_ID", Kind::MerchantSetup, Refused),
    ("NOT_MATCHES_CUSTOMER_KEY", Kind::BadRequest, Refused),
    ("NOT_MATCHES_REFUNDABLE_AMOUNT", Kind::Conflict, Ask),
    ("NOT_REGISTERED_BUSINESS", Kind::MerchantSetup, Refused),
    ("NOT_REGISTERED_CARD_COMPANY", Kind::InvalidCard, Refused),
    ("NOT_SUPPORTED_CARD_TYPE", Kind::InvalidCard, Refused),
    (
        "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT",
        Kind::BadRequest,
        Refused,
    ),
    ("NOT_SUPPORTED_METHOD", Kind::ContractMissing, Refused),
    ("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", Kind::BadRequest, Refused),
    (
        "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT",
        Kind::BadRequest,
        Refused,
    ),
    ("PAY_PROCESS_ABORTED", Kind::AuthenticationFailed, Refused),
    ("PAY_PROCESS_CANCELED", Kind::UserCancelled, Refused),
    ("PROVIDER_ERROR", Kind::OutcomeUnknown, Ask),
    ("REFUND_REJECTED", Kind::NotCancellable, Refused),
    ("REJECT_ACCOUNT_PAYMENT", Kind::InsufficientFunds, Refused),
    ("REJECT_CARD_COMPANY", Kind::DeclinedByIssuer, Refused),
    ("REJECT_CARD_PAYMENT", Kind::LimitExceeded, Refused),
    ("REJECT_TOSSPAY_INVALID_ACCOUNT", Kind::InvalidAccount, Refused),
    ("RESTRICTED_TRANSFER_ACCOUNT", Kind::LimitExceeded, Refused),
    ("UNAPPROVED_ORDER_ID", Kind::NotFound, Ask),
    ("UNAUTHORIZED_KEY", Kind::MerchantSetup, Door),
    ("UNKNOWN_ERROR", Kind::OutcomeUnknown, Ask),
    ("UNKNOWN_PAYMENT_ERROR", Kind::OutcomeUnknown, Ask),
];

/// Codes that only the browser SDK raises, before or instead of a payment; sorted.
static SDK_CODES: &[(&str, Kind)] = &[
    ("BELOW_ZERO_AMOUNT", Kind::BadRequest),
    ("EXCEED_DEPOSIT_AMOUNT_LIMIT", Kind::LimitExceeded),
    ("INCORRECT_FAIL_URL_FORMAT", Kind::BadRequest),
    ("INCORRECT_SUCCESS_URL_FORMAT", Kind::BadRequest),
    ("INSECURE_KEY_USAGE", Kind::MerchantSetup),
    ("INVALID_CLIENT_KEY", Kind::MerchantSetup),
    ("INVALID_CUSTOMER_KEY", Kind::BadRequest),
    ("INVALID_METADATA", Kind::BadRequest),
    ("INVALID_METHOD_TRANSACTION", Kind::BadRequest),
    ("INVALID_PARAMETERS", Kind::BadRequest),
    ("NEED_AGREEMENT_WITH_REQUIRED_TERMS", Kind::AuthenticationFailed),
    ("NEED_CARD_PAYMENT_DETAIL", Kind::AuthenticationFailed),
    ("NEED_REFUND_ACCOUNT_DETAIL", Kind::AuthenticationFailed),
    ("NOT_SETUP_AMOUNT", Kind::BadRequest),
    ("NOT_SUPPORTED_METHOD", Kind::ContractMissing),
    ("NOT_SUPPORTED_PROMISE", Kind::BadRequest),
    ("NOT_SUPPORTED_WIDGET_KEY", Kind::MerchantSetup),
    ("PROVIDER_STATUS_UNHEALTHY", Kind::Maintenance),
    ("USER_CANCEL", Kind::UserCancelled),
];

/// Kind and class of a code, if it is listed.
pub(super) fn lookup(code: &str) -> Option<(Kind, Class)> {
    let index = CODES.binary_search_by(|(listed, _, _)| (*listed).cmp(code)).ok()?;
    CODES.get(index).map(|(_, kind, class)| (*kind, *class))
}

/// Kind of a code that came through the browser or stands in a failed payment's `failure`.
pub(super) fn kind_of(code: &str) -> Kind {
    if let Ok(index) = SDK_CODES.binary_search_by(|(listed, _)| (*listed).cmp(code)) {
        return SDK_CODES.get(index).map_or(Kind::Other, |(_, kind)| *kind);
    }
    match code {
        "EXPIRED_PAYMENT" => Kind::Expired,
        _ => lookup(code).map_or(Kind::Other, |(kind, _)| kind),
    }
}

/// What an error answer to an approval, key-in payment or cancellation ends as.
///
/// HTTP 429 and `FORBIDDEN_CONSECUTIVE_REQUEST` are declines (`RateLimited`) at a first sending: Toss turned the
/// request away, an error answer sticks to its idempotency key, so the way on is a new attempt, later, with a new
/// key, which is the merchant's to make. At a replay the same answer is about the replay alone, and the question
/// stays open.
pub(super) fn refused<T>(operation: Operation, replay: bool, error: PgError) -> Outcome<T> {
    let listed = lookup(&error.code).or((error.status == 429).then_some((Kind::RateLimited, Door)));
    let asks_first = match listed {
        Some((kind, Refused)) => return Outcome::Declined(Failure::new(kind, error.code, error.message)),
        Some((kind, Door)) if !replay => return Outcome::Declined(Failure::new(kind, error.code, error.message)),
        // A key-in payment is never sent twice (its card data is gone), so there the inquiry is the only way anyhow.
        Some((_, Running)) => operation == Operation::Instant,
        Some((_, Door | Ask)) | None => true,
    };
    Outcome::Unknown(UnknownWhy {
        code: error.code,
        message: error.message,
        ask_first: asks_first,
    })
}

#[cfg(test)]
mod tests;
