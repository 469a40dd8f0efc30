//! The certificate, its private key and the signatures made with it (KCP docs: "서비스(서버) 인증서"): base64 of
//! RSASSA-PKCS1-v1_5 over SHA-256 of parts joined by `^`. Options of a channel stand here too: KCP grants many calls by
//! contract only, and says nothing about it beforehand.

use super::certificate::Certificate;
use super::pkcs8;
use crate::adapters::{ChannelRevision, ChannelSpec, CredentialField, Prepared, Refusal};
use crate::payment::Millis;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// Credentials of a channel.
pub(super) static CREDENTIALS: &[CredentialField] = &[
    CredentialField {
        name: "certificate",
        required: true,
        secret: true,
        description: "Service certificate (서비스 인증서) of this site code: partner.kcp.co.kr > 기술관리센터 > 인증센터 > \
                      KCP PG-API, in the zip. Valid for five years",
        format: "PEM, KCP_AUTH_{site_cd}_CERT.pem",
    },
    CredentialField {
        name: "privateKey",
        required: true,
        secret: true,
        description: "Private key (개인키) from the same zip",
        format: "PEM, KCP_AUTH_{site_cd}_PRIKEY.pem",
    },
    CredentialField {
        name: "privateKeyPassword",
        required: false,
        secret: true,
        description: "Password of the private key, chosen when the certificate was issued. Leave it out for an \
                      unencrypted PKCS#8 file",
        format: "text",
    },
    CredentialField {
        name: "billingGroupId",
        required: false,
        secret: false,
        description: "Group of recurring cards (그룹아이디): partner.kcp.co.kr > 결제관리 > 자동결제 > 그룹관리. Billing keys \
                      need it",
        format: "letters and digits, e.g. A52Q71000489",
    },
    CredentialField {
        name: "siteName",
        required: false,
        secret: false,
        description: "Shop name (상점명) shown in the window; needed where a card company's app is called directly",
        format: "at most 20 bytes, better English",
    },
    CredentialField {
        name: "options",
        required: false,
        secret: false,
        description: "What this site's contract adds or takes away, separated by blanks: noInquiry (KCP refuses \
                      inquiries with S032), accountRefund (deposits are refunded to an account), carrierPartial (phone \
                      bills are cancelled in part), escrow (deliveries are told to KCP), keyInBilling (billing keys by \
                      card number), mobileUtf8 (the mobile window through KCP's encoding filter), litePay (card windows \
                      without KCP's script)",
        format: "e.g. accountRefund escrow",
    },
];

/// Longest site code, and the only length there is.
pub(super) const SITE_CODE_LEN: usize = 5;

/// What a site's contract adds or takes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// The site may not inquire.
    pub(super) no_inquiry: bool,
    /// Deposits of virtual accounts are refunded to an account (STHD, STPD).
    pub(super) account_refund: bool,
    /// Phone bills are cancelled in part.
    pub(super) carrier_partial: bool,
    /// Escrow changes.
    pub(super) escrow: bool,
    /// Billing keys by card number.
    pub(super) key_in_billing: bool,
    /// The mobile window's form goes through KCP's encoding filter.
    pub(super) mobile_utf8: bool,
    /// Card windows are LITE PAY.
    pub(super) lite_pay: bool,
}

impl Options {
    fn read(words: &str) -> Option<Self> {
        let mut options = Self::default();
        for word in words.split_ascii_whitespace() {
            let switch = match word {
                "noInquiry" => &mut options.no_inquiry,
                "accountRefund" => &mut options.account_refund,
                "carrierPartial" => &mut options.carrier_partial,
                "escrow" => &mut options.escrow,
                "keyInBilling" => &mut options.key_in_billing,
                "mobileUtf8" => &mut options.mobile_utf8,
                "litePay" => &mut options.lite_pay,
                _ => return None,
            };
            *switch = true;
        }
        Some(options)
    }
}

/// A channel's keys, ready to use.
pub(super) struct Credentials {
    certificate: Certificate,
    key: RsaKeyPair,
    /// Group of recurring cards.
    pub(super) group: Option<String>,
    /// Shop name in the window.
    pub(super) site_name: Option<String>,
    /// Contract.
    pub(super) options: Options,
}

impl Credentials {
    /// `kcp_cert_info`.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate.flat
    }

    /// When the certificate ends, ms: from then on KCP refuses approvals, cancellations and inquiries alike.
    pub(super) fn not_after(&self) -> Millis {
        self.certificate.not_after
    }

    /// `kcp_sign_data` over parts.
    pub(super) fn sign(&self, parts: &[&str]) -> Result<String, Refusal> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let hash = digest(&SHA256, parts.join("^").as_bytes());
        self.key
            .sign_digest(&RSA_PKCS1_SHA256, &hash, &mut signature)
            .map_err(|_| Refusal::new("channel", "the private key cannot sign"))?;
        Ok(base64::engine::general_purpose::STANDARD.encode(signature))
    }
}

/// The channel's prepared credentials.
pub(super) fn credentials(channel: &ChannelRevision) -> Result<&Credentials, Refusal> {
    channel
        .credentials::<Credentials>()
        .ok_or_else(|| Refusal::new("channel", "the channel's credentials were not prepared for KCP"))
}

/// Parses and checks a channel's keys; all problems at once. Messages never quote a key.
pub(super) fn prepare(channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
    let mut problems = Vec::new();
    let mut refuse = |name: &str, why: &str| problems.push(Refusal::new(format!("credentials.{name}"), why));
    let given = |name: &str| channel.credentials.get(name).map(|value| value.expose_secret());
    let certificate = given("certificate").and_then(Certificate::read);
    if certificate.is_none() {
        refuse(
            "certificate",
            "must be the PEM file KCP_AUTH_{site_cd}_CERT.pem from partner.kcp.co.kr > 기술관리센터 > 인증센터",
        );
    }
    let key = match given("privateKey").map(|pem| pkcs8::open(pem, given("privateKeyPassword"))) {
        None => {
            refuse("privateKey", "is missing; it is in the zip with the certificate");
            None
        }
        Some(Ok(der)) => RsaKeyPair::from_pkcs8(&der).ok().or_else(|| {
            refuse("privateKey", "must be an RSA key of at least 2048 bits");
            None
        }),
        Some(Err(pkcs8::KeyError::Password)) => {
            refuse("privateKeyPassword", "does not open the private key");
            None
        }
        Some(Err(why)) => {
            refuse("privateKey", &why.to_string());
            None
        }
    };
    if let (Some(certificate), Some(key)) = (&certificate, &key)
        && certificate.public_key != key.public_key().as_ref()
    {
        refuse(
            "privateKey",
            "does not belong to the certificate: take both from one zip",
        );
    }
    let word = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    let group = given("billingGroupId");
    if group.is_some_and(|g| !(1..=20).contains(&g.len()) || !word(&g)) {
        refuse("billingGroupId", "must be 1 to 20 letters and digits");
    }
    let site_name = given("siteName");
    if site_name.is_some_and(|n| n.is_empty() || n.len() > 20 || n.chars().any(char::is_control)) {
        refuse("siteName", "must have 1 to 20 bytes");
    }
    let options = Options::read(given("options").unwrap_or_default());
    if options.is_none() {
        refuse(
            "options",
            "must be words of noInquiry, accountRefund, carrierPartial, escrow, keyInBilling, mobileUtf8, litePay",
        );
    }
    let site = channel.mid.as_bytes();
    if site.len() != SITE_CODE_LEN || !site.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        problems.push(Refusal::new(
            "mid",
            "must be KCP's site code (사이트코드): five capital letters and digits, e.g. T0000",
        ));
    }
    match (certificate, key, options) {
        (Some(certificate), Some(key), Some(options)) if problems.is_empty() => Ok(Arc::new(Credentials {
            certificate,
            key,
            group: group.map(str::to_owned),
            site_name: site_name.map(str::to_owned),
            options,
        })),
        _ => Err(problems),
    }
}
