//! What a router's ledger file says, read beside the router: the third account, and the one that webhooks leave from.

use crate::rig::Site;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The ledger file of a site.
pub struct Books {
    /// Every attempt, as stored.
    pub attempts: Vec<Value>,
    /// Outbox rows: transaction, event, cancellation.
    outbox: Vec<(String, String, Option<String>)>,
    /// Operations without an outcome.
    open: i64,
}

impl Books {
    pub fn read(site: &Site) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = Connection::open_with_flags(site.ledger(), flags).unwrap();
        let whole: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok", "the ledger file is damaged");
        let mut docs = file.prepare("SELECT doc FROM transactions ORDER BY seq").unwrap();
        let docs = docs.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let attempts = docs.map(|doc| serde_json::from_str(&doc.unwrap()).unwrap()).collect();
        let mut rows = file
            .prepare("SELECT transaction_id, event, cancellation_id FROM outbox")
            .unwrap();
        let rows = rows
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        let outbox = rows.map(Result::unwrap).collect();
        let open = file
            .query_row("SELECT count(*) FROM intents", [], |row| row.get(0))
            .unwrap();
        Self { attempts, outbox, open }
    }

    /// Merchants will be told each fact once: what is paid, what is cancelled, cancellation by cancellation.
    pub fn check_outbox(&self) {
        assert_eq!(self.open, 0, "operations without an outcome");
        let mut told: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
        for (transaction, event, cancellation) in &self.outbox {
            *told.entry((transaction, event, cancellation.as_deref())).or_default() += 1;
        }
        for ((transaction, event, cancellation), times) in &told {
            assert_eq!(*times, 1, "{event} of {transaction} {cancellation:?}");
        }
        for attempt in &self.attempts {
            let id = attempt["id"].as_str().unwrap();
            let has = |event: &str, cancellation: Option<&str>| told.contains_key(&(id, event, cancellation));
            let status = attempt["status"].as_str().unwrap();
            let paid = matches!(status, "PAID" | "PARTIAL_CANCELLED" | "CANCELLED");
            assert_eq!(has("Transaction.Paid", None), paid, "{attempt:#}\n{:#?}", self.outbox);
            if status == "FAILED" {
                assert!(has("Transaction.Failed", None), "{attempt:#}");
            }
            for cancellation in attempt["cancellations"].as_array().unwrap() {
                let of = cancellation["id"].as_str();
                let said = has("Transaction.Cancelled", of) || has("Transaction.PartialCancelled", of);
                let done = cancellation["state"] == "SUCCEEDED";
                assert_eq!(said, done, "{attempt:#}\n{:#?}", self.outbox);
            }
        }
    }

    /// At most one approval of a payment holds money at the PG, whatever attempts there were.
    pub fn check_single_approvals(&self, rows: &[Value]) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let payment_of: HashMap<String, String> = self
            .attempts
            .iter()
            .map(|a| (text(&a["orderId"]), text(&a["paymentId"])))
            .collect();
        let mut live: HashMap<&str, &Value> = HashMap::new();
        for row in rows.iter().filter(|row| row["kind"] == "approval") {
            let order = text(&row["orderId"]);
            let payment = payment_of
                .get(&order)
                .unwrap_or_else(|| panic!("the router never sent order {order}: {row}"));
            if row["balance"].as_i64().unwrap() > 0
                && let Some(first) = live.insert(payment, row)
            {
                panic!("{payment} was approved twice: {first} and {row}");
            }
        }
    }
}
