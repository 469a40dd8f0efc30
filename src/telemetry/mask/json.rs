//! JSON, walked lexically: no tree, no recursion, no assumption that the text is whole or valid.

use super::{HIDDEN, floor, hide_value, limit};
use std::borrow::Cow;

/// Copies `text`, replacing the values of members named in `fields`.
pub(super) fn hide(text: &str, fields: &[&str], depth: u8) -> String {
    let bytes = text.as_bytes();
    let limit = limit(depth);
    let mut out = String::with_capacity(text.len().min(limit) + 16);
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if out.len() + (at - copied) > limit {
            // The rest is cut away anyway.
            out.push_str(&text[copied..floor(text, at)]);
            return out;
        }
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let (inner_end, end) = string_span(bytes, at);
        let inner = &text[at + 1..inner_end];
        let colon = skip_space(bytes, end);
        if bytes.get(colon) == Some(&b':') {
            let value = skip_space(bytes, colon + 1);
            if names(fields, inner) {
                out.push_str(&text[copied..value]);
                out.push('"');
                out.push_str(HIDDEN);
                out.push('"');
                at = value_end(bytes, value);
                copied = at;
            } else {
                at = value;
            }
            continue;
        }
        if let Some(hidden) = hidden_string(inner, fields, depth) {
            out.push_str(&text[copied..at]);
            push_string(&mut out, &hidden);
            copied = end;
        }
        at = end;
    }
    out.push_str(&text[copied..]);
    out
}

/// A string value with something to hide in it: JSON or a form kept as text, or a card number behind escapes.
fn hidden_string(inner: &str, fields: &[&str], depth: u8) -> Option<String> {
    if !inner.contains(['\\', '{', '=', '<']) {
        return None;
    }
    hide_value(&unescaped(inner), fields, depth)
}

fn names(fields: &[&str], raw: &str) -> bool {
    if !raw.contains('\\') {
        return fields.contains(&raw);
    }
    let name = unescaped(raw);
    fields.iter().any(|field| *field == name)
}

/// Where the inside of the string that opens at `at` ends, and where the text goes on after its closing quote.
/// Both are the end of the text if the string is not closed.
pub(super) fn string_span(bytes: &[u8], at: usize) -> (usize, usize) {
    let quote = bytes[at];
    let mut index = at + 1;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 2,
            b if b == quote => return (index, index + 1),
            _ => index += 1,
        }
    }
    (bytes.len(), bytes.len())
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Index after the value that starts at `at`.
fn value_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        None => at,
        Some(b'"') => string_span(bytes, at).1,
        Some(b'{' | b'[') => {
            let (mut depth, mut index) = (0_usize, at);
            while index < bytes.len() {
                match bytes[index] {
                    b'"' => {
                        index = string_span(bytes, index).1;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                index += 1;
                if depth == 0 {
                    return index;
                }
            }
            bytes.len()
        }
        Some(_) => {
            let rest = bytes[at..].iter();
            let stop = |b: &u8| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace();
            at + rest.take_while(|b| !stop(b)).count()
        }
    }
}

/// A string's text with its escapes resolved; what is not an escape stays as it is.
fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        let resolved = match char {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits = chars.as_str().get(..4);
                    if let Some(unit) = digits.and_then(|d| u16::from_str_radix(d, 16).ok()) {
                        units.push(unit);
                        chars = chars.as_str()[4..].chars();
                        continue;
                    }
                    'u'
                }
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend_from_slice(resolved.encode_utf16(&mut [0; 2]));
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

fn push_string(out: &mut String, text: &str) {
    // Writing text as a JSON string cannot fail; if it did, hiding it is the safe answer.
    out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| format!("\"{HIDDEN}\"")));
}
