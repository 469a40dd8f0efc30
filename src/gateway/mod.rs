//! The one executor that talks to PGs: pools, TLS, time-outs, bulkheads, breakers, masking, metrics.
//!
//! # What "not sent" rests on
//!
//! [`Exchange::NotSent`] lets the engine try another PG, so it must be proven, never guessed. A connection here is
//! hyper's plain HTTP/1 connection over a stream that keeps two notes (`io`): whether it was handed a byte above TLS,
//! and whether the kernel took one below. Resolving, connecting and the handshake fail before a request exists; after
//! that the notes alone decide: nothing handed or nothing taken means not sent, anything else is
//! [`Exchange::Unknown`].
//!
//! The pool is our own for that reason. hyper-util's pooled client tells a failed connect apart
//! (`Error::is_connect`), but for a connection that the PG had closed while it was idle it only says "canceled", or
//! re-sends by itself; hyper's own `is_incomplete_message` covers "written, then end of stream" as well as "never
//! written". Here hyper looks for an end of the stream before it takes the next request, so a stale connection is
//! seen with the notes still down, and the request goes out on another connection, once. If the PG closes in the
//! moment of writing, both notes are up and the outcome is unknown.
//!
//! The own pool is also the cheaper one: a connection is polled in the task of the call that uses it, so an exchange
//! needs no second task, no channel across threads and no timer but the operation's own.
//!
//! # What is kept
//!
//! Per channel key and place (scheme, host, port): idle connections, calls in flight, breaker. It outlives reloads
//! and is forgotten some minutes after its last use. Channels share nothing but the TLS settings, so one channel's
//! slow PG cannot delay another.

mod breaker;
pub mod codes;
mod dial;
mod fault;
mod http;
mod io;
mod lane;
mod link;
mod target;
mod tcp;

#[cfg(test)]
mod tests;

pub use breaker::{Breaker, BreakerConfig, Change, Ticket, TripReason};

use crate::adapters::{Call, ChannelRevision, Mask, Operation, Transport, UnknownWhy, WireAnswer};
use crate::payment::Failure;
use crate::telemetry::Metrics;
use ::http::Uri;
use dashmap::DashMap;
use fault::Fault;
use lane::{ChannelLanes, Lane, Leave, Permit};
use std::sync::{Arc, Once, Weak};
use std::time::{Duration, Instant};
use target::Target;
use tokio_rustls::TlsConnector;

/// What one exchange with a PG ended as, before the adapter reads it.
#[derive(Debug, Clone)]
pub enum Exchange {
    /// A whole answer arrived.
    Answer(WireAnswer),
    /// Resolving, connecting, the TLS handshake, the pool, the bulkhead or the breaker stopped it before the first
    /// byte was written.
    NotSent(Failure),
    /// Anything else: time-out, reset, truncated answer.
    Unknown(UnknownWhy),
}

/// Limits and trust of the executor.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// Further trusted roots (PEM, one or more certificates): private networks, tests.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Largest answer body, in bytes.
    pub answer_bytes_max: usize,
    /// How long an idle connection is kept. Below the keep-alive of usual PGs, so that the PG is not the one to close.
    pub idle: Duration,
    /// Idle connections kept per channel and place.
    pub idle_links_max: usize,
    /// Pools and breakers are forgotten this long after their last use.
    pub forget_after: Duration,
    /// How often idle connections are looked at.
    pub sweep_every: Duration,
    /// Breakers.
    pub breaker: BreakerConfig,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            extra_roots_pem: None,
            answer_bytes_max: 1 << 20,
            idle: Duration::from_secs(20),
            idle_links_max: 256,
            forget_after: Duration::from_secs(600),
            sweep_every: Duration::from_secs(5),
            breaker: BreakerConfig::default(),
        }
    }
}

/// Why there is no gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The extra roots cannot be read.
    #[error("extra root certificates: {0}; give one or more PEM blocks of CA certificates")]
    ExtraRoots(String),
    /// The TLS library refused its settings.
    #[error("TLS settings: {0}")]
    Tls(String),
}

/// The executor. Cheap to share: one per process.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    sweeper: Once,
}

struct Shared {
    options: GatewayOptions,
    metrics: Metrics,
    tls: TlsConnector,
    channels: DashMap<String, Arc<ChannelLanes>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("options", &self.options)
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway that trusts the public web roots and the options' own.
    ///
    /// # Errors
    /// The extra roots are not readable certificates.
    pub fn new(options: GatewayOptions, metrics: Metrics) -> Result<Self, GatewayError> {
        let tls = dial::tls(&options)?;
        Ok(Self {
            shared: Arc::new(Shared {
                options,
                metrics,
                tls,
                channels: DashMap::new(),
            }),
            sweeper: Once::new(),
        })
    }

    /// Sends one call and collects the answer, within the channel's time-outs, bulkhead and breaker. Must run in a
    /// tokio runtime.
    ///
    /// Dropping the future closes the connection and gives back all it held; whether the PG got the request is then
    /// not known, so callers run this in a task of its own.
    pub async fn exchange(&self, channel: &ChannelRevision, call: &Call) -> Exchange {
        self.run(channel, call, held_back(call.operation)).await
    }

    /// Like [`Gateway::exchange`], for calls that settle an unknown outcome: an open breaker does not hold them back,
    /// whatever their operation (a replay under an idempotency key is an approval on the wire). A `NotSent` from here
    /// says that *this* sending did not happen, nothing about the one it asks after.
    pub async fn exchange_recovery(&self, channel: &ChannelRevision, call: &Call) -> Exchange {
        self.run(channel, call, false).await
    }

    async fn run(&self, channel: &ChannelRevision, call: &Call, held_back: bool) -> Exchange {
        match self.attempt(channel, call, held_back).await {
            Ok(answer) => Exchange::Answer(answer),
            Err(fault) => {
                tracing::debug!(
                    channel = channel.spec.key,
                    operation = call.operation.as_str(),
                    code = fault.code,
                    sent = fault.sent,
                    message = fault.message,
                    "exchange failed"
                );
                fault.into()
            }
        }
    }

    async fn attempt(&self, channel: &ChannelRevision, call: &Call, held_back: bool) -> Result<WireAnswer, Fault> {
        let shared = &*self.shared;
        let uri = Uri::try_from(call.request.url.as_str());
        let uri = uri.map_err(|e| Fault::unsent(codes::REQUEST, format!("URL of the call: {e}")))?;
        let target = allowed(channel, call, &uri)?;
        let lanes = self.lanes(channel);
        let lane = lanes
            .lane(&target, &shared.options)
            .ok_or_else(|| Fault::unsent(codes::REQUEST, "URL of the call: the host is not printable".to_owned()))?;
        let most = places(channel.spec.in_flight_max, held_back);
        let _permit = Permit::take(&lanes, &lane, most).ok_or_else(|| bulkhead(most))?;
        let leave = match held_back {
            true => Some(Leave::ask(&lanes, &lane, Instant::now()).map_err(breaker_open)?),
            false => None,
        };
        let started = Instant::now();
        let result = shared.send(&lane, channel, call, &uri).await;
        lanes.observe(call.operation, started.elapsed(), &shared.metrics);
        if let Some(leave) = leave {
            leave.settle(result.as_ref().err(), Instant::now());
        }
        result
    }

    fn lanes(&self, channel: &ChannelRevision) -> Arc<ChannelLanes> {
        let spec = &channel.spec;
        if let Some(lanes) = self.shared.channels.get(&spec.key)
            && lanes.provider == spec.provider
        {
            return Arc::clone(&lanes);
        }
        self.sweeper.call_once(|| {
            tokio::spawn(sweep(Arc::downgrade(&self.shared), self.shared.options.sweep_every));
        });
        let fresh = || Arc::new(ChannelLanes::new(&spec.key, &spec.provider, &self.shared.metrics));
        let mut entry = self.shared.channels.entry(spec.key.clone()).or_insert_with(fresh);
        if entry.provider != spec.provider {
            *entry = fresh();
        }
        Arc::clone(&entry)
    }
}

impl Shared {
    async fn send(&self, lane: &Lane, channel: &ChannelRevision, call: &Call, uri: &Uri) -> Result<WireAnswer, Fault> {
        let timeouts = channel.timeouts(call.operation);
        match call.request.transport {
            Transport::Http => http::exchange(self, lane, uri, &call.request, timeouts).await,
            Transport::Tcp { length_digits } => tcp::exchange(self, lane, &call.request, timeouts, length_digits).await,
        }
    }
}

/// New business waits while a breaker is open; everything that settles or undoes goes through.
fn held_back(operation: Operation) -> bool {
    match operation {
        Operation::Register | Operation::Approve | Operation::Instant => true,
        Operation::IssueAccount | Operation::IssueReceipt => true,
        Operation::IssueBillingKey | Operation::ChargeBillingKey => true,
        Operation::Cancel | Operation::Inquire | Operation::NetCancel | Operation::DeleteBillingKey => false,
        Operation::CloseAccount | Operation::CancelReceipt | Operation::Escrow => false,
        // What it is for is not known here; it takes no place that settling calls need.
        Operation::PassThrough => true,
    }
}

/// How many of a bulkhead's places a call may fill. An eighth is kept free of new payments, so that a PG on which they
/// pile up can still be asked and told.
fn places(in_flight_max: usize, held_back: bool) -> usize {
    match held_back {
        true => in_flight_max - in_flight_max / 8,
        false => in_flight_max,
    }
}

/// URLs may stem from a PG's answer or a browser's return, so every call is checked.
fn allowed<'a>(channel: &ChannelRevision, call: &Call, uri: &'a Uri) -> Result<Target<'a>, Fault> {
    let checked = Target::of(uri)
        .ok_or("the URL has no host, names a user, or has an unknown scheme")
        .and_then(|target| target.permitted(channel, &call.request.transport).map(|()| target));
    checked.map_err(|why| {
        let host = uri.host().unwrap_or_default();
        tracing::warn!(
            target: "naru::security",
            channel = channel.spec.key,
            provider = channel.spec.provider,
            operation = call.operation.as_str(),
            scheme = uri.scheme_str().unwrap_or_default(),
            host,
            why,
            "refused to call a host"
        );
        Fault::unsent(codes::HOST_REFUSED, format!("{host:?}: {why}"))
    })
}

fn bulkhead(most: usize) -> Fault {
    let message = format!("{most} calls of this channel are in flight, the most there may be (in_flight_max)");
    Fault::unsent(codes::BULKHEAD, message)
}

fn breaker_open(wait: Duration) -> Fault {
    let message = format!(
        "the PG failed repeatedly; new payments are tried again after at most {} ms",
        wait.as_millis()
    );
    Fault::unsent(codes::BREAKER_OPEN, message)
}

async fn sweep(shared: Weak<Shared>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(shared) = shared.upgrade() else { return };
        let (now, forget_after) = (Instant::now(), shared.options.forget_after);
        // A lane in use is held by its call, so forgetting one here takes nothing from under anybody.
        shared.channels.retain(|_, lanes| lanes.sweep(now, forget_after));
    }
}

/// A body as it may be written down: masked members and card numbers replaced, at most 16 KiB kept.
#[must_use]
pub fn masked(body: &[u8], mask: Mask) -> String {
    if mask == Mask::WHOLE {
        return format!("{} bytes, not kept", body.len());
    }
    crate::telemetry::mask::masked(body, mask.fields)
}
