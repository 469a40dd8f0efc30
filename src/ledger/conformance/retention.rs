//! Old records go, what waits and what is money stays.

use super::{hook, insert, line, transaction};
use crate::ledger::{
    Before, Delivery, DeliveryState, DeliveryTry, Ledger, NoticeFilter, NoticeRow, NoticeState, Pruned, Records, Write,
};
use crate::payment::Status;

fn delivery(n: usize, at: i64) -> Delivery {
    Delivery {
        id: format!("w{n}"),
        event_id: format!("w{n}"),
        lane: "l".into(),
        url: "https://shop.example/".into(),
        named_by_payment: false,
        store_id: "store-a".into(),
        payment_id: "p1".into(),
        transaction_id: "t1".into(),
        event: "Transaction.Paid".into(),
        cancellation_id: None,
        created_at: at,
        live: false,
        trigger: None,
        ordered: false,
        state: DeliveryState::Pending,
        attempts: 0,
        base: 0,
        tries: 6,
        resends: 0,
        next_at: at,
        last_error: None,
    }
}

/// Events w0 to w5 of 100 ms to 600 ms, each with a delivery that ended as told, and a try.
async fn ended(ledger: &impl Ledger, states: &[DeliveryState]) {
    let t = transaction("t1", "p1", Status::Paid);
    ledger
        .commit(vec![insert(&t), Write::Journal(line("t1", "answer"))])
        .await
        .unwrap();
    for (n, state) in states.iter().enumerate() {
        let at = (i64::try_from(n).unwrap() + 1) * 100;
        let mut row = hook(&format!("w{n}"), &t);
        (row.store_id, row.created_at) = ("store-a".into(), at);
        ledger.commit(vec![Write::Outbox(row)]).await.unwrap();
        let mut made = delivery(n, at);
        ledger
            .expand(vec![(made.event_id.clone(), vec![made.clone()])])
            .await
            .unwrap();
        if *state == DeliveryState::Pending {
            continue;
        }
        (made.state, made.attempts) = (*state, 1);
        let log = DeliveryTry {
            delivery_id: made.id.clone(),
            attempt: 1,
            ..DeliveryTry::default()
        };
        ledger.tried(made, Some(log)).await.unwrap();
    }
}

async fn walk(ledger: &impl Ledger, records: Records, before: Before, step: usize) -> u64 {
    let (mut removed, mut after) = (0, String::new());
    loop {
        let Pruned { removed: gone, next } = ledger.prune(records, &after, before, step).await.unwrap();
        removed += gone;
        match next {
            Some(next) => after = next,
            None => return removed,
        }
    }
}

async fn left(ledger: &impl Ledger) -> Vec<String> {
    let sent = ledger.deliveries_of("store-a", "p1").await.unwrap();
    sent.into_iter().map(|(d, _)| d.id).collect()
}

pub(crate) async fn ended_deliveries_go_with_their_tries(ledger: &impl Ledger) {
    use DeliveryState::{Dead, Delivered, Pending};
    ended(ledger, &[Delivered, Dead, Pending, Delivered, Delivered, Delivered]).await;
    // The fourth is resent while it is old: it waits, and stays.
    assert!(ledger.resend("w3", 700, 10).await.unwrap());
    let none = Before::default();
    let done = Before {
        done: Some(500),
        dead: None,
    };
    for records in Records::ALL {
        assert_eq!(walk(ledger, records, none, 2).await, 0, "kept for ever");
    }
    assert_eq!(
        walk(ledger, Records::Events, done, 2).await,
        0,
        "a delivery keeps its event"
    );
    assert_eq!(walk(ledger, Records::Deliveries, done, 2).await, 1);
    assert_eq!(left(ledger).await, ["w1", "w2", "w3", "w4", "w5"]);
    assert!(ledger.tries("w0").await.unwrap().is_empty());
    assert_eq!(ledger.tries("w1").await.unwrap().len(), 1);
    assert_eq!(walk(ledger, Records::Events, done, 2).await, 1);
    assert!(
        !ledger.resend("w0", 700, 10).await.unwrap(),
        "what is gone cannot be resent"
    );
    // A given-up one is kept longer, and can be replayed as long as it is.
    let replayed = ledger.replay(&crate::ledger::DeliveryFilter::default(), 700, 6).await;
    assert_eq!(replayed.unwrap(), 1);
    let all = Before {
        done: Some(1_000),
        dead: Some(1_000),
    };
    assert_eq!(walk(ledger, Records::Deliveries, all, 200).await, 2);
    assert_eq!(left(ledger).await, ["w1", "w2", "w3"], "what waits has no age");
    assert_eq!(walk(ledger, Records::Deliveries, all, 200).await, 0);
    // Money and its journal are as they were.
    assert!(ledger.transaction("t1").await.unwrap().is_some());
    assert_eq!(ledger.journal("t1").await.unwrap().len(), 1);
    // An event that went does not come back when another router expands it late.
    ledger
        .expand(vec![("w0".into(), vec![delivery(0, 100)])])
        .await
        .unwrap();
    assert_eq!(left(ledger).await.len(), 3);
}

pub(crate) async fn dead_deliveries_have_their_own_age(ledger: &impl Ledger) {
    use DeliveryState::{Dead, Delivered};
    ended(ledger, &[Dead, Delivered, Dead]).await;
    let dead = Before {
        done: None,
        dead: Some(300),
    };
    assert_eq!(walk(ledger, Records::Deliveries, dead, 1).await, 1);
    assert_eq!(left(ledger).await, ["w1", "w2"]);
}

pub(crate) async fn notices_that_were_dealt_with_go(ledger: &impl Ledger) {
    use NoticeState::{Applied, Dead, Duplicate, Ignored, Received, Refused, Waiting};
    // In the order of arrival, as notifications come.
    for at in [100, 900] {
        for (n, state) in [Received, Waiting, Applied, Duplicate, Ignored, Refused, Dead]
            .into_iter()
            .enumerate()
        {
            let row = NoticeRow {
                id: format!("n{n}-{at}"),
                provider: "toss".into(),
                channel_key: "c".into(),
                received_at: at,
                peer: "127.0.0.1".into(),
                sealed: vec![1, 2],
                state,
                dedupe: None,
                order_id: None,
                attempts: 0,
                next_at: 5_000,
                last_error: None,
            };
            ledger.notice_received(row).await.unwrap();
        }
    }
    let done = Before {
        done: Some(500),
        dead: None,
    };
    assert_eq!(walk(ledger, Records::Notices, done, 3).await, 4);
    let both = Before {
        dead: Some(500),
        ..done
    };
    assert_eq!(walk(ledger, Records::Notices, both, 3).await, 1);
    let mut left: Vec<String> = ledger
        .notices(&NoticeFilter::default())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.id)
        .filter(|id| id.ends_with("-100"))
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["n0-100", "n1-100"]);
    assert_eq!(ledger.notices(&NoticeFilter::default()).await.unwrap().len(), 9);
}
