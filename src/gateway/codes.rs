//! Our own codes on exchanges that ended without a PG's answer. They stand where a PG's code would stand, and are a
//! contract with operators: alert rules and support pages name them.

/// The PG's host name could not be resolved. Nothing was sent.
pub const RESOLVE: &str = "NARU_RESOLVE";
/// No connection: refused, unreachable, or not in time. Nothing was sent.
pub const CONNECT: &str = "NARU_CONNECT";
/// The TLS handshake failed: not a TLS port, an untrusted or wrong certificate, or not in time. Nothing was sent.
pub const TLS: &str = "NARU_TLS";
/// The channel has as many calls in flight as it may. Nothing was sent.
pub const BULKHEAD: &str = "NARU_BULKHEAD";
/// The channel's PG failed too often in a row; new payments wait for a probe. Nothing was sent.
pub const BREAKER_OPEN: &str = "NARU_BREAKER_OPEN";
/// The URL's host or scheme is not one this channel may call. Nothing was sent.
pub const HOST_REFUSED: &str = "NARU_HOST_REFUSED";
/// The request cannot be put on the wire (a header with a line break, a URL without a host). Nothing was sent.
pub const REQUEST: &str = "NARU_REQUEST";
/// The answer was not complete when the operation's time was over.
pub const TIMEOUT: &str = "NARU_TIMEOUT";
/// The connection ended before the answer's head was complete.
pub const RESET: &str = "NARU_RESET";
/// The connection ended inside the answer's body.
pub const TRUNCATED: &str = "NARU_TRUNCATED";
/// The answer is larger than [`super::GatewayOptions::answer_bytes_max`].
pub const TOO_LARGE: &str = "NARU_TOO_LARGE";
/// The answer's framing is not HTTP, or not the record that was agreed.
pub const UNREADABLE: &str = "NARU_UNREADABLE";
