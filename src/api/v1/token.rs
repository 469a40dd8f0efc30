//! Access tokens (PortOne V1, `POST /users/getToken`).
//!
//! Asking again gives the same token until it ends, so that many servers of a merchant can share it; in its last minute
//! the same token lives five minutes longer. Nothing is stored for that: time is cut into slots of 30 minutes, each key
//! pair's beginning at a moment of its own, and a token is the slot's number, the `imp_key` and an HMAC-SHA256 over both
//! and the secret's hash. So every router of an installation issues the same one, a restart changes nothing, and a key
//! pair that is removed or expires takes its token along. A token is issued for what is left of its slot: one minute to
//! 30, then five more.

use crate::channels::{Snapshot, Store, V1Key};
use crate::payment::Millis;
use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::sync::Arc;

/// Length of a slot, seconds.
pub const SLOT: i64 = 30 * 60;
/// Left of a slot when its token is extended, seconds.
pub const LAST: i64 = 60;
/// By how much, seconds.
pub const EXTENSION: i64 = 5 * 60;
/// Longest token, bytes.
const TOKEN_MAX: usize = 512;
const MAC: usize = 32;

/// PortOne V1 `AuthAnnotation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issued {
    /// Token.
    pub access_token: String,
    /// The router's clock, UNIX seconds, so that clients need not trust their own.
    pub now: i64,
    /// When it ends, UNIX seconds.
    pub expired_at: i64,
}

/// Issues and checks tokens.
pub struct Tokens {
    key: hmac::Key,
}

fn live(key: &V1Key, now: Millis) -> bool {
    key.expires_at.is_none_or(|at| now < at)
}

fn pair<'s>(store: &'s Store, imp_key: &str, now: Millis) -> Option<&'s V1Key> {
    let keys = &store.v1.as_ref()?.keys;
    keys.iter().find(|pair| pair.key == imp_key && live(pair, now))
}

impl Tokens {
    /// With the installation's key.
    #[must_use]
    pub fn new(key: hmac::Key) -> Self {
        Self { key }
    }

    /// The current token of a key pair; `None` if the pair is wrong.
    #[must_use]
    pub fn issue(&self, snapshot: &Snapshot, imp_key: &str, secret: &SecretString, now: Millis) -> Option<Issued> {
        let store = snapshot.v1_keys.get(imp_key)?;
        let pair = pair(store, imp_key, now)?;
        let given = digest::digest(&digest::SHA256, secret.expose_secret().as_bytes());
        constant_time::verify_slices_are_equal(given.as_ref(), &pair.sha256).ok()?;
        let seconds = now.div_euclid(1_000);
        let offset = self.offset(pair);
        let slot = (seconds - offset).div_euclid(SLOT);
        let end = (slot + 1) * SLOT + offset;
        Some(Issued {
            access_token: self.write(slot, pair),
            now: seconds,
            expired_at: if end - seconds < LAST { end + EXTENSION } else { end },
        })
    }

    /// The store that a token speaks for.
    #[must_use]
    pub fn store(&self, snapshot: &Snapshot, token: &str, now: Millis) -> Option<Arc<Store>> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, mac) = bytes.split_last_chunk::<MAC>()?;
        let (slot, imp_key) = said.split_first_chunk::<8>()?;
        let (slot, imp_key) = (i64::from_be_bytes(*slot), std::str::from_utf8(imp_key).ok()?);
        let store = snapshot.v1_keys.get(imp_key)?;
        let pair = pair(store, imp_key, now)?;
        hmac::verify(&self.key, &signed(slot, pair), mac).ok()?;
        // Signed by us, so the slot is one that we issued; the sums cannot overflow.
        let offset = self.offset(pair);
        let seconds = now.div_euclid(1_000);
        let begins = slot * SLOT + offset;
        (begins <= seconds && seconds < begins + SLOT + EXTENSION).then(|| Arc::clone(store))
    }

    fn write(&self, slot: i64, pair: &V1Key) -> String {
        let mut bytes = slot.to_be_bytes().to_vec();
        bytes.extend_from_slice(pair.key.as_bytes());
        let mac = hmac::sign(&self.key, &signed(slot, pair));
        bytes.extend_from_slice(mac.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// When a pair's slots begin: not all at the same second.
    fn offset(&self, pair: &V1Key) -> i64 {
        let mac = hmac::sign(&self.key, &[b"offset".as_slice(), pair.key.as_bytes()].concat());
        let number = mac
            .as_ref()
            .iter()
            .take(4)
            .fold(0, |n, byte| (n << 8) | i64::from(*byte));
        number % SLOT
    }
}

fn signed(slot: i64, pair: &V1Key) -> Vec<u8> {
    let slot = slot.to_be_bytes();
    [b"token".as_slice(), &slot, &pair.sha256, pair.key.as_bytes()].concat()
}
