//! The human queue: operations that no machine could settle, and rulings about them.

use super::refusal;
use crate::engine::{Decision, DeskError, Engine, Ruling};
use crate::net::{BoxFuture, Request, Response, json_response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Cases listed unless the query says otherwise.
const LISTED: usize = 100;
/// Most cases listed.
const LISTED_MAX: usize = 1000;

/// Who knows the open cases and carries rulings out.
pub trait Desk: Send + Sync + 'static {
    /// Open cases, the oldest first: `{items: […]}`.
    fn cases(self: Arc<Self>, limit: usize) -> BoxFuture<'static, Result<Value, DeskError>>;
    /// Carries a ruling out.
    fn rule(self: Arc<Self>, id: String, ruling: Ruling) -> BoxFuture<'static, Result<Value, DeskError>>;
}

impl Desk for Engine {
    fn cases(self: Arc<Self>, limit: usize) -> BoxFuture<'static, Result<Value, DeskError>> {
        Box::pin(async move { Engine::cases(&self, limit).await })
    }

    fn rule(self: Arc<Self>, id: String, ruling: Ruling) -> BoxFuture<'static, Result<Value, DeskError>> {
        Box::pin(async move { Engine::rule(&self, &id, ruling).await })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    decision: Word,
    pg_tx_id: Option<String>,
    pg_cancellation_id: Option<String>,
    by: String,
    reason: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Look,
    Adopt,
    NotDone,
    Cancelled,
}

/// `GET /admin/unknown`
pub(super) async fn cases(desk: &Arc<dyn Desk>, request: &Request) -> Response {
    let mut limit = LISTED;
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let number = value.parse::<usize>().ok().filter(|n| (1..=LISTED_MAX).contains(n));
        match (name.as_ref(), number) {
            ("limit", Some(number)) => limit = number,
            _ => return bad(&format!("`{name}`: the query takes `limit`, 1 to {LISTED_MAX}")),
        }
    }
    answer(Arc::clone(desk).cases(limit).await)
}

/// `POST /admin/unknown/{id}`
pub(super) async fn rule(desk: &Arc<dyn Desk>, id: &str, request: &Request) -> Response {
    let body: Body = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(error) => {
            return bad(&format!(
                "{error}; the body is {{decision, by, reason, pgTxId?, pgCancellationId?}}"
            ));
        }
    };
    let decision = match (body.decision, body.pg_tx_id) {
        (Word::Look, None) => Decision::Look,
        (Word::NotDone, None) => Decision::NotDone,
        (Word::Cancelled, None) => Decision::Cancelled {
            pg_cancellation_id: body.pg_cancellation_id,
        },
        (Word::Adopt, Some(pg_tx_id)) if !pg_tx_id.is_empty() => Decision::Adopt { pg_tx_id },
        (Word::Adopt, _) => return bad("`pgTxId`: adopting wants the PG's transaction id"),
        (_, Some(_)) => return bad("`pgTxId`: only `adopt` takes one"),
    };
    let ruling = Ruling {
        decision,
        by: body.by,
        reason: body.reason,
    };
    answer(Arc::clone(desk).rule(id.to_owned(), ruling).await)
}

fn bad(message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
}

fn answer(ruled: Result<Value, DeskError>) -> Response {
    let error = match ruled {
        Ok(value) => return json_response(StatusCode::OK, &value),
        Err(error) => error,
    };
    let (status, kind) = match &error {
        DeskError::NoCase => (StatusCode::NOT_FOUND, "CASE_NOT_FOUND"),
        DeskError::Busy => (StatusCode::CONFLICT, "CASE_BUSY"),
        DeskError::Misfit(_) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        DeskError::Contradicted(_) => (StatusCode::UNPROCESSABLE_ENTITY, "NOT_CONFIRMED_BY_PG"),
        DeskError::Engine(_) => (StatusCode::SERVICE_UNAVAILABLE, "LEDGER_NOT_READABLE"),
    };
    refusal(status, kind, &error.to_string())
}
