//! Answers as they may be stored beside a payment: the text stays as it came, members with personal data or keys do not.

/// Longest stored answer, bytes.
const KEPT_MAX: usize = 16 * 1024;

/// The masked text of a JSON body. The scan accepts any text. Member names of `secrets` are replaced whatever their
/// case; those of `numbers` only if their value is a whole card number, which a PG should have masked itself.
pub(in crate::adapters) fn masked(text: &str, secrets: &[&str], numbers: &[&str]) -> String {
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
        let full = || is_full_number(&text[value..value_end(bytes, value)]);
        if named(literal, secrets) || (named(literal, numbers) && full()) {
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

/// Whether a string literal, read as a member name, is one of the names.
fn named(literal: &str, names: &[&str]) -> bool {
    let listed = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    let plain = literal.trim_matches('"');
    if !plain.contains('\\') {
        return listed(plain);
    }
    serde_json::from_str::<String>(literal).is_ok_and(|name| listed(&name))
}

/// Whether a value looks like a card number that nobody masked; PGs mask them, this is the belt to their braces.
pub(in crate::adapters) fn is_full_number(value: &str) -> bool {
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
