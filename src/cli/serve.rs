//! `naru serve`: the router.

use super::check::DEFAULT_CONFIG;
use super::signals::{Signals, Told};
use super::{ServeArguments, block_on, environment, fail};
use crate::channels::Secrets;
use crate::config::{Config, Problem};
use crate::net::Inherited;
use crate::server::{House, Listeners, Purpose};
use crate::telemetry;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(arguments: ServeArguments) -> ExitCode {
    // First of all: no other thread may run yet.
    let inherited = match Inherited::from_environment(Listeners::NAMES) {
        Ok(inherited) => inherited,
        Err(error) => return fail(error),
    };
    let mut config = match load(arguments.config) {
        Ok(config) => config,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return fail(lines.join("\n"));
        }
    };
    if let Some(directory) = arguments.channels {
        config.channels = directory;
    }
    if let Err(error) = telemetry::init(config.log_format, &config.log_filter) {
        return fail(error);
    }
    block_on(serve(config, inherited))
}

fn load(named: Option<PathBuf>) -> Result<Config, Vec<Problem>> {
    match named {
        Some(file) => Config::load(&file, &environment),
        None if Path::new(DEFAULT_CONFIG).exists() => Config::load(Path::new(DEFAULT_CONFIG), &environment),
        None => Config::from_environment(&environment),
    }
}

async fn serve(config: Config, inherited: Inherited) -> ExitCode {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return fail(format!("signals cannot be heard: {error}")),
    };
    let house = match House::open(config, Secrets::new(), Purpose::Serve, inherited).await {
        Ok(house) => house,
        Err(error) => return fail(error),
    };
    let addresses = house.addresses();
    tracing::info!(
        public = %addresses.public,
        v1 = %addresses.v1,
        operations = %addresses.operations,
        "naru serves"
    );
    until_stopped(&house, &mut signals).await;
    tracing::info!("draining");
    house.stop().await;
    ExitCode::SUCCESS
}

/// Reloads on SIGHUP, returns when told to stop.
pub(super) async fn until_stopped(house: &House, signals: &mut Signals) {
    loop {
        match signals.next().await {
            Told::Stop => return,
            Told::Reload => house.reload().await,
        }
    }
}
