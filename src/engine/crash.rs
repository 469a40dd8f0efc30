//! Crash points: places where a test may stop the whole process, at every commit and send boundary.
//!
//! In debug builds `NARU_CRASH_AT=name` (or `name:3` for the third time) aborts there, as a power cut would: no
//! destructor runs, nothing is flushed. Release builds have none of this.

/// Every point there is, in the order an approval passes them.
#[cfg(debug_assertions)]
pub const POINTS: &[&str] = &[
    "before-intent",
    "after-intent",
    "before-send",
    "after-answer",
    "before-outcome",
    "after-outcome",
    // A webhook on its way: made a delivery, leased, sent, written as sent.
    "before-expand",
    "after-expand",
    "after-lease",
    "before-webhook",
    "after-webhook",
    "after-record",
];

/// Aborts if this point was asked for.
#[cfg(debug_assertions)]
pub fn point(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static HITS: AtomicU32 = AtomicU32::new(0);
    debug_assert!(POINTS.contains(&name), "{name} is not a listed crash point");
    let wanted = WANTED.get_or_init(|| {
        let value = std::env::var("NARU_CRASH_AT").ok()?;
        let (name, nth) = value.split_once(':').unwrap_or((&value, "1"));
        Some((name.to_owned(), nth.parse().unwrap_or(1)))
    });
    if let Some((at, nth)) = wanted
        && at == name
        && HITS.fetch_add(1, Ordering::SeqCst) + 1 == *nth
    {
        std::process::abort();
    }
}

/// Nothing in release builds.
#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_name: &'static str) {}
