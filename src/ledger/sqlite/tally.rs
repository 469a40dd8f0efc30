//! Payments counted a day and a mix of filterable values, kept in the commit that changes them.

use super::rows::Facets;
use super::storage;
use crate::ledger::LedgerError;
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// Length of a counted day, ms.
pub(super) const DAY: i64 = 86_400_000;

/// Which day a payment is counted on: that of its request, or that of its last status change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Axis {
    Request = 0,
    Change = 1,
}

/// A row of the counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Cell {
    axis: Axis,
    day: i64,
    is_test: bool,
    /// Store, status, method, PG provider, currency, platform, with a separator between: one allocation, not six.
    words: String,
}

const SEPARATOR: char = '\u{1f}';

/// Changes to the counts that one database transaction makes, written together at its end: the commits of a group
/// mostly touch the same few rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    changes: Vec<(Cell, i64)>,
    /// How many of them belong to accepted commits.
    accepted: usize,
}

impl Tally {
    /// A payment appears with these values (`by` = 1), or no longer has them (`by` = -1).
    pub(super) fn count(&mut self, facets: &Facets, by: i64) {
        for (axis, at) in [
            (Axis::Request, facets.requested_at),
            (Axis::Change, facets.status_changed_at),
        ] {
            let words = [
                &facets.store_id,
                &facets.status,
                &facets.method,
                &facets.pg_provider,
                &facets.currency,
                &facets.platform,
            ];
            let mut joined = String::with_capacity(96);
            for word in words {
                joined.push_str(word);
                joined.push(SEPARATOR);
            }
            let cell = Cell {
                axis,
                day: at.div_euclid(DAY),
                is_test: facets.is_test,
                words: joined,
            };
            self.changes.push((cell, by));
        }
    }

    /// The commit that made the latest changes was accepted.
    pub(super) fn accept(&mut self) {
        self.accepted = self.changes.len();
    }

    /// The commit that made the latest changes was refused.
    pub(super) fn discard(&mut self) {
        self.changes.truncate(self.accepted);
    }

    /// Writes the changes.
    pub(super) fn flush(self, connection: &Connection) -> Result<(), LedgerError> {
        let mut cells: HashMap<Cell, i64> = HashMap::new();
        for (cell, by) in self.changes {
            *cells.entry(cell).or_default() += by;
        }
        let mut add = connection
            .prepare_cached(
                "INSERT INTO tally (axis, day, is_test, n, store_id, status, method, pg_provider, currency, platform)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            )
            .map_err(storage)?;
        for (cell, by) in cells.iter().filter(|(_, by)| **by != 0) {
            let mut words = cell.words.split(SEPARATOR);
            let mut word = || words.next().unwrap_or_default();
            add.execute(params![
                cell.axis as i64,
                cell.day,
                cell.is_test,
                by,
                word(),
                word(),
                word(),
                word(),
                word(),
                word()
            ])
            .map_err(storage)?;
        }
        Ok(())
    }
}
