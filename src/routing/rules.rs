//! Whether a payment fits a rule of its group.

use super::Wish;
use crate::channels::{Conditions, RuleDevice};
use crate::payment::{Millis, Platform};

/// Korea is nine hours ahead of UTC, all year.
const KOREA_MS: i64 = 9 * 60 * 60 * 1_000;

/// The condition that a payment does not meet, by its name in the file; `None` if it meets all. What the request does not
/// say meets no condition about it.
pub(super) fn unmet(when: &Conditions, wish: &Wish<'_>) -> Option<&'static str> {
    fn out<T: PartialEq<U>, U: ?Sized>(list: &[T], value: Option<&U>) -> bool {
        !list.is_empty() && !value.is_some_and(|value| list.iter().any(|item| item == value))
    }
    let device = wish.platform.map(device);
    let below = |least: i64| wish.amount.is_none_or(|amount| amount < least);
    let above = |most: i64| wish.amount.is_none_or(|amount| amount > most);
    let other_card = |bins: &[String]| {
        let fits = |digits: &str| bins.iter().any(|bin| digits.starts_with(bin.as_str()));
        !bins.is_empty() && !wish.card_digits.is_some_and(fits)
    };
    let checks = [
        (out(&when.methods, Some(&wish.method)), "methods"),
        (when.min_amount.is_some_and(below), "min_amount"),
        (when.max_amount.is_some_and(above), "max_amount"),
        (out(&when.currencies, wish.currency), "currencies"),
        (out(&when.devices, device.as_ref()), "devices"),
        (out(&when.stores, Some(wish.store_id)), "stores"),
        (out(&when.wallets, wish.wallet), "wallets"),
        (out(&when.card_issuers, wish.card_issuer), "card_issuers"),
        (other_card(&when.card_bins), "card_bins"),
        (when.hours.is_some_and(|hours| !within(hours, wish.now)), "hours"),
    ];
    checks.into_iter().find_map(|(out, name)| out.then_some(name))
}

fn device(platform: Platform) -> RuleDevice {
    match platform {
        Platform::Pc => RuleDevice::Pc,
        Platform::Mobile => RuleDevice::Mobile,
        Platform::Api => RuleDevice::Api,
    }
}

fn within((from, until): (u16, u16), now: Millis) -> bool {
    let minute = (now + KOREA_MS).rem_euclid(24 * 60 * 60 * 1_000) / 60_000;
    let (from, until) = (i64::from(from), i64::from(until));
    if from < until {
        (from..until).contains(&minute)
    } else {
        minute >= from || minute < until
    }
}
