//! Builds every room in the order of dependence and puts them behind the listeners.

use super::retention;
use super::{Addresses, Front, Fronts, Listeners, Public, Running, StartError, failed_v2, supervise};
use crate::api::openapi;
use crate::api::v1::V1;
use crate::api::v2::{self, V2};
use crate::channels::Snapshot;
use crate::channels::{Channels, Options, Problems, Sealer, Secrets};
use crate::checkout::{Checkout, CheckoutOptions, ShopOptions};
use crate::config::Config;
use crate::console::{Console, Desk, Settings};
use crate::engine::{Asks, Engine, EngineOptions, now};
use crate::gateway::{Gateway, GatewayOptions};
use crate::ledger::Ledger;
use crate::ledger::sqlite::SqliteLedger;
use crate::net::{BoxFuture, Inherited, Request, Response};
use crate::notify::{Notices, NotifyOptions};
use crate::routing::explain;
use crate::telemetry::Metrics;
use crate::webhook::{WebhookOptions, Webhooks};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// What the router is started for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Payments.
    Serve,
    /// The demo: the sample shop is served too, for the store of this API secret.
    Demo(SecretString),
}

/// A router with all its rooms.
pub struct House {
    running: Running,
    channels: Arc<Channels>,
    public_url: String,
    has_shop: bool,
}

impl Purpose {
    fn shop(&self, snapshot: &Snapshot) -> Option<ShopOptions> {
        let Self::Demo(secret) = self else { return None };
        let store = snapshot.store_by_secret(secret.expose_secret(), now())?;
        Some(ShopOptions {
            store_id: store.id.clone(),
        })
    }
}

impl House {
    /// Opens the ledger, loads the channel files, builds the rooms and begins to answer. `secrets` is where the channel
    /// files' references look first, `inherited` the listeners that whoever started us has bound.
    ///
    /// # Errors
    /// See [`StartError`]; nothing listens any more then.
    pub async fn open(
        config: Config,
        secrets: Secrets,
        purpose: Purpose,
        inherited: Inherited,
    ) -> Result<Self, StartError> {
        let metrics = Metrics::new();
        let listeners = Listeners::bind(&config, inherited).await?;
        let public_url = config.public_url.clone();
        let public_url = public_url.unwrap_or_else(|| listeners.addresses().public);

        let ledger = open_ledger(&config, metrics.clone()).await?;
        let mut options = Options::new(&config.channels, metrics.clone());
        // Channel files may name the router's own origin, e.g. for the sample shop's webhooks.
        options.secrets = secrets.with("NARU_PUBLIC_URL", public_url.as_str());
        let channels = Channels::start(options).await?;
        let engine = Arc::new(Engine::new(
            Arc::clone(&ledger),
            Arc::new(Gateway::new(GatewayOptions::default(), metrics.clone())?),
            channels.live(),
            Arc::new(Sealer::new(config.sealing_key.as_slice())?),
            metrics.clone(),
            EngineOptions {
                node: config.node.clone(),
                answer_within: config.answer_within,
                ..EngineOptions::default()
            },
        ));

        let failed = |error: crate::ledger::LedgerError| StartError::Ledger {
            path: config.ledger.clone(),
            why: error.to_string(),
        };
        engine.take_back().await.map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let checkout = CheckoutOptions {
            public_url: public_url.clone(),
            shop: purpose.shop(&channels.live().load()),
        };
        let has_shop = checkout.shop.is_some();
        let notices = Arc::new(Notices::new(
            Arc::clone(&engine),
            NotifyOptions {
                node: config.node.clone(),
                sync_days: config.pg_sync_days,
                refund_look: config.refund_look,
                ..NotifyOptions::default()
            },
        ));
        notices.take_back().await.map_err(failed)?;
        let fronts = fronts(&config, &engine, &channels, checkout, &notices);
        let noticing = supervise("notifications", stopped.clone(), move |stop| {
            Arc::clone(&notices).work(stop)
        });
        let webhooks = Webhooks::new(
            Arc::clone(&engine.ledger),
            channels.live(),
            engine.metrics.clone(),
            WebhookOptions {
                node: config.node.clone(),
                ..WebhookOptions::default()
            },
        );
        let webhooks = Arc::new(webhooks.map_err(StartError::Webhooks)?);
        webhooks.take_back().await.map_err(failed)?;
        engine.asks_by(Arc::clone(&webhooks) as Arc<dyn Asks>);
        let delivering = supervise("webhooks", stopped.clone(), move |stop| {
            Arc::clone(&webhooks).work(stop)
        });
        let charging = Arc::clone(&engine);
        let billing = supervise("billing", stopped.clone(), move |stop| {
            Arc::clone(&charging).billing_loop(stop)
        });
        let (kept, node, keep) = (Arc::clone(&engine.ledger), config.node.clone(), config.retention);
        let pruning = supervise("retention", stopped.clone(), move |stop| {
            retention::work(Arc::clone(&kept), node.clone(), keep, stop)
        });
        let recovering = supervise("recovery", stopped, move |stop| Arc::clone(&engine).recover_loop(stop));
        let work = vec![recovering, delivering, noticing, billing, pruning];
        let running = Running::start(listeners, fronts, &config.limits, stop, work)?;
        Ok(Self {
            running,
            channels,
            public_url,
            has_shop,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        self.running.addresses()
    }

    /// Origin that browsers and PGs reach it at.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The sample shop, if it is served.
    #[must_use]
    pub fn shop_url(&self) -> Option<String> {
        self.has_shop.then(|| format!("{}/shop/", self.public_url))
    }

    /// The hot settings.
    #[must_use]
    pub fn channels(&self) -> &Arc<Channels> {
        &self.channels
    }

    /// Reads channel files and certificates again. Refused ones keep the last good and are logged by their owner.
    pub async fn reload(&self) {
        self.running.reload_certificates();
        let _ = self.channels.reload().await;
    }

    /// Drains and stops.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// Opens the ledger, in a directory that is made if it is absent.
async fn open_ledger(config: &Config, metrics: Metrics) -> Result<Arc<dyn Ledger>, StartError> {
    let path = config.ledger.clone();
    let failed = |path: &Path, why: String| StartError::Ledger {
        path: path.to_owned(),
        why,
    };
    let opened = tokio::task::spawn_blocking(move || {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| failed(directory, error.to_string()))?;
        }
        SqliteLedger::open(&path, metrics).map_err(|error| failed(&path, error.to_string()))
    });
    let ledger = opened
        .await
        .map_err(|error| failed(&config.ledger, error.to_string()))??;
    Ok(Arc::new(ledger))
}

fn fronts(
    config: &Config,
    engine: &Arc<Engine>,
    channels: &Arc<Channels>,
    checkout: CheckoutOptions,
    notices: &Arc<Notices>,
) -> Fronts {
    let mut options = v2::Options::new(derived(&config.sealing_key, "api"));
    options.body_bytes_max = config.limits.body_bytes_max;
    options.public_url.clone_from(&checkout.public_url);
    let public = Public {
        fronts: vec![
            Arc::new(CheckoutFront {
                checkout: Checkout::new(Arc::clone(engine), checkout),
                metrics: engine.metrics.clone(),
            }),
            Arc::new(NotifyFront(Arc::clone(notices))),
            Arc::new(Documents),
        ],
        rest: Arc::new(V2::new(Arc::clone(engine), &options)),
        trusted_proxies: config.trusted_proxies.clone(),
        refuse: V2::refuse,
        failed: failed_v2,
    };
    let key = derived(&config.sealing_key, "v1");
    let v1 = Public {
        fronts: vec![Arc::new(Documents)],
        rest: Arc::new(V1::new(Arc::clone(engine), &key, config.limits.body_bytes_max)),
        trusted_proxies: config.trusted_proxies.clone(),
        refuse: V1::refuse,
        failed: V1::failed,
    };
    let console = Console::new(
        Arc::clone(&engine.ledger),
        Arc::clone(channels) as Arc<dyn Settings>,
        Arc::clone(engine) as Arc<dyn Desk>,
        engine.metrics.clone(),
        config.admin_token.clone(),
    );
    Fronts {
        public: Arc::new(public),
        v1: Arc::new(v1),
        operations: Arc::new(console),
    }
}

/// A key of its own for one purpose, so that no key serves two.
fn derived(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("naru {purpose}").as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

impl Front for V2 {
    fn owns(&self, _path: &str) -> bool {
        true
    }

    fn answer(self: Arc<Self>, request: Request, request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move { self.handle(request, &request_id).await })
    }
}

impl Front for V1 {
    fn owns(&self, _path: &str) -> bool {
        true
    }

    fn answer(self: Arc<Self>, request: Request, request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move { self.handle(request, &request_id).await })
    }
}

/// What the APIs are.
struct Documents;

impl Front for Documents {
    fn owns(&self, path: &str) -> bool {
        openapi::owns(path)
    }

    fn answer(self: Arc<Self>, request: Request, _request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move { openapi::answer(&request) })
    }
}

/// The address PGs notify; the room counts what comes.
struct NotifyFront(Arc<Notices>);

impl Front for NotifyFront {
    fn owns(&self, path: &str) -> bool {
        Notices::owns(path)
    }

    fn answer(self: Arc<Self>, request: Request, _request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move { self.0.handle(request).await })
    }
}

/// The checkout with its requests counted; the V2 API counts its own.
struct CheckoutFront {
    checkout: Checkout,
    metrics: Metrics,
}

impl Front for CheckoutFront {
    fn owns(&self, path: &str) -> bool {
        self.checkout.owns(path)
    }

    fn answer(self: Arc<Self>, request: Request, request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let (route, began) = (Checkout::route_label(&request.path), Instant::now());
            let response = self.checkout.handle(request, &request_id).await;
            let status = response.status();
            let labels = ["checkout", route, status.as_str()];
            self.metrics.http_requests.with_label_values(&labels).inc();
            let duration = self.metrics.http_duration.with_label_values(&["checkout", route]);
            duration.observe(began.elapsed().as_secs_f64());
            response
        })
    }
}

impl Settings for Channels {
    fn route(&self, question: &[u8]) -> Result<Value, String> {
        let question = serde_json::from_slice(question).map_err(|error| format!("the body: {error}"))?;
        explain(&self.live().load(), &question, now()).map(|explained| json!(explained))
    }

    fn status(&self) -> Value {
        json!(Channels::status(self))
    }

    fn reload(&self) -> BoxFuture<'_, Result<Value, Value>> {
        Box::pin(async move {
            match Channels::reload(self).await {
                Ok(status) => Ok(json!(status)),
                Err(problems) => Err(refused(&Channels::status(self), &problems)),
            }
        })
    }
}

/// The status after a refused reload; the problems stand in `problems` too, even if the status has none to show.
fn refused(status: &crate::channels::Status, problems: &Problems) -> Value {
    let mut value = json!(status);
    if let Some(members) = value.as_object_mut() {
        members.insert("type".to_owned(), json!("CONFIG_REJECTED"));
        members.insert(
            "message".to_owned(),
            json!("the files were refused; the last good settings go on running"),
        );
        members.insert("problems".to_owned(), json!(problems));
    }
    value
}
