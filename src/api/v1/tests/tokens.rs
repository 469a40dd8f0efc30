//! Tokens: shared, extended, bound to their key pair, read in all four places.

use super::request;
use crate::api::v1::auth::{authenticate, no_tier};
use crate::api::v1::token::{EXTENSION, Issued, LAST, SLOT, Tokens};
use crate::channels::{Snapshot, Store, V1Key, V1Store};
use aws_lc_rs::{digest, hmac};
use http::Method;
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;

const NOW: i64 = 1_767_225_600_000;
const SECRET: &str = "self-made-v1-secret";

fn tokens(byte: u8) -> Tokens {
    Tokens::new(hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]))
}

fn snapshot(secret: &str, expires_at: Option<i64>) -> Snapshot {
    let sha256 = digest::digest(&digest::SHA256, secret.as_bytes());
    let store = Arc::new(Store {
        id: "store-1".into(),
        merchant_id: "m".into(),
        name: "n".into(),
        secrets: Vec::new(),
        webhooks: Vec::new(),
        v1: Some(V1Store {
            user_code: None,
            keys: vec![V1Key {
                key: "key-1".into(),
                sha256: sha256.as_ref().try_into().unwrap(),
                expires_at,
            }],
            default_channel: None,
            include_sandbox: false,
            cancel_webhooks: false,
        }),
        profiles: Vec::new(),
    });
    Snapshot {
        version: 1,
        hash: String::new(),
        loaded_at: 0,
        stores: HashMap::from([("store-1".to_owned(), Arc::clone(&store))]),
        secrets: HashMap::new(),
        v1_keys: HashMap::from([("key-1".to_owned(), store)]),
        channels: HashMap::new(),
        groups: HashMap::new(),
    }
}

fn issue(tokens: &Tokens, now: i64) -> Issued {
    let secret = SecretString::from(SECRET.to_owned());
    tokens.issue(&snapshot(SECRET, None), "key-1", &secret, now).unwrap()
}

#[test]
fn the_same_token_until_it_ends_from_every_router() {
    let first = issue(&tokens(7), NOW);
    assert_eq!(first.now, NOW / 1_000);
    let end = first.expired_at * 1_000;
    let later = issue(&tokens(7), end - LAST * 1_000);
    assert_eq!(
        (&later.access_token, later.expired_at),
        (&first.access_token, first.expired_at)
    );
    // In the last minute the same one lives longer, once.
    for before in [(LAST - 1) * 1_000, 1] {
        let extended = issue(&tokens(7), end - before);
        assert_eq!(extended.access_token, first.access_token);
        assert_eq!(extended.expired_at, first.expired_at + EXTENSION);
    }
    let next = issue(&tokens(7), end);
    assert_ne!(next.access_token, first.access_token);
    assert_eq!(next.expired_at, first.expired_at + SLOT);
    // The old one works as long as anybody was told so.
    let good = |token: &str, at| tokens(7).store(&snapshot(SECRET, None), token, at).is_some();
    assert!(good(&first.access_token, end + EXTENSION * 1_000 - 1));
    assert!(!good(&first.access_token, end + EXTENSION * 1_000));
    assert!(!good(&next.access_token, end - 1_000), "a token of the future");
}

#[test]
fn ends_with_its_key_pair() {
    let token = issue(&tokens(7), NOW).access_token;
    let good = |tokens: &Tokens, snapshot: &Snapshot| tokens.store(snapshot, &token, NOW).is_some();
    assert!(good(&tokens(7), &snapshot(SECRET, Some(NOW + 1))));
    assert!(!good(&tokens(7), &snapshot(SECRET, Some(NOW))), "expired");
    assert!(!good(&tokens(7), &snapshot("another secret", None)), "changed");
    assert!(!good(&tokens(8), &snapshot(SECRET, None)), "another installation");
    let wrong = |key: &str, secret: &str| {
        let secret = SecretString::from(secret.to_owned());
        tokens(7).issue(&snapshot(SECRET, None), key, &secret, NOW).is_none()
    };
    assert!(wrong("key-1", "wrong") && wrong("key-2", SECRET) && wrong("", ""));
}

#[test]
fn is_taken_wherever_clients_put_it() {
    let (tokens, snapshot) = (tokens(7), snapshot(SECRET, None));
    let token = issue(&tokens, NOW).access_token;
    let (bearer, odd) = (format!("Bearer {token}"), format!("bEARER   {token} "));
    let query = format!("/payments/imp_1?_token={token}");
    for (target, headers) in [
        ("/a", vec![("authorization", token.as_str())]),
        ("/a", vec![("authorization", bearer.as_str())]),
        ("/a", vec![("authorization", odd.as_str())]),
        ("/a", vec![("x-imptokenheader", token.as_str())]),
        (query.as_str(), vec![]),
    ] {
        let request = request(Method::GET, target, &headers, "");
        let store = authenticate(&request, &snapshot, &tokens, NOW);
        assert_eq!(store.unwrap().id, "store-1", "{headers:?}");
    }
    for headers in [
        vec![],
        vec![("authorization", "")],
        vec![("authorization", "Bearer")],
        vec![("authorization", "Bearer x")],
        vec![("authorization", SECRET)],
    ] {
        let refused = authenticate(&request(Method::GET, "/a", &headers, ""), &snapshot, &tokens, NOW);
        let refused = refused.expect_err("refused");
        assert_eq!(
            (refused.status().as_u16(), refused.code(), refused.message()),
            (401, -1, "Unauthorized")
        );
    }
    let mut cut = token;
    cut.pop();
    assert!(tokens.store(&snapshot, &cut, NOW).is_none());
}

#[test]
fn a_sub_merchant_is_not_the_store() {
    assert!(no_tier(&request(Method::GET, "/a", &[("tier", "")], "")).is_ok());
    let refused = no_tier(&request(Method::GET, "/a", &[("tier", "ABC")], "")).expect_err("refused");
    assert_eq!(refused.status().as_u16(), 404);
}
