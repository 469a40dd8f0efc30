//! Lists for reconciliation: requests with their cursors, rows as they come, nothing silently dropped.

use super::*;

fn question(cursor: Option<&str>, limit: u32) -> PageQuestion {
    PageQuestion {
        from: "2026-01-01".into(),
        until: "2026-01-02".into(),
        cursor: cursor.map(str::to_owned),
        limit,
    }
}

#[test]
fn transactions_by_date_with_a_cursor() {
    let first = Toss.transactions(&question(None, 2), &channel()).unwrap();
    assert_eq!(
        first.request.url,
        "https://api.tosspayments.com/v1/transactions?startDate=2026-01-01T00:00:00&endDate=2026-01-02T23:59:59&limit=2"
    );
    let next = Toss.transactions(&question(Some("txrd_a01"), 2), &channel()).unwrap();
    assert!(
        next.request.url.ends_with("&startingAfter=txrd_a01"),
        "{}",
        next.request.url
    );
    let row = |key: &str, amount: Value| {
        json!({"mId": "m", "transactionKey": key, "paymentKey": PAYMENT_KEY, "orderId": ORDER_ID, "method": "카드",
            "status": "DONE", "transactionAt": "2026-01-02T03:05:10+09:00", "currency": "KRW", "amount": amount})
    };
    // A waiting account is listed with 0; a cancellation may be negative.
    let rows = json!([row("k1", json!(0)), row("k2", json!(-5000))]);
    let read =
        |question: &PageQuestion, body: &Value| done(Toss.transactions_read(question, &answer(200, body.to_string())));
    let Outcome::Done(page) = read(&question(None, 2), &rows) else {
        panic!("a page");
    };
    let seen: Vec<_> = page
        .rows
        .iter()
        .map(|r| (r.transaction_key.as_str(), r.amount))
        .collect();
    assert_eq!(seen, [("k1", 0), ("k2", -5000)]);
    assert_eq!((page.next.as_deref(), page.unreadable), (Some("k2"), 0));
    let Outcome::Done(last) = read(&question(None, 3), &rows) else {
        panic!("a page");
    };
    assert_eq!(last.next, None, "a page that is not full is the last");
    let odd = json!([row("k1", Value::Null), {"a": 1}, 5, row("k3", json!("7.0"))]);
    let Outcome::Done(odd) = read(&question(None, 100), &odd) else {
        panic!("a page");
    };
    assert_eq!((odd.rows.len(), odd.unreadable), (1, 3), "counted, not hidden");
    for broken in [json!({"code": "X"}), json!(null)] {
        assert!(
            matches!(read(&question(None, 2), &broken), Outcome::Unknown(_)),
            "{broken}"
        );
    }
}

#[test]
fn settlements_by_page_number() {
    let url = |cursor| {
        Toss.settlements(&question(cursor, 100), &channel())
            .unwrap()
            .request
            .url
    };
    assert_eq!(
        url(None),
        "https://api.tosspayments.com/v1/settlements?startDate=2026-01-01&endDate=2026-01-02&dateType=soldDate&page=1&size=100"
    );
    assert!(url(Some("2")).contains("&page=2&"));
    let row = json!({"mId": "m", "paymentKey": PAYMENT_KEY, "transactionKey": "k", "orderId": ORDER_ID, "currency": "KRW",
        "method": "카드", "amount": 15000, "interestFee": 0, "fee": 495, "fees": [{"type": "BASE", "fee": 495}],
        "supplyAmount": 450, "vat": 45, "payOutAmount": 14505, "soldDate": "2026-01-02", "paidOutDate": "2026-01-05"});
    let Outcome::Done(page) = done(Toss.settlements_read(&question(None, 1), &answer(200, json!([row]).to_string())))
    else {
        panic!("a page");
    };
    assert_eq!(page.next.as_deref(), Some("2"));
    let settled = &page.rows[0];
    assert_eq!(
        (settled.amount, settled.fee, settled.fee_vat, settled.pay_out),
        (15_000, 495, Some(45), 14_505)
    );
    assert_eq!(settled.amount - settled.fee, settled.pay_out);
}

#[test]
fn wrong_questions_are_refused() {
    for (field, question) in [
        ("limit", question(None, 0)),
        ("limit", question(None, 5001)),
        (
            "until",
            PageQuestion {
                until: "2025-12-31".into(),
                ..question(None, 1)
            },
        ),
        (
            "from",
            PageQuestion {
                from: "yesterday&x=1".into(),
                ..question(None, 1)
            },
        ),
    ] {
        assert_eq!(Toss.transactions(&question, &channel()).unwrap_err().field, field);
        assert_eq!(Toss.settlements(&question, &channel()).unwrap_err().field, field);
    }
    assert_eq!(
        Toss.settlements(&question(Some("0"), 1), &channel()).unwrap_err().field,
        "cursor"
    );
}
