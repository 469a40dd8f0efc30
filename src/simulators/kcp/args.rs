//! Members of a request: JSON with texts or numbers, or a form where the API takes one. And what a call comes to.

use super::codes;
use crate::simulators::notices::Notice;
use crate::simulators::pg::Answer;
use crate::simulators::words::ControlError;
use encoding_rs::{EUC_KR, Encoding, UTF_8};
use http::StatusCode;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Names and values in order of arrival; of a name that comes twice the first counts.
pub(super) type Fields = Vec<(String, String)>;

/// Fields with names that never change.
pub(super) fn named(pairs: &[(&str, &str)]) -> Fields {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A charset by its label in forms.
pub(super) fn charset(label: &str) -> &'static Encoding {
    if label.eq_ignore_ascii_case("utf-8") {
        UTF_8
    } else {
        EUC_KR
    }
}

/// A form's body in a charset; a browser writes what the charset has not as `&#…;`, and so does this.
pub(super) fn encode(fields: &[(String, String)], charset: &'static Encoding) -> String {
    let part = |text: &str| -> String { form_urlencoded::byte_serialize(&charset.encode(text).0).collect() };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", part(name), part(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The members of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Args(pub Fields);

impl Args {
    /// A JSON object of texts and numbers.
    pub fn json(body: &[u8]) -> Option<Self> {
        let map: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let mut fields = Vec::with_capacity(map.len());
        for (name, value) in map {
            match value {
                Value::String(text) => fields.push((name, text)),
                Value::Number(number) => fields.push((name, number.to_string())),
                Value::Null => {}
                _ => return None,
            }
        }
        Some(Self(fields))
    }

    /// A form whose bytes are of this charset.
    pub fn form(body: &[u8], charset: &'static Encoding) -> Self {
        let text = |part: &[u8]| {
            let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
            let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
            charset.decode_without_bom_handling(&bytes).0.into_owned()
        };
        Self(
            body.split(|b| *b == b'&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| match pair.iter().position(|b| *b == b'=') {
                    Some(at) => (text(&pair[..at]), text(&pair[at + 1..])),
                    None => (text(pair), String::new()),
                })
                .collect(),
        )
    }

    /// JSON, or a form where the body is none.
    pub fn either(body: &[u8]) -> Option<Self> {
        if body.first() == Some(&b'{') {
            return Self::json(body);
        }
        Some(Self::form(body, UTF_8))
    }

    /// The value of a name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a name, or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// An amount: 1 to 12 digits.
    pub fn amount(&self, name: &str) -> Option<i64> {
        self.get(name)
            .filter(|text| text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
    }

    /// A member that must be there, at most `max` bytes long.
    pub fn need(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        self.get(name)
            .filter(|text| text.len() <= max)
            .ok_or_else(|| refusal("S005").about(name))
    }

    pub fn need_amount(&self, name: &str) -> Result<i64, Refusal> {
        self.amount(name).ok_or_else(|| refusal("S005").about(name))
    }

    /// A member that must be one of these words.
    pub fn one_of<'a>(&'a self, name: &str, words: &[&str]) -> Result<&'a str, Refusal> {
        self.get(name)
            .filter(|text| words.contains(text))
            .ok_or_else(|| refusal("S005").about(name))
    }

    /// Checks a free text that may be absent: length in bytes, no forbidden character.
    pub fn free_text(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        let text = self.text(name);
        let script = text.to_ascii_lowercase().contains("eval(");
        if text.len() > max || text.contains(FORBIDDEN) || script {
            return Err(refusal("S005").about(name));
        }
        Ok(text)
    }

    /// Sets a member, or removes it.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else {
            self.0.retain(|(known, _)| known != name);
            return;
        };
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, held)) => value.clone_into(held),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Characters that no free text may have.
pub(super) const FORBIDDEN: &[char] = &[',', '&', ';', '\n', '\r', '\\', '|', '\'', '"', '<', '>', '\0'];

/// Digits only, and at least one.
pub(super) fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Members of an answer, and what follows from the call.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub fields: Fields,
    pub notices: Vec<Notice>,
}

impl From<Fields> for Done {
    fn from(fields: Fields) -> Self {
        let notices = Vec::new();
        Self { fields, notices }
    }
}

pub(super) type Reply = Result<Done, Refusal>;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: Cow<'static, str>,
    pub message: Cow<'static, str>,
}

/// A refusal of the table.
pub(super) fn refusal(code: &'static str) -> Refusal {
    Refusal {
        code: code.into(),
        message: codes::message(code).into(),
    }
}

impl Refusal {
    /// A code that the fault menu or the buyer orders.
    pub fn ordered(code: &str, message: Option<&str>) -> Self {
        Self {
            code: code.to_owned().into(),
            message: message.unwrap_or_else(|| codes::message(code)).to_owned().into(),
        }
    }

    /// Names the member that is wrong.
    pub fn about(mut self, name: &str) -> Self {
        self.message = format!("{} [{name}]", self.message).into();
        self
    }

    /// As an error of the browser's script.
    pub fn for_script(&self, field: &str) -> ControlError {
        ControlError::script(&self.code, field, self.message.clone())
    }
}

/// How the first two members are called: registrations for phones spell them their own way.
pub(super) fn heads(registration: bool) -> (&'static str, &'static str) {
    if registration {
        ("Code", "Message")
    } else {
        ("res_cd", "res_msg")
    }
}

/// An answer: every value is a text.
pub(super) fn answer(fields: &[(String, String)]) -> Answer {
    let map: Map<String, Value> = fields
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect();
    Answer::new(
        StatusCode::OK,
        "application/json;charset=UTF-8",
        Value::Object(map).to_string(),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_the_same_to_this_api() {
        let args = Args::json(br#"{"a":"1004","b":1004,"c":null,"d":""}"#).unwrap();
        assert_eq!((args.amount("a"), args.amount("b")), (Some(1004), Some(1004)));
        assert_eq!((args.get("c"), args.get("d")), (None, None));
        assert_eq!(Args::json(br#"{"a":{}}"#), None);
        assert_eq!(Args::json(b"a=1"), None);
        assert_eq!(Args::either(b"a=1").unwrap().text("a"), "1");
        for wrong in ["-1", "1.5", "1,004", "1234567890123", "x"] {
            assert_eq!(Args(named(&[("a", wrong)])).amount("a"), None, "{wrong}");
        }
    }

    #[test]
    fn forms_are_of_the_charset_they_are_taken_for() {
        let sent = encode(&named(&[("buyr_name", "홍길동"), ("good_name", "a 😀")]), EUC_KR);
        assert_eq!(sent, "buyr_name=%C8%AB%B1%E6%B5%BF&good_name=a+%26%23128512%3B");
        let read = Args::form(sent.as_bytes(), EUC_KR);
        assert_eq!(read.text("buyr_name"), "홍길동");
        // What the charset has not brings characters that are forbidden.
        assert!(read.free_text("good_name", 100).is_err());
        assert_ne!(Args::form(sent.as_bytes(), UTF_8).text("buyr_name"), "홍길동");
    }

    #[test]
    fn free_texts_are_checked() {
        let of = |text: &str| Args(named(&[("t", text)])).free_text("t", 30).is_ok();
        assert!(of("") && of("셔츠 (블루) 1+1") && of("가나다라마바사아자차"));
        assert!(!of("가나다라마바사아자차카"));
        for wrong in [
            "a,b", "a&b", "a;b", "a\nb", "a\\b", "a|b", "a'b", "a\"b", "<b", "b>", "a\0", "eval(1)",
        ] {
            assert!(!of(wrong), "{wrong}");
        }
    }
}
