//! Writes the rows of one commit. Every refusal here is backed by a constraint of the schema.

use super::rows::{Facets, IntentRow, Op, TransactionRow};
use super::tally::Tally;
use super::{storage, word_of};
use crate::ledger::{AttemptRow, JournalEntry, LedgerError, OutboxRow, PreRegistration};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// One commit while it is being written.
pub(super) struct Applying<'c> {
    pub(super) connection: &'c Connection,
    /// Counts this commit changes.
    pub(super) tally: &'c mut Tally,
    /// Whether anything was written: a commit that was refused before it wrote needs no undoing.
    pub(super) dirty: bool,
}

/// What SQLite says of a broken constraint, in the ledger's words. It names columns, never values.
fn refused(error: rusqlite::Error) -> LedgerError {
    if let rusqlite::Error::SqliteFailure(code, Some(text)) = &error
        && code.code == rusqlite::ErrorCode::ConstraintViolation
    {
        if text.contains("transactions.payment_id") {
            return LedgerError::LiveApproval;
        }
        if text.contains("intents.transaction_id") {
            return LedgerError::OpenIntent;
        }
        if text.contains("key_intents.billing_key") {
            return LedgerError::OpenIntent;
        }
        if text.contains("schedules.payment_id") {
            return LedgerError::Scheduled;
        }
        if text.contains("UNIQUE") {
            return LedgerError::Duplicate;
        }
        if text.contains("FOREIGN KEY") {
            return LedgerError::Storage("the row belongs to a transaction or key that does not exist".into());
        }
    }
    storage(error)
}

fn facets(row: &Row<'_>, from: usize) -> rusqlite::Result<Facets> {
    Ok(Facets {
        store_id: row.get(from)?,
        requested_at: row.get(from + 1)?,
        status_changed_at: row.get(from + 2)?,
        status: row.get(from + 3)?,
        method: row.get(from + 4)?,
        pg_provider: row.get(from + 5)?,
        is_test: row.get(from + 6)?,
        currency: row.get(from + 7)?,
        platform: row.get(from + 8)?,
    })
}

/// A transaction's filterable values, in the order [`facets`] reads them.
macro_rules! facet_columns {
    () => {
        "store_id, requested_at, status_changed_at, status, method, pg_provider, is_test, currency, platform"
    };
}

impl Applying<'_> {
    /// Writes one row.
    pub(super) fn apply(&mut self, op: &Op) -> Result<(), LedgerError> {
        match op {
            Op::Insert(row) => self.insert(row),
            Op::Update { row, expected } => self.update(row, *expected),
            Op::Intent(row) => self.intent(row),
            Op::Reschedule(row) => self.reschedule(row),
            Op::Close(id) => {
                let gone = self.execute("DELETE FROM intents WHERE id = ?1", [id])?;
                // Someone else settled it: what this commit believes of the transaction is old.
                if gone == 0 { Err(LedgerError::Stale) } else { Ok(()) }
            }
            Op::Journal { entry, doc } => self.journal(entry, doc),
            Op::Outbox(row) => self.outbox(row),
            Op::Money(e) => self
                .execute(
                    super::feed::INSERT,
                    params![
                        e.store_id,
                        e.at,
                        e.id,
                        e.transaction_id,
                        e.cancellation_id,
                        e.change.as_str()
                    ],
                )
                .map(drop),
            Op::PreRegister(row) => self.pre_register(row),
            Op::Claim {
                provider,
                mid,
                pg_tx_id,
            } => self
                .execute(
                    "INSERT INTO claims (provider, mid, pg_tx_id) VALUES (?1, ?2, ?3)",
                    params![provider, mid, pg_tx_id],
                )
                .map(drop),
            Op::Window { row, doc } => self.window(row, doc),
            Op::Billing(op) => self.billing(op),
            Op::Revision {
                revision,
                channel_key,
                sealed,
            } => self
                .execute(
                    "INSERT INTO revisions (revision, channel_key, sealed) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    params![revision, channel_key, sealed],
                )
                .map(drop),
            Op::Receipt(row) => self.receipt(row),
            Op::Session { row: s, doc } => self
                .execute(
                    super::sessions::UPSERT,
                    params![
                        s.id,
                        s.store_id,
                        s.payment_id,
                        doc,
                        s.created_at,
                        s.expires_at,
                        s.closed_at
                    ],
                )
                .map(drop),
        }
    }

    pub(super) fn execute(&mut self, sql: &str, params: impl rusqlite::Params) -> Result<usize, LedgerError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(storage)?;
        let changed = statement.execute(params).map_err(refused)?;
        self.dirty |= changed > 0;
        Ok(changed)
    }

    fn insert(&mut self, row: &TransactionRow) -> Result<(), LedgerError> {
        let stands = self.standing(&row.facets.store_id, &row.payment_id)?;
        let standing = row.live || stands.as_ref().is_none_or(|(_, live)| !live);
        let f = &row.facets;
        self.execute(
            "INSERT INTO transactions (id, order_id, store_id, payment_id, version, live, standing, requested_at,
                 status_changed_at, status, method, pg_provider, is_test, currency, platform, doc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                row.id,
                row.order_id,
                f.store_id,
                row.payment_id,
                row.version,
                row.live,
                standing,
                f.requested_at,
                f.status_changed_at,
                f.status,
                f.method,
                f.pg_provider,
                f.is_test,
                f.currency,
                f.platform,
                row.doc
            ],
        )?;
        let seq = self.connection.last_insert_rowid();
        self.execute(
            "INSERT INTO search (seq, words) VALUES (?1, ?2)",
            params![seq, row.words],
        )?;
        if standing {
            self.tally.count(f, 1);
            if let Some((former, _)) = stands {
                self.stand(former, false)?;
            }
        }
        Ok(())
    }

    fn update(&mut self, row: &TransactionRow, expected: i64) -> Result<(), LedgerError> {
        let mut find = self
            .connection
            .prepare_cached(concat!(
                "SELECT seq, version, live, standing, order_id, payment_id, ",
                facet_columns!(),
                " FROM transactions WHERE id = ?1"
            ))
            .map_err(storage)?;
        let found = find
            .query_row([&row.id], |r| {
                let same = r.get_ref(4)?.as_str()? == row.order_id && r.get_ref(5)?.as_str()? == row.payment_id;
                let head = (r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get(2)?, r.get(3)?);
                Ok((head, same, facets(r, 6)?))
            })
            .optional()
            .map_err(storage)?;
        drop(find);
        let Some(((seq, version, live, standing), same, old)) = found else {
            return Err(LedgerError::Stale);
        };
        let (live, standing): (bool, bool) = (live, standing);
        if version != expected || row.version <= expected {
            return Err(LedgerError::Stale);
        }
        if !same || old.store_id != row.facets.store_id {
            return Err(LedgerError::Storage(
                "a transaction never changes its store, payment or order number".into(),
            ));
        }
        if live == row.live {
            self.rewrite(seq, row)?;
            if standing {
                self.tally.count(&old, -1);
                self.tally.count(&row.facets, 1);
            }
            return Ok(());
        }
        // The attempt starts or stops holding money: which attempt stands for the payment may change with it.
        let before = self.standing(&old.store_id, &row.payment_id)?.map(|(seq, _)| seq);
        self.execute(
            "UPDATE transactions SET live = ?2 WHERE seq = ?1",
            params![seq, row.live],
        )?;
        let after = self.standing(&old.store_id, &row.payment_id)?.map(|(seq, _)| seq);
        if before != after {
            if let Some(former) = before {
                self.stand(former, false)?;
            }
            if let Some(now) = after {
                self.stand(now, true)?;
            }
        }
        let standing = after == Some(seq);
        self.rewrite(seq, row)?;
        if standing {
            self.tally.count(&old, -1);
            self.tally.count(&row.facets, 1);
        }
        Ok(())
    }

    fn rewrite(&mut self, seq: i64, row: &TransactionRow) -> Result<(), LedgerError> {
        let f = &row.facets;
        self.execute(
            "UPDATE transactions SET version = ?2, requested_at = ?3, status_changed_at = ?4, status = ?5, method = ?6,
                 pg_provider = ?7, is_test = ?8, currency = ?9, platform = ?10, doc = ?11 WHERE seq = ?1",
            params![
                seq,
                row.version,
                f.requested_at,
                f.status_changed_at,
                f.status,
                f.method,
                f.pg_provider,
                f.is_test,
                f.currency,
                f.platform,
                row.doc
            ],
        )?;
        self.execute("UPDATE search SET words = ?2 WHERE seq = ?1", params![seq, row.words])
            .map(drop)
    }

    /// The attempt that must stand for a payment, and whether it is live: the live one, else the newest.
    fn standing(&self, store_id: &str, payment_id: &str) -> Result<Option<(i64, bool)>, LedgerError> {
        let find = |sql| {
            self.connection
                .prepare_cached(sql)?
                .query_row([store_id, payment_id], |row| row.get::<_, i64>(0))
                .optional()
        };
        let live = find("SELECT seq FROM transactions WHERE store_id = ?1 AND payment_id = ?2 AND live = 1");
        if let Some(seq) = live.map_err(storage)? {
            return Ok(Some((seq, true)));
        }
        let newest = find(
            "SELECT seq FROM transactions WHERE store_id = ?1 AND payment_id = ?2 AND live = 0
             ORDER BY seq DESC LIMIT 1",
        );
        Ok(newest.map_err(storage)?.map(|seq| (seq, false)))
    }

    /// Makes an attempt stand for its payment, or no longer, and counts it so.
    fn stand(&mut self, seq: i64, standing: bool) -> Result<(), LedgerError> {
        let changed = self.execute(
            "UPDATE transactions SET standing = ?2 WHERE seq = ?1 AND standing <> ?2",
            params![seq, standing],
        )?;
        if changed > 0 {
            let counted = self
                .connection
                .prepare_cached(concat!(
                    "SELECT ",
                    facet_columns!(),
                    " FROM transactions WHERE seq = ?1"
                ))
                .and_then(|mut find| find.query_row([seq], |row| facets(row, 0)))
                .map_err(storage)?;
            self.tally.count(&counted, if standing { 1 } else { -1 });
        }
        Ok(())
    }

    fn intent(&mut self, row: &IntentRow) -> Result<(), LedgerError> {
        let i = &row.intent;
        self.execute(
            "INSERT INTO intents (id, transaction_id, operation, cancellation_id, command, revision, state, created_at,
                 last_call_at, attempts, next_at, lease_owner, lease_until, last_error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                i.id,
                i.transaction_id,
                i.operation.as_str(),
                i.cancellation_id,
                row.command,
                i.revision,
                word_of(&i.state)?,
                i.created_at,
                i.last_call_at,
                i.attempts,
                i.next_at,
                i.lease_owner,
                i.lease_until,
                i.last_error
            ],
        )
        .map(drop)
    }

    fn reschedule(&mut self, row: &IntentRow) -> Result<(), LedgerError> {
        let i = &row.intent;
        let changed = self.execute(
            "UPDATE intents SET operation = ?2, cancellation_id = ?3, command = ?4, revision = ?5, state = ?6,
                 last_call_at = ?7, attempts = ?8, next_at = ?9, lease_owner = ?10, lease_until = ?11, last_error = ?12
             WHERE id = ?1",
            params![
                i.id,
                i.operation.as_str(),
                i.cancellation_id,
                row.command,
                i.revision,
                word_of(&i.state)?,
                i.last_call_at,
                i.attempts,
                i.next_at,
                i.lease_owner,
                i.lease_until,
                i.last_error
            ],
        )?;
        if changed == 0 { Err(LedgerError::Stale) } else { Ok(()) }
    }

    fn journal(&mut self, entry: &JournalEntry, doc: &str) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO journal (at, transaction_id, kind, doc) VALUES (?1, ?2, ?3, ?4)",
            params![entry.at, entry.transaction_id, entry.kind, doc],
        )
        .map(drop)
    }

    fn outbox(&mut self, row: &OutboxRow) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO outbox (id, store_id, payment_id, transaction_id, event, cancellation_id, created_at, next_at,
                 billing_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
            params![
                row.id,
                row.store_id,
                row.payment_id,
                row.transaction_id,
                row.event,
                row.cancellation_id,
                row.created_at,
                row.billing_key
            ],
        )
        .map(drop)
    }

    fn pre_register(&mut self, row: &PreRegistration) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO pre_registrations (store_id, payment_id, total, tax_free, currency) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET total = excluded.total, tax_free = excluded.tax_free, currency = excluded.currency",
            params![row.store_id, row.payment_id, row.total, row.tax_free, row.currency],
        )
        .map(drop)
    }

    fn window(&mut self, row: &AttemptRow, doc: &str) -> Result<(), LedgerError> {
        let written = self.execute(
            "INSERT INTO windows (token, transaction_id, doc, expires_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET doc = excluded.doc, expires_at = excluded.expires_at
             WHERE transaction_id = excluded.transaction_id",
            params![row.token, row.transaction_id, doc, row.expires_at],
        )?;
        if written == 0 {
            Err(LedgerError::Duplicate)
        } else {
            Ok(())
        }
    }
}
