//! Odd but genuine answers are read; what must be exact stays exact.

use super::*;
use crate::adapters::kcp::{codes, tables};
use crate::payment::{MethodDetail, Status};
use std::collections::BTreeSet;

fn paid(body: impl AsRef<[u8]>) -> Approval {
    let approval = success(approved(200, body));
    assert_eq!((approval.pg_tx_id.as_str(), approval.status), (TNO, Status::Paid));
    approval
}

#[test]
fn every_optional_member_may_be_missing_null_or_odd() {
    let needed = ["res_cd", "tno", "amount"];
    // Where they stand they must be ours.
    let compared = ["order_no", "pay_method"];
    let whole = payment();
    let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    for name in names.iter().map(String::as_str).filter(|n| !needed.contains(n)) {
        for odd in [
            None,
            Some(Value::Null),
            Some(json!("")),
            Some(json!({"a": 1})),
            Some(json!([1])),
            Some(json!(7)),
        ] {
            if compared.contains(&name) && odd == Some(json!(7)) {
                continue;
            }
            let mut body = whole.clone();
            match &odd {
                Some(value) => body[name] = value.clone(),
                None => drop(body.as_object_mut().unwrap().remove(name)),
            }
            assert_eq!(paid(body.to_string()).pg_tx_id, TNO, "{name} {odd:?}");
        }
    }
    for name in needed {
        let body = with(whole.clone(), |p| p[name] = Value::Null);
        assert!(matches!(approved(200, body.to_string()), Outcome::Unknown(_)), "{name}");
    }
}

#[test]
fn numbers_blanks_and_members_nobody_knows() {
    let body = with(payment(), |p| {
        p["amount"] = json!(1004);
        p["res_msg"] = json!("정상처리 | ");
        p["card_cd"] = json!("CCKM  ");
        p["paymentMethod"] = json!({"deep": [1, {"x": null}]});
        p["PayUrl"] = json!(true);
    });
    let approval = paid(format!("\u{feff}\r\n {body} \n"));
    let Some(MethodDetail::Card(card)) = approval.method else {
        panic!("a card")
    };
    assert_eq!(card.issuer.as_deref(), Some("KOOKMIN_CARD"));
    assert!(
        matches!(approved(201, payment().to_string()), Outcome::Done(_)),
        "201 as well"
    );
    // A broken byte in a name costs the name and nothing else.
    let mut broken = payment().to_string().into_bytes();
    let at = broken.iter().position(|b| *b >= 0x80).unwrap();
    broken[at] = 0xff;
    paid(broken);
}

#[test]
fn masks_of_any_style_show_no_number() {
    for (number, shown) in [
        ("941000******7890", "941000******7890"),
        ("9410000000007890", "941000**********"),
        ("****1234****", "****1234****"),
        ("홍길동카드", "홍길동카드"),
    ] {
        let approval = paid(with(payment(), |p| p["card_no"] = json!(number)).to_string());
        assert!(
            !approval.raw.as_deref().unwrap().contains(number),
            "never kept as it came"
        );
        let Some(MethodDetail::Card(card)) = approval.method else {
            panic!("a card")
        };
        assert_eq!(card.number.as_deref(), Some(shown));
    }
}

#[test]
fn quotas_with_points_on_top() {
    for (quota, months) in [
        ("00", 0),
        ("03", 3),
        ("12", 12),
        ("63", 3),
        ("83", 3),
        ("60", 0),
        ("x", 0),
    ] {
        let approval = paid(with(payment(), |p| p["quota"] = json!(quota)).to_string());
        let Some(MethodDetail::Card(card)) = approval.method else {
            panic!("a card")
        };
        assert_eq!(card.installment_months, months, "{quota}");
    }
}

#[test]
fn success_codes_are_exact() {
    for code in ["0", "00", "000", "00000", "0000x", "OK", "v000"] {
        let body = with(payment(), |p| p["res_cd"] = json!(code));
        assert!(!matches!(approved(200, body.to_string()), Outcome::Done(_)), "{code}");
        let body = with(cancellation(), |p| p["res_cd"] = json!(code));
        assert!(!matches!(cancelled(200, body.to_string()), Outcome::Done(_)), "{code}");
    }
    for status in [199, 204, 302, 400, 403, 500, 502] {
        assert!(
            matches!(approved(status, payment().to_string()), Outcome::Unknown(_)),
            "{status}"
        );
        assert!(
            matches!(cancelled(status, cancellation().to_string()), Outcome::Unknown(_)),
            "{status}"
        );
    }
}

#[test]
fn every_code_is_listed_once() {
    let all = codes::all();
    let once: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(once.len(), all.len());
    assert!(all.iter().all(|c| c.len() == 4));
}

#[test]
fn a_window_moves_no_money_whatever_its_code() {
    for code in codes::all() {
        assert_eq!(
            codes::meaning(codes::Call::Window, code).1,
            codes::Class::Refused,
            "{code}"
        );
    }
}

#[test]
fn banks_in_every_spelling() {
    for code in ["BK04", "04", "004", "4", "BK06", " 04 "] {
        assert_eq!(tables::bank(code), Some("KOOKMIN"), "{code}");
    }
    for code in ["BK26", "21", "BK88"] {
        assert_eq!(tables::bank(code), Some("SHINHAN"), "{code}");
    }
    assert_eq!(
        (tables::bank("B238"), tables::bank("")),
        (Some("MIRAE_ASSET_SECURITIES"), None)
    );
    assert_eq!(tables::bank_code("SHINHAN").as_deref(), Some("BK88"));
    assert_eq!(tables::bank_code("MIRAE_ASSET_SECURITIES").as_deref(), Some("B238"));
    assert_eq!(tables::issuing_bank("SHINHAN"), Some("BK26"));
}

#[test]
fn a_site_without_the_right_is_not_asked() {
    let refusal = Kcp.inquire(&inquire_command(), &channel_with("noInquiry")).unwrap_err();
    assert!(refusal.message.contains("noInquiry"));
}

#[test]
fn what_is_served_is_what_the_descriptor_says() {
    let descriptor = Kcp.descriptor();
    let adapter: &dyn Adapter = &Kcp;
    for (feature, there) in [
        (Feature::WindowPc, adapter.window().is_some()),
        (Feature::Instant, adapter.instant().is_some()),
        (Feature::NetCancel, adapter.net_cancel().is_some()),
        (Feature::VirtualAccountIssue, adapter.virtual_accounts().is_some()),
        (Feature::CashReceipt, adapter.cash_receipts().is_some()),
        (Feature::EscrowDelivery, adapter.escrow().is_some()),
        (Feature::Reconciliation, adapter.reconciliation().is_some()),
        (Feature::Notifications, adapter.notifications().is_some()),
        (
            Feature::BillingKeyInstant,
            adapter.billing_keys().unwrap().by_card().is_some(),
        ),
        (
            Feature::BillingKeyWindow,
            adapter.billing_keys().unwrap().by_window().is_some(),
        ),
    ] {
        assert_eq!(descriptor.serves(feature), there, "{feature:?}");
    }
    for operation in [
        Operation::Instant,
        Operation::ChargeBillingKey,
        Operation::IssueAccount,
        Operation::IssueReceipt,
    ] {
        assert!(
            !Kcp.recovery(operation).steps.contains(&RecoveryStep::Replay),
            "{operation:?} has no guard"
        );
    }
    for operation in [Operation::Approve, Operation::Cancel] {
        assert_eq!(Kcp.recovery(operation).steps[0], RecoveryStep::Replay);
    }
}
