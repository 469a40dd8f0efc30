//! Log lines: set-up, request ids, and the one line that every finished payment operation leaves.

use http::{HeaderMap, HeaderName};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Header that carries a request's id in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line, for collectors.
    #[default]
    Json,
    /// Text for people, coloured on a terminal.
    Text,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogSetup {
    /// The filter is not one.
    #[error("log filter {filter:?}: {reason}; write e.g. \"info\" or \"info,naru::gateway=debug\"")]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong.
        reason: String,
    },
    /// Something else in this process logs already.
    #[error("logging is set up already in this process")]
    Already,
}

/// Starts writing log lines to standard error. `filter` is a list of `target=level` directives, e.g. `info`.
///
/// # Errors
/// The filter cannot be read, or logging was set up before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LogSetup> {
    let directives = EnvFilter::try_new(filter).map_err(|error| LogSetup::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(directives)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    }
    .map_err(|_| LogSetup::Already)
}

/// The id of a request: the caller's `x-request-id` if it is 1–128 visible ASCII characters, else a fresh UUID v7.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> String {
    let given = headers
        .get(REQUEST_ID)
        .map(http::HeaderValue::as_bytes)
        .unwrap_or_default();
    match std::str::from_utf8(given) {
        Ok(id) if (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()) => id.to_owned(),
        _ => uuid::Uuid::now_v7().to_string(),
    }
}

/// What the log says about one finished payment operation. Nothing in here is a secret or names the buyer.
#[derive(Debug, Clone, Copy)]
pub struct PaymentLine<'a> {
    /// Id of the request that asked for it; absent when the router acted on its own (recovery).
    pub request_id: Option<&'a str>,
    /// `storeId`.
    pub store: &'a str,
    /// `paymentId`.
    pub payment: &'a str,
    /// `transactionId`.
    pub transaction: &'a str,
    /// `channelKey`.
    pub channel: &'a str,
    /// Router provider id.
    pub provider: &'a str,
    /// Operation, e.g. `approve`, `cancel`.
    pub operation: &'a str,
    /// Payment method.
    pub method: &'a str,
    /// Amount of the operation, minor units.
    pub amount: i64,
    /// Currency code.
    pub currency: &'a str,
    /// `approved`, `declined`, `not_sent`, `unknown`.
    pub outcome: &'a str,
    /// Failure code, if it failed.
    pub code: Option<&'a str>,
    /// From request to outcome, ms.
    pub ms: u64,
}

/// Writes the line (target `naru::payment`, level info).
pub fn payment_line(line: &PaymentLine<'_>) {
    tracing::info!(
        target: "naru::payment",
        request_id = line.request_id,
        store = line.store,
        payment = line.payment,
        tx = line.transaction,
        channel = line.channel,
        provider = line.provider,
        operation = line.operation,
        method = line.method,
        amount = line.amount,
        currency = line.currency,
        outcome = line.outcome,
        code = line.code,
        ms = line.ms,
        "payment"
    );
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
