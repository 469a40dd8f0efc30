//! A router with merchants' load on it, and the agreement of the books at the end.

use crate::channels::{self, Contract};
use crate::client::once;
use crate::load::{Tally, Target};
use crate::process::{self, Process, Router};
use crate::requests;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The simulated PG and the contract that the load without a router uses.
pub struct Pg {
    pub process: Process,
    pub at: SocketAddr,
    pub direct: Contract,
    numbers: AtomicU64,
    ok: u64,
    sum: i64,
}

/// What a PG or a router has in its books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Books {
    count: u64,
    sum: i64,
}

impl Pg {
    pub fn start(place: &Path) -> Result<Self, String> {
        let (process, at) = process::simulators(place)?;
        let mut contracts = channels::sign_up(at, std::iter::once(99_999_999))?;
        let direct = contracts.pop().ok_or("no contract for the direct load")?;
        Ok(Self {
            process,
            at,
            direct,
            numbers: AtomicU64::new(0),
            ok: 0,
            sum: 0,
        })
    }

    /// Key-in payments straight to the PG, or through a proxy that stands at `front`.
    pub fn pay(&mut self, front: SocketAddr, load: impl Fn(Target<'_>) -> Tally) -> Tally {
        let contract = &self.direct;
        let tally = load(Target {
            address: front,
            request: &|n, out| requests::key_in(front, contract, n, out),
            numbers: &self.numbers,
        });
        self.ok += tally.ok;
        self.sum += tally.sum;
        tally
    }

    fn books(&self, mid: &str) -> Result<Books, String> {
        let path = format!("/_sim/ledger?provider=toss&mid={mid}");
        let body = once(self.at, &requests::control(self.at, "GET", &path, ""))?;
        let rows: Vec<Value> = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let mut books = Books { count: 0, sum: 0 };
        for row in rows
            .iter()
            .filter(|row| row["kind"] == "approval" && row["state"] == "DONE")
        {
            books.count += 1;
            books.sum += row["amount"]
                .as_i64()
                .ok_or("a row of the PG's ledger without an amount")?;
        }
        Ok(books)
    }

    /// Fails unless the PG approved exactly what the load without a router was told.
    pub fn agree(&self) -> Result<(), String> {
        let told = Books {
            count: self.ok,
            sum: self.sum,
        };
        let pg = self.books(&self.direct.mid)?;
        if pg == told {
            Ok(())
        } else {
            Err(format!("the direct load was told {told:?}, the PG has {pg:?}"))
        }
    }
}

/// A router and what was paid through it.
pub struct Shop {
    pub router: Router,
    keys: Vec<String>,
    mids: Vec<String>,
    payments: AtomicU64,
    look_ups: AtomicU64,
    ok: u64,
    sum: i64,
}

impl Shop {
    /// Starts a router with `count` channels; payments go to ten of them, from `first` on in even steps.
    pub fn open(place: &Path, pg: &Pg, count: usize, per_file: usize, first: usize) -> Result<Self, String> {
        Self::open_with(place, pg, count, per_file, first, "")
    }

    /// Name of the router's data directory.
    pub fn name(count: usize, per_file: usize) -> String {
        format!("router-{count}-{per_file}")
    }

    /// Like [`Shop::open`], with webhooks as channel-file text. A ledger that is there already is taken on.
    pub fn open_with(
        place: &Path,
        pg: &Pg,
        count: usize,
        per_file: usize,
        first: usize,
        hooks: &str,
    ) -> Result<Self, String> {
        let name = format!("channels-{count}-{per_file}");
        let folder = place.join(&name);
        channels::directory(&folder, count, per_file, pg.at, hooks)?;
        let used = || (0..10).map(|i| first + i * (count / 10));
        let contracts = channels::sign_up(pg.at, used())?;
        let router = process::router(place, &Self::name(count, per_file), &folder)?;
        Ok(Self {
            router,
            keys: used().map(channels::key).collect(),
            mids: contracts.into_iter().map(|c| c.mid).collect(),
            payments: AtomicU64::new(0),
            look_ups: AtomicU64::new(0),
            ok: 0,
            sum: 0,
        })
    }

    /// Key-in payments through the router.
    pub fn pay(&mut self, load: impl Fn(Target<'_>) -> Tally) -> Tally {
        let (host, keys) = (self.router.public, &self.keys);
        let tally = load(Target {
            address: host,
            request: &|n, out| requests::instant(host, keys, n, out),
            numbers: &self.payments,
        });
        self.ok += tally.ok;
        self.sum += tally.sum;
        tally
    }

    /// Look-ups of payments made before.
    pub fn look_up(&mut self, load: impl Fn(Target<'_>) -> Tally) -> Tally {
        let (host, known) = (self.router.public, self.payments.load(Ordering::Relaxed));
        load(Target {
            address: host,
            request: &|n, out| requests::look_up(host, known, n.wrapping_mul(7_919), out),
            numbers: &self.look_ups,
        })
    }

    /// Fails unless merchants, router and PG have the same payments: number and sum, and nothing in another state.
    pub fn agree(&self, pg: &Pg) -> Result<Value, String> {
        let told = Books {
            count: self.ok,
            sum: self.sum,
        };
        let listed = self.listed("PAID")?;
        let router = self.ledger()?;
        let mut at_pg = Books { count: 0, sum: 0 };
        for mid in &self.mids {
            let books = pg.books(mid)?;
            at_pg.count += books.count;
            at_pg.sum += books.sum;
        }
        if listed == told.count && router == told && at_pg == told {
            Ok(json!({"payments": told.count, "sum": told.sum}))
        } else {
            Err(format!(
                "the books differ: merchants were told {told:?}, the router lists {listed} paid and its ledger has \
                 {router:?}, the PG has {at_pg:?}"
            ))
        }
    }

    fn listed(&self, status: &str) -> Result<u64, String> {
        let host = self.router.public;
        let body = once(host, &requests::count(host, status))?;
        let page: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        page["page"]["totalCount"]
            .as_u64()
            .ok_or_else(|| format!("no totalCount in {page}"))
    }

    /// Every attempt of the ledger file, whatever its state.
    fn ledger(&self) -> Result<Books, String> {
        let failed = |error: rusqlite::Error| format!("{}: {error}", self.router.ledger.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.router.ledger, flags).map_err(failed)?;
        let sums = "SELECT count(*), coalesce(sum(json_extract(doc, '$.amounts.total')), 0) FROM transactions";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Books {
                count: row.get::<_, i64>(0)?.unsigned_abs(),
                sum: row.get(1)?,
            })
        };
        connection.query_row(sums, [], read).map_err(failed)
    }
}
