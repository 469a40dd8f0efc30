//! Watching: metrics with contracted names, tracing set-up, masking of whatever is written down.

mod metrics;

pub use metrics::Metrics;
