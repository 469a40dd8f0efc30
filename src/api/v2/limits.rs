//! Explicit limits of the V2 API's fields, in characters unless said otherwise. A PG's own, narrower limits are the
//! adapter's: what passes here may still be cut or refused for one PG.

/// `paymentId`. PGs take 6 to 64 characters, but the PG only sees the router's own order number.
pub const PAYMENT_ID: usize = 200;
/// Other identifiers: `storeId`, `channelKey`, `txId`, …
pub const ID: usize = 128;
/// `orderName`.
pub const ORDER_NAME: usize = 500;
/// `reason` of a cancellation.
pub const REASON: usize = 500;
/// `customData`.
pub const CUSTOM_DATA: usize = 20_000;
/// `paymentToken`.
pub const TOKEN: usize = 4_000;
/// Names, e-mail addresses, address lines.
pub const LINE: usize = 300;
/// Short codes: postal code, dates, phone numbers.
pub const CODE: usize = 40;
/// URLs.
pub const URL: usize = 2_048;
/// `products`, in members.
pub const PRODUCTS: usize = 200;
/// `noticeUrls`, in members.
pub const NOTICE_URLS: usize = 10;
/// Lists in a filter, in members.
pub const FILTER_ITEMS: usize = 100;
/// An API secret or token in a body or header, in bytes.
pub const SECRET: usize = 2_048;
/// Instalment months.
pub const INSTALLMENT_MONTHS: i64 = 60;
/// Largest page.
pub const PAGE_SIZE: i64 = 1_000;
/// Largest page of a list with a cursor.
pub const FEED_SIZE: i64 = 1_000;
/// `(number + 1) × size` of a page.
pub const PAGE_REACH: i64 = 60_000;
/// How far back a list goes when no `from` is given, ms (90 days).
pub const LIST_RANGE_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
