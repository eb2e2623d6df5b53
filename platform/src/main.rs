//! The command `helios`.

fn main() {}
