//! PortOne V2 `PaymentMethod`, a union over `type`.

use super::Time;
use crate::payment::{CardBrand, CardDetail, CardOwner, CardType, MethodDetail, MethodKind, Transaction};
use serde::Serialize;

/// PortOne V2 `PaymentMethod`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Method<'a> {
    #[serde(rename = "PaymentMethodCard")]
    Card(CardMethod<'a>),
    #[serde(rename = "PaymentMethodTransfer")]
    Transfer {
        #[serde(skip_serializing_if = "Option::is_none")]
        bank: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        account_number: Option<&'a str>,
    },
    #[serde(rename = "PaymentMethodVirtualAccount")]
    VirtualAccount {
        #[serde(skip_serializing_if = "Option::is_none")]
        bank: Option<&'a str>,
        account_number: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        account_type: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        remittee_name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        remitter_name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expired_at: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        issued_at: Option<Time>,
    },
    #[serde(rename = "PaymentMethodGiftCertificate")]
    GiftCertificate {
        #[serde(skip_serializing_if = "Option::is_none")]
        gift_certificate_type: Option<&'a str>,
        approval_number: &'a str,
    },
    #[serde(rename = "PaymentMethodMobile")]
    Mobile {
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<&'a str>,
    },
    #[serde(rename = "PaymentMethodEasyPay")]
    EasyPay {
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        easy_pay_method: Option<Funding<'a>>,
    },
}

/// PortOne V2 `PaymentMethodEasyPayMethod`: the money behind a wallet.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum Funding<'a> {
    #[serde(rename = "PaymentMethodCard")]
    Card(CardMethod<'a>),
    #[serde(rename = "PaymentMethodEasyPayMethodCharge")]
    Charge {},
}

/// Members of `PaymentMethodCard`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardMethod<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installment: Option<Installment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    point_used: Option<bool>,
}

/// PortOne V2 `Card`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<CardBrand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CardType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_type: Option<CardOwner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Installment {
    month: u32,
    is_interest_free: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_interest_free_from_merchant: Option<bool>,
}

impl<'a> From<&'a CardDetail> for Card<'a> {
    fn from(c: &'a CardDetail) -> Self {
        Self {
            publisher: c.acquirer.as_deref(),
            issuer: c.issuer.as_deref(),
            brand: c.brand,
            r#type: c.card_type,
            owner_type: c.owner,
            bin: c.bin.as_deref(),
            name: c.name.as_deref(),
            number: c.number.as_deref(),
        }
    }
}

impl<'a> From<&'a CardDetail> for CardMethod<'a> {
    fn from(c: &'a CardDetail) -> Self {
        Self {
            card: Some(c.into()),
            approval_number: c.approval_number.as_deref(),
            installment: Some(Installment {
                month: c.installment_months,
                is_interest_free: c.interest_free,
                is_interest_free_from_merchant: c.interest_free_from_merchant,
            }),
            point_used: c.point_used,
        }
    }
}

/// The method used; before the PG has told it, the method asked for, without details. A virtual account has no such
/// form: its account number is required.
#[must_use]
pub fn method(t: &Transaction) -> Option<Method<'_>> {
    match &t.method {
        Some(detail) => Some(used(detail)),
        None => asked(t.method_kind),
    }
}

fn asked(kind: MethodKind) -> Option<Method<'static>> {
    Some(match kind {
        MethodKind::Card => Method::Card(CardMethod::default()),
        MethodKind::Transfer => Method::Transfer {
            bank: None,
            account_number: None,
        },
        MethodKind::VirtualAccount => return None,
        MethodKind::GiftCertificate => Method::GiftCertificate {
            gift_certificate_type: None,
            approval_number: "",
        },
        MethodKind::Mobile => Method::Mobile { phone_number: None },
        MethodKind::EasyPay => Method::EasyPay {
            provider: None,
            easy_pay_method: None,
        },
    })
}

fn used(detail: &MethodDetail) -> Method<'_> {
    match detail {
        MethodDetail::Card(card) => Method::Card(card.into()),
        MethodDetail::Transfer { bank, account_number } => Method::Transfer {
            bank: bank.as_deref(),
            account_number: account_number.as_deref(),
        },
        MethodDetail::VirtualAccount {
            bank,
            account_number,
            fixed,
            remittee,
            remitter,
            expires_at,
            issued_at,
        } => Method::VirtualAccount {
            bank: bank.as_deref(),
            account_number,
            account_type: fixed.map(|fixed| if fixed { "FIXED" } else { "NORMAL" }),
            remittee_name: remittee.as_deref(),
            remitter_name: remitter.as_deref(),
            expired_at: expires_at.map(Time),
            issued_at: issued_at.map(Time),
        },
        MethodDetail::GiftCertificate {
            certificate,
            approval_number,
        } => Method::GiftCertificate {
            gift_certificate_type: certificate.as_deref(),
            approval_number,
        },
        MethodDetail::Mobile { phone_number } => Method::Mobile {
            phone_number: phone_number.as_deref(),
        },
        MethodDetail::EasyPay { provider, card, charge } => Method::EasyPay {
            provider: provider.as_deref(),
            easy_pay_method: match card {
                Some(card) => Some(Funding::Card(card.into())),
                None if *charge => Some(Funding::Charge {}),
                None => None,
            },
        },
    }
}
