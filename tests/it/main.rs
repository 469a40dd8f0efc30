//! One integration binary keeps linking cheap. Everything that talks to a router starts a real `naru` process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod commands;
mod harness;
mod mail;
mod operations;
mod public;
mod scenarios;
mod sdk;
mod source;
mod tidy;
