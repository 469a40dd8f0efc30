//! The ledger's share of a payment: two durable commits, then a read.

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::future::join_all;
use naru::adapters::Operation;
use naru::ledger::sqlite::SqliteLedger;
use naru::ledger::{Intent, IntentState, JournalEntry, Ledger, OutboxRow, PaymentFilter, Write};
use naru::payment::{Amounts, ChannelRef, Currency, MethodKind, Origin, Platform, Status, Transaction};
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

pub fn transaction(n: u64) -> Transaction {
    let at = 1_790_000_000_000 + i64::try_from(n).unwrap_or(0);
    Transaction {
        id: format!("0199-{n:012}"),
        // Merchants' ids come in no order.
        payment_id: format!("pay-{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        store_id: "store-00000000-0000".into(),
        order_id: format!("order-{n:012}"),
        version: 1,
        status: Status::Approving,
        channel: ChannelRef {
            key: "channel-key-00000000".into(),
            revision: "f".repeat(64),
            provider: "toss".into(),
            pg_provider: "TOSSPAYMENTS".into(),
            live: false,
            mid: "tvivarepublica".into(),
            name: "Toss".into(),
            reason: "channelKey".into(),
        },
        group: None,
        amounts: Amounts::new(11_000, 0, None).expect("amounts"),
        currency: Currency::KRW,
        order_name: "아메리카노 두 잔".into(),
        method_kind: MethodKind::Card,
        method: None,
        customer: json!({"id": "c", "name": "홍길동", "email": "a@example.com", "phoneNumber": "01000000000"}),
        custom_data: None,
        extras: serde_json::Map::new(),
        origin: Origin {
            platform: Platform::Api,
            user_agent: None,
            url: None,
            ip_address: "127.0.0.1".into(),
        },
        pg_tx_id: None,
        pg_response: None,
        receipt_url: None,
        keep: None,
        billing: None,
        escrow: None,
        cash_receipt: None,
        failure: None,
        cancellations: vec![],
        requested_at: at,
        updated_at: at,
        status_changed_at: at,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
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
