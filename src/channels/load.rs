//! From a directory to a snapshot, with work in proportion to what changed.
//!
//! Caches make it so: a file with an unchanged stamp is not read, an entry with unchanged text is neither parsed nor
//! built, and a channel with unchanged settings keeps its revision object.

use super::build::{Adapters, Builder, Built};
use super::decode::{self, Decoded};
use super::graph::{self, Part, Spot};
use super::model::Snapshot;
use super::problem::{Problem, Problems};
use super::scan::{Limits, Scan, Stamp, read_limited};
use super::secrets::{Reference, Resolver, SecretFiles, Secrets};
use super::split::split;
use crate::payment::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looks taken for a moment in which nothing moves, before the latest is used as it is.
const TRIES_MAX: u32 = 5;

/// Loads one directory again and again.
pub(super) struct Loader {
    dir: PathBuf,
    secrets: Secrets,
    adapters: Adapters,
    limits: Limits,
    files: BTreeMap<String, Cached>,
    secret_files: SecretFiles,
    rejected: Option<(String, Problems)>,
    /// Entries parsed so far, for tests and measurements.
    pub(super) parsed: u64,
}

struct Cached {
    stamp: Result<Stamp, String>,
    digest: [u8; 32],
    /// Directory and name, as the operator wrote the directory.
    shown: String,
    pieces: Vec<Entry>,
}

/// A piece of a file, read.
struct Entry {
    /// Lines before it.
    base: u32,
    digest: [u8; 32],
    decoded: Decoded,
    /// Secret files it refers to.
    refers: Vec<PathBuf>,
    /// What was built, with the digests of the secret files at that time.
    built: Option<(Vec<[u8; 32]>, Built)>,
}

/// How to load.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Read everything, whatever the stamps say.
    pub again: bool,
    /// Do not load while something is younger than this: it may be half written.
    pub quiet: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Loaded {
    /// The content is that of the running snapshot.
    Unchanged,
    /// Something is being written; look again after this time.
    Settling(Duration),
    /// New content, good.
    New(Box<Snapshot>),
    /// Not usable. `repeated` if the same content was refused before.
    Bad {
        hash: String,
        problems: Problems,
        repeated: bool,
    },
}

impl Loader {
    pub(super) fn new(dir: PathBuf, secrets: Secrets, adapters: Adapters, limits: Limits) -> Self {
        Self {
            dir,
            secrets,
            adapters,
            limits,
            files: BTreeMap::new(),
            secret_files: SecretFiles::default(),
            rejected: None,
            parsed: 0,
        }
    }

    /// Directories that matter, with the file names that matter in each; `None` stands for all channel files.
    pub(super) fn watched(&self) -> BTreeMap<PathBuf, Option<BTreeSet<std::ffi::OsString>>> {
        let mut dirs: BTreeMap<PathBuf, Option<BTreeSet<_>>> = BTreeMap::new();
        for path in self.secret_files.paths() {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                continue;
            };
            let names = dirs.entry(parent.to_owned()).or_insert_with(|| Some(BTreeSet::new()));
            names.get_or_insert_default().insert(name.to_owned());
        }
        dirs.entry(self.dir.clone()).or_default();
        dirs
    }

    /// Loads. `running` is the snapshot in use; `now` stamps a new one, ms.
    pub(super) fn load(&mut self, running: Option<&Snapshot>, how: How, now: Millis) -> Loaded {
        let mut again = how.again;
        for left in (0..TRIES_MAX).rev() {
            let scan = match Scan::of(&self.dir) {
                Ok(scan) => scan,
                Err(why) => return self.bad_directory(&why),
            };
            let wait = scan.settles_in(how.quiet);
            if !wait.is_zero() {
                return Loaded::Settling(wait);
            }
            if let Err(problem) = self.within_limits(&scan) {
                return self.bad_directory(&problem);
            }
            self.read(&scan, again);
            let wait = self.secret_files.settles_in(how.quiet);
            if !wait.is_zero() {
                return Loaded::Settling(wait);
            }
            // Whatever was swapped or written while it was read is read again, so that no snapshot mixes two states.
            let steady = || Scan::of(&self.dir).as_ref() == Ok(&scan) && self.secret_files.steady();
            if left == 0 || steady() {
                break;
            }
            again = false;
        }
        let hash = self.hash();
        if running.is_some_and(|running| running.hash == hash) {
            self.rejected = None;
            return Loaded::Unchanged;
        }
        if let Some((rejected, problems)) = &self.rejected
            && *rejected == hash
        {
            return Loaded::Bad {
                hash,
                problems: problems.clone(),
                repeated: true,
            };
        }
        self.judge(running, hash, now)
    }

    fn bad_directory(&mut self, why: &str) -> Loaded {
        let hash = super::hex(&super::sha256(format!("directory: {why}").as_bytes()));
        let problem = Problem::whole(self.dir.display().to_string(), why);
        self.reject(hash, vec![problem])
    }

    fn reject(&mut self, hash: String, problems: Vec<Problem>) -> Loaded {
        let problems = Problems::new(problems);
        let repeated = self.rejected.as_ref().is_some_and(|(before, _)| *before == hash);
        self.rejected = Some((hash.clone(), problems.clone()));
        Loaded::Bad {
            hash,
            problems,
            repeated,
        }
    }

    fn within_limits(&self, scan: &Scan) -> Result<(), String> {
        let Limits {
            files_max,
            total_bytes_max,
            ..
        } = self.limits;
        let (count, bytes) = scan.files.values().fold((0, 0), |(count, bytes), file| {
            (count + 1, bytes + file.as_ref().map_or(0, |stamp| stamp.len))
        });
        match (count, bytes) {
            // A directory that is being filled again must not drop every channel.
            (0, _) => Err("no *.toml file in the directory".to_owned()),
            (count, _) if count > files_max => Err(format!("{count} files, at most {files_max} are read")),
            (_, bytes) if bytes > total_bytes_max => Err(format!(
                "{bytes} bytes in all files, at most {total_bytes_max} are read"
            )),
            _ => Ok(()),
        }
    }

    /// Brings the cache to what the directory holds.
    fn read(&mut self, scan: &Scan, again: bool) {
        self.files.retain(|name, _| scan.files.contains_key(name));
        for (name, stamp) in &scan.files {
            let known = self.files.get(name);
            let sure = known.is_some_and(|known| {
                known.stamp == *stamp && !known.stamp.as_ref().is_ok_and(Stamp::young) && stamp.is_ok()
            });
            if again || !sure {
                self.read_file(name, stamp);
            }
        }
        let used: BTreeSet<PathBuf> = self.entries().flat_map(|entry| entry.refers.iter().cloned()).collect();
        for path in &used {
            self.secret_files.refresh(path, again);
        }
        self.secret_files.keep_only(&used);
    }

    fn read_file(&mut self, name: &str, stamp: &Result<Stamp, String>) {
        let path = self.dir.join(name);
        let text = stamp
            .as_ref()
            .map_err(String::clone)
            .and_then(|_| read_limited(&path, self.limits.file_bytes_max));
        let digest = match &text {
            Ok(text) => super::sha256(text.as_bytes()),
            Err(why) => super::sha256(format!("error: {why}").as_bytes()),
        };
        if let Some(known) = self.files.get_mut(name)
            && known.digest == digest
        {
            known.stamp = stamp.clone();
            return;
        }
        let shown = path.display().to_string();
        let old = self.files.remove(name).map(|cached| cached.pieces).unwrap_or_default();
        let pieces = match text {
            Ok(text) => self.pieces(&shown, &text, old),
            Err(why) => vec![Entry::unreadable(&shown, why)],
        };
        let cached = Cached {
            stamp: stamp.clone(),
            digest,
            shown,
            pieces,
        };
        self.files.insert(name.to_owned(), cached);
    }

    /// Reads the pieces of a file that are not among its old ones.
    fn pieces(&mut self, shown: &str, text: &str, old: Vec<Entry>) -> Vec<Entry> {
        let mut old: HashMap<[u8; 32], Entry> = old.into_iter().map(|entry| (entry.digest, entry)).collect();
        let pieces = split(text);
        let whole = pieces.len() == 1;
        pieces
            .into_iter()
            .map(|piece| {
                let digest = super::sha256(piece.text.as_bytes());
                if let Some(known) = old.remove(&digest) {
                    let base = piece.base;
                    return Entry { base, ..known };
                }
                self.parsed += 1;
                let decoded = decode::file(shown, piece.text, whole);
                Entry {
                    base: piece.base,
                    digest,
                    refers: referred(&decoded, &self.dir),
                    decoded,
                    built: None,
                }
            })
            .collect()
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.files.values().flat_map(|file| &file.pieces)
    }

    /// Content hash: names, contents, and the contents of the secret files they refer to.
    fn hash(&self) -> String {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for (name, file) in &self.files {
            context.update(name.as_bytes());
            context.update(&[0]);
            context.update(&file.digest);
        }
        let refers: BTreeSet<&PathBuf> = self.entries().flat_map(|entry| &entry.refers).collect();
        for path in refers {
            context.update(&self.secret_files.digest(path));
        }
        super::hex(context.finish().as_ref())
    }

    /// Builds what is new, or whose secret files changed.
    fn build(&mut self, running: Option<&Snapshot>) {
        for file in self.files.values_mut() {
            for entry in &mut file.pieces {
                let digests: Vec<_> = entry.refers.iter().map(|path| self.secret_files.digest(path)).collect();
                if entry.built.as_ref().is_some_and(|(before, _)| *before == digests) {
                    continue;
                }
                let builder = Builder {
                    file: &file.shown,
                    adapters: self.adapters,
                    resolver: Resolver {
                        secrets: &self.secrets,
                        files: &self.secret_files,
                        dir: &self.dir,
                    },
                    running: running.map(|running| &running.channels),
                    problems: Vec::new(),
                };
                entry.built = Some((digests, builder.file(&entry.decoded.file)));
            }
        }
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.files.values().flat_map(|file| {
            file.pieces.iter().filter_map(|entry| {
                let spot = Spot {
                    file: &file.shown,
                    base: entry.base,
                };
                entry.built.as_ref().map(|(_, built)| Part {
                    spot,
                    decoded: &entry.decoded,
                    built,
                })
            })
        })
    }

    fn judge(&mut self, running: Option<&Snapshot>, hash: String, now: Millis) -> Loaded {
        self.build(running);
        let parts: Vec<Part<'_>> = self.parts().collect();
        let (graph, mut problems) = graph::join(&parts);
        for part in &parts {
            let own = part.decoded.problems.iter().chain(&part.built.problems);
            problems.extend(own.map(|problem| problem.below(part.spot.base)));
        }
        if !problems.is_empty() {
            return self.reject(hash, problems);
        }
        self.rejected = None;
        Loaded::New(Box::new(Snapshot {
            version: running.map_or(1, |running| running.version + 1),
            hash,
            loaded_at: now,
            stores: graph.stores,
            secrets: graph.secrets,
            v1_keys: graph.v1_keys,
            channels: graph.channels,
            groups: graph.groups,
        }))
    }
}

impl Entry {
    fn unreadable(shown: &str, why: String) -> Self {
        Self {
            base: 0,
            digest: [0; 32],
            decoded: Decoded {
                problems: vec![Problem::whole(shown, why)],
                lost: true,
                ..Decoded::default()
            },
            refers: Vec::new(),
            built: None,
        }
    }
}

/// The secret files that an entry refers to.
fn referred(decoded: &Decoded, dir: &Path) -> Vec<PathBuf> {
    let stores = decoded.file.store.iter().flat_map(|store| &store.api_secrets.value);
    let api = stores.filter_map(|secret| secret.secret.as_ref());
    let v1 = decoded.file.store.iter().filter_map(|store| store.v1.as_ref());
    let v1 = v1.flat_map(|v1| &v1.keys.value).filter_map(|key| key.secret.as_ref());
    let channels = decoded.file.channel.iter().flat_map(|channel| &channel.credentials.0);
    let credentials = channels.filter_map(|(_, value)| value.as_ref());
    let webhooks = decoded.file.store.iter().flat_map(|store| &store.webhooks);
    let signing = webhooks.flat_map(super::webhooks::WebhookEntry::secret_texts);
    api.chain(v1)
        .chain(credentials)
        .map(|written| written.value.0.as_str())
        .chain(signing)
        .filter_map(|written| match Reference::parse(written) {
            Reference::File(path) => Some(dir.join(path)),
            _ => None,
        })
        .collect()
}

/// Loads a directory once: for `naru check` and `naru channels diff`.
///
/// # Errors
/// All problems.
pub fn load_dir(dir: &Path, secrets: &Secrets, adapters: Adapters, now: Millis) -> Result<Snapshot, Problems> {
    let mut loader = Loader::new(dir.to_owned(), secrets.clone(), adapters, Limits::default());
    let how = How {
        again: true,
        quiet: Duration::ZERO,
    };
    match loader.load(None, how, now) {
        Loaded::New(snapshot) => Ok(*snapshot),
        Loaded::Bad { problems, .. } => Err(problems),
        Loaded::Unchanged | Loaded::Settling(_) => Err(Problems::new(vec![Problem::whole(
            dir.display().to_string(),
            "the directory keeps changing",
        )])),
    }
}
