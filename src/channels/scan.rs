//! Looking at the directory: which files there are, whether they changed, what is in them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Limits on what is read, so that a wrong directory cannot fill the memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most `*.toml` files.
    pub files_max: usize,
    /// Largest file, bytes.
    pub file_bytes_max: u64,
    /// All files together, bytes.
    pub total_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files_max: 20_000,
            file_bytes_max: 16 << 20,
            total_bytes_max: 64 << 20,
        }
    }
}

/// A file younger than this when it was read is read again next time: within one tick of a coarse file-system clock a
/// second write leaves the same stamp.
const YOUNG: Duration = Duration::from_secs(2);

/// Device and inode, and the time of birth where the file system tells: inode numbers are used again.
pub(super) type Identity = ((u64, u64), Option<SystemTime>);

/// What tells cheaply that a file is not the one that was read. Symlinks are followed, so a `ConfigMap` swap shows as
/// another inode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes.
    pub len: u64,
    modified: Option<SystemTime>,
    created: Option<SystemTime>,
    inode: (u64, u64),
    changed: (i64, i64),
    taken: Taken,
}

/// When a stamp was taken; says nothing about the file, so all are equal.
#[derive(Debug, Clone, Copy)]
struct Taken(SystemTime);

impl PartialEq for Taken {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Taken {}

impl Stamp {
    /// Looks at a file.
    pub(super) fn of(path: &Path) -> Result<Self, String> {
        let taken = SystemTime::now();
        let meta = std::fs::metadata(path).map_err(|e| plain_error(&e))?;
        Ok(Self::from_meta(&meta, taken))
    }

    fn from_meta(meta: &Metadata, taken: SystemTime) -> Self {
        let (inode, changed) = identity(meta);
        Self {
            len: meta.len(),
            modified: meta.modified().ok(),
            created: meta.created().ok(),
            inode,
            changed,
            taken: Taken(taken),
        }
    }

    /// How long ago the content last changed, seen when the stamp was taken; `None` if the clock says "in the future".
    pub(super) fn age(&self) -> Option<Duration> {
        self.taken.0.duration_since(self.modified?).ok()
    }

    /// Whether a later change could hide behind an equal stamp.
    pub(super) fn young(&self) -> bool {
        let changed = u64::try_from(self.changed.0).ok();
        let changed = changed.and_then(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s)));
        let latest = self.modified.max(changed);
        latest
            .and_then(|at| self.taken.0.duration_since(at).ok())
            .is_none_or(|age| age < YOUNG)
    }

    /// What stays the same while the content changes.
    pub(super) fn identity(&self) -> Identity {
        (self.inode, self.created)
    }
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> ((u64, u64), (i64, i64)) {
    use std::os::unix::fs::MetadataExt;
    ((meta.dev(), meta.ino()), (meta.ctime(), meta.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> ((u64, u64), (i64, i64)) {
    ((0, 0), (0, 0))
}

/// An IO error in words that are the same on every platform for what operators meet.
fn plain_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "not found".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The directory at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    /// The directory itself: its stamp changes when names come and go.
    pub dir: Stamp,
    /// Files by name, sorted; an error is a dangling link or the like.
    pub files: BTreeMap<String, Result<Stamp, String>>,
}

impl Scan {
    /// Looks at the directory. Hidden names are skipped: editors' swap files, and the `..data` machinery of mounted
    /// `ConfigMap`s (their visible names are links into it).
    pub(super) fn of(dir: &Path) -> Result<Self, String> {
        let stamp = Stamp::of(dir)?;
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(dir).map_err(|e| plain_error(&e))? {
            let entry = entry.map_err(|e| plain_error(&e))?;
            let name = entry.file_name();
            let Some(name) = visible_toml(&name) else { continue };
            let taken = SystemTime::now();
            let file = match std::fs::metadata(entry.path()) {
                Ok(meta) if meta.is_dir() => continue,
                Ok(meta) => Ok(Stamp::from_meta(&meta, taken)),
                Err(e) => Err(plain_error(&e)),
            };
            files.insert(name, file);
        }
        Ok(Self { dir: stamp, files })
    }

    /// How long to wait until everything is at least `quiet` old; zero when it is.
    pub(super) fn settles_in(&self, quiet: Duration) -> Duration {
        let files = self.files.values().filter_map(|file| file.as_ref().ok());
        files
            .chain([&self.dir])
            .filter_map(Stamp::age)
            .map(|age| quiet.saturating_sub(age))
            .max()
            .unwrap_or_default()
    }
}

/// The name of a channel file, if it is one.
pub(super) fn visible_toml(name: &OsStr) -> Option<String> {
    let is_toml = Path::new(name).extension() == Some(OsStr::new("toml"));
    let name = name.to_string_lossy();
    (is_toml && !name.starts_with('.')).then(|| name.into_owned())
}

/// Reads a text file of limited size.
pub(super) fn read_limited(path: &Path, bytes_max: u64) -> Result<String, String> {
    // Opening a pipe or a device could block for ever.
    if !std::fs::metadata(path).map_err(|e| plain_error(&e))?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|e| plain_error(&e))?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| plain_error(&e))?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len > bytes_max) {
        return Err(format!("larger than {bytes_max} bytes"));
    }
    String::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
}
