//! Bodies as they may be written down: named members hidden, card numbers shortened, length bounded.
//!
//! This runs twice for every PG call, so nothing here builds a tree: a body is walked once, lexically, and copied.
//! Two layers work on their own, so that a mistake in one is caught by the other:
//!
//! - members and fields by name, in JSON (also JSON kept as text inside JSON), forms and, by a coarser rule that
//!   hides too much rather than too little, any other text;
//! - every run of digits that could be a card number (13–19 digits, single spaces or hyphens between them, valid
//!   Luhn sum), wherever it stands.

mod json;
mod pan;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// Longest text kept, in bytes.
pub const KEPT_BYTES: usize = 16 << 10;

/// What replaces a value.
pub(super) const HIDDEN: &str = "***";

/// How far past [`KEPT_BYTES`] the walk goes, so that a card number across the cut is seen whole.
const SLACK: usize = 128;

/// How deep JSON inside JSON strings (or form values) is followed; deeper text is hidden whole.
const NESTED_MAX: u8 = 4;

/// A body as text with the values of `fields` replaced by `***` and card numbers by first six and last four digits.
///
/// `fields` are JSON member or form field names, case-sensitive, at any depth. Bytes that are not UTF-8 are read as
/// EUC-KR if they are that, else with replacement characters. At most [`KEPT_BYTES`] are kept; a cut is marked.
#[must_use]
pub fn masked(body: &[u8], fields: &[&str]) -> String {
    let text = decoded(body);
    let hidden = hide(&text, fields, 0);
    let mut kept = pan::hide(&hidden).into_owned();
    if kept.len() > KEPT_BYTES || hidden.len() > KEPT_BYTES {
        // The walk may have stopped inside a number: what stands at its very end is never kept.
        kept.truncate(floor(&kept, KEPT_BYTES.min(kept.len().saturating_sub(SLACK))));
        kept.push_str(&format!("…[cut here; {} bytes in all]", body.len()));
    }
    kept
}

/// Largest character border at or below `end`.
fn floor(text: &str, mut end: usize) -> usize {
    end = end.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// How much output a walk makes at most. Text inside text is walked whole: only the outermost end is cut off.
fn limit(depth: u8) -> usize {
    if depth == 0 { KEPT_BYTES + SLACK } else { usize::MAX }
}

fn decoded(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::EUC_KR
            .decode_without_bom_handling_and_without_replacement(body)
            .unwrap_or_else(|| String::from_utf8_lossy(body)),
    }
}

/// Hides members by name; may stop some way past [`KEPT_BYTES`].
fn hide(text: &str, fields: &[&str], depth: u8) -> String {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with(['{', '[', '"']) {
        let hidden = json::hide(text, fields, depth);
        // Text that only looks like JSON may be cut or quoted wrongly, so that names and values are not where the
        // walk believes them: the coarse rule goes over it as well.
        if serde_json::from_str::<serde::de::IgnoredAny>(start).is_ok() {
            return hidden;
        }
        return text::hide(&hidden, fields, depth);
    }
    if !text::is_form(start) {
        return text::hide(text, fields, depth);
    }
    if start.contains(['"', '{', '<']) {
        // Raw text between the ampersands: it may hold one itself.
        return text::hide_form(&text::hide(text, fields, depth), fields, depth);
    }
    text::hide_form(text, fields, depth)
}

/// Hides inside a decoded value (a JSON string, a form value); `None` if there is nothing to hide in it.
fn hide_value(value: &str, fields: &[&str], depth: u8) -> Option<String> {
    let worth = value.contains(['{', '[', '=', '<', ':']) && !fields.is_empty();
    let hidden = match worth {
        true if depth >= NESTED_MAX => Cow::Borrowed(HIDDEN),
        true => Cow::Owned(hide(value, fields, depth + 1)),
        false => Cow::Borrowed(value),
    };
    let hidden = pan::hide(&hidden);
    (hidden != value).then(|| hidden.into_owned())
}
