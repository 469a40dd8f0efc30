//! Payment sessions by API: no official client has them, so the witness alone judges their answers.

use crate::harness::{Answer, Demo};
use crate::web::Web;
use crate::witness::{Witness, both};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

struct Shop {
    web: Web,
    url: String,
    secret: String,
    store: String,
}

impl Shop {
    /// A shop whose calls go by a witness.
    async fn open(stop: &watch::Receiver<bool>) -> (Demo, Arc<Witness>, Self) {
        let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
        let ((witness, url), _) = both(&demo.env["NARU_URL"], &demo.env["NARU_V1_URL"], stop).await;
        let shop = Self {
            web: Web::new(),
            url,
            secret: demo.env["NARU_API_SECRET"].clone(),
            store: demo.env["NARU_STORE_ID"].clone(),
        };
        (demo, witness, shop)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>, open: bool) -> Answer {
        let credential = format!("PortOne {}", self.secret);
        let headers = [("authorization", credential.as_str())];
        let headers = if open { &headers[..0] } else { &headers[..] };
        let url = format!("{}{path}", self.url);
        self.web.call(method, &url, headers, body).await.unwrap()
    }

    async fn create(&self, changes: Value) -> Answer {
        let mut body = json!({
            "storeId": self.store, "paymentId": "session-order", "profileKey": "profile-naru", "country": "KR",
            "currency": "KRW", "totalAmount": 21_000, "orderName": "찻잔",
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.call(Method::POST, "/payment-sessions", Some(body), false).await
    }
}

fn refused(answer: &Answer, status: u16, kind: &str, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["type"], kind, "{body}");
    assert!(body["message"].as_str().unwrap().contains(part), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_opened_shown_and_closed() {
    let (_stop, stopped) = watch::channel(false);
    let (demo, witness, shop) = Shop::open(&stopped).await;
    let created = shop
        .create(json!({
            "paymentMethod": "CARD_KR", "redirectUrl": "https://shop.example/done", "storeName": "나루 찻집",
            "products": [{"name": "찻잔", "unitPrice": 10_500, "quantity": 2, "code": "c-1"}],
            "agreements": [{"name": "약관", "url": "https://shop.example/terms"}],
            "colors": {"primary": "#0a6b5e"}, "customData": "{}", "ttlSeconds": 600,
        }))
        .await;
    assert_eq!(created.status, 200, "{}", created.text);
    let id = created.json()["sessionId"].as_str().unwrap().to_owned();
    let link = created.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(link, format!("{}/checkout/session/{id}", demo.env["NARU_URL"]));

    let path = format!("/payment-sessions/{id}");
    let shown = shop.call(Method::GET, &path, None, true).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert_eq!(shown.json()["totalAmount"], 21_000);
    assert_eq!(shown.json()["products"][0]["unitPrice"], 10_500);
    let evaluate = |amount: i64| {
        format!("/checkout-profiles/evaluate?profileKey=profile-naru&country=KR&currency=KRW&amount={amount}")
    };
    let offered = shop.call(Method::GET, &evaluate(21_000), None, true).await;
    let methods: Vec<Value> = offered.json()["methods"].as_array().unwrap().clone();
    let words: Vec<&str> = methods.iter().map(|m| m["paymentMethod"].as_str().unwrap()).collect();
    assert_eq!(words, ["CARD_KR", "KAKAO_PAY"]);
    // Below the gateway's least amount nothing is offered.
    assert_eq!(
        shop.call(Method::GET, &evaluate(10), None, true).await.json()["methods"],
        json!([])
    );

    // The amount was announced: a window for another one is refused.
    let cheap = json!({
        "storeId": shop.store, "channelKey": methods[0]["channelKey"], "paymentId": "session-order", "orderName": "찻잔",
        "totalAmount": 100, "currency": "KRW", "payMethod": "CARD", "device": "pc",
    });
    let answer = shop.call(Method::POST, "/checkout/payments", Some(cheap), true).await;
    assert_eq!(answer.json()["code"], "AmountNotEqualToPredefined", "{}", answer.text);

    let close = format!("{path}/close");
    let first = shop.call(Method::POST, &close, None, false).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let again = shop.call(Method::POST, &close, None, false).await;
    assert_eq!(first.json(), again.json(), "closed once");
    refused(
        &shop.call(Method::GET, &path, None, true).await,
        410,
        "SESSION_EXPIRED",
        "closed",
    );
    let page = shop.web.call(Method::GET, &link, &[], None).await.unwrap();
    assert_eq!(page.status, 410);
    witness.agrees();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_sessions_are_refused_by_name() {
    let (_stop, stopped) = watch::channel(false);
    let (_demo, witness, shop) = Shop::open(&stopped).await;
    for (changes, kind, part) in [
        (json!({"profileKey": "none"}), "INVALID_REQUEST", "profileKey: "),
        (json!({"totalAmount": "1"}), "INVALID_REQUEST", "totalAmount: "),
        (json!({"country": "Korea"}), "INVALID_REQUEST", "country: "),
        (
            json!({"paymentMethod": "PAY_PAL"}),
            "INVALID_REQUEST",
            "paymentMethod: ",
        ),
        (
            json!({"redirectUrl": "javascript:x"}),
            "INVALID_REQUEST",
            "redirectUrl: ",
        ),
        (
            json!({"colors": {"primary": "red;}"}}),
            "INVALID_REQUEST",
            "colors.primary: ",
        ),
        (
            json!({"products": [{"name": "a", "quantity": 1}]}),
            "INVALID_REQUEST",
            "products[0].unitPrice: ",
        ),
        (
            json!({"agreements": [{"name": "a", "url": "x"}]}),
            "INVALID_REQUEST",
            "agreements[0].url: ",
        ),
        (json!({"ttlSeconds": 0}), "INVALID_REQUEST", "ttlSeconds: "),
        (json!({"ttlSeconds": 100_000_000}), "MAX_TTL_EXCEEDED", "ttlSeconds: "),
    ] {
        refused(&shop.create(changes).await, 400, kind, part);
    }
    refused(
        &shop.create(json!({"storeId": "store-other"})).await,
        403,
        "FORBIDDEN",
        "",
    );
    let none = shop.call(Method::GET, "/payment-sessions/none", None, true).await;
    refused(&none, 404, "SESSION_NOT_FOUND", "sessionId");
    let none = shop
        .call(Method::POST, "/payment-sessions/none/close", None, false)
        .await;
    refused(&none, 404, "SESSION_NOT_FOUND", "sessionId");
    let path = "/checkout-profiles/evaluate?profileKey=none&country=KR&currency=KRW&amount=1";
    let none = shop.call(Method::GET, path, None, true).await;
    refused(&none, 404, "PROFILE_SETTINGS_NOT_FOUND", "profileKey");
    let path = "/checkout-profiles/evaluate?profileKey=profile-naru&country=KR&currency=KRW";
    refused(
        &shop.call(Method::GET, path, None, true).await,
        400,
        "INVALID_REQUEST",
        "amount: ",
    );
    witness.agrees();
}
