//! What of seed's work stands in a space.

use serde_json::Value;

use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_built_in;
use documents::git::has_runbooks_in_git;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert::list;

use super::{git, is_seeded, name};

/// The lists in which seeded things are, read once, and the seeded things in them.
#[derive(Debug, Clone)]
pub struct Found {
    pub environments: Vec<Document>,
    pub project_groups: Vec<Document>,
    pub projects: Vec<Document>,
    pub library_sets: Vec<Document>,
    pub runbooks: Vec<Document>,
    pub templates: Vec<Document>,
    pub feeds: Vec<Document>,
}

impl Found {
    /// Reads the lists.
    ///
    /// # Errors
    /// When one can't be read whole.
    pub async fn read(server: &Server) -> Result<Self, Failure> {
        let lists = futures::try_join!(
            list(server, Collection::Environments),
            list(server, Collection::ProjectGroups),
            list(server, Collection::Projects),
            list(server, Collection::LibraryVariableSets),
            list(server, Collection::Runbooks),
            list(server, Collection::ActionTemplates),
            list(server, Collection::Feeds),
        )?;
        let (environments, project_groups, projects, library_sets, mut runbooks, templates, feeds) = lists;
        for project in projects.iter().filter(|project| has_runbooks_in_git(project)) {
            runbooks.extend(git::runbooks(server, project).await?);
        }
        Ok(Self { environments, project_groups, projects, library_sets, runbooks, templates, feeds })
    }

    /// The thing of this name in a list; `None` when there is none.
    ///
    /// # Errors
    /// When there is one that seed did not make: it is never touched.
    pub fn ours<'a>(
        documents: &'a [Document],
        kind: &str,
        name: &str,
    ) -> Result<Option<&'a Document>, Failure> {
        let same = |document: &&Document| document.name().eq_ignore_ascii_case(name);
        match documents.iter().find(same) {
            Some(document) if !is_seeded(document, document.name()) => Err(Failure::failed(format!(
                "there is already a {kind} {:?} that octoferry did not make",
                document.name()
            ))
            .hint("Rename it; octoferry never touches what is not its own.")),
            found => Ok(found),
        }
    }

    /// The environment in which everything of ours runs.
    ///
    /// # Errors
    /// When the space is not seeded.
    pub fn environment(&self) -> Result<&Document, Failure> {
        seeded(&self.environments, name::ENVIRONMENT).ok_or_else(not_seeded)
    }

    /// The project with the runbooks for the space.
    ///
    /// # Errors
    /// When the space is not seeded.
    pub fn project(&self) -> Result<&Document, Failure> {
        seeded(&self.projects, name::PROJECT).ok_or_else(not_seeded)
    }

    /// One of our library sets.
    ///
    /// # Errors
    /// When the space is not seeded.
    pub fn library_set(&self, set: &str) -> Result<&Document, Failure> {
        seeded(&self.library_sets, set).ok_or_else(not_seeded)
    }

    /// A seeded runbook of a project.
    #[must_use]
    pub fn runbook(&self, project_id: &str, runbook: &str) -> Option<&Document> {
        let of_project = |document: &&Document| document.text("ProjectId") == Some(project_id);
        self.runbooks.iter().filter(of_project).find(|document| is_seeded(document, runbook))
    }

    /// All seeded runbooks.
    pub fn seeded_runbooks(&self) -> impl Iterator<Item = &Document> {
        self.runbooks.iter().filter(|runbook| is_seeded(runbook, runbook.name()))
    }

    /// The user's own projects, by name.
    #[must_use]
    pub fn own_projects(&self) -> Vec<&Document> {
        let mut projects: Vec<&Document> =
            self.projects.iter().filter(|project| !is_seeded(project, project.name())).collect();
        projects.sort_by_key(|project| (project.name().to_owned(), project.id().to_owned()));
        projects
    }

    /// The built-in feed of packages.
    ///
    /// # Errors
    /// When the list of feeds has none.
    pub fn built_in_feed(&self) -> Result<&Document, Failure> {
        self.feeds.iter().find(|feed| is_built_in(feed)).ok_or_else(|| {
            Failure::failed("the space shows no built-in feed")
                .hint("The key's owner needs the permission FeedView.")
        })
    }
}

/// The set `Octoferry`; `None` where the space is not seeded.
#[must_use]
pub fn settings_set(inventory: &Inventory) -> Option<&Document> {
    inventory.all(Collection::LibraryVariableSets).find(|set| is_seeded(set, name::SETTINGS_SET))
}

/// The variables of the set `Octoferry`; none where the space is not seeded.
#[must_use]
pub fn settings_variables(inventory: &Inventory) -> &[Value] {
    let set = settings_set(inventory)
        .and_then(|set| inventory.get(Collection::Variables, set.text("VariableSetId")?));
    set.map_or(&[], |set| set.list("Variables"))
}

fn seeded<'a>(documents: &'a [Document], name: &str) -> Option<&'a Document> {
    documents.iter().find(|document| is_seeded(document, name))
}

fn not_seeded() -> Failure {
    Failure::failed("the source space is not seeded, or not completely").hint("Run octoferry seed first.")
}
