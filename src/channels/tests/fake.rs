//! Two adapters that only know their credentials, and helpers to write directories.

use crate::adapters::{
    Adapter, Approve, Call, Cancel, CancelDone, ChannelRevision, ChannelSpec, CredentialField, Descriptor, Inquire,
    Limits, Operation, OperationTimeouts, PgView, Prepared, ProviderName, RecoveryPlan, RecoveryStep, Refusal, Step,
    WireAnswer,
};
use crate::channels::{Adapters, Secrets, Snapshot, load_dir};
use crate::payment::{Approval, MethodKind};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub struct Fake(&'static Descriptor);

pub static FAKES: Adapters = &[&Fake(&FAKEPG), &Fake(&TOSS)];

const SECRET: CredentialField = CredentialField {
    name: "secretKey",
    required: true,
    secret: true,
    description: "Secret key of the API.",
    format: "test_sk_…",
};
const CLIENT: CredentialField = CredentialField {
    name: "clientKey",
    required: true,
    secret: false,
    description: "Client key of the window.",
    format: "test_ck_…",
};
const CERTIFICATE: CredentialField = CredentialField {
    name: "certificate",
    required: false,
    secret: true,
    description: "Certificate.",
    format: "PEM",
};

const fn descriptor(id: &'static str, credentials: &'static [CredentialField]) -> Descriptor {
    Descriptor {
        names: ProviderName {
            id,
            v1: &[],
            v2: "TOSSPAYMENTS",
            ko: "시험",
            en: "Test",
        },
        credentials,
        methods: &[MethodKind::Card, MethodKind::Transfer],
        features: &[],
        limits: Limits {
            order_id_min: 6,
            order_id_max: 64,
            amount_min: &[],
            amount_max: 1_000_000_000,
            currencies: &["KRW"],
            texts: &[],
            installment_min: 50_000,
            installment_months_max: 12,
        },
        hosts: &["api.fakepg.example"],
        base_url: "https://api.fakepg.example",
        endpoints: &[("script", "https://js.fakepg.example")],
        sender_ips: &[],
        escrow_link: None,
        mid_max: 14,
        timeouts: |_| OperationTimeouts {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(30),
        },
    }
}

static FAKEPG: Descriptor = descriptor("fakepg", &[CLIENT, SECRET, CERTIFICATE]);
static TOSS: Descriptor = descriptor("toss", &[CLIENT, SECRET]);

/// Parsed credentials: what [`ChannelRevision::credentials`] gives back.
pub struct Keys {
    pub secret: String,
}

impl Adapter for Fake {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }
    fn prepare(&self, channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
        let secret = channel.credentials.get("secretKey").map_or("", |s| s.expose_secret());
        if !secret.contains("_sk_") {
            return Err(vec![Refusal::new("secretKey", "must look like test_sk_…")]);
        }
        Ok(Arc::new(Keys {
            secret: secret.to_owned(),
        }))
    }
    fn approve(&self, _: &Approve, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(no_wire())
    }
    fn approved(&self, _: &Approve, _: &ChannelRevision, call: &Call, _: &WireAnswer) -> Step<Approval> {
        Step::Send(Box::new(call.clone()))
    }
    fn cancel(&self, _: &Cancel, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(no_wire())
    }
    fn cancelled(&self, _: &Cancel, _: &ChannelRevision, call: &Call, _: &WireAnswer) -> Step<CancelDone> {
        Step::Send(Box::new(call.clone()))
    }
    fn inquire(&self, _: &Inquire, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(no_wire())
    }
    fn inquired(&self, _: &Inquire, _: &ChannelRevision, call: &Call, _: &WireAnswer) -> Step<PgView> {
        Step::Send(Box::new(call.clone()))
    }
    fn recovery(&self, _: Operation) -> RecoveryPlan {
        RecoveryPlan {
            steps: &[RecoveryStep::Operator],
            absence_after: Duration::from_secs(1),
            give_up_after: Duration::from_secs(1),
        }
    }
}

fn no_wire() -> Refusal {
    Refusal::new("provider", "has no wire")
}

pub const STORE: &str = r#"[[store]]
id = "store-1"
merchant_id = "merchant-1"
api_secrets = [{ name = "first", sha256 = "0000000000000000000000000000000000000000000000000000000000000001" }]
"#;

/// A good test channel.
pub fn channel(key: &str, mid: &str) -> String {
    format!(
        r#"
[[channel]]
key = "{key}"
provider = "fakepg"
mode = "test"
mid = "{mid}"
stores = ["store-1"]
credentials = {{ clientKey = "test_ck_{mid}", secretKey = "plain:test_sk_{mid}" }}
"#
    )
}

pub struct Dir(pub tempfile::TempDir);

impl Dir {
    /// A directory with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let dir = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            dir.write(name, text);
        }
        dir
    }
    /// Store and one channel, `a` with mid `mid-a`.
    pub fn good() -> Self {
        Self::with(&[("store.toml", STORE), ("a.toml", &channel("a", "mid-a"))])
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }
    pub fn load(&self, secrets: &Secrets) -> Result<Snapshot, String> {
        let prefix = format!("{}/", self.path().display());
        load_dir(self.path(), secrets, FAKES, 1_000).map_err(|p| p.to_string().replace(&prefix, ""))
    }
}
