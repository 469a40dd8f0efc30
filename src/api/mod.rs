//! The PortOne-compatible fronts.

pub mod openapi;
pub mod v1;
pub mod v2;
