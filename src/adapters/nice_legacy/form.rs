//! Forms in CP949: Korean text in requests is EUC-KR bytes, percent-encoded, whatever charset the answer has (NICE docs:
//! "결제창 인증", lengths in euc-kr).

use crate::adapters::nice_common::text;
use bytes::Bytes;

/// A form body. Characters that CP949 lacks are left out, never sent as `&#…;`.
pub(super) fn body(fields: &[(&str, &str)]) -> Bytes {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value = text::encode(value);
            format!("{name}={}", form_urlencoded::byte_serialize(&value).collect::<String>())
        })
        .collect();
    pairs.join("&").into()
}

/// Pairs of a form whose values may be UTF-8 or CP949: decoded to bytes first, because bytes of one charset read as the
/// other are gone for good.
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

    /// As owned text.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Whether a name stands there twice with different values: somebody added one.
    pub(super) fn ambiguous(&self, name: &str) -> bool {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}
