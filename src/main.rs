//! The `naru` command.
fn main() {}
