//! Payments as V1 shows them.

use crate::api::v1::codes::bank_word;
use crate::api::v1::error::{V1Error, words};
use crate::api::v1::render::balance::BalanceView;
use crate::api::v1::render::{PaymentView, status, uid};
use crate::engine::EngineError;
use crate::payment::{
    Amounts, CancelState, Cancellation, CardDetail, CardType, Failure, FailureKind, MethodDetail, Status, Transaction,
    Trigger, transaction_sample,
};
use serde_json::{Value, json};

fn paid() -> Transaction {
    let mut t = transaction_sample(11_000);
    t.id = "019b77a0-0c00-7abc-8def-0123456789ab".into();
    t.status = Status::Paid;
    t.paid_at = Some(1_767_225_600_999);
    t.amounts = Amounts::new(11_000, 0, None).unwrap();
    t.customer = json!({ "name": "홍길동", "phoneNumber": "010", "address": { "oneLine": "서울" } });
    t.method = Some(MethodDetail::Card(CardDetail {
        issuer: Some("KOOKMIN_CARD".into()),
        card_type: Some(CardType::Debit),
        number: Some("941000******7890".into()),
        approval_number: Some("0001".into()),
        installment_months: 3,
        ..CardDetail::default()
    }));
    t
}

fn cancelled(total: i64, state: CancelState) -> Cancellation {
    Cancellation {
        id: format!("c-{total}"),
        state,
        amounts: Amounts::new(total, 0, None).unwrap(),
        reason: "변심".into(),
        trigger: Trigger::Api,
        requested_at: 1,
        cancelled_at: Some(1_767_225_700_000),
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
        accepted: false,
        skip_webhook: true,
    }
}

fn shown(t: &Transaction) -> Value {
    serde_json::to_value(PaymentView::from(t)).unwrap()
}

/// Every key of PortOne's `PaymentAnnotation`: clients rely on them being there.
const KEYS: &str = "imp_uid merchant_uid pay_method channel pg_provider emb_pg_provider pg_tid pg_id sandbox escrow \
    apply_num bank_code bank_name card_code card_name card_issuer_code card_issuer_name card_publisher_code \
    card_publisher_name card_quota card_number card_type vbank_code vbank_name vbank_num vbank_holder vbank_date \
    vbank_issued_at name amount cancel_amount currency buyer_name buyer_email buyer_tel buyer_addr buyer_postcode \
    custom_data user_agent status started_at paid_at failed_at cancelled_at fail_reason cancel_reason receipt_url \
    cancel_history deposit_history cancel_receipt_urls cash_receipt_issued customer_uid customer_uid_usage promotion";

#[test]
fn every_key_is_there() {
    let view = shown(&paid());
    let mut keys: Vec<&str> = view.as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted: Vec<&str> = KEYS.split_whitespace().collect();
    keys.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
}

#[test]
fn a_card_payment() {
    let view = shown(&paid());
    for (name, value) in [
        ("pay_method", json!("card")),
        ("card_code", json!("381")),
        ("card_name", json!("KB국민카드")),
        ("card_type", json!(1)),
        ("card_quota", json!(3)),
        ("apply_num", json!("0001")),
        ("status", json!("paid")),
        ("amount", json!(11_000)),
        ("cancel_amount", json!(0)),
        ("paid_at", json!(1_767_225_600)),
        ("failed_at", json!(0)),
        ("cancelled_at", json!(0)),
        ("fail_reason", Value::Null),
        ("buyer_addr", json!("서울")),
        ("buyer_email", Value::Null),
    ] {
        assert_eq!(view[name], value, "{name}");
    }
    assert_eq!(view["imp_uid"], uid(&paid()));
}

/// There is no partial status in V1, and what was refused or is open counts for nothing.
#[test]
fn partly_cancelled_stays_paid() {
    let mut t = paid();
    t.status = Status::PartialCancelled;
    t.cancellations = vec![
        cancelled(1_100, CancelState::Succeeded),
        cancelled(500, CancelState::Failed),
        cancelled(600, CancelState::Requested),
    ];
    let view = shown(&t);
    assert_eq!(
        (&view["status"], &view["cancel_amount"]),
        (&json!("paid"), &json!(1_100))
    );
    assert_eq!(view["cancel_history"].as_array().unwrap().len(), 1);
    assert_eq!(view["cancel_history"][0]["cancellation_id"], "c-1100");
    let balance = serde_json::to_value(BalanceView::from(&t)).unwrap();
    assert_eq!(balance["amount"], 11_000);
    assert_eq!(
        balance["primary"],
        json!({ "tax_free": 0, "supply": 9_000, "vat": 900, "service": 0 })
    );
    assert_eq!(balance["histories"].as_array().unwrap().len(), 2);
    assert_eq!(balance["histories"][0]["primary"]["supply"], 10_000);
}

#[test]
fn what_is_not_decided_is_ready() {
    for state in [
        Status::Ready,
        Status::Approving,
        Status::Unknown,
        Status::PayPending,
        Status::VirtualAccountIssued,
    ] {
        assert_eq!(status(state), "ready");
    }
    let mut t = paid();
    t.status = Status::Failed;
    t.failure = Some(Failure::new(FailureKind::InsufficientFunds, "REJECT", "한도 초과"));
    let view = shown(&t);
    assert_eq!(
        (&view["status"], &view["fail_reason"]),
        (&json!("failed"), &json!("[REJECT]한도 초과"))
    );
    assert_eq!(view["paid_at"], 0);
    let closed = Failure::new(FailureKind::AccountClosed, "NARU_ACCOUNT_CLOSED", "가상계좌 말소");
    assert_eq!(words(&closed), "가상계좌 말소");
}

#[test]
fn engine_refusals_in_v1_s_words() {
    let said = |error: EngineError| {
        let error = V1Error::from(error);
        (error.status().as_u16(), error.code(), error.message().to_owned())
    };
    assert_eq!(
        said(EngineError::AlreadyCancelled),
        (200, 1, "이미 전액취소된 주문입니다.".to_owned())
    );
    assert_eq!(
        said(EngineError::NotPaid),
        (200, 1, "취소할 결제건이 존재하지 않습니다.".to_owned())
    );
    assert_eq!(
        said(EngineError::NotFound),
        (404, -1, "존재하지 않는 결제정보입니다.".to_owned())
    );
    let declined = Failure::new(FailureKind::DeclinedByIssuer, "E1", "거절");
    assert_eq!(said(EngineError::Pg(declined)), (200, -1, "[E1]거절".to_owned()));
    let unknown = crate::adapters::UnknownWhy {
        code: "TIMEOUT".into(),
        message: "no answer".into(),
        ask_first: false,
    };
    assert_eq!(said(EngineError::Outstanding(unknown)).0, 503);
    assert_eq!(said(EngineError::Storage("x".into())).0, 503);
}

#[test]
fn banks_in_every_form_a_merchant_writes_them() {
    for (given, word) in [
        ("004", "KOOKMIN"),
        ("BK04", "KOOKMIN"),
        ("04", "KOOKMIN"),
        ("KOOKMIN", "KOOKMIN"),
        ("092", "TOSS"),
    ] {
        assert_eq!(bank_word(given), Some(word), "{given}");
    }
    assert_eq!(bank_word("999"), None);
    assert_eq!(bank_word(""), None);
}
