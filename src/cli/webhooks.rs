//! `naru webhooks`: lists deliveries and replays given-up ones, through a running router's operations listener.

use super::admin::lines;
use super::{WebhookFilterArguments, WebhooksCommand, block_on, fail, say};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value};
use std::process::ExitCode;

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
    let answer = filter.admin.call(Method::GET, &path, Bytes::new()).await?;
    let lines = lines(&answer, &["id", "event", "paymentId", "attempts", "url", "lastError"]);
    Ok(if lines.is_empty() {
        format!("no {state} webhook")
    } else {
        lines.join("\n")
    })
}

async fn replay(filter: &WebhookFilterArguments) -> Result<String, String> {
    let body = Value::Object(filter.members()).to_string();
    let answer = filter
        .admin
        .call(Method::POST, "/admin/webhooks/replay", body.into())
        .await?;
    let replayed = answer.get("replayed").and_then(Value::as_u64).unwrap_or_default();
    Ok(format!("{replayed} webhooks are sent again"))
}
