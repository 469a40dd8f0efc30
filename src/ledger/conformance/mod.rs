//! What every ledger must do, whatever stores it. Each function takes an empty ledger; `for_every_case!` names them all,
//! so that a new implementation runs the same list.

#![allow(clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod billing;
pub(crate) mod commits;
pub(crate) mod feeds;
pub(crate) mod lists;
pub(crate) mod payments;
pub(crate) mod receipts;
pub(crate) mod recovery;
pub(crate) mod retention;

use super::{Intent, IntentState, JournalEntry, Ledger, LedgerError, OutboxRow, Write};
use crate::adapters::Operation;
use crate::payment::{Amounts, ChannelRef, Currency, MethodKind, Origin, Platform, Status, Transaction};
use serde_json::json;

/// Calls `$run!(module, function);` for every case.
macro_rules! for_every_case {
    ($run:ident) => {
        $run!(commits, all_writes_of_a_commit_are_found_again);
        $run!(commits, an_id_of_ours_is_claimed_once_a_mid);
        $run!(commits, a_commit_is_all_or_nothing);
        $run!(commits, ids_and_order_numbers_are_unique);
        $run!(commits, an_update_names_the_version_it_was_made_on);
        $run!(commits, a_transaction_keeps_its_identity);
        $run!(commits, one_open_intent_a_transaction);
        $run!(commits, an_intent_needs_its_transaction);
        $run!(commits, an_outcome_is_written_once);
        $run!(commits, a_refused_commit_takes_nothing_down_but_itself);
        $run!(commits, the_journal_keeps_its_order);
        $run!(commits, windows_belong_to_one_transaction);
        $run!(commits, revisions_are_kept_as_first_written);
        $run!(commits, it_is_writable);
        $run!(commits, a_session_is_closed_once);
        $run!(payments, one_live_attempt_a_payment);
        $run!(payments, racing_attempts_have_one_winner);
        $run!(payments, racing_updates_have_one_winner);
        $run!(payments, late_truth_beside_a_live_attempt_is_refused);
        $run!(payments, the_live_attempt_stands_else_the_newest);
        $run!(payments, stores_do_not_share_payments);
        $run!(lists, one_row_a_payment);
        $run!(lists, filters_are_anded);
        $run!(lists, ranges_include_their_start_only);
        $run!(lists, totals_follow_every_change);
        $run!(lists, pages_follow_each_other);
        $run!(lists, several_stores_merge_in_order);
        $run!(lists, facts_are_found_by_their_own_filters_only);
        $run!(lists, words_match_from_the_front);
        $run!(feeds, payments_are_read_once_in_order);
        $run!(feeds, changes_of_money_are_read_once_in_order);
        $run!(retention, ended_deliveries_go_with_their_tries);
        $run!(retention, dead_deliveries_have_their_own_age);
        $run!(retention, notices_that_were_dealt_with_go);
        $run!(recovery, due_intents_are_leased_once);
        $run!(recovery, racing_owners_never_share_an_intent);
        $run!(recovery, a_lease_ends);
        $run!(recovery, a_case_is_taken_by_one_person);
        $run!(recovery, release_makes_open_calls_unknown);
        $run!(recovery, an_idempotency_key_has_one_first_request);
        $run!(recovery, idempotency_take_over);
        $run!(recovery, a_key_is_free_again_after_its_time);
        $run!(recovery, racing_requests_have_one_first);
        $run!(receipts, one_receipt_stands);
        $run!(receipts, a_receipt_names_the_version_it_was_made_on);
        $run!(receipts, due_receipts_are_leased_once);
        $run!(receipts, receipts_are_listed);
        $run!(billing, a_key_is_found_by_the_mark_of_its_pg_key);
        $run!(billing, a_customer_uid_means_the_newest_key_ever_issued);
        $run!(billing, schedules_are_found_by_their_payment);
        $run!(billing, keys_are_found_changed_and_guarded);
        $run!(billing, a_key_case_is_taken_by_one_person);
        $run!(billing, key_intents_are_leased_once_and_released);
        $run!(billing, keys_are_listed_once_they_were_issued);
        $run!(billing, one_live_schedule_a_payment);
        $run!(billing, due_schedules_are_leased_once);
        $run!(billing, a_schedule_follows_its_charge);
    };
}
pub(crate) use for_every_case;

/// A transaction with every searchable and filterable member.
pub(crate) fn transaction(id: &str, payment: &str, status: Status) -> Transaction {
    Transaction {
        id: id.into(),
        payment_id: payment.into(),
        store_id: "store-a".into(),
        order_id: format!("order-{id}"),
        version: 1,
        status,
        channel: ChannelRef {
            key: "channel-key-1".into(),
            revision: "revision-1".into(),
            provider: "toss".into(),
            pg_provider: "TOSSPAYMENTS".into(),
            live: false,
            mid: "tvivarepublica".into(),
            name: "Toss".into(),
            reason: "channelKey".into(),
        },
        group: None,
        amounts: Amounts::new(11_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "아메리카노 두 잔".into(),
        method_kind: MethodKind::Card,
        method: None,
        customer: json!({"id": "c-1", "name": {"full": "x"}}),
        custom_data: Some("{\"cart\":7}".into()),
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
        requested_at: 1_000,
        updated_at: 1_000,
        status_changed_at: 1_000,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
    }
}

/// The transaction one version later, in another state.
pub(crate) fn next(from: &Transaction, status: Status) -> Transaction {
    let mut to = from.clone();
    to.version += 1;
    to.status = status;
    to.status_changed_at += 10;
    to.updated_at += 10;
    to
}

pub(crate) fn insert(t: &Transaction) -> Write {
    Write::Insert(Box::new(t.clone()))
}

pub(crate) fn update(t: &Transaction, expected: u64) -> Write {
    Write::Update {
        transaction: Box::new(t.clone()),
        expected,
    }
}

pub(crate) fn intent(id: &str, transaction: &str) -> Intent {
    Intent {
        id: id.into(),
        transaction_id: transaction.into(),
        operation: Operation::NetCancel,
        cancellation_id: Some("cancellation-1".into()),
        command: json!({"orderId": "o", "amount": 11_000}),
        revision: "revision-1".into(),
        state: IntentState::Open,
        created_at: 1_000,
        last_call_at: 1_001,
        attempts: 3,
        next_at: 2_000,
        lease_owner: "router-1".into(),
        lease_until: 1_500,
        last_error: Some("timeout".into()),
    }
}

pub(crate) fn opened(i: &Intent) -> Write {
    Write::Intent(Box::new(i.clone()))
}

pub(crate) fn line(transaction: &str, kind: &str) -> JournalEntry {
    JournalEntry {
        at: 1_000,
        transaction_id: Some(transaction.into()),
        kind: kind.into(),
        doc: json!({"code": "0000", "message": "정상"}),
    }
}

pub(crate) fn hook(id: &str, t: &Transaction) -> OutboxRow {
    OutboxRow {
        id: id.into(),
        store_id: t.store_id.clone(),
        payment_id: t.payment_id.clone(),
        transaction_id: t.id.clone(),
        event: "Transaction.Paid".into(),
        created_at: 1_000,
        cancellation_id: None,
        billing_key: None,
    }
}

pub(crate) async fn refused(ledger: &dyn Ledger, writes: Vec<Write>) -> LedgerError {
    ledger.commit(writes).await.expect_err("must be refused")
}
