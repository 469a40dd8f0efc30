//! Steps about billing keys and schedules.

use super::model::Step;
use super::world::{World, mismatch};
use crate::harness::{Answer, call};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl World {
    /// Runs a step of this file; `false` if it is none.
    pub async fn billing_step(&mut self, step: &Step, at: &str) -> bool {
        match step.what.as_str() {
            "open_key" => self.open_key(step, at).await,
            "confirm_key" => {
                let body = json!({ "billingIssueToken": self.result["billingIssueToken"] });
                let answer = self.v2(Method::POST, "/billing-keys/confirm", Some(body)).await;
                self.check(step, at, &answer);
                if answer.status == 200 {
                    answer.json()["billingKey"].as_str().unwrap().clone_into(&mut self.key);
                }
            }
            "issue_key" => self.issue_key(step, at).await,
            "get_key" => {
                let answer = self.v2(Method::GET, &format!("/billing-keys/{}", self.key), None).await;
                self.check(step, at, &answer);
            }
            "wait_key" => {
                let path = format!("/billing-keys/{}", self.key);
                self.wait_for(step, at, &path).await;
            }
            "list_keys" => {
                let answer = self.v2(Method::GET, &listing("/billing-keys", &json!({})), None).await;
                self.check(step, at, &answer);
            }
            "delete_key" => {
                let path = format!("/billing-keys/{}?reason=no%20more", self.key);
                let answer = self.v2(Method::DELETE, &path, None).await;
                self.check(step, at, &answer);
            }
            "pay_with_key" => self.pay_with_key(step, at).await,
            "schedule" => self.create_schedule(step, at).await,
            "get_schedule" => {
                let path = format!("/payment-schedules/{}", self.schedule);
                let answer = self.v2(Method::GET, &path, None).await;
                self.check(step, at, &answer);
            }
            "wait_schedule" => {
                let path = format!("/payment-schedules/{}", self.schedule);
                self.wait_for(step, at, &path).await;
            }
            "revoke" => self.revoke(step, at).await,
            "no_raw_key" => self.no_raw_key(at).await,
            "pause" => self.pause(step).await,
            _ => return false,
        }
        true
    }

    async fn v2(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.demo.v2(method, path, body).await
    }

    async fn wait_for(&self, step: &Step, at: &str, path: &str) {
        let since = Instant::now();
        let patience = Duration::from_secs(step.seconds.unwrap_or(20));
        loop {
            let answer = self.v2(Method::GET, path, None).await;
            match mismatch(&answer.json(), &self.map(step.expect.as_ref())) {
                None => return,
                Some(what) => assert!(
                    since.elapsed() < patience,
                    "{at}: after {patience:?}: {what}\n{}",
                    answer.text
                ),
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    async fn open_key(&mut self, step: &Step, at: &str) {
        let mut body = json!({
            "storeId": self.demo.value("NARU_STORE_ID"), "channelKey": self.channel, "billingKeyMethod": "CARD",
            "issueId": "issue-1", "issueName": "나루 구독", "device": self.word(step.device.as_deref().unwrap_or("pc")),
            "customer": { "customerId": "buyer-1", "fullName": "홍길동", "email": "buyer@example.com", "phoneNumber": "01012341234" },
            "redirectUrl": "https://shop.example/registered",
        });
        body.as_object_mut().unwrap().extend(self.map(self.pg.get("openKey")));
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let url = format!("{}/checkout/billing-keys", self.demo.value("NARU_URL"));
        let answer = call(Method::POST, &url, &[("content-type", "application/json")], Some(body)).await;
        if let Some(code) = &step.error {
            assert_eq!(answer.status, 400, "{at}: {}", answer.text);
            let json = answer.json();
            assert_eq!(
                (&json["code"], &json["transactionType"]),
                (&json!(code), &json!("ISSUE_BILLING_KEY")),
                "{at}"
            );
            return;
        }
        self.check(step, at, &answer);
        self.back = Value::Null;
        self.open = answer.json();
    }

    async fn issue_key(&mut self, step: &Step, at: &str) {
        let card = self.pg.card(step.card.as_deref().unwrap_or("good"));
        let mut body = json!({
            "channelKey": self.channel, "method": { "card": { "credential": card } },
            "customer": buyer(),
        });
        let with = self.map(step.with.as_ref());
        if with.contains_key("channelGroupId") {
            body.as_object_mut().unwrap().remove("channelKey");
        }
        body.as_object_mut().unwrap().extend(with);
        let answer = self.v2(Method::POST, "/billing-keys", Some(body)).await;
        self.check(step, at, &answer);
        if answer.status == 200 {
            let key = answer.json()["billingKeyInfo"]["billingKey"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(key.starts_with("billing-key-"), "{at}: {key}");
            self.key = key;
        }
    }

    fn order(&self, step: &Step) -> Value {
        let mut body = json!({
            "billingKey": self.key, "orderName": "나루 구독 1월", "amount": { "total": self.pg.get("amount") },
            "currency": "KRW", "customer": buyer(),
        });
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        body
    }

    async fn pay_with_key(&mut self, step: &Step, at: &str) {
        let body = self.order(step);
        let calls = (0..step.times.unwrap_or(1)).map(|_| tokio::spawn(self.post("billing-key", &body, None)));
        let mut answers = Vec::new();
        for one in calls.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        let Some(error) = &step.one_succeeds else {
            answers.iter().for_each(|answer| self.check(step, at, answer));
            return;
        };
        let good = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(good, 1, "{at}: {answers:?}");
        let other = answers.iter().filter(|a| a.status != 200);
        other.for_each(|a| assert_eq!(a.json()["type"], **error, "{at}: {}", a.text));
    }

    async fn create_schedule(&mut self, step: &Step, at: &str) {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let due = i64::try_from(now.as_millis()).unwrap() + step.due_ms.unwrap();
        let time = jiff::Timestamp::from_millisecond(due).unwrap();
        let body = json!({ "payment": self.order(step), "timeToPay": time.to_string() });
        let answer = self.post("schedule", &body, None).await;
        self.check(step, at, &answer);
        if answer.status == 200 {
            answer.json()["schedule"]["id"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.schedule);
        }
    }

    async fn revoke(&mut self, step: &Step, at: &str) {
        let by = step.by.as_deref().unwrap_or("ids");
        let mut body = json!({});
        if by != "ids" {
            body["billingKey"] = self.key.clone().into();
        }
        if by != "key" {
            body["scheduleIds"] = json!([self.schedule]);
        }
        let answer = self
            .v2(Method::DELETE, &listing("/payment-schedules", &body), None)
            .await;
        self.check(step, at, &answer);
    }

    /// The PG's keys are in no file of the router: not in its ledger, not in what it said.
    async fn no_raw_key(&self, at: &str) {
        let rows = self.sim_ledger().await;
        let keys: Vec<&str> = rows
            .iter()
            .filter(|row| row["kind"] == "billing")
            .filter_map(|row| row["tid"].as_str())
            .collect();
        assert!(!keys.is_empty(), "{at}: the PG issued no key");
        let mut looked = 0;
        let mut folders = vec![self.demo.dir().path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Ok(bytes) = std::fs::read(&path) else { continue };
                looked += bytes.len();
                for key in &keys {
                    let encoded = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
                    for form in [key.as_bytes(), encoded.as_bytes()] {
                        let there = bytes.windows(form.len()).any(|window| window == form);
                        assert!(!there, "{at}: a PG's key stands in {}", path.display());
                    }
                }
            }
        }
        assert!(looked > 10_000, "{at}: nothing was looked at");
    }

    /// The router does nothing for a while, as if its machine slept.
    async fn pause(&mut self, step: &Step) {
        self.demo.signal("STOP");
        tokio::time::sleep(Duration::from_millis(step.ms.unwrap())).await;
        self.demo.signal("CONT");
    }
}

fn buyer() -> Value {
    json!({ "id": "buyer-1", "name": { "full": "홍길동" }, "email": "buyer@example.com", "phoneNumber": "01012341234" })
}

fn listing(path: &str, body: &Value) -> String {
    let text = body.to_string();
    format!("{path}?requestBody={}", utf8_percent_encode(&text, NON_ALPHANUMERIC))
}
