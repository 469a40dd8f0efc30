//! KSNET's codes. Only a few are published; the others are classified by their message (see [`WORDS`]). The code stands
//! in `authno` of a declined fetch or socket message, in `data.respCode` of the REST API.

use super::wire::Told;
use crate::adapters::{Outcome, Step, UnknownWhy};
use crate::payment::{Failure, FailureKind as Kind};

/// Which call a code answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The window's approval: `authyn` is `X`, the text stays the same when the call is repeated.
    Fetch,
    /// Key-in payment or account issue over REST.
    Pay,
    /// Cancellation.
    Cancel,
}

/// What a code proves about the request it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing happened, and this request will never make it happen.
    Refused,
    /// It may have happened.
    Ask,
}

use Class::{Ask, Refused};

/// Codes with a published or observed meaning.
static CODES: &[(&str, Kind, Class)] = &[
    ("6003", Kind::InvalidCard, Refused),
    ("7003", Kind::NotCancellable, Refused),
    ("8326", Kind::LimitExceeded, Refused),
    ("994", Kind::NotFound, Refused),
    ("B013", Kind::BadRequest, Refused),
    // A repeated approval: the first one counts.
    ("P10H", Kind::AlreadyProcessed, Ask),
    ("P10Q", Kind::AlreadyCancelled, Ask),
    // KSNET's own modules put these in when they got no answer.
    ("9999", Kind::OutcomeUnknown, Ask),
    ("XXXX", Kind::OutcomeUnknown, Ask),
];

/// HEURISTIC, not published by KSNET: what a message of an unlisted code means, looked for in this order, blanks left
/// out. `Ask` here counts where repeating the call does not give the same answer again (REST).
static WORDS: &[(&[&str], Kind, Class)] = &[
    (&["기취소", "취소된", "이미취소"], Kind::AlreadyCancelled, Ask),
    (&["원거래없음", "거래내역없음"], Kind::NotFound, Refused),
    (&["중복"], Kind::DuplicateOrder, Ask),
    (&["기간경과"], Kind::NotCancellable, Refused),
    (&["한도"], Kind::LimitExceeded, Refused),
    (&["잔액", "잔고"], Kind::InsufficientFunds, Refused),
    (&["유효기간"], Kind::InvalidCard, Refused),
    (&["비밀번호"], Kind::InvalidCard, Refused),
    (&["분실", "도난", "정지", "거래중지"], Kind::LostCard, Refused),
    (&["카드번호"], Kind::InvalidCard, Refused),
    (&["인증"], Kind::AuthenticationFailed, Refused),
    (&["점검"], Kind::Maintenance, Refused),
    (&["장애", "잠시후", "통신", "시간초과"], Kind::Maintenance, Ask),
];

/// What a code and its message mean.
pub(super) fn meaning(place: Place, code: &str, message: &str) -> (Kind, Class) {
    if let Some((_, kind, class)) = CODES.iter().find(|row| row.0 == code.trim()) {
        return (*kind, *class);
    }
    let message: String = message.chars().filter(|c| !c.is_whitespace()).collect();
    let named = |words: &&[&str]| words.iter().any(|word| message.contains(word));
    match WORDS.iter().find(|row| named(&row.0)) {
        // A declined fetch says so in `authyn`; only "done before" leaves a question.
        Some((_, Kind::Maintenance, _)) if place == Place::Fetch => (Kind::Maintenance, Refused),
        Some((_, kind, class)) => (*kind, *class),
        None if place == Place::Cancel => (Kind::NotCancellable, Refused),
        None => (Kind::DeclinedByIssuer, Refused),
    }
}

/// Whether a listed code says that it was cancelled before.
pub(super) fn cancelled_before(code: &str) -> bool {
    code == "P10Q"
}

/// What a refusal of the REST API ends as. `replay`: the same bytes were sent before, so a refusal at the door says
/// nothing about them.
pub(super) fn refused<T>(place: Place, told: &Told, replay: bool) -> Outcome<T> {
    let door = match told.code.as_str() {
        "A0400" | "A0403" => Some(Kind::BadRequest),
        "A0401" => Some(Kind::MerchantSetup),
        _ => None,
    };
    if let Some(kind) = door {
        if replay {
            return Outcome::Unknown(doubt(&told.code, told.message()));
        }
        return Outcome::Declined(Failure::new(kind, told.code.clone(), told.message()));
    }
    let code = told.resp_code();
    // A0500, A0999 and whatever is not listed: it may have been done. So may a refusal that names no reason.
    if told.code != "A0201" || code.is_empty() {
        let shown = if code.is_empty() { told.code.clone() } else { code };
        return Outcome::Unknown(doubt(&shown, told.message()));
    }
    let message = told.message();
    match meaning(place, &code, &message) {
        (kind, Refused) => Outcome::Declined(Failure::new(kind, code, message)),
        (_, Ask) => Outcome::Unknown(doubt(&code, message)),
    }
}

/// An answer that came but settles nothing.
pub(super) fn doubt(code: &str, message: impl Into<String>) -> UnknownWhy {
    UnknownWhy {
        code: code.to_owned(),
        message: message.into(),
        ask_first: true,
    }
}

/// A finished step with an unknown outcome.
pub(super) fn unknown<T>(why: UnknownWhy) -> Step<T> {
    Step::Done(Outcome::Unknown(why))
}
