//! Leases of intents, and idempotency keys.

use super::*;
use crate::ledger::{Idempotency, StoredAnswer};
use futures_util::future::join_all;
use std::collections::HashSet;

async fn fill(ledger: &dyn Ledger, count: usize) {
    for n in 0..count {
        let t = transaction(&format!("t{n}"), &format!("p{n}"), Status::Approving);
        let mut i = intent(&format!("i{n}"), &t.id);
        i.next_at = 1_000 + i64::try_from(n).unwrap();
        i.lease_until = 0;
        i.lease_owner.clear();
        i.state = IntentState::Unknown;
        ledger.commit(vec![insert(&t), opened(&i)]).await.unwrap();
    }
}

fn ids(intents: &[Intent]) -> Vec<&str> {
    intents.iter().map(|i| i.id.as_str()).collect()
}

pub(crate) async fn due_intents_are_leased_once(ledger: &dyn Ledger) {
    fill(ledger, 5).await;
    assert_eq!(ledger.lease_due("a", 999, 5_000, 10).await.unwrap(), vec![]);
    let first = ledger.lease_due("a", 1_003, 5_000, 2).await.unwrap();
    assert_eq!(ids(&first), ["i0", "i1"], "the longest due first");
    assert_eq!((first[0].lease_owner.as_str(), first[0].lease_until), ("a", 5_000));
    assert_eq!(
        ledger.open_intent("t0").await.unwrap().as_ref(),
        Some(&first[0]),
        "what was answered is what is stored"
    );
    assert_eq!(
        ids(&ledger.lease_due("b", 1_003, 5_000, 10).await.unwrap()),
        ["i2", "i3"]
    );
    assert_eq!(ledger.lease_due("b", 1_003, 5_000, 10).await.unwrap(), vec![]);
    // Put off, and handed to a person.
    let mut later = first[0].clone();
    later.next_at = 9_000;
    later.lease_until = 0;
    later.attempts += 1;
    later.state = IntentState::Operator;
    later.last_error = None;
    ledger
        .commit(vec![Write::Reschedule(Box::new(later.clone()))])
        .await
        .unwrap();
    assert_eq!(ledger.open_intent("t0").await.unwrap(), Some(later));
    assert_eq!(ids(&ledger.lease_due("b", 4_000, 6_000, 10).await.unwrap()), ["i4"]);
}

pub(crate) async fn racing_owners_never_share_an_intent(ledger: &dyn Ledger) {
    fill(ledger, 30).await;
    let owners: Vec<String> = (0..12).map(|n| format!("router-{n}")).collect();
    let leases = join_all(owners.iter().map(|owner| ledger.lease_due(owner, 2_000, 9_000, 4))).await;
    let mut seen = HashSet::new();
    for (owner, leased) in owners.iter().zip(leases) {
        for intent in leased.unwrap() {
            assert_eq!(&intent.lease_owner, owner);
            assert!(seen.insert(intent.id.clone()), "{} was leased twice", intent.id);
        }
    }
    assert_eq!(seen.len(), 30, "all were leased");
}

pub(crate) async fn a_lease_ends(ledger: &dyn Ledger) {
    fill(ledger, 1).await;
    assert_eq!(ledger.lease_due("a", 2_000, 3_000, 9).await.unwrap().len(), 1);
    assert_eq!(ledger.lease_due("b", 2_999, 4_000, 9).await.unwrap().len(), 0);
    let taken = ledger.lease_due("b", 3_000, 4_000, 9).await.unwrap();
    assert_eq!(taken[0].lease_owner, "b");
    assert_eq!(
        taken[0].last_call_at, 3_000,
        "a's call may have run to the end of its lease"
    );
    assert_eq!(ledger.open_intent("t0").await.unwrap().as_ref(), Some(&taken[0]));
}

pub(crate) async fn release_makes_open_calls_unknown(ledger: &dyn Ledger) {
    for (n, (owner, state)) in [
        ("a", IntentState::Open),
        ("a", IntentState::Unknown),
        ("b", IntentState::Open),
        ("a", IntentState::Operator),
    ]
    .into_iter()
    .enumerate()
    {
        let t = transaction(&format!("t{n}"), &format!("p{n}"), Status::Approving);
        let mut i = intent(&format!("i{n}"), &t.id);
        owner.clone_into(&mut i.lease_owner);
        i.state = state;
        i.next_at = 50_000;
        i.lease_until = 90_000;
        ledger.commit(vec![insert(&t), opened(&i)]).await.unwrap();
    }
    assert_eq!(ledger.unknown_open().await.unwrap(), 2);
    assert_eq!(ledger.release("a", 10_000).await.unwrap(), 3);
    assert_eq!(ledger.unknown_open().await.unwrap(), 3);
    let died = ledger.open_intent("t0").await.unwrap().unwrap();
    assert_eq!(
        (died.state, died.next_at, died.lease_until),
        (IntentState::Unknown, 10_000, 0)
    );
    assert_eq!(died.lease_owner, "");
    assert_eq!(
        died.last_call_at, 10_000,
        "its call ran until the router died, at the latest now"
    );
    let waits = ledger.open_intent("t3").await.unwrap().unwrap();
    assert_eq!((waits.state, waits.next_at), (IntentState::Operator, 50_000));
    let other = ledger.open_intent("t2").await.unwrap().unwrap();
    assert_eq!((other.state, other.lease_owner.as_str()), (IntentState::Open, "b"));
    assert_eq!(ids(&ledger.lease_due("c", 10_000, 20_000, 9).await.unwrap()), ["i0"]);
    assert_eq!(ledger.release("a", 10_000).await.unwrap(), 0);
}

fn answer(body: &str) -> StoredAnswer {
    StoredAnswer {
        status: 200,
        body: body.into(),
    }
}

pub(crate) async fn an_idempotency_key_has_one_first_request(ledger: &dyn Ledger) {
    let begin = |scope, fingerprint| ledger.idempotency_begin(scope, "key", fingerprint, 1_000, 10_000, 10_000);
    assert_eq!(begin("s1", "f").await.unwrap(), Idempotency::First);
    assert_eq!(begin("s1", "f").await.unwrap(), Idempotency::Running);
    assert_eq!(begin("s1", "g").await.unwrap(), Idempotency::Other);
    assert_eq!(
        begin("s2", "g").await.unwrap(),
        Idempotency::First,
        "keys are the caller's own"
    );
    ledger
        .idempotency_end("s1", "key", Some(answer("{\"a\":1}")))
        .await
        .unwrap();
    assert_eq!(begin("s1", "f").await.unwrap(), Idempotency::Done(answer("{\"a\":1}")));
    assert_eq!(begin("s1", "g").await.unwrap(), Idempotency::Other);
    assert_eq!(begin("s2", "g").await.unwrap(), Idempotency::Running);
    ledger.idempotency_end("s2", "key", None).await.unwrap();
    assert_eq!(
        begin("s2", "h").await.unwrap(),
        Idempotency::First,
        "nothing happened: the key is free"
    );
}

pub(crate) async fn a_key_is_free_again_after_its_time(ledger: &dyn Ledger) {
    for n in 0..6 {
        let key = format!("key-{n}");
        let begun = ledger.idempotency_begin("s", &key, "f", 1_000, 500, 500).await.unwrap();
        assert_eq!(begun, Idempotency::First);
        ledger.idempotency_end("s", &key, Some(answer("{}"))).await.unwrap();
    }
    let at = |now| ledger.idempotency_begin("s", "key-5", "g", now, 500, 500);
    assert_eq!(at(1_500).await.unwrap(), Idempotency::Other, "kept to the last moment");
    assert_eq!(at(1_501).await.unwrap(), Idempotency::First);
    assert_eq!(at(1_502).await.unwrap(), Idempotency::Running, "the old answer is gone");
}

pub(crate) async fn racing_requests_have_one_first(ledger: &dyn Ledger) {
    let requests = (0..30).map(|_| ledger.idempotency_begin("s", "k", "f", 1, 1_000, 1_000));
    let found = join_all(requests).await;
    let first = found.iter().filter(|f| **f == Ok(Idempotency::First)).count();
    let running = found.iter().filter(|f| **f == Ok(Idempotency::Running)).count();
    assert_eq!((first, running), (1, 29));
}

/// A router that died in the middle of a request does not hold its key for long; the same request takes it over.
pub(crate) async fn idempotency_take_over(ledger: &dyn Ledger) {
    let at = |now, fingerprint| ledger.idempotency_begin("s", "over", fingerprint, now, 100_000, 500);
    assert_eq!(at(1_000, "f").await.unwrap(), Idempotency::First);
    assert_eq!(at(1_500, "f").await.unwrap(), Idempotency::Running);
    assert_eq!(at(1_501, "g").await.unwrap(), Idempotency::Other);
    assert_eq!(at(1_501, "f").await.unwrap(), Idempotency::First);
    assert_eq!(at(1_502, "f").await.unwrap(), Idempotency::Running);
}

pub(crate) async fn a_case_is_taken_by_one_person(ledger: &dyn Ledger) {
    fill(ledger, 3).await;
    let running = transaction("running", "p-running", Status::Approving);
    let mut open = intent("i-running", &running.id);
    open.next_at = 99_000;
    open.state = IntentState::Open;
    ledger.commit(vec![insert(&running), opened(&open)]).await.unwrap();
    assert_eq!(
        ids(&ledger.unsettled(10).await.unwrap()),
        ["i0", "i1", "i2"],
        "a running call is no case"
    );
    assert_eq!(ids(&ledger.unsettled(2).await.unwrap()), ["i0", "i1"]);
    // Due or not.
    let taken = ledger.lease_case("i1", "a", 500, 5_000).await.unwrap().unwrap();
    assert_eq!(
        (taken.id.as_str(), taken.lease_owner.as_str(), taken.lease_until),
        ("i1", "a", 5_000)
    );
    assert_eq!(ledger.open_intent("t1").await.unwrap(), Some(taken.clone()));
    assert_eq!(
        ledger.lease_case("i1", "b", 4_999, 9_000).await.unwrap(),
        None,
        "another works on it"
    );
    assert_eq!(
        ids(&ledger.lease_due("b", 2_000, 5_000, 10).await.unwrap()),
        ["i0", "i2"]
    );
    assert_eq!(
        ledger.lease_case("i0", "a", 2_000, 9_000).await.unwrap(),
        None,
        "recovery works on it"
    );
    assert_eq!(ledger.lease_case("i-running", "a", 9_000, 9_999).await.unwrap(), None);
    assert_eq!(ledger.lease_case("nobody", "a", 9_000, 9_999).await.unwrap(), None);
    ledger.commit(vec![Write::Close { id: taken.id }]).await.unwrap();
    assert_eq!(ids(&ledger.unsettled(10).await.unwrap()), ["i0", "i2"]);
}
