//! Hearing of changes: directories are watched, never single files (an editor's rename or a mounted `ConfigMap`'s swap
//! would leave a watch on a file that is no longer there). What the watcher misses, the poll finds.

use super::scan::{Identity, Stamp, visible_toml};
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Directories with the names that matter in each; `None` stands for channel files and `ConfigMap` machinery.
pub(super) type Wanted = BTreeMap<PathBuf, Option<BTreeSet<OsString>>>;

/// What the watcher's thread tells the owner.
#[derive(Default)]
pub(super) struct Heard {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    wanted: Wanted,
    /// Files written to and not closed since (Linux only; elsewhere closing is not reported).
    writing: HashSet<PathBuf>,
    last: Option<Instant>,
    /// Watched directories that were deleted or moved away: the watch died with them.
    gone: BTreeSet<PathBuf>,
}

impl Heard {
    /// Resolves when something changed since the last time.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How long nothing was heard, and whether a file is known to be open for writing.
    pub(super) fn calm(&self) -> (Duration, bool) {
        let state = self.lock();
        let calm = state.last.map_or(Duration::MAX, |last| last.elapsed());
        (calm, !state.writing.is_empty())
    }

    /// Stops waiting for writers that never close.
    pub(super) fn forget_writers(&self) {
        self.lock().writing.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poke(&self) {
        self.lock().last = Some(Instant::now());
        self.changed.notify_one();
    }

    fn hear(&self, event: &Event) {
        if event.need_rescan() {
            return self.poke();
        }
        let mut state = self.lock();
        let mut relevant = false;
        let gone = matches!(
            event.kind,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
        );
        for path in event
            .paths
            .iter()
            .filter(|path| matters(&state.wanted, path))
            .collect::<Vec<_>>()
        {
            relevant |= match event.kind {
                // Our own reading opens files.
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                    state.writing.remove(path);
                    true
                }
                EventKind::Access(_) => false,
                EventKind::Modify(ModifyKind::Data(_)) => {
                    if cfg!(target_os = "linux") {
                        state.writing.insert(path.clone());
                    }
                    true
                }
                _ if gone => {
                    state.writing.remove(path);
                    if state.wanted.contains_key(path) {
                        state.gone.insert(path.clone());
                    }
                    true
                }
                _ => true,
            };
        }
        if relevant {
            state.last = Some(Instant::now());
            drop(state);
            self.changed.notify_one();
        }
    }
}

fn matters(wanted: &Wanted, path: &Path) -> bool {
    if wanted.contains_key(path) {
        return true;
    }
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    // `..data` and its like: the swap of a mounted ConfigMap or Secret.
    let swap = name.to_string_lossy().starts_with("..");
    match wanted.get(dir) {
        None => false,
        Some(None) => swap || visible_toml(name).is_some(),
        Some(Some(names)) => swap || names.contains(name),
    }
}

/// The watches.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    heard: Arc<Heard>,
    /// What is watched: a directory that was deleted and made again is another one.
    watched: BTreeMap<PathBuf, Identity>,
}

impl Watch {
    /// Without a watcher (switched off, or the system has none to give) only the poll finds changes.
    pub(super) fn new(heard: Arc<Heard>, on: bool) -> Self {
        let handler = Arc::clone(&heard);
        let watcher = on.then(|| {
            notify::recommended_watcher(move |event: notify::Result<Event>| match event {
                Ok(event) => handler.hear(&event),
                Err(_) => handler.poke(),
            })
        });
        let watcher = watcher.and_then(|made| {
            made.inspect_err(
                |error| tracing::warn!(%error, "directories cannot be watched; changes are found by polling"),
            )
            .ok()
        });
        Self {
            watcher,
            heard,
            watched: BTreeMap::new(),
        }
    }

    /// Watches what is wanted and nothing else. Blocking, but short.
    pub(super) fn sync(&mut self, wanted: Wanted) {
        let Some(watcher) = &mut self.watcher else { return };
        let absolute = |dir: PathBuf| std::path::absolute(&dir).unwrap_or(dir);
        let wanted: Wanted = wanted.into_iter().map(|(dir, names)| (absolute(dir), names)).collect();
        self.watched.retain(|dir, _| {
            let keep = wanted.contains_key(dir);
            if !keep {
                // A watch on a directory that is gone is gone already.
                let _ = watcher.unwatch(dir);
            }
            keep
        });
        let dirs: Vec<PathBuf> = wanted.keys().cloned().collect();
        let gone = {
            let mut state = self.heard.lock();
            state.wanted = wanted;
            std::mem::take(&mut state.gone)
        };
        for dir in dirs {
            // A new directory may have been given the old one's inode, so hearing of its end counts too.
            if gone.contains(&dir) && self.watched.remove(&dir).is_some() {
                let _ = watcher.unwatch(&dir);
            }
            let now = Stamp::of(&dir).map(|stamp| stamp.identity()).ok();
            if now == self.watched.get(&dir).copied() {
                continue;
            }
            if self.watched.remove(&dir).is_some() {
                let _ = watcher.unwatch(&dir);
            }
            let Some(identity) = now else { continue };
            match watcher.watch(&dir, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(dir, identity);
                    // Something may have changed between the last look and this watch.
                    self.heard.poke();
                }
                Err(error) => {
                    tracing::warn!(dir = %dir.display(), %error, "cannot watch; changes are found by polling");
                }
            }
        }
    }
}
