//! Parameters of a request: the query, and a JSON or form body over it.
//!
//! V1 is lenient where V2 is strict: forms have only text, so a number or a flag may be written as text everywhere, an
//! empty text counts as absent, `name[]` is a list, `name[inner]` an object. Bodies are read by what they look like, not
//! by what the header says: clients in the wild send either with the wrong one. Messages never repeat a value: it could
//! be a card number.

use super::error::V1Error;
use super::money;
use crate::net::Request;
use crate::payment::{Currency, Millis};
use secrecy::SecretString;
use serde_json::{Map, Value};
use zeroize::Zeroize;

/// Longest identifier (`merchant_uid`, `customer_uid`), characters. PortOne takes 40 and 80; the PG sees neither.
pub const ID: usize = 200;
/// Longest line: names, addresses, reasons.
pub const LINE: usize = 500;
/// `custom_data`.
pub const CUSTOM_DATA: usize = 20_000;
/// Short codes.
pub const CODE: usize = 64;
/// URLs.
pub const URL: usize = 2_048;
/// Members of a list.
pub const ITEMS: usize = 1_000;
/// Pairs of a form.
const PAIRS: usize = 10_000;
/// Brackets of a form's name.
const DEPTH: usize = 6;

/// Parameters, taken out one by one. What is left is overwritten on drop: it may hold a card number.
#[derive(Debug)]
pub struct Params {
    members: Map<String, Value>,
    /// Where it stands, for messages: empty, or e.g. `schedules[0].`.
    path: String,
}

impl Drop for Params {
    fn drop(&mut self) {
        self.members.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

/// A scalar as text; `None` for what counts as absent.
fn plain(value: &Value) -> Result<Option<String>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Array(_) | Value::Object(_) => Err(()),
    }
}

/// Members of a list: an array, an object whose keys are numbers (a form's), or one bare value.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        Value::Object(members) if members.keys().all(|key| key.parse::<u32>().is_ok()) => {
            let mut items: Vec<(u32, Value)> = members
                .into_iter()
                .map(|(key, value)| (key.parse().unwrap_or(u32::MAX), value))
                .collect();
            items.sort_by_key(|(index, _)| *index);
            items.into_iter().map(|(_, value)| value).collect()
        }
        one => vec![one],
    }
}

impl Params {
    /// The parameters of a request.
    ///
    /// # Errors
    /// 400: the body is neither JSON nor a form, or nested too deep.
    pub fn read(request: &Request) -> Result<Self, V1Error> {
        let mut members = Map::new();
        form(&mut members, request.query.as_bytes())?;
        let body = request.body.as_ref();
        let first = body.iter().find(|b| !b.is_ascii_whitespace());
        match first {
            None => {}
            Some(b'{' | b'[' | b'"') => {
                let value: Value = serde_json::from_slice(body).map_err(|error| {
                    let (line, column) = (error.line(), error.column());
                    V1Error::invalid(format!(
                        "요청 본문을 해석할 수 없습니다. (body: is not well-formed JSON, or nested deeper than 128 levels, at line {line}, column {column})"
                    ))
                })?;
                let Value::Object(given) = value else {
                    return Err(V1Error::invalid(
                        "요청 본문을 해석할 수 없습니다. (body: must be a JSON object)",
                    ));
                };
                // `name[]` in JSON is what some clients make of a form's list.
                members.extend(given.into_iter().map(|(name, value)| match name.strip_suffix("[]") {
                    Some(bare) => (bare.to_owned(), value),
                    None => (name, value),
                }));
            }
            Some(_) => form(&mut members, body)?,
        }
        Ok(Self {
            members,
            path: String::new(),
        })
    }

    /// A refusal about a parameter.
    #[must_use]
    pub fn fail(&self, name: &str, message: &str) -> V1Error {
        V1Error::field(&format!("{}{name}", self.path), message)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.members
            .get_mut(name)
            .map(Value::take)
            .filter(|value| !value.is_null())
    }

    /// Puts a parameter back that was taken out before its time.
    pub fn put(&mut self, name: &str, value: String) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Whether a parameter is there and not empty.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let value = self.members.get(name);
        value.is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// Text of at most `max` characters; absent if empty.
    ///
    /// # Errors
    /// 400: a list or an object, too long, or with control characters that no PG takes (NUL).
    pub fn text(&mut self, name: &str, max: usize) -> Result<Option<String>, V1Error> {
        let Some(mut value) = self.take(name) else {
            return Ok(None);
        };
        let text = plain(&value);
        wipe(&mut value);
        let Some(text) = text.map_err(|()| self.fail(name, "must be text"))? else {
            return Ok(None);
        };
        if text.chars().count() > max {
            return Err(self.fail(name, &format!("must be at most {max} characters")));
        }
        if text.contains('\0') {
            return Err(self.fail(name, "must not contain a NUL character"));
        }
        Ok(Some(text))
    }

    /// Text that must be there.
    ///
    /// # Errors
    /// As [`Params::text`], or missing.
    pub fn need(&mut self, name: &str, max: usize) -> Result<String, V1Error> {
        let text = self.text(name, max)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| V1Error::missing(&format!("{}{name}", self.path)))
    }

    /// An identifier of the merchant's, if given: text without control characters.
    ///
    /// # Errors
    /// As [`Params::text`].
    pub fn id(&mut self, name: &str) -> Result<Option<String>, V1Error> {
        let id = self.text(name, ID)?.filter(|text| !text.trim().is_empty());
        if id.as_deref().is_some_and(|id| id.chars().any(char::is_control)) {
            return Err(self.fail(name, "must not contain control characters"));
        }
        Ok(id)
    }

    /// An identifier that must be there.
    ///
    /// # Errors
    /// As [`Params::id`], or missing.
    pub fn need_id(&mut self, name: &str) -> Result<String, V1Error> {
        let id = self.id(name)?;
        id.ok_or_else(|| V1Error::missing(&format!("{}{name}", self.path)))
    }

    /// Secret text; `fits` is asked about it.
    ///
    /// # Errors
    /// 400, with nothing of the value.
    pub fn secret(&mut self, name: &str, fits: fn(&str) -> bool) -> Result<Option<SecretString>, V1Error> {
        let Some(mut value) = self.take(name) else {
            return Ok(None);
        };
        let text = plain(&value);
        wipe(&mut value);
        match text {
            Ok(None) => Ok(None),
            Ok(Some(text)) if fits(&text) => Ok(Some(SecretString::from(text))),
            Ok(Some(mut text)) => {
                text.zeroize();
                Err(self.fail(name, "has not the form it must have"))
            }
            Err(()) => Err(self.fail(name, "must be text")),
        }
    }

    /// A flag: `true`, `false`, `1`, `0`, `Y`, `N`.
    ///
    /// # Errors
    /// 400: anything else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, V1Error> {
        match self.text(name, 16)?.as_deref() {
            None => Ok(None),
            Some("true" | "True" | "TRUE" | "1" | "Y" | "y") => Ok(Some(true)),
            Some("false" | "False" | "FALSE" | "0" | "N" | "n") => Ok(Some(false)),
            Some(_) => Err(self.fail(name, "must be true or false")),
        }
    }

    /// A whole number in a range.
    ///
    /// # Errors
    /// 400: anything else.
    pub fn integer(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, V1Error> {
        let Some(text) = self.text(name, 32)? else {
            return Ok(None);
        };
        let text = text.trim().strip_suffix(".0").unwrap_or(text.trim()).to_owned();
        let number = text.parse::<i64>().ok().filter(|n| range.contains(n));
        match number {
            Some(number) => Ok(Some(number)),
            None => {
                let message = format!("must be a whole number, {} to {}", range.start(), range.end());
                Err(self.fail(name, &message))
            }
        }
    }

    /// A time in UNIX seconds, as ms.
    ///
    /// # Errors
    /// 400: no whole number of seconds in this era.
    pub fn time(&mut self, name: &str) -> Result<Option<Millis>, V1Error> {
        Ok(self.integer(name, 0..=253_402_300_799)?.map(|seconds| seconds * 1_000))
    }

    /// An amount in the currency's minor unit.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub fn amount(&mut self, name: &str, currency: Currency) -> Result<Option<i64>, V1Error> {
        let Some(text) = self.text(name, 40)? else {
            return Ok(None);
        };
        money::minor(&format!("{}{name}", self.path), &text, currency).map(Some)
    }

    /// `currency`; `KRW` if absent.
    ///
    /// # Errors
    /// 400: not three letters.
    pub fn currency(&mut self) -> Result<Currency, V1Error> {
        match self.text("currency", 8)? {
            None => Ok(Currency::KRW),
            Some(code) => {
                let message = "must be a three-letter ISO 4217 code, e.g. KRW";
                Currency::try_from(code.to_ascii_uppercase()).map_err(|_| self.fail("currency", message))
            }
        }
    }

    /// Whether a parameter asks for something: it is there, not empty, and not `false`.
    #[must_use]
    pub fn asks(&self, name: &str) -> bool {
        let value = self.members.get(name).filter(|_| self.has(name));
        value.is_some_and(|value| match value {
            Value::Object(members) => !members.is_empty(),
            Value::Array(items) => !items.is_empty(),
            other => !matches!(plain(other), Ok(Some(text)) if matches!(text.as_str(), "false" | "{}" | "0")),
        })
    }

    /// A list of identifiers; one bare value is a list of one.
    ///
    /// # Errors
    /// 400: more than `max`, or something that is no text.
    pub fn ids(&mut self, name: &str, max: usize) -> Result<Vec<String>, V1Error> {
        self.lines(name, max, ID)
    }

    /// As [`Params::ids`], of texts up to `longest` characters.
    ///
    /// # Errors
    /// As [`Params::ids`].
    pub fn lines(&mut self, name: &str, max: usize, longest: usize) -> Result<Vec<String>, V1Error> {
        let items = self.take(name).map(list).unwrap_or_default();
        if items.len() > max {
            return Err(self.fail(name, &format!("must have at most {max} members")));
        }
        let mut ids = Vec::with_capacity(items.len());
        for item in &items {
            let text = plain(item).map_err(|()| self.fail(name, "must hold text"))?;
            let Some(text) = text else { continue };
            if text.chars().count() > longest || text.chars().any(char::is_control) {
                return Err(self.fail(name, &format!("must hold text of at most {longest} characters")));
            }
            if !ids.contains(&text) {
                ids.push(text);
            }
        }
        Ok(ids)
    }

    /// An object. Text that holds a JSON object counts: forms send it so.
    ///
    /// # Errors
    /// 400: something else.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, V1Error> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => self.inner(name, value).map(Some),
        }
    }

    /// A list of objects.
    ///
    /// # Errors
    /// 400: more than [`ITEMS`], or something else.
    pub fn objects(&mut self, name: &str) -> Result<Vec<Self>, V1Error> {
        let items = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) => serde_json::from_str(&text)
                .map(list)
                .map_err(|_| self.fail(name, "must be a list of objects"))?,
            Some(value) => list(value),
        };
        if items.len() > ITEMS {
            return Err(self.fail(name, &format!("must have at most {ITEMS} members")));
        }
        let named = |index: usize| format!("{name}[{index}]");
        let members = items.into_iter().enumerate();
        members.map(|(index, item)| self.inner(&named(index), item)).collect()
    }

    fn inner(&self, name: &str, value: Value) -> Result<Self, V1Error> {
        let value = match value {
            Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
            value => value,
        };
        match value {
            Value::Object(members) => Ok(Self {
                members,
                path: format!("{}{name}.", self.path),
            }),
            mut other => {
                wipe(&mut other);
                Err(self.fail(name, "must be an object"))
            }
        }
    }
}

/// Reads `a=1&b[]=2&c[d]=3&e[0][f]=4`. Lists become objects whose keys are numbers.
fn form(members: &mut Map<String, Value>, bytes: &[u8]) -> Result<(), V1Error> {
    for (count, (name, value)) in form_urlencoded::parse(bytes).enumerate() {
        if count >= PAIRS {
            return Err(V1Error::invalid(format!(
                "파라미터가 너무 많습니다. (body: must have at most {PAIRS} parameters)"
            )));
        }
        let (first, rest) = match name.find('[') {
            Some(at) if at > 0 && name.ends_with(']') => name.split_at(at),
            _ => (name.as_ref(), ""),
        };
        let steps: Vec<&str> = rest.split('[').skip(1).map(|step| step.trim_end_matches(']')).collect();
        if steps.len() > DEPTH {
            return Err(V1Error::invalid("파라미터가 너무 깊습니다. (body: nested too deep)"));
        }
        put(members, first, &steps, value.into_owned());
    }
    Ok(())
}

fn put(members: &mut Map<String, Value>, name: &str, steps: &[&str], value: String) {
    let name = if name.is_empty() {
        members.len().to_string()
    } else {
        name.to_owned()
    };
    let Some((next, rest)) = steps.split_first() else {
        match members.get_mut(&name) {
            // The same name again is a list.
            Some(Value::Object(list)) => put(list, "", &[], value),
            Some(before) => {
                let mut list = Map::new();
                list.insert("0".to_owned(), before.take());
                list.insert("1".to_owned(), value.into());
                *before = list.into();
            }
            None => {
                members.insert(name, value.into());
            }
        }
        return;
    };
    let slot = members.entry(name).or_insert_with(|| Map::new().into());
    if !slot.is_object() {
        *slot = Map::new().into();
    }
    if let Value::Object(inner) = slot {
        put(inner, next, rest, value);
    }
}
