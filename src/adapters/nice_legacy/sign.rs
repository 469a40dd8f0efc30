//! The merchant key and the hashes made with it (NICE docs: "위변조 검증"). Each call has an order of its own; every hash
//! is lower-case hexadecimal SHA-256 over plain concatenation, the key as text at its end.

use crate::adapters::nice_common::text::{same_secret, sha256_hex};
use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Prepared, Refusal};
use crate::payment::Amounts;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Credentials of a channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "merchantKey",
        required: true,
        secret: true,
        description: "Merchant key (상점키): npg.nicepay.co.kr > 가맹점정보 > KEY관리",
        format: "88 characters ending in ==",
    },
    CredentialField {
        name: "cancelPassword",
        required: false,
        secret: true,
        description: "Cancel password (거래취소비밀번호): npg.nicepay.co.kr > 가맹점정보 > 비밀번호관리. Only for a MID whose \
                      cancellations are refused without it (2024, 2025)",
        format: "at most 10 characters",
    },
    CredentialField {
        name: "answerCharset",
        required: false,
        secret: false,
        description: "Charset that NICE is asked to answer in; utf-8 if left out. Both are read whatever is asked for",
        format: "utf-8 or euc-kr",
    },
    CredentialField {
        name: "amountParts",
        required: false,
        secret: false,
        description: "Whether the MID's contract splits every amount into supply, VAT, service and tax-free parts; no if \
                      left out. Payments with a tax-free amount are split in any case",
        format: "yes or no",
    },
];

/// Length of a MID.
pub(super) const MID_LEN: usize = 10;

/// A channel's keys, ready to use.
pub(super) struct Credentials {
    key: SecretString,
    /// Goes with cancellations, if the MID wants one.
    pub(super) cancel_password: Option<SecretString>,
    /// `CharSet` of every request.
    pub(super) charset: &'static str,
    /// Amounts are always split.
    split: bool,
}

impl Credentials {
    /// Hash over the parts and the merchant key.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        let mut all = parts.to_vec();
        all.push(self.key.expose_secret());
        sha256_hex(&all)
    }

    /// Whether a signature is the hash over head, amount and key, with the amount as received or without its zeros: the
    /// manual hashes one, its samples the other.
    pub(super) fn verifies(&self, signature: &str, head: &[&str], amount: &str) -> bool {
        let bare = amount.trim_start_matches('0');
        let signature = signature.trim().to_ascii_lowercase();
        let padded = format!("{bare:0>12}");
        [amount, bare, &padded].into_iter().any(|amount| {
            let mut parts = head.to_vec();
            parts.push(amount);
            same_secret(&self.sign(&parts), &signature)
        })
    }

    /// Whether the parts of an amount are sent.
    pub(super) fn splits(&self, amounts: &Amounts) -> bool {
        self.split || amounts.tax_free > 0
    }

    /// The merchant key: its first 16 characters are the AES key of card data.
    pub(super) fn key(&self) -> &str {
        self.key.expose_secret()
    }
}

/// The channel's prepared credentials.
pub(super) fn credentials(channel: &ChannelRevision) -> Result<&Credentials, Refusal> {
    channel.credentials::<Credentials>().ok_or_else(|| {
        Refusal::new(
            "channel",
            "the channel's credentials were not prepared for NICE Payments",
        )
    })
}

/// Parses and checks a channel's keys; all problems at once. Messages never quote a key.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let mut refuse = |name: &str, why: &str| problems.push(Refusal::new(format!("credentials.{name}"), why));
    let given = |name: &str| channel.credentials.get(name).map(|value| value.expose_secret());
    let key = given("merchantKey");
    match key {
        None => refuse(
            "merchantKey",
            "is missing; copy it from npg.nicepay.co.kr > 가맹점정보 > KEY관리",
        ),
        // A byte order mark or a line end from the file the key was read from would silently change every hash.
        Some(key) if key.len() < 32 || key.len() > 128 || !key.bytes().all(|b| b.is_ascii_graphic()) => refuse(
            "merchantKey",
            "must be the merchant key (상점키), 88 characters without spaces or line ends",
        ),
        Some(_) => {}
    }
    let password = given("cancelPassword");
    if password.is_some_and(|p| p.is_empty() || p.len() > 10 || !p.bytes().all(|b| b.is_ascii_graphic())) {
        refuse(
            "cancelPassword",
            "must be 1 to 10 visible characters; leave it out if the MID needs none",
        );
    }
    let charset = match given("answerCharset") {
        None | Some("utf-8") => "utf-8",
        Some("euc-kr") => "euc-kr",
        Some(_) => {
            refuse("answerCharset", "must be utf-8 or euc-kr");
            "utf-8"
        }
    };
    let split = match given("amountParts") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => {
            refuse("amountParts", "must be yes or no");
            false
        }
    };
    if channel.mid.len() != MID_LEN || !channel.mid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        problems.push(Refusal::new(
            "mid",
            "must be the NICE MID (상점아이디): ten letters and digits, usually ending in m",
        ));
    }
    match key {
        Some(key) if problems.is_empty() => Ok(Arc::new(Credentials {
            key: key.to_owned().into(),
            cancel_password: password.map(|p| p.to_owned().into()),
            charset,
            split,
        })),
        _ => Err(problems),
    }
}
