//! Signatures: lower-case hex SHA-256 over plain concatenation, the secret key last ("위변조 검증").

use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write;

/// Lower-case hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// Hash over the parts, one after the other.
pub(super) fn hash(parts: &[&str]) -> String {
    hex(digest(&SHA256, parts.concat().as_bytes()).as_ref())
}

/// The values of a message that its signature may cover, in the order in which the PG concatenates them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cover<'a> {
    /// The return of a window to the server-approval model: token, client key, amount.
    Return(&'a str, &'a str, i64),
    /// Answers and webhooks about a payment, approval and check-amount requests: tid, amount, ediDate.
    Payment(&'a str, i64, &'a str),
    /// Cancel, inquiry by tid, receipt cancel and inquiry requests, check-amount answers: tid, ediDate.
    Tid(&'a str, &'a str),
    /// Net-cancel and billing-key registration requests: orderId, ediDate.
    Order(&'a str, &'a str),
    /// Billing charge and expiry requests: orderId, bid, ediDate.
    Bid(&'a str, &'a str, &'a str),
    /// Receipt issue requests: orderId, amount, ediDate.
    OrderAmount(&'a str, i64, &'a str),
    /// Receipt answers: tid, orderId, ediDate.
    Receipt(&'a str, &'a str, &'a str),
    /// Card promotion requests and answers: ediDate.
    Date(&'a str),
}

/// The signature of a message.
pub(super) fn sign(cover: Cover<'_>, secret: &str) -> String {
    match cover {
        Cover::Return(token, client, amount) => hash(&[token, client, &amount.to_string(), secret]),
        Cover::Payment(tid, amount, date) => hash(&[tid, &amount.to_string(), date, secret]),
        Cover::Tid(tid, date) => hash(&[tid, date, secret]),
        Cover::Order(order, date) => hash(&[order, date, secret]),
        Cover::Bid(order, bid, date) => hash(&[order, bid, date, secret]),
        Cover::OrderAmount(order, amount, date) => hash(&[order, &amount.to_string(), date, secret]),
        Cover::Receipt(tid, order, date) => hash(&[tid, order, date, secret]),
        Cover::Date(date) => hash(&[date, secret]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "9eb85607103646da9f9c02b128f2e5ee";
    const CLIENT: &str = "S2_af4543a0be4d49a98122e01ec2059a56";
    const TID: &str = "UT0000113m01012111051714341073";
    const DATE: &str = "2021-11-05T17:14:35.150+0900";
    const ORDER: &str = "order-20240101-0001";
    const BID: &str = "BIKYnictest00m1104191651325596";

    /// The first two results are printed in NICE's public samples.
    #[test]
    fn every_formula_gives_its_published_result() {
        let token = "NICEUNTTB06096FF8F653AA366E7EEED1101AAAE";
        for (cover, expected) in [
            (
                Cover::Return(token, CLIENT, 1004),
                "99ea68bf15681741e793ece56ab87891b9bdc94cd54abdcb55b2884f4336155a",
            ),
            (
                Cover::Payment(TID, 1004, DATE),
                "63b251b31c909eebef1a9f4fcc19e77bdcb8f64fc1066a29670f8627186865cd",
            ),
            (
                Cover::Tid(TID, DATE),
                "4de1390d2edc42e5531342e817041b5e9656d18abfdf1550d697ce1ccb0ad061",
            ),
            (
                Cover::Order(ORDER, DATE),
                "719d695e8a929ff1f50d18e99a5977784e2fdb420180ac4da699f627760b5062",
            ),
            (
                Cover::Bid(ORDER, BID, DATE),
                "316db37175b0037f73849acaa47d13e694c70157b8b46f6857f84ee241ae97b3",
            ),
            (
                Cover::OrderAmount(ORDER, 1004, DATE),
                "85ec2861a5157b972072ca93ba9d12cc654bbe281241a560ebe551088c2f4933",
            ),
            (
                Cover::Receipt(TID, ORDER, DATE),
                "ec446959a4c126331ac36855344a88269e52bd3538ab7b07cb5ddb4e3a9beaef",
            ),
            (
                Cover::Date(DATE),
                "4e0f9b3bb495202f98e65714e360e7c5e7cb88db5227fd1a22df42840d6a93e8",
            ),
        ] {
            assert_eq!(sign(cover, KEY), expected, "{cover:?}");
        }
    }

    #[test]
    fn the_second_public_pair_and_the_examples_agree_too() {
        let key = "4f13ca267dfa4fc6964148bedcda15ef";
        let token = "NICEUNTT9FBBD87FD2393AFEE45A7DCA61C194AA";
        assert_eq!(
            sign(Cover::Return(token, "58e3b578555e45738d6b569e53d5ae54", 1004), key),
            "7cc95c592e2a12f0292e1a20d68dd9eb8132fd3c0af675b981a4c1c2ce63a93b"
        );
        let (tid, date) = ("UT0000113m01012110051656331001", "2021-10-05T16:56:34.447+0900");
        assert_eq!(
            sign(Cover::Payment(tid, 1004, date), key),
            "28c2e8bae912847541d4885db17648f963c7cc8e8249ff010097d6f1395df993"
        );
        // After a partial cancel the signature is still over the original amount.
        assert_eq!(
            sign(Cover::Payment(TID, 1004, "2021-11-06T09:00:01.007+0900"), KEY),
            "8c75092b47bd47509a0d71e1e357a69880d4e4ac290e7ecc7c29404c58de805c"
        );
        let (tid, date) = ("UT0000113m03012111061000011234", "2021-11-06T11:22:33.444+0900");
        assert_eq!(
            sign(Cover::Payment(tid, 10000, date), KEY),
            "42c42ab9366ca7aac07dd3412a72a8d58feed06cd06feb6eaf155276056b6b28"
        );
    }
}
