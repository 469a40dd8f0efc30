//! A router that is handed its listeners, as systemd does: while one process ends and the next begins, nobody is refused.

use crate::rig::{Pg, Site, toss};
use crate::web::Web;
use http::Method;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CHANNEL: &str = "channel-key-handover";
/// Upgrades while clients ask.
const UPGRADES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_refuses_nobody() {
    let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
    let site = Site::new(&toss(CHANNEL, 1, &pg.url, "", ""));
    let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (public, v1, operations) = (bind(), bind(), bind());
    // Named in another order than they are bound in: names decide.
    let sockets = [("operations", &operations), ("public", &public), ("v1", &v1)];
    let url = format!("http://{}", public.local_addr().unwrap());
    let mut router = site.start_with(sockets);
    assert_eq!(router.url, url, "it listens where the socket does");
    assert_eq!(router.admin, format!("http://{}", operations.local_addr().unwrap()));

    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut clients = Vec::new();
    for _ in 0..4 {
        let (url, stop, asked) = (format!("{url}/banks"), Arc::clone(&stop), Arc::clone(&asked));
        clients.push(tokio::spawn(async move {
            let mut failed = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                // A connection of its own each time: a client that keeps one sees it closed, and asks again.
                let answer = Web::new().call(Method::GET, &url, &[], None).await;
                asked.fetch_add(1, Ordering::Relaxed);
                match answer {
                    Ok(answer) if answer.status == 200 => {}
                    other => failed.push(format!("{:?}", other.map(|answer| answer.status))),
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            failed
        }));
    }
    for _ in 0..UPGRADES {
        tokio::time::sleep(Duration::from_millis(300)).await;
        router.signal("TERM");
        assert!(
            router.ended(Duration::from_secs(40)).await.is_some(),
            "{}",
            router.said()
        );
        router = tokio::task::block_in_place(|| site.start_with(sockets));
    }
    let before = asked.load(Ordering::Relaxed);
    let since = Instant::now();
    while asked.load(Ordering::Relaxed) < before + 50 {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", router.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let failed = client.await.unwrap();
        assert!(failed.is_empty(), "{failed:?}\n{}", router.said());
    }
    println!("{} requests over {UPGRADES} upgrades", asked.load(Ordering::Relaxed));
}

#[test]
fn a_socket_of_another_name_stops_the_start() {
    let site = Site::new("");
    let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (a, b, c) = (bind(), bind(), bind());
    let started = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        site.start_with([("public", &a), ("v1", &b), ("admin", &c)])
    }));
    let said = *started.err().unwrap().downcast::<String>().unwrap();
    assert!(
        said.contains("admin") && said.contains("public, v1, operations"),
        "{said}"
    );
}
