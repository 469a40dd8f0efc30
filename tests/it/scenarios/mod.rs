//! The scenarios of `tests/scenarios/`, run for every provider that has a file in `tests/scenarios/pg/`.

mod agree;
mod billing;
mod cash;
mod model;
mod paying;
mod world;

pub use agree::compare;
pub use model::Pg as Contracts;

use crate::source::root;
use model::{Pg, Scenario};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use world::World;

/// Scenarios run at once: each has a demo of its own.
const PARALLEL: usize = 4;

fn scenarios() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = std::fs::read_dir(root().join("tests/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(all.len() >= 20, "the scenario files are missing");
    // While working on some of them: NARU_SCENARIOS=V1,R1
    if let Ok(only) = std::env::var("NARU_SCENARIOS") {
        all.retain(|scenario| only.split(',').any(|id| id == scenario.id));
    }
    all
}

/// What the provider does not serve, from its descriptor, by feature word.
fn missing(provider: &str) -> BTreeMap<String, String> {
    let output = crate::harness::naru().args(["providers", "--json"]).output().unwrap();
    let providers: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours = providers
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["names"]["id"] == provider);
    let ours = ours.unwrap_or_else(|| panic!("`naru providers --json` does not list {provider}"));
    let features = ours["features"].as_array().unwrap();
    let lacking = |when: &serde_json::Value| match when["when"].as_str() {
        Some("yes" | "contract") => None,
        _ => Some(when["why"].as_str().unwrap_or("not served yet").to_owned()),
    };
    let lacks = features
        .iter()
        .filter_map(|f| Some((f[0].as_str()?.to_owned(), lacking(&f[1])?)));
    lacks.collect()
}

async fn run(pg: Arc<Pg>) {
    let missing = Arc::new(missing(&pg.provider));
    let places = Arc::new(Semaphore::new(PARALLEL));
    let mut running = Vec::new();
    for scenario in scenarios() {
        if let Some((need, why)) = scenario.needs.iter().find_map(|n| missing.get(n).map(|why| (n, why))) {
            println!(
                "{} {}: not possible at {}: {need}: {why}",
                scenario.id, scenario.title, pg.provider
            );
            continue;
        }
        let items = scenario.items(&pg);
        if items.is_empty() {
            let list = scenario.for_each.as_deref().unwrap_or_default();
            println!(
                "{} {}: cannot occur at {}: no {list}",
                scenario.id, scenario.title, pg.provider
            );
        }
        for item in items {
            let (pg, scenario, places) = (Arc::clone(&pg), scenario.clone(), Arc::clone(&places));
            let missing = Arc::clone(&missing);
            let label = format!(
                "{} [{}] {}",
                scenario.id,
                item.as_ref().map_or("-".into(), ToString::to_string),
                scenario.title
            );
            let task = tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                let mut world = World::start(&pg, &missing, &scenario, item).await;
                world.play(&scenario).await;
                agree::three_ledgers(&world).await;
            });
            running.push((label, task));
        }
    }
    let mut failed = Vec::new();
    for (label, task) in running {
        match task.await {
            Ok(()) => println!("{label}: passed"),
            Err(error) => failed.push(format!("{label}: {}", crate::together::why(error))),
        }
    }
    assert!(
        failed.is_empty(),
        "{} scenarios failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn toss() {
    run(Arc::new(Pg::load("toss"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inicis() {
    run(Arc::new(Pg::load("inicis"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kcp() {
    run(Arc::new(Pg::load("kcp"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ksnet() {
    run(Arc::new(Pg::load("ksnet"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nice() {
    run(Arc::new(Pg::load("nice"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nice_legacy() {
    run(Arc::new(Pg::load("nice_legacy"))).await;
}
