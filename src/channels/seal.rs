//! Sealing: AES-256-GCM over whatever secret must be stored (channel revisions, values kept from an approval).

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;

/// A value could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is not 32 bytes.
    #[error("the sealing key must be 32 bytes")]
    Key,
    /// Wrong key, or the stored bytes were changed.
    #[error("the sealed value cannot be opened with this key")]
    Open,
    /// The cipher refused.
    #[error("the value could not be sealed")]
    Seal,
}

/// Seals with one key; the label binds a sealed value to its place, so that it cannot be moved to another.
pub struct Sealer {
    key: RandomizedNonceKey,
    marks: hmac::Key,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(***)")
    }
}

impl Sealer {
    /// From a 32-byte key.
    ///
    /// # Errors
    /// The key has another length.
    pub fn new(key: &[u8]) -> Result<Self, SealError> {
        let sealing = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SealError::Key)?;
        // A key of its own: what marks shows nothing of what seals.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"naru marks");
        Ok(Self {
            key: sealing,
            marks: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        })
    }

    /// Seals: 12 bytes of nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// The cipher refused (never for values below 64 GiB).
    pub fn seal(&self, label: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(label.as_bytes()), &mut sealed)
            .map_err(|_| SealError::Seal)?;
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut sealed);
        Ok(out)
    }

    /// A keyed hash, by which a sealed value is found again without being opened: 32 hexadecimal digits.
    #[must_use]
    pub fn mark(&self, label: &str, plain: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.marks);
        // The length keeps label and value apart.
        context.update(&(label.len() as u64).to_be_bytes());
        context.update(label.as_bytes());
        context.update(plain);
        let tag = context.sign();
        tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Opens what [`Sealer::seal`] made under the same label.
    ///
    /// # Errors
    /// Wrong key, wrong label, or changed bytes.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Open)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Open)?;
        let mut body = body.to_vec();
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(label.as_bytes()), &mut body)
            .map_err(|_| SealError::Open)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_label_and_unchanged() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal("revision:a", b"secret").unwrap();
        assert_eq!(sealer.open("revision:a", &sealed).unwrap(), b"secret");
        assert_eq!(sealer.open("revision:b", &sealed), Err(SealError::Open));
        assert_eq!(
            Sealer::new(&[8; 32]).unwrap().open("revision:a", &sealed),
            Err(SealError::Open)
        );
        let mut changed = sealed.clone();
        changed[15] ^= 1;
        assert_eq!(sealer.open("revision:a", &changed), Err(SealError::Open));
        assert_eq!(sealer.open("revision:a", &sealed[..5]), Err(SealError::Open));
        assert_eq!(Sealer::new(&[0; 16]).err(), Some(SealError::Key));
    }

    #[test]
    fn a_mark_tells_label_value_and_key_apart() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let mark = sealer.mark("toss:mid", b"key");
        assert_eq!(mark, sealer.mark("toss:mid", b"key"));
        assert_eq!(mark.len(), 32);
        assert_ne!(mark, sealer.mark("toss:mi", b"dkey"));
        assert_ne!(mark, sealer.mark("toss:mid", b"kez"));
        assert_ne!(mark, Sealer::new(&[8; 32]).unwrap().mark("toss:mid", b"key"));
    }
}
