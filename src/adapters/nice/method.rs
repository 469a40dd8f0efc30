//! From a payment object to our words: what was used to pay, and the approval as a whole.

use super::mask;
use super::wire::{Object, Told};
use crate::adapters::mask::is_full_number;
use crate::adapters::nice_common::tables;
use crate::payment::{Approval, CardDetail, CardType, MethodDetail, Millis, Status};
use serde_json::{Map, Value};

/// An approval as a proven object tells it.
pub(super) fn approval(told: &Told, tid: String, status: Status) -> Approval {
    let object = told.object();
    Approval {
        cash_receipt: None,
        escrow: object.flag("useEscrow") == Some(true),
        pg_tx_id: tid,
        status,
        method: detail(object),
        approved_at: object.time("paidAt"),
        receipt_url: object.owned("receiptUrl"),
        raw: Some(mask::masked(told.body())),
        keep: keep(object),
    }
}

/// What a cancellation needs: neither escrow orders nor some cards can be cancelled in part.
fn keep(object: Object<'_>) -> Option<Value> {
    let mut keep = Map::new();
    if object.flag("useEscrow") == Some(true) {
        keep.insert("escrow".into(), true.into());
    }
    if object.object("card").and_then(|c| c.flag("canPartCancel")) == Some(false) {
        keep.insert("whole".into(), true.into());
    }
    (!keep.is_empty()).then_some(Value::Object(keep))
}

/// What was used to pay. `payMethod` decides; without it the object that is there does.
fn detail(object: Object<'_>) -> Option<MethodDetail> {
    let word = object.text("payMethod").map(|w| w.to_ascii_lowercase());
    match word.as_deref() {
        Some("card") => Some(card_payment(object)),
        Some("bank") => Some(transfer(object)),
        Some("vbank") => object.object("vbank").map(|account| virtual_account(account, object)),
        Some("cellphone") => Some(MethodDetail::Mobile { phone_number: None }),
        Some("naverpay") => Some(easy_pay("NAVERPAY", object)),
        Some("kakaopay") => Some(easy_pay("KAKAOPAY", object)),
        Some("samsungpay") => Some(easy_pay("SAMSUNGPAY", object)),
        Some("payco") => Some(easy_pay("PAYCO", object)),
        Some("ssgpay") => Some(easy_pay("SSGPAY", object)),
        Some(_) => None,
        None if object.object("vbank").is_some() => object.object("vbank").map(|a| virtual_account(a, object)),
        None if object.object("card").is_some() => Some(card_payment(object)),
        None => object.object("bank").map(|_| transfer(object)),
    }
}

/// A card, unless the card code says that it was money of a wallet.
fn card_payment(object: Object<'_>) -> MethodDetail {
    let own = object.object("card");
    let wallet = own
        .and_then(|c| c.text("cardCode"))
        .and_then(|code| tables::money(&code));
    match wallet {
        Some(wallet) => easy_pay(wallet, object),
        None => MethodDetail::Card(own.map(|c| card(c, object)).unwrap_or_default()),
    }
}

/// A wallet: a card behind it, or its money, which NICE shows by a code that is no card and no card number.
fn easy_pay(provider: &str, object: Object<'_>) -> MethodDetail {
    let own = object.object("card");
    let is_money = |c: Object<'_>| c.text("cardCode").is_none_or(|code| tables::money(&code).is_some());
    let charge = own.is_none_or(is_money);
    MethodDetail::EasyPay {
        provider: Some(provider.to_owned()),
        card: own.filter(|_| !charge).map(|c| card(c, object)),
        charge,
    }
}

fn transfer(object: Object<'_>) -> MethodDetail {
    let code = object.object("bank").and_then(|b| b.owned("bankCode"));
    MethodDetail::Transfer {
        bank: code.as_deref().and_then(tables::bank).map(str::to_owned),
        account_number: None,
    }
}

fn virtual_account(account: Object<'_>, object: Object<'_>) -> MethodDetail {
    MethodDetail::VirtualAccount {
        bank: account
            .text("vbankCode")
            .and_then(|code| tables::bank(&code))
            .map(str::to_owned),
        account_number: account.owned("vbankNumber").unwrap_or_default(),
        fixed: None,
        remittee: account.owned("vbankHolder"),
        remitter: None,
        expires_at: account.time("vbankExpDate"),
        issued_at: issued_at(object),
    }
}

/// The issue has no time of its own: `ediDate` is it as long as nothing is paid.
fn issued_at(object: Object<'_>) -> Option<Millis> {
    let ready = object.text("status").is_some_and(|s| s.eq_ignore_ascii_case("ready"));
    object.time("ediDate").filter(|_| ready)
}

fn card(own: Object<'_>, object: Object<'_>) -> CardDetail {
    let issuer_code = own.owned("cardCode");
    let number = own
        .owned("cardNum")
        .map(|n| if is_full_number(&n) { hide(&n) } else { n });
    CardDetail {
        issuer: issuer_code.as_deref().and_then(tables::card_company).map(str::to_owned),
        acquirer: own
            .text("acquCardCode")
            .and_then(|code| tables::card_company(&code))
            .map(str::to_owned),
        brand: issuer_code.as_deref().and_then(tables::scheme),
        issuer_code,
        card_type: match own.text("cardType").map(|t| t.to_ascii_lowercase()).as_deref() {
            Some("credit") => Some(CardType::Credit),
            Some("check") => Some(CardType::Debit),
            _ => None,
        },
        owner: None,
        bin: number.as_deref().and_then(bin),
        number,
        name: own.owned("cardName").map(|name| unbracketed(&name)),
        approval_number: object.owned("approveNo"),
        installment_months: own.whole("cardQuota").and_then(|m| u32::try_from(m).ok()).unwrap_or(0),
        interest_free: own.flag("isInterestFree").unwrap_or(false),
        interest_free_from_merchant: None,
        point_used: None,
    }
}

/// First six digits, unless they are masked.
fn bin(number: &str) -> Option<String> {
    let head = number.get(..6)?;
    head.bytes().all(|b| b.is_ascii_digit()).then(|| head.to_owned())
}

fn hide(number: &str) -> String {
    let (head, rest) = number.split_at(6);
    format!("{head}{}", "*".repeat(rest.len()))
}

/// `[신한]` and `신한` are the same name.
fn unbracketed(name: &str) -> String {
    name.trim_start_matches('[').trim_end_matches(']').to_owned()
}
