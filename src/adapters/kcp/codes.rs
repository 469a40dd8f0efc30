//! KCP's result codes: what each means, and whether it settles the question (KCP docs: "결과코드").
//!
//! A code that is not listed is a refusal, as KCP's integrations take it: KCP answered, and holds nothing. The codes that
//! do leave a question are KCP's time-outs and faults, and those are all listed.

use super::wire::Told;
use crate::adapters::{Outcome, UnknownWhy};
use crate::payment::{Failure, FailureKind as Kind};

/// What a code was answered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// The window or its registration: no money yet.
    Window,
    /// An approval: of an authentication, of card data, of a billing key, of an account's issue.
    Approval,
    /// A cancellation or another change.
    Cancel,
    /// Anything else.
    Other,
}

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing happened, and this request will never make it happen.
    Refused,
    /// It may have happened.
    Ask,
}

use Class::{Ask, Refused};

/// Codes with a meaning of their own.
static CODES: &[(&[&str], Kind, Class)] = &[
    (&["3001"], Kind::UserCancelled, Refused),
    (&["CC04", "CC43", "CC45", "CCAF"], Kind::LostCard, Refused),
    (
        &[
            "CC01", "CC03", "CC44", "8126", "8183", "CC39", "CC46", "CC80", "CC81", "9047",
        ],
        Kind::DeclinedByIssuer,
        Refused,
    ),
    (
        &[
            "3000", "CC07", "CC08", "CC61", "CC62", "CC65", "CC69", "8122", "8123", "8124", "8186", "8187", "8188",
            "8189", "8885", "8886",
        ],
        Kind::LimitExceeded,
        Refused,
    ),
    (&["CC10", "CC88"], Kind::InsufficientFunds, Refused),
    (
        &[
            "CC14", "8107", "8108", "2204", "CC54", "CC55", "8109", "8484", "CC63", "8111", "CC64", "CC66", "CC67",
            "CC68", "8110", "8130", "9031",
        ],
        Kind::InvalidCard,
        Refused,
    ),
    (
        &[
            "CC13", "8105", "CC16", "CC34", "CC47", "8106", "8125", "8135", "8063", "9010", "8129", "S005", "M015",
            "M016", "8059", "8060", "9079", "5704", "8308", "8035", "8036", "8039", "8382", "8550", "8098", "8099",
        ],
        Kind::BadRequest,
        Refused,
    ),
    (
        &[
            "CC21", "CC33", "CC36", "CC37", "8102", "8121", "8127", "8001", "8002", "8003", "8005", "8998", "5593",
            "9200", "9201", "5209", "S032", "8012", "8642", "9502", "9562",
        ],
        Kind::MerchantSetup,
        Refused,
    ),
    (&["8181", "8182", "8347", "8786"], Kind::FraudSuspected, Refused),
    (&["8310", "8343"], Kind::Expired, Refused),
    (&["8338", "8586", "9167"], Kind::DuplicateOrder, Refused),
    (
        &["8061", "8132", "8585", "5530", "CCA1", "8661", "8A12", "8643"],
        Kind::NotFound,
        Refused,
    ),
    (
        &[
            "8134", "5002", "8329", "CCAC", "8345", "8379", "8040", "CCA9", "8734", "8386", "8384", "8385", "8392",
            "8327", "8328", "8178", "8E01", "8E02",
        ],
        Kind::NotCancellable,
        Refused,
    ),
    (
        &["8037", "8038", "8381", "CCA8", "8344", "8549"],
        Kind::Conflict,
        Refused,
    ),
    // Could not reach a bank or card company: nothing was sent onward.
    (
        &[
            "CC75", "CCC0", "8171", "8172", "8291", "8292", "8314", "8321", "8322", "8721", "8722",
        ],
        Kind::Maintenance,
        Refused,
    ),
    (&["8387", "8388"], Kind::InProgress, Ask),
    // Cancelled or refunded already, by us or by somebody in KCP's admin.
    (&["8023", "8133", "8337", "CCA6"], Kind::AlreadyCancelled, Ask),
    (&["8094", "8128", "CCSC", "8336", "8340"], Kind::AlreadyProcessed, Ask),
    // Time-outs and faults behind KCP; 9048 is a reversal by KCP that failed.
    (
        &[
            "CC72", "CC98", "CC99", "CCSE", "8041", "8042", "8043", "8044", "8045", "8046", "8047", "8048", "8173",
            "8174", "8175", "8295", "8296", "8323", "8324", "8325", "8326", "8723", "8724", "8725", "8726", "8727",
            "8995", "8996", "8997", "7512", "8050", "8999", "8898", "0900", "9048",
        ],
        Kind::OutcomeUnknown,
        Ask,
    ),
];

/// Codes that come in rows: first, last, meaning.
static ROWS: &[(u32, u32, Kind)] = &[
    (8006, 8006, Kind::BadRequest),
    (8009, 8011, Kind::BadRequest),
    (8015, 8022, Kind::BadRequest),
    (8051, 8058, Kind::BadRequest),
    (8078, 8080, Kind::BadRequest),
    (8101, 8120, Kind::BadRequest),
    (8501, 8509, Kind::BadRequest),
    (9002, 9076, Kind::BadRequest),
];

/// What an answer with this code means for this call.
pub(super) fn meaning(call: Call, code: &str) -> (Kind, Class) {
    let code = code.trim();
    if let Some((_, kind, class)) = CODES.iter().find(|(codes, _, _)| codes.contains(&code)) {
        // A window moves no money, whatever it says.
        let class = if call == Call::Window { Refused } else { *class };
        return (*kind, class);
    }
    let number = (code.len() == 4).then(|| code.parse::<u32>().ok()).flatten();
    if let Some((_, _, kind)) = number.and_then(|n| ROWS.iter().find(|row| (row.0..=row.1).contains(&n))) {
        return (*kind, Refused);
    }
    let kind = match code.get(..3) {
        // 3-D Secure, ISP and certificates.
        Some("CCS" | "CCP") => Kind::AuthenticationFailed,
        Some("CC2") if matches!(code, "CC25" | "CC26" | "CC27" | "CC28") => Kind::AuthenticationFailed,
        Some(prefix) if prefix.starts_with("CC") && call == Call::Approval => Kind::DeclinedByIssuer,
        Some(prefix) if prefix.starts_with("S0") || prefix.starts_with("M0") => Kind::BadRequest,
        _ if call == Call::Window => Kind::AuthenticationFailed,
        _ => Kind::Other,
    };
    (kind, Refused)
}

/// What a refusal ends as.
pub(super) fn refused<T>(call: Call, told: &Told) -> Outcome<T> {
    let (code, message) = (told.code(), told.message());
    match meaning(call, &code) {
        (kind, Refused) => Outcome::Declined(Failure::new(kind, code, message)),
        (_, Ask) => Outcome::Unknown(UnknownWhy {
            code,
            message,
            ask_first: true,
        }),
    }
}

/// Every listed code, for tests.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static str> {
    CODES.iter().flat_map(|(codes, _, _)| codes.iter().copied()).collect()
}
