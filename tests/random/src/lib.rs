//! Whole spaces, made up from a seed: what a server might hold, in the format of `tests/spaces/README.md`.
//!
//! It knows the documents from their samples in `tests/spaces` and from the API, and shares nothing with octoferry. References point at
//! documents that exist; names, texts, numbers and durations are as people write them, and worse; a field that servers have had for a short
//! time is now and then not there.

mod chance;
mod connect;
mod library;
mod making;
mod people;
mod process;
mod project;
mod shared;
pub mod shrink;
mod text;
mod trigger;
mod variable;

use serde_json::Value;

/// A space that was made up.
pub struct Space {
    /// All documents and secrets of the server; the space is `Spaces-2`.
    pub dump: Value,
    /// Differences that the making itself brings about, as lines for `compare-spaces --allowed`.
    pub allowed: String,
}

/// The space of a seed: always the same.
#[must_use]
pub fn space(seed: u64) -> Space {
    let mut making = making::Making::new(seed);
    shared::change_the_defaults(&mut making);
    shared::make(&mut making);
    connect::make(&mut making);
    library::make(&mut making);
    project::make(&mut making);
    people::make(&mut making);
    let (dump, allowed) = making.finish();
    Space { dump, allowed }
}

#[cfg(test)]
mod tests {
    use super::space;

    #[test]
    fn a_seed_always_gives_the_same_space_and_another_seed_another() {
        assert_eq!(space(7).dump.to_string(), space(7).dump.to_string());
        assert_ne!(space(7).dump.to_string(), space(8).dump.to_string());
    }
}
