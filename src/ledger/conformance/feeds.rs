//! Feeds: everything once, in order, from a mark.

use super::*;
use crate::ledger::{FeedFilter, Mark, MoneyChange, MoneyEvent};

fn filter(after: Option<Mark>, limit: usize) -> FeedFilter {
    FeedFilter {
        store_id: "store-a".into(),
        from: 0,
        until: 10_000,
        after,
        limit,
    }
}

pub(crate) async fn payments_are_read_once_in_order(ledger: &dyn Ledger) {
    // Two of one moment; one that does not stand; one of another store; one out of range.
    for (id, payment, store, at) in [
        ("t3", "p3", "store-a", 3_000),
        ("t1", "p1", "store-a", 1_000),
        ("t2", "p2", "store-a", 1_000),
        ("t4", "p4", "store-b", 1_000),
        ("t5", "p5", "store-a", 10_000),
    ] {
        let mut t = transaction(id, payment, Status::Paid);
        t.store_id = store.into();
        t.requested_at = at;
        ledger.commit(vec![insert(&t)]).await.unwrap();
    }
    let failed = transaction("t0", "p3", Status::Failed);
    ledger.commit(vec![insert(&failed)]).await.unwrap();
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let page = ledger.payments_after(&filter(after.clone(), 2)).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Mark {
            at: last.requested_at,
            id: last.id.clone(),
        });
        assert!(page.len() <= 2);
        read.extend(page.into_iter().map(|t| t.id));
    }
    assert_eq!(read, ["t1", "t2", "t3"]);
}

pub(crate) async fn changes_of_money_are_read_once_in_order(ledger: &dyn Ledger) {
    let t = transaction("t1", "p1", Status::Cancelled);
    let event = |id: &str, at, change| MoneyEvent {
        id: id.into(),
        store_id: "store-a".into(),
        transaction_id: "t1".into(),
        cancellation_id: (change != MoneyChange::Paid).then(|| id.to_owned()),
        change,
        at,
    };
    let events = [
        event("t1", 1_000, MoneyChange::Paid),
        event("c1", 2_000, MoneyChange::PartialCancelled),
        event("c2", 2_000, MoneyChange::Cancelled),
    ];
    let mut writes = vec![insert(&t)];
    writes.extend(events.iter().rev().cloned().map(Write::Money));
    ledger.commit(writes).await.unwrap();
    let all = ledger.events_after(&filter(None, 10)).await.unwrap();
    assert_eq!(all.iter().map(|(event, _)| event.clone()).collect::<Vec<_>>(), events);
    assert!(all.iter().all(|(_, of)| of.id == "t1"));
    for (at, event) in events.iter().enumerate() {
        let mark = Mark {
            at: event.at,
            id: event.id.clone(),
        };
        let behind = ledger.events_after(&filter(Some(mark), 10)).await.unwrap();
        assert_eq!(behind.len(), 2 - at, "behind {event:?}");
    }
    let twice = ledger.commit(vec![Write::Money(events[0].clone())]).await;
    assert_eq!(twice, Err(LedgerError::Duplicate), "a change happens once");
}
