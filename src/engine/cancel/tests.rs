#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::payment::{Approval, Trigger, transaction_sample as sample};
use proptest::prelude::*;

fn paid(total: i64, tax_free: i64) -> Transaction {
    let mut t = sample(total);
    t.amounts = Amounts::new(total, tax_free, None).unwrap();
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    let approval = Approval {
        pg_tx_id: "pg".into(),
        status: Status::Paid,
        method: None,
        approved_at: None,
        receipt_url: None,
        raw: None,
        keep: None,
        escrow: false,
        cash_receipt: None,
    };
    t.apply(&Event::Approved(Box::new(approval)), 2).unwrap();
    t
}

fn request(amount: Option<i64>) -> CancelRequest {
    CancelRequest {
        store_id: "s".into(),
        payment_id: "p".into(),
        amount,
        tax_free: None,
        vat: None,
        reason: "r".into(),
        current_cancellable: None,
        refund_account: None,
        trigger: Trigger::Api,
        skip_webhook: false,
    }
}

fn cancel(t: &mut Transaction, amounts: Amounts, n: usize) {
    let id = n.to_string();
    let cancellation = Cancellation {
        id: id.clone(),
        state: CancelState::Requested,
        amounts,
        reason: "r".into(),
        trigger: Trigger::Api,
        requested_at: 0,
        cancelled_at: None,
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
        accepted: false,
        skip_webhook: false,
    };
    t.apply(&Event::CancelStarted(Box::new(cancellation)), 3).unwrap();
    let done = Event::CancelSucceeded {
        id,
        pg_cancellation_id: None,
        cancelled_at: None,
        receipt_url: None,
    };
    t.apply(&done, 4).unwrap();
}

#[test]
fn the_checks_come_in_the_documented_order() {
    let mut t = paid(1000, 0);
    let mut wrong = request(Some(2000));
    wrong.current_cancellable = Some(999);
    let consistency = EngineError::Consistency {
        expected: 999,
        actual: 1000,
    };
    assert_eq!(cancel_amounts(&t, &wrong), Err(consistency));
    wrong.current_cancellable = Some(1000);
    let exceeds = EngineError::ExceedsCancellable { cancellable: 1000 };
    assert_eq!(cancel_amounts(&t, &wrong), Err(exceeds));
    let mut parts = request(Some(100));
    parts.tax_free = Some(1);
    assert_eq!(cancel_amounts(&t, &parts), Err(EngineError::TaxFreeExceeds(0)));
    parts.tax_free = None;
    parts.vat = Some(92);
    assert_eq!(cancel_amounts(&t, &parts), Err(EngineError::VatExceeds(91)));
    parts.amount = Some(50);
    parts.vat = Some(60);
    assert_eq!(cancel_amounts(&t, &parts), Err(EngineError::PartsExceed));
    let whole = cancel_amounts(&t, &request(None)).unwrap();
    cancel(&mut t, whole, 0);
    assert_eq!(cancel_amounts(&t, &request(None)), Err(EngineError::AlreadyCancelled));
    assert_eq!(cancel_amounts(&sample(1000), &request(None)), Err(EngineError::NotPaid));
}

#[test]
fn a_mixed_tax_payment_gives_back_its_taxable_part_first() {
    let t = paid(10_000, 3_000);
    let part = cancel_amounts(&t, &request(Some(7_000))).unwrap();
    assert_eq!((part.tax_free, part.vat), (0, 636));
    let more = cancel_amounts(&t, &request(Some(8_000))).unwrap();
    assert_eq!(more.tax_free, 1_000, "only 7,000 of it is taxable");
}

proptest! {
    /// Cancelled piece by piece in any sizes, the parts sum to exactly what was approved, and none goes below zero.
    #[test]
    fn parts_are_conserved(total in 1i64..1_000_000, share in 0i64..=100, cuts in proptest::collection::vec(1i64..400_000, 0..12)) {
        let mut t = paid(total, total * share / 100);
        for (n, cut) in cuts.into_iter().enumerate() {
            let left = t.cancellable();
            if left == 0 { break; }
            let amounts = cancel_amounts(&t, &request(Some(cut.min(left)))).unwrap();
            cancel(&mut t, amounts, n);
            prop_assert!(t.cancelled_tax_free() <= t.amounts.tax_free);
            prop_assert!(t.cancelled_vat() <= t.amounts.vat);
        }
        if t.cancellable() > 0 {
            let rest = cancel_amounts(&t, &request(None)).unwrap();
            cancel(&mut t, rest, 99);
        }
        prop_assert_eq!(t.status, Status::Cancelled);
        prop_assert_eq!(t.cancelled_tax_free(), t.amounts.tax_free);
        prop_assert_eq!(t.cancelled_vat(), t.amounts.vat);
        let supply: i64 = t.cancellations.iter().map(|c| c.amounts.supply).sum();
        prop_assert_eq!(supply, t.amounts.supply);
    }
}
