//! Billing keys and schedules.

use super::{hook, line, refused, transaction};
use crate::adapters::Operation;
use crate::ledger::{
    BillingWrite, IntentState, KeyFilter, KeyIntent, KeyTime, Ledger, LedgerError, PaymentFilter, ScheduleFilter, Write,
};
use crate::payment::{
    BillingKey, BillingRef, CUSTOMER_UID, Failure, FailureKind, KeyEvent, KeyStatus, MethodKind, PartIssued,
    ScheduleEvent, ScheduleStatus, Status, billing_key_sample, schedule_sample,
};
use serde_json::json;

fn billing(write: BillingWrite) -> Write {
    Write::Billing(Box::new(write))
}

fn insert(key: &BillingKey) -> Write {
    billing(BillingWrite::InsertKey(Box::new(key.clone())))
}

fn issued(id: &str, at: i64) -> BillingKey {
    let mut key = billing_key_sample(id, 1);
    key.apply("c0", &KeyEvent::IssueStarted, at).unwrap();
    let part = PartIssued {
        sealed: json!({"sealed": "AAAA"}),
        mark: "0123456789abcdef0123456789abcdef".to_owned(),
        method: None,
        pg_tx_id: None,
        raw: None,
        issued_at: Some(at),
    };
    key.apply("c0", &KeyEvent::Issued(Box::new(part)), at).unwrap();
    key.requested_at = at;
    key
}

fn intent(id: &str, key: &str, channel: &str) -> KeyIntent {
    KeyIntent {
        id: id.into(),
        billing_key: key.into(),
        channel_key: channel.into(),
        operation: Operation::IssueBillingKey,
        command: json!({"orderId": "o"}),
        token: Some(json!({"sealed": "BBBB"})),
        revision: "r".into(),
        state: IntentState::Open,
        created_at: 1_000,
        last_call_at: 1_000,
        attempts: 0,
        next_at: 2_000,
        lease_owner: "naru-1".into(),
        lease_until: 2_000,
        last_error: None,
    }
}

pub(crate) async fn a_key_is_found_by_the_mark_of_its_pg_key(ledger: &dyn Ledger) {
    let mark = "0123456789abcdef0123456789abcdef";
    assert_eq!(ledger.key_by_mark(mark).await.unwrap(), None);
    let mut key = issued("k1", 2_000);
    ledger.commit(vec![insert(&key)]).await.unwrap();
    assert_eq!(ledger.key_by_mark(mark).await.unwrap().as_ref(), Some(&key));
    assert_eq!(
        ledger.key_by_mark("fedcba9876543210fedcba9876543210").await.unwrap(),
        None
    );
    let expected = key.version;
    key.apply("c0", &KeyEvent::Deleted(None), 3_000).unwrap();
    let update = BillingWrite::UpdateKey {
        key: Box::new(key.clone()),
        expected,
    };
    ledger.commit(vec![billing(update)]).await.unwrap();
    // A notice about a deletion of our own still finds what it tells of.
    assert_eq!(ledger.key_by_mark(mark).await.unwrap(), Some(key));
}

pub(crate) async fn a_customer_uid_means_the_newest_key_ever_issued(ledger: &dyn Ledger) {
    let named = |id: &str, at: i64| {
        let mut key = issued(id, at);
        key.extras.insert(CUSTOMER_UID.to_owned(), "buyer-1".into());
        key
    };
    let (first, mut second) = (named("k1", 2_000), named("k2", 3_000));
    let store = first.store_id.clone();
    let found = async |uid: &str| ledger.key_by_customer_uid(&store, uid).await.unwrap().map(|key| key.id);
    assert_eq!(found("buyer-1").await, None);
    ledger.commit(vec![insert(&first), insert(&second)]).await.unwrap();
    assert_eq!(found("buyer-1").await.as_deref(), Some("k2"));
    assert_eq!(found("buyer-2").await, None);
    assert!(ledger.key_by_customer_uid("other", "buyer-1").await.unwrap().is_none());
    // One that is still being issued takes nothing over.
    let mut third = billing_key_sample("k3", 1);
    third.extras.insert(CUSTOMER_UID.to_owned(), "buyer-1".into());
    ledger.commit(vec![insert(&third)]).await.unwrap();
    assert_eq!(found("buyer-1").await.as_deref(), Some("k2"));
    // Deleted: the older one does not come back.
    let expected = second.version;
    second.apply("c0", &KeyEvent::Deleted(None), 4_000).unwrap();
    let update = BillingWrite::UpdateKey {
        key: Box::new(second.clone()),
        expected,
    };
    ledger.commit(vec![billing(update)]).await.unwrap();
    let last = ledger.key_by_customer_uid(&store, "buyer-1").await.unwrap();
    assert_eq!(last, Some(second));
}

pub(crate) async fn schedules_are_found_by_their_payment(ledger: &dyn Ledger) {
    ledger.commit(vec![insert(&issued("k1", 1_000))]).await.unwrap();
    let made = |id: &str, payment: &str| {
        let schedule = Box::new(schedule_sample(id, payment, "k1"));
        billing(BillingWrite::InsertSchedule(schedule))
    };
    let revoked = BillingWrite::Schedule {
        id: "s1".into(),
        event: ScheduleEvent::Revoked,
        at: 2_000,
    };
    ledger.commit(vec![made("s1", "p1"), made("s2", "p2")]).await.unwrap();
    // Taken back and made again in one commit: the payment is never without a schedule.
    ledger.commit(vec![billing(revoked), made("s3", "p1")]).await.unwrap();
    let filter = ScheduleFilter {
        store: "store-a".into(),
        payment_id: Some("p1".into()),
        limit: 10,
        ..ScheduleFilter::default()
    };
    let (found, total) = ledger.schedules(&filter).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|s| s.id.as_str()).collect();
    assert_eq!((ids.as_slice(), total), (["s3", "s1"].as_slice(), 2));
}

pub(crate) async fn keys_are_found_changed_and_guarded(ledger: &dyn Ledger) {
    let key = issued("k1", 2_000);
    let mut row = hook("w1", &transaction("t1", "p1", Status::Ready));
    row.billing_key = Some("k1".into());
    ledger
        .commit(vec![
            insert(&key),
            Write::Outbox(row),
            Write::Journal(line("k1", "intent")),
        ])
        .await
        .unwrap();
    assert_eq!(ledger.billing_key("k1").await.unwrap(), Some(key.clone()));
    assert_eq!(ledger.journal("k1").await.unwrap().len(), 1);
    assert_eq!(refused(ledger, vec![insert(&key)]).await, LedgerError::Duplicate);

    let guard = |channel: Option<&str>| {
        billing(BillingWrite::Chargeable {
            key: "k1".into(),
            channel: channel.map(str::to_owned),
        })
    };
    ledger.commit(vec![guard(Some("c0")), guard(None)]).await.unwrap();
    assert_eq!(refused(ledger, vec![guard(Some("c1"))]).await, LedgerError::KeyGone);

    let mut deleting = key.clone();
    deleting.apply("c0", &KeyEvent::DeleteStarted, 3_000).unwrap();
    let update = |expected| {
        billing(BillingWrite::UpdateKey {
            key: Box::new(deleting.clone()),
            expected,
        })
    };
    assert_eq!(refused(ledger, vec![update(key.version - 1)]).await, LedgerError::Stale);
    ledger.commit(vec![update(key.version)]).await.unwrap();
    // A charge and a deletion exclude each other, and the refused commit leaves nothing.
    let t = transaction("t1", "p1", Status::Approving);
    let charge = vec![Write::Insert(Box::new(t)), guard(Some("c0"))];
    assert_eq!(refused(ledger, charge).await, LedgerError::KeyGone);
    assert_eq!(ledger.transaction("t1").await.unwrap(), None);
}

pub(crate) async fn key_intents_are_leased_once_and_released(ledger: &dyn Ledger) {
    let key = billing_key_sample("k1", 2);
    let write = |i: KeyIntent| billing(BillingWrite::Intent(Box::new(i)));
    ledger
        .commit(vec![
            insert(&key),
            write(intent("i0", "k1", "c0")),
            write(intent("i1", "k1", "c1")),
        ])
        .await
        .unwrap();
    assert_eq!(
        refused(ledger, vec![write(intent("i2", "k1", "c0"))]).await,
        LedgerError::OpenIntent
    );
    assert!(
        ledger
            .lease_due_keys("naru-2", 1_999, 9_000, 10)
            .await
            .unwrap()
            .is_empty()
    );
    // Its own router starts again: open calls died with it.
    assert_eq!(ledger.release("naru-1", 1_500).await.unwrap(), 2);
    assert_eq!(ledger.unknown_open().await.unwrap(), 2);
    let first = ledger.lease_due_keys("naru-2", 1_600, 9_000, 1).await.unwrap();
    let second = ledger.lease_due_keys("naru-3", 1_600, 9_000, 10).await.unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].id, second[0].id);
    assert_eq!(first[0].state, IntentState::Unknown);
    assert_eq!(first[0].token, Some(json!({"sealed": "BBBB"})));
    assert_eq!(first[0].command, json!({"orderId": "o"}));
    assert!(
        ledger
            .lease_due_keys("naru-4", 1_700, 9_000, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let later = KeyIntent {
        next_at: 20_000,
        lease_until: 0,
        attempts: 1,
        ..first[0].clone()
    };
    ledger
        .commit(vec![billing(BillingWrite::Reschedule(Box::new(later)))])
        .await
        .unwrap();
    let due = ledger.lease_due_keys("naru-4", 20_000, 30_000, 10).await.unwrap();
    assert_eq!(due.len(), 2, "the other's lease ended");
    let close = |id: &str| billing(BillingWrite::Close { id: id.into() });
    ledger.commit(vec![close("i0"), close("i1")]).await.unwrap();
    assert_eq!(refused(ledger, vec![close("i0")]).await, LedgerError::Stale);
    assert_eq!(ledger.unknown_open().await.unwrap(), 0);
}

pub(crate) async fn keys_are_listed_once_they_were_issued(ledger: &dyn Ledger) {
    let mut gone = issued("k2", 3_000);
    gone.apply("c0", &KeyEvent::Deleted(Some(5_000)), 5_000).unwrap();
    let mut failed = billing_key_sample("k3", 1);
    let failure = Failure::new(FailureKind::InvalidCard, "X", "y");
    failed.apply("c0", &KeyEvent::IssueFailed(failure), 1).unwrap();
    let mut foreign = issued("k5", 2_500);
    foreign.store_id = "store-b".into();
    let keys = [issued("k1", 2_000), gone, failed, issued("k4", 4_000), foreign];
    ledger.commit(keys.iter().map(insert).collect()).await.unwrap();
    let list = |change: fn(&mut KeyFilter)| {
        let mut filter = KeyFilter {
            store: "store-a".into(),
            limit: 10,
            ..KeyFilter::default()
        };
        change(&mut filter);
        async move {
            let (page, total) = ledger.billing_keys(&filter).await.unwrap();
            (page.into_iter().map(|k| k.id).collect::<Vec<_>>(), total)
        }
    };
    let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(list(|_| {}).await, (ids(&["k4", "k2", "k1"]), 3));
    assert_eq!(list(|f| f.ascending = true).await.0, ids(&["k1", "k2", "k4"]));
    assert_eq!(list(|f| (f.offset, f.limit) = (1, 1)).await, (ids(&["k2"]), 3));
    assert_eq!(list(|f| f.status = vec![KeyStatus::Deleted]).await, (ids(&["k2"]), 1));
    assert_eq!(list(|f| f.sort = KeyTime::Status).await.0, ids(&["k2", "k4", "k1"]));
    assert_eq!(
        list(|f| {
            f.time = KeyTime::Issued;
            (f.from, f.until) = (Some(2_000), Some(4_000));
        })
        .await
        .0,
        ids(&["k2", "k1"])
    );
    assert_eq!(list(|f| f.customer_id = Some("nobody".into())).await.1, 0);
    assert_eq!(list(|f| f.customer_id = Some("buyer-1".into())).await.1, 3);
    assert_eq!(list(|f| f.pg_providers = vec!["KCP_V2".into()]).await.1, 0);
    assert_eq!(
        list(|f| f.pg_providers = vec!["KCP_V2".into(), "TOSSPAYMENTS".into()])
            .await
            .1,
        3
    );
    assert_eq!(list(|f| f.methods = vec![MethodKind::EasyPay]).await.1, 0);
    assert_eq!(list(|f| f.methods = vec![MethodKind::Card]).await.1, 3);
    assert_eq!(list(|f| f.platform = Some("PC".into())).await.1, 0);
    assert_eq!(list(|f| f.groups = vec!["g".into()]).await.1, 0);
    assert_eq!(
        list(|f| f.text = Some(("CUSTOMER_NAME".into(), "김".into()))).await.1,
        3
    );
    assert_eq!(
        list(|f| f.text = Some(("BILLING_KEY".into(), "K4".into()))).await.0,
        ids(&["k4"])
    );
    assert_eq!(list(|f| f.text = Some(("NO_SUCH_FIELD".into(), "k".into()))).await.1, 0);
}

pub(crate) async fn one_live_schedule_a_payment(ledger: &dyn Ledger) {
    let insert_schedule = |id: &str, payment: &str| {
        billing(BillingWrite::InsertSchedule(Box::new(schedule_sample(
            id, payment, "k1",
        ))))
    };
    let no_schedules = || billing(BillingWrite::NoSchedules { key: "k1".into() });
    let event = |id: &str, event| {
        billing(BillingWrite::Schedule {
            id: id.into(),
            event,
            at: 6_000,
        })
    };
    ledger.commit(vec![insert(&issued("k1", 1))]).await.unwrap();
    ledger
        .commit(vec![no_schedules(), insert_schedule("s1", "p1")])
        .await
        .unwrap();
    assert_eq!(
        refused(ledger, vec![insert_schedule("s2", "p1")]).await,
        LedgerError::Scheduled
    );
    assert_eq!(refused(ledger, vec![no_schedules()]).await, LedgerError::Scheduled);
    let live = ledger.live_schedule("store-a", "p1").await.unwrap().unwrap();
    assert_eq!(live, schedule_sample("s1", "p1", "k1"));
    ledger.commit(vec![event("s1", ScheduleEvent::Revoked)]).await.unwrap();
    // All or nothing: s1 is revoked already, so s3 stays.
    ledger
        .commit(vec![insert_schedule("s2", "p1"), insert_schedule("s3", "p3")])
        .await
        .unwrap();
    let both = vec![event("s3", ScheduleEvent::Revoked), event("s1", ScheduleEvent::Revoked)];
    assert_eq!(refused(ledger, both).await, LedgerError::Stale);
    let list = |status: Vec<ScheduleStatus>| async move {
        let filter = ScheduleFilter {
            store: "store-a".into(),
            billing_key: Some("k1".into()),
            from: Some(5_000),
            until: Some(5_001),
            status,
            ascending: true,
            limit: 10,
            ..ScheduleFilter::default()
        };
        let (page, total) = ledger.schedules(&filter).await.unwrap();
        (page.into_iter().map(|s| s.id).collect::<Vec<_>>().join(" "), total)
    };
    assert_eq!(list(vec![]).await, ("s1 s2 s3".into(), 3));
    assert_eq!(list(vec![ScheduleStatus::Scheduled]).await, ("s2 s3".into(), 2));
    assert_eq!(ledger.schedule("s1").await.unwrap().unwrap().revoked_at, Some(6_000));
}

pub(crate) async fn due_schedules_are_leased_once(ledger: &dyn Ledger) {
    let mut early = schedule_sample("s2", "p2", "k1");
    early.time_to_pay = 4_000;
    let schedules = [schedule_sample("s1", "p1", "k1"), early];
    let mut writes = vec![insert(&issued("k1", 1))];
    writes.extend(
        schedules
            .iter()
            .map(|s| billing(BillingWrite::InsertSchedule(Box::new(s.clone())))),
    );
    ledger.commit(writes).await.unwrap();
    let lease = |owner: &'static str, now, until| async move {
        let due = ledger.lease_due_schedules(owner, now, until, 10).await.unwrap();
        due.into_iter().map(|s| s.id).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(lease("naru-1", 3_999, 9_000).await, "");
    // After a downtime: late, the longest due first, once.
    assert_eq!(lease("naru-1", 8_000, 9_000).await, "s2 s1");
    assert_eq!(lease("naru-2", 8_500, 9_500).await, "");
    // The first router died before it started them.
    assert_eq!(lease("naru-2", 9_000, 10_000).await, "s2 s1");
    assert_eq!(ledger.release("naru-2", 9_001).await.unwrap(), 0);
    let start = || {
        billing(BillingWrite::Schedule {
            id: "s1".into(),
            event: ScheduleEvent::Started,
            at: 9_002,
        })
    };
    ledger.commit(vec![start()]).await.unwrap();
    assert_eq!(refused(ledger, vec![start()]).await, LedgerError::Stale);
    assert_eq!(lease("naru-3", 9_100, 10_000).await, "s2");
}

pub(crate) async fn a_schedule_follows_its_charge(ledger: &dyn Ledger) {
    let event = |event, at| {
        billing(BillingWrite::Schedule {
            id: "s1".into(),
            event,
            at,
        })
    };
    let mut t = transaction("t1", "p1", Status::Approving);
    t.billing = Some(BillingRef {
        key: "k1".into(),
        schedule: Some("s1".into()),
    });
    ledger
        .commit(vec![
            insert(&issued("k1", 1)),
            billing(BillingWrite::InsertSchedule(Box::new(schedule_sample(
                "s1", "p1", "k1",
            )))),
            event(ScheduleEvent::Started, 5_001),
            Write::Insert(Box::new(t)),
            Write::Insert(Box::new(transaction("t2", "p2", Status::Paid))),
        ])
        .await
        .unwrap();
    ledger.commit(vec![event(ScheduleEvent::Failed, 5_002)]).await.unwrap();
    ledger
        .commit(vec![event(ScheduleEvent::Succeeded, 5_003)])
        .await
        .unwrap();
    // Known already: left out, and the commit stands.
    ledger.commit(vec![event(ScheduleEvent::Failed, 5_004)]).await.unwrap();
    let schedule = ledger.schedule("s1").await.unwrap().unwrap();
    assert_eq!(
        (schedule.status, schedule.completed_at),
        (ScheduleStatus::Succeeded, Some(5_003))
    );
    // Payments are found by their schedule and key.
    let list = |change: fn(&mut PaymentFilter)| {
        let mut filter = PaymentFilter {
            stores: vec!["store-a".into()],
            limit: 10,
            ..PaymentFilter::default()
        };
        change(&mut filter);
        async move {
            let (page, total) = ledger.list(&filter).await.unwrap();
            (page.into_iter().map(|t| t.id).collect::<Vec<_>>().join(" "), total)
        }
    };
    assert_eq!(list(|f| f.scheduled = Some(true)).await, ("t1".into(), 1));
    assert_eq!(list(|f| f.scheduled = Some(false)).await, ("t2".into(), 1));
    assert_eq!(
        list(|f| f.text = vec![("BILLING_KEY".into(), "k1".into())]).await,
        ("t1".into(), 1)
    );
}

pub(crate) async fn a_key_case_is_taken_by_one_person(ledger: &dyn Ledger) {
    ledger.commit(vec![insert(&issued("k1", 2_000))]).await.unwrap();
    let mut case = intent("ki1", "k1", "c0");
    case.state = IntentState::Operator;
    case.lease_until = 0;
    case.lease_owner.clear();
    ledger
        .commit(vec![billing(BillingWrite::Intent(Box::new(case)))])
        .await
        .unwrap();
    assert_eq!(ledger.unsettled_keys(10).await.unwrap().len(), 1);
    let taken = ledger.lease_key_case("ki1", "a", 500, 5_000).await.unwrap().unwrap();
    assert_eq!(
        (taken.lease_owner.as_str(), taken.token),
        ("a", Some(json!({"sealed": "BBBB"})))
    );
    assert_eq!(ledger.lease_key_case("ki1", "b", 600, 5_000).await.unwrap(), None);
    let settled = BillingWrite::Close { id: "ki1".into() };
    ledger.commit(vec![billing(settled)]).await.unwrap();
    assert_eq!(ledger.unsettled_keys(10).await.unwrap(), vec![]);
}
