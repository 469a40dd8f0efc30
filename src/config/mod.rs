//! Process settings: `naru.toml`, read once at start. What may change while traffic flows lives in the channel files.
//!
//! ```toml
//! node = "naru-1"                          # this router's name in leases; default: the host's name
//! public_url = "https://pay.example.com"   # origin of return and notification URLs; default: the public listener
//! data = "data"                            # default of everything that is stored
//! channels = "channels"                    # directory of the channel files
//! answer_within_ms = 55000                 # how long a merchant is held while an outcome is not known
//! trusted_proxies = ["10.0.0.0/8"]         # whose X-Forwarded-For is believed
//! pg_sync_days = 3                         # look payments this young up at their PG once a day; default 0, off
//!
//! [listen.public]                          # likewise [listen.v1] (8081) and [listen.operations] (9090)
//! address = "127.0.0.1:8080"
//! tls = { cert = "cert.pem", key = "key.pem" }
//!
//! [ledger]
//! path = "data/ledger.db"
//!
//! [keys]                                   # references only, never the secret itself
//! sealing = "file:/etc/naru/sealing.key"   # 32 bytes, hex or base64; default env:NARU_SEALING_KEY
//! admin_token = "env:NARU_ADMIN_TOKEN"     # this is the default
//!
//! [limits]
//! header_timeout_ms = 15000
//! body_timeout_ms = 20000
//! body_bytes_max = 1048576
//! head_bytes_max = 65536
//! connections_max = 8192
//! drain_ms = 30000
//!
//! [retention]                              # days; 0 keeps for ever. Payments and the journal are always kept
//! webhooks_days = 180                      # delivered webhooks and their tries
//! notices_days = 180                       # notifications by PGs that were dealt with
//! dead_days = 730                          # webhooks and notifications that were given up
//!
//! [log]
//! format = "json"                          # or "text"
//! filter = "info"
//! ```
//!
//! Every key may be left out. [`OVERRIDES`] lists the environment variables that win over the file. Relative paths
//! start at the file's directory, those from the environment at the working directory.

mod network;
mod problem;
mod read;
mod reader;
pub mod secret;
#[cfg(test)]
mod tests;

pub use crate::telemetry::LogFormat;
pub use network::{Network, client_ip};
pub use problem::{Problem, nearest};
pub use secret::Env;

use crate::net::Limits;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Environment variables that win over `naru.toml`, with the key each one replaces.
pub const OVERRIDES: &[(&str, &str)] = &[
    ("NARU_NODE", "node"),
    ("NARU_PUBLIC_URL", "public_url"),
    ("NARU_DATA", "data"),
    ("NARU_CHANNELS", "channels"),
    ("NARU_ANSWER_WITHIN_MS", "answer_within_ms"),
    ("NARU_LISTEN_PUBLIC", "listen.public.address"),
    ("NARU_LISTEN_V1", "listen.v1.address"),
    ("NARU_LISTEN_OPERATIONS", "listen.operations.address"),
    ("NARU_LEDGER_PATH", "ledger.path"),
    ("NARU_LOG_FORMAT", "log.format"),
    ("NARU_LOG", "log.filter"),
];

/// Certificate chain and private key of a TLS listener (PEM files). They are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address; port 0 means any free port.
    pub address: SocketAddr,
    /// TLS, if switched on.
    pub tls: Option<TlsFiles>,
}

impl Listen {
    /// Plain http at an address.
    #[must_use]
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }
}

/// How many days records that are not money are kept; 0 keeps them for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Delivered webhooks, with their tries.
    pub webhooks_days: u32,
    /// Notifications that were applied, told before, ignored or refused.
    pub notices_days: u32,
    /// Webhooks and notifications that were given up.
    pub dead_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            webhooks_days: 180,
            notices_days: 180,
            dead_days: 730,
        }
    }
}

/// Everything of `naru.toml`, checked and resolved.
#[derive(Clone)]
pub struct Config {
    /// This router's name in leases: unique among routers that share a ledger.
    pub node: String,
    /// Origin that buyers' browsers and PGs reach us at; `None`: the public listener's own address.
    pub public_url: Option<String>,
    /// Data directory.
    pub data: PathBuf,
    /// Directory of the channel files.
    pub channels: PathBuf,
    /// Ledger file.
    pub ledger: PathBuf,
    /// How long a merchant is held while an outcome is not known.
    pub answer_within: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Payments of so many days are looked up at their PG once a day, for cancellations made there; 0: none are.
    pub pg_sync_days: u32,
    /// Between two looks at refunds that a PG still has to send to an account.
    pub refund_look: Duration,
    /// Public listener.
    pub public: Listen,
    /// V1 listener.
    pub v1: Listen,
    /// Operations listener.
    pub operations: Listen,
    /// Limits of every listener.
    pub limits: Limits,
    /// How long records that are not money are kept.
    pub retention: Retention,
    /// Key that seals stored secrets.
    pub sealing_key: Zeroizing<[u8; 32]>,
    /// Bearer token of the operations API.
    pub admin_token: SecretString,
    /// Form of the log.
    pub log_format: LogFormat,
    /// `tracing` filter, e.g. `info,naru::gateway=debug`.
    pub log_filter: String,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("node", &self.node)
            .field("public", &self.public)
            .field("v1", &self.v1)
            .field("operations", &self.operations)
            .field("ledger", &self.ledger)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads a settings file.
    ///
    /// # Errors
    /// Every problem found.
    pub fn load(path: &Path, env: Env<'_>) -> Result<Self, Vec<Problem>> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![Problem::whole(&shown, format!("cannot be read: {error}"))])?;
        let base = path.parent().unwrap_or(Path::new(""));
        read::read(&shown, &text, base, env)
    }

    /// Settings without a file: defaults and the environment.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_environment(env: Env<'_>) -> Result<Self, Vec<Problem>> {
        read::read("naru.toml (absent)", "", Path::new(""), env)
    }
}

/// The sealing key in a file of its own, made (readable by its owner only) if it is absent. The demo keeps its key this
/// way; `serve` wants to be given one, so that a lost data directory never means a silently new key.
///
/// # Errors
/// The file cannot be read or written, or holds something else.
pub fn sealing_key_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, String> {
    read::key_file(path)
}
