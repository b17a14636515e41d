//! The marks that octoferry leaves in a source space, by which everybody knows what is its own: names, the journal at the end of a description,
//! digests in steps, how documents stood before; and what of it is found in a space.

pub mod before;
pub mod digest;
pub mod door;
pub mod found;
pub mod git;
pub mod journal;
pub mod name;
pub mod tenant;

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

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
