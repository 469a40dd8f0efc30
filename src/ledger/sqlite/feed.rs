//! Feeds, in SQLite: a walk along an index from a mark.

use super::reader::decode;
use super::{SqliteLedger, storage};
use crate::ledger::{FeedFilter, FeedLedger, LedgerError, MoneyChange, MoneyEvent};
use crate::payment::{Millis, Transaction};
use futures_util::future::BoxFuture;
use rusqlite::{Connection, Row, params};

/// Changes of money, in the order this ledger took them in.
pub(super) const EVENTS: &str = "
CREATE TABLE money_events (
    store_id        TEXT NOT NULL,
    at              INTEGER NOT NULL,
    id              TEXT NOT NULL,
    transaction_id  TEXT NOT NULL,
    cancellation_id TEXT,
    change          TEXT NOT NULL CHECK (change IN ('PAID', 'PARTIAL_CANCELLED', 'CANCELLED')),
    PRIMARY KEY (store_id, at, id)
) STRICT, WITHOUT ROWID;
";

pub(super) const INSERT: &str = "INSERT INTO money_events (store_id, at, id, transaction_id, cancellation_id, change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// Where the walk starts, and how many rows it takes.
struct Walk<'f> {
    filter: &'f FeedFilter,
    from: Millis,
    after: (Millis, &'f str),
    limit: i64,
}

impl<'f> Walk<'f> {
    fn new(filter: &'f FeedFilter) -> Self {
        // Without a mark: before every member, for no id is shorter and no time is earlier.
        let marked = filter.after.as_ref().map(|mark| (mark.at, mark.id.as_str()));
        let after = marked.unwrap_or((Millis::MIN, ""));
        Self {
            filter,
            // The index is entered at the mark, not at the start of the range.
            from: filter.from.max(after.0),
            after,
            limit: i64::try_from(filter.limit).unwrap_or(i64::MAX),
        }
    }

    fn rows<T>(
        &self,
        connection: &Connection,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        let (f, mut read) = (self.filter, read);
        let mut find = connection.prepare_cached(sql).map_err(storage)?;
        let args = params![f.store_id, self.from, f.until, self.after.0, self.after.1, self.limit];
        let mut rows = find.query(args).map_err(storage)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(storage)? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

fn transaction(row: &Row<'_>, column: usize) -> Result<Transaction, LedgerError> {
    let text = row.get_ref(column).map_err(storage)?;
    decode(text.as_str().map_err(|error| storage(error.into()))?)
}

fn payments(connection: &Connection, filter: &FeedFilter) -> Result<Vec<Transaction>, LedgerError> {
    let sql = "SELECT doc FROM transactions INDEXED BY transactions_by_request
        WHERE standing = 1 AND store_id = ?1 AND requested_at >= ?2 AND requested_at < ?3
            AND (requested_at, seq) > (?4, coalesce((SELECT seq FROM transactions AS marked WHERE marked.id = ?5), -1))
        ORDER BY requested_at, seq LIMIT ?6";
    Walk::new(filter).rows(connection, sql, |row| transaction(row, 0))
}

fn events(connection: &Connection, filter: &FeedFilter) -> Result<Vec<(MoneyEvent, Transaction)>, LedgerError> {
    let sql = "SELECT e.id, e.store_id, e.transaction_id, e.cancellation_id, e.change, e.at, t.doc
        FROM money_events AS e CROSS JOIN transactions AS t ON t.id = e.transaction_id
        WHERE e.store_id = ?1 AND e.at >= ?2 AND e.at < ?3 AND (e.at, e.id) > (?4, ?5)
        ORDER BY e.at, e.id LIMIT ?6";
    Walk::new(filter).rows(connection, sql, |row| {
        let word: String = row.get(4).map_err(storage)?;
        let event = MoneyEvent {
            id: row.get(0).map_err(storage)?,
            store_id: row.get(1).map_err(storage)?,
            transaction_id: row.get(2).map_err(storage)?,
            cancellation_id: row.get(3).map_err(storage)?,
            change: MoneyChange::parse(&word)
                .ok_or_else(|| LedgerError::Storage(format!("unknown change of money {word}")))?,
            at: row.get(5).map_err(storage)?,
        };
        Ok((event, transaction(row, 6)?))
    })
}

impl FeedLedger for SqliteLedger {
    fn payments_after<'a>(&'a self, filter: &'a FeedFilter) -> BoxFuture<'a, Result<Vec<Transaction>, LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| payments(c, &filter)).await
        })
    }

    fn events_after<'a>(
        &'a self,
        filter: &'a FeedFilter,
    ) -> BoxFuture<'a, Result<Vec<(MoneyEvent, Transaction)>, LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| events(c, &filter)).await
        })
    }
}
