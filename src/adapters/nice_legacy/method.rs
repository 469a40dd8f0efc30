//! From an approval's members to our words.

use super::mask;
use super::wire::{Told, millis};
use crate::adapters::mask::is_full_number;
use crate::adapters::nice_common::tables;
use crate::payment::{Approval, CardDetail, CardType, MethodDetail, Status};
use serde_json::{Map, Value};

/// `ClickpayCl` and the wallet it means.
static WALLETS: &[(&str, &str)] = &[
    ("6", "SKPAY"),
    ("7", "SSGPAY"),
    ("8", "SAMSUNGPAY"),
    ("15", "PAYCO"),
    ("16", "KAKAOPAY"),
    ("18", "LPAY"),
    ("20", "NAVERPAY"),
    ("21", "SAMSUNGPAY"),
    ("22", "APPLEPAY"),
    ("25", "TOSSPAY"),
];

/// An approval as a proven answer tells it.
pub(super) fn approval(told: &Told, tid: String, pay_method: &str) -> Approval {
    let issued = pay_method == "VBANK";
    let at = told.text("AuthDate").as_deref().and_then(millis);
    Approval {
        cash_receipt: None,
        escrow: false,
        receipt_url: Some(receipt(&tid)),
        status: if issued {
            Status::VirtualAccountIssued
        } else {
            Status::Paid
        },
        method: Some(detail(told, pay_method)),
        approved_at: at.filter(|_| !issued),
        raw: Some(mask::masked(told.body())),
        keep: keep(told, pay_method),
        pg_tx_id: tid,
    }
}

/// The approval of an escrow order: never cancelled in part.
pub(super) fn in_escrow(approval: Approval) -> Approval {
    let mut keep = match approval.keep {
        Some(Value::Object(keep)) => keep,
        _ => Map::new(),
    };
    keep.insert("escrow".into(), true.into());
    Approval {
        escrow: true,
        keep: Some(Value::Object(keep)),
        ..approval
    }
}

/// The buyer's receipt page.
pub(super) fn receipt(tid: &str) -> String {
    format!("https://npg.nicepay.co.kr/issue/IssueLoader.do?type=0&TID={tid}")
}

/// What later calls and notices need. A deposit notice is not signed: it is believed by what only NICE and we know.
fn keep(told: &Told, pay_method: &str) -> Option<Value> {
    let mut keep = Map::new();
    if pay_method == "VBANK" {
        for name in ["TID", "Moid", "VbankNum"] {
            keep.insert(name.into(), told.text(name).into());
        }
        keep.insert("Amt".into(), told.whole("Amt").into());
        keep.insert(
            "method".into(),
            serde_json::to_value(detail(told, pay_method)).unwrap_or_default(),
        );
    }
    if pay_method == "CELLPHONE" {
        keep.insert("carrier".into(), true.into());
    }
    if told.text("CcPartCl").as_deref() == Some("0") {
        keep.insert("whole".into(), true.into());
    }
    (!keep.is_empty()).then_some(Value::Object(keep))
}

fn detail(told: &Told, pay_method: &str) -> MethodDetail {
    let bank = |name: &str| told.text(name).as_deref().and_then(tables::bank).map(str::to_owned);
    match pay_method {
        "BANK" | "CMS_BANK" => MethodDetail::Transfer {
            bank: bank("BankCode"),
            account_number: None,
        },
        "VBANK" => MethodDetail::VirtualAccount {
            bank: bank("VbankBankCode"),
            account_number: told.text("VbankNum").unwrap_or_default(),
            fixed: None,
            remittee: None,
            remitter: None,
            expires_at: due(told),
            issued_at: told.text("AuthDate").as_deref().and_then(millis),
        },
        "CELLPHONE" => MethodDetail::Mobile { phone_number: None },
        "GIFT_CULT" => MethodDetail::GiftCertificate {
            certificate: Some("CULTURELAND".to_owned()),
            approval_number: told.text("AuthCode").unwrap_or_default(),
        },
        "SSG_BANK" | "GIFT_SSG" => MethodDetail::EasyPay {
            provider: Some("SSGPAY".to_owned()),
            card: None,
            charge: pay_method == "GIFT_SSG",
        },
        _ => by_card(told),
    }
}

/// A card, or a wallet with a card or its money behind it.
fn by_card(told: &Told) -> MethodDetail {
    let code = told.text("CardCode");
    let money = code.as_deref().and_then(tables::money);
    let clicked = told.text("ClickpayCl");
    let wallet = clicked.and_then(|c| {
        WALLETS
            .iter()
            .find(|row| row.0 == c.trim_start_matches('0'))
            .map(|row| row.1)
    });
    match wallet.or(money) {
        Some(provider) => MethodDetail::EasyPay {
            provider: Some(provider.to_owned()),
            card: (money.is_none() && code.is_some()).then(|| card(told)),
            charge: money.is_some() || code.is_none(),
        },
        None => MethodDetail::Card(card(told)),
    }
}

fn due(told: &Told) -> Option<i64> {
    let day = told.text("VbankExpDate")?;
    let time = told
        .text("VbankExpTime")
        .filter(|t| t.len() == 6)
        .unwrap_or_else(|| "235959".to_owned());
    millis(&format!("{day}{time}"))
}

fn card(told: &Told) -> CardDetail {
    let issuer_code = told.text("CardCode");
    let number = told
        .text("CardNo")
        .map(|n| if is_full_number(&n) { hide(&n) } else { n });
    let bin = number
        .as_deref()
        .and_then(|n| n.get(..6))
        .filter(|h| h.bytes().all(|b| b.is_ascii_digit()));
    CardDetail {
        issuer: issuer_code.as_deref().and_then(tables::card_company).map(str::to_owned),
        acquirer: told
            .text("AcquCardCode")
            .as_deref()
            .and_then(tables::card_company)
            .map(str::to_owned),
        brand: issuer_code.as_deref().and_then(tables::scheme),
        issuer_code,
        card_type: match told.text("CardCl").as_deref() {
            Some("0") => Some(CardType::Credit),
            Some("1") => Some(CardType::Debit),
            _ => None,
        },
        owner: None,
        bin: bin.map(str::to_owned),
        name: told.text("CardName"),
        approval_number: told.text("AuthCode"),
        installment_months: told.text("CardQuota").and_then(|q| q.parse().ok()).unwrap_or(0),
        interest_free: told.text("CardInterest").as_deref() == Some("1"),
        interest_free_from_merchant: None,
        point_used: None,
        number,
    }
}

fn hide(number: &str) -> String {
    let (head, rest) = number.split_at(6);
    format!("{head}{}", "*".repeat(rest.len()))
}
