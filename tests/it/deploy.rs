//! What `deploy/` holds, exercised by the real tools: alert rules and their unit tests, a Prometheus that scrapes a
//! router and loads the rules, a dashboard whose every expression is valid and asks for metrics that exist.

use crate::harness::{Demo, call};
use crate::source::root;
use http::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn tool(name: &str) -> Command {
    let found = Command::new(name).arg("--version").output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "{name} is missing: run `make setup`, or install Prometheus"
    );
    Command::new(name)
}

fn promtool(arguments: &[&str]) {
    let output = tool("promtool")
        .current_dir(root().join("deploy/prometheus"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
}

#[test]
fn the_rules_and_the_scrape_are_valid_and_alarm_when_they_should() {
    promtool(&["check", "config", "prometheus.yml"]);
    promtool(&["check", "rules", "naru.rules.yml"]);
    promtool(&["test", "rules", "naru.rules.test.yml"]);
}

fn dashboard() -> Value {
    let text = std::fs::read_to_string(root().join("deploy/grafana/naru.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_panel_asks_what_prometheus_understands() {
    let expressions = expressions(&dashboard());
    assert!(expressions.len() > 20, "{expressions:#?}");
    let mut rules = String::from("groups:\n  - name: panels\n    rules:\n");
    for (n, expression) in expressions.iter().enumerate() {
        // What Grafana fills in.
        let filled = expression
            .replace("$__rate_interval", "1m")
            .replace("$channel", ".*")
            .replace("$provider", ".*");
        let quoted = Value::from(filled).to_string();
        rules += &format!("      - record: panel:{n}\n        expr: {quoted}\n");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("panels.yml");
    std::fs::write(&file, rules).unwrap();
    promtool(&["check", "rules", file.to_str().unwrap()]);
}

/// Words of a text that begin with a prefix and look like metric names.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':');
    let words = text.split(part).filter(|word| word.starts_with(prefix));
    words.map(str::to_owned).collect()
}

#[test]
fn rules_and_panels_ask_for_metrics_that_exist() {
    let source = std::fs::read_to_string(root().join("src/telemetry/metrics.rs")).unwrap();
    let rules = std::fs::read_to_string(root().join("deploy/prometheus/naru.rules.yml")).unwrap();
    let recorded = names(&rules, "naru:");
    let panels = expressions(&dashboard()).join("\n");
    for name in names(&rules, "naru_").union(&names(&panels, "naru_")) {
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .fold(name.as_str(), |name, end| name.strip_suffix(end).unwrap_or(name));
        assert!(
            source.contains(&format!("\"{base}\"")),
            "the router has no metric {name}"
        );
    }
    for name in names(&panels, "naru:") {
        assert!(recorded.contains(&name), "no rule records {name}");
    }
}

struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Prometheus {
    /// Starts one on the shipped configuration, with its scrape turned to a router.
    fn start(dir: &Path, router: &str) -> (Self, String) {
        let shipped = root().join("deploy/prometheus");
        let config = std::fs::read_to_string(shipped.join("prometheus.yml")).unwrap();
        let turned = config
            .replace("127.0.0.1:9090", router)
            .replace(
                "naru.rules.yml]",
                &format!("{}]", shipped.join("naru.rules.yml").display()),
            )
            .replace("15s", "1s");
        assert!(turned.contains(router));
        std::fs::write(dir.join("prometheus.yml"), turned).unwrap();
        let log = dir.join("prometheus.log");
        let child = tool("prometheus")
            .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("tsdb").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let running = Self(child);
        let since = Instant::now();
        loop {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let line = said.lines().find(|line| line.contains("msg=\"Listening on\""));
            // Until then it answers 503.
            let line = line.filter(|_| said.contains("Server is ready"));
            if let Some((_, address)) = line.and_then(|line| line.split_once("address=")) {
                return (running, format!("http://{}", address.trim()));
            }
            assert!(since.elapsed() < Duration::from_secs(30), "{said}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

async fn ask(prometheus: &str, query: &str) -> Value {
    let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let url = format!("{prometheus}/api/v1/query?query={query}");
    call(Method::GET, &url, &[], None).await.json()["data"]["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_a_router_and_evaluates_the_rules() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let admin = demo.value("NARU_ADMIN_URL").trim_start_matches("http://").to_owned();
    let (_running, prometheus) = Prometheus::start(dir.path(), &admin);
    let since = Instant::now();
    loop {
        let version = ask(&prometheus, "naru_config_last_reload_success{job=\"naru\"}").await;
        let recorded = ask(&prometheus, "naru:ledger_commit:p99_5m").await;
        let good = |value: &Value| value.as_array().is_some_and(|list| list.len() == 1);
        if good(&version) && good(&recorded) {
            assert_eq!(version[0]["value"][1], "1", "{version:#}");
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{version:#} {recorded:#}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let rules = call(Method::GET, &format!("{prometheus}/api/v1/rules"), &[], None)
        .await
        .json();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let all: Vec<&Value> = groups.iter().flat_map(|g| g["rules"].as_array().unwrap()).collect();
    assert!(all.len() > 15, "{rules:#}");
    for rule in all {
        assert_ne!(rule["health"], "err", "{rule:#}");
        // A router that does nothing is no reason to alarm.
        assert_ne!(rule["state"], "firing", "{rule:#}");
    }
}
