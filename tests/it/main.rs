//! One integration binary keeps linking cheap. Everything that talks to a router starts a real `naru` process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod bad_input;
mod books;
mod browser;
mod commands;
mod crash;
mod deaths;
mod every_pg;
mod faults;
mod fuzz_smoke;
mod hangs;
mod harness;
mod kills;
mod mail;
mod operations;
mod public;
mod reloads;
mod rig;
mod scenarios;
mod sdk;
mod secrets;
mod sick;
mod source;
mod tidy;
mod v1;
