//! Lists and feeds at a million payments on the embedded ledger, while nothing else runs: how long the slowest of a hundred
//! calls takes.

use crate::report::{Bar, Report};
use crate::sample::transaction;
use naru::ledger::sqlite::SqliteLedger;
use naru::ledger::{FeedFilter, FeedLedger, Ledger, Mark, MoneyChange, MoneyEvent, PaymentFilter, Write};
use naru::payment::{MethodKind, Status, Transaction};
use naru::telemetry::Metrics;
use serde_json::json;
use std::path::Path;
use std::time::Instant;

const PAYMENTS: u64 = 1_000_000;
const BATCH: u64 = 2_000;
const CALLS: usize = 100;
const DAY: i64 = 86_400_000;
/// A million payments in ninety days.
const STEP_MS: i64 = 90 * DAY / 1_000_000;
const START: i64 = 1_782_000_000_000;

/// The `n`th payment of the ninety days: five stores, four states, three methods.
fn payment(n: u64) -> Transaction {
    let mut t = transaction(n);
    let at = START + i64::try_from(n).unwrap() * STEP_MS;
    (t.requested_at, t.updated_at, t.status_changed_at) = (at, at, at + 2_000);
    // One large shop and four small ones.
    t.store_id = format!("store-{}", if n.is_multiple_of(20) { 1 + n / 20 % 4 } else { 0 });
    t.status = [Status::Paid, Status::Paid, Status::Failed, Status::Cancelled][usize::try_from(n % 4).unwrap()];
    t.method_kind = [MethodKind::Card, MethodKind::Card, MethodKind::EasyPay][usize::try_from(n % 3).unwrap()];
    t.order_name = format!("주문 {n}");
    t
}

fn event(t: &Transaction) -> MoneyEvent {
    MoneyEvent {
        id: t.id.clone(),
        store_id: t.store_id.clone(),
        transaction_id: t.id.clone(),
        cancellation_id: None,
        change: MoneyChange::Paid,
        at: t.status_changed_at,
    }
}

fn filter(store: &str) -> PaymentFilter {
    PaymentFilter {
        stores: vec![store.to_owned()],
        from: Some(START),
        until: Some(START + 90 * DAY),
        limit: 10,
        ..PaymentFilter::default()
    }
}

fn filters(turn: usize) -> Vec<(&'static str, PaymentFilter)> {
    let page = turn % 100;
    let day = START + i64::try_from(turn % 80).unwrap() * DAY;
    let named = payment(u64::try_from(turn * 997).unwrap());
    vec![
        ("first page", filter("store-0")),
        ("first page of a small store", filter("store-3")),
        (
            "a page of a thousand",
            PaymentFilter {
                limit: 1_000,
                ..filter("store-0")
            },
        ),
        (
            "a far page",
            PaymentFilter {
                offset: 590 * page,
                ..filter("store-0")
            },
        ),
        (
            "some days",
            PaymentFilter {
                from: Some(day),
                until: Some(day + 10 * DAY),
                ..filter("store-0")
            },
        ),
        (
            "paid by card, oldest first",
            PaymentFilter {
                status: vec![Status::Paid],
                methods: vec![MethodKind::Card],
                ascending: true,
                ..filter("store-0")
            },
        ),
        (
            "by change",
            PaymentFilter {
                sort_by_status_change: true,
                by_status_change: true,
                ..filter("store-0")
            },
        ),
        (
            "an id from the front",
            PaymentFilter {
                text: vec![("PAYMENT_ID".into(), named.payment_id[..12].into())],
                ..filter(&named.store_id)
            },
        ),
        (
            "an order name from the front, one day",
            PaymentFilter {
                text: vec![("ORDER_NAME".into(), format!("주문 {turn}"))],
                from: Some(day),
                until: Some(day + DAY),
                ..filter("store-0")
            },
        ),
    ]
}

/// The whole part.
pub fn run(place: &Path, report: &mut Report) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(measured(place, report))
}

async fn measured(place: &Path, report: &mut Report) -> Result<(), String> {
    let failed = |error: naru::ledger::LedgerError| error.to_string();
    let ledger = SqliteLedger::open(&place.join("lists.db"), Metrics::new()).map_err(failed)?;
    let began = Instant::now();
    for batch in 0..PAYMENTS / BATCH {
        let all = (batch * BATCH..(batch + 1) * BATCH).map(payment);
        let writes = all.flat_map(|t| [Write::Money(event(&t)), Write::Insert(Box::new(t))]);
        ledger.commit(writes.collect()).await.map_err(failed)?;
    }
    report.notes.push(format!(
        "a million payments written in {:.0} s",
        began.elapsed().as_secs_f64()
    ));
    let mut took: Vec<(&'static str, Vec<f64>)> = Vec::new();
    let mut seen = |name: &'static str, since: Instant| {
        let ms = since.elapsed().as_secs_f64() * 1e3;
        match took.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.push(ms),
            None => took.push((name, vec![ms])),
        }
    };
    for turn in 0..CALLS {
        for (name, filter) in filters(turn) {
            let since = Instant::now();
            let (page, _) = ledger.list(&filter).await.map_err(failed)?;
            seen(name, since);
            if page.is_empty() && !name.contains("order name") {
                return Err(format!("{name}: an empty page"));
            }
        }
        let at = START + i64::try_from(turn % 80).unwrap() * DAY;
        let feed = FeedFilter {
            store_id: "store-0".to_owned(),
            from: START,
            until: START + 91 * DAY,
            after: Some(Mark { at, id: String::new() }),
            limit: 100,
        };
        let since = Instant::now();
        ledger.payments_after(&feed).await.map_err(failed)?;
        seen("a hundred payments behind a cursor", since);
        let since = Instant::now();
        ledger.events_after(&feed).await.map_err(failed)?;
        seen("a hundred changes behind a cursor", since);
    }
    let mut worst = 0.0_f64;
    let mut each = serde_json::Map::new();
    for (name, mut all) in took {
        all.sort_by(f64::total_cmp);
        let (half, last) = (all[all.len() / 2], all[all.len() * 99 / 100 - 1]);
        report
            .notes
            .push(format!("lists, {name}: median {half:.2} ms, p99 {last:.2} ms"));
        each.insert(name.to_owned(), json!({"medianMs": half, "p99Ms": last}));
        worst = worst.max(last);
    }
    report.more.insert("lists".to_owned(), each.into());
    report.figure(
        "slowest list at a million payments, p99",
        worst,
        "ms",
        Bar::AtMost(20.0),
    );
    Ok(())
}
