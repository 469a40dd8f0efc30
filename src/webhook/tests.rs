#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hostile;
mod worker;

use super::{WebhookOptions, Webhooks};
use crate::channels::{
    Live, Snapshot, Store, WebhookContent, WebhookEndpoint, WebhookMode, WebhookRetry, WebhookVersion,
};
use crate::ledger::conformance_transaction as transaction;
use crate::ledger::sqlite::SqliteLedger;
use crate::ledger::{Delivery, DeliveryState, Ledger, OutboxRow, Write};
use crate::net::{self, Abort, BoxFuture, Handler, Refused, Request, Response, text_response};
use crate::payment::Status;
use crate::telemetry::Metrics;
use http::StatusCode;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub(super) fn delivery(event: &str) -> Delivery {
    Delivery {
        id: "d".into(),
        event_id: "d".into(),
        lane: "l".into(),
        url: "http://127.0.0.1:1/".into(),
        named_by_payment: false,
        store_id: "s".into(),
        payment_id: "p".into(),
        transaction_id: "t".into(),
        event: event.into(),
        cancellation_id: None,
        created_at: 1_767_225_600_000,
        live: false,
        trigger: None,
        ordered: false,
        state: DeliveryState::Pending,
        attempts: 0,
        base: 0,
        tries: 6,
        resends: 0,
        next_at: 0,
        last_error: None,
    }
}

type Answers = dyn Fn(&Request, usize) -> Response + Send + Sync;

/// A receiver: remembers what came, answers as told (the request, how many came before).
pub(super) struct Sink {
    pub requests: Mutex<Vec<Request>>,
    answers: Box<Answers>,
}

impl Handler for Sink {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async move {
            let before = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(request.clone());
                requests.len() - 1
            };
            if request.path == "/hang" {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Ok((self.answers)(&request, before))
        })
    }

    fn refuse(&self, _: Refused) -> Response {
        text_response(StatusCode::BAD_REQUEST, "text/plain", "")
    }
}

pub(super) fn status(code: u16) -> Response {
    text_response(StatusCode::from_u16(code).unwrap(), "text/plain", "said")
}

/// A store, a ledger, a worker that runs, and a receiver.
pub(super) struct World {
    pub ledger: Arc<SqliteLedger>,
    pub live: Arc<Live>,
    pub sink: Arc<Sink>,
    pub url: String,
    pub metrics: Metrics,
    worker: Arc<Webhooks>,
    stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

pub(super) const SECRET: &str = "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=";

pub(super) fn endpoint(url: &str) -> WebhookEndpoint {
    WebhookEndpoint {
        url: url.to_owned(),
        version: WebhookVersion::V20240425,
        content: WebhookContent::Json,
        mode: WebhookMode::Test,
        secrets: vec![SECRET.into()],
        events: Vec::new(),
        ordered: false,
        allow_private: true,
        retry: WebhookRetry::Standard,
    }
}

pub(super) fn snapshot(endpoints: Vec<WebhookEndpoint>) -> Snapshot {
    let store = Store {
        id: "store-a".into(),
        merchant_id: "m".into(),
        name: "n".into(),
        secrets: Vec::new(),
        webhooks: endpoints,
        v1: None,
        profiles: Vec::new(),
    };
    Snapshot {
        version: 1,
        hash: String::new(),
        loaded_at: 0,
        stores: HashMap::from([("store-a".to_owned(), Arc::new(store))]),
        secrets: HashMap::new(),
        v1_keys: HashMap::new(),
        channels: HashMap::new(),
        groups: HashMap::new(),
    }
}

impl World {
    /// `paths` are the endpoints of the store, on one receiver.
    pub async fn new(paths: &[&str], answers: impl Fn(&Request, usize) -> Response + Send + Sync + 'static) -> Self {
        let (stop, stopped) = watch::channel(false);
        let sink = Arc::new(Sink {
            requests: Mutex::default(),
            answers: Box::new(answers),
        });
        let listener = net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let limits = net::Limits::default();
        let serving = net::serve(listener, None, Arc::clone(&sink) as _, limits, stopped).unwrap();
        let url = format!("http://{}", serving.addr);
        let endpoints = paths.iter().map(|path| endpoint(&format!("{url}{path}"))).collect();
        let folder = tempfile::tempdir().unwrap();
        let metrics = Metrics::new();
        let ledger = Arc::new(SqliteLedger::open(&folder.path().join("l.db"), metrics.clone()).unwrap());
        let live = Arc::new(Live::new(snapshot(endpoints)));
        let options = WebhookOptions {
            timeout: Duration::from_millis(400),
            tick: Duration::from_millis(10),
            minute: Duration::from_millis(5),
            ..WebhookOptions::default()
        };
        let worker = Webhooks::new(Arc::clone(&ledger) as _, Arc::clone(&live), metrics.clone(), options).unwrap();
        Self {
            ledger,
            live,
            sink,
            url,
            metrics,
            worker: Arc::new(worker),
            stop,
            _folder: folder,
        }
    }

    pub fn settings(&self, endpoints: Vec<WebhookEndpoint>) {
        self.live.store(snapshot(endpoints));
    }

    pub fn run(&self) {
        tokio::spawn(Arc::clone(&self.worker).work(self.stop.subscribe()));
    }

    pub async fn event(&self, id: &str, payment: &str, event: &str) {
        let tx = format!("tx-{payment}");
        let mut writes = Vec::new();
        if self.ledger.transaction(&tx).await.unwrap().is_none() {
            writes.push(Write::Insert(Box::new(transaction(&tx, payment, Status::Paid))));
        }
        writes.push(Write::Outbox(OutboxRow {
            id: id.into(),
            store_id: "store-a".into(),
            payment_id: payment.into(),
            transaction_id: tx,
            event: event.into(),
            created_at: crate::engine::now(),
            cancellation_id: None,
            billing_key: None,
        }));
        self.ledger.commit(writes).await.unwrap();
    }

    /// Waits until all deliveries of a payment satisfy `done`.
    pub async fn until(&self, payment: &str, done: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let since = std::time::Instant::now();
        loop {
            let all = self.ledger_of(payment).await;
            if !all.is_empty() && done(&all) {
                return all;
            }
            assert!(since.elapsed() < Duration::from_secs(15), "{all:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn ledger_of(&self, payment: &str) -> Vec<Delivery> {
        use crate::ledger::OutboxLedger;
        let sent = self.ledger.deliveries_of("store-a", payment).await.unwrap();
        sent.into_iter().map(|(d, _)| d).collect()
    }

    pub fn came(&self) -> Vec<Request> {
        self.sink.requests.lock().unwrap().clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

pub(super) fn all_are(state: DeliveryState) -> impl Fn(&[Delivery]) -> bool {
    move |all| all.iter().all(|d| d.state == state)
}

pub(super) fn body(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap_or(json!(null))
}
