//! The official PortOne server SDKs and the V1 clients, unmodified, against a running router. Every answer they get is held
//! against the API's own document on the way, and which operations each of them called is on record beside its script.

use crate::golden::golden;
use crate::harness::Demo;
use crate::source::root;
use crate::witness::both;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::sync::watch;

const NODE: &str = "install Node.js 20 or newer, or run `make setup`";

async fn conforms(program: PathBuf, script: &'static str, missing: &str) {
    let found = Command::new(&program).arg("--version").output();
    assert!(
        found.is_ok_and(|o| o.status.success()),
        "{} is missing: {missing}",
        program.display()
    );
    let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let (v2, v1) = both(&demo.env["NARU_URL"], &demo.env["NARU_V1_URL"], &stopped).await;
    let run = tokio::process::Command::new(program)
        .arg(root().join(script))
        .envs(&demo.env)
        .env("NARU_URL", &v2.1)
        .env("NARU_V1_URL", &v1.1)
        .env("PYTHONUTF8", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        run.status.success() && text(&run.stdout).trim_end() == "ok",
        "{script}:\n{}{}\nthe router said:\n{}",
        text(&run.stdout),
        text(&run.stderr),
        demo.said()
    );
    let mut called = BTreeSet::new();
    for (api, witness) in [("v2", v2.0), ("v1", v1.0)] {
        witness.agrees();
        let calls = witness.called.lock().unwrap();
        called.extend(calls.iter().map(|(name, status)| format!("{api} {name} {status}")));
    }
    let record: String = called.into_iter().map(|call| call + "\n").collect();
    golden(&record_of(script), &record);
}

/// Where the operations that a script calls are on record.
pub fn record_of(script: &str) -> PathBuf {
    let script = Path::new(script);
    let language = script.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let name = script.file_stem().unwrap().to_str().unwrap();
    root().join(format!("tests/sdk/calls/{language}-{name}.txt"))
}

/// Scripts that are run here, in the order of their records' names.
pub const SCRIPTS: [&str; 8] = [
    "tests/sdk/js/cash.mjs",
    "tests/sdk/js/payment.mjs",
    "tests/sdk/js/rest.mjs",
    "tests/sdk/js/v1.mjs",
    "tests/sdk/python/cash.py",
    "tests/sdk/python/payment.py",
    "tests/sdk/python/rest.py",
    "tests/sdk/python/v1.py",
];

async fn javascript(script: &'static str) {
    assert!(SCRIPTS.contains(&script));
    for package in ["@portone/server-sdk", "iamport"] {
        let installed = root().join(format!("tests/sdk/node_modules/{package}/package.json"));
        assert!(installed.exists(), "{package} is not installed: run `make setup`");
    }
    conforms(PathBuf::from("node"), script, NODE).await;
}

async fn python(script: &'static str) {
    assert!(SCRIPTS.contains(&script));
    conforms(root().join("target/venv/bin/python"), script, "run `make setup`").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_payments() {
    javascript("tests/sdk/js/payment.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_payments() {
    python("tests/sdk/python/payment.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_cash() {
    javascript("tests/sdk/js/cash.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_cash() {
    python("tests/sdk/python/cash.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_rest() {
    javascript("tests/sdk/js/rest.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_rest() {
    python("tests/sdk/python/rest.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v1_javascript() {
    javascript("tests/sdk/js/v1.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v1_python() {
    python("tests/sdk/python/v1.py").await;
}
