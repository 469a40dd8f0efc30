//! Odd but genuine answers are read; what must be exact stays exact.

use super::*;
use crate::payment::{MethodDetail, Status};

fn phone(body: impl AsRef<[u8]>) -> Outcome<Approval> {
    approved_by(&phone_command(), 200, body)
}

#[test]
fn a_phone_answer_in_either_charset_with_raw_ampersands() {
    let odd = PHONE
        .replace("n?a=1", "n?a=1&key=2&mid=x&&b=%2520")
        .replace("P_UNAME=홍길동", "P_UNAME=홍&&길동");
    let (cp949, _, missing) = encoding_rs::EUC_KR.encode(&odd);
    assert!(!missing);
    for body in [PHONE.as_bytes(), odd.as_bytes(), &cp949] {
        let approval = success(phone(body));
        assert_eq!(approval.pg_tx_id, "INIMX_CARDINIpayTest20260101090031123456");
        let Some(MethodDetail::Card(card)) = approval.method else {
            panic!()
        };
        assert_eq!(card.issuer.as_deref(), Some("KOOKMIN_CARD"));
        assert_eq!(card.name.as_deref(), Some("국민카드"));
        assert!(!approval.raw.unwrap().contains("홍"), "names are masked");
    }
}

#[test]
fn a_decisive_field_twice_is_not_believed() {
    for more in ["P_AMT=1", "P_TID=x", "P_OID=y", "P_STATUS=01"] {
        let body = PHONE.replace("P_NEXT_URL=https", &format!("P_NEXT_URL=https&{more}"));
        assert!(
            matches!(phone(body), Outcome::Unknown(why) if why.code == "NARU_AMBIGUOUS"),
            "{more}"
        );
    }
    success(phone(PHONE.replace("P_MNAME=", "P_MNAME=&P_AMT=1000")));
}

#[test]
fn a_bare_card_number_is_hidden() {
    let approval = success(phone(PHONE.replace("527289**********", "941000123456")));
    let text = serde_json::to_string(&approval).unwrap();
    assert!(!text.contains("941000123456"), "{text}");
}

#[test]
fn every_optional_member_may_be_missing_null_or_odd() {
    let needed = ["resultCode", "tid", "mid", "MOID", "TotPrice"];
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
            Some(json!(" ")),
            Some(json!(7)),
            Some(json!([])),
        ] {
            let mut body = whole.clone();
            match odd {
                None => drop(body.as_object_mut().unwrap().remove(name)),
                Some(odd) => body[name] = odd,
            }
            let approval = success(approved(200, serde_json::to_string_pretty(&body).unwrap()));
            assert_eq!(approval.pg_tx_id, "StdpayCARDINIpayTest20260101090031123456", "{name}");
        }
    }
    for name in needed {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        assert!(matches!(approved(200, body.to_string()), Outcome::Unknown(_)), "{name}");
    }
}

#[test]
fn a_wrong_auth_signature_alone_is_noted_and_a_wrong_amount_is_not_believed() {
    let mut body = payment();
    assert!(
        success(approved(200, body.to_string()))
            .keep
            .unwrap()
            .get("authSignature")
            .is_none()
    );
    body["authSignature"] = json!("0");
    assert_eq!(
        success(approved(200, body.to_string())).keep.unwrap()["authSignature"],
        "differs"
    );
    for (name, value) in [("TotPrice", "1001"), ("MOID", "other"), ("mid", "INIBillTst")] {
        let mut body = payment();
        body[name] = json!(value);
        assert!(matches!(approved(200, body.to_string()), Outcome::Unknown(_)), "{name}");
    }
}

#[test]
fn names_in_any_case_and_issued_accounts_are_not_paid() {
    let mut body = payment();
    let moid = body.as_object_mut().unwrap().remove("MOID").unwrap();
    body["moid"] = moid;
    body["payMethod"] = json!("VBank");
    for (name, value) in [
        ("VACT_Num", "56211103849740"),
        ("VACT_BankCode", "88"),
        ("VACT_Date", "20260111"),
        ("VACT_Time", "235959"),
    ] {
        body[name] = json!(value);
    }
    let approval = success(approved(200, body.to_string()));
    assert_eq!(
        (approval.status, approval.approved_at),
        (Status::VirtualAccountIssued, None)
    );
    let Some(MethodDetail::VirtualAccount { bank, expires_at, .. }) = approval.method else {
        panic!()
    };
    assert_eq!(
        (bank.as_deref(), expires_at),
        (Some("SHINHAN"), Some(1_768_143_599_000))
    );
    assert_eq!(approval.keep.unwrap()["paymethod"], "Vacct");
}

#[test]
fn no_parts_are_told_in_four_ways() {
    for none in [Some(json!({})), Some(json!([])), Some(Value::Null), None] {
        let mut body = inquiry();
        match none {
            None => drop(body.as_object_mut().unwrap().remove("partCancelTransInfo")),
            Some(none) => body["partCancelTransInfo"] = none,
        }
        let Outcome::Done(PgView::Held {
            balance: 1000,
            status: Status::Paid,
            ..
        }) = inquired(200, body.to_string())
        else {
            panic!("{body}")
        };
    }
}

#[test]
fn html_an_empty_body_and_errors_of_the_server_tell_nothing() {
    for body in [
        "",
        "<html>error</html>",
        "{}",
        "P_STATUS=",
        "https://iniapi.inicis.com/x",
    ] {
        assert!(matches!(approved(200, body), Outcome::Unknown(_)), "{body}");
        assert!(matches!(phone(body), Outcome::Unknown(_)), "{body}");
        assert!(matches!(cancelled(200, body), Outcome::Unknown(_)), "{body}");
        assert!(matches!(net_cancelled(200, body), Outcome::Unknown(_)), "{body}");
        assert!(matches!(inquired(200, body), Outcome::Unknown(_)), "{body}");
    }
    assert!(matches!(approved(502, payment().to_string()), Outcome::Unknown(_)));
}
