//! The tables, as a list of migrations, and how connections to them are opened.
//!
//! What must never be wrong is a constraint here, not only a check in code: one live attempt of a payment, unique ids
//! and order numbers, one open intent of a transaction, a journal that cannot be changed.

use super::{LedgerError, storage};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// Applied in order; `PRAGMA user_version` counts how many were. Never change one that was released: add another.
const MIGRATIONS: &[&str] = &[
    INITIAL,
    NOTIFY,
    super::receipts::RECEIPTS,
    BILLING,
    MARKS,
    CUSTOMERS,
    CLAIMS,
    super::feed::EVENTS,
    super::sessions::SESSIONS,
];

const CLAIMS: &str = "
-- Transaction ids that we make for PGs: two operations of a MID must never have the same, or an inquiry by it would answer
-- for the other.
CREATE TABLE claims (
    provider TEXT NOT NULL,
    mid      TEXT NOT NULL,
    pg_tx_id TEXT NOT NULL,
    PRIMARY KEY (provider, mid, pg_tx_id)
) STRICT, WITHOUT ROWID;
";

const INITIAL: &str = "
-- One row an attempt. `doc` is the whole transaction as JSON; the other columns exist to be constrained, found, listed.
-- `seq` is the order of arrival: 'newest' means the highest.
CREATE TABLE transactions (
    seq               INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    order_id          TEXT NOT NULL UNIQUE,
    store_id          TEXT NOT NULL,
    payment_id        TEXT NOT NULL,
    version           INTEGER NOT NULL,
    live              INTEGER NOT NULL CHECK (live IN (0, 1)),
    -- 1 for the attempt that stands for its payment: the live one, else the newest.
    standing          INTEGER NOT NULL CHECK (standing IN (0, 1)),
    requested_at      INTEGER NOT NULL,
    status_changed_at INTEGER NOT NULL,
    status            TEXT NOT NULL,
    method            TEXT NOT NULL,
    pg_provider       TEXT NOT NULL,
    is_test           INTEGER NOT NULL,
    currency          TEXT NOT NULL,
    platform          TEXT NOT NULL,
    doc               TEXT NOT NULL
) STRICT;
-- At most one attempt of a payment holds, or may hold, money.
CREATE UNIQUE INDEX transactions_live ON transactions (store_id, payment_id) WHERE live = 1;
-- The other attempts of a payment; every attempt is in exactly one of these two.
CREATE INDEX transactions_rest ON transactions (store_id, payment_id, seq) WHERE live = 0;
-- Lists: the order, then every column a filter asks for, so that rows left out are never read.
CREATE INDEX transactions_by_request ON transactions
    (store_id, requested_at, seq, status_changed_at, status, method, pg_provider, is_test, currency, platform)
    WHERE standing = 1;
CREATE INDEX transactions_by_change ON transactions
    (store_id, status_changed_at, seq, requested_at, status, method, pg_provider, is_test, currency, platform)
    WHERE standing = 1;

-- Words for prefix search, folded to lower case: U+001F, a letter for the field, the value; and again.
CREATE TABLE search (
    seq   INTEGER PRIMARY KEY,
    words TEXT NOT NULL
) STRICT;

-- How many payments (standing rows) there are a day, for every mix of filterable values: the total of a list is a sum
-- over days instead of a scan over payments. `axis` 0 counts days of request, 1 days of status change (UTC).
CREATE TABLE tally (
    axis        INTEGER NOT NULL,
    store_id    TEXT NOT NULL,
    day         INTEGER NOT NULL,
    status      TEXT NOT NULL,
    method      TEXT NOT NULL,
    pg_provider TEXT NOT NULL,
    is_test     INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    platform    TEXT NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (axis, store_id, day, status, method, pg_provider, is_test, currency, platform)
) STRICT, WITHOUT ROWID;

-- Operations without an outcome, one a transaction. Small: a row leaves with its outcome.
CREATE TABLE intents (
    transaction_id  TEXT PRIMARY KEY REFERENCES transactions (id),
    id              TEXT NOT NULL UNIQUE,
    operation       TEXT NOT NULL,
    cancellation_id TEXT,
    command         TEXT NOT NULL,
    revision        TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'operator')),
    created_at      INTEGER NOT NULL,
    last_call_at    INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    lease_owner     TEXT NOT NULL,
    lease_until     INTEGER NOT NULL,
    last_error      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX intents_due ON intents (next_at);

CREATE TABLE journal (
    seq            INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    transaction_id TEXT,
    kind           TEXT NOT NULL,
    doc            TEXT NOT NULL
) STRICT;
CREATE INDEX journal_of_transaction ON journal (transaction_id, seq) WHERE transaction_id IS NOT NULL;
CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Webhooks to deliver. A worker leases rows whose `next_at` and `lease_until` passed; delivered rows stay as a record.
CREATE TABLE outbox (
    id              TEXT PRIMARY KEY,
    store_id        TEXT NOT NULL,
    payment_id      TEXT NOT NULL,
    transaction_id  TEXT NOT NULL,
    event           TEXT NOT NULL,
    cancellation_id TEXT,
    created_at      INTEGER NOT NULL,
    state           TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER NOT NULL,
    lease_owner     TEXT NOT NULL DEFAULT '',
    lease_until     INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'pending';

CREATE TABLE pre_registrations (
    store_id   TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    total      INTEGER,
    tax_free   INTEGER,
    currency   TEXT,
    PRIMARY KEY (store_id, payment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE windows (
    seq            INTEGER PRIMARY KEY,
    token          TEXT NOT NULL UNIQUE,
    transaction_id TEXT NOT NULL,
    doc            TEXT NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE revisions (
    revision    TEXT PRIMARY KEY,
    channel_key TEXT NOT NULL,
    sealed      BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency (
    seq         INTEGER PRIMARY KEY,
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    status      INTEGER,
    body        TEXT,
    UNIQUE (scope, key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- The row that a readiness probe writes.
CREATE TABLE probe (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    beat INTEGER NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0);
";

/// Webhooks on their way, notifications as they came, background work that one router does at a time.
const NOTIFY: &str = "
-- One row an event and endpoint. While a delivery is leased, `next_at` is when the lease ends.
CREATE TABLE deliveries (
    id               TEXT PRIMARY KEY,
    event_id         TEXT NOT NULL,
    lane             TEXT NOT NULL,
    url              TEXT NOT NULL,
    named_by_payment INTEGER NOT NULL,
    store_id         TEXT NOT NULL,
    payment_id       TEXT NOT NULL,
    transaction_id   TEXT NOT NULL,
    event            TEXT NOT NULL,
    cancellation_id  TEXT,
    created_at       INTEGER NOT NULL,
    live             INTEGER NOT NULL,
    trigger_word     TEXT,
    ordered          INTEGER NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts         INTEGER NOT NULL,
    base             INTEGER NOT NULL,
    tries            INTEGER NOT NULL,
    resends          INTEGER NOT NULL,
    next_at          INTEGER NOT NULL,
    lease_owner      TEXT NOT NULL DEFAULT '',
    last_error       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (lane, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_age ON deliveries (created_at) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (event_id) WHERE state = 'dead';
CREATE INDEX deliveries_leased ON deliveries (lease_owner) WHERE lease_owner <> '';
CREATE INDEX deliveries_of_payment ON deliveries (store_id, payment_id, event_id);
CREATE INDEX outbox_of_payment ON outbox (payment_id) WHERE state = 'pending';

CREATE TABLE delivery_tries (
    seq         INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    doc         TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_tries_of ON delivery_tries (delivery_id, seq);

-- `sealed` is what arrived: method, query, headers, body. While a notice is leased, `next_at` is when the lease ends.
CREATE TABLE notices (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    provider    TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    peer        TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    state       TEXT NOT NULL
        CHECK (state IN ('received', 'waiting', 'applied', 'duplicate', 'ignored', 'refused', 'dead')),
    dedupe      TEXT,
    order_id    TEXT,
    attempts    INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    lease_owner TEXT NOT NULL DEFAULT '',
    last_error  TEXT
) STRICT;
CREATE INDEX notices_due ON notices (next_at) WHERE state IN ('received', 'waiting');
CREATE INDEX notices_once ON notices (channel_key, dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX notices_of_order ON notices (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX notices_leased ON notices (lease_owner) WHERE lease_owner <> '';

CREATE TABLE jobs (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const BILLING: &str = "
-- One row a billing key. `doc` is the whole key as JSON, the PGs' keys sealed inside.
CREATE TABLE billing_keys (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    store_id     TEXT NOT NULL,
    version      INTEGER NOT NULL,
    status       TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    issued_at    INTEGER,
    deleted_at   INTEGER,
    -- Deleted, else issued.
    status_at    INTEGER,
    group_id     TEXT,
    customer_id  TEXT,
    platform     TEXT NOT NULL,
    -- Words between commas.
    providers    TEXT NOT NULL,
    methods      TEXT NOT NULL,
    -- As `search.words`.
    words        TEXT NOT NULL,
    doc          TEXT NOT NULL
) STRICT;
CREATE INDEX billing_keys_by_request ON billing_keys (store_id, requested_at, seq, status);
CREATE INDEX billing_keys_by_status ON billing_keys (store_id, status_at, seq, status);
CREATE INDEX billing_keys_by_customer ON billing_keys (store_id, customer_id) WHERE customer_id IS NOT NULL;

-- Issues and deletions without an outcome, one a part of a key.
CREATE TABLE key_intents (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    billing_key  TEXT NOT NULL REFERENCES billing_keys (id),
    channel_key  TEXT NOT NULL,
    operation    TEXT NOT NULL,
    command      TEXT NOT NULL,
    token        TEXT,
    revision     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'operator')),
    created_at   INTEGER NOT NULL,
    last_call_at INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    lease_owner  TEXT NOT NULL,
    lease_until  INTEGER NOT NULL,
    last_error   TEXT,
    UNIQUE (billing_key, channel_key)
) STRICT;
CREATE INDEX key_intents_due ON key_intents (next_at);

CREATE TABLE schedules (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    store_id     TEXT NOT NULL,
    payment_id   TEXT NOT NULL,
    billing_key  TEXT NOT NULL REFERENCES billing_keys (id),
    status       TEXT NOT NULL,
    live         INTEGER NOT NULL CHECK (live IN (0, 1)),
    is_test      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    time_to_pay  INTEGER NOT NULL,
    completed_at INTEGER,
    status_at    INTEGER NOT NULL,
    lease_owner  TEXT NOT NULL DEFAULT '',
    lease_until  INTEGER NOT NULL DEFAULT 0,
    doc          TEXT NOT NULL
) STRICT;
-- A payment is scheduled once at a time.
CREATE UNIQUE INDEX schedules_of_payment ON schedules (store_id, payment_id) WHERE live = 1;
CREATE INDEX schedules_due ON schedules (time_to_pay) WHERE status = 'SCHEDULED';
CREATE INDEX schedules_of_key ON schedules (billing_key, live);
CREATE INDEX schedules_by_due ON schedules (store_id, time_to_pay, seq);

-- Webhooks about billing keys.
ALTER TABLE outbox ADD COLUMN billing_key TEXT;
";

/// By what a notice that names a PG's billing key finds it.
const MARKS: &str = "
CREATE TABLE key_marks (
    mark        TEXT PRIMARY KEY,
    billing_key TEXT NOT NULL REFERENCES billing_keys (id)
) STRICT, WITHOUT ROWID;
";

/// Names that merchants of the V1 API give their keys, and schedules by the payment they make.
const CUSTOMERS: &str = "
ALTER TABLE billing_keys ADD COLUMN customer_uid TEXT;
CREATE INDEX billing_keys_by_uid ON billing_keys (store_id, customer_uid, seq)
    WHERE customer_uid IS NOT NULL AND issued_at IS NOT NULL;
CREATE INDEX schedules_by_payment ON schedules (store_id, payment_id, seq);
";

/// More statements than the ledger has, so that none is ever prepared twice.
const STATEMENTS: usize = 160;

/// Creates the file and its folder, readable by the owner only.
fn prepare(path: &Path) -> Result<(), LedgerError> {
    let failed = |what: &str, error: std::io::Error| {
        LedgerError::Storage(format!("cannot {what} the ledger at {}: {error}", path.display()))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| failed("create the folder of", e))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| failed("open", e))?;
    // A file that is already there may have been copied with wider rights. SQLite gives its -wal and -shm the same.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(|e| failed("restrict", e))?;
    drop(file);
    Ok(())
}

/// Settings that every connection has.
fn settle(connection: &Connection, wait: Duration) -> Result<(), LedgerError> {
    connection.busy_timeout(wait).map_err(storage)?;
    // Plans do not depend on bound values: without this, statements on partial indexes are compiled again at every run.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(storage)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// The connection that writes, on a file that is created and migrated first where needed.
pub(super) fn open_writer(path: &Path) -> Result<Connection, LedgerError> {
    prepare(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    settle(&connection, Duration::from_secs(5))?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(storage)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(LedgerError::Storage(format!(
            "the file system of {} does not allow a write-ahead log; put the ledger on a local disk",
            path.display()
        )));
    }
    // FULL: a commit is on the disk before it is answered. Temporary data stays in memory, whole checkpoints are left
    // to the thread that makes them (see `checkpoint`).
    for (name, value) in [
        ("synchronous", "FULL"),
        ("temp_store", "MEMORY"),
        ("wal_autocheckpoint", "0"),
        ("foreign_keys", "ON"),
        ("cache_size", "-32768"),
    ] {
        connection.pragma_update(None, name, value).map_err(storage)?;
    }
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// A connection that can only read.
pub(super) fn open_reader(path: &Path, cache_kib: u32) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    settle(&connection, Duration::from_secs(2))?;
    for (name, value) in [
        ("temp_store", "MEMORY".to_owned()),
        ("cache_size", format!("-{cache_kib}")),
    ] {
        connection.pragma_update(None, name, value).map_err(storage)?;
    }
    Ok(connection)
}

/// The connection of the checkpointing thread: a plain writer that never writes rows.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    for (name, value) in [("synchronous", "FULL"), ("wal_autocheckpoint", "0")] {
        connection.pragma_update(None, name, value).map_err(storage)?;
    }
    Ok(connection)
}

/// Brings the tables to this build's version in one transaction.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    // The lock comes first: two processes that start together must not both find an empty file.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(storage)?;
    let found: i64 = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(storage)?;
    let known = MIGRATIONS.len();
    let done = match usize::try_from(found) {
        Ok(done) if done <= known => done,
        _ => {
            return Err(LedgerError::Storage(format!(
                "the ledger at {} has schema version {found}, this build knows versions up to {known}: \
                 start the newer naru that wrote it, or restore a copy made before the upgrade",
                path.display()
            )));
        }
    };
    if done == 0 {
        let tables: i64 = transaction
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .map_err(storage)?;
        if tables > 0 {
            return Err(LedgerError::Storage(format!(
                "{} is a database of something else; name a file of its own for the ledger",
                path.display()
            )));
        }
    }
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step).map_err(storage)?;
    }
    if done < known {
        transaction
            .pragma_update(None, "user_version", known.to_string())
            .map_err(storage)?;
    }
    transaction.commit().map_err(storage)
}
