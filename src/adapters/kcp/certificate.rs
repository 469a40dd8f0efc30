//! The service certificate (서비스 인증서): what goes on the wire as `kcp_cert_info`, until when it is valid, and whose key
//! it is (KCP docs: "서비스(서버) 인증서").

use super::der::{BIT_STRING, Reader, SEQUENCE};
use super::pkcs8::section;
use crate::payment::Millis;
use jiff::civil;

/// Tag of a version, the only explicitly tagged member before the serial number.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A certificate, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// The PEM text on one line: KCP answers S032 if a line end is left in it.
    pub(super) flat: String,
    /// `notAfter`, ms.
    pub(super) not_after: Millis,
    /// The public key, as PKCS#1 writes it.
    pub(super) public_key: Vec<u8>,
}

impl Certificate {
    /// Reads a PEM certificate; of a chain, the first.
    pub(super) fn read(pem: &str) -> Option<Self> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let der = section(pem, "CERTIFICATE")?;
        let start = pem.find(BEGIN)?;
        let end = start + pem[start..].find(END)? + END.len();
        // The spaces inside the markers belong to them; only line ends go.
        let flat: String = pem[start..end].chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let mut signed = Reader::new(&der).sequence()?.sequence()?;
        let _ = signed.take(VERSION);
        let _serial = signed.any()?;
        let _algorithm = signed.take(SEQUENCE)?;
        let _issuer = signed.take(SEQUENCE)?;
        let mut validity = signed.sequence()?;
        let _not_before = validity.any()?;
        let (tag, text) = validity.any()?;
        let not_after = time(tag, text)?;
        let _subject = signed.take(SEQUENCE)?;
        let mut key = signed.sequence()?;
        let _algorithm = key.take(SEQUENCE)?;
        let (unused, public_key) = key.take(BIT_STRING)?.split_first()?;
        (*unused == 0).then(|| Self {
            flat,
            not_after,
            public_key: public_key.to_vec(),
        })
    }
}

/// A time of X.509, always UTC.
fn time(tag: u8, text: &[u8]) -> Option<Millis> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let full = match (tag, digits.len()) {
        // RFC 5280: two-digit years from 50 on are of the last century.
        (UTC_TIME, 12) if digits.as_bytes()[0] >= b'5' => format!("19{digits}"),
        (UTC_TIME, 12) => format!("20{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let local = civil::DateTime::strptime("%Y%m%d%H%M%S", full).ok()?;
    let instant = jiff::tz::Offset::UTC.to_timestamp(local).ok()?;
    Some(instant.as_millisecond())
}
