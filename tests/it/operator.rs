//! A person at the desk, for PGs whose lost outcomes no machine can tell (`operator = true` in the PG's file): looks into
//! the PG's own books, which is the simulator's ledger here, and rules as the operations guide says.

use crate::rig::Web;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Looks of the router after which a person steps in: until then it may still find out by itself.
const PATIENCE: u64 = 1;

/// Where the desk and the PG's books are.
#[derive(Debug, Clone)]
pub struct Post {
    /// Origin of the administration.
    pub admin: String,
    pub token: String,
    /// Origin of the simulators.
    pub pg: String,
    pub provider: String,
}

/// The person, at work until dropped.
#[derive(Debug)]
pub struct Operator(JoinHandle<()>);

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Operator {
    pub fn hire(post: Post) -> Self {
        Self(tokio::spawn(async move {
            let web = Web::new();
            loop {
                tokio::time::sleep(Duration::from_millis(400)).await;
                // A router that is away has nothing to settle.
                let _ = post.work(&web).await;
            }
        }))
    }
}

impl Post {
    async fn work(&self, web: &Web) -> Result<(), String> {
        let bearer = format!("Bearer {}", self.token);
        let desk = format!("{}/admin/unknown", self.admin);
        let headers = [("authorization", bearer.as_str())];
        let cases = web.call(Method::GET, &desk, &headers, None).await?.json();
        let cases = cases["items"].as_array().cloned().unwrap_or_default();
        if cases.is_empty() {
            return Ok(());
        }
        let books = format!("{}/_sim/ledger?provider={}", self.pg, self.provider);
        let rows = web.call(Method::GET, &books, &[], None).await?.json();
        let rows = rows.as_array().cloned().unwrap_or_default();
        for case in &cases {
            if let Some(ruling) = self.ruling(case, &rows) {
                let url = format!("{desk}/{}", case["id"].as_str().unwrap_or_default());
                let answer = web.call(Method::POST, &url, &headers, Some(ruling.clone())).await?;
                // 404 and 409: the router was faster, or is at it.
                if !matches!(answer.status.as_u16(), 200 | 404 | 409) {
                    println!("ruling {ruling} on {case}: {} {}", answer.status, answer.text);
                }
            }
        }
        Ok(())
    }

    /// What is to be said of a case, if anything is yet.
    fn ruling(&self, case: &Value, rows: &[Value]) -> Option<Value> {
        let needed = case["needsPerson"] == true;
        let said = |decision: &str, reason: &str| json!({ "decision": decision, "by": "김하늘", "reason": reason });
        let not_done = || needed.then(|| said("not-done", "the PG's admin shows nothing"));
        if case["kind"] != "payment" {
            return not_done();
        }
        if case["provider"] != self.provider.as_str() {
            return None;
        }
        if case["operation"] == "cancel" {
            return needed.then(|| {
                let made = rows
                    .iter()
                    .any(|row| row["kind"] == "cancel" && row["tid"] == case["pgTxId"] && row["balance"] == 0);
                match made {
                    true => said("cancelled", "the PG's admin shows it"),
                    false => said("not-done", "the PG's admin shows none"),
                }
            });
        }
        let held = rows
            .iter()
            .find(|row| (row["kind"] == "approval" || row["kind"] == "vbank") && row["orderId"] == case["orderId"]);
        let waited = needed || case["looks"].as_u64().is_some_and(|looks| looks >= PATIENCE);
        match held {
            Some(row) if waited => {
                let mut ruling = said("adopt", "found in the PG's admin");
                ruling["pgTxId"] = row["tid"].clone();
                Some(ruling)
            }
            Some(_) => None,
            None => not_done(),
        }
    }
}
