use super::schema::{check, error_status};
use crate::adapters::{Refusal, UnknownWhy};
use crate::api::v2::error::{ApiError, money};
use crate::engine::EngineError;
use crate::ledger::LedgerError;
use crate::payment::{Failure, FailureKind, MoneyError};
use crate::routing::RouteError;
use serde_json::{Value, json};

fn body(error: &ApiError) -> Value {
    serde_json::from_str(&error.body()).unwrap()
}

/// The error is a member of the operation's published union, with the status the union fixes for it.
pub(super) fn fits(union: &str, error: &ApiError) {
    let status = u64::from(error.status().as_u16());
    assert_eq!(
        error_status(union, error.kind()),
        Some(status),
        "{union} {}",
        error.kind()
    );
    let mut wire = body(error);
    // The router's one extra member.
    wire.as_object_mut().unwrap().remove("kind");
    assert_eq!(check(union, &wire), Ok(()), "{union} {wire}");
}

fn failure() -> Failure {
    Failure::new(
        FailureKind::InsufficientFunds,
        "REJECT_CARD_PAYMENT",
        "한도초과 혹은 잔액부족",
    )
}

fn unknown() -> EngineError {
    EngineError::Outstanding(UnknownWhy {
        code: "NARU_TIMEOUT".into(),
        message: "no answer in 30 s".into(),
        ask_first: false,
    })
}

#[test]
fn cancel_refusals_are_in_the_published_union() {
    for (error, kind) in [
        (EngineError::NotFound, "PAYMENT_NOT_FOUND"),
        (EngineError::NotPaid, "PAYMENT_NOT_PAID"),
        (EngineError::AlreadyCancelled, "PAYMENT_ALREADY_CANCELLED"),
        (
            EngineError::Consistency { expected: 2, actual: 1 },
            "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN",
        ),
        (
            EngineError::ExceedsCancellable { cancellable: 1 },
            "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT",
        ),
        (
            EngineError::TaxFreeExceeds(1),
            "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT",
        ),
        (
            EngineError::VatExceeds(1),
            "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT",
        ),
        (EngineError::PartsExceed, "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT"),
        (EngineError::CancelRunning, "PG_PROVIDER"),
        (EngineError::TooManyCancels(100), "MAX_CANCEL_COUNT_REACHED"),
        (
            EngineError::Refused(Refusal::new("reason", "too long")),
            "INVALID_REQUEST",
        ),
        (EngineError::Pg(failure()), "PG_PROVIDER"),
        (unknown(), "PG_PROVIDER"),
    ] {
        let error = ApiError::from(error);
        assert_eq!(error.kind(), kind);
        fits("CancelPaymentError", &error);
    }
}

#[test]
fn approval_refusals_are_in_the_published_unions() {
    for (union, error, kind) in [
        ("PayInstantlyError", EngineError::AlreadyPaid, "ALREADY_PAID"),
        ("PayInstantlyError", LedgerError::LiveApproval.into(), "ALREADY_PAID"),
        ("PayInstantlyError", EngineError::PreRegistered, "INVALID_REQUEST"),
        (
            "PayInstantlyError",
            EngineError::Unsupported(Refusal::new("method.card", "no key-in")),
            "INVALID_REQUEST",
        ),
        ("PayInstantlyError", unknown(), "PG_PROVIDER"),
        ("ConfirmPaymentError", EngineError::AlreadyPaid, "ALREADY_PAID"),
        ("ConfirmPaymentError", EngineError::NotFound, "PAYMENT_NOT_FOUND"),
        (
            "ConfirmPaymentError",
            EngineError::InvalidToken,
            "INVALID_PAYMENT_TOKEN",
        ),
        (
            "ConfirmPaymentError",
            EngineError::Mismatch("totalAmount"),
            "INFORMATION_MISMATCH",
        ),
        ("PreRegisterPaymentError", EngineError::AlreadyPaid, "ALREADY_PAID"),
    ] {
        let error = ApiError::from(error);
        assert_eq!(error.kind(), kind);
        fits(union, &error);
    }
    for why in [RouteError::NotFound("no".into()), RouteError::Closed("shut".into())] {
        let error = ApiError::from(why);
        assert_eq!(error.kind(), "CHANNEL_NOT_FOUND");
        fits("PayInstantlyError", &error);
    }
    fits("PayInstantlyError", &money("amount.", MoneyError::PartsExceedTotal));
    fits("GetPaymentError", &ApiError::unauthorized());
    fits("GetPaymentError", &ApiError::forbidden("storeId"));
    fits("GetPaymentsError", &ApiError::field("filter.from", "must be a time"));
}

#[test]
fn the_pgs_words_travel_untouched_with_a_stable_kind() {
    let wire = body(&EngineError::Pg(failure()).into());
    assert_eq!(wire["pgCode"], "REJECT_CARD_PAYMENT");
    assert_eq!(wire["pgMessage"], "한도초과 혹은 잔액부족");
    assert_eq!(wire["kind"], "insufficient-funds");
}

#[test]
fn an_unknown_outcome_says_to_ask_again() {
    let error = ApiError::from(unknown());
    let response = error.response();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["retry-after"], "1");
    let wire = body(&error);
    assert_eq!(wire["pgCode"], "NARU_OUTCOME_UNKNOWN");
    assert_eq!(wire["pgMessage"], "NARU_TIMEOUT no answer in 30 s");
    assert_eq!(wire["kind"], "outcome-unknown");
    assert!(wire["message"].as_str().unwrap().contains("Asking again is safe"));
}

#[test]
fn storage_failures_tell_nothing_of_the_storage() {
    let error = ApiError::from(EngineError::Storage("/var/lib/ledger: disk I/O error".into()));
    assert_eq!(error.status(), 503);
    assert!(!error.body().contains("disk"), "{}", error.body());
    assert_eq!(error.response().headers()["retry-after"], "1");
}

#[test]
fn only_final_words_are_kept_for_repeats() {
    for decided in [
        ApiError::from(EngineError::Pg(failure())),
        EngineError::AlreadyPaid.into(),
        EngineError::AlreadyCancelled.into(),
    ] {
        assert!(decided.decided(), "{decided:?}");
    }
    for open in [
        ApiError::from(unknown()),
        EngineError::CancelRunning.into(),
        EngineError::Storage("x".into()).into(),
        EngineError::NotFound.into(),
        RouteError::Closed("shut".into()).into(),
        ApiError::invalid("x"),
        ApiError::outstanding_request(),
        ApiError::other_request(),
    ] {
        assert!(!open.decided(), "{open:?}");
    }
}

#[test]
fn refusals_are_json_without_nulls() {
    for error in [ApiError::no_route(), ApiError::too_large(10), ApiError::incomplete()] {
        let wire = body(&error);
        assert_eq!(wire["type"], "INVALID_REQUEST");
        let members: Vec<&String> = wire.as_object().unwrap().keys().collect();
        assert_eq!(members, ["message", "type"]);
        assert_eq!(
            error.response().headers()["content-type"],
            "application/json; charset=utf-8"
        );
    }
    assert_eq!(body(&ApiError::no_route())["type"], json!("INVALID_REQUEST"));
}
