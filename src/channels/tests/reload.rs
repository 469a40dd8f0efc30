//! Reloads while things happen to the directory: nothing half done is ever used, and everything done is.

use super::fake::{Dir, FAKES, STORE, channel};
use crate::channels::load::{How, Loaded, Loader};
use crate::channels::owner::AdapterList;
use crate::channels::watch::{Heard, Watch};
use crate::channels::{Channels, Limits, Options, Secrets, Snapshot};
use crate::telemetry::Metrics;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; a passing test waits for a fraction of it.
const PATIENCE: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(3_600);

fn options(dir: &Path) -> Options {
    Options {
        adapters: AdapterList(FAKES),
        ..Options::new(dir, Metrics::new())
    }
}

/// Only the watcher.
async fn watching(dir: &Path) -> Arc<Channels> {
    let options = Options {
        poll: NEVER,
        ..options(dir)
    };
    Channels::start(options).await.unwrap()
}

/// Only the poll.
async fn polling(dir: &Path) -> Arc<Channels> {
    let options = Options {
        watch: false,
        poll: Duration::from_millis(50),
        ..options(dir)
    };
    Channels::start(options).await.unwrap()
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn mid(snapshot: &Snapshot, key: &str) -> String {
    snapshot
        .channels
        .get(key)
        .map(|c| c.spec.mid.clone())
        .unwrap_or_default()
}

async fn until_mid(channels: &Channels, key: &str, wanted: &str) {
    let live = channels.live();
    until(wanted, || mid(&live.load(), key) == wanted).await;
}

#[tokio::test]
async fn a_saved_file_takes_effect() {
    let dir = Dir::good();
    let channels = watching(dir.path()).await;
    dir.write("a.toml", &channel("a", "mid-b"));
    until_mid(&channels, "a", "mid-b").await;
    assert_eq!(channels.status().version, 2);
    // A new file, then its removal.
    dir.write("c.toml", &channel("c", "mid-c"));
    until_mid(&channels, "c", "mid-c").await;
    fs::remove_file(dir.file("c.toml")).unwrap();
    until_mid(&channels, "c", "").await;
}

#[tokio::test]
async fn an_editor_replaces_the_file() {
    let dir = Dir::good();
    let channels = watching(dir.path()).await;
    for n in 0..5 {
        dir.write(".a.toml.swp", &channel("a", &format!("mid-{n}")));
        fs::rename(dir.file(".a.toml.swp"), dir.file("a.toml")).unwrap();
        until_mid(&channels, "a", &format!("mid-{n}")).await;
    }
    assert_eq!(channels.status().version, 6);
}

/// The first half is a good file of its own, with one channel of two. Nobody may see it.
#[tokio::test]
async fn a_writer_that_pauses_is_waited_for() {
    let dir = Dir::good();
    dir.write("a.toml", &(channel("a", "mid-a") + &channel("b", "mid-b")));
    let channels = watching(dir.path()).await;
    let live = channels.live();
    let mut file = fs::File::create(dir.file("a.toml")).unwrap();
    file.write_all(channel("a", "mid-a2").as_bytes()).unwrap();
    let pause = Instant::now();
    while pause.elapsed() < Duration::from_millis(400) {
        assert_eq!(mid(&live.load(), "a"), "mid-a");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    file.write_all(channel("b", "mid-b2").as_bytes()).unwrap();
    drop(file);
    until_mid(&channels, "a", "mid-a2").await;
    assert_eq!(mid(&live.load(), "b"), "mid-b2");
    assert_eq!(channels.status().version, 2);
}

#[tokio::test]
async fn the_poll_finds_what_no_watcher_reports() {
    let dir = Dir::good();
    let channels = polling(dir.path()).await;
    dir.write("a.toml", &channel("a", "mid-b"));
    until_mid(&channels, "a", "mid-b").await;
    // Same length, and the old modification time put back: only the change time differs.
    let before = fs::metadata(dir.file("a.toml")).unwrap().modified().unwrap();
    let file = fs::File::options()
        .write(true)
        .truncate(true)
        .open(dir.file("a.toml"))
        .unwrap();
    (&file).write_all(channel("a", "mid-c").as_bytes()).unwrap();
    file.set_modified(before).unwrap();
    until_mid(&channels, "a", "mid-c").await;
}

/// What the kubelet does with a mounted `ConfigMap`.
fn config_map(dir: &Path, version: u32) {
    let data = dir.join(format!("..2026_{version}"));
    fs::create_dir(&data).unwrap();
    fs::write(data.join("store.toml"), STORE).unwrap();
    for key in ["a", "b"] {
        fs::write(
            data.join(format!("{key}.toml")),
            channel(key, &format!("{key}-{version}")),
        )
        .unwrap();
    }
    symlink(format!("..2026_{version}"), dir.join("..data_tmp")).unwrap();
    fs::rename(dir.join("..data_tmp"), dir.join("..data")).unwrap();
    for name in ["store.toml", "a.toml", "b.toml"] {
        if !dir.join(name).is_symlink() {
            symlink(format!("..data/{name}"), dir.join(name)).unwrap();
        }
    }
    let old = dir.join(format!("..2026_{}", version.wrapping_sub(1)));
    if old.exists() {
        fs::remove_dir_all(old).unwrap();
    }
}

#[tokio::test]
async fn a_config_map_is_swapped() {
    let dir = Dir::with(&[]);
    config_map(dir.path(), 1);
    let channels = watching(dir.path()).await;
    let live = channels.live();
    for version in 2..6 {
        config_map(dir.path(), version);
        until("the swap", || {
            let snapshot = live.load();
            let (a, b) = (mid(&snapshot, "a"), mid(&snapshot, "b"));
            assert_eq!(a.replace('a', ""), b.replace('b', ""), "mixed snapshot");
            a == format!("a-{version}")
        })
        .await;
    }
    assert_eq!(channels.status().version, 5);
}

#[tokio::test]
async fn the_last_good_settings_stay_and_everyone_is_told() {
    let dir = Dir::good();
    let options = options(dir.path());
    let metrics = options.metrics.clone();
    let channels = Channels::start(Options { poll: NEVER, ..options }).await.unwrap();
    let good = channels.status();
    assert!(good.rejected.is_none());

    // Half a file, closed: no writer to wait for.
    dir.write("a.toml", "[[channel]]\nkey = \"a\"\nprovi");
    until("the refusal", || channels.status().rejected.is_some()).await;
    let status = serde_json::to_value(channels.status()).unwrap();
    assert_eq!(status["version"], 1);
    assert_eq!(status["hash"], good.hash.as_str());
    let problem = status["rejected"]["problems"][0].as_str().unwrap();
    assert!(problem.contains("/a.toml:3:"), "{problem}");
    assert!(status["rejected"]["at"].as_str().unwrap().ends_with('Z'));
    let text = || String::from_utf8(metrics.render()).unwrap();
    assert!(text().contains("naru_config_last_reload_success 0"));
    assert!(text().contains("naru_config_reload_total{result=\"rejected\"} 1"));

    // Asking again says the same again; it was refused once.
    let at = channels.status().rejected.unwrap().at;
    assert!(channels.reload().await.unwrap_err().to_string().contains("a.toml:3:"));
    assert_eq!(channels.status().rejected.unwrap().at, at);

    dir.write("a.toml", &channel("a", "mid-b"));
    let status = channels.reload().await.unwrap();
    assert_eq!((status.version, status.rejected.is_none()), (2, true));
    assert!(text().contains("naru_config_last_reload_success 1"));
    assert!(text().contains("naru_config_version 2"));
    assert!(text().contains(&format!("naru_config_info{{hash=\"{}\"}} 1", status.hash)));
    assert!(!text().contains(&good.hash));
    assert!(text().contains("naru_config_channels{state=\"active\"} 1"));

    // Back to the running content after a refusal: no new version.
    dir.write("b.toml", "");
    assert!(channels.reload().await.is_err());
    fs::remove_file(dir.file("b.toml")).unwrap();
    let status = channels.reload().await.unwrap();
    assert_eq!((status.version, status.rejected.is_none()), (2, true));
    assert_eq!(channels.reload().await.unwrap().version, 2);
}

#[tokio::test]
async fn the_status_has_the_contracted_shape() {
    let dir = Dir::good();
    let channels = polling(dir.path()).await;
    let status = serde_json::to_value(channels.status()).unwrap();
    let keys: Vec<&String> = status.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["channels", "hash", "loadedAt", "source", "version"]);
    assert_eq!(
        status["channels"][0],
        serde_json::json!({ "channelKey": "a", "provider": "fakepg", "mode": "test", "mid": "mid-a",
            "state": "active", "revision": channels.live().load().channels["a"].revision })
    );
    assert_eq!(status["source"], dir.path().to_str().unwrap());
}

#[tokio::test]
async fn a_directory_may_go_and_come_back() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("channels");
    let fill = |mid: &str| {
        fs::create_dir(&path).unwrap();
        fs::write(path.join("store.toml"), STORE).unwrap();
        fs::write(path.join("a.toml"), channel("a", mid)).unwrap();
    };
    fill("mid-a");
    let options = Options {
        poll: Duration::from_millis(50),
        ..options(&path)
    };
    let channels = Channels::start(options).await.unwrap();
    fs::remove_dir_all(&path).unwrap();
    until("the refusal", || channels.status().rejected.is_some()).await;
    assert_eq!(mid(&channels.live().load(), "a"), "mid-a");
    // A link to nowhere first, as mounted volumes show while they are filled.
    fs::create_dir(&path).unwrap();
    symlink("..data/a.toml", path.join("a.toml")).unwrap();
    let dangling = || {
        channels
            .status()
            .rejected
            .is_some_and(|r| r.problems.to_string().contains("a.toml: not found"))
    };
    until("the refusal of the link", dangling).await;
    fs::remove_dir_all(&path).unwrap();
    fill("mid-b");
    until_mid(&channels, "a", "mid-b").await;
    until("all is well", || channels.status().rejected.is_none()).await;
}

#[tokio::test]
async fn a_directory_made_again_is_watched_again() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("channels");
    fs::create_dir(&path).unwrap();
    let heard = Arc::new(Heard::default());
    let mut watch = Watch::new(Arc::clone(&heard), true);
    let wanted = || [(path.clone(), None)].into_iter().collect();
    let hears = |what: &'static str| {
        let heard = Arc::clone(&heard);
        async move { tokio::time::timeout(PATIENCE, heard.changed()).await.expect(what) }
    };
    watch.sync(wanted());
    hears("the new watch itself").await;
    fs::remove_dir(&path).unwrap();
    hears("the removal").await;
    watch.sync(wanted());
    fs::create_dir(&path).unwrap();
    watch.sync(wanted());
    hears("the second watch itself").await;
    fs::write(path.join("notes.txt"), "not ours").unwrap();
    fs::write(path.join("a.toml"), "x").unwrap();
    hears("a file in the second directory").await;
    let start = Instant::now();
    while heard.calm().1 && start.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!heard.calm().1, "the closed file still counts as being written");
}

#[tokio::test]
async fn a_rotated_secret_file_takes_effect() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("secret");
    fs::write(&key, "test_sk_1\n").unwrap();
    let dir = Dir::good();
    let text = channel("a", "mid-a").replace("plain:test_sk_mid-a", &format!("file:{}", key.display()));
    dir.write("a.toml", &(text + &channel("b", "mid-b")));
    let channels = watching(dir.path()).await;
    let first = channels.live().load();
    fs::write(keys.path().join("next"), "test_sk_2\n").unwrap();
    fs::rename(keys.path().join("next"), &key).unwrap();
    let live = channels.live();
    until("the new key", || {
        live.load().channels["a"].revision != first.channels["a"].revision
    })
    .await;
    let second = live.load();
    assert_ne!(second.hash, first.hash);
    assert_eq!(
        second.channels["a"].credentials::<super::fake::Keys>().unwrap().secret,
        "test_sk_2"
    );
    assert!(Arc::ptr_eq(&second.channels["b"], &first.channels["b"]));
}

/// Two files and a group change together, a thousand times; every reader sees one generation or another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reloads_and_no_mixed_snapshot() {
    let dir = Dir::with(&[("store.toml", STORE)]);
    let write = |generation: u32| {
        dir.write("a.toml", &channel("a", &format!("a-{generation}")));
        let b = channel("b", &format!("b-{generation}"));
        let group = format!(
            "[[group]]\nid = \"g\"\nname = \"{generation}\"\nmode = \"test\"\nstores = [\"store-1\"]\nmembers = [{{ channel = \"a\", weight = {generation} }}]\n"
        );
        dir.write("b.toml", &(b + &group));
    };
    write(1);
    let options = Options {
        watch: false,
        poll: NEVER,
        ..options(dir.path())
    };
    let channels = Channels::start(options).await.unwrap();
    let (stop, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (live, stop, looks) = (channels.live(), Arc::clone(&stop), Arc::clone(&looks));
            std::thread::spawn(move || {
                let mut last = 0;
                while !stop.load(Ordering::Relaxed) {
                    let snapshot = live.load();
                    let generation = snapshot.groups["g"].name.clone();
                    assert_eq!(mid(&snapshot, "a"), format!("a-{generation}"));
                    assert_eq!(mid(&snapshot, "b"), format!("b-{generation}"));
                    assert_eq!(snapshot.groups["g"].members[0].weight.to_string(), generation);
                    assert!(snapshot.version >= last, "went back");
                    last = snapshot.version;
                    looks.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                }
            })
        })
        .collect();
    for generation in 2..=1_001 {
        write(generation);
        assert_eq!(channels.reload().await.unwrap().version, u64::from(generation));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    assert!(looks.load(Ordering::Relaxed) > 1_000);
}

#[test]
fn what_did_not_change_is_not_done_again() {
    let two = channel("b", "mid-b") + &channel("c", "mid-c");
    let dir = Dir::with(&[
        ("store.toml", STORE),
        ("a.toml", &channel("a", "mid-a")),
        ("b.toml", &two),
    ]);
    let mut loader = Loader::new(dir.path().to_owned(), Secrets::new(), FAKES, Limits::default());
    let how = How {
        again: true,
        quiet: Duration::ZERO,
    };
    let Loaded::New(first) = loader.load(None, how, 1) else {
        panic!("not loaded")
    };
    assert_eq!(loader.parsed, 4);
    assert!(matches!(loader.load(Some(&first), how, 2), Loaded::Unchanged));
    assert_eq!(loader.parsed, 4);

    // One channel of one file.
    dir.write("b.toml", &two.replace("mid-c", "mid-d"));
    let Loaded::New(second) = loader.load(Some(&first), How { again: false, ..how }, 3) else {
        panic!("not loaded")
    };
    assert_eq!(loader.parsed, 5);
    assert_eq!((second.version, second.loaded_at), (2, 3));
    for key in ["a", "b"] {
        assert!(Arc::ptr_eq(&first.channels[key], &second.channels[key]), "{key}");
    }
    assert_ne!(first.channels["c"].revision, second.channels["c"].revision);

    // A channel that moves to another file stays the same object.
    dir.write("b.toml", &channel("b", "mid-b"));
    dir.write("d.toml", &channel("c", "mid-d"));
    let Loaded::New(third) = loader.load(Some(&second), how, 4) else {
        panic!("not loaded")
    };
    assert!(Arc::ptr_eq(&third.channels["c"], &second.channels["c"]));

    // Something young is not touched yet.
    dir.write("d.toml", &channel("c", "mid-e"));
    let quiet = Duration::from_secs(60);
    assert!(matches!(
        loader.load(Some(&third), How { again: false, quiet }, 5),
        Loaded::Settling(_)
    ));
}

#[test]
fn limits_hold() {
    let dir = Dir::good();
    let load = |limits: Limits| {
        let mut loader = Loader::new(dir.path().to_owned(), Secrets::new(), FAKES, limits);
        let how = How {
            again: true,
            quiet: Duration::ZERO,
        };
        match loader.load(None, how, 1) {
            Loaded::Bad { problems, .. } => problems.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let limits = Limits::default();
    assert!(load(Limits { files_max: 1, ..limits }).ends_with("2 files, at most 1 are read"));
    assert!(
        load(Limits {
            total_bytes_max: 10,
            ..limits
        })
        .contains("bytes in all files, at most 10 are read")
    );
    assert!(
        load(Limits {
            file_bytes_max: 150,
            ..limits
        })
        .contains("a.toml: larger than 150 bytes")
    );
}
