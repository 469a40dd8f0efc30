//! The socket protocol ("KSPayApprovalCancel 전문"): four digits of length, a header of 296 bytes, one body, in EUC-KR.
//!
//! Served: card payments `1000` and `1300`, tokens of cards `1400` (charged by `1000`), cancels `1010`, `6010` and `H010`, virtual accounts `6000`, cash receipts
//! `H000`, `H200` and `H600`. Whatever has another length or type ends the connection without an answer, as does
//! `EncType` other than `0`.

mod bodies;

use super::cancel::{self, Ask, Words};
use super::form::{amount, padded};
use super::merchants::Merchant;
use super::payment::{Account, Card, Means, Method, Order, Payment, Status};
use super::receipts::Receipt;
use super::rest::Refusal;
use super::{Ksnet, codes, instant, order_key, window};
use crate::simulators::clock::compact;
use crate::simulators::faults::Operation;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::Decline;
pub(super) use bodies::Facts;
use bodies::{card_body, receipt_body, vbank_body};
use encoding_rs::EUC_KR;
use std::sync::{Arc, Mutex};

/// Where the body starts.
const BODY: usize = 300;
const CANCEL: usize = 150;
const VBANK: usize = 114;
const RECEIPT: usize = 240;
const CARD: usize = 280;

/// A second cancel has a code of its own here.
const WORDS: Words = Words {
    done: "P10Q",
    ..cancel::CARD
};

/// A frame's text at an offset, blanks at the end taken off.
fn at(frame: &[u8], from: usize, size: usize) -> String {
    let bytes = frame.get(from..from + size).unwrap_or_default();
    EUC_KR.decode_without_bom_handling(bytes).0.trim_end().to_owned()
}

/// Types and the lengths of their bodies.
fn shape(kind: &str) -> Option<(Operation, usize)> {
    Some(match kind {
        "1010" | "6010" => (Operation::Cancel, CANCEL),
        "H010" => (Operation::CashReceipt, CANCEL),
        "6000" => (Operation::Vbank, VBANK),
        "H000" | "H200" | "H600" => (Operation::CashReceipt, RECEIPT),
        "1000" | "1300" => (Operation::Instant, CARD + 5),
        "1400" => (Operation::BillingIssue, CARD + 5),
        _ => return None,
    })
}

/// One frame whose lengths are right.
struct Call<'a> {
    frame: &'a [u8],
    kind: String,
    merchant: Arc<Merchant>,
    now: i64,
}

impl Call<'_> {
    /// A text of the body, by its offset there.
    fn text(&self, from: usize, size: usize) -> String {
        at(self.frame, BODY + from, size)
    }

    fn order(&self, total: i64) -> Order {
        Order {
            number: at(self.frame, 36, 50),
            amount: total,
            tax_free: 0,
            goods: at(self.frame, 200, 50),
            buyer: at(self.frame, 86, 50),
            escrow: false,
        }
    }
}

/// A refusal's code and text.
type Refused = (String, String);

fn refused(code: &str) -> Refused {
    (code.to_owned(), codes::message(code).to_owned())
}

impl Ksnet {
    /// What a frame is for.
    pub(super) fn frame_operation(frame: &[u8]) -> Option<Operation> {
        let (operation, _) = shape(&at(frame, BODY, 4))?;
        let by_token = operation == Operation::Instant && at(frame, BODY + 5, 1) == "V";
        Some(if by_token { Operation::BillingPay } else { operation })
    }

    /// The frame that answers; `None` ends the connection.
    pub(super) fn frame(&self, frame: &[u8], decline: Option<&Decline>) -> Option<Vec<u8>> {
        let kind = at(frame, BODY, 4);
        let (_, size) = shape(&kind)?;
        // The length counts what follows it.
        let whole = frame.len() == BODY + size && at(frame, 0, 4).parse() == Ok(frame.len() - 4);
        if !whole || at(frame, 4, 1) != "0" || at(frame, 264, 1) != "1" {
            return None;
        }
        let call = Call {
            frame,
            kind,
            merchant: self.merchants.get(&at(frame, 26, 10))?,
            now: self.world.clock.now(),
        };
        let forced = decline.map(|forced| {
            let message = forced.message.clone();
            (
                forced.code.clone(),
                message.unwrap_or_else(|| codes::message(&forced.code).to_owned()),
            )
        });
        let done = forced.map_or_else(|| self.frame_call(&call), Err);
        let facts = done.unwrap_or_else(|(code, message)| Facts::refused(&code, &message));
        let answered = format!("{}1", call.kind.get(..3).unwrap_or_default());
        let body = match call.kind.as_bytes().first() {
            Some(b'6') => vbank_body(&answered, &facts, call.now),
            Some(b'H') => receipt_body(&answered, &facts, call.now),
            _ => card_body(&answered, &facts, call.now),
        };
        let mut answer = format!("{:04}", BODY - 4 + body.len()).into_bytes();
        answer.extend_from_slice(frame.get(4..BODY)?);
        answer.extend_from_slice(&body);
        Some(answer)
    }

    fn frame_call(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        match call.kind.as_str() {
            "1010" | "6010" => self.frame_cancel(call),
            "6000" => self.frame_account(call),
            "H010" => self.frame_receipt_cancel(call),
            "H000" | "H200" | "H600" => self.frame_receipt(call),
            "1400" => self.frame_token(call),
            _ => self.frame_card(call),
        }
    }

    /// The transaction that a cancel names: by number, or by order number and day.
    fn frame_original(&self, call: &Call<'_>, by_order: bool) -> Result<Arc<Mutex<Payment>>, Refused> {
        let (number, date) = (call.text(5, 12), call.text(17, 8));
        let found = if by_order {
            let key = order_key(&call.merchant.mid, &call.text(25, 50));
            let number = self.orders.get(&key).map(|found| Arc::clone(&found));
            number.and_then(|number| self.payments.get(&number))
        } else {
            self.payments.get(&number)
        };
        let record = found.ok_or_else(|| refused("7004"))?;
        let payment = lock(&record);
        if payment.mid != call.merchant.mid || (by_order && !compact(payment.at).starts_with(&date)) {
            return Err(refused("7004"));
        }
        drop(payment);
        Ok(record)
    }

    /// `1010`, `6010`: by number, by order number, or a part by number.
    fn frame_cancel(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        let data = call.text(75, 42);
        let part = match call.text(4, 1).as_str() {
            "0" | "1" => None,
            "3" => {
                let given = data
                    .get(..9)
                    .and_then(amount)
                    .zip(data.get(9..11).and_then(|seq| seq.parse().ok()));
                let valid = given.filter(|(total, seq)| *total > 0 && (1..=9).contains(seq));
                Some(valid.ok_or_else(|| refused("7005"))?)
            }
            _ => return Err(refused("7004")),
        };
        let record = self.frame_original(call, call.text(4, 1) == "1")?;
        let mut payment = lock(&record);
        let ask = Ask {
            part,
            tax_free: 0,
            now: call.now,
        };
        let total = match (call.kind.as_str(), payment.method) {
            ("6010", Method::Vbank) => match payment.status {
                Status::Waiting if part.is_none() => {
                    payment.status = Status::Closed;
                    payment.order.amount
                }
                Status::Closed | Status::Cancelled => return Err(refused("P10Q")),
                // A refund needs an account, and the body has no place for one.
                _ => return Err(refused("7010")),
            },
            ("1010", method) if method.card_like() => {
                cancel::take(&mut payment, &call.merchant, ask, WORDS).map_err(refused)?
            }
            _ => return Err(refused("7004")),
        };
        Ok(Facts::of(&payment, total))
    }

    /// `6000`
    fn frame_account(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        let code = call.text(4, 6);
        let code = code.get(code.len().saturating_sub(2)..).unwrap_or_default();
        let bank = codes::bank(code).filter(|row| row.3 && call.merchant.vbank);
        let bank = bank.ok_or_else(|| refused("B001"))?;
        let total = amount(&call.text(10, 9)).filter(|total| *total > 0);
        let total = total.ok_or_else(|| refused("9007"))?;
        let due = window::moment(&call.text(19, 8), &call.text(27, 6)).filter(|due| *due > call.now);
        let due = due.ok_or_else(|| refused("B013"))?;
        let fixed = call.text(35, 15);
        let account = Account {
            bank,
            number: if fixed.is_empty() {
                format!("7{}", ids::digits(13))
            } else {
                fixed
            },
            due: Some(due),
        };
        let mut order = call.order(total);
        order.escrow = matches!(call.text(33, 1).as_str(), "1" | "2");
        let means = Means::Account(account);
        let record = self.admit(Payment::new(&call.merchant.mid, order, Method::Vbank, means, call.now));
        let facts = Facts::of(&lock(&record), total);
        Ok(facts)
    }

    /// `1000`, `1300`
    fn frame_card(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        let total = amount(&call.text(47, 9)).filter(|total| *total > 0);
        let total = total.ok_or_else(|| refused("9007"))?;
        let mut card = match call.text(5, 40).strip_prefix('V') {
            Some(token) if call.kind == "1000" => {
                self.card_of(token, &call.merchant.mid).ok_or_else(|| refused("9011"))?
            }
            _ => typed_card(call, call.kind == "1300")?,
        };
        card.months = call.text(45, 2);
        let means = Means::Card(card);
        let mut payment = Payment::new(&call.merchant.mid, call.order(total), Method::Card, means, call.now);
        payment.approval = ids::digits(8);
        let record = self.admit(payment);
        let facts = Facts::of(&lock(&record), total);
        Ok(facts)
    }

    /// `1400`: the card's owner is checked and nothing is charged. The token stands behind three characters.
    fn frame_token(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        if call.text(69, 1) != "1" || !call.text(142, 135).starts_with("VCP") {
            return Err(refused("9012"));
        }
        let card = typed_card(call, true)?;
        let (token, mut facts) = self.register(&call.merchant.mid, &at(call.frame, 36, 50), card, call.now);
        facts.amount = amount(&call.text(47, 9)).unwrap_or_default();
        facts.filler = format!("VCP{token}");
        Ok(facts)
    }

    /// `H000`, `H200`, `H600`: for a deal, which has one receipt at most, or for an order number alone.
    fn frame_receipt(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        let sums: Vec<i64> = [57, 66, 75, 84]
            .iter()
            .filter_map(|from| amount(&call.text(*from, 9)))
            .collect();
        let [supply, tax, service, total] = sums[..] else {
            return Err(refused("9007"));
        };
        if total == 0 || supply + tax + service != total {
            return Err(refused("9007"));
        }
        let tied = match call.text(16, 1).as_str() {
            "0" => {
                let number = call.text(4, 12);
                let record = self.payments.get(&number).ok_or_else(|| refused("7004"))?;
                if lock(&record).mid != call.merchant.mid {
                    return Err(refused("7004"));
                }
                number
            }
            "1" | "2" => String::new(),
            _ => return Err(refused("7004")),
        };
        let whom = call.text(18, 37);
        if whom.is_empty() || !whom.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused("9010"));
        }
        let receipt = Receipt::new(&call.merchant.mid, &at(call.frame, 36, 50), &tied, total, call.now);
        let receipt = self.admit_receipt(receipt, call.text(16, 1) != "2");
        receipt.map(|receipt| receipt.facts()).ok_or_else(|| refused("7011"))
    }

    /// `H010`
    fn frame_receipt_cancel(&self, call: &Call<'_>) -> Result<Facts, Refused> {
        if !matches!(call.text(117, 1).as_str(), "1" | "2" | "3") {
            return Err(refused("9010"));
        }
        let record = self.receipts.get(&call.text(5, 12)).ok_or_else(|| refused("7004"))?;
        let mut receipt = lock(&record);
        if receipt.mid != call.merchant.mid {
            return Err(refused("7004"));
        }
        if receipt.cancelled_at.is_some() {
            return Err(refused("P10Q"));
        }
        receipt.cancelled_at = Some(call.now);
        Ok(receipt.facts())
    }
}

/// The card that a record types, with its owner's proofs if they are to be checked.
fn typed_card(call: &Call<'_>, checked: bool) -> Result<Card, Refused> {
    let track = call.text(5, 40);
    let (number, expiry) = track.split_once('=').ok_or_else(|| refused("9008"))?;
    if !call.merchant.key_in {
        return Err(refused("9009"));
    }
    let (pin, owner) = (call.text(56, 2), call.text(58, 10));
    let proofs = checked.then_some((pin.as_str(), owner.as_str()));
    instant::read_card(number, expiry, proofs, call.now).map_err(|why| match why {
        Refusal::Declined(code, message) => (code, message),
        Refusal::Envelope(..) => refused("9008"),
    })
}

/// Appends fields of type X.
fn record(fields: &[(usize, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(size, text)| padded(text, *size)).collect()
}
