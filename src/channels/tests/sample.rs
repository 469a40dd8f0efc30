//! The sample directory works as it is checked in, and its schema is current.

use super::fake::FAKES;
use crate::adapters::{Mode, registry};
use crate::channels::{Adapters, Secrets, json_schema, load_dir};
use std::path::Path;

fn sample() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("channels")
}

/// The real adapters where there are any with the sample's providers.
fn adapters() -> Adapters {
    if registry::by_id("toss").is_some() {
        registry::ADAPTERS
    } else {
        FAKES
    }
}

#[test]
fn the_sample_loads() {
    let secrets = Secrets::new()
        .with("NARU_API_SECRET", "a-secret-made-for-this-test")
        .with("NARU_V1_SECRET", "a-v1-secret-made-for-this-test")
        .with("NARU_SIM_URL", "http://127.0.0.1:8090")
        .with("NARU_SIM_SOCKET_KSNET", "tcp://127.0.0.1:8091")
        .with("NARU_PUBLIC_URL", "http://127.0.0.1:8080")
        .with("NARU_WEBHOOK_SECRET", "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=");
    let snapshot = load_dir(&sample(), &secrets, adapters(), 0).unwrap_or_else(|problems| panic!("{problems}"));
    let store = snapshot.store_by_secret("a-secret-made-for-this-test", 0).unwrap();
    let group = snapshot.groups.values().next().unwrap();
    assert!(group.id.starts_with("channel-group-test-"));
    assert!(snapshot.group_of(&store.id, &group.id).is_some());
    let mut mids = Vec::new();
    for member in &group.members {
        let channel = snapshot.channel_of(&store.id, &member.channel).unwrap();
        assert_eq!(
            (channel.spec.mode, channel.spec.provider.as_str()),
            (Mode::Test, "toss")
        );
        assert_eq!(channel.endpoint("api"), "http://127.0.0.1:8090/toss");
        assert_eq!(channel.endpoint("script"), "http://127.0.0.1:8090/toss/v2/standard");
        mids.push((channel.spec.mid.as_str(), channel.spec.manual_confirm));
    }
    assert_eq!(mids, [("tnaru00001", false), ("tnaru00002", true)]);
}

#[test]
fn the_checked_in_schema_is_current() {
    let path = sample().join("schema.json");
    let mut made = serde_json::to_string_pretty(&json_schema(registry::ADAPTERS)).unwrap();
    made.push('\n');
    if std::env::var_os("NARU_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "channels/schema.json is old: run this test with NARU_BLESS=1"
    );
}
