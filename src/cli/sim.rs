//! `naru sim`: only the PG simulators.

use super::signals::{Signals, Told};
use super::{SimArguments, block_on, fail, say};
use crate::config::LogFormat;
use crate::net::{self, Limits, Serving};
use crate::simulators::{Options, Simulators};
use crate::telemetry;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::watch;

/// Running simulators.
pub(super) struct Simulating {
    /// Their origin.
    pub url: String,
    /// Names and values of the variables that tell channel files where the raw protocols are.
    pub sockets: Vec<(String, String)>,
    simulators: Arc<Simulators>,
    serving: Serving,
    stop: watch::Sender<bool>,
}

impl Simulating {
    pub(super) async fn start(address: SocketAddr) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the simulators cannot listen on {address}: {error}");
        let listener = net::bind(address).await.map_err(failed)?;
        let simulators = Simulators::new(Options::default());
        let (stop, stopped) = watch::channel(false);
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        simulators.set_public_url(&url);
        simulators.listen_raw(address.ip()).await.map_err(failed)?;
        let limits = Limits {
            // A simulated PG acts out hangs; stopping does not wait for them.
            drain: std::time::Duration::from_millis(200),
            ..Limits::default()
        };
        let serving =
            net::serve(listener, None, Arc::<Simulators>::clone(&simulators), limits, stopped).map_err(failed)?;
        Ok(Self {
            url,
            sockets: simulators.socket_variables(),
            simulators,
            serving,
            stop,
        })
    }

    pub(super) async fn stop(self) {
        self.simulators.stop();
        let _ = self.stop.send(true);
        let _ = self.serving.task.await;
    }
}

pub(super) fn run(arguments: &SimArguments) -> ExitCode {
    if let Err(error) = telemetry::init(LogFormat::Text, "info") {
        return fail(error);
    }
    block_on(simulate(arguments.listen))
}

async fn simulate(address: SocketAddr) -> ExitCode {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return fail(format!("signals cannot be heard: {error}")),
    };
    let simulating = match Simulating::start(address).await {
        Ok(simulating) => simulating,
        Err(error) => return fail(error),
    };
    // Last, so that who waits for this line has the others.
    for (name, value) in &simulating.sockets {
        say(&format!("socket      {name}={value}"));
    }
    say(&format!("simulators  {}", simulating.url));
    while signals.next().await == Told::Reload {}
    simulating.stop().await;
    ExitCode::SUCCESS
}
