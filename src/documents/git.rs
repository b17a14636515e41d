//! Projects stored in Git ("Config as Code"): what a branch holds, put where an ordinary project has it.
//!
//! Reading brings the branch of a project as one document of the collection `gitbranches`, in the form that `tests/spaces/README.md` describes;
//! what couldn't be read stands there as `Unread`. Sensitive variables are in the database, in the set that every project has.
//! [`into_ordinary`] makes an ordinary project of both, so that nothing later needs to know where things were.

mod slugs;

use serde_json::{Map, Value, json};

use crate::collection::Collection;
use crate::document::Document;
use crate::inventory::Inventory;

/// The collection of what projects keep in Git.
pub const BRANCHES: Collection = Collection::GitBranches;

/// Fields of the deployment settings and of the project that are the same.
const MIRRORED: &[(&str, &str)] = &[
    ("ConnectivityPolicy", "ProjectConnectivityPolicy"),
    ("DefaultGuidedFailureMode", "DefaultGuidedFailureMode"),
    ("DefaultToSkipIfAlreadyInstalled", "DefaultToSkipIfAlreadyInstalled"),
    ("DeploymentChangesTemplate", "DeploymentChangesTemplate"),
    ("ForcePackageDownload", "ForcePackageDownload"),
    ("ReleaseNotesTemplate", "ReleaseNotesTemplate"),
    ("VersioningStrategy", "VersioningStrategy"),
];

/// A project's deployment settings without the fields that the project says again. A mirrored field that says something else stays, so that
/// `verify` sees it.
#[must_use]
pub fn without_mirrored(project: &Document, mut settings: Document) -> Document {
    for (field, of_project) in MIRRORED {
        if settings.get(field) == project.get(of_project) {
            settings.fields_mut().shift_remove(*field);
        }
    }
    // A server may leave out what the address says.
    let id = format!("deploymentsettings-{}", project.id());
    for (field, value) in [("Id", id.as_str()), ("ProjectId", project.id())] {
        settings.fields_mut().entry(field).or_insert_with(|| value.into());
    }
    settings
}

/// Where the process, the settings and the plain variables of a project are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept<'a> {
    /// In the database, as in an ordinary project.
    Database,
    /// They were in this branch, and are in the inventory now.
    Branch(&'a str),
    /// In a branch that could not be read, and why.
    Unread { branch: &'a str, why: &'a str },
}

/// Where a project's content is, after [`into_ordinary`].
#[must_use]
pub fn kept<'a>(inventory: &'a Inventory, project: &'a Document) -> Kept<'a> {
    if !is_version_controlled(project) {
        return Kept::Database;
    }
    let Some(branch) = inventory.all(BRANCHES).find(|branch| branch.text("ProjectId") == Some(project.id()))
    else {
        return Kept::Unread { branch: default_branch(project), why: "it was not read" };
    };
    let name = branch.name();
    match branch.get("Unread") {
        Some(why) => Kept::Unread { branch: name, why: why.as_str().unwrap_or_default() },
        None if branch.get("DeploymentProcess").is_some() => {
            Kept::Unread { branch: name, why: "it was read, and not taken into the project" }
        }
        None => Kept::Branch(name),
    }
}

/// Whether process, settings and plain variables of a project are kept in Git.
#[must_use]
pub fn is_version_controlled(project: &Document) -> bool {
    project.flag("IsVersionControlled") || settings(project)["Type"] == "VersionControlled"
}

/// What a project signs in to its repository with, where that is a secret of its own and no Git credential of the space.
#[must_use]
pub fn own_credentials(project: &Document) -> Option<&Map<String, Value>> {
    let credentials = settings(project)["Credentials"].as_object()?;
    credentials.values().any(|value| value["HasValue"] == true).then_some(credentials)
}

/// Whether a project's runbooks are kept in Git.
#[must_use]
pub fn has_runbooks_in_git(project: &Document) -> bool {
    settings(project)["ConversionState"]["RunbooksAreInGit"] == true
}

/// Whether a project's plain variables are kept in Git. Sensitive ones never are.
#[must_use]
pub fn has_variables_in_git(project: &Document) -> bool {
    settings(project)["ConversionState"]["VariablesAreInGit"] == true
}

/// The branch that a run takes the variables from, and that is read unless another is asked for.
#[must_use]
pub fn default_branch(project: &Document) -> &str {
    settings(project)["DefaultBranch"].as_str().filter(|name| !name.is_empty()).unwrap_or("main")
}

fn settings(project: &Document) -> &Value {
    project.get("PersistenceSettings").unwrap_or(&Value::Null)
}

/// The plain variables of a project that are in Git: a run sees them beside those of the database.
pub fn variables<'a>(inventory: &'a Inventory, project: &'a str) -> impl Iterator<Item = &'a Value> {
    inventory
        .all(BRANCHES)
        .filter(move |branch| branch.text("ProjectId") == Some(project))
        .flat_map(|branch| branch.list("Variables"))
}

/// The steps of all processes that are in Git.
pub fn steps(inventory: &Inventory) -> impl Iterator<Item = &Value> {
    inventory.all(BRANCHES).flat_map(|branch| {
        let runbooks = branch.list("Runbooks").iter().map(|runbook| &runbook["Process"]);
        let processes = branch.get("DeploymentProcess").into_iter().chain(runbooks);
        processes.flat_map(|process| process["Steps"].as_array().into_iter().flatten())
    })
}

/// Makes ordinary projects of those whose branch has been read; of the branch only its name stays.
pub fn into_ordinary(inventory: &mut Inventory) {
    let projects: Vec<Document> = inventory
        .all(Collection::Projects)
        .filter(|project| is_version_controlled(project))
        .cloned()
        .collect();
    for mut project in projects {
        let mut branches: Vec<Document> = inventory
            .all(BRANCHES)
            .filter(|branch| branch.text("ProjectId") == Some(project.id()))
            .cloned()
            .collect();
        // Reading brings one; a dump may hold several.
        let chosen = branches.iter().position(|branch| branch.name() == default_branch(&project));
        if branches.is_empty() {
            continue;
        }
        let mut branch = branches.swap_remove(chosen.unwrap_or_default());
        for other in &branches {
            inventory.remove(BRANCHES, other.id());
        }
        if branch.get("Unread").is_some() || branch.get("DeploymentProcess").is_none() {
            continue;
        }
        slugs::resolve(inventory, project.id(), &mut branch);
        put_variables(inventory, &project, &branch);
        put_runbooks(inventory, &mut project, &branch);
        put_process(inventory, &project, &branch);
        put_settings(inventory, &mut project, &branch);
        project.fields_mut().insert("IsVersionControlled".to_owned(), json!(false));
        inventory.insert(Collection::Projects, project);
        let mut rest = branch;
        rest.fields_mut().retain(|name, _| ["Id", "SpaceId", "ProjectId", "Name"].contains(&name.as_str()));
        inventory.insert(BRANCHES, rest);
    }
}

/// A document of the project with these fields.
fn of_project(project: &Document, id: &str, fields: Value) -> Document {
    let mut all = Map::new();
    all.insert("Id".to_owned(), json!(id));
    all.insert("ProjectId".to_owned(), json!(project.id()));
    all.insert("SpaceId".to_owned(), project.get("SpaceId").cloned().unwrap_or_default());
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            all.entry(name).or_insert(value);
        }
    }
    Document::new(Value::Object(all)).unwrap_or_else(|| unreachable!("an object is a document"))
}

fn id_or(project: &Document, field: &str, otherwise: &str) -> String {
    let id = project.text(field).filter(|id| !id.is_empty());
    id.map_or_else(|| format!("{otherwise}-{}", project.id()), str::to_owned)
}

fn put_process(inventory: &mut Inventory, project: &Document, branch: &Document) {
    let id = id_or(project, "DeploymentProcessId", "deploymentprocess");
    let steps = branch.get("DeploymentProcess").map(|process| process["Steps"].clone());
    let process = of_project(project, &id, json!({"Steps": steps}));
    inventory.insert(Collection::DeploymentProcesses, process);
}

/// The settings of the branch, and their mirror in the project.
fn put_settings(inventory: &mut Inventory, project: &mut Document, branch: &Document) {
    let Some(Value::Object(settings)) = branch.get("DeploymentSettings") else { return };
    for (field, of_project) in MIRRORED {
        if let Some(value) = settings.get(*field) {
            project.fields_mut().insert((*of_project).to_owned(), value.clone());
        }
    }
    let id = format!("deploymentsettings-{}", project.id());
    let settings = of_project(project, &id, Value::Object(settings.clone()));
    inventory.insert(Collection::DeploymentSettings, without_mirrored(project, settings));
}

/// The plain variables of the branch before the sensitive ones of the database.
///
/// A plain one in the database of such a project (the provider writes them without complaint, its Labs issue 687) is none that a run sees.
fn put_variables(inventory: &mut Inventory, project: &Document, branch: &Document) {
    let Some(Value::Array(in_git)) = branch.get("Variables") else { return };
    let id = id_or(project, "VariableSetId", "variableset");
    let mut set = inventory.get(Collection::Variables, &id).cloned().unwrap_or_else(|| {
        let mut set = of_project(project, &id, json!({"OwnerId": project.id(), "Version": 0}));
        set.fields_mut().shift_remove("ProjectId");
        set
    });
    let sensitive = |variable: &&Value| variable["IsSensitive"] == true || variable["Type"] == "Sensitive";
    let in_database = set.list("Variables").iter().filter(sensitive);
    let all: Vec<Value> = in_git.iter().chain(in_database).cloned().collect();
    set.fields_mut().insert("Variables".to_owned(), Value::Array(all));
    inventory.insert(Collection::Variables, set);
}

/// Runbooks in Git have their slug as id, which is a word like any other and the same in other projects: they get ids of their own.
fn put_runbooks(inventory: &mut Inventory, project: &mut Document, branch: &Document) {
    let mut slugs = Vec::new();
    for runbook in branch.list("Runbooks") {
        let Some(slug) = runbook["Slug"].as_str().or_else(|| runbook["Id"].as_str()) else { continue };
        let id = runbook_id(project, slug);
        let process = format!("RunbookProcess-{id}");
        let mut document = of_project(
            project,
            &id,
            json!({"Slug": slug, "RunbookProcessId": process, "PublishedRunbookSnapshotId": null}),
        );
        for (name, value) in runbook.as_object().into_iter().flatten().filter(|(name, _)| *name != "Process")
        {
            document.fields_mut().entry(name.clone()).or_insert(value.clone());
        }
        let steps = json!({"RunbookId": id, "Steps": runbook["Process"]["Steps"]});
        inventory.insert(Collection::RunbookProcesses, of_project(project, &process, steps));
        inventory.insert(Collection::Runbooks, document);
        slugs.push(slug.to_owned());
    }
    let renamed = |value: &mut Value| {
        if let Some(slug) = value.as_str().filter(|text| slugs.iter().any(|slug| slug == text)) {
            *value = json!(runbook_id(project, slug));
        }
    };
    let set = id_or(project, "VariableSetId", "variableset");
    for variable in list_mut(inventory.get_mut(Collection::Variables, &set), "Variables") {
        if let Some(owners) = variable.pointer_mut("/Scope/ProcessOwner").and_then(Value::as_array_mut) {
            owners.iter_mut().for_each(&renamed);
        }
    }
    let triggers: Vec<String> = inventory
        .all(Collection::ProjectTriggers)
        .filter(|trigger| trigger.text("ProjectId") == Some(project.id()))
        .map(|trigger| trigger.id().to_owned())
        .collect();
    for id in triggers {
        let trigger = inventory.get_mut(Collection::ProjectTriggers, &id);
        if let Some(runbook) =
            trigger.and_then(|trigger| trigger.fields_mut().get_mut("Action")?.get_mut("RunbookId"))
        {
            renamed(runbook);
        }
    }
    let mut changed = project.clone();
    for field in ["ProvisioningRunbookId", "DeprovisioningRunbookId"] {
        if let Some(runbook) = changed.fields_mut().get_mut(field) {
            renamed(runbook);
        }
    }
    *project = changed;
}

fn runbook_id(project: &Document, slug: &str) -> String {
    format!("Runbooks-{slug}-{}", project.id())
}

fn list_mut<'a>(document: Option<&'a mut Document>, field: &str) -> impl Iterator<Item = &'a mut Value> {
    document.and_then(|document| document.fields_mut().get_mut(field)?.as_array_mut()).into_iter().flatten()
}

#[cfg(test)]
mod tests;
