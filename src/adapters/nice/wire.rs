//! NICE's payment object and the one way to read an answer (NICE docs: "응답 명세", the same object for approval,
//! cancellation, inquiry, billing payment and webhook).
//!
//! Types slip between NICE's tables and what it sends (`cardQuota` as text or number, `canPartCancel` as flag or text,
//! Pascal case in billing answers, the text `null`), so members are found in any case and read in any type.

use crate::adapters::nice_common::text;
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use jiff::civil;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Longest code and message that are passed on; NICE documents 100 bytes for a message.
const MESSAGE_MAX: usize = 500;

/// Korean time: everything NICE writes without an offset.
pub(super) const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// An object of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    fn value(self, name: &str) -> Option<&'a Value> {
        let other_case = || self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        self.0.get(name).or_else(|| other_case().map(|(_, value)| value))
    }

    /// A member as text; missing, null, ``, `0` and `null` are no value.
    pub(super) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        let text = match self.value(name)? {
            Value::String(text) => Cow::Borrowed(text.trim()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return None,
        };
        (!matches!(text.as_ref(), "" | "0" | "null")).then_some(text)
    }

    /// As owned text.
    pub(super) fn owned(self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    /// A member as whole number: a number or a numeric text.
    pub(super) fn whole(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(exact)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A member as flag.
    pub(super) fn flag(self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A member object that says anything.
    pub(super) fn object(self, name: &str) -> Option<Object<'a>> {
        self.value(name)?.as_object().filter(|map| !map.is_empty()).map(Object)
    }

    /// A list of objects; anything that is no list is empty.
    pub(super) fn list(self, name: &str) -> Vec<Object<'a>> {
        let list = self.value(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_object).map(Object).collect())
            .unwrap_or_default()
    }

    /// A time, in ms.
    pub(super) fn time(self, name: &str) -> Option<Millis> {
        millis(&self.text(name)?)
    }
}

/// A float that is a whole number.
fn exact(number: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // whole and within 2^53
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

/// A JSON answer with a `resultCode`.
#[derive(Debug)]
pub(super) struct Told {
    members: Map<String, Value>,
    body: String,
}

impl Told {
    /// The members.
    pub(super) fn object(&self) -> Object<'_> {
        Object(&self.members)
    }

    /// `resultCode`.
    pub(super) fn code(&self) -> String {
        let code = self.object().value("resultCode").and_then(Value::as_str);
        cut(code.unwrap_or_default().trim())
    }

    /// `resultMsg`, unchanged.
    pub(super) fn message(&self) -> String {
        let message = self.object().value("resultMsg").and_then(Value::as_str);
        cut(message.unwrap_or_default())
    }

    /// Whether it is a success.
    pub(super) fn succeeded(&self) -> bool {
        self.code() == "0000"
    }

    /// The body as text.
    pub(super) fn body(&self) -> &str {
        &self.body
    }
}

/// Reads an answer. HTTP statuses do not decide (refusals are 200, "not found" is 404, a wrong key 401), except that
/// whatever comes with a 5xx is no word of the API.
pub(super) fn read(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    let body = text::decode(&answer.body);
    let told = parse(&body).map(|members| Told { members, body });
    match told {
        Some(told) if answer.status < 500 && !told.code().is_empty() => Ok(told),
        Some(told) if !told.code().is_empty() => Err(UnknownWhy {
            code: told.code(),
            message: told.message(),
            ask_first: true,
        }),
        _ => Err(UnknownWhy {
            code: "NARU_UNREADABLE".to_owned(),
            message: format!("NICE Payments answered HTTP {} without a readable body", answer.status),
            ask_first: true,
        }),
    }
}

/// A JSON object.
pub(super) fn parse(body: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(body.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// A view of parsed members.
pub(super) fn view(members: &Map<String, Value>) -> Object<'_> {
    Object(members)
}

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}

/// A time of NICE in ms: ISO 8601 with `+0900` or `+09:00`, with or without a fraction or an offset, or `YYYYMMDD`.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    if text.len() == 8 {
        let day = civil::Date::strptime("%Y%m%d", text).ok()?;
        return at(day.to_datetime(civil::Time::midnight()));
    }
    if let Some((local, offset)) = text.rsplit_once(['+', '-'])
        && offset.len() == 4
        && let Some((hours, minutes)) = offset.split_at_checked(2)
    {
        let sign = if text.contains('+') { '+' } else { '-' };
        let iso = format!("{local}{sign}{hours}:{minutes}");
        return iso.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    }
    at(text.parse().ok()?)
}

fn at(local: civil::DateTime) -> Option<Millis> {
    KST.to_timestamp(local).ok().map(jiff::Timestamp::as_millisecond)
}

/// `ediDate` of a moment: `2021-11-05T17:14:35.150+0900`.
pub(super) fn edi_date(at: Millis) -> String {
    format!("{}+0900", local(at).strftime("%Y-%m-%dT%H:%M:%S.%3f"))
}

/// The Korean day of a moment, `YYYYMMDD`.
pub(super) fn day(at: Millis) -> String {
    local(at).strftime("%Y%m%d").to_string()
}

fn local(at: Millis) -> civil::DateTime {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant)
}
