//! What must never turn a genuine answer into an unknown outcome: each line was seen or is documented.

use super::*;
use crate::payment::{CardBrand, CardDetail, MethodDetail, Status};

fn approve(change: impl FnOnce(&mut Value)) -> Approval {
    success(approved(200, with(payment(), change).to_string()))
}

fn card_of(approval: &Approval) -> &CardDetail {
    match &approval.method {
        Some(MethodDetail::Card(card)) => card,
        other => panic!("expected a card, got {other:?}"),
    }
}

const OPTIONAL: &[&str] = &[
    "card",
    "easyPay",
    "virtualAccount",
    "receipt",
    "secret",
    "metadata",
    "failure",
    "method",
    "orderName",
    "version",
    "useEscrow",
    "cancels",
    "approvedAt",
    "requestedAt",
    "lastTransactionKey",
    "currency",
    "mId",
    "balanceAmount",
    "transfer",
    "mobilePhone",
    "giftCertificate",
    "discount",
    "checkout",
    "country",
    "type",
    "cashReceipt",
];

#[test]
fn any_optional_member_may_be_missing() {
    for name in OPTIONAL {
        let approval = approve(|p| {
            p.as_object_mut().unwrap().remove(*name);
        });
        assert_eq!(approval.status, Status::Paid, "{name}");
    }
}

#[test]
fn any_optional_member_may_be_null_or_empty() {
    for name in OPTIONAL {
        for empty in [Value::Null, json!(""), json!({}), json!([])] {
            let approval = approve(|p| p[*name] = empty.clone());
            assert_eq!(approval.status, Status::Paid, "{name} {empty}");
        }
    }
}

#[test]
fn a_missing_method_object_never_fails_an_approval() {
    let bare = json!({"paymentKey": PAYMENT_KEY, "orderId": ORDER_ID, "status": "DONE", "totalAmount": 15000});
    let approval = success(approved(200, bare.to_string()));
    assert_eq!(
        (approval.pg_tx_id.as_str(), approval.status, approval.method),
        (PAYMENT_KEY, Status::Paid, None)
    );
    let waiting = with(bare, |p| p["status"] = json!("WAITING_FOR_DEPOSIT"));
    assert_eq!(
        success(approved(200, waiting.to_string())).status,
        Status::VirtualAccountIssued
    );
}

#[test]
fn the_depositors_name_may_be_null_or_missing() {
    for name in [Value::Null, json!("")] {
        let approval = approve(|p| {
            p["card"] = Value::Null;
            p["virtualAccount"] = json!({"accountNumber": "X1", "depositorName": name});
        });
        assert!(matches!(
            approval.method,
            Some(MethodDetail::VirtualAccount { remitter: None, .. })
        ));
    }
}

#[test]
fn flags_may_be_null() {
    let approval = approve(|p| {
        for name in ["useEscrow", "cultureExpense", "isPartialCancelable"] {
            p[name] = Value::Null;
        }
        p["card"]["isInterestFree"] = Value::Null;
        p["card"]["useCardPoint"] = Value::Null;
    });
    assert_eq!(
        (card_of(&approval).interest_free, card_of(&approval).point_used),
        (false, None)
    );
    assert_eq!(approval.keep, None);
}

#[test]
fn unknown_members_at_every_level_are_ignored() {
    let approval = approve(|p| {
        p["newThing"] = json!({"deep": [1, {"x": null}]});
        p["card"]["newThing"] = json!([[]]);
        p["receipt"]["newThing"] = json!(1);
    });
    assert_eq!(card_of(&approval).issuer.as_deref(), Some("SHINHAN_CARD"));
}

#[test]
fn unknown_texts_of_method_provider_and_settlement_are_no_obstacle() {
    assert_eq!(approve(|p| p["method"] = json!("새로운수단")).status, Status::Paid);
    let approval = approve(|p| {
        p["method"] = json!("해외간편결제");
        p["card"] = Value::Null;
        p["easyPay"] = json!({"provider": "새로운페이", "amount": 15000});
    });
    let easy = MethodDetail::EasyPay {
        provider: None,
        card: None,
        charge: true,
    };
    assert_eq!(approval.method, Some(easy));
    let approval = approve(|p| {
        p["card"] = Value::Null;
        p["transfer"] = json!({"bankCode": "99", "settlementStatus": "SOMEHOW"});
    });
    assert_eq!(
        approval.method,
        Some(MethodDetail::Transfer {
            bank: None,
            account_number: None
        })
    );
}

#[test]
fn an_unlisted_currency_or_status_decodes_but_is_not_believed() {
    // "Decodes": the answer is read to the end and judged, not thrown away as unreadable.
    let told = |name: &str, word: &str| unknown(approved(200, with(payment(), |p| p[name] = json!(word)).to_string()));
    assert_eq!(told("currency", "MUSD"), ("NARU_WRONG_CURRENCY".into(), true));
    assert_eq!(told("status", "FROZEN"), ("NARU_WRONG_STATUS".into(), true));
}

#[test]
fn an_unknown_card_type_is_no_card_type() {
    let approval = approve(|p| {
        p["card"]["cardType"] = json!("미확인");
        p["card"]["ownerType"] = json!("미확인");
    });
    assert_eq!((card_of(&approval).card_type, card_of(&approval).owner), (None, None));
    let approval = approve(|p| p["card"]["cardType"] = json!("새카드"));
    assert_eq!(card_of(&approval).card_type, None);
}

#[test]
fn unknown_and_letter_bearing_issuer_codes_keep_the_raw_code() {
    let approval = approve(|p| p["card"]["issuerCode"] = json!("Z9"));
    assert_eq!(
        (
            card_of(&approval).issuer.as_deref(),
            card_of(&approval).issuer_code.as_deref()
        ),
        (None, Some("Z9"))
    );
    let approval = approve(|p| p["card"]["issuerCode"] = json!("3K"));
    assert_eq!(card_of(&approval).issuer.as_deref(), Some("BC_CARD"));
    let approval = approve(|p| p["card"]["issuerCode"] = json!("PCP"));
    assert_eq!(card_of(&approval).issuer_code.as_deref(), Some("PCP"));
    let approval = approve(|p| p["card"]["issuerCode"] = json!("7A"));
    assert_eq!(card_of(&approval).brand, Some(CardBrand::Amex));
}

#[test]
fn cancels_may_be_null_empty_or_absent() {
    for empty in [Value::Null, json!([])] {
        assert_eq!(approve(|p| p["cancels"] = empty).status, Status::Paid);
    }
    let held = inquired(200, with(payment(), |p| p["cancels"] = json!([])).to_string());
    assert!(
        matches!(held, Outcome::Done(PgView::Held { ref cancels, .. }) if cancels.is_empty()),
        "{held:?}"
    );
}

#[test]
fn cancel_elements_with_four_members_are_normal() {
    let body = with(cancelled_payment(), |p| {
        p["cancels"] = json!([{"cancelAmount": 5000, "transactionKey": "txrd_a01k_cancel",
            "canceledAt": "2026-01-03T10:00:00+09:00", "refundableAmount": 10000}]);
    });
    let outcome = cancelled(&cancel_command(5_000, 15_000), 200, body.to_string());
    let Outcome::Done(cancel) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(cancel.pg_cancellation_id.as_deref(), Some("txrd_a01k_cancel"));
    assert!(!cancel.pending, "a missing cancelStatus means DONE");
}

#[test]
fn numbers_may_be_strings_or_carry_a_zero_fraction() {
    for number in [
        json!(15000),
        json!(15000.0),
        json!("15000"),
        json!("15000.0"),
        json!("15000.00"),
        json!(1.5e4),
    ] {
        assert_eq!(
            approve(|p| p["totalAmount"] = number.clone()).status,
            Status::Paid,
            "{number}"
        );
    }
    let approval = approve(|p| p["card"]["installmentPlanMonths"] = json!("3"));
    assert_eq!(card_of(&approval).installment_months, 3);
}

#[test]
fn numbers_go_up_to_64_bits() {
    let mut command = approve_command();
    for total in [2_147_483_648_i64, 9_007_199_254_740_993, i64::MAX] {
        command.amounts = Amounts {
            total,
            tax_free: 0,
            vat: 0,
            supply: total,
        };
        let body = with(payment(), |p| p["totalAmount"] = json!(total));
        let channel = channel();
        let call = Toss.approve(&command, &channel).unwrap();
        success(done(Toss.approved(
            &command,
            &channel,
            &call,
            &answer(200, body.to_string()),
        )));
    }
}

#[test]
fn ids_of_any_length_and_style_are_taken() {
    let mut command = approve_command();
    command.order_id = "ab".into();
    let body = with(payment(), |p| {
        p["orderId"] = json!("ab");
        p["orderName"] = json!("");
        p["lastTransactionKey"] = json!("txrd_a01k".repeat(20));
    });
    let channel = channel();
    let call = Toss.approve(&command, &channel).unwrap();
    success(done(Toss.approved(
        &command,
        &channel,
        &call,
        &answer(200, body.to_string()),
    )));
}

#[test]
fn masks_of_any_style_are_passed_on_as_text() {
    for number in ["43301234****123*", "433012******1234", "****123*", "*"] {
        let approval = approve(|p| p["card"]["number"] = json!(number));
        assert_eq!(card_of(&approval).number.as_deref(), Some(number));
    }
}

#[test]
fn a_card_number_nobody_masked_goes_no_further() {
    let approval = approve(|p| p["card"]["number"] = json!("4330123412341234"));
    assert_eq!(card_of(&approval).number.as_deref(), Some("433012**********"));
    assert!(!approval.raw.unwrap().contains("4330123412341234"));
}

#[test]
fn times_of_any_fraction_and_offset_mean_the_same_instant() {
    for time in [
        "2026-01-02T03:05:10+09:00",
        "2026-01-02T03:05:10.0+09:00",
        "2026-01-02T03:05:10.000+09:00",
        "2026-01-02T03:05:10.00000+09:00",
        "2026-01-02T03:05:10.000000000+09:00",
        "2026-01-01T18:05:10Z",
        "2026-01-01T18:05:10+00:00",
        "2026-01-02T03:05:10",
        "2026-01-02T03:05:10.000000",
    ] {
        let approval = approve(|p| p["approvedAt"] = json!(time));
        assert_eq!(approval.approved_at, Some(1_767_290_710_000), "{time}");
    }
    assert_eq!(approve(|p| p["approvedAt"] = json!("yesterday")).approved_at, None);
}

#[test]
fn both_card_shapes_are_read() {
    let approval = approve(|p| {
        // API 1.3: Korean name, no amount, no issuer code, the receipt inside, the transaction key under its old name.
        p["card"] = json!({"company": "국민", "number": "43301234****123*", "installmentPlanMonths": 0,
            "approveNo": "00000000", "cardType": "체크", "receiptUrl": "https://receipt.example/1"});
        p["transactionKey"] = p["lastTransactionKey"].take();
        p.as_object_mut().unwrap().remove("receipt");
        p["approvedAt"] = json!("2026-01-02T03:05:10.123+09:00");
    });
    assert_eq!(card_of(&approval).issuer.as_deref(), Some("KOOKMIN_CARD"));
    assert_eq!(approval.receipt_url.as_deref(), Some("https://receipt.example/1"));
}

#[test]
fn the_old_place_of_easy_pay_amounts_is_read() {
    let approval = approve(|p| {
        p["method"] = json!("간편결제");
        p["easyPay"] = json!("토스페이");
        p["easyPayAmount"] = json!(15000);
        p["card"] = Value::Null;
    });
    let easy = MethodDetail::EasyPay {
        provider: Some("TOSSPAY".into()),
        card: None,
        charge: true,
    };
    assert_eq!(approval.method, Some(easy));
}

#[test]
fn both_bank_shapes_are_read() {
    for (member, word) in [
        ("bankCode", "06"),
        ("bankCode", "04"),
        ("bank", "국민"),
        ("bank", "국민은행"),
        ("bank", "KOOKMIN"),
    ] {
        let approval = approve(|p| {
            p["card"] = Value::Null;
            p["transfer"] = json!({member: word});
        });
        let bank = MethodDetail::Transfer {
            bank: Some("KOOKMIN".into()),
            account_number: None,
        };
        assert_eq!(approval.method, Some(bank), "{member} {word}");
    }
}

#[test]
fn english_words_are_read_like_korean_ones() {
    let korean = approve(|_| ());
    let english = approve(|p| {
        p["method"] = json!("CARD");
        p["card"]["cardType"] = json!("CREDIT");
        p["card"]["ownerType"] = json!("PERSONAL");
        p["card"]["issuerCode"] = json!("41");
    });
    assert_eq!(korean.method, english.method);
    let approval = approve(|p| p["easyPay"] = json!({"provider": "NAVERPAY", "amount": 0}));
    assert!(matches!(approval.method, Some(MethodDetail::EasyPay { provider: Some(ref p), .. }) if p == "NAVERPAY"));
}

#[test]
fn errors_may_have_extra_members() {
    let body = r#"{"code":"REJECT_CARD_PAYMENT","message":"x","data":null,"version":"2022-11-16"}"#;
    assert!(matches!(approved(403, body), Outcome::Declined(_)));
}

#[test]
fn html_and_empty_bodies_with_any_status_are_unknown_and_never_quoted() {
    for status in [200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 503] {
        for body in [
            "<html><body>Bad Gateway</body></html>",
            "",
            "null",
            "[]",
            "{}",
            "{\"message\":\"x\"}",
        ] {
            let outcome = approved(status, body);
            let Outcome::Unknown(why) = &outcome else {
                panic!("{status} {body}: {outcome:?}")
            };
            assert!(
                !why.message.contains('<') && !why.message.contains("Gateway"),
                "{why:?}"
            );
        }
    }
}

#[test]
fn a_byte_order_mark_in_front_is_no_obstacle() {
    success(approved(200, format!("\u{feff}{}", payment())));
}
