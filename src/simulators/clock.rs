//! The simulators' clock: the real one plus an offset that tests move forward, and Korean wall-clock texts.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Korea has one offset and no daylight saving.
const KST: Offset = Offset::constant(9);

/// Real time plus an offset, so that sessions, keys and due dates can run out in a test.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Now, ms since the Unix epoch, offset included.
    #[must_use]
    pub fn now(&self) -> i64 {
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis());
        i64::try_from(real)
            .unwrap_or(i64::MAX)
            .saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock forward by `ms`.
    pub fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// How far ahead of the real time the clock is, ms.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    /// Back to the real time.
    pub fn reset(&self) {
        self.offset_ms.store(0, Ordering::Relaxed);
    }
}

/// Korean wall-clock time of an instant.
#[must_use]
pub fn civil(ms: i64) -> DateTime {
    let instant = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant)
}

/// Instant of a Korean wall-clock time, ms; `None` outside the supported years.
#[must_use]
pub fn instant(civil: DateTime) -> Option<i64> {
    KST.to_timestamp(civil).ok().map(Timestamp::as_millisecond)
}

/// `2026-01-02T03:04:05` (no offset).
#[must_use]
pub fn iso_local(ms: i64) -> String {
    let t = civil(ms);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `2026-01-02T03:04:05+09:00`.
#[must_use]
pub fn iso_kst(ms: i64) -> String {
    let mut text = iso_local(ms);
    text.push_str("+09:00");
    text
}

/// `20260102030405`.
#[must_use]
pub fn compact(ms: i64) -> String {
    let t = civil(ms);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// Reads `yyyy-MM-dd` or `yyyy-MM-ddTHH:mm:ss[.f]` as Korean time; `None` if it is neither.
#[must_use]
pub fn parse_local(text: &str) -> Option<i64> {
    let civil = match text.parse::<DateTime>() {
        Ok(civil) if text.contains('T') => civil,
        _ => text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0),
    };
    instant(civil)
}

/// Adds whole days to an instant, ms.
#[must_use]
pub fn plus_days(ms: i64, days: i64) -> i64 {
    let span = SignedDuration::from_hours(days.saturating_mul(24)).as_millis();
    ms.saturating_add(i64::try_from(span).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_texts_of_an_instant() {
        // 2026-01-01T18:04:05Z is 03:04:05 of the next day in Seoul.
        let ms = 1_767_290_645_000;
        assert_eq!(iso_kst(ms), "2026-01-02T03:04:05+09:00");
        assert_eq!(compact(ms), "20260102030405");
        assert_eq!(parse_local("2026-01-02T03:04:05"), Some(ms));
        assert_eq!(parse_local("2026-01-02"), Some(ms - (3 * 3600 + 4 * 60 + 5) * 1000));
        assert_eq!(parse_local("02.01.2026"), None);
    }

    #[test]
    fn the_clock_moves_only_when_told() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance(3_600_000);
        assert!(clock.now() >= before + 3_600_000);
        clock.reset();
        assert_eq!(clock.offset(), 0);
    }
}
