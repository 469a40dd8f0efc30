//! Revisions: the same settings give the same one anywhere, and a sealed one comes back ready for use.

use super::fake::{Dir, FAKES, Keys, STORE, channel};
use crate::adapters::ChannelState;
use crate::channels::{RevisionError, SealError, Sealer, Secrets, open_revision, seal_revision};
use secrecy::ExposeSecret;

fn revision(text: &str) -> String {
    let dir = Dir::with(&[("store.toml", STORE), ("a.toml", text)]);
    let secrets = Secrets::new().with("NARU_T_KEY", "test_sk_mid-a");
    dir.load(&secrets).unwrap().channels["a"].revision.clone()
}

#[test]
fn depends_on_what_reaches_the_pg_and_on_nothing_else() {
    let text = channel("a", "mid-a");
    // Pinned: a stored revision must be found again by later builds.
    assert_eq!(revision(&text), "4e6ee6f2043115e0");
    for same in [
        text.replace("plain:test_sk_mid-a", "env:NARU_T_KEY"),
        text.clone() + "name = \"another name\"\nin_flight_max = 1\nstate = \"retired\"\n",
        text.clone() + "timeouts_ms = { approve = 9000 }\n",
    ] {
        assert_eq!(revision(&same), revision(&text), "{same}");
    }
    for other in [
        text.replace("plain:test_sk_mid-a", "plain:test_sk_mid-b"),
        text.replace("test_ck_mid-a", "test_ck_mid-b"),
        text.replace("mid = \"mid-a\"", "mid = \"mid-b\""),
        text.replace("fakepg", "toss"),
        text.clone() + "endpoints = { api = \"http://127.0.0.1:1\" }\n",
    ] {
        assert_ne!(revision(&other), revision(&text), "{other}");
    }
}

#[test]
fn a_sealed_revision_comes_back_retired_and_ready() {
    let dir = Dir::good();
    dir.write(
        "a.toml",
        &(channel("a", "mid-a") + "endpoints = { api = \"http://127.0.0.1:1\" }\ntimeouts_ms = { cancel = 7000 }\n"),
    );
    let snapshot = dir.load(&Secrets::new()).unwrap();
    let channel = &snapshot.channels["a"];
    let sealer = Sealer::new(&[7; 32]).unwrap();
    let sealed = seal_revision(channel, &sealer).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("test_sk"));

    let opened = open_revision(&channel.revision, &sealed, &sealer, FAKES).unwrap();
    assert_eq!(opened.revision, channel.revision);
    assert_eq!(opened.spec.state, ChannelState::Retired);
    assert_eq!(opened.spec.mid, "mid-a");
    assert_eq!(opened.spec.credentials["secretKey"].expose_secret(), "test_sk_mid-a");
    assert_eq!(opened.credentials::<Keys>().unwrap().secret, "test_sk_mid-a");
    assert_eq!(opened.spec.endpoints, channel.spec.endpoints);
    assert_eq!(opened.spec.timeouts, channel.spec.timeouts);
    assert!(!opened.takes_new(i64::MAX));
}

#[test]
fn a_sealed_revision_is_refused_when_anything_is_off() {
    let snapshot = Dir::good().load(&Secrets::new()).unwrap();
    let channel = &snapshot.channels["a"];
    let sealer = Sealer::new(&[7; 32]).unwrap();
    let sealed = seal_revision(channel, &sealer).unwrap();
    let open = |revision: &str, sealed: &[u8], sealer: &Sealer, adapters| {
        open_revision(revision, sealed, sealer, adapters).expect_err("must be refused")
    };
    let refused = RevisionError::Seal {
        revision: channel.revision.clone(),
        source: SealError::Open,
    };
    assert_eq!(
        open(&channel.revision, &sealed, &Sealer::new(&[8; 32]).unwrap(), FAKES),
        refused
    );
    assert!(matches!(
        open("0123456789abcdef", &sealed, &sealer, FAKES),
        RevisionError::Seal { .. }
    ));
    assert!(matches!(
        open(&channel.revision, &sealed, &sealer, &[]),
        RevisionError::Provider { .. }
    ));
    let form = RevisionError::Form(channel.revision.clone());
    let label = format!("revision:{}", channel.revision);
    let foreign = sealer.seal(&label, b"{}").unwrap();
    assert_eq!(open(&channel.revision, &foreign, &sealer, FAKES), form);
    // Another channel's settings under this label.
    let plain = sealer.open(&label, &sealed).unwrap();
    let other = String::from_utf8(plain).unwrap().replace("\"mid-a\"", "\"mid-b\"");
    let moved = sealer.seal(&label, other.as_bytes()).unwrap();
    assert_eq!(open(&channel.revision, &moved, &sealer, FAKES), form);
}
