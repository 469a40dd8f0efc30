#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::writer::{GROUP, Job};
use super::*;
use crate::ledger::conformance::{self, insert, intent, line, opened, transaction};
use crate::payment::Status;
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::oneshot;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &tempfile::TempDir) -> SqliteLedger {
    SqliteLedger::open(&folder.path().join("data/ledger.db"), Metrics::new()).unwrap()
}

fn raw(folder: &tempfile::TempDir) -> Connection {
    Connection::open(folder.path().join("data/ledger.db")).unwrap()
}

macro_rules! case {
    ($module:ident, $name:ident) => {
        mod $name {
            #[tokio::test]
            async fn holds() {
                let folder = super::folder();
                let ledger = super::open(&folder);
                crate::ledger::conformance::$module::$name(&ledger).await;
            }
        }
    };
}
conformance::for_every_case!(case);

/// A writer that is driven by hand: a group is exactly what the test says.
fn writer(folder: &tempfile::TempDir) -> (Writer, Metrics) {
    let metrics = Metrics::new();
    let connection = schema::open_writer(&folder.path().join("data/ledger.db")).unwrap();
    let writer = Writer {
        connection,
        metrics: metrics.clone(),
        checkpoint: None,
    };
    (writer, metrics)
}

type Reply = oneshot::Receiver<Result<Answer, LedgerError>>;

fn job(task: Task) -> (Job, Reply) {
    let (reply, answer) = oneshot::channel();
    (Job { task, reply }, answer)
}

fn commit(writes: Vec<Write>) -> (Job, Reply) {
    job(Task::Commit(rows::rows_of(writes).unwrap()))
}

fn paid(n: usize) -> Vec<Write> {
    let t = transaction(&format!("t{n}"), &format!("p{n}"), Status::Paid);
    vec![insert(&t), Write::Journal(line(&t.id, "answer"))]
}

fn outcome(mut reply: Reply) -> Result<(), LedgerError> {
    reply.try_recv().expect("was answered").map(drop)
}

fn count(folder: &tempfile::TempDir, sql: &str) -> i64 {
    raw(folder).query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = folder();
    let ledger = open(&folder);
    let t = transaction("t1", "p1", Status::Approving);
    let i = intent("i1", "t1");
    ledger.commit(vec![insert(&t), opened(&i)]).await.unwrap();
    ledger.idempotency_begin("s", "k", "f", 1, 10, 10).await.unwrap();
    drop(ledger);
    let ledger = open(&folder);
    assert_eq!(ledger.transaction("t1").await.unwrap(), Some(t));
    assert_eq!(ledger.open_intent("t1").await.unwrap(), Some(i));
    let again = ledger.idempotency_begin("s", "k", "f", 2, 10, 10).await.unwrap();
    assert_eq!(again, Idempotency::Running);
}

#[tokio::test]
async fn a_copy_taken_while_it_runs_has_every_answered_commit() {
    // What a power cut leaves: the files as they are, nobody closed anything.
    let folder = folder();
    let ledger = open(&folder);
    for n in 0..50 {
        ledger.commit(paid(n)).await.unwrap();
    }
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("data")).unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        std::fs::copy(
            folder.path().join("data").join(file),
            copy.path().join("data").join(file),
        )
        .unwrap();
    }
    let survivor = open(&copy);
    for n in 0..50 {
        assert!(survivor.transaction(&format!("t{n}")).await.unwrap().is_some(), "t{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_commits_share_a_flush() {
    let folder = folder();
    let metrics = Metrics::new();
    let ledger = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db"), metrics.clone()).unwrap());
    let tasks: Vec<_> = (0..400)
        .map(|n| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                ledger.commit(paid(n)).await.unwrap();
                // Read your own write, from another connection.
                assert!(ledger.transaction(&format!("t{n}")).await.unwrap().is_some());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let groups = metrics.ledger_commit_batch.get_sample_count();
    assert!((metrics.ledger_commit_batch.get_sample_sum() - 400.0).abs() < 0.5);
    assert!(groups < 200, "{groups} flushes for 400 commits");
    assert_eq!(metrics.ledger_commit_duration.get_sample_count(), groups);
}

#[test]
fn a_group_is_one_flush_and_a_refusal_hurts_nobody_else() {
    let folder = folder();
    let (mut writer, metrics) = writer(&folder);
    let rival = || insert(&transaction("rival", "p0", Status::Paid));
    let mut replies = Vec::new();
    let mut group = Vec::new();
    for writes in [
        paid(0),
        vec![rival()],
        paid(1),
        vec![Write::Journal(line("rival", "late")), rival()],
        paid(2),
    ] {
        let (job, reply) = commit(writes);
        group.push(job);
        replies.push(reply);
    }
    writer.group(&mut group);
    let outcomes: Vec<_> = replies.into_iter().map(outcome).collect();
    let clash = Err(LedgerError::LiveApproval);
    assert_eq!(outcomes, [Ok(()), clash.clone(), Ok(()), clash, Ok(())]);
    assert_eq!(metrics.ledger_commit_batch.get_sample_count(), 1);
    assert_eq!(count(&folder, "SELECT count(*) FROM transactions"), 3);
    assert_eq!(count(&folder, "SELECT count(*) FROM journal"), 3);
    assert_eq!(count(&folder, "SELECT sum(n) FROM tally"), 6, "one a payment and axis");
}

#[test]
fn a_failed_flush_fails_the_whole_group_and_leaves_nothing() {
    let folder = folder();
    let (mut writer, _) = writer(&folder);
    // A broken reference that is only noticed by COMMIT itself.
    let (defer, _deferred) = job(Task::Sql("PRAGMA defer_foreign_keys = ON"));
    let (good, good_reply) = commit(paid(0));
    let (orphan, orphan_reply) = commit(vec![opened(&intent("i1", "nobody"))]);
    writer.group(&mut vec![defer, good, orphan]);
    for reply in [good_reply, orphan_reply] {
        assert!(matches!(outcome(reply), Err(LedgerError::Storage(_))));
    }
    assert_eq!(count(&folder, "SELECT count(*) FROM transactions"), 0);
    assert_eq!(count(&folder, "SELECT count(*) FROM tally"), 0);
    let (again, reply) = commit(paid(0));
    writer.group(&mut vec![again]);
    assert_eq!(outcome(reply), Ok(()), "the writer goes on");
}

#[test]
fn a_full_disk_fails_every_commit_and_passes() {
    let folder = folder();
    let (mut writer, _) = writer(&folder);
    let pages: i64 = writer
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    let limit = |to: i64| {
        let sql = format!("PRAGMA max_page_count = {to}");
        move |c: &Connection| c.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    limit(pages + 2)(&writer.connection);
    let (jobs, replies): (Vec<_>, Vec<_>) = (0..40).map(|n| commit(paid(n))).unzip();
    let mut group = jobs;
    writer.group(&mut group);
    let outcomes: Vec<_> = replies.into_iter().map(outcome).collect();
    let kept = count(&folder, "SELECT count(*) FROM transactions");
    assert_eq!(
        kept,
        i64::try_from(outcomes.iter().filter(|o| o.is_ok()).count()).unwrap()
    );
    assert!(outcomes.iter().any(|o| matches!(o, Err(LedgerError::Storage(_)))));
    limit(1_000_000)(&writer.connection);
    let (job, reply) = commit(paid(99));
    writer.group(&mut vec![job]);
    assert_eq!(outcome(reply), Ok(()));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let (queue, jobs) = Queue::new(2);
    let queue = Arc::new(queue);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.run(Task::Probe).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let error = queue.run(Task::Probe).await.unwrap_err();
    assert!(error.to_string().contains("too many commits wait"), "{error}");
    drop(jobs);
    for task in waiting {
        let error = task.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("stopped"), "{error}");
    }
    assert!(queue.run(Task::Probe).await.is_err());
}

#[tokio::test]
async fn constraints_are_in_the_database() {
    let folder = folder();
    let ledger = open(&folder);
    let t = transaction("t1", "p1", Status::Paid);
    ledger
        .commit(vec![
            insert(&t),
            opened(&intent("i1", "t1")),
            Write::Journal(line("t1", "answer")),
        ])
        .await
        .unwrap();
    let raw = raw(&folder);
    let copy = |id: &str, order: &str, live: u8| {
        raw.execute(
            &format!(
                "INSERT INTO transactions SELECT NULL, {id}, {order}, store_id, payment_id, version, {live}, 0,
                     requested_at, status_changed_at, status, method, pg_provider, is_test, currency, platform, doc
                 FROM transactions"
            ),
            [],
        )
    };
    for (result, names) in [
        (copy("'t2'", "'o2'", 1), "payment_id"),
        (copy("id", "'o2'", 0), "transactions.id"),
        (copy("'t2'", "order_id", 0), "order_id"),
        (raw.execute("UPDATE journal SET kind = 'x'", []), "append-only"),
        (raw.execute("DELETE FROM journal", []), "append-only"),
        (
            raw.execute(
                "INSERT INTO intents SELECT transaction_id, 'i2', operation, cancellation_id, command, revision,
                     state, created_at, last_call_at, attempts, next_at, lease_owner, lease_until, last_error
                 FROM intents",
                [],
            ),
            "intents.transaction_id",
        ),
    ] {
        let error = result.expect_err(names).to_string();
        assert!(error.contains(names), "{error}");
    }
    assert_eq!(copy("'t2'", "'o2'", 0), Ok(1), "the copy itself is well formed");
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = folder();
    drop(open(&folder));
    raw(&folder).pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteLedger::open(&folder.path().join("data/ledger.db"), Metrics::new()).unwrap_err();
    assert!(error.to_string().contains("schema version 99"), "{error}");
    assert_eq!(count(&folder, "PRAGMA user_version"), 99, "and left alone");
}

#[test]
fn a_foreign_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("other.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE x (y)")
        .unwrap();
    let error = SqliteLedger::open(&path, Metrics::new()).unwrap_err();
    assert!(error.to_string().contains("something else"), "{error}");
    std::fs::write(
        folder.path().join("text.db"),
        "this is no database, and long enough to be read as one".repeat(9),
    )
    .unwrap();
    let error = SqliteLedger::open(&folder.path().join("text.db"), Metrics::new()).unwrap_err();
    assert!(matches!(error, LedgerError::Storage(_)));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("data/ledger.db");
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let ledger = open(&folder);
    ledger.writable().await.unwrap();
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let mode = std::fs::metadata(path.with_file_name(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_outbox_row_waits_for_delivery() {
    let folder = folder();
    let ledger = open(&folder);
    let t = transaction("t1", "p1", Status::Paid);
    ledger
        .commit(vec![insert(&t), Write::Outbox(conformance::hook("w1", &t))])
        .await
        .unwrap();
    let due = "SELECT count(*) FROM outbox WHERE state = 'pending' AND next_at = created_at AND attempts = 0
         AND lease_owner = '' AND lease_until = 0";
    assert_eq!(count(&folder, due), 1);
}

#[tokio::test]
async fn the_log_is_copied_while_commits_go_on() {
    let folder = folder();
    let ledger = open(&folder);
    let writes = || {
        (0..GROUP)
            .map(|n| Write::Journal(line(&format!("t{n}"), "bulk")))
            .collect()
    };
    for _ in 0..20 {
        ledger.commit(writes()).await.unwrap();
    }
    let copied = || std::fs::metadata(folder.path().join("data/ledger.db")).unwrap().len() > 100_000;
    for _ in 0..200 {
        if copied() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(copied(), "pages reach the file without waiting for the end");
}
