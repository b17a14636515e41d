//! The stand-in provider: protocol 6, table-driven.

fn main() {}
