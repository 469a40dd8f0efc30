//! Keys and hashes (INIpay Standard, Mobile and INIAPI manuals). Each product has a hash family of its own: sorted
//! `k=v` pairs under SHA-256 on a PC, the base64 of a raw SHA-512 on a phone, and for INIAPI a SHA-512 over plain
//! concatenation with the key at its front (v1) or over the very JSON text that is sent (v2). No key is ever decoded.

use crate::adapters::nice_common::text::{hex, sha256_hex};
use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Prepared, Refusal};
use aws_lc_rs::cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Credentials of a channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "signKey",
        required: true,
        secret: true,
        description: "signKey of the PC window (웹결제 signkey): iniweb.inicis.com > 상점정보 > 계약정보 > 부가정보. Used as text",
        format: "about 32 characters",
    },
    CredentialField {
        name: "apiKey",
        required: true,
        secret: true,
        description: "INIAPI key: iniweb.inicis.com > 상점정보 > 계약정보 > 부가정보",
        format: "16 characters",
    },
    CredentialField {
        name: "apiIv",
        required: true,
        secret: true,
        description: "INIAPI IV, beside the INIAPI key; refund accounts are encrypted with it",
        format: "16 characters, often ending in ==",
    },
    CredentialField {
        name: "hashKey",
        required: false,
        secret: true,
        description: "Mobile HashKey (모바일 금액위변조 Hashkey): guards the amount in the phone window. Recommended",
        format: "32 characters",
    },
    CredentialField {
        name: "liteKey",
        required: false,
        secret: true,
        description: "INILite key of a billing MID (빌링): billing keys are issued in the phone's window with it",
        format: "about 32 characters",
    },
    CredentialField {
        name: "apiVersion",
        required: false,
        secret: false,
        description: "INIAPI version of refunds and of charges of billing keys: v1 (default) or v2",
        format: "v1 or v2",
    },
    CredentialField {
        name: "escrow",
        required: false,
        secret: false,
        description: "yes if the MID has the escrow contract (에스크로): on another MID KG Inicis ignores the wish for escrow",
        format: "yes or no",
    },
    CredentialField {
        name: "uniqueOrderIds",
        required: false,
        secret: false,
        description: "yes if the MID has the contract 주문번호 중복방지: only then KG Inicis can be asked by order number",
        format: "yes or no",
    },
    CredentialField {
        name: "amountParts",
        required: false,
        secret: false,
        description: "yes if the MID has the contract 부가세 업체정함 (or is 복합과세): KG Inicis then takes an amount without parts \
                      as tax-free, so VAT and tax-free parts are always sent. Otherwise only with a tax-free amount",
        format: "yes or no",
    },
];

/// A channel's keys, ready to use.
pub(super) struct Credentials {
    sign_key: SecretString,
    api_key: SecretString,
    api_iv: SecretString,
    hash_key: Option<SecretString>,
    lite_key: Option<SecretString>,
    /// Refunds and charges go by INIAPI v2.
    pub(super) v2: bool,
    /// The MID takes escrow payments.
    pub(super) escrow: bool,
    /// The MID refuses an order number that was used before, so an order number names one payment.
    pub(super) unique_order_ids: bool,
    /// VAT and tax-free parts go with every amount, not only with one that has a tax-free part.
    pub(super) amount_parts: bool,
}

impl Credentials {
    /// `mKey`: the hash of the signKey.
    pub(super) fn m_key(&self) -> String {
        sha256_hex(&[self.sign_key.expose_secret()])
    }

    /// `signature` and `verification` of the PC window.
    pub(super) fn window(&self, oid: &str, price: &str, timestamp: &str) -> (String, String) {
        let key = self.sign_key.expose_secret();
        (
            sha256_hex(&["oid=", oid, "&price=", price, "&timestamp=", timestamp]),
            sha256_hex(&[
                "oid=",
                oid,
                "&price=",
                price,
                "&signKey=",
                key,
                "&timestamp=",
                timestamp,
            ]),
        )
    }

    /// `signature` and `verification` of the PC approval and its net-cancel.
    pub(super) fn approval(&self, token: &str, timestamp: &str) -> (String, String) {
        let key = self.sign_key.expose_secret();
        (
            sha256_hex(&["authToken=", token, "&timestamp=", timestamp]),
            sha256_hex(&["authToken=", token, "&signKey=", key, "&timestamp=", timestamp]),
        )
    }

    /// `P_CHKFAKE`, if the channel has a HashKey.
    pub(super) fn chkfake(&self, amount: &str, oid: &str, timestamp: &str) -> Option<String> {
        let key = self.hash_key.as_ref()?.expose_secret();
        Some(STANDARD.encode(sha512(&[amount, oid, timestamp, key])))
    }

    /// `hashdata` of the phone's window for billing keys (INIBill), if the channel has an INILite key.
    pub(super) fn inibill(&self, mid: &str, order_id: &str, timestamp: &str) -> Option<String> {
        let key = self.lite_key.as_ref()?.expose_secret();
        Some(sha256_hex(&[mid, order_id, timestamp, key]))
    }

    /// `hashData` of INIAPI v1 over the parts of a call, and of v2, where the parts are MID, type, time and JSON text.
    pub(super) fn hash_data(&self, parts: &[&str]) -> String {
        let mut all = vec![self.api_key.expose_secret()];
        all.extend(parts);
        hex(sha512(&all).as_ref())
    }

    /// AES-128-CBC of INIAPI, base64.
    pub(super) fn encrypt(&self, plain: &str) -> Result<String, Refusal> {
        let broken = |_| Refusal::new("channel", "the INIAPI key and IV cannot encrypt");
        let iv: [u8; 16] = self.api_iv.expose_secret().as_bytes().try_into().unwrap_or_default();
        let key = UnboundCipherKey::new(&AES_128, self.api_key.expose_secret().as_bytes()).map_err(broken)?;
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(broken)?;
        let mut data = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
        data.extend_from_slice(plain.as_bytes());
        key.less_safe_encrypt(&mut *data, EncryptionContext::Iv128(FixedLength::from(iv)))
            .map_err(broken)?;
        Ok(STANDARD.encode(&*data))
    }
}

fn sha512(parts: &[&str]) -> digest::Digest {
    let mut context = digest::Context::new(&digest::SHA512);
    for part in parts {
        context.update(part.as_bytes());
    }
    context.finish()
}

/// `authSignature` of a PC approval's answer: which three pairs, and in which order, is told by the last digit of the
/// timestamp that was sent. No secret is in it, so it shows a mix-up, not a forgery.
pub(super) fn auth_signature(mid: &str, moid: &str, price: &str, timestamp: &str) -> String {
    let order = match timestamp.bytes().last() {
        Some(b'1') => ["MOID", "mid", "tstamp"],
        Some(b'2') => ["MOID", "tstamp", "mid"],
        Some(b'3') => ["mid", "MOID", "tstamp"],
        Some(b'4') => ["mid", "tstamp", "MOID"],
        Some(b'5') => ["tstamp", "mid", "MOID"],
        Some(b'6') => ["tstamp", "MOID", "mid"],
        Some(b'7') => ["TotPrice", "mid", "tstamp"],
        Some(b'8') => ["TotPrice", "tstamp", "mid"],
        Some(b'9') => ["TotPrice", "MOID", "tstamp"],
        _ => ["TotPrice", "tstamp", "MOID"],
    };
    let pairs = order.map(|name| {
        let value = match name {
            "MOID" => moid,
            "mid" => mid,
            "TotPrice" => price,
            _ => timestamp,
        };
        format!("{name}={value}")
    });
    sha256_hex(&[&pairs.join("&")])
}

/// The channel's prepared credentials.
pub(super) fn credentials(channel: &ChannelRevision) -> Result<&Credentials, Refusal> {
    channel
        .credentials::<Credentials>()
        .ok_or_else(|| Refusal::new("channel", "the channel's credentials were not prepared for KG Inicis"))
}

/// Parses and checks a channel's keys; all problems at once. Messages never quote a key.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let given = |name: &str| channel.credentials.get(name).map(|value| value.expose_secret());
    // A byte order mark or a line end from the file a key was read from would silently change every hash.
    let plain = |key: &str| key.bytes().all(|b| b.is_ascii_graphic());
    for (name, lengths, required) in [
        ("signKey", 16..=64, true),
        ("apiKey", 16..=16, true),
        ("apiIv", 16..=16, true),
        ("hashKey", 32..=32, false),
        ("liteKey", 16..=64, false),
    ] {
        let field = format!("credentials.{name}");
        match given(name) {
            None if required => problems.push(Refusal::new(
                field,
                "is missing; copy it from iniweb.inicis.com > 상점정보 > 계약정보 > 부가정보",
            )),
            Some(key) if !lengths.contains(&key.len()) || !plain(key) => {
                let (least, most) = lengths.into_inner();
                let message = format!("must have {least} to {most} visible characters, without spaces or line ends");
                problems.push(Refusal::new(field, message));
            }
            _ => {}
        }
    }
    for name in ["uniqueOrderIds", "amountParts", "escrow"] {
        if given(name).is_some_and(|word| !matches!(word, "yes" | "no")) {
            problems.push(Refusal::new(format!("credentials.{name}"), "must be yes or no"));
        }
    }
    if given("apiVersion").is_some_and(|word| !matches!(word, "v1" | "v2")) {
        problems.push(Refusal::new("credentials.apiVersion", "must be v1 or v2"));
    }
    if channel.mid.len() != 10 || !channel.mid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        problems.push(Refusal::new(
            "mid",
            "must be the KG Inicis MID (상점아이디): ten letters and digits",
        ));
    }
    let key = |name: &str| given(name).map(|value| SecretString::from(value.to_owned()));
    match (key("signKey"), key("apiKey"), key("apiIv")) {
        (Some(sign_key), Some(api_key), Some(api_iv)) if problems.is_empty() => Ok(Arc::new(Credentials {
            sign_key,
            api_key,
            api_iv,
            hash_key: key("hashKey"),
            lite_key: key("liteKey"),
            v2: given("apiVersion") == Some("v2"),
            escrow: given("escrow") == Some("yes"),
            unique_order_ids: given("uniqueOrderIds") == Some("yes"),
            amount_parts: given("amountParts") == Some("yes"),
        })),
        _ => Err(problems),
    }
}
