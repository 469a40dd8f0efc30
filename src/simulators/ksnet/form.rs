//! Forms and queries as the window takes them, and the fixed widths of its EUC-KR texts.

use encoding_rs::{EUC_KR, Encoding, UTF_8};

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
    if label.eq_ignore_ascii_case("euc-kr") {
        EUC_KR
    } else {
        UTF_8
    }
}

impl Form {
    /// Reads a body or query whose bytes are in `charset`.
    pub fn parse(body: &[u8], charset: &'static Encoding) -> Self {
        let text = |part: &[u8]| charset.decode_without_bom_handling(&bytes(part)).0.into_owned();
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

    /// Reads a form in the charset that it names itself in `sndCharSet`.
    pub fn declared(body: &[u8]) -> Self {
        let first = Self::parse(body, UTF_8);
        if charset(first.text("sndCharSet")) == UTF_8 {
            first
        } else {
            Self::parse(body, EUC_KR)
        }
    }

    /// What arrives when a browser sends these fields from a page in `charset`.
    pub fn sent(fields: &[(String, String)], charset: &'static Encoding) -> Self {
        Self::declared(encode(fields, charset).as_bytes())
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

/// An amount of up to nine digits.
pub(super) fn amount(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A text's bytes in EUC-KR.
pub(super) fn euc_kr(text: &str) -> Vec<u8> {
    EUC_KR.encode(text).0.into_owned()
}

/// Bytes of a text in EUC-KR; `None` if a character has none.
pub(super) fn width(text: &str) -> Option<usize> {
    let (bytes, _, replaced) = EUC_KR.encode(text);
    (!replaced).then_some(bytes.len())
}

/// Type X: left-justified, padded with blanks, cut at `size` bytes wherever that falls.
pub(super) fn padded(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = euc_kr(text);
    bytes.resize(size, b' ');
    bytes
}

/// A message in two halves of sixteen bytes, cut even inside a character.
pub(super) fn halves(text: &str) -> (Vec<u8>, Vec<u8>) {
    let mut first = padded(text, 32);
    let second = first.split_off(16);
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_in_its_own_charset() {
        let euc = Form::declared(b"sndOrdername=%C8%AB%B1%E6%B5%BF&sndCharSet=euc-kr&x=a+b&e=");
        assert_eq!(
            (euc.text("sndOrdername"), euc.text("x"), euc.get("e")),
            ("홍길동", "a b", None)
        );
        let utf = [
            ("n".to_owned(), "홍길동".to_owned()),
            ("sndCharSet".to_owned(), "utf-8".to_owned()),
        ];
        assert_eq!(Form::sent(&utf, UTF_8).text("n"), "홍길동");
        assert_ne!(Form::sent(&utf, EUC_KR).text("n"), "홍길동");
        assert_eq!(
            (amount("001004"), amount("1234567890"), amount("1,004"), amount("")),
            (Some(1004), None, None, None)
        );
    }

    #[test]
    fn widths_are_bytes_and_cut_inside_characters() {
        assert_eq!((width("당근10kg"), width("😀")), (Some(8), None));
        assert_eq!(padded("05", 6), b"05    ");
        let (first, second) = halves("X잔액부족입니다확인요망");
        assert_eq!((first.len(), second.len()), (16, 16));
        assert!(EUC_KR.decode(&first).2);
    }
}
