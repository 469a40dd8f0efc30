//! When a delivery is tried again.

use crate::channels::WebhookRetry;
use crate::payment::Millis;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use std::time::Duration;

/// PortOne V2: longest wait before each try, minutes.
const STANDARD: &[u32] = &[0, 1, 4, 16, 64, 256];
/// For receivers that may be away for days.
const LONG: &[u32] = &[0, 1, 4, 16, 64, 256, 720, 1_440, 2_160, 2_880];
/// Longest `Retry-After` that is honoured.
const RETRY_AFTER_MAX: Millis = 24 * 60 * 60 * 1000;

fn minutes(retry: WebhookRetry) -> &'static [u32] {
    match retry {
        WebhookRetry::Standard => STANDARD,
        WebhookRetry::Long => LONG,
    }
}

/// Tries of a round.
#[must_use]
pub fn tries(retry: WebhookRetry) -> u32 {
    u32::try_from(minutes(retry).len()).unwrap_or(u32::MAX)
}

/// How long to wait after `made` tries of a round, ms: uniform between nothing and the plan's wait (full jitter), so
/// that a receiver that comes back is not met by everything at once; not before `retry_after`. `minute` scales the plan.
#[must_use]
pub fn wait(retry: WebhookRetry, made: u32, minute: Duration, retry_after: Option<Millis>) -> Millis {
    let plan = minutes(retry);
    let longest = plan.get(made as usize).or(plan.last()).copied().unwrap_or(0);
    let longest = i64::try_from(minute.as_millis())
        .unwrap_or(60_000)
        .saturating_mul(i64::from(longest));
    jitter(longest).max(retry_after.unwrap_or(0).clamp(0, RETRY_AFTER_MAX))
}

fn jitter(longest: Millis) -> Millis {
    let mut bytes = [0_u8; 8];
    // Without randomness the wait is the longest one: later, never a storm.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return longest;
    }
    let bound = u64::try_from(longest).unwrap_or(0).saturating_add(1);
    i64::try_from(u64::from_be_bytes(bytes) % bound).unwrap_or(longest)
}

/// A `Retry-After` header in ms from now: seconds or an HTTP date.
#[must_use]
pub fn retry_after(value: &str, now: Millis) -> Option<Millis> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(i64::from(seconds) * 1000);
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_millisecond();
    Some((at - now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_jittered_within_the_plan() {
        let minute = Duration::from_secs(60);
        for (made, longest) in [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256)] {
            let waits: Vec<_> = (0..200)
                .map(|_| wait(WebhookRetry::Standard, made, minute, None))
                .collect();
            let most = longest * 60_000;
            assert!(waits.iter().all(|w| (0..=most).contains(w)));
            // Full jitter: some soon, some late. A wrong plan would fail one of these nearly always.
            assert!(waits.iter().any(|w| *w < most / 4) && waits.iter().any(|w| *w > most * 3 / 4));
        }
        assert_eq!((tries(WebhookRetry::Standard), tries(WebhookRetry::Long)), (6, 10));
    }

    #[test]
    fn retry_after_is_honoured_within_a_day() {
        let minute = Duration::ZERO;
        let now = 1_445_412_480_000; // 2015-10-21 07:28:00 UTC
        assert_eq!(retry_after("120", now), Some(120_000));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:29:00 GMT", now), Some(60_000));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(0));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(wait(WebhookRetry::Standard, 1, minute, Some(5_000)), 5_000);
        assert_eq!(wait(WebhookRetry::Standard, 1, minute, Some(i64::MAX)), RETRY_AFTER_MAX);
    }
}
