//! Reading a request's JSON body the way Toss Payments does: a wrong type or a missing member is a 400.

use super::errors::{ApiError, error};
use super::payment::Currency;
use serde_json::{Map, Value};

/// Largest amount that a JSON number holds exactly.
const EXACT_MAX: i64 = 9_007_199_254_740_991;

/// Members of a JSON object.
#[derive(Debug, Default)]
pub(super) struct Args(pub Map<String, Value>);

impl Args {
    /// An object, or 400 `INVALID_REQUEST`.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| error("INVALID_REQUEST"))
    }

    /// Like [`Args::parse`], but nothing at all is an empty object.
    pub fn parse_optional(body: &[u8]) -> Result<Self, ApiError> {
        if body.is_empty() {
            Ok(Self::default())
        } else {
            Self::parse(body)
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text of at most `max` characters.
    pub fn text(&self, name: &str, max: usize) -> Result<Option<&str>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= max => Ok(Some(text)),
            Some(_) => Err(error("INVALID_REQUEST").about(name)),
        }
    }

    /// A text that must be there and not be empty.
    pub fn need_text(&self, name: &str, max: usize) -> Result<&str, ApiError> {
        match self.text(name, max)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(error("INVALID_REQUIRED_PARAM").about(name)),
        }
    }

    /// A JSON number in the currency's minor unit. A number in quotes is refused.
    pub fn amount(&self, name: &str, currency: Currency) -> Result<Option<i64>, ApiError> {
        self.get(name)
            .map(|value| minor_units(value, currency).ok_or_else(|| error("INVALID_REQUEST").about(name)))
            .transpose()
    }

    /// An amount that must be there and be positive.
    pub fn need_amount(&self, name: &str, currency: Currency) -> Result<i64, ApiError> {
        let amount = self
            .amount(name, currency)?
            .ok_or_else(|| error("INVALID_REQUIRED_PARAM").about(name))?;
        if amount <= 0 {
            return Err(error("BELOW_ZERO_AMOUNT"));
        }
        if amount > EXACT_MAX {
            return Err(error("EXCEED_MAX_AMOUNT"));
        }
        Ok(amount)
    }

    /// A part of an amount: 0 if absent, never negative, never above `whole`.
    pub fn part(&self, name: &str, currency: Currency, whole: i64) -> Result<i64, ApiError> {
        match self.amount(name, currency)?.unwrap_or(0) {
            part if part < 0 => Err(error("BELOW_ZERO_AMOUNT")),
            part if part > whole => Err(error("INVALID_REQUEST").about(name)),
            part => Ok(part),
        }
    }

    /// A small whole number.
    pub fn count(&self, name: &str) -> Result<Option<u32>, ApiError> {
        self.get(name)
            .map(|value| {
                value
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .ok_or_else(|| error("INVALID_REQUEST").about(name))
            })
            .transpose()
    }

    /// A flag, false if absent.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(error("INVALID_REQUEST").about(name)),
        }
    }

    /// A nested object.
    pub fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self(map.clone()))),
            Some(_) => Err(error("INVALID_REQUEST").about(name)),
        }
    }

    /// `orderId`: 6 to 64 letters, digits, `-`, `_`.
    pub fn order_id(&self) -> Result<&str, ApiError> {
        let id = match self.get("orderId") {
            None => return Err(error("INVALID_REQUIRED_PARAM").about("orderId")),
            Some(Value::String(id)) => id,
            Some(_) => return Err(error("INVALID_REQUEST").about("orderId")),
        };
        if valid_order_id(id) {
            Ok(id)
        } else {
            Err(error("INVALID_ORDER_ID"))
        }
    }

    /// `orderName`: 1 to 100 characters.
    pub fn order_name(&self) -> Result<&str, ApiError> {
        match self.get("orderName") {
            None => Err(error("INVALID_REQUIRED_PARAM").about("orderName")),
            Some(Value::String(name)) if (1..=100).contains(&name.chars().count()) => Ok(name),
            Some(_) => Err(error("INVALID_ORDER_NAME")),
        }
    }
}

/// Whether an order number is one that Toss takes.
pub(super) fn valid_order_id(id: &str) -> bool {
    (6..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A JSON number as minor units; `None` if it is no number or has more decimals than the currency.
pub(super) fn minor_units(value: &Value, currency: Currency) -> Option<i64> {
    let scale = currency.scale();
    if let Some(whole) = value.as_i64() {
        return whole.checked_mul(scale);
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    value.as_f64().and_then(|number| {
        let scaled = number * scale as f64;
        let whole = scaled.round();
        ((scaled - whole).abs() < 1e-6 && whole.abs() <= EXACT_MAX as f64).then_some(whole as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_numbers_in_the_currency_unit() {
        assert_eq!(minor_units(&json!(15000), Currency::Krw), Some(15000));
        assert_eq!(minor_units(&json!(15000.0), Currency::Krw), Some(15000));
        assert_eq!(minor_units(&json!(10.5), Currency::Krw), None);
        assert_eq!(minor_units(&json!(29.99), Currency::Usd), Some(2999));
        assert_eq!(minor_units(&json!("15000"), Currency::Krw), None);
        assert_eq!(
            minor_units(&json!(5_000_000_000_i64), Currency::Krw),
            Some(5_000_000_000)
        );
    }

    #[test]
    fn members_are_checked_by_name() {
        let args = Args::parse(br#"{"orderId":"abc","orderName":"","amount":-1,"cancelReason":7}"#)
            .ok()
            .unwrap_or_default();
        assert_eq!(args.order_id().err().map(|e| e.code), Some("INVALID_ORDER_ID".into()));
        assert_eq!(
            args.order_name().err().map(|e| e.code),
            Some("INVALID_ORDER_NAME".into())
        );
        assert_eq!(
            args.need_amount("amount", Currency::Krw).err().map(|e| e.code),
            Some("BELOW_ZERO_AMOUNT".into())
        );
        let wrong = args.need_text("cancelReason", 200).err();
        assert!(wrong.is_some_and(|e| e.message.contains("cancelReason")));
        assert!(Args::parse(b"[]").is_err());
    }
}
