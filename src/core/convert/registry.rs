//! The kinds that a conversion follows. It is handed them: the engine itself knows no kind.

use crate::convert::context::Context;
use crate::convert::model::{Adopt, Kind, Lookup};
use documents::collection::Collection;
use documents::document::Document;

/// All kinds, and what they do together.
#[derive(Debug)]
pub struct Registry {
    /// What projects share, in the order of creation.
    pub space: &'static [&'static Kind],
    /// What belongs to a project, in the order of creation.
    pub project: &'static [&'static Kind],
    /// What a runbook's own module makes.
    pub runbook: &'static [&'static Kind],
    /// Things that are looked up and that no kind makes.
    pub lookups: &'static [(Collection, Lookup)],
    /// Whether a project has no module; then there is a note.
    pub leaves_out: fn(&mut Context<'_>, &Document) -> bool,
    /// Declares what is inside documents of the project with that id and needs the addresses of all of them.
    pub declare_project: fn(&mut Context<'_>, &str),
    /// Adds what the space's module has besides its documents; after all of these are written.
    pub complete_space: fn(&mut Context<'_>),
    /// The same for the module of the project with that id.
    pub complete_project: fn(&mut Context<'_>, &str),
}

impl Registry {
    /// Those of the space, then those of projects.
    pub fn all(&self) -> impl Iterator<Item = &'static Kind> {
        self.space.iter().chain(self.project).copied()
    }

    /// The kind that a document is of.
    #[must_use]
    pub fn find(&self, collection: Collection, document: &Document) -> Option<&'static Kind> {
        self.all().find(|kind| kind.collection == collection && (kind.of)(document))
    }

    /// What every server makes of a collection, and how it is known again.
    #[must_use]
    pub fn adopt(&self, collection: Collection) -> Option<Adopt> {
        self.space.iter().filter(|kind| kind.collection == collection).find_map(|kind| kind.adopt)
    }

    /// How a document (or any of a collection) is looked up by name.
    #[must_use]
    pub fn lookup(&self, collection: Collection, document: Option<&Document>) -> Option<Lookup> {
        let own = self
            .space
            .iter()
            .filter(|kind| {
                kind.collection == collection && document.is_none_or(|document| (kind.of)(document))
            })
            .find_map(|kind| kind.lookup);
        own.or_else(|| self.lookups.iter().find(|(other, _)| *other == collection).map(|(_, lookup)| *lookup))
    }

    /// Why the documents of a collection of a space are not carried; `None` when a kind, or another document, carries them.
    #[must_use]
    pub fn not_carried(&self, collection: Collection) -> Option<&'static str> {
        if self.all().any(|kind| kind.collection == collection) {
            return None;
        }
        match collection {
            Collection::Unknown(_) => Some("octoferry does not know this kind of document"),
            known => known.row().left,
        }
    }
}
