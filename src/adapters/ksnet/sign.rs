//! Credentials and switches of a channel. KSNET signs nothing: the window knows the merchant by its store id alone, the
//! REST API by a key from KSTA, the socket by store id and sender's address.

use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Prepared, Refusal};
use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Credentials of a channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "apiKey",
        required: true,
        secret: true,
        description: "API key (pgapi): ksta.ksnet.co.kr > PG상점정보 > 상점정보 > pgapi",
        format: "Base64 text of one line",
    },
    CredentialField {
        name: "taxFreeField",
        required: false,
        secret: false,
        description: "Name of the window's field for the tax-free amount, as KSNET told it; without it, windows with a \
                      tax-free amount are refused",
        format: "letters and digits",
    },
    CredentialField {
        name: "mobileCancel",
        required: false,
        secret: false,
        description: "on: phone bills are cancelled by card/cancel, wholly only, as KSNET confirmed for this MID",
        format: "on or off",
    },
    CredentialField {
        name: "socket",
        required: false,
        secret: false,
        description: "on: virtual accounts are closed, cash receipts issued and cards registered and charged by token over \
                      KSNET's socket, in clear text; only over a private line or KSNET's relay, and only from an \
                      address that KSNET registered",
        format: "on or off",
    },
];

/// Length of a store id.
pub(super) const MID_LEN: usize = 10;

/// A channel's key and switches, ready to use.
pub(super) struct Credentials {
    authorization: SecretString,
    pub(super) tax_free_field: Option<String>,
    pub(super) mobile_cancel: bool,
    pub(super) socket: bool,
}

impl Credentials {
    /// Value of the `Authorization` header.
    pub(super) fn authorization(&self) -> String {
        self.authorization.expose_secret().to_owned()
    }
}

/// The channel's prepared credentials.
pub(super) fn credentials(channel: &ChannelRevision) -> Result<&Credentials, Refusal> {
    channel
        .credentials::<Credentials>()
        .ok_or_else(|| Refusal::new("channel", "the channel's credentials were not prepared for KSNET"))
}

/// Refuses where the channel's socket is off.
pub(super) fn socket(channel: &ChannelRevision, field: &str) -> Result<(), Refusal> {
    if credentials(channel)?.socket {
        return Ok(());
    }
    let message = "KSNET has this over its socket only; turn socket on for the channel, on a private line";
    Err(Refusal::new(field, message))
}

/// Parses and checks a channel's key; all problems at once. Messages never quote it.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let given = |name: &str| channel.credentials.get(name).map(|value| value.expose_secret());
    let mut refuse = |name: &str, why: &str| problems.push(Refusal::new(format!("credentials.{name}"), why));
    let key = given("apiKey");
    match key {
        None => refuse(
            "apiKey",
            "is missing; copy it from ksta.ksnet.co.kr > PG상점정보 > 상점정보 > pgapi",
        ),
        Some(key) if !(8..=512).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) => {
            refuse("apiKey", "must be the pgapi key without spaces or line ends");
        }
        Some(key) if names_another(key, &channel.mid) => {
            refuse("apiKey", "is the key of another store id than this channel's mid");
        }
        Some(_) => {}
    }
    let field = given("taxFreeField");
    if field.is_some_and(|f| f.is_empty() || f.len() > 40 || !f.bytes().all(|b| b.is_ascii_alphanumeric())) {
        refuse("taxFreeField", "must be 1 to 40 letters and digits");
    }
    let mut switch = |name: &str| match given(name) {
        None | Some("off") => false,
        Some("on") => true,
        Some(_) => {
            refuse(name, "must be on or off");
            false
        }
    };
    let (mobile_cancel, socket) = (switch("mobileCancel"), switch("socket"));
    if channel.mid.len() != MID_LEN || !channel.mid.bytes().all(|b| b.is_ascii_digit()) {
        problems.push(Refusal::new("mid", "must be KSNET's store id (상점아이디): ten digits"));
    }
    match key {
        Some(key) if problems.is_empty() => Ok(Arc::new(Credentials {
            authorization: format!("pgapi {key}").into(),
            tax_free_field: field.map(str::to_owned),
            mobile_cancel,
            socket,
        })),
        _ => Err(problems),
    }
}

/// Whether a key says by itself that it belongs to another store: it usually is Base64 of `<store id>:…:…`. A key of any
/// other shape is taken as it is.
fn names_another(key: &str, mid: &str) -> bool {
    let Ok(plain) = base64::engine::general_purpose::STANDARD.decode(key) else {
        return false;
    };
    let store = plain.split(|b| *b == b':').next().unwrap_or_default();
    let is_store = store.len() == MID_LEN && store.len() < plain.len() && store.iter().all(u8::is_ascii_digit);
    is_store && store != mid.as_bytes()
}
