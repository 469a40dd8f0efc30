//! One scenario's world: a demo, a payment id, a buyer's browser.

use super::model::{Pg, Scenario, Step, resolve};
use crate::harness::{Answer, Demo, call, send};
use crate::merchant::Merchant;
use crate::operator::{Operator, Post};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// State between steps.
pub struct World {
    pub demo: Demo,
    /// The store's server: every webhook that it was sent.
    pub merchant: Arc<Merchant>,
    hook: String,
    _open: watch::Sender<bool>,
    pub(super) pg: Arc<Pg>,
    /// Features that the PG lacks, with the reason.
    pub(super) missing: Arc<BTreeMap<String, String>>,
    item: Option<Value>,
    pub(super) channel: String,
    pub(super) payment: String,
    payments: usize,
    pub(super) open: Value,
    pub(super) back: Value,
    pub(super) result: Value,
    /// The billing key and the schedule that steps are about.
    pub(super) key: String,
    pub(super) schedule: String,
    pub(super) background: Option<JoinHandle<Answer>>,
    _operator: Option<Operator>,
}

impl World {
    pub async fn start(
        pg: &Arc<Pg>,
        missing: &Arc<BTreeMap<String, String>>,
        scenario: &Scenario,
        item: Option<Value>,
    ) -> Self {
        let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
        let operator = (pg.get("operator") == Some(&Value::Bool(true))).then(|| {
            Operator::hire(Post {
                admin: demo.value("NARU_ADMIN_URL").to_owned(),
                token: demo.value("NARU_ADMIN_TOKEN").to_owned(),
                pg: demo.value("NARU_SIM_URL").to_owned(),
                provider: pg.provider.clone(),
            })
        });
        let (open, closed) = watch::channel(false);
        let (merchant, hook) = Merchant::open(closed).await;
        let mut world = Self {
            demo,
            merchant,
            hook,
            _open: open,
            pg: Arc::clone(pg),
            missing: Arc::clone(missing),
            item,
            channel: format!("channel-key-scenario-{}", scenario.channel),
            payment: "scenario-1".to_owned(),
            payments: 1,
            open: Value::Null,
            back: Value::Null,
            result: Value::Null,
            key: String::new(),
            schedule: String::new(),
            background: None,
            _operator: operator,
        };
        world.write_channels(1).await;
        world.register_merchants().await;
        world
    }

    pub async fn play(&mut self, scenario: &Scenario) {
        for (n, step) in scenario.steps.iter().enumerate() {
            let at = format!("step {} ({})", n + 1, step.what);
            self.step(step, &at).await;
        }
    }

    async fn step(&mut self, step: &Step, at: &str) {
        // `$item` may name the step itself.
        let what = self.word(&step.what);
        match what.as_str() {
            "open" => self.open(step, at).await,
            "authenticate" => self.authenticate(step, at).await,
            "return" => self.come_back(step, at).await,
            "result" => self.result(step, at).await,
            "instant" => self.instant(step, at).await,
            "payment" => self.pay_somehow(step, at).await,
            "confirm" => self.confirm(step, at).await,
            "cancel" => self.cancel(step, at).await,
            "pre_register" => {
                let body = Value::Object(self.map(step.with.as_ref()));
                let answer = self.post("pre-register", &body, None).await;
                self.check(step, at, &answer);
            }
            "issue" | "close" | "deposit" | "notify" | "pay" | "issue_receipt" | "receipt" | "receipts"
            | "cancel_receipt" | "decide" | "logistics" | "modify_logistics" | "complete_escrow" => {
                self.cash(&what, step, at).await
            }
            "get" => {
                let answer = self.get().await;
                self.check(step, at, &answer);
            }
            "wait" => self.wait(step, at).await,
            "fault" => {
                let faults = resolve(step.faults.as_ref().unwrap(), &self.pg, self.item.as_ref());
                let faults: Vec<Value> = faults
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|f| self.for_provider(f))
                    .collect();
                let answer = self.sim(Method::PUT, "/_sim/faults", Some(Value::Array(faults))).await;
                assert_eq!(answer.status, 200, "{at}: {}", answer.text);
            }
            "no_faults" => {
                let answer = self.sim(Method::DELETE, "/_sim/faults", None).await;
                assert_eq!(answer.status, 200, "{at}: {}", answer.text);
            }
            "swap" => self.write_channels(step.mid.unwrap()).await,
            "advance" => {
                let mut ahead = self.map(step.with.as_ref());
                ahead.entry("advanceMs").or_insert_with(|| json!(step.ms));
                let answer = self.sim(Method::POST, "/_sim/clock", Some(ahead.into())).await;
                assert_eq!(answer.status, 200, "{at}: {}", answer.text);
            }
            "sleep" => tokio::time::sleep(Duration::from_millis(step.ms.unwrap())).await,
            "join" => {
                let answer = self.background.take().expect("a step in the background").await.unwrap();
                self.check(step, at, &answer);
            }
            "new_payment" => {
                self.payments += 1;
                self.payment = step.id.clone().unwrap_or_else(|| format!("scenario-{}", self.payments));
            }
            other => assert!(self.billing_step(step, at).await, "{at}: no such step: {other}"),
        }
    }

    fn for_provider(&self, fault: &Value) -> Value {
        let mut fault = fault.clone();
        fault["provider"] = self.pg.provider.clone().into();
        fault
    }

    pub(super) fn map(&self, map: Option<&Value>) -> Map<String, Value> {
        let map = map.cloned().unwrap_or_else(|| json!({}));
        // Twice: what a name stands for may hold names.
        let map = resolve(&map, &self.pg, self.item.as_ref());
        match resolve(&map, &self.pg, self.item.as_ref()) {
            Value::Object(map) => map,
            other => panic!("{other} is no map"),
        }
    }

    /// A word that may be a `$name`.
    pub(super) fn word(&self, word: &str) -> String {
        let found = resolve(&Value::from(word), &self.pg, self.item.as_ref());
        found
            .as_str()
            .unwrap_or_else(|| panic!("{found} is no word"))
            .to_owned()
    }

    pub(super) async fn open_window(&self, step: &Step) -> Answer {
        let mut body = json!({
            "storeId": self.demo.value("NARU_STORE_ID"), "channelKey": self.channel, "paymentId": self.payment,
            "orderName": "나루 주문", "totalAmount": self.pg.get("amount"), "currency": "KRW", "payMethod": "CARD",
            "customer": { "customerId": "buyer-1", "fullName": "홍길동", "email": "buyer@example.com", "phoneNumber": "01012341234" },
            "redirectUrl": "https://shop.example/done?order=1",
            "device": self.word(step.device.as_deref().unwrap_or("pc")),
        });
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let url = format!("{}/checkout/payments", self.demo.value("NARU_URL"));
        call(Method::POST, &url, &[("content-type", "application/json")], Some(body)).await
    }

    pub(super) async fn open(&mut self, step: &Step, at: &str) {
        let answer = self.open_window(step).await;
        if let Some(code) = &step.error {
            assert_eq!(answer.status, 400, "{at}: {}", answer.text);
            assert_eq!(answer.json()["code"], *code, "{at}: {}", answer.text);
            return;
        }
        self.check(step, at, &answer);
        if !step.keep_return {
            self.back = Value::Null;
        }
        self.open = answer.json();
    }

    pub(super) async fn authenticate(&mut self, step: &Step, at: &str) {
        let mut body = json!({ "open": self.open["open"], "as": step.outcome });
        if let Some(tamper) = &step.tamper {
            body["tamper"] = resolve(tamper, &self.pg, self.item.as_ref());
        }
        let path = format!("/_sim/{}/authenticate", self.pg.provider);
        let answer = self.sim(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
        self.back = answer.json();
    }

    pub(super) async fn come_back(&mut self, step: &Step, at: &str) {
        let mut url = self.back["url"]
            .as_str()
            .unwrap_or_else(|| panic!("{at}: nothing to return"))
            .to_owned();
        if let Some(token) = &step.token {
            // Same return, another attempt: what stands between `/return/` and the query is the token.
            let (start, rest) = url.split_once("/checkout/return/").unwrap();
            let query = rest.split_once('?').map_or(String::new(), |(_, q)| format!("?{q}"));
            let attempt = self.open["attempt"].as_str().unwrap_or_default();
            let token = if token == "$last" { attempt } else { token };
            url = format!("{start}/checkout/return/{token}{query}");
        }
        let method: Method = self.back["method"].as_str().unwrap_or("GET").parse().unwrap();
        let body = Bytes::from(self.back["body"].as_str().unwrap_or_default().to_owned());
        let content = self.back["contentType"].as_str().unwrap_or("text/plain").to_owned();
        if let Some(ms) = step.hang_up {
            // Dropping the future closes the connection.
            let headers = [("content-type", content.as_str())];
            let cut = tokio::time::timeout(Duration::from_millis(ms), send(method, &url, &headers, body)).await;
            assert!(cut.is_err(), "{at}: answered before the browser went away");
            return;
        }
        let calls = (0..step.times.unwrap_or(1)).map(|_| {
            let (method, url, body, content) = (method.clone(), url.clone(), body.clone(), content.clone());
            tokio::spawn(async move { send(method, &url, &[("content-type", &content)], body).await })
        });
        for one in calls.collect::<Vec<_>>() {
            let answer = one.await.unwrap();
            match step.status {
                Some(status) => assert_eq!(answer.status, status, "{at}: {}", answer.text),
                None => assert!(answer.status.as_u16() < 400, "{at}: {} {}", answer.status, answer.text),
            }
        }
    }

    pub(super) async fn result(&mut self, step: &Step, at: &str) {
        let url = self.open["resultUrl"].as_str().unwrap().to_owned();
        let answer = call(Method::GET, &url, &[], None).await;
        self.result = answer.json();
        self.check(step, at, &answer);
        if let Some(key) = self.result["billingKey"]
            .as_str()
            .filter(|k| k.starts_with("billing-key-"))
        {
            self.key = key.to_owned();
        }
    }

    async fn confirm(&mut self, step: &Step, at: &str) {
        let mut body = json!({ "paymentToken": self.result["paymentToken"] });
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let answer = self.post("confirm", &body, None).await;
        self.check(step, at, &answer);
    }

    async fn cancel(&mut self, step: &Step, at: &str) {
        let body = Value::Object(self.map(step.with.as_ref()));
        let calls = (0..step.times.unwrap_or(1)).map(|_| tokio::spawn(self.post("cancel", &body, None)));
        for one in calls.collect::<Vec<_>>() {
            let answer = one.await.unwrap();
            match &step.each_one_of {
                Some(statuses) => assert!(statuses.contains(&answer.status.as_u16()), "{at}: {answer:?}"),
                None => self.check(step, at, &answer),
            }
        }
    }

    async fn wait(&mut self, step: &Step, at: &str) {
        let since = Instant::now();
        let patience = Duration::from_secs(step.seconds.unwrap_or(20));
        loop {
            let answer = self.get().await;
            let expected = self.map(step.expect.as_ref());
            match mismatch(&answer.json(), &expected) {
                None => return,
                Some(what) => assert!(since.elapsed() < patience, "{at}: after {patience:?}: {what}"),
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// The operator edits the channel file; returns when the router says that it took the change.
    async fn write_channels(&mut self, mid: u8) {
        let text = self.pg.channel_file(self.demo.value("NARU_STORE_ID"), mid);
        // The sample channels hold the same contracts: only the store stays, without what it says of them.
        for entry in std::fs::read_dir(self.demo.channels()).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("store.toml") {
                let store = std::fs::read_to_string(&path).unwrap();
                let bare = store.split("[[store.checkout_profiles]]").next().unwrap();
                let kept = bare.lines().filter(|line| !line.starts_with("default_channel"));
                let kept = kept.collect::<Vec<_>>().join("\n");
                let kept = kept.replace("${NARU_PUBLIC_URL}/shop/api/webhook", &self.hook);
                assert!(kept.contains(&self.hook), "{kept}");
                std::fs::write(&path, kept).unwrap();
            } else if path.extension().is_some_and(|e| e == "toml") {
                std::fs::remove_file(path).unwrap();
            }
        }
        std::fs::write(self.demo.channels().join("scenario.toml"), text).unwrap();
        let answer = self.demo.admin(Method::POST, "/admin/config/reload").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(super) async fn sim(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        call(method, &format!("{}{path}", self.demo.value("NARU_SIM_URL")), &[], body).await
    }

    /// Where the PG sends its notifications, as a merchant registers it in the PG's portal, and further merchants.
    async fn register_merchants(&self) {
        let (router, provider) = (self.demo.value("NARU_URL"), &self.pg.provider);
        let url = format!("{router}/notify/{provider}/channel-key-scenario-main");
        let mut merchants = vec![json!({ "mid": self.pg.get("mid1"), "notifyUrl": url })];
        merchants.extend(
            self.pg
                .get("merchants")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|merchant| {
                    let told = merchant
                        .to_string()
                        .replace("@NOTIFY@", &format!("{router}/notify/{provider}"));
                    serde_json::from_str(&told).unwrap()
                }),
        );
        let path = format!("/_sim/{provider}/merchants");
        let answer = self.sim(Method::PUT, &path, Some(merchants.into())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// The simulator's ledger.
    pub async fn sim_ledger(&self) -> Vec<Value> {
        let path = format!("/_sim/ledger?provider={}", self.pg.provider);
        let answer = self.sim(Method::GET, &path, None).await;
        answer.json().as_array().cloned().unwrap_or_default()
    }

    pub(super) async fn get(&self) -> Answer {
        self.demo.v2(Method::GET, &self.path(""), None).await
    }

    pub(super) fn path(&self, call: &str) -> String {
        let id = percent_encoding::utf8_percent_encode(&self.payment, percent_encoding::NON_ALPHANUMERIC);
        if call.is_empty() {
            format!("/payments/{id}")
        } else {
            format!("/payments/{id}/{call}")
        }
    }

    pub(super) fn post(
        &self,
        what: &str,
        body: &Value,
        key: Option<&str>,
    ) -> impl Future<Output = Answer> + Send + 'static {
        let url = format!("{}{}", self.demo.value("NARU_URL"), self.path(what));
        let secret = format!("PortOne {}", self.demo.value("NARU_API_SECRET"));
        let key = key.map(|k| format!("\"{k}\""));
        let body = body.clone();
        async move {
            let mut headers = vec![("authorization", secret.as_str())];
            if let Some(key) = &key {
                headers.push(("idempotency-key", key));
            }
            call(Method::POST, &url, &headers, Some(body)).await
        }
    }

    pub(super) fn check(&self, step: &Step, at: &str, answer: &Answer) {
        assert_eq!(answer.status, step.status.unwrap_or(200), "{at}: {}", answer.text);
        let json = answer.json();
        if let Some(error) = &step.error {
            assert_eq!(json["type"], **error, "{at}: {}", answer.text);
        }
        let expected = self.map(step.expect.as_ref());
        if let Some(what) = mismatch(&json, &expected) {
            panic!("{at}: {what}\n{}", answer.text);
        }
        assert!(!has_null(&json), "{at}: a null in {}", answer.text);
    }
}

fn has_null(json: &Value) -> bool {
    match json {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

/// The first expectation that does not hold.
pub(super) fn mismatch(json: &Value, expected: &Map<String, Value>) -> Option<String> {
    expected.iter().find_map(|(path, want)| {
        let got = path
            .split('.')
            .try_fold(json, |value, part| match part.parse::<usize>() {
                Ok(index) => value.get(index),
                Err(_) => value.get(part),
            });
        let holds = match (want, got) {
            (Value::String(word), got) if word == "*" => got.is_some(),
            (Value::String(word), got) if word == "-" => got.is_none(),
            (Value::Array(list), Some(got)) => list.contains(got),
            (want, Some(got)) => want == got,
            (_, None) => false,
        };
        (!holds).then(|| {
            format!(
                "{path}: expected {want}, got {}",
                got.map_or("nothing".into(), ToString::to_string)
            )
        })
    })
}
