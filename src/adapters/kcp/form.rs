//! Forms from outside: returns of the window and notices. Their text is UTF-8 or EUC-KR, by a setting at KCP that nobody
//! tells, so each value is judged by its bytes; no bytes are an error, and the fields that matter are ASCII.

use encoding_rs::EUC_KR;

/// Fields of a form that came from outside.
#[derive(Debug)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// From form-encoded parts, e.g. a body and a query.
    pub(super) fn parse(parts: &[&[u8]]) -> Self {
        let pairs = parts.iter().flat_map(|part| part.split(|b| *b == b'&'));
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let middle = pair.iter().position(|b| *b == b'=');
            let (name, value) = middle.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    /// The value of a name without outer blanks, if it is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self
            .0
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.trim());
        values.find(|value| !value.is_empty())
    }

    /// The value as it came, blanks and all.
    pub(super) fn exact(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
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

fn decoded(part: &[u8]) -> String {
    let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => EUC_KR.decode_without_bom_handling(error.as_bytes()).0.into_owned(),
    }
}
