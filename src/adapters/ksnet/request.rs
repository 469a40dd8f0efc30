//! Records of the socket (KSNET KSPayApprovalCancel): four digits of length, a header, one body; EUC-KR, lengths and
//! offsets in bytes. Text stands left with blanks after it.

use super::codes::doubt;
use super::wire::{cut, decode, encode, len, stamp};
use crate::adapters::{
    Call, ChannelRevision, HttpMethod, Mask, Operation, Transport, UnknownWhy, WireAnswer, WireRequest,
};
use crate::payment::Millis;
use std::ops::Range;

/// Digits of the length.
const LENGTH_DIGITS: usize = 4;
/// Where a body starts, the length included.
pub(super) const BODY: usize = 300;
/// Where the store id stands.
pub(super) const STORE: Range<usize> = 26..36;
/// Where the order number stands.
pub(super) const ORDER: Range<usize> = 36..86;

/// Text in a field of fixed length: what does not fit is cut between characters.
pub(super) fn field(text: &str, length: usize) -> Vec<u8> {
    let text = if len(text) > length {
        cut(text, length)
    } else {
        text.to_owned()
    };
    let mut bytes = encode(&text);
    bytes.resize(length, b' ');
    bytes
}

/// Values of a header; what is not here is blank or fixed.
pub(super) struct Header<'a> {
    pub(super) store: &'a str,
    pub(super) order: &'a str,
    pub(super) user: &'a str,
    pub(super) email: &'a str,
    pub(super) goods: &'a str,
    /// `0` and up to eleven digits.
    pub(super) phone: &'a str,
    pub(super) at: Millis,
}

impl<'a> Header<'a> {
    /// Of a record that says nothing of buyer and goods.
    pub(super) fn bare(channel: &'a ChannelRevision, order: &'a str, at: Millis) -> Self {
        Self {
            store: &channel.spec.mid,
            order,
            user: "",
            email: "",
            goods: "",
            phone: "0",
            at,
        }
    }
}

/// A whole record of version 0603, not encrypted, sent for the first time, for goods, keyed in, over the internet.
pub(super) fn record(header: &Header<'_>, body: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(BODY + body.len());
    for (text, length) in [
        ("0", 1),
        ("0603", 4),
        ("00", 2),
        ("0", 1),
        (&stamp(header.at, "%Y%m%d%H%M%S"), 14),
        (header.store, 10),
        (header.order, 50),
        (header.user, 50),
        ("", 13),
        (header.email, 50),
        ("1", 1),
        (header.goods, 50),
        ("K", 1),
        ("1", 1),
        (header.phone, 12),
        ("1", 1),
        ("", 35),
    ] {
        rest.extend(field(text, length));
    }
    rest.extend_from_slice(body);
    let mut record = format!("{:04}", rest.len()).into_bytes();
    record.append(&mut rest);
    record
}

/// Body of a cancellation by transaction number. `reason`: of a cash receipt.
pub(super) fn cancel_body(kind: &str, cancel_type: &str, trno: &str, data: &str, reason: &str) -> Vec<u8> {
    let fields = [
        (kind, 4),
        (cancel_type, 1),
        (trno, 12),
        ("", 8),
        ("", 50),
        (data, 42),
        (reason, 1),
        ("", 32),
    ];
    fields.iter().flat_map(|(text, length)| field(text, *length)).collect()
}

/// The exchange of a record.
pub(super) fn exchange(channel: &ChannelRevision, operation: Operation, record: Vec<u8>) -> Call {
    Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Tcp {
                length_digits: LENGTH_DIGITS,
            },
            method: HttpMethod::Post,
            url: channel.endpoint("socket").to_owned(),
            headers: Vec::new(),
            body: record.into(),
            // A record has no names to mask by, and may hold card data, a phone number, a token.
            mask: Mask::WHOLE,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}

/// A record that came: a header and a body of at least `body_min` bytes, exactly as long as it says.
pub(super) fn read<'a>(answer: &'a WireAnswer, store: &str, body_min: usize) -> Result<Record<'a>, UnknownWhy> {
    let record = &answer.body[..];
    let said = record.get(..LENGTH_DIGITS).and_then(length);
    if said.map(|said| said + LENGTH_DIGITS) != Some(record.len()) || record.len() < BODY + body_min {
        let message = format!("KSNET's record of {} bytes is not as long as it must be", record.len());
        return Err(doubt("NARU_UNREADABLE", message));
    }
    let record = Record(record);
    if record.text(STORE) != store {
        return Err(doubt("NARU_WRONG_MID", "KSNET's record names another store id"));
    }
    Ok(record)
}

/// A record that answers `order` with a body of type `kind`.
pub(super) fn answered<'a>(
    answer: &'a WireAnswer,
    store: &str,
    order: &str,
    kind: &str,
    body_min: usize,
) -> Result<Record<'a>, UnknownWhy> {
    let record = read(answer, store, body_min)?;
    if record.body(0, 4) != kind {
        let message = "KSNET's record is of another type than asked for";
        return Err(doubt("NARU_UNREADABLE", message));
    }
    if record.text(ORDER) != order {
        let message = "KSNET's record is about another order than ours";
        return Err(doubt("NARU_WRONG_ORDER_ID", message));
    }
    Ok(record)
}

/// A decimal length.
pub(super) fn length(digits: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

/// Bytes of fixed offsets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a>(pub(super) &'a [u8]);

impl Record<'_> {
    /// A field of the body, by its offset there.
    pub(super) fn body(&self, from: usize, length: usize) -> String {
        self.text(BODY + from..BODY + from + length)
    }

    /// A field without its padding; empty if the record ends before it.
    pub(super) fn text(&self, at: Range<usize>) -> String {
        self.0.get(at).map(decode).unwrap_or_default()
    }
}
