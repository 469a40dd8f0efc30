//! Forms as this API sends them: percent-encoded EUC-KR, and answers in the charset that was asked for.

use crate::simulators::pg::Answer;
use encoding_rs::{EUC_KR, Encoding, UTF_8};
use http::StatusCode;
use serde_json::{Map, Value};

/// Fields in the order of arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form(pub Vec<(String, String)>);

/// `%B0` and `+` undone.
fn bytes(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// A charset by its label in forms.
pub(super) fn charset(label: &str) -> &'static Encoding {
    if label.eq_ignore_ascii_case("utf-8") {
        UTF_8
    } else {
        EUC_KR
    }
}

impl Form {
    /// Reads a body, taking its bytes for EUC-KR as this API does whatever the header says.
    pub fn parse(body: &[u8]) -> Self {
        let text = |part: &[u8]| EUC_KR.decode_without_bom_handling(&bytes(part)).0.into_owned();
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

    /// What arrives when a browser sends these fields in `charset`: characters outside it become `&#…;`.
    pub fn sent(fields: &[(String, String)], charset: &'static Encoding) -> Self {
        Self::parse(encode(fields, charset).as_bytes())
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
        self.get(name)
            .filter(|text| text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, held)) => value.clone_into(held),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// A form's body in a charset.
pub(super) fn encode(fields: &[(String, String)], charset: &'static Encoding) -> String {
    let part = |text: &str| -> String { form_urlencoded::byte_serialize(&charset.encode(text).0).collect() };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", part(name), part(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// How an answer is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub charset: &'static Encoding,
    pub key_value: bool,
    /// Blank lines in front, as pages of this API sometimes have them.
    pub blank_lines: bool,
}

impl Written {
    /// What a request asks for: EUC-KR and JSON unless it says otherwise.
    pub fn of(form: &Form) -> Self {
        Self {
            charset: charset(form.text("CharSet")),
            key_value: form.text("EdiType").eq_ignore_ascii_case("KV"),
            blank_lines: false,
        }
    }

    /// The answer; its members are texts, every one.
    pub fn answer(self, fields: &[(String, String)]) -> Answer {
        let mut text = if self.blank_lines {
            "\r\n\r\n\n".to_owned()
        } else {
            String::new()
        };
        if self.key_value {
            let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text.push_str(&pairs.join("&"));
        } else {
            let map: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| (name.clone(), Value::String(value.clone())))
                .collect();
            text.push_str(&Value::Object(map).to_string());
        }
        let kind = if self.charset == UTF_8 {
            "text/html;charset=utf-8"
        } else {
            "text/html;charset=euc-kr"
        };
        Answer::new(StatusCode::OK, kind, self.charset.encode(&text).0.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_text_travels_as_euc_kr() {
        let form = Form::parse(
            b"name=%C8%AB%B1%E6%B5%BF&GoodsName=%C5%D7%BD%BA%C6%AE%BB%F3%C7%B0&MallReserved=a%3D1%2Cb%3D2&x=a+b&e=",
        );
        assert_eq!((form.text("name"), form.text("GoodsName")), ("홍길동", "테스트상품"));
        assert_eq!(
            (form.text("MallReserved"), form.text("x"), form.get("e")),
            ("a=1,b=2", "a b", None)
        );
        let pairs = [("name".to_owned(), "홍길동".to_owned())];
        assert_eq!(encode(&pairs, EUC_KR), "name=%C8%AB%B1%E6%B5%BF");
        assert_eq!(Form::sent(&pairs, EUC_KR).text("name"), "홍길동");
        // UTF-8 bytes are taken for EUC-KR all the same.
        assert_ne!(Form::sent(&pairs, UTF_8).text("name"), "홍길동");
        let smile = [("name".to_owned(), "😀".to_owned())];
        assert_eq!(Form::sent(&smile, EUC_KR).text("name"), "&#128512;");
    }

    #[test]
    fn answers_are_json_or_pairs() {
        let fields = [("ResultMsg".to_owned(), "승인".to_owned())];
        let mut written = Written::of(&Form::parse(b"CharSet=utf-8"));
        assert_eq!(&written.answer(&fields).body[..], "{\"ResultMsg\":\"승인\"}".as_bytes());
        written.blank_lines = true;
        assert!(written.answer(&fields).body.starts_with(b"\r\n"));
        let pairs = Written::of(&Form::parse(b"EdiType=KV")).answer(&fields);
        assert_eq!(&pairs.body[..], b"ResultMsg=\xBD\xC2\xC0\xCE");
        assert_eq!(pairs.header("content-type"), Some("text/html;charset=euc-kr"));
    }
}
