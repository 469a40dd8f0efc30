//! The table of what is compatible, made from the routing tables and from what the clients called.

use crate::golden::golden;
use crate::sdk::{SCRIPTS, record_of};
use crate::source::root;
use naru::api::openapi::{self, Operation};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Clients by the script that drives them.
const CLIENTS: [(&str, &str); 4] = [
    ("js-", "`@portone/server-sdk` (npm)"),
    ("python-", "`portone-server-sdk` (PyPI)"),
    ("js-v1", "`iamport`, `iamport-rest-client-nodejs` (npm)"),
    ("python-v1", "`iamport-rest-client` (PyPI)"),
];

fn client(script: &str) -> &'static str {
    let record = record_of(script);
    let name = record.file_stem().unwrap().to_str().unwrap().to_owned();
    let fits = CLIENTS.iter().filter(|(start, _)| name.starts_with(start));
    fits.max_by_key(|(start, _)| start.len()).unwrap().1
}

/// `v2 GET /path` → the clients that got an answer of the 200s, and those that got a typed refusal only.
fn called() -> BTreeMap<String, (BTreeSet<&'static str>, BTreeSet<&'static str>)> {
    let mut out: BTreeMap<String, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for script in SCRIPTS {
        let record = std::fs::read_to_string(record_of(script)).unwrap_or_default();
        for line in record.lines() {
            let (operation, status) = line.rsplit_once(' ').unwrap();
            let found = out.entry(operation.to_owned()).or_default();
            if status.starts_with('2') {
                found.0.insert(client(script));
            } else {
                found.1.insert(client(script));
            }
        }
    }
    out
}

/// The documented spelling of a path.
fn spelled(document: &Value, operation: &Operation) -> String {
    let bare = |path: &str| {
        let segments = path.split('/').map(|s| if s.starts_with('{') { "{}" } else { s });
        segments.collect::<Vec<_>>().join("/")
    };
    let paths = document["paths"].as_object().unwrap();
    let found = paths.keys().find(|path| bare(path) == bare(operation.path));
    found.unwrap().clone()
}

#[test]
fn the_compatibility_table_is_fresh() {
    let called = called();
    let mut out = String::from(
        "# Compatibility\n\nEvery operation that PortOne documents on its payment side, and what becomes of it here. Made from the \
         routing tables and\nfrom the records of the clients that run in the test suite (`tests/sdk/calls/`); a test fails when \
         this page is stale.\nEvery answer the clients get is held against [the documents](../src/api/openapi/) on the way.\n",
    );
    for (api, title, text) in [("v2", "V2", openapi::V2), ("v1", "V1", openapi::V1)] {
        let document: Value = serde_json::from_str(text).unwrap();
        let operations: Vec<Operation> = openapi::operations().into_iter().filter(|o| o.api == api).collect();
        let served = operations.iter().filter(|o| o.refused.is_none()).count();
        write!(
            out,
            "\n## {title}: {served} of {} operations are served\n\n| Operation | Here | Called in the tests by |\n|---|---|---|\n",
            operations.len()
        )
        .unwrap();
        for operation in &operations {
            let path = spelled(&document, operation);
            let name = format!("{} {path}", operation.method);
            let (done, refused) = called.get(&format!("{api} {name}")).cloned().unwrap_or_default();
            let here = operation
                .refused
                .map_or_else(|| "served".to_owned(), |why| format!("refused: {why}"));
            let list = |clients: &BTreeSet<&str>| clients.iter().copied().collect::<Vec<_>>().join(", ");
            let only_refused: BTreeSet<&str> = refused.difference(&done).copied().collect();
            let mut by = list(&done);
            if !only_refused.is_empty() {
                let more = format!("typed refusal: {}", list(&only_refused));
                by = if by.is_empty() { more } else { format!("{by}; {more}") };
            }
            writeln!(out, "| `{name}` | {here} | {by} |").unwrap();
        }
    }
    golden(&root().join("docs/compatibility.md"), &out);
}
