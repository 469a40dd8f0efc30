//! The V1 listener while this version serves no V1 API: every call is refused in V1's own envelope, so that a V1
//! client shows the reason instead of a parse error.

use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response, json_response};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// Refuses every V1 call.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoV1;

fn envelope(status: StatusCode, message: &str) -> Response {
    json_response(status, &json!({ "code": -1, "message": message, "response": null }))
}

impl Handler for NoV1 {
    fn handle(self: Arc<Self>, _request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        let message = "the V1 API is not served by this version of naru; use the V2 API on the public listener";
        Box::pin(async move { Ok(envelope(StatusCode::NOT_IMPLEMENTED, message)) })
    }

    fn refuse(&self, why: Refused) -> Response {
        match why {
            Refused::BodyTooLarge(_) => envelope(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Refused::BodyIncomplete => envelope(StatusCode::REQUEST_TIMEOUT, "the body did not arrive whole in time"),
        }
    }
}
