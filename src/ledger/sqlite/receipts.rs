//! Stand-alone cash receipts: written, found, listed, leased.

use super::apply::Applying;
use super::reader::{decode, doc, docs};
use super::writer::{Answer, Task};
use super::{SqliteLedger, mismatch, storage};
use crate::ledger::{LedgerError, ReceiptFilter, ReceiptLedger, ReceiptTime, ReceiptWrite};
use crate::payment::{CashReceipt, Millis, ReceiptState};
use futures_util::future::BoxFuture;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

/// Table of the migration `RECEIPTS`.
pub(super) const RECEIPTS: &str = "
-- Stand-alone cash receipts. `doc` is the whole receipt as JSON. `next_at` is set while something is open about it.
CREATE TABLE cash_receipts (
    seq               INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    order_id          TEXT NOT NULL UNIQUE,
    store_id          TEXT NOT NULL,
    payment_id        TEXT NOT NULL,
    version           INTEGER NOT NULL,
    stands            INTEGER NOT NULL CHECK (stands IN (0, 1)),
    state             TEXT NOT NULL,
    kind              TEXT NOT NULL,
    pg_provider       TEXT NOT NULL,
    mid               TEXT NOT NULL,
    is_test           INTEGER NOT NULL,
    order_name        TEXT NOT NULL,
    pg_receipt_id     TEXT,
    issued_at         INTEGER NOT NULL,
    cancelled_at      INTEGER,
    status_changed_at INTEGER NOT NULL,
    next_at           INTEGER,
    lease_owner       TEXT NOT NULL,
    lease_until       INTEGER NOT NULL,
    doc               TEXT NOT NULL
) STRICT;
-- One receipt of a payment at a time.
CREATE UNIQUE INDEX cash_receipts_standing ON cash_receipts (store_id, payment_id) WHERE stands = 1;
CREATE INDEX cash_receipts_of_payment ON cash_receipts (store_id, payment_id, seq);
CREATE INDEX cash_receipts_by_issue ON cash_receipts (store_id, issued_at, seq);
CREATE INDEX cash_receipts_due ON cash_receipts (next_at) WHERE next_at IS NOT NULL;
";

/// A receipt as a row.
#[derive(Debug)]
pub(super) struct ReceiptRow {
    write: ReceiptWrite,
    doc: String,
}

impl ReceiptRow {
    pub(super) fn of(write: ReceiptWrite) -> Result<Self, LedgerError> {
        let doc = serde_json::to_string(&write.receipt)
            .map_err(|error| LedgerError::Storage(format!("cannot be written as JSON: {error}")))?;
        Ok(Self { write, doc })
    }
}

impl Applying<'_> {
    pub(super) fn receipt(&mut self, row: &ReceiptRow) -> Result<(), LedgerError> {
        let (r, lease) = (&row.write.receipt, &row.write.lease);
        let version = super::rows::signed(r.version);
        let next_at = r.work.as_ref().map(|work| work.next_at);
        let issued_at = r.issued_at.unwrap_or(r.status_changed_at);
        let Some(expected) = row.write.expected else {
            return self
                .execute(
                    "INSERT INTO cash_receipts (id, order_id, store_id, payment_id, version, stands, state, kind,
                         pg_provider, mid, is_test, order_name, pg_receipt_id, issued_at, cancelled_at,
                         status_changed_at, next_at, lease_owner, lease_until, doc)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
                    params![
                        r.id,
                        r.order_id,
                        r.store_id,
                        r.payment_id,
                        version,
                        r.state.stands(),
                        r.state.as_str(),
                        r.kind.as_str(),
                        r.channel.pg_provider,
                        r.channel.mid,
                        !r.channel.live,
                        r.order_name,
                        r.pg_receipt_id,
                        issued_at,
                        r.cancelled_at,
                        r.status_changed_at,
                        next_at,
                        lease.owner,
                        lease.until,
                        row.doc
                    ],
                )
                .map(drop);
        };
        let changed = self.execute(
            "UPDATE cash_receipts SET version = ?2, stands = ?3, state = ?4, pg_receipt_id = ?5, issued_at = ?6,
                 cancelled_at = ?7, status_changed_at = ?8, next_at = ?9, lease_owner = ?10, lease_until = ?11, doc = ?12
             WHERE id = ?1 AND version = ?13 AND ?2 > ?13",
            params![
                r.id,
                version,
                r.state.stands(),
                r.state.as_str(),
                r.pg_receipt_id,
                issued_at,
                r.cancelled_at,
                r.status_changed_at,
                next_at,
                lease.owner,
                lease.until,
                row.doc,
                super::rows::signed(expected)
            ],
        )?;
        if changed == 0 { Err(LedgerError::Stale) } else { Ok(()) }
    }
}

/// Leases due work, the longest due first.
pub(super) fn lease(
    connection: &Connection,
    owner: &str,
    now: i64,
    until: i64,
    limit: usize,
) -> Result<Vec<CashReceipt>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due: Vec<CashReceipt> = docs(
        connection,
        "SELECT doc FROM cash_receipts WHERE next_at IS NOT NULL AND next_at <= ?1 AND lease_until <= ?1
         ORDER BY next_at, seq LIMIT ?2",
        params![now, limit],
    )?;
    for receipt in &due {
        connection
            .prepare_cached("UPDATE cash_receipts SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1")
            .and_then(|mut lease| lease.execute(params![receipt.id, owner, until]))
            .map_err(storage)?;
    }
    Ok(due)
}

/// Gives back the leases of an earlier life of `owner`.
pub(super) fn release(connection: &Connection, owner: &str, now: i64) -> Result<u64, LedgerError> {
    connection
        .prepare_cached(
            "UPDATE cash_receipts SET next_at = ?2, lease_owner = '', lease_until = 0
             WHERE lease_owner = ?1 AND next_at IS NOT NULL",
        )
        .and_then(|mut give| give.execute(params![owner, now]))
        .map(|count| count as u64)
        .map_err(storage)
}

fn column(time: ReceiptTime) -> &'static str {
    match time {
        ReceiptTime::Issued => "issued_at",
        ReceiptTime::Cancelled => "cancelled_at",
        ReceiptTime::StatusChanged => "status_changed_at",
    }
}

/// The conditions of a filter.
fn conditions(filter: &ReceiptFilter) -> (String, Vec<Value>) {
    let mut sql = format!("state <> '{}'", ReceiptState::Issuing.as_str());
    let mut args: Vec<Value> = Vec::new();
    let mut any = |column: &str, words: Vec<String>| {
        if !words.is_empty() {
            sql.push_str(&format!(" AND {column} IN ({})", vec!["?"; words.len()].join(", ")));
            args.extend(words.into_iter().map(Value::Text));
        }
    };
    any("store_id", filter.stores.clone());
    any("payment_id", filter.payment_id.iter().cloned().collect());
    any("order_name", filter.order_name.iter().cloned().collect());
    any("pg_receipt_id", filter.pg_receipt_id.iter().cloned().collect());
    any("mid", filter.mid.iter().cloned().collect());
    any("pg_provider", filter.pg_providers.clone());
    any("state", filter.states.iter().map(|s| s.as_str().to_owned()).collect());
    any("kind", filter.kinds.iter().map(|k| k.as_str().to_owned()).collect());
    let range = column(filter.range_by);
    let bounds = [
        (format!("{range} >= ?"), filter.from),
        (format!("{range} < ?"), filter.until),
        ("is_test = ?".to_owned(), filter.is_test.map(i64::from)),
    ];
    for (condition, bound) in bounds {
        if let Some(bound) = bound {
            sql.push_str(" AND ");
            sql.push_str(&condition);
            args.push(Value::Integer(bound));
        }
    }
    (sql, args)
}

fn list(connection: &mut Connection, filter: &ReceiptFilter) -> Result<(Vec<CashReceipt>, u64), LedgerError> {
    let (conditions, mut args) = conditions(filter);
    // One snapshot for the page and its total.
    let snapshot = connection.transaction().map_err(storage)?;
    let total: i64 = snapshot
        .prepare_cached(&format!("SELECT count(*) FROM cash_receipts WHERE {conditions}"))
        .and_then(|mut count| count.query_row(params_from_iter(args.iter()), |row| row.get(0)))
        .map_err(storage)?;
    let (by, order) = (column(filter.sort_by), if filter.ascending { "ASC" } else { "DESC" });
    for number in [filter.limit, filter.offset] {
        args.push(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    }
    let sql =
        format!("SELECT doc FROM cash_receipts WHERE {conditions} ORDER BY {by} {order}, seq {order} LIMIT ? OFFSET ?");
    let mut statement = snapshot.prepare_cached(&sql).map_err(storage)?;
    let mut rows = statement.query(params_from_iter(args.iter())).map_err(storage)?;
    let mut page = Vec::new();
    while let Some(row) = rows.next().map_err(storage)? {
        let text = row
            .get_ref(0)
            .map_err(storage)?
            .as_str()
            .map_err(|e| storage(e.into()))?;
        page.push(decode(text)?);
    }
    Ok((page, total.unsigned_abs()))
}

impl ReceiptLedger for SqliteLedger {
    fn receipt<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<CashReceipt>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM cash_receipts WHERE store_id = ?1 AND payment_id = ?2
                       ORDER BY stands DESC, seq DESC LIMIT 1";
            self.readers.point(|c| doc(c, sql, [store_id, payment_id]))
        })
    }

    fn receipt_by_id<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<CashReceipt>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM cash_receipts WHERE id = ?1";
            self.readers.point(|c| doc(c, sql, [id]))
        })
    }

    fn receipts<'a>(
        &'a self,
        filter: &'a ReceiptFilter,
    ) -> BoxFuture<'a, Result<(Vec<CashReceipt>, u64), LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| list(c, &filter)).await
        })
    }

    fn lease_receipts<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<CashReceipt>, LedgerError>> {
        Box::pin(async move {
            let owner = owner.to_owned();
            let task = Task::LeaseReceipts {
                owner,
                now,
                until,
                limit,
            };
            match self.run(task).await? {
                Answer::Receipts(receipts) => Ok(receipts),
                _ => mismatch(),
            }
        })
    }

    fn release_receipts<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>> {
        Box::pin(async move {
            let owner = owner.to_owned();
            match self.run(Task::ReleaseReceipts { owner, now }).await? {
                Answer::Count(count) => Ok(count),
                _ => mismatch(),
            }
        })
    }
}
