//! `kcp_cert_info`: a PEM certificate on one line. What the API needs of it: whose key it holds and how long it is valid.

use crate::simulators::clock::instant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Certificates write their times in UTC.
const KST_MS: i64 = 9 * 3_600_000;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xA0;

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// SubjectPublicKeyInfo, DER.
    pub key: Vec<u8>,
    /// Valid from, ms.
    pub from: i64,
    /// Valid until, ms.
    pub until: i64,
}

impl Certificate {
    /// Reads the one-line form; line breaks inside it are refused, as the API refuses them.
    pub fn from_line(line: &str) -> Option<Self> {
        let inner = line.strip_prefix(BEGIN)?.strip_suffix(END)?;
        if inner.contains(['\r', '\n']) {
            return None;
        }
        Self::from_der(&STANDARD.decode(inner).ok()?)
    }

    /// Reads a PEM file.
    pub fn from_pem(pem: &str) -> Option<Self> {
        Self::from_line(&pem.trim().replace(['\r', '\n'], ""))
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let (certificate, rest) = content(der, SEQUENCE)?;
        if !rest.is_empty() {
            return None;
        }
        let (mut at, _) = content(certificate, SEQUENCE)?;
        if at.first() == Some(&VERSION) {
            at = element(at)?.2;
        }
        // Serial number, signature algorithm, issuer.
        for _ in 0..3 {
            at = element(at)?.2;
        }
        let (validity, at) = content(at, SEQUENCE)?;
        let (from, until) = time(validity)?;
        let (until, _) = time(until)?;
        // Subject.
        let at = element(at)?.2;
        let (_, _, after) = element(at).filter(|found| found.0 == SEQUENCE)?;
        let key = at.get(..at.len() - after.len())?.to_vec();
        Some(Self { key, from, until })
    }

    pub fn valid_at(&self, now: i64) -> bool {
        (self.from..=self.until).contains(&now)
    }
}

/// One DER element: tag, content, what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7F => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7F))?;
            let length = digits
                .iter()
                .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

fn content(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der)
        .filter(|found| found.0 == tag)
        .map(|found| (found.1, found.2))
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`, as ms.
fn time(der: &[u8]) -> Option<(i64, &[u8])> {
    let (tag, text, rest) = element(der)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // Two digits mean 1950 to 2049.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let civil = format!(
        "{}-{}-{}T{}:{}:{}",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    let at = instant(civil.parse::<DateTime>().ok()?)?;
    Some((at.checked_add(KST_MS)?, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("keys/KCP_AUTH_T0000_CERT.txt");

    fn line() -> String {
        PEM.replace('\n', "")
    }

    #[test]
    fn the_line_form_is_the_file_without_its_breaks() {
        let line = line();
        assert_eq!((line.len(), PEM.len()), (1068, 1086));
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, line.as_bytes());
        let hex: String = sum.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "eabefaea142fff779b54475c56c6162d7e6768b2785504a06571d57ef3970549");
    }

    #[test]
    fn its_key_and_validity_are_read() {
        let read = Certificate::from_line(&line()).unwrap();
        // 2025-01-01 and 2045-01-01, midnight UTC.
        assert_eq!((read.from, read.until), (1_735_689_600_000, 2_366_841_600_000));
        assert_eq!(read.key.len(), 294);
        assert!(read.valid_at(1_767_225_600_000));
        assert!(!read.valid_at(read.from - 1) && !read.valid_at(read.until + 1));
        assert_eq!(Certificate::from_pem(PEM), Some(read));
    }

    #[test]
    fn what_is_no_certificate_on_one_line_is_refused() {
        let line = line();
        for wrong in [
            PEM.to_owned(),
            PEM.trim().to_owned(),
            line.replace("-----BEGIN CERTIFICATE-----", ""),
            line.replace("-----END CERTIFICATE-----", ""),
            line.replace(' ', ""),
            line.replacen("MIIC9j", "MIIC9k", 1),
            line[..line.len() / 2].to_owned(),
            String::new(),
        ] {
            assert_eq!(Certificate::from_line(&wrong), None, "{wrong}");
        }
        // Cut anywhere, it is refused and nothing worse.
        let der = STANDARD.decode(&line[BEGIN.len()..line.len() - END.len()]).unwrap();
        assert!((0..der.len()).all(|end| Certificate::from_der(&der[..end]).is_none()));
    }
}
