#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::adapters::{Operation, Party, Shipment};
use crate::ledger::IntentState;
use crate::payment::transaction_sample;

fn told(action: EscrowAction, shipment: Option<&str>, before: Escrow) -> Escrow {
    let mut transaction = transaction_sample(1000);
    transaction.escrow = Some(before);
    let command = EscrowCommand {
        action,
        pg_tx_id: "pg".into(),
        order_id: "o".into(),
        amounts: transaction.amounts,
        shipment: shipment.map(|invoice| Shipment {
            company: "CJ".into(),
            invoice_number: invoice.into(),
            sent_at: 7,
            received_at: None,
            sender: Party::default(),
            receiver: Party::default(),
            send_email: false,
        }),
        idempotency_key: "i".into(),
        at: 1,
        keep: None,
    };
    let intent = Intent {
        id: "i".into(),
        transaction_id: "tx".into(),
        operation: Operation::Escrow,
        cancellation_id: None,
        command: serde_json::to_value(command).unwrap(),
        revision: "r".into(),
        state: IntentState::Open,
        created_at: 1,
        last_call_at: 1,
        attempts: 0,
        next_at: 1,
        lease_owner: String::new(),
        lease_until: 0,
        last_error: None,
    };
    after(&transaction, &intent, &EscrowDone { at: None }, 9).unwrap()
}

#[test]
fn a_delivery_is_registered_corrected_and_completed() {
    let registered = told(EscrowAction::Register, Some("1"), Escrow::new());
    assert_eq!(
        (
            registered.state,
            registered.invoice_number.as_deref(),
            registered.applied_at
        ),
        (EscrowState::Registered, Some("1"), Some(9))
    );
    let corrected = told(EscrowAction::Modify, Some("2"), registered);
    assert_eq!(
        (corrected.state, corrected.invoice_number.as_deref()),
        (EscrowState::Registered, Some("2"))
    );
    let complete = EscrowAction::Complete { from_store: true };
    let confirmed = told(complete, None, corrected);
    assert_eq!(
        (confirmed.state, confirmed.automatic, confirmed.company.as_deref()),
        (EscrowState::Confirmed, Some(false), Some("CJ"))
    );
}

#[test]
fn what_does_not_fit_the_state_is_refused() {
    let before = Escrow::new();
    let registered = told(EscrowAction::Register, Some("1"), Escrow::new());
    let complete = EscrowAction::Complete { from_store: false };
    for (action, escrow, fits) in [
        (EscrowAction::Register, &before, true),
        (EscrowAction::Register, &registered, false),
        (EscrowAction::Modify, &before, false),
        (EscrowAction::Modify, &registered, true),
        (complete, &before, false),
        (complete, &registered, true),
        (EscrowAction::AcknowledgeReject, &registered, false),
    ] {
        assert_eq!(check_state(action, escrow).is_ok(), fits, "{action:?} {escrow:?}");
    }
}

#[test]
fn states_only_move_on() {
    use EscrowState::{BeforeRegistered, Cancelled, Confirmed, Registered, RejectConfirmed, Rejected};
    let after = |from, to| {
        let escrow = Escrow {
            state: from,
            company: Some("CJ".into()),
            ..Escrow::new()
        };
        moved(&escrow, to, to == Confirmed)
    };
    for (from, to) in [
        (BeforeRegistered, Registered),
        (Registered, Confirmed),
        (Registered, Rejected),
        (Rejected, Confirmed),
        (Rejected, RejectConfirmed),
        (Confirmed, Cancelled),
    ] {
        let escrow = after(from, to).unwrap();
        assert_eq!((escrow.state, escrow.company.as_deref()), (to, Some("CJ")));
        assert_eq!(escrow.automatic, (to == Confirmed).then_some(true));
    }
    for (from, to) in [
        (Registered, Registered),
        (Confirmed, Registered),
        (RejectConfirmed, Rejected),
        (Cancelled, Confirmed),
    ] {
        assert_eq!(after(from, to), None, "{from:?} to {to:?}");
    }
}

#[test]
fn v1_has_a_number_for_each_change_at_inicis_and_no_other_pg() {
    let mut transaction = transaction_sample(1000);
    let status = transaction.status;
    let mut word = |provider: &str, state, automatic| {
        transaction.channel.provider = provider.to_owned();
        let escrow = Escrow {
            state,
            automatic,
            ..Escrow::new()
        };
        webhook_event(status, &transaction, Some(&Event::EscrowChanged(Box::new(escrow))))
    };
    for (state, automatic, number) in [
        (EscrowState::Registered, None, 2),
        (EscrowState::Confirmed, Some(false), 3),
        (EscrowState::Confirmed, Some(true), 31),
        (EscrowState::Rejected, None, 4),
        (EscrowState::Cancelled, None, 8),
        (EscrowState::RejectConfirmed, None, 10),
    ] {
        let told = format!("Inicis.Escrow.Changed/{number}");
        assert_eq!(word("inicis", state, automatic), Some(told.as_str()));
        assert_eq!(word("kcp", state, automatic), None);
    }
    assert_eq!(word("inicis", EscrowState::Delivered, None), None);
}
