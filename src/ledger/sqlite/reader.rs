//! Reading beside the writer.
//!
//! A point read (by id, by payment, by token) is some ten microseconds of walking a few pages that are nearly always in
//! memory. Handing it to another thread and back costs about as much again in wake-ups, so it runs where it is asked
//! for, on one of a few read-only connections; it never waits for the writer (write-ahead log), and the connection is
//! given back before the task can yield. Lists may scan: they run on threads of their own, and wait in a short queue.

use super::{LedgerError, schema, storage};
use crate::ledger::JournalEntry;
use rusqlite::{Connection, OptionalExtension, Params};
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Lists that may wait.
const LISTS: usize = 64;

/// Threads that make lists.
const LISTERS: usize = 2;

type Scan = Box<dyn FnOnce(&mut Connection) + Send>;

/// The reading connections.
#[derive(Debug)]
pub(super) struct Readers {
    points: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
    scans: Option<SyncSender<Scan>>,
    threads: Vec<JoinHandle<()>>,
}

fn unpoisoned<'m>(
    guard: Result<MutexGuard<'m, Connection>, PoisonError<MutexGuard<'m, Connection>>>,
) -> MutexGuard<'m, Connection> {
    // A connection holds no half-made change: whoever panicked only read.
    guard.unwrap_or_else(PoisonError::into_inner)
}

impl Readers {
    /// Opens the connections; the file must have been migrated.
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let points = (0..cores.clamp(2, 8))
            .map(|_| schema::open_reader(path, 4_096).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        let (scans, waiting) = sync_channel::<Scan>(LISTS);
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = (0..LISTERS)
            .map(|_| {
                let waiting = Arc::clone(&waiting);
                let mut connection = schema::open_reader(path, 16_384)?;
                std::thread::Builder::new()
                    .name("ledger-list".into())
                    .spawn(move || {
                        while let Some(scan) = next(&waiting) {
                            scan(&mut connection);
                        }
                    })
                    .map_err(|error| LedgerError::Storage(format!("cannot start a reading thread: {error}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            points,
            turn: AtomicUsize::new(0),
            scans: Some(scans),
            threads,
        })
    }

    /// A point read, here and now.
    pub(super) fn point<T>(&self, read: impl FnOnce(&Connection) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut tried = (0..self.points.len()).map(|i| &self.points[(first + i) % self.points.len()]);
        let free = tried.find_map(|connection| match connection.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        // More threads than connections read at this very moment: wait out one read.
        let connection = free.unwrap_or_else(|| unpoisoned(self.points[first % self.points.len()].lock()));
        read(&connection)
    }

    /// A read that may take long, on a thread that may be busy that long.
    pub(super) async fn scan<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let stopped = || LedgerError::Storage("the ledger's reading threads have stopped; restart the router".into());
        let (reply, answer) = oneshot::channel();
        let scan: Scan = Box::new(move |connection| {
            // Nobody waits any more: do not scan for nobody.
            if !reply.is_closed() {
                let _ = reply.send(read(connection));
            }
        });
        let Some(scans) = &self.scans else {
            return Err(stopped());
        };
        scans.try_send(scan).map_err(|refused| match refused {
            TrySendError::Full(_) => LedgerError::Storage("too many lists wait; ask again later".into()),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn next(waiting: &Mutex<Receiver<Scan>>) -> Option<Scan> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.scans = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A JSON document of ours.
pub(super) fn decode<T: DeserializeOwned>(doc: &str) -> Result<T, LedgerError> {
    serde_json::from_str(doc).map_err(|error| LedgerError::Storage(format!("a row is not readable: {error}")))
}

/// The first row's JSON document, decoded where it lies.
pub(super) fn doc<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, LedgerError> {
    let mut statement = connection.prepare_cached(sql).map_err(storage)?;
    let mut rows = statement.query(params).map_err(storage)?;
    match rows.next().map_err(storage)? {
        Some(row) => {
            let text = row
                .get_ref(0)
                .map_err(storage)?
                .as_str()
                .map_err(|e| storage(e.into()))?;
            decode(text).map(Some)
        }
        None => Ok(None),
    }
}

/// Every row's JSON document.
pub(super) fn docs<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>, LedgerError> {
    let mut statement = connection.prepare_cached(sql).map_err(storage)?;
    let mut rows = statement.query(params).map_err(storage)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(storage)? {
        let text = row
            .get_ref(0)
            .map_err(storage)?
            .as_str()
            .map_err(|e| storage(e.into()))?;
        all.push(decode(text)?);
    }
    Ok(all)
}

/// One row by its key.
pub(super) fn row<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(params, read).optional())
        .map_err(storage)
}

/// The journal of a transaction, oldest first.
pub(super) fn journal(connection: &Connection, transaction_id: &str) -> Result<Vec<JournalEntry>, LedgerError> {
    let mut statement = connection
        .prepare_cached("SELECT at, kind, doc FROM journal WHERE transaction_id = ?1 ORDER BY seq")
        .map_err(storage)?;
    let mut rows = statement.query([transaction_id]).map_err(storage)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().map_err(storage)? {
        let text = row
            .get_ref(2)
            .map_err(storage)?
            .as_str()
            .map_err(|e| storage(e.into()))?;
        lines.push(JournalEntry {
            at: row.get(0).map_err(storage)?,
            transaction_id: Some(transaction_id.to_owned()),
            kind: row.get(1).map_err(storage)?,
            doc: decode(text)?,
        });
    }
    Ok(lines)
}
