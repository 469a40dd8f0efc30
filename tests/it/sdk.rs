//! The official PortOne server SDKs, unmodified, against a running router.

use crate::harness::Demo;
use crate::source::root;
use std::path::Path;
use std::process::Command;

fn conforms(program: &Path, script: &str, missing: &str) {
    let found = Command::new(program).arg("--version").output();
    assert!(
        found.is_ok_and(|o| o.status.success()),
        "{} is missing: {missing}",
        program.display()
    );
    let demo = Demo::start();
    let run = Command::new(program)
        .arg(root().join(script))
        .envs(&demo.env)
        .env("PYTHONUTF8", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        run.status.success() && text(&run.stdout).trim_end() == "ok",
        "{script}:\n{}{}\nthe router said:\n{}",
        text(&run.stdout),
        text(&run.stderr),
        demo.said()
    );
}

#[test]
fn javascript() {
    let installed = root().join("tests/sdk/node_modules/@portone/server-sdk/package.json");
    assert!(
        installed.exists(),
        "the JavaScript SDK is not installed: run `make setup`"
    );
    conforms(
        Path::new("node"),
        "tests/sdk/js/payment.mjs",
        "install Node.js 20 or newer, or run `make setup`",
    );
}

#[test]
fn python() {
    let python = root().join("target/venv/bin/python");
    conforms(&python, "tests/sdk/python/payment.py", "run `make setup`");
}

#[test]
fn javascript_cash() {
    conforms(
        Path::new("node"),
        "tests/sdk/js/cash.mjs",
        "install Node.js 20 or newer, or run `make setup`",
    );
}

#[test]
fn python_cash() {
    let python = root().join("target/venv/bin/python");
    conforms(&python, "tests/sdk/python/cash.py", "run `make setup`");
}

#[test]
fn javascript_rest() {
    conforms(
        Path::new("node"),
        "tests/sdk/js/rest.mjs",
        "install Node.js 20 or newer, or run `make setup`",
    );
}

#[test]
fn python_rest() {
    let python = root().join("target/venv/bin/python");
    conforms(&python, "tests/sdk/python/rest.py", "run `make setup`");
}

#[test]
fn v1_javascript() {
    let installed = root().join("tests/sdk/node_modules/iamport/package.json");
    assert!(
        installed.exists(),
        "the V1 JavaScript clients are not installed: run `make setup`"
    );
    conforms(
        Path::new("node"),
        "tests/sdk/js/v1.mjs",
        "install Node.js 20 or newer, or run `make setup`",
    );
}

#[test]
fn v1_python() {
    let python = root().join("target/venv/bin/python");
    conforms(&python, "tests/sdk/python/v1.py", "run `make setup`");
}
