//! Routing at different numbers of channels, and the snapshot that it and the adapters' benches take channels from.

use divan::Bencher;
use naru::adapters::registry::ADAPTERS;
use naru::channels::{Secrets, Snapshot, load_dir};
use naru::payment::MethodKind;
use naru::routing::{Selector, Wish, route};
use std::fmt::Write;
use std::hint::black_box;

const STORE: &str = "store-1";
const NOW: i64 = 1_790_000_000_000;

pub fn key(index: usize) -> String {
    format!("channel-key-{index:08}")
}

/// A hundred rules over fifty channels; the last one fits cards.
fn ruled() -> Snapshot {
    let mut text = String::from("[[group]]\nid = \"group-2\"\nmode = \"test\"\nstores = [\"store-1\"]\nmembers = [\n");
    let members: String = (0..50)
        .map(|index| format!("{{ channel = \"{}\", weight = {} }},\n", key(index), index + 1))
        .collect();
    text.push_str(&members);
    text.push_str("]\n");
    for n in 0..100 {
        let amount = if n == 99 { 1 } else { 10_000_000 - n };
        write!(
            text,
            "[[group.rules]]\nname = \"r{n}\"\nmethods = [\"CARD\"]\nmin_amount = {amount}\nmembers = [\n{members}]\n"
        )
        .expect("a string");
    }
    with(50, &text)
}

/// `count` channels in files of 1,000, and a group over the first three.
pub fn snapshot(count: usize) -> Snapshot {
    with(count, "")
}

fn with(count: usize, more: &str) -> Snapshot {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let mut text = format!(
        "[[store]]\nid = \"{STORE}\"\nmerchant_id = \"merchant-1\"\n\
         api_secrets = [{{ name = \"first\", sha256 = \"{}\" }}]\n\
         [[group]]\nid = \"group-1\"\nname = \"cards\"\nmode = \"test\"\nstores = [\"{STORE}\"]\nmembers = [\n",
        "5a".repeat(32)
    );
    for index in 0..3 {
        writeln!(text, "{{ channel = \"{}\", weight = {} }},", key(index), index + 1).expect("a string");
    }
    text.push_str("]\n");
    text.push_str(more);
    std::fs::write(folder.path().join("store.toml"), text).expect("a channel file");
    for first in (0..count).step_by(1_000) {
        let mut text = String::new();
        for index in first..(first + 1_000).min(count) {
            write!(
                text,
                "[[channel]]\nkey = \"{}\"\nname = \"n\"\nprovider = \"toss\"\nmode = \"test\"\n\
                 mid = \"m{index:08}\"\nstores = [\"{STORE}\"]\n[channel.credentials]\n\
                 clientKey = \"test_ck_{index:020}\"\nsecretKey = \"plain:test_sk_{index:020}\"\n",
                key(index)
            )
            .expect("a string");
        }
        std::fs::write(folder.path().join(format!("{first:08}.toml")), text).expect("a channel file");
    }
    load_dir(folder.path(), &Secrets::new(), ADAPTERS, NOW).expect("channel files without problems")
}

fn routed(bencher: Bencher<'_, '_>, snapshot: &Snapshot, selector: Selector<'_>) {
    bencher.bench_local(|| {
        let selector = black_box(selector);
        route(
            snapshot,
            selector,
            &Wish::new(STORE, black_box("payment-1"), MethodKind::Card, NOW),
        )
        .expect("a channel")
    });
}

#[divan::bench(args = [10, 10_000, 100_000])]
fn route_by_key(bencher: Bencher<'_, '_>, channels: usize) {
    let (snapshot, key) = (snapshot(channels), key(channels / 2));
    routed(bencher, &snapshot, Selector::Channel(&key));
}

#[divan::bench(args = [10, 10_000, 100_000])]
fn route_by_group(bencher: Bencher<'_, '_>, channels: usize) {
    let snapshot = snapshot(channels);
    routed(bencher, &snapshot, Selector::Group("group-1"));
}

/// A hundred rules that do not fit but the last, then fifty members.
#[divan::bench]
fn route_by_a_hundred_rules(bencher: Bencher<'_, '_>) {
    let snapshot = ruled();
    bencher.bench_local(|| {
        let wish = Wish {
            amount: Some(black_box(1_000)),
            ..Wish::new(STORE, black_box("payment-1"), MethodKind::Card, NOW)
        };
        route(&snapshot, Selector::Group("group-2"), &wish).expect("a channel")
    });
}

/// From the `Authorization` header's secret to the store.
#[divan::bench]
fn store_of_a_secret(bencher: Bencher<'_, '_>) {
    let snapshot = snapshot(10);
    bencher.bench_local(|| {
        let unknown = snapshot.store_by_secret(black_box("an-api-secret-that-no-store-has-0123456789"), NOW);
        unknown.is_some()
    });
}
