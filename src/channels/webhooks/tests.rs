#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::adapters::registry::ADAPTERS;
use crate::channels::{Secrets, WebhookContent, WebhookMode, WebhookRetry, WebhookVersion, load_dir, webhook_key};

const KEY: &str = "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=";

fn load(webhooks: &str) -> Result<Vec<crate::channels::WebhookEndpoint>, String> {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "[[store]]\nid = \"s\"\nmerchant_id = \"m\"\napi_secrets = [{{ name = \"a\", secret = \"env:A\" }}]\n{webhooks}"
    );
    std::fs::write(dir.path().join("a.toml"), text).unwrap();
    std::fs::write(dir.path().join("key"), format!("{KEY}\n")).unwrap();
    let secrets = Secrets::new()
        .with("A", "an-api-secret-for-this-test")
        .with("K", KEY)
        .with("SHORT", "whsec_c2hvcnQ=")
        .with("URL", "http://127.0.0.1:1");
    let loaded = load_dir(dir.path(), &secrets, ADAPTERS, 0).map_err(|problems| problems.to_string())?;
    Ok(loaded.stores["s"].webhooks.clone())
}

#[test]
fn every_setting_is_read() {
    let webhooks = load(
        "[[store.webhooks]]\nurl = \"${URL}/hook\"\nversion = \"2024-01-01\"\ncontent_type = \"form\"\nmode = \"test\"\n\
         secrets = [\"env:K\", \"file:key\"]\nevents = [\"Transaction.Paid\"]\nordered = true\nallow_private = true\n\
         retry = \"long\"\n[[store.webhooks]]\nurl = \"https://a.example/b?c=d\"\nsecrets = [\"env:K\"]\n",
    )
    .unwrap();
    let first = &webhooks[0];
    assert_eq!(first.url, "http://127.0.0.1:1/hook");
    assert_eq!(
        (first.version, first.content, first.mode, first.retry),
        (
            WebhookVersion::V20240101,
            WebhookContent::Form,
            WebhookMode::Test,
            WebhookRetry::Long
        )
    );
    assert_eq!(
        (first.secrets.len(), first.ordered, first.allow_private),
        (2, true, true)
    );
    assert_eq!(first.events, ["Transaction.Paid"]);
    let second = &webhooks[1];
    assert_eq!(
        (second.version, second.mode),
        (WebhookVersion::V20240425, WebhookMode::Both)
    );
    assert!(!second.allow_private && !second.ordered && second.events.is_empty());
}

/// V1's receivers check no signature, and many of them read forms.
#[test]
fn v1_needs_no_secret() {
    let webhooks = load(
        "[[store.webhooks]]\nurl = \"https://a.example\"\nversion = \"v1\"\ncontent_type = \"form\"\n\
         [[store.webhooks]]\nurl = \"https://b.example\"\nversion = \"v1\"\nsecrets = [\"env:K\"]\n",
    )
    .unwrap();
    assert_eq!(
        (webhooks[0].version, webhooks[0].content),
        (WebhookVersion::V1, WebhookContent::Form)
    );
    assert_eq!((webhooks[0].secrets.len(), webhooks[1].secrets.len()), (0, 1));
}

#[test]
fn what_could_hurt_is_refused() {
    let https = "url = \"https://a.example\"\n";
    for (settings, why) in [
        (https.to_owned(), "needs `secrets`"),
        (
            format!("{https}secrets = [\"env:K\", \"env:K\", \"env:K\"]\n"),
            "at most 2",
        ),
        (format!("{https}secrets = [\"env:SHORT\"]\n"), "16 to 64 bytes"),
        (format!("{https}secrets = [\"env:A\"]\n"), "base64"),
        (format!("{https}secrets = [\"plain:{KEY}\"]\n"), "test channels only"),
        (
            format!("{https}secrets = [\"env:K\"]\nallow_private = true\n"),
            "mode = \"test\"",
        ),
        (
            format!("{https}secrets = [\"env:K\"]\ncontent_type = \"form\"\n"),
            "2024-01-01",
        ),
        (
            format!("{https}secrets = [\"env:K\"]\nevents = [\"Transaction.Payed\"]\n"),
            "Transaction.Paid",
        ),
        (
            format!("{https}secrets = [\"env:K\"]\nevent = []\n"),
            "unknown key `event`",
        ),
        (
            "url = \"http://a.example\"\nsecrets = [\"env:K\"]\n".to_owned(),
            "https",
        ),
        (
            "url = \"ftp://a.example\"\nsecrets = [\"env:K\"]\nmode = \"test\"\n".to_owned(),
            "http or https",
        ),
        (
            "url = \"http://u@a.example\"\nsecrets = [\"env:K\"]\nmode = \"test\"\n".to_owned(),
            "without user",
        ),
    ] {
        let problems = load(&format!("[[store.webhooks]]\n{settings}")).unwrap_err();
        assert!(problems.contains(why), "{settings}\n{problems}");
        assert!(!problems.contains(&KEY[8..]), "{problems}");
    }
    let twice = format!("[[store.webhooks]]\n{https}secrets = [\"env:K\"]\n").repeat(2);
    assert!(load(&twice).unwrap_err().contains("twice"));
}

#[test]
fn keys_are_base64_with_or_without_prefix() {
    let key = b"naru test signing key!!".to_vec();
    assert_eq!(webhook_key(KEY), Ok(key.clone()));
    assert_eq!(webhook_key(KEY.strip_prefix("whsec_").unwrap()), Ok(key));
    assert!(webhook_key("").is_err());
}

#[test]
fn an_escrow_event_is_v1s_only() {
    let hook = |version: &str| {
        format!(
            "[[store.webhooks]]\nurl = \"https://a.example\"\nversion = \"{version}\"\nsecrets = [\"env:K\"]\n\
             events = [\"Inicis.Escrow.Changed\"]\n"
        )
    };
    assert_eq!(load(&hook("v1")).unwrap()[0].events, ["Inicis.Escrow.Changed"]);
    let refused = load(&hook("2024-04-25")).unwrap_err();
    assert!(refused.contains("needs version = \"v1\""), "{refused}");
}
