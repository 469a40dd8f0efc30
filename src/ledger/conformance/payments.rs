//! Attempts of a payment: which may live, which stands.

use super::*;
use futures_util::future::join_all;

const LIVE: [Status; 7] = [
    Status::Approving,
    Status::Unknown,
    Status::PayPending,
    Status::VirtualAccountIssued,
    Status::Paid,
    Status::PartialCancelled,
    Status::Cancelled,
];

async fn standing(ledger: &dyn Ledger) -> String {
    ledger.payment("store-a", "p1").await.unwrap().unwrap().id
}

pub(crate) async fn one_live_attempt_a_payment(ledger: &dyn Ledger) {
    for (n, first) in LIVE.into_iter().enumerate() {
        let payment = format!("p{n}");
        let holder = transaction(&format!("holder{n}"), &payment, first);
        ledger.commit(vec![insert(&holder)]).await.unwrap();
        for second in LIVE {
            let rival = transaction(&format!("rival{n}"), &payment, second);
            assert_eq!(refused(ledger, vec![insert(&rival)]).await, LedgerError::LiveApproval);
        }
        // Attempts that hold nothing may be as many as they like.
        for (k, idle) in [Status::Ready, Status::Failed, Status::Ready].into_iter().enumerate() {
            let idle = transaction(&format!("idle{n}-{k}"), &payment, idle);
            ledger.commit(vec![insert(&idle)]).await.unwrap();
        }
        let found = ledger.payment("store-a", &payment).await.unwrap().unwrap();
        assert_eq!(found.id, holder.id);
        assert_eq!(ledger.attempts("store-a", &payment).await.unwrap().len(), 4);
    }
}

pub(crate) async fn racing_attempts_have_one_winner(ledger: &dyn Ledger) {
    let rivals = (0..40).map(|n| {
        let t = transaction(&format!("t{n}"), "p1", Status::Approving);
        let id = format!("i{n}");
        ledger.commit(vec![insert(&t), opened(&intent(&id, &t.id))])
    });
    let results = join_all(rivals).await;
    let won: Vec<_> = (0..40).filter(|n| results[*n].is_ok()).collect();
    assert_eq!(won.len(), 1);
    let lost = results.iter().filter(|r| **r == Err(LedgerError::LiveApproval)).count();
    assert_eq!(lost, 39);
    assert_eq!(standing(ledger).await, format!("t{}", won[0]));
    assert_eq!(ledger.attempts("store-a", "p1").await.unwrap().len(), 1);
}

pub(crate) async fn racing_updates_have_one_winner(ledger: &dyn Ledger) {
    let ready: Vec<_> = (0..20)
        .map(|n| transaction(&format!("t{n}"), "p1", Status::Ready))
        .collect();
    ledger.commit(ready.iter().map(insert).collect()).await.unwrap();
    let starts = ready
        .iter()
        .map(|t| ledger.commit(vec![update(&next(t, Status::Approving), 1)]));
    let results = join_all(starts).await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .all(|r| matches!(r, Ok(()) | Err(LedgerError::LiveApproval)))
    );
    // And of the same attempt, started by two tabs.
    let won = ready[results.iter().position(Result::is_ok).unwrap()].clone();
    let approving = next(&won, Status::Approving);
    let answers = (0..10).map(|_| ledger.commit(vec![update(&next(&approving, Status::Paid), 2)]));
    let results = join_all(answers).await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    assert_eq!(
        results.iter().filter(|r| **r == Err(LedgerError::Stale)).count(),
        results.len() - 1
    );
}

pub(crate) async fn late_truth_beside_a_live_attempt_is_refused(ledger: &dyn Ledger) {
    let failed = transaction("t1", "p1", Status::Failed);
    let paid = transaction("t2", "p1", Status::Paid);
    ledger.commit(vec![insert(&failed)]).await.unwrap();
    ledger.commit(vec![insert(&paid)]).await.unwrap();
    let reopened = next(&failed, Status::Paid);
    assert_eq!(
        refused(ledger, vec![update(&reopened, 1)]).await,
        LedgerError::LiveApproval
    );
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(failed));
    assert_eq!(standing(ledger).await, "t2");
    // With the other one out of the way, in the same commit even, it is taken.
    let gone = next(&paid, Status::Failed);
    ledger
        .commit(vec![update(&gone, 1), update(&reopened, 1)])
        .await
        .unwrap();
    assert_eq!(standing(ledger).await, "t1");
}

pub(crate) async fn the_live_attempt_stands_else_the_newest(ledger: &dyn Ledger) {
    assert_eq!(ledger.payment("store-a", "p1").await.unwrap(), None);
    let one = transaction("t1", "p1", Status::Failed);
    let two = transaction("t2", "p1", Status::Ready);
    let three = transaction("t3", "p1", Status::Ready);
    ledger.commit(vec![insert(&one)]).await.unwrap();
    assert_eq!(standing(ledger).await, "t1");
    ledger.commit(vec![insert(&two)]).await.unwrap();
    assert_eq!(standing(ledger).await, "t2");
    ledger.commit(vec![insert(&three)]).await.unwrap();
    assert_eq!(standing(ledger).await, "t3");
    let live = next(&two, Status::Approving);
    ledger.commit(vec![update(&live, 1)]).await.unwrap();
    assert_eq!(standing(ledger).await, "t2");
    let four = transaction("t4", "p1", Status::Ready);
    ledger.commit(vec![insert(&four)]).await.unwrap();
    assert_eq!(
        standing(ledger).await,
        "t2",
        "a newer window does not hide a live attempt"
    );
    ledger
        .commit(vec![update(&next(&live, Status::Failed), 2)])
        .await
        .unwrap();
    assert_eq!(standing(ledger).await, "t4");
    let ids: Vec<_> = ledger.attempts("store-a", "p1").await.unwrap();
    let ids: Vec<_> = ids.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["t4", "t3", "t2", "t1"]);
}

pub(crate) async fn stores_do_not_share_payments(ledger: &dyn Ledger) {
    let ours = transaction("t1", "p1", Status::Paid);
    let mut theirs = transaction("t2", "p1", Status::Paid);
    theirs.store_id = "store-b".into();
    ledger.commit(vec![insert(&ours), insert(&theirs)]).await.unwrap();
    assert_eq!(ledger.payment("store-a", "p1").await.unwrap(), Some(ours));
    assert_eq!(ledger.payment("store-b", "p1").await.unwrap(), Some(theirs));
    assert_eq!(ledger.payment("store-c", "p1").await.unwrap(), None);
}
