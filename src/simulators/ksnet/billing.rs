//! Tokens of cards: registered by the socket's `1400`, charged by its `1000`. No call deletes one.

use super::Ksnet;
use super::payment::Card;
use super::socket::Facts;
use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use std::sync::Arc;

/// A registered card.
#[derive(Debug, Clone)]
pub(super) struct Token {
    token: Arc<str>,
    mid: Arc<str>,
    order: String,
    card: Card,
    at: i64,
}

impl Token {
    pub fn row(&self) -> Row {
        Row {
            provider: "ksnet",
            mid: self.mid.to_string(),
            tid: self.token.to_string(),
            order_id: self.order.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: "issued".to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

impl Ksnet {
    /// Registers a card: its token, and what the answer tells.
    pub(super) fn register(&self, mid: &Arc<str>, order: &str, card: Card, now: i64) -> (Arc<str>, Facts) {
        let facts = Facts {
            approved: true,
            number: format!("1{}", ids::digits(11)),
            approval: ids::digits(8),
            messages: (card.row.1.to_owned(), "정상등록".to_owned()),
            company: card.row.0.to_owned(),
            card: card.window_mask(),
            months: "00".to_owned(),
            ..Facts::default()
        };
        let token: Arc<str> = Arc::from(ids::alnum(24));
        let stored = Token {
            token: Arc::clone(&token),
            mid: Arc::clone(mid),
            order: order.to_owned(),
            card,
            at: now,
        };
        // Twenty-four random characters do not meet again.
        drop(self.tokens.insert(&token, stored));
        (token, facts)
    }

    /// The card behind a merchant's token.
    pub(super) fn card_of(&self, token: &str, mid: &str) -> Option<Card> {
        let record = self.tokens.get(token)?;
        let found = lock(&record);
        (*found.mid == *mid).then(|| found.card.clone())
    }
}
