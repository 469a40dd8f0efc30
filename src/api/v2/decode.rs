//! Strict reading of JSON requests: every refusal names the field by its path and says what would be right.
//!
//! Members nobody asks for are ignored, so that clients newer than this router keep working. `null` counts as absent,
//! because several languages write absent optional members so. Messages never repeat a value: it could be a card number.

use super::error::ApiError;
use crate::payment::{Currency, Millis};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::fmt;
use zeroize::Zeroize;

/// What an amount must be.
pub const POSITIVE: &str = "must be a positive integer in the currency's minor unit";
/// What a currency must be.
pub const CURRENCY: &str = "must be a three-letter ISO 4217 code in upper case, e.g. KRW";
/// Largest amount: the largest integer that every JSON reader keeps exact (2^53 − 1).
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// Reads the body as a JSON object, whatever its `Content-Type` says (PortOne's JavaScript SDK sends `text/plain`).
///
/// # Errors
/// It is not JSON, nested too deep (128 levels), or not an object.
pub fn object(name: &'static str, bytes: &[u8]) -> Result<Object<'static>, ApiError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        let why = match e.classify() {
            serde_json::error::Category::Eof => "ends too early",
            _ => "is not well-formed JSON, or nested deeper than 128 levels",
        };
        ApiError::field(
            name,
            &format!("must be a JSON object; it {why} (line {line}, column {column})"),
        )
    })?;
    match value {
        Value::Object(members) => Ok(Object {
            members,
            path: Path {
                parent: None,
                step: Step::Root,
            },
            wipe: false,
        }),
        other => Err(ApiError::field(
            name,
            &format!("must be a JSON object, not {}", kind(&other)),
        )),
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Root,
    Name(&'static str),
    Item(&'static str, usize),
}

/// Where an object stands in the request; written out only when something is wrong.
#[derive(Debug, Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Name(name) => write!(f, "{name}."),
            Step::Item(name, index) => write!(f, "{name}[{index}]."),
        }
    }
}

/// An object of the request whose members are taken out one by one.
#[derive(Debug)]
pub struct Object<'p> {
    members: Map<String, Value>,
    path: Path<'p>,
    wipe: bool,
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        if self.wipe {
            self.members.values_mut().for_each(wipe);
        }
    }
}

/// Overwrites every string: a request that carries a card number leaves no copy, taken out or not.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl Object<'_> {
    /// From here on, whatever is left in this object and what is read out of it as objects is overwritten on drop.
    pub fn sensitive(&mut self) {
        self.wipe = true;
    }

    /// A refusal about a member.
    #[must_use]
    pub fn fail(&self, name: &str, message: &str) -> ApiError {
        ApiError::field(&format!("{}{name}", self.path), message)
    }

    fn wrong(&self, name: &str, expected: &str, value: &mut Value) -> ApiError {
        let error = self.fail(name, &format!("must be {expected}, not {}", kind(value)));
        if self.wipe {
            wipe(value);
        }
        error
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        // The map stays as it is: removing from it would only cost.
        self.members
            .get_mut(name)
            .map(Value::take)
            .filter(|value| !value.is_null())
    }

    /// Whether a member is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a member is an object that has a member `inner`.
    #[must_use]
    pub fn holds(&self, name: &str, inner: &str) -> bool {
        let member = self.members.get(name).and_then(|value| value.get(inner));
        member.is_some_and(|value| !value.is_null())
    }

    /// Text of at most `max` characters.
    ///
    /// # Errors
    /// It is no string, too long, or holds a NUL character.
    pub fn text(&mut self, name: &'static str, max: usize) -> Result<Option<String>, ApiError> {
        let text = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(mut other) => return Err(self.wrong(name, "a string", &mut other)),
        };
        // Bytes bound characters from above, so that only long text is counted.
        if text.len() > max && text.chars().count() > max {
            return Err(self.fail(name, &format!("must be at most {max} characters")));
        }
        if text.contains('\0') {
            return Err(self.fail(name, "must not contain a NUL character"));
        }
        Ok(Some(text))
    }

    /// Text that must be there and not blank.
    ///
    /// # Errors
    /// As [`Object::text`], or missing, or blank.
    pub fn need_text(&mut self, name: &'static str, max: usize) -> Result<String, ApiError> {
        let text = self.text(name, max)?.ok_or_else(|| self.missing(name))?;
        if text.trim().is_empty() {
            return Err(self.fail(name, "must not be empty"));
        }
        Ok(text)
    }

    /// An optional identifier: not empty when given.
    ///
    /// # Errors
    /// As [`Object::text`], or empty.
    pub fn id(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        let id = self.text(name, super::limits::ID)?;
        if id.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Err(self.fail(name, "must not be empty; leave it out instead"));
        }
        Ok(id)
    }

    /// Secret digits; `fits` is asked about the text, `expected` says what it wants.
    ///
    /// # Errors
    /// It is no string or does not fit; the message holds nothing of it.
    pub fn secret(
        &mut self,
        name: &'static str,
        expected: &str,
        fits: fn(&[u8]) -> bool,
    ) -> Result<Option<SecretString>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(mut text)) => {
                if fits(text.as_bytes()) {
                    return Ok(Some(SecretString::from(text)));
                }
                text.zeroize();
                Err(self.fail(name, &format!("must be {expected}")))
            }
            Some(mut other) => {
                wipe(&mut other);
                Err(self.fail(name, &format!("must be {expected}, as a string")))
            }
        }
    }

    /// A refusal about a required member that is absent.
    #[must_use]
    pub fn missing(&self, name: &str) -> ApiError {
        self.fail(name, "is required")
    }

    /// An integer in a range; `expected` says which.
    ///
    /// # Errors
    /// It is no integer, or out of range.
    pub fn integer(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
        expected: &str,
    ) -> Result<Option<i64>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(n) if range.contains(&n) => Ok(Some(n)),
                Some(n) if n > *range.end() => Err(self.fail(name, &format!("{expected}, at most {}", range.end()))),
                _ => Err(self.fail(name, expected)),
            },
            Some(mut other) => {
                let got = kind(&other);
                if self.wipe {
                    wipe(&mut other);
                }
                Err(self.fail(name, &format!("{expected}, not {got}")))
            }
        }
    }

    /// A positive amount in minor units.
    ///
    /// # Errors
    /// It is no integer, zero, negative, or above [`AMOUNT_MAX`].
    pub fn amount(&mut self, name: &'static str) -> Result<Option<i64>, ApiError> {
        self.integer(name, 1..=AMOUNT_MAX, POSITIVE)
    }

    /// An amount that may be zero.
    ///
    /// # Errors
    /// It is no integer, negative, or above [`AMOUNT_MAX`].
    pub fn part(&mut self, name: &'static str) -> Result<Option<i64>, ApiError> {
        self.integer(
            name,
            0..=AMOUNT_MAX,
            "must be an integer in the currency's minor unit, zero or more",
        )
    }

    /// A boolean.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(mut other) => Err(self.wrong(name, "a boolean (true or false)", &mut other)),
        }
    }

    /// One of a list of words, mapped.
    ///
    /// # Errors
    /// It is no string or not in the list; the message shows the list.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Result<Option<T>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => self.pick(name, value, words).map(Some),
        }
    }

    fn pick<T: Copy>(&self, name: &str, value: Value, words: &[(&'static str, T)]) -> Result<T, ApiError> {
        let picked = value
            .as_str()
            .and_then(|text| words.iter().find(|(word, _)| *word == text));
        picked.map(|(_, mapped)| *mapped).ok_or_else(|| {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fail(name, &format!("must be one of {}", list.join(", ")))
        })
    }

    /// A list of words, mapped. An empty list is as good as none.
    ///
    /// # Errors
    /// It is no array, or holds something that is not in the list.
    pub fn words<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Result<Vec<T>, ApiError> {
        let items = self.array(name, super::limits::FILTER_ITEMS)?.unwrap_or_default();
        items.into_iter().map(|item| self.pick(name, item, words)).collect()
    }

    /// An array of at most `max` members.
    ///
    /// # Errors
    /// It is no array, or longer.
    pub fn array(&mut self, name: &'static str, max: usize) -> Result<Option<Vec<Value>>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) if items.len() <= max => Ok(Some(items)),
            Some(Value::Array(_)) => Err(self.fail(name, &format!("must have at most {max} members"))),
            Some(mut other) => Err(self.wrong(name, "an array", &mut other)),
        }
    }

    /// An array's member as an object.
    ///
    /// # Errors
    /// It is something else.
    pub fn item(&self, name: &'static str, index: usize, value: Value) -> Result<Object<'_>, ApiError> {
        match value {
            Value::Object(members) => Ok(Object {
                members,
                path: Path {
                    parent: Some(&self.path),
                    step: Step::Item(name, index),
                },
                wipe: self.wipe,
            }),
            mut other => Err(self.wrong(&format!("{name}[{index}]"), "an object", &mut other)),
        }
    }

    /// A member object.
    ///
    /// # Errors
    /// It is something else.
    pub fn object(&mut self, name: &'static str) -> Result<Option<Object<'_>>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Object {
                members,
                path: Path {
                    parent: Some(&self.path),
                    step: Step::Name(name),
                },
                wipe: self.wipe,
            })),
            Some(mut other) => Err(self.wrong(name, "an object", &mut other)),
        }
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A currency.
    ///
    /// # Errors
    /// It is not three upper-case letters.
    pub fn currency(&mut self, name: &'static str) -> Result<Option<Currency>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(code)) => match Currency::try_from(code) {
                Ok(currency) => Ok(Some(currency)),
                Err(_) => Err(self.fail(name, CURRENCY)),
            },
            Some(_) => Err(self.fail(name, CURRENCY)),
        }
    }

    /// A time (RFC 3339), as milliseconds.
    ///
    /// # Errors
    /// It is something else.
    pub fn time(&mut self, name: &'static str) -> Result<Option<Millis>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let parsed = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        match parsed {
            Some(time) => Ok(Some(time.as_millisecond())),
            None => Err(self.fail(name, "must be an RFC 3339 time, e.g. 2026-01-31T15:00:00Z")),
        }
    }

    /// An ISO 3166 country, two upper-case letters.
    ///
    /// # Errors
    /// It is something else.
    pub fn country(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        let country = self.text(name, 16)?;
        let fits = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
        if country.as_ref().is_some_and(|c| !fits(c)) {
            return Err(self.fail(name, "must be a two-letter ISO 3166 code in upper case, e.g. KR"));
        }
        Ok(country)
    }
}
