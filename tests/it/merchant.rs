//! A merchant's server that webhooks go to.

use crate::harness::Demo;
use http::StatusCode;
use naru::net::{self, Abort, BoxFuture, Handler, Refused, Request, Response, text_response};
use serde_json::Value;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A merchant's server: keeps every webhook as it came.
#[derive(Default)]
pub struct Merchant {
    /// As they came, in order of arrival.
    pub came: Mutex<Vec<Request>>,
    /// Status that it answers with; 200 unless set.
    pub answer: AtomicU16,
}

impl Handler for Merchant {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        self.came.lock().unwrap().push(request);
        let status = StatusCode::from_u16(self.answer.load(Ordering::SeqCst)).unwrap_or(StatusCode::OK);
        Box::pin(async move { Ok(text_response(status, "text/plain", "ok")) })
    }

    fn refuse(&self, _: Refused) -> Response {
        text_response(StatusCode::BAD_REQUEST, "text/plain", "")
    }
}

impl Merchant {
    /// Listens until `stop` tells; answers the address of its hook too.
    pub async fn open(stop: watch::Receiver<bool>) -> (Arc<Self>, String) {
        let shop = Arc::new(Self::default());
        let listener = net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let serving = net::serve(listener, None, Arc::clone(&shop) as _, net::Limits::default(), stop).unwrap();
        (shop, format!("http://{}/hooks", serving.addr))
    }

    /// Event types of a payment, in order of arrival, each `webhook-id` once.
    pub fn events(&self, payment: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let mut events = Vec::new();
        for request in self.came.lock().unwrap().iter() {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let id = request.header("webhook-id").unwrap().to_owned();
            if body["data"]["paymentId"] == payment && !seen.contains(&id) {
                seen.push(id);
                events.push(body["type"].as_str().unwrap().to_owned());
            }
        }
        events.sort();
        events
    }

    /// Waits for exactly these event types of a payment.
    pub async fn until(&self, payment: &str, expected: &[&str], demo: &Demo) {
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        let since = Instant::now();
        while self.events(payment) != expected {
            let got = self.events(payment);
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "{payment}: {got:?}, not {expected:?}\n{}",
                demo.said()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Events of a transaction: type and cancellation, each `webhook-id` once.
    pub fn told(&self, transaction: &str) -> Vec<(String, Option<String>)> {
        let mut seen = Vec::new();
        let mut told = Vec::new();
        for request in self.came.lock().unwrap().iter() {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let id = request.header("webhook-id").unwrap().to_owned();
            if body["data"]["transactionId"] == transaction && !seen.contains(&id) {
                seen.push(id);
                let text = |value: &Value| value.as_str().map(str::to_owned);
                told.push((text(&body["type"]).unwrap(), text(&body["data"]["cancellationId"])));
            }
        }
        told
    }
}
