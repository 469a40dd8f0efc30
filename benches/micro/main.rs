//! Micro benchmarks of the hot path: `cargo bench --bench micro`, one of them with `-- NAME`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a bench that fails must stop

mod channels;
mod ledger;
mod masking;
#[path = "../sample.rs"]
mod sample;
mod toss;
mod transaction;

fn main() {
    divan::main();
}
