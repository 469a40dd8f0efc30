//! `naru check`: every problem of the settings, without starting anything.

use super::{CheckArguments, environment, fail, say};
use crate::adapters::registry::ADAPTERS;
use crate::channels::{Secrets, Snapshot, load_dir};
use crate::config::Config;
use crate::engine::now;
use crate::payment::Millis;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Read without being named, if it is there.
pub(super) const DEFAULT_CONFIG: &str = "naru.toml";

/// How long before its end a certificate is worth a line: KCP renews them from then on.
const EXPIRES_SOON: Millis = 30 * 24 * 60 * 60 * 1000;

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
    let mut good = Vec::new();
    if let Some(directory) = directory {
        match load_dir(&directory, &Secrets::new(), ADAPTERS, now()) {
            Ok(snapshot) => {
                let expiries = Expiries::of(&snapshot, now());
                problems.extend(expiries.past);
                good = expiries.soon;
                good.push(format!(
                    "{}: {} stores, {} channels, {} groups",
                    directory.display(),
                    snapshot.stores.len(),
                    snapshot.channels.len(),
                    snapshot.groups.len()
                ));
            }
            Err(found) => problems.extend(found.list().iter().map(ToString::to_string)),
        }
    }
    if problems.is_empty() {
        good.iter().for_each(|line| say(line));
        return ExitCode::SUCCESS;
    }
    for problem in &problems {
        say(problem);
    }
    fail(format!("{} problems", problems.len()))
}

/// Credentials that end by themselves, as lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expiries {
    /// Ended: every payment of the channel is refused.
    past: Vec<String>,
    /// End soon, or ended at a channel that takes no new payments: worth a warning.
    soon: Vec<String>,
}

impl Expiries {
    fn of(snapshot: &Snapshot, now: Millis) -> Self {
        let mut found = Self::default();
        for expiry in snapshot
            .expiries()
            .into_iter()
            .filter(|e| e.at < now.saturating_add(EXPIRES_SOON))
        {
            let Ok(at) = jiff::Timestamp::from_millisecond(expiry.at) else {
                continue;
            };
            let (channel, provider) = (&expiry.channel, &expiry.provider);
            if expiry.at > now {
                let days = (expiry.at - now) / (24 * 60 * 60 * 1000);
                let line =
                    format!("warning: channel {channel} ({provider}): its certificate ends on {at}, in {days} days");
                found.soon.push(line);
            } else if expiry.active {
                found.past.push(format!(
                    "channel {channel} ({provider}): its certificate ended on {at}; the PG refuses every call"
                ));
            } else {
                found.soon.push(format!(
                    "warning: channel {channel} ({provider}): its certificate ended on {at}; old payments cannot be cancelled"
                ));
            }
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DAY: Millis = 24 * 60 * 60 * 1000;

    #[test]
    fn certificates_that_end_are_told_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("channels");
        let names = ["store.toml", "toss.toml", "kcp.toml"];
        for name in names {
            std::fs::copy(sample.join(name), dir.path().join(name)).unwrap();
        }
        // One of the two KCP channels takes no new payments any more.
        let file = dir.path().join("kcp.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("mid = \"NARUB\"", "mid = \"NARUB\"\nstate = \"retired\"");
        std::fs::write(&file, text).unwrap();
        let secrets = Secrets::new()
            .with("NARU_API_SECRET", "a-secret-only-for-the-tests-0000")
            .with("NARU_V1_SECRET", "a-v1-secret-only-for-the-tests-0")
            .with("NARU_SIM_URL", "http://127.0.0.1:8090")
            .with("NARU_PUBLIC_URL", "http://127.0.0.1:8080")
            .with("NARU_WEBHOOK_SECRET", "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=");
        let snapshot = load_dir(dir.path(), &secrets, ADAPTERS, now()).unwrap();
        let ends = snapshot.expiries();
        assert_eq!(ends.len(), 2, "{ends:?}");
        assert!(ends.iter().all(|end| end.provider == "kcp"));

        let first = ends[0].at;
        assert_eq!(Expiries::of(&snapshot, first - 31 * DAY), Expiries::default());
        let soon = Expiries::of(&snapshot, first - 29 * DAY - 1);
        assert!(soon.past.is_empty() && !soon.soon.is_empty(), "{soon:?}");
        let (key, date) = (
            &ends[0].channel,
            jiff::Timestamp::from_millisecond(first).unwrap().to_string(),
        );
        assert!(soon.soon[0].contains(key) && soon.soon[0].contains(&date), "{soon:?}");
        assert!(soon.soon[0].ends_with("in 29 days"), "{soon:?}");

        // Ended: an error where payments go through, a warning where only old ones are cancelled.
        let late = Expiries::of(&snapshot, ends[1].at);
        assert_eq!((late.past.len(), late.soon.len()), (1, 1), "{late:?}");
        let active = ends.iter().find(|end| end.active).unwrap();
        assert!(late.past[0].contains(&active.channel), "{late:?}");
        assert!(!late.soon[0].contains(&active.channel), "{late:?}");
    }
}
