//! NICE's result codes: what each means, and whether it settles the question. Both interfaces use one code book
//! (NICE docs: "코드집"), but some codes have another meaning per call, so the call is always asked with the code.

use crate::payment::FailureKind as Kind;

/// The call a code answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters) enum Call {
    /// Approval of what the window authenticated, key-in payment, charge of a billing key.
    Approval,
    /// Cancellation or refund.
    Cancel,
    /// Net-cancel.
    NetCancel,
    /// Inquiry.
    Inquiry,
    /// Authentication in the window.
    Window,
    /// Issue or deletion of a billing key.
    BillingKey,
    /// Escrow.
    Escrow,
    /// Access token and everything else that moves no money.
    Other,
}

/// What a code proves about the request it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters) enum Class {
    /// Nothing happened, and this request will never make it happen.
    Refused,
    /// It may have happened, or says that it happened before: only an inquiry tells.
    Ask,
}

use Class::{Ask, Refused};

/// Codes of one meaning.
type Group = (&'static [&'static str], Kind, Class);

/// Codes whose meaning depends on the call; looked at before [`CODES`].
static BY_CALL: &[(Call, &str, Kind, Class)] = &[
    (Call::BillingKey, "F101", Kind::BadRequest, Refused),
    (Call::BillingKey, "F201", Kind::AlreadyProcessed, Ask),
    (Call::Window, "9999", Kind::UserCancelled, Refused),
    (Call::Escrow, "C002", Kind::MerchantSetup, Refused),
    (Call::Escrow, "E007", Kind::BadRequest, Refused),
    (Call::Cancel, "2011", Kind::Conflict, Refused),
    (Call::Cancel, "2012", Kind::NotFound, Refused),
    (Call::NetCancel, "2012", Kind::NotFound, Ask),
    // An approval that is still running may appear after a net-cancel did not find it.
    (Call::NetCancel, "A118", Kind::NotFound, Ask),
    (Call::NetCancel, "U107", Kind::NotFound, Ask),
    (Call::NetCancel, "U111", Kind::NotFound, Ask),
    (Call::NetCancel, "U122", Kind::NotFound, Ask),
    (Call::NetCancel, "U126", Kind::NotFound, Ask),
    (Call::NetCancel, "A251", Kind::NotFound, Ask),
    // The path was wrong: whatever was asked about, this answer says nothing about it.
    (Call::NetCancel, "U320", Kind::BadRequest, Ask),
    (Call::Inquiry, "U320", Kind::BadRequest, Ask),
];

/// Codes that mean "no such transaction" at an inquiry.
static ABSENT: &[&str] = &["A118", "A251", "U107", "U111", "U126"];

/// All codes by meaning.
static CODES: &[Group] = &[
    // Cards.
    (&["3095", "A110", "A001"], Kind::DeclinedByIssuer, Refused),
    // U504: NICE says that it took the payment back by itself; an inquiry confirms it.
    (&["4001", "4007", "U504"], Kind::DeclinedByIssuer, Ask),
    (&["3011", "A121", "F112", "P021", "F118"], Kind::InvalidCard, Refused),
    (&["3021", "V511", "V512"], Kind::InvalidCard, Refused),
    (
        &["3022", "3023", "3024", "P022", "P028", "P037", "V004"],
        Kind::BadRequest,
        Refused,
    ),
    (&["3031", "3032", "3033", "3034"], Kind::BadRequest, Refused),
    (&["3041", "A113", "4141", "P017"], Kind::BadRequest, Refused),
    (&["4101", "N001"], Kind::LimitExceeded, Refused),
    // The merchant's set-up.
    (
        &[
            "3012", "3013", "3014", "3051", "A109", "A114", "A300", "A301", "A302", "A303", "A305", "P005", "P014",
            "P016", "U313", "U316", "V001", "2151", "2152", "A128", "F115", "F116", "F117", "A564", "A565", "A566",
            "M001", "M002", "4108", "4126", "4127", "1512", "1525", "A224", "U315", "U108", "U109", "2024", "2025",
            "V803",
        ],
        Kind::MerchantSetup,
        Refused,
    ),
    (
        &["U101", "U102", "U103", "U104", "U304", "U305", "U116", "U117", "U118"],
        Kind::MerchantSetup,
        Refused,
    ),
    (&["A101", "A211", "U306", "U312", "A112"], Kind::MerchantSetup, Refused),
    (
        &["U333", "U334", "U335", "U336", "U337", "U338", "U700"],
        Kind::MerchantSetup,
        Refused,
    ),
    // Authentication.
    (
        &["3057", "A241", "C001", "C002", "U311", "3061"],
        Kind::AuthenticationFailed,
        Refused,
    ),
    (&["A245"], Kind::Expired, Refused),
    (&["A210", "P018", "P019", "U121", "A243"], Kind::NotFound, Refused),
    (&["I002", "P091"], Kind::UserCancelled, Refused),
    (&["I003"], Kind::AlreadyProcessed, Ask),
    (
        &["I001", "I004", "I006", "V003", "A246"],
        Kind::AuthenticationFailed,
        Refused,
    ),
    // What was sent.
    (&["W001", "W002", "W004"], Kind::BadRequest, Refused),
    (
        &["A123", "P034", "U113", "U127", "A116", "U502", "4122"],
        Kind::Conflict,
        Refused,
    ),
    (
        &["1615", "1617", "P013", "P036", "U319", "U321"],
        Kind::BadRequest,
        Refused,
    ),
    (&["P015", "U112", "A127", "2156"], Kind::DuplicateOrder, Ask),
    (&["A225", "U114", "2201"], Kind::AlreadyProcessed, Ask),
    (
        &["A204", "A205", "U314", "F102", "F103", "F104", "F105", "F113", "F114"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &[
            "U100", "A102", "A106", "A117", "A147", "A148", "A149", "A212", "U105", "U124", "U125", "U129", "U130",
            "U131", "U132", "9000", "9001", "P007", "P008", "P009", "P010", "P011", "P012", "P024", "P038", "1652",
        ],
        Kind::BadRequest,
        Refused,
    ),
    (
        &[
            "U110", "U119", "V005", "A242", "P023", "P029", "P030", "P032", "P033", "U332", "P020",
        ],
        Kind::BadRequest,
        Refused,
    ),
    (
        &[
            "A145", "A146", "A247", "A248", "A219", "A220", "3052", "3053", "3054", "3055", "3056",
        ],
        Kind::BadRequest,
        Refused,
    ),
    (
        &[
            "P002", "P003", "P004", "P006", "P039", "P040", "P041", "P042", "P043", "S004", "S005", "U307", "U308",
            "U317", "U322", "U323", "U324", "U325", "I007", "U320",
        ],
        Kind::BadRequest,
        Refused,
    ),
    // What is asked about.
    (
        &[
            "A118", "A214", "A215", "A216", "A217", "A218", "A251", "U107", "U111", "U126", "U122", "C006", "A115",
            "U120", "A122", "2019",
        ],
        Kind::NotFound,
        Refused,
    ),
    // Cancelling.
    (&["2013", "2015"], Kind::AlreadyCancelled, Ask),
    (
        &["2014", "2016", "2017", "2018", "U106", "2027", "2047", "2031"],
        Kind::NotCancellable,
        Refused,
    ),
    (&["2020"], Kind::Expired, Ask),
    (&["P035"], Kind::OutcomeUnknown, Ask),
    (
        &["2010", "U318", "2026", "2032", "U123", "2023"],
        Kind::Conflict,
        Refused,
    ),
    (
        &["2028", "2029", "2030", "2033", "2052", "1534", "U128"],
        Kind::NotCancellable,
        Refused,
    ),
    (&["2003"], Kind::OutcomeUnknown, Ask),
    // Accounts.
    (&["4002", "4008", "2159"], Kind::Maintenance, Refused),
    (&["4003", "4004", "4005", "4006"], Kind::InvalidAccount, Refused),
    (
        &["4102", "4103", "P031", "V701", "A107", "A108", "4125"],
        Kind::BadRequest,
        Refused,
    ),
    (
        &["4109", "4115", "4116", "4117", "4118", "4119"],
        Kind::Maintenance,
        Refused,
    ),
    (&["4123", "4124"], Kind::AlreadyProcessed, Ask),
    // Cash receipts.
    (
        &["7002", "7005", "7012", "7013", "7041", "7042"],
        Kind::BadRequest,
        Refused,
    ),
    (&["7003"], Kind::AlreadyProcessed, Ask),
    (&["7004", "7015"], Kind::OutcomeUnknown, Ask),
    // Billing keys.
    (
        &["A124", "A125", "A126", "A223", "A255", "U115", "U309"],
        Kind::BillingKeyGone,
        Refused,
    ),
    (&["F201"], Kind::InvalidCard, Refused),
    (
        &["A253", "F106", "F107", "F108", "F109", "F110"],
        Kind::OutcomeUnknown,
        Ask,
    ),
    // Escrow.
    (&["C003", "C004", "C005", "C007"], Kind::BadRequest, Refused),
    (&["D010", "E010"], Kind::AlreadyProcessed, Ask),
    // Outcome unknown: late, lost on the way to the card company, or lost inside NICE after the deed.
    (
        &[
            "A299", "U303", "A226", "A254", "A400", "A401", "A402", "A403", "U501", "T001", "T002", "T003", "T004",
            "T005", "X001", "X002", "X003", "X004", "U508", "2000", "A304", "A306", "U506", "U507", "P101", "P044",
            "A257", "P026", "P027", "U503", "A111", "S999", "S001", "S002", "9002", "9999",
        ],
        Kind::OutcomeUnknown,
        Ask,
    ),
    (
        &[
            "A144", "A201", "A202", "A203", "A213", "A227", "A244", "A252", "A307", "N002", "N003", "P025", "P102",
            "P103", "U302", "U310", "U509", "3062", "7010",
        ],
        Kind::OutcomeUnknown,
        Ask,
    ),
];

/// Reasons that NICE gives in words only, looked for in this order.
static WORDS: &[(&[&str], Kind)] = &[
    (&["잔액"], Kind::InsufficientFunds),
    (&["한도"], Kind::LimitExceeded),
    (&["유효기간"], Kind::InvalidCard),
    (&["비밀번호"], Kind::InvalidCard),
    (&["분실"], Kind::LostCard),
    (&["도난"], Kind::LostCard),
    (&["거래정지"], Kind::LostCard),
    (&["사용정지"], Kind::LostCard),
    (&["정지카드"], Kind::LostCard),
    (&["점검"], Kind::Maintenance),
    (&["취소", "사용자"], Kind::UserCancelled),
];

/// What an answer with this code and text means for this call.
///
/// A code that is not listed settles nothing where money may have moved; elsewhere it is a refusal.
pub(in crate::adapters) fn meaning(call: Call, code: &str, message: &str) -> (Kind, Class) {
    let code = code.trim();
    let (kind, class) = listed(call, code).unwrap_or(match call {
        Call::Approval | Call::Cancel | Call::NetCancel => (Kind::Other, Ask),
        Call::Inquiry | Call::Window | Call::BillingKey | Call::Escrow | Call::Other => (Kind::Other, Refused),
    });
    match kind {
        Kind::DeclinedByIssuer => (reason(message).unwrap_or(kind), class),
        _ => (kind, class),
    }
}

fn listed(call: Call, code: &str) -> Option<(Kind, Class)> {
    if let Some((_, _, kind, class)) = BY_CALL.iter().find(|row| row.0 == call && row.1 == code) {
        return Some((*kind, *class));
    }
    let group = CODES.iter().find(|(codes, _, _)| codes.contains(&code));
    match group {
        Some((_, kind, class)) => Some((*kind, *class)),
        // All other codes of this letter are about single parameters (NICE docs: "코드집", V).
        None if code.len() == 4 && code.starts_with('V') => Some((Kind::BadRequest, Refused)),
        None => None,
    }
}

/// The reason that a text names, if it names one.
pub(in crate::adapters) fn reason(message: &str) -> Option<Kind> {
    let named = |words: &&[&str]| words.iter().all(|word| message.contains(word));
    WORDS.iter().find(|(words, _)| named(words)).map(|(_, kind)| *kind)
}

/// Whether a code answered to an inquiry means that there is no such transaction.
pub(in crate::adapters) fn absent(code: &str) -> bool {
    ABSENT.contains(&code.trim())
}

/// Every listed code, for tests.
#[cfg(test)]
pub(in crate::adapters) fn all() -> Vec<&'static str> {
    CODES.iter().flat_map(|(codes, _, _)| codes.iter().copied()).collect()
}
