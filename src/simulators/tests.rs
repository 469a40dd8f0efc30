#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::testing::{call, control, start};
use super::*;
use serde_json::{Value, json};

#[tokio::test]
async fn wrong_paths_say_what_there_is() {
    let sim = start(Options::default());
    let got = call(&sim, "GET", "/tos/v1/payments/x", &[], b"").await;
    assert_eq!(got.status, 404);
    assert!(got.text().contains("did you mean `/toss`?"), "{}", got.text());
    let got = control(&sim, "GET", "leger", Value::Null).await;
    assert!(got.status == 404 && got.text().contains("`ledger`"), "{}", got.text());
    let got = control(&sim, "POST", "tos/deposit", json!({})).await;
    assert!(got.status == 400 && got.text().contains("`toss`"), "{}", got.text());
    assert_eq!(control(&sim, "POST", "ledger", json!({})).await.status, 405);
    assert_eq!(
        control(&sim, "GET", "ledger?provider=kpc", Value::Null).await.status,
        400
    );
    let overview = control(&sim, "GET", "", Value::Null).await.json();
    assert_eq!(overview["providers"][0]["provider"], "toss");
    let missing = call(&sim, "GET", "/toss/v1/nothing", &[], b"").await;
    assert_eq!(missing.error(), (404, "NOT_FOUND".into()));
}

#[tokio::test]
async fn the_fault_menu_is_put_listed_and_deleted() {
    let sim = start(Options::default());
    let menu = json!([{"provider": "toss", "operation": "confirm", "kind": "late-answer", "times": 3, "delayMs": 10}]);
    let put = control(&sim, "PUT", "faults", menu).await.json();
    assert_eq!(
        (put[0]["operation"].clone(), put[0]["hits"].clone()),
        (json!("approve"), json!(0))
    );
    // A wrong line leaves the menu as it was.
    assert_eq!(
        control(&sim, "PUT", "faults", json!([{"kind": "late"}])).await.status,
        400
    );
    assert_eq!(control(&sim, "GET", "faults", Value::Null).await.json()[0]["times"], 3);
    control(&sim, "DELETE", "faults", Value::Null).await;
    assert_eq!(control(&sim, "GET", "faults", Value::Null).await.json(), json!([]));
    assert_eq!(
        control(&sim, "PUT", "faults", json!({"kind": "hang"})).await.status,
        400
    );
}

#[tokio::test]
async fn reset_forgets_everything() {
    let sim = start(Options::default());
    let body = br#"{"amount":1000,"orderId":"ORDER-0001","orderName":"x","customerName":"x","bank":"88"}"#;
    let auth = testing::basic("test_sk_naruSimulator000000000001");
    let issue = || async {
        call(
            &sim,
            "POST",
            "/toss/v1/virtual-accounts",
            &[("authorization", &auth)],
            body,
        )
        .await
        .status
    };
    assert_eq!(issue().await, 200);
    assert_eq!(issue().await, 400);
    control(&sim, "POST", "clock", json!({"advanceMs": 1000})).await;
    control(&sim, "PUT", "faults", json!([{"kind": "hang", "operation": "inquire"}])).await;
    control(&sim, "POST", "reset", Value::Null).await;
    assert_eq!(control(&sim, "GET", "ledger", Value::Null).await.json(), json!([]));
    assert_eq!(control(&sim, "GET", "faults", Value::Null).await.json(), json!([]));
    assert_eq!(control(&sim, "GET", "clock", Value::Null).await.json()["offsetMs"], 0);
    assert_eq!(issue().await, 200);
    assert_eq!(
        control(&sim, "POST", "clock", json!({"advanceMs": -1})).await.status,
        400
    );
}

#[tokio::test]
async fn books_are_bounded() {
    let sim = start(Options {
        payments_max: 3,
        ..Options::default()
    });
    let auth = testing::basic("test_sk_naruSimulator000000000001");
    for i in 0..5 {
        let body = json!({"amount": 1000, "orderId": format!("ORDER-{i:04}"), "orderName": "x", "customerName": "x", "bank": "88"});
        let got = call(
            &sim,
            "POST",
            "/toss/v1/virtual-accounts",
            &[("authorization", &auth)],
            body.to_string().as_bytes(),
        )
        .await;
        assert_eq!(got.status, 200);
    }
    let rows = control(&sim, "GET", "ledger", Value::Null).await.json();
    let orders: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["orderId"].as_str().unwrap())
        .collect();
    assert_eq!(orders, ["ORDER-0002", "ORDER-0003", "ORDER-0004"]);
}

/// The simulators know a PG from its documents alone: a mistake in an adapter must not repeat itself here.
#[test]
fn nothing_is_shared_with_the_adapters() {
    fn walk(dir: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, found)
            } else {
                found.push(entry)
            }
        }
    }
    let mut files = Vec::new();
    walk(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulators"),
        &mut files,
    );
    assert!(files.len() > 20);
    let forbidden = ["crate::", "use "].map(|start| format!("{start}adapters"));
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
        for line in std::fs::read_to_string(file)
            .unwrap()
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
        {
            assert!(
                !forbidden.iter().any(|word| line.contains(word)),
                "{}: {line}",
                file.display()
            );
        }
    }
}

/// The faults as a client on a real connection sees them.
#[tokio::test]
async fn faults_over_a_real_connection() {
    use http_body_util::{BodyExt, Full};
    let sim = start(Options::default());
    let listener = crate::net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let handler = Arc::clone(&sim) as Arc<dyn Handler>;
    let serving = crate::net::serve(listener, None, handler, crate::net::Limits::default(), stopped).unwrap();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .retry_canceled_requests(false)
        .build_http::<Full<bytes::Bytes>>();
    let body = |order: &str| {
        json!({"amount": 1000, "orderId": order, "orderName": "셔츠", "customerName": "김", "bank": "88"}).to_string()
    };
    let issue = |order: &str| {
        let request = http::Request::post(format!("http://{}/toss/v1/virtual-accounts", serving.addr))
            .header("authorization", testing::basic("test_sk_naruSimulator000000000001"))
            .body(Full::new(body(order).into()))
            .unwrap();
        client.request(request)
    };
    for (i, (kind, acted)) in [
        ("refuse", false),
        ("drop-before", false),
        ("approve-then-drop", true),
        ("truncate", true),
        ("slow-drip", true),
    ]
    .iter()
    .enumerate()
    {
        let order = format!("ORDER-{i:04}");
        control(
            &sim,
            "PUT",
            "faults",
            json!([{"provider": "toss", "kind": kind, "operation": "vbank", "times": 1, "delayMs": 50}]),
        )
        .await;
        match *kind {
            "truncate" => assert!(issue(&order).await.unwrap().into_body().collect().await.is_err()),
            "slow-drip" => {
                let whole = issue(&order)
                    .await
                    .unwrap()
                    .into_body()
                    .collect()
                    .await
                    .unwrap()
                    .to_bytes();
                assert!(serde_json::from_slice::<Value>(&whole).is_ok());
            }
            _ => assert!(issue(&order).await.is_err(), "{kind}"),
        }
        let rows = control(&sim, "GET", "ledger", Value::Null).await.json();
        let found = rows
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["orderId"] == order.as_str());
        assert_eq!(found, *acted, "{kind}");
    }
    stop.send_replace(true);
}
