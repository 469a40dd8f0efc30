//! The fault menu: which call goes wrong, how, how often. One engine for every simulator.
//!
//! A list of faults is put as a whole (`PUT /_sim/faults`). For each call the first fault that fits and still has
//! `times` left is used up and acted out. With `probability` a fault draws from its own generator, started by `seed`,
//! so that the same list gives the same run again.

mod menu;

pub use menu::{Kind, Operation};

use super::ids;
use super::words::{ControlError, unknown_word};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// One line of the menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Only this PG.
    pub provider: Option<String>,
    /// Only this operation. For kinds about notifications: the operation that caused it, or `notify` for any.
    pub operation: Option<Operation>,
    /// How.
    pub kind: Kind,
    /// How often at most.
    pub times: Option<u64>,
    /// Chance per fitting call, 0 to 1.
    pub probability: Option<f64>,
    /// Start of the fault's generator.
    pub seed: u64,
    /// A time in ms, where the kind has one.
    pub delay_ms: Option<u64>,
    /// HTTP status of a declined code that the PG's table does not list.
    pub status: Option<u16>,
    /// Message of a declined code, instead of the table's.
    pub message: Option<String>,
}

const FIELDS: &[&str] = &[
    "provider",
    "operation",
    "kind",
    "times",
    "probability",
    "seed",
    "delayMs",
    "status",
    "message",
];

impl Fault {
    /// Reads one line of the menu. `at` is its place, for error texts; `providers` the ids that exist.
    ///
    /// # Errors
    /// 400 naming the member and, for a wrong word, the nearest valid one.
    pub fn parse(at: usize, value: &Value, providers: &[&str]) -> Result<Self, ControlError> {
        let name = |field: &str| format!("[{at}].{field}");
        let Value::Object(map) = value else {
            return Err(ControlError::bad(
                format!("[{at}]"),
                format!("[{at}] must be an object with a `kind`"),
            ));
        };
        if let Some(unknown) = map.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            return Err(unknown_word(&format!("[{at}]"), unknown, FIELDS));
        }
        let text = |field: &str| text_member(map, field, &name(field));
        let number = |field: &str, max: u64| number_member(map, field, &name(field), max);
        let provider = text("provider")?;
        if let Some(given) = provider.as_deref()
            && !providers.contains(&given)
        {
            return Err(unknown_word(&name("provider"), given, providers));
        }
        let operation = text("operation")?
            .map(|word| Operation::parse(&name("operation"), &word))
            .transpose()?;
        let kind = text("kind")?.ok_or_else(|| {
            ControlError::bad(
                name("kind"),
                format!("`{}` is missing: it says what goes wrong", name("kind")),
            )
        })?;
        let probability = match map.get("probability") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_f64().filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| {
                ControlError::bad(
                    name("probability"),
                    format!("`{}` must be a number from 0 to 1", name("probability")),
                )
            })?),
        };
        let status = number("status", 599)?.and_then(|s| u16::try_from(s).ok());
        if status.is_some_and(|s| s < 400) {
            return Err(ControlError::bad(
                name("status"),
                format!("`{}` must be 400 to 599", name("status")),
            ));
        }
        Ok(Self {
            provider,
            operation,
            kind: Kind::parse(&name("kind"), &kind)?,
            times: number("times", u64::MAX)?,
            probability,
            seed: number("seed", u64::MAX)?.unwrap_or(0),
            delay_ms: number("delayMs", 3_600_000)?,
            status,
            message: text("message")?,
        })
    }

    fn to_json(&self, hits: u64) -> Value {
        json!({"provider": self.provider, "operation": self.operation.map(Operation::word), "kind": self.kind.word(),
            "times": self.times, "probability": self.probability, "seed": self.seed, "delayMs": self.delay_ms,
            "hits": hits})
    }

    fn on_notifications(&self) -> bool {
        self.kind.on_notifications() || (self.kind == Kind::BadSignature && self.operation == Some(Operation::Notify))
    }

    fn fits(&self, provider: &str, operation: Option<Operation>) -> bool {
        self.provider.as_deref().is_none_or(|p| p == provider)
            && match self.operation {
                None if self.kind.about_money() => operation.is_some_and(Operation::takes_money),
                // The window is a browser's matter: it goes wrong only when it is named.
                None => self.on_notifications() || operation.is_some_and(|op| op != Operation::Window),
                Some(Operation::Notify) => self.on_notifications(),
                wanted => wanted == operation,
            }
    }
}

fn text_member(map: &Map<String, Value>, field: &str, name: &str) -> Result<Option<String>, ControlError> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ControlError::bad(name, format!("`{name}` must be a string"))),
    }
}

fn number_member(map: &Map<String, Value>, field: &str, name: &str, max: u64) -> Result<Option<u64>, ControlError> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|n| *n <= max)
            .map(Some)
            .ok_or_else(|| ControlError::bad(name, format!("`{name}` must be a whole number from 0 to {max}"))),
    }
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    left: AtomicU64,
    hits: AtomicU64,
    draws: AtomicU64,
}

impl Armed {
    fn new(fault: Fault) -> Self {
        let left = AtomicU64::new(fault.times.unwrap_or(u64::MAX));
        Self {
            fault,
            left,
            hits: AtomicU64::new(0),
            draws: AtomicU64::new(0),
        }
    }

    /// Whether the fault strikes now; uses up one of its times if so.
    fn strike(&self) -> bool {
        if let Some(probability) = self.fault.probability {
            let draw = self.draws.fetch_add(1, Ordering::Relaxed);
            let random = ids::mix(self.fault.seed.wrapping_add(draw.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            // 53 bits fill a float's mantissa exactly.
            #[allow(clippy::cast_precision_loss)]
            let unit = (random >> 11) as f64 / (1u64 << 53) as f64;
            if unit >= probability {
                return false;
            }
        }
        let took = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| match left {
                0 => None,
                u64::MAX => Some(u64::MAX),
                left => Some(left - 1),
            })
            .is_ok();
        if took {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        took
    }
}

/// The active menu.
#[derive(Debug, Default)]
pub struct Faults {
    any: AtomicBool,
    armed: RwLock<Vec<Armed>>,
}

impl Faults {
    /// Longest menu accepted.
    pub const MAX: usize = 1_000;

    /// Replaces the menu.
    pub fn put(&self, faults: Vec<Fault>) {
        let mut armed = self.armed.write().unwrap_or_else(PoisonError::into_inner);
        self.any.store(!faults.is_empty(), Ordering::Release);
        *armed = faults.into_iter().map(Armed::new).collect();
    }

    /// The menu with the number of hits so far.
    #[must_use]
    pub fn list(&self) -> Value {
        let armed = self.armed.read().unwrap_or_else(PoisonError::into_inner);
        armed
            .iter()
            .map(|a| a.fault.to_json(a.hits.load(Ordering::Relaxed)))
            .collect()
    }

    /// The fault that strikes a call to `provider`, if any.
    #[must_use]
    pub fn on_call(&self, provider: &str, operation: Option<Operation>) -> Option<Fault> {
        self.pick(|armed| !armed.fault.on_notifications() && armed.fault.fits(provider, operation))
    }

    /// The fault that strikes a notification of `provider` caused by `operation`, if any.
    #[must_use]
    pub fn on_notification(&self, provider: &str, operation: Option<Operation>) -> Option<Fault> {
        self.pick(|armed| armed.fault.on_notifications() && armed.fault.fits(provider, operation))
    }

    fn pick(&self, fits: impl Fn(&Armed) -> bool) -> Option<Fault> {
        // Nearly every call: one load, no lock.
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let armed = self.armed.read().unwrap_or_else(PoisonError::into_inner);
        armed.iter().find(|a| fits(a) && a.strike()).map(|a| a.fault.clone())
    }
}

#[cfg(test)]
mod tests;
