//! Cards: numbers typed in (key-in, billing), instalments, and the card that a buyer picks in a window.

use super::args::Args;
use super::codes;
use super::errors::{ApiError, error};
use super::payment::Card;
use crate::simulators::clock::civil;
use serde_json::{Map, Value};

/// BINs whose card Toss's test environment registers but does not charge.
const UNCHARGEABLE: &[&str] = &["433012", "552022"];
/// (BIN prefix, issuer); the first that fits. Self-made but for 941000, which the test environment shows as Hana.
const BINS: &[(&str, &str)] = &[
    ("941000", "21"),
    ("9", "71"),
    ("6", "31"),
    ("5", "11"),
    ("4", "41"),
    ("3", "61"),
    ("2", "51"),
    ("1", "91"),
    ("7", "91"),
    ("8", "24"),
];

/// A card read from a request.
#[derive(Debug, Clone)]
pub(super) struct TypedCard {
    pub card: Card,
    /// Whether its kind is known and it can be charged.
    pub chargeable: bool,
}

/// First eight digits, four hidden, three more, the last one hidden: `94100012****789*`.
fn mask(number: &str) -> String {
    let last = number.len() - 1;
    number
        .char_indices()
        .map(|(i, c)| if (8..12).contains(&i) || i == last { '*' } else { c })
        .collect()
}

/// Reads `cardNumber`, expiry, identity and password.
pub(super) fn typed(args: &Args, test: bool, now: i64) -> Result<TypedCard, ApiError> {
    let number = args.need_text("cardNumber", 20)?;
    if !(14..=16).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) || number.starts_with('0') {
        return Err(error("INVALID_CARD_NUMBER"));
    }
    expiry(args, now)?;
    let identity = args.need_text("customerIdentityNumber", 20)?;
    if !identity_fits(identity) {
        return Err(error("INVALID_BIRTH_DAY_FORMAT"));
    }
    if let Some(password) = args.text("cardPassword", 20)?
        && (password.len() != 2 || !password.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(error("INVALID_CARD_PASSWORD"));
    }
    let chargeable = !UNCHARGEABLE.iter().any(|bin| number.starts_with(bin));
    let issuer = BINS
        .iter()
        .find(|(bin, _)| number.starts_with(bin))
        .map_or("41", |(_, issuer)| *issuer);
    let owner = if identity.len() == 10 { "법인" } else { "개인" };
    let card = Card {
        issuer,
        acquirer: Some(issuer),
        number: mask(number),
        months: 0,
        approve_no: approve_no(test),
        use_point: args.flag("useCardPoint")?,
        card_type: if chargeable { "신용" } else { "미확인" },
        owner: if chargeable { owner } else { "미확인" },
        interest_free: false,
    };
    Ok(TypedCard { card, chargeable })
}

fn expiry(args: &Args, now: i64) -> Result<(), ApiError> {
    let two = |name: &str| -> Result<i16, ApiError> {
        let text = args.need_text(name, 4)?;
        if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error("INVALID_CARD_EXPIRATION"));
        }
        text.parse().map_err(|_| error("INVALID_CARD_EXPIRATION"))
    };
    let (year, month) = (two("cardExpirationYear")?, two("cardExpirationMonth")?);
    let today = civil(now);
    let current = (today.year() - 2000, i16::from(today.month()));
    if !(1..=12).contains(&month) || (year, month) < current {
        return Err(error("INVALID_CARD_EXPIRATION"));
    }
    Ok(())
}

/// A birth date `YYMMDD`, or a business number of ten digits.
fn identity_fits(identity: &str) -> bool {
    if !identity.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    match identity.len() {
        10 => true,
        6 => {
            let part = |range| {
                identity
                    .get(range)
                    .and_then(|t: &str| t.parse::<u8>().ok())
                    .unwrap_or(0)
            };
            (1..=12).contains(&part(2..4)) && (1..=31).contains(&part(4..6))
        }
        _ => false,
    }
}

/// Approval number: all zeros with test keys.
pub(super) fn approve_no(test: bool) -> String {
    if test {
        "00000000".to_owned()
    } else {
        crate::simulators::ids::digits(8)
    }
}

/// Checks an instalment plan: 0 or 2 to 12 months, from 50,000 KRW.
pub(super) fn months(plan: Option<u32>, amount: i64) -> Result<u32, ApiError> {
    match plan.unwrap_or(0) {
        0 => Ok(0),
        1 => Err(error("INVALID_CARD_INSTALLMENT_PLAN")),
        13.. => Err(error("EXCEED_MAX_CARD_INSTALLMENT_PLAN")),
        _ if amount < 50_000 => Err(error("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT")),
        months => Ok(months),
    }
}

/// The card that a buyer uses in a window: what the request fixed, else what the buyer chose, else a Shinhan card.
pub(super) fn chosen(options: &Map<String, Value>, buyer: &Map<String, Value>, test: bool) -> Card {
    let text = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let picked = buyer
        .get("card")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let issuer = text(options, "cardCompany")
        .or_else(|| text(&picked, "issuer"))
        .and_then(|word| codes::card(&word))
        .unwrap_or("41");
    // Foreign cards name the brand as issuer and a Korean house as acquirer.
    let acquirer = if matches!(issuer, "6D" | "6I" | "4M" | "3C" | "7A" | "4J" | "4V") {
        "21"
    } else {
        issuer
    };
    let word = |name: &str, known: &[&'static str], usual: &'static str| {
        text(&picked, name)
            .and_then(|w| known.iter().find(|k| **k == w).copied())
            .unwrap_or(usual)
    };
    let plan = options
        .get("cardInstallmentPlan")
        .or_else(|| buyer.get("installment"))
        .and_then(Value::as_u64);
    Card {
        issuer,
        acquirer: Some(acquirer),
        number: text(&picked, "number").unwrap_or_else(|| "43301234****123*".to_owned()),
        months: plan.and_then(|m| u32::try_from(m).ok()).unwrap_or(0),
        approve_no: approve_no(test),
        use_point: options.get("useCardPoint").and_then(Value::as_bool).unwrap_or(false),
        card_type: word("type", &["신용", "체크", "기프트", "미확인"], "신용"),
        owner: word("owner", &["개인", "법인", "미확인"], "개인"),
        interest_free: options.contains_key("freeInstallmentPlans") && plan.is_some_and(|m| m > 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_290_645_000; // January 2026

    fn read(change: &[(&str, &str)]) -> Result<TypedCard, String> {
        let mut map = Map::new();
        for (name, value) in [
            ("cardNumber", "9410001234567890"),
            ("cardExpirationYear", "30"),
            ("cardExpirationMonth", "12"),
            ("customerIdentityNumber", "900101"),
            ("cardPassword", "12"),
        ]
        .iter()
        .chain(change)
        {
            map.insert((*name).to_owned(), Value::from(*value));
        }
        typed(&Args(map), true, NOW).map_err(|e| e.code.into_owned())
    }

    #[test]
    fn the_documented_test_cards() {
        let good = read(&[]).map(|c| {
            (
                c.card.issuer,
                c.card.card_type,
                c.card.owner,
                c.card.number,
                c.chargeable,
            )
        });
        assert_eq!(good, Ok(("21", "신용", "개인", "94100012****789*".to_owned(), true)));
        for number in ["4330121234567890", "5520221234567890"] {
            let card = read(&[("cardNumber", number)]).map(|c| (c.card.card_type, c.chargeable));
            assert_eq!(card, Ok(("미확인", false)));
        }
    }

    #[test]
    fn wrong_members_have_their_codes() {
        for (name, value, code) in [
            ("cardNumber", "941000", "INVALID_CARD_NUMBER"),
            ("cardNumber", "9410-0012-3456-78", "INVALID_CARD_NUMBER"),
            ("cardExpirationYear", "25", "INVALID_CARD_EXPIRATION"),
            ("cardExpirationMonth", "13", "INVALID_CARD_EXPIRATION"),
            ("customerIdentityNumber", "901301", "INVALID_BIRTH_DAY_FORMAT"),
            ("customerIdentityNumber", "90010", "INVALID_BIRTH_DAY_FORMAT"),
            ("cardPassword", "1234", "INVALID_CARD_PASSWORD"),
        ] {
            assert_eq!(read(&[(name, value)]).err().as_deref(), Some(code), "{name}={value}");
        }
        let corporate = read(&[("customerIdentityNumber", "1234567890")]).map(|c| c.card.owner);
        assert_eq!(corporate, Ok("법인"));
    }

    #[test]
    fn instalments() {
        assert_eq!(months(Some(3), 50_000).ok(), Some(3));
        assert_eq!(months(Some(0), 1_000).ok(), Some(0));
        let code = |plan, amount| months(Some(plan), amount).err().map(|e| e.code.into_owned());
        assert_eq!(code(1, 90_000).as_deref(), Some("INVALID_CARD_INSTALLMENT_PLAN"));
        assert_eq!(code(13, 90_000).as_deref(), Some("EXCEED_MAX_CARD_INSTALLMENT_PLAN"));
        assert_eq!(
            code(3, 49_999).as_deref(),
            Some("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT")
        );
    }
}
