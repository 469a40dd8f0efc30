//! `enc_data` and `enc_info`: what an authenticated buyer hands over, to be exchanged once for money or for a batch key.
//!
//! Here `enc_data` is a number and filler, `enc_info` its HMAC; what they stand for stays in the simulator. Changing a
//! byte of either, or joining halves of two, opens nothing.

use super::payment::{Card, Payment};
use crate::simulators::ids;
use crate::simulators::ledger::{Book, lock};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::{Arc, Mutex};

/// Characters of a blob's number.
const NUMBER: usize = 24;
/// Filler: real ones are long, too.
const FILLER: usize = 600;

/// What a blob stands for.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Payment(Box<Payment>),
    /// A card for a batch key, its order number and group.
    Key(Box<Card>, String, String),
}

#[derive(Debug, Clone)]
pub(super) struct Blob {
    pub site: Arc<str>,
    pub at: i64,
    pub used: bool,
    pub content: Content,
}

impl Blob {
    /// `tran_cd`
    pub fn transaction(&self) -> &'static str {
        match self.content {
            Content::Payment(_) => PAY,
            Content::Key(..) => KEY,
        }
    }
}

/// `tran_cd` of a payment.
pub(super) const PAY: &str = "00100000";
/// `tran_cd` of a batch key.
pub(super) const KEY: &str = "00300001";

/// All blobs.
#[derive(Debug)]
pub(super) struct Blobs {
    key: hmac::Key,
    book: Book<Blob>,
}

impl Blobs {
    pub fn new(max: usize) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA512, ids::alnum(64).as_bytes()),
            book: Book::new(max),
        }
    }

    /// Seals; gives `enc_data` and `enc_info`.
    pub fn seal(&self, blob: Blob) -> (String, String) {
        let number = ids::alnum(NUMBER);
        // Twenty-four random characters do not meet again.
        drop(self.book.insert(&Arc::from(number.as_str()), blob));
        let data = STANDARD.encode(format!("{number}{}", ids::alnum(FILLER)));
        let info = STANDARD.encode(hmac::sign(&self.key, data.as_bytes()));
        (data, info)
    }

    pub fn open(&self, data: &str, info: &str) -> Option<Arc<Mutex<Blob>>> {
        let tag = STANDARD.decode(info).ok()?;
        hmac::verify(&self.key, data.as_bytes(), &tag).ok()?;
        let text = STANDARD.decode(data).ok()?;
        self.book.get(std::str::from_utf8(text.get(..NUMBER)?).ok()?)
    }

    /// Whether nobody has exchanged it yet; from now on somebody has.
    pub fn first_use(blob: &Mutex<Blob>) -> bool {
        !std::mem::replace(&mut lock(blob).used, true)
    }

    pub fn clear(&self) {
        self.book.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_opens_whole_or_not_at_all() {
        let blobs = Blobs::new(10);
        let blob = |order: &str| Blob {
            site: Arc::from("NARU1"),
            at: 0,
            used: false,
            content: Content::Key(
                Box::new(Card::of("CCKM", String::new())),
                order.to_owned(),
                String::new(),
            ),
        };
        let (first, second) = (blobs.seal(blob("A")), blobs.seal(blob("B")));
        let opened = blobs.open(&first.0, &first.1).unwrap();
        assert!(Blobs::first_use(&opened) && !Blobs::first_use(&opened));
        assert_eq!(lock(&opened).transaction(), "00300001");
        assert!(blobs.open(&first.0, &second.1).is_none());
        for at in [0, 40, first.0.len() / 2, first.0.len() - 5] {
            let mut broken = first.0.clone();
            let other = if broken.as_bytes()[at] == b'A' { "B" } else { "A" };
            broken.replace_range(at..=at, other);
            assert!(blobs.open(&broken, &first.1).is_none(), "{at}");
        }
        assert!(blobs.open("", "").is_none() && blobs.open(&first.0, "").is_none());
        blobs.clear();
        assert!(blobs.open(&second.0, &second.1).is_none());
    }
}
