//! What a reader of the whole tree would trip over.

use crate::source::{code, files, is_test, root, shown, without_tests};
use std::collections::BTreeSet;

/// Longest file: beyond it a file holds more than one idea.
const LINES_MAX: usize = 500;

#[test]
fn files_hold_one_idea() {
    let long: Vec<String> = files("src")
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .filter_map(|p| {
            let lines = std::fs::read_to_string(p).unwrap().lines().count();
            (lines > LINES_MAX).then(|| format!("{}: {lines} lines", shown(p)))
        })
        .collect();
    assert!(long.is_empty(), "over {LINES_MAX} lines:\n{}", long.join("\n"));
}

#[test]
fn nothing_is_left_unfinished() {
    const MARKS: &[&str] = &["todo!(", "unimplemented!(", "FIXME", "HACK"];
    // Alone: PGs mask card numbers with it.
    let marked = |line: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == "XXX")
    };
    let mut found = Vec::new();
    for path in files("src") {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        // ISO 4217 has a currency of this name.
        let data = path.extension().is_some_and(|extension| extension == "json");
        for (n, line) in text.lines().enumerate() {
            if (marked(line) && !data) || MARKS.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", shown(&path), n + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_pg_folder_has_the_same_rooms() {
    // Leave out what a PG does not have; a new name is a decision for all PGs: add it here.
    const NAMES: &[&str] = &[
        "mod.rs",
        "wire.rs",
        "window.rs",
        "approve.rs",
        "billing.rs",
        "billing",
        "instant.rs",
        "cancel.rs",
        "inquire.rs",
        "notify.rs",
        "sign.rs",
        "codes.rs",
        "mask.rs",
        "tables.rs",
        "lenient.rs",
        "method.rs",
        "request.rs",
        "returned.rs",
        "rules.rs",
        "vbank.rs",
        "receipts.rs",
        "reports.rs",
        "verify.rs",
        "send.rs",
        "form.rs",
        "certificate.rs",
        "der.rs",
        "pkcs8.rs",
        "escrow.rs",
        "limits.rs",
        "recovery.rs",
        "tests.rs",
        "tests",
        "fixtures",
        "window",
        "codes",
        "approve",
        "cancel",
        "notify",
    ];
    const NEEDED: &[&str] = &["mod.rs", "wire.rs", "codes.rs", "cancel.rs"];
    for entry in std::fs::read_dir(root().join("src/adapters")).unwrap() {
        let folder = entry.unwrap().path();
        // What two generations of one PG share is no PG.
        if !folder.is_dir() || shown(&folder).ends_with("_common") {
            continue;
        }
        let inside: BTreeSet<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let strange: Vec<_> = inside.iter().filter(|n| !NAMES.contains(&n.as_str())).collect();
        let absent: Vec<_> = NEEDED.iter().filter(|n| !inside.contains(**n)).collect();
        assert!(
            strange.is_empty() && absent.is_empty(),
            "{}: not in the common list: {strange:?}; missing: {absent:?}",
            shown(&folder)
        );
    }
}

#[test]
fn a_simulator_never_names_an_adapter() {
    for path in files("src/simulators") {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let named = code(&text).contains("adapters::");
        assert!(!named || is_test(&path), "{} uses an adapter's code", shown(&path));
    }
}

/// Card numbers that PGs and schemes publish for tests. Nothing else that could be a card number is committed.
const PUBLISHED: &[&str] = &[
    "9410001234567890",
    "5361123412341234",
    "4242424242424242",
    "4111111111111111",
    "5555555555554444",
];

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            let doubled = if i % 2 == 1 { d * 2 } else { d };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Runs of digits (written together or in groups of four) that could be a real card's number.
fn card_numbers(text: &str) -> Vec<String> {
    let joined = |run: &str| run.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut found = Vec::new();
    let runs = text.split(|c: char| !(c.is_ascii_digit() || c == '-' || c == ' '));
    for run in runs {
        let groups: Vec<&str> = run.split(['-', ' ']).filter(|g| !g.is_empty()).collect();
        let mut candidates: Vec<String> = groups.iter().map(|g| joined(g)).collect();
        candidates.extend(
            groups
                .windows(4)
                .filter(|w| w.iter().all(|g| g.len() == 4))
                .map(|w| w.concat()),
        );
        found.extend(
            candidates
                .into_iter()
                .filter(|n| (15..=16).contains(&n.len()) && n.starts_with(['3', '4', '5', '6', '9']) && luhn(n)),
        );
    }
    found
}

#[test]
fn no_card_number_is_committed() {
    assert_eq!(card_numbers("x 4539 1488 0343 6467 y"), ["4539148803436467"]);
    assert_eq!(card_numbers("4539148803436467"), ["4539148803436467"]);
    let mut found = Vec::new();
    for under in ["src", "tests", "channels", "docs", "deploy", "benches"] {
        for path in files(under) {
            // The numbers above are this test's own.
            if path.ends_with("tests/it/tidy.rs") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let strange = card_numbers(&text)
                .into_iter()
                .filter(|n| !PUBLISHED.contains(&n.as_str()));
            found.extend(strange.map(|n| format!("{}: {}…", shown(&path), &n[..6])));
        }
    }
    assert!(found.is_empty(), "numbers that could be cards:\n{}", found.join("\n"));
}

/// Names of environment variables and env-file keys look like codes but are none.
fn is_setting(word: &str) -> bool {
    const SETTINGS: &[&str] = &[
        "ADMIN",
        "ANSWER",
        "API_SECRET",
        "BLESS",
        "CHANNEL",
        "CHANNELS",
        "CONFIG",
        "CRASH",
        "DATA",
        "GROUP",
        "LEDGER_PATH",
        "LISTEN",
        "LOG",
        "NODE",
        "PUBLIC_URL",
        "REVISION",
        "SEALING",
        "SHOP_URL",
        "SIM_URL",
        "STORE_ID",
        "URL",
        "V1",
        "WEBHOOK",
    ];
    let rest = &word["NARU_".len()..];
    SETTINGS
        .iter()
        .any(|s| rest == *s || rest.strip_prefix(s).is_some_and(|r| r.starts_with('_')))
}

/// Every code of the router's own has a page that says whether money may have moved; no page is about nothing.
#[test]
fn every_error_code_has_a_page() {
    let mut used = BTreeSet::new();
    for path in files("src")
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs") && !is_test(p))
    {
        let text = without_tests(&std::fs::read_to_string(path).unwrap());
        for part in text.split("\"NARU_").skip(1) {
            let word = part
                .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
                .next()
                .unwrap_or_default();
            let word = format!("NARU_{word}");
            let whole = word.len() > "NARU_".len() && part[word.len() - "NARU_".len()..].starts_with('"');
            if whole && !is_setting(&word) {
                used.insert(word);
            }
        }
    }
    let pages: BTreeSet<String> = std::fs::read_dir(root().join("docs/errors"))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_stem()?.to_str()?.to_owned();
            stem.starts_with("NARU_").then_some(stem)
        })
        .collect();
    assert!(used.len() > 20, "the codes are not found any more: {used:?}");
    let lacking: Vec<_> = used.difference(&pages).collect();
    let idle: Vec<_> = pages.difference(&used).collect();
    assert!(
        lacking.is_empty() && idle.is_empty(),
        "codes without a page: {lacking:?}; pages without a code: {idle:?}"
    );
}
