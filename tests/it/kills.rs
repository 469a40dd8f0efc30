//! SIGKILL at random moments under load: what was promised to merchants stands, and nothing is bought twice.

use crate::books::Books;
use crate::harness::Answer;
use crate::rig::{Dice, Pg, Site, Web, agree, toss};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

const CHANNEL: &str = "channel-key-kills";
const TOTAL: i64 = 10_000;
const PART: i64 = 3_000;
const KILLS: usize = 8;
const PAYMENTS: usize = 400;
/// Merchants at once.
const MERCHANTS: usize = 8;
/// "Not found" at the PG is believed a minute after the last call; the look after that is at 80 s.
const SETTLED: Duration = Duration::from_secs(110);

struct Shop {
    web: Web,
    /// Where the router answers now.
    url: RwLock<String>,
    next: AtomicUsize,
    killed: AtomicBool,
    /// What the merchants were promised: payment → money left.
    promised: Mutex<BTreeMap<String, i64>>,
}

/// Requests go wrong while the router is away; what is asked again must be safe to ask.
enum Said {
    Done,
    Later,
}

impl Shop {
    fn read(answer: Result<Answer, String>, done: &str) -> Said {
        let Ok(answer) = answer else { return Said::Later };
        let json = answer.json();
        if answer.status == 200 || json["type"] == *done {
            return Said::Done;
        }
        let code = json["pgCode"].as_str().unwrap_or_default();
        let expected = [
            "NARU_OUTCOME_UNKNOWN",
            "NARU_CANCEL_RUNNING",
            "NOT_FOUND_PAYMENT",
            "NARU_CANCEL_NOT_DONE",
        ];
        assert!(expected.contains(&code), "{} {}", answer.status, answer.text);
        Said::Later
    }

    /// Pays and, for every third payment, cancels a part. `None`: not known yet.
    async fn buy(&self, n: usize) -> Option<()> {
        let payment = format!("kill-{n}");
        let url = self.url.read().await.clone();
        let answer = self.web.instant(&url, CHANNEL, &payment, TOTAL).await;
        match Self::read(answer, "ALREADY_PAID") {
            Said::Done => self.promise(&payment, TOTAL),
            Said::Later => return None,
        }
        if !n.is_multiple_of(3) {
            return Some(());
        }
        let answer = self.web.cancel(&url, &payment, Some(PART), TOTAL).await;
        match Self::read(answer, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN") {
            Said::Done => self.promise(&payment, TOTAL - PART),
            Said::Later => return None,
        }
        Some(())
    }

    fn promise(&self, payment: &str, left: i64) {
        let mut promised = self.promised.lock().unwrap();
        let entry = promised.entry(payment.to_owned()).or_insert(left);
        *entry = left.min(*entry);
    }

    async fn merchant(self: Arc<Self>) -> Vec<usize> {
        let mut later = Vec::new();
        loop {
            let n = self.next.fetch_add(1, Ordering::SeqCst);
            if n >= PAYMENTS && self.killed.load(Ordering::SeqCst) {
                return later;
            }
            assert!(n < 20 * PAYMENTS, "the kills never end");
            let mut tries = 0;
            while self.buy(n).await.is_none() {
                tries += 1;
                if tries == 4 {
                    later.push(n);
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_under_load() {
    let seed = std::env::var("TEST_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(20_260_101);
    println!("TEST_SEED={seed}");
    let mut dice = Dice(seed);
    let web = Web::new();
    let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
    let site = Site::new(&toss(CHANNEL, 1, &pg.url, "", "")).set("NARU_ANSWER_WITHIN_MS", "1500");
    let mut router = site.start(&[]);
    let shop = Arc::new(Shop {
        web: web.clone(),
        url: RwLock::new(router.url.clone()),
        next: 0.into(),
        killed: false.into(),
        promised: Mutex::default(),
    });
    let mut merchants = JoinSet::new();
    for _ in 0..MERCHANTS {
        merchants.spawn(Arc::clone(&shop).merchant());
    }
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(400 + u64::try_from(dice.below(900)).unwrap())).await;
        router.kill();
        router = site.start(&[]);
        shop.url.write().await.clone_from(&router.url);
    }
    shop.killed.store(true, Ordering::SeqCst);
    let mut later = Vec::new();
    while let Some(left) = merchants.join_next().await {
        later.extend(left.unwrap());
    }
    let bought = shop.next.load(Ordering::SeqCst);
    println!(
        "{bought} payments through {KILLS} kills, {} not known at once",
        later.len()
    );

    let since = Instant::now();
    while !later.is_empty() {
        assert!(since.elapsed() < SETTLED, "{later:?} never end\n{}", router.said());
        let mut left = Vec::new();
        for n in later {
            if shop.buy(n).await.is_none() {
                left.push(n);
            }
        }
        later = left;
    }
    let (payments, rows) = agree(&web, &router, &[&pg], SETTLED).await;
    let books = Books::read(&site);
    books.check_single_approvals(&rows);
    books.check_outbox();
    let promised = shop.promised.lock().unwrap();
    assert!(promised.len() >= PAYMENTS, "{} payments", promised.len());
    for (payment, left) in promised.iter() {
        let stored = payments.iter().find(|p| p["id"] == **payment);
        let stored = stored.unwrap_or_else(|| panic!("{payment} was paid and is gone"));
        let amount = |name: &str| stored["amount"][name].as_i64().unwrap();
        assert_eq!(amount("total") - amount("cancelled"), *left, "{stored:#}");
    }
    let unknown: usize = rows.iter().filter(|row| row["kind"] == "approval").count();
    assert_eq!(unknown, promised.len(), "one approval for each payment");
}
