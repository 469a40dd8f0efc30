//! The PortOne-compatible fronts.

pub mod v2;
