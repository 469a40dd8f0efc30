//! Watching: metrics with contracted names, tracing set-up, masking of whatever is written down.

mod log;
pub mod mask;
mod metrics;

pub use log::{LogFormat, LogSetup, PaymentLine, REQUEST_ID, init, payment_line, request_id};
pub use metrics::Metrics;
