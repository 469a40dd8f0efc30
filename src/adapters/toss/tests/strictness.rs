//! What always counts: order, amount, currency, key, merchant, status, balance, secret. One difference, nothing believed.

use super::*;

fn approve(change: impl FnOnce(&mut Value)) -> (String, bool) {
    unknown(approved(200, with(payment(), change).to_string()))
}

fn doubt(code: &str) -> (String, bool) {
    (code.to_owned(), true)
}

#[test]
fn the_total_must_be_what_was_asked_for() {
    for total in [
        json!(14999),
        json!(15001),
        json!(-15000),
        json!(0),
        json!(150.0),
        json!("15,000"),
        json!(15000.5),
        Value::Null,
        json!({}),
        json!(1e300),
    ] {
        assert_eq!(
            approve(|p| p["totalAmount"] = total.clone()),
            doubt("NARU_WRONG_AMOUNT"),
            "{total}"
        );
    }
    assert_eq!(
        approve(|p| {
            p.as_object_mut().unwrap().remove("totalAmount");
        }),
        doubt("NARU_WRONG_AMOUNT")
    );
}

#[test]
fn the_balance_never_stands_in_for_the_total() {
    assert_eq!(
        approve(|p| {
            p["balanceAmount"] = json!(15000);
            p["totalAmount"] = json!(99);
        }),
        doubt("NARU_WRONG_AMOUNT")
    );
}

#[test]
fn the_currency_must_be_ours_when_told() {
    assert_eq!(approve(|p| p["currency"] = json!("USD")), doubt("NARU_WRONG_CURRENCY"));
    assert_eq!(approve(|p| p["currency"] = json!("krw")), doubt("NARU_WRONG_CURRENCY"));
}

#[test]
fn the_order_must_be_ours() {
    for id in [
        json!("ORD-20260102-0002"),
        json!("ord-20260102-0001"),
        json!(""),
        Value::Null,
    ] {
        assert_eq!(
            approve(|p| p["orderId"] = id.clone()),
            doubt("NARU_WRONG_ORDER_ID"),
            "{id}"
        );
    }
}

#[test]
fn the_payment_key_must_be_the_one_asked_for() {
    assert_eq!(
        approve(|p| p["paymentKey"] = json!("other")),
        doubt("NARU_WRONG_PAYMENT_KEY")
    );
    assert_eq!(approve(|p| p["paymentKey"] = Value::Null), doubt("NARU_UNREADABLE"));
}

#[test]
fn the_merchant_must_be_ours_when_told_and_configured() {
    assert_eq!(approve(|p| p["mId"] = json!("tvother")), doubt("NARU_WRONG_MID"));
    let mut unnamed = spec();
    unnamed.mid.clear();
    let (command, channel) = (approve_command(), revision(unnamed));
    let call = Toss.approve(&command, &channel).unwrap();
    let body = with(payment(), |p| p["mId"] = json!("tvother"));
    success(done(Toss.approved(
        &command,
        &channel,
        &call,
        &answer(200, body.to_string()),
    )));
}

#[test]
fn only_listed_statuses_are_success() {
    for status in [
        "READY",
        "IN_PROGRESS",
        "CANCELED",
        "PARTIAL_CANCELED",
        "ABORTED",
        "EXPIRED",
        "done",
        "DONE ",
        "",
    ] {
        assert_eq!(
            approve(|p| p["status"] = json!(status)),
            doubt("NARU_WRONG_STATUS"),
            "{status}"
        );
    }
}

#[test]
fn a_success_under_another_http_status_is_no_success() {
    for status in [201, 202, 400, 500] {
        assert_eq!(unknown(approved(status, payment().to_string())).0, "NARU_UNREADABLE");
    }
}

#[test]
fn a_member_that_stands_twice_is_not_chosen_from() {
    let body = payment().to_string().replacen('{', "{\"totalAmount\":15000,", 1);
    assert_eq!(unknown(approved(200, body)).0, "NARU_UNREADABLE");
}

#[test]
fn truncated_answers_are_unknown_wherever_they_break() {
    let body = payment().to_string();
    for end in (0..body.len()).filter(|i| body.is_char_boundary(*i)) {
        assert!(
            matches!(approved(200, &body[..end]), Outcome::Unknown(_)),
            "cut at {end}"
        );
    }
}

#[test]
fn the_balance_of_a_cancellation_is_checked_never_guessed() {
    let command = cancel_command(5_000, 15_000);
    let told =
        |change: fn(&mut Value)| unknown(cancelled(&command, 200, with(cancelled_payment(), change).to_string()));
    assert_eq!(told(|p| p["balanceAmount"] = json!(15000)), doubt("NARU_WRONG_BALANCE"));
    assert_eq!(told(|p| p["balanceAmount"] = Value::Null), doubt("NARU_WRONG_BALANCE"));
    assert_eq!(told(|p| p["cancels"] = Value::Null), doubt("NARU_WRONG_CANCEL"));
    assert_eq!(
        told(|p| p["cancels"][0]["cancelAmount"] = json!(4999)),
        doubt("NARU_WRONG_CANCEL")
    );
    assert_eq!(told(|p| p["totalAmount"] = json!(10000)), doubt("NARU_WRONG_AMOUNT"));
    assert_eq!(
        told(|p| p["paymentKey"] = json!("other")),
        doubt("NARU_WRONG_PAYMENT_KEY")
    );
    assert_eq!(
        told(|p| p["orderId"] = json!("other-order")),
        doubt("NARU_WRONG_ORDER_ID")
    );
}

#[test]
fn an_inquiry_believes_no_other_balance_than_a_told_one() {
    for balance in [Value::Null, json!(-1), json!(15001), json!("x")] {
        let body = with(payment(), |p| p["balanceAmount"] = balance.clone());
        assert_eq!(
            unknown(inquired(200, body.to_string())),
            doubt("NARU_WRONG_BALANCE"),
            "{balance}"
        );
    }
}

#[test]
fn what_is_kept_of_an_answer_holds_no_personal_data_and_no_secret() {
    let body = with(payment(), |p| {
        p["secret"] = json!("ps_EXAMPLEonlyEXAMPLEonly123456");
        p["mobilePhone"] = json!({"customerMobilePhone": "01000000000"});
        p["virtualAccount"] = json!({"accountNumber": "X3790109057645",
            "refundReceiveAccount": {"accountNumber": "1234567", "holderName": "홍길동"}});
    });
    let approval = success(approved(200, body.to_string()));
    let raw = approval.raw.unwrap();
    for hidden in ["ps_EXAMPLE", "01000000000", "X3790109057645", "1234567\"", "홍길동"] {
        assert!(!raw.contains(hidden), "{hidden} in {raw}");
    }
    assert!(serde_json::from_str::<Value>(&raw).is_ok(), "still JSON");
    assert_eq!(
        approval.keep,
        Some(json!({"secret": "ps_EXAMPLEonlyEXAMPLEonly123456"}))
    );
}
