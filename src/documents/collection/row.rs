//! What is said of a collection, and the beginnings from which the table's rows are made.

use super::Collection;

/// What a collection's documents belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The space: what projects share, and the projects.
    Space,
    /// The space, and linked with projects.
    Linked,
    /// A project.
    Project,
    /// A project, or a library set.
    Owner,
    /// The server.
    Server,
    /// Another document, which they are a part of; they have no routes of their own.
    Document,
}

/// How a space is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// One list, without which an export would not be whole.
    Must,
    /// The same; older servers do not have it (404).
    Newer,
    /// The same; where the key may not see it, that is noted and the export goes on.
    Noted,
    /// It has no such list, or not for the space alone: `octopus::read` knows how.
    Apart,
    /// The same; where the key may not see it, that is noted and the export goes on.
    ApartNoted,
    /// Not at all.
    Never,
}

/// What is read of a list when only some projects of a space are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfPart {
    /// All, when what is read names one of them.
    WhenNamed,
    /// Those that are named: there may be many.
    Named,
    /// All: they name projects, not the other way round.
    All,
    /// It is read with the projects, or not at all.
    WithProjects,
}

/// A part of a natural key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The text of a field.
    Own(&'static str),
    /// The name of the document of a collection whose id stands in a field.
    Of(Collection, &'static str),
    /// The same of a project or library set.
    Owner(&'static str),
}

/// What is known of a collection.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// As inventories, manifests and dumps call it: the API's route in lower case, where it has one.
    pub name: &'static str,
    pub scope: Scope,
    /// Why they stay where they are; none: they go, or with them goes what they are a view of.
    pub left: Option<&'static str>,
    /// Whether they are content of the space: not another view of other documents, an old copy, or what a server knows anyway.
    pub compared: bool,
    /// Whether they are something to people who ask what there is.
    pub counted: bool,
    /// The route of the list, below the space unless it begins with `/api`; with `/` and an id one document is read and written there.
    pub route: &'static str,
    /// Another list, of what the first may leave out.
    pub more: Option<&'static str>,
    /// Where documents are made, and read and written by their ids, when that is not below the list.
    pub documents: Option<&'static str>,
    /// The list below a project, and whether documents are written there.
    pub in_project: Option<&'static str>,
    pub written_in_project: bool,
    /// Lists that a request to make one must hold, though what belongs into them comes later.
    pub made_with: &'static [&'static str],
    /// `PUT` of all ids sets the order there.
    pub order: Option<&'static str>,
    pub reading: Reading,
    pub of_part: OfPart,
    /// What ids begin with: `Environments` in `Environments-1`; none where they are made otherwise.
    pub prefix: Option<&'static str>,
    pub key: &'static [Part],
    /// Permissions to see the documents.
    pub view: &'static [&'static str],
    /// Permissions to make and change them, besides those to see them. Assumption: of role assignments, identities and retention defaults,
    /// of which the descriptions of the permissions do not say it.
    pub make: &'static [&'static str],
    /// Where in the portal a person finds one, `{}` standing for its key; none: nowhere of its own.
    pub portal: Option<&'static str>,
    /// The switch of what starts work by itself: held back until the cutover, and a person's from then on.
    pub switch: Option<&'static str>,
    /// Whether the provider (1.17.0) can import them.
    pub import: bool,
    /// The first server version that has them; none: every one that is supported.
    pub since: Option<&'static str>,
}

impl Row {
    /// Of a collection that the table does not know. Its name is its own.
    pub(super) const UNKNOWN: Self =
        Self { reading: Reading::Never, of_part: OfPart::WithProjects, ..space("") };

    /// Whether they belong to a project, all or some of them: the one place that says so.
    #[must_use]
    pub const fn is_inside_projects(&self) -> bool {
        matches!(self.scope, Scope::Project | Scope::Owner)
    }

    /// Whether [`crate::inventory::Inventory::of`] finds those of a project.
    #[must_use]
    pub const fn is_found_by_project(&self) -> bool {
        self.is_inside_projects() || matches!(self.scope, Scope::Linked)
    }

    /// Whether keys begin with the name of a project, where they belong to one.
    #[must_use]
    pub const fn begins_with_project(&self) -> bool {
        matches!(self.key, [Part::Of(Collection::Projects, _) | Part::Owner(_), ..])
    }

    /// Whether the key may lack the permission to see them: then that is noted.
    #[must_use]
    pub const fn may_be_unseen(&self) -> bool {
        matches!(self.reading, Reading::Noted | Reading::ApartNoted)
    }

    /// Whether the documents are listed with those of a space.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        matches!(self.reading, Reading::Must | Reading::Newer | Reading::Noted)
    }
}

pub(super) const NAME: Part = Part::Own("Name");

pub(super) const PROJECT: Part = Part::Of(Collection::Projects, "ProjectId");

/// What a space has, as one list.
pub(super) const fn space(name: &'static str) -> Row {
    Row {
        name,
        scope: Scope::Space,
        left: None,
        compared: true,
        counted: true,
        route: name,
        more: None,
        documents: None,
        in_project: None,
        written_in_project: false,
        made_with: &[],
        order: None,
        reading: Reading::Must,
        of_part: OfPart::WhenNamed,
        prefix: None,
        key: &[NAME],
        view: &[],
        make: &[],
        portal: None,
        switch: None,
        import: true,
        since: None,
    }
}

/// What is read by ways of its own.
pub(super) const fn apart(name: &'static str) -> Row {
    Row { reading: Reading::Apart, of_part: OfPart::WithProjects, ..space(name) }
}

/// The same, with a route of another name.
pub(super) const fn apart_at(name: &'static str, route: &'static str) -> Row {
    Row { route, ..apart(name) }
}

/// What a project has.
pub(super) const fn project(name: &'static str) -> Row {
    Row { scope: Scope::Project, key: &[PROJECT, NAME], ..apart(name) }
}

/// What a server has.
pub(super) const fn server(name: &'static str, route: &'static str) -> Row {
    Row { scope: Scope::Server, route, ..apart(name) }
}

/// What is inside documents of other collections.
pub(super) const fn part(name: &'static str) -> Row {
    Row { scope: Scope::Document, reading: Reading::Never, ..apart(name) }
}

/// What a server knows anyway, or another view of documents.
pub(super) const fn known(row: Row) -> Row {
    Row { compared: false, ..row }
}

/// Copies and older versions that a server keeps.
pub(super) const fn copy(row: Row) -> Row {
    Row { compared: false, counted: false, ..row }
}

/// What is not read: it stays where it is.
pub(super) const fn left(name: &'static str, why: &'static str) -> Row {
    Row { left: Some(why), reading: Reading::Never, ..apart(name) }
}
