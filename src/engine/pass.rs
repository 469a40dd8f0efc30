//! A merchant's own call of a PG's API: the channel's credentials go in, the PG's answer comes back as it is. The ledger
//! learns of what it changed as it learns of changes made in the PG's admin.

use super::request::EngineError;
use super::{Engine, now};
use crate::adapters::{ChannelRevision, PassRequest, PassThrough, Refusal};
use crate::gateway::Exchange;
use crate::ledger::{JournalEntry, Write};
use serde_json::json;

impl Engine {
    /// What passes calls through to a channel's PG.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] if its calls cannot be authorised from outside.
    pub fn passing(channel: &ChannelRevision) -> Result<&'static dyn PassThrough, EngineError> {
        let message = "this PG signs each call over its own fields, so calls cannot be passed through";
        let passing = channel.adapter.pass_through();
        passing.ok_or_else(|| EngineError::Unsupported(Refusal::new("channelKey", message)))
    }

    /// Sends a call through a channel. That it was made, by whom and to which path, is journalled before the first byte
    /// leaves; bodies are not: nobody knows what is secret in them.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if the PG's calls cannot be authorised from outside; [`EngineError::Storage`].
    pub async fn pass(
        &self,
        store_id: &str,
        channel: &ChannelRevision,
        request: PassRequest,
        request_id: &str,
    ) -> Result<Exchange, EngineError> {
        let path = plain(&request.target);
        let method = format!("{:?}", request.method).to_uppercase();
        let passing = Self::passing(channel)?;
        let call = passing.pass(request, channel).map_err(EngineError::Refused)?;
        let line = |kind: &str, doc| {
            Write::Journal(JournalEntry {
                at: now(),
                transaction_id: None,
                kind: kind.to_owned(),
                doc,
            })
        };
        let about = json!({
            "requestId": request_id, "store": store_id, "channel": channel.spec.key, "method": method, "path": path,
        });
        self.ledger.commit(vec![line("pass", about)]).await?;
        let exchange = self.gateway.exchange(channel, &call).await;
        let (label, status) = match &exchange {
            Exchange::Answer(answer) => ("answered", Some(answer.status)),
            Exchange::NotSent(_) => ("not_sent", None),
            Exchange::Unknown(_) => ("unknown", None),
        };
        let spec = &channel.spec;
        let labels = [
            spec.provider.as_str(),
            spec.key.as_str(),
            call.operation.as_str(),
            label,
        ];
        self.metrics.pg_calls.with_label_values(&labels).inc();
        let end = json!({ "requestId": request_id, "outcome": label, "status": status });
        self.ledger.commit(vec![line("pass-answer", end)]).await?;
        Ok(exchange)
    }
}

/// The path without its query and without anything that could be an id or a key.
fn plain(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let word = |segment: &&str| {
        segment.len() <= 30 && segment.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            || matches!(*segment, "v1" | "v2")
    };
    let kept = path
        .split('/')
        .map(|segment| if word(&segment) { segment } else { "*" });
    kept.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_journal_holds_no_key_of_a_path() {
        let plain = super::plain("/v1/billing/Z_t5vOvQxrj4499PeiJcjen28-V2RyqgYTwN44Rdzk0=?a=b");
        assert_eq!(plain, "/v1/billing/*");
        assert_eq!(super::plain("/v1/payments/orders/ORD1"), "/v1/payments/orders/*");
    }
}
