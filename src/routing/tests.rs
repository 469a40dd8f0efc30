#![allow(clippy::unwrap_used)]

use super::*;
use crate::adapters::registry::ADAPTERS;
use crate::channels::{Secrets, load_dir};
use proptest::prelude::*;
use std::collections::HashMap;

const STORE: &str = "store-1";
const GROUP: &str = "group-1";
/// 2026-01-31 10:00 in Korea.
const MORNING: Millis = 1_769_821_200_000;

/// Channels `a`, `b`, `c` (and `gone`, retired) of one store, and a group with `more` after its members.
fn snapshot(members: &str, more: &str) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let mut text = format!(
        "[[store]]\nid = \"{STORE}\"\nmerchant_id = \"m\"\napi_secrets = [{{ name = \"first\", sha256 = \"{}\" }}]\n\
         [[group]]\nid = \"{GROUP}\"\nmode = \"test\"\nstores = [\"{STORE}\"]\nmembers = [{members}]\n{more}\n",
        "5a".repeat(32)
    );
    for (at, key) in ["a", "b", "c", "gone"].into_iter().enumerate() {
        let state = if key == "gone" { "retired" } else { "active" };
        text.push_str(&format!(
            "[[channel]]\nkey = \"{key}\"\nprovider = \"toss\"\nmode = \"test\"\nstate = \"{state}\"\nmid = \"mid-{key}\"\n\
             stores = [\"{STORE}\"]\n[channel.credentials]\nclientKey = \"test_ck_{at:020}\"\n\
             secretKey = \"plain:test_sk_{at:020}\"\n"
        ));
    }
    std::fs::write(folder.path().join("all.toml"), text).unwrap();
    load_dir(folder.path(), &Secrets::new(), ADAPTERS, 0).unwrap_or_else(|problems| panic!("{problems}"))
}

fn weights(weights: &[(&str, u32)]) -> String {
    let member = |(channel, weight): &(&str, u32)| format!("{{ channel = \"{channel}\", weight = {weight} }}");
    weights.iter().map(member).collect::<Vec<_>>().join(", ")
}

fn wish(payment_id: &str) -> Wish<'_> {
    Wish::new(STORE, payment_id, MethodKind::Card, MORNING)
}

fn taken(snapshot: &Snapshot, wish: &Wish<'_>) -> (String, String) {
    let routed = route(snapshot, Selector::Group(GROUP), wish).unwrap();
    (routed.channel.spec.key.clone(), routed.reason)
}

#[test]
fn ten_thousand_payments_land_by_weight_and_again_on_the_same_channel() {
    let snapshot = snapshot(&weights(&[("a", 70), ("b", 20), ("c", 10)]), "");
    let mut landed: HashMap<String, u32> = HashMap::new();
    for n in 0..10_000 {
        let id = format!("order-{n}");
        let (channel, _) = taken(&snapshot, &wish(&id));
        assert_eq!(taken(&snapshot, &wish(&id)).0, channel, "{id}");
        *landed.entry(channel).or_default() += 1;
    }
    for (channel, share) in [("a", 70.0), ("b", 20.0), ("c", 10.0)] {
        let percent = f64::from(landed[channel]) / 100.0;
        assert!((percent - share).abs() <= 1.5, "{channel}: {percent} %");
    }
}

const RULES: &str = r#"
[[group.rules]]
name = "night"
hours = "23:30-00:30"
members = [{ channel = "c", weight = 1 }]
[[group.rules]]
name = "dear cards"
methods = ["CARD"]
min_amount = 1000000
members = [{ channel = "gone", weight = 1 }]
[[group.rules]]
name = "kakao"
methods = ["EASY_PAY"]
wallets = ["KAKAOPAY"]
members = [{ channel = "b", weight = 1 }]
[[group.rules]]
name = "phones"
devices = ["mobile"]
max_amount = 50000
members = [{ channel = "c", weight = 1 }]
[[group.rules]]
name = "shinhan"
card_issuers = ["SHINHAN_CARD"]
members = [{ channel = "b", weight = 1 }]
[[group.rules]]
name = "bin"
card_bins = ["9410"]
members = [{ channel = "c", weight = 1 }]
"#;

fn ruled() -> Snapshot {
    let members = weights(&[("a", 1), ("b", 0), ("c", 0), ("gone", 0)]);
    snapshot(&members, RULES)
}

#[test]
fn the_first_rule_that_fits_decides() {
    let snapshot = ruled();
    let hour = 60 * 60 * 1_000;
    let base = wish("p");
    for (wish, channel, reason) in [
        (base, "a", "group weight, 3 of 4 members open"),
        // Half past eleven at night, and a quarter past twelve.
        (
            Wish {
                now: MORNING + 13 * hour + hour / 2,
                ..base
            },
            "c",
            "rule night",
        ),
        (
            Wish {
                now: MORNING + 14 * hour + hour / 4,
                ..base
            },
            "c",
            "rule night",
        ),
        (
            Wish {
                now: MORNING + 14 * hour + hour / 2,
                ..base
            },
            "a",
            "group weight",
        ),
        // Its only member takes nothing: the next rules are asked, then the group.
        (
            Wish {
                amount: Some(1_000_000),
                ..base
            },
            "a",
            "group weight",
        ),
        (
            Wish {
                method: MethodKind::EasyPay,
                wallet: Some("KAKAOPAY"),
                ..base
            },
            "b",
            "rule kakao",
        ),
        (
            Wish {
                method: MethodKind::EasyPay,
                ..base
            },
            "a",
            "group weight",
        ),
        (
            Wish {
                platform: Some(Platform::Mobile),
                amount: Some(50_000),
                ..base
            },
            "c",
            "rule phones",
        ),
        (
            Wish {
                platform: Some(Platform::Mobile),
                amount: Some(50_001),
                ..base
            },
            "a",
            "group weight",
        ),
        // An amount that is not known meets no condition about it.
        (
            Wish {
                platform: Some(Platform::Mobile),
                ..base
            },
            "a",
            "group weight",
        ),
        (
            Wish {
                card_issuer: Some("SHINHAN_CARD"),
                ..base
            },
            "b",
            "rule shinhan",
        ),
        (
            Wish {
                card_digits: Some("94101234"),
                ..base
            },
            "c",
            "rule bin",
        ),
        (
            Wish {
                card_digits: Some("94201234"),
                ..base
            },
            "a",
            "group weight",
        ),
    ] {
        let (taken, why) = taken(&snapshot, &wish);
        assert_eq!(taken, channel, "{wish:?}: {why}");
        assert!(why.starts_with(reason), "{wish:?}: {why}");
    }
}

#[test]
fn the_whole_way_can_be_heard() {
    let snapshot = ruled();
    let question = Question {
        store_id: STORE.into(),
        channel_group_id: Some(GROUP.into()),
        payment_id: "p".into(),
        amount: Some(1_000_000),
        at: Some(MORNING),
        ..Question::default()
    };
    let explained = explain(&snapshot, &question, 0).unwrap();
    assert_eq!(explained.channel_key.as_deref(), Some("a"));
    let rule = |rule: &str, unmet| Step::Rule {
        rule: rule.into(),
        unmet,
    };
    let member = |channel: &str, weight, closed| Step::Member {
        channel: channel.into(),
        weight,
        closed,
    };
    assert_eq!(
        explained.steps,
        [
            rule("night", Some("hours")),
            rule("dear cards", None),
            member("gone", 1, Some("takes no new payments now")),
            rule("kakao", Some("methods")),
            rule("phones", Some("max_amount")),
            rule("shinhan", Some("card_issuers")),
            rule("bin", Some("card_bins")),
            member("a", 1, None),
            member("b", 0, None),
            member("c", 0, None),
            member("gone", 0, Some("takes no new payments now")),
        ]
    );
    let nowhere = Question {
        channel_group_id: Some("none".into()),
        ..question.clone()
    };
    let explained = explain(&snapshot, &nowhere, 0).unwrap();
    assert_eq!(explained.channel_key, None);
    assert!(explained.reason.contains("none"), "{}", explained.reason);
    let neither = Question {
        channel_group_id: None,
        ..question.clone()
    };
    assert!(explain(&snapshot, &neither, 0).unwrap_err().starts_with("channelKey: "));
    let whole = Question {
        card_bin: Some("941012345".into()),
        ..question
    };
    assert!(explain(&snapshot, &whole, 0).unwrap_err().starts_with("cardBin: "));
}

#[test]
fn a_customer_stays_where_the_group_says_so() {
    let members = weights(&[("a", 1), ("b", 1), ("c", 1)]);
    let text = format!("{members}]\nsticky = \"customer\"\n# [");
    let snapshot = snapshot(&text, "");
    let mut seen: HashMap<String, usize> = HashMap::new();
    for n in 0..50 {
        let id = format!("order-{n}");
        let wish = Wish {
            customer: Some("buyer-1"),
            ..wish(&id)
        };
        *seen.entry(taken(&snapshot, &wish).0).or_default() += 1;
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
}

proptest! {
    /// Whatever a payment is, the group answers with an open member, and the same one twice.
    #[test]
    fn every_payment_lands_on_an_open_member(
        id in "[a-z0-9]{1,30}", amount in proptest::option::of(1_i64..5_000_000), hour in 0_i64..24,
        easy in any::<bool>(), digits in proptest::option::of("[0-9]{8}"),
    ) {
        static SNAPSHOT: std::sync::LazyLock<Snapshot> = std::sync::LazyLock::new(ruled);
        let wish = Wish {
            amount,
            card_digits: digits.as_deref(),
            method: if easy { MethodKind::EasyPay } else { MethodKind::Card },
            now: MORNING + hour * 60 * 60 * 1_000,
            ..wish(&id)
        };
        let first = taken(&SNAPSHOT, &wish);
        prop_assert_ne!(&first.0, "gone");
        prop_assert_eq!(&first, &taken(&SNAPSHOT, &wish));
    }
}
