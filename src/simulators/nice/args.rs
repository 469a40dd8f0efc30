//! Reading a request: the JSON body of a POST or the query of a GET, and its optional signature.

use super::answer::{Refusal, refusal};
use super::sign::{Cover, sign};
use crate::simulators::pg::PgRequest;
use serde_json::{Map, Value};

/// Largest amount: twelve digits.
pub(super) const AMOUNT_MAX: i64 = 999_999_999_999;

/// Members of a request.
#[derive(Debug, Default)]
pub(super) struct Args(Map<String, Value>);

impl Args {
    /// From the body of a POST or the query of a GET.
    pub fn of(request: &PgRequest<'_>) -> Result<Self, Refusal> {
        if request.inner.method == http::Method::GET {
            let pairs = form_urlencoded::parse(request.inner.query.as_bytes());
            return Ok(Self(
                pairs
                    .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                    .collect(),
            ));
        }
        if request.inner.body.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(&request.inner.body)
            .map(Self)
            .map_err(|_| refusal("U100").about("body"))
    }

    pub fn from_map(map: Map<String, Value>) -> Self {
        Self(map)
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text of at most `max` bytes; an empty one counts as absent.
    pub fn text(&self, name: &str, max: usize) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) if super::codes::width(text) <= max => Ok(Some(text)),
            Some(_) => Err(refusal("U100").about(name)),
        }
    }

    /// A text that must be there.
    pub fn need(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        self.text(name, max)?.ok_or_else(|| refusal("U100").about(name))
    }

    /// An amount of at most twelve digits: a JSON number, never a text.
    pub fn amount(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name)
            .map(|value| {
                value
                    .as_i64()
                    .filter(|n| (0..=AMOUNT_MAX).contains(n))
                    .ok_or_else(|| refusal("U100").about(name))
            })
            .transpose()
    }

    /// An amount that must be there.
    pub fn need_amount(&self, name: &str) -> Result<i64, Refusal> {
        self.amount(name)?.ok_or_else(|| refusal("U100").about(name))
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(refusal("U100").about(name)),
        }
    }

    /// A small number written as a number or as its shortest text.
    pub fn count(&self, name: &str) -> Result<Option<u32>, Refusal> {
        let wrong = || refusal("U100").about(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() > 1 && text.starts_with('0') => Err(wrong()),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
            Some(value) => value
                .as_u64()
                .and_then(|n| u32::try_from(n).ok())
                .map(Some)
                .ok_or_else(wrong),
        }
    }

    /// Checks `signData`, if it is there, against what it must cover; it never comes without `ediDate`.
    pub fn signed<'s>(&'s self, secret: &str, cover: impl FnOnce(&'s str) -> Cover<'s>) -> Result<(), Refusal> {
        let Some(given) = self.text("signData", 256)? else {
            return Ok(());
        };
        let date = self.need("ediDate", 40)?;
        if sign(cover(date), secret) == given {
            Ok(())
        } else {
            Err(refusal("U312"))
        }
    }

    /// Whether the answer is wanted in EUC-KR.
    pub fn euc_kr(&self) -> bool {
        self.get("returnCharSet")
            .and_then(Value::as_str)
            .is_some_and(|word| word.eq_ignore_ascii_case("euc-kr"))
    }
}
