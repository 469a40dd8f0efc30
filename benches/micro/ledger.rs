//! The ledger's share of a payment: two durable commits, then a read.

use crate::sample::transaction;
use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::future::join_all;
use naru::adapters::Operation;
use naru::ledger::sqlite::SqliteLedger;
use naru::ledger::{Intent, IntentState, JournalEntry, Ledger, OutboxRow, PaymentFilter, Write};
use naru::payment::{Status, Transaction};
use naru::telemetry::Metrics;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

struct Bench {
    ledger: SqliteLedger,
    next: AtomicU64,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        Self {
            ledger: SqliteLedger::open(&folder.path().join("ledger.db"), Metrics::new()).expect("a ledger"),
            next: AtomicU64::new(0),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime"),
            _folder: folder,
        }
    }

    /// Intent and outcome of one approval, as the engine commits them.
    async fn pay(&self) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let mut t = transaction(n);
        let opening = vec![
            Write::Insert(Box::new(t.clone())),
            Write::Intent(Box::new(intent(&t))),
            Write::Journal(line(&t, "intent")),
        ];
        self.ledger.commit(opening).await.expect("intent");
        t.version = 2;
        t.status = Status::Paid;
        t.pg_tx_id = Some(format!("pg-{n}"));
        t.paid_at = Some(t.requested_at);
        t.pg_response = Some("{\"status\":\"DONE\"}".repeat(20));
        let settling = vec![
            Write::Update {
                transaction: Box::new(t.clone()),
                expected: 1,
            },
            Write::Close {
                id: format!("intent-{}", t.id),
            },
            Write::Journal(line(&t, "answer")),
            Write::Outbox(hook(&t)),
        ];
        self.ledger.commit(settling).await.expect("outcome");
    }
}

fn intent(t: &Transaction) -> Intent {
    Intent {
        id: format!("intent-{}", t.id),
        transaction_id: t.id.clone(),
        operation: Operation::Instant,
        cancellation_id: None,
        command: json!({"orderId": t.order_id, "amount": 11_000, "orderName": t.order_name}),
        revision: t.channel.revision.clone(),
        state: IntentState::Open,
        created_at: t.requested_at,
        last_call_at: t.requested_at,
        attempts: 0,
        next_at: t.requested_at + 60_000,
        lease_owner: "router-1".into(),
        lease_until: t.requested_at + 60_000,
        last_error: None,
    }
}

fn line(t: &Transaction, kind: &str) -> JournalEntry {
    JournalEntry {
        at: t.requested_at,
        transaction_id: Some(t.id.clone()),
        kind: kind.into(),
        doc: json!({"request": "x".repeat(300), "response": "y".repeat(300)}),
    }
}

fn hook(t: &Transaction) -> OutboxRow {
    OutboxRow {
        id: format!("msg-{}", t.id),
        store_id: t.store_id.clone(),
        payment_id: t.payment_id.clone(),
        transaction_id: t.id.clone(),
        event: "Transaction.Paid".into(),
        created_at: t.requested_at,
        cancellation_id: None,
        billing_key: None,
    }
}

/// So many payments at once: with one, a payment waits for two flushes; with many, they share them.
#[divan::bench(args = [1, 16, 64, 256], max_time = 5)]
fn payments(bencher: Bencher<'_, '_>, at_once: usize) {
    let bench = Bench::new();
    bencher
        .counter(ItemsCount::new(at_once))
        .bench(|| bench.runtime.block_on(join_all((0..at_once).map(|_| bench.pay()))));
}

#[divan::bench(max_time = 3)]
fn read_a_payment(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bench.runtime.block_on(join_all((0..256).map(|_| bench.pay())));
    let t = transaction(17);
    bencher.bench(|| {
        let read = bench.ledger.payment(&t.store_id, &t.payment_id);
        bench.runtime.block_on(read).expect("a payment")
    });
}

#[divan::bench(max_time = 3)]
fn first_page_of_a_list(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    for _ in 0..40 {
        bench.runtime.block_on(join_all((0..256).map(|_| bench.pay())));
    }
    let filter = PaymentFilter {
        stores: vec![transaction(0).store_id],
        from: Some(1_790_000_000_000 - 90 * 86_400_000),
        until: Some(1_790_000_500_000),
        limit: 10,
        ..PaymentFilter::default()
    };
    bencher.bench(|| bench.runtime.block_on(bench.ledger.list(&filter)).expect("a page"));
}
