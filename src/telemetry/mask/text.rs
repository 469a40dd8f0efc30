//! Forms, and everything that is neither a form nor JSON.

use super::json::string_span;
use super::{HIDDEN, floor, hide_value, limit};
use std::borrow::Cow;

/// Whether a body looks like `application/x-www-form-urlencoded`: it starts with a name and `=`. Values are often
/// sent less strictly encoded than they should be, so nothing is asked of them.
pub(super) fn is_form(text: &str) -> bool {
    let name_byte = |b: u8| b.is_ascii_alphanumeric() || b"_-.%+[]~".contains(&b);
    text.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(name_byte))
}

/// Copies a form, replacing the values of fields named in `fields`.
pub(super) fn hide_form(text: &str, fields: &[&str], depth: u8) -> String {
    let limit = limit(depth);
    let mut out = String::with_capacity(text.len().min(limit) + 16);
    for (index, pair) in text.split('&').enumerate() {
        if out.len() > limit {
            break;
        }
        if index > 0 {
            out.push('&');
        }
        let Some((name, value)) = pair.split_once('=') else {
            out.push_str(pair);
            continue;
        };
        out.push_str(name);
        out.push('=');
        let named = form_decoded(name);
        if fields.iter().any(|field| *field == named) {
            out.push_str(HIDDEN);
        } else {
            match hide_value(&form_decoded(value), fields, depth) {
                Some(hidden) => out.extend(form_urlencoded::byte_serialize(hidden.as_bytes())),
                None => out.push_str(value),
            }
        }
    }
    out
}

fn form_decoded(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['%', '+']) {
        return Cow::Borrowed(raw);
    }
    let spaced = raw.replace('+', " ");
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
    Cow::Owned(super::decoded(&bytes).into_owned())
}

/// Copies any text, hiding what follows a field's name and an assignment (`name=v`, `"name": "v"`, `<name>v<`,
/// `name="x" value="v"`). Hides too much rather than too little.
pub(super) fn hide(text: &str, fields: &[&str], depth: u8) -> String {
    let bytes = text.as_bytes();
    let limit = limit(depth);
    let mut out = String::with_capacity(text.len().min(limit) + 16);
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() && out.len() + (at - copied) <= limit {
        let word_starts = is_word(bytes[at]) && (at == 0 || !is_word(bytes[at - 1]));
        let name = word_starts
            .then(|| fields.iter().find(|f| names_at(bytes, at, f)))
            .flatten();
        let Some(value) = name.and_then(|name| value_start(bytes, at + name.len())) else {
            at += 1;
            continue;
        };
        out.push_str(&text[copied..value]);
        out.push_str(HIDDEN);
        at = value_stop(bytes, value);
        copied = at;
    }
    out.push_str(&text[copied..floor(text, at)]);
    out
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn names_at(bytes: &[u8], at: usize, name: &str) -> bool {
    let end = at + name.len();
    !name.is_empty() && bytes.get(at..end) == Some(name.as_bytes()) && !bytes.get(end).copied().is_some_and(is_word)
}

/// Where the value of a name that ended at `at` starts: after quotes, blanks and an assignment.
fn value_start(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut assigned = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'=' | b':' | b'>' => assigned = true,
            // An escaped quote: JSON inside a string.
            b'\\' | b'"' | b'\'' => {
                let opens = assigned && *byte != b'\\';
                if opens {
                    return Some(at);
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if assigned => return Some(at),
            _ if bytes[at..].starts_with(b"value") => at += 4,
            _ => return None,
        }
        at += 1;
    }
    None
}

/// Where the value that starts at `at` stops.
fn value_stop(bytes: &[u8], at: usize) -> usize {
    if matches!(bytes.get(at), Some(b'"' | b'\'')) {
        return string_span(bytes, at).1;
    }
    let stop = |b: &u8| {
        matches!(
            b,
            b'&' | b',' | b';' | b'<' | b'"' | b'\'' | b'}' | b']' | b'\r' | b'\n'
        )
    };
    at + bytes[at..].iter().take_while(|b| !stop(b)).count()
}
