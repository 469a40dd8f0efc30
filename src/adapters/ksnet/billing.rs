//! Tokens of cards over the socket (KSNET KSPayApprovalCancel): `1400` registers a card after its owner was checked, and
//! `1000` charges the token, which stands in the card's place. Card data goes in clear text, so a channel must turn the
//! socket on, over a private line or KSNET's relay only. No call deletes a token.

use super::codes::{self, Class, Place, doubt, unknown};
use super::instant::{CREDENTIAL, digits, expiry};
use super::request::{self, Header, Record, field};
use super::wire::{cut, millis, whole};
use super::{Ksnet, method, rules, sign, tables};
use crate::adapters::{
    BillingKeys, Call, ChannelRevision, Charge, IssueKey, IssuedKey, KeyByCard, Operation, Outcome, Refusal, Step,
    WireAnswer,
};
use crate::payment::{Approval, CardDetail, Failure, MethodDetail, MethodKind, Status};
use secrecy::ExposeSecret;
use serde_json::json;
use zeroize::Zeroizing;

/// Length of a card's answer, from its type on, with the length of what is not encrypted.
const ANSWER: usize = 285;
/// What a registration shows as its amount; nothing is charged.
const REGISTRATION: i64 = 1000;
/// Longest token: a card's field takes it with a `V` before it.
const TOKEN_MAX: usize = 39;

/// What a card body holds; everything else is blank or fixed.
pub(super) struct Card<'a> {
    pub(super) kind: &'a str,
    /// `1` normal, `2` free of interest for the buyer.
    pub(super) interest: &'a str,
    /// `number=yyMM`, or `V` and a token.
    pub(super) track: &'a str,
    pub(super) months: u32,
    pub(super) amount: i64,
    /// First two digits of the PIN.
    pub(super) pin: &'a str,
    /// Birth date or business number.
    pub(super) owner: &'a str,
    pub(super) batch: &'a str,
    pub(super) ip: &'a str,
    pub(super) filler: &'a str,
}

impl Card<'_> {
    /// The body: in won, the card's number masked in the answer, over SSL.
    pub(super) fn body(&self) -> Zeroizing<Vec<u8>> {
        let fields = [
            (self.kind, 4),
            (self.interest, 1),
            (self.track, 40),
            (&format!("{:02}", self.months), 2),
            (&format!("{:09}", self.amount), 9),
            (self.pin, 2),
            (self.owner, 10),
            ("0", 1),
            (self.batch, 1),
            ("2", 1),
            ("7", 1),
            ("", 40),
            (self.ip, 20),
            ("", 10),
            (self.filler, 135),
            ("", 3),
            ("00000", 5),
        ];
        Zeroizing::new(fields.iter().flat_map(|(text, length)| field(text, *length)).collect())
    }
}

impl KeyByCard for Ksnet {
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        sign::socket(channel, "channelKey")?;
        rules::order_id(&command.order_id)?;
        let input = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a token is never asked for twice";
            Refusal::new(CREDENTIAL, message)
        })?;
        let lengths: Vec<usize> = (12..=20).collect();
        let number = digits(
            "number",
            &input.number,
            &lengths,
            "must be the card number, digits only",
        )?;
        let (Some(pin), Some(owner)) = (&input.password_two_digits, &input.birth_or_business) else {
            let message = "needs passwordTwoDigits and birthOrBusinessRegistrationNumber: KSNET checks a card's owner \
                           before it gives a token";
            return Err(Refusal::new(CREDENTIAL, message));
        };
        let fix = "must be the first two digits of the card's password";
        let pin = digits("passwordTwoDigits", pin, &[2], fix)?;
        let fix = "must be the owner's birth date (YYMMDD) or the ten-digit business registration number";
        let owner = digits("birthOrBusinessRegistrationNumber", owner, &[6, 10], fix)?;
        let track = Zeroizing::new(format!("{number}={}", *expiry(input)?));
        let body = Card {
            kind: "1400",
            interest: "1",
            track: &track,
            months: 0,
            amount: REGISTRATION,
            pin,
            owner,
            batch: "1",
            ip: "",
            filler: "VCP",
        }
        .body();
        let name = cut(command.customer_name.as_deref().unwrap_or_default(), rules::GOODS_MAX);
        let header = Header {
            store: &channel.spec.mid,
            order: &command.order_id,
            user: &name,
            email: "",
            goods: &cut(command.name.as_deref().unwrap_or_default(), rules::GOODS_MAX),
            phone: "0",
            at: command.at,
        };
        let record = request::record(&header, &body);
        Ok(request::exchange(channel, Operation::IssueBillingKey, record))
    }

    fn issued(&self, command: &IssueKey, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
        let record = match request::answered(answer, &channel.spec.mid, &command.order_id, "1401", ANSWER) {
            Ok(record) => record,
            Err(why) => return unknown(why),
        };
        if let Err(outcome) = status(&record) {
            return Step::Done(outcome);
        }
        let filler = record.body(195, 82);
        // Three characters stand before the token.
        let token = filler.get(3..).unwrap_or_default().trim();
        if !(1..=TOKEN_MAX).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return unknown(doubt("NARU_NO_KEY", "KSNET's answer holds no token"));
        }
        let detail = MethodDetail::Card(CardDetail {
            approval_number: None,
            ..card(&record)
        });
        Step::Done(Outcome::Done(IssuedKey {
            key: token.into(),
            pg_tx_id: Some(record.body(4, 12)).filter(|id| rules::is_trno(id)),
            issued_at: at(&record),
            method: Some(detail),
            raw: Some(raw(&record)),
        }))
    }
}

impl BillingKeys for Ksnet {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        sign::socket(channel, "channelKey")?;
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        if command.use_card_point {
            let message = "is not possible with KSNET's tokens";
            return Err(Refusal::new("useCardPoint", message));
        }
        if command.amounts.tax_free > 0 {
            let message =
                "is not possible with KSNET's tokens: the place of a tax-free amount in its record is not public";
            return Err(Refusal::new("amount.taxFree", message));
        }
        let key = command
            .key
            .as_ref()
            .ok_or_else(|| Refusal::new("billingKey", "is not at hand: the PG's key is sealed in the ledger"))?;
        let track = Zeroizing::new(format!("V{}", key.expose_secret()));
        let months = i64::from(command.installment_months);
        let months = rules::months("installmentMonth", months, command.amounts.total)?;
        let body = Card {
            kind: "1000",
            interest: if command.free_installment && months > 0 {
                "2"
            } else {
                "1"
            },
            track: &track,
            months,
            amount: command.amounts.total,
            pin: "",
            owner: "",
            batch: "0",
            ip: "",
            filler: "",
        }
        .body();
        let optional = |text: &Option<String>| cut(text.as_deref().unwrap_or_default(), rules::GOODS_MAX);
        let header = Header {
            store: &channel.spec.mid,
            order: &command.order_id,
            user: &optional(&command.customer_name),
            email: &optional(&command.customer_email),
            goods: &cut(&command.order_name, rules::GOODS_MAX),
            phone: "0",
            at: command.at,
        };
        let record = request::record(&header, &body);
        Ok(request::exchange(channel, Operation::ChargeBillingKey, record))
    }

    fn charged(&self, command: &Charge, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        let record = match request::answered(answer, &channel.spec.mid, &command.order_id, "1001", ANSWER) {
            Ok(record) => record,
            Err(why) => return unknown(why),
        };
        if let Err(outcome) = status(&record) {
            return Step::Done(outcome);
        }
        let trno = record.body(4, 12);
        if whole(&record.body(109, 9)) != Some(command.amounts.total) {
            let message = format!("KSNET charged {trno}, but not the {} asked for", command.amounts.total);
            return unknown(doubt("NARU_WRONG_AMOUNT", message));
        }
        if !rules::is_trno(&trno) {
            return unknown(doubt("NARU_WRONG_TID", "KSNET's charge has no transaction number"));
        }
        Step::Done(Outcome::Done(Approval {
            status: Status::Paid,
            method: Some(MethodDetail::Card(card(&record))),
            approved_at: at(&record),
            receipt_url: Some(method::receipt(&trno)),
            raw: Some(raw(&record)),
            keep: Some(json!({"way": MethodKind::Card})),
            escrow: false,
            cash_receipt: None,
            pg_tx_id: trno,
        }))
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }
}

/// `O`, or what else the record says: the code of a refusal stands where an approval's number does.
fn status<T>(record: &Record<'_>) -> Result<(), Outcome<T>> {
    let message = format!("{} {}", record.body(55, 16), record.body(71, 16))
        .trim()
        .to_owned();
    let code = record.body(43, 12);
    match record.body(16, 1).as_str() {
        "O" => Ok(()),
        "X" if code.is_empty() => Err(Outcome::Unknown(doubt(
            "NARU_UNREADABLE",
            "KSNET's refusal names no code",
        ))),
        "X" => match codes::meaning(Place::Pay, &code, &message) {
            (kind, Class::Refused) => Err(Outcome::Declined(Failure::new(kind, code, message))),
            (_, Class::Ask) => Err(Outcome::Unknown(doubt(&code, message))),
        },
        _ => {
            let message = "KSNET's record says neither O nor X";
            Err(Outcome::Unknown(doubt("NARU_UNREADABLE", message)))
        }
    }
}

fn at(record: &Record<'_>) -> Option<i64> {
    millis(&record.body(17, 14))
}

fn card(record: &Record<'_>) -> CardDetail {
    let issuer = record.body(31, 6);
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let number = filled(record.body(87, 16)).map(method::hidden);
    CardDetail {
        issuer: tables::card(&issuer).map(str::to_owned),
        acquirer: tables::card(&record.body(37, 6)).map(str::to_owned),
        issuer_code: filled(issuer),
        bin: method::bin(number.as_deref()),
        number,
        name: filled(record.body(55, 16)),
        approval_number: filled(record.body(43, 12)),
        installment_months: method::months(&record.body(107, 2)),
        ..CardDetail::default()
    }
}

/// What may be kept of an answer: never the token.
fn raw(record: &Record<'_>) -> String {
    json!({"type": record.body(0, 4), "trno": record.body(4, 12), "status": record.body(16, 1),
        "date": record.body(17, 8), "time": record.body(25, 6), "isscd": record.body(31, 6),
        "aqucd": record.body(37, 6), "authno": record.body(43, 12), "msg1": record.body(55, 16),
        "msg2": record.body(71, 16), "halbu": record.body(107, 2), "amt": record.body(109, 9)})
    .to_string()
}
