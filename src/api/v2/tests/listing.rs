use super::{NOW, OTHER_STORE, STORE, get, plan, refusal, request};
use crate::api::v2::input::ListQuery;
use crate::api::v2::plan::{Plan, Query};
use crate::payment::{MethodKind, Status};
use http::Method;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn target(body: &Value) -> String {
    format!("/payments?requestBody={}", percent(&body.to_string()))
}

fn read(request: crate::net::Request) -> ListQuery {
    match plan(request) {
        Ok(Plan::Query {
            query: Query::Payments(list),
            ..
        }) => *list,
        other => panic!("{other:?}"),
    }
}

fn filter(members: Value) -> ListQuery {
    read(get(&target(&json!({"filter": members}))))
}

#[test]
fn without_parameters_the_last_ninety_days_of_the_own_store() {
    for path in ["/payments", "/payments?requestBody=", "/payments?requestBody=%7B%7D"] {
        let list = read(get(path));
        assert_eq!(list.filter.stores, [STORE]);
        assert_eq!((list.number, list.size), (0, 10));
        assert_eq!((list.filter.offset, list.filter.limit), (0, 10));
        assert_eq!((list.filter.from, list.filter.until), (Some(NOW - 90 * DAY), None));
        assert!(!list.nothing && !list.filter.ascending);
    }
}

/// Python's encoder writes spaces as `+` and other scripts as `\u` escapes inside the JSON.
#[test]
fn pythons_form_encoding_is_understood() {
    let sent = "%7B%22filter%22%3A+%7B%22textSearch%22%3A+%5B%7B%22field%22%3A+%22CUSTOMER_NAME%22%2C+%22value%22%3A+\
                %22%5Cud64d+%5Cuae38%5Cub3d9%22%7D%5D%7D%7D";
    let list = read(get(&format!("/payments?requestBody={sent}")));
    assert_eq!(list.filter.text, [("CUSTOMER_NAME".to_owned(), "홍 길동".to_owned())]);
}

#[test]
fn a_body_is_taken_but_the_query_wins() {
    let body = r#"{"page":{"size":3}}"#;
    assert_eq!(read(request(Method::GET, "/payments", body)).size, 3);
    let both = request(Method::GET, &target(&json!({"page": {"size": 7}})), body);
    assert_eq!(read(both).size, 7);
    let (status, _, message) = refusal(get("/payments?requestBody=%7B"));
    assert_eq!(status, 400);
    assert!(message.starts_with("requestBody: must be a JSON object"), "{message}");
}

#[test]
fn filters_are_mapped() {
    let list = filter(json!({
        "storeId": STORE, "merchantId": "merchant-1", "timestampType": "STATUS_CHANGED_AT",
        "from": "2025-12-01T00:00:00+09:00", "until": "2026-01-01T00:00:00Z",
        "status": ["READY", "PENDING", "PAID"], "methods": ["CARD", "CRYPTO"], "pgProvider": ["TOSSPAYMENTS"],
        "isTest": true, "currency": "KRW", "platformType": "SDK_MOBILE", "sortBy": "REQUESTED_AT",
        "sortOrder": "ASC", "version": "V2", "isEscrow": false, "isScheduled": false,
    }));
    let f = &list.filter;
    assert!(f.by_status_change && !f.sort_by_status_change && f.ascending);
    assert_eq!((f.from, f.until), (Some(NOW - 31 * DAY - 9 * 3_600_000), Some(NOW)));
    assert_eq!(
        f.status,
        [
            Status::Ready,
            Status::Approving,
            Status::Unknown,
            Status::PayPending,
            Status::Paid
        ]
    );
    assert_eq!(f.methods, [MethodKind::Card]);
    assert_eq!(f.pg_providers, ["TOSSPAYMENTS"]);
    assert_eq!(f.platform.as_deref(), Some("MOBILE"));
    assert_eq!(f.currency.as_deref(), Some("KRW"));
    assert!(!list.nothing);
    let by_change = filter(json!({"timestampType": "STATUS_CHANGED_AT", "until": "2026-01-01T00:00:00Z"}));
    assert!(
        by_change.filter.sort_by_status_change,
        "the range's field is the default sort"
    );
    assert_eq!(by_change.filter.from, Some(NOW - 90 * DAY));
}

#[test]
fn what_no_payment_has_finds_nothing_rather_than_everything() {
    for members in [
        json!({"methods": ["CRYPTO"]}),
        json!({"version": "V1"}),
        json!({"textSearch": [{"field": "PROMOTION_ID", "value": "b"}]}),
    ] {
        assert!(filter(members.clone()).nothing, "{members}");
    }
}

#[test]
fn facts_are_searched_for() {
    let found = filter(json!({
        "isEscrow": true, "escrowStatus": "DELIVERED", "cardBrand": "VISA", "cardType": "CREDIT",
        "cardOwnerType": "PERSONAL", "giftCertificateType": "CULTURELAND",
    }));
    assert!(!found.nothing);
    assert_eq!(found.filter.escrow, Some(true));
    let facts = [
        ("escrowStatus", "DELIVERED"),
        ("cardBrand", "VISA"),
        ("cardType", "CREDIT"),
        ("cardOwnerType", "PERSONAL"),
        ("giftCertificateType", "CULTURELAND"),
    ];
    assert_eq!(found.filter.facts, facts);
}

#[test]
fn charged_keys_and_schedules_are_searched_for() {
    let found =
        filter(json!({"isScheduled": false, "textSearch": [{"field": "BILLING_KEY", "value": "billing-key-1"}]}));
    assert!(!found.nothing);
    assert_eq!(found.filter.scheduled, Some(false));
    assert_eq!(
        found.filter.text,
        [("BILLING_KEY".to_owned(), "billing-key-1".to_owned())]
    );
    assert_eq!(filter(json!({})).filter.scheduled, None);
}

#[test]
fn pages_have_limits() {
    let page = |number: i64, size: i64| get(&target(&json!({"page": {"number": number, "size": size}})));
    assert_eq!(read(page(59, 1_000)).filter.offset, 59_000);
    for (number, size, named) in [
        (60, 1_000, "page.number"),
        (i64::from(i32::MAX), 1_000, "page.number"),
        (-1, 10, "page.number"),
        (0, 0, "page.size"),
        (0, 1_001, "page.size"),
        (0, i64::MAX, "page.size"),
    ] {
        let (status, _, message) = refusal(page(number, size));
        assert_eq!(status, 400);
        assert!(message.starts_with(&format!("{named}: ")), "{message}");
    }
}

#[test]
fn every_filter_member_is_checked_or_refused_by_name() {
    for (name, value) in [
        ("timestampType", json!("PAID_AT")),
        ("from", json!("yesterday")),
        ("from", json!(1_700_000_000)),
        ("until", json!("2026-01-01")),
        ("status", json!("PAID")),
        ("status", json!(["PAY_PENDING"])),
        ("methods", json!(["card"])),
        ("pgProvider", json!(["toss payments"])),
        ("pgProvider", json!([1])),
        ("isTest", json!("true")),
        ("isScheduled", json!(1)),
        ("sortBy", json!("PAID_AT")),
        ("sortOrder", json!("UP")),
        ("version", json!("V3")),
        ("platformType", json!("PC")),
        ("currency", json!("krw")),
        ("escrowStatus", json!("LOST")),
        ("cashReceiptType", json!("X")),
        ("cashReceiptStatus", json!("ISSUED")),
        ("cashReceiptIssuedAtRange", json!({})),
        ("webhookStatus", json!("SUCCEEDED")),
        ("isEscrow", json!("true")),
        ("cardBrand", json!("GOLD")),
        ("cardType", json!("credit")),
        ("cardOwnerType", json!("SHARED")),
        ("giftCertificateType", json!("X")),
        ("textSearch", json!({})),
        ("storeId", json!(1)),
    ] {
        let (status, kind, message) = refusal(get(&target(&json!({"filter": {name: value}}))));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{name}");
        assert!(message.starts_with(&format!("filter.{name}: ")), "{name}: {message}");
    }
    let bad_field = json!({"filter": {"textSearch": [{"field": "ALL", "value": "a"}, {"field": "X", "value": "a"}]}});
    let (_, _, message) = refusal(get(&target(&bad_field)));
    assert!(message.starts_with("filter.textSearch[1].field: "), "{message}");
    let backwards = json!({"filter": {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}});
    let (_, _, message) = refusal(get(&target(&backwards)));
    assert!(message.starts_with("filter.from: "), "{message}");
}

#[test]
fn foreign_stores_and_merchants_are_forbidden() {
    for members in [json!({"storeId": OTHER_STORE}), json!({"merchantId": "merchant-2"})] {
        let (status, kind, _) = refusal(get(&target(&json!({"filter": members}))));
        assert_eq!((status, kind), (403, "FORBIDDEN"));
    }
}
