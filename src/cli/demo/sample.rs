//! The sample channel files: those of the working directory, else the ones this binary carries.

use std::path::{Path, PathBuf};

/// Every file of the sample directory.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../../channels/README.md")),
    ("group.toml", include_str!("../../../channels/group.toml")),
    ("inicis.toml", include_str!("../../../channels/inicis.toml")),
    ("kcp.toml", include_str!("../../../channels/kcp.toml")),
    ("ksnet.toml", include_str!("../../../channels/ksnet.toml")),
    ("nice.toml", include_str!("../../../channels/nice.toml")),
    ("nice_legacy.toml", include_str!("../../../channels/nice_legacy.toml")),
    ("schema.json", include_str!("../../../channels/schema.json")),
    ("store.toml", include_str!("../../../channels/store.toml")),
    ("toss.toml", include_str!("../../../channels/toss.toml")),
];

/// The sample's channels with a MID for billing keys.
pub(super) const BILLING: &[&str] = &[
    "channel-key-0e5b7d92-c4a6-4f13-9b28-6d7f3a1c8e45",
    "channel-key-8b1e6f34-0a7d-4c59-9e21-d3f5a6c7b809",
    "channel-key-b405b7f3-3c92-4f88-b8f6-963d1a83e658",
];

/// `./channels` if it is there (a checkout: edit the files and watch the demo follow), else a fresh copy in the data
/// directory. Files already in the copy stay as they are.
pub(super) fn directory(data: &Path) -> Result<PathBuf, String> {
    let here = PathBuf::from("channels");
    if here.is_dir() {
        return Ok(here);
    }
    let copy = data.join("channels");
    for (name, text) in FILES {
        let path = copy.join(name);
        if path.exists() {
            continue;
        }
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| format!("the sample {} cannot be written: {error}", path.display()))?;
    }
    Ok(copy)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn billing_channels_are_in_the_sample() {
        for key in BILLING {
            assert!(FILES.iter().any(|(_, text)| text.contains(key)), "{key}");
        }
    }

    #[test]
    fn carries_every_sample_file() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("channels");
        let mut there: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let carried: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(carried, there);
    }
}
