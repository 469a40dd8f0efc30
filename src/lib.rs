//! naru (나루): a self-hosted payment router for Korea. `ARCHITECTURE.md` draws the house this crate is.

pub mod adapters;
pub mod api;
pub mod channels;
pub mod checkout;
pub mod cli;
pub mod config;
pub mod console;
pub mod engine;
#[doc(hidden)]
pub mod fuzzing;
pub mod gateway;
pub mod ledger;
pub mod net;
pub mod notify;
pub mod payment;
pub mod routing;
pub mod server;
#[cfg(feature = "simulator")]
pub mod simulators;
pub mod telemetry;
pub mod webhook;
