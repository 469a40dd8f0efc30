//! The method of a payment in V1's flat fields.

use super::seconds;
use crate::api::v1::codes::{bank_code, bank_name, card_code, card_name};
use crate::payment::{CardDetail, CardType, MethodDetail, MethodKind, Transaction};
use serde::Serialize;

/// A card: `card_*` of payments and of billing keys.
#[derive(Debug, Default, Serialize)]
pub struct CardView<'a> {
    card_code: Option<&'static str>,
    card_name: Option<&'a str>,
    card_issuer_code: Option<&'static str>,
    card_issuer_name: Option<&'static str>,
    card_publisher_code: Option<&'static str>,
    card_publisher_name: Option<&'static str>,
    card_number: Option<&'a str>,
    card_type: Option<u8>,
}

impl<'a> From<&'a CardDetail> for CardView<'a> {
    fn from(card: &'a CardDetail) -> Self {
        let issuer = card.issuer.as_deref();
        let acquirer = card.acquirer.as_deref();
        Self {
            card_code: issuer.and_then(card_code),
            card_name: issuer.and_then(card_name).or(card.name.as_deref()),
            card_issuer_code: issuer.and_then(card_code),
            card_issuer_name: issuer.and_then(card_name),
            card_publisher_code: acquirer.and_then(card_code),
            card_publisher_name: acquirer.and_then(card_name),
            card_number: card.number.as_deref(),
            card_type: match card.card_type {
                Some(CardType::Credit) => Some(0),
                Some(CardType::Debit) => Some(1),
                Some(CardType::Gift) | None => None,
            },
        }
    }
}

/// `bank_*`: of an account transfer.
#[derive(Debug, Default, Serialize)]
pub struct BankView {
    bank_code: Option<&'static str>,
    bank_name: Option<&'static str>,
}

/// `vbank_*`: of a virtual account.
#[derive(Debug, Default, Serialize)]
pub struct AccountView<'a> {
    vbank_code: Option<&'static str>,
    vbank_name: Option<&'static str>,
    vbank_num: Option<&'a str>,
    vbank_holder: Option<&'a str>,
    vbank_date: i64,
    vbank_issued_at: i64,
}

pub(super) fn card(t: &Transaction) -> Option<&CardDetail> {
    match &t.method {
        Some(MethodDetail::Card(card)) => Some(card),
        Some(MethodDetail::EasyPay { card, .. }) => card.as_ref(),
        _ => None,
    }
}

pub(super) fn bank(t: &Transaction) -> BankView {
    match &t.method {
        Some(MethodDetail::Transfer { bank, .. }) => BankView {
            bank_code: bank.as_deref().and_then(bank_code),
            bank_name: bank.as_deref().and_then(bank_name),
        },
        _ => BankView::default(),
    }
}

pub(super) fn account(t: &Transaction) -> AccountView<'_> {
    match &t.method {
        Some(MethodDetail::VirtualAccount {
            bank,
            account_number,
            remittee,
            expires_at,
            issued_at,
            ..
        }) => AccountView {
            vbank_code: bank.as_deref().and_then(bank_code),
            vbank_name: bank.as_deref().and_then(bank_name),
            vbank_num: Some(account_number),
            vbank_holder: remittee.as_deref(),
            vbank_date: seconds(*expires_at),
            vbank_issued_at: seconds(*issued_at),
        },
        _ => AccountView::default(),
    }
}

/// The wallet inside a PG, in V1's spelling (`kakaopay`, `naverpay`, …).
pub(super) fn wallet(t: &Transaction) -> Option<String> {
    match &t.method {
        Some(MethodDetail::EasyPay { provider, .. }) => provider.as_ref().map(|word| word.to_lowercase()),
        _ => None,
    }
}

/// `pay_method`: what was used; before that is known, what was asked for.
pub(super) fn word(t: &Transaction) -> String {
    if let Some(wallet) = wallet(t) {
        return wallet;
    }
    if let Some(MethodDetail::GiftCertificate {
        certificate: Some(word),
        ..
    }) = &t.method
    {
        // Smart Munsang is the one whose V1 word is another.
        return match word.as_str() {
            "SMART_MUNSANG" => "smartculture".to_owned(),
            word => word.to_lowercase(),
        };
    }
    let kind = t.method.as_ref().map_or(t.method_kind, MethodDetail::kind);
    let word = match kind {
        MethodKind::Card => "card",
        MethodKind::Transfer => "trans",
        MethodKind::VirtualAccount => "vbank",
        MethodKind::Mobile => "phone",
        MethodKind::GiftCertificate => "culturegift",
        MethodKind::EasyPay => "point",
    };
    word.to_owned()
}
