//! naru: a self-hosted payment router for Korea.
pub mod net;
pub mod payment;
