//! Stands between a client and the router: passes everything on, and holds every answer against the API's own document.

use crate::web::Web;
use http::{Response as Head, StatusCode};
use naru::api::openapi;
use naru::net::{self, Abort, BoxFuture, Handler, Refused, Request, Response, full, text_response};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Headers of one connection, which are not passed on.
const OWN: [&str; 5] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
];

/// The witness of one API.
pub struct Witness {
    upstream: String,
    web: Web,
    document: Value,
    checks: Mutex<HashMap<String, Arc<jsonschema::Validator>>>,
    /// Operations that were called, `GET /path`, with the statuses they answered.
    pub called: Mutex<BTreeSet<(String, u16)>>,
    /// Answers that are not what the document says.
    pub wrong: Mutex<Vec<String>>,
}

impl Witness {
    /// Listens in front of `upstream` until `stop` tells; answers its own address too.
    pub async fn open(upstream: &str, document: &str, stop: watch::Receiver<bool>) -> (Arc<Self>, String) {
        let witness = Arc::new(Self {
            upstream: upstream.to_owned(),
            web: Web::new(),
            document: serde_json::from_str(document).unwrap(),
            checks: Mutex::default(),
            called: Mutex::default(),
            wrong: Mutex::default(),
        });
        let listener = net::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let limits = net::Limits::default();
        let serving = net::serve(listener, None, Arc::clone(&witness) as _, limits, stop).unwrap();
        (witness, format!("http://{}", serving.addr))
    }

    /// The documented path a request's path is, if any: literal segments win over identifiers.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
        let fits = |pattern: &str| {
            let (a, b): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
            let same = a.len() == b.len() && a.iter().zip(&b).all(|(p, s)| p.starts_with('{') || p == s);
            same.then(|| a.iter().filter(|p| p.starts_with('{')).count())
        };
        let paths = self.document["paths"].as_object().unwrap();
        let found = paths.iter().filter_map(|(pattern, methods)| {
            let operation = methods.get(method.to_lowercase())?;
            Some((fits(pattern)?, pattern.as_str(), operation))
        });
        let best = found.min_by_key(|(identifiers, ..)| *identifiers);
        best.map(|(_, pattern, operation)| (pattern, operation))
    }

    fn check(&self, method: &str, path: &str, status: u16, body: &[u8]) {
        let Some((pattern, operation)) = self.operation(method, path) else {
            return;
        };
        let name = format!("{method} {pattern}");
        self.called.lock().unwrap().insert((name.clone(), status));
        let complain = |what: String| {
            let body = String::from_utf8_lossy(body);
            self.wrong
                .lock()
                .unwrap()
                .push(format!("{name} {status}: {what}\n{body}"));
        };
        let Some(answer) = operation["responses"].get(status.to_string()) else {
            complain("the document does not have this status".to_owned());
            return;
        };
        let body = match serde_json::from_slice::<Value>(body) {
            Ok(body) => body,
            Err(error) => {
                complain(format!("not JSON: {error}"));
                return;
            }
        };
        let errors: Vec<String> = self
            .validator(&format!("{name} {status}"), answer)
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if !errors.is_empty() {
            complain(errors.join("; "));
        }
    }

    fn validator(&self, key: &str, answer: &Value) -> Arc<jsonschema::Validator> {
        let mut checks = self.checks.lock().unwrap();
        let made = checks.entry(key.to_owned()).or_insert_with(|| {
            let schema = json!({
                "allOf": [answer["content"]["application/json"]["schema"]],
                "components": self.document["components"],
            });
            Arc::new(jsonschema::validator_for(&schema).unwrap())
        });
        Arc::clone(made)
    }

    async fn pass(&self, request: Request) -> Response {
        let query = if request.query.is_empty() {
            String::new()
        } else {
            format!("?{}", request.query)
        };
        let url = format!("{}{}{query}", self.upstream, request.path);
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .filter(|(name, _)| !OWN.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let answer = self
            .web
            .send(request.method.clone(), &url, &headers, request.body.clone());
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(error) => return text_response(StatusCode::BAD_GATEWAY, "text/plain", error),
        };
        self.check(
            request.method.as_str(),
            &request.path,
            answer.status.as_u16(),
            answer.text.as_bytes(),
        );
        let mut response = Head::new(full(answer.text));
        *response.status_mut() = answer.status;
        for (name, value) in &answer.headers {
            if !OWN.contains(&name.as_str()) {
                response.headers_mut().append(name, value.clone());
            }
        }
        response
    }

    /// Fails with every answer that was not what the document says.
    pub fn agrees(&self) {
        let wrong = self.wrong.lock().unwrap();
        assert!(
            wrong.is_empty(),
            "{} answers are not what the document says:\n{}",
            wrong.len(),
            wrong.join("\n\n")
        );
    }
}

impl Handler for Witness {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async move { Ok(self.pass(request).await) })
    }

    fn refuse(&self, _: Refused) -> Response {
        text_response(StatusCode::BAD_REQUEST, "text/plain", "")
    }
}

/// Both witnesses of a demo: V2's and V1's, with their addresses.
pub async fn both(
    v2: &str,
    v1: &str,
    stop: &watch::Receiver<bool>,
) -> ((Arc<Witness>, String), (Arc<Witness>, String)) {
    (
        Witness::open(v2, openapi::V2, stop.clone()).await,
        Witness::open(v1, openapi::V1, stop.clone()).await,
    )
}
