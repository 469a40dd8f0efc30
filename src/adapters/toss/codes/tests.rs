#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn both_tables_are_sorted_and_name_each_code_once() {
    assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(SDK_CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

fn outcome(code: &str, status: u16, operation: Operation, replay: bool) -> Outcome<()> {
    let error = PgError {
        status,
        code: code.into(),
        message: "m".into(),
    };
    refused(operation, replay, error)
}

#[test]
fn every_listed_code_ends_as_its_class_says_and_keeps_code_and_message() {
    for (code, kind, class) in CODES {
        for operation in [Operation::Approve, Operation::Instant, Operation::Cancel] {
            for replay in [false, true] {
                let name = format!("{code} {operation:?} {replay}");
                let decline = *class == Refused || (*class == Door && !replay);
                match outcome(code, 400, operation, replay) {
                    Outcome::Declined(failure) => {
                        assert!(decline, "{name}");
                        assert_eq!(failure, Failure::new(*kind, *code, "m"), "{name}");
                    }
                    Outcome::Unknown(why) => {
                        assert!(!decline, "{name}");
                        let asks = *class != Running || operation == Operation::Instant;
                        assert_eq!(
                            (why.code.as_str(), why.message.as_str(), why.ask_first),
                            (*code, "m", asks),
                            "{name}"
                        );
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_code_that_is_not_listed_settles_nothing_whatever_the_status() {
    for status in [200, 400, 401, 403, 404, 409, 500, 503] {
        let told = outcome("BRAND_NEW", status, Operation::Approve, false);
        assert!(
            matches!(told, Outcome::Unknown(UnknownWhy { ask_first: true, .. })),
            "{status}"
        );
    }
}

#[test]
fn the_status_decides_nothing_where_the_code_is_listed() {
    for status in [400, 403, 429, 500] {
        assert!(matches!(
            outcome("REJECT_CARD_PAYMENT", status, Operation::Approve, false),
            Outcome::Declined(_)
        ));
        assert!(matches!(
            outcome("PROVIDER_ERROR", status, Operation::Approve, false),
            Outcome::Unknown(_)
        ));
    }
}

/// Each code that Toss documents as "ask first" or as a failure in the middle of its work.
#[test]
fn nothing_that_may_have_happened_is_called_a_decline() {
    for code in [
        "ALREADY_PROCESSED_PAYMENT",
        "PROVIDER_ERROR",
        "CARD_PROCESSING_ERROR",
        "UNAPPROVED_ORDER_ID",
        "DUPLICATED_ORDER_ID",
        "ALREADY_CANCELED_PAYMENT",
        "ALREADY_REFUND_PAYMENT",
        "NOT_MATCHES_REFUNDABLE_AMOUNT",
        "NOT_CANCELABLE_AMOUNT",
        "NOT_CANCELABLE_PAYMENT",
        "IDEMPOTENT_REQUEST_PROCESSING",
        "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
        "FAILED_INTERNAL_SYSTEM_PROCESSING",
        "UNKNOWN_PAYMENT_ERROR",
        "UNKNOWN_ERROR",
        "FAILED_CARD_COMPANY_RESPONSE",
        "FAILED_DB_PROCESSING",
        "FAILED_REFUND_PROCESS",
        "FAILED_METHOD_HANDLING_CANCEL",
        "FAILED_PARTIAL_REFUND",
        "COMMON_ERROR",
        "FAILED_BILL_KEY_AUTH_CREATION",
        "FAILED_BILLING_AUTO_CANCEL",
    ] {
        for operation in [Operation::Approve, Operation::Instant, Operation::Cancel] {
            assert!(
                matches!(outcome(code, 400, operation, false), Outcome::Unknown(_)),
                "{code}"
            );
        }
    }
}

#[test]
fn kinds_of_notable_codes() {
    for (code, kind) in [
        ("REJECT_CARD_PAYMENT", Kind::LimitExceeded),
        ("REJECT_ACCOUNT_PAYMENT", Kind::InsufficientFunds),
        ("INVALID_STOPPED_CARD", Kind::LostCard),
        ("FDS_ERROR", Kind::FraudSuspected),
        ("UNAUTHORIZED_KEY", Kind::MerchantSetup),
        ("NOT_SUPPORTED_METHOD", Kind::ContractMissing),
        ("MAINTAINED_METHOD", Kind::Maintenance),
        ("EXCEED_MAX_REFUND_DUE", Kind::NotCancellable),
        ("FAILED_CLOSED_ACCOUNT_REFUND", Kind::InvalidAccount),
        ("ALREADY_REMOVED_BILLING_KEY", Kind::BillingKeyGone),
        ("USER_CANCEL", Kind::UserCancelled),
        ("EXPIRED_PAYMENT", Kind::Expired),
        ("NO_SUCH_CODE", Kind::Other),
    ] {
        assert_eq!(kind_of(code), kind, "{code}");
    }
}
