//! A8 at every PG: the router dies at each commit and send boundary of a window payment and of its cancellation, and
//! comes back. What the PG holds afterwards is what the router says, once. Toss's own cases, with key-in payments and
//! parts, are in `crash`.

use crate::crash::POINTS;
use crate::every_pg::{Shop, providers};
use crate::rig::{Pg, Return, Router, Web, agree};
use crate::together::Together;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

const PAYMENT: &str = "death-1";
/// "Not found" at a PG is believed minutes after the last call at most; then comes one more look.
const SETTLED: Duration = Duration::from_secs(150);
/// Cases at once: most of their time they wait.
const PARALLEL: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Window,
    Cancel,
}

#[derive(Debug, Clone, Copy)]
struct Death {
    operation: Operation,
    point: &'static str,
    /// The PG acts and its answer is lost, so that the router dies while it recovers.
    recovering: bool,
}

enum Ask {
    Return(Return),
    Cancel,
}

struct Case {
    shop: Shop,
    death: Death,
    web: Web,
}

impl Case {
    fn label(&self) -> String {
        format!("{} {:?}", self.shop.provider, self.death)
    }

    async fn send(&self, router: &Router, ask: &Ask) -> Result<crate::harness::Answer, String> {
        match ask {
            Ask::Return(back) => self.web.come_back(&router.url, back).await,
            Ask::Cancel => self.web.cancel(&router.url, PAYMENT, None, self.shop.amount()).await,
        }
    }

    async fn come_back_paid(&self, pg: &Pg, router: &Router) -> Return {
        let (channel, total) = (self.shop.channel(), self.shop.amount());
        let opened = self.web.open(&router.url, &channel, PAYMENT, total).await.unwrap();
        assert_eq!(opened.status, 200, "{}: {}", self.label(), opened.text);
        pg.authenticate_at(&self.web, &self.shop.provider, &opened.json()["open"])
            .await
    }

    /// Brings the payment to where the operation under test starts.
    async fn prepare(&self, pg: &Pg, router: &Router) -> Ask {
        let back = self.come_back_paid(pg, router).await;
        if self.death.operation == Operation::Window {
            return Ask::Return(back);
        }
        self.web.come_back(&router.url, &back).await.unwrap();
        let stands = self.web.payment(&router.url, PAYMENT).await.unwrap();
        assert_eq!(stands.json()["status"], "PAID", "{}: {}", self.label(), stands.text);
        Ask::Cancel
    }

    async fn run(&self) {
        let label = self.label();
        let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
        self.shop.register(&self.web, &pg).await;
        let site = self.shop.site(&pg, "");
        let cancels = self.death.operation == Operation::Cancel;
        let nth = 1 + u32::from(cancels) + u32::from(self.death.recovering);
        let fatal = format!("{}:{nth}", self.death.point);
        let mut router = site.start(&[("NARU_CRASH_AT", &fatal)]);
        let ask = self.prepare(&pg, &router).await;
        if self.death.recovering {
            let word = if cancels { "cancelOperation" } else { "approveOperation" };
            let (provider, operation) = (&self.shop.provider, self.shop.word(word));
            let fault =
                json!([{ "provider": provider, "operation": operation, "kind": "approve-then-drop", "times": 1 }]);
            pg.faults(&self.web, fault).await;
        }
        // The router may die while it carries out what a person ruled.
        let operator = self.shop.operator(&router, &pg);
        let answer = self.send(&router, &ask).await;
        let ended = router.ended(Duration::from_secs(20)).await;
        let aborted = ended.is_some_and(|status| status.signal() == Some(6));
        assert!(aborted, "{label}: {ended:?} {answer:?}\n{}", router.said());
        assert!(answer.is_err(), "{label}: answered before it died: {answer:?}");

        drop(operator);
        let router = site.start(&[]);
        let _operator = self.shop.operator(&router, &pg);
        self.retry(&router, &ask).await;
        for _ in 0..2 {
            let (payments, rows) = agree(&self.web, &router, &[&pg], SETTLED).await;
            self.check(&payments, &rows);
            // Once more, now that all is known: still nothing is done twice.
            let again = self.send(&router, &ask).await.unwrap();
            assert!(done(&ask, &again), "{label}: {} {}", again.status, again.text);
        }
    }

    /// The browser, or the merchant, repeats its request until it is told what became of it.
    async fn retry(&self, router: &Router, ask: &Ask) {
        let since = Instant::now();
        loop {
            let answer = self.send(router, ask).await;
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}\n{}", self.label(), router.said()));
            if done(ask, &answer) {
                return;
            }
            assert_eq!(answer.status, 502, "{}: {}", self.label(), answer.text);
            assert!(since.elapsed() < SETTLED, "{}: still {}", self.label(), answer.text);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn check(&self, payments: &[Value], rows: &[Value]) {
        let label = self.label();
        assert_eq!(payments.len(), 1, "{label}: {payments:#?}");
        let status = payments[0]["status"].as_str().unwrap();
        let live = rows
            .iter()
            .filter(|row| row["kind"] == "approval" && row["balance"].as_i64().unwrap_or_default() > 0);
        let cancels = rows.iter().filter(|row| row["kind"] == "cancel");
        match self.death.operation {
            // What was lost is found, or undone at the PG and failed here; never both, never neither.
            Operation::Window => {
                assert!(
                    ["PAID", "FAILED"].contains(&status),
                    "{label}: {payments:#?}\n{rows:#?}"
                );
                assert_eq!(live.count(), usize::from(status == "PAID"), "{label}: {rows:#?}");
            }
            Operation::Cancel => {
                assert_eq!(status, "CANCELLED", "{label}: {payments:#?}\n{rows:#?}");
                assert_eq!(live.count(), 0, "{label}: {rows:#?}");
                assert!(cancels.count() <= 1, "{label}: {rows:#?}");
            }
        }
    }
}

fn done(ask: &Ask, answer: &crate::harness::Answer) -> bool {
    match ask {
        Ask::Return(_) => answer.status.is_success() || answer.status.is_redirection(),
        Ask::Cancel => {
            let known = ["PAYMENT_ALREADY_CANCELLED", "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN"];
            answer.status == 200 || answer.json()["type"].as_str().is_some_and(|kind| known.contains(&kind))
        }
    }
}

async fn everywhere(operation: Operation) {
    let places = Arc::new(Semaphore::new(PARALLEL));
    let mut running = Together::default();
    for provider in providers().into_iter().filter(|provider| provider != "toss") {
        // Recovery starts no new intent: the points before it are passed once only.
        let first = POINTS.iter().map(|point| (*point, false));
        for (point, recovering) in first.chain(POINTS[2..].iter().map(|point| (*point, true))) {
            let (places, provider) = (Arc::clone(&places), provider.clone());
            running.start(async move {
                let _place = places.acquire().await.unwrap();
                let began = Instant::now();
                let case = Case {
                    shop: Shop::new(&provider),
                    death: Death {
                        operation,
                        point,
                        recovering,
                    },
                    web: Web::new(),
                };
                case.run().await;
                println!("{}: {:.1} s", case.label(), began.elapsed().as_secs_f32());
            });
        }
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_an_approval_through_a_window() {
    everywhere(Operation::Window).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_cancel() {
    everywhere(Operation::Cancel).await;
}
