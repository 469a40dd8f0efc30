//! Notifications from a PG: sent in the background, retried on the PG's own plan, remembered for tests.

use super::ledger::lock;
use super::pg::World;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// Largest answer to a notification that is read, in bytes.
const ANSWER_MAX: usize = 64 << 10;

/// Whether a status and body acknowledge a notification.
pub type Acknowledged = fn(u16, &[u8]) -> bool;

/// Headers of one attempt: its number from 0, and the time in ms.
pub type AttemptHeaders = fn(u32, i64) -> Vec<(&'static str, String)>;

/// One notification, ready to send: any method, any charset.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Simulator id.
    pub provider: &'static str,
    /// Merchant id.
    pub mid: String,
    /// The PG's transaction id.
    pub tid: String,
    /// The merchant's order number.
    pub order_id: String,
    /// The PG's name of the event.
    pub event: &'static str,
    /// Id of the transmission, the same for every attempt.
    pub id: String,
    /// GET or POST.
    pub method: Method,
    /// Where to (plain http), with its query.
    pub url: String,
    /// Content type; `None` without a body.
    pub content_type: Option<&'static str>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Headers that differ per attempt.
    pub attempt_headers: AttemptHeaders,
    /// Body bytes in the PG's charset.
    pub body: Bytes,
    /// Minutes to wait before each retry.
    pub retry_minutes: &'static [u64],
    /// What counts as acknowledged.
    pub acknowledged: Acknowledged,
}

/// The body of a re-sent notification, from that of the first attempt.
pub type ResentBody = fn(&Bytes) -> Bytes;

/// Headers of a PG whose attempts all look the same.
#[must_use]
pub fn no_attempt_headers(_: u32, _: i64) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// Not yet acknowledged.
    Waiting,
    /// Acknowledged.
    Delivered,
    /// Every attempt failed.
    Failed,
    /// Lost by a fault, or dropped because too many were waiting.
    Lost,
}

/// A notification as `GET /_sim/notices` shows it. Bodies are not shown: they may hold keys.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Simulator id.
    pub provider: &'static str,
    /// Merchant id.
    pub mid: String,
    /// The PG's transaction id.
    pub tid: String,
    /// The merchant's order number.
    pub order_id: String,
    /// The PG's name of the event.
    pub event: &'static str,
    /// Id of the transmission.
    pub id: String,
    /// Where to.
    pub url: String,
    /// Attempts so far.
    pub attempts: u32,
    /// HTTP status of the last attempt, if it was answered.
    pub last_status: Option<u16>,
    /// What became of it.
    pub state: Delivery,
}

/// The sender.
#[derive(Debug)]
pub struct Notifier {
    client: Client<HttpConnector, Full<Bytes>>,
    world: Arc<World>,
    waiting: AtomicUsize,
    generation: AtomicU64,
    minute_ms: AtomicU64,
    log: Mutex<VecDeque<Arc<Mutex<Record>>>>,
    stop: watch::Receiver<bool>,
    resent: OnceLock<Vec<(&'static str, ResentBody)>>,
}

impl Notifier {
    /// A sender that ends its waits when `stop` turns true.
    #[must_use]
    pub fn new(world: Arc<World>, stop: watch::Receiver<bool>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_millis(world.options.notice_timeout_ms)));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .pool_max_idle_per_host(16)
            .build(connector);
        let minute_ms = AtomicU64::new(world.options.retry_minute_ms);
        Self {
            client,
            world,
            waiting: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
            minute_ms,
            log: Mutex::new(VecDeque::new()),
            stop,
            resent: OnceLock::new(),
        }
    }

    /// Says, once, how the bodies of re-sent notifications change, by provider.
    pub fn set_resent(&self, resent: Vec<(&'static str, ResentBody)>) {
        // The first list stays: there is one set of simulators.
        let _ = self.resent.set(resent);
    }

    /// Sets how long one minute of a retry plan lasts, ms.
    pub fn set_minute(&self, ms: u64) {
        self.minute_ms.store(ms, Ordering::Relaxed);
    }

    /// How long one minute of a retry plan lasts, ms.
    #[must_use]
    pub fn minute(&self) -> u64 {
        self.minute_ms.load(Ordering::Relaxed)
    }

    /// Forgets what was sent and gives up what still waits.
    pub fn reset(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        lock(&self.log).clear();
        self.set_minute(self.world.options.retry_minute_ms);
    }

    /// What was sent, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let log: Vec<_> = lock(&self.log).iter().map(Arc::clone).collect();
        log.iter().map(|record| lock(record).clone()).collect()
    }

    /// Remembers a notification that a fault loses.
    pub fn lose(&self, notice: &Notice) {
        let record = self.remember(notice);
        lock(&record).state = Delivery::Lost;
    }

    /// Sends a notification, now or after a pause, with its retries, in the background.
    pub fn send(self: &Arc<Self>, notice: Notice, pause: Duration) {
        let Some(slot) = self.enter(&notice) else { return };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if this.pause(pause, slot.generation).await {
                this.run(&notice, &slot, 0).await;
            }
        });
    }

    /// Makes the first attempt before it returns; retries follow in the background.
    pub async fn send_first(self: &Arc<Self>, notice: Notice) {
        let Some(slot) = self.enter(&notice) else { return };
        if self.attempt(&notice, &slot.record, 0).await {
            return;
        }
        let this = Arc::clone(self);
        tokio::spawn(async move { this.run(&notice, &slot, 1).await });
    }

    fn remember(&self, notice: &Notice) -> Arc<Mutex<Record>> {
        let record = Arc::new(Mutex::new(Record {
            provider: notice.provider,
            mid: notice.mid.clone(),
            tid: notice.tid.clone(),
            order_id: notice.order_id.clone(),
            event: notice.event,
            id: notice.id.clone(),
            url: notice.url.clone(),
            attempts: 0,
            last_status: None,
            state: Delivery::Waiting,
        }));
        let mut log = lock(&self.log);
        log.push_back(Arc::clone(&record));
        while log.len() > self.world.options.notices_log_max.max(1) {
            log.pop_front();
        }
        drop(log);
        record
    }

    fn enter(self: &Arc<Self>, notice: &Notice) -> Option<Slot> {
        let record = self.remember(notice);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.world.options.notices_max {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            lock(&record).state = Delivery::Lost;
            tracing::warn!(
                provider = notice.provider,
                "too many notifications wait: one was dropped"
            );
            return None;
        }
        let generation = self.generation.load(Ordering::Relaxed);
        Some(Slot {
            notifier: Arc::clone(self),
            record,
            generation,
        })
    }

    /// Attempts from number `from` on, until acknowledged or the plan ends.
    async fn run(&self, notice: &Notice, slot: &Slot, from: u32) {
        for attempt in from..=u32::try_from(notice.retry_minutes.len()).unwrap_or(0) {
            if let Some(index) = attempt.checked_sub(1) {
                let minutes = notice.retry_minutes.get(index as usize).copied().unwrap_or(1);
                let wait = Duration::from_millis(minutes.saturating_mul(self.minute()));
                if !self.pause(wait, slot.generation).await {
                    return;
                }
            }
            if self.attempt(notice, &slot.record, attempt).await {
                return;
            }
        }
        lock(&slot.record).state = Delivery::Failed;
    }

    /// Waits; `false` if the wait was given up.
    async fn pause(&self, wait: Duration, generation: u64) -> bool {
        let mut stop = self.stop.clone();
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return false,
            }
        }
        !*self.stop.borrow() && generation == self.generation.load(Ordering::Relaxed)
    }

    /// One attempt; `true` if it was acknowledged.
    async fn attempt(&self, notice: &Notice, record: &Mutex<Record>, number: u32) -> bool {
        let limit = Duration::from_millis(self.world.options.notice_timeout_ms);
        let answer = match self.request(notice, number) {
            Ok(request) => tokio::time::timeout(limit, self.exchange(request)).await.ok().flatten(),
            Err(error) => {
                tracing::warn!(provider = notice.provider, %error, "a notification could not be built");
                None
            }
        };
        let done = answer
            .as_ref()
            .is_some_and(|(status, body)| (notice.acknowledged)(*status, body));
        let mut record = lock(record);
        record.attempts = number + 1;
        record.last_status = answer.map(|(status, _)| status);
        if done {
            record.state = Delivery::Delivered;
        }
        done
    }

    fn request(&self, notice: &Notice, number: u32) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let mut builder = http::Request::builder().method(notice.method.clone()).uri(&notice.url);
        if let Some(content_type) = notice.content_type {
            builder = builder.header(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in &notice.headers {
            builder = builder.header(*name, value);
        }
        for (name, value) in (notice.attempt_headers)(number, self.world.clock.now()) {
            builder = builder.header(name, value);
        }
        let resent = self.resent.get().filter(|_| number > 0);
        let changed = resent.and_then(|all| all.iter().find(|(provider, _)| *provider == notice.provider));
        let body = match changed {
            Some((_, change)) => change(&notice.body),
            None => notice.body.clone(),
        };
        builder.body(Full::new(body))
    }

    async fn exchange(&self, request: http::Request<Full<Bytes>>) -> Option<(u16, Bytes)> {
        let response = self.client.request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_MAX)
            .collect()
            .await
            .ok()?
            .to_bytes();
        Some((status, body))
    }
}

/// A place among the waiting notifications, given back on drop.
#[derive(Debug)]
struct Slot {
    notifier: Arc<Notifier>,
    record: Arc<Mutex<Record>>,
    generation: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.notifier.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Checks a notification address: plain http with a host.
///
/// # Errors
/// What is wrong with it.
pub fn check_url(url: &str) -> Result<(), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(_)) => Ok(()),
        (Some("https"), _) => Err("the simulators send notifications over plain http only: give an http:// URL".into()),
        _ => Err("must be an absolute http:// URL".into()),
    }
}
