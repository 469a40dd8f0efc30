//! PG simulators: one faithful stand-in per PG, with a fault menu, behind one handler.
//!
//! `{origin}/{provider}/…` are a PG's own paths, written from the PG's documents alone: no type, code table or
//! signature of `crate::adapters` is used here, so that a mistake there cannot hide behind the same mistake here.
//! `{origin}/_sim/…` are the control calls:
//!
//! | Call | Meaning |
//! |---|---|
//! | `GET /_sim/` | providers and their calls, addresses of raw TCP protocols |
//! | `GET /_sim/ledger?provider=&mid=` | what the PGs believe ([`ledger::Row`]) |
//! | `POST /_sim/{provider}/authenticate` | a buyer in a window, without a browser ([`pg::Authenticate`]) |
//! | `POST /_sim/{provider}/deposit` · `/escrow` | a deposit, an escrow decision |
//! | `PUT /_sim/{provider}/merchants` | merchants, their keys and notification addresses |
//! | `PUT`, `GET`, `DELETE /_sim/faults` | the fault menu ([`faults`]), with hit counts |
//! | `GET /_sim/notices?provider=&orderId=` | notifications sent and what became of them |
//! | `GET`, `POST /_sim/clock` | `{"advanceMs":…, "minuteMs":…}`: move the clock, scale retry plans |
//! | `POST /_sim/reset` | forget everything |
//!
//! Everything that grows is bounded by [`Options`].

mod acting;
pub mod clock;
mod control;
pub mod faults;
pub mod html;
pub mod ids;
mod inicis;
mod kcp;
mod ksnet;
pub mod ledger;
mod nice;
mod nice_legacy;
pub mod notices;
pub mod pg;
mod raw;
mod toss;
pub mod words;

pub use pg::Options;

use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response, json_response};
use faults::Faults;
use http::StatusCode;
use notices::Notifier;
use pg::{PgSimulator, World};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;
use tokio::sync::watch;
use words::{ControlError, nearest};

/// How often sessions and keys are checked for having run out.
const SWEEP: Duration = Duration::from_secs(1);

/// All simulators behind one listener.
pub struct Simulators {
    world: Arc<World>,
    pgs: Vec<Arc<dyn PgSimulator>>,
    faults: Faults,
    notifier: Arc<Notifier>,
    stop: watch::Sender<bool>,
    sweeping: AtomicBool,
    /// Where raw protocols listen.
    sockets: RwLock<Vec<(&'static str, SocketAddr)>>,
}

impl std::fmt::Debug for Simulators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulators")
            .field("providers", &self.ids())
            .finish_non_exhaustive()
    }
}

impl Simulators {
    /// Every simulator, freshly started.
    #[must_use]
    pub fn new(options: Options) -> Arc<Self> {
        let world = Arc::new(World::new(options));
        let (stop, stopped) = watch::channel(false);
        let notifier = Arc::new(Notifier::new(Arc::clone(&world), stopped));
        let pgs: Vec<Arc<dyn PgSimulator>> = vec![
            Arc::new(toss::Toss::new(Arc::clone(&world))),
            Arc::new(inicis::Inicis::new(Arc::clone(&world))),
            Arc::new(nice::Nice::new(Arc::clone(&world))),
            Arc::new(nice_legacy::NiceLegacy::new(Arc::clone(&world))),
            Arc::new(kcp::Kcp::new(Arc::clone(&world))),
            Arc::new(ksnet::Ksnet::new(Arc::clone(&world))),
        ];
        notifier.set_resent(pgs.iter().filter_map(|pg| Some((pg.id(), pg.resent_body()?))).collect());
        Arc::new(Self {
            world,
            pgs,
            faults: Faults::default(),
            notifier,
            stop,
            sweeping: AtomicBool::new(false),
            sockets: RwLock::default(),
        })
    }

    /// Own origin, e.g. `http://127.0.0.1:8090`: pages and scripts need it. Set it once the listener is bound;
    /// without it the `Host` of each request is taken.
    pub fn set_public_url(&self, url: &str) {
        self.world.set_public_url(url);
    }

    /// Ends hanging calls and waiting notifications, so that a listener can drain.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    fn ids(&self) -> Vec<&'static str> {
        self.pgs.iter().map(|pg| pg.id()).collect()
    }

    fn find(&self, id: &str) -> Option<Arc<dyn PgSimulator>> {
        self.pgs.iter().find(|pg| pg.id() == id).map(Arc::clone)
    }

    async fn sweep(&self) {
        for pg in &self.pgs {
            let notices = pg.sweep();
            self.notify(pg.as_ref(), None, notices).await;
        }
    }

    fn reset(&self) {
        self.faults.put(Vec::new());
        self.notifier.reset();
        self.world.clock.reset();
        for pg in &self.pgs {
            pg.reset();
        }
    }

    /// Starts the sweeper with the first request, when a runtime is certain to be there.
    fn start_sweeping(self: &Arc<Self>) {
        if self.sweeping.swap(true, Ordering::Relaxed) {
            return;
        }
        let (weak, mut stop) = (Arc::downgrade(self), self.stop.subscribe());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(SWEEP) => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                }
                match Weak::upgrade(&weak) {
                    Some(this) => this.sweep().await,
                    None => return,
                }
            }
        });
    }
}

impl Handler for Simulators {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        self.start_sweeping();
        Box::pin(async move {
            let first = request.path.split('/').nth(1).unwrap_or_default();
            if first == "_sim" {
                return Ok(self.control(request).await);
            }
            match self.find(first) {
                Some(pg) => self.pg_call(pg, request).await,
                None => {
                    let hint = nearest(first, &self.ids()).map(|id| format!("; did you mean `/{id}`?"));
                    let message = format!(
                        "no simulator answers at `/{first}`; there are: {}, and /_sim/{}",
                        self.ids().join(", "),
                        hint.unwrap_or_default()
                    );
                    Ok(json_response(
                        StatusCode::NOT_FOUND,
                        &ControlError::missing("path", message),
                    ))
                }
            }
        })
    }

    fn refuse(&self, why: Refused) -> Response {
        let (status, message) = match why {
            Refused::BodyTooLarge(max) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is larger than {max} bytes"),
            ),
            Refused::BodyIncomplete => (StatusCode::BAD_REQUEST, "the body did not arrive whole".to_owned()),
        };
        json_response(status, &ControlError::bad("body", message))
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
