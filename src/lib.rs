//! naru (나루): a self-hosted payment router for Korea. `ARCHITECTURE.md` draws the house this crate is.

pub mod adapters;
pub mod channels;
pub mod engine;
pub mod gateway;
pub mod ledger;
pub mod net;
pub mod payment;
pub mod routing;
#[cfg(feature = "simulator")]
pub mod simulators;
pub mod telemetry;
