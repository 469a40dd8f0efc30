//! End to end: real processes on loopback, payments through all of them, beside nginx and HAProxy as plain reverse
//! proxies and beside no proxy at all. Prints a table, writes `target/bench/report.json`. See `docs/benchmarks.md`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a bench that fails must stop

mod channels;
mod client;
mod lists;
mod load;
mod mail;
mod meter;
mod pay;
mod process;
mod report;
mod requests;
#[path = "../sample.rs"]
mod sample;
mod scale;
mod shop;

use report::Report;
use shop::{Pg, Shop};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Parts that can be asked for by name (`cargo bench --bench e2e -- pay`); all but `payment` without a name.
const PARTS: [&str; 6] = ["pay", "scale", "reload", "lists", "mail", "payment"];

fn main() -> ExitCode {
    let began = Instant::now();
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if let Some(unknown) = asked.iter().find(|a| !PARTS.contains(&a.as_str())) {
        eprintln!("no part {unknown}; there are {}", PARTS.join(", "));
        return ExitCode::FAILURE;
    }
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    let mut report = Report::default();
    let ended = std::fs::create_dir_all(&out)
        .map_err(|error| error.to_string())
        // Beside the build, not in the system's temporary directory: that may be memory, where a flush costs nothing.
        .and_then(|()| tempfile::tempdir_in(&out).map_err(|error| error.to_string()))
        .and_then(|place| run(place.path(), &asked, &mut report));
    report.print();
    if let Err(error) = report.write(&out.join("report.json")) {
        eprintln!("bench: {error}");
        return ExitCode::FAILURE;
    }
    println!(
        "  {:.0} s; {}",
        began.elapsed().as_secs_f64(),
        out.join("report.json").display()
    );
    let failures = report.failures();
    for failure in &failures {
        eprintln!("bench: failed requests: {failure}");
    }
    match ended {
        Ok(()) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(place: &Path, asked: &[String], report: &mut Report) -> Result<(), String> {
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    let mut pg = Pg::start(place)?;
    let mut shop = Shop::open(place, &pg, 10, 10, 0)?;
    let mut knee = 2_000.0;
    if wants("pay") {
        knee = pay::run(place, &mut shop, &mut pg, report)?;
        pg.agree()?;
    }
    // A few seconds of payments and nothing else: for a profiler, or to compare two builds.
    if asked.iter().any(|a| a == "payment") {
        pay::only(&mut shop, &mut pg, report)?;
    }
    if wants("scale") {
        scale::compare(place, &mut shop, &mut pg, knee / 2.0, report)?;
    }
    report.more.insert("books".to_owned(), shop.agree(&pg)?);
    if wants("mail") {
        mail::run(place, &shop, &mut pg, report)?;
    }
    drop(shop);
    if wants("reload") {
        scale::reload(place, &pg, report)?;
    }
    if wants("lists") {
        lists::run(place, report)?;
    }
    report
        .notes
        .push("merchants, the router's ledger and the PG's agree in number and sum".to_owned());
    Ok(())
}
