//! Prometheus metrics. The names are a contract with dashboards and alert rules; labels never carry order, buyer or
//! card data, so their number is bounded by routes, channels and operations.

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// All metrics of one router process.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the metric names are the documentation
pub struct Metrics {
    registry: Registry,
    pub http_requests: IntCounterVec,
    pub http_duration: HistogramVec,
    pub payments: IntCounterVec,
    pub failures: IntCounterVec,
    pub pg_calls: IntCounterVec,
    pub pg_duration: HistogramVec,
    pub pg_inflight: IntGaugeVec,
    pub pg_breaker: IntGaugeVec,
    pub unknown_open: IntGauge,
    pub unknown_resolved: IntCounterVec,
    pub notifications: IntCounterVec,
    pub webhook_deliveries: IntCounterVec,
    pub webhook_backlog: IntGauge,
    pub webhook_oldest: IntGauge,
    pub config_version: IntGauge,
    pub config_info: IntGaugeVec,
    pub config_last_reload_success: IntGauge,
    pub config_last_success_timestamp: IntGauge,
    pub config_reload: IntCounterVec,
    pub config_channels: IntGaugeVec,
    /// When the credentials of a channel end, of channels whose credentials do. Labels `provider`, `channel`.
    pub credential_expires: IntGaugeVec,
    pub ledger_commit_duration: Histogram,
    pub ledger_commit_batch: Histogram,
}

const SECONDS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

struct Maker {
    registry: Registry,
}

/// Registering a metric fails only for a malformed or repeated name. Both are mistakes in this file that the first
/// start of any process shows, so this is the one place where stopping is right.
#[allow(clippy::expect_used)]
impl Maker {
    fn keep<C: prometheus::core::Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let metric = made.expect("metric names in this file are well formed");
        self.registry
            .register(Box::new(metric.clone()))
            .expect("metric names in this file are distinct");
        metric
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.keep(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.keep(IntGauge::new(name, help))
    }

    fn histograms(&self, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
        self.keep(HistogramVec::new(
            HistogramOpts::new(name, help).buckets(SECONDS.to_vec()),
            labels,
        ))
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        self.keep(Histogram::with_opts(
            HistogramOpts::new(name, help).buckets(buckets.to_vec()),
        ))
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers everything in a registry of its own, so that several routers can live in one test process.
    #[must_use]
    pub fn new() -> Self {
        let m = Maker {
            registry: Registry::new(),
        };
        let metrics = Self {
            http_requests: m.counters(
                "naru_http_requests_total",
                "Requests answered",
                &["api", "route", "status"],
            ),
            http_duration: m.histograms(
                "naru_http_request_duration_seconds",
                "Time to answer",
                &["api", "route"],
            ),
            payments: m.counters(
                "naru_payments_total",
                "Attempts that reached a state",
                &["provider", "channel", "method", "status"],
            ),
            failures: m.counters(
                "naru_failures_total",
                "Operations that a PG or this router refused, by the unified kind of the failure",
                &["provider", "channel", "operation", "kind"],
            ),
            pg_calls: m.counters(
                "naru_pg_calls_total",
                "Calls to PGs by outcome",
                &["provider", "channel", "operation", "outcome"],
            ),
            pg_duration: m.histograms(
                "naru_pg_call_duration_seconds",
                "Time of a PG call",
                &["provider", "channel", "operation"],
            ),
            pg_inflight: m.gauges("naru_pg_inflight", "PG calls in flight", &["channel"]),
            pg_breaker: m.gauges("naru_pg_breaker_state", "0 closed, 1 probing, 2 open", &["channel"]),
            unknown_open: m.gauge("naru_unknown_open", "Operations whose outcome is not known yet"),
            unknown_resolved: m.counters("naru_unknown_resolved_total", "Unknowns settled", &["provider", "how"]),
            notifications: m.counters(
                "naru_notifications_total",
                "Notifications by PGs",
                &["provider", "result"],
            ),
            webhook_deliveries: m.counters("naru_webhook_deliveries_total", "Webhook deliveries", &["result"]),
            webhook_backlog: m.gauge("naru_webhook_backlog", "Webhooks not delivered yet"),
            webhook_oldest: m.gauge("naru_webhook_oldest_seconds", "Age of the oldest undelivered webhook"),
            config_version: m.gauge("naru_config_version", "Version of the active snapshot"),
            config_info: m.gauges("naru_config_info", "Hash of the active snapshot", &["hash"]),
            config_last_reload_success: m.gauge("naru_config_last_reload_success", "1 if the last reload was accepted"),
            config_last_success_timestamp: m.gauge(
                "naru_config_last_success_timestamp_seconds",
                "When the active snapshot was loaded",
            ),
            config_reload: m.counters("naru_config_reload_total", "Reloads by result", &["result"]),
            config_channels: m.gauges("naru_config_channels", "Channels by state", &["state"]),
            credential_expires: m.gauges(
                "naru_channel_credential_expires_timestamp_seconds",
                "When a channel's credentials (a certificate) end",
                &["provider", "channel"],
            ),
            ledger_commit_duration: m.histogram(
                "naru_ledger_commit_duration_seconds",
                "Time of a group commit",
                SECONDS,
            ),
            ledger_commit_batch: m.histogram("naru_ledger_commit_batch_size", "Commits that shared one fsync", BATCH),
            registry: m.registry.clone(),
        };
        // A counter that is born at 1 has not risen: alerts on given-up webhooks would miss the first one.
        for result in ["delivered", "retry", "dead", "gone"] {
            metrics.webhook_deliveries.with_label_values(&[result]);
        }
        let build = m.gauges("naru_build_info", "Build", &["version", "revision"]);
        build
            .with_label_values(&[
                env!("CARGO_PKG_VERSION"),
                option_env!("NARU_REVISION").unwrap_or("unknown"),
            ])
            .set(1);
        #[cfg(target_os = "linux")]
        {
            let process = prometheus::process_collector::ProcessCollector::for_self();
            let _ = m.registry.register(Box::new(process));
        }
        metrics
    }

    /// The scrape answer (Prometheus text format).
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(16 << 10);
        // Writing to memory cannot fail; a half-written scrape would be seen by the scraper as an error.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn renders_contracted_names() {
        let metrics = Metrics::new();
        metrics.http_requests.with_label_values(&["v2", "instant", "200"]).inc();
        let text = String::from_utf8_lossy(&metrics.render()).into_owned();
        for name in [
            "naru_http_requests_total",
            "naru_unknown_open",
            "naru_build_info",
            "process_",
        ] {
            assert!(text.contains(name), "{name} missing in\n{text}");
        }
    }
}
