use super::*;
use crate::net::{Abort, BoxFuture, Handler, Refused, Request, Response};
use std::sync::Mutex;
use std::time::Duration;

/// A shop that takes notices: keeps them, answers with what is told, then with the acknowledgement.
#[derive(Debug, Default)]
struct Inbox {
    got: Mutex<Vec<Request>>,
    answers: Mutex<Vec<&'static str>>,
}

impl Handler for Inbox {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        self.got.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let body = if answers.is_empty() {
            ACKNOWLEDGED
        } else {
            answers.remove(0)
        };
        Box::pin(async move { Ok(http::Response::new(crate::net::full(body.as_bytes().to_vec()))) })
    }

    fn refuse(&self, _: Refused) -> Response {
        http::Response::new(crate::net::empty())
    }
}

const ACKNOWLEDGED: &str =
    "<html><body><form><input type=\"hidden\" name=\"result\" value=\"0000\"></form></body></html>";

pub struct Shop {
    inbox: Arc<Inbox>,
    pub url: String,
    _stop: tokio::sync::watch::Sender<bool>,
}

impl Shop {
    pub async fn listen() -> Self {
        Self::answering(&[]).await
    }

    async fn answering(first: &[&'static str]) -> Self {
        let inbox = Arc::new(Inbox::default());
        *inbox.answers.lock().unwrap() = first.to_vec();
        let listener = crate::net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let handler = Arc::clone(&inbox) as Arc<dyn Handler>;
        let serving = crate::net::serve(listener, None, handler, crate::net::Limits::default(), stopped).unwrap();
        Self {
            inbox,
            url: format!("http://{}/notify/kcp/ch-1", serving.addr),
            _stop: stop,
        }
    }

    fn raw(&self) -> Vec<Request> {
        self.inbox.got.lock().unwrap().clone()
    }

    /// Waits until so many notices have come; as fields of EUC-KR.
    pub async fn wait(&self, count: usize) -> Vec<Form> {
        for _ in 0..500 {
            let got = self.raw();
            if got.len() >= count {
                return got.iter().map(|request| fields(&request.body, EUC_KR)).collect();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} notices came", self.raw().len());
    }
}

const ACCOUNT: &str = "001000000000";

async fn issued(sim: &Arc<Simulators>, order: &str) -> Value {
    paid(
        sim,
        ACCOUNT,
        order,
        "10000",
        json!({"bank": "BK04", "receipt": {"kind": "0"}}),
    )
    .await
}

async fn deposit(sim: &Arc<Simulators>, ask: Value) -> Got {
    control(sim, "POST", "kcp/deposit", ask).await
}

#[tokio::test]
async fn a_deposit_is_told_in_euc_kr() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    let answer = issued(&sim, "ORD1").await;
    let got = deposit(&sim, json!({"orderId": "ORD1", "name": "김입금"})).await;
    assert_eq!(
        (got.json()["state"].as_str(), got.json()["notices"].as_i64()),
        (Some("paid"), Some(1))
    );
    let told = &shop.wait(1).await[0];
    for (name, value) in [
        ("site_cd", SITE),
        ("tno", text(&answer, "tno")),
        ("order_no", "ORD1"),
        ("tx_cd", "TX00"),
        ("ipgm_name", "홍길동"),
        ("remitter", "김입금"),
        ("ipgm_mnyx", "10000"),
        ("totl_mnyx", "10000"),
        ("bank_code", "BK04"),
        ("account", text(&answer, "account")),
        ("op_cd", "50"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!(
        (told["noti_id"].len(), told["tx_tm"].len(), told["cash_a_no"].len()),
        (20, 14, 9)
    );
    let request = &shop.raw()[0];
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert!(request.body.windows(8).any(|part| part == b"%C8%AB%B"), "no EUC-KR");
    tokio::time::sleep(Duration::from_millis(60)).await;
    let record = control(&sim, "GET", "notices?orderId=ORD1", Value::Null).await.json();
    assert_eq!(
        (&record[0]["state"], &record[0]["attempts"]),
        (&json!("delivered"), &json!(1))
    );
    assert_eq!(record[0]["id"], told["noti_id"].as_str());
    assert_eq!(deposit(&sim, json!({"orderId": "ORD1"})).await.status, 422);
    let rows = ledger(&sim).await;
    assert_eq!(
        (&rows[0]["balance"], &rows[0]["kind"]),
        (&json!(10_000), &json!("vbank"))
    );
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_marked_and_under_the_same_id() {
    let options = Options {
        retry_minute_ms: 10,
        ..Options::default()
    };
    let sim = sim_with(options).await;
    let refusal = "<input type='hidden' name='result' value='9999'>";
    let shop = Shop::answering(&["OK", refusal]).await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    issued(&sim, "ORD1").await;
    deposit(&sim, json!({"orderId": "ORD1"})).await;
    let told = shop.wait(3).await;
    let ops: Vec<_> = told.iter().map(|notice| notice["op_cd"].as_str()).collect();
    assert_eq!(ops, ["50", "01", "01"]);
    assert!(told.iter().all(|notice| notice["noti_id"] == told[0]["noti_id"]));
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(shop.raw().len(), 3, "acknowledged, and yet sent again");
    // Ten re-sends, and no more.
    let deaf = Shop::answering(&["no"; 40]).await;
    merchant(&sim, json!({"notifyUrl": deaf.url})).await;
    issued(&sim, "ORD2").await;
    deposit(&sim, json!({"orderId": "ORD2"})).await;
    deaf.wait(11).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(deaf.raw().len(), 11);
    let record = control(&sim, "GET", "notices?orderId=ORD2", Value::Null).await.json();
    assert_eq!(record[0]["state"], "failed");
}

#[tokio::test]
async fn a_deposit_is_taken_back_and_made_again() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(
        &sim,
        json!({"notifyUrl": shop.url, "shapes": ["bare-bank", "tx-tm-16"]}),
    )
    .await;
    issued(&sim, "ORD1").await;
    assert_eq!(
        deposit(&sim, json!({"orderId": "ORD1", "reverse": true})).await.status,
        422
    );
    deposit(&sim, json!({"orderId": "ORD1"})).await;
    shop.wait(1).await;
    let got = deposit(&sim, json!({"orderId": "ORD1", "reverse": true})).await.json();
    assert_eq!(got["state"], "waiting-deposit");
    let told = shop.wait(2).await;
    assert_eq!((told[1]["op_cd"].as_str(), told[1]["totl_mnyx"].as_str()), ("13", "0"));
    assert_ne!(told[0]["noti_id"], told[1]["noti_id"]);
    assert_eq!((told[1]["bank_code"].as_str(), told[1]["tx_tm"].len()), ("04", 16));
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
    assert_eq!(deposit(&sim, json!({"orderId": "ORD1"})).await.json()["state"], "paid");
    assert_eq!(shop.wait(3).await[2]["op_cd"], "50");
}

#[tokio::test]
async fn other_amounts_are_told_and_late_ones_refused() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    issued(&sim, "ORD1").await;
    let got = deposit(&sim, json!({"orderId": "ORD1", "amount": 9_999})).await.json();
    assert_eq!(
        (got["state"].as_str(), got["notices"].as_i64()),
        (Some("waiting-deposit"), Some(1))
    );
    assert_eq!(shop.wait(1).await[0]["ipgm_mnyx"], "9999");
    advance(&sim, 9 * 24 * 3_600_000).await;
    assert_eq!(deposit(&sim, json!({"orderId": "ORD1"})).await.status, 422);
    assert_eq!(
        deposit(&sim, json!({"orderId": "ORD1", "late": true})).await.json()["state"],
        "paid"
    );
    assert_eq!(deposit(&sim, json!({"orderId": "ORD9"})).await.status, 404);
    assert_eq!(deposit(&sim, json!({})).await.status, 400);
    let card = paid(&sim, CARD, "ORD2", "1004", json!({})).await;
    assert_eq!(deposit(&sim, json!({"tid": card["tno"]})).await.status, 422);
    assert_eq!(shop.wait(2).await.len(), 2);
}

#[tokio::test]
async fn nothing_is_told_where_no_address_is_registered_nor_of_cards() {
    let sim = sim().await;
    issued(&sim, "ORD1").await;
    assert_eq!(deposit(&sim, json!({"orderId": "ORD1"})).await.json()["notices"], 0);
    assert_eq!(
        control(&sim, "POST", "kcp/notify", json!({"orderId": "ORD1"}))
            .await
            .status,
        422
    );
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    let tno = text(&paid(&sim, CARD, "ORD2", "1004", json!({})).await, "tno").to_owned();
    modify(&sim, &tno, "STSC", json!({})).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(shop.raw().is_empty());
}

#[tokio::test]
async fn refunds_are_told_when_the_bank_has_paid() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url, "shapes": ["slow-refund"]})).await;
    let answer = issued(&sim, "ORD1").await;
    let tno = text(&answer, "tno");
    deposit(&sim, json!({"tid": tno})).await;
    let to = json!({"mod_sub_type": "MDSC00", "mod_bankcode": "BK88", "mod_account": "110123456789",
        "mod_depositor": "홍길동", "mod_comp_type": "MDCP01"});
    assert_eq!(code(&modify(&sim, tno, "STHD", to).await), "0000");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(shop.raw().len(), 1);
    control(&sim, "POST", "kcp/payout", json!({"tid": tno})).await;
    let told = &shop.wait(2).await[1];
    for (name, value) in [
        ("tx_cd", "TX01"),
        ("refund_nm", "홍길동"),
        ("refund_mny", "10000"),
        ("bank_code", "BK88"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

#[tokio::test]
async fn any_event_can_be_told_changed_or_told_again() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    issued(&sim, "ORD1").await;
    let send = |ask: Value| control(&sim, "POST", "kcp/notify", ask);
    let mut count = 0;
    for event in [
        "TX00", "TX01", "TX02", "TX03", "TX04", "TX05", "TX06", "TX07", "TX08", "TX09", "TX10",
    ] {
        assert_eq!(send(json!({"orderId": "ORD1", "txCd": event})).await.status, 200);
        count += 1;
        assert_eq!(shop.wait(count).await[count - 1]["tx_cd"], event);
    }
    assert_eq!(send(json!({"orderId": "ORD1", "txCd": "TX11"})).await.status, 400);
    let forged = json!({"site_cd": "OTHER", "ipgm_mnyx": "1", "cash_a_dt": null});
    send(json!({"orderId": "ORD1", "fields": forged})).await;
    let told = &shop.wait(12).await[11];
    assert_eq!((told["site_cd"].as_str(), told["ipgm_mnyx"].as_str()), ("OTHER", "1"));
    assert!(!told.contains_key("cash_a_dt"));
    deposit(&sim, json!({"orderId": "ORD1"})).await;
    send(json!({"orderId": "ORD1", "again": true})).await;
    let told = shop.wait(14).await;
    let (one, two) = (&told[12], &told[13]);
    assert_eq!(one["noti_id"], two["noti_id"]);
    let mut ops = [one["op_cd"].as_str(), two["op_cd"].as_str()];
    ops.sort_unstable();
    assert_eq!(ops, ["01", "50"]);
}

#[tokio::test]
async fn notices_suffer_faults_and_may_come_before_the_answer() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(
        &sim,
        json!({"notifyUrl": shop.url, "notifyCharset": "utf-8", "shapes": ["deposit-at-once"]}),
    )
    .await;
    let fault = |kind: &str| json!([{"provider": "kcp", "operation": "approve", "kind": kind, "times": 1}]);
    put_faults(&sim, fault("notify-before-answer")).await;
    issued(&sim, "ORD1").await;
    // It is there already.
    let got = shop.raw();
    assert_eq!(got.len(), 1);
    assert_eq!(fields(&got[0].body, UTF_8)["ipgm_name"], "홍길동");
    put_faults(
        &sim,
        json!([{"provider": "kcp", "kind": "duplicate-notify", "times": 1}]),
    )
    .await;
    issued(&sim, "ORD2").await;
    let told = shop.wait(3).await;
    assert_eq!(told[1], told[2]);
    put_faults(
        &sim,
        json!([{"provider": "kcp", "operation": "notify", "kind": "lost-notify"}]),
    )
    .await;
    issued(&sim, "ORD3").await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(shop.raw().len(), 3);
}
