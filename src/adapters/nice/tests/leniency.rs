//! Odd but genuine answers are read; what must be exact stays exact.

use super::*;
use crate::payment::{MethodDetail, Status};

fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let mut name = name.clone();
                    name[..1].make_ascii_uppercase();
                    (name, pascal(value))
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(pascal).collect()),
        other => other.clone(),
    }
}

fn paid(body: &Value) -> Approval {
    let approval = success(done(approved(200, body.to_string())));
    assert_eq!((approval.pg_tx_id.as_str(), approval.status), (TID, Status::Paid));
    approval
}

#[test]
fn names_in_any_case() {
    let approval = paid(&pascal(&payment()));
    assert_eq!(approval.method, paid(&payment()).method);
    let upper = with(payment(), |p| p["payMethod"] = json!("CARD"));
    assert_eq!(paid(&upper).method, approval.method);
}

#[test]
fn no_value_has_many_spellings() {
    for nothing in [Value::Null, json!(""), json!("0"), json!("null")] {
        let body = with(payment(), |p| {
            for name in [
                "cancelledTid",
                "paidAt",
                "receiptUrl",
                "approveNo",
                "buyerEmail",
                "channel",
                "mallReserved",
                "currency",
            ] {
                p[name] = nothing.clone();
            }
        });
        let approval = paid(&body);
        assert_eq!((approval.approved_at, approval.receipt_url), (None, None), "{nothing}");
    }
}

#[test]
fn every_optional_member_may_be_missing_or_of_another_type() {
    let whole = payment();
    let needed = [
        "resultCode",
        "tid",
        "orderId",
        "amount",
        "status",
        "signature",
        "ediDate",
    ];
    for name in whole
        .as_object()
        .unwrap()
        .keys()
        .filter(|n| !needed.contains(&n.as_str()))
    {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        paid(&body);
        for odd in [json!([]), json!({}), json!({"a": {"b": 1}}), json!(7), json!(true)] {
            let mut body = whole.clone();
            body[name] = odd;
            if name != "currency" {
                paid(&body);
            }
        }
    }
}

#[test]
fn unknown_members_are_ignored_whatever_they_are() {
    let body = with(payment(), |p| {
        p["sessionId"] = json!({"deep": [1, {"er": null}]});
        p["bid"] = json!(null);
    });
    paid(&body);
}

#[test]
fn numbers_and_flags_as_text() {
    let body = with(payment(), |p| {
        p["amount"] = json!("1004");
        p["balanceAmt"] = json!(" 1004 ");
        p["card"]["cardQuota"] = json!("03");
        p["card"]["isInterestFree"] = json!("True");
    });
    let Some(MethodDetail::Card(card)) = paid(&body).method else {
        panic!()
    };
    assert_eq!((card.installment_months, card.interest_free), (3, true));
    let body = with(payment(), |p| p["amount"] = json!(1004.0));
    paid(&body);
}

#[test]
fn masks_anywhere() {
    for (mask, bin) in [
        ("123412******1234", Some("123412")),
        ("****1234****5678", None),
        ("123412**********", Some("123412")),
        ("12341234****123*", Some("123412")),
        ("", None),
        ("홍길동", None),
    ] {
        let body = with(payment(), |p| p["card"]["cardNum"] = json!(mask));
        let Some(MethodDetail::Card(card)) = paid(&body).method else {
            panic!()
        };
        assert_eq!(card.bin.as_deref(), bin, "{mask}");
    }
}

#[test]
fn the_charset_and_what_stands_before_the_body() {
    let (korean, _, _) = encoding_rs::EUC_KR.encode("정상 처리되었습니다.");
    let ascii = with(payment(), |p| {
        p["resultMsg"] = json!("MESSAGE");
        p["card"] = Value::Null;
    })
    .to_string();
    let (before, after) = ascii.split_once("MESSAGE").unwrap();
    let euc_kr = [before.as_bytes(), &korean[..], after.as_bytes()].concat();
    assert_eq!(success(done(approved(200, euc_kr))).pg_tx_id, TID);
    assert_eq!(
        success(done(approved(200, format!("\u{feff}\r\n\n {}\n", payment())))).pg_tx_id,
        TID
    );
}

#[test]
fn success_needs_its_code_and_its_status_whatever_the_http_status() {
    assert_eq!(success(done(approved(201, payment().to_string()))).pg_tx_id, TID);
    for (status, change) in [
        (500, ("resultCode", json!("0000"))),
        (200, ("resultCode", json!("000"))),
        (200, ("resultCode", json!(0))),
        (200, ("resultCode", json!("00000"))),
        (200, ("status", json!(""))),
        (200, ("status", json!("PAIDX"))),
        (200, ("amount", json!(null))),
        (200, ("tid", json!(null))),
        (200, ("orderId", json!("ORDER-20240101-0001"))),
    ] {
        let body = with(payment(), |p| p[change.0] = change.1.clone());
        unknown(done(approved(status, body.to_string())));
    }
}

#[test]
fn a_refusal_is_no_forgery_and_no_wrong_amount() {
    let body = json!({"resultCode": "3095", "resultMsg": "승인거절", "tid": "", "amount": 0, "balanceAmt": 0,
        "paidAt": "0", "signature": null, "ediDate": null, "status": ""});
    assert!(matches!(done(approved(200, body.to_string())), Outcome::Declined(f) if f.code == "3095"));
    assert!(matches!(
        done(cancelled(200, body.to_string())),
        Outcome::Unknown(_) | Outcome::Declined(_)
    ));
}

#[test]
fn messages_are_passed_on_unchanged_and_bounded() {
    let long = "가".repeat(2000);
    let body = json!({"resultCode": "3011", "resultMsg": long});
    let Outcome::Declined(failure) = done(approved(200, body.to_string())) else {
        panic!()
    };
    assert_eq!(failure.message.chars().count(), 500);
}

#[test]
fn net_cancel_needs_our_order_and_amount() {
    let whole = with(cancelled_payment(), |p| {
        p["status"] = json!("CANCELLED");
        p["balanceAmt"] = json!("0");
    });
    assert!(matches!(done(net_cancelled(200, whole.to_string())), Outcome::Done(_)));
    let other = signed(with(whole, |p| p["amount"] = json!(1005)));
    assert_eq!(
        unknown(done(net_cancelled(200, other.to_string()))),
        "NARU_WRONG_AMOUNT"
    );
}
