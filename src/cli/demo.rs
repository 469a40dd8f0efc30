//! `naru demo`: router, simulators and samples in one process, on embedded defaults.

mod banner;
mod env_file;
mod place;
mod sample;

use super::serve::until_stopped;
use super::signals::Signals;
use super::sim::Simulating;
use super::{DemoArguments, block_on, fail, say};
use crate::channels::Secrets;
use crate::config::{Config, Listen, LogFormat, Retention, sealing_key_file, secret};
use crate::net::{Inherited, Limits};
use crate::server::{House, Purpose};
use crate::telemetry;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use place::Place;
use secrecy::{ExposeSecret, SecretString};
use std::process::ExitCode;
use std::time::Duration;

/// Keys that the demo makes up for one run.
struct Keys {
    api_secret: SecretString,
    admin_token: SecretString,
    webhook_secret: SecretString,
    v1_secret: SecretString,
}

impl Keys {
    fn new() -> Result<Self, String> {
        let made = |bytes| secret::random_hex(bytes).map(|text| SecretString::from(text.as_str()));
        Ok(Self {
            api_secret: made(32)?,
            admin_token: made(24)?,
            webhook_secret: signing_secret()?,
            v1_secret: made(32)?,
        })
    }
}

/// A webhook signing secret as merchants get it: `whsec_` and base64 of 32 random bytes.
fn signing_secret() -> Result<SecretString, String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| "the system gives no random bytes".to_owned())?;
    Ok(SecretString::from(format!("whsec_{}", STANDARD.encode(bytes))))
}

pub(super) fn run(arguments: DemoArguments) -> ExitCode {
    // Quiet unless asked: the URLs are what the demo is for.
    let filter = std::env::var("NARU_LOG").unwrap_or_else(|_| "warn".to_owned());
    if let Err(error) = telemetry::init(LogFormat::Text, &filter) {
        return fail(error);
    }
    block_on(async {
        match demo(arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error),
        }
    })
}

async fn demo(arguments: DemoArguments) -> Result<(), String> {
    let mut signals = Signals::new().map_err(|error| format!("signals cannot be heard: {error}"))?;
    let place = Place::new(arguments.data.as_deref())?;
    let keys = Keys::new()?;
    let simulating = Simulating::start(arguments.sim_listen).await?;
    let channels = match &arguments.channels {
        Some(directory) => directory.clone(),
        None => sample::directory(place.path())?,
    };
    let config = Config {
        node: "demo".to_owned(),
        public_url: None,
        data: place.path().to_owned(),
        channels: channels.clone(),
        ledger: place.path().join("ledger.db"),
        answer_within: Duration::from_secs(55),
        trusted_proxies: Vec::new(),
        pg_sync_days: 0,
        // A day at the simulators, so that a refund which fails there is seen while one watches.
        refund_look: Duration::from_secs(10),
        public: Listen::plain(arguments.listen),
        v1: Listen::plain(arguments.v1_listen),
        operations: Listen::plain(arguments.admin_listen),
        limits: Limits {
            drain: Duration::from_secs(10),
            ..Limits::default()
        },
        retention: Retention::default(),
        sealing_key: sealing_key_file(&place.path().join("sealing.key"))?,
        admin_token: keys.admin_token.clone(),
        log_format: LogFormat::Text,
        log_filter: String::new(),
    };
    let named = Secrets::new()
        .with("NARU_API_SECRET", keys.api_secret.expose_secret())
        .with("NARU_WEBHOOK_SECRET", keys.webhook_secret.expose_secret())
        .with("NARU_V1_SECRET", keys.v1_secret.expose_secret())
        .with("NARU_SIM_URL", simulating.url.as_str());
    let sockets = simulating.sockets.iter();
    let secrets = sockets.fold(named, |secrets, (name, value)| secrets.with(name, value.as_str()));
    let house = House::open(
        config,
        secrets,
        Purpose::Demo(keys.api_secret.clone()),
        Inherited::default(),
    )
    .await
    .map_err(|error| error.to_string())?;

    let snapshot = house.channels().live().load();
    let values = env_file::values(&house, &snapshot, &keys, &simulating, &channels);
    if let Some(path) = &arguments.env_file {
        let text = env_file::render(&values);
        secret::write_private(path, text.as_bytes())
            .map_err(|error| format!("--env-file {}: {error}", path.display()))?;
    }
    say(&banner::text(&values));
    until_stopped(&house, &mut signals).await;
    say("stopping · 멈추는 중");
    house.stop().await;
    simulating.stop().await;
    Ok(())
}
