use super::*;
use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response};
use std::sync::Mutex;

/// A merchant that answers the first calls otherwise and then `result=OK`.
#[derive(Debug, Default)]
struct Shop {
    got: Mutex<Vec<Request>>,
    refusals: Mutex<u32>,
}

impl Handler for Shop {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        self.got.lock().unwrap().push(request);
        let mut left = self.refusals.lock().unwrap();
        let text = if *left > 0 {
            *left -= 1;
            "result=OK\n"
        } else {
            "result=OK"
        };
        Box::pin(async move { Ok(http::Response::new(crate::net::full(text))) })
    }

    fn refuse(&self, _: Refused) -> Response {
        http::Response::new(crate::net::empty())
    }
}

impl Shop {
    async fn open(refusals: u32) -> (Arc<Self>, String, tokio::sync::watch::Sender<bool>) {
        let shop = Arc::new(Self {
            refusals: Mutex::new(refusals),
            ..Self::default()
        });
        let listener = crate::net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let limits = crate::net::Limits::default();
        let serving =
            crate::net::serve(listener, None, Arc::clone(&shop) as Arc<dyn Handler>, limits, stopped).unwrap();
        (shop, format!("http://{}/notify?k=1", serving.addr), stop)
    }

    async fn wait(&self, count: usize) -> Vec<Request> {
        for _ in 0..500 {
            let got = self.got.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{count} notices did not arrive");
    }
}

/// The bytes of `data` in a query or form.
fn data(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let part = text.split('&').find_map(|pair| pair.strip_prefix("data=")).unwrap();
    percent_encoding::percent_decode_str(&part.replace('+', " ")).collect()
}

fn at(record: &[u8], from: usize, size: usize) -> String {
    EUC_KR.decode(&record[from..from + size]).0.trim_end().to_owned()
}

async fn issued(sim: &Arc<Simulators>) -> String {
    let id = authenticated(sim, "0100000000", "ORD1", json!({})).await;
    fetch(sim, &id).await["isscd"].clone()
}

#[tokio::test]
async fn the_newer_layout_goes_by_get_and_is_retried_until_the_exact_answer() {
    let sim = sim();
    let (shop, url, _stop) = Shop::open(1).await;
    control(&sim, "POST", "clock", json!({"minuteMs": 10})).await;
    merchant(&sim, json!({"notifyUrl": url})).await;
    let account = issued(&sim).await;
    let done = control(
        &sim,
        "POST",
        "ksnet/deposit",
        json!({"orderId": "ORD1", "name": "김입금"}),
    )
    .await;
    assert_eq!(done.json()["state"], "deposited", "{}", done.text());
    let got = shop.wait(2).await;
    assert_eq!(
        (got[0].method.as_str(), got[0].query.starts_with("k=1&data=")),
        ("GET", true)
    );
    assert_eq!(got[0].query, got[1].query);
    let record = data(got[1].query.as_bytes());
    assert_eq!((record.len(), at(&record, 0, 4)), (600, "0596".to_owned()));
    assert_eq!(
        (at(&record, 26, 10), at(&record, 36, 50)),
        (MID.to_owned(), "ORD1".to_owned())
    );
    assert_eq!(
        (at(&record, 300, 2), at(&record, 437, 2)),
        ("61".to_owned(), "20".to_owned())
    );
    assert_eq!(
        (at(&record, 445, 13), at(&record, 477, 14)),
        ("0000000001004".to_owned(), "김입금".to_owned())
    );
    assert_eq!((at(&record, 540, 16), at(&record, 333, 6)), (account, "011".to_owned()));
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    assert_eq!(shop.wait(2).await.len(), 2);
    let notices = control(&sim, "GET", "notices?provider=ksnet", Value::Null).await.json();
    assert_eq!(
        (&notices[0]["state"], &notices[0]["attempts"]),
        (&json!("delivered"), &json!(2))
    );
}

#[tokio::test]
async fn the_older_layout_goes_by_post_and_deposits_are_reversed() {
    let sim = sim();
    let (shop, url, _stop) = Shop::open(0).await;
    merchant(
        &sim,
        json!({"notifyUrl": url, "notifyMethod": "POST", "notifyLayout": "vr"}),
    )
    .await;
    let account = issued(&sim).await;
    let early = control(
        &sim,
        "POST",
        "ksnet/deposit",
        json!({"orderId": "ORD1", "reverse": true}),
    )
    .await;
    assert_eq!(early.status, 422);
    // Another amount is told and does not end the waiting.
    let wrong = control(&sim, "POST", "ksnet/deposit", json!({"orderId": "ORD1", "amount": 999})).await;
    assert_eq!(wrong.json()["state"], "waiting");
    shop.wait(1).await;
    control(&sim, "POST", "ksnet/deposit", json!({"orderId": "ORD1"})).await;
    shop.wait(2).await;
    let back = control(
        &sim,
        "POST",
        "ksnet/deposit",
        json!({"orderId": "ORD1", "reverse": true}),
    )
    .await;
    assert_eq!(back.json()["state"], "waiting");
    let got = shop.wait(3).await;
    assert!(
        got.iter()
            .all(|request| request.method == "POST" && request.query == "k=1")
    );
    let records: Vec<Vec<u8>> = got.iter().map(|request| data(&request.body)).collect();
    let told: Vec<(String, String)> = records.iter().map(|r| (at(r, 131, 2), at(r, 135, 13))).collect();
    let expected = [
        ("20", "0000000000999"),
        ("20", "0000000001004"),
        ("51", "0000000001004"),
    ];
    assert_eq!(
        told,
        expected.map(|(sele, amount)| (sele.to_owned(), amount.to_owned()))
    );
    let last = &records[2];
    assert_eq!(
        (last.len(), at(last, 0, 2), at(last, 266, 10)),
        (300, "VR".to_owned(), MID.to_owned())
    );
    assert_eq!(
        (at(last, 230, 16), at(last, 31, 2), at(last, 41, 6)),
        (account, "11".to_owned(), "000003".to_owned())
    );
    let stray = json!({"orderId": "ORD1", "unknownOrderId": "NONE", "mid": "1234567890", "amount": 5});
    assert_eq!(control(&sim, "POST", "ksnet/notify", stray).await.status, 200);
    let got = shop.wait(4).await;
    assert_eq!(at(&data(&got[3].body), 266, 10), "1234567890");
}

#[tokio::test]
async fn no_deposit_after_the_deadline_or_for_cards() {
    let sim = sim();
    issued(&sim).await;
    paid(&sim, "1000000000", "ORD2").await;
    let card = control(&sim, "POST", "ksnet/deposit", json!({"orderId": "ORD2"})).await;
    assert_eq!(card.status, 422);
    advance(&sim, 365 * 60).await;
    let late = control(&sim, "POST", "ksnet/deposit", json!({"orderId": "ORD1"})).await;
    assert_eq!(late.status, 422, "{}", late.text());
    assert_eq!(control(&sim, "POST", "ksnet/escrow", json!({})).await.status, 422);
}
