//! `/pass/{channelKey}/{path at the PG}`: a merchant's own call of the channel's PG, with the channel's credentials put
//! in. For what the unified API has no word for; the answer comes back as the PG gave it.

use super::V2;
use super::auth::authenticate;
use super::error::ApiError;
use crate::adapters::{HttpMethod, PassRequest, PassThrough, WireAnswer};
use crate::engine::{Engine, now};
use crate::gateway::Exchange;
use crate::net::{Request, Response, full};
use http::{HeaderValue, Method, StatusCode, header};
use std::sync::Arc;

/// Where it lives.
pub(super) const PREFIX: &str = "/pass/";
/// Longest path and query at the PG, bytes.
const TARGET_MAX: usize = 2_048;
/// Headers of a PG's answer that go back.
const BACK: [&str; 3] = ["content-type", "retry-after", "idempotency-key"];

impl V2 {
    pub(super) async fn pass(&self, request: Request, request_id: &str) -> Result<Response, ApiError> {
        let snapshot = self.engine.live.load();
        let store = authenticate(&request.headers, &snapshot, &self.tokens, now())?;
        if request.body.len() > self.body_bytes_max {
            return Err(ApiError::too_large(self.body_bytes_max));
        }
        let rest = request.path.strip_prefix(PREFIX).unwrap_or_default();
        let (key, path) = rest.split_once('/').unwrap_or((rest, ""));
        let channel = snapshot.channels.get(key);
        let channel = channel.filter(|channel| channel.spec.stores.contains(&store.id));
        let channel = Arc::clone(channel.ok_or_else(|| ApiError::no_channel(key))?);
        let passing = Engine::passing(&channel)?;
        let asked = PassRequest {
            method: method(&request.method)?,
            target: target(path, &request.query)?,
            headers: headers(passing, &request),
            body: request.body.clone(),
        };
        let (engine, request_id) = (Arc::clone(&self.engine), request_id.to_owned());
        // A task of its own: a merchant who hangs up does not end a call that may have moved money.
        let work = tokio::spawn(async move { engine.pass(&store.id, &channel, asked, &request_id).await });
        match work.await.map_err(|_| ApiError::internal())?? {
            Exchange::Answer(answer) => Ok(back(answer)),
            Exchange::NotSent(failure) => Err(ApiError::pass_not_sent(failure)),
            Exchange::Unknown(why) => Err(ApiError::pass_unknown(&why.code, &why.message)),
        }
    }
}

fn method(method: &Method) -> Result<HttpMethod, ApiError> {
    match *method {
        Method::GET => Ok(HttpMethod::Get),
        Method::POST => Ok(HttpMethod::Post),
        Method::DELETE => Ok(HttpMethod::Delete),
        _ => Err(ApiError::wrong_method("GET, POST, DELETE")),
    }
}

/// Path and query at the PG. Nothing in it may lead to another host or out of the path that was written.
fn target(path: &str, query: &str) -> Result<String, ApiError> {
    let whole = match query {
        "" => format!("/{path}"),
        query => format!("/{path}?{query}"),
    };
    let dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    let printable = whole.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
    if path.is_empty() || path.starts_with('/') || !printable || path.split('/').any(dots) {
        let message = "path: after the channelKey comes the path at the PG, e.g. /pass/channel-key-…/v1/payments/…";
        return Err(ApiError::invalid(message));
    }
    if whole.len() > TARGET_MAX {
        return Err(ApiError::invalid(format!(
            "path: must not be longer than {TARGET_MAX} bytes"
        )));
    }
    Ok(whole)
}

fn headers(passing: &dyn PassThrough, request: &Request) -> Vec<(&'static str, String)> {
    let let_through = passing.headers().iter();
    let_through
        .filter_map(|name| Some((*name, request.header(name)?.to_owned())))
        .collect()
}

fn back(answer: WireAnswer) -> Response {
    let mut response = http::Response::new(full(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &answer.headers {
        let name = BACK.iter().find(|back| name.eq_ignore_ascii_case(back));
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response
                .headers_mut()
                .insert(header::HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::target;

    #[test]
    fn a_target_stays_at_the_pg_and_in_its_path() {
        assert_eq!(target("v1/payments/a%2Fb", "").unwrap(), "/v1/payments/a%2Fb");
        assert_eq!(target("v1/x", "a=1&b=%EA").unwrap(), "/v1/x?a=1&b=%EA");
        for path in [
            "",
            "/evil.example/x",
            "v1/../admin",
            "v1/%2E%2e/admin",
            "./x",
            "a\\b",
            "a b",
            "a#b",
            "가",
        ] {
            assert!(target(path, "").is_err(), "{path}");
        }
        assert!(target(&"a".repeat(3_000), "").is_err());
    }
}
