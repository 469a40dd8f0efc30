//! Removing old records, in SQLite: a reader finds them along the primary key, so that no index has to be written for it
//! with every webhook; the writer removes those that are still what they were.

use super::writer::{Answer, Call, Task};
use super::{SqliteLedger, mismatch, storage};
use crate::ledger::{Before, LedgerError, Pruned, Records, RetentionLedger};
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, params};

/// A record on the way: its key, state, and when it came.
struct Seen {
    key: String,
    state: String,
    at: Millis,
}

/// Ids are made in the order of time, `seq` is the order of arrival: a walk along them begins with the oldest.
fn find(records: Records) -> &'static str {
    match records {
        Records::Deliveries => "SELECT id, state, created_at FROM deliveries WHERE id > ?1 ORDER BY id LIMIT ?2",
        Records::Events => "SELECT id, state, created_at FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2",
        Records::Notices => {
            "SELECT CAST(seq AS TEXT), state, received_at FROM notices WHERE seq > CAST(?1 AS INTEGER) ORDER BY seq
             LIMIT ?2"
        }
    }
}

fn remove(records: Records) -> &'static str {
    match records {
        Records::Deliveries => "DELETE FROM deliveries WHERE id = ?1 AND state = ?2",
        // An event stays as long as one of its deliveries does.
        Records::Events => {
            "DELETE FROM outbox WHERE id = ?1 AND state = ?2
                 AND NOT EXISTS (SELECT 1 FROM deliveries AS d
                     WHERE d.store_id = outbox.store_id AND d.event_id = outbox.id
                         AND d.payment_id = coalesce(outbox.billing_key, outbox.payment_id))"
        }
        Records::Notices => "DELETE FROM notices WHERE seq = CAST(?1 AS INTEGER) AND state = ?2",
    }
}

fn is_old(seen: &Seen, before: Before) -> bool {
    let limit = match seen.state.as_str() {
        "pending" | "received" | "waiting" => None,
        "dead" => before.dead,
        _ => before.done,
    };
    limit.is_some_and(|limit| seen.at < limit)
}

fn execute(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<u64, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map(|count| count as u64)
        .map_err(storage)
}

fn removed(connection: &Connection, records: Records, old: &[Seen]) -> Result<u64, LedgerError> {
    let mut count = 0;
    for seen in old {
        let gone = execute(connection, remove(records), params![seen.key, seen.state])?;
        if gone > 0 && records == Records::Deliveries {
            let sql = "DELETE FROM delivery_tries WHERE delivery_id = ?1";
            execute(connection, sql, [&seen.key])?;
        }
        count += gone;
    }
    Ok(count)
}

impl RetentionLedger for SqliteLedger {
    fn prune<'a>(
        &'a self,
        records: Records,
        after: &'a str,
        before: Before,
        step: usize,
    ) -> BoxFuture<'a, Result<Pruned, LedgerError>> {
        Box::pin(async move {
            let Some(latest) = before.latest() else {
                return Ok(Pruned::default());
            };
            let limit = i64::try_from(step).unwrap_or(i64::MAX);
            let page: Vec<Seen> = self.readers.point(|c| {
                c.prepare_cached(find(records))
                    .and_then(|mut find| {
                        let read = |row: &rusqlite::Row<'_>| {
                            Ok(Seen {
                                key: row.get(0)?,
                                state: row.get(1)?,
                                at: row.get(2)?,
                            })
                        };
                        find.query_map(params![after, limit], read)?.collect()
                    })
                    .map_err(storage)
            })?;
            let last = page.last().map(|seen| seen.key.clone());
            let ended = page.len() < step || page.iter().all(|seen| seen.at >= latest);
            let old: Vec<Seen> = page.into_iter().filter(|seen| is_old(seen, before)).collect();
            let next = last.filter(|_| !ended);
            if old.is_empty() {
                return Ok(Pruned { removed: 0, next });
            }
            let call = Call::new(move |c| removed(c, records, &old).map(Answer::Count));
            match self.run(Task::Call(call)).await? {
                Answer::Count(removed) => Ok(Pruned { removed, next }),
                _ => mismatch(),
            }
        })
    }
}
