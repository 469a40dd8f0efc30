//! Opening the private key that KCP issues: a password-encrypted PKCS#8 file. Which scheme it is encrypted with depends on
//! the tool that made it, so both families are read: PBES2 (RFC 8018: PBKDF2 with AES-CBC or triple DES) and PKCS#12's
//! `pbeWithSHAAnd3-KeyTripleDES-CBC` (RFC 7292, appendix B). An unencrypted PKCS#8 file is taken as it is.

use super::der::{OCTET_STRING, OID, Reader, SEQUENCE};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, pbkdf2};
use base64::Engine as _;
use des::TdesEde3;
use des::cipher::{BlockCipherDecrypt, KeyInit};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const PKCS12_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
const DES_EDE3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07];
/// `hmacWithSHA…` without its last number.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
/// AES in CBC mode without the last number.
const AES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];
/// A file that asks for more rounds than this would stop the router at load.
const ROUNDS_MAX: u32 = 10_000_000;

/// Why a key file cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// Not PEM, or not PKCS#8 inside.
    #[error("must be the PEM file KCP_AUTH_…_PRIKEY.pem as it came, from -----BEGIN to -----END")]
    Form,
    /// Encrypted, and there is no password.
    #[error("is encrypted: give privateKeyPassword as well")]
    NoPassword,
    /// A scheme that is not read here.
    #[error(
        "is encrypted in a way that is not supported; convert it once with \
         `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW`"
    )]
    Scheme,
    /// The password does not open it.
    #[error("cannot be opened with privateKeyPassword")]
    Password,
}

/// The PKCS#8 document of a PEM file.
pub(super) fn open(pem: &str, password: Option<&str>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if let Some(der) = section(pem, "PRIVATE KEY") {
        return Ok(der);
    }
    let der = section(pem, "ENCRYPTED PRIVATE KEY").ok_or(KeyError::Form)?;
    let password = password.ok_or(KeyError::NoPassword)?;
    let mut all = Reader::new(&der).sequence().ok_or(KeyError::Form)?;
    let mut scheme = all.sequence().ok_or(KeyError::Form)?;
    let data = all.take(OCTET_STRING).ok_or(KeyError::Form)?;
    let plain = match scheme.take(OID).ok_or(KeyError::Form)? {
        PBES2 => pbes2(&mut scheme, data, password)?,
        PKCS12_3DES => pkcs12(&mut scheme, data, password)?,
        _ => return Err(KeyError::Scheme),
    };
    // A wrong password leaves valid padding once in 256 times.
    match Reader::new(&plain).any() {
        Some((SEQUENCE, _)) => Ok(plain),
        _ => Err(KeyError::Password),
    }
}

/// The bytes of a PEM section.
pub(super) fn section(pem: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let (_, rest) = pem.split_once(&begin)?;
    let (body, _) = rest.split_once(&end)?;
    let packed: Zeroizing<String> = Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed.as_bytes());
    bytes.ok().map(Zeroizing::new)
}

fn rounds(count: u32) -> Result<NonZeroU32, KeyError> {
    NonZeroU32::new(count)
        .filter(|n| n.get() <= ROUNDS_MAX)
        .ok_or(KeyError::Scheme)
}

fn pbes2(scheme: &mut Reader<'_>, data: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut parameters = scheme.sequence().ok_or(KeyError::Form)?;
    let mut derivation = parameters.sequence().ok_or(KeyError::Form)?;
    let mut cipher = parameters.sequence().ok_or(KeyError::Form)?;
    if derivation.take(OID) != Some(PBKDF2) {
        return Err(KeyError::Scheme);
    }
    let mut derivation = derivation.sequence().ok_or(KeyError::Form)?;
    let salt = derivation.take(OCTET_STRING).ok_or(KeyError::Form)?;
    let count = rounds(derivation.small().ok_or(KeyError::Form)?)?;
    // The key's length is optional and implied by the cipher.
    let _ = derivation.small();
    let hash = match derivation.sequence().and_then(|mut prf| prf.take(OID)) {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(oid) => match oid.strip_prefix(HMAC) {
            Some([7]) => pbkdf2::PBKDF2_HMAC_SHA1,
            Some([9]) => pbkdf2::PBKDF2_HMAC_SHA256,
            Some([10]) => pbkdf2::PBKDF2_HMAC_SHA384,
            Some([11]) => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err(KeyError::Scheme),
        },
    };
    let oid = cipher.take(OID).ok_or(KeyError::Form)?;
    let iv = cipher.take(OCTET_STRING).ok_or(KeyError::Form)?;
    let derive = |length: usize| {
        let mut key = Zeroizing::new(vec![0; length]);
        pbkdf2::derive(hash, count, salt, password.as_bytes(), &mut key);
        key
    };
    if oid == DES_EDE3_CBC {
        return triple_des(&derive(24), iv, data);
    }
    let (algorithm, length): (&Algorithm, usize) = match oid.strip_prefix(AES) {
        Some([2]) => (&AES_128, 16),
        Some([22]) => (&AES_192, 24),
        Some([42]) => (&AES_256, 32),
        _ => return Err(KeyError::Scheme),
    };
    let iv: [u8; 16] = iv.try_into().map_err(|_| KeyError::Form)?;
    let key = UnboundCipherKey::new(algorithm, &derive(length)).map_err(|_| KeyError::Scheme)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| KeyError::Scheme)?;
    let mut buffer = Zeroizing::new(data.to_vec());
    let plain = key
        .decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv)))
        .map_err(|_| KeyError::Password)?;
    Ok(Zeroizing::new(plain.to_vec()))
}

fn pkcs12(scheme: &mut Reader<'_>, data: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut parameters = scheme.sequence().ok_or(KeyError::Form)?;
    let salt = parameters.take(OCTET_STRING).ok_or(KeyError::Form)?;
    let count = rounds(parameters.small().ok_or(KeyError::Form)?)?;
    let key = pkcs12_derive(1, password, salt, count, 24);
    let iv = pkcs12_derive(2, password, salt, count, 8);
    triple_des(&key, &iv, data)
}

/// RFC 7292, B.2, with SHA-1. `purpose` is 1 for a key and 2 for a vector.
fn pkcs12_derive(purpose: u8, password: &str, salt: &[u8], count: NonZeroU32, length: usize) -> Zeroizing<Vec<u8>> {
    const BLOCK: usize = 64;
    // Two bytes a character, and two zeros at the end, which the RFC counts as part of the password.
    let wide: Zeroizing<Vec<u8>> =
        Zeroizing::new(password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect());
    let filled = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().div_ceil(BLOCK) * BLOCK;
        bytes.iter().copied().cycle().take(length).collect()
    };
    let mut input = Zeroizing::new(filled(salt));
    input.extend_from_slice(&filled(&wide));
    let mut out = Zeroizing::new(Vec::with_capacity(length + 20));
    while out.len() < length {
        let mut first = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        first.update(&[purpose; BLOCK]);
        first.update(&input);
        let mut hash = first.finish();
        for _ in 1..count.get() {
            hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, hash.as_ref());
        }
        out.extend_from_slice(hash.as_ref());
        let addend: Vec<u8> = hash.as_ref().iter().copied().cycle().take(BLOCK).collect();
        for block in input.chunks_mut(BLOCK) {
            let mut carry = 1u16;
            for (byte, add) in block.iter_mut().zip(&addend).rev() {
                let sum = u16::from(*byte) + u16::from(*add) + carry;
                *byte = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
        }
    }
    out.truncate(length);
    out
}

/// Triple DES in CBC mode with PKCS#7 padding.
fn triple_des(key: &[u8], iv: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let cipher = TdesEde3::new_from_slice(key).map_err(|_| KeyError::Scheme)?;
    let mut before: [u8; 8] = iv.try_into().map_err(|_| KeyError::Form)?;
    let (blocks, rest) = data.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(KeyError::Form);
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(data.len()));
    for block in blocks {
        let mut opened = (*block).into();
        cipher.decrypt_block(&mut opened);
        plain.extend(opened.iter().zip(before).map(|(byte, mask)| byte ^ mask));
        before = *block;
    }
    let pad = usize::from(*plain.last().ok_or(KeyError::Form)?);
    let kept = plain.len().checked_sub(pad).ok_or(KeyError::Password)?;
    if !(1..=8).contains(&pad) || plain[kept..].iter().any(|byte| usize::from(*byte) != pad) {
        return Err(KeyError::Password);
    }
    plain.truncate(kept);
    Ok(plain)
}
