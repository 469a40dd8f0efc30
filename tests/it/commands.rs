//! The command line: what it prints and how it exits.

use crate::harness::{copy, naru};
use crate::source::root;
use std::process::Output;

fn run(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let mut command = naru();
    command.current_dir(dir.path()).args(arguments);
    command.envs(env.iter().copied());
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the sample files' references need.
const SAMPLE_ENV: &[(&str, &str)] = &[
    ("NARU_API_SECRET", "a-secret-only-for-the-tests-0000"),
    ("NARU_V1_SECRET", "a-v1-secret-only-for-the-tests-0"),
    ("NARU_SIM_URL", "http://127.0.0.1:8090"),
    ("NARU_SIM_SOCKET_KSNET", "tcp://127.0.0.1:8091"),
    ("NARU_PUBLIC_URL", "http://127.0.0.1:8080"),
    ("NARU_WEBHOOK_SECRET", "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE="),
];

#[test]
fn the_sample_files_are_good() {
    let channels = root().join("channels");
    let output = run(&["check", channels.to_str().unwrap()], SAMPLE_ENV);
    assert!(output.status.success(), "{}", out(&output));
    assert!(out(&output).contains("channels"), "{}", out(&output));
}

#[test]
fn a_route_is_told_with_its_reason() {
    let channels = root().join("channels");
    let base = ["route", "--channels", channels.to_str().unwrap(), "--store"];
    let ask = |more: &[&str]| {
        let store = "store-3f6c2b1a-7d54-4e0b-9a1c-5b8e0d2f4a61";
        run(&[&base[..], &[store], more].concat(), SAMPLE_ENV)
    };
    let group = "channel-group-test-2d9f4c6e-8b13-4705-a5e8-f1c07d3b6a92";
    let output = ask(&["--group", group, "--payment-id", "order-1", "--explain"]);
    assert!(output.status.success(), "{}", out(&output));
    let said = out(&output);
    assert_eq!(
        said.lines().filter(|line| line.ends_with(": open")).count(),
        2,
        "{said}"
    );
    assert!(said.contains("(toss, tnaru"), "{said}");
    assert!(said.contains("group weight, 2 of 2 members open"), "{said}");
    let json = ask(&["--group", group, "--payment-id", "order-1", "--json"]);
    let answer: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(answer["provider"], "toss");
    assert_eq!(answer["steps"].as_array().unwrap().len(), 2);
    let none = ask(&["--channel", "channel-key-none"]);
    assert!(!none.status.success());
    assert!(
        out(&none).contains("channel-key-none is not a channel of store"),
        "{}",
        out(&none)
    );
}

#[test]
fn check_lists_every_problem_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("naru.toml");
    std::fs::write(&config, "nod = \"a\"\nanswer_within_ms = -1\n").unwrap();
    let channels = dir.path().join("channels");
    copy(&root().join("channels"), &channels);
    std::fs::write(channels.join("zz-broken.toml"), "[[channel]\n").unwrap();
    let arguments = [
        "check",
        "--config",
        config.to_str().unwrap(),
        channels.to_str().unwrap(),
    ];
    let output = run(&arguments, SAMPLE_ENV);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(
        text.contains("naru.toml:1:1: unknown key `nod`; did you mean `node`?"),
        "{text}"
    );
    assert!(text.contains("naru.toml:2:20: answer_within_ms"), "{text}");
    assert!(text.lines().any(|l| l.contains("zz-broken.toml:1:")), "{text}");
}

/// A channel of NHN KCP with a certificate that ends on a day.
fn with_certificate(channels: &std::path::Path, ends: jiff::civil::Date) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut made = rcgen::CertificateParams::new(Vec::new()).unwrap();
    let (year, month, day) = (
        i32::from(ends.year()),
        ends.month().cast_unsigned(),
        ends.day().cast_unsigned(),
    );
    made.not_before = rcgen::date_time_ymd(2020, 1, 1);
    made.not_after = rcgen::date_time_ymd(year, month, day);
    std::fs::write(channels.join("cert.pem"), made.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(channels.join("key.pem"), key.serialize_pem()).unwrap();
    let text = r#"
[[channel]]
key = "channel-key-ends"
provider = "kcp"
mode = "test"
mid = "ENDS1"
stores = ["store-3f6c2b1a-7d54-4e0b-9a1c-5b8e0d2f4a61"]
credentials = { certificate = "file:cert.pem", privateKey = "file:key.pem" }
"#;
    std::fs::write(channels.join("ends.toml"), text).unwrap();
}

#[test]
fn check_tells_of_certificates_that_end() {
    let dir = tempfile::tempdir().unwrap();
    let channels = dir.path().join("channels");
    copy(&root().join("channels"), &channels);
    let arguments = ["check", channels.to_str().unwrap()];
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();

    let later = today.saturating_add(jiff::Span::new().days(10));
    with_certificate(&channels, later);
    let output = run(&arguments, SAMPLE_ENV);
    let text = out(&output);
    assert!(output.status.success(), "{text}");
    let warning = text
        .lines()
        .find(|line| line.starts_with("warning: channel channel-key-ends (kcp)"));
    assert!(warning.is_some_and(|line| line.contains(&later.to_string())), "{text}");

    with_certificate(&channels, today.saturating_sub(jiff::Span::new().days(1)));
    let output = run(&arguments, SAMPLE_ENV);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("channel channel-key-ends (kcp): its certificate ended on"),
        "{text}"
    );
}

#[test]
fn serve_refuses_bad_settings_before_it_listens() {
    let output = run(&["serve"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains("NARU_SEALING_KEY") && text.contains("NARU_ADMIN_TOKEN"),
        "{text}"
    );
}

#[test]
fn providers_come_from_the_descriptors() {
    let table = run(&["providers"], &[]);
    assert!(table.status.success());
    assert!(out(&table).contains("toss"), "{}", out(&table));
    let json: serde_json::Value = serde_json::from_slice(&run(&["providers", "--json"], &[]).stdout).unwrap();
    let toss = json
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["names"]["id"] == "toss")
        .unwrap();
    assert!(!toss["methods"].as_array().unwrap().is_empty());
    assert!(!toss["features"].as_array().unwrap().is_empty());
    assert!(toss["limits"]["orderIdMax"].as_u64().unwrap() > 0);
}

#[test]
fn diff_shows_a_swap_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (dir.path().join("a"), dir.path().join("b"));
    copy(&root().join("channels"), &before);
    copy(&root().join("channels"), &after);
    let mut swapped = 0;
    for path in toml_files(&after) {
        let text = std::fs::read_to_string(&path).unwrap();
        // The same length: some PGs' ids have a fixed one. An id of digits (KSNET) stands in its key as well: left alone.
        let mut changed = text.clone();
        if let Some((at, before)) = text.match_indices("mid = \"").next() {
            let first = at + before.len();
            if !text[first..].starts_with(|c: char| c.is_ascii_digit()) {
                changed.replace_range(first..=first, "Z");
            }
        }
        swapped += usize::from(changed != text);
        std::fs::write(&path, changed).unwrap();
    }
    assert!(swapped > 0, "the sample files name no mid");
    let arguments = ["channels", "diff", before.to_str().unwrap(), after.to_str().unwrap()];
    let output = run(&arguments, SAMPLE_ENV);
    assert!(output.status.success(), "{}", out(&output));
    assert!(out(&output).contains("mid"), "{}", out(&output));
    assert!(!out(&output).contains(SAMPLE_ENV[0].1), "{}", out(&output));
}

fn toml_files(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(toml_files(&path));
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_schema_and_the_version_print() {
    let schema: serde_json::Value = serde_json::from_slice(&run(&["channels", "schema"], &[]).stdout).unwrap();
    assert!(schema.is_object());
    let version = run(&["version"], &[]);
    assert!(
        out(&version).starts_with(concat!("naru ", env!("CARGO_PKG_VERSION"))),
        "{}",
        out(&version)
    );
}
