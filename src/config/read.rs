//! From a file's text to [`Config`].

use super::reader::{Source, Table};
use super::secret::{self, Env};
use super::{Config, Listen, LogFormat, Network, OVERRIDES, Problem, Retention, TlsFiles};
use crate::net::Limits;
use secrecy::{ExposeSecret, SecretString};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;
use zeroize::Zeroizing;

/// Shortest admin token: 16 characters are out of reach of guessing over a network.
const ADMIN_TOKEN_MIN: usize = 16;
/// How long a merchant is held: PortOne's clients wait 60 s.
const ANSWER_WITHIN_MS: u64 = 55_000;
/// Refunds to accounts arrive in days.
const REFUND_LOOK: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn read(file: &str, text: &str, base: &Path, env: Env<'_>) -> Result<Config, Vec<Problem>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        // What was recovered is a guess; problems found in it would only mislead.
        let at = |e: &toml::de::Error| Problem::at(file, text, e.span().map_or(0, |s| s.start), e.message());
        let mut problems: Vec<Problem> = broken.iter().map(at).collect();
        problems.sort();
        return Err(problems);
    }
    let source = Source::new(file, text);
    let mut reading = Reading {
        base,
        env,
        outside: Vec::new(),
    };
    let config = reading.config(Table::root(&source, &document));
    let mut problems = source.into_problems();
    problems.append(&mut reading.outside);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems),
    }
}

/// Where a value came from.
enum Place {
    File(Range<usize>),
    Variable(&'static str),
}

struct Reading<'e> {
    base: &'e Path,
    env: Env<'e>,
    /// Problems that have no place in the file.
    outside: Vec<Problem>,
}

impl Reading<'_> {
    fn config(&mut self, root: Table<'_, '_>) -> Option<Config> {
        let data = self.path(&root, "data").unwrap_or_else(|| self.base.join("data"));
        let channels = self
            .path(&root, "channels")
            .unwrap_or_else(|| self.base.join("channels"));
        let node = self
            .read(&root, "node", |text| Ok(text.to_owned()))
            .unwrap_or_else(host_name);
        let public_url = self.read(&root, "public_url", origin);
        let answer_within = self.answer_within(&root);
        let trusted_proxies = networks(&root);
        let pg_sync_days = root.integer("pg_sync_days", 0, 30).unwrap_or(0);

        let listen = root.table("listen");
        let public = self.listen(&listen, "public", 8080);
        let v1 = self.listen(&listen, "v1", 8081);
        let operations = self.listen(&listen, "operations", 9090);
        listen.finish();

        let ledger = root.table("ledger");
        let ledger_path = self.path(&ledger, "path").unwrap_or_else(|| data.join("ledger.db"));
        ledger.finish();

        let keys = root.table("keys");
        let sealing_key = self.secret(&keys, "sealing", "NARU_SEALING_KEY", |s| secret::key32(&s));
        let admin_token = self.secret(&keys, "admin_token", "NARU_ADMIN_TOKEN", admin_token);
        keys.finish();

        let limits = limits(root.table("limits"));
        let retention = retention(root.table("retention"));
        let log = root.table("log");
        let log_format = self.read(&log, "format", log_format).unwrap_or(LogFormat::Json);
        let log_filter = self
            .read(&log, "filter", log_filter)
            .unwrap_or_else(|| "info".to_owned());
        log.finish();
        root.finish();

        Some(Config {
            node,
            public_url,
            data,
            channels,
            ledger: ledger_path,
            answer_within,
            trusted_proxies,
            pg_sync_days: u32::try_from(pg_sync_days).unwrap_or(0),
            refund_look: REFUND_LOOK,
            public,
            v1,
            operations,
            limits,
            retention,
            sealing_key: sealing_key?,
            admin_token: admin_token?,
            log_format,
            log_filter,
        })
    }

    /// A text value: the environment's, else the file's.
    fn given(&self, table: &Table<'_, '_>, key: &'static str) -> Option<(String, Place)> {
        let in_file = table.text(key);
        let dotted = table.name(key);
        let variable = OVERRIDES.iter().find(|(_, k)| *k == dotted).map(|(v, _)| *v);
        let outside = variable.and_then(|v| Some(((self.env)(v)?, Place::Variable(v))));
        outside.or_else(|| in_file.map(|found| (found.value, Place::File(found.at))))
    }

    fn fail(&mut self, table: &Table<'_, '_>, key: &str, place: &Place, message: &str) {
        match place {
            Place::File(at) => table.report(key, at, message),
            Place::Variable(name) => {
                let problem = Problem::whole("environment", format!("{name}: {message}"));
                self.outside.push(problem);
            }
        }
    }

    fn read<T>(
        &mut self,
        table: &Table<'_, '_>,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (text, place) = self.given(table, key)?;
        let parsed = if text.trim().is_empty() {
            Err("must not be empty".to_owned())
        } else {
            parse(&text)
        };
        match parsed {
            Ok(value) => Some(value),
            Err(message) => {
                self.fail(table, key, &place, &message);
                None
            }
        }
    }

    fn path(&mut self, table: &Table<'_, '_>, key: &'static str) -> Option<PathBuf> {
        let (text, place) = self.given(table, key)?;
        if text.is_empty() {
            self.fail(table, key, &place, "must not be empty");
            return None;
        }
        Some(match place {
            Place::File(_) => self.base.join(text),
            Place::Variable(_) => PathBuf::from(text),
        })
    }

    fn answer_within(&mut self, root: &Table<'_, '_>) -> Duration {
        const KEY: &str = "answer_within_ms";
        let in_file = root.integer(KEY, 1, 600_000);
        let ms = match (self.env)("NARU_ANSWER_WITHIN_MS") {
            None => in_file,
            Some(text) => {
                let parsed = text.parse().ok().filter(|n| (1..=600_000).contains(n));
                if parsed.is_none() {
                    let place = Place::Variable("NARU_ANSWER_WITHIN_MS");
                    self.fail(root, KEY, &place, "must be between 1 and 600000");
                }
                parsed
            }
        };
        Duration::from_millis(ms.unwrap_or(ANSWER_WITHIN_MS))
    }

    fn listen(&mut self, listeners: &Table<'_, '_>, name: &'static str, port: u16) -> Listen {
        let table = listeners.table(name);
        let address = self.read(&table, "address", |text| {
            text.parse::<SocketAddr>()
                .map_err(|_| "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
        });
        let tls = table.table("tls");
        let files = (tls.text("cert"), tls.text("key"));
        let tls_files = match files {
            (Some(cert), Some(key)) => Some(TlsFiles {
                cert: self.base.join(cert.value),
                key: self.base.join(key.value),
            }),
            _ if tls.present() => {
                table.report("tls", tls.at(), "needs both `cert` and `key` (PEM files)");
                None
            }
            _ => None,
        };
        tls.finish();
        table.finish();
        Listen {
            address: address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            tls: tls_files,
        }
    }

    fn secret<T>(
        &mut self,
        keys: &Table<'_, '_>,
        key: &'static str,
        default_variable: &'static str,
        check: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        let (reference, place) = match keys.text(key) {
            Some(found) => (found.value, Place::File(found.at)),
            None => (format!("env:{default_variable}"), Place::Variable(default_variable)),
        };
        let checked = secret::resolve(&reference, self.base, self.env).and_then(check);
        match checked {
            Ok(value) => Some(value),
            Err(message) => {
                let message = match place {
                    Place::File(_) => message,
                    Place::Variable(_) => format!("{message}; set it, or name another source in keys.{key}"),
                };
                self.fail(keys, key, &place, &message);
                None
            }
        }
    }
}

fn admin_token(token: SecretString) -> Result<SecretString, String> {
    let text = token.expose_secret();
    if text.len() < ADMIN_TOKEN_MIN || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!(
            "must be at least {ADMIN_TOKEN_MIN} printable ASCII characters without spaces"
        ));
    }
    Ok(token)
}

/// An origin: scheme, host, port, nothing behind.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || "must be an origin such as https://pay.example.com, without path or query".to_owned();
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let uri: http::Uri = trimmed.parse().map_err(|_| wrong())?;
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let bare = uri.authority().is_some_and(|a| !a.as_str().contains('@')) && uri.path() == "/" && uri.query().is_none();
    if scheme && bare {
        Ok(trimmed.to_owned())
    } else {
        Err(wrong())
    }
}

fn networks(root: &Table<'_, '_>) -> Vec<Network> {
    let mut networks = Vec::new();
    for text in root.texts("trusted_proxies") {
        match text.value.parse::<Network>() {
            Ok(network) => networks.push(network),
            Err(message) => root.report("trusted_proxies", &text.at, &message),
        }
    }
    networks
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("must be \"json\" or \"text\"".to_owned()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("not a filter such as \"info,naru::gateway=debug\": {error}")),
    }
}

fn limits(table: Table<'_, '_>) -> Limits {
    const HOUR_MS: u64 = 3_600_000;
    let default = Limits::default();
    let ms = |key, default| table.integer(key, 1, HOUR_MS).map_or(default, Duration::from_millis);
    let count = |key, least, most, default| {
        let given = table.integer(key, least, most);
        given.and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
    };
    let limits = Limits {
        header_timeout: ms("header_timeout_ms", default.header_timeout),
        body_timeout: ms("body_timeout_ms", default.body_timeout),
        // A whole payment request with every optional member fits 16 KiB; 64 MiB is a mistake.
        body_bytes_max: count("body_bytes_max", 16 << 10, 64 << 20, default.body_bytes_max),
        // hyper refuses a smaller buffer than 8 KiB.
        head_bytes_max: count("head_bytes_max", 8 << 10, 1 << 20, default.head_bytes_max),
        connections_max: count("connections_max", 1, 1 << 20, default.connections_max),
        drain: ms("drain_ms", default.drain),
    };
    table.finish();
    limits
}

fn retention(table: Table<'_, '_>) -> Retention {
    const CENTURY: u64 = 36_500;
    let default = Retention::default();
    let days = |key, default| {
        let given = table.integer(key, 0, CENTURY);
        given.and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let retention = Retention {
        webhooks_days: days("webhooks_days", default.webhooks_days),
        notices_days: days("notices_days", default.notices_days),
        dead_days: days("dead_days", default.dead_days),
    };
    table.finish();
    retention
}

/// The host's name, so that two routers on two machines differ without being told.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "naru".to_owned(),
        name => name.to_owned(),
    }
}

/// A key read from the demo's own key file, made on first use.
pub(super) fn key_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, String> {
    if !path.exists() {
        let text = secret::random_hex(32)?;
        secret::write_private(path, text.as_bytes()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let reference = format!("file:{}", path.display());
    let text = secret::resolve(&reference, Path::new(""), &|_| None)?;
    secret::key32(&text)
}
