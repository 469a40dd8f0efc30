//! `Idempotency-Key`: a request that is sent again gets the answer of the first one (PortOne V2, "Idempotency").
//!
//! - The header is a string of RFC 8941: quotes around 16 to 256 printable ASCII characters. It is ignored on GET and
//!   on the two login calls, whose answers are tokens and must not be stored.
//! - Keys belong to a store. A request is recognised by a keyed hash (HMAC-SHA256) of method, path and body: a plain
//!   hash could be searched for the card number in the body. The key must therefore be the same at all routers and
//!   after a restart.
//! - Running: 409. Done: the same status and body, with `Idempotency-Replayed: true`. Another request: 422.
//! - Bad input is refused before the key is claimed. Answers that decide nothing (see [`ApiError::decided`]) free the
//!   key, so that the repeat learns the current truth.
//! - The work runs in tasks of its own: a client that hangs up neither stops it nor leaves the key claimed. A key whose
//!   router died can be claimed again after [`Times::running_ms`]; money is safe meanwhile and then, because the repeat joins
//!   the same attempt of the same `paymentId`.

use super::error::ApiError;
use crate::ledger::{Idempotency, Ledger, LedgerError, StoredAnswer};
use crate::payment::Millis;
use aws_lc_rs::hmac;
use http::{HeaderMap, Method};
use std::future::Future;
use std::sync::Arc;

/// How long keys live.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// A stored answer is repeated for this long, ms.
    pub keep_ms: i64,
    /// A running request is believed to run for this long, ms: longer than any call to a PG.
    pub running_ms: i64,
}

/// A request's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose key.
    pub scope: String,
    /// Key.
    pub key: String,
    /// Keyed hash of the request, hex.
    pub fingerprint: String,
}

/// What an idempotent request is answered with.
#[derive(Debug, PartialEq)]
pub enum Answered {
    /// The request ran now.
    Now(Result<String, ApiError>),
    /// Stored answer.
    Stored(StoredAnswer),
}

/// Where claims are kept: the ledger, or a fake in tests.
pub trait Claims: Clone + Send + Sync + 'static {
    /// Claims the key.
    fn begin(
        &self,
        claim: &Claim,
        now: Millis,
        times: Times,
    ) -> impl Future<Output = Result<Idempotency, LedgerError>> + Send;
    /// Stores the answer, or frees the key.
    fn end(&self, claim: &Claim, answer: Option<StoredAnswer>) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

impl Claims for Arc<dyn Ledger> {
    async fn begin(&self, claim: &Claim, now: Millis, times: Times) -> Result<Idempotency, LedgerError> {
        let Claim {
            scope,
            key,
            fingerprint,
        } = claim;
        self.idempotency_begin(scope, key, fingerprint, now, times.keep_ms, times.running_ms)
            .await
    }

    async fn end(&self, claim: &Claim, answer: Option<StoredAnswer>) -> Result<(), LedgerError> {
        self.idempotency_end(&claim.scope, &claim.key, answer).await
    }
}

/// Reads the header. `None` when it is absent or the method takes none.
///
/// # Errors
/// 400 when it is repeated or not of the form above.
pub fn key(method: &Method, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(None);
    }
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(string).filter(|_| values.next().is_none());
    match parsed {
        Some(key) if (16..=256).contains(&key.len()) => Ok(Some(key)),
        _ => Err(ApiError::field(
            "Idempotency-Key",
            r#"must be one string in double quotes, of 16 to 256 ASCII characters, e.g. "order-2026-0001-try1""#,
        )),
    }
}

/// A string of RFC 8941, section 3.3.3, without parameters.
fn string(text: &str) -> Option<String> {
    let inner = text.trim_matches([' ', '\t']).strip_prefix('"')?.strip_suffix('"')?;
    let mut key = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            ' '..='~' if c != '"' => key.push(c),
            _ => return None,
        }
    }
    Some(key)
}

/// The keyed hash of a request, hex.
#[must_use]
pub fn fingerprint(mac_key: &hmac::Key, method: &Method, path: &str, query: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(mac_key);
    for part in [method.as_str().as_bytes(), path.as_bytes(), query.as_bytes()] {
        // None of these can hold a line feed, so the parts cannot run into each other.
        context.update(part);
        context.update(b"\n");
    }
    context.update(body);
    let mut hex = String::with_capacity(64);
    for byte in context.sign().as_ref() {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    hex
}

/// Runs `work` at most once for the claim, detached from the caller.
pub async fn run<C, W>(claims: C, claim: Claim, now: Millis, times: Times, work: W) -> Answered
where
    C: Claims,
    W: Future<Output = Result<String, ApiError>> + Send + 'static,
{
    let task = tokio::spawn(guarded(claims, claim, now, times, work));
    match task.await {
        Ok(answered) => answered,
        Err(_) => Answered::Now(Err(ApiError::internal())),
    }
}

async fn guarded<C, W>(claims: C, claim: Claim, now: Millis, times: Times, work: W) -> Answered
where
    C: Claims,
    W: Future<Output = Result<String, ApiError>> + Send + 'static,
{
    match claims.begin(&claim, now, times).await {
        Ok(Idempotency::First) => {}
        Ok(Idempotency::Running) => return Answered::Now(Err(ApiError::outstanding_request())),
        Ok(Idempotency::Done(answer)) => return Answered::Stored(answer),
        Ok(Idempotency::Other) => return Answered::Now(Err(ApiError::other_request())),
        Err(error) => return Answered::Now(Err(error.into())),
    }
    // A task of its own once more, so that even a panic in the work ends the claim.
    let result = match tokio::spawn(work).await {
        Ok(result) => result,
        Err(_) => Err(ApiError::internal()),
    };
    let answer = match &result {
        Ok(body) => Some(StoredAnswer {
            status: 200,
            body: body.clone(),
        }),
        Err(error) if error.decided() => Some(StoredAnswer {
            status: error.status().as_u16(),
            body: error.body(),
        }),
        Err(_) => None,
    };
    if let Err(error) = claims.end(&claim, answer).await {
        // The answer stands; only its repetition is lost until the claim expires.
        tracing::warn!(%error, scope = claim.scope, "an idempotency key could not be ended");
    }
    Answered::Now(result)
}
