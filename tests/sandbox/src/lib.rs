//! An Octopus-like server for tests. It knows nothing of octoferry.

pub mod worker;
