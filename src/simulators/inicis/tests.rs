//! Driving it.
