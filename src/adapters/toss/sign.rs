//! Toss's keys and the Basic header made from them. Nothing else is signed: integrity comes from the confirm call.

use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Mode, Prepared, Refusal};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Credentials of a Toss channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "clientKey",
        required: true,
        secret: false,
        description: "API individual client key (API 개별 연동 키 > 클라이언트 키): developer centre > API 키. Public, goes \
                      to the browser",
        format: "test_ck_… for a test channel, live_ck_… for a live one",
    },
    CredentialField {
        name: "secretKey",
        required: true,
        secret: true,
        description: "API individual secret key (API 개별 연동 키 > 시크릿 키) of the same MID: developer centre > API 키",
        format: "test_sk_… for a test channel, live_sk_… for a live one",
    },
    CredentialField {
        name: "securityKey",
        required: false,
        secret: true,
        description: "Security key (보안 키): developer centre > API 키. Only payouts use it; payments do without",
        format: "64 hexadecimal characters",
    },
];

/// Longest MID (Toss docs: "Payment 객체", `mId`).
pub(super) const MID_MAX: usize = 14;

/// A channel's keys, ready to use.
pub(super) struct Credentials {
    /// Public key for the browser.
    pub(super) client_key: String,
    /// Value of the `Authorization` header.
    pub(super) authorization: SecretString,
    /// Key of the webhooks about payouts and sellers, if the channel has one.
    pub(super) security_key: Option<SecretString>,
}

/// `Basic` + Base64 of `secretKey:`. The key is the user name; the colon with nothing after it is the empty password
/// and must be there (`INCORRECT_BASIC_AUTH_FORMAT` otherwise).
pub(super) fn basic(secret_key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{secret_key}:")))
}

/// Whether one of the signatures `v1:…,v1:…` (two while a key is rotated) is that of a webhook about payouts or sellers:
/// HMAC-SHA256 over `{body}:{transmission-time}`. Toss does not say whether the key's bytes are its 64 characters or the
/// 32 bytes they spell; integrations are seen with either, so both are tried.
pub(super) fn webhook_signed(security_key: &str, body: &[u8], time: &str, signatures: &str) -> bool {
    let spelled: Option<Vec<u8>> = security_key
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let keys = [Some(security_key.as_bytes().to_vec()), spelled];
    let told: Vec<Vec<u8>> = signatures
        .split(',')
        .filter_map(|one| STANDARD.decode(one.trim().strip_prefix("v1:")?).ok())
        .collect();
    let message = [body, b":", time.as_bytes()].concat();
    keys.iter().flatten().any(|key| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        told.iter().any(|tag| hmac::verify(&key, &message, tag).is_ok())
    })
}

/// The channel's prepared credentials.
pub(super) fn credentials(channel: &ChannelRevision) -> Result<&Credentials, Refusal> {
    channel.credentials::<Credentials>().ok_or_else(|| {
        Refusal::new(
            "channel",
            "the channel's credentials were not prepared for Toss Payments",
        )
    })
}

/// Parses and checks a channel's keys; all problems at once.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let client_key = key(channel, "clientKey", 'c', &mut problems);
    let secret_key = key(channel, "secretKey", 's', &mut problems);
    if let Some(security) = channel.credentials.get("securityKey") {
        let text = security.expose_secret();
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            problems.push(Refusal::new(
                "credentials.securityKey",
                "must be 64 hexadecimal characters; leave it out if the channel makes no payouts",
            ));
        }
    }
    if channel.mid.chars().count() > MID_MAX || channel.mid.contains(char::is_whitespace) {
        problems.push(Refusal::new(
            "mid",
            format!("must be the Toss Payments MID (상점아이디): at most {MID_MAX} characters, no spaces"),
        ));
    }
    match (client_key, secret_key) {
        (Some(client_key), Some(secret_key)) if problems.is_empty() => Ok(Arc::new(Credentials {
            client_key: client_key.to_owned(),
            authorization: basic(secret_key).into(),
            security_key: channel.credentials.get("securityKey").cloned(),
        })),
        _ => Err(problems),
    }
}

/// One of the two keys, if it fits field and mode. `side` is `c` (client) or `s` (secret). Messages never quote a key.
fn key<'a>(channel: &'a ChannelSpec, name: &str, side: char, problems: &mut Vec<Refusal>) -> Option<&'a str> {
    let field = format!("credentials.{name}");
    let Some(value) = channel.credentials.get(name) else {
        problems.push(Refusal::new(
            field,
            "is missing; copy it from Toss Payments' developer centre > API 키",
        ));
        return None;
    };
    let value = value.expose_secret();
    if let Some(problem) = key_problem(value, channel.mode, side) {
        problems.push(Refusal::new(field, problem));
        return None;
    }
    Some(value)
}

fn key_problem(value: &str, mode: Mode, side: char) -> Option<String> {
    // A byte order mark or a line end from the file the key was read from would silently change the header.
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Some("has a space, line end, byte order mark or other invisible character, or is empty".to_owned());
    }
    let wanted = match mode {
        Mode::Test => "test",
        Mode::Live => "live",
    };
    let (environment, rest) = value.split_once('_').unwrap_or((value, ""));
    if !matches!(environment, "test" | "live") {
        return Some(format!("must start with {wanted}_{side}k_"));
    }
    if rest.starts_with("gck_") || rest.starts_with("gsk_") {
        return Some(format!(
            "is a payment-widget key (결제위젯 연동 키), which the payment window refuses (NOT_SUPPORTED_WIDGET_KEY); use the \
             API individual key (API 개별 연동 키), {wanted}_{side}k_…"
        ));
    }
    if !rest.starts_with(&format!("{side}k_")) {
        return Some(match (side, rest.get(..3)) {
            ('c', Some("sk_")) => {
                "is a secret key; it would be shown to every buyer. Give the client key (…_ck_…)".to_owned()
            }
            ('s', Some("ck_")) => "is a client key; give the secret key (…_sk_…)".to_owned(),
            _ => format!("must start with {wanted}_{side}k_"),
        });
    }
    (environment != wanted).then(|| {
        format!(
            "is a {environment} key, but the channel's mode is {wanted}; give a key that starts with {wanted}_{side}k_"
        )
    })
}
