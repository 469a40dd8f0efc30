//! The PortOne V2 REST API, payment side.
//!
//! A request passes [`routes`] (which operation), [`plan`] (credential and strict decoding, no IO) and [`run`] (engine
//! or ledger); [`render`] writes payments as PortOne shows them and [`error`] words every refusal. One snapshot serves
//! the whole request. Answers are always JSON objects; success is always 200.

pub mod auth;
pub mod banks;
pub mod billing;
mod cash;
pub mod decode;
pub mod error;
mod feed;
pub mod idempotency;
pub mod input;
pub mod limits;
mod pass;
pub mod plan;
pub mod render;
pub mod resend;
pub mod routes;
pub mod run;
mod session;
pub mod token;

#[cfg(test)]
mod tests;

use crate::engine::{Engine, now};
use crate::net::{Refused, Request, Response, json_response, text_response};
use aws_lc_rs::hmac;
use error::ApiError;
use http::{HeaderValue, StatusCode};
use idempotency::{Answered, Times};
use plan::{Context, Plan};
use std::sync::Arc;
use std::time::Instant;
use token::Tokens;

/// Settings of the V2 API.
#[derive(Clone)]
pub struct Options {
    /// Key of access and refresh tokens and of request fingerprints. All routers of one ledger need the same one, and
    /// it must outlive restarts: with another key, tokens end and repeated requests are taken for different ones.
    pub key: [u8; 32],
    /// How long a stored answer is repeated under its `Idempotency-Key`, ms.
    pub idempotency_keep_ms: i64,
    /// How long a request with an `Idempotency-Key` is believed to be running, ms: longer than any call to a PG.
    pub idempotency_running_ms: i64,
    /// Largest request body, bytes.
    pub body_bytes_max: usize,
    /// Public origin of this router as browsers reach it, for links to its pages: no slash at the end.
    pub public_url: String,
}

impl Options {
    /// Defaults: answers kept 24 hours, three minutes for a running request, bodies up to 1 MiB.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            idempotency_keep_ms: 24 * 60 * 60 * 1_000,
            idempotency_running_ms: 3 * 60 * 1_000,
            body_bytes_max: 1 << 20,
            public_url: String::new(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("idempotency_keep_ms", &self.idempotency_keep_ms)
            .field("idempotency_running_ms", &self.idempotency_running_ms)
            .field("body_bytes_max", &self.body_bytes_max)
            .finish_non_exhaustive()
    }
}

/// The API.
pub struct V2 {
    engine: Arc<Engine>,
    tokens: Tokens,
    fingerprint_key: hmac::Key,
    times: Times,
    body_bytes_max: usize,
    public_url: Arc<str>,
}

/// A body and how it was come by.
enum Answer {
    Fresh(String),
    Replayed(crate::ledger::StoredAnswer),
    Pair(token::TokenPair),
}

impl V2 {
    /// On an engine.
    #[must_use]
    pub fn new(engine: Arc<Engine>, options: &Options) -> Self {
        Self {
            engine,
            tokens: Tokens::new(derived(&options.key, b"naru v2 token")),
            fingerprint_key: derived(&options.key, b"naru v2 fingerprint"),
            times: Times {
                keep_ms: options.idempotency_keep_ms,
                running_ms: options.idempotency_running_ms,
            },
            body_bytes_max: options.body_bytes_max,
            public_url: options.public_url.trim_end_matches('/').into(),
        }
    }

    /// Answers one request. `request_id` goes to the log beside failures of the router itself.
    pub async fn handle(&self, request: Request, request_id: &str) -> Response {
        let started = Instant::now();
        let mut label = "unknown";
        let result = if request.path.starts_with(pass::PREFIX) {
            label = "/pass";
            self.pass(request, request_id).await
        } else {
            self.answer(request, &mut label).await.map(Answer::response)
        };
        let response = match result {
            Ok(response) => response,
            Err(error) => {
                if error.status() == StatusCode::SERVICE_UNAVAILABLE {
                    tracing::error!(request_id, route = label, "the V2 API could not decide a request");
                }
                error.response()
            }
        };
        let metrics = &self.engine.metrics;
        metrics
            .http_requests
            .with_label_values(&["v2", label, response.status().as_str()])
            .inc();
        metrics
            .http_duration
            .with_label_values(&["v2", label])
            .observe(started.elapsed().as_secs_f64());
        response
    }

    /// Words a refusal that happened before the request was complete, for the listener.
    #[must_use]
    pub fn refuse(why: Refused) -> Response {
        match why {
            Refused::BodyTooLarge(max) => ApiError::too_large(max).response(),
            Refused::BodyIncomplete => ApiError::incomplete().response(),
        }
    }

    async fn answer(&self, mut request: Request, label: &mut &'static str) -> Result<Answer, ApiError> {
        let path = request.path.clone();
        let matched = routes::find(&request.method, &path)?;
        *label = matched.row.label;
        let snapshot = self.engine.live.load();
        let now = now();
        let context = Context {
            snapshot: &snapshot,
            tokens: &self.tokens,
            fingerprint_key: &self.fingerprint_key,
            body_bytes_max: self.body_bytes_max,
            now,
        };
        match plan::plan(&mut request, matched, &context)? {
            Plan::Tokens(pair) => Ok(Answer::Pair(pair)),
            Plan::Fixed(body) => Ok(Answer::Fresh(body)),
            Plan::Open(query) => {
                let ledger = self.engine.ledger.as_ref();
                session::open(ledger, &snapshot, query, now).await.map(Answer::Fresh)
            }
            Plan::Query { store, query } => {
                let ledger = self.engine.ledger.as_ref();
                run::query(ledger, &store, query).await.map(Answer::Fresh)
            }
            Plan::Command { command, claim } => {
                let work = run::command(
                    Arc::clone(&self.engine),
                    snapshot,
                    command,
                    Arc::clone(&self.public_url),
                    now,
                );
                let Some(claim) = claim else {
                    return work.await.map(Answer::Fresh);
                };
                let ledger = Arc::clone(&self.engine.ledger);
                match idempotency::run(ledger, claim, now, self.times, work).await {
                    Answered::Now(result) => result.map(Answer::Fresh),
                    Answered::Stored(answer) => Ok(Answer::Replayed(answer)),
                }
            }
        }
    }
}

impl Answer {
    fn response(self) -> Response {
        match self {
            Self::Fresh(body) => json_text(StatusCode::OK, body),
            Self::Pair(pair) => json_response(StatusCode::OK, &pair),
            Self::Replayed(stored) => {
                let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
                let mut response = json_text(status, stored.body);
                let headers = response.headers_mut();
                headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
                response
            }
        }
    }
}

fn json_text(status: StatusCode, body: String) -> Response {
    text_response(status, "application/json; charset=utf-8", body)
}

/// A key for one purpose, so that no value made for one can be used for another.
fn derived(key: &[u8; 32], purpose: &[u8]) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose).as_ref())
}
