use super::{OTHER_STORE, SECRET, STORE, get, plan, plan_with, post, refusal, request, snapshot_with, tokens};
use crate::api::v2::plan::{Command, Plan, Query, payment_id};
use crate::api::v2::routes;
use http::{HeaderValue, Method};

#[test]
fn unknown_paths_are_404_and_wrong_methods_405() {
    for path in [
        "/",
        "",
        "/payment",
        "/payments/a/b",
        "/payments/a/instant/c",
        "/v1/payments",
        "/payments/a/instant/",
    ] {
        let (status, kind, _) = refusal(get(path));
        assert_eq!((status, kind), (404, "INVALID_REQUEST"), "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, "/payments/a/instant", "POST"),
        (Method::POST, "/payments/a", "GET"),
        (Method::PUT, "/payments/a/escrow/logistics", "PATCH, POST"),
        (Method::PUT, "/billing-keys/confirm", "DELETE, GET, POST"),
        (Method::HEAD, "/payments", "GET"),
    ] {
        let error = plan(request(method, path, "")).unwrap_err();
        assert_eq!(error.response().status(), 405, "{path}");
        assert_eq!(error.response().headers()["allow"], allow);
    }
}

#[test]
fn operations_that_are_not_served_say_so() {
    for (method, path) in [
        (Method::POST, "/billing-keys/confirm-issue-and-pay"),
        (Method::GET, "/kakaopay/payment/order"),
        (Method::POST, "/identity-verifications/i/send"),
    ] {
        let (status, kind, message) = refusal(request(method, path, "{}"));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"));
        assert!(message.contains("is not served by this router: "), "{message}");
    }
    let mut anonymous = post("/payments/a/capture", "{}");
    anonymous.headers.clear();
    assert_eq!(refusal(anonymous).0, 401);
    let mut open = get("/banks");
    open.headers.clear();
    let Ok(Plan::Fixed(banks)) = plan(open) else {
        panic!("open to everybody");
    };
    assert_eq!(
        super::schema::check("GetBankInfosResponse", &serde_json::from_str(&banks).unwrap()),
        Ok(())
    );
}

#[test]
fn labels_are_distinct_words() {
    let find = |method: Method, path| routes::find(&method, path).unwrap().row.label;
    assert_eq!(find(Method::POST, "/payments/a/instant"), "instant");
    assert_eq!(find(Method::POST, "/billing-keys/confirm"), "billing_key_confirm");
    assert_eq!(find(Method::GET, "/billing-keys/confirm"), "billing_key");
    assert_eq!(find(Method::GET, "/payments"), "payments");
}

#[test]
fn payment_ids_are_decoded_after_routing() {
    for (sent, id) in [
        ("order-1", "order-1"),
        ("a%2Fb", "a/b"),
        ("%EC%A3%BC%EB%AC%B8-1", "주문-1"),
        ("100%25", "100%"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("..", ".."),
    ] {
        let planned = plan(get(&format!("/payments/{sent}")));
        match planned {
            Ok(Plan::Query {
                query: Query::Payment(got),
                ..
            }) => assert_eq!(got, id),
            other => panic!("{sent}: {other:?}"),
        }
    }
}

#[test]
fn bad_payment_ids_are_refused_by_name() {
    let kilobytes = "x".repeat(10 << 10);
    let just_too_long = "가".repeat(201);
    for id in ["", "%20", "a%00b", "a%0Ab", "%FF%FE", &kilobytes, &just_too_long] {
        for (method, call) in [
            (Method::GET, ""),
            (Method::POST, "/cancel"),
            (Method::GET, "/transactions"),
        ] {
            let (status, kind, message) = refusal(request(method, &format!("/payments/{id}{call}"), "{}"));
            assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{message}");
            assert!(message.starts_with("paymentId: "), "{message}");
        }
    }
    let longest = "%EA%B0%80".repeat(200);
    assert_eq!(payment_id(Some(&longest)).unwrap().chars().count(), 200);
}

#[test]
fn credentials_are_checked() {
    for header in [
        "",
        "PortOne",
        "PortOne ",
        "PortOne wrong",
        "Basic dXNlcjpwYXNz",
        "Bearer wrong",
        "Bearer self-made-secret-of-store-one",
        SECRET,
    ] {
        let mut bad = get("/payments/a");
        bad.headers
            .insert("authorization", HeaderValue::from_str(header).unwrap());
        let (status, kind, message) = refusal(bad);
        assert_eq!((status, kind), (401, "UNAUTHORIZED"), "{header}");
        assert!(
            header.len() < 9 || !message.contains(header),
            "the message repeats the credential"
        );
    }
    let mut missing = get("/payments/a");
    missing.headers.clear();
    assert_eq!(refusal(missing).0, 401);
    let mut twice = get("/payments/a");
    twice
        .headers
        .append("authorization", HeaderValue::from_static("PortOne other"));
    assert_eq!(refusal(twice).0, 401);
    let mut binary = get("/payments/a");
    binary
        .headers
        .insert("authorization", HeaderValue::from_bytes(b"PortOne \xff").unwrap());
    assert_eq!(refusal(binary).0, 401);
    let expired = snapshot_with(&[(STORE, SECRET, Some(super::NOW))]);
    assert_eq!(
        plan_with(get("/payments/a"), &expired, &tokens()).unwrap_err().status(),
        401
    );
    let lower = {
        let mut request = get("/payments/a");
        request.headers.insert(
            "authorization",
            HeaderValue::from_str(&format!("portone {SECRET}")).unwrap(),
        );
        request
    };
    assert!(plan(lower).is_ok(), "schemes are case-insensitive");
}

#[test]
fn another_store_is_forbidden_in_every_place_it_can_be_named() {
    let body = format!(r#"{{"storeId":"{OTHER_STORE}","reason":"r"}}"#);
    for call in ["instant", "confirm", "cancel", "pre-register"] {
        let (status, kind, _) = refusal(post(&format!("/payments/p/{call}"), &body));
        assert_eq!((status, kind), (403, "FORBIDDEN"), "{call}");
    }
    for path in ["/payments/p", "/payments/p/transactions", "/payments"] {
        let (status, kind, _) = refusal(get(&format!("{path}?storeId={OTHER_STORE}")));
        assert_eq!((status, kind), (403, "FORBIDDEN"), "{path}");
    }
    assert!(plan(get(&format!("/payments/p?storeId={STORE}"))).is_ok());
    let own = format!(r#"{{"storeId":"{STORE}","reason":"r"}}"#);
    assert!(matches!(
        plan(post("/payments/p/cancel", &own)),
        Ok(Plan::Command {
            command: Command::Cancel(_),
            ..
        })
    ));
}

#[test]
fn content_type_does_not_matter() {
    let mut text = post("/payments/p/cancel", r#"{"reason":"r"}"#);
    text.headers
        .insert("content-type", HeaderValue::from_static("text/plain;charset=UTF-8"));
    assert!(plan(text).is_ok());
}

#[test]
fn keys_claim_for_the_store_with_a_fingerprint_of_the_request() {
    let keyed = |target: &str, body: &str| {
        let mut request = post(target, body);
        let key = HeaderValue::from_static("\"0123456789abcdef\"");
        request.headers.insert("idempotency-key", key);
        match plan(request) {
            Ok(Plan::Command { claim: Some(claim), .. }) => claim,
            other => panic!("{other:?}"),
        }
    };
    let first = keyed("/payments/p/cancel", r#"{"reason":"r"}"#);
    assert_eq!(first.scope, format!("v2:{STORE}"));
    assert_eq!(first.key, "0123456789abcdef");
    assert_eq!(first.fingerprint.len(), 64);
    assert_eq!(first, keyed("/payments/p/cancel", r#"{"reason":"r"}"#));
    for other in [
        keyed("/payments/p/cancel", r#"{"reason":"s"}"#),
        keyed("/payments/q/cancel", r#"{"reason":"r"}"#),
        keyed("/payments/p/cancel?x=1", r#"{"reason":"r"}"#),
    ] {
        assert_ne!(first.fingerprint, other.fingerprint);
    }
}
