//! The handler of the public and the V1 listener: request id, client address, dispatch, and the last net under everything.

use crate::config::{Network, client_ip};
use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response, json_response};
use crate::telemetry::{REQUEST_ID, request_id};
use futures_util::FutureExt;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tracing::Instrument;

/// An API on the public listener. Whatever happens, it answers.
pub trait Front: Send + Sync + 'static {
    /// Whether a path belongs to it.
    fn owns(&self, path: &str) -> bool;
    /// Answers one request.
    fn answer(self: Arc<Self>, request: Request, request_id: String) -> BoxFuture<'static, Response>;
}

/// The V2 API's words for a request that failed inside the router.
#[must_use]
pub fn failed_v2() -> Response {
    let message = "the router failed on this request; asking again with the same paymentId is safe";
    let error = json!({ "type": "INTERNAL", "message": message });
    json_response(StatusCode::INTERNAL_SERVER_ERROR, &error)
}

/// Dispatches to the fronts.
pub struct Public {
    /// Asked in this order whether a path is theirs.
    pub fronts: Vec<Arc<dyn Front>>,
    /// Answers what no other front owns: the V2 API.
    pub rest: Arc<dyn Front>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Words a refusal before routing, in the V2 API's shape.
    pub refuse: fn(Refused) -> Response,
    /// Words the router's own failure, in the same shape.
    pub failed: fn() -> Response,
}

impl Handler for Public {
    fn handle(self: Arc<Self>, mut request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async move {
            let id = request_id(&request.headers);
            let forwarded = request.header("x-forwarded-for");
            let client = client_ip(request.peer.ip(), forwarded, &self.trusted_proxies);
            request.peer.set_ip(client);
            let owner = self.fronts.iter().find(|front| front.owns(&request.path));
            let front = owner.unwrap_or(&self.rest);
            let span = tracing::info_span!("request", id = %id);
            let answer = Arc::clone(front).answer(request, id.clone()).instrument(span);
            let mut response = AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
                // The panic itself was logged by the hook; money is safe, its calls run in tasks of their own.
                tracing::error!(request_id = %id, "a request handler panicked");
                (self.failed)()
            });
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(REQUEST_ID, value);
            }
            Ok(response)
        })
    }

    fn refuse(&self, why: Refused) -> Response {
        (self.refuse)(why)
    }
}
