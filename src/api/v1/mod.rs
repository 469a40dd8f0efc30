//! The PortOne V1 REST API (아임포트), on a listener of its own because it shares paths with V2.
//!
//! A request passes [`routes`] (which operation), [`auth`] (whose), [`decode`] (JSON or form, leniently: V1 clients send
//! either, and numbers as text) and one of the operation files, which ask the engine and the ledger; [`render`] writes
//! payments as V1 shows them. Answers are always `{code, message, response}`: `code` 0 is success, anything else is a
//! refusal even with HTTP 200, and its Korean text is compared by clients, so [`error`] keeps it to the letter.
//!
//! A payment is the same row for both APIs: `merchant_uid` is `paymentId`, `imp_uid` another spelling of the
//! transaction id ([`crate::payment::imp_uid`]).

pub mod auth;
pub mod cancel;
pub mod channel;
pub mod codes;
pub mod decode;
pub mod error;
pub mod escrow;
pub mod money;
pub mod order;
pub mod payments;
pub mod prepare;
pub mod receipts;
pub mod render;
pub mod routes;
pub mod run;
pub mod subscribe;
pub mod token;
pub mod vbank;

#[cfg(test)]
mod tests;

use crate::api::v2::plan::{forget_body, origin};
use crate::channels::{Snapshot, Store, V1Store};
use crate::engine::{Engine, now};
use crate::net::{Refused, Request, Response, text_response};
use crate::payment::{Millis, Origin};
use aws_lc_rs::hmac;
use decode::Params;
use error::V1Error;
use http::StatusCode;
use routes::Route;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;
use token::Tokens;

/// The API.
pub struct V1 {
    engine: Arc<Engine>,
    tokens: Tokens,
    body_bytes_max: usize,
}

/// What every operation has: who asks, under which settings, when.
pub struct Call {
    /// Engine.
    pub engine: Arc<Engine>,
    /// The request's snapshot.
    pub snapshot: Arc<Snapshot>,
    /// The credential's store.
    pub store: Arc<Store>,
    /// Identifiers of the path, decoded, in their order.
    pub ids: Vec<String>,
    /// Client.
    pub origin: Origin,
    /// Now, ms.
    pub now: Millis,
}

impl Call {
    /// An identifier of the path; empty if it has none.
    #[must_use]
    pub fn id(&self, index: usize) -> &str {
        self.ids.get(index).map_or("", String::as_str)
    }

    /// The store's V1 settings; a store without any has no credential to get here.
    #[must_use]
    pub fn settings(&self) -> Option<&V1Store> {
        self.store.v1.as_ref()
    }
}

/// A success.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: String,
}

/// What every answer looks like.
#[derive(Serialize)]
struct Envelope<'a, T> {
    code: i64,
    message: Option<&'a str>,
    response: Option<T>,
}

impl Answer {
    /// `code` 0.
    ///
    /// # Errors
    /// It cannot be written as JSON, which is a mistake here.
    pub fn ok<T: Serialize>(response: &T) -> Result<Self, V1Error> {
        Self::with(StatusCode::OK, response)
    }

    /// `code` 0 with another status: 207 for lists of which only a part was found.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn with<T: Serialize>(status: StatusCode, response: &T) -> Result<Self, V1Error> {
        let envelope = Envelope {
            code: 0,
            message: None,
            response: Some(response),
        };
        let body = serde_json::to_string(&envelope).map_err(|_| V1Error::internal())?;
        Ok(Self { status, body })
    }
}

impl V1 {
    /// On an engine. `key` is the installation's: all routers of one ledger need the same one, and it must outlive
    /// restarts, or tokens end with them.
    #[must_use]
    pub fn new(engine: Arc<Engine>, key: &[u8; 32], body_bytes_max: usize) -> Self {
        Self {
            engine,
            tokens: Tokens::new(hmac::Key::new(hmac::HMAC_SHA256, key)),
            body_bytes_max,
        }
    }

    /// Answers one request. `request_id` goes to the log beside failures of the router itself.
    pub async fn handle(&self, request: Request, request_id: &str) -> Response {
        let started = Instant::now();
        let mut label = "unknown";
        let response = match self.answer(request, &mut label).await {
            Ok(answer) => text_response(answer.status, "application/json; charset=utf-8", answer.body),
            Err(error) => {
                if error.is_internal() {
                    tracing::error!(request_id, route = label, "the V1 API could not decide a request");
                }
                error.response()
            }
        };
        let metrics = &self.engine.metrics;
        metrics
            .http_requests
            .with_label_values(&["v1", label, response.status().as_str()])
            .inc();
        metrics
            .http_duration
            .with_label_values(&["v1", label])
            .observe(started.elapsed().as_secs_f64());
        response
    }

    /// Words a refusal that happened before the request was complete, for the listener.
    #[must_use]
    pub fn refuse(why: Refused) -> Response {
        match why {
            Refused::BodyTooLarge(max) => V1Error::too_large(max).response(),
            Refused::BodyIncomplete => V1Error::incomplete().response(),
        }
    }

    /// Words the router's own failure, for the listener.
    #[must_use]
    pub fn failed() -> Response {
        V1Error::internal().response()
    }

    async fn answer(&self, mut request: Request, label: &mut &'static str) -> Result<Answer, V1Error> {
        let matched = routes::find(&request.method, &request.path)?;
        *label = matched.row.label;
        if request.body.len() > self.body_bytes_max {
            return Err(V1Error::too_large(self.body_bytes_max));
        }
        let snapshot = self.engine.live.load();
        let now = now();
        if matched.row.route == Route::Token {
            let mut params = Params::read(&request)?;
            forget_body(&mut request);
            return self.token(&mut params, &snapshot, now);
        }
        let store = auth::authenticate(&request, &snapshot, &self.tokens, now)?;
        auth::no_tier(&request)?;
        if let Route::NotServed(why) = matched.row.route {
            return Err(V1Error::not_served(&matched.row.name(), why));
        }
        let params = Params::read(&request)?;
        forget_body(&mut request);
        let call = Call {
            engine: Arc::clone(&self.engine),
            snapshot,
            store,
            ids: matched.ids,
            origin: origin(&request),
            now,
        };
        Box::pin(run::run(matched.row.route, call, params)).await
    }

    fn token(&self, params: &mut Params, snapshot: &Snapshot, now: Millis) -> Result<Answer, V1Error> {
        let key = params.need("imp_key", decode::ID)?;
        let secret = params.secret("imp_secret", |_| true)?;
        let secret = secret.ok_or_else(|| V1Error::missing("imp_secret"))?;
        let issued = self.tokens.issue(snapshot, &key, &secret, now);
        Answer::ok(&issued.ok_or_else(V1Error::wrong_keys)?)
    }
}
