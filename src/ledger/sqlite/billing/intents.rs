//! Intents of billing keys: read, leased, counted.

use super::super::{from_word, reader, storage};
use crate::ledger::{IntentState, KeyIntent, LedgerError};
use rusqlite::{Connection, OptionalExtension, Row, params};

const INTENT: &str = "id, billing_key, channel_key, operation, command, token, revision, state, created_at,
    last_call_at, attempts, next_at, lease_owner, lease_until, last_error";

type RawIntent = (KeyIntent, [String; 3], Option<String>);

fn raw_intent(row: &Row<'_>) -> rusqlite::Result<RawIntent> {
    let intent = KeyIntent {
        id: row.get(0)?,
        billing_key: row.get(1)?,
        channel_key: row.get(2)?,
        operation: crate::adapters::Operation::IssueBillingKey,
        command: serde_json::Value::Null,
        token: None,
        revision: row.get(6)?,
        state: IntentState::Unknown,
        created_at: row.get(8)?,
        last_call_at: row.get(9)?,
        attempts: row.get(10)?,
        next_at: row.get(11)?,
        lease_owner: row.get(12)?,
        lease_until: row.get(13)?,
        last_error: row.get(14)?,
    };
    Ok((intent, [row.get(3)?, row.get(7)?, row.get(4)?], row.get(5)?))
}

fn intent((intent, [operation, state, command], token): RawIntent) -> Result<KeyIntent, LedgerError> {
    Ok(KeyIntent {
        operation: from_word(&operation)?,
        state: from_word(&state)?,
        command: reader::decode(&command)?,
        token: token.as_deref().map(reader::decode).transpose()?,
        ..intent
    })
}

/// Leases due intents, the longest due first.
pub(in crate::ledger::sqlite) fn lease_keys(
    connection: &Connection,
    owner: &str,
    now: i64,
    until: i64,
    limit: usize,
) -> Result<Vec<KeyIntent>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = connection
        .prepare_cached(&format!(
            "SELECT {INTENT} FROM key_intents WHERE next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at, seq LIMIT ?2"
        ))
        .and_then(|mut find| {
            find.query_map(params![now, limit], raw_intent)?
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(storage)?;
    let mut lease = connection
        .prepare_cached("UPDATE key_intents SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1")
        .map_err(storage)?;
    due.into_iter()
        .map(|row| {
            lease.execute(params![row.0.id, owner, until]).map_err(storage)?;
            let mut intent = intent(row)?;
            owner.clone_into(&mut intent.lease_owner);
            intent.lease_until = until;
            Ok(intent)
        })
        .collect()
}

/// Key intents that are unknown or wait for a person, the oldest first.
pub(super) fn unsettled(connection: &Connection, limit: usize) -> Result<Vec<KeyIntent>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(&format!(
            "SELECT {INTENT} FROM key_intents WHERE state <> 'open' ORDER BY created_at, seq LIMIT ?1"
        ))
        .and_then(|mut find| find.query_map([limit], raw_intent)?.collect::<Result<Vec<_>, _>>())
        .map_err(storage)?
        .into_iter()
        .map(intent)
        .collect()
}

/// Leases one such intent if nobody else holds it.
pub(super) fn lease_case(
    connection: &Connection,
    id: &str,
    owner: &str,
    now: i64,
    until: i64,
) -> Result<Option<KeyIntent>, LedgerError> {
    connection
        .prepare_cached(&format!(
            "UPDATE key_intents SET lease_owner = ?2, lease_until = ?4
             WHERE id = ?1 AND state <> 'open' AND lease_until <= ?3 RETURNING {INTENT}"
        ))
        .and_then(|mut lease| lease.query_row(params![id, owner, now, until], raw_intent).optional())
        .map_err(storage)?
        .map(intent)
        .transpose()
}

/// How many key intents are unknown or wait for a person.
pub(in crate::ledger::sqlite) fn unknown(connection: &Connection) -> Result<u64, LedgerError> {
    connection
        .prepare_cached("SELECT count(*) FROM key_intents WHERE state <> 'open'")
        .and_then(|mut count| count.query_row([], |row| row.get::<_, i64>(0)))
        .map(i64::unsigned_abs)
        .map_err(storage)
}
