//! Commits: whole or not at all, and what refuses them.

use super::*;
use crate::ledger::{AttemptRow, PreRegistration, SessionRow};
use futures_util::future::join_all;

pub(crate) async fn all_writes_of_a_commit_are_found_again(ledger: &dyn Ledger) {
    let t = transaction("t1", "p1", Status::Approving);
    let i = intent("i1", "t1");
    let registered = PreRegistration {
        store_id: "store-a".into(),
        payment_id: "p1".into(),
        total: Some(11_000),
        tax_free: None,
        currency: Some("KRW".into()),
    };
    let window = AttemptRow {
        token: "token-1".into(),
        transaction_id: "t1".into(),
        doc: json!({"redirectUrl": "https://shop.example/done"}),
        expires_at: 9_000,
    };
    let writes = vec![
        insert(&t),
        opened(&i),
        Write::Journal(line("t1", "intent")),
        Write::Outbox(hook("w1", &t)),
        Write::PreRegister(registered.clone()),
        Write::Attempt(Box::new(window.clone())),
        Write::Revision {
            revision: "revision-1".into(),
            channel_key: "channel-key-1".into(),
            sealed: vec![0, 1, 255],
        },
    ];
    ledger.commit(writes).await.unwrap();
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(t.clone()));
    assert_eq!(ledger.by_order("order-t1").await.unwrap(), Some(t.clone()));
    assert_eq!(ledger.payment("store-a", "p1").await.unwrap(), Some(t));
    assert_eq!(ledger.open_intent("t1").await.unwrap(), Some(i));
    assert_eq!(ledger.journal("t1").await.unwrap(), vec![line("t1", "intent")]);
    assert_eq!(
        ledger.pre_registration("store-a", "p1").await.unwrap(),
        Some(registered.clone())
    );
    assert_eq!(ledger.attempt("token-1").await.unwrap(), Some(window));
    assert_eq!(ledger.revision("revision-1").await.unwrap(), Some(vec![0, 1, 255]));
    let again = PreRegistration {
        total: Some(5),
        ..registered
    };
    ledger.commit(vec![Write::PreRegister(again.clone())]).await.unwrap();
    assert_eq!(ledger.pre_registration("store-a", "p1").await.unwrap(), Some(again));
    assert_eq!(ledger.transaction("nobody").await.unwrap(), None);
    assert_eq!(ledger.open_intent("nobody").await.unwrap(), None);
    assert_eq!(ledger.attempt("nobody").await.unwrap(), None);
    assert_eq!(ledger.journal("nobody").await.unwrap(), vec![]);
}

pub(crate) async fn a_commit_is_all_or_nothing(ledger: &dyn Ledger) {
    let first = transaction("t1", "p1", Status::Approving);
    ledger
        .commit(vec![insert(&first), opened(&intent("i1", "t1"))])
        .await
        .unwrap();
    let second = transaction("t2", "p2", Status::Approving);
    let writes = vec![
        insert(&second),
        Write::Journal(line("t2", "intent")),
        Write::Outbox(hook("w2", &second)),
        opened(&intent("i1", "t2")),
    ];
    assert_eq!(refused(ledger, writes).await, LedgerError::Duplicate);
    assert_eq!(ledger.transaction("t2").await.unwrap(), None);
    assert_eq!(ledger.journal("t2").await.unwrap(), vec![]);
    // The webhook's id is free, so its row is gone too.
    ledger
        .commit(vec![insert(&second), Write::Outbox(hook("w2", &second))])
        .await
        .unwrap();
}

pub(crate) async fn ids_and_order_numbers_are_unique(ledger: &dyn Ledger) {
    let t = transaction("t1", "p1", Status::Ready);
    ledger
        .commit(vec![insert(&t), Write::Outbox(hook("w1", &t))])
        .await
        .unwrap();
    let mut same_order = transaction("t2", "p2", Status::Ready);
    same_order.order_id.clone_from(&t.order_id);
    let mut same_id = transaction("t1", "p2", Status::Ready);
    same_id.order_id = "another".into();
    for writes in [
        vec![insert(&same_order)],
        vec![insert(&same_id)],
        vec![Write::Outbox(hook("w1", &t))],
    ] {
        assert_eq!(refused(ledger, writes).await, LedgerError::Duplicate);
    }
}

pub(crate) async fn an_update_names_the_version_it_was_made_on(ledger: &dyn Ledger) {
    let one = transaction("t1", "p1", Status::Approving);
    ledger.commit(vec![insert(&one)]).await.unwrap();
    let two = next(&one, Status::Paid);
    ledger.commit(vec![update(&two, 1)]).await.unwrap();
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(two.clone()));
    let three = next(&two, Status::Cancelled);
    assert_eq!(refused(ledger, vec![update(&three, 1)]).await, LedgerError::Stale);
    assert_eq!(
        refused(ledger, vec![update(&two, 2)]).await,
        LedgerError::Stale,
        "the version must grow"
    );
    let unknown = transaction("t9", "p9", Status::Paid);
    assert_eq!(refused(ledger, vec![update(&unknown, 1)]).await, LedgerError::Stale);
    // Two events in one commit.
    let mut four = next(&three, Status::Cancelled);
    four.version = 4;
    ledger.commit(vec![update(&four, 2)]).await.unwrap();
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(four));
}

pub(crate) async fn a_transaction_keeps_its_identity(ledger: &dyn Ledger) {
    let one = transaction("t1", "p1", Status::Approving);
    ledger.commit(vec![insert(&one)]).await.unwrap();
    let changes: [fn(&mut Transaction); 3] = [
        |t| t.order_id = "other".into(),
        |t| t.payment_id = "other".into(),
        |t| t.store_id = "other".into(),
    ];
    for change in changes {
        let mut two = next(&one, Status::Paid);
        change(&mut two);
        assert!(matches!(
            refused(ledger, vec![update(&two, 1)]).await,
            LedgerError::Storage(_)
        ));
    }
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(one));
}

pub(crate) async fn one_open_intent_a_transaction(ledger: &dyn Ledger) {
    let t = transaction("t1", "p1", Status::Approving);
    ledger
        .commit(vec![insert(&t), opened(&intent("i1", "t1"))])
        .await
        .unwrap();
    assert_eq!(
        refused(ledger, vec![opened(&intent("i2", "t1"))]).await,
        LedgerError::OpenIntent
    );
    let done = next(&t, Status::Paid);
    ledger
        .commit(vec![update(&done, 1), Write::Close { id: "i1".into() }])
        .await
        .unwrap();
    assert_eq!(ledger.open_intent("t1").await.unwrap(), None);
    ledger.commit(vec![opened(&intent("i2", "t1"))]).await.unwrap();
}

pub(crate) async fn an_intent_needs_its_transaction(ledger: &dyn Ledger) {
    let error = refused(ledger, vec![opened(&intent("i1", "nobody"))]).await;
    assert!(matches!(error, LedgerError::Storage(_)), "{error:?}");
    let missing = Write::Reschedule(Box::new(intent("i1", "nobody")));
    assert_eq!(refused(ledger, vec![missing]).await, LedgerError::Stale);
}

pub(crate) async fn an_outcome_is_written_once(ledger: &dyn Ledger) {
    let t = transaction("t1", "p1", Status::Approving);
    ledger
        .commit(vec![insert(&t), opened(&intent("i1", "t1"))])
        .await
        .unwrap();
    let close = || Write::Close { id: "i1".into() };
    ledger.commit(vec![close()]).await.unwrap();
    let error = refused(ledger, vec![Write::Journal(line("t1", "answer")), close()]).await;
    assert_eq!(error, LedgerError::Stale);
    assert_eq!(ledger.journal("t1").await.unwrap(), vec![]);
}

pub(crate) async fn a_refused_commit_takes_nothing_down_but_itself(ledger: &dyn Ledger) {
    let base = transaction("base", "p-base", Status::Paid);
    ledger.commit(vec![insert(&base)]).await.unwrap();
    // Every third is refused, half of those after it has written.
    let commits = (0..60).map(|n| {
        let t = transaction(&format!("t{n}"), &format!("p{n}"), Status::Paid);
        let journal = Write::Journal(line(&t.id, "answer"));
        let clash = insert(&transaction(&format!("clash{n}"), "p-base", Status::Paid));
        ledger.commit(match n % 6 {
            0 => vec![clash, insert(&t), journal],
            3 => vec![insert(&t), journal, clash],
            _ => vec![insert(&t), journal],
        })
    });
    for (n, result) in join_all(commits).await.into_iter().enumerate() {
        let id = format!("t{n}");
        let kept = ledger.transaction(&id).await.unwrap().is_some();
        let lines = ledger.journal(&id).await.unwrap().len();
        if n % 3 == 0 {
            assert_eq!(result, Err(LedgerError::LiveApproval), "{n}");
            assert!(!kept && lines == 0, "{n} left something behind");
        } else {
            assert_eq!(result, Ok(()), "{n}");
            assert!(kept && lines == 1, "{n} was lost");
        }
    }
    let filter = crate::ledger::PaymentFilter {
        stores: vec!["store-a".into()],
        limit: 100,
        ..Default::default()
    };
    let (page, total) = ledger.list(&filter).await.unwrap();
    assert_eq!((page.len(), total), (41, 41));
}

pub(crate) async fn the_journal_keeps_its_order(ledger: &dyn Ledger) {
    let lines: Vec<_> = (0..5).map(|n| line("t1", &format!("kind-{n}"))).collect();
    for entry in &lines {
        let other = Write::Journal(line("t2", "other"));
        ledger.commit(vec![Write::Journal(entry.clone()), other]).await.unwrap();
    }
    let mut nobody = line("t1", "operator");
    nobody.transaction_id = None;
    ledger.commit(vec![Write::Journal(nobody)]).await.unwrap();
    assert_eq!(ledger.journal("t1").await.unwrap(), lines);
    assert_eq!(ledger.journal("t2").await.unwrap().len(), 5);
}

pub(crate) async fn windows_belong_to_one_transaction(ledger: &dyn Ledger) {
    let row = |transaction: &str, expires_at| AttemptRow {
        token: "token".into(),
        transaction_id: transaction.into(),
        doc: json!({"step": expires_at}),
        expires_at,
    };
    ledger
        .commit(vec![Write::Attempt(Box::new(row("t1", 1)))])
        .await
        .unwrap();
    ledger
        .commit(vec![Write::Attempt(Box::new(row("t1", 2)))])
        .await
        .unwrap();
    let foreign = vec![Write::Attempt(Box::new(row("t2", 3)))];
    assert_eq!(refused(ledger, foreign).await, LedgerError::Duplicate);
    assert_eq!(ledger.attempt("token").await.unwrap(), Some(row("t1", 2)));
}

pub(crate) async fn revisions_are_kept_as_first_written(ledger: &dyn Ledger) {
    let write = |sealed: &[u8]| Write::Revision {
        revision: "r".into(),
        channel_key: "k".into(),
        sealed: sealed.to_vec(),
    };
    ledger.commit(vec![write(b"one")]).await.unwrap();
    ledger.commit(vec![write(b"two")]).await.unwrap();
    assert_eq!(ledger.revision("r").await.unwrap(), Some(b"one".to_vec()));
    assert_eq!(ledger.revision("none").await.unwrap(), None);
}

pub(crate) async fn it_is_writable(ledger: &dyn Ledger) {
    ledger.writable().await.unwrap();
    ledger.writable().await.unwrap();
}

pub(crate) async fn an_id_of_ours_is_claimed_once_a_mid(ledger: &dyn Ledger) {
    let claim = |mid: &str, id: &str| {
        vec![Write::Claim {
            provider: "nice_legacy".into(),
            mid: mid.into(),
            pg_tx_id: id.into(),
        }]
    };
    ledger.commit(claim("mid-1", "tid-1")).await.unwrap();
    assert_eq!(
        ledger.commit(claim("mid-1", "tid-1")).await,
        Err(LedgerError::Duplicate)
    );
    ledger.commit(claim("mid-1", "tid-2")).await.unwrap();
    ledger.commit(claim("mid-2", "tid-1")).await.unwrap();
    let tries = join_all((0..8).map(|_| ledger.commit(claim("mid-3", "tid-1")))).await;
    assert_eq!(tries.iter().filter(|t| t.is_ok()).count(), 1, "{tries:?}");
}

pub(crate) async fn a_session_is_closed_once(ledger: &dyn Ledger) {
    let open = SessionRow {
        id: "session-1".into(),
        store_id: "store-a".into(),
        payment_id: "p1".into(),
        doc: json!({"orderName": "찻잔"}),
        created_at: 1_000,
        expires_at: 2_000,
        closed_at: None,
    };
    let write = |closed_at| {
        let row = SessionRow {
            closed_at,
            ..open.clone()
        };
        Write::Session(Box::new(row))
    };
    ledger.commit(vec![write(None)]).await.unwrap();
    assert_eq!(ledger.session("session-1").await.unwrap(), Some(open.clone()));
    assert_eq!(ledger.session("session-2").await.unwrap(), None);
    for at in [1_500, 1_600] {
        ledger.commit(vec![write(Some(at))]).await.unwrap();
        assert_eq!(
            ledger.session("session-1").await.unwrap().unwrap().closed_at,
            Some(1_500)
        );
    }
}
