//! Building calls, under either authorisation. With Bearer a command begins with a call for the token. The token lives
//! 30 minutes and asking again gives the same one, so nothing is remembered between commands.

use super::sign::{Credentials, Scheme, credentials};
use super::verify::doubt;
use super::wire::{Told, read};
use super::{Message, codes, mask};
use crate::adapters::{
    Call, ChannelRevision, HttpMethod, Mask, Mode, Operation, Outcome, PassRequest, Refusal, Step, Transport,
    WireAnswer, WireRequest,
};
use crate::payment::{Failure, FailureKind};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

/// The sandbox's API: a host of its own.
pub(super) const SANDBOX: &str = "https://sandbox-api.nicepay.co.kr";

/// Steps of a command: a token, the deed, both once more if the token had just died, then further questions.
const TOKEN: u8 = 0;
const DEED: u8 = 1;
const TOKEN_AGAIN: u8 = 2;
/// First step after the deed.
pub(super) const FURTHER: u8 = 8;

/// What is to be asked of the API.
pub(super) struct Deed {
    pub(super) operation: Operation,
    pub(super) method: HttpMethod,
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) mask: Mask,
}

impl Deed {
    /// A POST with a JSON body.
    pub(super) fn post<B: Serialize>(operation: Operation, path: String, body: &B) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(body).map_err(|_| Refusal::new("body", "cannot be written as JSON"))?;
        Ok(Self {
            operation,
            method: HttpMethod::Post,
            path,
            body: body.into(),
            mask: mask::MASK,
        })
    }

    /// A message of an operation that is not part of the core.
    pub(super) fn of(operation: Operation, message: Message) -> Self {
        Self {
            operation,
            method: HttpMethod::Post,
            path: message.path,
            body: message.body,
            mask: mask::MASK,
        }
    }

    /// The billing key stands before the last segment of the path.
    pub(super) fn with_key_in_path(mut self) -> Self {
        self.mask.secret_segment = 2;
        self
    }

    /// The deed of a call that was built before.
    fn sent(channel: &ChannelRevision, call: &Call) -> Self {
        let path = call.request.url.strip_prefix(base(channel)).unwrap_or_default();
        Self {
            operation: call.operation,
            method: call.request.method,
            path: path.to_owned(),
            body: call.request.body.clone(),
            mask: call.request.mask,
        }
    }

    /// As the call for a token carries it: in memory only, like the call itself.
    fn carry(&self) -> Value {
        json!({
            "get": self.method == HttpMethod::Get, "path": self.path, "body": String::from_utf8_lossy(&self.body),
            "secretSegment": self.mask.secret_segment,
        })
    }

    fn carried(call: &Call) -> Option<Self> {
        let value = call.carried.as_ref()?;
        let segment = value.get("secretSegment").and_then(Value::as_u64).unwrap_or_default();
        let mut mask = mask::MASK;
        mask.secret_segment = usize::try_from(segment).unwrap_or_default();
        Some(Self {
            operation: call.operation,
            method: match value.get("get") {
                Some(Value::Bool(true)) => HttpMethod::Get,
                _ => HttpMethod::Post,
            },
            path: value.get("path")?.as_str()?.to_owned(),
            body: value.get("body")?.as_str()?.to_owned().into(),
            mask,
        })
    }

    /// A GET.
    pub(super) fn get(operation: Operation, path: String) -> Self {
        Self {
            operation,
            method: HttpMethod::Get,
            path,
            body: Bytes::new(),
            mask: mask::MASK,
        }
    }
}

/// First call of a command.
pub(super) fn first(channel: &ChannelRevision, deed: Deed) -> Result<Call, Refusal> {
    let keys = credentials(channel)?;
    Ok(match keys.scheme {
        Scheme::Basic => call(channel, deed, keys.basic.expose_secret().to_owned(), DEED),
        Scheme::Bearer => token(channel, keys, &deed, TOKEN),
    })
}

/// The call for a token carries the deed: what the deed needs (card data, a key) may be gone when its time comes.
fn token(channel: &ChannelRevision, keys: &Credentials, deed: &Deed, step: u8) -> Call {
    let ask = Deed {
        operation: deed.operation,
        method: HttpMethod::Post,
        path: "/v1/access-token".to_owned(),
        body: Bytes::from_static(b"{}"),
        mask: mask::MASK,
    };
    let mut call = call(channel, ask, keys.basic.expose_secret().to_owned(), step);
    call.carried = Some(deed.carry());
    call
}

/// A call after an answer, authorised as the one before.
pub(super) fn further(channel: &ChannelRevision, before: &Call, deed: Deed, step: u8) -> Call {
    let own = before.request.headers.iter().find(|(name, _)| *name == "authorization");
    let authorization = own.map(|(_, value)| value.clone()).unwrap_or_default();
    call(channel, deed, authorization, step)
}

/// A merchant's own call, authorised by the keys. A merchant with access tokens is refused: a token is asked for by a call
/// of its own, which NICE counts, and the merchant holds the keys for one as well as we do.
pub(super) fn passed(channel: &ChannelRevision, request: PassRequest) -> Result<Call, Refusal> {
    let keys = credentials(channel)?;
    if let Scheme::Bearer = keys.scheme {
        return Err(Refusal::new(
            "channelKey",
            "the channel authorises by access tokens; only channels with authorization = \"basic\" pass calls through",
        ));
    }
    let mut headers = request.headers;
    headers.push(("authorization", keys.basic.expose_secret().to_owned()));
    Ok(Call {
        operation: Operation::PassThrough,
        step: DEED,
        request: WireRequest {
            transport: Transport::Http,
            method: request.method,
            url: format!("{}{}", base(channel), request.target),
            headers,
            body: request.body,
            mask: mask::MASK,
        },
        carried: None,
        claim: None,
        replay: false,
    })
}

/// What an answer is to the command it belongs to.
pub(super) enum Heard {
    /// An answer to the deed or to a further question.
    Answer(Box<Told>),
    /// Not an answer yet: another call is due.
    Next(Box<Call>),
    /// A failure of the call for the token: the deed was never sent.
    NoToken(Failure),
    /// No word of the API.
    Unreadable(crate::adapters::UnknownWhy),
}

impl Heard {
    /// The answer, or the step to take without one.
    pub(super) fn told<T>(self) -> Result<Box<Told>, Step<T>> {
        match self {
            Self::Answer(told) => Ok(told),
            Self::Next(next) => Err(Step::Send(next)),
            Self::NoToken(failure) => Err(Step::Done(Outcome::Declined(failure))),
            Self::Unreadable(why) => Err(Step::Done(Outcome::Unknown(why))),
        }
    }
}

/// Reads an answer. The deed follows the token, and once more if the token was refused, which NICE does before it looks at
/// anything else (`U103`).
pub(super) fn hear(channel: &ChannelRevision, call_: &Call, answer: &WireAnswer) -> Heard {
    let next = |mut next: Call| {
        next.replay = call_.replay;
        Heard::Next(Box::new(next))
    };
    if matches!(call_.step, TOKEN | TOKEN_AGAIN) {
        return match (bearer(answer), Deed::carried(call_)) {
            (Ok(authorization), Some(deed)) => next(call(channel, deed, authorization, call_.step + 1)),
            // Without a token nothing was done this time; what an earlier sending did stays open.
            (Err(failure), _) if call_.replay => Heard::Unreadable(doubt(&failure.code, failure.message)),
            (Err(failure), _) => Heard::NoToken(failure),
            (Ok(_), None) => Heard::NoToken(Failure::new(
                FailureKind::BadRequest,
                "NARU_REFUSED",
                "the call for a token carries no deed",
            )),
        };
    }
    match read(answer) {
        Err(why) => Heard::Unreadable(why),
        Ok(told) if call_.step == DEED && told.code() == "U103" => match credentials(channel) {
            Ok(keys) if keys.scheme == Scheme::Bearer => {
                next(token(channel, keys, &Deed::sent(channel, call_), TOKEN_AGAIN))
            }
            _ => Heard::Answer(Box::new(told)),
        },
        Ok(told) => Heard::Answer(Box::new(told)),
    }
}

fn bearer(answer: &WireAnswer) -> Result<String, Failure> {
    let told = read(answer).map_err(|why| Failure::new(FailureKind::PgDown, why.code, why.message))?;
    if !told.succeeded() {
        return Err(codes::failure(codes::Call::Other, &told));
    }
    let token = told.object().owned("accessToken");
    let fits = |t: &String| t.len() <= 1024 && t.bytes().all(|b| b.is_ascii_graphic());
    match token.filter(fits) {
        Some(token) => Ok(format!("Bearer {token}")),
        None => Err(Failure::new(
            FailureKind::PgDown,
            "NARU_NO_TOKEN",
            "NICE Payments answered no access token",
        )),
    }
}

/// The API of the channel: its override, else live or sandbox by mode.
fn base(channel: &ChannelRevision) -> &str {
    match channel.spec.mode {
        Mode::Test if !channel.spec.endpoints.contains_key("api") => SANDBOX,
        _ => channel.endpoint("api"),
    }
}

fn call(channel: &ChannelRevision, deed: Deed, authorization: String, step: u8) -> Call {
    let mut headers = vec![("authorization", authorization)];
    if deed.method == HttpMethod::Post {
        headers.push(("content-type", "application/json;charset=utf-8".to_owned()));
    }
    Call {
        operation: deed.operation,
        step,
        request: WireRequest {
            transport: Transport::Http,
            method: deed.method,
            url: format!("{}{}", base(channel), deed.path),
            headers,
            body: deed.body,
            mask: deed.mask,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}

/// Everything but unreserved characters, for ids in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An id as one path segment.
pub(super) fn segment(field: &str, id: &str) -> Result<String, Refusal> {
    // An empty segment or dots would name another resource.
    if id.is_empty() || id.len() > 64 || id.bytes().all(|b| b == b'.') {
        return Err(Refusal::new(field, "is not an id NICE Payments gives"));
    }
    Ok(utf8_percent_encode(id, SEGMENT).to_string())
}
