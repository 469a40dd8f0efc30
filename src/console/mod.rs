//! The operations listener: scrape, probes, and the admin calls of people who run the router.
//!
//! `/metrics`, `/healthz` and `/readyz` are open to whoever reaches the listener (it is bound to loopback unless told
//! otherwise); `/admin/…` wants the bearer token. Every answer but the scrape is JSON. Nothing here shows a secret:
//! credentials, kept values and buyers' data are left out before an answer is built.

mod desk;
mod mail;
mod ready;
#[cfg(test)]
mod tests;
mod timeline;

pub use desk::Desk;

use crate::ledger::Ledger;
use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response, json_response, text_response};
use crate::telemetry::Metrics;
use http::{HeaderValue, Method, StatusCode, header};
use ready::Readiness;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the ledger during a scrape or a probe.
const LEDGER_PATIENCE: Duration = Duration::from_secs(2);

/// The hot settings, as operations see them.
pub trait Settings: Send + Sync + 'static {
    /// `{version, hash, loadedAt, source, channels:[…], rejected?}` with secrets left out.
    fn status(&self) -> Value;
    /// Which channel a payment would take ([`crate::routing::Question`]), and why.
    ///
    /// # Errors
    /// What is wrong with the question.
    fn route(&self, question: &[u8]) -> Result<Value, String>;
    /// Reads the files again now. `Ok`: the status after it; `Err`: the status with the problems of the refused files.
    fn reload(&self) -> BoxFuture<'_, Result<Value, Value>>;
}

/// The handler of the operations listener.
pub struct Console {
    ledger: Arc<dyn Ledger>,
    settings: Arc<dyn Settings>,
    metrics: Metrics,
    desk: Arc<dyn Desk>,
    token: SecretString,
    readiness: Readiness,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Console")
    }
}

/// An error in the operations API's own shape: `{type, message}`.
fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    json_response(status, &json!({ "type": kind, "message": message }))
}

impl Console {
    /// A console over the router's rooms.
    #[must_use]
    pub fn new(
        ledger: Arc<dyn Ledger>,
        settings: Arc<dyn Settings>,
        desk: Arc<dyn Desk>,
        metrics: Metrics,
        token: SecretString,
    ) -> Self {
        Self {
            readiness: Readiness::new(Arc::clone(&ledger)),
            ledger,
            settings,
            desk,
            metrics,
            token,
        }
    }

    async fn answer(&self, request: &Request) -> Response {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["metrics"] => self.if_get(request, self.scrape()).await,
            ["healthz"] => {
                self.if_get(request, async {
                    json_response(StatusCode::OK, &json!({ "status": "ok" }))
                })
                .await
            }
            ["readyz"] => self.if_get(request, self.ready()).await,
            ["admin", call @ ..] => {
                if let Some(refused) = self.unauthorized(request) {
                    return refused;
                }
                self.admin(request, call).await
            }
            _ => not_found(),
        }
    }

    async fn if_get(&self, request: &Request, answer: impl Future<Output = Response>) -> Response {
        if request.method == Method::GET || request.method == Method::HEAD {
            answer.await
        } else {
            method_not_allowed("GET")
        }
    }

    async fn scrape(&self) -> Response {
        // The ledger's count, not this process's: several routers may share one ledger.
        if let Ok(Ok(open)) = tokio::time::timeout(LEDGER_PATIENCE, self.ledger.unknown_open()).await {
            self.metrics.unknown_open.set(i64::try_from(open).unwrap_or(i64::MAX));
        }
        text_response(
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            self.metrics.render(),
        )
    }

    async fn ready(&self) -> Response {
        match self.readiness.check().await {
            Ok(()) => json_response(StatusCode::OK, &json!({ "status": "ready" })),
            Err(why) => json_response(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({ "status": "unready", "type": "LEDGER_NOT_WRITABLE", "message": why }),
            ),
        }
    }

    /// The refusal of a request without the token; `None` if the token is right.
    fn unauthorized(&self, request: &Request) -> Option<Response> {
        let given = request.header("authorization").and_then(|v| v.strip_prefix("Bearer "));
        let given = given.unwrap_or_default().trim().as_bytes();
        let expected = self.token.expose_secret().as_bytes();
        // Lengths may differ in time: the length of the token is no secret.
        if aws_lc_rs::constant_time::verify_slices_are_equal(given, expected).is_ok() {
            return None;
        }
        let mut refused = refusal(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "send `Authorization: Bearer <admin token>`",
        );
        let scheme = HeaderValue::from_static("Bearer");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        Some(refused)
    }

    async fn admin(&self, request: &Request, call: &[&str]) -> Response {
        match (&request.method, call) {
            (&Method::GET, ["config"]) => json_response(StatusCode::OK, &self.settings.status()),
            (&Method::POST, ["config", "reload"]) => {
                tracing::info!(target: "naru::operator", "reload asked for through the operations listener");
                match self.settings.reload().await {
                    Ok(status) => json_response(StatusCode::OK, &status),
                    Err(status) => json_response(StatusCode::UNPROCESSABLE_ENTITY, &status),
                }
            }
            (&Method::POST, ["route"]) => match self.settings.route(&request.body) {
                Ok(answer) => json_response(StatusCode::OK, &answer),
                Err(why) => refusal(StatusCode::BAD_REQUEST, "INVALID_REQUEST", &why),
            },
            (&Method::GET, ["payments", store_id, payment_id]) => {
                timeline::payment(self.ledger.as_ref(), store_id, payment_id).await
            }
            (&Method::GET, ["unknown"]) => desk::cases(&self.desk, request).await,
            (&Method::POST, ["unknown", id]) => desk::rule(&self.desk, id, request).await,
            (&Method::GET, ["webhooks"]) => mail::webhooks(self.ledger.as_ref(), request).await,
            (&Method::POST, ["webhooks", "replay"]) => mail::replay_webhooks(self.ledger.as_ref(), request).await,
            (&Method::GET, ["webhooks", id]) => mail::webhook(self.ledger.as_ref(), id).await,
            (&Method::GET, ["notices"]) => mail::notices(self.ledger.as_ref(), request).await,
            (&Method::POST, ["notices", "replay"]) => mail::replay_notices(self.ledger.as_ref(), request).await,
            (_, ["webhooks" | "notices", "replay"]) => method_not_allowed("POST"),
            (_, ["webhooks" | "notices"] | ["webhooks", _]) => method_not_allowed("GET"),
            (_, ["config"] | ["payments", _, _]) => method_not_allowed("GET"),
            (_, ["unknown"]) => method_not_allowed("GET"),
            (_, ["config", "reload"] | ["unknown", _] | ["route"]) => method_not_allowed("POST"),
            _ => not_found(),
        }
    }
}

fn not_found() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "calls: GET /metrics, /healthz, /readyz, /admin/config, /admin/payments/{storeId}/{paymentId}, /admin/unknown, /admin/webhooks, \
         /admin/webhooks/{id}, /admin/notices; POST /admin/config/reload, /admin/route, /admin/unknown/{id}, /admin/webhooks/replay, /admin/notices/replay",
    )
}

fn method_not_allowed(allowed: &'static str) -> Response {
    let message = format!("this call takes {allowed}");
    let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", &message);
    refused
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allowed));
    refused
}

/// Storage failed while an admin call read it.
fn storage(error: &crate::ledger::LedgerError) -> Response {
    tracing::error!(%error, "an admin call could not read the ledger");
    refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "LEDGER_NOT_READABLE",
        &error.to_string(),
    )
}

impl Handler for Console {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async move {
            let mut response = self.answer(&request).await;
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            Ok(response)
        })
    }

    fn refuse(&self, why: Refused) -> Response {
        match why {
            Refused::BodyTooLarge(most) => refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                &format!("the body is larger than {most} bytes"),
            ),
            Refused::BodyIncomplete => refusal(
                StatusCode::REQUEST_TIMEOUT,
                "BODY_INCOMPLETE",
                "the body did not arrive whole in time",
            ),
        }
    }
}
