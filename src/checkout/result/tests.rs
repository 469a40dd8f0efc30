#![allow(clippy::unwrap_used)]

use super::super::sample::transaction as sample;
use super::*;
use serde_json::json;

fn finished(status: Status, failure: Option<Failure>) -> Value {
    let returned = Returned::Finished {
        transaction: Box::new(sample(status, failure)),
        redirect_url: None,
    };
    match standing(&returned) {
        Standing::Done { members, .. } => to_json(&members),
        Standing::Pending => Value::Null,
    }
}

#[test]
fn success_has_no_code() {
    let want = json!({"transactionType": "PAYMENT", "txId": "tx-1", "paymentId": "주문 1"});
    for status in [
        Status::Paid,
        Status::VirtualAccountIssued,
        Status::PayPending,
        Status::PartialCancelled,
        Status::Cancelled,
    ] {
        assert_eq!(finished(status, None), want);
    }
}

#[test]
fn nothing_is_final_while_the_outcome_is_open() {
    for status in [Status::Ready, Status::Approving, Status::Unknown] {
        assert_eq!(finished(status, None), Value::Null);
    }
    let pending = Returned::Pending(Box::new(sample(Status::Unknown, None)));
    assert_eq!(standing(&pending), Standing::Pending);
}

#[test]
fn the_pgs_words_travel_unchanged() {
    let failure = Failure::new(
        FailureKind::UserCancelled,
        "PAY_PROCESS_CANCELED",
        "사용자가 취소했습니다",
    );
    assert_eq!(
        finished(Status::Failed, Some(failure)),
        json!({
            "transactionType": "PAYMENT", "txId": "tx-1", "paymentId": "주문 1", "code": "PGProviderError",
            "message": "사용자가 취소했습니다", "pgCode": "PAY_PROCESS_CANCELED", "pgMessage": "사용자가 취소했습니다"
        })
    );
}

#[test]
fn our_own_words_are_not_put_into_the_pgs_mouth() {
    for (kind, code) in [
        (FailureKind::Tampered, "BadRequest"),
        (FailureKind::UserCancelled, "PGProviderError"),
        (FailureKind::Expired, "InvalidEntityState"),
        (FailureKind::DuplicateOrder, "PaymentAlreadyPaid"),
        (FailureKind::Other, "UnknownError"),
    ] {
        let result = finished(Status::Failed, Some(Failure::new(kind, "NARU_X", "why")));
        assert_eq!(result.get("code"), Some(&json!(code)));
        assert_eq!(result.get("message"), Some(&json!("why")));
        assert_eq!(result.get("pgCode"), None);
    }
    assert_eq!(finished(Status::Failed, None).get("code"), Some(&json!("UnknownError")));
}

#[test]
fn a_confirmable_attempt_carries_its_token() {
    let returned = Returned::Confirmable {
        transaction: Box::new(sample(Status::Ready, None)),
        payment_token: "pt".to_owned(),
        redirect_url: Some("https://shop.example.com/done".to_owned()),
    };
    let Standing::Done { members, redirect_url } = standing(&returned) else {
        panic!("must be done");
    };
    assert_eq!(redirect_url.as_deref(), Some("https://shop.example.com/done"));
    assert_eq!(
        to_json(&members),
        json!({"transactionType": "PAYMENT", "txId": "tx-1", "paymentId": "주문 1", "paymentToken": "pt"})
    );
}

#[test]
fn engine_errors_have_portones_codes() {
    let refusal = Refusal::new("orderName", "is longer than 100 characters");
    for (error, status, code) in [
        (EngineError::Refused(refusal.clone()), 400, "BadRequest"),
        (EngineError::Unsupported(refusal), 400, "BadRequest"),
        (EngineError::AlreadyPaid, 400, "PaymentAlreadyPaid"),
        (EngineError::PreRegistered, 400, "AmountNotEqualToPredefined"),
        (EngineError::NotFound, 404, "TransactionNotFound"),
        (EngineError::Storage("disk".to_owned()), 503, "Internal"),
    ] {
        let error = SdkError::from(error).about("p");
        assert_eq!((error.status, error.code), (status, code));
        let json = error.to_json();
        assert_eq!(json.get("__portOneErrorType"), Some(&json!("PaymentError")));
        assert_eq!(json.get("transactionType"), Some(&json!("PAYMENT")));
        assert_eq!(json.get("paymentId"), Some(&json!("p")));
        assert!(!error.message.contains("disk"), "storage details stay inside");
    }
    let error = SdkError::from(RouteError::NotFound("channelKey x".to_owned()));
    assert_eq!(error.code, "ChannelNotFound");
    let error = SdkError::from(EngineError::Pg(Failure::new(
        FailureKind::Maintenance,
        "MAINTAINED_METHOD",
        "점검 중",
    )));
    assert_eq!(
        (error.code, error.pg_code.as_deref(), error.pg_message.as_deref()),
        ("PGProviderError", Some("MAINTAINED_METHOD"), Some("점검 중"))
    );
}

#[test]
fn refusals_name_the_member_as_the_page_wrote_it() {
    for (field, member) in [
        ("amount.total", "totalAmount"),
        ("customer.name.full", "customer.fullName"),
        ("customer.phoneNumber", "customer.phoneNumber"),
    ] {
        let error = SdkError::from(Refusal::new(field, "is wrong"));
        assert_eq!(error.message, format!("{member}: is wrong"));
    }
}
