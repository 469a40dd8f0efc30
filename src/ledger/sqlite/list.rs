//! Lists of payments.
//!
//! A page is taken in the order of an index that also holds every filterable column, so rows left out or skipped are
//! never read; a total is a sum over counted days (see [`tally`](super::tally)) plus the rest of the days at the ends.
//! Only a text search looks at payments one by one.

use super::tally::{Axis, DAY};
use super::words::{fact, needles};
use super::{reader, storage};
use crate::ledger::{LedgerError, PaymentFilter};
use crate::payment::Transaction;
use rusqlite::types::Value;
use rusqlite::{Connection, Params, TransactionBehavior, params_from_iter};

/// Up to so many payments in the range are sorted; above, the order's own index is walked and the range is a filter.
const SORTABLE: u64 = 2_000;

/// Up to so many ids with a prefix are looked up one by one; above, the order's index is walked instead.
const HITS: u64 = 5_000;

/// A condition with its arguments.
#[derive(Debug, Clone, Default)]
struct Clause {
    sql: String,
    args: Vec<Value>,
}

impl Clause {
    fn and(&mut self, sql: &str, args: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.args.extend(args);
    }

    fn any(&mut self, column: &str, words: impl ExactSizeIterator<Item = String>) {
        if words.len() > 0 {
            let marks = vec!["?"; words.len()].join(", ");
            self.and(&format!("{column} IN ({marks})"), words.map(Value::Text));
        }
    }

    fn args(&self) -> impl Params + '_ {
        params_from_iter(self.args.iter())
    }
}

impl Axis {
    fn column(self) -> &'static str {
        match self {
            Self::Request => "requested_at",
            Self::Change => "status_changed_at",
        }
    }

    fn index(self) -> &'static str {
        match self {
            Self::Request => "transactions_by_request",
            Self::Change => "transactions_by_change",
        }
    }

    fn of(status_change: bool) -> Self {
        if status_change { Self::Change } else { Self::Request }
    }

    /// Rows in this order.
    fn walked(self) -> Clause {
        Clause {
            sql: format!("transactions INDEXED BY {}", self.index()),
            args: Vec::new(),
        }
    }
}

/// An id with an index.
#[derive(Debug, Clone, Copy)]
enum Id {
    Payment,
    Transaction,
}

impl Id {
    fn of(field: &str) -> Option<Self> {
        match field {
            "PAYMENT_ID" => Some(Self::Payment),
            "TX_ID" => Some(Self::Transaction),
            _ => None,
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Payment => "payment_id",
            Self::Transaction => "id",
        }
    }
}

/// The first text with a prefix, and one behind the last: no valid text sorts behind it and still starts so.
fn bounds(prefix: &str) -> [Value; 2] {
    [prefix.to_owned(), format!("{prefix}\u{10FFFF}")].map(Value::Text)
}

/// A filter, translated.
struct Query<'f> {
    filter: &'f PaymentFilter,
    range: Axis,
    sort: Axis,
    /// Conditions on columns that the list indexes and the counts have alike.
    facets: Clause,
    /// Conditions on words; `None` when there are none.
    text: Option<Clause>,
    /// An id that is searched for by a prefix, and has an index of its own: start there.
    id: Option<(Id, &'f str)>,
}

impl<'f> Query<'f> {
    /// `None` when nothing can match.
    fn new(filter: &'f PaymentFilter) -> Option<Self> {
        let mut facets = Clause::default();
        facets.any("status", filter.status.iter().map(|s| s.as_str().to_owned()));
        facets.any("method", filter.methods.iter().map(|m| m.as_str().to_owned()));
        facets.any("pg_provider", filter.pg_providers.iter().cloned());
        if let Some(is_test) = filter.is_test {
            facets.and("is_test = ?", [Value::Integer(i64::from(is_test))]);
        }
        if let Some(currency) = &filter.currency {
            facets.and("currency = ?", [Value::Text(currency.clone())]);
        }
        if let Some(platform) = &filter.platform {
            facets.and("platform = ?", [Value::Text(platform.clone())]);
        }
        let mut text = Clause::default();
        let mut id = None;
        for (field, prefix) in &filter.text {
            match Id::of(field).filter(|_| !prefix.is_empty()) {
                Some(found) => {
                    text.and(&format!("{0} >= ? AND {0} < ?", found.column()), bounds(prefix));
                    id.get_or_insert((found, prefix.as_str()));
                }
                None => words(&mut text, field, prefix)?,
            }
        }
        let has = [("SCHEDULE_ID", filter.scheduled), ("escrowStatus", filter.escrow)];
        let has = has.into_iter().filter_map(|(name, wanted)| Some((name, "", wanted?)));
        for (name, value, wanted) in has.chain(filter.facts.iter().map(|(name, value)| (*name, *value, true))) {
            let not = if wanted { "" } else { "NOT " };
            text.and(
                &format!(
                    "{not}EXISTS (SELECT 1 FROM search WHERE search.seq = transactions.seq AND instr(words, ?) > 0)"
                ),
                [Value::Text(fact(name, value)?)],
            );
        }
        Some(Self {
            filter,
            range: Axis::of(filter.by_status_change),
            sort: Axis::of(filter.sort_by_status_change),
            facets,
            text: (!text.sql.is_empty()).then_some(text),
            id,
        })
    }

    /// Standing rows of a store between two moments that pass every condition.
    fn rows(&self, store: &str, from: Option<i64>, until: Option<i64>) -> Clause {
        let mut clause = Clause::default();
        clause.and("standing = 1 AND store_id = ?", [Value::Text(store.to_owned())]);
        if let Some(from) = from {
            clause.and(&format!("{} >= ?", self.range.column()), [Value::Integer(from)]);
        }
        if let Some(until) = until {
            clause.and(&format!("{} < ?", self.range.column()), [Value::Integer(until)]);
        }
        for more in std::iter::once(&self.facets).chain(&self.text) {
            if !more.sql.is_empty() {
                clause.and(&more.sql, more.args.iter().cloned());
            }
        }
        clause
    }

    /// Row numbers that the id search can mean.
    fn hits(&self, store: &str) -> Option<Clause> {
        let (id, prefix) = self.id?;
        let mut hits = Clause::default();
        match id {
            Id::Transaction => hits.and(
                "SELECT seq AS hit FROM transactions WHERE id >= ? AND id < ?",
                bounds(prefix),
            ),
            Id::Payment => {
                let part = |index, live| {
                    format!(
                        "SELECT seq AS hit FROM transactions INDEXED BY {index}
                         WHERE live = {live} AND store_id = ? AND payment_id >= ? AND payment_id < ?"
                    )
                };
                let both = [part("transactions_live", 1), part("transactions_rest", 0)].join(" UNION ALL ");
                let args = || std::iter::once(Value::Text(store.to_owned())).chain(bounds(prefix));
                hits.and(&both, args().chain(args()));
            }
        }
        Some(hits)
    }

    /// Where the rows come from, if the id search finds few enough to start with them.
    fn few(&self, connection: &Connection, store: &str) -> Result<Option<Clause>, LedgerError> {
        let Some(hits) = self.hits(store) else {
            return Ok(None);
        };
        let sql = format!("SELECT count(*) FROM ({} LIMIT {})", hits.sql, HITS + 1);
        let few = number(connection, &sql, hits.args())? <= HITS;
        Ok(few.then(|| Clause {
            sql: format!("({}) CROSS JOIN transactions ON seq = hit", hits.sql),
            args: hits.args,
        }))
    }

    fn count_rows(&self, connection: &Connection, from: &Clause, rows: &Clause) -> Result<u64, LedgerError> {
        number(
            connection,
            &format!("SELECT count(*) FROM {} WHERE {}", from.sql, rows.sql),
            params_from_iter(from.args.iter().chain(&rows.args)),
        )
    }

    fn scan_count(
        &self,
        connection: &Connection,
        store: &str,
        from: Option<i64>,
        until: Option<i64>,
    ) -> Result<u64, LedgerError> {
        self.count_rows(connection, &self.range.walked(), &self.rows(store, from, until))
    }

    /// How many payments of a store match.
    fn count(&self, connection: &Connection, store: &str, few: Option<&Clause>) -> Result<u64, LedgerError> {
        let (from, until) = (self.filter.from, self.filter.until);
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            return Ok(0);
        }
        if let Some(few) = few {
            return self.count_rows(connection, few, &self.rows(store, from, until));
        }
        let short = matches!((from, until), (Some(f), Some(u)) if u.saturating_sub(f) <= DAY);
        if self.text.is_some() || short {
            return self.scan_count(connection, store, from, until);
        }
        // Whole days from the counts; of the days at the ends, take away what is outside of the range. A range mostly
        // ends now, where that is nothing.
        let mut days = Clause::default();
        days.and(
            "axis = ? AND store_id = ?",
            [Value::Integer(self.range as i64), Value::Text(store.to_owned())],
        );
        let mut outside = 0;
        if let Some(from) = from {
            let day = from.div_euclid(DAY);
            days.and("day >= ?", [Value::Integer(day)]);
            outside += self.scan_count(connection, store, Some(day.saturating_mul(DAY)), Some(from))?;
        }
        if let Some(until) = until {
            let day = until.saturating_sub(1).div_euclid(DAY);
            days.and("day <= ?", [Value::Integer(day)]);
            let end = day.saturating_add(1).saturating_mul(DAY);
            outside += self.scan_count(connection, store, Some(until), Some(end))?;
        }
        if !self.facets.sql.is_empty() {
            days.and(&self.facets.sql, self.facets.args.iter().cloned());
        }
        let counted = number(
            connection,
            &format!("SELECT coalesce(sum(n), 0) FROM tally WHERE {}", days.sql),
            days.args(),
        )?;
        Ok(counted.saturating_sub(outside))
    }

    /// Sort keys and row numbers of a store's matching payments, in order.
    fn keys(
        &self,
        connection: &Connection,
        store: &str,
        from: &Clause,
        skip: usize,
        take: usize,
    ) -> Result<Vec<(i64, i64)>, LedgerError> {
        let direction = if self.filter.ascending { "ASC" } else { "DESC" };
        let mut rows = self.rows(store, self.filter.from, self.filter.until);
        for number in [take, skip] {
            rows.args
                .push(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        let sql = format!(
            "SELECT {column}, seq FROM {} WHERE {} ORDER BY {column} {direction}, seq {direction} LIMIT ? OFFSET ?",
            from.sql,
            rows.sql,
            column = self.sort.column(),
        );
        connection
            .prepare_cached(&sql)
            .and_then(|mut find| {
                let args = params_from_iter(from.args.iter().chain(&rows.args));
                find.query_map(args, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .map_err(storage)
    }
}

/// Adds the condition that a field starts with a prefix; `None` if that can never be.
fn words(into: &mut Clause, field: &str, prefix: &str) -> Option<()> {
    let needles = needles(field, prefix);
    if needles.is_empty() {
        return None;
    }
    let tests = vec!["instr(words, ?) > 0"; needles.len()].join(" OR ");
    // The bare prefix first: it rules out nearly every row with one look instead of one a field.
    let bare = needles[0].chars().skip(2).collect::<String>();
    into.and(
        &format!(
            "EXISTS (SELECT 1 FROM search WHERE search.seq = transactions.seq AND instr(words, ?) > 0 AND ({tests}))"
        ),
        std::iter::once(bare).chain(needles).map(Value::Text),
    );
    Some(())
}

fn number(connection: &Connection, sql: &str, args: impl Params) -> Result<u64, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut count| count.query_row(args, |row| row.get::<_, i64>(0)))
        .map(|n| u64::try_from(n).unwrap_or(0))
        .map_err(storage)
}

/// A page and the total, of one moment.
pub(super) fn list(
    connection: &mut Connection,
    filter: &PaymentFilter,
) -> Result<(Vec<Transaction>, u64), LedgerError> {
    let Some(query) = Query::new(filter) else {
        return Ok((Vec::new(), 0));
    };
    // One snapshot for all the statements: a page must not disagree with its total.
    let moment = connection
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .map_err(storage)?;
    let mut total = 0;
    let mut keys = Vec::new();
    let mut stores: Vec<&String> = filter.stores.iter().collect();
    stores.sort_unstable();
    stores.dedup();
    let one = stores.len() == 1;
    // The page may come from any of several stores: take as much of each as the page could need.
    let (skip, take) = if one {
        (filter.offset, filter.limit)
    } else {
        (0, filter.offset.saturating_add(filter.limit))
    };
    for store in stores {
        let few = query.few(&moment, store)?;
        let matching = query.count(&moment, store, few.as_ref())?;
        total += matching;
        if take == 0 || matching <= skip as u64 {
            continue;
        }
        let axis = if matching > SORTABLE { query.sort } else { query.range };
        let from = few.unwrap_or_else(|| axis.walked());
        keys.extend(query.keys(&moment, store, &from, skip, take)?);
    }
    if !one {
        keys.sort_unstable();
        if !filter.ascending {
            keys.reverse();
        }
        keys = keys.into_iter().skip(filter.offset).take(filter.limit).collect();
    }
    let mut page = Vec::with_capacity(keys.len());
    for (_, seq) in keys {
        page.extend(reader::doc::<Transaction>(
            &moment,
            "SELECT doc FROM transactions WHERE seq = ?1",
            [seq],
        )?);
    }
    moment.commit().map_err(storage)?;
    Ok((page, total))
}
