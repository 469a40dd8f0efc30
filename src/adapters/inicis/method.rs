//! From an approval's members to our words, for both products: each has names of its own for the same things.

use super::wire::{Told, millis};
use super::{mask, tables};
use crate::adapters::mask::is_full_number;
use crate::payment::{Approval, CardDetail, CardOwner, CardType, MethodDetail, MethodKind, Status};
use serde_json::{Value, json};

/// Word of a method in cancellations (INIAPI `paymethod`).
pub(super) fn api_word(told: &Told, asked: MethodKind) -> &'static str {
    let word = told
        .any(&["payMethod", "P_TYPE"])
        .unwrap_or_default()
        .to_ascii_uppercase();
    match word.as_str() {
        "CARD" | "VCARD" | "ISP" => "Card",
        "DIRECTBANK" | "IDIRECTBANK" | "BANK" => "Acct",
        "VBANK" | "VACCT" => "Vacct",
        "HPP" | "MOBILE" => "HPP",
        "CULTURE" | "DGCL" | "BCSH" | "HPMN" => "Voucher",
        _ => match asked {
            MethodKind::Card | MethodKind::EasyPay => "Card",
            MethodKind::Transfer => "Acct",
            MethodKind::VirtualAccount => "Vacct",
            MethodKind::Mobile => "HPP",
            MethodKind::GiftCertificate => "Voucher",
        },
    }
}

/// An approval as a proven answer tells it.
pub(super) fn approval(told: &Told, tid: String, asked: MethodKind, order_id: &str, total: i64) -> Approval {
    let word = api_word(told, asked);
    let issued = word == "Vacct";
    let detail = detail(told, word);
    let mut keep = json!({"paymethod": word});
    if issued {
        // A deposit notice is not signed: it has to name what was issued.
        keep["account"] = told.any(&["VACT_Num", "P_VACT_NUM"]).into();
        keep["oid"] = order_id.into();
        keep["amount"] = total.into();
    }
    if told
        .any(&["CARD_PRTC_CODE", "CARD_PrtcCode", "P_CARD_PRTC_CODE", "prtcCode"])
        .as_deref()
        == Some("0")
    {
        keep["whole"] = true.into();
    }
    Approval {
        cash_receipt: None,
        escrow: false,
        receipt_url: Some(receipt(&tid)),
        status: if issued {
            Status::VirtualAccountIssued
        } else {
            Status::Paid
        },
        method: Some(detail),
        approved_at: approved_at(told).filter(|_| !issued),
        raw: Some(mask::masked(&told.body)),
        keep: Some(keep),
        pg_tx_id: tid,
    }
}

/// The buyer's receipt page.
pub(super) fn receipt(tid: &str) -> String {
    format!("https://iniweb.inicis.com/DefaultWebApp/mall/cr/cm/mCmReceipt_head.jsp?noTid={tid}&noMethod=1")
}

fn approved_at(told: &Told) -> Option<i64> {
    if let Some(at) = told.text("P_AUTH_DT") {
        return millis(&at);
    }
    let day = told.any(&["applDate", "payDate"])?;
    millis(&format!(
        "{day}{}",
        told.any(&["applTime", "payTime"]).unwrap_or_default()
    ))
}

fn detail(told: &Told, word: &str) -> MethodDetail {
    let bank = |names: &[&str]| told.any(names).as_deref().and_then(tables::bank).map(str::to_owned);
    match word {
        "Acct" => MethodDetail::Transfer {
            bank: bank(&["ACCT_BankCode", "P_FN_CD1"]),
            account_number: None,
        },
        "Vacct" => MethodDetail::VirtualAccount {
            bank: bank(&["VACT_BankCode", "P_VACT_BANK_CODE", "P_FN_CD1"]),
            account_number: told.any(&["VACT_Num", "P_VACT_NUM"]).unwrap_or_default(),
            fixed: None,
            remittee: told.any(&["VACT_Name", "P_VACT_NAME"]),
            remitter: None,
            expires_at: due(told),
            issued_at: approved_at(told),
        },
        "HPP" => MethodDetail::Mobile { phone_number: None },
        "Voucher" => MethodDetail::GiftCertificate {
            certificate: match told
                .any(&["payMethod", "P_TYPE"])
                .unwrap_or_default()
                .to_ascii_uppercase()
                .as_str()
            {
                "CULTURE" => Some("CULTURELAND".to_owned()),
                "DGCL" => Some("SMART_MUNSANG".to_owned()),
                "BCSH" => Some("BOOKNLIFE".to_owned()),
                "HPMN" => Some("HAPPYMONEY".to_owned()),
                _ => None,
            },
            approval_number: told.any(&["applNum", "P_AUTH_NO"]).unwrap_or_default(),
        },
        _ => by_card(told),
    }
}

fn due(told: &Told) -> Option<i64> {
    let day = told.any(&["VACT_Date", "P_VACT_DATE"])?;
    let time = told.any(&["VACT_Time", "P_VACT_TIME"]).unwrap_or_default();
    let time = match time.len() {
        6 => time,
        4 => format!("{time}00"),
        _ => "235959".to_owned(),
    };
    millis(&format!("{day}{time}"))
}

/// A card, or a wallet with a card or its money behind it.
pub(super) fn by_card(told: &Told) -> MethodDetail {
    let code = told.any(&["CARD_Code", "P_FN_CD1", "cardCode"]);
    let money = code.as_deref().and_then(tables::money);
    let source = told.any(&["CARD_SrcCode", "P_SRC_CODE"]);
    match source.as_deref().and_then(tables::wallet).or(money) {
        Some(provider) => MethodDetail::EasyPay {
            provider: Some(provider.to_owned()),
            card: money.is_none().then(|| card(told, code)),
            charge: money.is_some(),
        },
        None => MethodDetail::Card(card(told, code)),
    }
}

fn card(told: &Told, code: Option<String>) -> CardDetail {
    let acquirer = code.as_deref().and_then(tables::card_company).map(str::to_owned);
    // The issuer is told by a bank code, `00` or nothing if it is not told at all.
    let issuing = told.any(&["CARD_BankCode", "P_CARD_ISSUER_CODE"]).filter(|c| c != "00");
    let issuer = issuing
        .as_deref()
        .filter(|_| code.as_deref() == Some("11"))
        .and_then(by_bank);
    let number = told.any(&["CARD_Num", "P_CARD_NUM", "cardNumber"]).map(shown_number);
    let bin = bin(number.as_deref());
    let flag = |names: &[&str]| told.any(names);
    CardDetail {
        issuer: issuer.map(str::to_owned).or_else(|| acquirer.clone()),
        acquirer,
        brand: code.as_deref().and_then(tables::scheme),
        issuer_code: code,
        card_type: match flag(&["CARD_CheckFlag", "P_CARD_CHECKFLAG", "P_CARD_CHECKFLG", "checkFlg"]).as_deref() {
            Some("0") => Some(CardType::Credit),
            Some("1") => Some(CardType::Debit),
            Some("2") => Some(CardType::Gift),
            _ => None,
        },
        owner: match flag(&["CARD_CorpFlag", "CARD_CorpFlg"]).as_deref() {
            Some("0") => Some(CardOwner::Personal),
            Some("1") => Some(CardOwner::Corporate),
            _ => None,
        },
        bin,
        name: flag(&["P_FN_NM", "P_CARD_ISSUER_NAME", "cardName"]),
        approval_number: flag(&["applNum", "P_AUTH_NO", "payAuthCode"]),
        installment_months: flag(&["CARD_Quota", "P_RMESG2", "payAuthQuota"])
            .and_then(|q| q.parse().ok())
            .unwrap_or(0),
        interest_free: flag(&["CARD_Interest", "P_CARD_INTEREST", "quotaInterest"]).as_deref() == Some("1"),
        interest_free_from_merchant: None,
        point_used: None,
        number,
    }
}

/// Banks that issue BC cards.
fn by_bank(code: &str) -> Option<&'static str> {
    Some(match tables::bank(code)? {
        "KOOKMIN" => "KOOKMIN_CARD",
        "HANA" => "HANA_CARD",
        "NONGHYUP" | "LOCAL_NONGHYUP" => "NH_CARD",
        "WOORI" => "WOORI_CARD",
        "SHINHAN" => "SHINHAN_CARD",
        "CITI" => "CITI_CARD",
        "SUHYUP" => "SUHYUP_CARD",
        "K_BANK" => "K_BANK",
        "KAKAO" => "KAKAO_BANK",
        _ => return None,
    })
}

/// A card number that may be shown: some answers do not mask it.
pub(super) fn shown_number(number: String) -> String {
    if is_full_number(&number) { hide(&number) } else { number }
}

/// The first six digits of a masked number, where it has them.
pub(super) fn bin(number: Option<&str>) -> Option<String> {
    let head = number?.get(..6)?;
    head.bytes().all(|b| b.is_ascii_digit()).then(|| head.to_owned())
}

fn hide(number: &str) -> String {
    let (head, rest) = number.split_at(6);
    format!("{head}{}", "*".repeat(rest.len()))
}

/// A member that an approval kept.
pub(super) fn kept<'a>(keep: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    keep.and_then(|keep| keep.get(name)).filter(|value| !value.is_null())
}
