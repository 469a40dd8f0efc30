#![allow(clippy::unwrap_used)]

use super::super::sample::transaction as sample;
use super::*;
use crate::adapters::{Refusal, UnknownWhy};
use crate::payment::{Failure, FailureKind, Status};
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;

fn links() -> Links {
    Links {
        result: "https://pay.example.com/checkout/result/T".to_owned(),
        done: "https://pay.example.com/checkout/done/T".to_owned(),
        back: "https://pay.example.com/checkout/return/T".to_owned(),
    }
}

fn request(method: Method, accept: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, accept.parse().unwrap());
    Request {
        method,
        path: "/checkout/payments".to_owned(),
        query: String::new(),
        headers,
        body: Bytes::new(),
        peer: ([127, 0, 0, 1], 1).into(),
    }
}

fn finished(status: Status, redirect_url: Option<&str>) -> Result<Returned, EngineError> {
    let failure = (status == Status::Failed).then(|| Failure::new(FailureKind::Other, "E1", "잔액 부족"));
    Ok(Returned::Finished {
        transaction: Box::new(sample(status, failure)),
        redirect_url: redirect_url.map(str::to_owned),
    })
}

async fn body(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn head<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).unwrap().to_str().unwrap()
}

#[tokio::test]
async fn a_result_goes_to_the_merchants_url_with_its_own_query_kept() {
    let response = returned(
        &finished(Status::Paid, Some("https://shop.example.com/완료?a=1")),
        &links(),
        false,
    );
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        head(&response, "location"),
        "https://shop.example.com/%EC%99%84%EB%A3%8C?a=1&transactionType=PAYMENT&txId=tx-1&paymentId=%EC%A3%BC%EB%AC%B8%201"
    );
    let response = returned(&finished(Status::Failed, Some("app://done")), &links(), false);
    assert!(head(&response, "location").starts_with("app://done?transactionType=PAYMENT&txId=tx-1"));
    assert!(head(&response, "location").contains("&code=PGProviderError&message=%EC%9E%94"));
    assert!(head(&response, "location").contains("&pgCode=E1&pgMessage="));
}

#[tokio::test]
async fn without_a_url_the_page_hands_the_result_over() {
    let response = returned(&finished(Status::Paid, None), &links(), false);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(head(&response, "content-security-policy"), csp::OUTCOME);
    assert_eq!(head(&response, "referrer-policy"), "no-referrer");
    assert_eq!(head(&response, "cache-control"), "no-store");
    assert_eq!(head(&response, "x-content-type-options"), "nosniff");
    assert!(response.headers().get("cross-origin-opener-policy").is_none());
    let html = body(response).await;
    assert!(html.contains("data-state=\"done\"") && html.contains("data-target=\"https://shop.example.com\""));
}

#[tokio::test]
async fn an_open_outcome_makes_the_buyer_wait() {
    let unknown = UnknownWhy {
        code: "NARU_TIMEOUT".to_owned(),
        message: "no answer".to_owned(),
        ask_first: false,
    };
    for result in [
        finished(Status::Unknown, Some("https://shop.example.com")),
        Ok(Returned::Pending(Box::new(sample(Status::Approving, None)))),
        Err(EngineError::Outstanding(unknown)),
    ] {
        let html = body(returned(&result, &links(), false)).await;
        assert!(
            html.contains("data-result-url=\"https://pay.example.com/checkout/result/T\""),
            "{html}"
        );
        assert!(html.contains("결제 결과를 확인하고 있습니다"));
        let response = returned(&result, &links(), true);
        assert_eq!(head(&response, "access-control-allow-origin"), "*");
        assert_eq!(body(response).await, r#"{"pending":true}"#);
    }
}

#[tokio::test]
async fn scripts_get_the_result_whatever_the_redirect() {
    let response = returned(
        &finished(Status::Paid, Some("https://shop.example.com")),
        &links(),
        true,
    );
    assert_eq!(response.status(), StatusCode::OK);
    let value: Value = serde_json::from_str(&body(response).await).unwrap();
    assert_eq!(
        value,
        json!({"transactionType": "PAYMENT", "txId": "tx-1", "paymentId": "주문 1"})
    );
}

#[tokio::test]
async fn refusals_are_pages_a_buyer_understands() {
    for (error, status, text) in [
        (EngineError::NotFound, 404, "결제 정보를 찾을 수 없습니다"),
        (EngineError::AlreadyPaid, 409, "이미 결제가 완료되었거나"),
        (EngineError::Refused(Refusal::new("amount", "x")), 400, "일치하지 않아"),
        (
            EngineError::Storage("disk".to_owned()),
            503,
            "지금은 결제를 처리할 수 없습니다",
        ),
    ] {
        let response = returned(&Err(error.clone()), &links(), false);
        assert_eq!(response.status().as_u16(), status);
        let html = body(response).await;
        assert!(html.contains(text) && !html.contains("disk"), "{html}");
        let value: Value = serde_json::from_str(&body(returned(&Err(error), &links(), true)).await).unwrap();
        assert_eq!(value.get("__portOneErrorType"), Some(&json!("PaymentError")));
    }
    assert_eq!(unknown(false).status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn preflights_pass_and_other_methods_are_named() {
    let allowed = [Method::POST];
    assert!(gate(&request(Method::POST, "*/*"), &allowed).is_none());
    let response = gate(&request(Method::OPTIONS, "*/*"), &allowed).unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(head(&response, "access-control-allow-origin"), "*");
    assert_eq!(head(&response, "access-control-allow-methods"), "POST");
    let response = gate(&request(Method::DELETE, "*/*"), &allowed).unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(head(&response, "allow"), "POST, OPTIONS");
}

#[test]
fn browsers_get_pages_and_scripts_get_data() {
    for (accept, want) in [
        ("application/json", true),
        ("application/json, text/plain, */*", true),
        ("text/html,application/xhtml+xml,application/json;q=0.1", false),
        ("*/*", false),
    ] {
        assert_eq!(wants_json(&request(Method::GET, accept)), want, "{accept}");
    }
}
