#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn fault(value: Value) -> Result<Fault, ControlError> {
    Fault::parse(0, &value, &["toss", "kcp"])
}

fn armed(values: Value) -> Faults {
    let faults = Faults::default();
    faults.put(
        values
            .as_array()
            .unwrap()
            .iter()
            .map(|v| fault(v.clone()).unwrap())
            .collect(),
    );
    faults
}

#[test]
fn every_word_of_the_contract_is_known() {
    for word in [
        "refuse",
        "hang",
        "late-answer",
        "approve-then-drop",
        "drop-before",
        "error-500-after",
        "error-500-before",
        "bad-signature",
        "bad-encoding",
        "truncate",
        "slow-drip",
        "duplicate-notify",
        "notify-before-answer",
        "lost-notify",
        "maintenance",
        "decline:REJECT_CARD_PAYMENT",
        "cancel-overtakes",
    ] {
        assert_eq!(fault(json!({"kind": word})).unwrap().kind.word(), word);
    }
}

#[test]
fn wrong_words_are_named_with_the_nearest_one() {
    for (value, field, hint) in [
        (json!({"kind": "truncat"}), "[0].kind", "truncate"),
        (json!({"kind": "hang", "provider": "tos"}), "[0].provider", "toss"),
        (
            json!({"kind": "hang", "operation": "aprove"}),
            "[0].operation",
            "approve",
        ),
        (json!({"kind": "hang", "delayMS": 3}), "[0]", "delayMs"),
        (json!({"kind": "hang", "times": -1}), "[0].times", "whole number"),
        (json!({"kind": "hang", "probability": 1.5}), "[0].probability", "0 to 1"),
        (json!({"kind": "decline:"}), "[0].kind", "code of the PG"),
        (json!({}), "[0].kind", "missing"),
    ] {
        let error = fault(value).unwrap_err();
        assert_eq!((error.status, error.field.as_deref()), (400, Some(field)));
        assert!(error.message.contains(hint), "{}", error.message);
    }
}

#[test]
fn a_fault_strikes_its_operation_as_often_as_told() {
    let faults = armed(json!([{"provider": "toss", "operation": "cancel", "kind": "hang", "times": 2}]));
    assert!(faults.on_call("kcp", Some(Operation::Cancel)).is_none());
    assert!(faults.on_call("toss", Some(Operation::Approve)).is_none());
    assert!(faults.on_call("toss", Some(Operation::Cancel)).is_some());
    assert!(faults.on_call("toss", Some(Operation::Cancel)).is_some());
    assert!(faults.on_call("toss", Some(Operation::Cancel)).is_none());
    assert_eq!(faults.list()[0]["hits"], 2);
}

#[test]
fn without_an_operation_the_kind_decides() {
    let faults = armed(json!([{"kind": "approve-then-drop", "times": 1}]));
    assert!(faults.on_call("toss", Some(Operation::Inquire)).is_none());
    assert!(faults.on_call("toss", Some(Operation::Cancel)).is_none());
    assert!(faults.on_call("toss", Some(Operation::Approve)).is_some());
    let faults = armed(json!([{"kind": "hang"}]));
    assert!(faults.on_call("toss", Some(Operation::Inquire)).is_some());
    assert!(faults.on_call("toss", Some(Operation::Window)).is_none());
}

#[test]
fn notification_faults_leave_calls_alone() {
    let faults = armed(json!([{"kind": "lost-notify", "times": 1}, {"kind": "bad-signature", "operation": "notify"}]));
    assert!(faults.on_call("toss", Some(Operation::Approve)).is_none());
    assert_eq!(
        faults.on_notification("toss", Some(Operation::Approve)).unwrap().kind,
        Kind::LostNotify
    );
    assert_eq!(faults.on_notification("toss", None).unwrap().kind, Kind::BadSignature);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed: u64| {
        let faults = armed(json!([{"kind": "hang", "probability": 0.3, "seed": seed}]));
        (0..200)
            .map(|_| faults.on_call("toss", Some(Operation::Cancel)).is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let hits = run(7).into_iter().filter(|hit| *hit).count();
    assert!((30..=90).contains(&hits), "{hits} of 200 at 0.3");
}
