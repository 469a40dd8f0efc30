//! Odd but genuine answers are read; what must be exact stays exact.

use super::*;
use crate::payment::{MethodDetail, Status};

fn paid(body: impl AsRef<[u8]>) -> Approval {
    let approval = success(approved(200, body));
    assert_eq!((approval.pg_tx_id.as_str(), approval.status), (TID, Status::Paid));
    approval
}

#[test]
fn cp949_although_utf_8_was_asked_for() {
    let text = payment().to_string();
    let (bytes, _, missing) = encoding_rs::EUC_KR.encode(&text);
    assert!(!missing);
    let approval = paid(&bytes);
    assert_eq!(approval.method, paid(&text).method, "Korean names too");
    // One broken byte in a name costs the name and nothing else.
    let mut broken = bytes.into_owned();
    let at = broken.iter().position(|b| *b >= 0x80).unwrap();
    broken[at] = 0xff;
    paid(broken);
}

#[test]
fn blanks_around_every_value() {
    let mut body = payment();
    for (_, value) in body.as_object_mut().unwrap() {
        let text = value.as_str().unwrap().to_owned();
        *value = json!(format!("{text}  "));
    }
    // Hashes are made over what came, so these two stay as NICE signed them.
    body["TID"] = json!(TID);
    body["MID"] = json!(MID);
    let approval = paid(body.to_string());
    let Some(MethodDetail::Card(card)) = approval.method else {
        panic!()
    };
    assert_eq!(
        (card.issuer.as_deref(), card.approval_number.as_deref()),
        (Some("SAMSUNG_CARD"), Some("00123456"))
    );
}

#[test]
fn every_optional_member_may_be_missing_null_or_odd() {
    let needed = ["ResultCode", "TID", "MID", "Moid", "Amt", "Signature"];
    let whole = payment();
    for name in whole
        .as_object()
        .unwrap()
        .keys()
        .filter(|n| !needed.contains(&n.as_str()))
    {
        for odd in [
            None,
            Some(Value::Null),
            Some(json!("")),
            Some(json!(7)),
            Some(json!({"a": 1})),
        ] {
            let mut body = whole.clone();
            match &odd {
                Some(value) => body[name] = value.clone(),
                None => drop(body.as_object_mut().unwrap().remove(name)),
            }
            let approval = success(approved(200, body.to_string()));
            assert_eq!(approval.pg_tx_id, TID, "{name}");
        }
    }
    for name in needed {
        let body = with(whole.clone(), |p| p[name] = Value::Null);
        assert!(matches!(approved(200, body.to_string()), Outcome::Unknown(_)), "{name}");
    }
}

#[test]
fn masks_anywhere_and_dates_of_any_width() {
    for (mask, bin) in [
        ("53611234****1234", Some("536112")),
        ("****1234****", None),
        ("홍길동카드", None),
    ] {
        let approval = paid(with(payment(), |p| p["CardNo"] = json!(mask)).to_string());
        let Some(MethodDetail::Card(card)) = approval.method else {
            panic!()
        };
        assert_eq!(card.bin.as_deref(), bin);
    }
    let full = paid(with(payment(), |p| p["CardNo"] = json!("5361123456781234")).to_string());
    assert!(!format!("{full:?}").contains("5361123456781234"));
    for (date, at) in [
        ("20200622131104", Some(1_592_799_064_000)),
        ("20200622", Some(1_592_751_600_000)),
        ("x", None),
    ] {
        assert_eq!(
            paid(with(payment(), |p| p["AuthDate"] = json!(date)).to_string()).approved_at,
            at
        );
    }
}

#[test]
fn a_cancellation_may_show_odd_texts_beside_its_success() {
    let body = with(cancellation(), |p| {
        p["ErrorMsg"] = json!("승    인");
        p["ErrorCD"] = json!("0000");
        p["CancelDate"] = json!("");
        p["CancelNum"] = Value::Null;
        p["RemainAmt"] = json!("504");
    });
    let Outcome::Done(cancel) = cancelled(200, body.to_string()) else {
        panic!()
    };
    assert_eq!(
        (cancel.pg_cancellation_id.as_deref(), cancel.cancelled_at),
        (Some("ORD20200622001C1"), None)
    );
}

#[test]
fn success_codes_belong_to_their_method() {
    use crate::adapters::nice_legacy::codes::is_approved;
    for (method, code) in [
        ("CARD", "3001"),
        ("BANK", "4000"),
        ("VBANK", "4100"),
        ("CELLPHONE", "A000"),
        ("SSG_BANK", "0000"),
        ("GIFT_CULT", "0000"),
    ] {
        assert!(is_approved(method, code));
        for other in ["3001", "4000", "4100", "A000", "0000", "2001", "F100", ""] {
            assert_eq!(is_approved(method, other), other == code, "{method} {other}");
        }
    }
    assert!(!is_approved("NOTHING", "0000"));
}

#[test]
fn names_are_masked_in_what_is_kept() {
    let body = with(payment(), |p| {
        p["BuyerName"] = json!("홍길동");
        p["BuyerTel"] = json!("01012345678");
    });
    let raw = paid(body.to_string()).raw.unwrap();
    assert!(!raw.contains("홍길동") && !raw.contains("01012345678"), "{raw}");
}
