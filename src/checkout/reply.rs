//! Answers: headers that every one of them needs, pages, CORS.

use super::csp;
use super::pages::{self, Links, Notice};
use super::result::{Members, SdkError, Standing, standing, to_json, transaction};
use super::urls;
use super::v1;
use crate::engine::{EngineError, Returned};
use crate::net::{Request, Response, empty, json_response, text_response};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

const HTML: &str = "text/html; charset=utf-8";

/// A page. It keeps its relation to the page that opened it (no `Cross-Origin-Opener-Policy`): a window opened by a
/// shop must still reach that shop with the result, and card popups opened from here must reach the PG's script.
pub fn page(status: StatusCode, html: String, policy: &str, referrer: &'static str) -> Response {
    let mut response = text_response(status, HTML, html);
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    harden(&mut response);
    response
}

/// JSON that pages of any origin may read: the token in the address is what gives access, never a cookie.
pub fn shared_json(status: StatusCode, value: &Value) -> Response {
    let mut response = json_response(status, value);
    harden(&mut response);
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// JSON for our own pages.
pub fn own_json(status: StatusCode, value: &Value) -> Response {
    let mut response = json_response(status, value);
    harden(&mut response);
    response
}

/// The SDK's error.
pub fn error(error: &SdkError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    shared_json(status, &error.to_json())
}

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Answers a preflight or refuses a method; `None` lets the request through.
pub fn gate(request: &Request, allowed: &[Method]) -> Option<Response> {
    if allowed.contains(&request.method) {
        return None;
    }
    let list = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = if request.method == Method::OPTIONS {
        let mut response = http::Response::new(empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type, accept"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        if let Ok(list) = HeaderValue::from_str(&list) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, list);
        }
        response
    } else {
        error(&SdkError::bad("Unimplemented", format!("use {list} here")).status(405))
    };
    if let Ok(list) = HeaderValue::from_str(&format!("{list}, OPTIONS")) {
        response.headers_mut().insert(header::ALLOW, list);
    }
    Some(response)
}

/// Whether the caller is a script that wants data, not a browser that goes somewhere.
pub fn wants_json(request: &Request) -> bool {
    request
        .header("accept")
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}

/// The answer to a return, or to the question how it ended.
pub fn returned(result: &Result<Returned, EngineError>, links: &Links, as_json: bool) -> Response {
    match result {
        Ok(returned) => match standing(returned) {
            Standing::Pending => pending(links, as_json),
            Standing::Done { members, .. } if as_json => shared_json(StatusCode::OK, &to_json(&members)),
            Standing::Done {
                members,
                redirect_url: Some(url),
            } => redirect(&url, &members),
            Standing::Done { members, .. } => page(
                StatusCode::OK,
                pages::outcome(transaction(returned), &members),
                csp::OUTCOME,
                "no-referrer",
            ),
        },
        // Recovery settles it: the buyer waits instead of paying again.
        Err(EngineError::Outstanding(_)) => pending(links, as_json),
        Err(failed) if as_json => error(&SdkError::from(failed.clone())),
        Err(failed) => refused_page(failed),
    }
}

/// The page of a refusal.
pub fn refused_page(error: &EngineError) -> Response {
    let (status, notice) = notice_of(error);
    page(status, pages::plain(notice), csp::OUTCOME, "no-referrer")
}

/// The page for a token that leads nowhere.
pub fn unknown(as_json: bool) -> Response {
    returned(
        &Err(EngineError::NotFound),
        &Links {
            result: String::new(),
            done: String::new(),
            back: String::new(),
        },
        as_json,
    )
}

/// No result yet.
pub fn pending(links: &Links, as_json: bool) -> Response {
    if as_json {
        shared_json(StatusCode::OK, &json!({"pending": true}))
    } else {
        page(StatusCode::OK, pages::confirming(links), csp::OUTCOME, "same-origin")
    }
}

fn notice_of(error: &EngineError) -> (StatusCode, Notice) {
    match error {
        EngineError::NotFound => (StatusCode::NOT_FOUND, Notice::NotFound),
        EngineError::AlreadyPaid => (StatusCode::CONFLICT, Notice::AlreadyPaid),
        EngineError::Refused(_) | EngineError::Unsupported(_) | EngineError::Mismatch(_) => {
            (StatusCode::BAD_REQUEST, Notice::Mismatch)
        }
        EngineError::Pg(_) => (StatusCode::OK, Notice::Failed),
        EngineError::Storage(_) => (StatusCode::SERVICE_UNAVAILABLE, Notice::Unavailable),
        _ => (StatusCode::CONFLICT, Notice::Failed),
    }
}

/// 303, so that a form post of the PG becomes a plain visit of the shop.
pub fn redirect(url: &str, members: &Members) -> Response {
    let v1 = v1::query_of(members);
    let target = urls::header_safe(&urls::with_query(url, v1.as_ref().unwrap_or(members)));
    let mut response = page(
        StatusCode::SEE_OTHER,
        pages::moved(&target),
        csp::OUTCOME,
        "no-referrer",
    );
    if let Ok(location) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests;
