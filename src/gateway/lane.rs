//! What is kept per channel and place: pool, bulkhead, breaker. Reloads do not touch it; a channel that is pointed at
//! another place starts afresh there, so that calls hanging at the old place cannot hold up the new one.

use super::GatewayOptions;
use super::breaker::{Breaker, Change, Ticket};
use super::fault::Fault;
use super::link::Link;
use super::target::{Origin, Target};
use crate::adapters::Operation;
use crate::telemetry::Metrics;
use http::HeaderValue;
use prometheus::{Histogram, IntGauge};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A channel's lanes and metrics.
#[derive(Debug)]
pub(super) struct ChannelLanes {
    key: String,
    pub(super) provider: String,
    lanes: Mutex<Vec<Arc<Lane>>>,
    in_flight: IntGauge,
    breaker: IntGauge,
    /// By operation, looked up once.
    durations: [OnceLock<Histogram>; OPERATIONS.len()],
}

const OPERATIONS: [Operation; 15] = [
    Operation::Register,
    Operation::Approve,
    Operation::Instant,
    Operation::Cancel,
    Operation::Inquire,
    Operation::NetCancel,
    Operation::IssueAccount,
    Operation::CloseAccount,
    Operation::IssueReceipt,
    Operation::CancelReceipt,
    Operation::Escrow,
    Operation::IssueBillingKey,
    Operation::ChargeBillingKey,
    Operation::DeleteBillingKey,
    Operation::PassThrough,
];

/// One place that a channel calls.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) origin: Origin,
    /// Ready-made `Host` header.
    pub(super) host: HeaderValue,
    in_flight: AtomicUsize,
    breaker: Mutex<Breaker>,
    pool: Mutex<Vec<Link>>,
    used: Mutex<Instant>,
}

/// Locks; a panic elsewhere leaves these small states whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ChannelLanes {
    pub(super) fn new(key: &str, provider: &str, metrics: &Metrics) -> Self {
        let breaker = metrics.pg_breaker.with_label_values(&[key]);
        breaker.set(0);
        Self {
            key: key.to_owned(),
            provider: provider.to_owned(),
            lanes: Mutex::default(),
            in_flight: metrics.pg_inflight.with_label_values(&[key]),
            breaker,
            durations: Default::default(),
        }
    }

    /// The lane to a place, made at first use.
    pub(super) fn lane(&self, target: &Target<'_>, options: &GatewayOptions) -> Option<Arc<Lane>> {
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.iter().find(|l| l.origin.target().is(target)) {
            *lock(&lane.used) = Instant::now();
            return Some(Arc::clone(lane));
        }
        let origin = Origin::new(target);
        let lane = Arc::new(Lane {
            host: HeaderValue::try_from(origin.host_header()).ok()?,
            origin,
            in_flight: AtomicUsize::new(0),
            breaker: Mutex::new(Breaker::new(options.breaker)),
            pool: Mutex::default(),
            used: Mutex::new(Instant::now()),
        });
        lanes.push(Arc::clone(&lane));
        Some(lane)
    }

    /// Time of one call.
    pub(super) fn observe(&self, operation: Operation, took: Duration, metrics: &Metrics) {
        let index = OPERATIONS.iter().position(|o| *o == operation).unwrap_or_default();
        self.durations[index]
            .get_or_init(|| {
                let labels = [self.provider.as_str(), self.key.as_str(), operation.as_str()];
                metrics.pg_duration.with_label_values(&labels)
            })
            .observe(took.as_secs_f64());
    }

    /// The gauge shows the worst of the channel's lanes.
    fn show_breaker(&self) {
        let worst = lock(&self.lanes).iter().map(|l| lock(&l.breaker).gauge()).max();
        self.breaker.set(worst.unwrap_or_default());
    }

    /// Closes idle connections that are over and forgets lanes that nobody used; `false` if none is left.
    pub(super) fn sweep(&self, now: Instant, forget_after: Duration) -> bool {
        let mut lanes = lock(&self.lanes);
        let before = lanes.len();
        lanes.retain(|lane| {
            lock(&lane.pool).retain_mut(|link| now < link.good_until && link.is_alive());
            let busy = lane.in_flight.load(Ordering::Acquire) > 0;
            busy || now.saturating_duration_since(*lock(&lane.used)) < forget_after
        });
        let left = lanes.len();
        drop(lanes);
        if left < before {
            // A forgotten lane's breaker must not be shown as open for ever.
            self.show_breaker();
        }
        left > 0
    }
}

impl Lane {
    /// The most recently used idle connection.
    pub(super) fn take(&self, now: Instant) -> Option<Link> {
        let mut pool = lock(&self.pool);
        loop {
            let link = pool.pop()?;
            if now < link.good_until {
                return Some(link);
            }
        }
    }

    /// Keeps a connection for the next call.
    pub(super) fn give(&self, mut link: Link, options: &GatewayOptions) {
        if link.keep(options.idle) {
            let mut pool = lock(&self.pool);
            if pool.len() < options.idle_links_max {
                pool.push(link);
            }
        }
    }

    /// Number of idle connections.
    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        lock(&self.pool).len()
    }
}

/// A place in the bulkhead; given back when dropped, however the call ended.
#[derive(Debug)]
pub(super) struct Permit {
    channel: Arc<ChannelLanes>,
    lane: Arc<Lane>,
}

impl Permit {
    /// Takes a place among `most`, or none.
    pub(super) fn take(channel: &Arc<ChannelLanes>, lane: &Arc<Lane>, most: usize) -> Option<Self> {
        let more = |n: usize| (n < most).then_some(n + 1);
        lane.in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .ok()?;
        channel.in_flight.inc();
        Some(Self {
            channel: Arc::clone(channel),
            lane: Arc::clone(lane),
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.lane.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.channel.in_flight.dec();
    }
}

/// A breaker's leave to send; a call that is dropped midway gives back its probe.
#[derive(Debug)]
pub(super) struct Leave {
    channel: Arc<ChannelLanes>,
    lane: Arc<Lane>,
    ticket: Option<Ticket>,
}

impl Leave {
    /// Asks the lane's breaker.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn ask(channel: &Arc<ChannelLanes>, lane: &Arc<Lane>, now: Instant) -> Result<Self, Duration> {
        let (ticket, moved) = {
            let mut breaker = lock(&lane.breaker);
            let before = breaker.gauge();
            (breaker.admit(now)?, before != breaker.gauge())
        };
        if moved {
            tracing::info!(channel = channel.key, place = %lane.origin, "breaker lets one probe through");
            channel.show_breaker();
        }
        Ok(Self {
            channel: Arc::clone(channel),
            lane: Arc::clone(lane),
            ticket: Some(ticket),
        })
    }

    /// Reports how the call ended.
    pub(super) fn settle(mut self, fault: Option<&Fault>, now: Instant) {
        let Some(ticket) = self.ticket.take() else { return };
        let change = match fault {
            None => lock(&self.lane.breaker).succeeded(ticket),
            Some(fault) if fault.is_transport() => lock(&self.lane.breaker).failed(ticket, now, fault.code),
            Some(_) => {
                self.ticket = Some(ticket);
                return;
            }
        };
        match change {
            Change::None => return,
            Change::Recovered => {
                tracing::info!(channel = self.channel.key, place = %self.lane.origin, "breaker closed: the PG answers again");
            }
            Change::Tripped(reason) => tracing::error!(
                channel = self.channel.key,
                place = %self.lane.origin,
                code = reason.code,
                failures = reason.failures,
                probe = reason.probe,
                "breaker open: new payments on this channel are refused until a probe succeeds"
            ),
        }
        self.channel.show_breaker();
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            lock(&self.lane.breaker).abandoned(ticket);
            self.channel.show_breaker();
        }
    }
}
