//! References to secrets: `env:NAME`, `file:PATH`, in test channels `plain:VALUE`; and `${NAME}` in endpoints.
//!
//! Files are read here and nowhere else, each once per change, and their contents count as content of the settings:
//! a rotated key in a mounted secret takes effect like an edited channel file.

use super::scan::{Stamp, read_limited};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Largest secret file, bytes. The longest real ones are certificate chains.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Where `env:NAME` and `${NAME}` look: first in names given here, then in the process environment.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    overlay: Arc<BTreeMap<String, SecretString>>,
}

impl Secrets {
    /// The process environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name that goes before the environment.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.overlay).insert(name.into(), SecretString::from(value.into()));
        self
    }

    fn variable(&self, name: &str) -> Result<SecretString, String> {
        if let Some(value) = self.overlay.get(name) {
            return Ok(value.clone());
        }
        match std::env::var(name) {
            Ok(value) if value.is_empty() => Err(format!("environment variable {name} is empty")),
            Ok(value) => Ok(SecretString::from(value)),
            Err(std::env::VarError::NotPresent) => Err(format!("environment variable {name} is not set")),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("environment variable {name} is not UTF-8")),
        }
    }

    /// Replaces every `${NAME}`.
    pub(super) fn expand(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| "`${` without `}`".to_owned())?;
            out.push_str(before);
            out.push_str(self.variable(name)?.expose_secret());
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// What a credential's text says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reference<'t> {
    Env(&'t str),
    File(&'t str),
    Plain(&'t str),
    /// A scheme that has its place but no reader in this build.
    NotServed(&'static str),
    /// Not a reference.
    Literal(&'t str),
}

impl<'t> Reference<'t> {
    pub(super) fn parse(text: &'t str) -> Self {
        match text.split_once(':') {
            Some(("env", name)) => Self::Env(name),
            Some(("file", path)) => Self::File(path),
            Some(("plain", value)) => Self::Plain(value),
            Some(("vault", _)) => Self::NotServed("vault"),
            Some(("kms", _)) => Self::NotServed("kms"),
            _ => Self::Literal(text),
        }
    }
}

/// One secret file as last read.
struct SecretFile {
    stamp: Result<Stamp, String>,
    value: Result<SecretString, String>,
    digest: [u8; 32],
}

/// The secret files in use.
#[derive(Default)]
pub(super) struct SecretFiles {
    files: HashMap<PathBuf, SecretFile>,
}

impl SecretFiles {
    /// Reads the file if it changed since it was last read (or `again`, or if it is so young that a change could hide
    /// behind an equal stamp).
    pub(super) fn refresh(&mut self, path: &Path, again: bool) {
        let stamp = Stamp::of(path);
        if let Some(known) = self.files.get(path) {
            let young = known.stamp.as_ref().is_ok_and(Stamp::young);
            if !again && !young && known.stamp == stamp {
                return;
            }
        }
        let value = read_limited(path, SECRET_BYTES_MAX).and_then(|text| {
            let value = text.trim_end_matches(['\n', '\r']);
            if value.is_empty() {
                return Err("the file is empty".to_owned());
            }
            Ok(SecretString::from(value))
        });
        let digest = match &value {
            Ok(value) => super::sha256(value.expose_secret().as_bytes()),
            Err(why) => super::sha256(format!("error: {why}").as_bytes()),
        };
        let file = SecretFile { stamp, value, digest };
        self.files.insert(path.to_owned(), file);
    }

    /// How long to wait until every file is at least `quiet` old; zero when it is.
    pub(super) fn settles_in(&self, quiet: Duration) -> Duration {
        let stamps = self.files.values().filter_map(|file| file.stamp.as_ref().ok());
        let waits = stamps.filter_map(Stamp::age).map(|age| quiet.saturating_sub(age));
        waits.max().unwrap_or_default()
    }

    /// Whether every file is still as it was read.
    pub(super) fn steady(&self) -> bool {
        self.files.iter().all(|(path, file)| Stamp::of(path) == file.stamp)
    }

    /// Forgets files that nothing refers to any more.
    pub(super) fn keep_only(&mut self, used: &std::collections::BTreeSet<PathBuf>) {
        self.files.retain(|path, _| used.contains(path));
    }

    /// Digest of a file's content, for the content hash.
    pub(super) fn digest(&self, path: &Path) -> [u8; 32] {
        self.files.get(path).map_or([0; 32], |file| file.digest)
    }

    /// Directories to watch, with the names that matter in each.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.keys()
    }

    fn value(&self, path: &Path) -> Result<SecretString, String> {
        match self.files.get(path) {
            Some(file) => file.value.clone().map_err(|why| format!("{}: {why}", path.display())),
            None => Err(format!("{} was not read", path.display())),
        }
    }
}

/// Everything that turns a reference into a value.
pub(super) struct Resolver<'a> {
    pub secrets: &'a Secrets,
    pub files: &'a SecretFiles,
    /// `file:` paths are relative to it.
    pub dir: &'a Path,
}

impl Resolver<'_> {
    /// Resolves a secret. `plain` says whether `plain:` may stand here.
    ///
    /// The text may be a key written in the clear by mistake, so no message repeats it.
    pub(super) fn secret(&self, text: &str, plain: bool) -> Result<SecretString, String> {
        match Reference::parse(text) {
            Reference::Env(name) => self.secrets.variable(name),
            Reference::File(path) => self.files.value(&self.dir.join(path)),
            Reference::Plain("") => Err("`plain:` has no value".to_owned()),
            Reference::Plain(value) if plain => Ok(SecretString::from(value)),
            Reference::Plain(_) => Err("`plain:` is for test channels only; use `env:NAME` or `file:PATH`".to_owned()),
            Reference::NotServed(scheme) => Err(format!(
                "`{scheme}:` references are not supported in this build; use `env:NAME` or `file:PATH`"
            )),
            Reference::Literal(_) => Err(if plain {
                "is a secret: write a reference, `env:NAME`, `file:PATH` or (test channels) `plain:VALUE`".to_owned()
            } else {
                "is a secret: write a reference, `env:NAME` or `file:PATH`".to_owned()
            }),
        }
    }

    /// Resolves a value that may also be written in the clear.
    pub(super) fn public(&self, text: &str, plain: bool) -> Result<SecretString, String> {
        match Reference::parse(text) {
            Reference::Literal(value) => Ok(SecretString::from(value)),
            _ => self.secret(text, plain),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn overlay_goes_before_the_environment() {
        let secrets = Secrets::new().with("PATH", "mine").with("NARU_T_URL", "http://a");
        assert_eq!(secrets.expand("${PATH}").unwrap(), "mine");
        assert_eq!(
            secrets.expand("${NARU_T_URL}/toss/${PATH}").unwrap(),
            "http://a/toss/mine"
        );
        assert_eq!(secrets.expand("as it is").unwrap(), "as it is");
        assert_eq!(
            secrets.expand("${NARU_T_NOT_SET}").unwrap_err(),
            "environment variable NARU_T_NOT_SET is not set"
        );
        assert_eq!(secrets.expand("${OPEN").unwrap_err(), "`${` without `}`");
        assert!(!Secrets::new().expand("${PATH}").unwrap().is_empty());
    }

    #[test]
    fn reads_files_once_per_change_and_trims_the_newline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "abc\r\n").unwrap();
        let mut files = SecretFiles::default();
        files.refresh(&path, false);
        assert_eq!(files.value(&path).unwrap().expose_secret(), "abc");
        let before = files.digest(&path);
        std::fs::write(&path, "abd\n").unwrap();
        files.refresh(&path, false);
        assert_eq!(files.value(&path).unwrap().expose_secret(), "abd");
        assert_ne!(files.digest(&path), before);
        std::fs::write(&path, "\n").unwrap();
        files.refresh(&path, true);
        assert!(files.value(&path).unwrap_err().ends_with("key: the file is empty"));
        std::fs::remove_file(&path).unwrap();
        files.refresh(&path, false);
        assert!(files.value(&path).is_err());
    }
}
