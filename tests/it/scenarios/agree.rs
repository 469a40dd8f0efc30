//! The three ledgers must agree: what the router says it holds is what the PG holds, approval by approval, and what the
//! merchant was told by webhooks.

use super::world::World;
use http::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Longest wait for the last unknown outcome to be settled.
const QUIET: Duration = Duration::from_secs(100);

/// Waits until nothing is open, then compares the router's payments with the simulator's ledger.
pub async fn three_ledgers(world: &World) {
    let since = Instant::now();
    loop {
        let payments = payments(world).await;
        let rows = world.sim_ledger().await;
        let told = || payments.iter().try_for_each(|payment| compare_told(world, payment));
        match compare(&payments, &rows).and_then(|()| told()) {
            Ok(()) => return,
            Err(why) => assert!(
                since.elapsed() < QUIET,
                "the ledgers disagree: {why}\nrouter: {payments:#?}\nPG: {rows:#?}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn payments(world: &World) -> Vec<Value> {
    let body = percent_encoding::utf8_percent_encode(
        r#"{"page":{"number":0,"size":500}}"#,
        percent_encoding::NON_ALPHANUMERIC,
    );
    let answer = world
        .demo
        .v2(Method::GET, &format!("/payments?requestBody={body}"), None)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

fn int(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_default()
}

/// Compares the router's payments with the PG's rows.
pub fn compare(payments: &[Value], rows: &[Value]) -> Result<(), String> {
    let approvals = rows.iter().filter(|row| row["kind"] == "approval");
    let mut held: BTreeMap<String, &Value> = BTreeMap::new();
    for row in approvals {
        let state = row["state"].as_str().unwrap_or_default().to_uppercase();
        let never = ["READY", "IN_PROGRESS", "ABORTED", "EXPIRED", "FAILED"].contains(&state.as_str());
        if !never {
            held.insert(row["tid"].as_str().unwrap_or_default().to_owned(), row);
        }
    }
    // A virtual account is the PG's approval once its deposit came; before that, and closed, it holds nothing.
    let mut accounts: BTreeMap<&str, &Value> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["kind"] == "vbank") {
        accounts.insert(row["tid"].as_str().unwrap_or_default(), row);
    }
    for payment in payments {
        let id = payment["id"].as_str().unwrap_or_default();
        match payment["status"].as_str().unwrap_or_default() {
            "PAID" | "CANCELLED" | "PARTIAL_CANCELLED" => {
                let tid = payment["pgTxId"].as_str().unwrap_or_default();
                let row = held.remove(tid).or_else(|| accounts.remove(tid));
                let row = row.ok_or_else(|| format!("{id} is paid as {tid}, which the PG does not hold"))?;
                let (total, cancelled) = (int(&payment["amount"], "total"), int(&payment["amount"], "cancelled"));
                if int(row, "amount") != total || int(row, "balance") != total - cancelled {
                    return Err(format!("{id}: {total} - {cancelled} here, {row} at the PG"));
                }
                let made = rows
                    .iter()
                    .filter(|r| r["kind"] == "cancel" && r["tid"] == tid)
                    .map(|r| int(r, "amount"))
                    .sum::<i64>();
                let listed = rows.iter().any(|r| r["kind"] == "cancel" && r["tid"] == tid);
                if listed && made != cancelled {
                    return Err(format!("{id}: {cancelled} cancelled here, {made} at the PG"));
                }
            }
            "VIRTUAL_ACCOUNT_ISSUED" => {
                let tid = payment["pgTxId"].as_str().unwrap_or_default();
                if accounts.remove(tid).is_none_or(|row| int(row, "balance") != 0) {
                    return Err(format!(
                        "{id} waits for a deposit to {tid}; the PG has no such empty account"
                    ));
                }
            }
            "FAILED" => {}
            // Open windows hold nothing; an approval without an outcome shows as an orphan below.
            "READY" => {}
            other => return Err(format!("{id} is still {other}")),
        }
    }
    // What was undone (net-cancelled) holds nothing.
    let mut left = held.values().chain(accounts.values());
    match left.find(|row| int(row, "balance") > 0) {
        None => Ok(()),
        Some(orphan) => Err(format!(
            "the PG holds an approval that the router does not know: {orphan}"
        )),
    }
}

/// Compares what a payment is with the webhooks that its merchant received.
fn compare_told(world: &World, payment: &Value) -> Result<(), String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, status) = (text(&payment["id"]), text(&payment["status"]));
    let told = world.merchant.told(&text(&payment["transactionId"]));
    let of = |kind: &str| told.iter().filter(|(event, _)| event == kind).count();
    let expected = match status.as_str() {
        "PAID" | "CANCELLED" | "PARTIAL_CANCELLED" => "Transaction.Paid",
        "VIRTUAL_ACCOUNT_ISSUED" => "Transaction.VirtualAccountIssued",
        "FAILED" => "Transaction.Failed",
        _ => "Transaction.Ready",
    };
    let (paid, times) = (of("Transaction.Paid"), of(expected));
    // A deposit may be taken back and made again; everything else happens once.
    let once = times == 1 || (times > 1 && of("Transaction.VirtualAccountIssued") > 0);
    if !once {
        return Err(format!("{id} is {status}, {expected} came {times} times: {told:?}"));
    }
    if status == "FAILED" && paid > 0 {
        return Err(format!(
            "{id} failed, and the merchant was told that it is paid: {told:?}"
        ));
    }
    let made = payment["cancellations"].as_array().into_iter().flatten();
    let mut made: Vec<String> = made
        .filter(|cancellation| cancellation["status"] == "SUCCEEDED")
        .map(|cancellation| text(&cancellation["id"]))
        .collect();
    let cancelled = |event: &str| event == "Transaction.Cancelled" || event == "Transaction.PartialCancelled";
    let mut heard: Vec<String> = told
        .iter()
        .filter(|(event, _)| cancelled(event))
        .map(|(_, cancellation)| cancellation.clone().unwrap_or_default())
        .collect();
    made.sort();
    heard.sort();
    if made != heard {
        return Err(format!(
            "{id}: cancelled by {made:?}, the merchant was told of {heard:?}"
        ));
    }
    Ok(())
}
