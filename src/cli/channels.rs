//! `naru channels`: looks at channel files.

use super::{ChannelsCommand, fail, say};
use crate::adapters::registry::ADAPTERS;
use crate::channels::{Problems, Secrets, Snapshot, diff, json_schema, load_dir, render};
use crate::engine::now;
use std::path::Path;
use std::process::ExitCode;

fn load(directory: &Path) -> Result<Snapshot, Problems> {
    load_dir(directory, &Secrets::new(), ADAPTERS, now())
}

pub(super) fn run(command: &ChannelsCommand) -> ExitCode {
    match command {
        ChannelsCommand::Schema => match serde_json::to_string_pretty(&json_schema(ADAPTERS)) {
            Ok(text) => {
                say(&text);
                ExitCode::SUCCESS
            }
            Err(error) => fail(error),
        },
        ChannelsCommand::Diff { a, b } => match (load(a), load(b)) {
            (Ok(a), Ok(b)) => {
                say(render(&diff(&a, &b)).trim_end());
                ExitCode::SUCCESS
            }
            (before, after) => {
                for problems in [before.err(), after.err()].into_iter().flatten() {
                    say(&problems.to_string());
                }
                ExitCode::FAILURE
            }
        },
    }
}
