//! Text as NICE stores it: CP949 (the superset of EUC-KR), with lengths in its bytes. Receipts and ledgers behind both
//! interfaces are CP949, so a character outside it is lost or refused somewhere, whatever the request's charset.

use encoding_rs::EUC_KR;
use std::fmt::Write as _;

/// Bytes of one character, 0 if CP949 lacks it.
fn width(c: char) -> usize {
    let mut utf8 = [0; 4];
    let (bytes, _, missing) = EUC_KR.encode(c.encode_utf8(&mut utf8));
    if missing { 0 } else { bytes.len() }
}

/// Text without control characters, without characters outside CP949 and without outer spaces.
pub(in crate::adapters) fn clean(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() && width(*c) > 0).collect();
    kept.trim().to_owned()
}

/// Length in bytes of text that [`clean`] made.
pub(in crate::adapters) fn len(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// [`clean`] text cut to a number of bytes, between characters.
pub(in crate::adapters) fn cut(text: &str, bytes_max: usize) -> String {
    let clean = clean(text);
    let mut left = bytes_max;
    let fits = |c: &char| match left.checked_sub(width(*c)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept: String = clean.chars().take_while(fits).collect();
    kept.trim_end().to_owned()
}

/// Bytes of a body as text: UTF-8 if it is that, else CP949. A byte order mark is dropped.
pub(in crate::adapters) fn decode(body: &[u8]) -> String {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => EUC_KR.decode_without_bom_handling(body).0.into_owned(),
    }
}

/// Bytes of CP949.
pub(in crate::adapters) fn encode(text: &str) -> Vec<u8> {
    EUC_KR.encode(&clean(text)).0.into_owned()
}

/// Lower-case hexadecimal SHA-256 of the parts, one after the other.
pub(in crate::adapters) fn sha256_hex(parts: &[&str]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part.as_bytes());
    }
    hex(context.finish().as_ref())
}

/// Lower-case hexadecimal.
pub(in crate::adapters) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(in crate::adapters) fn same_secret(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
