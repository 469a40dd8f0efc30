//! Nothing secret is written down: after a run with card data, keys and tokens that can be recognised, none of them stands in
//! the data directory, the log at its loudest, the metrics, or any answer.

use crate::rig::{ADMIN_TOKEN, API_SECRET, Pg, Router, STORE, Site, Web, toss};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use std::path::Path;

const CHANNEL: &str = "channel-key-secrets";
const PG_KEY: &str = "test_sk_recognisable0Key7Of9This5Run";
const OTHER_PG_KEY: &str = "test_sk_another4Key2Brought8ByA1Swap";
const SEALING_KEY: &str = "5ea1c0de5ea1c0de5ea1c0de5ea1c0de5ea1c0de5ea1c0de5ea1c0de5ea1c0de";
/// A published test number, and one that fails the check digit, so that no check digit is what masks it.
const CARDS: [&str; 2] = ["4242424242424242", "9410007351946204"];
const BIRTH: &str = "870919";
const BUSINESS: &str = "7351946208";
const REFUND_ACCOUNT: &str = "88012345678904";

/// A value that must not be found, by a word that may be shown.
struct Secret {
    what: &'static str,
    bytes: Vec<u8>,
    /// Short: counts only where no letter or digit stands beside it.
    alone: bool,
}

fn secret(what: &'static str, text: &str) -> Secret {
    Secret {
        what,
        bytes: text.as_bytes().to_vec(),
        alone: text.len() < 8,
    }
}

/// The values in every dress they could be written in.
fn secrets(tokens: &[String]) -> Vec<Secret> {
    let mut all = Vec::new();
    for card in CARDS {
        all.push(secret("card number", card));
        all.push(secret("first digits of a card number", &card[..12]));
        let groups: Vec<&str> = (0..4).map(|n| &card[n * 4..n * 4 + 4]).collect();
        all.push(secret("card number with hyphens", &groups.join("-")));
        all.push(secret("card number with spaces", &groups.join(" ")));
        all.push(secret("card number in base64", &STANDARD.encode(card)));
    }
    for key in [PG_KEY, OTHER_PG_KEY, API_SECRET, ADMIN_TOKEN] {
        all.push(secret("key", key));
        all.push(secret("half of a key", &key[..key.len() / 2 + 4]));
        all.push(secret("key in base64", &STANDARD.encode(key)));
        all.push(secret("Basic credential", &STANDARD.encode(format!("{key}:"))));
    }
    all.push(secret("birth date", BIRTH));
    all.push(secret("business number", BUSINESS));
    all.push(secret("sealing key", SEALING_KEY));
    all.push(Secret {
        what: "sealing key in bytes",
        bytes: [0x5e, 0xa1, 0xc0, 0xde].repeat(8),
        alone: false,
    });
    all.extend(tokens.iter().map(|token| secret("token", token)));
    all
}

/// The secrets that stand in `hay`, in one pass.
fn find<'s>(hay: &[u8], secrets: &'s [Secret]) -> Vec<&'s Secret> {
    let mut by_first: Vec<Vec<&Secret>> = vec![Vec::new(); 256];
    for secret in secrets {
        by_first[usize::from(secret.bytes[0])].push(secret);
    }
    let clear = |at: Option<&u8>| !at.is_some_and(u8::is_ascii_alphanumeric);
    let mut found: Vec<&Secret> = Vec::new();
    for (at, byte) in hay.iter().enumerate() {
        for secret in &by_first[usize::from(*byte)] {
            let end = at + secret.bytes.len();
            let beside = || clear(at.checked_sub(1).and_then(|b| hay.get(b))) && clear(hay.get(end));
            if hay[at..].starts_with(&secret.bytes) && (!secret.alone || beside()) {
                found.push(secret);
            }
        }
    }
    found
}

/// Everything that was written or said, by the name of where.
struct Heard(Vec<(String, Vec<u8>)>);

impl Heard {
    fn add(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.to_owned(), bytes.into()));
    }

    fn add_files(&mut self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_files(&path);
            } else {
                self.add(&path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }

    fn check(&self, secrets: &[Secret], places: impl Fn(&str) -> bool) {
        let mut found = Vec::new();
        for (place, bytes) in self.0.iter().filter(|(place, _)| places(place)) {
            for secret in find(bytes, secrets) {
                found.push(format!("{} in {place}", secret.what));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

fn card(number: &str, birth: &str) -> Value {
    json!({
        "channelKey": CHANNEL, "orderName": "나루 주문", "amount": { "total": 10_000 }, "currency": "KRW",
        "method": { "card": { "credential": {
            "number": number, "expiryYear": "30", "expiryMonth": "12", "birthOrBusinessRegistrationNumber": birth,
            "passwordTwoDigits": "12",
        } } },
    })
}

struct Run {
    web: Web,
    pg: Pg,
    heard: Heard,
    tokens: Vec<String>,
}

impl Run {
    async fn post(&mut self, router: &Router, path: &str, body: Value) -> Value {
        let answer = self.web.v2(&router.url, Method::POST, path, Some(body)).await.unwrap();
        self.heard.add(&format!("answer of {path}"), answer.text.clone());
        answer.json()
    }

    /// Payments in all weathers, with either card.
    async fn pay(&mut self, router: &Router, life: &str) {
        let faults = [
            "",
            "decline:REJECT_CARD_PAYMENT",
            "approve-then-drop",
            "error-500-after",
            "truncate",
            "html-502-after",
            "bad-encoding",
        ];
        for (n, fault) in faults.into_iter().enumerate() {
            let menu = match fault {
                "" => json!([]),
                fault => json!([{ "kind": fault, "operation": "key-in", "times": 1 }]),
            };
            self.pg.faults(&self.web, menu).await;
            let (number, birth) = (CARDS[n % 2], if n.is_multiple_of(3) { BUSINESS } else { BIRTH });
            let payment = format!("{life}-{n}");
            self.post(router, &format!("/payments/{payment}/instant"), card(number, birth))
                .await;
            let refund = json!({ "bank": "KOOKMIN", "number": REFUND_ACCOUNT, "holderName": "홍길동" });
            let cancel = json!({ "reason": "buyer", "amount": 1_000, "refundAccount": refund });
            self.post(router, &format!("/payments/{payment}/cancel"), cancel).await;
            let told = self.web.payment(&router.url, &payment).await.unwrap();
            self.heard.add("GET payment", told.text);
            let story = router
                .admin(&self.web, Method::GET, &format!("/admin/payments/{STORE}/{payment}"))
                .await;
            assert_eq!(story.status, 200, "{}", story.text);
            self.heard.add("admin story", story.text);
        }
    }

    /// Requests that are refused, with the secret where it must be read to be refused.
    async fn ask_badly(&mut self, router: &Router) {
        for number in CARDS {
            for wrong in [format!("{number}9999"), format!("{number} "), format!("x{number}")] {
                self.post(router, "/payments/bad/instant", card(&wrong, BIRTH)).await;
            }
            let mut swapped = card("1", BIRTH);
            swapped["method"]["card"]["credential"]["expiryYear"] = number.into();
            self.post(router, "/payments/bad/instant", swapped).await;
            let mut numeric = card("1", BIRTH);
            numeric["method"]["card"]["credential"]["number"] = json!(number.parse::<u64>().unwrap());
            self.post(router, "/payments/bad/instant", numeric).await;
            let mut worded = card(number, BIRTH);
            worded["currency"] = number.into();
            self.post(router, "/payments/bad/instant", worded).await;
            let cut = card(number, BIRTH).to_string();
            let headers = [("authorization", format!("PortOne {API_SECRET}"))];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            for end in [cut.len() - 3, cut.find(number).unwrap() + 10] {
                let body = Bytes::copy_from_slice(&cut.as_bytes()[..end]);
                let url = format!("{}/payments/bad/instant", router.url);
                let answer = self.web.send(Method::POST, &url, &headers, body).await.unwrap();
                self.heard.add("answer to half a request", answer.text);
            }
        }
        for credential in [
            format!("Basic {API_SECRET}"),
            format!("PortOne {API_SECRET}x"),
            format!("Bearer {PG_KEY}"),
        ] {
            let url = format!("{}/payments/bad", router.url);
            let headers = [("authorization", credential.as_str()), ("x-request-id", "r-1")];
            let answer = self.web.call(Method::GET, &url, &headers, None).await.unwrap();
            self.heard.add("answer to a bad credential", answer.text);
        }
    }

    /// Tokens of the API and of a window; neither may reach a log.
    async fn tokens(&mut self, router: &Router) {
        let url = format!("{}/login/api-secret", router.url);
        let body = json!({ "apiSecret": API_SECRET });
        let pair = self.web.call(Method::POST, &url, &[], Some(body)).await.unwrap().json();
        for name in ["accessToken", "refreshToken"] {
            self.tokens.push(pair[name].as_str().unwrap().to_owned());
        }
        let bearer = format!("Bearer {}", pair["accessToken"].as_str().unwrap());
        let url = format!("{}/payments", router.url);
        let listed = self
            .web
            .call(Method::GET, &url, &[("authorization", &bearer)], None)
            .await
            .unwrap();
        assert_eq!(listed.status, 200, "{}", listed.text);
        self.heard.add("list", listed.text);
        let opened = self.web.open(&router.url, CHANNEL, "window", 10_000).await.unwrap();
        assert_eq!(opened.status, 200, "{}", opened.text);
        let attempt = opened.json()["attempt"].as_str().unwrap().to_owned();
        self.heard.add("open window", opened.text.clone());
        let back = self.pg.authenticate(&self.web, &opened.json()["open"]).await;
        let page = self.web.come_back(&router.url, &back).await.unwrap();
        self.heard.add("return page", page.text);
        self.tokens.push(attempt);
    }

    async fn look(&mut self, router: &Router) {
        for path in ["/metrics", "/readyz", "/healthz"] {
            let answer = self
                .web
                .call(Method::GET, &format!("{}{path}", router.admin), &[], None)
                .await;
            self.heard.add(path, answer.unwrap().text);
        }
        let config = router.admin(&self.web, Method::GET, "/admin/config").await;
        self.heard.add("admin config", config.text);
    }
}

fn channels(pg: &str, key: &str) -> String {
    let seeded = "plain:test_sk_naruSimulator000000000001";
    toss(CHANNEL, 1, pg, "", "").replace(seeded, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_written_down() {
    let web = Web::new();
    let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
    let merchant =
        json!({ "mid": "tnaru00001", "clientKey": "test_ck_naruSimulator000000000001", "secretKey": PG_KEY });
    let put = format!("{}/_sim/toss/merchants", pg.url);
    let answer = web.call(Method::PUT, &put, &[], Some(merchant)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let site = Site::new(&channels(&pg.url, "env:RIG_PG_KEY"))
        .set("RIG_PG_KEY", PG_KEY)
        .set("RIG_OTHER_PG_KEY", OTHER_PG_KEY)
        .set("NARU_SEALING_KEY", SEALING_KEY)
        .set("NARU_LOG", "trace")
        .set("NARU_ANSWER_WITHIN_MS", "2500");
    let pg_url = pg.url.clone();
    let mut run = Run {
        web,
        pg,
        heard: Heard(Vec::new()),
        tokens: Vec::new(),
    };
    let mut router = site.start(&[]);
    run.pay(&router, "first").await;
    run.ask_badly(&router).await;
    run.tokens(&router).await;
    // A swap to a key that the PG does not know: its refusal is written down, the key is not.
    site.write_channels(&channels(&pg_url, "env:RIG_OTHER_PG_KEY"));
    let swapped = router.admin(&run.web, Method::POST, "/admin/config/reload").await;
    assert_eq!(swapped.status, 200, "{}", swapped.text);
    run.pay(&router, "swapped").await;
    // Files that are refused, with a key in the clear where it must not be: the file has it, nothing else may.
    let secret_in_clear = format!("plain:{OTHER_PG_KEY}\"\nmode = \"live");
    site.write_channels(&channels(&pg_url, &secret_in_clear));
    let refused = router.admin(&run.web, Method::POST, "/admin/config/reload").await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    run.heard.add("refused reload", refused.text);
    run.look(&router).await;
    site.write_channels(&channels(&pg_url, "env:RIG_PG_KEY"));

    run.heard.add_files(&site.dir().join("data"));
    router.kill();
    let router = site.start(&[]);
    run.pay(&router, "second").await;
    run.look(&router).await;
    run.heard.add_files(site.dir());

    let said = run.heard.0.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    let is_log = |place: &str| Path::new(place).extension().is_some_and(|e| e == "log");
    assert!(
        run.heard
            .0
            .iter()
            .any(|(place, bytes)| is_log(place) && bytes.len() > 8_000),
        "the log was not loud"
    );
    assert!(
        run.heard.0.iter().any(|(place, _)| place.ends_with("ledger.db-wal")),
        "no write-ahead log was read"
    );
    println!("{} places, {said} bytes", run.heard.0.len());
    run.heard.check(&secrets(&[]), |_| true);
    run.heard.check(&secrets(&run.tokens), is_log);
    // The search itself works: what is meant to be kept is found.
    let kept = [secret("payment", "first-0")];
    let holds = |place: &str| {
        run.heard
            .0
            .iter()
            .any(|(p, bytes)| p.ends_with(place) && !find(bytes, &kept).is_empty())
    };
    assert!(holds("ledger.db") || holds("ledger.db-wal"));
    assert_eq!(
        find(b"x-12-y 123 12", &[secret("short", "12")]).len(),
        2,
        "only where it stands alone"
    );
}
