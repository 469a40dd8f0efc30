//! `kcp_sign_data`: RSASSA-PKCS1-v1_5 with SHA-256 over values joined by `^`, in base64.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Whether `signature` is the key's (SubjectPublicKeyInfo, DER) over these parts.
pub(super) fn verify(key: &[u8], parts: &[&str], signature: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(signature) else {
        return false;
    };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(parts.join("^").as_bytes(), &bytes)
        .is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::certificate::Certificate;
    use super::*;

    #[test]
    fn known_signatures_are_right_for_their_text_alone() {
        let key = Certificate::from_pem(include_str!("keys/KCP_AUTH_T0000_CERT.txt"))
            .unwrap()
            .key;
        let vectors: Vec<(&str, &str)> = include_str!("tests/vectors.txt")
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .collect();
        assert_eq!(vectors.len(), 5);
        for (text, signature) in &vectors {
            let parts: Vec<&str> = text.split('^').collect();
            assert!(verify(&key, &parts, signature), "{text}");
            assert!(!verify(&key, &[text, "x"], signature), "{text}");
            let mut broken = (*signature).to_owned();
            broken.replace_range(10..11, if broken.as_bytes()[10] == b'A' { "B" } else { "A" });
            assert!(!verify(&key, &parts, &broken), "{text}");
            assert!(!verify(&key, &parts, &signature[..343]), "{text}");
        }
        let (first, second) = (vectors[0], vectors[1]);
        assert!(!verify(&key, &first.0.split('^').collect::<Vec<_>>(), second.1));
        assert!(!verify(b"no key", &["a"], first.1));
    }
}
