//! Building calls, and the addresses that may be called: two of them come through the browser.

use super::mask::MASK;
use super::{Message, form, sign};
use crate::adapters::{Call, ChannelRevision, HttpMethod, Operation, Refusal, Transport, WireRequest};
use bytes::Bytes;

/// Path of an approval.
pub(super) const PAY: &str = "/webapi/pay_process.jsp";
/// Path of a cancellation and of a net-cancel.
pub(super) const CANCEL: &str = "/webapi/cancel_process.jsp";

/// A POST of a form.
pub(super) fn post(
    channel: &ChannelRevision,
    operation: Operation,
    url: String,
    fields: &[(&str, &str)],
) -> Result<Call, Refusal> {
    let mut all = fields.to_vec();
    all.push(("CharSet", sign::credentials(channel)?.charset));
    all.push(("EdiType", "JSON"));
    Ok(call(operation, url, form::body(&all)))
}

fn call(operation: Operation, url: String, body: Bytes) -> Call {
    Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method: HttpMethod::Post,
            url,
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body,
            mask: MASK,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}

/// A message of an operation that is not part of the core. `claim`: the TID that we made for it.
pub(super) fn message(
    channel: &ChannelRevision,
    operation: Operation,
    message: Message,
    claim: Option<String>,
) -> Call {
    let url = match message.path.strip_prefix("/webapi/") {
        Some(path) if message.path != CANCEL => webapi_url(channel, path),
        _ => cancel_url(channel),
    };
    Call {
        claim,
        ..call(operation, url, message.body)
    }
}

/// Address of a cancellation.
pub(super) fn cancel_url(channel: &ChannelRevision) -> String {
    format!("{}{CANCEL}", channel.endpoint("api"))
}

/// Address of a call of the `webapi` host. A test channel that overrides `api` alone means both.
pub(super) fn webapi_url(channel: &ChannelRevision, path: &str) -> String {
    let own = &channel.spec.endpoints;
    let name = if own.contains_key("api") && !own.contains_key("webapi") {
        "api"
    } else {
        "webapi"
    };
    format!("{}/webapi/{path}", channel.endpoint(name))
}

/// Whether an address that came through the browser may be called: https, a host of NICE's own, and the very path of the
/// call; or, in a test channel, the same path at an address that the channel overrides.
pub(super) fn is_ours(channel: &ChannelRevision, url: &str, path: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let Some(at) = rest.find('/') else { return false };
    let (host, own_path) = rest.split_at(at);
    if scheme == "https" && is_nice(host) && own_path == path {
        return true;
    }
    let same_origin = |base: &String| {
        let origin_end = base
            .find("://")
            .map(|i| i + 3)
            .and_then(|i| base[i..].find('/').map(|j| i + j));
        let (origin, prefix) = base.split_at(origin_end.unwrap_or(base.len()));
        let prefix = prefix.trim_end_matches('/');
        origin == format!("{scheme}://{host}") && (own_path == path || own_path == format!("{prefix}{path}"))
    };
    channel.spec.endpoints.values().any(same_origin)
}

/// A host below `nicepay.co.kr`, without user, port or anything else that could make it another.
fn is_nice(host: &str) -> bool {
    let plain = host
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    plain && host.strip_suffix(".nicepay.co.kr").is_some_and(|sub| !sub.is_empty())
}
