//! Toss's answers as they may be written down: the text stays as it came, members with personal data or keys do not.

use crate::adapters::Mask;

/// Members that never reach a log, a journal row or a stored answer, in requests and answers alike.
pub(super) const MASK: Mask = Mask {
    fields: &[
        "accountNumber",
        "authKey",
        "bankAccountNumber",
        "billingKey",
        "cardExpirationMonth",
        "cardExpirationYear",
        "cardNumber",
        "cardPassword",
        "customerEmail",
        "customerIdentityNumber",
        "customerMobilePhone",
        "customerName",
        "depositorName",
        "holderName",
        "registrationNumber",
        "secret",
        "vbv",
    ],
    last_segment: false,
};

/// Longest stored answer, bytes.
const KEPT_MAX: usize = 16 * 1024;

/// The masked text of a JSON body that was parsed before. The scan itself accepts any bytes.
pub(super) fn masked(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(super::wire::without_bom(body));
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            let next = bytes[at..]
                .iter()
                .position(|b| *b == b'"')
                .map_or(bytes.len(), |p| at + p);
            out.push_str(&text[at..next]);
            at = next;
            continue;
        }
        let end = string_end(bytes, at);
        let literal = &text[at..end];
        out.push_str(literal);
        at = end;
        let Some(value) = value_start(bytes, end) else { continue };
        if is_secret(literal) || (literal == "\"number\"" && is_full_number(&text[value..value_end(bytes, value)])) {
            out.push_str(&text[end..value]);
            at = value_end(bytes, value);
            out.push_str(if &text[value..at] == "null" { "null" } else { "\"***\"" });
        }
    }
    if out.len() > KEPT_MAX {
        let end = (0..=KEPT_MAX).rev().find(|i| out.is_char_boundary(*i)).unwrap_or(0);
        out.truncate(end);
    }
    out
}

/// Whether a string literal, read as a member name, is to be masked.
fn is_secret(literal: &str) -> bool {
    let plain = literal.trim_matches('"');
    if !plain.contains('\\') {
        return MASK.fields.contains(&plain);
    }
    serde_json::from_str::<String>(literal).is_ok_and(|name| MASK.fields.contains(&name.as_str()))
}

/// Whether a value looks like a card number that nobody masked; Toss masks them, this is the belt to its braces.
pub(super) fn is_full_number(value: &str) -> bool {
    let digits = value.trim_matches('"');
    digits.len() >= 12 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Index after the string literal that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Index of the value if a colon follows, i.e. if the literal before it was a member name.
fn value_start(bytes: &[u8], mut at: usize) -> Option<usize> {
    let skip = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_whitespace) {
            i += 1;
        }
        i
    };
    at = skip(at);
    (bytes.get(at) == Some(&b':')).then(|| skip(at + 1))
}

/// Index after the value that starts at `start`, nested values included.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn members_with_personal_data_are_replaced_at_any_depth_and_the_rest_stays_as_it_came() {
        let body = r#"{"orderId":"a","secret":"ps_x","mobilePhone":{"customerMobilePhone" : "01000000000"},
            "virtualAccount":{"accountNumber":12345,"bankCode":"11","refundReceiveAccount":{"holderName":null}},"z":[1,2]}"#;
        let out = masked(body.as_bytes());
        assert_eq!(
            out,
            r#"{"orderId":"a","secret":"***","mobilePhone":{"customerMobilePhone" : "***"},
            "virtualAccount":{"accountNumber":"***","bankCode":"11","refundReceiveAccount":{"holderName":null}},"z":[1,2]}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    }

    #[test]
    fn a_value_that_is_a_masked_name_and_an_escaped_name_are_told_apart() {
        assert_eq!(masked(br#"{"a":"secret","b":1}"#), r#"{"a":"secret","b":1}"#);
        assert_eq!(
            masked(br#"{"\u0073ecret":{"x":[1]},"b":1}"#),
            r#"{"\u0073ecret":"***","b":1}"#
        );
    }

    #[test]
    fn truncated_and_foreign_bytes_do_not_panic_and_stay_hidden() {
        assert_eq!(masked(br#"{"secret":"ps_cut"#), r#"{"secret":"***""#);
        assert_eq!(masked(br#"{"secret":"ps_cut\"#), r#"{"secret":"***""#);
        assert_eq!(masked(br#"{"secret":"#), r#"{"secret":"***""#);
        let _ = masked(b"\xff\xfe\"\\");
    }
}
