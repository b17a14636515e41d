//! Putting things into the source space: each is found again by its name and mark, and written only when it differs. Stopped
//! anywhere, the next run completes it.

use serde_json::{Value, json};

use super::runbook::{self, MadeFor, Runbook, RunsOn, Trusted};
use super::{
    package::{self, Package},
    prompt, template,
};
use crate::mark::before::Before;
use crate::mark::digest::Made;
use crate::mark::found::Found;
use crate::mark::name;
use crate::spread::account::restriction;
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use failure::Failure;
use failure::While as _;
use module::seal;
use octopus::server::Server;
use octopus::{tasks, upsert};
use secret;
use secret::Secret;

/// What the library set `Octoferry` says.
pub struct Settings {
    pub source_url: String,
    pub source_space: String,
    pub source_key: Secret,
    pub destination_url: String,
    pub destination_space: String,
    pub destination_key: Secret,
    /// Seals module packages.
    pub module_key: Secret,
    pub backend: String,
    /// Which part of the space is serialized, one option a line.
    pub selection: String,
    /// Patterns of the projects that get runbooks, one a line; empty: all.
    pub projects: String,
    /// `KEY=VALUE` each.
    pub backend_config: Vec<String>,
    /// What deployments do with things of the same name, where that was said; otherwise what the set says stays.
    pub existing: Option<String>,
    /// Variable type and account id.
    pub backend_account: Option<(&'static str, String)>,
    /// How documents stood before octoferry changed anything; `None` when that is noted already, or can't be known any more.
    pub before: Option<Before>,
}

impl Settings {
    /// What the steps are made for.
    #[must_use]
    pub fn made_for(&self, package: &Package, allow_foreign_terraform: bool, trusted: Trusted) -> MadeFor {
        let server =
            |role, url, space, key| Made::ForServer { role, url, space, key }.digest(&self.module_key);
        MadeFor {
            source_url: self.source_url.clone(),
            source_space: self.source_space.clone(),
            source_digest: server("source", &self.source_url, &self.source_space, &self.source_key),
            destination_url: self.destination_url.clone(),
            destination_space: self.destination_space.clone(),
            destination_digest: server(
                "destination",
                &self.destination_url,
                &self.destination_space,
                &self.destination_key,
            ),
            backend: self.backend.clone(),
            backend_config: self.backend_config.join("\n"),
            backend_digest: Made::ForBackend { kind: &self.backend, settings: &self.backend_config }
                .digest(&self.module_key),
            allow_foreign_terraform,
            trusted,
            package_sha256: package.sha256.clone(),
        }
    }
}

/// A key for the modules of a space: 256 bits, in hexadecimal.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_module_key() -> Result<Secret, Failure> {
    Ok(Secret::new(seal::hex(&*secret::random()?)))
}

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

/// The step templates, in the order of [`template::ALL`].
///
/// # Errors
/// When the server refuses.
pub async fn templates(server: &Server, found: &Found) -> Result<Vec<Document>, Failure> {
    let mut installed = Vec::new();
    for template in template::ALL {
        let there = Found::ours(&found.templates, "step template", template.name)?;
        installed.push(upsert::ensure(server, "actiontemplates", there, &template.document()).await?);
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
    upsert::ensure(server, "environments", there, &wanted).await
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
    upsert::ensure(server, "libraryvariablesets", there, &wanted).await
}

/// The variables of the set `Octoferry`; what a person set there by hand about deploys stays.
///
/// # Errors
/// When the server refuses.
pub async fn settings_variables(
    server: &Server,
    set: &Document,
    environment: &str,
    settings: &Settings,
) -> Result<(), Failure> {
    let tag = format!("octoferry {} {}", settings.destination_url, settings.destination_space);
    let backend_config = settings.backend_config.join("\n");
    let wanted = [
        (name::SOURCE_URL, settings.source_url.as_str(), false),
        (name::SOURCE_SPACE, &settings.source_space, false),
        (name::SOURCE_API_KEY, settings.source_key.expose(), true),
        (name::DESTINATION_URL, &settings.destination_url, false),
        (name::DESTINATION_SPACE, &settings.destination_space, false),
        (name::DESTINATION_API_KEY, settings.destination_key.expose(), true),
        (name::MODULE_KEY, settings.module_key.expose(), true),
        (name::BACKEND_TYPE, &settings.backend, false),
        (name::BACKEND_CONFIG, &backend_config, false),
        (name::SELECTION, &settings.selection, false),
        (name::SEEDED_PROJECTS, &settings.projects, false),
        (name::CONCURRENCY_TAG, &tag, false),
    ];
    edit_variables(server, set, |variables| {
        for (name, value, sensitive) in wanted {
            put_variable(variables, environment, name, if sensitive { "Sensitive" } else { "String" }, value);
        }
        // Without one the worker's own identity is meant: a former choice goes.
        variables.retain(|variable| variable["Name"] != name::BACKEND_ACCOUNT);
        if let Some((kind, account)) = &settings.backend_account {
            put_variable(variables, environment, name::BACKEND_ACCOUNT, kind, account);
        }
        if let Some(before) = &settings.before {
            put_variable(variables, environment, name::BEFORE, "String", &before.text());
        }
        for asked in &prompt::ALL {
            let there = variables.iter().find(|variable| variable["Name"] == asked.variable);
            let there = there.and_then(|variable| variable["Value"].as_str()).map(str::to_owned);
            let chosen = settings.existing.as_ref().filter(|_| asked.variable == name::DEPLOY_EXISTING);
            let value = chosen.cloned().or(there).unwrap_or_else(|| asked.default.to_owned());
            put_variable(variables, environment, asked.variable, "String", &value);
            let wanted = asked.fields();
            if let Some(there) = variables.iter_mut().find(|variable| variable["Name"] == asked.variable)
                && !upsert::has_all_of(there, &wanted)
            {
                for (field, value) in wanted.as_object().into_iter().flatten() {
                    there[field] = value.clone();
                }
            }
        }
    })
    .await?;
    Ok(())
}

/// The variables of a runbook that runs for tenants in their own environments, where no library set of ours is seen: in its project,
/// scoped to this runbook alone.
///
/// # Errors
/// When the server refuses.
pub async fn tenant_variables(
    server: &Server,
    project: &Document,
    runbook: &Document,
    settings: &Settings,
) -> Result<(), Failure> {
    let tag = format!("octoferry {} {}", settings.destination_url, settings.destination_space);
    let wanted = [
        (name::SOURCE_API_KEY, settings.source_key.expose(), true),
        (name::DESTINATION_API_KEY, settings.destination_key.expose(), true),
        (name::MODULE_KEY, settings.module_key.expose(), true),
        // Servers before some 2025.3 release take no notice of the tag of a runbook: runs for one tenant could then meet.
        (name::CONCURRENCY_TAG, &tag, false),
    ];
    edit_variables(server, project, |variables| {
        let ours = |variable: &Value| {
            let variable = variable["Name"].as_str().unwrap_or_default();
            name::is_ours(variable) || variable == name::CONCURRENCY_TAG
        };
        variables
            .retain(|variable| !(ours(variable) && crate::mark::tenant::belongs_to(variable, runbook.id())));
        for (name, value, secret) in wanted {
            // Only sensitive ones are in the database where the others are in Git.
            let sensitive = secret || git::has_variables_in_git(project);
            variables.push(json!({
                "Name": name,
                "Value": value,
                "Type": if sensitive { "Sensitive" } else { "String" },
                "IsSensitive": sensitive,
                "Scope": {"ProcessOwner": [runbook.id()]},
            }));
        }
    })
    .await?;
    Ok(())
}

/// Changes one of the settings; whether it was another before.
///
/// # Errors
/// When the server refuses.
pub async fn set_setting(
    server: &Server,
    set: &Document,
    environment: &str,
    name: &str,
    value: &str,
) -> Result<bool, Failure> {
    edit_variables(server, set, |variables| put_variable(variables, environment, name, "String", value)).await
}

/// The typed variables by which a step sees the parts of accounts and certificates: for each that allows our
/// environment. The names of those that don't.
///
/// # Errors
/// When the server refuses.
pub async fn account_variables(
    server: &Server,
    set: &Document,
    environment: &str,
) -> Result<Vec<String>, Failure> {
    let (accounts, certificates) =
        futures::try_join!(upsert::list(server, "accounts"), upsert::list(server, "certificates"))?;
    let mut wanted = Vec::new();
    let mut restricted = Vec::new();
    let both = [
        (Collection::Accounts, name::ACCOUNT_PREFIX, accounts),
        (Collection::Certificates, name::CERTIFICATE_PREFIX, certificates),
    ];
    for (collection, prefix, mut documents) in both {
        documents.sort_by_key(|document| (document.name().to_owned(), document.id().to_owned()));
        for document in documents {
            let Some(kind) = name::typed_variable_type(collection, &document) else { continue };
            if document.get("Archived").is_some_and(|archived| !archived.is_null()) {
                continue;
            }
            if restriction(&document, environment).is_some() {
                restricted.push(document.name().to_owned());
            } else {
                wanted.push((
                    document.id().to_owned(),
                    kind,
                    format!("{prefix}{}", name::name_part(document.name())),
                ));
            }
        }
    }
    edit_variables(server, set, |variables| {
        let ours = |variable: &Value| {
            let name = variable["Name"].as_str().unwrap_or_default();
            name.starts_with(name::ACCOUNT_PREFIX) || name.starts_with(name::CERTIFICATE_PREFIX)
        };
        // One that is gone, or restricted again, would refuse every run that has it in its scope.
        variables
            .retain(|variable| !ours(variable) || wanted.iter().any(|(id, _, _)| variable["Value"] == *id));
        for (id, kind, label) in &wanted {
            if variables.iter().any(|variable| ours(variable) && variable["Value"] == *id) {
                continue;
            }
            let taken = |name: &str| {
                let same = |other: &str| other.eq_ignore_ascii_case(name);
                variables.iter().any(|variable| variable["Name"].as_str().is_some_and(same))
            };
            let numbered = (2_u32..).map(|number| format!("{label}-{number}"));
            let name = std::iter::once(label.clone())
                .chain(numbered)
                .find(|name| !taken(name))
                .expect("numbers never end");
            put_variable(variables, environment, &name, kind, id);
        }
    })
    .await?;
    Ok(restricted)
}

/// Puts secrets into the variable set of a library set or project, seen in our environment only.
///
/// # Errors
/// When the server refuses.
pub async fn secret_values(
    server: &Server,
    owner: &Document,
    environment: &str,
    values: &[(&str, &Secret)],
) -> Result<bool, Failure> {
    edit_variables(server, owner, |variables| {
        for (name, value) in values {
            put_variable(variables, environment, name, "Sensitive", value.expose());
        }
    })
    .await
}

/// Edits the variables of a library set; whether anything was written.
async fn edit_variables(
    server: &Server,
    set: &Document,
    edit: impl Fn(&mut Vec<Value>),
) -> Result<bool, Failure> {
    let id = set.text("VariableSetId").map_or_else(|| format!("variableset-{}", set.id()), str::to_owned);
    upsert::edit(server, &format!("variables/{id}"), |document| {
        let before = document.list("Variables").to_vec();
        let mut variables = before.clone();
        edit(&mut variables);
        let changed = variables != before;
        document.fields_mut().insert("Variables".to_owned(), Value::Array(variables));
        changed
    })
    .await
}

/// Adds a variable that is seen in our environment only, or brings the one of that name to it.
fn put_variable(variables: &mut Vec<Value>, environment: &str, name: &str, kind: &str, value: &str) {
    let wanted = json!({
        "Name": name,
        "Value": value,
        "Type": kind,
        "IsSensitive": kind == "Sensitive",
        "Scope": {"Environment": [environment]},
    });
    match variables.iter_mut().find(|variable| variable["Name"] == name) {
        Some(there) if upsert::has_all_of(there, &wanted) => {}
        Some(there) => {
            for (field, value) in wanted.as_object().into_iter().flatten() {
                there[field] = value.clone();
            }
        }
        None => variables.push(wanted),
    }
}

/// Project group and project, linked to every library set.
///
/// # Errors
/// When the server refuses.
pub async fn project(server: &Server, found: &Found, sets: &[Document]) -> Result<Document, Failure> {
    let there = Found::ours(&found.project_groups, "project group", name::PROJECT)?;
    let what = name::description("Moves this space to another server: octoferry.");
    let group =
        upsert::ensure(server, "projectgroups", there, &json!({"Name": name::PROJECT, "Description": what}))
            .await?;
    let lifecycles = upsert::list(server, "lifecycles").await?;
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
    upsert::ensure(server, "projects", there, &wanted).await
}

fn is_default(lifecycle: &Document) -> bool {
    lifecycle.flag("IsDefault") || lifecycle.name() == "Default Lifecycle"
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
        upsert::ensure(server, "runbooks", there, &wanted).await?
    };
    let index = template::ALL.iter().position(|template| *template == runbook.template);
    let installed = &setting.templates[index.expect("every runbook's template is one of ours")];
    let step = runbook.step(installed, (setting.feed, project.id()), &setting.place, &setting.made_for);
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

/// Publishes every seeded runbook whose snapshot is not what it would be now; how many.
///
/// # Errors
/// When the server refuses.
pub async fn publish(server: &Server, version: &str) -> Result<usize, Failure> {
    let found = upsert::list(server, "runbooks").await?;
    let mut published = 0;
    for runbook in found.iter().filter(|runbook| crate::mark::is_seeded(runbook, runbook.name())) {
        if !tasks::is_published(server, runbook, name::PACKAGE, version).await? {
            tasks::publish(server, runbook, name::PACKAGE, version).await?;
            published += 1;
        }
    }
    Ok(published)
}

/// The package version that the published runbooks use; `None` when none is published.
///
/// # Errors
/// When the server refuses.
pub async fn published_version(server: &Server, runbooks: &[&Document]) -> Result<Option<String>, Failure> {
    for runbook in runbooks {
        let Some(id) = runbook.text("PublishedRunbookSnapshotId").filter(|id| !id.is_empty()) else {
            continue;
        };
        let snapshot =
            server.client.find(&server.path(&format!("runbookSnapshots/{id}"))).await?.unwrap_or_default();
        let selected = snapshot["SelectedPackages"].as_array().into_iter().flatten();
        let mut ours = selected.filter(|selected| selected["PackageReferenceName"] == name::PACKAGE);
        if let Some(version) = ours.find_map(|selected| selected["Version"].as_str()) {
            return Ok(Some(version.to_owned()));
        }
    }
    Ok(None)
}

/// The runbooks of a project, or of ours.
#[must_use]
pub fn runbooks_of(is_ours: bool) -> &'static [Runbook] {
    if is_ours { &runbook::SPACE } else { &runbook::PROJECT }
}

/// Publishes the seeded runbooks whose snapshots the change made stale.
///
/// # Errors
/// When the server refuses.
pub async fn publish_again(source: &Server, ui: &Ui) -> Result<(), Failure> {
    let found = Found::read(source).await?;
    let runbooks: Vec<_> = found.seeded_runbooks().collect();
    if let Some(version) = published_version(source, &runbooks).await? {
        let published = publish(source, &version).await?;
        ui.info(&format!("{published} runbooks published again"));
    }
    Ok(())
}
