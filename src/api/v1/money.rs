//! V1 amounts are JSON numbers in the currency's major unit (`19.99` for USD); inside the router they are integers in
//! the minor unit.

use super::error::V1Error;
use crate::payment::Currency;
use serde::{Serialize, Serializer};

/// Largest amount, as in V2: the largest integer that every JSON reader keeps exact.
const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// Digits after the point (ISO 4217).
fn digits(currency: Currency) -> u32 {
    match currency.code() {
        "KRW" | "JPY" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount as V1 shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// Of an amount in the minor unit.
    #[must_use]
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match digits(self.currency) {
            0 => serializer.serialize_i64(self.minor),
            digits => {
                // Exact to the cent as long as the amount is below 2^53, which is where amounts end.
                #[allow(clippy::cast_precision_loss)]
                let major = self.minor as f64 / f64::from(10_u32.pow(digits));
                serializer.serialize_f64(major)
            }
        }
    }
}

/// The minor units of an amount as it was written, e.g. `1000`, `1000.0`, `19.99`.
///
/// # Errors
/// 400 naming the field: no number, negative, too large, or finer than the currency's smallest unit.
pub fn minor(name: &str, text: &str, currency: Currency) -> Result<i64, V1Error> {
    let digits = digits(currency) as usize;
    let wrong = || V1Error::field(name, "must be a number, zero or more");
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let number = |t: &str| !t.is_empty() && t.len() <= 17 && t.bytes().all(|b| b.is_ascii_digit());
    if !number(whole) || !(fraction.is_empty() || number(fraction)) {
        return Err(wrong());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits {
        let message = format!("{} has at most {digits} digits after the point", currency.code());
        return Err(V1Error::field(name, &message));
    }
    let value: i64 = format!("{whole}{fraction:0<digits$}").parse().map_err(|_| wrong())?;
    if value > AMOUNT_MAX {
        return Err(V1Error::field(name, "is too large"));
    }
    Ok(value)
}
