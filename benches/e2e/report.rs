//! What was seen: a table for people, JSON for machines.

use crate::load::Tally;
use serde_json::{Value, json};
use std::path::Path;

/// A figure that has a bar to clear.
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub bar: Bar,
}

/// Where the bar is.
#[derive(Clone, Copy)]
pub enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Bar {
    pub fn cleared(self, value: f64) -> bool {
        match self {
            Self::AtMost(bar) => value <= bar,
            Self::AtLeast(bar) => value >= bar,
        }
    }

    fn text(self, unit: &str) -> String {
        match self {
            Self::AtMost(bar) => format!("<= {bar} {unit}"),
            Self::AtLeast(bar) => format!(">= {bar} {unit}"),
        }
    }
}

/// One load and what it cost.
pub struct Phase {
    pub what: String,
    /// `closed` or `open`.
    pub kind: &'static str,
    pub connections: u32,
    /// Requests a second that were scheduled (open).
    pub rate: Option<f64>,
    pub tally: Tally,
    /// Processor time a request, µs, by process.
    pub cpu_us: Vec<(&'static str, f64)>,
    /// Resident memory of the process in front at the end, MiB.
    pub rss_mib: Option<f64>,
}

impl Phase {
    /// Latency at a quantile, µs.
    pub fn us(&self, quantile: f64) -> f64 {
        self.tally.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }

    /// Processor time of one process a request, µs.
    pub fn cpu_of(&self, name: &str) -> f64 {
        self.cpu_us.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, us)| *us)
    }

    fn json(&self) -> Value {
        let cpu: serde_json::Map<String, Value> = self
            .cpu_us
            .iter()
            .map(|(name, us)| ((*name).to_owned(), rounded(*us)))
            .collect();
        json!({
            "what": self.what, "kind": self.kind, "connections": self.connections,
            "scheduledPerSecond": self.rate.map(rounded), "requests": self.tally.ok,
            "perSecond": rounded(self.tally.per_second()),
            "latencyUs": {
                "p50": rounded(self.us(0.5)), "p90": rounded(self.us(0.9)), "p99": rounded(self.us(0.99)),
                "p999": rounded(self.us(0.999)), "max": rounded(self.us(1.0)),
            },
            "sentLateUs": {
                "p50": rounded(self.tally.late.value_at_quantile(0.5) as f64 / 1_000.0),
                "p99": rounded(self.tally.late.value_at_quantile(0.99) as f64 / 1_000.0),
            },
            "cpuUsPerRequest": cpu, "rssMib": self.rss_mib.map(rounded),
            "failed": self.tally.failed,
        })
    }

    fn line(&self) -> String {
        let cpu: Vec<String> = self.cpu_us.iter().map(|(name, us)| format!("{name} {us:.0}")).collect();
        format!(
            "  {:<26} {:<6} {:>4} {:>9.0} {:>8.0} {:>8.0} {:>8.0}  {}",
            self.what,
            self.kind,
            self.connections,
            self.tally.per_second(),
            self.us(0.5),
            self.us(0.99),
            self.us(0.999),
            cpu.join(" · ")
        )
    }
}

fn rounded(value: f64) -> Value {
    json!((value * 100.0).round() / 100.0)
}

/// Everything of one run.
#[derive(Default)]
pub struct Report {
    pub figures: Vec<Figure>,
    pub phases: Vec<Phase>,
    pub notes: Vec<String>,
    /// Further measurements by name.
    pub more: serde_json::Map<String, Value>,
}

impl Report {
    pub fn figure(&mut self, name: &'static str, value: f64, unit: &'static str, bar: Bar) {
        self.figures.push(Figure { name, value, unit, bar });
    }

    /// Every kind of failure that was counted.
    pub fn failures(&self) -> Vec<String> {
        let each = |phase: &Phase| -> Vec<String> {
            let failed = phase.tally.failed.iter();
            failed
                .map(|(what, count)| format!("{}: {count} × {what}", phase.what))
                .collect()
        };
        self.phases.iter().flat_map(each).collect()
    }

    pub fn print(&self) {
        println!(
            "\n  {:<26} {:<6} {:>4} {:>9} {:>8} {:>8} {:>8}  processor µs a request",
            "load", "loop", "conn", "answers/s", "p50 µs", "p99 µs", "p99.9 µs"
        );
        for phase in &self.phases {
            println!("{}", phase.line());
        }
        println!("\n  {:<52} {:>10} {:<11} {:>16}", "figure", "seen", "", "wanted");
        for figure in &self.figures {
            let verdict = if figure.bar.cleared(figure.value) {
                "ok"
            } else {
                "missed"
            };
            println!(
                "  {:<52} {:>10.2} {:<11} {:>16}  {verdict}",
                figure.name,
                figure.value,
                figure.unit,
                figure.bar.text(figure.unit)
            );
        }
        for note in &self.notes {
            println!("  {note}");
        }
    }

    pub fn write(&self, file: &Path) -> Result<(), String> {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|f| {
                let (at_most, at_least) = match f.bar {
                    Bar::AtMost(bar) => (Some(bar), None),
                    Bar::AtLeast(bar) => (None, Some(bar)),
                };
                json!({
                    "name": f.name, "value": rounded(f.value), "unit": f.unit, "atMost": at_most, "atLeast": at_least,
                    "ok": f.bar.cleared(f.value),
                })
            })
            .collect();
        let phases: Vec<Value> = self.phases.iter().map(Phase::json).collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"), "machine": machine(), "figures": figures, "phases": phases,
            "more": self.more, "notes": self.notes,
        });
        let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        std::fs::write(file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))
    }
}

fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches(['\t', ' ', ':']).to_owned());
    json!({
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "cpu": model,
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "loadAverage": read("/proc/loadavg").trim(),
    })
}
