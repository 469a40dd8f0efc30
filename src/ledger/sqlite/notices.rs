//! Notifications, in SQLite.

use super::outbox::limit_of;
use super::writer::{Answer, Call, Task};
use super::{SqliteLedger, from_word, mismatch, storage, word_of};
use crate::ledger::{LedgerError, NoticeFilter, NoticeLedger, NoticeRow, NoticeState};
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

const COLUMNS: &str =
    "id, provider, channel_key, received_at, peer, sealed, state, dedupe, order_id, attempts, next_at,
    last_error";

fn read(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    let state: String = row.get(6)?;
    let state = from_word(&state).map_err(|error: LedgerError| {
        rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(NoticeRow {
        id: row.get(0)?,
        provider: row.get(1)?,
        channel_key: row.get(2)?,
        received_at: row.get(3)?,
        peer: row.get(4)?,
        sealed: row.get(5)?,
        state,
        dedupe: row.get(7)?,
        order_id: row.get(8)?,
        attempts: row.get(9)?,
        next_at: row.get(10)?,
        last_error: row.get(11)?,
    })
}

fn all(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<NoticeRow>, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut find| find.query_map(params, read)?.collect())
        .map_err(storage)
}

fn execute(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<usize, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(storage)
}

fn insert(connection: &Connection, row: &NoticeRow) -> Result<(), LedgerError> {
    execute(
        connection,
        "INSERT INTO notices (id, provider, channel_key, received_at, peer, sealed, state, dedupe, order_id, attempts,
             next_at, last_error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            row.id,
            row.provider,
            row.channel_key,
            row.received_at,
            row.peer,
            row.sealed,
            word_of(&row.state)?,
            row.dedupe,
            row.order_id,
            row.attempts,
            row.next_at,
            row.last_error
        ],
    )
    .map(drop)
}

fn seen(connection: &Connection, row: &NoticeRow) -> Result<(), LedgerError> {
    execute(
        connection,
        "UPDATE notices SET state = ?2, dedupe = ?3, order_id = ?4, attempts = ?5, next_at = ?6, last_error = ?7,
             lease_owner = '' WHERE id = ?1",
        params![
            row.id,
            word_of(&row.state)?,
            row.dedupe,
            row.order_id,
            row.attempts,
            row.next_at,
            row.last_error
        ],
    )
    .map(drop)
}

fn lease(
    connection: &Connection,
    owner: &str,
    (now, until): (i64, i64),
    limit: usize,
) -> Result<Vec<NoticeRow>, LedgerError> {
    let find = format!(
        "SELECT {COLUMNS} FROM notices WHERE state IN ('received', 'waiting') AND next_at <= ?1 ORDER BY next_at LIMIT ?2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut due = all(connection, &find, params![now, limit])?;
    for row in &mut due {
        let sql = "UPDATE notices SET lease_owner = ?2, next_at = ?3 WHERE id = ?1";
        execute(connection, sql, params![row.id, owner, until])?;
        row.next_at = until;
    }
    Ok(due)
}

fn conditions(filter: &NoticeFilter) -> Result<(String, Vec<Box<dyn ToSql>>), LedgerError> {
    let mut sql = String::from("1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut and = |condition: &str, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ?{}", values.len()));
        }
    };
    let text = |value: &Option<String>| value.clone().map(|v| Box::new(v) as Box<dyn ToSql>);
    let number = |value: Option<i64>| value.map(|v| Box::new(v) as Box<dyn ToSql>);
    let state = filter.state.as_ref().map(word_of).transpose()?;
    and("id =", text(&filter.id));
    and("state =", text(&state));
    and("channel_key =", text(&filter.channel_key));
    and("order_id =", text(&filter.order_id));
    and("received_at >=", number(filter.from));
    and("received_at <", number(filter.until));
    Ok((sql, values))
}

fn replay(connection: &Connection, filter: &NoticeFilter, now: i64) -> Result<u64, LedgerError> {
    let (condition, values) = conditions(filter)?;
    // A refused one was forged or unreadable: it may be read anew, it is not believed more for that.
    let sql = format!(
        "UPDATE notices SET state = 'received', dedupe = NULL, attempts = 0, next_at = {now}
         WHERE state <> 'received' AND {condition}"
    );
    connection
        .execute(&sql, rusqlite::params_from_iter(values))
        .map(|count| count as u64)
        .map_err(storage)
}

fn claim(connection: &Connection, name: &str, owner: &str, now: i64, until: i64) -> Result<u64, LedgerError> {
    execute(
        connection,
        "INSERT INTO jobs (name, owner, until) VALUES (?1, ?2, ?4)
         ON CONFLICT DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE until <= ?3",
        params![name, owner, now, until],
    )
    .map(|count| count as u64)
}

impl SqliteLedger {
    async fn noticed(
        &self,
        call: impl Fn(&Connection) -> Result<u64, LedgerError> + Send + 'static,
    ) -> Result<u64, LedgerError> {
        match self
            .run(Task::Call(Call::new(move |c| call(c).map(Answer::Count))))
            .await?
        {
            Answer::Count(count) => Ok(count),
            _ => mismatch(),
        }
    }
}

impl NoticeLedger for SqliteLedger {
    fn notice_received(&self, row: NoticeRow) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.noticed(move |c| insert(c, &row).map(|()| 1)).await.map(drop) })
    }

    fn notice_seen(&self, row: NoticeRow) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.noticed(move |c| seen(c, &row).map(|()| 1)).await.map(drop) })
    }

    fn notice_known<'a>(
        &'a self,
        channel_key: &'a str,
        dedupe: &'a str,
        not: &'a str,
    ) -> BoxFuture<'a, Result<bool, LedgerError>> {
        Box::pin(async move {
            self.readers.point(|c| {
                c.prepare_cached(
                    "SELECT 1 FROM notices WHERE channel_key = ?1 AND dedupe = ?2 AND id <> ?3
                         AND state IN ('waiting', 'applied') LIMIT 1",
                )
                .and_then(|mut find| find.query_row([channel_key, dedupe, not], |_| Ok(())).optional())
                .map(|found| found.is_some())
                .map_err(storage)
            })
        })
    }

    fn lease_notices<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<NoticeRow>, LedgerError>> {
        Box::pin(async move {
            let owner = owner.to_owned();
            let call = Call::new(move |c| lease(c, &owner, (now, until), limit).map(Answer::Notices));
            match self.run(Task::Call(call)).await? {
                Answer::Notices(due) => Ok(due),
                _ => mismatch(),
            }
        })
    }

    fn release_notices<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>> {
        let owner = owner.to_owned();
        Box::pin(self.noticed(move |c| {
            let sql = "UPDATE notices SET lease_owner = '', next_at = ?2 WHERE lease_owner = ?1 AND lease_owner <> ''";
            execute(c, sql, params![owner, now]).map(|count| count as u64)
        }))
    }

    fn notices<'a>(&'a self, filter: &'a NoticeFilter) -> BoxFuture<'a, Result<Vec<NoticeRow>, LedgerError>> {
        let filter = filter.clone();
        Box::pin(self.readers.scan(move |c| {
            let (condition, values) = conditions(&filter)?;
            let limit = limit_of(filter.limit);
            let sql = format!("SELECT {COLUMNS} FROM notices WHERE {condition} ORDER BY seq DESC LIMIT {limit}");
            all(c, &sql, rusqlite::params_from_iter(values))
        }))
    }

    fn replay_notices<'a>(&'a self, filter: &'a NoticeFilter, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>> {
        let mut filter = filter.clone();
        if filter.id.is_none() && filter.state.is_none() {
            filter.state = Some(NoticeState::Dead);
        }
        Box::pin(self.noticed(move |c| replay(c, &filter, now)))
    }

    fn revision_of_channel<'a>(&'a self, channel_key: &'a str) -> BoxFuture<'a, Result<Option<String>, LedgerError>> {
        Box::pin(async move {
            self.readers.point(|c| {
                c.prepare_cached("SELECT revision FROM revisions WHERE channel_key = ?1 ORDER BY rowid DESC LIMIT 1")
                    .and_then(|mut find| find.query_row([channel_key], |row| row.get(0)).optional())
                    .map_err(storage)
            })
        })
    }

    fn claim_job<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        now: Millis,
        until: Millis,
    ) -> BoxFuture<'a, Result<bool, LedgerError>> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        Box::pin(async move { Ok(self.noticed(move |c| claim(c, &name, &owner, now, until)).await? > 0) })
    }
}
