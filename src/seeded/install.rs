//! Putting things into the source space: each is found again by its name and mark, and written only when it differs. Stopped
//! anywhere, the next run completes it.

use serde_json::{Value, json};

use super::runbook::{self, MadeFor, Runbook, RunsOn};
use super::{
    feeds,
    package::{self, Package},
    template,
};
use crate::mark::found::Found;
use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use failure::Failure;
use failure::While as _;
use octopus::server::Server;
use octopus::upsert;

/// Puts the package into the built-in feed unless it is there; the version under which these bytes are there.
///
/// Another package under the same version is left alone, since workers may hold copies of it: the next free fourth number is taken.
///
/// # Errors
/// When the server refuses.
pub async fn package(server: &Server, package: &Package) -> Result<String, Failure> {
    let listed =
        server.client.list(&server.path(&format!("packages?nuGetPackageId={}", name::PACKAGE))).await?;
    let ours =
        |item: &&Value| item["PackageId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(name::PACKAGE));
    let versions: Vec<&Value> = listed.iter().filter(ours).collect();
    for item in &versions {
        let version = item["Version"].as_str().unwrap_or_default();
        if item["PackageSizeBytes"].as_u64().is_none_or(|size| size == package.bytes.len() as u64)
            && holds_bytes(server, version, package).await?
        {
            return Ok(version.to_owned());
        }
    }
    let taken = |version: &str| versions.iter().any(|item| item["Version"] == version);
    let candidates = (1_u32..).map(|number| format!("{}.{number}", package.version));
    let version = std::iter::once(package.version.clone())
        .chain(candidates)
        .find(|version| !taken(version))
        .expect("the candidates never end");
    let file = format!("{}.{version}.zip", name::PACKAGE);
    let path = server.path("packages/raw?overwriteMode=IgnoreIfExists");
    let uploaded = server.client.upload(&path, &file, package.bytes.clone()).await;
    uploaded.while_doing(format!("uploading the package {file}"))?;
    // IgnoreIfExists answers success also when somebody else's bytes are there.
    if !holds_bytes(server, &version, package).await? {
        return Err(Failure::failed(format!(
            "the package {file} in the built-in feed is not the one that was uploaded"
        ))
        .hint("Delete it in the portal (Library, Packages) and run the command again."));
    }
    Ok(version)
}

/// The digest of the package that the seeded steps were made for, as the first runbook has it; `None` in steps of an older octoferry.
///
/// # Errors
/// When the process can't be read.
pub async fn package_of_steps(server: &Server, found: &Found) -> Result<Option<String>, Failure> {
    let project = found.project()?;
    let Some(runbook) = found.runbook(project.id(), name::CHECK_RUNBOOK) else { return Ok(None) };
    let process = runbook.text("RunbookProcessId").unwrap_or_default();
    let process = server.client.get(&server.path(&format!("runbookProcesses/{process}"))).await?;
    // A person may have put a step of their own before ours.
    let list = |value: &Value, field: &str| value[field].as_array().cloned().unwrap_or_default();
    let mut actions = list(&process, "Steps").into_iter().flat_map(|step| list(&step, "Actions"));
    Ok(actions
        .find_map(|action| action["Properties"]["Octoferry.Step.PackageSha256"].as_str().map(str::to_owned)))
}

/// The digest of the package of this version in the feed; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn package_there(server: &Server, version: &str) -> Result<Option<String>, Failure> {
    let path = server.path(&format!("packages/{}.{version}/raw", name::PACKAGE));
    match server.client.download(&path).await {
        Ok(bytes) => Ok(Some(package::digest_of(&bytes).unwrap_or_default())),
        Err(failure) if failure.is_missing() => Ok(None),
        Err(failure) => Err(failure.while_doing("looking at the package octoferry in the built-in feed")),
    }
}

async fn holds_bytes(server: &Server, version: &str, package: &Package) -> Result<bool, Failure> {
    let path = server.path(&format!("packages/{}.{version}/raw", name::PACKAGE));
    match server.client.download(&path).await {
        Ok(bytes) => Ok(bytes.as_ref() == package.bytes.as_slice()),
        Err(failure) if failure.is_missing() => Ok(false),
        Err(failure) => Err(failure.while_doing("comparing the package in the built-in feed")),
    }
}

/// The step templates: the usual ones, and those of these runbooks.
///
/// # Errors
/// When the server refuses.
pub async fn templates(
    server: &Server,
    found: &Found,
    optional: &[Runbook],
) -> Result<Vec<Document>, Failure> {
    let mut installed = Vec::new();
    for template in template::USUAL.into_iter().chain(optional.iter().map(|runbook| runbook.template)) {
        let there = Found::ours(&found.templates, "step template", template.name)?;
        installed
            .push(upsert::ensure(server, Collection::ActionTemplates, there, &template.document()).await?);
    }
    Ok(installed)
}

/// The environment, last in the order.
///
/// # Errors
/// When the server refuses.
pub async fn environment(server: &Server, found: &Found) -> Result<Document, Failure> {
    let there = Found::ours(&found.environments, "environment", name::ENVIRONMENT)?;
    let last = found
        .environments
        .iter()
        .filter(|environment| there.is_none_or(|there| there.id() != environment.id()))
        .filter_map(|environment| environment.get("SortOrder").and_then(Value::as_i64))
        .max();
    let wanted = json!({
        "Name": name::ENVIRONMENT,
        "Description": name::description("Where octoferry's runbooks run. Nothing is deployed here."),
        "UseGuidedFailure": false,
        "AllowDynamicInfrastructure": false,
        "SortOrder": last.map_or(0, |last| last + 1),
    });
    upsert::ensure(server, Collection::Environments, there, &wanted).await
}

/// One of the library sets, without its variables.
///
/// # Errors
/// When the server refuses.
pub async fn library_set(server: &Server, found: &Found, set: &str, what: &str) -> Result<Document, Failure> {
    let there = Found::ours(&found.library_sets, "library variable set", set)?;
    let wanted = json!({
        "Name": set,
        "Description": name::description(what),
        "ContentType": "Variables",
    });
    upsert::ensure(server, Collection::LibraryVariableSets, there, &wanted).await
}

/// Project group and project, linked to every library set.
///
/// # Errors
/// When the server refuses.
pub async fn project(server: &Server, found: &Found, sets: &[Document]) -> Result<Document, Failure> {
    let there = Found::ours(&found.project_groups, "project group", name::PROJECT)?;
    let what = name::description("Moves this space to another server: octoferry.");
    let group = upsert::ensure(
        server,
        Collection::ProjectGroups,
        there,
        &json!({"Name": name::PROJECT, "Description": what}),
    )
    .await?;
    let lifecycles = upsert::list(server, Collection::Lifecycles).await?;
    // It has no releases: any lifecycle will do, the space's own first one best.
    let lifecycle =
        lifecycles.iter().min_by_key(|lifecycle| (!is_default(lifecycle), lifecycle.id().to_owned()));
    let lifecycle = lifecycle.ok_or_else(|| Failure::failed("the space shows no lifecycle"))?;
    let there = Found::ours(&found.projects, "project", name::PROJECT)?;
    let is_variables = |set: &&Document| set.text("ContentType") != Some("ScriptModule");
    let mut linked: Vec<&str> = found.library_sets.iter().filter(is_variables).map(Document::id).collect();
    linked.extend(sets.iter().map(Document::id).filter(|id| !linked.contains(id)).collect::<Vec<_>>());
    linked.sort_unstable();
    let mut wanted = json!({
        "Name": name::PROJECT,
        "Description": what,
        "ProjectGroupId": group.id(),
        "LifecycleId": lifecycle.id(),
        "IncludedLibraryVariableSetIds": linked,
    });
    if there.is_some() {
        // A person may have chosen others; they don't matter to us.
        for field in ["ProjectGroupId", "LifecycleId"] {
            wanted.as_object_mut().expect("it was made as an object").shift_remove(field);
        }
    }
    upsert::ensure(server, Collection::Projects, there, &wanted).await
}

fn is_default(lifecycle: &Document) -> bool {
    lifecycle.text("Slug") == Some("default-lifecycle") || lifecycle.name() == "Default Lifecycle"
}

/// A runbook with its process; it is published later, when its variables are there.
///
/// # Errors
/// When the server refuses.
pub async fn runbook(
    server: &Server,
    found: &Found,
    project: &Document,
    runbook: &Runbook,
    setting: &Setting<'_>,
) -> Result<Document, Failure> {
    let of_project: Vec<Document> = found
        .runbooks
        .iter()
        .filter(|runbook| runbook.text("ProjectId") == Some(project.id()))
        .cloned()
        .collect();
    let there = Found::ours(&of_project, "runbook", runbook.name)
        .while_doing(format!("project {:?}", project.name()))?;
    let wanted = runbook.document(project.id(), setting.environment);
    let in_git = git::has_runbooks_in_git(project);
    let document = if in_git {
        crate::mark::git::ensure_runbook(server, project, there, &wanted).await?
    } else {
        upsert::ensure(server, Collection::Runbooks, there, &wanted).await?
    };
    let installed = setting.templates.iter().find(|template| template.name() == runbook.template.name);
    let installed = installed.ok_or_else(|| {
        Failure::failed(format!("the step template {:?} is not there", runbook.template.name))
            .hint("Run octoferry seed again.")
    })?;
    let mut step = runbook.step(installed, (setting.feed, project.id()), &setting.place, &setting.made_for);
    if *runbook == runbook::READ_FEEDS {
        runbook::refer_to(&mut step, &feeds::of_space(server).await?);
    }
    let process = document.text("RunbookProcessId").unwrap_or_default().to_owned();
    let route = if in_git { format!("{}/", crate::mark::git::route(project.id())) } else { String::new() };
    upsert::edit(server, &format!("{route}runbookProcesses/{process}"), |process| {
        let steps = process.list("Steps");
        let wanted = Value::Array(vec![step.clone()]);
        if upsert::has_all_of(&Value::Array(steps.to_vec()), &wanted) {
            return false;
        }
        let mut step = step.clone();
        // The same step, renewed: its ids stay.
        if let [there] = steps {
            step["Id"] = there["Id"].clone();
            step["Actions"][0]["Id"] = there["Actions"][0]["Id"].clone();
        }
        process.fields_mut().insert("Steps".to_owned(), json!([step]));
        true
    })
    .await?;
    Ok(document)
}

/// What all runbooks have in common.
pub struct Setting<'a> {
    pub environment: &'a str,
    pub feed: &'a str,
    pub templates: Vec<Document>,
    pub place: RunsOn,
    pub made_for: MadeFor,
}

/// Links the set `Octoferry` to a project.
///
/// # Errors
/// When the server refuses.
pub async fn link(server: &Server, project: &Document, set: &str) -> Result<bool, Failure> {
    if project.texts("IncludedLibraryVariableSetIds").any(|id| id == set) {
        return Ok(false);
    }
    upsert::edit(server, &format!("projects/{}", project.id()), |project| {
        let mut sets = project.list("IncludedLibraryVariableSetIds").to_vec();
        let missing = !sets.iter().any(|id| id == set);
        sets.push(json!(set));
        project.fields_mut().insert("IncludedLibraryVariableSetIds".to_owned(), Value::Array(sets));
        missing
    })
    .await
}

/// The runbooks of a project, or of ours.
#[must_use]
pub fn runbooks_of(is_ours: bool) -> &'static [Runbook] {
    if is_ours { &runbook::SPACE } else { &runbook::PROJECT }
}
