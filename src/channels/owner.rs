//! The one task that owns reloads, and the handle that everyone else has.

use super::build::Adapters;
use super::load::{How, Loaded, Loader};
use super::problem::{Problem, Problems};
use super::scan::Limits;
use super::watch::{Heard, Watch};
use super::{Live, Secrets, Snapshot, diff, render};
use crate::adapters::{ChannelState, Mode};
use crate::payment::Millis;
use crate::telemetry::Metrics;
use arc_swap::ArcSwapOption;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

/// Longest wait for the end of a burst of changes.
const BURST_MAX: Duration = Duration::from_millis(500);
/// Longest wait for a writer to close its file.
const WRITER_MAX: Duration = Duration::from_secs(2);
/// Most lines of the change log of one reload.
const LOGGED_CHANGES_MAX: usize = 50;

/// Where the settings are and how changes are found.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory of the channel files.
    pub dir: PathBuf,
    /// Where `env:NAME` and `${NAME}` look.
    pub secrets: Secrets,
    /// Adapters of this build.
    pub adapters: AdapterList,
    /// Limits on what is read.
    pub limits: Limits,
    /// Metrics to report to.
    pub metrics: Metrics,
    /// Watch the directory.
    pub watch: bool,
    /// Time between polls, which find what the watcher misses (network file systems, some container mounts).
    pub poll: Duration,
    /// A change is taken up once nothing has been written for this long.
    pub quiet: Duration,
}

/// [`Adapters`] with a `Debug`.
#[derive(Clone, Copy)]
pub struct AdapterList(pub Adapters);

impl std::fmt::Debug for AdapterList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|a| a.descriptor().names.id))
            .finish()
    }
}

impl Options {
    /// A directory with the adapters of the registry, the process environment, 2 s of poll and 50 ms of quiet.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, metrics: Metrics) -> Self {
        Self {
            dir: dir.into(),
            secrets: Secrets::new(),
            adapters: AdapterList(crate::adapters::registry::ADAPTERS),
            limits: Limits::default(),
            metrics,
            watch: true,
            poll: Duration::from_secs(2),
            quiet: Duration::from_millis(50),
        }
    }
}

/// What runs, and what was refused (`GET /admin/config`).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the running snapshot.
    pub version: u64,
    /// Its content hash.
    pub hash: String,
    /// When it was loaded.
    pub loaded_at: jiff::Timestamp,
    /// Directory.
    pub source: String,
    /// Channels by key.
    pub channels: Vec<ChannelStatus>,
    /// The settings on disk, if they are not the running ones because they were refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Arc<Rejected>>,
}

/// A channel in [`Status`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelStatus {
    /// `channelKey`.
    pub channel_key: String,
    /// Router provider id.
    pub provider: String,
    /// Test or live.
    pub mode: Mode,
    /// Merchant id at the PG.
    pub mid: String,
    /// State.
    pub state: ChannelState,
    /// Revision.
    pub revision: String,
}

/// Refused settings.
#[derive(Debug, Clone, Serialize)]
pub struct Rejected {
    /// When they were first seen.
    pub at: jiff::Timestamp,
    /// Their content hash.
    pub hash: String,
    /// Why, as `file:line:col: message`.
    pub problems: Problems,
}

/// Handle to the hot settings. The reload task ends when the last handle is dropped.
#[derive(Debug)]
pub struct Channels {
    live: Arc<Live>,
    rejected: Arc<ArcSwapOption<Rejected>>,
    source: String,
    commands: mpsc::Sender<oneshot::Sender<Result<(), Problems>>>,
}

impl Channels {
    /// Loads the settings and starts the task that keeps them current. Needs a tokio runtime.
    ///
    /// # Errors
    /// All problems of the settings; there is nothing good to keep yet.
    pub async fn start(options: Options) -> Result<Arc<Self>, Problems> {
        let heard = Arc::new(Heard::default());
        let mut work = Work::new(&options, Arc::clone(&heard));
        let first = How {
            again: true,
            quiet: Duration::ZERO,
        };
        let source = options.dir.display().to_string();
        let loaded = tokio::task::spawn_blocking(move || {
            let loaded = work.load(None, first);
            (work, loaded)
        })
        .await;
        let (work, snapshot) = match loaded {
            Ok((work, Loaded::New(snapshot))) => (work, snapshot),
            Ok((_, Loaded::Bad { problems, .. })) => return Err(problems),
            _ => return Err(Problems::new(vec![Problem::whole(source, "loading ended early")])),
        };
        options.metrics.config_reload.with_label_values(&["applied"]).inc();
        report(&options.metrics, &snapshot);
        tracing::info!(version = snapshot.version, hash = %snapshot.hash, channels = snapshot.channels.len(), "settings loaded");
        let live = Arc::new(Live::new(*snapshot));
        let rejected = Arc::new(ArcSwapOption::empty());
        let (commands, inbox) = mpsc::channel(16);
        let owner = Owner {
            live: Arc::clone(&live),
            rejected: Arc::clone(&rejected),
            inbox,
            heard,
            work: Some(work),
            options,
        };
        tokio::spawn(owner.run());
        Ok(Arc::new(Self {
            live,
            rejected,
            source,
            commands,
        }))
    }

    /// Where the running snapshot hangs.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live)
    }

    /// Reads everything again now. Calls that come together share one reload.
    ///
    /// # Errors
    /// The problems, if the settings were refused; the last good ones go on running.
    pub async fn reload(&self) -> Result<Status, Problems> {
        let (reply, answer) = oneshot::channel();
        let ended = || Problems::new(vec![Problem::whole(self.source.clone(), "the reload task has ended")]);
        self.commands.send(reply).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())??;
        Ok(self.status())
    }

    /// What runs now.
    #[must_use]
    pub fn status(&self) -> Status {
        let snapshot = self.live.load();
        let mut channels: Vec<ChannelStatus> = snapshot
            .channels
            .values()
            .map(|channel| ChannelStatus {
                channel_key: channel.spec.key.clone(),
                provider: channel.spec.provider.clone(),
                mode: channel.spec.mode,
                mid: channel.spec.mid.clone(),
                state: channel.spec.state,
                revision: channel.revision.clone(),
            })
            .collect();
        channels.sort_by(|a, b| a.channel_key.cmp(&b.channel_key));
        Status {
            version: snapshot.version,
            hash: snapshot.hash.clone(),
            loaded_at: timestamp(snapshot.loaded_at),
            source: self.source.clone(),
            channels,
            rejected: self.rejected.load_full(),
        }
    }
}

fn timestamp(ms: Millis) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

fn report(metrics: &Metrics, snapshot: &Snapshot) {
    metrics
        .config_version
        .set(i64::try_from(snapshot.version).unwrap_or(i64::MAX));
    metrics.config_info.reset();
    metrics.config_info.with_label_values(&[snapshot.hash.as_str()]).set(1);
    metrics.config_last_reload_success.set(1);
    metrics.config_last_success_timestamp.set(snapshot.loaded_at / 1_000);
    let retired = snapshot
        .channels
        .values()
        .filter(|c| c.spec.state == ChannelState::Retired)
        .count();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let active = snapshot.channels.len() - retired;
    metrics
        .config_channels
        .with_label_values(&["active"])
        .set(count(active));
    metrics
        .config_channels
        .with_label_values(&["retired"])
        .set(count(retired));
    metrics.credential_expires.reset();
    for expiry in snapshot.expiries() {
        metrics
            .credential_expires
            .with_label_values(&[expiry.provider.as_str(), expiry.channel.as_str()])
            .set(expiry.at / 1_000);
    }
}

/// What runs on a blocking thread.
struct Work {
    loader: Loader,
    watch: Watch,
}

impl Work {
    fn new(options: &Options, heard: Arc<Heard>) -> Self {
        let Options {
            dir, secrets, limits, ..
        } = options;
        Self {
            loader: Loader::new(dir.clone(), secrets.clone(), options.adapters.0, *limits),
            watch: Watch::new(heard, options.watch),
        }
    }

    fn load(&mut self, running: Option<&Snapshot>, how: How) -> Loaded {
        let loaded = self.loader.load(running, how, now());
        self.watch.sync(self.loader.watched());
        loaded
    }
}

struct Owner {
    live: Arc<Live>,
    rejected: Arc<ArcSwapOption<Rejected>>,
    inbox: mpsc::Receiver<oneshot::Sender<Result<(), Problems>>>,
    heard: Arc<Heard>,
    /// `None` only while a load runs, or after one panicked.
    work: Option<Work>,
    options: Options,
}

/// A change that was heard of and is waited out.
#[derive(Clone, Copy)]
struct Pending {
    since: Instant,
    look_at: Instant,
}

impl Owner {
    async fn run(mut self) {
        let mut poll = tokio::time::interval(self.options.poll.max(Duration::from_millis(10)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let heard = Arc::clone(&self.heard);
        let quiet = self.options.quiet;
        let mut pending: Option<Pending> = None;
        loop {
            let look_at = pending.map(|pending| pending.look_at);
            tokio::select! {
                command = self.inbox.recv() => {
                    let Some(first) = command else { return };
                    self.answer(first).await;
                    pending = None;
                }
                () = heard.changed(), if pending.is_none() => {
                    let since = Instant::now();
                    pending = Some(Pending { since, look_at: since + quiet });
                }
                () = sleep_until(look_at) => pending = match pending {
                    Some(pending) => self.look(pending).await,
                    None => None,
                },
                _ = poll.tick(), if pending.is_none() => {
                    let since = Instant::now();
                    pending = self.look(Pending { since, look_at: since }).await;
                }
            }
        }
    }

    /// Loads if nothing moves any more; else says when to look again.
    async fn look(&mut self, pending: Pending) -> Option<Pending> {
        let quiet = self.options.quiet;
        let waited = pending.since.elapsed();
        let (calm, writing) = self.heard.calm();
        let again_in = |wait: Duration| {
            Some(Pending {
                look_at: Instant::now() + wait,
                ..pending
            })
        };
        if writing && waited < WRITER_MAX {
            return again_in(quiet);
        }
        if calm < quiet && waited < BURST_MAX {
            return again_in(quiet - calm);
        }
        self.heard.forget_writers();
        let quiet = if waited < WRITER_MAX { quiet } else { Duration::ZERO };
        match self.load(How { again: false, quiet }).await {
            Loaded::Settling(wait) => again_in(wait),
            loaded => {
                // What the poll finds unchanged, every few seconds, is no event.
                let _ = self.apply(loaded, false);
                None
            }
        }
    }

    async fn answer(&mut self, first: oneshot::Sender<Result<(), Problems>>) {
        let mut replies = vec![first];
        while let Ok(more) = self.inbox.try_recv() {
            replies.push(more);
        }
        let quiet = Duration::ZERO;
        let loaded = self.load(How { again: true, quiet }).await;
        let result = self.apply(loaded, true);
        for reply in replies {
            // The caller may have gone away.
            let _ = reply.send(result.clone());
        }
    }

    async fn load(&mut self, how: How) -> Loaded {
        let mut work = self
            .work
            .take()
            .unwrap_or_else(|| Work::new(&self.options, Arc::clone(&self.heard)));
        let running = self.live.load();
        let done = tokio::task::spawn_blocking(move || {
            let loaded = work.load(Some(&running), how);
            (work, loaded)
        });
        match done.await {
            Ok((work, loaded)) => {
                self.work = Some(work);
                loaded
            }
            Err(error) => Loaded::Bad {
                hash: String::new(),
                problems: Problems::new(vec![Problem::whole(
                    self.options.dir.display().to_string(),
                    format!("loading failed: {error}"),
                )]),
                repeated: false,
            },
        }
    }

    fn apply(&self, loaded: Loaded, asked: bool) -> Result<(), Problems> {
        let metrics = &self.options.metrics;
        let count = |result: &str| metrics.config_reload.with_label_values(&[result]).inc();
        match loaded {
            Loaded::New(snapshot) => {
                count("applied");
                self.log_changes(&snapshot);
                self.live.store(*snapshot);
                // After it took effect: whoever waits for the version finds the settings running.
                report(metrics, &self.live.load());
                self.rejected.store(None);
                Ok(())
            }
            Loaded::Unchanged | Loaded::Settling(_) => {
                let back = self.rejected.swap(None).is_some();
                if back {
                    tracing::info!("the settings on disk are the running ones again");
                }
                if back || asked {
                    count("unchanged");
                }
                metrics.config_last_reload_success.set(1);
                Ok(())
            }
            Loaded::Bad {
                hash,
                problems,
                repeated,
            } => {
                if asked || !repeated {
                    count("rejected");
                    let (version, count) = (self.live.load().version, problems.list().len());
                    tracing::error!(
                        running_version = version,
                        count,
                        "settings refused, the last good ones go on running:\n{problems}"
                    );
                }
                metrics.config_last_reload_success.set(0);
                if !repeated || self.rejected.load().is_none() {
                    self.rejected.store(Some(Arc::new(Rejected {
                        at: timestamp(now()),
                        hash,
                        problems: problems.clone(),
                    })));
                }
                Err(problems)
            }
        }
    }

    fn log_changes(&self, next: &Snapshot) {
        let mut changes = diff(&self.live.load(), next);
        let count = changes.len();
        changes.truncate(LOGGED_CHANGES_MAX);
        tracing::info!(
            version = next.version,
            hash = %next.hash,
            count,
            "settings changed:\n{}",
            render(&changes)
        );
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
