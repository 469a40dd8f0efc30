//! Two kinds of load. *Closed*: every connection sends as soon as it has its answer; finds the knee. *Open*: requests
//! have a time at which they must be sent, whatever became of earlier ones, and latency counts from that time, so a
//! stall is seen by everybody who would have met it.
//!
//! A thread a connection: blocking calls sleep and wake precisely, where a runtime's timers tick in milliseconds.

use crate::client::Connection;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where requests go and what they are: writes request number `n` into the buffer, answers its amount.
#[derive(Clone, Copy)]
pub struct Target<'t> {
    pub address: SocketAddr,
    pub request: &'t (dyn Fn(u64, &mut Vec<u8>) -> i64 + Sync),
    /// Numbers of requests, never used twice.
    pub numbers: &'t AtomicU64,
}

/// What became of a load.
pub struct Tally {
    /// Answered with 200.
    pub ok: u64,
    /// Sum of the amounts of those.
    pub sum: i64,
    /// Everything else by status or error text.
    pub failed: BTreeMap<String, u64>,
    /// Latency, ns: from sending (closed) or from the scheduled time (open).
    pub latency: Histogram<u64>,
    /// How late requests were sent, ns (open): the generator's own share of the latency, and waiting for a connection.
    pub late: Histogram<u64>,
    /// From the first request to the last answer.
    pub took: Duration,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).expect("bounds of a histogram")
}

fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Tally {
    pub fn new() -> Self {
        Self {
            ok: 0,
            sum: 0,
            failed: BTreeMap::new(),
            latency: histogram(),
            late: histogram(),
            took: Duration::ZERO,
        }
    }

    /// Takes another tally in; times add up.
    pub fn add(&mut self, other: &Self) {
        self.took += other.took;
        self.merge(other);
    }

    fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        self.sum += other.sum;
        for (what, count) in &other.failed {
            *self.failed.entry(what.clone()).or_default() += count;
        }
        self.latency.add(&other.latency).expect("histograms of one shape");
        self.late.add(&other.late).expect("histograms of one shape");
    }

    /// Answers a second.
    pub fn per_second(&self) -> f64 {
        self.ok as f64 / self.took.as_secs_f64()
    }

    fn send(&mut self, connection: &mut Connection, target: &Target<'_>, buffer: &mut Vec<u8>) -> Result<(), String> {
        let amount = (target.request)(target.numbers.fetch_add(1, Ordering::Relaxed), buffer);
        let answer = connection.call(buffer).map_err(|error| error.to_string())?;
        if answer.status == 200 {
            self.ok += 1;
            self.sum += amount;
        } else {
            *self.failed.entry(answer.status.to_string()).or_default() += 1;
        }
        Ok(())
    }

    fn lost(&mut self, error: String) {
        *self.failed.entry(error).or_default() += 1;
    }
}

/// Runs `body` on `connections` open connections at once; it gets the common start.
fn on_all(
    target: Target<'_>,
    connections: u32,
    body: impl Fn(u32, Instant, &mut Connection, &mut Tally) -> Result<(), String> + Sync,
) -> Tally {
    let ready = Barrier::new(connections as usize);
    // Well after the last thread has passed the barrier.
    let start = Instant::now() + Duration::from_millis(50) + Duration::from_micros(200) * connections;
    let mut all = Tally::new();
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|i| {
                let (ready, body) = (&ready, &body);
                scope.spawn(move || {
                    let mut tally = Tally::new();
                    let opened = Connection::open(target.address);
                    ready.wait();
                    let ended = opened
                        .map_err(|error| error.to_string())
                        .and_then(|mut connection| body(i, start, &mut connection, &mut tally));
                    if let Err(error) = ended {
                        tally.lost(error);
                    }
                    tally.took = start.elapsed();
                    tally
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("a load thread ended"))
            .collect()
    });
    for tally in &tallies {
        all.merge(tally);
        all.took = all.took.max(tally.took);
    }
    all
}

fn sleep_until(at: Instant) {
    let left = at.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::sleep(left);
    }
}

/// Closed loop for `length`, or until `most` requests were sent.
pub fn closed(target: Target<'_>, connections: u32, length: Duration, most: u64) -> Tally {
    let share = most / u64::from(connections);
    on_all(target, connections, |_, start, connection, tally| {
        let mut buffer = Vec::with_capacity(2 << 10);
        sleep_until(start);
        for _ in 0..share {
            if start.elapsed() >= length {
                break;
            }
            let sent = Instant::now();
            tally.send(connection, &target, &mut buffer)?;
            tally.latency.saturating_record(ns(sent.elapsed()));
        }
        Ok(())
    })
}

/// Open loop: `rate` requests a second for `length`, spread evenly over the connections and over time.
pub fn open(target: Target<'_>, connections: u32, rate: f64, length: Duration) -> Tally {
    let count = (rate * length.as_secs_f64()) as u64;
    on_all(target, connections, |i, start, connection, tally| {
        let mut buffer = Vec::with_capacity(2 << 10);
        for k in (u64::from(i)..count).step_by(connections as usize) {
            let due = start + Duration::from_secs_f64(k as f64 / rate);
            sleep_until(due);
            tally.late.saturating_record(ns(due.elapsed()));
            tally.send(connection, &target, &mut buffer)?;
            tally.latency.saturating_record(ns(due.elapsed()));
        }
        Ok(())
    })
}
