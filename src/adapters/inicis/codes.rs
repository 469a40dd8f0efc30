//! Result codes (INIAPI and INIpay code tables). Six characters: three of the module, three of the reason; the reasons of
//! card, ISP, virtual account and billing are the same. What is not listed proves nothing and is asked about.

use super::wire::Told;
use crate::adapters::{Outcome, UnknownWhy};
use crate::payment::{Failure, FailureKind as Kind};

/// What a code proves about the request it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing happened, and this request will never make it happen.
    Refused,
    /// It may have happened, or happened before: only an inquiry or a net-cancel tells.
    Ask,
}

use Class::{Ask, Refused};

/// Codes by meaning.
static CODES: &[(&[&str], Kind, Class)] = &[
    (
        &["V023", "500400", "500403", "500407", "500414"],
        Kind::MerchantSetup,
        Refused,
    ),
    (
        &["500613", "500634", "500677", "550433", "500621"],
        Kind::MerchantSetup,
        Refused,
    ),
    (&["500200", "500201", "500202"], Kind::MerchantSetup, Refused),
    (&["500906"], Kind::MerchantSetup, Refused),
    (
        &["MX1002", "MX1003", "MX1006", "MX3001", "ER0102"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &["500251", "500252", "500256", "500257", "500258", "500260", "500261"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &["500607", "500608", "500690", "504937", "500612", "500656"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &["500609", "500611", "500701", "1113", "500749"],
        Kind::BadRequest,
        Refused,
    ),
    (&["500610", "500632", "500633", "500703"], Kind::BadRequest, Refused),
    (
        &["500640", "500641", "504817", "504818", "504819"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &["500643", "504686", "504908", "504913", "160251"],
        Kind::InvalidAccount,
        Refused,
    ),
    (
        &["500644", "500645", "500646", "500647", "500648", "500649"],
        Kind::LimitExceeded,
        Refused,
    ),
    (&["500650", "500651", "500786", "500705"], Kind::LimitExceeded, Refused),
    (
        &["120002", "120016", "120037", "120049", "160220", "160244"],
        Kind::LimitExceeded,
        Refused,
    ),
    (
        &["500050", "500051", "500052", "500053", "500054", "500055"],
        Kind::OutcomeUnknown,
        Ask,
    ),
    (
        &["500105", "500106", "500107", "500108", "500109", "500110"],
        Kind::OutcomeUnknown,
        Ask,
    ),
    (
        &["500127", "500253", "500254", "500255", "500259", "500262"],
        Kind::OutcomeUnknown,
        Ask,
    ),
    (
        &["120010", "120055", "120035", "120040", "1200A8", "1200BN", "550929"],
        Kind::OutcomeUnknown,
        Ask,
    ),
    (&["500263", "160016", "500700", "500828"], Kind::NotFound, Refused),
    (&["500623", "500827", "120024"], Kind::NotFound, Ask),
    (&["500694"], Kind::Expired, Ask),
    (&["550997"], Kind::BillingKeyGone, Refused),
    (
        &["500412", "500418", "500622", "500627", "500628", "500624", "500625"],
        Kind::NotCancellable,
        Refused,
    ),
    (
        &["500667", "500714", "120061", "120064", "500685", "504747"],
        Kind::NotCancellable,
        Refused,
    ),
    (
        &["500699", "500707", "500715", "500959", "11C9", "120022"],
        Kind::NotCancellable,
        Refused,
    ),
    (&["500619", "500630", "500631", "120036"], Kind::DuplicateOrder, Ask),
    (&["500626", "120025"], Kind::AlreadyCancelled, Ask),
    (&["500659"], Kind::AlreadyProcessed, Refused),
    (&["500704"], Kind::AlreadyProcessed, Ask),
    (&["500706", "500826"], Kind::Conflict, Ask),
    (
        &["500601", "120014", "120003", "120048", "1200FB", "550788"],
        Kind::InvalidCard,
        Refused,
    ),
    (&["500638", "1165", "120004", "120023"], Kind::InvalidCard, Refused),
    (&["120026"], Kind::LostCard, Refused),
    (
        &["120019", "120021", "120047", "120051", "160253"],
        Kind::AuthenticationFailed,
        Refused,
    ),
    (
        &["120054", "1200F1", "160242", "160243", "160261"],
        Kind::InsufficientFunds,
        Refused,
    ),
    (
        &["500416", "120001", "120027", "120032", "1200B2", "1200FW", "11C7"],
        Kind::DeclinedByIssuer,
        Refused,
    ),
    (&["120099"], Kind::DeclinedByIssuer, Refused),
    (
        &["504954", "1200B9", "1200E8", "1200F5", "1200F6", "160249"],
        Kind::Maintenance,
        Refused,
    ),
];

fn listed(code: &str) -> Option<(Kind, Class)> {
    CODES.iter().find(|row| row.0.contains(&code)).map(|row| (row.1, row.2))
}

/// What a detail code means.
pub(super) fn meaning(code: &str, message: &str) -> (Kind, Class) {
    if let Some(found) = listed(code) {
        return found;
    }
    // The same reason of another module, and issuers' codes without their zeros.
    let common = ["501", "504", "512", "550"]
        .iter()
        .find_map(|module| code.strip_prefix(module));
    let shared = match common {
        Some(reason) if code.len() == 6 => listed(&format!("500{reason}")),
        _ if code.len() == 4 && code.starts_with("12") => listed(&format!("1200{}", &code[2..])),
        _ => None,
    };
    if let Some(found) = shared {
        return found;
    }
    if message.contains("해시") || message.to_ascii_lowercase().contains("hashdata") {
        return (Kind::MerchantSetup, Refused);
    }
    if message.contains("결제를 취소") {
        return (Kind::UserCancelled, Refused);
    }
    // A card company's or a wallet's own word is a refusal; everything else is not known to be one.
    let wallet = code.len() == 6 && ["04", "05", "06"].iter().any(|module| code.starts_with(module));
    if wallet || (code.len() == 6 && code.starts_with("12")) {
        return (Kind::DeclinedByIssuer, Refused);
    }
    (Kind::Other, Ask)
}

/// What a refusal ends as.
pub(super) fn refused<T>(told: &Told) -> Outcome<T> {
    let (code, message) = (told.detail(), told.message());
    match meaning(&code, &message) {
        (kind, Class::Refused) => Outcome::Declined(Failure::new(kind, code, message)),
        (_, Class::Ask) => Outcome::Unknown(UnknownWhy {
            code,
            message,
            ask_first: true,
        }),
    }
}
