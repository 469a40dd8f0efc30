#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::payment::{FailureKind, Platform};
use proptest::prelude::*;
use serde_json::json;

/// A key of channels `c0`, `c1`, …, none started.
pub(crate) fn sample(id: &str, parts: usize) -> BillingKey {
    BillingKey {
        id: id.into(),
        store_id: "store-a".into(),
        version: 0,
        method_kind: MethodKind::Card,
        group: None,
        parts: (0..parts)
            .map(|n| KeyPart {
                channel: ChannelRef {
                    key: format!("c{n}"),
                    revision: format!("r{n}"),
                    provider: "toss".into(),
                    pg_provider: "TOSSPAYMENTS".into(),
                    live: false,
                    mid: format!("mid{n}"),
                    name: "Toss".into(),
                    reason: "channelKey".into(),
                },
                status: PartStatus::Ready,
                order_id: format!("order-{id}-{n}"),
                customer_key: "0b5f1f8e-3f0f-4b62-9a55-6d1b5a0f2c11".into(),
                sealed: None,
                mark: None,
                method: None,
                pg_tx_id: None,
                pg_response: None,
                failure: None,
                failed_at: None,
            })
            .collect(),
        customer: json!({"id": "buyer-1", "name": "김나루"}),
        custom_data: None,
        issue_id: None,
        issue_name: None,
        extras: serde_json::Map::new(),
        origin: Origin {
            platform: Platform::Api,
            user_agent: None,
            url: None,
            ip_address: "127.0.0.1".into(),
        },
        requested_at: 1_000,
        updated_at: 1_000,
        status_changed_at: 1_000,
        issued_at: None,
        deleted_at: None,
    }
}

fn issued() -> KeyEvent {
    KeyEvent::Issued(Box::new(PartIssued {
        sealed: json!({"sealed": "AAAA"}),
        mark: "0123456789abcdef0123456789abcdef".into(),
        method: None,
        pg_tx_id: None,
        raw: None,
        issued_at: Some(2_000),
    }))
}

fn failure() -> Failure {
    Failure::new(FailureKind::InvalidCard, "X", "y")
}

fn all_events() -> Vec<KeyEvent> {
    vec![
        KeyEvent::IssueStarted,
        issued(),
        KeyEvent::IssueFailed(failure()),
        KeyEvent::DeleteStarted,
        KeyEvent::Deleted(None),
        KeyEvent::DeleteFailed(failure()),
    ]
}

#[test]
fn the_life_of_a_key() {
    let mut key = sample("k", 1);
    assert_eq!(key.status(), KeyStatus::Ready);
    key.apply("c0", &KeyEvent::IssueStarted, 1_500).unwrap();
    assert_eq!((key.status(), key.is_settled()), (KeyStatus::Issuing, false));
    key.apply("c0", &issued(), 2_500).unwrap();
    assert_eq!(
        (key.status(), key.issued_at, key.is_settled()),
        (KeyStatus::Issued, Some(2_000), true)
    );
    key.apply("c0", &KeyEvent::DeleteStarted, 3_000).unwrap();
    assert_eq!((key.status(), key.is_settled()), (KeyStatus::Issued, false));
    key.apply("c0", &KeyEvent::DeleteFailed(failure()), 3_100).unwrap();
    assert_eq!(key.parts[0].status, PartStatus::Issued);
    key.apply("c0", &KeyEvent::DeleteStarted, 3_200).unwrap();
    key.apply("c0", &KeyEvent::Deleted(None), 3_300).unwrap();
    assert_eq!((key.status(), key.deleted_at), (KeyStatus::Deleted, Some(3_300)));
    assert_eq!(key.parts[0].sealed, None, "nothing is left to charge");
    assert_eq!(key.version, 7 - 1);
}

#[test]
fn a_group_key_stands_as_long_as_one_part_does() {
    let mut key = sample("k", 3);
    for n in 0..3 {
        key.apply(&format!("c{n}"), &KeyEvent::IssueStarted, 1).unwrap();
    }
    key.apply("c0", &KeyEvent::IssueFailed(failure()), 2).unwrap();
    assert_eq!(key.status(), KeyStatus::Issuing);
    key.apply("c1", &issued(), 3).unwrap();
    assert_eq!((key.status(), key.is_settled()), (KeyStatus::Issued, false));
    key.apply("c2", &KeyEvent::IssueFailed(failure()), 4).unwrap();
    assert!(key.is_settled());
    // Late truth wins over a failure.
    key.apply("c2", &issued(), 5).unwrap();
    assert_eq!(key.parts[2].failure, None);
    key.apply("c1", &KeyEvent::Deleted(None), 6).unwrap();
    assert_eq!(key.status(), KeyStatus::Issued, "c2 still stands");
}

#[test]
fn an_event_for_a_channel_that_has_no_part_is_refused() {
    let error = sample("k", 1).apply("other", &issued(), 1).unwrap_err();
    assert_eq!(error.from, None);
}

proptest! {
    /// Whatever happens in whatever order: a sealed key is there exactly while a part is issued or being deleted, a
    /// deleted part never comes back, refused events change nothing, and each applied one is counted.
    #[test]
    fn no_order_of_events_breaks_a_key(
        parts in 1usize..4,
        steps in prop::collection::vec((0usize..4, 0usize..6), 0..40),
    ) {
        let events = all_events();
        let mut key = sample("k", parts);
        let mut applied = 0;
        for (at, (part, event)) in steps.into_iter().enumerate() {
            let before = key.clone();
            let channel = format!("c{part}");
            match key.apply(&channel, &events[event], 10_000 + at as i64) {
                Ok(()) => applied += 1,
                Err(_) => prop_assert_eq!(&key, &before),
            }
            for (was, is) in before.parts.iter().zip(&key.parts) {
                prop_assert!(was.status != PartStatus::Deleted || is.status == PartStatus::Deleted);
                let holds = matches!(is.status, PartStatus::Issued | PartStatus::Deleting);
                prop_assert_eq!(is.sealed.is_some(), holds);
            }
            prop_assert_eq!(key.version, applied);
            if key.status() == KeyStatus::Issued {
                prop_assert!(key.issued_at.is_some());
            }
            if key.status() == KeyStatus::Deleted {
                prop_assert!(key.deleted_at.is_some() && key.issued_at.is_some());
            }
            prop_assert!(key.status_changed_at <= key.updated_at);
        }
    }
}
