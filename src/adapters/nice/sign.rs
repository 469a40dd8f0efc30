//! NICE's keys and hashes (NICE docs: "Sign data", "위변조 검증"). Every hash is lower-case hexadecimal SHA-256 over
//! plain concatenation, the secret key as text at its end.

use crate::adapters::nice_common::text::{same_secret, sha256_hex};
use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Mode, Prepared, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Credentials of a NICE channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "clientKey",
        required: true,
        secret: false,
        description: "Client key (클라이언트 키) with approval model Server (결제창 승인방식 Server 승인): start.nicepay.co.kr > \
                      개발정보. Public, goes to the browser. Keys of the Client model are approved in the window and \
                      cannot be used",
        format: "S2_… for a test channel, R2_… for a live one",
    },
    CredentialField {
        name: "secretKey",
        required: true,
        secret: true,
        description: "Secret key (시크릿 키) of the same client key: start.nicepay.co.kr > 개발정보",
        format: "32 hexadecimal characters",
    },
    CredentialField {
        name: "authorization",
        required: false,
        secret: false,
        description: "API authorisation (API 인가방식) that the key was issued with; Basic if left out. With Bearer each \
                      command begins with a call for the access token",
        format: "basic or bearer",
    },
];

/// Longest MID: ten characters, or the client key where the merchant knows no MID.
pub(super) const MID_MAX: usize = 50;

/// How calls are authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Keys in every call.
    Basic,
    /// A token of 30 minutes, asked for with the keys.
    Bearer,
}

/// A channel's keys, ready to use.
pub(super) struct Credentials {
    /// Public key for the browser.
    pub(super) client_key: String,
    /// Value of the `Authorization` header of Basic calls.
    pub(super) basic: SecretString,
    /// How the deeds are authorised.
    pub(super) scheme: Scheme,
    key: SecretString,
}

impl Credentials {
    /// Hash over the parts and the secret key.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        let mut all = parts.to_vec();
        all.push(self.secret());
        sha256_hex(&all)
    }

    /// Whether a signature is the hash over the parts.
    pub(super) fn verifies(&self, signature: &str, parts: &[&str]) -> bool {
        same_secret(&self.sign(parts), &signature.trim().to_ascii_lowercase())
    }

    /// Signature of a window's return: over token, client key and amount. It covers neither order nor tid.
    pub(super) fn verifies_return(&self, signature: &str, auth_token: &str, amount: &str) -> bool {
        self.verifies(signature, &[auth_token, &self.client_key, amount])
    }

    /// The secret key: also the AES key of card data.
    pub(super) fn secret(&self) -> &str {
        self.key.expose_secret()
    }
}

/// `Basic` + Base64 of `clientKey:secretKey`.
pub(super) fn basic(client_key: &str, secret_key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_key}:{secret_key}")))
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

/// Parses and checks a channel's keys; all problems at once.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let client_key = given(channel, "clientKey", &mut problems);
    let secret_key = given(channel, "secretKey", &mut problems);
    if let Some(problem) = client_key.and_then(|key| client_problem(key, channel.mode)) {
        problems.push(Refusal::new("credentials.clientKey", problem));
    }
    if secret_key.is_some_and(|key| key.len() != 32 || !key.bytes().all(|b| b.is_ascii_hexdigit())) {
        problems.push(Refusal::new(
            "credentials.secretKey",
            "must be the 32 hexadecimal characters of the secret key (시크릿 키)",
        ));
    }
    let scheme = channel.credentials.get("authorization").map(|s| s.expose_secret());
    let scheme = match scheme {
        None | Some("basic") => Scheme::Basic,
        Some("bearer") => Scheme::Bearer,
        Some(_) => {
            problems.push(Refusal::new("credentials.authorization", "must be basic or bearer"));
            Scheme::Basic
        }
    };
    if channel.mid.len() > MID_MAX || channel.mid.contains(char::is_whitespace) {
        problems.push(Refusal::new(
            "mid",
            format!("must be the NICE MID or the client key: at most {MID_MAX} characters, no spaces"),
        ));
    }
    match (client_key, secret_key) {
        (Some(client_key), Some(secret_key)) if problems.is_empty() => Ok(Arc::new(Credentials {
            client_key: client_key.to_owned(),
            basic: basic(client_key, secret_key).into(),
            scheme,
            key: secret_key.to_owned().into(),
        })),
        _ => Err(problems),
    }
}

/// A credential of visible ASCII. Messages never quote it.
fn given<'a>(channel: &'a ChannelSpec, name: &str, problems: &mut Vec<Refusal>) -> Option<&'a str> {
    let field = format!("credentials.{name}");
    let Some(value) = channel.credentials.get(name) else {
        problems.push(Refusal::new(
            field,
            "is missing; copy it from start.nicepay.co.kr > 개발정보",
        ));
        return None;
    };
    let value = value.expose_secret();
    // A byte order mark or a line end from the file the key was read from would silently change every hash.
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
        let problem = "has a space, line end, byte order mark or other invisible character, or is empty";
        problems.push(Refusal::new(field, problem));
        return None;
    }
    Some(value)
}

fn client_problem(key: &str, mode: Mode) -> Option<&'static str> {
    if key.len() > 50 || key.contains(':') {
        return Some("must be a client key (클라이언트 키): at most 50 characters, no colon");
    }
    // Some published keys have no prefix, so only one that names the other environment is wrong.
    match (key.get(..1), key.get(2..3), mode) {
        (Some("R"), Some("_"), Mode::Test) => Some("is a live key (R…_), but the channel's mode is test"),
        (Some("S"), Some("_"), Mode::Live) => Some("is a sandbox key (S…_), but the channel's mode is live"),
        _ => None,
    }
}
