//! The calls of one command, sent one after the other until the adapter reaches an outcome.

use super::command::{Command, Effect};
use super::{Engine, crash, now};
use crate::adapters::{Call, ChannelRevision, Outcome, Step, UnknownWhy, WireAnswer};
use crate::gateway::{Exchange, masked};
use crate::payment::{Failure, Millis};
use serde_json::{Value, json};

/// Most calls one command may take. More than any PG needs; a wrong adapter must not loop against a PG.
const CALLS_MAX: usize = 6;

/// A first call kept for a replay, and until when.
pub(super) struct Kept {
    pub call: Call,
    pub until: Millis,
}

/// What was sent and answered, masked, for the journal.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub exchanges: Vec<Value>,
    /// When the last call ended, ms; 0 if none was made.
    pub last_call_at: Millis,
    /// When a call ended without an answer, ms: it may still be running at the PG. 0 if none did.
    pub lost_at: Millis,
}

impl Engine {
    /// Runs a command to its outcome.
    pub(super) async fn drive(
        &self,
        command: &Command,
        channel: &ChannelRevision,
        first: Call,
        trail: &mut Trail,
    ) -> Outcome<Effect> {
        let outcome = self.drive_with(channel, first, trail, |call, answer| {
            command.read(channel, call, answer)
        });
        outcome.await
    }

    /// Runs calls to an outcome, reading answers with `read`.
    pub(super) async fn drive_with<T>(
        &self,
        channel: &ChannelRevision,
        first: Call,
        trail: &mut Trail,
        read: impl Fn(&Call, &WireAnswer) -> Step<T>,
    ) -> Outcome<T> {
        let mut call = first;
        for sent in 0..CALLS_MAX {
            crash::point("before-send");
            let began = now();
            let exchange = if call.replay {
                self.gateway.exchange_recovery(channel, &call).await
            } else {
                self.gateway.exchange(channel, &call).await
            };
            crash::point("after-answer");
            trail.last_call_at = now();
            let took = trail.last_call_at - began;
            let step = match exchange {
                Exchange::Answer(answer) => {
                    let step = read(&call, &answer);
                    trail.exchanges.push(line(&call, Some(&answer), label(&step), took));
                    step
                }
                // The first call never left. A later one may follow a call that moved money, so it proves nothing.
                Exchange::NotSent(failure) if sent == 0 => Step::Done(Outcome::NotSent(failure)),
                Exchange::NotSent(failure) => Step::Done(Outcome::Unknown(UnknownWhy {
                    code: failure.code,
                    message: failure.message,
                    ask_first: true,
                })),
                Exchange::Unknown(why) => {
                    trail.lost_at = trail.last_call_at;
                    Step::Done(Outcome::Unknown(why))
                }
            };
            match step {
                Step::Send(next) => {
                    self.count_call(channel, &call, "continued");
                    call = *next;
                }
                Step::Done(outcome) => {
                    if let Outcome::NotSent(Failure { code, .. }) | Outcome::Unknown(UnknownWhy { code, .. }) = &outcome
                        && trail.exchanges.len() == sent
                    {
                        trail.exchanges.push(line(&call, None, code, took));
                    }
                    self.count_call(channel, &call, outcome.label());
                    return outcome;
                }
            }
        }
        Outcome::Unknown(UnknownWhy {
            code: "NARU_TOO_MANY_CALLS".to_owned(),
            message: format!("the command did not end within {CALLS_MAX} calls"),
            ask_first: true,
        })
    }

    fn count_call(&self, channel: &ChannelRevision, call: &Call, outcome: &str) {
        let spec = &channel.spec;
        self.metrics
            .pg_calls
            .with_label_values(&[
                spec.provider.as_str(),
                spec.key.as_str(),
                call.operation.as_str(),
                outcome,
            ])
            .inc();
    }
}

fn label<T>(step: &Step<T>) -> &'static str {
    match step {
        Step::Send(_) => "continued",
        Step::Done(outcome) => outcome.label(),
    }
}

fn line(call: &Call, answer: Option<&WireAnswer>, outcome: &str, took: Millis) -> Value {
    let mut line = json!({
        "operation": call.operation.as_str(),
        "step": call.step,
        "url": call.request.address(),
        "request": masked(&call.request.body, call.request.mask),
        "outcome": outcome,
        "ms": took,
    });
    if let (Some(answer), Some(object)) = (answer, line.as_object_mut()) {
        object.insert("status".to_owned(), answer.status.into());
        object.insert("answer".to_owned(), masked(&answer.body, call.request.mask).into());
    }
    line
}
