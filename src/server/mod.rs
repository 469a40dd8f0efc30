//! The running router: binds the listeners, hands requests to the rooms, drains on the way out.
//!
//! Listeners are bound before the rooms are built, so that every room can be told the real public address (port 0
//! means any free port); they answer only once all rooms stand.

mod house;
mod public;
mod retention;
mod supervise;
#[cfg(test)]
mod tests;
mod tls;

pub use house::{House, Purpose};
pub use public::{Front, Public, failed_v2};
pub use supervise::{Stop, supervise};

use crate::channels::{Problems, SealError};
use crate::config::{Config, Listen};
use crate::gateway::GatewayError;
use crate::net::{self, Handler, InheritError, Inherited, Limits, Serving};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tls::Certificates;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long background work may take to stop once the listeners have drained.
const BACKGROUND_STOP: Duration = Duration::from_secs(5);

/// The router could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener's address cannot be bound.
    #[error("the {listener} listener cannot listen on {address}: {error}")]
    Bind {
        /// `public`, `v1` or `operations`.
        listener: &'static str,
        /// Address asked for.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A socket that was handed over cannot be used.
    #[error("{0}")]
    Inherit(#[from] InheritError),
    /// A listener's certificate or key cannot be used.
    #[error("listen.{listener}.tls: {why}")]
    Tls {
        /// `public`, `v1` or `operations`.
        listener: &'static str,
        /// What is wrong; names the file.
        why: String,
    },
    /// The ledger cannot be opened.
    #[error("the ledger {} cannot be opened: {why}", path.display())]
    Ledger {
        /// File or directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The channel files are not good; there is nothing older to go on with.
    #[error("{0}")]
    Settings(#[from] Problems),
    /// The executor of PG calls cannot be built.
    #[error("{0}")]
    Gateway(#[from] GatewayError),
    /// The webhook worker cannot be built.
    #[error("webhooks: {0}")]
    Webhooks(String),
    /// The sealing key cannot be used.
    #[error("keys.sealing: {0}")]
    Seal(#[from] SealError),
}

/// A bound listener that does not answer yet.
struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    certificates: Option<Arc<Certificates>>,
}

impl Bound {
    /// On the socket that was handed over, or else on the address of the settings.
    async fn new(
        name: &'static str,
        listen: &Listen,
        inherited: Option<std::net::TcpListener>,
    ) -> Result<Self, StartError> {
        let tls = listen.tls.as_ref().map(Certificates::load).transpose();
        let certificates = tls.map_err(|why| StartError::Tls { listener: name, why })?;
        let failed = |error| StartError::Bind {
            listener: name,
            address: listen.address,
            error,
        };
        let listener = match inherited {
            Some(socket) => adopt(socket).map_err(|error| InheritError::Socket {
                name: name.to_owned(),
                error,
            })?,
            None => net::bind(listen.address).await.map_err(failed)?,
        };
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            certificates: certificates.map(Arc::new),
        })
    }

    fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }
}

/// A socket that was handed over, as one of ours.
fn adopt(socket: std::net::TcpListener) -> std::io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// The three listeners of a router, bound.
pub struct Listeners {
    public: Bound,
    v1: Bound,
    operations: Bound,
}

impl Listeners {
    /// What a listener is called in the settings, in errors and where sockets are handed over.
    pub const NAMES: &'static [&'static str] = &["public", "v1", "operations"];

    /// Binds all that were not handed over; one that was listens where its socket does, whatever the settings say.
    ///
    /// # Errors
    /// The first address that cannot be bound, or certificate that cannot be read.
    pub async fn bind(config: &Config, mut inherited: Inherited) -> Result<Self, StartError> {
        Ok(Self {
            public: Bound::new("public", &config.public, inherited.take("public")).await?,
            v1: Bound::new("v1", &config.v1, inherited.take("v1")).await?,
            operations: Bound::new("operations", &config.operations, inherited.take("operations")).await?,
        })
    }

    /// Where they listen.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        Addresses {
            public: self.public.url(),
            v1: self.v1.url(),
            operations: self.operations.url(),
        }
    }
}

/// Origins of the listeners, e.g. `http://127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Public listener.
    pub public: String,
    /// V1 listener.
    pub v1: String,
    /// Operations listener.
    pub operations: String,
}

/// What answers on each listener.
pub struct Fronts {
    /// Public listener.
    pub public: Arc<dyn Handler>,
    /// V1 listener.
    pub v1: Arc<dyn Handler>,
    /// Operations listener.
    pub operations: Arc<dyn Handler>,
}

/// A running router.
pub struct Running {
    addresses: Addresses,
    stop: watch::Sender<bool>,
    serving: Vec<Serving>,
    background: Vec<JoinHandle<()>>,
    certificates: Vec<Arc<Certificates>>,
    drain: Duration,
}

impl Running {
    /// Begins to answer. `background` is work that ends when `stop` turns true.
    ///
    /// # Errors
    /// A listener lost its address between binding and now.
    pub fn start(
        listeners: Listeners,
        fronts: Fronts,
        limits: &Limits,
        stop: watch::Sender<bool>,
        background: Vec<JoinHandle<()>>,
    ) -> Result<Self, StartError> {
        let addresses = listeners.addresses();
        let mut running = Self {
            addresses,
            stop,
            serving: Vec::new(),
            background,
            certificates: Vec::new(),
            drain: limits.drain,
        };
        running.open("public", listeners.public, fronts.public, limits)?;
        running.open("v1", listeners.v1, fronts.v1, limits)?;
        running.open("operations", listeners.operations, fronts.operations, limits)?;
        if !running.certificates.is_empty() {
            let watched = running.certificates.clone();
            let until = running.stop.subscribe();
            running.background.push(tokio::spawn(tls::watch(watched, until)));
        }
        Ok(running)
    }

    fn open(
        &mut self,
        name: &'static str,
        bound: Bound,
        handler: Arc<dyn Handler>,
        limits: &Limits,
    ) -> Result<(), StartError> {
        let acceptor = bound.certificates.as_ref().map(|c| c.acceptor()).transpose();
        let acceptor = acceptor.map_err(|why| StartError::Tls { listener: name, why })?;
        self.certificates.extend(bound.certificates);
        let stop = self.stop.subscribe();
        let serving = net::serve(bound.listener, acceptor, handler, limits.clone(), stop);
        self.serving.push(serving.map_err(|error| StartError::Bind {
            listener: name,
            address: bound.address,
            error,
        })?);
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Reads TLS certificates again; ones that cannot be used keep the old (and say so in the log).
    pub fn reload_certificates(&self) {
        for certificates in &self.certificates {
            certificates.reload();
        }
    }

    /// Stops: no new connections, open requests may finish within the drain limit, then background work stops.
    pub async fn stop(self) {
        // Every receiver may be gone already, when all tasks ended by themselves.
        let _ = self.stop.send(true);
        let listeners = futures_util::future::join_all(self.serving.into_iter().map(|s| s.task));
        if tokio::time::timeout(self.drain + BACKGROUND_STOP, listeners)
            .await
            .is_err()
        {
            tracing::warn!("requests were still open when the drain limit passed");
        }
        for mut task in self.background {
            if tokio::time::timeout(BACKGROUND_STOP, &mut task).await.is_err() {
                tracing::warn!("background work did not stop in time and was cut off");
                task.abort();
            }
        }
    }
}
