//! Steps that pay: by card data, through the window, or by whichever of the two the PG has.

use super::model::Step;
use super::world::World;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The V2 API's names and the browser SDK's for the same.
const SDK_NAMES: &[(&str, &str)] = &[
    ("amount.total", "totalAmount"),
    ("amount.taxFree", "taxFreeAmount"),
    ("amount.vat", "vatAmount"),
    ("customer.id", "customer.customerId"),
    ("customer.name.full", "customer.fullName"),
    ("customer.email", "customer.email"),
    ("customer.phoneNumber", "customer.phoneNumber"),
    ("orderName", "orderName"),
    ("customData", "customData"),
];

impl World {
    /// One approved payment: by card data where the PG takes them, else through its window. `with`, `status` and
    /// `error` are the V2 API's in both cases.
    pub(super) async fn pay_somehow(&mut self, step: &Step, at: &str) {
        if !self.missing.contains_key("instant") {
            self.instant(step, at).await;
            return;
        }
        let with = Value::Object(sdk_request(&self.key_in(step)));
        let (status, hang_up) = (step.status.unwrap_or(200), step.hang_up);
        let step = Step {
            with: Some(with),
            device: Some("pc".to_owned()),
            outcome: Some("approve".to_owned()),
            expect: None,
            hang_up: None,
            ..step.clone()
        };
        if matches!(status, 400..=499) {
            // Nothing opens; the SDK has words of its own for the reason.
            let answer = self.open_window(&step).await;
            assert_eq!(answer.status, 400, "{at}: {}", answer.text);
            assert!(answer.json()["code"].is_string(), "{at}: {}", answer.text);
            return;
        }
        let opening = Step {
            status: None,
            error: None,
            ..step.clone()
        };
        self.open(&opening, at).await;
        self.authenticate(&opening, at).await;
        self.come_back(
            &Step {
                hang_up,
                ..opening.clone()
            },
            at,
        )
        .await;
        if status >= 500 {
            self.result(&opening, at).await;
            assert_eq!(self.result["code"], "PGProviderError", "{at}: {}", self.result);
        }
    }

    pub(super) async fn instant(&mut self, step: &Step, at: &str) {
        let body = self.key_in(step);
        let key = step.idempotency_key.clone();
        if let Some(ms) = step.hang_up {
            let call = self.post("instant", &body, None);
            // Dropping the future closes the connection.
            let cut = tokio::time::timeout(Duration::from_millis(ms), call).await;
            assert!(cut.is_err(), "{at}: answered before the merchant hung up");
            return;
        }
        if step.background {
            self.background = Some(tokio::spawn(self.post("instant", &body, key.as_deref())));
            return;
        }
        let calls = (0..step.times.unwrap_or(1)).map(|_| tokio::spawn(self.post("instant", &body, key.as_deref())));
        let mut answers = Vec::new();
        for one in calls.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        match &step.one_succeeds {
            None => answers.iter().for_each(|answer| self.check(step, at, answer)),
            Some(error) => {
                let good = answers.iter().filter(|a| a.status == 200).count();
                assert_eq!(good, 1, "{at}: {answers:?}");
                let other = answers.iter().filter(|a| a.status != 200);
                other.for_each(|a| assert_eq!(a.json()["type"], **error, "{at}: {}", a.text));
            }
        }
    }

    fn key_in(&self, step: &Step) -> Value {
        let card = self.pg.card(step.card.as_deref().unwrap_or("good"));
        let mut body = json!({
            "channelKey": self.channel, "orderName": "나루 주문", "amount": { "total": self.pg.get("amount") },
            "currency": "KRW", "method": { "card": { "credential": card } },
            "customer": { "name": { "full": "홍길동" }, "phoneNumber": "01012341234", "email": "buyer@example.com" },
        });
        body.as_object_mut().unwrap().extend(self.map(step.with.as_ref()));
        for (field, length) in step.long.iter().flatten() {
            let length = usize::try_from(length.as_u64().unwrap()).unwrap();
            body[field.as_str()] = "가".repeat(length).into();
        }
        body
    }

    /// The simulator's window from opening to the result, paid.
    pub(super) async fn through_window(&mut self, step: &Step, at: &str, with: Value) {
        let step = Step {
            with: Some(with),
            device: step.device.clone().or_else(|| Some("pc".to_owned())),
            outcome: Some("approve".to_owned()),
            expect: None,
            status: None,
            ..step.clone()
        };
        self.open(&step, at).await;
        self.authenticate(&step, at).await;
        self.come_back(&step, at).await;
    }
}

/// A V2 key-in request in the browser SDK's words.
fn sdk_request(body: &Value) -> Map<String, Value> {
    let mut request = Map::new();
    for (from, to) in SDK_NAMES {
        let value = from.split('.').try_fold(body, |value, part| value.get(part));
        let Some(value) = value else { continue };
        match to.split_once('.') {
            None => drop(request.insert((*to).to_owned(), value.clone())),
            Some((outer, inner)) => {
                let outer = request.entry(outer).or_insert_with(|| json!({}));
                outer[inner] = value.clone();
            }
        }
    }
    request
}
