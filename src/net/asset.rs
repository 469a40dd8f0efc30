//! Files that are compiled in or made once: sent with a version, and not sent again to who has it.

use super::{Request, Response, empty, full};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

/// A file as served.
#[derive(Debug)]
pub struct Asset {
    content_type: &'static str,
    body: Bytes,
    etag: String,
}

impl Asset {
    /// A file with its version.
    #[must_use]
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
        let hex: String = digest.as_ref().iter().take(12).map(|b| format!("{b:02x}")).collect();
        Self {
            content_type,
            body,
            etag: format!("\"{hex}\""),
        }
    }

    /// The file as text, empty if it is none.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// Answers a request for it: 304 if the client has this very version.
    #[must_use]
    pub fn serve(&self, request: &Request) -> Response {
        let known = request.header("if-none-match").is_some_and(|sent| {
            sent.split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == self.etag)
        });
        let mut response = if known {
            let mut response = http::Response::new(empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            http::Response::new(full(self.body.clone()))
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        // Short, because shops load it by one address for years; the tag makes asking again cheap.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400"),
        );
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // Shops load the script into pages with `Cross-Origin-Embedder-Policy`, and may check its integrity.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}
