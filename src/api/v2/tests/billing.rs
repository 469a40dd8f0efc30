//! Billing keys and schedules: what is accepted, and that every answer has its published shape.

use super::schema::{check, error_status};
use super::{NOW, STORE, get, plan, post, refusal, request};
use crate::api::v2::billing::{BillingCommand, BillingQuery};
use crate::api::v2::error::ApiError;
use crate::api::v2::input::Channel;
use crate::api::v2::plan::{Command, Plan, Query};
use crate::engine::{BillingError, ChannelFailure, EngineError, KEY_NOT_ENCODABLE};
use crate::ledger::{KeyTime, ScheduleTime};
use crate::payment::{
    CardDetail, Failure, FailureKind, GroupRef, KeyEvent, KeyStatus, MethodDetail, MethodKind, PartIssued,
    ScheduleEvent, ScheduleStatus, billing_key_sample, schedule_sample,
};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn command(target: &str, body: &Value) -> BillingCommand {
    billing_command(plan(post(target, &body.to_string())).unwrap())
}

fn billing_command(plan: Plan) -> BillingCommand {
    match plan {
        Plan::Command {
            command: Command::Billing(command),
            ..
        } => command,
        other => panic!("{other:?}"),
    }
}

fn query(target: &str) -> BillingQuery {
    match plan(get(target)).unwrap() {
        Plan::Query {
            query: Query::Billing(query),
            ..
        } => query,
        other => panic!("{other:?}"),
    }
}

fn card() -> Value {
    json!({"card": {"credential": {
        "number": "9410001234567890", "expiryYear": "30", "expiryMonth": "12",
        "birthOrBusinessRegistrationNumber": "900101", "passwordTwoDigits": "12"
    }}})
}

fn order() -> Value {
    json!({
        "billingKey": "billing-key-1", "orderName": "구독 1월", "amount": {"total": 9_900, "taxFree": 900},
        "currency": "KRW", "customer": {"id": "buyer-1", "name": {"full": "김나루"}}, "customData": "{}",
        "installmentMonth": 1, "noticeUrls": ["https://shop.example/hook"]
    })
}

#[test]
fn an_issue_names_a_channel_or_a_group_and_keeps_its_card_secret() {
    let body = json!({
        "channelKey": "c", "method": card(), "customer": {"id": "buyer-1", "name": {"full": "김나루"}, "email": "a@b.example"},
        "customData": "x", "skipWebhook": true, "storeId": STORE
    });
    let BillingCommand::Issue(issue) = command("/billing-keys", &body) else {
        panic!("an issue")
    };
    assert_eq!(issue.channel, Channel::Key("c".into()));
    assert_eq!(issue.card.number.expose_secret(), "9410001234567890");
    assert_eq!(issue.key.customer_name.as_deref(), Some("김나루"));
    assert_eq!(issue.key.extras["skipWebhook"], true);
    assert!(!format!("{issue:?}").contains("9410001234567890"));
    let group = json!({"channelGroupId": "g", "method": card()});
    let BillingCommand::Issue(issue) = command("/billing-keys", &group) else {
        panic!("an issue")
    };
    assert_eq!(issue.channel, Channel::Group("g".into()));
    for (body, field) in [
        (json!({"method": card()}), "channelKey: "),
        (json!({"channelKey": "c"}), "method.card: "),
        (json!({"channelKey": "c", "method": {}}), "method.card: "),
        (
            json!({"channelKey": "c", "method": {"card": {}}}),
            "method.card.credential: ",
        ),
        (
            json!({"channelKey": "c", "method": {"card": {"credential": {"number": "12"}}}}),
            "method.card.credential.number: ",
        ),
        (
            json!({"channelKey": "c", "method": card(), "bypass": {"x": 1}}),
            "bypass: ",
        ),
    ] {
        let (status, kind, message) = refusal(post("/billing-keys", &body.to_string()));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"));
        assert!(message.starts_with(field), "{message}");
    }
}

#[test]
fn a_charge_and_a_schedule_read_the_same_order() {
    let BillingCommand::Pay(payment) = command("/payments/p%2F1/billing-key", &order()) else {
        panic!("a payment")
    };
    assert_eq!((payment.payment_id.as_str(), payment.store_id.as_str()), ("p/1", STORE));
    assert_eq!(payment.order.billing_key, "billing-key-1");
    assert_eq!((payment.order.amounts.total, payment.order.amounts.vat), (9_900, 818));
    assert_eq!(payment.order.installment_months, 0, "one month is a lump sum");
    let body = json!({"payment": order(), "timeToPay": "2030-01-01T09:00:00+09:00"});
    let BillingCommand::Schedule(new) = command("/payments/p/schedule", &body) else {
        panic!("a schedule")
    };
    assert_eq!(new.order, payment.order);
    assert_eq!(new.time_to_pay, 1_893_456_000_000);
    let with = |name: &str, value: Value| {
        let mut order = order();
        order[name] = value;
        order
    };
    for (body, field) in [
        (with("billingKey", Value::Null), "billingKey: is required"),
        (with("amount", json!({})), "amount.total: "),
        (with("currency", json!("krw")), "currency: "),
        (with("promotionId", json!("p")), "promotionId: "),
        (with("cashReceipt", json!({"type": "PERSONAL"})), "cashReceipt: "),
        (with("installmentMonth", json!(-1)), "installmentMonth: "),
    ] {
        let (_, _, message) = refusal(post("/payments/p/billing-key", &body.to_string()));
        assert!(message.starts_with(field), "{message}");
        let schedule = json!({"payment": body, "timeToPay": "2030-01-01T00:00:00Z"});
        let (_, _, message) = refusal(post("/payments/p/schedule", &schedule.to_string()));
        assert!(message.starts_with(&format!("payment.{field}")), "{message}");
    }
    let parts = with("amount", json!({"total": 100, "taxFree": 90, "vat": 20}));
    let (status, kind, _) = refusal(post("/payments/p/billing-key", &parts.to_string()));
    assert_eq!((status, kind), (409, "SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT"));
    let (_, _, message) = refusal(post("/payments/p/schedule", "{}"));
    assert_eq!(message, "timeToPay: is required");
}

#[test]
fn a_deletion_stands_in_the_query_and_a_revocation_in_either() {
    let delete = |query: &str| {
        plan(request(
            Method::DELETE,
            &format!("/billing-keys/billing-key-1?{query}"),
            "",
        ))
    };
    let BillingCommand::Delete(found) =
        billing_command(delete("reason=%EC%8B%AB%EC%96%B4%EC%84%9C&requester=CUSTOMER&skipWebhook=true").unwrap())
    else {
        panic!("a deletion")
    };
    assert_eq!(found.billing_key, "billing-key-1");
    assert_eq!(found.reason.as_deref(), Some("싫어서"));
    assert!(found.skip_webhook);
    for (query, field) in [
        ("requester=ME", "requester: "),
        ("skipWebhook=yes", "skipWebhook: "),
        ("storeId=other", "storeId: "),
    ] {
        let error = delete(query).unwrap_err();
        assert!(error.message().starts_with(field), "{}", error.message());
    }
    let body = r#"{"billingKey":"k","scheduleIds":["a","b"]}"#;
    let encoded = percent_encoding::utf8_percent_encode(body, percent_encoding::NON_ALPHANUMERIC);
    let in_query = request(Method::DELETE, &format!("/payment-schedules?requestBody={encoded}"), "");
    for request in [request(Method::DELETE, "/payment-schedules", body), in_query] {
        let BillingCommand::Revoke(revoke) = billing_command(plan(request).unwrap()) else {
            panic!("a revocation")
        };
        assert_eq!(revoke.billing_key.as_deref(), Some("k"));
        assert_eq!(revoke.ids, Some(vec!["a".to_owned(), "b".to_owned()]));
    }
    for body in ["{}", r#"{"scheduleIds":[]}"#, r#"{"scheduleIds":[1]}"#] {
        let (status, _, _) = refusal(request(Method::DELETE, "/payment-schedules", body));
        assert_eq!(status, 400, "{body}");
    }
}

fn list(path: &str, body: &Value) -> BillingQuery {
    let text = body.to_string();
    let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
    query(&format!("{path}?requestBody={encoded}"))
}

#[test]
fn lists_are_filtered_by_what_is_asked_for() {
    let body = json!({
        "page": {"number": 2, "size": 20}, "sort": {"by": "ISSUED_AT", "order": "ASC"},
        "filter": {
            "timeRangeField": "STATUS_TIMESTAMP", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z",
            "status": ["DELETED"], "channelGroupIds": ["g"], "customerId": "b", "platformType": "SDK_PC",
            "textSearch": {"field": "CARD_BIN", "value": "9410"}, "pgProviders": ["TOSSPAYMENTS"], "methods": ["CARD"]
        }
    });
    let BillingQuery::Keys(keys) = list("/billing-keys", &body) else {
        panic!("keys")
    };
    let f = &keys.filter;
    assert_eq!(
        (f.offset, f.limit, f.sort, f.ascending),
        (40, 20, KeyTime::Issued, true)
    );
    assert_eq!(
        (f.time, f.from, f.until),
        (KeyTime::Status, Some(1_767_225_600_000), Some(1_769_904_000_000))
    );
    assert_eq!(
        (f.status.as_slice(), f.methods.as_slice()),
        (&[KeyStatus::Deleted][..], &[MethodKind::Card][..])
    );
    assert_eq!(f.platform.as_deref(), Some("PC"));
    assert_eq!(f.text, Some(("CARD_BIN".into(), "9410".into())));
    let ninety_days = 90 * 24 * 60 * 60 * 1_000;
    let BillingQuery::Keys(bare) = query("/billing-keys") else {
        panic!("keys")
    };
    assert_eq!(bare.filter.from, Some(NOW - ninety_days));

    let body = json!({
        "sort": {"by": "TIME_TO_PAY"}, "filter": {"billingKey": "k", "status": ["SCHEDULED", "PENDING"], "isForTest": true}
    });
    let BillingQuery::Schedules(schedules) = list("/payment-schedules", &body) else {
        panic!("schedules")
    };
    let f = &schedules.filter;
    assert_eq!(
        (f.sort, f.is_test, f.from),
        (ScheduleTime::TimeToPay, Some(true), Some(NOW - ninety_days))
    );
    assert_eq!(f.status, [ScheduleStatus::Scheduled, ScheduleStatus::Pending]);
    assert_eq!(f.billing_key.as_deref(), Some("k"));
    assert!(matches!(query("/payment-schedules/s%201"), BillingQuery::Schedule(id) if id == "s 1"));
    assert!(matches!(query("/billing-keys/k"), BillingQuery::Key(id) if id == "k"));
    let (_, _, message) = refusal(get(
        "/billing-keys?requestBody=%7B%22filter%22%3A%7B%22status%22%3A%5B%22NEW%22%5D%7D%7D",
    ));
    assert!(
        message.starts_with("filter.status: must be one of ISSUED, DELETED"),
        "{message}"
    );
}

fn issued(method: Option<MethodDetail>) -> KeyEvent {
    KeyEvent::Issued(Box::new(PartIssued {
        sealed: json!({"sealed": "SEALED-SECRET"}),
        mark: "0123456789abcdef0123456789abcdef".to_owned(),
        method,
        pg_tx_id: Some("tx".into()),
        raw: Some("{}".into()),
        issued_at: Some(2_000),
    }))
}

fn methods() -> Vec<Option<MethodDetail>> {
    let card = CardDetail {
        issuer: Some("HANA_CARD".into()),
        bin: Some("941000".into()),
        number: Some("94100012****789*".into()),
        ..CardDetail::default()
    };
    vec![
        None,
        Some(MethodDetail::Card(card.clone())),
        Some(MethodDetail::EasyPay {
            provider: Some("TOSSPAY".into()),
            card: Some(card),
            charge: false,
        }),
        Some(MethodDetail::EasyPay {
            provider: None,
            card: None,
            charge: true,
        }),
        Some(MethodDetail::Transfer {
            bank: Some("KOOKMIN".into()),
            account_number: Some("123****".into()),
        }),
        Some(MethodDetail::Mobile { phone_number: None }),
    ]
}

#[test]
fn keys_have_the_published_shape_and_show_nothing_of_the_pgs_key() {
    use crate::api::v2::billing::key_view as view;
    for method in methods() {
        let mut key = billing_key_sample("billing-key-1", 2);
        key.group = Some(GroupRef {
            id: "g".into(),
            name: "묶음".into(),
            is_for_test: true,
        });
        key.custom_data = Some("x".into());
        assert!(view(&key, "m").is_none(), "nothing is issued yet");
        for channel in ["c0", "c1"] {
            key.apply(channel, &KeyEvent::IssueStarted, 1_000).unwrap();
        }
        let failure = Failure::new(FailureKind::InvalidCard, "X", "y");
        key.apply("c1", &KeyEvent::IssueFailed(failure), 1_500).unwrap();
        key.apply("c0", &issued(method), 2_000).unwrap();
        let shown = serde_json::to_value(view(&key, "m")).unwrap();
        assert_eq!(check("BillingKeyInfo", &shown), Ok(()), "{shown}");
        assert_eq!(shown["status"], "ISSUED");
        assert_eq!(shown["channels"].as_array().unwrap().len(), 1);
        assert_eq!(shown["pgBillingKeyIssueResponses"][1]["failure"]["pgCode"], "X");
        assert!(!shown.to_string().contains("SEALED"), "{shown}");
        let answer = crate::api::v2::billing::issued_view(&key);
        assert_eq!(check("IssueBillingKeyResponse", &answer), Ok(()), "{answer}");
        key.apply("c0", &KeyEvent::Deleted(None), 3_000).unwrap();
        let shown = serde_json::to_value(view(&key, "m")).unwrap();
        assert_eq!(check("BillingKeyInfo", &shown), Ok(()), "{shown}");
        assert_eq!(
            (&shown["status"], &shown["deletedAt"]),
            (&json!("DELETED"), &json!("1970-01-01T00:00:03Z"))
        );
    }
}

#[test]
fn schedules_have_the_published_shape_in_every_state() {
    use crate::api::v2::billing::schedule_view as view;
    let mut schedule = schedule_sample("s", "p", "billing-key-1");
    schedule
        .order
        .extras
        .insert("noticeUrls".into(), json!(["https://a.example"]));
    schedule.order.extras.insert(
        "products".into(),
        json!([{"id": "1", "name": "n", "amount": 1, "quantity": 1}]),
    );
    let mut seen = Vec::new();
    let mut fits = |s: &crate::payment::Schedule| {
        let shown = serde_json::to_value(view(s, "m")).unwrap();
        assert_eq!(check("PaymentSchedule", &shown), Ok(()), "{shown}");
        seen.push(s.status);
    };
    fits(&schedule);
    let mut revoked = schedule.clone();
    revoked.apply(ScheduleEvent::Revoked, 2_000).unwrap();
    fits(&revoked);
    schedule.apply(ScheduleEvent::Started, 5_000).unwrap();
    fits(&schedule);
    schedule.apply(ScheduleEvent::Pending, 5_001).unwrap();
    fits(&schedule);
    schedule.apply(ScheduleEvent::Failed, 5_002).unwrap();
    fits(&schedule);
    schedule.apply(ScheduleEvent::Succeeded, 5_003).unwrap();
    fits(&schedule);
    assert_eq!(seen.len(), 6);
}

/// The error is a member of the operation's published union, with the status the union fixes for it.
fn fits(union: &str, error: EngineError) {
    let error = ApiError::from(error);
    let status = u64::from(error.status().as_u16());
    assert_eq!(
        error_status(union, error.kind()),
        Some(status),
        "{union} {}",
        error.kind()
    );
    let wire: Value = serde_json::from_str(&error.body()).unwrap();
    assert_eq!(check(union, &wire), Ok(()), "{union} {wire}");
}

#[test]
fn refusals_are_in_the_published_unions() {
    use BillingError::*;
    let part = &billing_key_sample("k", 2).parts;
    let failed = |n: usize, code: &str| ChannelFailure {
        channel: part[n].channel.clone(),
        failure: Failure::new(FailureKind::InvalidCard, code, "틀린 카드"),
    };
    let channels = || Channels {
        failures: vec![failed(0, "INVALID_CARD_NUMBER"), failed(1, KEY_NOT_ENCODABLE)],
        succeeded: vec![part[1].channel.clone()],
    };
    for (union, errors) in [
        ("IssueBillingKeyError", vec![channels()]),
        (
            "DeleteBillingKeyError",
            vec![KeyNotFound, KeyNotIssued, KeyDeleted, ScheduleExists, channels()],
        ),
        ("ConfirmBillingKeyError", vec![KeyNotFound, KeyIssued]),
        ("GetBillingKeyInfoError", vec![KeyNotFound]),
        (
            "PayWithBillingKeyError",
            vec![KeyNotFound, KeyDeleted, ChannelNotFound("x".into()), ScheduleExists],
        ),
        ("PayInstantlyError", vec![ScheduleExists]),
        (
            "CreatePaymentScheduleError",
            vec![KeyNotFound, KeyDeleted, ScheduleExists, PaidOrWaiting],
        ),
        (
            "RevokePaymentSchedulesError",
            vec![
                KeyNotFound,
                KeyDeleted,
                ScheduleNotFound,
                ScheduleProcessed,
                ScheduleRevoked,
            ],
        ),
        ("GetPaymentScheduleError", vec![ScheduleNotFound]),
    ] {
        for error in errors {
            fits(union, error.into());
        }
    }
    fits("ConfirmBillingKeyError", EngineError::Mismatch("isTest"));
}
