//! Pages of billing keys and schedules.

use crate::ledger::sqlite::words::needles;
use crate::ledger::sqlite::{reader, storage};
use crate::ledger::{KeyFilter, KeyTime, LedgerError, ScheduleFilter, ScheduleTime};
use crate::payment::{BillingKey, Schedule};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Conditions with their arguments.
#[derive(Default)]
struct Where {
    sql: String,
    args: Vec<Value>,
}

impl Where {
    fn and(&mut self, sql: &str, args: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.args.extend(args);
    }

    fn text(&mut self, sql: &str, text: &str) {
        self.and(sql, [Value::Text(text.to_owned())]);
    }

    fn range(&mut self, column: &str, from: Option<i64>, until: Option<i64>) {
        if let Some(from) = from {
            self.and(&format!("{column} >= ?"), [Value::Integer(from)]);
        }
        if let Some(until) = until {
            self.and(&format!("{column} < ?"), [Value::Integer(until)]);
        }
    }

    /// One of several: each word makes the condition `sql` once.
    fn any<'w>(&mut self, sql: &str, words: impl ExactSizeIterator<Item = String> + 'w) {
        if words.len() > 0 {
            let tests = vec![sql; words.len()].join(" OR ");
            self.and(&format!("({tests})"), words.map(Value::Text));
        }
    }
}

/// A page in an order, and the total, of one moment.
fn page<T: serde::de::DeserializeOwned>(
    connection: &mut Connection,
    table: &str,
    mut filter: Where,
    order: (&str, bool),
    (offset, limit): (usize, usize),
) -> Result<(Vec<T>, u64), LedgerError> {
    let moment = connection.transaction().map_err(storage)?;
    let total = moment
        .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE {}", filter.sql))
        .and_then(|mut count| count.query_row(params_from_iter(&filter.args), |row| row.get::<_, i64>(0)))
        .map(i64::unsigned_abs)
        .map_err(storage)?;
    let (column, ascending) = order;
    let direction = if ascending { "ASC" } else { "DESC" };
    for number in [limit, offset] {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        filter.args.push(Value::Integer(number));
    }
    let sql = format!(
        "SELECT doc FROM {table} WHERE {} ORDER BY {column} {direction}, seq {direction} LIMIT ? OFFSET ?",
        filter.sql
    );
    let rows = reader::docs(&moment, &sql, params_from_iter(&filter.args))?;
    moment.commit().map_err(storage)?;
    Ok((rows, total))
}

fn key_column(time: KeyTime) -> &'static str {
    match time {
        KeyTime::Requested => "requested_at",
        KeyTime::Issued => "issued_at",
        KeyTime::Deleted => "deleted_at",
        KeyTime::Status => "status_at",
    }
}

/// A page of keys and the total.
pub(super) fn keys(connection: &mut Connection, f: &KeyFilter) -> Result<(Vec<BillingKey>, u64), LedgerError> {
    let mut filter = Where::default();
    filter.text("store_id = ?", &f.store);
    filter.and("status IN ('ISSUED', 'DELETED')", []);
    filter.any("status = ?", f.status.iter().map(|s| s.as_str().to_owned()));
    filter.range(key_column(f.time), f.from, f.until);
    filter.any("group_id = ?", f.groups.iter().cloned());
    if let Some(id) = &f.customer_id {
        filter.text("customer_id = ?", id);
    }
    if let Some(platform) = &f.platform {
        filter.text("platform = ?", platform);
    }
    filter.any(
        "instr(providers, ?) > 0",
        f.pg_providers.iter().map(|w| format!(",{w},")),
    );
    let methods = f.methods.iter().map(|m| format!(",{},", m.as_str()));
    filter.any("instr(methods, ?) > 0", methods);
    if let Some((field, prefix)) = &f.text {
        let needles = needles(field, prefix);
        if needles.is_empty() {
            return Ok((Vec::new(), 0));
        }
        filter.any("instr(words, ?) > 0", needles.into_iter());
    }
    page(
        connection,
        "billing_keys",
        filter,
        (key_column(f.sort), f.ascending),
        (f.offset, f.limit),
    )
}

/// A page of schedules and the total.
pub(super) fn schedules(connection: &mut Connection, f: &ScheduleFilter) -> Result<(Vec<Schedule>, u64), LedgerError> {
    let mut filter = Where::default();
    filter.text("store_id = ?", &f.store);
    if let Some(key) = &f.billing_key {
        filter.text("billing_key = ?", key);
    }
    if let Some(id) = &f.payment_id {
        filter.text("payment_id = ?", id);
    }
    filter.range("time_to_pay", f.from, f.until);
    filter.any("status = ?", f.status.iter().map(|s| s.as_str().to_owned()));
    if let Some(test) = f.is_test {
        filter.and("is_test = ?", [Value::Integer(i64::from(test))]);
    }
    let column = match f.sort {
        ScheduleTime::Created => "created_at",
        ScheduleTime::TimeToPay => "time_to_pay",
        ScheduleTime::Completed => "completed_at",
        ScheduleTime::Status => "status_at",
    };
    page(
        connection,
        "schedules",
        filter,
        (column, f.ascending),
        (f.offset, f.limit),
    )
}
