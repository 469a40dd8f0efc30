//! Runs commands: intent → exchange → outcome → events, and owns every outcome that is not known yet.
//!
//! One rule shapes every file here: whatever may move money is committed as an *intent* before the first byte leaves,
//! runs in a task of its own (a merchant who hangs up cancels nothing), and ends in one commit that closes the intent
//! and carries the state change, the journal and the webhook row together. An intent that is not closed is an
//! [`recovery`] case, in this process or, after its lease has run out, in any other that shares the ledger.
//!
//! - `request`: what the fronts ask, how the engine refuses
//! - `attempt`: key-in payments; `window`: opening, returns, manual approval; `cancel`: cancellations
//! - `account`: virtual accounts by server calls; `escrow`: deliveries; `receipts`: stand-alone cash receipts
//! - `command`: what may move money; `operation`: start and settle, the same for all; `exchange`: a command's calls
//! - `late_truth`: what the PG holds, taken in when it differs
//! - `recovery`: the clock that settles unknown outcomes; `revisions`: the credentials old payments need

mod account;
mod ask;
mod attempt;
mod billing;
mod cancel;
mod claim;
mod command;
pub(crate) mod crash;
mod desk;
mod escrow;
mod exchange;
mod ids;
mod late_truth;
mod operation;
mod pass;
mod receipts;
mod recovery;
mod refund_watch;
mod reopen;
mod report;
mod request;
mod revisions;
mod session;
mod waiters;
mod window;

pub use ask::{Asks, CONFIRM_URL, CONFIRM_V1, Consent};
pub use billing::{
    BillingError, ChannelFailure, ConfirmKey, DeleteKeyRequest, KeyPayment, KeyReturned, KeyWindowInput,
    NOT_ENCODABLE as KEY_NOT_ENCODABLE, NewKey, NewSchedule, OpenedKey, RevokeRequest, failures as key_failures,
};
pub use desk::{Decision, DeskError, Ruling};
pub use late_truth::Learned;
pub use recovery::CLOCK_SECONDS;
pub use request::{
    AccountInput, CancelRequest, ConfirmRequest, EngineError, EscrowRequest, InstantInput, NewAttempt, OpenedAttempt,
    ReceiptInput, Returned, WindowInput,
};

use crate::adapters::ChannelRevision;
use crate::channels::{Live, Sealer};
use crate::gateway::Gateway;
use crate::ledger::Ledger;
use crate::payment::Millis;
use crate::telemetry::Metrics;
use dashmap::DashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// This router's name in leases; stable across restarts, different for each router of one ledger.
    pub node: String,
    /// How long a caller is held while an outcome is not known. After that it is told so, and may ask again.
    pub answer_within: Duration,
    /// How long a window's return is accepted after opening. Longer than any PG's own session, so that the PG decides.
    pub window_ttl: Duration,
    /// How often the recovery worker looks for due work.
    pub recovery_tick: Duration,
    /// Recovery cases worked on at once.
    pub recovery_parallel: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            node: "naru-1".to_owned(),
            answer_within: Duration::from_secs(55),
            window_ttl: Duration::from_secs(60 * 60),
            recovery_tick: Duration::from_millis(250),
            recovery_parallel: 32,
        }
    }
}

/// The engine and what it works with.
pub struct Engine {
    /// Durable state.
    pub ledger: Arc<dyn Ledger>,
    /// PG executor.
    pub gateway: Arc<Gateway>,
    /// Current snapshot.
    pub live: Arc<Live>,
    /// Seals revisions and kept values.
    pub sealer: Arc<Sealer>,
    /// Metrics.
    pub metrics: Metrics,
    /// Settings.
    pub options: EngineOptions,
    waiters: waiters::Waiters,
    /// Revisions known to be in the ledger, so that they are written once.
    stored_revisions: DashMap<String, ()>,
    /// Old revisions opened from the ledger, so that they are unsealed once.
    opened_revisions: DashMap<String, Arc<ChannelRevision>>,
    /// First calls of key-in payments, kept for a few seconds so that a lost answer can be asked for again with the
    /// same bytes: the card data is nowhere else.
    replays: DashMap<String, exchange::Kept>,
    /// Asks merchants before an approval.
    asks: OnceLock<Arc<dyn Asks>>,
    /// Transactions that a merchant is being asked about.
    asking: DashMap<String, ()>,
}

impl Engine {
    /// An engine over its parts. [`Engine::recover_loop`] must run beside it.
    #[must_use]
    pub fn new(
        ledger: Arc<dyn Ledger>,
        gateway: Arc<Gateway>,
        live: Arc<Live>,
        sealer: Arc<Sealer>,
        metrics: Metrics,
        options: EngineOptions,
    ) -> Self {
        Self {
            ledger,
            gateway,
            live,
            sealer,
            metrics,
            options,
            waiters: waiters::Waiters::default(),
            stored_revisions: DashMap::new(),
            opened_revisions: DashMap::new(),
            replays: DashMap::new(),
            asks: OnceLock::new(),
            asking: DashMap::new(),
        }
    }
}

/// Now, ms since the epoch.
#[must_use]
pub fn now() -> Millis {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// A duration in ms, for sums with [`Millis`].
fn ms(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
