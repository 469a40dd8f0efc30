#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::payment::FailureKind;
use crate::payment::Platform;
use proptest::prelude::*;

pub(crate) fn sample(total: i64) -> Transaction {
    Transaction {
        id: "tx".into(),
        payment_id: "p".into(),
        store_id: "s".into(),
        order_id: "o".into(),
        version: 0,
        status: Status::Ready,
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
        group: None,
        amounts: Amounts::new(total, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "coffee".into(),
        method_kind: MethodKind::Card,
        method: None,
        customer: serde_json::json!({}),
        custom_data: None,
        extras: serde_json::Map::new(),
        origin: Origin {
            platform: Platform::Api,
            user_agent: None,
            url: None,
            ip_address: "127.0.0.1".into(),
        },
        billing: None,
        pg_tx_id: None,
        pg_response: None,
        receipt_url: None,
        keep: None,
        escrow: None,
        cash_receipt: None,
        failure: None,
        cancellations: vec![],
        requested_at: 0,
        updated_at: 0,
        status_changed_at: 0,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
    }
}

fn approval() -> Event {
    Event::Approved(Box::new(Approval {
        pg_tx_id: "pg".into(),
        status: Status::Paid,
        method: None,
        approved_at: Some(5),
        receipt_url: None,
        raw: None,
        keep: None,
        escrow: false,
        cash_receipt: None,
    }))
}

fn cancel(id: &str, total: i64) -> Event {
    Event::CancelStarted(Box::new(Cancellation {
        id: id.into(),
        state: CancelState::Requested,
        amounts: Amounts {
            total,
            tax_free: 0,
            vat: 0,
            supply: total,
        },
        reason: "r".into(),
        trigger: Trigger::Api,
        requested_at: 0,
        cancelled_at: None,
        pg_cancellation_id: None,
        receipt_url: None,
        failure: None,
        accepted: false,
        skip_webhook: false,
    }))
}

fn failure() -> Failure {
    Failure::new(FailureKind::Other, "X", "x")
}

#[test]
fn approval_needs_an_intent() {
    let mut t = sample(1000);
    assert!(t.apply(&approval(), 1).is_err());
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    assert!(t.apply(&Event::ApprovalStarted, 1).is_err());
    t.apply(&approval(), 2).unwrap();
    assert_eq!((t.status, t.paid_at), (Status::Paid, Some(5)));
    assert!(
        t.apply(&Event::Failed(failure()), 3).is_err(),
        "money that moved is not failed away"
    );
}

#[test]
fn late_truth_reopens_a_failed_attempt() {
    let mut t = sample(1000);
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    t.apply(&Event::ApprovalUnknown, 2).unwrap();
    t.apply(&Event::Failed(failure()), 3).unwrap();
    t.apply(&approval(), 4).unwrap();
    assert_eq!((t.status, t.failed_at, &t.failure), (Status::Paid, None, &None));
}

#[test]
fn one_cancellation_at_a_time_and_never_too_much() {
    let mut t = sample(1000);
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    t.apply(&approval(), 2).unwrap();
    assert!(t.apply(&cancel("a", 1001), 3).is_err());
    t.apply(&cancel("a", 400), 3).unwrap();
    assert!(t.apply(&cancel("b", 100), 3).is_err(), "the first is still open");
    t.apply(
        &Event::CancelFailed {
            id: "a".into(),
            failure: failure(),
        },
        4,
    )
    .unwrap();
    assert_eq!(t.cancellable(), 1000);
}

fn told(status: Status) -> Event {
    let Event::Approved(mut approval) = approval() else {
        unreachable!("it is one")
    };
    approval.status = status;
    Event::Approved(approval)
}

#[test]
fn a_deposit_pays_an_account_and_can_be_taken_back_while_it_is_whole() {
    let mut t = sample(1000);
    t.method_kind = MethodKind::VirtualAccount;
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    t.apply(&told(Status::VirtualAccountIssued), 2).unwrap();
    assert_eq!(
        (t.status, t.paid_at, t.cancellable()),
        (Status::VirtualAccountIssued, None, 0)
    );
    t.apply(&told(Status::Paid), 3).unwrap();
    assert_eq!((t.status, t.paid_at), (Status::Paid, Some(5)));
    t.apply(&told(Status::VirtualAccountIssued), 4).unwrap();
    assert_eq!((t.status, t.paid_at), (Status::VirtualAccountIssued, None));
    t.apply(&told(Status::Paid), 5).unwrap();
    t.apply(&cancel("a", 400), 6).unwrap();
    assert!(
        t.apply(&told(Status::VirtualAccountIssued), 7).is_err(),
        "a refund is open"
    );
}

#[test]
fn a_card_payment_never_becomes_an_account() {
    let mut t = sample(1000);
    t.apply(&Event::ApprovalStarted, 1).unwrap();
    t.apply(&approval(), 2).unwrap();
    assert!(t.apply(&told(Status::VirtualAccountIssued), 3).is_err());
    assert!(t.apply(&told(Status::PayPending), 3).is_err());
}

proptest! {
    /// Whatever events arrive in whatever order: cancelled never exceeds the total, `Cancelled` means all of it.
    #[test]
    fn money_is_conserved(total in 1i64..10_000, account in any::<bool>(), ops in proptest::collection::vec((0u8..9, 1i64..12_000), 0..40)) {
        let mut t = sample(total);
        if account {
            t.method_kind = MethodKind::VirtualAccount;
        }
        for (i, (op, amount)) in ops.into_iter().enumerate() {
            let open = t.open_cancellation().map(|c| c.id.clone()).unwrap_or_default();
            let event = match op {
                0 => Event::ApprovalStarted,
                1 => approval(),
                2 => Event::Failed(failure()),
                3 => Event::ApprovalUnknown,
                4 => cancel(&i.to_string(), amount),
                7 => told(Status::VirtualAccountIssued),
                8 => told(Status::PayPending),
                5 => Event::CancelSucceeded { id: open, pg_cancellation_id: None, cancelled_at: None, receipt_url: None },
                _ => Event::CancelFailed { id: open, failure: failure() },
            };
            let before = t.clone();
            match t.apply(&event, 1) {
                Ok(()) => prop_assert_eq!(t.version, before.version + 1),
                Err(_) => prop_assert_eq!(&t, &before),
            }
            // Money that moved back is never forgotten, and only an untouched account's deposit is taken back.
            prop_assert!(t.cancelled_total() >= before.cancelled_total());
            if before.status.is_settled() && !t.status.is_settled() {
                prop_assert!(account && t.status == Status::VirtualAccountIssued && t.open_cancellation().is_none());
                prop_assert_eq!(before.status, Status::Paid);
            }
            prop_assert_eq!(t.paid_at.is_some(), t.status.is_settled());
            prop_assert!(t.cancelled_total() <= t.amounts.total);
            prop_assert_eq!(t.status == Status::Cancelled, t.cancelled_total() == total);
            prop_assert_eq!(t.status.is_settled() , t.cancelled_total() > 0 || t.status == Status::Paid);
            prop_assert!(t.cancellations.iter().filter(|c| c.state == CancelState::Requested).count() <= 1);
        }
    }
}
