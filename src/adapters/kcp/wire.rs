//! Answers of KCP's API: flat JSON whose values are all strings, in UTF-8; the mobile registration alone answers in other
//! capitals (`Code`, `approvalKey`). HTTP 200 carries refusals too; any other status says nothing (KCP docs: "API 표준결제").

use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use jiff::civil;
use serde_json::{Map, Value};

/// Longest code and message that are passed on, characters.
const MESSAGE_MAX: usize = 500;

/// Korean time: all times of KCP.
const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// An answer with a result code.
#[derive(Debug)]
pub(super) struct Told {
    members: Map<String, Value>,
    body: String,
}

impl Told {
    /// A member without outer blanks, if anything is left. Amounts may come as JSON numbers.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match self.members.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// The first of these members that has a value.
    pub(super) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// An amount.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        self.text(name).as_deref().and_then(whole)
    }

    /// A time, ms.
    pub(super) fn time(&self, names: &[&str]) -> Option<Millis> {
        names
            .iter()
            .find_map(|name| self.text(name).as_deref().and_then(millis))
    }

    /// `res_cd`, or `Code` of a mobile registration.
    pub(super) fn code(&self) -> String {
        cut(&self.first(&["res_cd", "Code"]).unwrap_or_default())
    }

    /// `res_msg`, or `Message`.
    pub(super) fn message(&self) -> String {
        cut(&self.first(&["res_msg", "Message"]).unwrap_or_default())
    }

    /// The body as text.
    pub(super) fn body(&self) -> &str {
        &self.body
    }
}

/// Reads an answer, whatever its content type.
pub(super) fn read(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let told = match serde_json::from_str(body.trim_start_matches('\u{feff}').trim()) {
        Ok(Value::Object(members)) => Some(Told { members, body }),
        _ => None,
    };
    let told = told.filter(|told| !told.code().is_empty());
    match told {
        Some(told) if matches!(answer.status, 200 | 201) => Ok(told),
        Some(told) => Err(UnknownWhy {
            code: told.code(),
            message: told.message(),
            ask_first: true,
        }),
        None => Err(UnknownWhy {
            code: "NARU_UNREADABLE".to_owned(),
            message: format!("KCP answered HTTP {} without a readable body", answer.status),
            ask_first: true,
        }),
    }
}

/// Plain digits as an amount.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let fits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn cut(text: &str) -> String {
    text.trim().chars().take(MESSAGE_MAX).collect()
}

/// `yyyyMMddHHmmss` in ms; what follows the seconds (some notices have 16 digits) is left out.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let text = text.trim();
    if !matches!(text.len(), 14 | 16) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let local = civil::DateTime::strptime("%Y%m%d%H%M%S", &text[..14]).ok()?;
    KST.to_timestamp(local).ok().map(jiff::Timestamp::as_millisecond)
}

/// A moment in Korean time.
pub(super) fn stamp(at: Millis, format: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant).strftime(format).to_string()
}
