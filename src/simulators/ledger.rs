//! What a PG believes: the rows of `GET /_sim/ledger`, and the bounded store that the simulators keep payments in.

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a ledger row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// Money approved (card, transfer, wallet, billing charge, …).
    Approval,
    /// A full or partial cancel.
    Cancel,
    /// A billing key issued.
    Billing,
    /// A virtual account issued; its state tells whether it was paid.
    Vbank,
    /// A stand-alone cash receipt.
    CashReceipt,
}

/// One fact of a PG's books.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Simulator id, e.g. `toss`.
    pub provider: &'static str,
    /// Merchant id at the PG.
    pub mid: String,
    /// The PG's transaction id.
    pub tid: String,
    /// The merchant's order number.
    pub order_id: String,
    /// What happened.
    pub kind: RowKind,
    /// Its amount, in minor units of the currency.
    pub amount: i64,
    /// On approvals: what is left **now**. On cancels: what was left after it. 0 while a deposit is awaited.
    pub balance: i64,
    /// The PG's own word for the state, now.
    pub state: String,
    /// When, ISO 8601 with `+09:00`.
    pub at: String,
    /// When, ms (rows are sorted by it).
    #[serde(skip)]
    pub at_ms: i64,
}

/// Locks, also after a panic elsewhere: simulated books are never half written across a lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A bounded store of records by id: the oldest leave when it is full. One record has one lock; there is no lock
/// over all of them but a short one on the order of arrival.
#[derive(Debug)]
pub struct Book<P> {
    records: DashMap<Arc<str>, Arc<Mutex<P>>>,
    arrivals: Mutex<VecDeque<Arc<str>>>,
    max: usize,
}

impl<P> Book<P> {
    /// An empty store for at most `max` records.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            records: DashMap::new(),
            arrivals: Mutex::new(VecDeque::new()),
            max: max.max(1),
        }
    }

    /// Adds a record under a new id. `Err` gives it back if the id is taken. `Ok` carries the record that had to leave.
    ///
    /// # Errors
    /// The id is taken.
    pub fn insert(&self, id: &Arc<str>, record: P) -> Result<Option<Arc<Mutex<P>>>, P> {
        match self.records.entry(Arc::clone(id)) {
            Entry::Occupied(_) => return Err(record),
            Entry::Vacant(slot) => {
                slot.insert(Arc::new(Mutex::new(record)));
            }
        }
        let leaving = {
            let mut arrivals = lock(&self.arrivals);
            arrivals.push_back(Arc::clone(id));
            if arrivals.len() > self.max {
                arrivals.pop_front()
            } else {
                None
            }
        };
        Ok(leaving
            .and_then(|id| self.records.remove(&id))
            .map(|(_, record)| record))
    }

    /// The record of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Mutex<P>>> {
        self.records.get(id).map(|found| Arc::clone(found.value()))
    }

    /// Every record in order of arrival. Meant for control calls and lists, not for the path of a payment.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Mutex<P>>> {
        let ids: Vec<Arc<str>> = lock(&self.arrivals).iter().map(Arc::clone).collect();
        ids.iter().filter_map(|id| self.get(id)).collect()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.records.clear();
        lock(&self.arrivals).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_a_full_book() {
        let book = Book::new(2);
        for (i, id) in ["a", "b", "c"].iter().enumerate() {
            let left = book.insert(&Arc::from(*id), i).ok().flatten();
            assert_eq!(left.map(|r| *lock(&r)), if i == 2 { Some(0) } else { None });
        }
        assert_eq!(book.len(), 2);
        assert!(book.get("a").is_none());
        assert_eq!(book.insert(&Arc::from("b"), 9).err(), Some(9));
    }

    #[test]
    fn a_row_has_the_members_of_the_contract() {
        let row = Row {
            provider: "toss",
            mid: "m".into(),
            tid: "t".into(),
            order_id: "o".into(),
            kind: RowKind::Approval,
            amount: 1000,
            balance: 400,
            state: "PARTIAL_CANCELED".into(),
            at: "2026-01-02T03:04:05+09:00".into(),
            at_ms: 0,
        };
        let json = serde_json::to_value(&row).ok();
        let expected = serde_json::json!({"provider":"toss","mid":"m","tid":"t","orderId":"o","kind":"approval",
            "amount":1000,"balance":400,"state":"PARTIAL_CANCELED","at":"2026-01-02T03:04:05+09:00"});
        assert_eq!(json, Some(expected));
    }
}
