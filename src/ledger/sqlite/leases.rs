//! Intents: read, leased, given back.

use super::{from_word, storage, word_of};
use crate::ledger::{Intent, IntentState, LedgerError};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, transaction_id, operation, cancellation_id, command, revision, state, created_at,
    last_call_at, attempts, next_at, lease_owner, lease_until, last_error";

struct Raw {
    intent: Intent,
    operation: String,
    state: String,
    command: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        intent: Intent {
            id: row.get(0)?,
            transaction_id: row.get(1)?,
            operation: crate::adapters::Operation::Inquire,
            cancellation_id: row.get(3)?,
            command: serde_json::Value::Null,
            revision: row.get(5)?,
            state: IntentState::Unknown,
            created_at: row.get(7)?,
            last_call_at: row.get(8)?,
            attempts: row.get(9)?,
            next_at: row.get(10)?,
            lease_owner: row.get(11)?,
            lease_until: row.get(12)?,
            last_error: row.get(13)?,
        },
        operation: row.get(2)?,
        state: row.get(6)?,
        command: row.get(4)?,
    })
}

fn decoded(raw: Raw) -> Result<Intent, LedgerError> {
    Ok(Intent {
        operation: from_word(&raw.operation)?,
        state: from_word(&raw.state)?,
        command: serde_json::from_str(&raw.command)
            .map_err(|error| LedgerError::Storage(format!("the command of an intent is not readable: {error}")))?,
        ..raw.intent
    })
}

/// The open intent of a transaction.
pub(super) fn of_transaction(connection: &Connection, id: &str) -> Result<Option<Intent>, LedgerError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM intents WHERE transaction_id = ?1"))
        .and_then(|mut find| find.query_row([id], raw).optional())
        .map_err(storage)?
        .map(decoded)
        .transpose()
}

/// How many intents are unknown or wait for a person.
pub(super) fn unknown(connection: &Connection) -> Result<u64, LedgerError> {
    connection
        .prepare_cached("SELECT count(*) FROM intents WHERE state <> ?1")
        .and_then(|mut count| count.query_row([word_of(&IntentState::Open).unwrap_or_default()], |row| row.get(0)))
        .map(i64::unsigned_abs)
        .map_err(storage)
}

/// Intents that are unknown or wait for a person, the oldest first.
pub(super) fn unsettled(connection: &Connection, limit: usize) -> Result<Vec<Intent>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM intents WHERE state <> 'open' ORDER BY created_at, id LIMIT ?1"
        ))
        .and_then(|mut find| find.query_map([limit], raw)?.collect::<Result<Vec<_>, _>>())
        .map_err(storage)?
        .into_iter()
        .map(decoded)
        .collect()
}

/// Leases one such intent if nobody else holds it.
pub(super) fn lease_case(
    connection: &Connection,
    id: &str,
    owner: &str,
    now: i64,
    until: i64,
) -> Result<Option<Intent>, LedgerError> {
    connection
        .prepare_cached(&format!(
            "UPDATE intents SET lease_owner = ?2, lease_until = ?4
             WHERE id = ?1 AND state <> 'open' AND lease_until <= ?3 RETURNING {COLUMNS}"
        ))
        .and_then(|mut lease| lease.query_row(params![id, owner, now, until], raw).optional())
        .map_err(storage)?
        .map(decoded)
        .transpose()
}

/// Leases due intents, the longest due first. One whose lease ran out was left in the middle: the holder's last call may
/// have been under way until then, and that is what its `last_call_at` says from now on.
pub(super) fn lease_due(
    connection: &Connection,
    owner: &str,
    now: i64,
    until: i64,
    limit: usize,
) -> Result<Vec<Intent>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM intents WHERE next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at, id LIMIT ?2"
        ))
        .and_then(|mut find| find.query_map(params![now, limit], raw)?.collect::<Result<Vec<_>, _>>())
        .map_err(storage)?;
    let mut lease = connection
        .prepare_cached("UPDATE intents SET lease_owner = ?2, lease_until = ?3, last_call_at = ?4 WHERE id = ?1")
        .map_err(storage)?;
    due.into_iter()
        .map(|row| {
            let mut intent = decoded(row)?;
            if !intent.lease_owner.is_empty() {
                intent.last_call_at = intent.last_call_at.max(intent.lease_until);
            }
            lease
                .execute(params![intent.id, owner, until, intent.last_call_at])
                .map_err(storage)?;
            owner.clone_into(&mut intent.lease_owner);
            intent.lease_until = until;
            Ok(intent)
        })
        .collect()
}

/// Gives back the leases of an earlier life of `owner`; its calls died with it, so their outcome is unknown, and when
/// they ended at the latest is now.
pub(super) fn release(connection: &Connection, owner: &str, now: i64) -> Result<u64, LedgerError> {
    connection
        .prepare_cached(
            "UPDATE intents SET next_at = CASE state WHEN 'open' THEN ?2 ELSE next_at END,
                 state = CASE state WHEN 'open' THEN 'unknown' ELSE state END, lease_owner = '', lease_until = 0,
                 last_call_at = max(last_call_at, ?2)
             WHERE lease_owner = ?1",
        )
        .and_then(|mut give| give.execute(params![owner, now]))
        .map(|count| count as u64)
        .map_err(storage)
}
