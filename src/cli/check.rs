//! `naru check`: every problem of the settings, without starting anything.

use super::{CheckArguments, environment, fail, say};
use crate::adapters::registry::ADAPTERS;
use crate::channels::{Secrets, load_dir};
use crate::config::Config;
use crate::engine::now;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Read without being named, if it is there.
pub(super) const DEFAULT_CONFIG: &str = "naru.toml";

pub(super) fn run(arguments: &CheckArguments) -> ExitCode {
    let named = arguments.config.clone();
    let config_file = named.or_else(|| {
        Path::new(DEFAULT_CONFIG)
            .exists()
            .then(|| PathBuf::from(DEFAULT_CONFIG))
    });
    let mut problems: Vec<String> = Vec::new();
    let mut from_config = None;
    if let Some(file) = &config_file {
        match Config::load(file, &environment) {
            Ok(config) => from_config = Some(config.channels),
            Err(found) => problems.extend(found.iter().map(ToString::to_string)),
        }
    }
    let directory = arguments.channels.clone().or(from_config);
    // Broken process settings hide which directory they name: then only a named directory is checked.
    let directory = directory.or_else(|| problems.is_empty().then(|| PathBuf::from("channels")));
    let mut good = String::new();
    if let Some(directory) = directory {
        match load_dir(&directory, &Secrets::new(), ADAPTERS, now()) {
            Ok(snapshot) => {
                good = format!(
                    "{}: {} stores, {} channels, {} groups",
                    directory.display(),
                    snapshot.stores.len(),
                    snapshot.channels.len(),
                    snapshot.groups.len()
                );
            }
            Err(found) => problems.extend(found.list().iter().map(ToString::to_string)),
        }
    }
    if problems.is_empty() {
        say(&good);
        return ExitCode::SUCCESS;
    }
    for problem in &problems {
        say(problem);
    }
    fail(format!("{} problems", problems.len()))
}
