//! A client of the router and the simulators, whose errors are values: connections to a router that dies break.

use crate::harness::{Answer, key_in};
use crate::rig::{API_SECRET, Return, STORE};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A client with a pool of connections.
#[derive(Clone)]
pub struct Web {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Web {
    pub fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|e| e.to_string())?;
        let response = self.client.request(request).await.map_err(chain)?;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.map_err(chain)?.to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).map_err(|e| e.to_string())?,
        })
    }

    pub async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, String> {
        let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
        self.send(method, url, headers, bytes).await
    }

    /// A call of the V2 API with the store's secret.
    pub async fn v2(&self, url: &str, method: Method, path: &str, body: Option<Value>) -> Result<Answer, String> {
        let secret = format!("PortOne {API_SECRET}");
        self.call(method, &format!("{url}{path}"), &[("authorization", &secret)], body)
            .await
    }

    /// A key-in payment.
    pub async fn instant(&self, url: &str, channel: &str, payment: &str, total: i64) -> Result<Answer, String> {
        let path = format!("/payments/{payment}/instant");
        self.v2(url, Method::POST, &path, Some(key_in(channel, total))).await
    }

    /// A cancel: of `amount`, or of all that is left.
    pub async fn cancel(&self, url: &str, payment: &str, amount: Option<i64>, left: i64) -> Result<Answer, String> {
        let mut body = json!({ "reason": "rig", "currentCancellableAmount": left });
        if let Some(amount) = amount {
            body["amount"] = amount.into();
        }
        let path = format!("/payments/{payment}/cancel");
        self.v2(url, Method::POST, &path, Some(body)).await
    }

    /// One payment.
    pub async fn payment(&self, url: &str, payment: &str) -> Result<Answer, String> {
        self.v2(url, Method::GET, &format!("/payments/{payment}"), None).await
    }

    /// Opens a window for a card payment on a PC.
    pub async fn open(&self, url: &str, channel: &str, payment: &str, total: i64) -> Result<Answer, String> {
        let body = json!({
            "storeId": STORE, "channelKey": channel, "paymentId": payment, "orderName": "나루 주문",
            "totalAmount": total, "currency": "KRW", "payMethod": "CARD", "device": "pc",
            "customer": { "fullName": "홍길동", "email": "buyer@example.com", "phoneNumber": "01012341234" },
            "redirectUrl": "https://shop.example/done",
        });
        self.call(Method::POST, &format!("{url}/checkout/payments"), &[], Some(body))
            .await
    }

    /// The buyer's browser comes back from the window.
    pub async fn come_back(&self, url: &str, back: &Return) -> Result<Answer, String> {
        let body = Bytes::from(back.body.clone());
        let headers = [("content-type", back.content_type.as_str())];
        let headers = if back.body.is_empty() {
            &headers[..0]
        } else {
            &headers[..]
        };
        self.send(back.method.clone(), &format!("{url}{}", back.path), headers, body)
            .await
    }
}

fn chain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
