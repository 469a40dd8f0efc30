//! The checkout in a real browser: Chromium, driven by the cases in `tests/browser/`.

use crate::harness::Demo;
use crate::source::root;
use std::process::Command;

fn answers(program: &str) -> bool {
    let ran = Command::new(program).arg("--version").output();
    ran.is_ok_and(|output| output.status.success())
}

#[test]
fn buyers_pay() {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    assert!(
        answers(&chromium),
        "{chromium} does not run: run `make setup`, or name a Chromium in the variable CHROMIUM"
    );
    assert!(
        answers("node"),
        "node is missing: install Node.js 20 or newer, or run `make setup`"
    );
    let driver = root().join("tests/browser/node_modules/playwright-core/package.json");
    assert!(driver.exists(), "the browser driver is not installed: run `make setup`");
    let demo = Demo::start();
    let run = Command::new("node")
        .arg(root().join("tests/browser/run.mjs"))
        .envs(&demo.env)
        .env("CHROMIUM", &chromium)
        .env("NARU_SCREENSHOTS", root().join("target/screenshots"))
        .env("NO_PROXY", "127.0.0.1,localhost")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&run.stdout);
    print!("{said}");
    assert!(
        run.status.success() && said.trim_end().ends_with("\nok"),
        "{said}{}\nthe router said:\n{}",
        text(&run.stderr),
        demo.said()
    );
}
