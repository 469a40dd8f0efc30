//! What commands share that speak to a running router's operations listener.

use crate::webhook::client::HookClient;
use bytes::Bytes;
use clap::Args;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::Value;
use std::time::Duration;

/// Where the router is, and the token it wants.
#[derive(Args)]
pub(super) struct AdminArguments {
    /// Operations listener.
    #[arg(
        long,
        value_name = "URL",
        env = "NARU_ADMIN_URL",
        default_value = "http://127.0.0.1:9090"
    )]
    admin_url: String,
    /// Admin token.
    #[arg(long, value_name = "TOKEN", env = "NARU_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: String,
}

impl std::fmt::Debug for AdminArguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminArguments")
            .field("admin_url", &self.admin_url)
            .finish_non_exhaustive()
    }
}

impl AdminArguments {
    /// A router's address and token.
    pub(super) fn new(admin_url: String, admin_token: String) -> Self {
        Self { admin_url, admin_token }
    }

    /// One call; a refusal comes back as its message.
    pub(super) async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Value, String> {
        let url = format!("{}{path}", self.admin_url.trim_end_matches('/'));
        let request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.admin_token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| format!("{url}: {error}"))?;
        let client = HookClient::reading(true, 16 << 20)?;
        let answered = client.send(request, Duration::from_secs(60)).await;
        let answered = answered.map_err(|error| format!("{url}: {error}"))?;
        let answer: Value = serde_json::from_slice(&answered.body).map_err(|error| format!("{url}: {error}"))?;
        if answered.status.is_success() {
            return Ok(answer);
        }
        let message = answer.get("message").and_then(Value::as_str).unwrap_or_default();
        Err(format!("{url}: {} {message}", answered.status.as_u16()))
    }
}

/// A list's items as lines of columns; `-` stands for nothing.
pub(super) fn lines(answer: &Value, columns: &[&str]) -> Vec<String> {
    let text = |item: &Value, name: &str| match item.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) if !value.is_null() => value.to_string(),
        _ => "-".to_owned(),
    };
    let line = |item: &Value| {
        let cells: Vec<String> = columns.iter().map(|name| text(item, name)).collect();
        cells.join("  ")
    };
    let items = answer.get("items").and_then(Value::as_array);
    items.map(|items| items.iter().map(line).collect()).unwrap_or_default()
}
