#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::payment::FailureKind;
use proptest::prelude::*;

/// A receipt that is being issued.
pub(crate) fn sample(payment_id: &str, total: i64) -> CashReceipt {
    CashReceipt {
        id: format!("receipt-{payment_id}"),
        store_id: "s".into(),
        payment_id: payment_id.into(),
        order_id: format!("order-{payment_id}"),
        version: 0,
        state: ReceiptState::Issuing,
        channel: ChannelRef {
            key: "c".into(),
            revision: "r".into(),
            provider: "toss".into(),
            pg_provider: "TOSSPAYMENTS".into(),
            live: false,
            mid: "m".into(),
            name: "n".into(),
            reason: "channelKey".into(),
        },
        amounts: Amounts::new(total, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "coffee".into(),
        kind: ReceiptKind::Personal,
        pg_receipt_id: None,
        issue_number: None,
        url: None,
        requested_at: 1,
        issued_at: None,
        cancelled_at: None,
        cancelled: 0,
        failure: None,
        status_changed_at: 1,
        work: None,
    }
}

fn issued() -> ReceiptEvent {
    ReceiptEvent::Issued {
        pg_receipt_id: "pg".into(),
        issue_number: "123456789".into(),
        url: "https://receipt.example".into(),
        issued_at: Some(5),
    }
}

fn failed() -> ReceiptEvent {
    ReceiptEvent::IssueFailed(Failure::new(FailureKind::Other, "X", "x"))
}

#[test]
fn a_receipt_is_issued_cancelled_in_parts_and_then_final() {
    let mut r = sample("p", 1000);
    r.apply(&issued(), 9).unwrap();
    assert_eq!((r.state, r.issued_at), (ReceiptState::Issued, Some(5)));
    let part = |amount| ReceiptEvent::Cancelled { amount, at: None };
    r.apply(&part(400), 10).unwrap();
    assert_eq!((r.state, r.cancelled), (ReceiptState::Issued, 400));
    assert!(r.apply(&part(601), 11).is_err());
    r.apply(&part(600), 12).unwrap();
    assert_eq!(
        (r.state, r.cancelled_at, r.status_changed_at),
        (ReceiptState::Cancelled, Some(12), 12)
    );
    for event in [issued(), failed(), ReceiptEvent::CancelStarted, part(1)] {
        assert!(r.apply(&event, 13).is_err(), "{event:?}");
    }
}

#[test]
fn late_truth_wins_both_ways() {
    let mut r = sample("p", 1000);
    r.apply(&failed(), 2).unwrap();
    assert!(!r.state.stands());
    r.apply(&issued(), 3).unwrap();
    assert_eq!((r.state, r.failure.clone()), (ReceiptState::Issued, None));
    // The tax office refuses a day later.
    r.apply(&failed(), 4).unwrap();
    assert_eq!(r.state, ReceiptState::IssueFailed);
}

proptest! {
    #[test]
    fn never_more_cancelled_than_issued(amounts in prop::collection::vec(-5i64..600, 0..12)) {
        let mut r = sample("p", 1000);
        r.apply(&issued(), 1).unwrap();
        for amount in amounts {
            let version = r.version;
            let applied = r.apply(&ReceiptEvent::Cancelled { amount, at: None }, 2);
            prop_assert_eq!(r.version, version + u64::from(applied.is_ok()));
            prop_assert!((0..=1000).contains(&r.cancelled));
            prop_assert_eq!(r.state == ReceiptState::Cancelled, r.cancelled == 1000);
        }
    }
}
