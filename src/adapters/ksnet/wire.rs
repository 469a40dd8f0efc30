//! Text as KSNET sends and takes it: CP949 with lengths in bytes, the answer of the fetch call (values between
//! backticks), and the REST envelope.

use super::codes::doubt;
use crate::adapters::{UnknownWhy, WireAnswer};
use crate::payment::Millis;
use encoding_rs::EUC_KR;
use jiff::civil;
use serde_json::{Map, Value};

/// Longest code or message that is passed on, characters.
const MESSAGE_MAX: usize = 300;
/// Korean time: all times of KSNET.
const KST: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// Names asked for at the fetch call, in the order in which their values come (KSNET WebHost V1.4: `sndRpyParams`).
pub(super) const NAMES: [&str; 16] = [
    "authyn", "trno", "trddt", "trdtm", "amt", "authno", "msg1", "msg2", "ordno", "isscd", "aqucd", "result", "halbu",
    "cbtrno", "cbauthno", "cardno",
];
/// Values that must be there: up to `ordno`. An answer that ends before it was cut off.
const NEEDED: usize = 9;
/// Values that decide about money: a broken byte in one of them makes the whole answer unreadable, as dropping it could
/// turn it into another value.
const DECISIVE: [&str; 4] = ["authyn", "trno", "amt", "ordno"];

/// Bytes of one character, 0 if CP949 lacks it.
fn width(c: char) -> usize {
    let mut utf8 = [0; 4];
    let (bytes, _, missing) = EUC_KR.encode(c.encode_utf8(&mut utf8));
    if missing { 0 } else { bytes.len() }
}

/// Text that may reach KSNET: no control characters, nothing outside CP949, and none of `'`, `"` and the backtick, which
/// would break KSNET's own answers.
pub(super) fn clean(text: &str) -> String {
    let kept = |c: &char| !c.is_control() && !matches!(c, '\'' | '"' | '`') && width(*c) > 0;
    text.chars().filter(kept).collect::<String>().trim().to_owned()
}

/// Length in bytes of [`clean`] text.
pub(super) fn len(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// [`clean`] text cut to a number of bytes, between characters.
pub(super) fn cut(text: &str, bytes_max: usize) -> String {
    let mut left = bytes_max;
    let mut out = String::new();
    for c in clean(text).chars() {
        let Some(rest) = left.checked_sub(width(c)) else { break };
        left = rest;
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// Bytes of CP949.
pub(super) fn encode(text: &str) -> Vec<u8> {
    EUC_KR.encode(text).0.into_owned()
}

/// A value's bytes as text: UTF-8 if it is that, else CP949. KSNET cuts messages at a byte, so a broken last character
/// is dropped.
pub(super) fn decode(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => EUC_KR.decode_without_bom_handling(bytes).0.into_owned(),
    };
    text.trim().trim_end_matches('\u{fffd}').trim_end().to_owned()
}

/// Whether bytes are whole characters of UTF-8 or CP949.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() || !EUC_KR.decode_without_bom_handling(bytes).1
}

/// At most [`MESSAGE_MAX`] characters.
pub(super) fn short(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}

/// An amount as KSNET pads it, with blanks around it or zeros before it.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A time of KSNET, `yyyyMMddHHmmss`, in ms.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let text = text.trim();
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let local = civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    KST.to_timestamp(local).ok().map(jiff::Timestamp::as_millisecond)
}

/// A moment in Korean time.
pub(super) fn stamp(at: Millis, format: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant).strftime(format).to_string()
}

/// Values of a fetch call.
#[derive(Debug)]
pub(super) struct Fetched {
    values: Vec<String>,
}

impl Fetched {
    /// A value without its padding; empty if it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        let at = NAMES.iter().position(|own| *own == name);
        at.and_then(|at| self.values.get(at)).map_or("", String::as_str)
    }

    /// A value that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    /// Both halves of the message.
    pub(super) fn message(&self) -> String {
        let both = format!("{} {}", self.get("msg1"), self.get("msg2"));
        short(both.trim())
    }

    /// All values by name, to be kept beside the payment.
    pub(super) fn raw(&self) -> String {
        let pairs = NAMES.iter().zip(&self.values);
        let members: Map<String, Value> = pairs.map(|(n, v)| ((*n).to_owned(), Value::from(short(v)))).collect();
        Value::Object(members).to_string()
    }
}

/// Reads the text of a fetch call. Everything before the first backtick is noise of the page. Split by bytes before
/// decoding: a broken character must not swallow the backtick after it.
pub(super) fn fetched(answer: &WireAnswer) -> Result<Fetched, UnknownWhy> {
    let unreadable = |what: &str| {
        doubt(
            "NARU_UNREADABLE",
            format!("KSNET answered {what}: it counts as no answer"),
        )
    };
    if answer.status != 200 {
        return Err(unreadable(&format!("HTTP {}", answer.status)));
    }
    let body = &answer.body[..];
    let start = body.iter().position(|b| *b == b'`');
    let start = start.ok_or_else(|| unreadable("without a backtick"))?;
    let parts: Vec<&[u8]> = body[start + 1..].split(|b| *b == b'`').take(NAMES.len()).collect();
    if parts.len() < NEEDED {
        return Err(unreadable("with a text that was cut off"));
    }
    let broken = |(name, part): &(&&str, &&[u8])| DECISIVE.contains(*name) && !is_text(part);
    if let Some((name, _)) = NAMES.iter().zip(&parts).find(broken) {
        return Err(unreadable(&format!("with a broken {name}")));
    }
    let values = parts.into_iter().map(decode).collect();
    Ok(Fetched { values })
}

/// A REST answer (KSNET KSPAY API: always HTTP 200, `code` and `data.respCode` decide).
#[derive(Debug)]
pub(super) struct Told {
    /// KSNET's id of this call.
    pub(super) aid: Option<String>,
    /// Envelope's code, `A0200` and so on.
    pub(super) code: String,
    message: String,
    data: Map<String, Value>,
    body: String,
}

impl Told {
    /// A member of `data` without outer blanks, if anything is left; numbers count as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        plain(self.data.get(name))
    }

    /// An amount of `data`.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        whole(&self.text(name)?)
    }

    /// `data.respCode`, empty if there is none.
    pub(super) fn resp_code(&self) -> String {
        short(&self.text("respCode").unwrap_or_default())
    }

    /// What is said about it.
    pub(super) fn message(&self) -> String {
        short(&self.text("respMessage").unwrap_or_else(|| self.message.clone()))
    }

    /// The body as text.
    pub(super) fn body(&self) -> &str {
        &self.body
    }
}

fn plain(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Reads a REST answer.
pub(super) fn told(answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    let body = decode(&answer.body);
    let object = match serde_json::from_str(&body) {
        Ok(Value::Object(object)) if answer.status == 200 => object,
        _ => {
            let message = format!("KSNET answered HTTP {} without a readable body", answer.status);
            return Err(doubt("NARU_UNREADABLE", message));
        }
    };
    let code = plain(object.get("code")).map(|c| short(&c)).unwrap_or_default();
    if code.is_empty() {
        return Err(doubt("NARU_UNREADABLE", "KSNET's answer has no code"));
    }
    Ok(Told {
        aid: plain(object.get("aid")).map(|id| short(&id)),
        code,
        message: plain(object.get("message")).unwrap_or_default(),
        data: match object.get("data") {
            Some(Value::Object(data)) => data.clone(),
            _ => Map::new(),
        },
        body,
    })
}
