//! Payments: where the router saturates and what a payment costs there, then what it adds at half of that, beside plain
//! reverse proxies and no proxy at all. Loads take turns in short rounds, so that a busy neighbour on the machine
//! disturbs all of them.

use crate::load::{Tally, Target, closed, open};
use crate::meter::{Meter, Spent, total};
use crate::process::{self, Process};
use crate::report::{Bar, Phase, Report};
use crate::shop::{Pg, Shop};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(3);
/// Requests of one closed round; keeps the whole run below what the simulated PG remembers.
const MOST: u64 = 20_000;
/// Connections tried for the knee. A channel's default bulkhead takes 224 new payments at once; these share ten.
const KNEES: [u32; 3] = [32, 96, 192];
/// Connections of the loads that are compared.
const COMPARED: u32 = 64;

/// What stands between the load and the PG.
enum Front {
    Direct,
    Proxy(&'static str, Process, SocketAddr),
    Pay,
    LookUp,
}

const DIRECT: &str = "key-in, direct to the PG";
const PAY: &str = "payment, through naru";

impl Front {
    fn name(&self) -> String {
        match self {
            Self::Direct => DIRECT.to_owned(),
            Self::Proxy(name, ..) => format!("key-in, through {name}"),
            Self::Pay => PAY.to_owned(),
            Self::LookUp => "GET a payment, naru".to_owned(),
        }
    }

    fn run(&self, shop: &mut Shop, pg: &mut Pg, load: impl Fn(Target<'_>) -> Tally) -> Result<Spent, String> {
        let sim = ("sim", pg.process.pid());
        let naru = ("naru", shop.router.process.pid());
        match self {
            Self::Direct => Meter::new(&[sim]).run(|| pg.pay(pg.at, load)),
            Self::Proxy(name, process, at) => Meter::new(&[(name, process.pid()), sim]).run(|| pg.pay(*at, load)),
            Self::Pay => Meter::new(&[naru, sim]).run(|| shop.pay(load)),
            Self::LookUp => Meter::new(&[naru]).run(|| shop.look_up(load)),
        }
    }
}

fn fronts(place: &Path, pg: &Pg, report: &mut Report) -> Result<Vec<Front>, String> {
    let mut fronts = vec![Front::Direct];
    for name in ["nginx", "haproxy"] {
        match process::proxy(name, place, pg.at)? {
            Some((process, at)) => fronts.push(Front::Proxy(name, process, at)),
            None => report
                .notes
                .push(format!("{name} is not installed and was NOT compared")),
        }
    }
    fronts.extend([Front::Pay, Front::LookUp]);
    Ok(fronts)
}

/// Rounds in turn: one line a front.
fn rounds(
    fronts: &[Front],
    shop: &mut Shop,
    pg: &mut Pg,
    load: impl Fn(Target<'_>) -> Tally,
) -> Result<Vec<Spent>, String> {
    let mut seen: Vec<Vec<Spent>> = fronts.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (front, seen) in fronts.iter().zip(&mut seen) {
            seen.push(front.run(shop, pg, &load)?);
        }
    }
    seen.into_iter().map(total).collect()
}

fn find<'r>(phases: &'r [Phase], what: &str) -> Result<&'r Phase, String> {
    phases
        .iter()
        .find(|p| p.what == what)
        .ok_or_else(|| format!("no load {what}"))
}

/// Payments at saturation, nothing beside them.
pub fn only(shop: &mut Shop, pg: &mut Pg, report: &mut Report) -> Result<(), String> {
    shop.pay(|target| closed(target, COMPARED, Duration::from_secs(1), MOST));
    let spent = rounds(&[Front::Pay], shop, pg, |target| closed(target, COMPARED, ROUND, MOST))?;
    let line = spent
        .into_iter()
        .map(|spent| spent.phase(PAY, "closed", COMPARED, None));
    report.phases.extend(line);
    Ok(())
}

/// Runs it all; answers the knee in payments a second.
pub fn run(place: &Path, shop: &mut Shop, pg: &mut Pg, report: &mut Report) -> Result<f64, String> {
    let fronts = fronts(place, pg, report)?;
    // Connections, caches and the ledger's first pages.
    shop.pay(|target| closed(target, COMPARED, Duration::from_secs(2), MOST));
    let mut best = (0.0, COMPARED);
    for connections in KNEES {
        let spent = Front::Pay.run(shop, pg, |target| closed(target, connections, ROUND, MOST))?;
        let phase = spent.phase("payment, finding the knee", "closed", connections, None);
        if phase.tally.per_second() > best.0 {
            best = (phase.tally.per_second(), connections);
        }
        report.phases.push(phase);
    }
    let at_knee = best.1;
    let spent = rounds(&fronts, shop, pg, |target| closed(target, at_knee, ROUND, MOST))?;
    let mut phases = Vec::new();
    for (front, spent) in fronts.iter().zip(spent) {
        phases.push(spent.phase(front.name(), "closed", at_knee, None));
    }
    let knee = find(&phases, PAY)?;
    let per_second = knee.tally.per_second();
    report.figure(
        "processor time a payment, at saturation",
        knee.cpu_of("naru"),
        "µs",
        Bar::AtMost(150.0),
    );
    report.figure(
        "durable payments, at saturation",
        per_second,
        "payments/s",
        Bar::AtLeast(3_000.0),
    );
    report.phases.append(&mut phases);

    let rate = per_second / 2.0;
    let spent = rounds(&fronts, shop, pg, |target| open(target, COMPARED, rate, ROUND))?;
    for (front, spent) in fronts.iter().zip(spent) {
        phases.push(spent.phase(front.name(), "open", COMPARED, Some(rate)));
    }
    let (direct, naru) = (find(&phases, DIRECT)?, find(&phases, PAY)?);
    let added = |q| (naru.us(q) - direct.us(q)) / 1_000.0;
    report.figure("added latency at half load, p50", added(0.5), "ms", Bar::AtMost(1.0));
    report.figure("added latency at half load, p99", added(0.99), "ms", Bar::AtMost(5.0));
    report.phases.append(&mut phases);
    Ok(per_second)
}
