//! The embedded ledger: one SQLite file beside the router.
//!
//! One thread writes, in groups that share a flush to the disk ([`writer`]); readers never wait for it ([`reader`]).
//! Write-ahead log with `synchronous=FULL`: when a commit's future resolves it has survived a power cut, and every
//! later read sees it. A commit that did not resolve is wholly there or not at all.

mod apply;
mod billing;
mod checkpoint;
mod feed;
mod idempotency;
mod leases;
mod list;
mod notices;
mod outbox;
mod reader;
mod receipts;
mod retention;
mod rows;
mod schema;
mod sessions;
mod tally;
mod words;
mod writer;

use super::{
    AttemptRow, Idempotency, Intent, JournalEntry, Ledger, LedgerError, PaymentFilter, PreRegistration, StoredAnswer,
    Write,
};
use crate::payment::{Millis, Transaction};
use crate::telemetry::Metrics;
use checkpoint::Checkpoint;
use futures_util::future::BoxFuture;
use reader::Readers;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::thread::JoinHandle;
use writer::{Answer, Call, QUEUE, Queue, Task, Writer};

/// Storage's words as the ledger's. They name tables and files, never values.
fn storage(error: rusqlite::Error) -> LedgerError {
    LedgerError::Storage(error.to_string())
}

/// An enum's word in the ledger.
fn word_of<T: Serialize>(value: &T) -> Result<String, LedgerError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(LedgerError::Storage("a state has no word in the ledger".into())),
    }
}

/// The enum behind a word in the ledger.
fn from_word<'d, T: Deserialize<'d>>(word: &'d str) -> Result<T, LedgerError> {
    let word: serde::de::value::StrDeserializer<'d, serde::de::value::Error> = word.into_deserializer();
    T::deserialize(word).map_err(|error| LedgerError::Storage(format!("a word in the ledger is not known: {error}")))
}

/// The embedded ledger.
#[derive(Debug)]
pub struct SqliteLedger {
    queue: Option<Queue>,
    readers: Readers,
    thread: Option<JoinHandle<()>>,
}

impl SqliteLedger {
    /// Opens the ledger in the file `path`. The file and its folder are created if they are not there; only the owner
    /// can read the file. Group commits are observed in `metrics`.
    ///
    /// # Errors
    /// [`LedgerError::Storage`]: the file cannot be created, opened or migrated, belongs to something else, or was
    /// written by a newer version.
    pub fn open(path: &Path, metrics: Metrics) -> Result<Self, LedgerError> {
        let connection = schema::open_writer(path)?;
        let readers = Readers::open(path)?;
        let writer = Writer {
            connection,
            metrics,
            checkpoint: Some(Checkpoint::start(path)?),
        };
        let (queue, jobs) = Queue::new(QUEUE);
        let thread = std::thread::Builder::new()
            .name("ledger-writer".into())
            .spawn(move || writer.work(&jobs))
            .map_err(|error| LedgerError::Storage(format!("cannot start the writing thread: {error}")))?;
        Ok(Self {
            queue: Some(queue),
            readers,
            thread: Some(thread),
        })
    }

    async fn run(&self, task: Task) -> Result<Answer, LedgerError> {
        match &self.queue {
            Some(queue) => queue.run(task).await,
            None => Err(LedgerError::Storage("the ledger is closed".into())),
        }
    }
}

impl Drop for SqliteLedger {
    /// Writes what waits, then closes the file.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A task cannot answer with another task's answer; if it did, that is a mistake here, and safer as an error.
fn mismatch<T>() -> Result<T, LedgerError> {
    Err(LedgerError::Storage("the writer gave another task's answer".into()))
}

impl Ledger for SqliteLedger {
    fn commit(&self, writes: Vec<Write>) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move {
            let ops = rows::rows_of(writes)?;
            self.run(Task::Commit(ops)).await.map(drop)
        })
    }

    fn transaction<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM transactions WHERE id = ?1";
            self.readers.point(|c| reader::doc(c, sql, [id]))
        })
    }

    fn by_order<'a>(&'a self, order_id: &'a str) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM transactions WHERE order_id = ?1";
            self.readers.point(|c| reader::doc(c, sql, [order_id]))
        })
    }

    fn payment<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Transaction>, LedgerError>> {
        Box::pin(async move {
            // One statement, one snapshot: an attempt that comes alive between two would be missed by both.
            let sql = "SELECT doc FROM (
                    SELECT 1 AS live, seq, doc FROM transactions WHERE store_id = ?1 AND payment_id = ?2 AND live = 1
                    UNION ALL
                    SELECT * FROM (SELECT 0 AS live, seq, doc FROM transactions
                        WHERE store_id = ?1 AND payment_id = ?2 AND live = 0 ORDER BY seq DESC LIMIT 1)
                ) LIMIT 1";
            self.readers.point(|c| reader::doc(c, sql, [store_id, payment_id]))
        })
    }

    fn attempts<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Transaction>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM (
                    SELECT seq, doc FROM transactions WHERE store_id = ?1 AND payment_id = ?2 AND live = 1
                    UNION ALL
                    SELECT seq, doc FROM transactions WHERE store_id = ?1 AND payment_id = ?2 AND live = 0
                ) ORDER BY seq DESC";
            self.readers.point(|c| reader::docs(c, sql, [store_id, payment_id]))
        })
    }

    fn list<'a>(&'a self, filter: &'a PaymentFilter) -> BoxFuture<'a, Result<(Vec<Transaction>, u64), LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| list::list(c, &filter)).await
        })
    }

    fn pre_registration<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<PreRegistration>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT total, tax_free, currency FROM pre_registrations WHERE store_id = ?1 AND payment_id = ?2";
            self.readers.point(|c| {
                reader::row(c, sql, [store_id, payment_id], |row| {
                    Ok(PreRegistration {
                        store_id: store_id.to_owned(),
                        payment_id: payment_id.to_owned(),
                        total: row.get(0)?,
                        tax_free: row.get(1)?,
                        currency: row.get(2)?,
                    })
                })
            })
        })
    }

    fn attempt<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<AttemptRow>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT transaction_id, doc, expires_at FROM windows WHERE token = ?1";
            let found = self.readers.point(|c| {
                reader::row(c, sql, [token], |row| {
                    Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
                })
            })?;
            found
                .map(|(transaction_id, doc, expires_at)| {
                    Ok(AttemptRow {
                        token: token.to_owned(),
                        transaction_id,
                        doc: reader::decode(&doc)?,
                        expires_at,
                    })
                })
                .transpose()
        })
    }

    fn open_intent<'a>(&'a self, transaction_id: &'a str) -> BoxFuture<'a, Result<Option<Intent>, LedgerError>> {
        Box::pin(async move { self.readers.point(|c| leases::of_transaction(c, transaction_id)) })
    }

    fn lease_due<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Intent>, LedgerError>> {
        Box::pin(async move {
            let task = Task::LeaseDue {
                owner: owner.to_owned(),
                now,
                until,
                limit,
            };
            match self.run(task).await? {
                Answer::Intents(intents) => Ok(intents),
                _ => mismatch(),
            }
        })
    }

    fn release<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>> {
        Box::pin(async move {
            let owner = owner.to_owned();
            match self.run(Task::Release { owner, now }).await? {
                Answer::Count(count) => Ok(count),
                _ => mismatch(),
            }
        })
    }

    fn unsettled(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Intent>, LedgerError>> {
        Box::pin(async move { self.readers.scan(move |c| leases::unsettled(c, limit)).await })
    }

    fn lease_case<'a>(
        &'a self,
        id: &'a str,
        owner: &'a str,
        now: Millis,
        until: Millis,
    ) -> BoxFuture<'a, Result<Option<Intent>, LedgerError>> {
        Box::pin(async move {
            let (id, owner) = (id.to_owned(), owner.to_owned());
            let lease = Call::new(move |c| {
                let leased = leases::lease_case(c, &id, &owner, now, until)?;
                Ok(Answer::Intents(leased.into_iter().collect()))
            });
            match self.run(Task::Call(lease)).await? {
                Answer::Intents(mut intents) => Ok(intents.pop()),
                _ => mismatch(),
            }
        })
    }

    fn unknown_open(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(async move { self.readers.point(|c| Ok(leases::unknown(c)? + billing::unknown(c)?)) })
    }

    fn revision<'a>(&'a self, revision: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT sealed FROM revisions WHERE revision = ?1";
            self.readers
                .point(|c| reader::row(c, sql, [revision], |row| row.get(0)))
        })
    }

    fn journal<'a>(&'a self, transaction_id: &'a str) -> BoxFuture<'a, Result<Vec<JournalEntry>, LedgerError>> {
        Box::pin(async move {
            let id = transaction_id.to_owned();
            self.readers.scan(move |c| reader::journal(c, &id)).await
        })
    }

    fn idempotency_begin<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        fingerprint: &'a str,
        now: Millis,
        keep_ms: i64,
        running_ms: i64,
    ) -> BoxFuture<'a, Result<Idempotency, LedgerError>> {
        Box::pin(async move {
            let task = Task::IdempotencyBegin {
                scope: scope.to_owned(),
                key: key.to_owned(),
                fingerprint: fingerprint.to_owned(),
                now,
                keep_ms,
                running_ms,
            };
            match self.run(task).await? {
                Answer::Idempotency(found) => Ok(found),
                _ => mismatch(),
            }
        })
    }

    fn idempotency_end<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        answer: Option<StoredAnswer>,
    ) -> BoxFuture<'a, Result<(), LedgerError>> {
        Box::pin(async move {
            let task = Task::IdempotencyEnd {
                scope: scope.to_owned(),
                key: key.to_owned(),
                answer,
            };
            self.run(task).await.map(drop)
        })
    }

    fn writable(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.run(Task::Probe).await.map(drop) })
    }
}

#[cfg(test)]
mod tests;
