//! Notifications in and webhooks out, on real processes: how many notifications a second are taken in durably, how many
//! webhooks a second reach a local receiver, whether a dead endpoint delays another, and what a million waiting deliveries
//! cost the router in memory and its payments in time.

use crate::channels;
use crate::load::{Target, closed};
use crate::meter::{Meter, Spent, total};
use crate::process::{self, Router, rss_mib};
use crate::report::{Bar, Report};
use crate::requests;
use crate::shop::{Pg, Shop};
use naru::ledger::sqlite::SqliteLedger;
use naru::ledger::{Ledger, LedgerError, OutboxRow, Write};
use naru::net::{self, Abort, BoxFuture, Handler, Refused, Request, Response, text_response};
use naru::telemetry::Metrics;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(3);
const MOST: u64 = 30_000;
const CONNECTIONS: u32 = 64;
/// Webhooks of one run to the local receiver.
const DELIVERIES: usize = 20_000;
/// Deliveries that wait for an endpoint that is away.
const QUEUED: usize = 1_000_000;
const BATCH: usize = 2_000;
/// Longest wait for any of it.
const PATIENCE: Duration = Duration::from_secs(600);
const START: i64 = 1_782_000_000_000;

/// A receiver: counts each event once, answers at `/good` and `/other`, and never at `/hang`.
#[derive(Default)]
struct Sink {
    good: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Handler for Sink {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async move {
            if request.path == "/hang" {
                tokio::time::sleep(Duration::from_secs(120)).await;
            }
            if request.path == "/good"
                && let Some(id) = request.header("webhook-id")
            {
                let mut seen = self.good.lock().unwrap();
                let at = Instant::now();
                seen.first.get_or_insert(at);
                seen.last = Some(at);
                seen.ids.insert(id.to_owned());
            }
            Ok(text_response(http::StatusCode::OK, "text/plain", "ok"))
        })
    }

    fn refuse(&self, _: Refused) -> Response {
        text_response(http::StatusCode::BAD_REQUEST, "text/plain", "")
    }
}

/// Channel-file text of webhooks to these URLs.
fn hooks(urls: &[String]) -> String {
    let mut text = String::new();
    for url in urls {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "[[store.webhooks]]\nurl = \"{url}\"\nmode = \"test\"\nallow_private = true\n\
             secrets = [\"plain:whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=\"]\n"
        );
    }
    text
}

/// Writes events into a ledger before its router starts.
async fn queue(ledger: &Path, count: usize) -> Result<(), LedgerError> {
    let ledger = SqliteLedger::open(ledger, Metrics::new())?;
    for batch in 0..count.div_ceil(BATCH) {
        let rows = (batch * BATCH..((batch + 1) * BATCH).min(count)).map(|n| {
            Write::Outbox(OutboxRow {
                id: format!("evt-{n:09}"),
                store_id: channels::STORE.to_owned(),
                payment_id: format!("pay-{n:09}"),
                transaction_id: String::new(),
                event: "Transaction.Paid".to_owned(),
                created_at: START + i64::try_from(n).unwrap_or(0),
                cancellation_id: None,
                billing_key: None,
            })
        });
        ledger.commit(rows.collect()).await?;
    }
    Ok(())
}

fn number(router: &Router, sql: &str) -> Result<i64, String> {
    let failed = |error: rusqlite::Error| format!("{}: {error}", router.ledger.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&router.ledger, flags).map_err(failed)?;
    connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
}

/// Notifications of payments that are not known: stored, sealed, read, and kept waiting.
fn ingest(shop: &Shop, report: &mut Report) -> Result<(), String> {
    let (router, key) = (&shop.router, channels::key(0));
    let numbers = AtomicU64::new(0);
    let load = |length| {
        let target = Target {
            address: router.public,
            request: &|n, out: &mut Vec<u8>| requests::notice(router.public, &key, n, out),
            numbers: &numbers,
        };
        closed(target, CONNECTIONS, length, MOST)
    };
    let naru = [("naru", router.process.pid())];
    let before = u64::try_from(number(router, "SELECT count(*) FROM notices")?).unwrap_or(0);
    let warm = load(Duration::from_secs(1)).ok;
    let rounds: Result<Vec<Spent>, String> = (0..ROUNDS).map(|_| Meter::new(&naru).run(|| load(ROUND))).collect();
    let phase = total(rounds?)?.phase("notification, naru", "closed", CONNECTIONS, None);
    let stored = u64::try_from(number(router, "SELECT count(*) FROM notices")?).unwrap_or(0) - before;
    if stored != phase.tally.ok + warm {
        return Err(format!(
            "{} notifications were taken, {stored} are stored",
            phase.tally.ok + warm
        ));
    }
    let rate = phase.tally.per_second();
    report.phases.push(phase);
    report.figure("notifications taken in durably", rate, "/s", Bar::AtLeast(5_000.0));
    Ok(())
}

/// Webhooks a second that reach `/good`, when the store has these endpoints at the receiver.
fn deliver(place: &Path, pg: &Pg, paths: &[&str], runtime: &tokio::runtime::Runtime) -> Result<f64, String> {
    let (stop, stopped) = watch::channel(false);
    let sink = Arc::new(Sink::default());
    let at = runtime.block_on(async {
        let listener = net::bind(([127, 0, 0, 1], 0).into()).await.map_err(|e| e.to_string())?;
        let serving = net::serve(listener, None, Arc::clone(&sink) as _, net::Limits::default(), stopped);
        serving.map(|serving| serving.addr).map_err(|e| e.to_string())
    })?;
    let name = format!("deliver{}", paths.concat().replace('/', "-"));
    let folder = place.join(format!("{name}-channels"));
    let urls: Vec<String> = paths.iter().map(|path| format!("http://{at}{path}")).collect();
    channels::directory(&folder, 1, 1, pg.at, &hooks(&urls))?;
    std::fs::create_dir_all(place.join(&name)).map_err(|e| e.to_string())?;
    let queued = runtime.block_on(queue(&place.join(&name).join("ledger.db"), DELIVERIES));
    queued.map_err(|e| e.to_string())?;
    let router = process::router(place, &name, &folder)?;
    let since = Instant::now();
    let rate = loop {
        std::thread::sleep(Duration::from_millis(20));
        let seen = sink.good.lock().unwrap();
        if seen.ids.len() == DELIVERIES {
            let (first, last) = (seen.first.unwrap_or(since), seen.last.unwrap_or(since));
            break DELIVERIES as f64 / (last - first).as_secs_f64();
        }
        if since.elapsed() > PATIENCE {
            return Err(format!("{} of {DELIVERIES} webhooks arrived", seen.ids.len()));
        }
    };
    drop(router);
    // The receiver's requests that hang end with its runtime.
    let _ = stop.send(true);
    Ok(rate)
}

/// A router with `queued` deliveries to an endpoint where nobody listens, expanded.
fn waiting(
    place: &Path,
    pg: &Pg,
    first: usize,
    queued: usize,
    runtime: &tokio::runtime::Runtime,
) -> Result<Shop, String> {
    let place = place.join(format!("queue-{queued}"));
    let data = place.join(Shop::name(1_000, 1_000));
    std::fs::create_dir_all(&data).map_err(|error| error.to_string())?;
    let filled = runtime.block_on(queue(&data.join("ledger.db"), queued));
    filled.map_err(|error| error.to_string())?;
    // Port 9 (discard): refused on any machine that runs this.
    let dead = hooks(&["http://127.0.0.1:9/".to_owned()]);
    let shop = Shop::open_with(&place, pg, 1_000, 1_000, first, &dead)?;
    let since = Instant::now();
    while number(&shop.router, "SELECT count(*) FROM outbox WHERE state = 'pending'")? > 0 {
        if since.elapsed() > PATIENCE {
            return Err("the queue was not made deliveries of in time".to_owned());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(shop)
}

/// Payments beside a million waiting deliveries and beside none, in turn.
fn backlog(place: &Path, pg: &mut Pg, runtime: &tokio::runtime::Runtime, report: &mut Report) -> Result<(), String> {
    let began = Instant::now();
    let mut full = waiting(place, pg, 50, QUEUED, runtime)?;
    let made = began.elapsed().as_secs_f64();
    let mut empty = waiting(place, pg, 60, 0, runtime)?;
    let sim = ("sim", pg.process.pid());
    let (mut beside, mut alone) = (Vec::new(), Vec::new());
    for shop in [&mut full, &mut empty] {
        shop.pay(|target| closed(target, CONNECTIONS, Duration::from_secs(1), MOST));
    }
    // One more of each than elsewhere: the bar is narrow.
    for _ in 0..=ROUNDS {
        for (shop, seen) in [(&mut full, &mut beside), (&mut empty, &mut alone)] {
            let naru = ("naru", shop.router.process.pid());
            let spent = Meter::new(&[naru, sim]).run(|| shop.pay(|target| closed(target, CONNECTIONS, ROUND, MOST)))?;
            seen.push(spent);
        }
    }
    let still = number(&full.router, "SELECT count(*) FROM deliveries WHERE state = 'pending'")?;
    if still < i64::try_from(QUEUED).unwrap_or(0) * 9 / 10 {
        return Err(format!("only {still} deliveries still wait: the queue was not a queue"));
    }
    let peak = rss_mib(full.router.process.pid(), "VmHWM")?;
    let beside = total(beside)?.phase("payment, 1,000,000 queued", "closed", CONNECTIONS, None);
    let alone = total(alone)?.phase("payment, none queued", "closed", CONNECTIONS, None);
    let slower = 100.0 * (1.0 - beside.tally.per_second() / alone.tally.per_second());
    report.phases.extend([beside, alone]);
    report.figure(
        "memory with 1,000,000 webhooks queued, peak",
        peak,
        "MiB",
        Bar::AtMost(300.0),
    );
    report.figure("payments slowed by 1,000,000 queued", slower, "%", Bar::AtMost(5.0));
    report.notes.push(format!(
        "a million deliveries written and expanded in {made:.0} s; {still} waited at the end"
    ));
    for (name, shop) in [("booksQueued", &full), ("booksUnqueued", &empty)] {
        report.more.insert(name.to_owned(), shop.agree(pg)?);
    }
    Ok(())
}

/// The whole part.
pub fn run(place: &Path, shop: &Shop, pg: &mut Pg, report: &mut Report) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    ingest(shop, report)?;
    let one = deliver(place, pg, &["/good"], &runtime)?;
    let beside_live = deliver(place, pg, &["/good", "/other"], &runtime)?;
    let beside_dead = deliver(place, pg, &["/good", "/hang"], &runtime)?;
    report.figure(
        "webhooks delivered to a local receiver",
        one,
        "/s",
        Bar::AtLeast(2_000.0),
    );
    let share = 100.0 * beside_dead / beside_live;
    report.figure(
        "rate beside a dead endpoint, of that beside a live one",
        share,
        "%",
        Bar::AtLeast(95.0),
    );
    report.more.insert(
        "webhooksPerSecond".to_owned(),
        json!({ "alone": one, "besideALiveEndpoint": beside_live, "besideADeadEndpoint": beside_dead }),
    );
    backlog(place, pg, &runtime, report)?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}
