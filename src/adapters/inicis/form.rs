//! Forms: what is sent is UTF-8, what comes may be CP949 (INIpay manuals: "입금통보").

use crate::adapters::nice_common::text;
use bytes::Bytes;

/// A form body, every value escaped: a raw `+` of a base64 text would become a blank and break the hash.
pub(super) fn body(fields: &[(&str, &str)]) -> Bytes {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish().into()
}

/// Pairs of a form whose values may be UTF-8 or CP949.
pub(super) fn parse(form: &[u8]) -> Vec<(String, String)> {
    form.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let middle = pair.iter().position(|b| *b == b'=');
            let (name, value) = middle.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(part: &[u8]) -> String {
    let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    text::decode(&bytes)
}

/// Fields of a form that came from outside.
#[derive(Debug)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    /// The value of a name without outer blanks, if it is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self
            .0
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.trim());
        values.find(|value| !value.is_empty())
    }

    /// The same, empty if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Whether a name stands there twice with different values: somebody added one.
    pub(super) fn ambiguous(&self, name: &str) -> bool {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}
