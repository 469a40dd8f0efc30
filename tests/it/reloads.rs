//! S1: a thousand reloads while payments run at every PG. No request fails, and none sees two versions.

use crate::every_pg::{self, Shop};
use crate::harness::Answer;
use crate::rig::{ADMIN_TOKEN, Pg, Router, Site, Web, agree};
use http::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const RELOADS: usize = 1_000;
/// Buyers at each PG.
const BUYERS: usize = 2;

struct Load {
    web: Web,
    url: String,
    pg: Pg,
    over: AtomicBool,
    bought: AtomicUsize,
}

impl Load {
    fn good(answer: Result<Answer, String>) -> Answer {
        let answer = answer.unwrap();
        assert!(
            answer.status.is_success() || answer.status.is_redirection(),
            "{} {}",
            answer.status,
            answer.text
        );
        answer
    }

    async fn buyer(self: Arc<Self>, shop: Arc<Shop>, buyer: usize) {
        let (provider, channel, total) = (shop.provider.as_str(), shop.channel(), shop.amount());
        for n in 0.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let payment = format!("swap-{provider}-{buyer}-{n}");
            // Toss takes card numbers too: the other way to pay.
            if provider != "toss" || (buyer + n).is_multiple_of(2) {
                let opened = Self::good(self.web.open(&self.url, &channel, &payment, total).await);
                let open = &opened.json()["open"];
                let back = self.pg.authenticate_at(&self.web, provider, open).await;
                Self::good(self.web.come_back(&self.url, &back).await);
            } else {
                Self::good(self.web.instant(&self.url, &channel, &payment, total).await);
            }
            let stands = Self::good(self.web.payment(&self.url, &payment).await).json();
            assert_eq!(stands["status"], "PAID", "{stands:#}");
            // An old payment is cancelled with the contract it was made with.
            if n.is_multiple_of(5) {
                Self::good(self.web.cancel(&self.url, &payment, None, total).await);
            }
            self.bought.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Version `n`; every version differs from the one before in MIDs, keys and a comment.
fn version(shops: &[Arc<Shop>], n: usize) -> String {
    let mid = if n.is_multiple_of(2) { 1 } else { 2 };
    let channels: String = shops.iter().map(|shop| shop.channels(mid, "")).collect();
    format!("# version {n}\n{channels}")
}

async fn reloads_so_far(web: &Web, router: &Router) -> f64 {
    router.metric(web, "naru_config_reload_total{", "result=\"").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reloads_while_payments_run() {
    let web = Web::new();
    let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
    let shops: Vec<Arc<Shop>> = every_pg::providers().iter().map(|p| Arc::new(Shop::new(p))).collect();
    for shop in &shops {
        shop.register(&web, &pg).await;
    }
    let site: Site = every_pg::site(&pg, &version(&shops, 0));
    let router = site.start(&[]);
    let load = Arc::new(Load {
        web: web.clone(),
        url: router.url.clone(),
        pg,
        over: false.into(),
        bought: 0.into(),
    });
    let mut buyers = JoinSet::new();
    for shop in &shops {
        for buyer in 0..BUYERS {
            buyers.spawn(Arc::clone(&load).buyer(Arc::clone(shop), buyer));
        }
    }
    let began = Instant::now();
    let mut by = HashMap::<&str, usize>::new();
    // Two changes in one moment may be one reload: swaps go on until a thousand reloads were made.
    let mut swaps = 0;
    while swaps < RELOADS || reloads_so_far(&web, &router).await < 1_000.0 {
        let n = swaps;
        swaps += 1;
        assert!(n < 3 * RELOADS, "swaps bring no reloads\n{}", router.said());
        site.write_channels(&version(&shops, n + 1));
        // Told by an administrator, by a signal, or by nobody but the directory itself.
        let how = match n % 10 {
            0..=6 => "admin",
            7 | 8 => "signal",
            _ => "watch",
        };
        *by.entry(how).or_default() += 1;
        match how {
            "admin" => {
                let answer = router.admin(&web, Method::POST, "/admin/config/reload").await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert!(answer.json()["rejected"].is_null(), "{}", answer.text);
            }
            "signal" => router.signal("HUP"),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    let took = began.elapsed();
    load.over.store(true, Ordering::SeqCst);
    while let Some(ended) = buyers.join_next().await {
        ended.unwrap_or_else(|error| panic!("{error}\n{}", router.said()));
    }
    let bought = load.bought.load(Ordering::SeqCst);
    let reloads = reloads_so_far(&web, &router).await;
    println!(
        "{swaps} swaps ({by:?}), {reloads} reloads, {bought} payments in {:.1} s",
        took.as_secs_f32()
    );
    assert!(bought > 100, "{bought} payments prove little");
    let status = router.admin(&web, Method::GET, "/admin/config").await.json();
    assert!(status["rejected"].is_null(), "{status:#}");
    assert!(status["version"].as_u64().unwrap() > 700, "{status:#}");
    assert_eq!(router.metric(&web, "naru_config_last_reload_success", "").await, 1.0);

    let (payments, rows) = agree(&web, &router, &[&load.pg], Duration::from_secs(30)).await;
    check_versions(&payments, &rows, shops.len());
    assert!(!router.said().contains(ADMIN_TOKEN));
}

/// The MID that the payment shows is the MID whose keys the approval was made with, and both contracts were used.
fn check_versions(payments: &[Value], rows: &[Value], shops: usize) {
    let approvals = rows.iter().filter(|row| row["kind"] == "approval");
    let mid_of: HashMap<&str, &Value> = approvals
        .map(|row| (row["tid"].as_str().unwrap(), &row["mid"]))
        .collect();
    let mut used = HashMap::<String, usize>::new();
    for payment in payments {
        let shown = payment["channel"]["pgMerchantId"].as_str().unwrap();
        let tid = payment["pgTxId"].as_str().unwrap();
        assert_eq!(mid_of[tid], shown, "{payment:#}");
        *used.entry(shown.to_owned()).or_default() += 1;
    }
    println!("{used:?}");
    assert_eq!(used.len(), 2 * shops, "{used:?}");
}
