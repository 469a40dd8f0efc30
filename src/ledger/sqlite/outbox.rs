//! Webhooks on their way, in SQLite.

use super::reader::decode;
use super::writer::{Answer, Call, Task};
use super::{SqliteLedger, from_word, mismatch, storage, word_of};
use crate::ledger::{
    Backlog, Delivery, DeliveryFilter, DeliveryState, DeliveryTry, LedgerError, OutboxLedger, OutboxRow, Sent,
};
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

const COLUMNS: &str = "id, event_id, lane, url, named_by_payment, store_id, payment_id, transaction_id, event,
    cancellation_id, created_at, live, trigger_word, ordered, state, attempts, base, tries, resends, next_at, last_error";

/// Most rows a list returns.
const LIST_MAX: usize = 1_000;

fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let state: String = row.get(14)?;
    let state = from_word(&state).map_err(|error: LedgerError| {
        rusqlite::Error::FromSqlConversionFailure(14, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(Delivery {
        id: row.get(0)?,
        event_id: row.get(1)?,
        lane: row.get(2)?,
        url: row.get(3)?,
        named_by_payment: row.get(4)?,
        store_id: row.get(5)?,
        payment_id: row.get(6)?,
        transaction_id: row.get(7)?,
        event: row.get(8)?,
        cancellation_id: row.get(9)?,
        created_at: row.get(10)?,
        live: row.get(11)?,
        trigger: row.get(12)?,
        ordered: row.get(13)?,
        state,
        attempts: row.get(15)?,
        base: row.get(16)?,
        tries: row.get(17)?,
        resends: row.get(18)?,
        next_at: row.get(19)?,
        last_error: row.get(20)?,
    })
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LedgerError> {
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

/// Marks an event expanded and inserts its deliveries, unless somebody did.
fn expand(connection: &Connection, id: &str, deliveries: &[Delivery]) -> Result<(), LedgerError> {
    let sql = "UPDATE outbox SET state = 'delivered' WHERE id = ?1 AND state = 'pending'";
    if execute(connection, sql, [id])? == 0 {
        return Ok(());
    }
    for d in deliveries {
        execute(
            connection,
            "INSERT INTO deliveries (id, event_id, lane, url, named_by_payment, store_id, payment_id, transaction_id,
                 event, cancellation_id, created_at, live, trigger_word, ordered, state, attempts, base, tries, resends,
                 next_at, last_error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
             ON CONFLICT DO NOTHING",
            params![
                d.id,
                d.event_id,
                d.lane,
                d.url,
                d.named_by_payment,
                d.store_id,
                d.payment_id,
                d.transaction_id,
                d.event,
                d.cancellation_id,
                d.created_at,
                d.live,
                d.trigger,
                d.ordered,
                word_of(&d.state)?,
                d.attempts,
                d.base,
                d.tries,
                d.resends,
                d.next_at,
                d.last_error
            ],
        )?;
    }
    Ok(())
}

fn lease(
    connection: &Connection,
    owner: &str,
    (now, until): (i64, i64),
    lanes: &[(String, usize)],
) -> Result<Vec<Delivery>, LedgerError> {
    let find = format!(
        "SELECT {COLUMNS} FROM deliveries AS d
         WHERE lane = ?1 AND state = 'pending' AND next_at <= ?2
             AND (ordered = 0 OR NOT (
                 EXISTS (SELECT 1 FROM deliveries AS e WHERE e.store_id = d.store_id AND e.payment_id = d.payment_id
                     AND e.state = 'pending' AND e.lane = d.lane AND e.event_id < d.event_id)
                 OR EXISTS (SELECT 1 FROM outbox AS o WHERE o.payment_id = d.payment_id AND o.store_id = d.store_id
                     AND o.state = 'pending' AND o.id < d.event_id)))
         ORDER BY next_at LIMIT ?3"
    );
    let mut leased = Vec::new();
    for (lane, limit) in lanes {
        let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
        for mut delivery in all(connection, &find, params![lane, now, limit], read)? {
            let sql = "UPDATE deliveries SET lease_owner = ?2, next_at = ?3 WHERE id = ?1";
            execute(connection, sql, params![delivery.id, owner, until])?;
            delivery.next_at = until;
            leased.push(delivery);
        }
    }
    Ok(leased)
}

fn tried(connection: &Connection, d: &Delivery, log: Option<&(DeliveryTry, String)>) -> Result<(), LedgerError> {
    // A resend by hand while the try ran has begun another round: only what this try knows is written then.
    let changed = execute(
        connection,
        "UPDATE deliveries SET state = ?2, attempts = ?3, next_at = ?4, last_error = ?5, lease_owner = ''
         WHERE id = ?1 AND base = ?6 AND resends = ?7",
        params![
            d.id,
            word_of(&d.state)?,
            d.attempts,
            d.next_at,
            d.last_error,
            d.base,
            d.resends
        ],
    )?;
    if changed == 0 {
        execute(
            connection,
            "UPDATE deliveries SET attempts = attempts + 1, lease_owner = '' WHERE id = ?1",
            [&d.id],
        )?;
    }
    if let Some((log, doc)) = log {
        execute(
            connection,
            "INSERT INTO delivery_tries (delivery_id, attempt, doc) VALUES (?1, ?2, ?3)",
            params![log.delivery_id, log.attempt, doc],
        )?;
    }
    Ok(())
}

fn resend(connection: &Connection, id: &str, now: i64, most: u32) -> Result<u64, LedgerError> {
    let changed = execute(
        connection,
        "UPDATE deliveries SET next_at = ?2, trigger_word = 'MANUAL', resends = resends + 1,
             base = CASE state WHEN 'pending' THEN base ELSE attempts END,
             tries = CASE state WHEN 'pending' THEN tries ELSE 1 END,
             state = 'pending'
         WHERE id = ?1 AND resends < ?3",
        params![id, now, most],
    )?;
    Ok(changed as u64)
}

/// `WHERE` of a filter and its values.
fn conditions(filter: &DeliveryFilter) -> Result<(String, Vec<Box<dyn ToSql>>), LedgerError> {
    let mut sql = String::from("1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut and = |condition: &str, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(" AND ");
            sql.push_str(&condition.replace('?', &format!("?{}", values.len())));
        }
    };
    let text = |value: &Option<String>| value.clone().map(|v| Box::new(v) as Box<dyn ToSql>);
    let number = |value: Option<i64>| value.map(|v| Box::new(v) as Box<dyn ToSql>);
    let state = filter.state.as_ref().map(word_of).transpose()?;
    and("state = ?", text(&state));
    and("(id = ? OR event_id = ?)", text(&filter.id));
    and("store_id = ?", text(&filter.store_id));
    and("payment_id = ?", text(&filter.payment_id));
    and("event = ?", text(&filter.event));
    and("url = ?", text(&filter.url));
    and("created_at >= ?", number(filter.from));
    and("created_at < ?", number(filter.until));
    Ok((sql, values))
}

/// How many rows a filter asks for.
pub(super) fn limit_of(asked: usize) -> usize {
    if asked == 0 { 100 } else { asked.min(LIST_MAX) }
}

fn list(connection: &Connection, filter: &DeliveryFilter) -> Result<Vec<Delivery>, LedgerError> {
    let (condition, values) = conditions(filter)?;
    let limit = limit_of(filter.limit);
    let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE {condition} ORDER BY event_id DESC LIMIT {limit}");
    all(connection, &sql, rusqlite::params_from_iter(values), read)
}

fn replay(connection: &Connection, filter: &DeliveryFilter, now: i64, tries: u32) -> Result<u64, LedgerError> {
    let (condition, values) = conditions(filter)?;
    let bound = if filter.limit == 0 {
        -1
    } else {
        i64::try_from(filter.limit).unwrap_or(-1)
    };
    let sql = format!(
        "UPDATE deliveries SET state = 'pending', base = attempts, tries = {tries}, next_at = {now},
             trigger_word = 'MANUAL'
         WHERE id IN (SELECT id FROM deliveries WHERE state = 'dead' AND {condition} ORDER BY event_id LIMIT {bound})"
    );
    connection
        .execute(&sql, rusqlite::params_from_iter(values))
        .map(|count| count as u64)
        .map_err(storage)
}

fn due_lanes(connection: &Connection, now: i64) -> Result<Vec<String>, LedgerError> {
    // Jumps from lane to lane instead of walking every waiting row.
    all(
        connection,
        "WITH RECURSIVE lanes (lane) AS (
             SELECT min(lane) FROM deliveries WHERE state = 'pending'
             UNION ALL
             SELECT (SELECT min(lane) FROM deliveries WHERE state = 'pending' AND lane > lanes.lane) FROM lanes
             WHERE lanes.lane IS NOT NULL
         )
         SELECT lane FROM lanes WHERE lane IS NOT NULL
             AND EXISTS (SELECT 1 FROM deliveries AS d WHERE d.lane = lanes.lane AND d.state = 'pending' AND d.next_at <= ?1)",
        [now],
        |row| row.get(0),
    )
}

fn backlog(connection: &Connection) -> Result<Backlog, LedgerError> {
    connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending')
                  + (SELECT count(*) FROM outbox WHERE state = 'pending'),
                min(ifnull((SELECT min(created_at) FROM deliveries WHERE state = 'pending'), 9223372036854775807),
                    ifnull((SELECT min(created_at) FROM outbox WHERE state = 'pending'), 9223372036854775807))",
        )
        .and_then(|mut count| {
            count.query_row([], |row| {
                let (count, oldest): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Backlog {
                    count: count.unsigned_abs(),
                    oldest: (oldest < i64::MAX).then_some(oldest),
                })
            })
        })
        .map_err(storage)
}

fn last_try(connection: &Connection, id: &str) -> Result<Option<DeliveryTry>, LedgerError> {
    let found: Option<String> = connection
        .prepare_cached("SELECT doc FROM delivery_tries WHERE delivery_id = ?1 ORDER BY seq DESC LIMIT 1")
        .and_then(|mut find| find.query_row([id], |row| row.get(0)).optional())
        .map_err(storage)?;
    found.map(|doc| decode(&doc)).transpose()
}

impl SqliteLedger {
    async fn counted(
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

impl OutboxLedger for SqliteLedger {
    fn unexpanded(&self, limit: usize) -> BoxFuture<'_, Result<Vec<OutboxRow>, LedgerError>> {
        Box::pin(async move {
            self.readers.point(|c| {
                let sql = "SELECT id, store_id, payment_id, transaction_id, event, created_at, cancellation_id,
                            billing_key FROM outbox
                     WHERE state = 'pending' ORDER BY next_at, id LIMIT ?1";
                all(c, sql, [i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                    Ok(OutboxRow {
                        id: row.get(0)?,
                        store_id: row.get(1)?,
                        payment_id: row.get(2)?,
                        transaction_id: row.get(3)?,
                        event: row.get(4)?,
                        created_at: row.get(5)?,
                        cancellation_id: row.get(6)?,
                        billing_key: row.get(7)?,
                    })
                })
            })
        })
    }

    fn expand(&self, events: Vec<(String, Vec<Delivery>)>) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move {
            let call = Call::new(move |c| {
                for (id, deliveries) in &events {
                    expand(c, id, deliveries)?;
                }
                Ok(Answer::Done)
            });
            self.run(Task::Call(call)).await.map(drop)
        })
    }

    fn due_lanes(&self, now: Millis) -> BoxFuture<'_, Result<Vec<String>, LedgerError>> {
        Box::pin(async move { self.readers.point(|c| due_lanes(c, now)) })
    }

    fn lease_deliveries<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        lanes: Vec<(String, usize)>,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, LedgerError>> {
        Box::pin(async move {
            let owner = owner.to_owned();
            let call = Call::new(move |c| lease(c, &owner, (now, until), &lanes).map(Answer::Deliveries));
            match self.run(Task::Call(call)).await? {
                Answer::Deliveries(leased) => Ok(leased),
                _ => mismatch(),
            }
        })
    }

    fn tried(&self, delivery: Delivery, try_: Option<DeliveryTry>) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move {
            let written = |log: DeliveryTry| serde_json::to_string(&log).map(|doc| (log, doc));
            let log = try_.map(written).transpose();
            let log = log.map_err(|error| LedgerError::Storage(error.to_string()))?;
            let call = Call::new(move |c| tried(c, &delivery, log.as_ref()).map(|()| Answer::Done));
            self.run(Task::Call(call)).await.map(drop)
        })
    }

    fn release_deliveries<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>> {
        let owner = owner.to_owned();
        Box::pin(self.counted(move |c| {
            let sql =
                "UPDATE deliveries SET lease_owner = '', next_at = ?2 WHERE lease_owner = ?1 AND lease_owner <> ''";
            execute(c, sql, params![owner, now]).map(|count| count as u64)
        }))
    }

    fn deliveries<'a>(&'a self, filter: &'a DeliveryFilter) -> BoxFuture<'a, Result<Vec<Delivery>, LedgerError>> {
        let filter = filter.clone();
        Box::pin(self.readers.scan(move |c| list(c, &filter)))
    }

    fn deliveries_of<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Sent>, LedgerError>> {
        Box::pin(async move {
            self.readers.point(|c| {
                let sql = format!(
                    "SELECT {COLUMNS} FROM deliveries WHERE store_id = ?1 AND payment_id = ?2 ORDER BY event_id, id"
                );
                let found = all(c, &sql, [store_id, payment_id], read)?;
                let with_try = |d: Delivery| last_try(c, &d.id).map(|log| (d, log));
                found.into_iter().map(with_try).collect()
            })
        })
    }

    fn tries<'a>(&'a self, delivery_id: &'a str) -> BoxFuture<'a, Result<Vec<DeliveryTry>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM delivery_tries WHERE delivery_id = ?1 ORDER BY seq";
            self.readers.point(|c| super::reader::docs(c, sql, [delivery_id]))
        })
    }

    fn resend<'a>(&'a self, delivery_id: &'a str, now: Millis, most: u32) -> BoxFuture<'a, Result<bool, LedgerError>> {
        let id = delivery_id.to_owned();
        Box::pin(async move { Ok(self.counted(move |c| resend(c, &id, now, most)).await? > 0) })
    }

    fn replay<'a>(
        &'a self,
        filter: &'a DeliveryFilter,
        now: Millis,
        tries: u32,
    ) -> BoxFuture<'a, Result<u64, LedgerError>> {
        let filter = DeliveryFilter {
            state: Some(DeliveryState::Dead),
            ..filter.clone()
        };
        Box::pin(self.counted(move |c| replay(c, &filter, now, tries)))
    }

    fn backlog(&self) -> BoxFuture<'_, Result<Backlog, LedgerError>> {
        Box::pin(self.readers.scan(|c| backlog(c)))
    }
}
