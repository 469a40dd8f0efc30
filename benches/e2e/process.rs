//! The processes under test: started on free loopback ports, watched through /proc, ended by pid.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a process to answer.
const UP: Duration = Duration::from_secs(60);

/// A child process with its own log file; ended when dropped.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

/// Resident memory, MiB: a field of `/proc/<pid>/status`, `VmRSS` for now, `VmHWM` for the most it ever was.
pub fn rss_mib(pid: u32, field: &str) -> Result<f64, String> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib: Option<f64> = value.and_then(|v| v.split_whitespace().next()?.parse().ok());
    kib.map(|kib| kib / 1_024.0)
        .ok_or_else(|| format!("{path} has no {field}"))
}

/// User and system time of all threads so far, µs. Linux counts in hundredths of a second (`USER_HZ`).
pub fn cpu_us(pid: u32) -> Result<u64, String> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // The name in parentheses may hold spaces.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) * 10_000),
        _ => Err(format!("{path} is not readable")),
    }
}

impl Process {
    fn start(name: &'static str, mut command: Command, log: PathBuf) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{name} cannot be started: {error}");
        let out = std::fs::File::create(&log).map_err(failed)?;
        let child = command
            .stdin(Stdio::null())
            .stderr(out.try_clone().map_err(failed)?)
            .stdout(out)
            .spawn()
            .map_err(failed)?;
        Ok(Self { name, child, log })
    }

    /// Waits until `found` finds in its log what it looks for.
    fn said<T>(&mut self, found: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let log = self.log.clone();
        self.until(|| found(&std::fs::read_to_string(&log).unwrap_or_default()))
    }

    fn until<T>(&mut self, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
        let since = Instant::now();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || since.elapsed() > UP {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let tail = log.get(log.len().saturating_sub(2_000)..).unwrap_or(&log);
                let how = ended.map_or("is not up in time".to_owned(), |status| format!("ended with {status}"));
                return Err(format!("{} {how}:\n{tail}", self.name));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The bench has no more use for it, and its files are about to be deleted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn naru() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naru"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NARU_")) {
        command.env_remove(name);
    }
    command
}

fn address(url: &str) -> Option<SocketAddr> {
    url.strip_prefix("http://")?.parse().ok()
}

/// The PG simulators in a process of their own.
pub fn simulators(place: &Path) -> Result<(Process, SocketAddr), String> {
    let mut command = naru();
    command.args(["sim", "--listen", "127.0.0.1:0"]);
    let mut process = Process::start("naru sim", command, place.join("sim.log"))?;
    let at = process.said(|log| {
        let line = log.lines().find_map(|line| line.strip_prefix("simulators"))?;
        address(line.trim())
    })?;
    Ok((process, at))
}

/// A running router.
pub struct Router {
    pub process: Process,
    pub public: SocketAddr,
    pub operations: SocketAddr,
    pub ledger: PathBuf,
    pub channels: PathBuf,
}

/// Token of the operations listener, for this run on loopback only.
pub const ADMIN_TOKEN: &str = "bench-admin-token-0001";

/// `naru serve` with default settings but for its places, on the channel files in `channels`.
pub fn router(place: &Path, name: &str, channels: &Path) -> Result<Router, String> {
    let data = place.join(name);
    std::fs::create_dir_all(&data).map_err(|error| error.to_string())?;
    let settings = data.join("naru.toml");
    let text = "node = \"bench\"\ndata = \".\"\n\
                [listen]\npublic.address = \"127.0.0.1:0\"\nv1.address = \"127.0.0.1:0\"\n\
                operations.address = \"127.0.0.1:0\"\n";
    std::fs::write(&settings, text).map_err(|error| error.to_string())?;
    let mut command = naru();
    command
        .env("NARU_ADMIN_TOKEN", ADMIN_TOKEN)
        .env("NARU_SEALING_KEY", "5a".repeat(32))
        .arg("serve")
        .arg("--config")
        .arg(&settings)
        .arg("--channels")
        .arg(channels);
    let mut process = Process::start("naru serve", command, data.join("naru.log"))?;
    let (public, operations) = process.said(|log| {
        let line = log.lines().find(|line| line.contains("naru serves"))?;
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let at = |member: &str| address(line.get(member)?.as_str()?);
        Some((at("public")?, at("operations")?))
    })?;
    Ok(Router {
        process,
        public,
        operations,
        ledger: data.join("ledger.db"),
        channels: channels.to_owned(),
    })
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener
        .local_addr()
        .map(|a| a.port())
        .map_err(|error| error.to_string())
}

/// A program on the path or where Debian keeps daemons.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A plain reverse proxy in front of `upstream`: one worker, keep-alive on both sides, no access log. `None` if the
/// program is not installed.
pub fn proxy(name: &'static str, place: &Path, upstream: SocketAddr) -> Result<Option<(Process, SocketAddr)>, String> {
    let Some(program) = program(name) else {
        return Ok(None);
    };
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let folder = place.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join("proxy.conf");
    let mut command = Command::new(program);
    let text = if name == "nginx" {
        command
            .arg("-p")
            .arg(&folder)
            .arg("-e")
            .arg("error.log")
            .arg("-c")
            .arg(&file);
        nginx(at, upstream)
    } else {
        command.arg("-db").arg("-f").arg(&file);
        haproxy(at, upstream)
    };
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let mut process = Process::start(name, command, folder.join("out.log"))?;
    process.until(|| TcpStream::connect(at).ok())?;
    Ok(Some((process, at)))
}

fn nginx(at: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid nginx.pid;\nerror_log error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n access_log off;\n keepalive_requests 1000000000;\n\
         client_body_temp_path body;\n proxy_temp_path proxy;\n fastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\n scgi_temp_path scgi;\n\
         upstream pg {{ server {upstream}; keepalive 512; keepalive_requests 1000000000; }}\n\
         server {{\n listen {at};\n location / {{\n proxy_pass http://pg;\n proxy_http_version 1.1;\n\
         proxy_set_header Connection \"\";\n }}\n }}\n}}\n"
    )
}

fn haproxy(at: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "global\n nbthread 1\n maxconn 4096\n\
         defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n\
         timeout http-keep-alive 60s\n http-reuse always\n\
         frontend in\n bind {at}\n default_backend pg\n\
         backend pg\n server sim {upstream} pool-max-conn 512\n"
    )
}
