//! Building calls: JSON posts to the API host, each with the site's code and its certificate (KCP docs: "API 표준결제").

use super::mask::MASK;
use super::sign::credentials;
use crate::adapters::{Call, ChannelRevision, HttpMethod, Mode, Operation, Refusal, Transport, WireRequest};
use bytes::Bytes;
use serde_json::{Map, Value};

/// Approval of an authentication, and exchange of one for a batch key.
pub(super) const APPROVE: &str = "/gw/enc/v1/payment";
/// Cancellation and every other change.
pub(super) const CHANGE: &str = "/gw/mod/v1/cancel";
/// Payments without a window.
pub(super) const HUB: &str = "/gw/hub/v1/payment";
/// Inquiry; KCP spells it like this.
pub(super) const INQUIRE: &str = "/std/inquery";
/// Registration of a LITE PAY window.
pub(super) const LITE: &str = "/std/brpay/treg";

/// Registration of a mobile window (거래등록), on the host of the mobile windows.
pub(super) const REGISTER: &str = "/trade/register.do";

/// Hosts of test sites.
static TEST: &[(&str, &str)] = &[
    ("api", "https://stg-spl.kcp.co.kr"),
    ("mobile", "https://testsmpay.kcp.co.kr"),
    ("script", "https://testspay.kcp.co.kr/plugin/kcp_spay_hub.js"),
];

/// An address of the channel: its override, else the live or the test one by mode. A test channel that overrides `api`
/// alone means the registration of mobile windows too.
pub(super) fn base<'a>(channel: &'a ChannelRevision, name: &'a str) -> &'a str {
    let own = &channel.spec.endpoints;
    let name = match name {
        "mobile" if own.contains_key("api") && !own.contains_key("mobile") => "api",
        name => name,
    };
    let test = TEST.iter().find(|row| row.0 == name).map(|row| row.1);
    match (channel.spec.mode, test) {
        (Mode::Test, Some(url)) if !own.contains_key(name) => url,
        _ => channel.endpoint(name),
    }
}

/// Whether an address that KCP named may get the buyer: https and a host of KCP's, or where the channel's own override
/// of the mobile windows leads.
pub(super) fn is_kcp(channel: &ChannelRevision, url: &str) -> bool {
    if url.bytes().any(|b| !b.is_ascii_graphic() || matches!(b, b'\\' | b'@')) {
        return false;
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let sub = host.strip_suffix(".kcp.co.kr");
    if scheme == "https" && host.bytes().all(plain) && sub.is_some_and(|sub| !sub.is_empty()) {
        return true;
    }
    let origin = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        Some(format!("{scheme}://{}", rest.split('/').next()?))
    };
    let own = &channel.spec.endpoints;
    let overridden = own.get("mobile").or_else(|| own.get("api"));
    overridden.is_some_and(|base| origin(base).is_some_and(|o| o == format!("{scheme}://{host}")))
}

/// Members of a request.
pub(super) type Fields<'a> = Vec<(&'a str, String)>;

/// A post of members to a path of the API host.
pub(super) fn post(
    channel: &ChannelRevision,
    operation: Operation,
    path: &str,
    fields: Fields<'_>,
) -> Result<Call, Refusal> {
    let url = format!("{}{path}", base(channel, "api"));
    to(channel, operation, url, fields)
}

/// A post of members to an address.
pub(super) fn to(
    channel: &ChannelRevision,
    operation: Operation,
    url: String,
    fields: Fields<'_>,
) -> Result<Call, Refusal> {
    let mut members = Map::new();
    members.insert("site_cd".to_owned(), channel.spec.mid.as_str().into());
    members.insert("kcp_cert_info".to_owned(), credentials(channel)?.certificate().into());
    for (name, value) in fields {
        members.insert(name.to_owned(), value.into());
    }
    Ok(Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method: HttpMethod::Post,
            url,
            headers: vec![("content-type", "application/json; charset=UTF-8".to_owned())],
            body: Bytes::from(Value::Object(members).to_string()),
            mask: MASK,
        },
        carried: None,
        claim: None,
        replay: false,
    })
}

/// A change of a transaction: signed over site, transaction and kind of change, and over nothing else.
pub(super) fn change(
    channel: &ChannelRevision,
    operation: Operation,
    tno: &str,
    mod_type: &str,
    fields: Fields<'_>,
) -> Result<Call, Refusal> {
    let signature = credentials(channel)?.sign(&[&channel.spec.mid, tno, mod_type])?;
    let mut all = vec![
        ("kcp_sign_data", signature),
        ("mod_type", mod_type.to_owned()),
        ("tno", tno.to_owned()),
    ];
    all.extend(fields);
    post(channel, operation, CHANGE, all)
}
