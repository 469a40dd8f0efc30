//! Raw TCP beside HTTP, for PGs that have such a protocol: frames that start with their own length in ASCII digits, one
//! question and one answer a connection, with the same fault menu as over HTTP.

use super::Simulators;
use super::faults::Kind;
use super::pg::{Decline, PgSimulator};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once, over all PGs; further ones wait.
const CONNECTIONS_MAX: usize = 512;
/// Time for a question to arrive whole, or for an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// Digits of the length in front of a frame.
const DIGITS: usize = 4;

impl Simulators {
    /// Listens on a free port of `ip` for every PG with a raw protocol, until [`Simulators::stop`]. `GET /_sim/` names
    /// the addresses.
    ///
    /// # Errors
    /// The address is not ours.
    pub async fn listen_raw(self: &Arc<Self>, ip: IpAddr) -> std::io::Result<()> {
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        for pg in self.pgs.iter().filter(|pg| pg.has_raw()) {
            let listener = TcpListener::bind(SocketAddr::new(ip, 0)).await?;
            let address = listener.local_addr()?;
            self.sockets
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push((pg.id(), address));
            tokio::spawn(accept(Arc::clone(self), Arc::clone(pg), listener, Arc::clone(&slots)));
        }
        Ok(())
    }

    /// Variables that channel files take the raw addresses from: `NARU_SIM_SOCKET_{PG}`, as `tcp://` URLs.
    #[must_use]
    pub fn socket_variables(&self) -> Vec<(String, String)> {
        let sockets = self.sockets.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let named = sockets.iter().map(|(id, address)| {
            (
                format!("NARU_SIM_SOCKET_{}", id.to_uppercase()),
                format!("tcp://{address}"),
            )
        });
        named.collect()
    }

    /// Raw addresses by PG, for the overview.
    pub(super) fn raw_addresses(&self) -> Map<String, Value> {
        let sockets = self.sockets.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let shown = sockets
            .iter()
            .map(|(id, address)| ((*id).to_owned(), Value::String(address.to_string())));
        shown.collect()
    }

    /// The bytes that answer a frame; `None` closes the connection without any.
    async fn raw_call(&self, pg: &dyn PgSimulator, frame: &[u8]) -> Option<Bytes> {
        let operation = pg.raw_operation(frame);
        let Some(fault) = self.faults.on_call(pg.id(), operation) else {
            return pg.serve_raw(frame, None);
        };
        let delay = fault.delay_ms.map_or(Duration::from_secs(3), Duration::from_millis);
        let decline = match &fault.kind {
            Kind::Refuse | Kind::DropBefore | Kind::Error500Before | Kind::Html502Before | Kind::RateLimit => {
                return None;
            }
            Kind::Hang => {
                let limit = Duration::from_millis(fault.delay_ms.unwrap_or(self.world.options.hang_ms));
                let mut stop = self.stop.subscribe();
                tokio::select! {
                    () = tokio::time::sleep(limit) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
                return None;
            }
            Kind::CancelOvertakes => {
                tokio::time::sleep(delay).await;
                None
            }
            Kind::Maintenance => Some(pg.raw_maintenance()),
            Kind::Decline(code) => Some(Decline {
                code: code.clone(),
                status: None,
                message: fault.message.clone(),
            }),
            _ => None,
        };
        let answer = pg.serve_raw(frame, decline.as_ref());
        match &fault.kind {
            Kind::ApproveThenDrop | Kind::Error500After | Kind::Html502After => return None,
            Kind::LateAnswer | Kind::SlowDrip => tokio::time::sleep(delay).await,
            Kind::Truncate => return answer.map(|bytes| bytes.slice(..bytes.len() / 2)),
            Kind::BadEncoding => return answer.map(|bytes| pg.garble(&bytes)),
            _ => {}
        }
        answer
    }
}

async fn accept(sim: Arc<Simulators>, pg: Arc<dyn PgSimulator>, listener: TcpListener, slots: Arc<Semaphore>) {
    let mut stop = sim.stop.subscribe();
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: wait instead of spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (sim, pg) = (Arc::clone(&sim), Arc::clone(&pg));
        tokio::spawn(async move {
            let _slot = slot;
            converse(&sim, pg.as_ref(), stream).await;
        });
    }
}

/// One question, one answer, then the end. Who breaks off is not told.
async fn converse(sim: &Simulators, pg: &dyn PgSimulator, mut stream: TcpStream) {
    let Ok(Some(frame)) = tokio::time::timeout(PATIENCE, read(&mut stream)).await else {
        return;
    };
    if let Some(answer) = sim.raw_call(pg, &frame).await {
        let written = async {
            stream.write_all(&answer).await?;
            stream.shutdown().await
        };
        let _ = tokio::time::timeout(PATIENCE, written).await;
    }
}

/// A whole frame with its length; at most as long as four digits can say.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; DIGITS];
    stream.read_exact(&mut frame).await.ok()?;
    if !frame.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: usize = std::str::from_utf8(&frame).ok()?.parse().ok()?;
    frame.resize(DIGITS + length, 0);
    stream.read_exact(frame.get_mut(DIGITS..)?).await.ok()?;
    Some(frame)
}
