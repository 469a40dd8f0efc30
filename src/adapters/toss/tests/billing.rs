//! Billing keys: fixtures of each call, the window, and where the key may never stand.

use super::*;
use crate::adapters::testing::{approval, run, told};
use secrecy::ExposeSecret;
use std::time::Duration;

const KEY: &str = "Z_t5vOvQxrj4499PeiJcjen28-V2RyqgYTwN44Rdzk0=";
const CUSTOMER_KEY: &str = "0b5f1f8e-3f0f-4b62-9a55-6d1b5a0f2c11";

fn billing() -> &'static dyn BillingKeys {
    Toss.billing_keys().unwrap()
}

fn card() -> CardInput {
    CardInput {
        number: "9410001234567890".to_owned().into(),
        expiry_year: "30".to_owned().into(),
        expiry_month: "12".to_owned().into(),
        birth_or_business: Some("900101".to_owned().into()),
        password_two_digits: Some("12".to_owned().into()),
    }
}

fn issued(key: IssuedKey) -> Value {
    let raw = key.raw.expect("the answer is kept");
    assert!(!raw.contains(key.key.expose_secret()), "the key in {raw}");
    json!({ "key": key.key.expose_secret(), "issuedAt": key.issued_at, "method": key.method })
}

#[test]
fn by_card() {
    let channel = channel();
    let by_card = billing().by_card().unwrap();
    run::<IssueKey>(
        include_str!("../fixtures/billing_card.json"),
        |command| {
            let command = IssueKey {
                card: Some(card()),
                ..command.clone()
            };
            by_card.issue(&command, &channel)
        },
        |command, call, answer| told(done(by_card.issued(command, &channel, call, answer)), issued),
    );
    let without: IssueKey = issue_command();
    let refusal = by_card.issue(&without, &channel).unwrap_err();
    assert_eq!(refusal.field, "method.card.credential");
}

#[test]
fn by_window() {
    let channel = channel();
    let window = billing().by_window().unwrap();
    run::<IssueKey>(
        include_str!("../fixtures/billing_exchange.json"),
        |command| {
            let command = IssueKey {
                token: json!({"authKey": "auth_1"}),
                ..command.clone()
            };
            window.exchange(&command, &channel)
        },
        |command, call, answer| told(done(window.exchanged(command, &channel, call, answer)), issued),
    );
    let without = issue_command();
    assert_eq!(
        window.exchange(&without, &channel).unwrap_err().field,
        "billingIssueToken"
    );
}

fn with_key(command: &Charge) -> Charge {
    Charge {
        key: Some(SecretString::from(KEY)),
        ..command.clone()
    }
}

#[test]
fn charge() {
    let channel = channel();
    run::<Charge>(
        include_str!("../fixtures/billing_charge.json"),
        |command| billing().charge(&with_key(command), &channel),
        |command, call, answer| told(done(billing().charged(command, &channel, call, answer)), approval),
    );
}

#[test]
fn delete() {
    let channel = channel();
    let deletion = billing().deletion().unwrap();
    run::<DeleteKey>(
        include_str!("../fixtures/billing_delete.json"),
        |command| {
            let command = DeleteKey {
                key: Some(SecretString::from(KEY)),
                ..command.clone()
            };
            deletion.delete(&command, &channel)
        },
        |command, call, answer| told(done(deletion.deleted(command, &channel, call, answer)), |_| json!(true)),
    );
}

fn issue_command() -> IssueKey {
    IssueKey {
        order_id: "01BILLING0001".into(),
        customer_key: CUSTOMER_KEY.into(),
        name: None,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        idempotency_key: "issue-1".into(),
        at: 1_767_290_705_000,
        token: Value::Null,
        card: None,
    }
}

fn open(raw: Value, method: MethodKind) -> Result<Opened, Refusal> {
    let request = OpenKeyRequest {
        order_id: "01BILLING0001".into(),
        customer_key: CUSTOMER_KEY.into(),
        name: Some("구독".into()),
        method,
        display_amount: Some(1_000),
        device: Device::Pc,
        customer_name: Some("나루".into()),
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        at: 0,
        return_url: "https://pay.example/checkout/return/t".into(),
        raw,
    };
    billing().by_window().unwrap().open(&request, &channel(), None)
}

#[test]
fn the_window_is_asked_for_a_registration_and_never_for_money() {
    let opened = open(json!({}), MethodKind::Card).unwrap();
    let Open::Script {
        call,
        customer_key,
        params,
        client_key,
        ..
    } = opened.open
    else {
        panic!("a script")
    };
    assert_eq!(call, "payment.requestBillingAuth");
    assert_eq!(customer_key.as_deref(), Some(CUSTOMER_KEY));
    assert_eq!(client_key.as_deref(), Some(CLIENT_KEY));
    assert_eq!(
        params,
        json!({
            "method": "CARD", "successUrl": "https://pay.example/checkout/return/t",
            "failUrl": "https://pay.example/checkout/return/t/fail", "windowTarget": "self", "customerName": "나루"
        })
    );
    let direct = open(
        json!({"card": {"cardCompany": "CARD_COMPANY_SHINHAN_CARD"}}),
        MethodKind::Card,
    )
    .unwrap();
    let wallet = open(json!({"easyPay": {"easyPayProvider": "NAVERPAY"}}), MethodKind::EasyPay).unwrap();
    for (opened, member, code) in [(direct, "cardCompany", "41"), (wallet, "easyPay", "NAVERPAY")] {
        let Open::Script { params, .. } = opened.open else {
            panic!("a script")
        };
        assert_eq!(params["flowMode"], "DIRECT");
        assert_eq!(params[member], code);
    }
    let unknown = open(json!({"easyPay": {"easyPayProvider": "KAKAOPAY"}}), MethodKind::EasyPay).unwrap_err();
    assert_eq!(unknown.field, "easyPay.easyPayProvider");
    assert_eq!(
        open(json!({}), MethodKind::Mobile).unwrap_err().field,
        "billingKeyMethod"
    );
}

fn returned(how: ReturnMethod, query: &str) -> Value {
    let back = WindowReturn {
        how,
        query: query.to_owned(),
        body: bytes::Bytes::new(),
        content_type: None,
    };
    let window = billing().by_window().unwrap();
    match window.returned(&back, &issue_command(), None, &channel()) {
        WindowVerdict::Authenticated { token, proof } => {
            assert_eq!(proof, Proof::None, "Toss signs nothing");
            json!({ "authenticated": token })
        }
        WindowVerdict::Failed(failure) => json!({ "failed": failure.code }),
        WindowVerdict::Tampered(refusal) => json!({ "tampered": refusal.field }),
    }
}

#[test]
fn returns() {
    use ReturnMethod::{Close, Fail, Success};
    let good = format!("customerKey={CUSTOMER_KEY}&authKey=bln_1");
    let long = format!("customerKey={CUSTOMER_KEY}&authKey={}", "a".repeat(301));
    let twice = format!("{good}&authKey=bln_2");
    for (how, query, verdict) in [
        (Success, good.as_str(), json!({"authenticated": {"authKey": "bln_1"}})),
        (
            Success,
            "customerKey=other&authKey=bln_1",
            json!({"tampered": "customerKey"}),
        ),
        (Success, "authKey=bln_1", json!({"tampered": "customerKey"})),
        (Success, twice.as_str(), json!({"tampered": "authKey"})),
        (Success, long.as_str(), json!({"tampered": "authKey"})),
        (
            Success,
            "code=PAY_PROCESS_CANCELED&message=x",
            json!({"failed": "PAY_PROCESS_CANCELED"}),
        ),
        (
            Fail,
            "code=PAY_PROCESS_ABORTED",
            json!({"failed": "PAY_PROCESS_ABORTED"}),
        ),
        (Fail, "", json!({"failed": "NARU_WINDOW_FAILED"})),
        (Close, "", json!({"failed": "NARU_WINDOW_CLOSED"})),
        (Close, "code=USER_CANCEL", json!({"failed": "USER_CANCEL"})),
    ] {
        assert_eq!(returned(how, query), verdict, "{query}");
    }
}

#[test]
fn the_key_stands_in_the_request_and_nowhere_that_is_written_down() {
    let command: Charge = serde_json::from_value(json!({
        "orderId": ORDER_ID, "customerKey": CUSTOMER_KEY, "amounts": Amounts::new(1_000, 0, None).unwrap(),
        "currency": "KRW", "orderName": "구독", "method": "CARD", "idempotencyKey": "c", "at": 0,
        "installmentMonths": 0, "freeInstallment": false, "useCardPoint": false, "customerName": null, "customerEmail": null
    }))
    .unwrap();
    assert_eq!(billing().charge(&command, &channel()).unwrap_err().field, "billingKey");
    let command = with_key(&command);
    let call = billing().charge(&command, &channel()).unwrap();
    assert!(call.request.url.ends_with("Rdzk0%3D"));
    assert_eq!(call.request.address(), "https://api.tosspayments.com/v1/billing/***");
    for text in [
        format!("{call:?}"),
        format!("{command:?}"),
        serde_json::to_string(&command).unwrap(),
    ] {
        assert!(!text.contains("Z_t5vO"), "{text}");
    }
    // A key that would name another resource.
    for key in ["", "..", "."] {
        let command = Charge {
            key: Some(SecretString::from(key)),
            ..command.clone()
        };
        assert!(billing().charge(&command, &channel()).is_err(), "{key:?}");
    }
}

#[test]
fn a_lost_answer_is_fetched_again_and_a_lost_key_is_a_persons_case() {
    let steps = |operation| Toss.recovery(operation).steps.to_vec();
    assert_eq!(
        steps(Operation::ChargeBillingKey),
        [RecoveryStep::Replay, RecoveryStep::Inquire]
    );
    assert_eq!(steps(Operation::IssueBillingKey), [RecoveryStep::Replay]);
    assert_eq!(steps(Operation::DeleteBillingKey), [RecoveryStep::Replay]);
    for operation in [Operation::ChargeBillingKey, Operation::IssueBillingKey] {
        let plan = Toss.recovery(operation);
        assert!(
            plan.give_up_after < Duration::from_secs(15 * 86_400),
            "keys are remembered 15 days"
        );
        assert!(plan.give_up_after > Duration::ZERO);
    }
}
