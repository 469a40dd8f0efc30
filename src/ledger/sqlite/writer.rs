//! The one thread that writes: takes whatever waits, writes it in one database transaction, pays for one flush to the
//! disk, answers everybody.
//!
//! Commits of a group are independent. They run one after another without savepoints, because nearly all succeed and a
//! savepoint copies every page it may have to restore; a commit that is refused before it wrote anything has nothing to
//! undo. Only when one is refused half way is the group rolled back and written again, each commit in a savepoint of
//! its own, so that it takes nothing down but itself.

use super::apply::Applying;
use super::checkpoint::Checkpoint;
use super::rows::Op;
use super::tally::Tally;
use super::{billing, idempotency, leases, receipts, storage};
use crate::ledger::{Delivery, Idempotency, Intent, KeyIntent, LedgerError, NoticeRow, StoredAnswer};
use crate::payment::Schedule;
use crate::telemetry::Metrics;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Instant;
use tokio::sync::oneshot;

/// Commits that may wait. At 10,000 commits/s this is more than a second of work: whoever comes later is told so at
/// once instead of waiting for longer than its own time-out.
pub(super) const QUEUE: usize = 16_384;

/// Commits that share one flush. More would make the first of them wait for the last.
pub(super) const GROUP: usize = 256;

/// Something to do in the writing transaction.
#[derive(Debug)]
pub(super) enum Task {
    Commit(Vec<Op>),
    IdempotencyBegin {
        scope: String,
        key: String,
        fingerprint: String,
        now: i64,
        keep_ms: i64,
        running_ms: i64,
    },
    IdempotencyEnd {
        scope: String,
        key: String,
        answer: Option<StoredAnswer>,
    },
    LeaseDue {
        owner: String,
        now: i64,
        until: i64,
        limit: usize,
    },
    Release {
        owner: String,
        now: i64,
    },
    LeaseReceipts {
        owner: String,
        now: i64,
        until: i64,
        limit: usize,
    },
    ReleaseReceipts {
        owner: String,
        now: i64,
    },
    LeaseKeys {
        owner: String,
        now: i64,
        until: i64,
        limit: usize,
    },
    LeaseSchedules {
        owner: String,
        now: i64,
        until: i64,
        limit: usize,
    },
    Probe,
    /// A few statements of the webhook and notification tables.
    Call(Call),
    /// Lets a test break things from inside the transaction.
    #[cfg(test)]
    Sql(&'static str),
}

/// What a task answers.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Done,
    Idempotency(Idempotency),
    Intents(Vec<Intent>),
    KeyIntents(Vec<KeyIntent>),
    Schedules(Vec<Schedule>),
    Count(u64),
    Deliveries(Vec<Delivery>),
    Notices(Vec<NoticeRow>),
    Receipts(Vec<crate::payment::CashReceipt>),
}

type Statements = dyn Fn(&Connection) -> Result<Answer, LedgerError> + Send;

/// Statements to run in the writing transaction; they may run twice, when their group is written again.
pub(super) struct Call(Box<Statements>);

impl Call {
    pub(super) fn new(statements: impl Fn(&Connection) -> Result<Answer, LedgerError> + Send + 'static) -> Self {
        Self(Box::new(statements))
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Call")
    }
}

/// A task and who waits for it.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) reply: oneshot::Sender<Result<Answer, LedgerError>>,
}

/// Where jobs are put.
#[derive(Debug)]
pub(super) struct Queue(SyncSender<Job>);

impl Queue {
    /// A queue of `limit` and its end.
    pub(super) fn new(limit: usize) -> (Self, Receiver<Job>) {
        let (sender, receiver) = sync_channel(limit);
        (Self(sender), receiver)
    }

    /// Has a task done; resolves when it is on the disk. A full queue refuses at once.
    pub(super) async fn run(&self, task: Task) -> Result<Answer, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Job { task, reply }).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                LedgerError::Storage("too many commits wait for the disk; nothing was written, try again later".into())
            }
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> LedgerError {
    LedgerError::Storage("the ledger's writer has stopped; restart the router".into())
}

/// How a round over a group ended.
enum Round {
    /// Everything has its answer; the transaction may be committed.
    Complete(Vec<Result<Answer, LedgerError>>),
    /// A commit was refused half way: roll back, then write the group again with savepoints.
    Mixed,
    /// The transaction itself is gone or broken.
    Lost(LedgerError),
}

/// The writing thread's state.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) metrics: Metrics,
    /// Moves written pages from the log to the file; `None` leaves the log to grow (tests).
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Writer {
    /// Works until every [`Queue`] is gone.
    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while let Ok(first) = jobs.recv() {
            group.push(first);
            while group.len() < GROUP
                && let Ok(next) = jobs.try_recv()
            {
                group.push(next);
            }
            self.group(&mut group);
        }
    }

    /// Writes a group, flushes once, answers all.
    pub(super) fn group(&mut self, group: &mut Vec<Job>) {
        let started = Instant::now();
        let before = self.connection.total_changes();
        let answers = self.write(group);
        // Seconds as the metric wants them; a group is one flush whatever became of its members.
        self.metrics
            .ledger_commit_duration
            .observe(started.elapsed().as_secs_f64());
        #[allow(clippy::cast_precision_loss)] // at most GROUP
        self.metrics.ledger_commit_batch.observe(group.len() as f64);
        for (job, answer) in group.drain(..).zip(answers) {
            // Whoever does not wait any more finds the commit in the ledger.
            let _ = job.reply.send(answer);
        }
        let rows = self.connection.total_changes().saturating_sub(before);
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.written(rows, &self.connection);
        }
    }

    fn write(&mut self, group: &[Job]) -> Vec<Result<Answer, LedgerError>> {
        let all = |error: LedgerError| group.iter().map(|_| Err(error.clone())).collect::<Vec<_>>();
        for isolated in [false, true] {
            if let Err(error) = self.sql("BEGIN IMMEDIATE") {
                return all(error);
            }
            let round = self.round(group, isolated);
            match round {
                Round::Complete(answers) => match self.sql("COMMIT") {
                    Ok(()) => return answers,
                    Err(error) => {
                        self.roll_back();
                        return all(error);
                    }
                },
                Round::Mixed => self.roll_back(),
                Round::Lost(error) => {
                    self.roll_back();
                    return all(error);
                }
            }
        }
        all(LedgerError::Storage("the group could not be written".into()))
    }

    fn round(&self, group: &[Job], isolated: bool) -> Round {
        let mut counts = Tally::default();
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            if isolated && let Err(error) = self.sql("SAVEPOINT one") {
                return Round::Lost(error);
            }
            let mut applying = Applying {
                connection: &self.connection,
                tally: &mut counts,
                dirty: false,
            };
            let answer = run(&job.task, &mut applying);
            let dirty = applying.dirty;
            if answer.is_ok() {
                counts.accept();
            } else {
                counts.discard();
                // A full disk or a failed write ends the whole transaction, not only the statement.
                if let Err(error) = &answer
                    && self.connection.is_autocommit()
                {
                    return Round::Lost(error.clone());
                }
                if dirty && !isolated {
                    return Round::Mixed;
                }
                if isolated && let Err(error) = self.sql("ROLLBACK TO one") {
                    return Round::Lost(error);
                }
            }
            if isolated && let Err(error) = self.sql("RELEASE one") {
                return Round::Lost(error);
            }
            answers.push(answer);
        }
        match counts.flush(&self.connection) {
            Ok(()) => Round::Complete(answers),
            Err(error) => Round::Lost(error),
        }
    }

    fn sql(&self, sql: &str) -> Result<(), LedgerError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map(drop)
            .map_err(storage)
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.sql("ROLLBACK")
        {
            tracing::error!(%error, "the ledger could not roll back");
        }
    }
}

fn run(task: &Task, applying: &mut Applying<'_>) -> Result<Answer, LedgerError> {
    match task {
        Task::Commit(ops) => {
            for op in ops {
                applying.apply(op)?;
            }
            return Ok(Answer::Done);
        }
        // Every other task is a few statements that only fail when storage does; whatever they wrote is undone.
        _ => applying.dirty = true,
    }
    let connection = applying.connection;
    match task {
        Task::Commit(_) => Ok(Answer::Done),
        Task::IdempotencyBegin {
            scope,
            key,
            fingerprint,
            now,
            keep_ms,
            running_ms,
        } => {
            let times = idempotency::Times {
                now: *now,
                keep_ms: *keep_ms,
                running_ms: *running_ms,
            };
            idempotency::begin(connection, scope, key, fingerprint, times).map(Answer::Idempotency)
        }
        Task::IdempotencyEnd { scope, key, answer } => {
            idempotency::end(connection, scope, key, answer.as_ref()).map(|()| Answer::Done)
        }
        Task::LeaseDue {
            owner,
            now,
            until,
            limit,
        } => leases::lease_due(connection, owner, *now, *until, *limit).map(Answer::Intents),
        Task::Release { owner, now } => {
            let keys = billing::release(connection, owner, *now)?;
            leases::release(connection, owner, *now).map(|count| Answer::Count(count + keys))
        }
        Task::LeaseReceipts {
            owner,
            now,
            until,
            limit,
        } => receipts::lease(connection, owner, *now, *until, *limit).map(Answer::Receipts),
        Task::ReleaseReceipts { owner, now } => receipts::release(connection, owner, *now).map(Answer::Count),
        Task::LeaseKeys {
            owner,
            now,
            until,
            limit,
        } => billing::lease_keys(connection, owner, *now, *until, *limit).map(Answer::KeyIntents),
        Task::LeaseSchedules {
            owner,
            now,
            until,
            limit,
        } => billing::lease_schedules(connection, owner, *now, *until, *limit).map(Answer::Schedules),
        Task::Probe => connection
            .prepare_cached("UPDATE probe SET beat = beat + 1")
            .and_then(|mut beat| beat.execute([]))
            .map(|_| Answer::Done)
            .map_err(storage),
        Task::Call(call) => (call.0)(connection),
        #[cfg(test)]
        Task::Sql(sql) => connection.execute_batch(sql).map(|()| Answer::Done).map_err(storage),
    }
}
