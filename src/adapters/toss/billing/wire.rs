//! The "Billing" object as it comes over the wire.

use crate::adapters::toss::lenient::{List, Maybe, Part, Scalar};
use crate::adapters::toss::wire::{Answer, Card, EasyPay, PgError, read, unreadable, without_bom};
use crate::adapters::toss::{method, tables};
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::{CardDetail, MethodDetail};
use serde::Deserialize;

/// A "Billing" object, as much of it as the router uses. `Debug` is left out: it holds the key.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Billing {
    pub(super) m_id: Scalar,
    pub(super) customer_key: Scalar,
    pub(super) authenticated_at: Scalar,
    method: Scalar,
    pub(super) billing_key: Scalar,
    card: Maybe<Card>,
    transfers: List<Account>,
    easy_pay: Maybe<EasyPay>,
    /// Before API version 2024-06-01 beside or instead of `card`.
    card_company: Scalar,
    card_number: Scalar,
}

/// An element of `transfers`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Account {
    bank_name: Scalar,
    bank_account_number: Scalar,
}

impl Part for Account {}

impl Billing {
    /// What the key stands for.
    pub(super) fn method(&self) -> Option<MethodDetail> {
        let card = self.card();
        if let Some(easy) = self.easy_pay.get() {
            let charge = card.is_none();
            return Some(MethodDetail::EasyPay {
                provider: easy.provider.text().and_then(|w| tables::wallet(&w)).map(str::to_owned),
                card,
                charge,
            });
        }
        if let Some(card) = card {
            return Some(MethodDetail::Card(card));
        }
        if let Some(account) = self.transfers.0.first() {
            let number = account.bank_account_number.owned();
            return Some(MethodDetail::Transfer {
                bank: account
                    .bank_name
                    .text()
                    .and_then(|w| tables::bank(&w))
                    .map(str::to_owned),
                // Toss masks it; one that is not masked is not kept.
                account_number: number.filter(|n| n.contains('*')),
            });
        }
        match self.method.text().as_deref() {
            Some("카드" | "CARD") => Some(MethodDetail::Card(CardDetail::default())),
            Some("계좌이체" | "TRANSFER") => Some(MethodDetail::Transfer {
                bank: None,
                account_number: None,
            }),
            _ => None,
        }
    }

    fn card(&self) -> Option<CardDetail> {
        if let Some(card) = self.card.get() {
            return Some(method::card(card));
        }
        self.card_number.text()?;
        Some(method::card(&Card {
            company: self.card_company.clone(),
            number: self.card_number.clone(),
            ..Card::default()
        }))
    }
}

/// An answer to an issue, read.
pub(super) enum Issued {
    /// HTTP 200 with an object.
    Key(Box<Billing>),
    /// Any other status with a `code`.
    Error(PgError),
    /// Everything else.
    Unreadable(UnknownWhy),
}

/// Reads an answer.
pub(super) fn issued(answer: &WireAnswer) -> Issued {
    if answer.status == 200 {
        return serde_json::from_slice::<Billing>(without_bom(&answer.body)).map_or_else(
            |_| Issued::Unreadable(unreadable(answer.status)),
            |key| Issued::Key(Box::new(key)),
        );
    }
    match read(answer) {
        Answer::Error(error) => Issued::Error(error),
        Answer::Unreadable(why) => Issued::Unreadable(why),
        Answer::Payment(_) => Issued::Unreadable(unreadable(answer.status)),
    }
}
