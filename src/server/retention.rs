//! Once a day old webhook records and notifications go, a little at a time, so that payments never wait for it. One router
//! of a ledger does it.

use crate::config::Retention;
use crate::engine::now;
use crate::ledger::{Before, Ledger, LedgerError, Records};
use crate::payment::Millis;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const DAY: Millis = 24 * 60 * 60 * 1000;
/// Between two looks at whether a day has passed.
const LOOK: Duration = Duration::from_secs(10 * 60);
/// After the start: what was left lying is sent and applied first.
const AFTER_START: Duration = Duration::from_secs(60);
/// Records looked at in one step: the ledger's writer is held for a few milliseconds at most.
const STEP: usize = 200;
/// Of the time that passes at most one part in so many is spent removing.
const SHARE: u32 = 10;
/// Shortest rest between two steps.
const REST: Duration = Duration::from_millis(20);

/// Removes what is old, every day, until `stop` turns true.
pub(super) async fn work(ledger: Arc<dyn Ledger>, node: String, keep: Retention, mut stop: watch::Receiver<bool>) {
    let mut pause = AFTER_START;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        pause = LOOK;
        let at = now();
        match ledger.claim_job("retention", &node, at, at + DAY).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::error!(%error, "removing old records waits for the ledger");
                continue;
            }
        }
        for records in Records::ALL {
            match prune(ledger.as_ref(), records, before(keep, records, at), &stop).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, records = records.as_str(), "old records were removed"),
                Err(error) => tracing::error!(%error, records = records.as_str(), "removing old records ended early"),
            }
        }
    }
}

/// Which records of a kind are old at a moment.
fn before(keep: Retention, records: Records, at: Millis) -> Before {
    let ago = |days: u32| (days > 0).then(|| at - i64::from(days) * DAY);
    let done = match records {
        Records::Deliveries | Records::Events => keep.webhooks_days,
        Records::Notices => keep.notices_days,
    };
    Before {
        done: ago(done),
        dead: ago(keep.dead_days),
    }
}

/// Walks over all records of a kind once; how many went.
async fn prune(
    ledger: &dyn Ledger,
    records: Records,
    before: Before,
    stop: &watch::Receiver<bool>,
) -> Result<u64, LedgerError> {
    let mut removed = 0;
    let mut after = String::new();
    while !*stop.borrow() {
        let began = tokio::time::Instant::now();
        let step = ledger.prune(records, &after, before, STEP).await?;
        removed += step.removed;
        let Some(next) = step.next else { break };
        after = next;
        tokio::time::sleep((began.elapsed() * (SHARE - 1)).max(REST)).await;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ledger::sqlite::SqliteLedger;
    use crate::ledger::{NoticeFilter, NoticeLedger, NoticeRow, NoticeState};
    use crate::telemetry::Metrics;

    fn notice(n: i64, state: NoticeState, at: Millis) -> NoticeRow {
        NoticeRow {
            id: format!("n{n:04}"),
            provider: "toss".into(),
            channel_key: "c".into(),
            received_at: at,
            peer: "127.0.0.1".into(),
            sealed: vec![1],
            state,
            dedupe: None,
            order_id: None,
            attempts: 0,
            next_at: at,
            last_error: None,
        }
    }

    #[test]
    fn days_become_moments_and_none_means_for_ever() {
        let keep = Retention {
            webhooks_days: 2,
            notices_days: 0,
            dead_days: 5,
        };
        let hooks = Before {
            done: Some(8 * DAY),
            dead: Some(5 * DAY),
        };
        assert_eq!(before(keep, Records::Deliveries, 10 * DAY), hooks);
        assert_eq!(before(keep, Records::Events, 10 * DAY), hooks);
        assert_eq!(before(keep, Records::Notices, 10 * DAY).done, None);
    }

    #[tokio::test(start_paused = true)]
    async fn once_a_day_whatever_is_old_goes_in_steps() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Arc::new(SqliteLedger::open(&folder.path().join("l.db"), Metrics::new()).unwrap());
        let at = now();
        for n in 0..450 {
            let row = notice(n, NoticeState::Applied, at - 40 * DAY);
            ledger.notice_received(row).await.unwrap();
        }
        for (n, state, days) in [
            (900, NoticeState::Waiting, 40),
            (901, NoticeState::Dead, 40),
            (902, NoticeState::Dead, 100),
            (903, NoticeState::Applied, 20),
        ] {
            ledger.notice_received(notice(n, state, at - days * DAY)).await.unwrap();
        }
        let keep = Retention {
            webhooks_days: 30,
            notices_days: 30,
            dead_days: 90,
        };
        let (stop, stopped) = watch::channel(false);
        let shared: Arc<dyn Ledger> = Arc::clone(&ledger) as _;
        let working = tokio::spawn(work(shared, "n".into(), keep, stopped));
        let all = NoticeFilter {
            limit: 1_000,
            ..NoticeFilter::default()
        };
        let mut left = Vec::new();
        for _ in 0..1_000 {
            left = ledger.notices(&all).await.unwrap();
            if left.len() == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let ids: Vec<&str> = left.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["n0903", "n0901", "n0900"]);
        // Another router finds the day's work done.
        assert!(!ledger.claim_job("retention", "m", now(), now() + DAY).await.unwrap());
        stop.send(true).unwrap();
        working.await.unwrap();
    }
}
