//! `Idempotency-Key`: the first answer is kept for 15 days and given again byte for byte, errors included.

use crate::simulators::ledger::lock;
use bytes::Bytes;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// How long a key is remembered, ms.
const KEEP_MS: i64 = 15 * 24 * 3_600_000;
/// Longest key, in characters.
pub(super) const KEY_MAX: usize = 300;

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub status: u16,
    pub body: Bytes,
    pub trace: String,
}

#[derive(Debug)]
enum State {
    Running,
    Done(Stored),
}

#[derive(Debug)]
struct Slot {
    since: i64,
    state: State,
}

/// What a key means for a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// First use: act, then [`Idempotency::done`].
    New,
    /// The first use is not answered yet.
    Running,
    /// Answered before.
    Done(Stored),
}

/// The remembered keys. A key's identity is the key, the API key, the method and the URL; the body is not part of it.
#[derive(Debug)]
pub(super) struct Idempotency {
    slots: DashMap<String, Slot>,
    arrivals: Mutex<VecDeque<String>>,
    max: usize,
}

impl Idempotency {
    pub fn new(max: usize) -> Self {
        Self {
            slots: DashMap::new(),
            arrivals: Mutex::new(VecDeque::new()),
            max: max.max(1),
        }
    }

    /// The identity of a key on a POST.
    pub fn identity(key: &str, api_key: &str, url: &str) -> String {
        [api_key, "POST", url, key].join("\n")
    }

    /// Looks a key up and claims it if it is new.
    pub fn begin(&self, identity: &str, now: i64) -> Seen {
        match self.slots.entry(identity.to_owned()) {
            Entry::Occupied(mut found) => {
                let slot = found.get_mut();
                if now.saturating_sub(slot.since) >= KEEP_MS {
                    *slot = Slot {
                        since: now,
                        state: State::Running,
                    };
                    return Seen::New;
                }
                match &slot.state {
                    State::Running => Seen::Running,
                    State::Done(stored) => Seen::Done(stored.clone()),
                }
            }
            Entry::Vacant(free) => {
                // The entry's lock is let go before another entry may have to leave.
                drop(free.insert(Slot {
                    since: now,
                    state: State::Running,
                }));
                self.remember(identity);
                Seen::New
            }
        }
    }

    fn remember(&self, identity: &str) {
        let leaving = {
            let mut arrivals = lock(&self.arrivals);
            arrivals.push_back(identity.to_owned());
            if arrivals.len() > self.max {
                arrivals.pop_front()
            } else {
                None
            }
        };
        if let Some(old) = leaving {
            self.slots.remove(&old);
        }
    }

    /// Keeps the answer of a claimed key.
    pub fn done(&self, identity: &str, stored: Stored) {
        if let Some(mut slot) = self.slots.get_mut(identity) {
            slot.state = State::Done(stored);
        }
    }

    pub fn clear(&self) {
        self.slots.clear();
        lock(&self.arrivals).clear();
    }
}

/// Shared with the closures that keep an answer once it was given.
pub(super) type Shared = Arc<Idempotency>;

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &'static str) -> Stored {
        Stored {
            status: 200,
            body: Bytes::from_static(text.as_bytes()),
            trace: "t".into(),
        }
    }

    #[test]
    fn a_key_runs_then_replays_then_is_forgotten_after_fifteen_days() {
        let store = Idempotency::new(10);
        assert_eq!(store.begin("k", 0), Seen::New);
        assert_eq!(store.begin("k", 1), Seen::Running);
        store.done("k", stored("first"));
        assert_eq!(store.begin("k", KEEP_MS - 1), Seen::Done(stored("first")));
        assert_eq!(store.begin("k", KEEP_MS), Seen::New);
    }

    #[test]
    fn the_identity_is_key_api_key_and_url() {
        let a = Idempotency::identity("k", "sk1", "/v1/payments/confirm");
        assert_ne!(a, Idempotency::identity("k", "sk2", "/v1/payments/confirm"));
        assert_ne!(a, Idempotency::identity("k", "sk1", "/v1/payments/key-in"));
    }

    #[test]
    fn the_store_is_bounded() {
        let store = Idempotency::new(2);
        for key in ["a", "b", "c"] {
            store.begin(key, 0);
        }
        assert_eq!(store.slots.len(), 2);
        assert_eq!(store.begin("a", 0), Seen::New);
    }
}
