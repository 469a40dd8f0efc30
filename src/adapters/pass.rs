//! Calls of a PG's own API that a merchant makes through the router: what the unified API has no word for.

use super::Refusal;
use super::channel::ChannelRevision;
use super::wire::{Call, HttpMethod};
use bytes::Bytes;

/// A merchant's own call.
#[derive(Debug, Clone)]
pub struct PassRequest {
    /// HTTP method.
    pub method: HttpMethod,
    /// Path and query at the PG, percent-encoded, beginning with a slash; free of dot segments.
    pub target: String,
    /// Headers that [`PassThrough::headers`] lets through, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Body as sent.
    pub body: Bytes,
}

/// A PG whose API is authorised by headers, so that a foreign body can be sent under the channel's credentials.
pub trait PassThrough: Send + Sync {
    /// Names of the merchant's headers that go to the PG, in lower case. Never one that authorises.
    fn headers(&self) -> &'static [&'static str];
    /// The call, authorised. Its answer goes back to the merchant as it comes.
    ///
    /// # Errors
    /// The channel's contract cannot authorise such a call.
    fn pass(&self, request: PassRequest, channel: &ChannelRevision) -> Result<Call, Refusal>;
}
