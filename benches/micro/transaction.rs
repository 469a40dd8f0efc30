//! A transaction as the ledger's JSON.

use crate::sample::transaction;
use divan::Bencher;
use naru::payment::Transaction;

#[divan::bench]
fn write(bencher: Bencher<'_, '_>) {
    let t = paid();
    bencher.bench_local(|| serde_json::to_string(&t).expect("JSON"));
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let text = serde_json::to_string(&paid()).expect("JSON");
    bencher.bench_local(|| serde_json::from_str::<Transaction>(&text).expect("a transaction"));
}

#[divan::bench]
fn copy(bencher: Bencher<'_, '_>) {
    let t = paid();
    bencher.bench_local(|| t.clone());
}

fn paid() -> Transaction {
    let mut t = transaction(1);
    t.pg_tx_id = Some("tnaru20261125081601AbCd1".into());
    t.pg_response = Some(crate::toss::ANSWER.to_owned());
    t.paid_at = Some(t.requested_at);
    t
}
