//! Money: integers in the currency's minor unit, parts that always sum to the total.

use serde::{Deserialize, Serialize};

/// An ISO 4217 code. KRW and JPY have no minor unit, so `1000` is ₩1,000; USD `2999` is $29.99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// South Korean won.
    pub const KRW: Self = Self(*b"KRW");

    /// The code, e.g. `KRW`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("KRW")
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_uppercase) => Ok(Self(bytes)),
            _ => Err(MoneyError::Currency),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// Why amounts were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three upper-case letters.
    #[error("currency must be a three-letter ISO 4217 code in upper case, e.g. KRW")]
    Currency,
    /// Total is zero or negative.
    #[error("total must be a positive integer in the currency's minor unit")]
    NotPositive,
    /// A part is negative.
    #[error("taxFree and vat must not be negative")]
    NegativePart,
    /// taxFree + vat is more than the total.
    #[error("taxFree + vat is more than the total")]
    PartsExceedTotal,
}

/// A total and its tax parts: `total = supply + vat + tax_free`, all in minor units, none negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// What the buyer pays.
    pub total: i64,
    /// Tax-exempt part (면세).
    pub tax_free: i64,
    /// Value added tax (부가세).
    pub vat: i64,
    /// Supply value (공급가액): the rest.
    pub supply: i64,
}

/// VAT contained in `total`, by PortOne's rule: `(total − tax_free) / 11`, rounded half up.
#[must_use]
pub fn vat_of(total: i64, tax_free: i64) -> i64 {
    let taxable = total - tax_free;
    (taxable.saturating_mul(2) + 11) / 22
}

impl Amounts {
    /// Splits a total.
    ///
    /// # Errors
    /// Parts that are negative or exceed the total; a total that is not positive.
    pub fn new(total: i64, tax_free: i64, vat: Option<i64>) -> Result<Self, MoneyError> {
        if total <= 0 {
            return Err(MoneyError::NotPositive);
        }
        if tax_free < 0 || vat.is_some_and(|v| v < 0) {
            return Err(MoneyError::NegativePart);
        }
        if tax_free > total {
            return Err(MoneyError::PartsExceedTotal);
        }
        let vat = vat.unwrap_or_else(|| vat_of(total, tax_free));
        // Checked, not assumed: both are non-negative and tax_free <= total, so the subtraction cannot overflow.
        let supply = total - tax_free;
        if vat > supply {
            return Err(MoneyError::PartsExceedTotal);
        }
        Ok(Self {
            total,
            tax_free,
            vat,
            supply: supply - vat,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vat_follows_the_published_examples() {
        for (total, free, vat) in [
            (10_000, 0, 909),
            (10_000, 3_000, 636),
            (163_020, 0, 14_820),
            (30_000, 0, 2_727),
            (15_000, 0, 1_364),
            (1, 0, 0),
        ] {
            assert_eq!(vat_of(total, free), vat, "{total} with {free} tax free");
        }
    }

    #[test]
    fn refuses_bad_parts() {
        assert_eq!(Amounts::new(0, 0, None), Err(MoneyError::NotPositive));
        assert_eq!(Amounts::new(100, -1, None), Err(MoneyError::NegativePart));
        assert_eq!(Amounts::new(100, 101, None), Err(MoneyError::PartsExceedTotal));
        assert_eq!(Amounts::new(100, 60, Some(41)), Err(MoneyError::PartsExceedTotal));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(total in 1i64..=9_007_199_254_740_992, share in 0.0f64..=1.0) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            let free = ((total as f64) * share) as i64;
            let free = free.clamp(0, total);
            let amounts = Amounts::new(total, free, None);
            prop_assert!(amounts.is_ok());
            if let Ok(a) = amounts {
                prop_assert_eq!(a.supply + a.vat + a.tax_free, a.total);
                prop_assert!(a.supply >= 0 && a.vat >= 0);
            }
        }
    }
}
