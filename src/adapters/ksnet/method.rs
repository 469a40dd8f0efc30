//! From an approval's values to our words.

use super::approve::Token;
use super::codes::doubt;
use super::mask;
use super::tables;
use super::wire::{Fetched, Told, millis, whole};
use crate::adapters::mask::is_full_number;
use crate::adapters::{Approve, UnknownWhy};
use crate::payment::{Approval, CardDetail, CardType, MethodDetail, MethodKind, PaymentReceipt, Status};
use serde_json::{Value, json};

/// The method that was used: the first character of `result`, else of the transaction number. A virtual account must
/// never pass for a payment, so either sign of one is enough.
fn used(told: &Fetched, asked: MethodKind) -> MethodKind {
    let first = |name: &str| told.get(name).chars().next();
    let account = first("result") == Some('6') || (told.get("result").is_empty() && first("trno") == Some('6'));
    match first("result") {
        _ if account || (asked == MethodKind::VirtualAccount && told.get("result").is_empty()) => {
            MethodKind::VirtualAccount
        }
        Some('1' | 'I') if asked == MethodKind::EasyPay => MethodKind::EasyPay,
        Some('1' | 'I') => MethodKind::Card,
        Some('2') => MethodKind::Transfer,
        Some('M') => MethodKind::Mobile,
        Some('G') => MethodKind::GiftCertificate,
        _ => asked,
    }
}

/// An approval as a proven answer of the fetch call tells it.
pub(super) fn approval(told: &Fetched, command: &Approve, token: Option<&Token>) -> Result<Approval, UnknownWhy> {
    let escrow = token.is_some_and(|token| token.escrow);
    let kind = used(told, command.method);
    let at = millis(&format!("{}{}", told.get("trddt"), told.get("trdtm")));
    let trno = told.get("trno").to_owned();
    let issued = kind == MethodKind::VirtualAccount;
    let detail = detail(told, kind, at, token);
    let account = told.get("isscd");
    if issued && (account.is_empty() || !account.bytes().all(|b| b.is_ascii_digit() || b == b'-')) {
        return Err(doubt(
            "NARU_ACCOUNT_UNKNOWN",
            format!("KSNET issued {trno}, and not which account"),
        ));
    }
    Ok(Approval {
        status: if issued {
            Status::VirtualAccountIssued
        } else {
            Status::Paid
        },
        keep: Some(with_escrow(keep(kind, &detail, command.amounts.total, &trno), escrow)),
        cash_receipt: cash_receipt(told, command, &trno, at),
        escrow,
        receipt_url: matches!(kind, MethodKind::Card | MethodKind::EasyPay).then(|| receipt(&trno)),
        method: Some(detail),
        approved_at: at.filter(|_| !issued),
        raw: Some(told.raw()),
        pg_tx_id: trno,
    })
}

/// What later calls and notices need: the way a cancellation takes, and what a deposit notice must name.
pub(super) fn keep(kind: MethodKind, detail: &MethodDetail, amount: i64, tid: &str) -> Value {
    match detail {
        MethodDetail::VirtualAccount { account_number, .. } => {
            json!({"way": kind, "account": account_number, "amount": amount, "tid": tid, "method": detail})
        }
        _ => json!({"way": kind}),
    }
}

/// Escrow payments are cancelled wholly only.
fn with_escrow(mut keep: Value, escrow: bool) -> Value {
    if escrow {
        keep["escrow"] = json!(true);
    }
    keep
}

/// The buyer's receipt page; only cards and wallets have one.
pub(super) fn receipt(trno: &str) -> String {
    format!("https://ksta.ksnet.co.kr/mint/tsk/pgi01/mad/pgimad04m0.jsp?tr_no={trno}")
}

fn cash_receipt(told: &Fetched, command: &Approve, trno: &str, at: Option<i64>) -> Option<PaymentReceipt> {
    let number = told.text("cbauthno").filter(|n| n.bytes().any(|b| b != b'0'))?;
    Some(PaymentReceipt {
        kind: None,
        pg_receipt_id: told.text("cbtrno").or_else(|| Some(trno.to_owned())),
        issue_number: number,
        total: command.amounts.total,
        tax_free: None,
        url: None,
        issued_at: at,
        cancelled_at: None,
    })
}

fn detail(told: &Fetched, kind: MethodKind, at: Option<i64>, token: Option<&Token>) -> MethodDetail {
    let bank = || tables::bank(told.get("authno")).map(str::to_owned);
    match kind {
        MethodKind::Card if told.get("aqucd") == "52" => naver(told),
        MethodKind::Card => MethodDetail::Card(card(told)),
        MethodKind::EasyPay => wallet(told, token.and_then(|token| token.wallet.as_deref())),
        MethodKind::Transfer => MethodDetail::Transfer {
            bank: bank(),
            account_number: None,
        },
        MethodKind::VirtualAccount => MethodDetail::VirtualAccount {
            bank: bank(),
            account_number: told.get("isscd").to_owned(),
            fixed: None,
            remittee: None,
            remitter: None,
            expires_at: token.and_then(|token| token.expires_at),
            issued_at: at,
        },
        MethodKind::Mobile => MethodDetail::Mobile { phone_number: None },
        MethodKind::GiftCertificate => MethodDetail::GiftCertificate {
            certificate: None,
            approval_number: told.get("authno").to_owned(),
        },
    }
}

fn naver(told: &Fetched) -> MethodDetail {
    MethodDetail::EasyPay {
        provider: Some("NAVERPAY".to_owned()),
        card: Some(card(told)),
        charge: false,
    }
}

/// A wallet: most answers do not name it, some put its name where the card's is. `offered`: the only one that the window
/// had.
fn wallet(told: &Fetched, offered: Option<&str>) -> MethodDetail {
    const NAMES: [(&str, &str); 6] = [
        ("네이버", "NAVERPAY"),
        ("카카오", "KAKAOPAY"),
        ("페이코", "PAYCO"),
        ("PAYCO", "PAYCO"),
        ("SSG", "SSGPAY"),
        ("엘페이", "LPAY"),
    ];
    let named = NAMES.iter().find(|row| told.get("msg1").contains(row.0));
    let provider = match named {
        Some(row) => Some(row.1.to_owned()),
        None if told.get("aqucd") == "52" => Some("NAVERPAY".to_owned()),
        None => offered.map(str::to_owned),
    };
    MethodDetail::EasyPay {
        provider,
        card: told.text("isscd").map(|_| card(told)),
        charge: false,
    }
}

fn card(told: &Fetched) -> CardDetail {
    let number = told.text("cardno").map(hidden);
    CardDetail {
        issuer: tables::card(told.get("isscd")).map(str::to_owned),
        issuer_code: told.text("isscd"),
        acquirer: tables::card(told.get("aqucd")).map(str::to_owned),
        bin: bin(number.as_deref()),
        number,
        name: told.text("msg1"),
        approval_number: told.text("authno"),
        installment_months: months(told.get("halbu")),
        ..CardDetail::default()
    }
}

pub(super) fn months(text: &str) -> u32 {
    whole(text)
        .and_then(|m| u32::try_from(m).ok())
        .filter(|m| *m <= 60)
        .unwrap_or(0)
}

/// A number that KSNET did not mask, masked.
pub(super) fn hidden(number: String) -> String {
    match number.split_at_checked(6) {
        Some((head, rest)) if is_full_number(&number) => format!("{head}{}", "*".repeat(rest.len())),
        _ => number,
    }
}

pub(super) fn bin(number: Option<&str>) -> Option<String> {
    let head = number?.get(..6)?;
    head.bytes().all(|b| b.is_ascii_digit()).then(|| head.to_owned())
}

/// The approval of a key-in payment.
pub(super) fn keyed(told: &Told, tid: String) -> Approval {
    let text = |name: &str| told.text(name).unwrap_or_default();
    let named = |kind: &str| {
        let (word, name) = (text(&format!("{kind}CardType")), text(&format!("{kind}CardName")));
        tables::card_named(&word, &name).map(str::to_owned)
    };
    let number = told.text("cardNumb").map(hidden);
    let card = CardDetail {
        issuer: named("issuer"),
        issuer_code: told.text("issuerCardType"),
        acquirer: named("purchase"),
        card_type: match text("cardType").as_str() {
            "CREDIT" => Some(CardType::Credit),
            "CHECK" => Some(CardType::Debit),
            "GIFT" | "PREPAID" => Some(CardType::Gift),
            _ => None,
        },
        bin: bin(number.as_deref()),
        number,
        name: told.text("issuerCardName"),
        approval_number: told.text("approvalNumb"),
        installment_months: months(&text("installMonth")),
        ..CardDetail::default()
    };
    let whole_only = text("partCancelYn") == "N";
    Approval {
        status: Status::Paid,
        method: Some(MethodDetail::Card(card)),
        approved_at: millis(&text("tradeDateTime")),
        receipt_url: Some(receipt(&tid)),
        raw: Some(mask::masked(told.body())),
        keep: Some(json!({"way": MethodKind::Card, "whole": whole_only})),
        escrow: false,
        cash_receipt: None,
        pg_tx_id: tid,
    }
}
