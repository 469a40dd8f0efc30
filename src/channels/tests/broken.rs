//! Broken files and the exact problems they give.

use super::fake::{Dir, STORE, channel};
use crate::channels::Secrets;

/// Loads the files (a good store goes with them unless one is given) and compares all problems.
fn refuses(files: &[(&str, &str)], problems: &[&str]) {
    let dir = Dir::with(files);
    if !files.iter().any(|(_, text)| text.contains("[[store]]")) {
        dir.write("store.toml", STORE);
    }
    let secrets = Secrets::new().with("NARU_T_SECRET", "test_sk_from_overlay");
    let found = dir.load(&secrets).expect_err("must be refused");
    assert_eq!(found.lines().collect::<Vec<_>>(), problems, "\n{found}");
}

/// A channel file with one thing replaced.
fn changed(from: &str, to: &str) -> String {
    let good = channel("a", "mid-a");
    assert!(good.contains(from), "{from}");
    good.replacen(from, to, 1)
}

#[test]
fn syntax() {
    refuses(
        &[("a.toml", "[[channel]]\nkey = \nmid 1\n")],
        &[
            "a.toml:2:7: string values must be quoted, expected literal string",
            "a.toml:3:5: key with no value, expected `=`",
        ],
    );
    let twice = channel("a", "mid-a") + "mid = \"mid-b\"\n";
    refuses(&[("a.toml", &twice)], &["a.toml:9:1: duplicate key"]);
}

/// Entries are read one by one; their places are the file's.
#[test]
fn places_below_other_entries() {
    let broken = channel("b", "mid-b").replace("mid =", "mdi =");
    let text = channel("a", "mid-a") + &broken + "\n" + &channel("a", "mid-c") + "in_flight_max = -1\nx = \n";
    refuses(
        &[("a.toml", &text)],
        &[
            "a.toml:10:1: channel lacks `mid`",
            "a.toml:14:1: unknown key `mdi` in channel, did you mean `mid`?",
            "a.toml:27:5: string values must be quoted, expected literal string",
        ],
    );
    let text = channel("a", "mid-a") + &channel("b", "mid-b") + "in_flight_max = -1\n" + &channel("a", "mid-c");
    refuses(
        &[("a.toml", &text)],
        &[
            "a.toml:17:17: `in_flight_max` must be 1 to 100000",
            "a.toml:20:7: channel `a` stands twice, first at a.toml:3:7",
        ],
    );
}

#[test]
fn empty_files_and_wrong_top_level() {
    refuses(
        &[
            ("a.toml", ""),
            ("b.toml", "[channel]\nkey = \"b\"\n"),
            ("c.toml", "[[chanel]]\nkey = \"c\"\n"),
            ("d.toml", "channel = 3\n"),
        ],
        &[
            "a.toml: the file is empty; delete it if it is not needed",
            "b.toml:1:1: write `[[channel]]` with two brackets: there can be several",
            "c.toml:1:3: unknown key `chanel`, did you mean `channel`?",
            "d.toml:1:11: `channel` must be an array, not an integer",
        ],
    );
}

#[test]
fn unknown_missing_and_wrong_keys_all_at_once() {
    let text = r#"
[[channel]]
kee = "a"
provider = "fakepgg"
mode = "tset"
mid = 7
stores = []
manual_confirm = "yes"
in_flight_max = 0
effective_at = 2026-01-31T09:00:00

[channel.timeouts_ms]
approve = 500
aprove = 1000
"#;
    refuses(
        &[("a.toml", text)],
        &[
            "a.toml:2:1: channel lacks `key`",
            "a.toml:3:1: unknown key `kee` in channel, did you mean `key`?",
            "a.toml:5:8: `mode` cannot be `tset`, did you mean `test`?",
            "a.toml:6:7: `mid` must be a string, not an integer",
            "a.toml:7:10: `stores` is empty",
            "a.toml:8:18: `manual_confirm` must be true or false, not a string",
            "a.toml:9:17: `in_flight_max` must be 1 to 100000",
            "a.toml:10:16: `effective_at` must be an RFC 3339 date-time with an offset, e.g. 2026-01-31T09:00:00+09:00",
            "a.toml:13:11: `approve` must be 1000 to 120000",
            "a.toml:14:1: unknown key `aprove` in timeouts_ms, did you mean `approve`?",
        ],
    );
}

#[test]
fn providers_and_credentials() {
    refuses(
        &[("a.toml", &changed("\"fakepg\"", "\"fakpg\""))],
        &["a.toml:4:12: unknown provider `fakpg`, did you mean `fakepg`?"],
    );
    refuses(
        &[("a.toml", &changed("secretKey =", "secret_key ="))],
        &[
            "a.toml:4:12: provider fakepg needs the credential `secretKey` (test_sk_…)",
            "a.toml:8:46: provider fakepg has no credential `secret_key`, did you mean `secretKey`?",
        ],
    );
    refuses(
        &[("a.toml", &changed("plain:test_sk_mid-a", "test_sk_mid-a"))],
        &[
            "a.toml:8:58: `secretKey`: is a secret: write a reference, `env:NAME`, `file:PATH` or (test channels) `plain:VALUE`",
        ],
    );
    refuses(
        &[("a.toml", &changed("plain:test_sk_mid-a", "plain:wrong"))],
        &["a.toml:8:58: `secretKey`: must look like test_sk_…"],
    );
    refuses(
        &[("a.toml", &changed("\"plain:test_sk_mid-a\"", "17"))],
        &["a.toml:8:58: `secretKey` must be a string, not an integer"],
    );
}

#[test]
fn references() {
    for (reference, why) in [
        ("env:NARU_T_NONE", "environment variable NARU_T_NONE is not set"),
        (
            "vault:kv/pg#key",
            "`vault:` references are not supported in this build; use `env:NAME` or `file:PATH`",
        ),
        ("plain:", "`plain:` has no value"),
    ] {
        refuses(
            &[("a.toml", &changed("plain:test_sk_mid-a", reference))],
            &[&format!("a.toml:8:58: `secretKey`: {why}")],
        );
    }
    let dir = Dir::good();
    dir.write("a.toml", &changed("plain:test_sk_mid-a", "file:keys/none"));
    let found = dir.load(&Secrets::new()).expect_err("must be refused");
    assert_eq!(found, "a.toml:8:58: `secretKey`: keys/none: not found");
}

#[test]
fn live_channels() {
    let live = changed("\"test\"", "\"live\"") + "endpoints = { api = \"https://elsewhere.example\" }\n";
    refuses(
        &[("a.toml", &live)],
        &[
            "a.toml:8:58: `secretKey`: `plain:` is for test channels only; use `env:NAME` or `file:PATH`",
            "a.toml:9:15: a live channel may not override endpoints; use mode = \"test\"",
        ],
    );
}

#[test]
fn endpoints_mid_and_methods() {
    let text = changed("mid-a", "a mid that is too long")
        + "methods = [\"CARD\", \"MOBILE\", \"CARDS\"]\nendpoints = { ap = \"http://a\", script = \"/x\", api = \"${NARU_T_NONE}/x\" }\n";
    refuses(
        &[("a.toml", &text)],
        &[
            "a.toml:6:7: `mid` of fakepg must be at most 14 printable ASCII characters without spaces",
            "a.toml:9:20: provider fakepg does not serve MOBILE; it serves CARD, TRANSFER",
            "a.toml:9:30: `methods` cannot be `CARDS`, did you mean `CARD`?",
            "a.toml:10:15: provider fakepg has no endpoint `ap`, did you mean `api`?",
            "a.toml:10:41: endpoint `script`: must be an absolute http or https URL without user and query, e.g. http://127.0.0.1:8090/toss",
            "a.toml:10:53: endpoint `api`: environment variable NARU_T_NONE is not set",
        ],
    );
}

#[test]
fn the_graph() {
    let group = r#"
[[group]]
id = "g"
mode = "test"
stores = ["store-1", "stoer-1"]
members = [{ channel = "a", weight = 0 }, { channel = "aa", weight = 0 }, { channel = "a", weight = 0 }]

[[group]]
id = "g"
mode = "live"
stores = ["store-1"]
members = [{ channel = "a", weight = 1 }]

[[group]]
id = "h"
mode = "live"
stores = ["store-2"]
members = [{ channel = "a", weight = 1 }]
"#;
    let store_2 = STORE.replace("store-1", "store-2");
    refuses(
        &[
            ("a.toml", &channel("a", "mid-a")),
            ("b.toml", &channel("a", "mid-b")),
            ("c.toml", &channel("c", "mid-a").replace("store-1", "store-3")),
            ("g.toml", group),
            ("store.toml", &(STORE.to_owned() + &store_2)),
        ],
        &[
            "b.toml:3:7: channel `a` stands twice, first at a.toml:3:7",
            "c.toml:6:7: `mid` mid-a of provider fakepg is already the active channel `a` at a.toml:6:7; retire one of them, or list all stores in one channel",
            "c.toml:7:11: unknown store `store-3`, did you mean `store-1`?",
            "g.toml:5:22: unknown store `stoer-1`, did you mean `store-1`?",
            "g.toml:6:11: the weights of a group must not all be 0",
            "g.toml:6:24: channel `a` does not list store `stoer-1`, which may use the group",
            "g.toml:6:55: unknown channel `aa`",
            "g.toml:6:87: `members` names `a` twice",
            "g.toml:6:87: channel `a` does not list store `stoer-1`, which may use the group",
            "g.toml:9:6: group `g` stands twice, first at g.toml:3:6",
            "g.toml:18:24: channel `a` does not list store `store-2`, which may use the group",
            "g.toml:18:24: channel `a` is a test channel, the group is live",
            "store.toml:8:25: API secret `first` of store store-2 is also one of store store-1; every API secret belongs to one store",
        ],
    );
}

#[test]
fn retired_channels_may_share_a_contract() {
    let dir = Dir::good();
    dir.write("b.toml", &(channel("b", "mid-a") + "state = \"retired\"\n"));
    let snapshot = dir.load(&Secrets::new()).unwrap();
    assert_eq!(snapshot.channels.len(), 2);
    assert!(!snapshot.channels["b"].takes_new(i64::MAX));
}

#[test]
fn api_secrets() {
    let store = r#"
[[store]]
id = "store-1"
merchant_id = "m"
api_secrets = [
  { name = "a", sha256 = "00" },
  { name = "a", secret = "plain:0123456789abcdef" },
  { name = "c", secret = "env:NARU_T_SHORT" },
  { name = "d" },
  { nam = "e", secret = "clear text by mistake" },
]
"#;
    let dir = Dir::with(&[("store.toml", store)]);
    let found = dir
        .load(&Secrets::new().with("NARU_T_SHORT", "short"))
        .expect_err("must be refused");
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        [
            "store.toml:6:26: `sha256` must be 64 hex digits",
            "store.toml:7:26: `secret`: `plain:` is for test channels only; use `env:NAME` or `file:PATH`",
            "store.toml:8:26: the API secret is shorter than 16 characters",
            "store.toml:9:12: give either `sha256` or `secret`",
            "store.toml:10:3: api_secrets lacks `name`",
            "store.toml:10:5: unknown key `nam` in api_secrets, did you mean `name`?",
        ]
    );
    assert!(!found.contains("clear text"));
}

#[test]
fn v1_settings() {
    let store = r#"
[[store]]
id = "store-1"
merchant_id = "m"
api_secrets = [{ name = "a", sha256 = "0000000000000000000000000000000000000000000000000000000000000001" }]
[store.v1]
user_code = "imp1"
keys = [
  { key = "k1", sha256 = "00" },
  { key = "k2", secret = "env:NARU_T_SHORT" },
  { key = "k3" },
]
include_sandbox = "yes"
"#;
    let good = |id: &str, more: &str| {
        let hex = format!("{}{id}", "0".repeat(63));
        format!(
            "[[store]]\nid = \"s{id}\"\nmerchant_id = \"m\"\napi_secrets = [{{ name = \"a\", sha256 = \"{hex}\" }}]\n\
             [store.v1]\nkeys = [{{ key = \"same\", sha256 = \"{hex}\" }}]\n{more}"
        )
    };
    refuses(
        &[("store.toml", store)],
        &[
            "store.toml:7:13: `user_code` must be `imp` and 8 digits, e.g. imp00000001",
            "store.toml:9:26: `sha256` must be 64 hex digits",
            "store.toml:10:26: `secret`: environment variable NARU_T_SHORT is not set",
            "store.toml:11:11: give either `sha256` or `secret`",
            "store.toml:13:19: `include_sandbox` must be true or false, not a string",
        ],
    );
    refuses(
        &[
            ("a.toml", &good("1", "default_channel = \"b\"\n")),
            ("b.toml", &good("2", "default_channel = \"a\"\n")),
            ("c.toml", &channel("a", "mid-a").replace("store-1", "s1")),
        ],
        &[
            "a.toml:7:19: unknown channel `b`",
            "b.toml:6:17: V1 key `same` of store s2 is also one of store s1; every V1 key stands once",
            "b.toml:7:19: channel `a` does not list store `s2`",
        ],
    );
}

#[test]
fn rules() {
    let group = |rules: &str| {
        format!(
            "[[group]]\nid = \"g\"\nmode = \"test\"\nstores = [\"store-1\"]\n\
             members = [{{ channel = \"a\", weight = 1 }}]\n{rules}"
        )
    };
    let rule = |name: &str, more: &str| {
        format!("[[group.rules]]\nname = \"{name}\"\n{more}\nmembers = [{{ channel = \"a\", weight = 1 }}]\n")
    };
    let dir = |rules: &str| {
        let dir = Dir::good();
        std::fs::write(dir.file("g.toml"), group(rules)).unwrap();
        dir
    };
    let found = |rules: &str| {
        let found = dir(rules).load(&Secrets::new()).expect_err("must be refused");
        found.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let shadowed = rule("cards", "methods = [\"CARD\"]") + &rule("dear", "methods = [\"CARD\"]\nmin_amount = 5");
    assert_eq!(
        found(&shadowed),
        [
            "g.toml:11:8: rule `dear` never decides: whatever fits it fits rule `cards` before it; put it first, or narrow that one"
        ]
    );
    let twice = rule("one", "devices = [\"pc\"]") + &rule("one", "devices = [\"api\"]");
    assert_eq!(found(&twice), ["g.toml:11:8: the group has a rule `one` already"]);
    for (more, problem) in [
        (
            "hours = \"10:00\"",
            "g.toml:8:9: `hours` must be HH:MM-HH:MM and not empty, e.g. 23:30-00:30",
        ),
        (
            "min_amount = 2\nmax_amount = 1",
            "g.toml:9:14: `max_amount` is below `min_amount`: no payment ever fits",
        ),
        (
            "card_bins = [\"94\"]",
            "g.toml:8:14: `card_bins` holds the first 4 to 8 digits of card numbers",
        ),
        (
            "stores = [\"store-9\"]",
            "g.toml:8:11: store `store-9` may not use the group",
        ),
    ] {
        assert_eq!(found(&rule("one", more)), [problem], "{more}");
    }
    let stranger = "[[group.rules]]\nname = \"one\"\nmembers = [{ channel = \"b\", weight = 1 }]\n";
    assert_eq!(
        found(stranger),
        [
            "g.toml:8:24: `b` is not among the members of the group; add it there, with weight 0 if rules alone may pick it"
        ]
    );
    let idle = "[[group.rules]]\nname = \"one\"\nmembers = [{ channel = \"a\", weight = 0 }]\n";
    assert_eq!(found(idle), ["g.toml:8:11: the weights of a rule must not all be 0"]);
}

#[test]
fn checkout_profiles() {
    let store = |id: &str, methods: &str| {
        let hex = format!("{}{id}", "0".repeat(63));
        format!(
            "[[store]]\nid = \"s{id}\"\nmerchant_id = \"m\"\napi_secrets = [{{ name = \"a\", sha256 = \"{hex}\" }}]\n\
             [[store.checkout_profiles]]\nkey = \"same\"\nmethods = [{methods}]\n"
        )
    };
    refuses(
        &[
            ("a.toml", &store("1", "{ method = \"CARD_KR\", channel = \"b\" }")),
            ("b.toml", &store("2", "{ method = \"N_PAY\", channel = \"a\" }")),
            ("c.toml", &channel("a", "mid-a").replace("store-1", "s1")),
        ],
        &[
            "a.toml:7:44: unknown channel `b`",
            "b.toml:6:7: checkout profile `same` stands twice, first at a.toml:6:7",
            "b.toml:7:42: channel `a` does not list store `s2`",
        ],
    );
    refuses(
        &[("a.toml", &store("1", "{ method = \"PAY_PAL\", channel = \"b\" }"))],
        &["a.toml:7:23: `method` cannot be `PAY_PAL`; known: CARD_KR, N_PAY, KAKAO_PAY, TOSS_PAY"],
    );
}

#[test]
fn unreadable_files_do_not_make_references_unknown() {
    let dir = Dir::with(&[("a.toml", &channel("a", "mid-a")), ("store.toml", "[[store]\n")]);
    std::fs::write(dir.file("latin.toml"), b"# \xe9\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(dir.file("nowhere"), dir.file("link.toml")).unwrap();
    let found = dir.load(&Secrets::new()).expect_err("must be refused");
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        [
            "latin.toml: not UTF-8 at byte 2",
            "link.toml: not found",
            "store.toml:1:9: unclosed array table, expected `]`",
        ]
    );
}

#[test]
fn directories() {
    let dir = Dir::with(&[("readme.md", "x"), (".hidden.toml", "broken")]);
    let path = dir.path().display().to_string();
    let found = dir.load(&Secrets::new()).expect_err("must be refused");
    assert_eq!(found, format!("{path}: no *.toml file in the directory"));
    std::fs::remove_dir_all(dir.path()).unwrap();
    let found = dir.load(&Secrets::new()).expect_err("must be refused");
    assert_eq!(found, format!("{path}: not found"));
}
