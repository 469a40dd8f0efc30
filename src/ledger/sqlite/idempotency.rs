//! Idempotency keys.

use super::storage;
use crate::ledger::{Idempotency, LedgerError, StoredAnswer};
use rusqlite::{Connection, OptionalExtension, params};

/// The clock of a claim, ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub now: i64,
    /// Older keys are free.
    pub keep_ms: i64,
    /// A request that runs longer lost its router.
    pub running_ms: i64,
}

/// Claims a key, or says what became of its first request. Clears a few keys that have had their time, so that the
/// table stays as small as the traffic of the time they are kept for.
pub(super) fn begin(
    connection: &Connection,
    scope: &str,
    key: &str,
    fingerprint: &str,
    times: Times,
) -> Result<Idempotency, LedgerError> {
    let now = times.now;
    let free = now.saturating_sub(times.keep_ms);
    connection
        .prepare_cached(
            "DELETE FROM idempotency WHERE seq IN
                 (SELECT seq FROM idempotency WHERE created_at < ?1 ORDER BY created_at LIMIT 2)",
        )
        .and_then(|mut clear| clear.execute([free]))
        .map_err(storage)?;
    let found = connection
        .prepare_cached(
            "SELECT fingerprint, status, body, created_at FROM idempotency WHERE scope = ?1 AND key = ?2 AND created_at >= ?3",
        )
        .and_then(|mut find| {
            find.query_row(params![scope, key, free], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Option<u16>>(1)?,
                    row.get::<_, Option<String>>(2)?,
                    row.get::<_, i64>(3)?,
                ))
            })
            .optional()
        })
        .map_err(storage)?;
    if let Some((first, status, body, since)) = found {
        match (status, body) {
            _ if first != fingerprint => return Ok(Idempotency::Other),
            (Some(status), Some(body)) => return Ok(Idempotency::Done(StoredAnswer { status, body })),
            _ if since >= now.saturating_sub(times.running_ms) => return Ok(Idempotency::Running),
            // Its router died: the same request takes the key over.
            _ => {}
        }
    }
    connection
        .prepare_cached(
            "INSERT INTO idempotency (scope, key, fingerprint, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
                 status = NULL, body = NULL",
        )
        .and_then(|mut claim| claim.execute(params![scope, key, fingerprint, now]))
        .map_err(storage)?;
    Ok(Idempotency::First)
}

/// Stores the answer of a running request, or frees its key.
pub(super) fn end(
    connection: &Connection,
    scope: &str,
    key: &str,
    answer: Option<&StoredAnswer>,
) -> Result<(), LedgerError> {
    match answer {
        Some(answer) => connection
            .prepare_cached("UPDATE idempotency SET status = ?3, body = ?4 WHERE scope = ?1 AND key = ?2")
            .and_then(|mut store| store.execute(params![scope, key, answer.status, answer.body])),
        None => connection
            .prepare_cached("DELETE FROM idempotency WHERE scope = ?1 AND key = ?2")
            .and_then(|mut free| free.execute(params![scope, key])),
    }
    .map(drop)
    .map_err(storage)
}
