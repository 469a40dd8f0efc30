//! `naru webhooks`: lists deliveries and replays given-up ones, through a running router's operations listener.

use super::{WebhookFilterArguments, WebhooksCommand, block_on, fail, say};
use crate::webhook::client::HookClient;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Map, Value};
use std::process::ExitCode;
use std::time::Duration;

impl WebhookFilterArguments {
    /// The filter's members.
    fn members(&self) -> Map<String, Value> {
        let texts = [
            ("id", &self.id),
            ("storeId", &self.store),
            ("paymentId", &self.payment),
            ("event", &self.event),
            ("url", &self.url),
        ];
        let given = texts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        let mut members: Map<String, Value> = given.map(|(name, value)| (name.to_owned(), value.into())).collect();
        if let Some(limit) = self.limit {
            members.insert("limit".to_owned(), limit.into());
        }
        members
    }
}

pub(super) fn run(command: WebhooksCommand) -> ExitCode {
    block_on(async {
        let done = match command {
            WebhooksCommand::List { state, filter } => list(state, &filter).await,
            WebhooksCommand::Replay { filter } => replay(&filter).await,
        };
        match done {
            Ok(text) => {
                say(&text);
                ExitCode::SUCCESS
            }
            Err(error) => fail(error),
        }
    })
}

async fn list(state: String, filter: &WebhookFilterArguments) -> Result<String, String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("state", &state);
    for (name, value) in filter.members() {
        query.append_pair(&name, value.as_str().unwrap_or(&value.to_string()));
    }
    let path = format!("/admin/webhooks?{}", query.finish());
    let answer = call(filter, Method::GET, &path, Bytes::new()).await?;
    let items = answer
        .get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if items.is_empty() {
        return Ok(format!("no {state} webhook"));
    }
    let text = |item: &Value, name: &str| match item.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) if !value.is_null() => value.to_string(),
        _ => "-".to_owned(),
    };
    let line = |item: &Value| {
        let columns = ["id", "event", "paymentId", "attempts", "url", "lastError"];
        columns.map(|name| text(item, name)).join("  ")
    };
    Ok(items.iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn replay(filter: &WebhookFilterArguments) -> Result<String, String> {
    let body = Value::Object(filter.members()).to_string();
    let answer = call(filter, Method::POST, "/admin/webhooks/replay", body.into()).await?;
    let replayed = answer.get("replayed").and_then(Value::as_u64).unwrap_or_default();
    Ok(format!("{replayed} webhooks are sent again"))
}

async fn call(filter: &WebhookFilterArguments, method: Method, path: &str, body: Bytes) -> Result<Value, String> {
    let url = format!("{}{path}", filter.admin_url.trim_end_matches('/'));
    let request = Request::builder()
        .method(method)
        .uri(&url)
        .header(header::AUTHORIZATION, format!("Bearer {}", filter.admin_token))
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
