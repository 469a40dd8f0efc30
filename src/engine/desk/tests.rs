#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::engine::late_truth::tests::{World, world};
use crate::ledger::Write;
use crate::payment::{CancelState, Cancellation, Event, Status, Trigger};

fn ruling(decision: Decision) -> Ruling {
    Ruling {
        decision,
        by: "kim".to_owned(),
        reason: "seen in the PG's admin".to_owned(),
    }
}

impl World {
    /// An operation of `transaction` that waits for a person.
    async fn parked(
        &self,
        transaction: &Transaction,
        operation: Operation,
        cancellation: Option<&str>,
        lease_until: i64,
    ) {
        let intent = Intent {
            id: format!("case-{}", transaction.id),
            transaction_id: transaction.id.clone(),
            operation,
            cancellation_id: cancellation.map(str::to_owned),
            command: json!({}),
            revision: "r".into(),
            state: IntentState::Operator,
            created_at: 1,
            last_call_at: 1,
            attempts: 9,
            next_at: i64::MAX,
            lease_owner: String::new(),
            lease_until,
            last_error: Some("TIMEOUT: no answer".into()),
        };
        self.engine
            .ledger
            .commit(vec![Write::Intent(Box::new(intent))])
            .await
            .unwrap();
    }

    async fn rules(&self, id: &str, decision: Decision) -> Result<Value, DeskError> {
        self.engine.rule(&format!("case-{id}"), ruling(decision)).await
    }
}

#[tokio::test]
async fn what_never_happened_fails_and_says_who_said_so() {
    let world = world();
    let t = world.with("a", &[Event::ApprovalStarted, Event::ApprovalUnknown]).await;
    world.parked(&t, Operation::Approve, None, 0).await;
    let listed = world.engine.cases(10).await.unwrap();
    assert_eq!(listed["items"][0]["id"], "case-a", "{listed}");
    assert_eq!(listed["items"][0]["needsPerson"], true, "{listed}");
    assert_eq!(listed["items"][0]["total"], 11_000, "{listed}");

    let settled = world.rules("a", Decision::NotDone).await.unwrap();
    assert_eq!(settled["status"], "FAILED", "{settled}");
    let t = world.engine.ledger.transaction("a").await.unwrap().unwrap();
    assert_eq!(
        (t.status, t.failure.unwrap().code.as_str()),
        (Status::Failed, "NARU_SETTLED_BY_OPERATOR")
    );
    assert!(world.engine.ledger.open_intent("a").await.unwrap().is_none());
    assert_eq!(world.engine.cases(10).await.unwrap()["items"], json!([]));
    let journal = world.engine.ledger.journal("a").await.unwrap();
    let line = journal.iter().find(|line| line.kind == "operator").unwrap();
    assert_eq!(line.doc["exchanges"][0]["by"], "kim", "{}", line.doc);
    assert_eq!(
        world.rules("a", Decision::NotDone).await,
        Err(DeskError::NoCase),
        "settled once"
    );
    // A person can be wrong: the PG's word still counts later.
    let view = crate::engine::late_truth::tests::held(Status::Paid, 11_000, Status::Paid, &[]);
    world.told("a", &view).await;
    let t = world.engine.ledger.transaction("a").await.unwrap().unwrap();
    assert_eq!(t.status, Status::Paid);
}

#[tokio::test]
async fn a_cancellation_is_declared_made_and_nothing_else_is() {
    let world = world();
    let paid = Event::Approved(crate::engine::late_truth::tests::approval(Status::Paid));
    let asked = Event::CancelStarted(Box::new(Cancellation {
        id: "c1".into(),
        state: CancelState::Requested,
        amounts: crate::payment::transaction_sample(11_000).amounts,
        reason: "환불".into(),
        trigger: Trigger::Api,
        requested_at: 1,
        cancelled_at: None,
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
        accepted: false,
        skip_webhook: false,
    }));
    let t = world.with("a", &[Event::ApprovalStarted, paid, asked]).await;
    world.parked(&t, Operation::Cancel, Some("c1"), 0).await;
    let adopt = Decision::Adopt { pg_tx_id: "T".into() };
    let Err(DeskError::Misfit(_)) = world.rules("a", adopt).await else {
        panic!("a cancellation was adopted as an approval");
    };
    let made = Decision::Cancelled {
        pg_cancellation_id: Some("PGC".into()),
    };
    let settled = world.rules("a", made.clone()).await.unwrap();
    assert_eq!(settled["status"], "CANCELLED", "{settled}");
    let t = world.engine.ledger.transaction("a").await.unwrap().unwrap();
    assert_eq!(t.cancellations[0].pg_cancellation_id.as_deref(), Some("PGC"));

    let world = self::world();
    let t = world.with("b", &[Event::ApprovalStarted, Event::ApprovalUnknown]).await;
    world.parked(&t, Operation::Approve, None, 0).await;
    let Err(DeskError::Misfit(_)) = world.rules("b", made).await else {
        panic!("an approval was declared cancelled");
    };
    // A refused ruling leaves the case for the next one at once.
    assert!(world.rules("b", Decision::NotDone).await.is_ok());
}

#[tokio::test]
async fn a_case_under_work_is_not_ruled() {
    let world = world();
    let t = world.with("a", &[Event::ApprovalStarted, Event::ApprovalUnknown]).await;
    world.parked(&t, Operation::Approve, None, i64::MAX).await;
    assert_eq!(world.rules("a", Decision::NotDone).await, Err(DeskError::Busy));
    assert_eq!(world.rules("nobody", Decision::NotDone).await, Err(DeskError::NoCase));
    let nameless = Ruling {
        by: " ".into(),
        ..ruling(Decision::NotDone)
    };
    let Err(DeskError::Misfit(why)) = world.engine.rule("case-a", nameless).await else {
        panic!("nobody ruled");
    };
    assert!(why.contains("`by`"), "{why}");
}
