//! Routers and PG simulators as processes of their own, so that one can die while the other lives, and clients that
//! live through it.

use crate::harness::{Answer, naru};
pub use crate::web::Web;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for a process to come up.
const UP: Duration = Duration::from_secs(60);
/// The store of every site.
pub const STORE: &str = "store-rig-1";
/// Its API secret.
pub const API_SECRET: &str = "rig-api-secret-0123456789abcdef";
/// Token of the operations listener.
pub const ADMIN_TOKEN: &str = "rig-admin-token-0123456789";

/// A child process, killed when dropped.
struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(mut command: Command, log: PathBuf) -> Self {
        let out = std::fs::File::create(&log).unwrap();
        command
            .stdin(Stdio::null())
            .stderr(out.try_clone().unwrap())
            .stdout(out);
        Self {
            child: command.spawn().unwrap(),
            log,
        }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until its output gives a value.
    fn told<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            // Asked before the output is read: what an ended process wrote is complete then.
            let ended = self.child.try_wait().unwrap();
            if let Some(found) = find(&self.said()) {
                return found;
            }
            assert!(ended.is_none(), "ended with {ended:?}:\n{}", self.said());
            assert!(since.elapsed() < UP, "not up after {UP:?}:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// PG simulators.
pub struct Pg {
    _process: Process,
    _dir: TempDir,
    /// Origin.
    pub url: String,
    /// Variables with the addresses of protocols beside HTTP.
    pub sockets: Vec<(String, String)>,
}

impl Pg {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = naru();
        command.args(["sim", "--listen", "127.0.0.1:0"]);
        let mut process = Process::start(command, dir.path().join("sim.log"));
        let url = process.told(|said| {
            let line = said.lines().find(|l| l.starts_with("simulators  "))?;
            Some(line.trim_start_matches("simulators  ").to_owned())
        });
        let said = process.said();
        let lines = said
            .lines()
            .filter_map(|line| line.strip_prefix("socket      ")?.split_once('='));
        let sockets = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self {
            _process: process,
            _dir: dir,
            url,
            sockets,
        }
    }

    /// Puts a fault menu; an empty one is good weather.
    pub async fn faults(&self, web: &Web, mut faults: Value) {
        // Not every PG has every call: a fault that names none would be refused for the others.
        for fault in faults.as_array_mut().into_iter().flatten() {
            if fault.get("provider").is_none() {
                fault["provider"] = "toss".into();
            }
        }
        let answer = web
            .call(Method::PUT, &format!("{}/_sim/faults", self.url), &[], Some(faults))
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// What the PGs believe.
    pub async fn ledger(&self, web: &Web) -> Vec<Value> {
        let answer = web
            .call(Method::GET, &format!("{}/_sim/ledger", self.url), &[], None)
            .await;
        answer.unwrap().json().as_array().unwrap().clone()
    }

    /// The buyer in Toss's window: what their browser would send to the router now.
    pub async fn authenticate(&self, web: &Web, open: &Value) -> Return {
        self.authenticate_at(web, "toss", open).await
    }

    /// The buyer in a provider's window: what their browser would send to the router now.
    pub async fn authenticate_at(&self, web: &Web, provider: &str, open: &Value) -> Return {
        let body = json!({ "open": open, "as": "approve" });
        let url = format!("{}/_sim/{provider}/authenticate", self.url);
        let answer = web.call(Method::POST, &url, &[], Some(body)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        let back = answer.json();
        let text = |name: &str| back[name].as_str().unwrap_or_default().to_owned();
        Return {
            method: text("method").parse().unwrap(),
            path: path_of(&text("url")),
            content_type: text("contentType"),
            body: text("body"),
        }
    }
}

/// Path and query of a URL: a restarted router has another port.
pub fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..]).to_owned()
}

/// What a buyer's browser sends when the window is done.
#[derive(Debug, Clone)]
pub struct Return {
    pub method: Method,
    pub path: String,
    pub content_type: String,
    pub body: String,
}

/// A Toss channel of the simulator's merchant number `mid` (1 to 9). `more` are lines of the channel's own table.
pub fn toss(key: &str, mid: u8, pg: &str, more: &str, tables: &str) -> String {
    format!(
        "[[channel]]\nkey = \"{key}\"\nprovider = \"toss\"\nmode = \"test\"\nmid = \"tnaru0000{mid}\"\n\
         stores = [\"{STORE}\"]\n{more}\n[channel.credentials]\nclientKey = \"test_ck_naruSimulator00000000000{mid}\"\n\
         secretKey = \"plain:test_sk_naruSimulator00000000000{mid}\"\n[channel.endpoints]\napi = \"{pg}/toss\"\n\
         script = \"{pg}/toss/v2/standard\"\n{tables}\n"
    )
}

/// What survives a router: its data and channel files, its settings.
pub struct Site {
    dir: TempDir,
    env: BTreeMap<String, String>,
    starts: std::sync::atomic::AtomicUsize,
}

impl Site {
    /// With one channel file, `channels.toml`.
    pub fn new(channels: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let any = "127.0.0.1:0";
        let env = [
            ("NARU_SEALING_KEY", "0123456789abcdef".repeat(4)),
            ("NARU_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
            ("NARU_API_SECRET", API_SECRET.to_owned()),
            ("NARU_DATA", path("data")),
            ("NARU_CHANNELS", path("channels")),
            ("NARU_NODE", "rig".to_owned()),
            ("NARU_ANSWER_WITHIN_MS", "4000".to_owned()),
            ("NARU_LISTEN_PUBLIC", any.to_owned()),
            ("NARU_LISTEN_V1", any.to_owned()),
            ("NARU_LISTEN_OPERATIONS", any.to_owned()),
            ("NARU_LOG_FORMAT", "json".to_owned()),
            ("NARU_LOG", "info".to_owned()),
        ];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        std::fs::create_dir(dir.path().join("channels")).unwrap();
        let store = format!(
            "[[store]]\nid = \"{STORE}\"\nmerchant_id = \"merchant-rig\"\n\
             api_secrets = [{{ name = \"first\", secret = \"env:NARU_API_SECRET\" }}]\n"
        );
        std::fs::write(dir.path().join("channels/store.toml"), store).unwrap();
        let site = Self {
            dir,
            env,
            starts: 0.into(),
        };
        site.write_channels(channels);
        site
    }

    /// Sets an environment variable for the routers started from now on.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With another channel file.
    pub fn with_channels(self, text: &str) -> Self {
        self.write_channels(text);
        self
    }

    /// Everything the site's routers wrote or read.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Replaces the channel file, whole, the way operators should.
    pub fn write_channels(&self, text: &str) {
        let fresh = self.dir.path().join("channels/.channels.new");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, self.dir.path().join("channels/channels.toml")).unwrap();
    }

    /// Starts a router as systemd does with sockets of its own: it is handed `sockets` by their names.
    pub fn start_with(&self, sockets: [(&str, &std::net::TcpListener); 3]) -> Router {
        let names = sockets.map(|(name, _)| name).join(":");
        let program = naru().get_program().to_str().unwrap().to_owned();
        // The three standard streams carry the sockets in; the shell moves them to where they are looked for.
        let script =
            "exec 3<&0 4>&1 5>&2 0</dev/null 1>>\"$LOG\" 2>&1; export LISTEN_PID=$$ LISTEN_FDS=3; exec \"$0\" serve";
        let mut command = Command::new("sh");
        command.args(["-c", script, &program]).env("LISTEN_FDNAMES", names);
        let [first, second, third] = sockets.map(|(_, socket)| Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
        command.stdin(first).stdout(second).stderr(third);
        self.start_as(command, &[], |mut command, log| {
            std::fs::File::create(&log).unwrap();
            command.env("LOG", &log);
            Process {
                child: command.spawn().unwrap(),
                log,
            }
        })
    }

    /// Starts a router on the site; `more` is its own environment.
    pub fn start(&self, more: &[(&str, &str)]) -> Router {
        let mut command = naru();
        command.arg("serve");
        self.start_as(command, more, Process::start)
    }

    /// Starts a router on the site by a command and a way of one's own.
    fn start_as(&self, mut command: Command, more: &[(&str, &str)], how: fn(Command, PathBuf) -> Process) -> Router {
        command.current_dir(self.dir.path());
        command.envs(&self.env).envs(more.iter().copied());
        let nth = self.starts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let mut process = how(command, self.dir.path().join(format!("serve-{nth}.log")));
        let line = process.told(|said| {
            let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.into_iter().find(|line| line["message"] == "naru serves")
        });
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        Router {
            url: text("public"),
            admin: text("operations"),
            process,
        }
    }

    /// The ledger file.
    pub fn ledger(&self) -> PathBuf {
        self.dir.path().join("data/ledger.db")
    }
}

/// A running router.
pub struct Router {
    process: Process,
    /// Origin of the public listener.
    pub url: String,
    /// Origin of the operations listener.
    pub admin: String,
}

impl Router {
    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
    }

    /// Sends a signal by name to this process alone.
    pub fn signal(&self, name: &str) {
        let pid = self.process.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// How it ended, if it does within `patience`.
    pub async fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < patience {
            if let Some(status) = self.process.child.try_wait().unwrap() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }

    /// What it logged.
    pub fn said(&self) -> String {
        self.process.said()
    }

    /// A value of the scrape: the sum over all label sets of `name` whose labels hold `labels`.
    pub async fn metric(&self, web: &Web, name: &str, labels: &str) -> f64 {
        let url = format!("{}/metrics", self.admin);
        let scrape = web.call(Method::GET, &url, &[], None).await.unwrap().text;
        let fits = |line: &&str| line.starts_with(name) && line.contains(labels);
        let values = scrape.lines().filter(fits).filter_map(|l| l.rsplit_once(' '));
        values.map(|(_, value)| value.parse::<f64>().unwrap()).sum()
    }

    /// A call of the operations API.
    pub async fn admin(&self, web: &Web, method: Method, path: &str) -> Answer {
        let token = format!("Bearer {ADMIN_TOKEN}");
        let url = format!("{}{path}", self.admin);
        web.call(method, &url, &[("authorization", &token)], None)
            .await
            .unwrap()
    }

    /// All payments of the store, through the public API.
    pub async fn payments(&self, web: &Web) -> Vec<Value> {
        let mut all = Vec::new();
        for page in 0.. {
            let filter = json!({ "page": { "number": page, "size": 1000 } }).to_string();
            let filter = percent_encoding::utf8_percent_encode(&filter, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/payments?requestBody={filter}");
            let answer = web.v2(&self.url, Method::GET, &path, None).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text);
            let json = answer.json();
            let items = json["items"].as_array().unwrap();
            all.extend(items.iter().cloned());
            if items.len() < 1000 {
                return all;
            }
        }
        unreachable!("pages end")
    }
}

/// Waits until no operation is open and the ledgers agree.
pub async fn agree(web: &Web, router: &Router, pgs: &[&Pg], patience: Duration) -> (Vec<Value>, Vec<Value>) {
    let since = Instant::now();
    let mut quiet = 0;
    loop {
        let payments = router.payments(web).await;
        let mut rows = Vec::new();
        for pg in pgs {
            rows.extend(pg.ledger(web).await);
        }
        let open = router.metric(web, "naru_unknown_open", "").await;
        let compared = crate::scenarios::compare(&payments, &rows).and_then(|()| match open {
            0.0 => Ok(()),
            open => Err(format!("{open} operations have no outcome")),
        });
        match compared {
            // The gauge is set by the recovery worker's tick: once may be before its first.
            Ok(()) if quiet == 2 => return (payments, rows),
            Ok(()) => quiet += 1,
            Err(why) => {
                quiet = 0;
                assert!(
                    since.elapsed() < patience,
                    "the ledgers disagree after {patience:?}: {why}\n{}",
                    router.said()
                );
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(n).unwrap()).unwrap()
    }
}
