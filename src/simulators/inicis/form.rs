//! Forms in UTF-8 (PC, INIAPI) and EUC-KR (mobile, notices), and the answers' flat `k=v&…` text.

use encoding_rs::{EUC_KR, Encoding, UTF_8};
use serde_json::{Map, Value};

/// Fields in the order of arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form(pub Vec<(String, String)>);

/// A charset by Inicis' words for it (`utf8`, `UTF-8`, `euc-kr`); UTF-8 if there is none.
pub(super) fn charset(label: &str) -> &'static Encoding {
    if label.to_ascii_lowercase().starts_with("euc") {
        EUC_KR
    } else {
        UTF_8
    }
}

/// Owned pairs.
pub(super) fn named(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl Form {
    /// Reads a body in one charset, whatever its header says: the wrong one comes out as mojibake.
    pub fn parse(body: &[u8], charset: &'static Encoding) -> Self {
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

    /// The members of a JSON object; numbers are taken as texts.
    pub fn of_json(map: Map<String, Value>) -> Self {
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Self(map.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    /// The first value of a name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a name, or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// An amount of up to twelve digits.
    pub fn amount(&self, name: &str) -> Option<i64> {
        amount(self.get(name)?)
    }

    /// Overwrites or adds.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, held)) => value.clone_into(held),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Digits only, up to twelve.
pub(super) fn amount(text: &str) -> Option<i64> {
    let fits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

/// A form's body in a charset; characters outside it become `&#…;`, as in a browser.
pub(super) fn encode(fields: &[(String, String)], charset: &'static Encoding) -> String {
    let part = |text: &str| -> String { form_urlencoded::byte_serialize(&charset.encode(text).0).collect() };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", part(name), part(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The flat text of the mobile product: nothing in it is escaped.
pub(super) fn flat(fields: &[(String, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_the_wrong_charset_is_mojibake() {
        let pairs = named(&[("P_UNAME", "홍길동")]);
        let body = encode(&pairs, EUC_KR);
        assert_eq!(body, "P_UNAME=%C8%AB%B1%E6%B5%BF");
        assert_eq!(Form::parse(body.as_bytes(), EUC_KR).text("P_UNAME"), "홍길동");
        assert_ne!(
            Form::parse(encode(&pairs, UTF_8).as_bytes(), EUC_KR).text("P_UNAME"),
            "홍길동"
        );
        assert_eq!(Form::parse(b"a=1+2&b=&c", UTF_8).0.len(), 3);
        assert_eq!(Form::parse(b"price=1,000", UTF_8).amount("price"), None);
        assert_eq!(flat(&named(&[("a", "1&2"), ("b", "")])), "a=1&2&b=");
    }
}
