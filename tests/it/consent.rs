//! The confirm process: the merchant's `confirmUrl` is asked before money moves; anything but success stops the payment.

use crate::harness::{Demo, call, send};
use bytes::Bytes;
use http::{Method, StatusCode};
use naru::net::{self, Abort, BoxFuture, Handler, Refused, Request, Response, text_response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A merchant's server whose answer depends on the path.
#[derive(Default)]
struct Till {
    asked: Mutex<Vec<Request>>,
}

impl Handler for Till {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        let path = request.path.clone();
        self.asked.lock().unwrap().push(request);
        Box::pin(async move {
            let json = "application/json";
            Ok(match path.as_str() {
                "/ok" => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    text_response(StatusCode::OK, json, "{}")
                }
                "/no" => text_response(StatusCode::CONFLICT, json, r#"{"errorMessage":"품절입니다"}"#),
                _ => {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    text_response(StatusCode::OK, json, "{}")
                }
            })
        })
    }

    fn refuse(&self, _: Refused) -> Response {
        text_response(StatusCode::BAD_REQUEST, "text/plain", "")
    }
}

struct Scene {
    demo: Demo,
    till: Arc<Till>,
    url: String,
    _open: watch::Sender<bool>,
}

impl Scene {
    async fn start() -> Self {
        let (open, closed) = watch::channel(false);
        let till = Arc::new(Till::default());
        let listener = net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let serving = net::serve(listener, None, Arc::clone(&till) as _, net::Limits::default(), closed).unwrap();
        Self {
            demo: tokio::task::spawn_blocking(Demo::start).await.unwrap(),
            till,
            url: format!("http://{}", serving.addr),
            _open: open,
        }
    }

    /// A buyer through the window, coming back `times` at once; the SDK's result.
    async fn pay(&self, payment: &str, path: &str, times: usize) -> Value {
        let body = json!({
            "storeId": self.demo.value("NARU_STORE_ID"), "channelKey": self.demo.value("NARU_CHANNEL_TOSS"),
            "paymentId": payment, "orderName": "커피", "totalAmount": 12_000, "currency": "KRW", "payMethod": "CARD",
            "customer": {"fullName": "홍길동", "email": "b@example.com", "phoneNumber": "01012341234"},
            "redirectUrl": "https://shop.example/done", "device": "pc", "confirmUrl": format!("{}{path}", self.url),
        });
        let url = format!("{}/checkout/payments", self.demo.value("NARU_URL"));
        let opened = call(Method::POST, &url, &[], Some(body)).await;
        assert_eq!(opened.status, 200, "{}", opened.text);
        let opened = opened.json();
        let ask = json!({"open": opened["open"], "as": "approve"});
        let url = format!("{}/_sim/toss/authenticate", self.demo.value("NARU_SIM_URL"));
        let back = call(Method::POST, &url, &[], Some(ask)).await.json();
        let back = back["url"].as_str().unwrap().to_owned();
        let returns = (0..times).map(|_| {
            let back = back.clone();
            tokio::spawn(async move { send(Method::GET, &back, &[], Bytes::new()).await })
        });
        for one in returns.collect::<Vec<_>>() {
            assert!(one.await.unwrap().status.as_u16() < 400);
        }
        call(Method::GET, opened["resultUrl"].as_str().unwrap(), &[], None)
            .await
            .json()
    }

    async fn status(&self, payment: &str) -> Value {
        self.demo
            .v2(Method::GET, &format!("/payments/{payment}"), None)
            .await
            .json()
    }

    async fn approvals(&self) -> usize {
        let url = format!("{}/_sim/ledger", self.demo.value("NARU_SIM_URL"));
        let rows = call(Method::GET, &url, &[], None).await.json();
        let held = |row: &&Value| row["kind"] == "approval" && row["state"] == "DONE";
        rows.as_array().unwrap().iter().filter(held).count()
    }

    fn asked(&self, path: &str) -> Vec<Value> {
        let asked = self.till.asked.lock().unwrap();
        let of = asked.iter().filter(|request| request.path == path);
        of.map(|request| {
            assert!(
                request
                    .header("webhook-signature")
                    .is_some_and(|s| s.starts_with("v1,"))
            );
            serde_json::from_slice(&request.body).unwrap()
        })
        .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moves_only_with_the_merchants_consent() {
    let scene = Scene::start().await;
    let result = scene.pay("consent-1", "/ok", 3).await;
    assert!(result.get("code").is_none(), "{result}");
    assert_eq!(scene.status("consent-1").await["status"], "PAID");
    // Three tabs came back at once: one question, one approval.
    let asked = scene.asked("/ok");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["type"], "Transaction.Confirm", "{asked:?}");
    assert_eq!(asked[0]["data"]["totalAmount"], 12_000, "{asked:?}");
    assert_eq!(asked[0]["data"]["paymentId"], "consent-1", "{asked:?}");
    assert_eq!(scene.approvals().await, 1);

    let result = scene.pay("consent-2", "/no", 1).await;
    assert_eq!(
        (&result["code"], &result["message"]),
        (&"ConfirmProcessFailed".into(), &"품절입니다".into())
    );
    let shown = scene.status("consent-2").await;
    assert_eq!(
        (&shown["status"], &shown["failure"]["reason"]),
        (&"FAILED".into(), &"품절입니다".into()),
        "{shown}"
    );

    let began = Instant::now();
    let result = scene.pay("consent-3", "/silent", 1).await;
    assert_eq!(result["code"], "ConfirmProcessFailed", "{result}");
    let took = began.elapsed();
    assert!(
        (Duration::from_secs(9)..Duration::from_secs(25)).contains(&took),
        "{took:?}"
    );
    assert_eq!(scene.status("consent-3").await["status"], "FAILED");
    assert_eq!(scene.approvals().await, 1, "nothing was approved without consent");
}
