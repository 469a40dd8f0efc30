//! Answers of the `webapi/*.jsp` calls: flat JSON whose values are all strings, at times with blank lines before it, in
//! CP949 although UTF-8 was asked for, with values padded by blanks and amounts by zeros.

use crate::adapters::nice_common::text;
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use jiff::civil;
use serde_json::{Map, Value};

/// Longest code and message that are passed on.
const MESSAGE_MAX: usize = 500;

/// Korean time: all times of NICE.
const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// An answer with a `ResultCode`.
#[derive(Debug)]
pub(super) struct Told {
    members: Map<String, Value>,
    body: String,
}

impl Told {
    /// A member as it came: what hashes are made over. Names are found in any case (`Moid`, `MOID`).
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        let other_case = || self.members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        let value = self
            .members
            .get(name)
            .or_else(|| other_case().map(|(_, value)| value))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A member without outer blanks, if anything is left.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.raw(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// An amount, padded or not.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        (text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
    }

    /// `ResultCode`.
    pub(super) fn code(&self) -> String {
        cut(&self.text("ResultCode").unwrap_or_default())
    }

    /// `ResultMsg`.
    pub(super) fn message(&self) -> String {
        cut(&self.text("ResultMsg").unwrap_or_default())
    }

    /// The body as text.
    pub(super) fn body(&self) -> &str {
        &self.body
    }
}

/// Reads an answer, whatever its content type.
pub(super) fn read(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    let body = text::decode(&answer.body);
    let told = match serde_json::from_str(body.trim()) {
        Ok(Value::Object(members)) => Some(Told { members, body }),
        _ => None,
    };
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

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}

/// A time of NICE in ms: 14 digits, 12 (with a two-digit year) or 8.
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

/// `EdiDate` of a moment: `YYYYMMDDHHMMSS`.
pub(super) fn edi_date(at: Millis) -> String {
    stamp(at, "%Y%m%d%H%M%S")
}

/// A moment in Korean time.
pub(super) fn stamp(at: Millis, format: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant).strftime(format).to_string()
}
