//! The house's rule: arrows point down. Rooms import only rooms below them, and the pure rooms touch nothing outside.

use crate::source::{code, files, is_test, root, shown};
use std::path::Path;

/// Floors, top first. A room may import rooms of lower floors, not its neighbours.
const FLOORS: &[&[&str]] = &[
    &["main", "cli", "fuzzing"],
    &["server"],
    &["api", "checkout", "notify", "console", "passthrough", "webhook"],
    &["engine"],
    &["routing", "gateway", "ledger"],
    &["channels"],
    &["adapters"],
    &["payment"],
];

/// Side rooms: (room, who may import it, what it may import).
const SIDE: &[(&str, &[&str], &[&str])] = &[
    (
        "telemetry",
        &[
            "main",
            "cli",
            "fuzzing",
            "server",
            "api",
            "checkout",
            "notify",
            "console",
            "passthrough",
            "webhook",
            "engine",
            "routing",
            "gateway",
            "ledger",
            "channels",
            "net",
            "config",
            "simulators",
        ],
        &["adapters", "payment"],
    ),
    (
        "net",
        &[
            "cli",
            "server",
            "api",
            "checkout",
            "notify",
            "console",
            "passthrough",
            "config",
            "simulators",
        ],
        &["telemetry"],
    ),
    (
        "config",
        &["cli", "fuzzing", "server"],
        &["net", "telemetry", "channels"],
    ),
    // Written from the PGs' documents alone: a simulator that shared an adapter's code would share its mistakes.
    ("simulators", &["cli"], &["net", "telemetry"]),
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn allowed(from: &str, to: &str) -> bool {
    if from == to || (from == "main" && to == "cli") {
        return true;
    }
    let side = |room: &str| SIDE.iter().find(|(name, _, _)| *name == room);
    match (side(from), side(to)) {
        (_, Some((_, by, _))) => by.contains(&from),
        (Some((_, _, may)), None) => may.contains(&to),
        (None, None) => floor(from).zip(floor(to)).is_some_and(|(from, to)| from < to),
    }
}

/// Module path of a file below `src`, e.g. `["channels", "decode"]`.
fn module(path: &Path) -> Vec<String> {
    let inside = path.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut parts: Vec<String> = inside
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// First words of what follows a `crate::`: one name, or each name of a group.
fn heads(rest: &str) -> Vec<String> {
    let word = |s: &str| -> String {
        s.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let rest = rest.trim_start();
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let mut heads = vec![word(group)];
    let mut depth = 0;
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&group[i + 1..])),
            _ => {}
        }
    }
    heads.retain(|h| !h.is_empty());
    heads
}

/// (line, room) of every path in a file that reaches another room, by `crate::` or by enough `super::`.
fn imports(text: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let starts_word = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    for (at, _) in text.match_indices("crate::").filter(|(at, _)| starts_word(*at)) {
        found.extend(heads(&text[at + 7..]).into_iter().map(|head| (line(at), head)));
    }
    for (at, _) in text.match_indices("super::").filter(|(at, _)| starts_word(*at)) {
        let supers = text[at..]
            .split("super::")
            .skip(1)
            .take_while(|part| part.is_empty())
            .count()
            + 1;
        if supers >= depth {
            let rest = &text[at + 7 * supers..];
            found.extend(heads(rest).into_iter().map(|head| (line(at), head)));
        }
    }
    found
}

#[test]
fn no_arrow_points_up() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files("src") {
        if path.extension().is_none_or(|e| e != "rs") || is_test(&path) {
            continue;
        }
        let module = module(&path);
        let room = module.first().unwrap().as_str();
        if room == "lib" {
            continue;
        }
        let known = floor(room).is_some() || SIDE.iter().any(|(name, _, _)| *name == room);
        assert!(
            known,
            "{}: the house has no room `{room}`; name its floor in FLOORS or SIDE",
            shown(&path)
        );
        for (line, to) in imports(&code(&std::fs::read_to_string(&path).unwrap()), module.len()) {
            seen += 1;
            if !allowed(room, &to) {
                wrong.push(format!("{}:{line}: {room} imports {to}", shown(&path)));
            }
        }
    }
    assert!(seen > 20, "only {seen} imports found: the walk is broken");
    assert!(wrong.is_empty(), "arrows that point up:\n{}", wrong.join("\n"));
}

/// What `payment` and `adapters` must not touch: IO, clocks, randomness, runtimes, logs.
const IMPURE: &[&str] = &[
    "tokio",
    "hyper",
    "hyper_util",
    "hyper_rustls",
    "rusqlite",
    "reqwest",
    "tracing",
    "std::fs",
    "std::io",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "time::Instant",
    "Timestamp::now",
    "Zoned::now",
    "now_v7",
    "new_v4",
    "aws_lc_rs::rand",
    "OsRng",
];

fn impure(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        for needle in IMPURE {
            let hit = line.match_indices(needle).any(|(at, _)| {
                !word(line[..at].chars().next_back()) && !word(line[at + needle.len()..].chars().next())
            });
            if hit {
                found.push((n + 1, (*needle).to_owned()));
            }
        }
        // Addresses are data; sockets are not.
        if let Some((_, used)) = line.split_once("std::net::") {
            let names = heads(used);
            if !names.iter().all(|n| n.starts_with("Ip")) {
                found.push((n + 1, format!("std::net::{}", names.join(", "))));
            }
        }
    }
    found
}

#[test]
fn payment_and_adapters_are_pure() {
    let mut wrong = Vec::new();
    for path in ["src/payment", "src/adapters"].into_iter().flat_map(files) {
        if path.extension().is_none_or(|e| e != "rs") || is_test(&path) {
            continue;
        }
        for (line, what) in impure(&code(&std::fs::read_to_string(&path).unwrap())) {
            wrong.push(format!("{}:{line}: {what}", shown(&path)));
        }
    }
    assert!(wrong.is_empty(), "IO or a clock in a pure room:\n{}", wrong.join("\n"));
}

#[test]
fn the_walk_sees_what_it_must_refuse() {
    let text =
        "use crate::{engine::Engine, net::{self, X}, payment};\nlet a = crate::ledger::b();\nuse super::config::C;";
    let found: Vec<String> = imports(text, 1)
        .into_iter()
        .map(|(line, room)| format!("{line} {room}"))
        .collect();
    assert_eq!(found, ["1 engine", "1 net", "1 payment", "2 ledger", "3 config"]);
    assert!(imports("use super::sibling::X; use super::super::other::Y;", 3).is_empty());
    assert_eq!(imports("use super::super::other::Y;", 2), [(1, "other".to_owned())]);
    assert!(!allowed("adapters", "channels") && !allowed("payment", "telemetry") && !allowed("engine", "net"));
    assert!(!allowed("simulators", "adapters") && !allowed("ledger", "routing") && !allowed("api", "server"));
    assert!(allowed("api", "payment") && allowed("server", "console") && allowed("gateway", "telemetry"));
    assert_eq!(
        impure("use std::net::{IpAddr, Ipv4Addr};\n    pub peer: std::net::IpAddr,"),
        []
    );
    for bad in [
        "use std::net::TcpStream;",
        "let t = std::time::Instant::now();",
        "use tokio::sync::Mutex;",
        "use std::fs;",
    ] {
        assert!(!impure(bad).is_empty(), "{bad}");
    }
    assert_eq!(impure("pub trait Instant: Send {}\nlet tokio_like = 1;"), []);
}
