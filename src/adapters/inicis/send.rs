//! Building calls. The addresses of an approval and its net-cancel depend on the data centre that authenticated; they are
//! rebuilt from its name and never used as the browser brought them.

use super::form;
use super::mask::MASK;
use super::sign::credentials;
use super::wire::stamp;
use crate::adapters::{Call, ChannelRevision, HttpMethod, Operation, Refusal, Transport, WireRequest};
use crate::payment::Millis;

/// Part of every INIAPI hash; KG Inicis does not compare it with the sender.
const CLIENT_IP: &str = "127.0.0.1";

/// `url` of INIAPI's payments: shown nowhere, but required.
const SHOP: &str = "https://www.inicis.com";

/// Members that every order without a window begins with; `buyer` is name, e-mail address and phone number.
pub(super) fn order<'a>(
    order_id: &'a str,
    goods: &'a str,
    buyer: &'a [String; 3],
    price: &'a str,
) -> Vec<(&'static str, &'a str)> {
    let [name, email, phone] = buyer;
    vec![
        ("url", SHOP),
        ("moid", order_id),
        ("goodName", goods),
        ("buyerName", name),
        ("buyerEmail", email),
        ("buyerTel", phone),
        ("price", price),
    ]
}

/// A product whose address names the data centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    /// INIpay Standard (PC).
    Pc,
    /// INIpay Mobile.
    Mobile,
}

impl Product {
    fn name(self) -> &'static str {
        match self {
            Self::Pc => "stdpay",
            Self::Mobile => "mobilepay",
        }
    }

    /// Path of an approval.
    pub(super) fn approval(self) -> &'static str {
        match self {
            Self::Pc => "/api/payAuth",
            Self::Mobile => "/smart/payReq.ini",
        }
    }

    /// Path of a net-cancel.
    pub(super) fn net_cancel(self) -> &'static str {
        match self {
            Self::Pc => "/api/netCancel",
            Self::Mobile => "/smart/payNetCancel.ini",
        }
    }
}

/// Whether a text names a data centre.
pub(super) fn is_idc(idc: &str) -> bool {
    matches!(idc, "fc" | "ks" | "stg")
}

/// Bases that a data centre may have: KG Inicis' own; or what a test channel overrides, as it is or with the data
/// centre's name in front of its last part, as in KG Inicis' own addresses (`…/stdpay` becomes `…/fcstdpay`).
fn bases(channel: &ChannelRevision, product: Product, idc: &str) -> Vec<String> {
    let own = &channel.spec.endpoints;
    let Some(base) = own.get(product.name()).or_else(|| own.get("api")) else {
        let host = match product {
            Product::Pc => "stdpay",
            Product::Mobile => "mobile",
        };
        return vec![format!("https://{idc}{host}.inicis.com")];
    };
    let base = base.trim_end_matches('/');
    let named = base.rsplit_once('/').map(|(head, last)| format!("{head}/{idc}{last}"));
    named.into_iter().chain([base.to_owned()]).collect()
}

/// The base whose call by this path has exactly this address.
pub(super) fn base_of(channel: &ChannelRevision, product: Product, idc: &str, url: &str, path: &str) -> Option<String> {
    let mut all = bases(channel, product, idc).into_iter();
    all.find(|base| is_idc(idc) && url == format!("{base}{path}"))
}

/// Whether a base is one of a data centre's.
pub(super) fn is_base(channel: &ChannelRevision, product: Product, idc: &str, base: &str) -> bool {
    is_idc(idc) && bases(channel, product, idc).iter().any(|own| own == base)
}

/// A POST of a form.
pub(super) fn post(operation: Operation, url: String, fields: &[(&str, &str)]) -> Call {
    send(
        operation,
        url,
        "application/x-www-form-urlencoded; charset=utf-8",
        form::body(fields),
    )
}

fn send(operation: Operation, url: String, content_type: &str, body: bytes::Bytes) -> Call {
    Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method: HttpMethod::Post,
            url,
            headers: vec![("content-type", content_type.to_owned())],
            body,
            mask: MASK,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}

/// A call of INIAPI v1: `hashed` are the values that the hash covers after type, paymethod, time, address and MID.
pub(super) fn v1(
    channel: &ChannelRevision,
    operation: Operation,
    path: &str,
    kind: (&str, &str),
    at: Millis,
    fields: &[(&str, &str)],
    hashed: &[&str],
) -> Result<Call, Refusal> {
    let (mid, timestamp) = (channel.spec.mid.as_str(), stamp(at));
    let mut parts = vec![kind.0, kind.1, &timestamp, CLIENT_IP, mid];
    parts.extend(hashed);
    let hash = credentials(channel)?.hash_data(&parts);
    let mut all = vec![("type", kind.0)];
    // Escrow calls have no such field.
    all.extend((!kind.1.is_empty()).then_some(("paymethod", kind.1)));
    all.extend([("timestamp", timestamp.as_str()), ("clientIp", CLIENT_IP), ("mid", mid)]);
    all.extend(fields);
    all.push(("hashData", &hash));
    Ok(post(
        operation,
        format!("{}/api/v1/{path}", channel.endpoint("api")),
        &all,
    ))
}

/// A call of INIAPI v2. The hash is over the very text of `data` that is sent; quotes and backslashes are left out of
/// values, because KG Inicis takes backslashes out before it hashes.
pub(super) fn v2(
    channel: &ChannelRevision,
    operation: Operation,
    path: &str,
    kind: (&str, &str),
    at: Millis,
    data: &[(&str, &str)],
) -> Result<Call, Refusal> {
    let (mid, timestamp) = (channel.spec.mid.as_str(), stamp(at));
    let members: Vec<String> = data
        .iter()
        .map(|(name, value)| {
            format!(
                "\"{name}\":\"{}\"",
                value.replace(|c: char| matches!(c, '"' | '\\') || c.is_control(), "")
            )
        })
        .collect();
    let data = format!("{{{}}}", members.join(","));
    let (kind, word) = kind;
    let hash = credentials(channel)?.hash_data(&[mid, kind, &timestamp, &data]);
    // Only charges name a method, and no hash covers it.
    let method = match word {
        "" => String::new(),
        word => format!("\"paymethod\":\"{word}\","),
    };
    let body = format!(
        "{{\"mid\":\"{mid}\",\"type\":\"{kind}\",{method}\"timestamp\":\"{timestamp}\",\"clientIp\":\"{CLIENT_IP}\",\"data\":{data},\
         \"hashData\":\"{hash}\"}}"
    );
    let url = format!("{}/v2/pg/{path}", channel.endpoint("api"));
    Ok(send(operation, url, "application/json;charset=utf-8", body.into()))
}
