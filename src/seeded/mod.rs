//! What seed puts into the source space, and how it is found again.

pub mod backend;
pub mod digest;
pub mod enabled;
pub mod foreign;
pub mod found;
pub mod git;
pub mod install;
pub mod name;
pub mod package;
pub mod part;
mod prepare;
pub mod runbook;
pub mod template;
pub mod tenant;

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

pub use prepare::prepare;

/// Whether seed made the document: it has the name and the mark.
#[must_use]
pub fn is_seeded(document: &Document, name: &str) -> bool {
    document.name() == name && name::is_marked(document.text("Description").unwrap_or_default())
}

/// The id of the environment `Octoferry`, when the space is seeded.
#[must_use]
pub fn environment(inventory: &Inventory) -> Option<&str> {
    inventory
        .all(Collection::Environments)
        .find(|document| is_seeded(document, name::ENVIRONMENT))
        .map(Document::id)
}
