//! The PortOne-compatible fronts.

pub mod v1;
pub mod v2;
