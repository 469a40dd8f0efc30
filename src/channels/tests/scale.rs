//! Ten thousand channels: how long from a file write to its effect, and how much memory. Not a pass-or-fail test on a
//! shared machine, so it is run by hand, optimised:
//! `CARGO_PROFILE_DEV_OPT_LEVEL=3 cargo test --lib channels::tests::scale -- --ignored --nocapture --test-threads 1`

use super::fake::{Dir, FAKES, STORE, channel};
use crate::channels::owner::AdapterList;
use crate::channels::{Channels, Options};
use crate::telemetry::Metrics;
use std::time::{Duration, Instant};

const CHANNELS: usize = 10_000;
const WRITES: usize = 21;

fn rss_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or_default();
    kib / 1_024
}

/// Processor time of this process so far, ms: what a busy machine does not change.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|n| n.parse::<u64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10
}

fn text(file: usize, per_file: usize, generation: usize) -> String {
    (0..per_file)
        .map(|i| {
            let mid = if i == 0 { generation } else { 0 };
            channel(
                &format!("channel-key-{file:05}-{i:05}"),
                &format!("{file:05}{i:05}{mid:04}"),
            )
        })
        .collect()
}

async fn measure(files: usize) {
    let per_file = CHANNELS / files;
    let before = rss_mib();
    let dir = Dir::with(&[("store.toml", STORE)]);
    for file in 0..files {
        dir.write(&format!("{file:05}.toml"), &text(file, per_file, 0));
    }
    let options = Options {
        adapters: AdapterList(FAKES),
        ..Options::new(dir.path(), Metrics::new())
    };
    let start = Instant::now();
    let channels = Channels::start(options).await.unwrap();
    let first = start.elapsed();
    let live = channels.live();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (mut times, mut cpu) = (Vec::new(), 0);
    for generation in 1..=WRITES {
        let text = text(0, per_file, generation);
        let version = live.load().version;
        let cpu_before = cpu_ms();
        let start = Instant::now();
        dir.write("00000.toml", &text);
        while live.load().version == version {
            assert!(start.elapsed() < Duration::from_secs(20), "no effect");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        times.push(start.elapsed());
        cpu += cpu_ms() - cpu_before;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    times.sort();
    let start = Instant::now();
    channels.reload().await.unwrap();
    println!(
        "{files:>6} files x {per_file:>5} channels: start {first:?}, write to effect min {:?} p50 {:?} max {:?}, processor {} ms a write, full re-read {:?}, RSS {} -> {} MiB",
        times[0],
        times[WRITES / 2],
        times[WRITES - 1],
        cpu / WRITES as u64,
        start.elapsed(),
        before,
        rss_mib()
    );
    assert_eq!(live.load().channels.len(), CHANNELS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_hundred_files() {
    measure(100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn one_file() {
    measure(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_file_each() {
    measure(10_000).await;
}
