//! Steps about virtual accounts, cash receipts and escrow.

use super::model::Step;
use super::world::World;
use http::Method;
use serde_json::{Map, Value, json};

impl World {
    pub(super) async fn cash(&mut self, what: &str, step: &Step, at: &str) {
        match what {
            "issue" => self.issue(step, at).await,
            "deposit" => self.deposit(step, at).await,
            "notify" => self.notify(step, at).await,
            "pay" => {
                let with = Value::Object(self.map(step.with.as_ref()));
                self.through_window(step, at, with).await;
            }
            "decide" => self.decide(step, at).await,
            "issue_receipt" => self.issue_receipt(step, at).await,
            "receipt" => {
                let answer = self.demo.v2(Method::GET, &self.path("cash-receipt"), None).await;
                self.check(step, at, &answer);
            }
            "receipts" => {
                let answer = self.demo.v2(Method::GET, "/cash-receipts", None).await;
                self.check(step, at, &answer);
            }
            "modify_logistics" => {
                let body = Value::Object(self.map(step.with.as_ref()));
                let answer = self
                    .demo
                    .v2(Method::PATCH, &self.path("escrow/logistics"), Some(body))
                    .await;
                self.check(step, at, &answer);
            }
            _ => {
                let (call, with) = match what {
                    "close" => ("virtual-account/close", None),
                    "cancel_receipt" => ("cash-receipt/cancel", None),
                    "logistics" => ("escrow/logistics", step.with.as_ref()),
                    _ => ("escrow/complete", None),
                };
                let body = Value::Object(self.map(with));
                let answer = self.post(call, &body, None).await;
                self.check(step, at, &answer);
            }
        }
    }

    /// A virtual account, by a server call or through the window.
    async fn issue(&mut self, step: &Step, at: &str) {
        let through = self.word(step.through.as_deref().unwrap_or("api"));
        let mut with = self.map(step.with.as_ref());
        let account = with
            .remove("account")
            .or_else(|| self.pg.get("account").cloned())
            .unwrap();
        if through != "api" {
            let expiry = json!({"accountExpiry": account["expiry"]});
            let with = json!({"payMethod": "VIRTUAL_ACCOUNT", "virtualAccount": expiry});
            let device = if through == "phone" { "mobile" } else { "pc" };
            let step = Step {
                device: Some(device.to_owned()),
                ..step.clone()
            };
            self.through_window(&step, at, with).await;
            return;
        }
        let body = json!({
            "channelKey": self.channel, "orderName": "나루 주문", "amount": {"total": self.pg.get("amount")},
            "currency": "KRW", "customer": {"name": {"full": "홍길동"}, "phoneNumber": "01012341234", "email": "buyer@example.com"},
            "method": {"virtualAccount": account},
        });
        let answer = self.post("instant", &merged(body, with), None).await;
        self.check(step, at, &answer);
    }

    /// The buyer deposits at the bank.
    async fn deposit(&self, step: &Step, at: &str) {
        let payment = self.get().await.json();
        let mut body = json!({"tid": payment["pgTxId"], "amount": self.pg.get("amount"), "name": "홍길동"});
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let path = format!("/_sim/{}/deposit", self.pg.provider);
        let answer = self.sim(Method::POST, &path, Some(body)).await;
        let fits = match &step.each_one_of {
            Some(statuses) => statuses.contains(&answer.status.as_u16()),
            None => answer.status == step.status.unwrap_or(200),
        };
        assert!(fits, "{at}: {} {}", answer.status, answer.text);
    }

    /// The PG tells of what did not happen.
    async fn notify(&self, step: &Step, at: &str) {
        let payment = self.get().await.json();
        let mut body = json!({"tid": payment["pgTxId"]});
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let path = format!("/_sim/{}/notify", self.pg.provider);
        let answer = self.sim(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
    }

    /// The buyer decides about an escrow payment.
    async fn decide(&self, step: &Step, at: &str) {
        let payment = self.get().await.json();
        let mut body = json!({"tid": payment["pgTxId"]});
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        let path = format!("/_sim/{}/escrow", self.pg.provider);
        let answer = self.sim(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
    }

    async fn issue_receipt(&self, step: &Step, at: &str) {
        let body = json!({
            "paymentId": self.payment, "channelKey": self.channel, "type": "PERSONAL", "orderName": "나루 주문",
            "currency": "KRW", "amount": {"total": self.pg.get("amount")}, "customer": {"identityNumber": "01012341234"},
        });
        let body = merged(body, self.map(step.with.as_ref()));
        let answer = self.demo.v2(Method::POST, "/cash-receipts", Some(body)).await;
        self.check(step, at, &answer);
    }
}

fn merged(mut body: Value, over: Map<String, Value>) -> Value {
    body.as_object_mut().unwrap().extend(over);
    body
}
