//! Key-in payments (`card/pay/noncert`, `card/pay/oldcert`) and the owner check (`card/cert`).

use super::Ksnet;
use super::codes;
use super::payment::{Card, Means, Method, Order, Payment};
use super::rest::{Call, Refusal, Reply, companies, members};
use crate::simulators::clock::{civil, compact};
use crate::simulators::ids;
use crate::simulators::ledger::lock;

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit())
}

/// The check digit of a card number.
fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, b)| {
            let digit = u32::from(b.wrapping_sub(b'0'));
            match at % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Which company a number belongs to, by its first digit: the simulator keeps no table of ranges.
fn company(number: &str) -> &'static codes::CardRow {
    let code = match number.as_bytes().first() {
        Some(b'4') => "05",
        Some(b'5') => "04",
        Some(b'9') => "02",
        _ => "08",
    };
    codes::card(code).unwrap_or(&codes::CARDS[0])
}

impl Ksnet {
    /// `card/cert`: nothing is charged.
    pub(super) fn cert(&self, call: &Call<'_>) -> Reply {
        call.need("orderNumb", 50)?;
        call.need("userName", 50)?;
        call.need("productName", 50)?;
        let card = card(call, true)?;
        let mut data = members(&[
            ("payload", &call.text("payload")),
            ("tid", &format!("1{}", ids::digits(11))),
            ("tradeDateTime", &compact(call.now)),
            ("respCode", "0000"),
            ("respMessage", "인증성공"),
            ("approvalNumb", ""),
            ("cardNumb", &card.rest_mask()),
            ("expiryDate", ""),
            ("installMonth", ""),
        ]);
        data.extend(companies(Some(card.row)));
        Ok(data)
    }

    /// `card/pay/noncert`, or with the owner's proofs `card/pay/oldcert`. A repeated order number is paid again.
    pub(super) fn key_in(&self, call: &Call<'_>, proofs: bool) -> Reply {
        let number = call.need("orderNumb", 50)?;
        let buyer = call.need("userName", 50)?;
        let goods = call.need("productName", 50)?;
        call.second("productType", "REAL", "DIGITAL")?;
        let currency = call.text("currencyType");
        if currency != "KRW" {
            // Dollars need a card from abroad and a contract of their own.
            return Err(Refusal::wrong("currencyType"));
        }
        let amount = call.amount("totalAmount")?;
        let tax_free = call.amount_or_zero("taxFreeAmount")?;
        let tax = call.amount_or_zero("tax")?;
        if amount == 0 || tax_free > amount || tax > amount - tax_free {
            return Err(Refusal::wrong("totalAmount"));
        }
        let months = call.text("installMonth");
        let spread = months != "00";
        if !digits(&months, 2) || (spread && amount < 50_000) {
            return Err(Refusal::wrong("installMonth"));
        }
        if !call.merchant.key_in {
            return Err(Refusal::coded("9009"));
        }
        let mut card = card(call, proofs)?;
        card.months.clone_from(&months);
        let order = Order {
            number,
            amount,
            tax_free,
            goods,
            buyer,
            escrow: false,
        };
        let mut payment = Payment::new(
            &call.merchant.mid,
            order,
            Method::Card,
            Means::Card(card.clone()),
            call.now,
        );
        payment.approval = ids::digits(8);
        let record = self.admit(payment);
        let payment = lock(&record);
        let mut data = members(&[
            ("payload", &call.text("payload")),
            ("tid", &payment.trno),
            ("tradeDateTime", &compact(call.now)),
            ("totalAmount", &amount.to_string()),
            ("respCode", "0000"),
            ("respMessage", "정상승인"),
            ("cardNumb", &card.rest_mask()),
            ("approvalNumb", &payment.approval),
            ("expiryDate", ""),
            ("installMonth", if spread { months.as_str() } else { "" }),
            ("cardType", "CREDIT"),
            ("partCancelYn", if call.merchant.partial { "Y" } else { "N" }),
        ]);
        data.extend(companies(Some(card.row)));
        Ok(data)
    }
}

/// The card of a call.
fn card(call: &Call<'_>, proofs: bool) -> Result<Card, Refusal> {
    let (pin, owner) = (call.text("password2"), call.text("userInfo"));
    let proofs = proofs.then_some((pin.as_str(), owner.as_str()));
    read_card(&call.text("cardNumb"), &call.text("expiryDate"), proofs, call.now)
}

/// A card by number, yyMM, and for some calls first digits of the PIN and birthday or business number. `00` is the
/// wrong PIN of every card, as no other is known.
pub(super) fn read_card(number: &str, expiry: &str, proofs: Option<(&str, &str)>, now: i64) -> Result<Card, Refusal> {
    if !(13..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::wrong("cardNumb"));
    }
    let year = expiry.get(..2).and_then(|text| text.parse::<i16>().ok());
    let month = expiry.get(2..).and_then(|text| text.parse::<i8>().ok());
    let (Some(year), Some(month @ 1..=12), true) = (year, month, digits(expiry, 4)) else {
        return Err(Refusal::wrong("expiryDate"));
    };
    if let Some((pin, owner)) = proofs {
        if !digits(pin, 2) {
            return Err(Refusal::wrong("password2"));
        }
        if !digits(owner, 6) && !digits(owner, 10) {
            return Err(Refusal::wrong("userInfo"));
        }
    }
    if !luhn(number) {
        return Err(Refusal::coded("9008"));
    }
    let today = civil(now);
    if (year + 2000, month) < (today.year(), today.month()) {
        return Err(Refusal::coded("9003"));
    }
    if proofs.is_some_and(|(pin, _)| pin == "00") {
        return Err(Refusal::coded("6003"));
    }
    Ok(Card {
        row: company(number),
        first: number.get(..8).unwrap_or_default().to_owned(),
        last: number.get(number.len() - 4..).unwrap_or_default().to_owned(),
        months: "00".to_owned(),
    })
}
