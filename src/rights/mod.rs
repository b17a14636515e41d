//! Permissions: what octoferry needs, and what the owner of a key has.

mod held;
pub mod needed;

pub use held::{Grants, Held};
