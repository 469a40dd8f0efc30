#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::engine::EngineOptions;
use crate::gateway::{Gateway, GatewayOptions};
use crate::ledger::Ledger;
use crate::ledger::sqlite::SqliteLedger;
use crate::payment::MethodKind;
use crate::payment::transaction_sample as sample;
use crate::telemetry::Metrics;
use std::collections::HashMap;

pub(in crate::engine) struct World {
    pub(in crate::engine) engine: Arc<Engine>,
    _folder: tempfile::TempDir,
}

pub(in crate::engine) fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let metrics = Metrics::new();
    let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&folder.path().join("l.db"), metrics.clone()).unwrap());
    let snapshot = crate::channels::Snapshot {
        version: 1,
        hash: String::new(),
        loaded_at: 0,
        stores: HashMap::new(),
        secrets: HashMap::new(),
        v1_keys: HashMap::new(),
        channels: HashMap::new(),
        groups: HashMap::new(),
    };
    let engine = Engine::new(
        ledger,
        Arc::new(Gateway::new(GatewayOptions::default(), metrics.clone()).unwrap()),
        Arc::new(crate::channels::Live::new(snapshot)),
        Arc::new(crate::channels::Sealer::new(&[1; 32]).unwrap()),
        metrics,
        EngineOptions::default(),
    );
    World {
        engine: Arc::new(engine),
        _folder: folder,
    }
}

pub(in crate::engine) fn approval(status: Status) -> Box<Approval> {
    Box::new(Approval {
        cash_receipt: None,
        escrow: false,
        pg_tx_id: "pg".into(),
        status,
        method: None,
        approved_at: Some(5),
        receipt_url: None,
        raw: None,
        keep: None,
    })
}

pub(in crate::engine) fn held(told: Status, balance: i64, status: Status, cancels: &[(&str, i64)]) -> PgView {
    PgView::Held {
        approval: approval(told),
        balance,
        status,
        cancels: cancels
            .iter()
            .map(|(id, amount)| PgCancel {
                id: Some((*id).to_owned()),
                amount: *amount,
                at: Some(7),
                reason: Some("관리자".into()),
            })
            .collect(),
    }
}

impl World {
    pub(in crate::engine) async fn with(&self, id: &str, events: &[Event]) -> Transaction {
        let mut t = sample(11_000);
        t.id = id.to_owned();
        t.order_id = format!("o-{id}");
        t.method_kind = MethodKind::VirtualAccount;
        for event in events {
            t.apply(event, 1).unwrap();
        }
        self.engine
            .ledger
            .commit(vec![Write::Insert(Box::new(t.clone()))])
            .await
            .unwrap();
        t
    }

    pub(in crate::engine) async fn told(&self, id: &str, view: &PgView) -> Learned {
        self.engine.late_truth(id, view, "sync", json!([])).await.unwrap()
    }

    async fn events(&self) -> Vec<String> {
        let rows = self.engine.ledger.unexpanded(100).await.unwrap();
        rows.into_iter().map(|row| row.event).collect()
    }
}

fn failed() -> Event {
    Event::Failed(Failure::new(FailureKind::Other, "X", "x"))
}

fn paid() -> Event {
    Event::Approved(approval(Status::Paid))
}

#[tokio::test]
async fn an_approval_of_a_failed_attempt_counts() {
    let world = world();
    world.with("a", &[Event::ApprovalStarted, failed()]).await;
    let view = held(Status::Paid, 11_000, Status::Paid, &[]);
    let Learned::Changed(t) = world.told("a", &view).await else {
        panic!("nothing learned")
    };
    assert_eq!((t.status, t.failure), (Status::Paid, None));
    assert!(
        matches!(world.told("a", &view).await, Learned::Unchanged),
        "told twice, done once"
    );
    assert_eq!(world.events().await, ["Transaction.Paid"]);
    let journal = world.engine.ledger.journal("a").await.unwrap();
    assert_eq!(journal.len(), 1);
}

#[tokio::test]
async fn cancellations_at_the_pg_are_split_like_ours_and_told_one_by_one() {
    let world = world();
    world.with("a", &[Event::ApprovalStarted, paid()]).await;
    let view = held(
        Status::Paid,
        5_000,
        Status::PartialCancelled,
        &[("c1", 1_000), ("c2", 5_000)],
    );
    world.told("a", &view).await;
    // The PG's list is short of one: the balance decides.
    let view = held(Status::Paid, 0, Status::Cancelled, &[("c1", 1_000), ("c2", 5_000)]);
    let Learned::Changed(t) = world.told("a", &view).await else {
        panic!("nothing learned")
    };
    assert_eq!(
        (t.status, t.cancelled_total(), t.cancelled_vat()),
        (Status::Cancelled, 11_000, t.amounts.vat)
    );
    assert_eq!(t.cancellations.len(), 3);
    assert!(t.cancellations.iter().all(|c| c.trigger == Trigger::Console));
    assert!(matches!(world.told("a", &view).await, Learned::Unchanged));
    let expected = [
        "Transaction.PartialCancelled",
        "Transaction.PartialCancelled",
        "Transaction.Cancelled",
    ];
    assert_eq!(world.events().await, expected);
}

#[tokio::test]
async fn a_balance_above_ours_changes_nothing() {
    let world = world();
    world.with("a", &[Event::ApprovalStarted, paid()]).await;
    world
        .told(
            "a",
            &held(Status::Paid, 5_000, Status::PartialCancelled, &[("c1", 6_000)]),
        )
        .await;
    let view = held(Status::Paid, 11_000, Status::Paid, &[]);
    assert!(matches!(world.told("a", &view).await, Learned::Unchanged));
}

#[tokio::test]
async fn accounts_are_paid_taken_back_and_closed() {
    let world = world();
    let issued = Event::Approved(approval(Status::VirtualAccountIssued));
    let mut t = world.with("a", &[Event::ApprovalStarted, issued]).await;
    t.extras.insert("skipWebhook".into(), true.into());
    let waiting = held(Status::VirtualAccountIssued, 11_000, Status::VirtualAccountIssued, &[]);
    assert!(matches!(world.told("a", &waiting).await, Learned::Unchanged));
    world.told("a", &held(Status::Paid, 11_000, Status::Paid, &[])).await;
    world.told("a", &waiting).await;
    let closed = held(Status::VirtualAccountIssued, 0, Status::Cancelled, &[("c", 11_000)]);
    let Learned::Changed(t) = world.told("a", &closed).await else {
        panic!("nothing learned")
    };
    assert_eq!((t.status, t.cancelled_total()), (Status::Failed, 0));
    let expected = [
        "Transaction.Paid",
        "Transaction.VirtualAccountIssued",
        "Transaction.Failed",
    ];
    assert_eq!(world.events().await, expected);
}

#[tokio::test]
async fn a_second_approval_beside_a_live_one_never_becomes_live() {
    let world = world();
    world.with("a", &[Event::ApprovalStarted, failed()]).await;
    world.with("b", &[Event::ApprovalStarted, paid()]).await;
    // No channel is loaded here, so the cancellation itself cannot start: the case stays open and is told as an error.
    let view = held(Status::Paid, 11_000, Status::Paid, &[]);
    let told = world.engine.late_truth("a", &view, "sync", json!([])).await;
    assert!(matches!(told, Err(EngineError::Storage(_))), "{told:?}");
    let (a, b) = (
        world.engine.ledger.transaction("a").await,
        world.engine.ledger.transaction("b").await,
    );
    assert_eq!(
        (a.unwrap().unwrap().status, b.unwrap().unwrap().status),
        (Status::Failed, Status::Paid)
    );
    let gone = held(Status::Paid, 0, Status::Cancelled, &[("c", 11_000)]);
    let told = world.engine.late_truth("a", &gone, "sync", json!([])).await;
    assert!(
        matches!(told, Ok(Learned::Unchanged)),
        "nothing is held any more: {told:?}"
    );
}
