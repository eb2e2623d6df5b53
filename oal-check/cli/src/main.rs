//! The `oal` command.
fn main() {}
