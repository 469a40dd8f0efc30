//! Driving the simulators in tests: requests as values, no sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Options, Simulators};
use crate::net::{Abort, Handler, Request, Response};
use base64::Engine;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status and error code.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

pub fn start(options: Options) -> Arc<Simulators> {
    let sim = Simulators::new(options);
    sim.set_public_url("http://sim.test");
    sim
}

/// One request; `Err` if the connection was closed instead of answered.
pub async fn raw(
    sim: &Arc<Simulators>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Response, Abort> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    let request = Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: map,
        body: body.to_vec().into(),
        peer: ([127, 0, 0, 1], 1).into(),
    };
    Arc::clone(sim).handle(request).await
}

pub async fn read(response: Response) -> Got {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("whole body").to_bytes().to_vec();
    Got {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    }
}

pub async fn call(sim: &Arc<Simulators>, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
    read(raw(sim, method, target, headers, body).await.expect("an answer")).await
}

/// A control call.
pub async fn control(sim: &Arc<Simulators>, method: &str, path: &str, body: Value) -> Got {
    let bytes = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    call(sim, method, &format!("/_sim/{path}"), &[], &bytes).await
}

pub fn basic(key: &str) -> String {
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{key}:"))
    )
}

/// A merchant's notification address on a free port: keeps what arrives, answers as told.
#[derive(Debug, Default)]
pub struct Inbox {
    pub got: std::sync::Mutex<Vec<Request>>,
    /// Statuses of the next answers; then 200.
    pub answers: std::sync::Mutex<std::collections::VecDeque<u16>>,
}

impl Handler for Inbox {
    fn handle(self: Arc<Self>, request: Request) -> crate::net::BoxFuture<'static, Result<Response, Abort>> {
        self.got.lock().unwrap().push(request);
        let status = self.answers.lock().unwrap().pop_front().unwrap_or(200);
        Box::pin(async move {
            let mut response = http::Response::new(crate::net::empty());
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok(response)
        })
    }

    fn refuse(&self, _: crate::net::Refused) -> Response {
        http::Response::new(crate::net::empty())
    }
}

impl Inbox {
    /// Listens; the URL to register and the sender that ends it.
    pub async fn listen() -> (Arc<Self>, String, tokio::sync::watch::Sender<bool>) {
        let inbox = Arc::new(Self::default());
        let listener = crate::net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let limits = crate::net::Limits::default();
        let serving =
            crate::net::serve(listener, None, Arc::clone(&inbox) as Arc<dyn Handler>, limits, stopped).unwrap();
        (inbox, format!("http://{}/notify/toss/ch-1", serving.addr), stop)
    }

    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }

    /// Waits until `count` requests have arrived; fails after five seconds.
    pub async fn wait(&self, count: usize) -> Vec<Request> {
        for _ in 0..500 {
            if self.count() >= count {
                return self.got.lock().unwrap().clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{} of {count} notifications arrived", self.count());
    }
}
