//! Taking in what a stored notification tells.

use super::{Notices, noted, stored};
use crate::adapters::NoticeVerdict;
use crate::engine::{CLOCK_SECONDS, EngineError, Learned, now};
use crate::ledger::{NoticeRow, NoticeState};
use crate::payment::Millis;
use serde_json::json;
use std::sync::Arc;

/// How long a notification waits for its payment, ms: as long as the most patient PG repeats one.
const GIVE_UP: Millis = 4 * 24 * 60 * 60 * 1000;

impl Notices {
    /// One look at a notification this router has the lease of; its row says afterwards what became of it.
    pub(super) async fn take_up(self: &Arc<Self>, mut row: NoticeRow) {
        let looked = self.look(&mut row).await;
        let at = now();
        match looked {
            Ok(Some(Learned::Unchanged | Learned::Changed(_) | Learned::KeyGone)) => {
                self.count(&row.provider, "applied");
                noted(&mut row, NoticeState::Applied, 0, None);
            }
            // Refused, ignored, a duplicate: its row says so already.
            Ok(None) => return,
            Ok(Some(Learned::Later(why))) => self.later(&mut row, why, at),
            Err(error) => self.later(&mut row, error.to_string(), at),
        }
        if let Err(error) = self.engine.ledger.notice_seen(row.clone()).await {
            // The lease ends by itself; looking twice changes nothing twice.
            tracing::error!(%error, notice = row.id, "what became of a notification was not written");
        }
    }

    fn later(&self, row: &mut NoticeRow, why: String, at: Millis) {
        if at - row.received_at > GIVE_UP {
            tracing::error!(
                target: "naru::alert", notice = row.id, channel = row.channel_key, order = row.order_id, why,
                "a notification could not be applied for days; it is kept and can be replayed"
            );
            self.count(&row.provider, "dead");
            noted(row, NoticeState::Dead, 0, Some(why));
            return;
        }
        let looks = usize::try_from(row.attempts).unwrap_or(usize::MAX);
        let seconds = CLOCK_SECONDS
            .get(looks)
            .or(CLOCK_SECONDS.last())
            .copied()
            .unwrap_or(600);
        row.attempts = row.attempts.saturating_add(1);
        let state = if row.dedupe.is_some() {
            NoticeState::Waiting
        } else {
            NoticeState::Received
        };
        noted(row, state, at + seconds * 1000, Some(why));
    }

    async fn look(self: &Arc<Self>, row: &mut NoticeRow) -> Result<Option<Learned>, EngineError> {
        let later = |why: &str| Ok(Some(Learned::Later(why.to_owned())));
        let Some(channel) = self.engine.channel_named(&row.channel_key).await? else {
            return later("the channel is not known any more");
        };
        let notice = match stored::open(&self.engine.sealer, &row.id, &row.sealed) {
            Ok(notice) => notice,
            Err(why) => return later(&why),
        };
        if row.state == NoticeState::Received {
            // Stored by a process that ended before it read it, or to be read anew.
            self.judge(row, &channel, &notice).await?;
            if row.state != NoticeState::Waiting {
                return Ok(None);
            }
        }
        let (verdict, found) = self.read(&notice, &channel).await?;
        if let NoticeVerdict::KeyGone { key, .. } = &verdict {
            return self.engine.key_gone(&channel, key).await.map(Some);
        }
        let Some(transaction) = found else {
            self.count(&row.provider, "unknown_payment");
            return later("no payment with this order number yet");
        };
        match verdict {
            NoticeVerdict::Tell { view, .. } => {
                let exchanges = json!([{ "notice": row.id }]);
                let told = self
                    .engine
                    .late_truth(&transaction.id, &view, "notification", exchanges);
                told.await.map(Some)
            }
            NoticeVerdict::Escrow {
                pg_tx_id,
                state,
                automatic,
                ..
            } => {
                let told = self.engine.escrow_told(&transaction.id, &pg_tx_id, state, automatic);
                told.await.map(Some)
            }
            NoticeVerdict::Ask { .. } => self.engine.look_up(&transaction.id, "notification").await.map(Some),
            // It waited for its payment, whose secret now shows that it was forged.
            NoticeVerdict::Refuse { why, .. } => {
                tracing::warn!(target: "naru::security", notice = row.id, channel = row.channel_key, why, "a notification was refused");
                self.count(&row.provider, "refused");
                noted(row, NoticeState::Refused, 0, Some(why));
                self.engine.ledger.notice_seen(row.clone()).await?;
                Ok(None)
            }
            NoticeVerdict::KeyGone { .. } | NoticeVerdict::Ignore => {
                noted(row, NoticeState::Ignored, 0, None);
                self.engine.ledger.notice_seen(row.clone()).await?;
                Ok(None)
            }
        }
    }
}
