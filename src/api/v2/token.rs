//! Access and refresh tokens (PortOne V2, `POST /login/api-secret` and `POST /token/refresh`).
//!
//! A token is opaque to its holder: what it says and an HMAC-SHA256 over it, under a key that all routers of one
//! installation share, so that each accepts what another issued. It names its store and is bound to the API secret it
//! was issued for: a secret that is removed or expires takes its tokens along.
//!
//! Each login or refresh makes earlier refresh tokens of the same secret useless. Which one was the newest is kept in
//! memory, one entry for each secret in use, so there are two limits: after a restart, and at a router that has not
//! seen the newest one yet, an earlier refresh token works until a newer one has been used there, or its day is over.

use crate::channels::{Snapshot, Store};
use crate::payment::Millis;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Life of an access token, ms (30 minutes).
pub const ACCESS_MS: i64 = 30 * 60 * 1_000;
/// Life of a refresh token, ms (one day).
pub const REFRESH_MS: i64 = 24 * 60 * 60 * 1_000;

const TAG: usize = 16;
const NONCE: usize = 8;
const MAC: usize = 32;
/// Kind, issue time, tag of the secret, nonce; then the store id and the MAC.
const HEAD: usize = 1 + 8 + TAG + NONCE;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `Authorization: Bearer`.
    Access,
    /// `POST /token/refresh`.
    Refresh,
}

impl TokenKind {
    fn byte(self) -> u8 {
        match self {
            Self::Access => b'a',
            Self::Refresh => b'r',
        }
    }

    fn life(self) -> i64 {
        match self {
            Self::Access => ACCESS_MS,
            Self::Refresh => REFRESH_MS,
        }
    }
}

/// What login and refresh answer.
#[derive(Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenPair {
    /// For 30 minutes.
    pub access_token: String,
    /// For a day, or until the next login or refresh.
    pub refresh_token: String,
}

type Tag = [u8; TAG];
/// Issue time and nonce of the newest refresh token of a secret.
type Newest = (Millis, [u8; NONCE]);

/// Issues and checks tokens.
pub struct Tokens {
    key: hmac::Key,
    newest: Mutex<HashMap<Tag, Newest>>,
}

struct Read {
    store: Arc<Store>,
    tag: Tag,
    issued: Millis,
    nonce: [u8; NONCE],
}

impl Tokens {
    /// With the installation's key.
    #[must_use]
    pub fn new(key: hmac::Key) -> Self {
        Self {
            key,
            newest: Mutex::default(),
        }
    }

    /// Logs in with an API secret.
    #[must_use]
    pub fn login(&self, snapshot: &Snapshot, secret: &str, now: Millis) -> Option<TokenPair> {
        let store = snapshot.store_by_secret(secret, now)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
        let tag = self.tag(digest.as_ref());
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        Some(self.issue(&mut newest, &store.id, tag, now))
    }

    /// Trades a refresh token for a new pair; it works once.
    #[must_use]
    pub fn refresh(&self, snapshot: &Snapshot, token: &str, now: Millis) -> Option<TokenPair> {
        let read = self.read(snapshot, token, TokenKind::Refresh, now)?;
        // Checked and replaced under one lock: of two refreshes with the same token one wins.
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let superseded = newest
            .get(&read.tag)
            .is_some_and(|(issued, nonce)| *issued >= read.issued && *nonce != read.nonce);
        if superseded {
            return None;
        }
        Some(self.issue(&mut newest, &read.store.id, read.tag, now.max(read.issued + 1)))
    }

    /// The store of an access token.
    #[must_use]
    pub fn store(&self, snapshot: &Snapshot, token: &str, now: Millis) -> Option<Arc<Store>> {
        self.read(snapshot, token, TokenKind::Access, now)
            .map(|read| read.store)
    }

    fn issue(&self, newest: &mut HashMap<Tag, Newest>, store_id: &str, tag: Tag, now: Millis) -> TokenPair {
        if newest.len() >= 1_024 {
            newest.retain(|_, (issued, _)| *issued + REFRESH_MS > now);
        }
        // Strictly newer than what came before, even within one millisecond.
        let issued = newest.get(&tag).map_or(now, |(before, _)| now.max(before + 1));
        let mut nonce = [0; NONCE];
        let random = uuid::Uuid::new_v4();
        nonce
            .iter_mut()
            .zip(random.as_bytes())
            .for_each(|(to, from)| *to = *from);
        newest.insert(tag, (issued, nonce));
        TokenPair {
            access_token: self.write(TokenKind::Access, issued, tag, nonce, store_id),
            refresh_token: self.write(TokenKind::Refresh, issued, tag, nonce, store_id),
        }
    }

    fn write(&self, kind: TokenKind, issued: Millis, tag: Tag, nonce: [u8; NONCE], store_id: &str) -> String {
        let mut bytes = Vec::with_capacity(HEAD + store_id.len() + MAC);
        bytes.push(kind.byte());
        bytes.extend_from_slice(&issued.to_be_bytes());
        bytes.extend_from_slice(&tag);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(store_id.as_bytes());
        let mac = hmac::sign(&self.key, &bytes);
        bytes.extend_from_slice(mac.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(&self, snapshot: &Snapshot, token: &str, kind: TokenKind, now: Millis) -> Option<Read> {
        if token.len() > super::limits::SECRET {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, mac) = bytes.split_last_chunk::<MAC>()?;
        hmac::verify(&self.key, said, mac).ok()?;
        let (first, rest) = said.split_first()?;
        let (issued, rest) = rest.split_first_chunk::<8>()?;
        let (tag, rest) = rest.split_first_chunk::<TAG>()?;
        let (nonce, store_id) = rest.split_first_chunk::<NONCE>()?;
        let issued = i64::from_be_bytes(*issued);
        if *first != kind.byte() || now >= issued.saturating_add(kind.life()) {
            return None;
        }
        let store = snapshot.stores.get(std::str::from_utf8(store_id).ok()?)?;
        let live = store
            .secrets
            .iter()
            .any(|s| s.expires_at.is_none_or(|at| now < at) && self.tag(&s.sha256) == *tag);
        live.then(|| Read {
            store: Arc::clone(store),
            tag: *tag,
            issued,
            nonce: *nonce,
        })
    }

    /// Stands for an API secret in a token without telling its hash.
    fn tag(&self, sha256: &[u8]) -> Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"secret");
        context.update(sha256);
        let mac = context.sign();
        let mut tag = [0; TAG];
        tag.iter_mut().zip(mac.as_ref()).for_each(|(to, from)| *to = *from);
        tag
    }
}
