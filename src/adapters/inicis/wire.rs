//! Answers: JSON of the PC approval and of INIAPI, name-value text of the phone calls. Both are read into one flat shape.
//! Phone answers do not escape their values, so a value may contain `&` and what looks like a field.

use crate::adapters::nice_common::text;
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use jiff::civil;
use serde_json::{Map, Value};

/// Longest code and message that are passed on.
const MESSAGE_MAX: usize = 500;

/// Korean time: all times of KG Inicis.
const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// An answer with a result code.
#[derive(Debug)]
pub(super) struct Told {
    members: Map<String, Value>,
    /// Answer as JSON text.
    pub(super) body: String,
    /// A field that decides about money stands there twice with different values.
    pub(super) ambiguous: bool,
}

impl Told {
    /// A member as JSON; names are found in any case (`MOID`, `moid`).
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        find(&self.members, name)
    }

    /// A text or number without outer blanks, if anything is left.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).and_then(scalar)
    }

    /// The first of several names that has a text.
    pub(super) fn any(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// An amount, padded or not.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        whole(&self.text(name)?)
    }

    /// A moment that stands in two members: its day, and its time of day.
    pub(super) fn moment(&self, day: &str, time: &str) -> Option<Millis> {
        let [day, time] = [day, time].map(|name| self.text(name).unwrap_or_default());
        millis(&format!("{day}{time}"))
    }

    /// Result code of whichever product.
    pub(super) fn code(&self) -> String {
        cut(&self.any(&["resultCode", "P_STATUS"]).unwrap_or_default())
    }

    /// Its message.
    pub(super) fn message(&self) -> String {
        cut(&self.any(&["resultMsg", "P_RMESG1"]).unwrap_or_default())
    }

    /// The detail code of a refusal: the result code itself, or the first bracket of the message. Messages of successes
    /// start with a bracket too, so this is asked of refusals only.
    pub(super) fn detail(&self) -> String {
        let (code, message) = (self.code(), self.message());
        detail(&code, &message)
    }
}

/// See [`Told::detail`].
pub(super) fn detail(code: &str, message: &str) -> String {
    let bracket = message.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    let fits = |t: &&str| (4..=6).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    match bracket.map(|(inner, _)| inner).filter(fits) {
        Some(inner) if code.len() < 4 => inner.to_owned(),
        _ => code.to_owned(),
    }
}

/// A member of an object, whatever the case of its name.
pub(super) fn find<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let other_case = || {
        members
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    };
    members.get(name).or_else(other_case)
}

/// A text or number without outer blanks.
pub(super) fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A whole amount.
pub(super) fn whole(text: &str) -> Option<i64> {
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn settled(
    answer: &WireAnswer,
    members: Option<Map<String, Value>>,
    body: String,
    twice: bool,
) -> Result<Told, UnknownWhy> {
    let told = members.map(|members| Told {
        members,
        body,
        ambiguous: twice,
    });
    match told {
        Some(told) if answer.status < 500 && !told.code().is_empty() => Ok(told),
        Some(told) if !told.code().is_empty() => Err(doubt(&told.code(), told.message())),
        _ => Err(doubt(
            "NARU_UNREADABLE",
            format!("KG Inicis answered HTTP {} without a readable body", answer.status),
        )),
    }
}

/// Reads a JSON answer.
pub(super) fn read_json(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    let body = text::decode(&answer.body);
    let members = match serde_json::from_str(body.trim()) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    };
    settled(answer, members, body, false)
}

/// Reads a name-value answer.
pub(super) fn read_pairs(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    const DECISIVE: [&str; 5] = ["P_STATUS", "P_TID", "P_AMT", "P_OID", "P_MID"];
    let raw = text::decode(&answer.body);
    let mut members = Map::new();
    let mut twice = false;
    for (name, value) in pairs(&raw) {
        let value = Value::from(unescaped(value));
        match members.get(name) {
            Some(first) => twice |= DECISIVE.contains(&name) && *first != value,
            None => {
                members.insert(name.to_owned(), value);
            }
        }
    }
    let body = Value::Object(members.clone()).to_string();
    settled(answer, Some(members).filter(|m| !m.is_empty()), body, twice)
}

/// Name-value pairs: a new one starts only where the text after `&` is a name of KG Inicis' own.
fn pairs(raw: &str) -> Vec<(&str, &str)> {
    let raw = raw.trim();
    let mut starts = vec![0];
    starts.extend(
        raw.match_indices('&')
            .map(|(at, _)| at + 1)
            .filter(|at| named(&raw[*at..])),
    );
    let ends = starts.iter().skip(1).map(|at| at - 1).chain([raw.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| raw[*start..end].split_once('='))
        .filter(|(name, _)| named(&format!("{name}=")))
        .collect()
}

fn named(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let upper = |t: &str| word(t) && !t.bytes().any(|b| b.is_ascii_lowercase());
    name == "EventCode"
        || name.strip_prefix("P_").is_some_and(upper)
        || ["CARD_", "NAVERPOINT_"]
            .iter()
            .any(|p| name.strip_prefix(p).is_some_and(word))
}

/// A value with its percent-escapes taken out, if all of it can be read that way.
fn unescaped(value: &str) -> String {
    if !value.contains('%') {
        return value.to_owned();
    }
    let bytes: Vec<u8> = percent_encoding::percent_decode(value.as_bytes()).collect();
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}

/// An answer that came but is not believed: ask before anything else.
pub(super) fn doubt(code: &str, message: impl Into<String>) -> UnknownWhy {
    UnknownWhy {
        code: code.to_owned(),
        message: message.into(),
        ask_first: true,
    }
}

/// A time in ms: 14 digits, 12 (with a two-digit year) or 8.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let text = text.trim();
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let full = match text.len() {
        14 => text.to_owned(),
        12 => format!("20{text}"),
        8 => format!("{text}000000"),
        _ => return None,
    };
    let local = civil::DateTime::strptime("%Y%m%d%H%M%S", full).ok()?;
    KST.to_timestamp(local).ok().map(jiff::Timestamp::as_millisecond)
}

/// INIAPI's `timestamp` of a moment: `YYYYMMDDhhmmss`.
pub(super) fn stamp(at: Millis) -> String {
    formatted(at, "%Y%m%d%H%M%S")
}

/// A moment in Korean time.
pub(super) fn formatted(at: Millis, format: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant).strftime(format).to_string()
}
