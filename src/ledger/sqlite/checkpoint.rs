//! Moves pages from the write-ahead log into the database file.
//!
//! SQLite would do that inside some unlucky commit, with a flush of megabytes before the answer. Here a thread of its
//! own copies pages while commits go on. Under steady load it never quite catches up, and a log can only start over
//! when it is wholly copied; so when the log has become long, the writer copies the little that is left itself.

use super::{LedgerError, schema, storage};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Changed rows after which the log is copied: about 8 MiB of log.
const ROWS: u64 = 4_096;

/// Pages of log (4 KiB each) after which the writer finishes the copy itself: 64 MiB.
const LONG: i64 = 16_384;

/// The writer's end of the checkpointing thread.
#[derive(Debug)]
pub(super) struct Checkpoint {
    rows: u64,
    wake: Option<SyncSender<()>>,
    finish: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Copies what can be copied without waiting for anyone. Answers (pages in the log, pages copied).
fn copy(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}

impl Checkpoint {
    /// Starts the thread.
    pub(super) fn start(path: &Path) -> Result<Self, LedgerError> {
        let connection = schema::open_checkpointer(path)?;
        let (wake, woken) = sync_channel(1);
        let finish = Arc::new(AtomicBool::new(false));
        let long = Arc::clone(&finish);
        let thread = std::thread::Builder::new()
            .name("ledger-checkpoint".into())
            .spawn(move || {
                while woken.recv().is_ok() {
                    match copy(&connection) {
                        Ok((pages, _)) if pages > LONG => long.store(true, Ordering::Relaxed),
                        Ok(_) => {}
                        // The log still holds everything; the next round tries again.
                        Err(error) => tracing::warn!(error = %storage(error), "ledger checkpoint failed"),
                    }
                }
            })
            .map_err(|error| LedgerError::Storage(format!("cannot start the checkpoint thread: {error}")))?;
        Ok(Self {
            rows: 0,
            wake: Some(wake),
            finish,
            thread: Some(thread),
        })
    }

    /// Called between groups: `rows` were just written.
    pub(super) fn written(&mut self, rows: u64, writer: &Connection) {
        self.rows += rows;
        if self.finish.swap(false, Ordering::Relaxed) {
            if let Err(error) = copy(writer) {
                tracing::warn!(error = %storage(error), "ledger checkpoint failed");
            }
        } else if self.rows >= ROWS
            && let Some(wake) = &self.wake
        {
            self.rows = 0;
            // Full means that it is awake already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
