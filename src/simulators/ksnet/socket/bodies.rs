//! Bodies of the answers, field by field.

use super::record;
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ksnet::codes;
use crate::simulators::ksnet::payment::{Means, Payment};

/// What an answer tells.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Facts {
    pub approved: bool,
    pub number: String,
    /// Approval number, or the code of a refusal.
    pub approval: String,
    pub messages: (String, String),
    pub company: String,
    pub card: String,
    pub months: String,
    pub amount: i64,
    pub bank: String,
    pub account: String,
    pub due: String,
    /// Number of the receipt at the tax office.
    pub receipt: String,
    /// What a registration gives back beside the card.
    pub filler: String,
}

impl Facts {
    /// A refusal.
    pub fn refused(code: &str, message: &str) -> Self {
        Self {
            number: format!("Lbd{}", ids::digits(9)),
            approval: code.to_owned(),
            messages: (message.to_owned(), String::new()),
            ..Self::default()
        }
    }

    /// A deed on a transaction.
    pub fn of(payment: &Payment, amount: i64) -> Self {
        let mut facts = Self {
            approved: true,
            number: payment.trno.to_string(),
            approval: payment.approval.clone(),
            messages: (String::new(), format!("OK: {}", payment.approval)),
            amount,
            ..Self::default()
        };
        match &payment.means {
            Means::Card(card) => {
                card.row.0.clone_into(&mut facts.company);
                card.row.1.clone_into(&mut facts.messages.0);
                facts.card = card.window_mask();
                facts.months.clone_from(&card.months);
            }
            Means::Account(account) => {
                account.bank.0.clone_into(&mut facts.bank);
                facts.account.clone_from(&account.number);
                facts.due = account.due.map(compact).unwrap_or_default();
                facts.messages = (account.bank.1.to_owned(), "정상처리".to_owned());
            }
            Means::Transfer(..) | Means::Other => {}
        }
        facts
    }

    fn status(&self) -> &'static str {
        if self.approved { "O" } else { "X" }
    }

    /// Both messages; a long one runs over into the second at byte 16.
    fn told(&self) -> Vec<u8> {
        if self.messages.1.is_empty() {
            return record(&[(32, &self.messages.0)]);
        }
        record(&[(16, &self.messages.0), (16, &self.messages.1)])
    }
}

/// 280 bytes and the length of what is not encrypted.
pub(super) fn card_body(kind: &str, facts: &Facts, now: i64) -> Vec<u8> {
    let mut body = record(&[
        (4, kind),
        (12, &facts.number),
        (1, facts.status()),
        (14, &compact(now)),
        (6, &facts.company),
        (6, &facts.company),
        (12, &facts.approval),
    ]);
    body.extend(facts.told());
    body.extend(record(&[
        (16, &facts.card),
        (4, ""),
        (2, &facts.months),
        (9, &format!("{:09}", facts.amount)),
        (15, ""),
        (1, ""),
        (1, if facts.approved { "1" } else { "0" }),
        (48, &"0".repeat(48)),
        (12, ""),
        (82, &facts.filler),
        (3, ""),
        (5, "00000"),
    ]));
    body
}

/// 168 bytes.
pub(super) fn vbank_body(kind: &str, facts: &Facts, now: i64) -> Vec<u8> {
    let (day, time) = (
        facts.due.get(..8).unwrap_or_default(),
        facts.due.get(8..).unwrap_or_default(),
    );
    let mut body = record(&[
        (4, kind),
        (12, &facts.number),
        (1, facts.status()),
        (14, &compact(now)),
        (6, &facts.bank),
        (15, &facts.account),
        (30, if facts.approved { "나루상점" } else { "" }),
        (8, day),
        (6, time),
        (4, if facts.approved { "0000" } else { &facts.approval }),
    ]);
    body.extend(facts.told());
    body.extend(record(&[(36, "")]));
    body
}

/// 266 bytes.
pub(super) fn receipt_body(kind: &str, facts: &Facts, now: i64) -> Vec<u8> {
    let mut body = record(&[
        (4, kind),
        (12, &facts.number),
        (1, facts.status()),
        (12, &facts.receipt),
        (1, "0"),
        (14, &compact(now)),
    ]);
    body.extend(facts.told());
    let text = if facts.approved {
        "정상"
    } else {
        codes::message(&facts.approval)
    };
    body.extend(record(&[(20, text), (20, &facts.approval), (150, "")]));
    body
}
