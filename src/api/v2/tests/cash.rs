//! Virtual accounts, cash receipts and escrow: decoding, shapes, refusals.

use super::errors::fits;
use super::rendering::sample;
use super::schema::check;
use super::{STORE, get, plan, post, refusal, request};
use crate::adapters::{AccountExpiry, AccountKind, EscrowAction, ReceiptWish};
use crate::api::v2::error::ApiError;
use crate::api::v2::plan::{Command, Plan, Query};
use crate::api::v2::render::receipt::{self as view, ClosedAnswer, EscrowAnswer, ReceiptAnswer, ReceiptCancelAnswer};
use crate::api::v2::render::{self, PageInfo};
use crate::engine::EngineError;
use crate::payment::{
    CashReceipt, Escrow, EscrowState, Failure, FailureKind, MethodKind, PaymentReceipt, ReceiptEvent, ReceiptKind,
    ReceiptState, Status, receipt_sample,
};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn account() -> Value {
    json!({
        "channelKey": "channel-key-1", "orderName": "coffee", "amount": {"total": 15000}, "currency": "KRW",
        "customer": {"name": {"full": "홍길동"}, "phoneNumber": "010-1234-5678"}, "isEscrow": true,
        "products": [{"id": "p", "name": "bean", "amount": 15000, "quantity": 1}],
        "method": {"virtualAccount": {
            "bank": "KOOKMIN", "expiry": {"validHours": 24}, "option": {"type": "NORMAL"}, "remitteeName": "나루",
            "cashReceipt": {"type": "PERSONAL", "customerIdentityNumber": "010-1234-5678"}}},
    })
}

fn command(request: crate::net::Request) -> Command {
    match plan(request).expect("planned") {
        Plan::Command { command, .. } => command,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_virtual_account_is_decoded() {
    let Command::Account(decoded) = command(post("/payments/p/instant", &account().to_string())) else {
        panic!("an account");
    };
    assert_eq!(decoded.attempt.method, MethodKind::VirtualAccount);
    let input = decoded.input;
    assert_eq!(
        (input.bank.as_str(), input.expiry, input.escrow),
        ("KOOKMIN", AccountExpiry::Hours(24), true)
    );
    assert_eq!(input.kind, AccountKind::Normal);
    assert_eq!(input.customer_phone.as_deref(), Some("010-1234-5678"));
    let receipt = input.receipt.unwrap();
    assert_eq!(receipt.wish, ReceiptWish::Personal);
    assert_eq!(
        receipt.identity.unwrap().expose_secret(),
        "01012345678",
        "hyphens taken out"
    );
    let mut fixed = account();
    fixed["method"]["virtualAccount"]["option"] = json!({"type": "FIXED", "fixed": {"pgAccountId": "buyer-7"}});
    fixed["method"]["virtualAccount"]["expiry"] = json!({"dueDate": "2026-01-01T00:00:00Z"});
    let Command::Account(decoded) = command(post("/payments/p/instant", &fixed.to_string())) else {
        panic!("an account");
    };
    assert_eq!(decoded.input.kind, AccountKind::FixedKey("buyer-7".into()));
    assert_eq!(decoded.input.expiry, AccountExpiry::Due(super::NOW));
}

#[test]
fn wrong_accounts_name_the_field_and_no_number() {
    let base = "/method/virtualAccount";
    for (pointer, value, field) in [
        ("/bank", json!("NOWHERE"), "method.virtualAccount.bank"),
        ("/bank", Value::Null, "method.virtualAccount.bank"),
        ("/expiry", Value::Null, "method.virtualAccount.expiry"),
        ("/expiry", json!({}), "method.virtualAccount.expiry.validHours"),
        (
            "/expiry",
            json!({"validHours": 0}),
            "method.virtualAccount.expiry.validHours",
        ),
        (
            "/expiry",
            json!({"validHours": 1, "dueDate": "2026-01-01T00:00:00Z"}),
            "method.virtualAccount.expiry.dueDate",
        ),
        ("/option", json!({}), "method.virtualAccount.option.type"),
        (
            "/option",
            json!({"type": "FIXED"}),
            "method.virtualAccount.option.fixed",
        ),
        (
            "/option",
            json!({"type": "FIXED", "fixed": {}}),
            "method.virtualAccount.option.fixed.pgAccountId",
        ),
        (
            "/cashReceipt",
            json!({"type": "PERSONAL"}),
            "method.virtualAccount.cashReceipt.customerIdentityNumber",
        ),
        (
            "/cashReceipt",
            json!({"type": "PERSONAL", "customerIdentityNumber": "abc99887766"}),
            "method.virtualAccount.cashReceipt.customerIdentityNumber",
        ),
    ] {
        let mut body = account();
        *body.pointer_mut(&format!("{base}{pointer}")).unwrap() = value.clone();
        let (status, kind, message) = refusal(post("/payments/p/instant", &body.to_string()));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{value}");
        assert!(message.starts_with(&format!("{field}:")), "{message}");
        assert!(!message.contains("99887766"), "{message}");
    }
    let mut both = account();
    both["method"]["card"] = json!({"credential": {}});
    assert!(
        refusal(post("/payments/p/instant", &both.to_string()))
            .2
            .starts_with("method.card:")
    );
}

fn receipt_body() -> Value {
    json!({"paymentId": "order/1", "channelKey": "channel-key-1", "type": "CORPORATE", "orderName": "커피",
        "currency": "KRW", "amount": {"total": 11000, "taxFree": 1000}, "productType": "DIGITAL",
        "customer": {"identityNumber": "123-45-67890", "identityNumberType": "BUSINESS", "name": "나루"},
        "paidAt": "2026-01-01T00:00:00Z", "paymentMethod": "VIRTUAL_ACCOUNT"})
}

#[test]
fn a_receipt_is_decoded_and_refused_by_field() {
    let Command::IssueReceipt(decoded) = command(post("/cash-receipts", &receipt_body().to_string())) else {
        panic!("a receipt");
    };
    assert_eq!(
        (decoded.channel_key.as_str(), decoded.input.payment_id.as_str()),
        ("channel-key-1", "order/1")
    );
    assert_eq!(
        (decoded.input.kind, decoded.input.amounts.vat),
        (ReceiptKind::Corporate, 909)
    );
    assert_eq!(decoded.input.identity.expose_secret(), "1234567890");
    for (pointer, value, field) in [
        ("/paymentId", json!(" "), "paymentId"),
        ("/channelKey", Value::Null, "channelKey"),
        ("/type", json!("NO_RECEIPT"), "type"),
        ("/amount", json!({"total": 0}), "amount.total"),
        ("/customer", Value::Null, "customer"),
        (
            "/customer/identityNumber",
            json!("x1234567890"),
            "customer.identityNumber",
        ),
        (
            "/customer/identityNumberType",
            json!("PASSPORT"),
            "customer.identityNumberType",
        ),
        ("/paymentMethod", json!("CARD"), "paymentMethod"),
    ] {
        let mut body = receipt_body();
        *body.pointer_mut(pointer).unwrap() = value;
        let (status, _, message) = refusal(post("/cash-receipts", &body.to_string()));
        assert_eq!(status, 400);
        assert!(message.starts_with(&format!("{field}:")), "{pointer} {message}");
        assert!(!message.contains("1234567890"), "{message}");
    }
}

#[test]
fn calls_without_a_body_and_foreign_stores() {
    for (path, wanted) in [
        ("/payments/p%2F1/virtual-account/close", "close"),
        ("/payments/p%2F1/cash-receipt/cancel", "cancel"),
    ] {
        let payment_id = match command(post(path, "")) {
            Command::CloseAccount { payment_id, .. } if wanted == "close" => payment_id,
            Command::CancelReceipt { payment_id, .. } if wanted == "cancel" => payment_id,
            other => panic!("{other:?}"),
        };
        assert_eq!(payment_id, "p/1");
        command(post(&format!("{path}?storeId={STORE}"), "{}"));
        let foreign = format!("{path}?storeId={}", super::OTHER_STORE);
        assert_eq!(refusal(post(&foreign, "")).0, 403);
    }
    assert_eq!(
        refusal(post("/payments/p/escrow/complete", "")).0,
        400,
        "that one has a body"
    );
}

#[test]
fn lists_and_single_receipts_are_queries() {
    let found = |target: &str| match plan(get(target)).unwrap() {
        Plan::Query { query, .. } => query,
        other => panic!("{other:?}"),
    };
    assert!(matches!(found("/payments/a/cash-receipt"), Query::Receipt(id) if id == "a"));
    let filter = json!({"page": {"number": 1, "size": 5}, "sort": {"by": "CANCELLED_AT", "order": "ASC"},
        "filter": {"statuses": ["ISSUED", "FAILED"], "types": ["PERSONAL"], "pgProviders": ["TOSSPAYMENTS"],
            "from": "2026-01-01T00:00:00Z", "isTest": true}});
    let encoded =
        percent_encoding::utf8_percent_encode(&filter.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string();
    let Query::Receipts(query) = found(&format!("/cash-receipts?requestBody={encoded}")) else {
        panic!("receipts");
    };
    assert_eq!((query.filter.offset, query.filter.limit, query.nothing), (5, 5, false));
    assert_eq!(query.filter.states, [ReceiptState::Issued, ReceiptState::IssueFailed]);
    assert!(query.filter.ascending);
    let refused = |body: Value| refusal(request(Method::GET, "/cash-receipts", &body.to_string())).2;
    assert!(refused(json!({"filter": {"statuses": ["ISSUE_FAILED"]}})).starts_with("filter.statuses:"));
    assert!(refused(json!({"filter": {"pgCompanies": ["X"]}})).starts_with("filter.pgCompanies:"));
}

#[test]
fn escrow_is_decoded() {
    let body = json!({"logistics": {"company": "CJ", "invoiceNumber": "1234", "sentAt": "2026-01-01T00:00:00Z",
        "address": {"addressLine1": "테헤란로 1", "addressLine2": "2층"}}, "receiver": {"name": "홍길동"}});
    for (method, action) in [
        (Method::POST, EscrowAction::Register),
        (Method::PATCH, EscrowAction::Modify),
    ] {
        let Command::Escrow(told) = command(request(method, "/payments/p/escrow/logistics", &body.to_string())) else {
            panic!("escrow");
        };
        let shipment = told.shipment.unwrap();
        assert_eq!((told.action, shipment.company.as_str()), (action, "CJ"));
        assert_eq!(shipment.receiver.address.as_deref(), Some("테헤란로 1 2층"));
    }
    let Command::Escrow(told) = command(post("/payments/p/escrow/complete", r#"{"fromStore":true}"#)) else {
        panic!("escrow");
    };
    assert_eq!(told.action, EscrowAction::Complete { from_store: true });
    for (pointer, value, field) in [
        ("/logistics/company", json!("PIGEON"), "logistics.company"),
        ("/logistics/sentAt", json!("today"), "logistics.sentAt"),
        ("/logistics", Value::Null, "logistics"),
    ] {
        let mut wrong = body.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let message = refusal(post("/payments/p/escrow/logistics", &wrong.to_string())).2;
        assert!(message.starts_with(&format!("{field}:")), "{message}");
    }
}

fn receipt(state: ReceiptState) -> CashReceipt {
    let mut receipt = receipt_sample("p", 1000);
    let issued = ReceiptEvent::Issued {
        pg_receipt_id: "rk".into(),
        issue_number: "123456789".into(),
        url: "https://receipt.example".into(),
        issued_at: Some(super::NOW),
    };
    let why = Failure::new(FailureKind::Other, "NTS_ERROR", "m");
    let cancelled = ReceiptEvent::Cancelled { amount: 1000, at: None };
    let events = match state {
        ReceiptState::Issuing => vec![],
        ReceiptState::Issued => vec![issued],
        ReceiptState::Cancelled => vec![issued, cancelled],
        ReceiptState::IssueFailed => vec![issued, ReceiptEvent::IssueFailed(why)],
    };
    for event in &events {
        receipt.apply(event, super::NOW).unwrap();
    }
    receipt
}

fn fine(shape: &str, value: &impl serde::Serialize) -> Value {
    let value = serde_json::to_value(value).unwrap();
    assert_eq!(check(shape, &value), Ok(()), "{value}");
    value
}

#[test]
fn receipts_have_the_published_shapes() {
    for state in [ReceiptState::Issued, ReceiptState::Cancelled, ReceiptState::IssueFailed] {
        let receipt = receipt(state);
        let shown = fine("CashReceipt", &view::cash_receipt(&receipt, "merchant-1").unwrap());
        assert_eq!(shown["status"], json!(state.as_str()));
        let page = view::ReceiptPage {
            items: view::cash_receipt(&receipt, "merchant-1").into_iter().collect(),
            page: PageInfo {
                number: 0,
                size: 10,
                total_count: 1,
            },
        };
        fine("GetCashReceiptsResponse", &page);
    }
    let issuing = receipt(ReceiptState::Issuing);
    assert!(
        view::cash_receipt(&issuing, "merchant-1").is_none(),
        "PortOne has no such state"
    );
    let issued = receipt(ReceiptState::Issued);
    fine("IssueCashReceiptResponse", &ReceiptAnswer::from(&issued));
    let taken = receipt(ReceiptState::Cancelled);
    let answer = fine("CancelCashReceiptResponse", &ReceiptCancelAnswer::new(&taken, 1000));
    assert_eq!(answer["cancelledAmount"], json!(1000));
}

#[test]
fn a_payment_shows_its_receipt_and_its_escrow() {
    let mut t = sample();
    t.cash_receipt = Some(PaymentReceipt {
        kind: Some(ReceiptKind::Corporate),
        pg_receipt_id: Some("rk".into()),
        issue_number: "1".into(),
        total: 1000,
        tax_free: Some(0),
        url: None,
        issued_at: None,
        cancelled_at: None,
    });
    t.escrow = Some(Escrow::new());
    let shown = fine("Payment", &render::payment(&t, "merchant-1"));
    assert_eq!(shown["cashReceipt"]["status"], json!("ISSUED"));
    assert_eq!(shown["escrow"], json!({"status": "BEFORE_REGISTERED"}));
    fine("PaymentTransaction", &render::transaction(&t, "merchant-1"));
    t.cash_receipt.as_mut().unwrap().cancelled_at = Some(super::NOW);
    for state in [
        EscrowState::Registered,
        EscrowState::Delivered,
        EscrowState::Confirmed,
        EscrowState::Rejected,
        EscrowState::Cancelled,
        EscrowState::RejectConfirmed,
    ] {
        t.escrow = Some(Escrow {
            state,
            company: Some("CJ".into()),
            invoice_number: Some("1234".into()),
            sent_at: Some(super::NOW),
            applied_at: Some(super::NOW),
            automatic: None,
        });
        let shown = fine("Payment", &render::payment(&t, "merchant-1"));
        assert_eq!(shown["escrow"]["invoiceNumber"], json!("1234"), "{state:?}");
        assert_eq!(shown["cashReceipt"]["status"], json!("CANCELLED"));
    }
    // A state that needs a delivery which nobody told: left out rather than made up.
    t.escrow = Some(Escrow {
        state: EscrowState::Cancelled,
        ..Escrow::new()
    });
    assert_eq!(fine("Payment", &render::payment(&t, "merchant-1")).get("escrow"), None);
    // A stand-alone receipt beside a payment that has none of its own.
    t.cash_receipt = None;
    let standing = receipt(ReceiptState::Issued);
    let mut shown = render::payment(&t, "merchant-1");
    shown.beside(view::beside(&t, &standing));
    assert_eq!(
        fine("Payment", &shown)["cashReceipt"]["issueNumber"],
        json!("123456789")
    );
    t.status = Status::VirtualAccountIssued;
    assert!(
        view::beside(&t, &standing).is_none(),
        "the shape has no receipt before the deposit"
    );
}

#[test]
fn answers_of_closing_and_escrow() {
    let mut t = sample();
    t.failed_at = Some(super::NOW);
    fine("CloseVirtualAccountResponse", &ClosedAnswer::from(&t));
    t.escrow = Some(Escrow {
        state: EscrowState::Registered,
        company: Some("CJ".into()),
        invoice_number: Some("1234".into()),
        sent_at: Some(super::NOW),
        applied_at: Some(super::NOW),
        automatic: None,
    });
    fine(
        "ApplyEscrowLogisticsResponse",
        &EscrowAnswer::new(&t, EscrowAction::Register),
    );
    fine(
        "ModifyEscrowLogisticsResponse",
        &EscrowAnswer::new(&t, EscrowAction::Modify),
    );
    let complete = EscrowAction::Complete { from_store: true };
    fine("ConfirmEscrowResponse", &EscrowAnswer::new(&t, complete));
}

#[test]
fn refusals_are_in_the_published_unions() {
    let failure = || EngineError::Pg(Failure::new(FailureKind::Other, "X", "x"));
    let unsupported = || EngineError::Unsupported(crate::adapters::Refusal::new("channelKey", "never"));
    for (union, error) in [
        ("CloseVirtualAccountError", EngineError::NotWaitingForDeposit),
        ("CloseVirtualAccountError", EngineError::NotFound),
        ("CloseVirtualAccountError", failure()),
        ("IssueCashReceiptError", EngineError::ReceiptExists),
        ("IssueCashReceiptError", failure()),
        ("IssueCashReceiptError", unsupported()),
        ("CancelCashReceiptError", EngineError::NoReceipt),
        ("CancelCashReceiptError", EngineError::ReceiptNotIssued),
        ("CancelCashReceiptError", failure()),
        ("ApplyEscrowLogisticsError", EngineError::NotPaid),
        ("ApplyEscrowLogisticsError", unsupported()),
        ("ConfirmEscrowError", unsupported()),
        ("RegisterStoreReceiptError", EngineError::NotPaid),
    ] {
        fits(union, &ApiError::from(error));
    }
    fits("GetCashReceiptError", &ApiError::cash_receipt_not_found());
}
