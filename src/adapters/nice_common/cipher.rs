//! Encryption of card data (NICE docs: "빌키 발급", `encData`). The mode and the fixed vector are NICE's, not a choice: the
//! key as text, AES-128-ECB, or AES-256-CBC with the key's first half as vector; PKCS#7; lower-case hexadecimal.

use super::text::hex;
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

/// AES-128-ECB under the first 16 characters of a key.
pub(in crate::adapters) fn aes128_ecb(key: &str, plain: &str) -> Result<String, Unspecified> {
    let key = key.as_bytes().get(..16).ok_or(Unspecified)?;
    let key = PaddedBlockEncryptingKey::ecb_pkcs7(UnboundCipherKey::new(&AES_128, key)?)?;
    let mut data = room(plain);
    key.encrypt(&mut *data)?;
    Ok(hex(&data))
}

/// AES-256-CBC under a key of 32 characters, with its first 16 as vector.
pub(in crate::adapters) fn aes256_cbc(key: &str, plain: &str) -> Result<String, Unspecified> {
    let key = key.as_bytes();
    let iv: [u8; 16] = key.get(..16).and_then(|iv| iv.try_into().ok()).ok_or(Unspecified)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, key)?)?;
    let mut data = room(plain);
    key.less_safe_encrypt(&mut *data, EncryptionContext::Iv128(FixedLength::from(iv)))?;
    Ok(hex(&data))
}

/// The text with room for its padding, so that no copy of it is left behind by a growing buffer.
fn room(plain: &str) -> Zeroizing<Vec<u8>> {
    let mut data = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
    data.extend_from_slice(plain.as_bytes());
    data
}
