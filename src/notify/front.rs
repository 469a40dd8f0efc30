//! The address that PGs call: store, read, answer in the PG's own words.

use super::{LEASE, Notices, noted, sender_listed, stored};
use crate::adapters::{ChannelRevision, Notice, NoticeVerdict, WireAnswer, registry};
use crate::engine::{EngineError, now};
use crate::ledger::{NoticeRow, NoticeState};
use crate::net::{Request, Response, full, text_response};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use uuid::Uuid;

/// Most bytes of headers that are kept.
const HEADERS_MAX: usize = 8 << 10;

impl Notices {
    /// Whether a path belongs to this room.
    #[must_use]
    pub fn owns(path: &str) -> bool {
        path.starts_with("/notify/")
    }

    /// Answers a PG.
    pub async fn handle(self: &Arc<Self>, request: Request) -> Response {
        let segments = request.segments();
        let [_, provider, channel_key] = segments.as_slice() else {
            return plain(404, "notifications go to /notify/{provider}/{channelKey}");
        };
        let Some(adapter) = registry::by_id(provider) else {
            return plain(404, "no such provider");
        };
        let provider = adapter.descriptor().names.id;
        if request.method != Method::GET && request.method != Method::POST {
            return plain(405, "notifications come by GET or POST");
        }
        if request.body.len() + request.query.len() > self.options.bytes_max {
            self.count(provider, "oversized");
            return plain(413, "the notification is too large");
        }
        let channel = match self.engine.channel_named(channel_key).await {
            Ok(Some(channel)) if channel.spec.provider == provider => channel,
            Ok(_) => {
                self.count(provider, "unknown_channel");
                return plain(404, "no such channel");
            }
            Err(error) => {
                tracing::error!(%error, channel = channel_key, "a notification's channel cannot be read");
                return plain(503, "not now");
            }
        };
        if !sender_listed(&channel, request.peer.ip()) {
            tracing::warn!(
                target: "naru::security", channel = channel_key, sender = %request.peer.ip(),
                "a notification came from an address that is not the PG's; behind a proxy, name it in trusted_proxies"
            );
            self.count(provider, "unlisted_sender");
            return plain(403, "not a sender of this PG");
        }
        self.take_in(&channel, notice_of(request)).await
    }

    /// Commits it as it came, reads it, and answers.
    async fn take_in(self: &Arc<Self>, channel: &Arc<ChannelRevision>, notice: Notice) -> Response {
        let provider = channel.adapter.descriptor().names.id;
        let mut row = match self.store(channel, &notice).await {
            Ok(row) => row,
            Err(error) => {
                tracing::error!(%error, channel = channel.spec.key, "a notification could not be stored");
                self.count(provider, "not_stored");
                return self.acknowledged(channel, &notice, false);
            }
        };
        let read = self.judge(&mut row, channel, &notice).await;
        let status = match read {
            Ok(status) => status,
            Err(error) => {
                // It is stored: the worker reads it again. The PG need not repeat it.
                tracing::error!(%error, notice = row.id, "a notification is read later");
                return self.acknowledged(channel, &notice, true);
            }
        };
        if let Some(status) = status {
            return plain(status, "refused");
        }
        if row.state == NoticeState::Waiting {
            let room = Arc::clone(self);
            tokio::spawn(async move { room.take_up(row).await });
        }
        self.acknowledged(channel, &notice, true)
    }

    async fn store(&self, channel: &ChannelRevision, notice: &Notice) -> Result<NoticeRow, String> {
        let id = Uuid::now_v7().to_string();
        let at = now();
        let row = NoticeRow {
            sealed: stored::seal(&self.engine.sealer, &id, notice)?,
            id,
            provider: channel.spec.provider.clone(),
            channel_key: channel.spec.key.clone(),
            received_at: at,
            peer: notice.peer.to_string(),
            state: NoticeState::Received,
            dedupe: None,
            order_id: None,
            attempts: 0,
            // Should this process end before it has read it, another look is due then.
            next_at: at + LEASE,
            last_error: None,
        };
        let stored = self.engine.ledger.notice_received(row.clone()).await;
        stored.map(|()| row).map_err(|error| error.to_string())
    }

    /// Reads a stored notification and commits what it is. `Some` is the status of a refusal.
    pub(super) async fn judge(
        &self,
        row: &mut NoticeRow,
        channel: &ChannelRevision,
        notice: &Notice,
    ) -> Result<Option<u16>, EngineError> {
        let (verdict, _) = self.read(notice, channel).await?;
        let ledger = &self.engine.ledger;
        let (order_id, dedupe) = match verdict {
            NoticeVerdict::Refuse { status, why } => {
                tracing::warn!(target: "naru::security", notice = row.id, channel = row.channel_key, why, "a notification was refused");
                self.count(&row.provider, "refused");
                noted(row, NoticeState::Refused, 0, Some(why));
                ledger.notice_seen(row.clone()).await?;
                return Ok(Some(status));
            }
            NoticeVerdict::Ignore => {
                self.count(&row.provider, "ignored");
                noted(row, NoticeState::Ignored, 0, None);
                ledger.notice_seen(row.clone()).await?;
                return Ok(None);
            }
            NoticeVerdict::Ask { order_id, dedupe, .. } => (order_id, dedupe),
            NoticeVerdict::KeyGone { dedupe, .. } => (None, dedupe),
            NoticeVerdict::Tell { order_id, dedupe, .. } | NoticeVerdict::Escrow { order_id, dedupe, .. } => {
                (Some(order_id), dedupe)
            }
        };
        row.order_id = order_id;
        let known = ledger.notice_known(&row.channel_key, &dedupe, &row.id).await?;
        row.dedupe = Some(dedupe);
        if known {
            self.count(&row.provider, "duplicate");
            noted(row, NoticeState::Duplicate, 0, None);
        } else {
            self.count(&row.provider, "accepted");
            noted(row, NoticeState::Waiting, now() + LEASE, None);
        }
        ledger.notice_seen(row.clone()).await?;
        Ok(None)
    }

    fn acknowledged(&self, channel: &ChannelRevision, notice: &Notice, stored: bool) -> Response {
        match channel.adapter.notifications() {
            Some(reader) => wire(reader.acknowledge(notice, stored)),
            None => plain(404, "the PG sends no notifications"),
        }
    }
}

fn notice_of(request: Request) -> Notice {
    let mut left = HEADERS_MAX;
    let headers = request.headers.iter().map_while(|(name, value)| {
        left = left.checked_sub(name.as_str().len() + value.len())?;
        Some((
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        ))
    });
    Notice {
        method: request.method.as_str().to_owned(),
        query: request.query.clone(),
        headers: headers.collect(),
        body: request.body.clone(),
        peer: request.peer.ip(),
    }
}

/// The adapter's answer, byte for byte.
fn wire(answer: WireAnswer) -> Response {
    let mut response = http::Response::new(full(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn plain(status: u16, text: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    text_response(status, "text/plain; charset=utf-8", text)
}
