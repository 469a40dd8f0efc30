use super::*;
use crate::simulators::testing::Inbox;

#[tokio::test]
async fn a_virtual_account_from_issue_to_refund() {
    let sim = sim();
    let issued = post(&sim, SECRET, "virtual-accounts", &account("ORDER-0001"))
        .await
        .json();
    assert_eq!(issued["status"], "WAITING_FOR_DEPOSIT");
    assert_eq!(
        (
            issued["approvedAt"].clone(),
            issued["virtualAccount"]["depositorName"].clone()
        ),
        (Value::Null, Value::Null)
    );
    let account = issued["virtualAccount"]["accountNumber"].as_str().unwrap();
    assert!(account.len() == 14 && account.starts_with('X') && account[1..].bytes().all(|b| b.is_ascii_digit()));
    assert_eq!(issued["virtualAccount"]["bankCode"], "88");
    let row = ledger(&sim).await[0].clone();
    assert_eq!(
        (row["kind"].clone(), row["balance"].clone()),
        (json!("vbank"), json!(0))
    );
    let tid = key(&issued);
    let part = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    assert_eq!(part.error(), (403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT".into()));
    let wrong = control(
        &sim,
        "POST",
        "toss/deposit",
        json!({"orderId": "ORDER-0001", "amount": 9999}),
    )
    .await;
    assert_eq!(wrong.status, 422);
    let done = control(
        &sim,
        "POST",
        "toss/deposit",
        json!({"orderId": "ORDER-0001", "amount": 10000, "name": "김"}),
    )
    .await;
    assert_eq!(done.json()["state"], "DONE");
    let paid = get(&sim, SECRET, &format!("payments/{tid}")).await.json();
    assert_eq!(paid["virtualAccount"]["depositorName"], "김");
    assert!(paid["approvedAt"].is_string());
    for (account, code) in [
        (Value::Null, "INVALID_REFUND_ACCOUNT_INFO"),
        (
            json!({"bankCode": "88", "accountNumber": "1234", "holderName": "김"}),
            "INVALID_REQUIRED_PARAM",
        ),
        (
            json!({"bank": "004", "accountNumber": "1234", "holderName": "김"}),
            "INVALID_BANK",
        ),
        (
            json!({"bank": "88", "accountNumber": "12-34", "holderName": "김"}),
            "INVALID_REFUND_ACCOUNT_NUMBER",
        ),
        (json!({"bank": "88", "accountNumber": "1234"}), "INVALID_REQUIRED_PARAM"),
    ] {
        let got = cancel(
            &sim,
            &tid,
            json!({"cancelReason": "x", "refundReceiveAccount": account}),
        )
        .await;
        assert_eq!(got.error(), (400, code.to_owned()));
    }
    let to = json!({"bank": "KOOKMIN", "accountNumber": "1234567890", "holderName": "김"});
    let part = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 4000, "refundReceiveAccount": to}),
    )
    .await
    .json();
    assert_eq!(
        (
            part["balanceAmount"].clone(),
            part["virtualAccount"]["refundStatus"].clone()
        ),
        (json!(6000), json!("PENDING"))
    );
    control(
        &sim,
        "POST",
        "toss/refund-status",
        json!({"tid": tid, "status": "FAILED"}),
    )
    .await;
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{tid}")).await.json()["virtualAccount"]["refundStatus"],
        "FAILED"
    );
}

#[tokio::test]
async fn an_unpaid_account_closes_or_runs_out_silently() {
    let sim = sim();
    let closed = key(&post(&sim, SECRET, "virtual-accounts", &account("ORDER-0001"))
        .await
        .json());
    assert_eq!(
        cancel(&sim, &closed, json!({"cancelReason": "x"})).await.json()["status"],
        "CANCELED"
    );
    let late = control(&sim, "POST", "toss/deposit", json!({"tid": closed, "amount": 10000})).await;
    assert_eq!(late.status, 422);
    let mut short = account("ORDER-0002");
    short["validHours"] = json!(1);
    let mut fixed = account("ORDER-0003");
    fixed["validHours"] = json!(1);
    fixed["accountKey"] = json!("buyer-7");
    let (short, first) = (
        post(&sim, SECRET, "virtual-accounts", &short).await.json(),
        post(&sim, SECRET, "virtual-accounts", &fixed).await.json(),
    );
    fixed["orderId"] = json!("ORDER-0004");
    let second = post(&sim, SECRET, "virtual-accounts", &fixed).await.json();
    assert_eq!(
        first["virtualAccount"]["accountNumber"],
        second["virtualAccount"]["accountNumber"]
    );
    control(&sim, "POST", "clock", json!({"advanceMs": 3_700_000})).await;
    for (payment, expired) in [(short, true), (first, false)] {
        let now = get(&sim, SECRET, &format!("payments/{}", key(&payment))).await.json();
        assert_eq!(
            (now["status"].clone(), now["virtualAccount"]["expired"].clone()),
            (json!("WAITING_FOR_DEPOSIT"), json!(expired))
        );
    }
    for (change, code) in [
        (
            json!({"validHours": 1, "dueDate": "2030-01-01T00:00:00"}),
            "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE",
        ),
        (json!({"validHours": 2161}), "EXCEED_MAX_VALID_HOURS"),
        (json!({"dueDate": "yesterday"}), "INVALID_DATE"),
        (json!({"bank": "NOBANK"}), "INVALID_BANK"),
        (json!({"amount": 199}), "BELOW_MINIMUM_AMOUNT"),
    ] {
        let mut body = account("ORDER-0009");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(
            post(&sim, SECRET, "virtual-accounts", &body).await.error(),
            (400, code.to_owned())
        );
    }
}

#[tokio::test]
async fn a_deposit_is_notified_in_both_formats_and_reversed() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    let tid = authenticated(&sim, &open("VIRTUAL_ACCOUNT", "ORDER-0001", 10000)).await;
    let issued = confirm(&sim, &tid, "ORDER-0001", 10000).await.json();
    subscribe(&sim, &url, json!(["DEPOSIT_CALLBACK", "PAYMENT_STATUS_CHANGED"])).await;
    control(&sim, "POST", "toss/deposit", json!({"tid": tid, "amount": 10000})).await;
    let got = inbox.wait(2).await;
    let flat = got.iter().find(|r| body(r).get("eventType").is_none()).unwrap();
    let flat = body(flat);
    assert_eq!(
        (flat["secret"].clone(), flat["status"].clone(), flat["orderId"].clone()),
        (issued["secret"].clone(), json!("DONE"), json!("ORDER-0001"))
    );
    assert!(flat.get("paymentKey").is_none() && flat["transactionKey"].is_string());
    let full = got
        .iter()
        .find(|r| body(r)["eventType"] == "PAYMENT_STATUS_CHANGED")
        .unwrap();
    assert_eq!(body(full)["data"]["paymentKey"], tid.as_str());
    assert!(
        full.header("tosspayments-webhook-transmission-id")
            .unwrap()
            .starts_with("whtrans_")
    );
    assert_eq!(
        full.header("tosspayments-webhook-transmission-retried-count"),
        Some("0")
    );
    assert!(
        full.header("tosspayments-webhook-transmission-time")
            .unwrap()
            .ends_with("+09:00")
    );
    control(&sim, "POST", "toss/deposit", json!({"tid": tid, "reverse": true})).await;
    let got = inbox.wait(3).await;
    assert_eq!(body(&got[2])["status"], "WAITING_FOR_DEPOSIT");
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{tid}")).await.json()["status"],
        "WAITING_FOR_DEPOSIT"
    );
    assert_eq!(
        control(&sim, "POST", "toss/deposit", json!({"tid": tid, "reverse": true}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_merchant_may_be_told_of_deposits_late() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    let change = json!({"mid": MID, "notifyUrl": url, "events": ["PAYMENT_STATUS_CHANGED"], "depositDelayMs": 60_000});
    assert_eq!(control(&sim, "PUT", "toss/merchants", change).await.status, 200);
    let first = key(&post(&sim, SECRET, "virtual-accounts", &account("ORDER-0001"))
        .await
        .json());
    let second = key(&post(&sim, SECRET, "virtual-accounts", &account("ORDER-0002"))
        .await
        .json());
    for tid in [&first, &second] {
        let held = control(&sim, "POST", "toss/deposit", json!({"tid": tid, "amount": 10000}))
            .await
            .json();
        assert_eq!(
            (held["state"].clone(), held["held"].clone()),
            (json!("WAITING_FOR_DEPOSIT"), json!(true))
        );
    }
    // Taken back in time: nobody ever hears of it.
    let back = control(&sim, "POST", "toss/deposit", json!({"tid": second, "reverse": true})).await;
    assert_eq!(back.status, 200);
    control(&sim, "POST", "clock", json!({"advanceMs": 60_000})).await;
    let got = inbox.wait(1).await;
    assert_eq!(body(&got[0])["data"]["paymentKey"], first.as_str());
    for (tid, status) in [(&first, "DONE"), (&second, "WAITING_FOR_DEPOSIT")] {
        assert_eq!(
            get(&sim, SECRET, &format!("payments/{tid}")).await.json()["status"],
            status
        );
    }
    assert_eq!(inbox.count(), 1);
}
