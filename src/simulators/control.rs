//! The control calls under `/_sim/`: what tests and the demo steer the simulators with.

use super::Simulators;
use super::faults::{Fault, Faults, Kind};
use super::pg::{Authenticate, Control, Controlled, PgSimulator};
use super::words::{ControlError, nearest, parse, unknown_word};
use crate::net::{Request, Response, json_response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Reply = Result<Value, ControlError>;

const SHARED: &[&str] = &["ledger", "faults", "notices", "clock", "reset"];
const PER_PG: &[&str] = &["authenticate", "deposit", "escrow", "merchants"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetClock {
    #[serde(default)]
    advance_ms: i64,
    #[serde(default)]
    minute_ms: Option<u64>,
}

impl Simulators {
    /// One control call.
    pub(super) async fn control(self: Arc<Self>, request: Request) -> Response {
        let segments = request.segments();
        let rest: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        let reply = match rest.as_slice() {
            [] => Ok(self.overview()),
            [call] => self.shared(&request, call).await,
            [provider, call] => self.per_pg(&request, provider, call).await,
            _ => Err(ControlError::missing(
                "path",
                "control calls are /_sim/{call} or /_sim/{provider}/{call}",
            )),
        };
        match reply {
            Ok(value) => json_response(StatusCode::OK, &value),
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                json_response(status, &error)
            }
        }
    }

    fn overview(&self) -> Value {
        let calls: Vec<Value> = self
            .pgs
            .iter()
            .map(|pg| json!({"provider": pg.id(), "calls": ([PER_PG, pg.controls()].concat())}))
            .collect();
        json!({"providers": calls, "calls": SHARED, "sockets": self.raw_addresses()})
    }

    async fn shared(&self, request: &Request, call: &str) -> Reply {
        match (request.method.as_str(), call) {
            ("GET", "ledger") => self.ledger(request),
            ("PUT", "faults") => self.put_faults(&request.body),
            ("GET", "faults") => Ok(self.faults.list()),
            ("DELETE", "faults") => {
                self.faults.put(Vec::new());
                Ok(json!([]))
            }
            ("GET", "notices") => self.notices(request),
            ("GET", "clock") => Ok(self.clock()),
            ("POST", "clock") => {
                let set: SetClock = parse(&request.body)?;
                if set.advance_ms < 0 {
                    return Err(ControlError::bad(
                        "advanceMs",
                        "`advanceMs` must not be negative: time goes forward",
                    ));
                }
                self.world.clock.advance(set.advance_ms);
                if let Some(ms) = set.minute_ms {
                    self.notifier.set_minute(ms);
                }
                self.sweep().await;
                Ok(self.clock())
            }
            ("POST", "reset") => {
                self.reset();
                Ok(json!({"reset": true}))
            }
            (method, call) => Err(wrong_call(method, call, SHARED)),
        }
    }

    async fn per_pg(&self, request: &Request, provider: &str, call: &str) -> Reply {
        let pg = self
            .find(provider)
            .ok_or_else(|| unknown_word("provider", provider, &self.ids()))?;
        let body = &request.body[..];
        let done: Control = match (request.method.as_str(), call) {
            ("POST", "authenticate") => parse::<Authenticate>(body).and_then(|ask| pg.authenticate(&ask)),
            ("POST", "deposit") => pg.deposit(body),
            ("POST", "escrow") => pg.escrow(body),
            ("PUT", "merchants") => pg.merchants(body),
            (method, call) => {
                let known = [PER_PG, pg.controls()].concat();
                pg.control(&request.method, call, body)
                    .unwrap_or_else(|| Err(wrong_call(method, call, &known)))
            }
        };
        let Controlled { reply, notices } = done?;
        self.notify(pg.as_ref(), None, notices).await;
        Ok(reply)
    }

    fn ledger(&self, request: &Request) -> Reply {
        let pgs = self.chosen(request)?;
        let mid = request.query_value("mid");
        let mut rows: Vec<_> = pgs.iter().flat_map(|pg| pg.ledger(mid.as_deref())).collect();
        rows.sort_by_key(|row| row.at_ms);
        serde_json::to_value(rows).map_err(|error| ControlError::impossible(error.to_string()))
    }

    fn notices(&self, request: &Request) -> Reply {
        let ids: Vec<&str> = self.chosen(request)?.iter().map(|pg| pg.id()).collect();
        let order = request.query_value("orderId");
        let records: Vec<_> = self
            .notifier
            .records()
            .into_iter()
            .filter(|r| ids.contains(&r.provider) && order.as_ref().is_none_or(|o| *o == r.order_id))
            .collect();
        serde_json::to_value(records).map_err(|error| ControlError::impossible(error.to_string()))
    }

    fn chosen(&self, request: &Request) -> Result<Vec<Arc<dyn PgSimulator>>, ControlError> {
        match request.query_value("provider") {
            None => Ok(self.pgs.clone()),
            Some(id) => self
                .find(&id)
                .map(|pg| vec![pg])
                .ok_or_else(|| unknown_word("provider", &id, &self.ids())),
        }
    }

    fn clock(&self) -> Value {
        json!({"nowMs": self.world.clock.now(), "offsetMs": self.world.clock.offset(), "minuteMs": self.notifier.minute()})
    }

    fn put_faults(&self, body: &[u8]) -> Reply {
        let lines: Vec<Value> = parse(body)?;
        if lines.len() > Faults::MAX {
            return Err(ControlError::bad(
                "body",
                format!("at most {} faults at once", Faults::MAX),
            ));
        }
        let ids = self.ids();
        let mut faults = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let fault = Fault::parse(at, line, &ids)?;
            // Without a provider it is for those that have the call; named ones must have it.
            let has = |pg: &dyn PgSimulator| pg.shows(&Kind::Hang, fault.operation).is_ok();
            let somewhere = self.pgs.iter().any(|pg| has(pg.as_ref()));
            for pg in self.pgs.iter().filter(|pg| match fault.provider.as_deref() {
                Some(id) => id == pg.id(),
                None => has(pg.as_ref()) || !somewhere,
            }) {
                pg.shows(&fault.kind, fault.operation).map_err(|why| {
                    let mut error = ControlError::impossible(format!("{}: {why}", pg.id()));
                    error.field = Some(format!("[{at}].kind"));
                    error
                })?;
            }
            faults.push(fault);
        }
        self.faults.put(faults);
        Ok(self.faults.list())
    }
}

fn wrong_call(method: &str, call: &str, known: &[&str]) -> ControlError {
    if known.contains(&call) {
        let mut error = ControlError::bad("method", format!("{method} does not fit `{call}`"));
        error.status = 405;
        return error;
    }
    let hint = nearest(call, known)
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    ControlError::missing("path", format!("`{call}` is not one of: {}{hint}", known.join(", ")))
}
