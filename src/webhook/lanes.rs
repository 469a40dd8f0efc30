//! How much of an endpoint's mail is under way at once. Every endpoint has an allowance of its own: it grows while the
//! endpoint takes what it is sent, and falls to one when it fails again and again, with a rest after each further failure, so
//! that a dead endpoint holds one place and nobody else's, and a long queue to it costs next to nothing.

use crate::payment::Millis;
use std::collections::HashMap;

/// Deliveries at once to an endpoint that nothing is known of.
const START: usize = 4;
/// Most deliveries at once to one endpoint.
const MOST: usize = 64;
/// Failures in a row that make an endpoint a dead one.
const DEAD_AFTER: u32 = 5;
/// Rest of a dead endpoint after a failure, ms: doubled with each up to the longest. What waits for it keeps its tries.
const REST: Millis = 100;
/// Longest rest of a dead endpoint, ms: so long after it came back it may go unnoticed.
const REST_MAX: Millis = 5_000;
/// Longest pause that a `Retry-After` makes for a whole endpoint, ms.
const PAUSE_MAX: Millis = 60_000;
/// Idle endpoints remembered.
const KEPT: usize = 10_000;

#[derive(Debug)]
struct Lane {
    running: usize,
    allowance: usize,
    failures: u32,
    not_before: Millis,
}

/// Every endpoint's allowance.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
}

impl Lanes {
    /// How many more may start now.
    pub(super) fn free(&self, lane: &str, now: Millis) -> usize {
        match self.lanes.get(lane) {
            None => START,
            Some(lane) if lane.not_before > now => 0,
            Some(lane) => lane.allowance.saturating_sub(lane.running),
        }
    }

    /// One started.
    pub(super) fn started(&mut self, lane: &str) {
        if self.lanes.len() >= KEPT {
            self.lanes.retain(|_, lane| lane.running > 0 || lane.failures > 0);
        }
        let lane = self.lanes.entry(lane.to_owned()).or_insert(Lane {
            running: 0,
            allowance: START,
            failures: 0,
            not_before: 0,
        });
        lane.running += 1;
    }

    /// One ended.
    pub(super) fn ended(&mut self, lane: &str, taken: bool, pause: Option<Millis>, now: Millis) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        lane.running = lane.running.saturating_sub(1);
        if taken {
            lane.failures = 0;
            lane.allowance = (lane.allowance + 1).clamp(START, MOST);
            return;
        }
        lane.failures = lane.failures.saturating_add(1);
        if lane.failures >= DEAD_AFTER {
            lane.allowance = 1;
            let doubled = (lane.failures - DEAD_AFTER).min(10);
            lane.not_before = now + (REST << doubled).min(REST_MAX);
        }
        if let Some(pause) = pause {
            lane.not_before = lane.not_before.max(now + pause.min(PAUSE_MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_endpoint_keeps_one_place_until_it_lives_again() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.free("a", 0), START);
        for _ in 0..DEAD_AFTER {
            lanes.started("a");
            lanes.ended("a", false, None, 0);
        }
        assert_eq!((lanes.free("a", REST - 1), lanes.free("b", 0)), (0, START));
        assert_eq!(lanes.free("a", REST), 1);
        lanes.started("a");
        assert_eq!(lanes.free("a", REST), 0);
        for _ in 0..1_000 {
            lanes.ended("a", false, None, 0);
            lanes.started("a");
        }
        lanes.ended("a", false, None, 0);
        assert_eq!((lanes.free("a", REST_MAX - 1), lanes.free("a", REST_MAX)), (0, 1));
        lanes.started("a");
        lanes.ended("a", true, None, REST_MAX);
        assert_eq!(lanes.free("a", REST_MAX), START);
        for _ in 0..200 {
            lanes.started("a");
            lanes.ended("a", true, None, REST_MAX);
        }
        assert_eq!(lanes.free("a", REST_MAX), MOST);
    }

    #[test]
    fn retry_after_holds_the_endpoint() {
        let mut lanes = Lanes::default();
        lanes.started("a");
        lanes.ended("a", false, Some(10_000), 1_000);
        assert_eq!((lanes.free("a", 10_999), lanes.free("a", 11_000)), (0, START));
        lanes.started("a");
        lanes.ended("a", false, Some(i64::MAX), 0);
        assert_eq!(lanes.free("a", PAUSE_MAX), START);
    }
}
