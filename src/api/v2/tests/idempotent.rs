use super::NOW;
use crate::api::v2::error::ApiError;
use crate::api::v2::idempotency::{Answered, Claim, Claims, Times, key, run};
use crate::engine::EngineError;
use crate::ledger::{Idempotency, LedgerError, StoredAnswer};
use crate::payment::{Failure, FailureKind};
use http::{HeaderMap, HeaderValue, Method};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

const TIMES: Times = Times {
    keep_ms: 86_400_000,
    running_ms: 180_000,
};

type Row = (String, i64, Option<StoredAnswer>);

/// The ledger's promise, in memory.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<HashMap<(String, String), Row>>>);

impl Claims for Book {
    async fn begin(&self, claim: &Claim, now: i64, times: Times) -> Result<Idempotency, LedgerError> {
        let mut rows = self.0.lock().unwrap();
        let id = (claim.scope.clone(), claim.key.clone());
        if let Some((fingerprint, at, answer)) = rows.get(&id)
            && now < at + times.keep_ms
            && (answer.is_some() || *fingerprint != claim.fingerprint || now < at + times.running_ms)
        {
            return Ok(match answer {
                _ if *fingerprint != claim.fingerprint => Idempotency::Other,
                None => Idempotency::Running,
                Some(answer) => Idempotency::Done(answer.clone()),
            });
        }
        rows.insert(id, (claim.fingerprint.clone(), now, None));
        Ok(Idempotency::First)
    }

    async fn end(&self, claim: &Claim, answer: Option<StoredAnswer>) -> Result<(), LedgerError> {
        let mut rows = self.0.lock().unwrap();
        let id = (claim.scope.clone(), claim.key.clone());
        match answer {
            Some(answer) => rows.get_mut(&id).unwrap().2 = Some(answer),
            None => {
                rows.remove(&id);
            }
        }
        Ok(())
    }
}

fn claim(fingerprint: &str) -> Claim {
    Claim {
        scope: "v2:store".into(),
        key: "0123456789abcdef".into(),
        fingerprint: fingerprint.into(),
    }
}

async fn ask(book: &Book, fingerprint: &str, now: i64, result: Result<String, ApiError>) -> Answered {
    run(book.clone(), claim(fingerprint), now, TIMES, async move { result }).await
}

fn ok(body: &str) -> Result<String, ApiError> {
    Ok(body.to_owned())
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_request_422() {
    let book = Book::default();
    assert_eq!(ask(&book, "f", NOW, ok("one")).await, Answered::Now(ok("one")));
    let stored = StoredAnswer {
        status: 200,
        body: "one".into(),
    };
    assert_eq!(ask(&book, "f", NOW + 1, ok("two")).await, Answered::Stored(stored));
    assert_eq!(
        ask(&book, "other", NOW + 1, ok("two")).await,
        Answered::Now(Err(ApiError::other_request()))
    );
    assert_eq!(ApiError::other_request().status(), 422);
    assert_eq!(
        ask(&book, "f", NOW + TIMES.keep_ms, ok("two")).await,
        Answered::Now(ok("two"))
    );
}

#[tokio::test]
async fn refusals_of_the_pg_are_repeated_and_open_answers_are_not() {
    let book = Book::default();
    let declined: ApiError = EngineError::Pg(Failure::new(FailureKind::LostCard, "X", "no")).into();
    assert_eq!(
        ask(&book, "f", NOW, Err(declined.clone())).await,
        Answered::Now(Err(declined.clone()))
    );
    let stored = StoredAnswer {
        status: 502,
        body: declined.body(),
    };
    assert_eq!(ask(&book, "f", NOW, ok("paid")).await, Answered::Stored(stored));
    for open in [
        ApiError::internal(),
        ApiError::outcome_unknown("x"),
        ApiError::payment_not_found(),
    ] {
        let book = Book::default();
        assert_eq!(ask(&book, "f", NOW, Err(open.clone())).await, Answered::Now(Err(open)));
        assert_eq!(ask(&book, "f", NOW, ok("paid")).await, Answered::Now(ok("paid")));
    }
}

#[tokio::test]
async fn a_running_request_is_not_run_twice_and_a_dead_one_is_taken_over() {
    let book = Book::default();
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (e, r) = (Arc::clone(&entered), Arc::clone(&release));
    let first = tokio::spawn(run(book.clone(), claim("f"), NOW, TIMES, async move {
        e.notify_one();
        r.notified().await;
        ok("one")
    }));
    entered.notified().await;
    let busy = Answered::Now(Err(ApiError::outstanding_request()));
    assert_eq!(ask(&book, "f", NOW + TIMES.running_ms - 1, ok("two")).await, busy);
    assert_eq!(ApiError::outstanding_request().status(), 409);
    release.notify_one();
    assert_eq!(first.await.unwrap(), Answered::Now(ok("one")));
    // A claim whose router died: nobody will ever end it.
    let book = Book::default();
    book.begin(&claim("f"), NOW, TIMES).await.unwrap();
    let other = Answered::Now(Err(ApiError::other_request()));
    assert_eq!(ask(&book, "g", NOW + TIMES.running_ms, ok("two")).await, other);
    assert_eq!(
        ask(&book, "f", NOW + TIMES.running_ms, ok("two")).await,
        Answered::Now(ok("two"))
    );
}

#[tokio::test]
async fn a_client_that_hangs_up_neither_stops_the_work_nor_keeps_the_key() {
    let book = Book::default();
    let (entered, release, done) = (
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
        Arc::new(AtomicUsize::new(0)),
    );
    let (e, r, d) = (Arc::clone(&entered), Arc::clone(&release), Arc::clone(&done));
    let handling = tokio::spawn(run(book.clone(), claim("f"), NOW, TIMES, async move {
        e.notify_one();
        r.notified().await;
        d.fetch_add(1, Ordering::SeqCst);
        ok("one")
    }));
    entered.notified().await;
    handling.abort();
    assert!(handling.await.unwrap_err().is_cancelled());
    release.notify_one();
    let stored = StoredAnswer {
        status: 200,
        body: "one".into(),
    };
    let wanted = Answered::Stored(stored);
    for _ in 0..1_000 {
        if ask(&book, "f", NOW, Err(ApiError::internal())).await == wanted {
            assert_eq!(done.load(Ordering::SeqCst), 1);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the answer was never stored");
}

async fn defect() -> Result<String, ApiError> {
    panic!("a defect in the work")
}

#[tokio::test]
async fn a_panic_frees_the_key() {
    let book = Book::default();
    let answered = run(book.clone(), claim("f"), NOW, TIMES, defect()).await;
    assert_eq!(answered, Answered::Now(Err(ApiError::internal())));
    assert_eq!(ask(&book, "f", NOW, ok("two")).await, Answered::Now(ok("two")));
}

fn header(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_bytes(value.as_bytes()).unwrap());
    headers
}

#[test]
fn the_header_is_a_string_of_16_to_256_characters() {
    let longest = "k".repeat(256);
    for (sent, read) in [
        ("\"0123456789abcdef\"", "0123456789abcdef"),
        ("  \"0123456789 abcdef\" ", "0123456789 abcdef"),
        (r#""quote\"and\\slash_""#, r#"quote"and\slash_"#),
        (&format!("\"{longest}\""), longest.as_str()),
    ] {
        assert_eq!(key(&Method::POST, &header(sent)).unwrap().as_deref(), Some(read));
    }
    let too_long = format!("\"{}\"", "k".repeat(257));
    for bad in [
        "0123456789abcdef",
        "\"\"",
        "\"0123456789abcde\"",
        "\"0123456789abcdef",
        "\"",
        "\"0123456789abcdef\";p=1",
        "\"0123456789ab\"cdef\"",
        r#""0123456789abcde\f""#,
        r#""0123456789abcdef\""#,
        "\"주문번호-주문번호-주문번호\"",
        &too_long,
    ] {
        let error = key(&Method::POST, &header(bad)).unwrap_err();
        assert_eq!(
            (error.status().as_u16(), error.kind()),
            (400, "INVALID_REQUEST"),
            "{bad}"
        );
        assert!(error.message().starts_with("Idempotency-Key: "));
    }
    let mut twice = header("\"0123456789abcdef\"");
    twice.append("idempotency-key", HeaderValue::from_static("\"0123456789abcdeg\""));
    assert!(key(&Method::POST, &twice).is_err());
    assert_eq!(key(&Method::GET, &header("nonsense")).unwrap(), None);
    assert_eq!(key(&Method::POST, &HeaderMap::new()).unwrap(), None);
}
