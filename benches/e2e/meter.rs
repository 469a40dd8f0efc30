//! Runs loads with the processor clocks of the processes involved read before and after.

use crate::load::Tally;
use crate::process::{cpu_us, rss_mib};
use crate::report::Phase;

/// Processes whose processor time is charged to a load, by name and pid. The first is the one in front.
pub struct Meter(Vec<(&'static str, u32)>);

impl Meter {
    /// The processes, and this one as `load`.
    pub fn new(processes: &[(&'static str, u32)]) -> Self {
        let mut all = processes.to_vec();
        all.push(("load", std::process::id()));
        Self(all)
    }

    fn read(&self) -> Result<Vec<u64>, String> {
        self.0.iter().map(|(_, pid)| cpu_us(*pid)).collect()
    }

    /// Runs a load.
    pub fn run(&self, load: impl FnOnce() -> Tally) -> Result<Spent, String> {
        let before = self.read()?;
        let tally = load();
        let after = self.read()?;
        let names = self.0.iter().map(|(name, _)| *name);
        let spent = after.iter().zip(&before).map(|(after, before)| after - before);
        Ok(Spent {
            tally,
            cpu_us: names.zip(spent).collect(),
            rss_mib: self.0.first().map(|(_, pid)| rss_mib(*pid, "VmRSS")).transpose()?,
        })
    }
}

/// A load and what it took.
pub struct Spent {
    pub tally: Tally,
    cpu_us: Vec<(&'static str, u64)>,
    rss_mib: Option<f64>,
}

impl Spent {
    /// Adds a later round of the same load.
    fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        for ((_, sum), (_, more)) in self.cpu_us.iter_mut().zip(&other.cpu_us) {
            *sum += more;
        }
        self.rss_mib = other.rss_mib;
    }

    /// Processor time a request of the process in front, µs.
    pub fn front_us(&self) -> f64 {
        let spent = self.cpu_us.first().map_or(0, |(_, us)| *us);
        spent as f64 / self.tally.ok.max(1) as f64
    }

    /// As a line of the report.
    pub fn phase(self, what: impl Into<String>, kind: &'static str, connections: u32, rate: Option<f64>) -> Phase {
        let requests = self.tally.ok.max(1) as f64;
        let each = self.cpu_us.into_iter().map(|(name, us)| (name, us as f64 / requests));
        Phase {
            what: what.into(),
            kind,
            connections,
            rate,
            cpu_us: each.collect(),
            rss_mib: self.rss_mib,
            tally: self.tally,
        }
    }
}

/// Rounds of one load into one.
pub fn total(rounds: Vec<Spent>) -> Result<Spent, String> {
    let mut rounds = rounds.into_iter();
    let mut first = rounds.next().ok_or("a load without rounds")?;
    for round in rounds {
        first.add(&round);
    }
    Ok(first)
}
