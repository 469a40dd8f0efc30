#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::payment::Platform;
use proptest::prelude::*;
use serde_json::json;

/// A schedule that waits for `time_to_pay` 5,000.
pub(crate) fn sample(id: &str, payment: &str, key: &str) -> Schedule {
    Schedule {
        id: id.into(),
        store_id: "store-a".into(),
        payment_id: payment.into(),
        version: 0,
        status: ScheduleStatus::Scheduled,
        order: ChargeOrder {
            billing_key: key.into(),
            channel_key: None,
            amounts: Amounts::new(11_000, 0, None).unwrap(),
            currency: Currency::KRW,
            order_name: "구독 1월".into(),
            customer: json!({"id": "buyer-1"}),
            custom_data: None,
            extras: serde_json::Map::new(),
            installment_months: 0,
            free_installment: false,
            use_card_point: false,
            origin: Origin {
                platform: Platform::Api,
                user_agent: None,
                url: None,
                ip_address: "127.0.0.1".into(),
            },
        },
        live: false,
        time_to_pay: 5_000,
        created_at: 1_000,
        started_at: None,
        completed_at: None,
        revoked_at: None,
    }
}

#[test]
fn a_charge_that_failed_and_was_approved_after_all_is_a_success() {
    let mut schedule = sample("s", "p", "k");
    assert_eq!(schedule.status_at(), 5_000);
    schedule.apply(ScheduleEvent::Started, 5_001).unwrap();
    schedule.apply(ScheduleEvent::Failed, 5_002).unwrap();
    assert!(!schedule.status.is_live());
    schedule.apply(ScheduleEvent::Succeeded, 5_003).unwrap();
    assert_eq!(
        (schedule.status, schedule.status_at()),
        (ScheduleStatus::Succeeded, 5_003)
    );
}

#[test]
fn only_what_waits_is_revoked_or_started() {
    let mut schedule = sample("s", "p", "k");
    schedule.apply(ScheduleEvent::Revoked, 2_000).unwrap();
    for event in [
        ScheduleEvent::Started,
        ScheduleEvent::Revoked,
        ScheduleEvent::Succeeded,
        ScheduleEvent::Failed,
    ] {
        assert!(schedule.apply(event, 6_000).is_err(), "{event:?}");
    }
    assert_eq!(schedule.version, 1);
}

#[test]
fn an_undecided_charge_says_nothing() {
    for status in [Status::Ready, Status::Approving, Status::Unknown] {
        assert_eq!(ScheduleEvent::of(status), None);
    }
    assert_eq!(ScheduleEvent::of(Status::Cancelled), Some(ScheduleEvent::Succeeded));
}

proptest! {
    /// Whatever order of events: it starts at most once, is never revoked after its start, never leaves success, and a
    /// refused event changes nothing.
    #[test]
    fn no_order_of_events_charges_twice(steps in prop::collection::vec(0usize..5, 0..30)) {
        let events = [
            ScheduleEvent::Started,
            ScheduleEvent::Pending,
            ScheduleEvent::Succeeded,
            ScheduleEvent::Failed,
            ScheduleEvent::Revoked,
        ];
        let mut schedule = sample("s", "p", "k");
        let (mut starts, mut now) = (0, 5_000);
        for step in steps {
            now += 1;
            let before = schedule.clone();
            if schedule.apply(events[step], now).is_err() {
                prop_assert_eq!(&schedule, &before);
                continue;
            }
            starts += usize::from(events[step] == ScheduleEvent::Started);
            prop_assert!(starts <= 1);
            prop_assert!(before.status != ScheduleStatus::Succeeded && before.status != ScheduleStatus::Revoked);
            prop_assert!(schedule.status != ScheduleStatus::Revoked || starts == 0);
            prop_assert_eq!(schedule.started_at.is_some(), starts == 1);
        }
    }
}
