#![allow(clippy::unwrap_used, clippy::expect_used)]

//! Exchanges against small servers on the loopback that behave badly in every way a PG can.

mod limits;
mod lost;
mod pool;
mod refused;
mod tcp;
mod tls;

use super::{Exchange, Gateway, GatewayOptions};
use crate::adapters::{
    Adapter, Approve, Call, Cancel, CancelDone, ChannelRevision, ChannelSpec, ChannelState, Descriptor, HttpMethod,
    Inquire, Limits, Mask, Mode, Operation, OperationTimeouts, PgView, Prepared, ProviderName, RecoveryPlan, Refusal,
    Step, Transport, WireAnswer, WireRequest,
};
use crate::payment::Approval;
use crate::telemetry::Metrics;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An adapter of which the gateway only reads the descriptor.
struct Paper;

const CONNECT: Duration = Duration::from_millis(800);
const TOTAL: Duration = Duration::from_millis(400);

static PAPER: Descriptor = Descriptor {
    names: ProviderName {
        id: "paper",
        v1: &["paper"],
        v2: "PAPER",
        ko: "종이",
        en: "Paper",
    },
    credentials: &[],
    methods: &[],
    features: &[],
    limits: Limits {
        order_id_min: 1,
        order_id_max: 64,
        amount_min: &[],
        amount_max: i64::MAX,
        currencies: &["KRW"],
        texts: &[],
        installment_min: 50_000,
        installment_months_max: 12,
    },
    hosts: &["localhost", "api.paper.example", "socket.paper.example:21001"],
    base_url: "https://api.paper.example",
    endpoints: &[],
    sender_ips: &[],
    escrow_link: None,
    mid_max: 10,
    timeouts: |_| OperationTimeouts {
        connect: CONNECT,
        total: TOTAL,
    },
};

impl Adapter for Paper {
    fn descriptor(&self) -> &'static Descriptor {
        &PAPER
    }
    fn prepare(&self, _: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
        Ok(Arc::new(()))
    }
    fn approve(&self, _: &Approve, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("paper", "is not spoken"))
    }
    fn approved(&self, _: &Approve, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<Approval> {
        panic!("the gateway reads no answers")
    }
    fn cancel(&self, _: &Cancel, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("paper", "is not spoken"))
    }
    fn cancelled(&self, _: &Cancel, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<CancelDone> {
        panic!("the gateway reads no answers")
    }
    fn inquire(&self, _: &Inquire, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("paper", "is not spoken"))
    }
    fn inquired(&self, _: &Inquire, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<PgView> {
        panic!("the gateway reads no answers")
    }
    fn recovery(&self, _: Operation) -> RecoveryPlan {
        RecoveryPlan {
            steps: &[],
            absence_after: TOTAL,
            give_up_after: TOTAL,
        }
    }
}

/// A channel whose `api` endpoint is overridden with `base`.
fn channel(key: &str, mode: Mode, base: &str) -> ChannelRevision {
    ChannelRevision {
        spec: ChannelSpec {
            key: key.to_owned(),
            name: key.to_owned(),
            provider: "paper".to_owned(),
            mode,
            state: ChannelState::Active,
            mid: "mid".to_owned(),
            stores: Vec::new(),
            methods: Vec::new(),
            manual_confirm: false,
            credentials: BTreeMap::new(),
            endpoints: BTreeMap::from([("api".to_owned(), base.to_owned())]),
            timeouts: BTreeMap::new(),
            in_flight_max: 64,
            effective_at: None,
        },
        revision: "r1".to_owned(),
        prepared: Arc::new(()),
        adapter: &Paper,
    }
}

fn call(operation: Operation, url: &str) -> Call {
    Call {
        replay: false,
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method: HttpMethod::Post,
            url: url.to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: Bytes::from_static(b"{\"orderId\":\"o-1\"}"),
            mask: Mask::default(),
        },
        carried: None,
        claim: None,
    }
}

fn gateway() -> Gateway {
    Gateway::new(GatewayOptions::default(), Metrics::new()).unwrap()
}

/// A server and what it saw.
struct Server {
    addr: SocketAddr,
    /// Connections accepted.
    connections: Arc<AtomicUsize>,
    /// Whole requests received.
    requests: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Hands every connection, with its number from 0, to `serve`.
    async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(usize, Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (accepted, seen) = (Arc::clone(&connections), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let peer = Peer {
                    stream,
                    requests: Arc::clone(&seen),
                };
                tokio::spawn(serve(number, peer));
            }
        });
        Self {
            addr,
            connections,
            requests,
            task,
        }
    }

    fn base(&self) -> String {
        format!("http://{}", self.addr)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// One accepted connection.
struct Peer {
    stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    /// Reads one request (head and announced body) and counts it; `None` at the end of the stream.
    async fn request(&mut self) -> Option<String> {
        let mut got = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&got).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    self.requests.fetch_add(1, Ordering::SeqCst);
                    return Some(text);
                }
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => got.extend_from_slice(&piece[..read]),
            }
        }
    }

    async fn say(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// A whole, keep-alive answer.
    async fn answer(&mut self, body: &str) {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nX-Id: 7\r\n\r\n", body.len());
        self.say(&format!("{head}{body}")).await;
    }

    /// Holds the connection open without a word.
    async fn hang(self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// A server that answers every request well.
async fn good_server() -> Server {
    Server::start(|_, mut peer| async move {
        while peer.request().await.is_some() {
            peer.answer("{\"ok\":true}").await;
        }
    })
    .await
}

#[track_caller]
fn not_sent(exchange: Exchange) -> String {
    match exchange {
        Exchange::NotSent(failure) => failure.code,
        other => panic!("expected NotSent, got {other:?}"),
    }
}

#[track_caller]
fn unknown(exchange: Exchange) -> String {
    match exchange {
        Exchange::Unknown(why) => why.code,
        other => panic!("expected Unknown, got {other:?}"),
    }
}

#[track_caller]
fn answered(exchange: Exchange) -> WireAnswer {
    match exchange {
        Exchange::Answer(answer) => answer,
        other => panic!("expected an answer, got {other:?}"),
    }
}
