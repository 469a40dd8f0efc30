//! The router dies at every commit and send boundary and comes back: no approval is doubled, none is an orphan, a cancel
//! is made once, and the merchant's retry under the same `paymentId` never buys twice.

use crate::rig::{Pg, Return, Router, Site, Web, agree, toss};
use crate::together::Together;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

const CHANNEL: &str = "channel-key-crash";
const PAYMENT: &str = "crash-1";
const TOTAL: i64 = 15_000;
const PART: i64 = 4_000;
/// "Not found" at the PG is believed a minute after the last call; the look after that is at 80 s.
const SETTLED: Duration = Duration::from_secs(110);
/// Cases at once.
const PARALLEL: usize = 6;

/// Where the router can be told to die; `src/engine/crash.rs` lists them.
pub const POINTS: [&str; 6] = [
    "before-intent",
    "after-intent",
    "before-send",
    "after-answer",
    "before-outcome",
    "after-outcome",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Instant,
    Window,
    FullCancel,
    PartialCancel,
}

impl Operation {
    fn is_cancel(self) -> bool {
        matches!(self, Self::FullCancel | Self::PartialCancel)
    }
}

/// One way to die.
#[derive(Debug, Clone, Copy)]
struct Case {
    operation: Operation,
    point: &'static str,
    /// The PG acts and its answer is lost, so that the router dies while it recovers.
    recovering: bool,
}

/// What is asked of the router, and may be asked again.
#[derive(Debug)]
enum Ask {
    Instant,
    Return(Return),
    Cancel { amount: Option<i64> },
}

impl Ask {
    async fn send(&self, web: &Web, router: &Router) -> Result<crate::harness::Answer, String> {
        match self {
            Self::Instant => web.instant(&router.url, CHANNEL, PAYMENT, TOTAL).await,
            Self::Return(back) => web.come_back(&router.url, back).await,
            Self::Cancel { amount } => web.cancel(&router.url, PAYMENT, *amount, TOTAL).await,
        }
    }

    /// Whether the answer says that what was asked for has been done, now or before.
    fn done(&self, answer: &crate::harness::Answer) -> bool {
        let kind = || answer.json()["type"].as_str().unwrap_or_default().to_owned();
        match self {
            Self::Return(_) => answer.status.is_success() || answer.status.is_redirection(),
            Self::Instant => answer.status == 200 || kind() == "ALREADY_PAID",
            Self::Cancel { .. } => {
                let known = ["PAYMENT_ALREADY_CANCELLED", "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN"];
                answer.status == 200 || known.contains(&kind().as_str())
            }
        }
    }
}

impl Case {
    /// Which passing of the point is the fatal one.
    fn nth(self) -> u32 {
        1 + u32::from(self.operation.is_cancel()) + u32::from(self.recovering)
    }

    /// Brings the payment to where the operation under test starts.
    async fn prepare(self, web: &Web, pg: &Pg, router: &Router) -> Ask {
        match self.operation {
            Operation::Instant => Ask::Instant,
            Operation::Window => {
                let opened = web.open(&router.url, CHANNEL, PAYMENT, TOTAL).await.unwrap();
                assert_eq!(opened.status, 200, "{self:?}: {}", opened.text);
                Ask::Return(pg.authenticate(web, &opened.json()["open"]).await)
            }
            Operation::FullCancel | Operation::PartialCancel => {
                let paid = web.instant(&router.url, CHANNEL, PAYMENT, TOTAL).await.unwrap();
                assert_eq!(paid.status, 200, "{self:?}: {}", paid.text);
                let amount = (self.operation == Operation::PartialCancel).then_some(PART);
                Ask::Cancel { amount }
            }
        }
    }

    async fn run(self) {
        let web = Web::new();
        let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
        let site = Site::new(&toss(CHANNEL, 1, &pg.url, "", ""));
        let fatal = format!("{}:{}", self.point, self.nth());
        let mut router = site.start(&[("NARU_CRASH_AT", &fatal)]);
        let ask = self.prepare(&web, &pg, &router).await;
        if self.recovering {
            let word = match self.operation {
                Operation::Instant => "key-in",
                Operation::Window => "confirm",
                Operation::FullCancel | Operation::PartialCancel => "cancel",
            };
            pg.faults(
                &web,
                json!([{ "operation": word, "kind": "approve-then-drop", "times": 1 }]),
            )
            .await;
        }
        let answer = ask.send(&web, &router).await;
        // A recovering router answers nobody before it dies either: callers are held for four seconds.
        assert!(answer.is_err(), "{self:?}: answered before it died: {answer:?}");
        let ended = router.ended(Duration::from_secs(15)).await;
        let aborted = ended.is_some_and(|status| status.signal() == Some(6));
        assert!(aborted, "{self:?}: {ended:?}\n{}", router.said());

        let router = site.start(&[]);
        self.retry(&web, &router, &ask).await;
        let (payments, rows) = agree(&web, &router, &[&pg], SETTLED).await;
        self.check(&payments, &rows);
        // Once more, now that all is known: still nothing is done twice.
        let again = ask.send(&web, &router).await.unwrap();
        assert!(ask.done(&again), "{self:?}: {} {}", again.status, again.text);
        if self.operation == Operation::Instant {
            assert_eq!(again.json()["type"], "ALREADY_PAID", "{self:?}: {}", again.text);
        }
        let (payments, rows) = agree(&web, &router, &[&pg], SETTLED).await;
        self.check(&payments, &rows);
    }

    /// The merchant repeats its request until it is told what became of it. What is not known yet is never "failed".
    async fn retry(self, web: &Web, router: &Router, ask: &Ask) {
        let since = Instant::now();
        loop {
            let answer = ask.send(web, router).await;
            let answer = answer.unwrap_or_else(|error| panic!("{self:?}: {error}\n{}", router.said()));
            if ask.done(&answer) {
                return;
            }
            let json = answer.json();
            let code = json["pgCode"].as_str().unwrap_or_default();
            // Refusals that leave nothing behind: the attempt or the cancel was found not to have happened.
            let expected = ["NARU_OUTCOME_UNKNOWN", "NARU_CANCEL_RUNNING", "NOT_FOUND_PAYMENT"];
            assert!(
                answer.status == 502 && expected.contains(&code),
                "{self:?}: {} {}",
                answer.status,
                answer.text
            );
            assert!(since.elapsed() < SETTLED, "{self:?}: still {}", answer.text);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn check(self, payments: &[Value], rows: &[Value]) {
        let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
        let (approvals, cancels) = (of("approval"), of("cancel"));
        let (status, cancelled) = match self.operation {
            Operation::Instant | Operation::Window => ("PAID", vec![]),
            Operation::FullCancel => ("CANCELLED", vec![TOTAL]),
            Operation::PartialCancel => ("PARTIAL_CANCELLED", vec![PART]),
        };
        assert_eq!(payments.len(), 1, "{self:?}: {payments:#?}");
        assert_eq!(payments[0]["status"], status, "{self:?}: {payments:#?}\n{rows:#?}");
        assert_eq!(approvals.len(), 1, "{self:?}: {rows:#?}");
        let amounts: Vec<i64> = cancels.iter().map(|row| row["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, cancelled, "{self:?}: {rows:#?}");
    }
}

/// Runs cases side by side: most of their time they wait.
async fn run_all(cases: Vec<Case>) {
    let places = Arc::new(Semaphore::new(PARALLEL));
    let mut running = Together::default();
    for case in cases {
        let places = Arc::clone(&places);
        // Those that wait a minute for the PG's silence to count leave their place to others.
        let waits = case.operation == Operation::Instant;
        running.start(async move {
            let _place = if waits {
                None
            } else {
                Some(places.acquire().await.unwrap())
            };
            let began = Instant::now();
            case.run().await;
            println!("{case:?}: {:.1} s", began.elapsed().as_secs_f32());
        });
    }
    running.end().await;
}

fn everywhere(operations: &[Operation]) -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in operations {
        for point in POINTS {
            cases.push(Case {
                operation: *operation,
                point,
                recovering: false,
            });
        }
        // Recovery starts no new intent: the points before it are passed once only.
        for point in &POINTS[2..] {
            cases.push(Case {
                operation: *operation,
                point,
                recovering: true,
            });
        }
    }
    cases
}

#[test]
fn every_point_is_tried() {
    let source = std::fs::read_to_string(crate::source::root().join("src/engine/crash.rs")).unwrap();
    let list = source.split_once("POINTS: &[&str] = &[").unwrap().1;
    let list = list.split_once("];").unwrap().0;
    let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    // The webhook worker's own points are tried where webhooks are (`mail`).
    let mail = [
        "before-expand",
        "after-expand",
        "after-lease",
        "before-webhook",
        "after-webhook",
        "after-record",
    ];
    assert_eq!(listed, [&POINTS[..], &mail[..]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_in_an_approval() {
    run_all(everywhere(&[Operation::Instant, Operation::Window])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_in_a_cancel() {
    run_all(everywhere(&[Operation::FullCancel, Operation::PartialCancel])).await;
}
