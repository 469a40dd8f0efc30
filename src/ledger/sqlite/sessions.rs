//! Hosted checkout pages, in SQLite.

use super::SqliteLedger;
use super::reader::{decode, row};
use crate::ledger::{LedgerError, SessionLedger, SessionRow};
use futures_util::future::BoxFuture;

pub(super) const SESSIONS: &str = "
CREATE TABLE payment_sessions (
    id         TEXT PRIMARY KEY,
    store_id   TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    doc        TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    closed_at  INTEGER
) STRICT, WITHOUT ROWID;
";

/// A session again only closes it, and only once.
pub(super) const UPSERT: &str = "INSERT INTO payment_sessions
    (id, store_id, payment_id, doc, created_at, expires_at, closed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (id) DO UPDATE SET closed_at = coalesce(closed_at, excluded.closed_at)";

impl SessionLedger for SqliteLedger {
    fn session<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<SessionRow>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT store_id, payment_id, doc, created_at, expires_at, closed_at
                       FROM payment_sessions WHERE id = ?1";
            let read = |r: &rusqlite::Row<'_>| {
                let doc: String = r.get(2)?;
                let session = SessionRow {
                    id: id.to_owned(),
                    store_id: r.get(0)?,
                    payment_id: r.get(1)?,
                    doc: serde_json::Value::Null,
                    created_at: r.get(3)?,
                    expires_at: r.get(4)?,
                    closed_at: r.get(5)?,
                };
                Ok((session, doc))
            };
            let found = self.readers.point(|c| row(c, sql, [id], read))?;
            let read = |(session, doc): (SessionRow, String)| {
                Ok(SessionRow {
                    doc: decode(&doc)?,
                    ..session
                })
            };
            found.map(read).transpose()
        })
    }
}
