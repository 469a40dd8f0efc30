//! Building calls.

use super::mask::ANSWERS;
use super::sign::credentials;
use crate::adapters::{Call, ChannelRevision, HttpMethod, Mode, Operation, Refusal, Transport, WireRequest};
use bytes::Bytes;
use serde_json::{Map, Value};

/// REST host of test channels that name none.
const TEST_API: &str = "https://paydev.ksnet.co.kr";

/// Folder of the window that was opened: its fetch call is its own (KSNET WebHost V1.4).
pub(super) fn folder(mobile: bool) -> &'static str {
    if mobile { "KSPayMobileV1.4" } else { "KSPayWebV1.4" }
}

/// A form posted to the window's host.
pub(super) fn fetch(channel: &ChannelRevision, mobile: bool, fields: &[(&str, &str)]) -> Call {
    let url = format!(
        "{}/store/{}/web_host/recv_post.jsp",
        channel.endpoint("window"),
        folder(mobile)
    );
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    call(Operation::Approve, url, headers, body.finish().into())
}

/// A REST call: all values are strings.
pub(super) fn rest(
    channel: &ChannelRevision,
    operation: Operation,
    path: &str,
    members: &[(&str, &str)],
) -> Result<Call, Refusal> {
    let own_host = channel.spec.mode == Mode::Live || channel.spec.endpoints.contains_key("api");
    let base = if own_host { channel.endpoint("api") } else { TEST_API };
    let object: Map<String, Value> = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    let headers = vec![
        ("authorization", credentials(channel)?.authorization()),
        ("content-type", "application/json; charset=utf-8".to_owned()),
    ];
    let url = format!("{base}/kspay/webfep/api/v1/{path}");
    Ok(call(operation, url, headers, Value::Object(object).to_string().into()))
}

fn call(operation: Operation, url: String, headers: Vec<(&'static str, String)>, body: Bytes) -> Call {
    Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method: HttpMethod::Post,
            url,
            headers,
            body,
            mask: ANSWERS,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}
