//! `SignData` of requests and `Signature` of answers: lower-case hex SHA-256 over values in an order of their own for
//! each call, the merchant key last.

use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write;

/// Lower-case hexadecimal SHA-256 over the parts, then the key.
pub(super) fn sign(parts: &[&str], key: &str) -> String {
    let mut text = parts.concat();
    text.push_str(key);
    digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .fold(String::with_capacity(64), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// Which fields a request's `SignData` covers, in this order.
pub(super) mod order {
    /// Opening a window.
    pub const WINDOW: &[&str] = &["EdiDate", "MID", "Amt"];
    /// Approval and net-cancel.
    pub const APPROVAL: &[&str] = &["AuthToken", "MID", "Amt", "EdiDate"];
    /// Cancel, refund, receipt cancel.
    pub const CANCEL: &[&str] = &["MID", "CancelAmt", "EdiDate"];
    /// Status.
    pub const STATUS: &[&str] = &["TID", "MID", "EdiDate"];
    /// Registering a billing key.
    pub const BILLING_ISSUE: &[&str] = &["MID", "EdiDate", "Moid"];
    /// Charging a billing key.
    pub const BILLING_PAY: &[&str] = &["MID", "EdiDate", "Moid", "Amt", "BID"];
    /// Deleting a billing key.
    pub const BILLING_DELETE: &[&str] = &["MID", "EdiDate", "Moid", "BID"];
    /// Key-in and virtual accounts without a window.
    pub const DIRECT: &[&str] = &["MID", "Amt", "EdiDate", "Moid"];
    /// Cash receipts.
    pub const RECEIPT: &[&str] = &["MID", "ReceiptAmt", "EdiDate", "Moid"];
    /// Escrow delivery.
    pub const ESCROW: &[&str] = &["TID", "MID", "ReqType", "EdiDate"];
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "EYzu8jGGMfqaDEp76gSckuvnaHHu+bC4opsSN6lHv3b2lurNYkVXrZ7Z1AoqQnXI3eLuaUFyoRNC6FkrzVjceg==";

    fn value(name: &str) -> &'static str {
        match name {
            "EdiDate" => "20200622131021",
            "MID" => "nicepay00m",
            "Amt" | "CancelAmt" | "ReceiptAmt" => "1004",
            "AuthToken" => "NICETOKNF435F661A2D54ED799BFB9F4B3F7E369",
            "TID" => "nicepay00m01012006221311045107",
            "Moid" => "ORD20200622001",
            "BID" => "BIKYnicepay00m2006221311045107",
            "ReqType" => "03",
            other => unreachable!("{other}"),
        }
    }

    /// The orders of requests with the published test key; the first and third results are printed by NICE.
    #[test]
    fn every_request_has_its_order() {
        for (fields, expected) in [
            (
                order::WINDOW,
                "475979a5628498711052598c6d4a73a17f0e3f0ef45960eed2e1b1776e3146bd",
            ),
            (
                order::APPROVAL,
                "4916540b27cd60f3b6e37aa2e1257c7e4fb9faa0b4a84a1d85fac91461d00204",
            ),
            (
                order::CANCEL,
                "bd787853177d32b738cd8e2e2f9a1a4cbd041c2020a506c23bc5bde2d3aecc82",
            ),
            (
                order::STATUS,
                "de7b036bab4c5cd6f760a403cfabfc08a2ccaf056ba3991fba55190d2ea2a5a9",
            ),
            (
                order::BILLING_ISSUE,
                "418d630bd65184ade37159ea7b124ddcdd82d67638ad3ae7eaaae7cec5f3291f",
            ),
            (
                order::BILLING_PAY,
                "4dbc5e577b58a0bd7ce684737206fe494a8e77ccf982cddc9ca92dd7809ef326",
            ),
            (
                order::BILLING_DELETE,
                "43a355a67ed94e75892bbd03f4509acc6d5b96bde040ed5eba1b7acc8c0bbadd",
            ),
            (
                order::DIRECT,
                "3c476c617817626b9d1a86dffe132721a9fc36cf576a238c697c8774834c25e5",
            ),
            (
                order::RECEIPT,
                "3c476c617817626b9d1a86dffe132721a9fc36cf576a238c697c8774834c25e5",
            ),
            (
                order::ESCROW,
                "b434f9347fd524e46a6dce23653c25e426175f58a09c034fb6b169d80c0df900",
            ),
        ] {
            let parts: Vec<&str> = fields.iter().map(|name| value(name)).collect();
            assert_eq!(sign(&parts, KEY), expected, "{fields:?}");
        }
    }

    /// Card events have a page of their own at NICE; its order is the same kind of thing.
    #[test]
    fn card_events_have_an_order_too() {
        assert_eq!(
            sign(&[value("MID"), value("EdiDate"), "04", "20200622"], KEY),
            "ac3610e36586b40b1a7adf40b0b9a9bac35e29ed0d2d8718837b8c5fd84be29e"
        );
    }

    #[test]
    fn answers_and_returns_have_theirs_with_both_readings_of_the_amount() {
        let (tid, mid) = (value("TID"), value("MID"));
        for (parts, expected) in [
            (
                [value("AuthToken"), mid, "1004"],
                "cc94db193780ffb83d79845bb001b26da397cb5855dd285a3b85a4acc1fa55fe",
            ),
            (
                [tid, mid, "1004"],
                "9439b21e792ee41d1411d7b5e7e34a2062f0f42f19fa3f875f35c388954d4efd",
            ),
            (
                [tid, mid, "000000001004"],
                "59c36831e223d8d7c96e248123816a31a1a4510088e4bd63862455fe91851de5",
            ),
            (
                [tid, mid, "500"],
                "dadba8381edff21be1ff046a6c97cdf4a640f1a0a6659b9dc1527f7899a5ebc7",
            ),
            (
                [tid, mid, "000000000500"],
                "2377b851d8a9e464f3554017439e9de12f9483735d80739c79a902922655e766",
            ),
            // A cancel request of a part.
            (
                [mid, "500", "20200622140000"],
                "2dcf75fafda79689828b6fc9d10ae573d3f4742cae4b462368b2052d8f36eac4",
            ),
        ] {
            assert_eq!(sign(&parts, KEY), expected, "{parts:?}");
        }
    }
}
