//! Many channels: route look-ups and payments at 10 and at 100,000 channels, then reloads and memory at 10,000.

use crate::channels;
use crate::client::{Connection, once};
use crate::load::{closed, open};
use crate::meter::{Meter, Spent, total};
use crate::process::rss_mib;
use crate::report::{Bar, Report};
use crate::requests;
use crate::shop::{Pg, Shop};
use naru::adapters::registry::ADAPTERS;
use naru::channels::{Secrets, Snapshot, load_dir};
use naru::engine::now;
use naru::payment::MethodKind;
use naru::routing::{Selector, Wish, route};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const FEW: usize = 10;
const MANY: usize = 100_000;
const RELOADED: usize = 10_000;
/// Writes of a channel file whose effect is timed.
const WRITES: usize = 12;
const CONNECTIONS: u32 = 32;

/// Compares payments and look-ups at ten channels (`few`) with those at a hundred thousand, at `rate` payments/s.
pub fn compare(place: &Path, few: &mut Shop, pg: &mut Pg, rate: f64, report: &mut Report) -> Result<(), String> {
    let began = Instant::now();
    let mut many = Shop::open(place, pg, MANY, 1_000, MANY / 20)?;
    let started = began.elapsed();
    let snapshots = [few.router.channels.as_path(), many.router.channels.as_path()]
        .map(|folder| load_dir(folder, &Secrets::new(), ADAPTERS, now()).map_err(|problems| problems.to_string()));
    let [few_snapshot, many_snapshot] = snapshots;
    let (few_snapshot, many_snapshot) = (few_snapshot?, many_snapshot?);
    let few_ns = look_up_ns(&few_snapshot, FEW)?;
    let hot_ns = look_up_ns(&many_snapshot, FEW)?;
    let cold_ns = look_up_ns(&many_snapshot, MANY)?;
    drop((few_snapshot, many_snapshot));

    many.pay(|target| closed(target, CONNECTIONS, Duration::from_secs(2), 5_000));
    let (mut at_few, mut at_many) = (Vec::new(), Vec::new());
    for round in 0..6 {
        // Alternate who goes first: whatever drifts, drifts for both.
        let order = if round % 2 == 0 { [true, false] } else { [false, true] };
        for is_few in order {
            let (shop, seen) = if is_few {
                (&mut *few, &mut at_few)
            } else {
                (&mut many, &mut at_many)
            };
            seen.push(paid(shop, rate)?);
        }
    }
    let ratio = 100.0 * (median_ratio(&at_many, &at_few) - 1.0);
    let (at_few, at_many) = (total(at_few)?, total(at_many)?);
    report.figure(
        "route look-up, 100,000 channels against 10",
        100.0 * (hot_ns / few_ns - 1.0),
        "%",
        Bar::AtMost(5.0),
    );
    report.figure(
        "processor time a payment, 100,000 against 10",
        ratio,
        "%",
        Bar::AtMost(5.0),
    );
    report.more.insert(
        "channels100000".to_owned(),
        json!({
            "startMs": started.as_millis(), "rssMib": rss_mib(many.router.process.pid(), "VmRSS")?,
            "lookUpNs": {"of10": few_ns, "of100000": hot_ns, "of100000AllKeysInTurn": cold_ns},
        }),
    );
    report.notes.push(format!(
        "look-up {few_ns:.0} ns among 10, {hot_ns:.0} ns among 100,000 ({cold_ns:.0} ns when every key comes in turn \
         and none is in the cache)"
    ));
    report
        .phases
        .push(at_few.phase("payment, 10 channels", "open", CONNECTIONS, Some(rate)));
    report
        .phases
        .push(at_many.phase("payment, 100,000 channels", "open", CONNECTIONS, Some(rate)));
    report.more.insert("books100000".to_owned(), many.agree(pg)?);
    Ok(())
}

fn paid(shop: &mut Shop, rate: f64) -> Result<Spent, String> {
    let meter = Meter::new(&[("naru", shop.router.process.pid())]);
    meter.run(|| shop.pay(|target| open(target, CONNECTIONS, rate, Duration::from_secs(2))))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 if half > 0 => f64::midpoint(values[half - 1], values[half]),
        _ => values.get(half).copied().unwrap_or(f64::NAN),
    }
}

/// Median over pairs of rounds: one disturbed round does not decide.
fn median_ratio(over: &[Spent], under: &[Spent]) -> f64 {
    median(
        over.iter()
            .zip(under)
            .map(|(o, u)| o.front_us() / u.front_us())
            .collect(),
    )
}

/// ns of one look-up by key among a snapshot's channels, `keys` of them in turn: the best of many rounds.
fn look_up_ns(snapshot: &Snapshot, keys: usize) -> Result<f64, String> {
    let step = snapshot.channels.len() / keys;
    let keys: Vec<String> = (0..keys).map(|i| channels::key(i * step)).collect();
    let store = snapshot.stores.keys().next().ok_or("no store")?;
    let at = now();
    let mut best = f64::INFINITY;
    for _ in 0..30 {
        let began = Instant::now();
        let mut looked = 0_u32;
        for key in keys.iter().cycle().take(keys.len().max(50_000)) {
            let selector = Selector::Channel(black_box(key));
            let routed = route(snapshot, selector, &Wish::new(store, "payment-1", MethodKind::Card, at));
            black_box(routed.map_err(|error| error.to_string())?);
            looked += 1;
        }
        best = best.min(began.elapsed().as_nanos() as f64 / f64::from(looked));
    }
    Ok(best)
}

/// Times writes of a file with a new MID until the router runs it, for two ways to lay out 10,000 channels.
pub fn reload(place: &Path, pg: &Pg, report: &mut Report) -> Result<(), String> {
    let mut slowest: f64 = 0.0;
    let mut heaviest: f64 = 0.0;
    for (round, per_file) in [100, RELOADED].into_iter().enumerate() {
        // Other contracts than the last router's: their books are compared one by one.
        let mut shop = Shop::open(place, pg, RELOADED, per_file, RELOADED / 20 + round)?;
        let began = shop.pay(|target| closed(target, CONNECTIONS, Duration::from_secs(1), 5_000));
        if !began.failed.is_empty() {
            return Err(format!("payments at {RELOADED} channels failed: {:?}", began.failed));
        }
        let times = (1..=WRITES)
            .map(|generation| written(&shop, pg, per_file, generation))
            .collect::<Result<Vec<_>, _>>()?;
        let pid = shop.router.process.pid();
        let (rss, peak) = (rss_mib(pid, "VmRSS")?, rss_mib(pid, "VmHWM")?);
        let (p50, most) = (median(times.clone()), times.iter().copied().fold(0.0, f64::max));
        let files = RELOADED / per_file;
        report.notes.push(format!(
            "reload, 10,000 channels in {files} file(s): write to effect p50 {p50:.0} ms, max {most:.0} ms of {WRITES}; \
             memory {rss:.0} MiB, peak {peak:.0} MiB"
        ));
        report.more.insert(
            format!("reload10000in{files}"),
            json!({"p50Ms": p50, "maxMs": most, "writes": WRITES, "rssMib": rss, "rssPeakMib": peak}),
        );
        report.more.insert(format!("books10000in{files}"), shop.agree(pg)?);
        slowest = slowest.max(most);
        heaviest = heaviest.max(rss);
    }
    report.figure(
        "reload of 10,000 channels, file write to effect, max",
        slowest,
        "ms",
        Bar::AtMost(150.0),
    );
    report.figure(
        "resident memory at 10,000 channels",
        heaviest,
        "MiB",
        Bar::AtMost(100.0),
    );
    Ok(())
}

/// Writes the first file with another MID, as an editor does (a new file renamed into place), and waits for the effect:
/// ms. The metrics are asked because a whole listing of 10,000 channels would be a load of its own.
fn written(shop: &Shop, pg: &Pg, per_file: usize, generation: usize) -> Result<f64, String> {
    let operations = shop.router.operations;
    let mut metrics = Connection::open(operations).map_err(|error| error.to_string())?;
    let ask = requests::operations(operations, "/metrics");
    let mut version = || -> Result<String, String> {
        let answer = metrics.call(&ask).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(answer.body);
        let line = text.lines().find(|line| line.starts_with("naru_config_version "));
        line.map(str::to_owned)
            .ok_or_else(|| "no naru_config_version".to_owned())
    };
    // Let the last write settle: each is one by itself.
    std::thread::sleep(Duration::from_millis(300));
    let text = channels::file(0..per_file, generation, pg.at);
    let (file, fresh) = (channels::file_name(0), ".fresh");
    let folder = &shop.router.channels;
    let before = version()?;
    let began = Instant::now();
    std::fs::write(folder.join(fresh), text).map_err(|error| error.to_string())?;
    std::fs::rename(folder.join(fresh), folder.join(file)).map_err(|error| error.to_string())?;
    while version()? == before {
        if began.elapsed() > Duration::from_secs(20) {
            return Err("a written channel file has no effect".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    let body = once(operations, &requests::operations(operations, "/admin/config"))?;
    let status: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let wanted = channels::mid(0, generation);
    let runs = status["channels"]
        .as_array()
        .is_some_and(|all| all.iter().any(|c| c["mid"] == wanted.as_str()));
    if !runs {
        return Err(format!("the router runs something, but not the new MID {wanted}"));
    }
    Ok(took.as_secs_f64() * 1_000.0)
}
