//! `octoferry unseed`: takes back all that seed and spread put into the source space.

mod keys;

use serde_json::Value;

use self::keys::Keys;
use crate::cli;
use crate::deployment::notes;
use crate::mark::before::Before;
use crate::mark::found::Found;
use crate::mark::{git, is_seeded, name, tenant};
use crate::outcome::Outcome;
use crate::seeded::put_back;
use crate::settings;
use crate::spread::collapse;
use crate::spread::shown;
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::git::has_runbooks_in_git;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::{tasks, upsert};

/// Runs the command. Collapses first; stopped anywhere, the next run goes on.
///
/// # Errors
/// When a setting is missing or contradicts another, or a server can't be reached or refuses.
pub async fn run(arguments: cli::Unseed, ui: &Ui) -> Result<Outcome, Failure> {
    let cli::Unseed { change: arguments, destination } = arguments;
    let transport = settings::transport(&arguments.connection)?;
    let given = settings::Settings::read(None, ui)?;
    let source = given.source(&arguments.source, &transport).await?;
    ui.info(&format!("source: {}", source.described()));
    let found = Found::read(&source).await?;
    let inventory = read::read(&source, Extent::Whole).await?;
    let plan = collapse::collapse(&inventory);
    let things = Things::of(&source, &found).await?;
    let keys =
        Keys::look(&source, &inventory, given.destination_if_given(&destination, &transport).await).await;
    shown::show(&plan, ui);
    for line in keys.lines().into_iter().chain(things.lines()) {
        ui.data(&line);
    }
    if plan.changes.is_empty() && things.is_empty() && keys.is_nothing() {
        return Ok(Outcome::Done);
    }
    let ours = notes::are_ours(&source, &inventory, ui).await;
    if arguments.plan {
        return Ok(Outcome::ChangesPending);
    }
    let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
    tasks::refuse_active(&source, &runbooks, "unseed").await?;
    ui.confirm("Take all of this back?", arguments.yes)?;
    let left = plan.left.len();
    let noted = Before::noted(&inventory);
    let mut stays = keys.remove(ui).await;
    stays.extend(things.remove_variables(&source, ui).await);
    stays.extend(put_back::put_back(&source, &inventory, plan, ui).await.map_err(|failure| {
        failure.hint("The keys are removed, what else seed made is still there: run unseed again when the cause is gone.")
    })?);
    stays.extend(things.remove(&source, ui).await);
    for project in found.projects.iter().filter(|project| has_runbooks_in_git(project)) {
        ui.info(&format!(
            "the branch {:?} of {:?} is empty of octoferry and stays: delete it in the repository",
            git::BRANCH,
            project.name()
        ));
    }
    if !stays.is_empty() {
        ui.warning(&format!("these stay, and all else is taken back:\n  {}", stays.join("\n  ")));
    } else if left == 0 {
        ui.info("all that seed and spread had put into the source space is taken back");
    }
    let as_it_was = is_as_it_was(&source, noted.as_ref(), ui).await?;
    Ok(if stays.is_empty() && left == 0 && as_it_was && ours {
        Outcome::Done
    } else {
        Outcome::DoneWithNotes
    })
}

/// Reads the space again and holds it against what was noted before seed. The last sentence says no more than that shows.
async fn is_as_it_was(source: &Server, noted: Option<&Before>, ui: &Ui) -> Result<bool, Failure> {
    let Some(noted) = noted else {
        ui.info("how the space stood before seed was not noted, so nothing can be held against it");
        return Ok(true);
    };
    let (differences, compared) = noted.differences(&read::read(source, Extent::Whole).await?);
    if differences.is_empty() {
        ui.info(&format!(
            "the source space is as it was: {compared} projects, variable sets, accounts and certificates are what was noted before seed"
        ));
    } else {
        ui.warning(&format!(
            "these are not as they were before seed; people changed them since, or the journal of octoferry in them. Look at them:\n  {}",
            differences.join("\n  ")
        ));
    }
    Ok(differences.is_empty())
}

/// Everything that seed made and that is still there.
struct Things<'a> {
    found: &'a Found,
    /// Route below the space and what it is, in the order of removal: what is used by others comes after them.
    documents: Vec<(String, String)>,
    /// Sets that projects are linked to.
    sets: Vec<&'a str>,
    /// Projects in which a person entered secrets for octoferry, or with variables for a runbook of ours.
    entered: Vec<&'a Document>,
    packages: Vec<(String, String)>,
}

impl<'a> Things<'a> {
    async fn of(source: &Server, found: &'a Found) -> Result<Self, Failure> {
        let lists: [(Collection, &str, &'a [Document]); 6] = [
            (Collection::Runbooks, "runbook", &found.runbooks),
            (Collection::Projects, "project", &found.projects),
            (Collection::ProjectGroups, "project group", &found.project_groups),
            (Collection::LibraryVariableSets, "library variable set", &found.library_sets),
            (Collection::ActionTemplates, "step template", &found.templates),
            (Collection::Environments, "environment", &found.environments),
        ];
        let mut documents = Vec::new();
        let mut feeds = found.feeds.iter().filter(|feed| feed.name() == name::FEED).peekable();
        for (collection, kind, list) in lists {
            for document in list.iter().filter(|document| is_seeded(document, document.name())) {
                let route = git::route_of(document).map(|route| format!("{route}/")).unwrap_or_default();
                documents.push((
                    format!("{route}{collection}/{}", document.id()),
                    format!("{kind} {:?}", document.name()),
                ));
            }
            if collection == Collection::Projects {
                documents.extend(
                    feeds
                        .by_ref()
                        .map(|feed| (format!("feeds/{}", feed.id()), format!("feed {:?}", feed.name()))),
                );
            }
        }
        let sets =
            found.library_sets.iter().filter(|set| is_seeded(set, set.name())).map(Document::id).collect();
        let mut entered = Vec::new();
        for project in found.own_projects() {
            if has_entered(source, project, found).await? {
                entered.push(project);
            }
        }
        Ok(Self { found, documents, sets, entered, packages: packages(source).await? })
    }

    fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.packages.is_empty() && self.entered.is_empty()
    }

    fn lines(&self) -> Vec<String> {
        let entered = self
            .entered
            .iter()
            .map(|project| format!("remove: variables Octoferry.… of the project {:?}", project.name()));
        let documents = self.documents.iter().map(|(_, what)| format!("remove: {what}"));
        let packages = self.packages.iter().map(|(_, what)| format!("remove: package {what}"));
        entered.chain(documents).chain(packages).collect()
    }

    /// Takes our variables out of all sets, the keys first: whatever stops the rest, they are gone. What can't be removed, and why.
    async fn remove_variables(&self, source: &Server, ui: &Ui) -> Vec<String> {
        let mut stays = Vec::new();
        let first = |set: &&Document| set.name() != name::SETTINGS_SET;
        let mut sets: Vec<&Document> =
            self.found.library_sets.iter().filter(|set| self.sets.contains(&set.id())).collect();
        sets.sort_by_key(first);
        for owner in sets.into_iter().chain(self.entered.iter().copied()) {
            match self.remove_ours(source, owner).await {
                Ok(true) => ui.info(&format!("removed: octoferry's variables of {:?}", owner.name())),
                Ok(false) => {}
                Err(failure) => stays.push(format!("octoferry's variables of {:?}: {failure}", owner.name())),
            }
        }
        stays
    }

    async fn remove_ours(&self, source: &Server, owner: &Document) -> Result<bool, Failure> {
        upsert::edit(source, &format!("variables/{}", variable_set(owner)), |set| {
            let before = set.list("Variables").to_vec();
            // The note goes with its set, at the very end: a run that is stopped before needs it again.
            let is_note = |variable: &Value| {
                (variable["Name"] == name::BEFORE || variable["Name"] == name::SPREAD)
                    && self.sets.contains(&owner.id())
            };
            let stays = |variable: &&Value| !self.is_ours_in(owner, variable) || is_note(variable);
            let after: Vec<Value> = before.iter().filter(stays).cloned().collect();
            let differs = after.len() != before.len();
            set.fields_mut().insert("Variables".to_owned(), Value::Array(after));
            differs
        })
        .await
    }

    /// Whether a variable of a set is one that goes. In our own sets so does the tag of tasks.
    fn is_ours_in(&self, owner: &Document, variable: &Value) -> bool {
        let in_set = self.sets.contains(&owner.id());
        is_ours(variable, self.found) || (in_set && variable["Name"] == name::CONCURRENCY_TAG)
    }

    /// Removes all the rest, each thing by itself. What can't be removed, and why.
    async fn remove(&self, source: &Server, ui: &Ui) -> Vec<String> {
        let mut stays = Vec::new();
        let kept = self.sets_of_others(source, &mut stays).await;
        for project in self.found.own_projects() {
            let links = project.texts("IncludedLibraryVariableSetIds");
            if links.into_iter().any(|id| self.sets.contains(&id) && !kept.contains(&id))
                && let Err(failure) = self.unlink(source, project, &kept).await
            {
                stays.push(format!(
                    "the link of project {:?} to octoferry's variables: {failure}",
                    project.name()
                ));
            }
        }
        for (route, what) in &self.documents {
            if kept.iter().any(|id| route.ends_with(&format!("libraryvariablesets/{id}"))) {
                continue;
            }
            match source.client.delete(&source.path(route)).await {
                Ok(_) => ui.info(&format!("removed: {what}")),
                Err(failure) if failure.is_missing() => {}
                Err(failure) => stays.push(format!("{what}: {failure}")),
            }
        }
        let mut removed = 0;
        for (route, what) in &self.packages {
            match source.client.delete(&source.path(route)).await {
                Ok(_) => removed += 1,
                Err(failure) if failure.is_missing() => {}
                Err(failure) => stays.push(format!("package {what}: {failure}")),
            }
        }
        ui.info(&format!("removed: {removed} packages"));
        stays
    }

    /// Our sets in which somebody has put variables of their own: they stay with them.
    async fn sets_of_others(&self, source: &Server, stays: &mut Vec<String>) -> Vec<&'a str> {
        let mut kept = Vec::new();
        for set in self.found.library_sets.iter().filter(|set| self.sets.contains(&set.id())) {
            let path = source.path(&format!("variables/{}", variable_set(set)));
            let why = match source.client.find(&path).await {
                Ok(variables) => {
                    let variables = variables.unwrap_or_default();
                    let others = variables["Variables"].as_array().into_iter().flatten();
                    let others: Vec<&str> = others
                        .filter(|variable| !self.is_ours_in(set, variable))
                        .filter_map(|variable| variable["Name"].as_str())
                        .collect();
                    (!others.is_empty()).then(|| {
                        format!("it holds variables that are not octoferry's: {}", others.join(", "))
                    })
                }
                Err(failure) => Some(failure.to_string()),
            };
            if let Some(why) = why {
                stays.push(format!("library variable set {:?}: {why}", set.name()));
                kept.push(set.id());
            }
        }
        kept
    }

    async fn unlink(&self, source: &Server, project: &Document, kept: &[&str]) -> Result<(), Failure> {
        upsert::edit(source, &format!("projects/{}", project.id()), |project| {
            let before = project.list("IncludedLibraryVariableSetIds").to_vec();
            let goes = |id: &str| self.sets.contains(&id) && !kept.contains(&id);
            let stays = |id: &&Value| !id.as_str().is_some_and(goes);
            let after: Vec<Value> = before.iter().filter(stays).cloned().collect();
            let differs = after.len() != before.len();
            project.fields_mut().insert("IncludedLibraryVariableSetIds".to_owned(), Value::Array(after));
            differs
        })
        .await?;
        Ok(())
    }
}

/// octoferry's own package and the module packages of this space.
async fn packages(source: &Server) -> Result<Vec<(String, String)>, Failure> {
    let listed = upsert::search(source, Collection::Packages, &format!("filter={}", name::PACKAGE)).await?;
    let modules = format!("{}{}", name::MODULE_PACKAGE, source.space_id()).to_lowercase();
    let of_ours = |id: &str| {
        let id = id.to_lowercase();
        id == name::PACKAGE
            || id == modules
            || id.strip_prefix(&modules).is_some_and(|rest| rest.starts_with('-'))
    };
    let mut packages = Vec::new();
    let mut ids: Vec<&str> =
        listed.iter().filter_map(|package| package.text("PackageId")).filter(|id| of_ours(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    // The search may show only the newest version of each.
    for id in ids {
        for package in upsert::search(source, Collection::Packages, &format!("nuGetPackageId={id}")).await? {
            if package.text("PackageId").is_some_and(|other| other.eq_ignore_ascii_case(id)) {
                let version = package.text("Version").unwrap_or_default();
                packages.push((format!("packages/{}", package.id()), format!("{id} {version}")));
            }
        }
    }
    Ok(packages)
}

fn variable_set(project: &Document) -> String {
    project.text("VariableSetId").map_or_else(|| format!("variableset-{}", project.id()), str::to_owned)
}

/// Whether a project has variables that a person entered for octoferry, or that seed made.
async fn has_entered(source: &Server, project: &Document, found: &Found) -> Result<bool, Failure> {
    let set = source.client.find(&source.path(&format!("variables/{}", variable_set(project)))).await?;
    let set = set.unwrap_or_default();
    Ok(set["Variables"].as_array().into_iter().flatten().any(|variable| is_ours(variable, found)))
}

fn is_ours(variable: &Value, found: &Found) -> bool {
    let name = variable["Name"].as_str().unwrap_or_default();
    let of_runbook = || found.seeded_runbooks().any(|runbook| tenant::belongs_to(variable, runbook.id()));
    name::is_ours(name) || (name == name::CONCURRENCY_TAG && of_runbook())
}
