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

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Cell {
    axis: Axis,
    store_id: String,
    day: i64,
    status: String,
    method: String,
    pg_provider: String,
    is_test: bool,
    currency: String,
    platform: String,
}

/// Changes to the counts that one database transaction makes, written together at its end: the commits of a group
/// mostly touch the same few rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    cells: HashMap<Cell, i64>,
}

impl Tally {
    /// A payment appears with these values (`by` = 1), or no longer has them (`by` = -1).
    pub(super) fn count(&mut self, facets: &Facets, by: i64) {
        for (axis, at) in [
            (Axis::Request, facets.requested_at),
            (Axis::Change, facets.status_changed_at),
        ] {
            let cell = Cell {
                axis,
                store_id: facets.store_id.clone(),
                day: at.div_euclid(DAY),
                status: facets.status.clone(),
                method: facets.method.clone(),
                pg_provider: facets.pg_provider.clone(),
                is_test: facets.is_test,
                currency: facets.currency.clone(),
                platform: facets.platform.clone(),
            };
            *self.cells.entry(cell).or_default() += by;
        }
    }

    /// Adds the changes of an accepted commit.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        for (cell, by) in other.cells.drain() {
            *self.cells.entry(cell).or_default() += by;
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.cells.clear();
    }

    /// Writes the changes.
    pub(super) fn flush(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        let mut add = connection
            .prepare_cached(
                "INSERT INTO tally (axis, store_id, day, status, method, pg_provider, is_test, currency, platform, n)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            )
            .map_err(storage)?;
        for (cell, by) in self.cells.drain().filter(|(_, by)| *by != 0) {
            add.execute(params![
                cell.axis as i64,
                cell.store_id,
                cell.day,
                cell.status,
                cell.method,
                cell.pg_provider,
                cell.is_test,
                cell.currency,
                cell.platform,
                by
            ])
            .map_err(storage)?;
        }
        Ok(())
    }
}
