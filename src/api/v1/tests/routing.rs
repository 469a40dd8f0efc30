//! Every documented operation has a row; the rest is refused in V1's envelope.

use crate::api::v1::routes::{Route, find, rows};
use http::Method;

fn ids(method: Method, path: &str) -> (Route, Vec<String>) {
    let found = find(&method, path).unwrap_or_else(|error| panic!("{path}: {error:?}"));
    (found.row.route, found.ids)
}

#[test]
fn identifiers_are_decoded_and_a_last_slash_is_nothing() {
    assert_eq!(ids(Method::POST, "/payments/cancel/").0, Route::Cancel);
    assert_eq!(ids(Method::POST, "/users/getToken").0, Route::Token);
    assert_eq!(
        ids(Method::GET, "/payments/a%2Fb"),
        (Route::Payment, vec!["a/b".to_owned()])
    );
    let found = ids(Method::GET, "/payments/find/%EC%A3%BC%EB%AC%B8/paid/");
    assert_eq!(found, (Route::Find, vec!["주문".to_owned(), "paid".to_owned()]));
    assert_eq!(ids(Method::GET, "/payments/find/x").1, ["x"]);
    assert_eq!(ids(Method::GET, "/payments/").0, Route::Payments);
}

#[test]
fn refusals() {
    let refused = |method: Method, path: &str| {
        let error = find(&method, path).expect_err("refused");
        (error.status().as_u16(), error.code(), error.message().to_owned())
    };
    assert_eq!(refused(Method::GET, "/nothing").0, 404);
    assert_eq!(refused(Method::GET, "/").0, 404);
    let (status, code, message) = refused(Method::DELETE, "/payments/cancel");
    assert_eq!((status, code), (405, -1));
    assert!(message.contains("GET, POST"), "{message}");
    assert_eq!(refused(Method::GET, "/payments/%FF").0, 400);
    assert_eq!(refused(Method::GET, "/payments/%0A").0, 400);
    assert_eq!(refused(Method::GET, &format!("/payments/{}", "a".repeat(201))).0, 400);
    assert_eq!(
        refused(Method::GET, &format!("/payments/{}", "a".repeat(10_000))).0,
        400
    );
}

#[test]
fn what_is_not_served_says_why() {
    for path in [
        "/payments/imp_1/naver/ship",
        "/benepia/point",
        "/paymentwall/delivery",
        "/kcpquick/payment/money",
        "/payco/orders/status/imp_1",
    ] {
        let (route, _) = ids(Method::POST, path);
        assert!(matches!(route, Route::NotServed(why) if !why.is_empty()), "{path}");
    }
    assert!(matches!(ids(Method::GET, "/promotions/p/x").0, Route::NotServed(_)));
}

/// No row hides behind an earlier one.
#[test]
fn every_row_is_found() {
    for (method, pattern, ..) in rows() {
        let path = pattern.replace("{}", "x1");
        let found = find(method, &path).unwrap();
        assert_eq!(found.row.name(), format!("{method} {pattern}"));
    }
}
