//! Where the demo keeps its ledger: a directory that goes away with it, unless one was named.

use crate::config::secret;
use std::path::{Path, PathBuf};

/// A data directory.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    throw_away: bool,
}

impl Place {
    /// The named directory, made if absent, or a fresh one that only this user may read.
    pub(super) fn new(named: Option<&Path>) -> Result<Self, String> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("naru-demo-{}", secret::random_hex(8)?.as_str())),
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(named.is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder
            .create(&path)
            .map_err(|error| format!("the data directory {} cannot be made: {error}", path.display()))?;
        Ok(Self {
            path,
            throw_away: named.is_none(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.throw_away {
            // Left-overs in the system's temporary directory are harmless.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
