//! From a "Payment" object to our words: what was used to pay, and the approval as a whole.

use super::mask::is_full_number;
use super::tables;
use super::wire::{Card, CashReceipt, EasyPay, Payment, VirtualAccount, millis};
use crate::payment::{
    Approval, CardDetail, CardOwner, CardType, MethodDetail, Millis, PaymentReceipt, ReceiptKind, Status,
};
use serde_json::{Map, Value};

/// An approval as a verified object tells it.
pub(super) fn approval(payment: &Payment, payment_key: String, status: Status, raw: Option<String>) -> Approval {
    Approval {
        pg_tx_id: payment_key,
        status,
        method: detail(payment),
        approved_at: millis(&payment.approved_at),
        receipt_url: receipt(payment),
        raw,
        keep: keep(payment),
        escrow: payment.use_escrow.flag() == Some(true),
        cash_receipt: payment.cash_receipt.get().and_then(|own| cash_receipt(payment, own)),
    }
}

/// The receipt issued with the payment; one without an approval number is not issued yet.
fn cash_receipt(payment: &Payment, own: &CashReceipt) -> Option<PaymentReceipt> {
    Some(PaymentReceipt {
        kind: receipt_kind(own),
        pg_receipt_id: own.receipt_key.owned(),
        issue_number: own.issue_number.owned()?,
        total: own.amount.whole()?,
        tax_free: own.tax_free_amount.whole(),
        url: own.receipt_url.owned(),
        issued_at: millis(&payment.approved_at),
        cancelled_at: None,
    })
}

/// What a receipt is for.
pub(super) fn receipt_kind(own: &CashReceipt) -> Option<ReceiptKind> {
    match own.kind.text().as_deref() {
        Some("소득공제" | "INCOME_DEDUCTION") => Some(ReceiptKind::Personal),
        Some("지출증빙" | "EXPENDITURE_PROOF") => Some(ReceiptKind::Corporate),
        _ => None,
    }
}

/// What later calls need: the deposit notice is compared with `secret`, and a part of an escrow order cannot be
/// cancelled.
fn keep(payment: &Payment) -> Option<Value> {
    let mut keep = Map::new();
    if let Some(secret) = payment.secret.owned() {
        keep.insert("secret".into(), secret.into());
    }
    if payment.use_escrow.flag() == Some(true) {
        keep.insert("escrow".into(), true.into());
    }
    (!keep.is_empty()).then_some(Value::Object(keep))
}

fn receipt(payment: &Payment) -> Option<String> {
    let new = payment.receipt.get().and_then(|r| r.url.owned());
    let card = || payment.card.get().and_then(|c| c.receipt_url.owned());
    let mobile = || payment.mobile_phone.get().and_then(|m| m.receipt_url.owned());
    new.or_else(card).or_else(mobile)
}

/// What was used to pay. `easyPay` decides before `method` does: newer answers say `카드` beside a filled `easyPay`.
pub(super) fn detail(payment: &Payment) -> Option<MethodDetail> {
    let word = payment.method.text().unwrap_or_default();
    let word = word.trim();
    if let Some(easy) = payment.easy_pay.get() {
        return Some(easy_pay(payment, Some(easy)));
    }
    if matches!(word, "간편결제" | "EASY_PAY") || payment.easy_pay_amount.whole().unwrap_or(0) > 0 {
        return Some(easy_pay(payment, None));
    }
    if let Some(own) = payment.card.get() {
        return Some(MethodDetail::Card(card(own)));
    }
    if let Some(account) = payment.virtual_account.get() {
        return Some(virtual_account(account, millis(&payment.requested_at)));
    }
    if let Some(transfer) = payment.transfer.get() {
        let named = transfer.bank_code.text().or_else(|| transfer.bank.text());
        return Some(transferred(named.as_deref().and_then(tables::bank)));
    }
    if let Some(mobile) = payment.mobile_phone.get() {
        return Some(MethodDetail::Mobile {
            phone_number: mobile
                .customer_mobile_phone
                .get()
                .and_then(|phone| phone.plain.owned().or_else(|| phone.masking.owned())),
        });
    }
    if let Some(gift) = payment.gift_certificate.get() {
        return Some(gift_certificate(word, gift.approve_no.owned().unwrap_or_default()));
    }
    bare(word)
}

/// A method whose object is missing: only the word is left. A virtual account without an account number tells nothing.
fn bare(word: &str) -> Option<MethodDetail> {
    match word {
        "카드" | "CARD" => Some(MethodDetail::Card(CardDetail::default())),
        "계좌이체" | "TRANSFER" => Some(transferred(None)),
        "휴대폰" | "MOBILE_PHONE" => Some(MethodDetail::Mobile { phone_number: None }),
        _ => tables::certificate(word).map(|_| gift_certificate(word, String::new())),
    }
}

fn transferred(bank: Option<&str>) -> MethodDetail {
    MethodDetail::Transfer {
        bank: bank.map(str::to_owned),
        account_number: None,
    }
}

fn gift_certificate(word: &str, approval_number: String) -> MethodDetail {
    MethodDetail::GiftCertificate {
        certificate: tables::certificate(word).map(str::to_owned),
        approval_number,
    }
}

/// total = card.amount + easyPay.amount + easyPay.discountAmount: a card charged through a wallet shows
/// `easyPay.amount` 0, wallet money shows no card.
fn easy_pay(payment: &Payment, easy: Option<&EasyPay>) -> MethodDetail {
    let own = payment.card.get();
    let wallet_money = easy
        .and_then(|e| e.amount.whole())
        .or_else(|| payment.easy_pay_amount.whole());
    MethodDetail::EasyPay {
        provider: easy
            .and_then(|e| e.provider.text())
            .and_then(|word| tables::wallet(&word))
            .map(str::to_owned),
        card: own.map(card),
        charge: wallet_money.map_or(own.is_none(), |amount| amount > 0),
    }
}

fn virtual_account(account: &VirtualAccount, issued_at: Option<Millis>) -> MethodDetail {
    let named = account.bank_code.text().or_else(|| account.bank.text());
    MethodDetail::VirtualAccount {
        bank: named.as_deref().and_then(tables::bank).map(str::to_owned),
        account_number: account.account_number.owned().unwrap_or_default(),
        fixed: match account.account_type.text().as_deref() {
            Some("고정" | "FIXED") => Some(true),
            Some("일반" | "NORMAL") => Some(false),
            _ => None,
        },
        // `customerName` is the buyer's; the account's holder is not told.
        remittee: None,
        remitter: account.depositor_name.owned(),
        expires_at: millis(&account.due_date),
        issued_at,
    }
}

pub(super) fn card(own: &Card) -> CardDetail {
    let issuer_code = own.issuer_code.owned().or_else(|| own.company.owned());
    let number = own
        .number
        .owned()
        .map(|n| if is_full_number(&n) { hide(&n) } else { n });
    CardDetail {
        issuer: issuer_code.as_deref().and_then(tables::card_company).map(str::to_owned),
        acquirer: own
            .acquirer_code
            .text()
            .and_then(|code| tables::card_company(&code))
            .map(str::to_owned),
        brand: issuer_code.as_deref().and_then(tables::scheme),
        issuer_code,
        card_type: match own.card_type.text().as_deref() {
            Some("신용" | "CREDIT") => Some(CardType::Credit),
            Some("체크" | "CHECK" | "DEBIT") => Some(CardType::Debit),
            Some("기프트" | "GIFT") => Some(CardType::Gift),
            _ => None,
        },
        owner: match own.owner_type.text().as_deref() {
            Some("개인" | "PERSONAL") => Some(CardOwner::Personal),
            Some("법인" | "CORPORATE") => Some(CardOwner::Corporate),
            _ => None,
        },
        bin: number.as_deref().and_then(bin),
        number,
        name: None,
        approval_number: own.approve_no.owned(),
        installment_months: own
            .installment_plan_months
            .whole()
            .and_then(|m| u32::try_from(m).ok())
            .unwrap_or(0),
        interest_free: own.is_interest_free.flag().unwrap_or(false),
        interest_free_from_merchant: own.interest_payer.text().map(|payer| payer == "MERCHANT"),
        point_used: own.use_card_point.flag(),
    }
}

/// First six digits, unless they are masked or an ISP card's stand-in (`9200…`).
fn bin(number: &str) -> Option<String> {
    let head = number.get(..6)?;
    (head.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with("9200")).then(|| head.to_owned())
}

fn hide(number: &str) -> String {
    let (head, rest) = number.split_at(6);
    format!("{head}{}", "*".repeat(rest.len()))
}
