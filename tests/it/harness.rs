//! Starts a real `naru demo` for a test, and talks to it.

use crate::source::root;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for a demo to come up.
const UP: Duration = Duration::from_secs(60);

/// The built binary.
pub fn naru() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naru"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NARU_")) {
        command.env_remove(name);
    }
    command
}

/// A running demo with its own ledger, channel files and ports. Killed when dropped.
pub struct Demo {
    child: Child,
    /// What the env file says.
    pub env: HashMap<String, String>,
    dir: Option<TempDir>,
}

impl Demo {
    /// Starts one on a copy of the sample channel files.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let channels = dir.path().join("channels");
        copy(&root().join("channels"), &channels);
        Self::start_in(dir, &channels)
    }

    fn start_in(dir: TempDir, channels: &Path) -> Self {
        Self::start_with(dir, channels, &[])
    }

    /// Starts one in a directory (with what an earlier one left there), with further environment variables.
    pub fn start_with(dir: TempDir, channels: &Path, env: &[(String, String)]) -> Self {
        let env_file = dir.path().join("demo.env");
        let _ = std::fs::remove_file(&env_file);
        let log = dir.path().join("demo.log");
        let out = std::fs::File::create(&log).unwrap();
        let any = "127.0.0.1:0";
        let mut child = naru()
            .envs(env.iter().map(|(name, value)| (name, value)))
            .args([
                "demo",
                "--listen",
                any,
                "--v1-listen",
                any,
                "--admin-listen",
                any,
                "--sim-listen",
                any,
            ])
            .arg("--data")
            .arg(dir.path().join("data"))
            .arg("--channels")
            .arg(channels)
            .arg("--env-file")
            .arg(&env_file)
            .stdin(Stdio::null())
            .stderr(out.try_clone().unwrap())
            .stdout(out)
            .spawn()
            .unwrap();
        let since = Instant::now();
        while !env_file.exists() {
            let ended = child.try_wait().unwrap();
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "naru demo ended with {ended:?}:\n{}", said());
            assert!(since.elapsed() < UP, "naru demo is not up after {UP:?}:\n{}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        let env = parse_env(&std::fs::read_to_string(&env_file).unwrap());
        Self {
            child,
            env,
            dir: Some(dir),
        }
    }

    /// Holds everything the demo writes.
    pub fn dir(&self) -> &TempDir {
        self.dir.as_ref().unwrap()
    }

    /// Ends the demo and keeps what it wrote, for another one.
    pub fn into_dir(mut self) -> TempDir {
        self.dir.take().unwrap()
    }

    /// A value of the env file.
    pub fn value(&self, name: &str) -> &str {
        let known = || self.env.keys().cloned().collect::<Vec<_>>().join(", ");
        self.env
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the env file: {}", known()))
    }

    /// Directory of its channel files.
    pub fn channels(&self) -> PathBuf {
        self.value("NARU_CHANNELS_DIR").into()
    }

    /// What it printed so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.dir().path().join("demo.log")).unwrap_or_default()
    }

    /// Sends a signal by name, e.g. `TERM`, to this process alone.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end; `None` if it still runs after `patience`.
    pub fn ended(&mut self, patience: Duration) -> Option<std::process::ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// A call of the V2 API with the demo's secret.
    pub async fn v2(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let secret = format!("PortOne {}", self.value("NARU_API_SECRET"));
        let url = format!("{}{path}", self.value("NARU_URL"));
        call(method, &url, &[("authorization", &secret)], body).await
    }

    /// A call of the operations API with the admin token.
    pub async fn admin(&self, method: Method, path: &str) -> Answer {
        let token = format!("Bearer {}", self.value("NARU_ADMIN_TOKEN"));
        let url = format!("{}{path}", self.value("NARU_ADMIN_URL"));
        call(method, &url, &[("authorization", &token)], None).await
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A key-in payment with the public test card of the Toss documents.
pub fn key_in(channel: &str, total: i64) -> Value {
    serde_json::json!({
        "channelKey": channel,
        "orderName": "나루 주문",
        "amount": { "total": total },
        "currency": "KRW",
        "method": { "card": { "credential": {
            "number": "9410001234567890", "expiryYear": "30", "expiryMonth": "12",
            "birthOrBusinessRegistrationNumber": "900101", "passwordTwoDigits": "12",
        } } },
    })
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: http::HeaderMap,
    /// Body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; fails the test if it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }
}

/// Sends one request and reads the answer.
pub async fn call(method: Method, url: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
    let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
    send(method, url, headers, bytes).await
}

/// Like [`call`], with a body as it is.
pub async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: Bytes) -> Answer {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Full::new(body)).unwrap()).await;
    let response = response.unwrap_or_else(|error| panic!("{url}: {error}"));
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// Copies a directory tree.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn parse_env(text: &str) -> HashMap<String, String> {
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("not KEY=value: {line}"));
            let value = value
                .strip_prefix('\'')
                .and_then(|v| v.strip_suffix('\''))
                .unwrap_or(value);
            (name.to_owned(), value.replace(r"'\''", "'"))
        })
        .collect()
}
