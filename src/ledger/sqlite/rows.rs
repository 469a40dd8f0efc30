//! A commit as rows: what the caller's task makes of its writes before they are queued, so that the one writer thread
//! does nothing but write.

use super::billing::{self, BillingOp};
use super::receipts::ReceiptRow;
use super::words::words_of;
use crate::ledger::{
    AttemptRow, Intent, JournalEntry, LedgerError, MoneyEvent, OutboxRow, PreRegistration, SessionRow, Write,
};
use crate::payment::{Platform, Transaction};
use serde::Serialize;

/// What lists filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facets {
    pub(super) store_id: String,
    pub(super) requested_at: i64,
    pub(super) status_changed_at: i64,
    pub(super) status: String,
    pub(super) method: String,
    pub(super) pg_provider: String,
    pub(super) is_test: bool,
    pub(super) currency: String,
    pub(super) platform: String,
}

/// A transaction as a row.
#[derive(Debug)]
pub(super) struct TransactionRow {
    pub(super) id: String,
    pub(super) order_id: String,
    pub(super) payment_id: String,
    pub(super) version: i64,
    pub(super) live: bool,
    pub(super) facets: Facets,
    pub(super) doc: String,
    pub(super) words: String,
}

/// An intent as a row: the intent, with its command as text.
#[derive(Debug)]
pub(super) struct IntentRow {
    pub(super) intent: Intent,
    pub(super) command: String,
}

/// Part of a commit, ready to be bound.
#[derive(Debug)]
pub(super) enum Op {
    Insert(Box<TransactionRow>),
    Update {
        row: Box<TransactionRow>,
        expected: i64,
    },
    Intent(Box<IntentRow>),
    Reschedule(Box<IntentRow>),
    Close(String),
    Journal {
        entry: JournalEntry,
        doc: String,
    },
    Outbox(OutboxRow),
    Money(MoneyEvent),
    Session {
        row: Box<SessionRow>,
        doc: String,
    },
    PreRegister(PreRegistration),
    Claim {
        provider: String,
        mid: String,
        pg_tx_id: String,
    },
    Billing(Box<BillingOp>),
    Window {
        row: Box<AttemptRow>,
        doc: String,
    },
    Revision {
        revision: String,
        channel_key: String,
        sealed: Vec<u8>,
    },
    Receipt(Box<ReceiptRow>),
}

/// Numbers in SQLite are signed; no counter of ours comes near the end.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn json<T: Serialize>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Storage(format!("cannot be written as JSON: {error}")))
}

pub(super) fn platform_word(platform: Platform) -> &'static str {
    match platform {
        Platform::Pc => "PC",
        Platform::Mobile => "MOBILE",
        Platform::Api => "API",
    }
}

fn transaction_row(t: &Transaction) -> Result<Box<TransactionRow>, LedgerError> {
    Ok(Box::new(TransactionRow {
        id: t.id.clone(),
        order_id: t.order_id.clone(),
        payment_id: t.payment_id.clone(),
        version: signed(t.version),
        live: t.status.is_live(),
        facets: Facets {
            store_id: t.store_id.clone(),
            requested_at: t.requested_at,
            status_changed_at: t.status_changed_at,
            status: t.status.as_str().to_owned(),
            // What was used counts, not what was asked for, as soon as it is known.
            method: t
                .method
                .as_ref()
                .map_or(t.method_kind, |m| m.kind())
                .as_str()
                .to_owned(),
            pg_provider: t.channel.pg_provider.clone(),
            is_test: !t.channel.live,
            currency: t.currency.code().to_owned(),
            platform: platform_word(t.origin.platform).to_owned(),
        },
        doc: json(t)?,
        words: words_of(t),
    }))
}

fn intent_row(intent: Intent) -> Result<Box<IntentRow>, LedgerError> {
    let command = json(&intent.command)?;
    Ok(Box::new(IntentRow { intent, command }))
}

/// Turns writes into rows.
pub(super) fn rows_of(writes: Vec<Write>) -> Result<Vec<Op>, LedgerError> {
    writes
        .into_iter()
        .map(|write| {
            Ok(match write {
                Write::Insert(transaction) => Op::Insert(transaction_row(&transaction)?),
                Write::Update { transaction, expected } => Op::Update {
                    row: transaction_row(&transaction)?,
                    expected: signed(expected),
                },
                Write::Intent(intent) => Op::Intent(intent_row(*intent)?),
                Write::Reschedule(intent) => Op::Reschedule(intent_row(*intent)?),
                Write::Close { id } => Op::Close(id),
                Write::Journal(entry) => Op::Journal {
                    doc: json(&entry.doc)?,
                    entry,
                },
                Write::Outbox(row) => Op::Outbox(row),
                Write::Money(event) => Op::Money(event),
                Write::Session(row) => Op::Session {
                    doc: json(&row.doc)?,
                    row,
                },
                Write::PreRegister(row) => Op::PreRegister(row),
                Write::Claim {
                    provider,
                    mid,
                    pg_tx_id,
                } => Op::Claim {
                    provider,
                    mid,
                    pg_tx_id,
                },
                Write::Billing(write) => Op::Billing(Box::new(billing::prepare(*write)?)),
                Write::Attempt(row) => Op::Window {
                    doc: json(&row.doc)?,
                    row,
                },
                Write::Revision {
                    revision,
                    channel_key,
                    sealed,
                } => Op::Revision {
                    revision,
                    channel_key,
                    sealed,
                },
                Write::Receipt(write) => Op::Receipt(Box::new(ReceiptRow::of(*write)?)),
            })
        })
        .collect()
}
