//! Reading a merchant's `requestPayment` object: typed by path, both spellings of PortOne's enums, every refusal names
//! the member.

use crate::adapters::Refusal;
use serde_json::Value;

/// A `requestPayment` object.
#[derive(Clone, Copy)]
pub(in crate::adapters) struct Request<'a>(pub(super) &'a Value);

impl<'a> Request<'a> {
    /// A member by dotted path; null is absent.
    pub(in crate::adapters) fn at(self, path: &str) -> Option<&'a Value> {
        let mut value = self.0;
        for name in path.split('.') {
            value = value.get(name)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// A text.
    pub(in crate::adapters) fn text(self, path: &str) -> Result<Option<&'a str>, Refusal> {
        self.typed(path, Value::as_str, "must be a string")
    }

    /// A flag; absent is `None`.
    pub(in crate::adapters) fn flag(self, path: &str) -> Result<Option<bool>, Refusal> {
        self.typed(path, Value::as_bool, "must be true or false")
    }

    /// A whole number.
    pub(in crate::adapters) fn whole(self, path: &str) -> Result<Option<i64>, Refusal> {
        self.typed(path, Value::as_i64, "must be a whole number")
    }

    /// A list.
    pub(in crate::adapters) fn list(self, path: &str) -> Result<Option<&'a [Value]>, Refusal> {
        self.typed(path, |v| v.as_array().map(Vec::as_slice), "must be a list")
    }

    /// An enum word, without the prefix that PortOne's older spelling carries (`CURRENCY_KRW` for `KRW`).
    pub(in crate::adapters) fn word(self, path: &str, prefix: &str) -> Result<Option<&'a str>, Refusal> {
        Ok(self.text(path)?.map(|word| unprefixed(word, prefix)))
    }

    /// A list of enum words.
    pub(in crate::adapters) fn words(self, path: &str, prefix: &str) -> Result<Vec<&'a str>, Refusal> {
        let list = self.list(path)?.unwrap_or_default();
        list.iter()
            .map(|value| {
                let word = value.as_str().map(|word| unprefixed(word, prefix));
                word.ok_or_else(|| Refusal::new(path, "must be a list of strings"))
            })
            .collect()
    }

    fn typed<T>(self, path: &str, read: impl Fn(&'a Value) -> Option<T>, fix: &str) -> Result<Option<T>, Refusal> {
        match self.at(path) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| Refusal::new(path, fix)),
        }
    }
}

/// A word without its prefix.
pub(in crate::adapters) fn unprefixed<'a>(word: &'a str, prefix: &str) -> &'a str {
    word.strip_prefix(prefix).unwrap_or(word)
}
