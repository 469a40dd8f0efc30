//! Card numbers.

use std::borrow::Cow;

const DIGITS_MIN: usize = 13;
const DIGITS_MAX: usize = 19;

/// Replaces every possible card number by its first six and last four digits.
pub(super) fn hide(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = run_end(bytes, at);
        // Most runs are amounts, dates and times: too short to look at.
        if end - at >= DIGITS_MIN {
            at = hide_in_run(text, at, end, &mut copied, &mut out);
        } else {
            at = end;
        }
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
    }
}

/// End of the run of digits, with single separators between them, that starts at `at`.
fn run_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b' ' | b'-'), Some(next)) if next.is_ascii_digit() => at += 1,
            _ => return at,
        }
    }
}

/// Looks at the groups of digits of a run: a number starts and ends at group borders ("2026-11-22 4111…" holds one).
fn hide_in_run(text: &str, from: usize, to: usize, copied: &mut usize, out: &mut Option<String>) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        if let Some(end) = number_end(bytes, at, to) {
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(&text[*copied..at]);
            let digits = || bytes[at..end].iter().filter(|b| b.is_ascii_digit());
            let count = digits().count();
            for (index, digit) in digits().enumerate() {
                match index {
                    0..6 => out.push(char::from(*digit)),
                    6 => out.push_str("******"),
                    _ if index + 4 >= count => out.push(char::from(*digit)),
                    _ => {}
                }
            }
            *copied = end;
            at = end;
        } else {
            at += bytes[at..to]
                .iter()
                .position(|b| !b.is_ascii_digit())
                .unwrap_or(to - at);
        }
        if at < to && !bytes[at].is_ascii_digit() {
            at += 1;
        }
    }
    to
}

/// Longest group-bordered stretch from `at` that is a valid card number.
fn number_end(bytes: &[u8], at: usize, to: usize) -> Option<usize> {
    let mut digits = [0_u8; DIGITS_MAX];
    let (mut count, mut found) = (0, None);
    for index in at..to {
        if bytes[index].is_ascii_digit() {
            if count == DIGITS_MAX {
                break;
            }
            digits[count] = bytes[index] - b'0';
            count += 1;
        }
        let border = index + 1 == to || !bytes[index + 1].is_ascii_digit();
        if bytes[index].is_ascii_digit() && border && count >= DIGITS_MIN && luhn(&digits[..count]) {
            found = Some(index + 1);
        }
    }
    found
}

/// Luhn sum of digits (values, not characters).
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, u32::from(*digit)) {
            (1, digit) if digit > 4 => digit * 2 - 9,
            (1, digit) => digit * 2,
            (_, digit) => digit,
        })
        .sum();
    sum.is_multiple_of(10)
}
