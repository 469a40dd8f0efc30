//! A circuit breaker as a pure state machine: time comes in, decisions come out.
//!
//! It watches only the calls that it may hold back (new payments). Cancels, inquiries and recovery always pass: they
//! are how the truth is learned, and their results say little about whether approvals work. A declined payment is a
//! working PG; only failures of the transport count.

use std::time::{Duration, Instant};

/// When a breaker trips and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    /// Failures in a row that trip it; 0 switches breakers off.
    pub failures: u32,
    /// A failure that comes later than this after the one before starts a new count.
    pub window: Duration,
    /// How long it stays open before one probe is let through.
    pub cool_down: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 10,
            window: Duration::from_secs(60),
            cool_down: Duration::from_secs(10),
        }
    }
}

/// What tripped a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TripReason {
    /// Code of the last failure, e.g. `NARU_TIMEOUT`.
    pub code: &'static str,
    /// Failures in a row; 1 when a probe failed.
    pub failures: u32,
    /// Whether it was a probe that failed.
    pub probe: bool,
}

/// A permission to send, to be given back with the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Results of calls that began before the last change of state say nothing about the new one.
    epoch: u64,
}

/// What a result changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing to tell.
    None,
    /// It opened.
    Tripped(TripReason),
    /// It closed.
    Recovered,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32, last: Option<Instant> },
    Open { until: Instant },
    Probing { since_open: Instant },
}

/// One breaker.
#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    state: State,
    epoch: u64,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(config: BreakerConfig) -> Self {
        Self {
            config,
            state: State::Closed {
                failures: 0,
                last: None,
            },
            epoch: 0,
        }
    }

    /// Asks to send.
    ///
    /// # Errors
    /// How long to wait before it is worth asking again.
    pub fn admit(&mut self, now: Instant) -> Result<Ticket, Duration> {
        match self.state {
            State::Closed { .. } => Ok(Ticket { epoch: self.epoch }),
            State::Open { until } if now >= until => {
                self.enter(State::Probing { since_open: until });
                Ok(Ticket { epoch: self.epoch })
            }
            State::Open { until } => Err(until - now),
            State::Probing { .. } => Err(self.config.cool_down),
        }
    }

    /// The call ended with an answer, whatever it said.
    pub fn succeeded(&mut self, ticket: Ticket) -> Change {
        if ticket.epoch != self.epoch {
            return Change::None;
        }
        let probed = matches!(self.state, State::Probing { .. });
        let closed = State::Closed {
            failures: 0,
            last: None,
        };
        if probed {
            self.enter(closed);
            return Change::Recovered;
        }
        self.state = closed;
        Change::None
    }

    /// The call ended without an answer.
    pub fn failed(&mut self, ticket: Ticket, now: Instant, code: &'static str) -> Change {
        if ticket.epoch != self.epoch {
            return Change::None;
        }
        let (failures, probe) = match self.state {
            State::Closed { failures, last } => {
                let fresh = last.is_none_or(|last| now.saturating_duration_since(last) > self.config.window);
                (if fresh { 1 } else { failures.saturating_add(1) }, false)
            }
            State::Probing { .. } => (1, true),
            State::Open { .. } => return Change::None,
        };
        if probe || (self.config.failures > 0 && failures >= self.config.failures) {
            self.enter(State::Open {
                until: now + self.config.cool_down,
            });
            return Change::Tripped(TripReason { code, failures, probe });
        }
        self.state = State::Closed {
            failures,
            last: Some(now),
        };
        Change::None
    }

    /// The call never ran, or its caller gave up: an unused probe may be taken by the next call.
    pub fn abandoned(&mut self, ticket: Ticket) {
        if let State::Probing { since_open } = self.state
            && ticket.epoch == self.epoch
        {
            self.enter(State::Open { until: since_open });
        }
    }

    /// Value of the gauge: 0 closed, 1 probing, 2 open.
    #[must_use]
    pub fn gauge(&self) -> i64 {
        match self.state {
            State::Closed { .. } => 0,
            State::Probing { .. } => 1,
            State::Open { .. } => 2,
        }
    }

    fn enter(&mut self, state: State) {
        self.epoch += 1;
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Breaker, BreakerConfig, Change, TripReason};
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    const CONFIG: BreakerConfig = BreakerConfig {
        failures: 3,
        window: Duration::from_secs(60),
        cool_down: Duration::from_secs(10),
    };
    const CODE: &str = "NARU_TIMEOUT";

    fn tripped(start: Instant) -> Breaker {
        let mut breaker = Breaker::new(CONFIG);
        for call in 1..=3 {
            let ticket = breaker.admit(start).unwrap();
            let change = breaker.failed(ticket, start, CODE);
            let reason = TripReason {
                code: CODE,
                failures: 3,
                probe: false,
            };
            assert_eq!(
                change,
                if call == 3 {
                    Change::Tripped(reason)
                } else {
                    Change::None
                }
            );
        }
        assert_eq!(breaker.gauge(), 2);
        breaker
    }

    #[test]
    fn trips_cools_down_probes_once_and_recovers() {
        let start = Instant::now();
        let mut breaker = tripped(start);
        let later = start + Duration::from_secs(4);
        assert_eq!(breaker.admit(later), Err(Duration::from_secs(6)));
        let cooled = start + CONFIG.cool_down;
        let probe = breaker.admit(cooled).unwrap();
        assert_eq!(breaker.gauge(), 1);
        assert!(breaker.admit(cooled).is_err(), "a second probe");
        assert_eq!(breaker.succeeded(probe), Change::Recovered);
        assert_eq!(breaker.gauge(), 0);
        assert!(breaker.admit(cooled).is_ok());
    }

    #[test]
    fn a_failed_probe_opens_again_and_an_abandoned_one_is_free() {
        let start = Instant::now();
        let mut breaker = tripped(start);
        let cooled = start + CONFIG.cool_down;
        let probe = breaker.admit(cooled).unwrap();
        breaker.abandoned(probe);
        let probe = breaker.admit(cooled).unwrap();
        let change = breaker.failed(probe, cooled, CODE);
        assert!(matches!(change, Change::Tripped(TripReason { probe: true, .. })));
        assert_eq!(breaker.admit(cooled), Err(CONFIG.cool_down));
    }

    #[test]
    fn only_failures_in_a_row_and_close_together_count() {
        let start = Instant::now();
        let mut breaker = Breaker::new(CONFIG);
        for second in 0..20 {
            let now = start + Duration::from_secs(second * 61);
            let ticket = breaker.admit(now).unwrap();
            assert_eq!(breaker.failed(ticket, now, CODE), Change::None);
        }
        let mut breaker = Breaker::new(CONFIG);
        for call in 0..20 {
            let ticket = breaker.admit(start).unwrap();
            let change = match call % 3 {
                2 => breaker.succeeded(ticket),
                _ => breaker.failed(ticket, start, CODE),
            };
            assert_eq!(change, Change::None);
        }
    }

    #[test]
    fn late_results_of_earlier_calls_change_nothing() {
        let start = Instant::now();
        let mut breaker = Breaker::new(CONFIG);
        let slow = breaker.admit(start).unwrap();
        for _ in 0..3 {
            let ticket = breaker.admit(start).unwrap();
            breaker.failed(ticket, start, CODE);
        }
        assert_eq!(breaker.succeeded(slow), Change::None);
        assert_eq!(breaker.gauge(), 2);
        let probe = breaker.admit(start + CONFIG.cool_down).unwrap();
        assert_eq!(breaker.failed(slow, start + CONFIG.cool_down, CODE), Change::None);
        assert_eq!(breaker.succeeded(probe), Change::Recovered);
    }

    proptest! {
        /// Whatever happens: while it is not closed at most one call is let through at a time, and none before the
        /// cool-down is over.
        #[test]
        fn never_two_probes(steps in prop::collection::vec((0_u8..4, 0_u64..8), 1..200)) {
            let start = Instant::now();
            let mut breaker = Breaker::new(CONFIG);
            let (mut now, mut open_since, mut out) = (start, None::<Instant>, Vec::new());
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                let before = breaker.gauge();
                match (step, out.pop()) {
                    (0, held) => {
                        out.extend(held);
                        let admitted = breaker.admit(now);
                        if before == 1 {
                            prop_assert!(admitted.is_err());
                        }
                        if let (2, Ok(_)) = (before, &admitted) {
                            prop_assert!(open_since.is_some_and(|at| now - at >= CONFIG.cool_down));
                        }
                        out.extend(admitted.ok());
                    }
                    (1, Some(ticket)) => { breaker.succeeded(ticket); }
                    (2, Some(ticket)) => {
                        if let Change::Tripped(_) = breaker.failed(ticket, now, CODE) {
                            open_since = Some(now);
                        }
                    }
                    (3, Some(ticket)) => breaker.abandoned(ticket),
                    (_, _) => {}
                }
            }
        }
    }
}
