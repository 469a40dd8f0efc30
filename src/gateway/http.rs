//! HTTP exchanges over a lane's pool.

use super::fault::Fault;
use super::lane::Lane;
use super::link::{Body, Link};
use super::{Shared, codes, dial};
use crate::adapters::{HttpMethod, OperationTimeouts, WireAnswer, WireRequest};
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use std::time::Instant;

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("naru/", env!("CARGO_PKG_VERSION")));

/// Sends a request on an idle connection, else on a new one. Goes on to another connection only while the one it tried
/// had been closed before a byte of the request was written.
pub(super) async fn exchange(
    shared: &Shared,
    lane: &Lane,
    uri: &Uri,
    wire: &WireRequest,
    timeouts: OperationTimeouts,
) -> Result<WireAnswer, Fault> {
    while let Some(link) = lane.take(Instant::now()) {
        match attempt(shared, lane, link, uri, wire, timeouts).await {
            Err(fault) if fault.is_stale() => {}
            ended => return ended,
        }
    }
    // Boxed: rare, and large because of TLS.
    let link = Box::pin(async {
        let (io, written) = dial::dial(&shared.tls, &lane.origin, timeouts.connect).await?;
        Link::new(io, written).await
    })
    .await?;
    attempt(shared, lane, link, uri, wire, timeouts).await
}

async fn attempt(
    shared: &Shared,
    lane: &Lane,
    mut link: Link,
    uri: &Uri,
    wire: &WireRequest,
    timeouts: OperationTimeouts,
) -> Result<WireAnswer, Fault> {
    let request = request(lane, uri, wire)?;
    let bytes_max = shared.options.answer_bytes_max;
    match link.exchange(request, timeouts.total, bytes_max).await {
        Ok(answer) => {
            lane.give(link, &shared.options);
            Ok(answer)
        }
        Err(mut fault) => {
            fault.message = format!("{}: {}", lane.origin, fault.message);
            Err(fault)
        }
    }
}

/// The request as hyper wants it. Adds `Host` and `User-Agent` where the adapter set none; the length comes from the
/// body.
fn request(lane: &Lane, uri: &Uri, wire: &WireRequest) -> Result<Request<Body>, Fault> {
    let unfit = |what: String| Fault::unsent(codes::REQUEST, what);
    let mut request = Request::new(Full::new(wire.body.clone()));
    *request.method_mut() = match wire.method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Delete => Method::DELETE,
    };
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    *request.uri_mut() = Uri::try_from(path).map_err(|e| unfit(format!("URL path: {e}")))?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, lane.host.clone());
    headers.insert(header::USER_AGENT, USER_AGENT);
    let (mut host, mut agent) = (true, true);
    for (name, value) in &wire.headers {
        let name = HeaderName::try_from(*name).map_err(|_| unfit(format!("header name {name:?}")))?;
        // The value may be a key: it is not shown.
        let value = HeaderValue::try_from(value).map_err(|_| unfit(format!("value of header {name}")))?;
        // Ours give way; the adapter's own may repeat.
        let replaces = (name == header::HOST && std::mem::take(&mut host))
            || (name == header::USER_AGENT && std::mem::take(&mut agent));
        if replaces {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
    }
    if wire.body.is_empty() && wire.method == HttpMethod::Post && !headers.contains_key(header::CONTENT_LENGTH) {
        // Some servers wait for a body that a bare POST does not announce.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(request)
}
