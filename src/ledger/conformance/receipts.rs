//! Cash receipts: one stands, versions are guarded, due work is leased once, lists.

use crate::ledger::{Ledger, LedgerError, ReceiptFilter, ReceiptLease, ReceiptTime, ReceiptWrite, Write};
use crate::payment::{CashReceipt, ReceiptEvent, ReceiptState, ReceiptTask, ReceiptWork, receipt_sample};

fn new(id: &str, payment: &str) -> CashReceipt {
    CashReceipt {
        id: id.into(),
        order_id: format!("order-{id}"),
        work: Some(ReceiptWork {
            id: format!("op-{id}"),
            task: ReceiptTask::Issue {
                sealed: serde_json::json!({"sealed": "x"}),
            },
            started_at: 1,
            last_call_at: 1,
            attempts: 0,
            next_at: 100,
            operator: false,
        }),
        ..receipt_sample(payment, 1000)
    }
}

fn write(receipt: &CashReceipt, expected: Option<u64>) -> Vec<Write> {
    vec![Write::Receipt(Box::new(ReceiptWrite {
        receipt: receipt.clone(),
        expected,
        lease: ReceiptLease::default(),
    }))]
}

fn issued(mut receipt: CashReceipt, at: i64) -> CashReceipt {
    let event = ReceiptEvent::Issued {
        pg_receipt_id: format!("pg-{}", receipt.id),
        issue_number: "1".into(),
        url: String::new(),
        issued_at: Some(at),
    };
    receipt.apply(&event, at).unwrap();
    receipt.work = None;
    receipt
}

pub(crate) async fn one_receipt_stands(ledger: &dyn Ledger) {
    let first = new("r1", "p");
    ledger.commit(write(&first, None)).await.unwrap();
    assert_eq!(ledger.receipt("s", "p").await.unwrap(), Some(first.clone()));
    let second = new("r2", "p");
    assert_eq!(ledger.commit(write(&second, None)).await, Err(LedgerError::Duplicate));
    let mut failed = first.clone();
    let why = crate::payment::Failure::new(crate::payment::FailureKind::Other, "X", "x");
    failed.apply(&ReceiptEvent::IssueFailed(why), 5).unwrap();
    failed.work = None;
    ledger.commit(write(&failed, Some(0))).await.unwrap();
    ledger.commit(write(&second, None)).await.unwrap();
    assert_eq!(ledger.receipt("s", "p").await.unwrap().unwrap().id, "r2");
    // Late truth for the first one cannot make two.
    let late = issued(failed, 9);
    assert_eq!(ledger.commit(write(&late, Some(1))).await, Err(LedgerError::Duplicate));
    assert_eq!(
        ledger.receipt_by_id("r1").await.unwrap().unwrap().state,
        ReceiptState::IssueFailed
    );
    assert_eq!(ledger.receipt("other", "p").await.unwrap(), None);
}

pub(crate) async fn a_receipt_names_the_version_it_was_made_on(ledger: &dyn Ledger) {
    let receipt = new("r1", "p");
    ledger.commit(write(&receipt, None)).await.unwrap();
    let next = issued(receipt.clone(), 5);
    assert_eq!(ledger.commit(write(&next, Some(7))).await, Err(LedgerError::Stale));
    assert_eq!(ledger.commit(write(&receipt, Some(0))).await, Err(LedgerError::Stale));
    ledger.commit(write(&next, Some(0))).await.unwrap();
    assert_eq!(ledger.commit(write(&next, Some(0))).await, Err(LedgerError::Stale));
}

pub(crate) async fn due_receipts_are_leased_once(ledger: &dyn Ledger) {
    for (id, payment) in [("r1", "p1"), ("r2", "p2")] {
        ledger.commit(write(&new(id, payment), None)).await.unwrap();
    }
    ledger.commit(write(&issued(new("r3", "p3"), 4), None)).await.unwrap();
    assert!(ledger.lease_receipts("a", 99, 500, 9).await.unwrap().is_empty());
    assert_eq!(ledger.lease_receipts("a", 100, 500, 1).await.unwrap().len(), 1);
    assert_eq!(ledger.lease_receipts("b", 100, 500, 9).await.unwrap().len(), 1);
    assert!(ledger.lease_receipts("b", 499, 900, 9).await.unwrap().is_empty());
    // The router died and came back: its work is due at once, the other's is not.
    assert_eq!(ledger.release_receipts("a", 120).await.unwrap(), 1);
    assert_eq!(ledger.lease_receipts("a", 120, 500, 9).await.unwrap().len(), 1);
    assert_eq!(ledger.lease_receipts("c", 500, 900, 9).await.unwrap().len(), 2);
}

pub(crate) async fn receipts_are_listed(ledger: &dyn Ledger) {
    for (n, at) in [("r1", 10), ("r2", 30), ("r3", 20)] {
        ledger.commit(write(&issued(new(n, n), at), None)).await.unwrap();
    }
    ledger.commit(write(&new("r4", "r4"), None)).await.unwrap();
    let filter = ReceiptFilter {
        stores: vec!["s".into()],
        limit: 2,
        ..ReceiptFilter::default()
    };
    let ids = |page: &[CashReceipt]| page.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    let (page, total) = ledger.receipts(&filter).await.unwrap();
    assert_eq!((ids(&page), total), (vec!["r2".to_owned(), "r3".to_owned()], 3));
    let later = ReceiptFilter {
        offset: 2,
        ..filter.clone()
    };
    assert_eq!(ids(&ledger.receipts(&later).await.unwrap().0), ["r1"]);
    let some = ReceiptFilter {
        from: Some(10),
        until: Some(30),
        range_by: ReceiptTime::StatusChanged,
        ascending: true,
        states: vec![ReceiptState::Issued],
        limit: 10,
        ..filter.clone()
    };
    assert_eq!(ids(&ledger.receipts(&some).await.unwrap().0), ["r1", "r3"]);
    for none in [
        ReceiptFilter {
            stores: vec!["other".into()],
            ..filter.clone()
        },
        ReceiptFilter {
            is_test: Some(false),
            ..filter.clone()
        },
        ReceiptFilter {
            states: vec![ReceiptState::Cancelled],
            ..filter.clone()
        },
        ReceiptFilter {
            mid: Some("another".into()),
            ..filter.clone()
        },
    ] {
        assert_eq!(ledger.receipts(&none).await.unwrap(), (vec![], 0), "{none:?}");
    }
    let one = ReceiptFilter {
        payment_id: Some("r2".into()),
        pg_receipt_id: Some("pg-r2".into()),
        ..filter
    };
    assert_eq!(ledger.receipts(&one).await.unwrap().1, 1);
}
