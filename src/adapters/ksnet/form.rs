//! Forms that come from outside: percent-encoded UTF-8 or CP949.

use super::wire::decode;

/// The bytes of a form's value by name: decoded, not yet read as text. A name that stands there twice gives the first.
pub(super) fn bytes(form: &[u8], name: &str) -> Option<Vec<u8>> {
    values(form, name).next()
}

fn values<'a>(form: &'a [u8], name: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
    form.split(|b| *b == b'&').filter_map(move |pair| {
        let at = pair.iter().position(|b| *b == b'=')?;
        (plain(&pair[..at]) == name.as_bytes()).then(|| plain(&pair[at + 1..]))
    })
}

fn plain(part: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// All texts of a name in body and query.
pub(super) fn texts(body: &[u8], query: &str, name: &str) -> Vec<String> {
    let both = values(body, name).chain(values(query.as_bytes(), name));
    both.map(|value| decode(&value)).collect()
}
