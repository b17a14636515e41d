//! Projects: what is born and dies with one, deployment settings (a mirror of fields of the project), conversion to Git,
//! lists below a project.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::{self, Fields};
use crate::documents::{self, check_reference, fill, fill_choices, find};
use crate::dump::change_loaded;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{text, texts};
use crate::version::Feature;
use crate::{channels, git, libraries, processes, variables};

/// What the server knows of a project that nobody gave.
pub(crate) fn defaults() -> Value {
    json!({
        "AllowIgnoreChannelRules": true, "AutoCreateRelease": false, "AutoDeployReleaseOverrides": [],
        "ClonedFromProjectId": null, "CombineHealthAndSyncStatusInDashboardLiveStatus": false,
        "DefaultGuidedFailureMode": "EnvironmentDefault", "DefaultToSkipIfAlreadyInstalled": false,
        "DeploymentChangesTemplate": null, "DeprovisioningRunbookId": null, "Description": null,
        "DiscreteChannelRelease": false, "ExecuteDeploymentsOnResilientPipeline": null, "ExtensionSettings": [],
        "ForcePackageDownload": false, "Icon": null, "IncludedLibraryVariableSetIds": [], "IsDisabled": false,
        "IsVersionControlled": false, "PersistenceSettings": {"Type": "Database"},
        "ProjectConnectivityPolicy": connectivity_policy(), "ProjectTags": [], "ProvisioningRunbookId": null,
        "ReleaseCreationStrategy":
            {"ChannelId": null, "ReleaseCreationPackage": null, "ReleaseCreationPackageStepId": null},
        "ReleaseNotesTemplate": null, "Templates": [], "TenantedDeploymentMode": "Untenanted",
        "VersioningStrategy": {"DonorPackage": null, "DonorPackageStepId": null,
            "Template": "#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.LastPatch}.#{Octopus.Version.NextRevision}"},
    })
}

pub(crate) fn connectivity_policy() -> Value {
    json!({"AllowDeploymentsToNoTargets": false, "ExcludeUnhealthyTargets": false, "SkipMachineBehavior": "None",
           "TargetRoles": []})
}

/// The parts of both strategies that a client left out; an empty id is none.
pub(crate) fn fill_strategies(fields: &mut Fields) {
    if let Some(Value::Object(versioning)) = fields.get_mut("VersioningStrategy") {
        fill(versioning, &json!({"DonorPackage": null, "DonorPackageStepId": null}));
        if versioning["DonorPackageStepId"] == "" {
            versioning.insert("DonorPackageStepId".into(), Value::Null);
        }
    }
    if let Some(Value::Object(creation)) = fields.get_mut("ReleaseCreationStrategy") {
        fill(creation, &defaults()["ReleaseCreationStrategy"]);
        for field in ["ChannelId", "ReleaseCreationPackageStepId"] {
            if creation[field] == "" {
                creation.insert(field.into(), Value::Null);
            }
        }
    }
}

/// Fields of a connectivity policy that a client left out.
pub(crate) fn fill_connectivity(policy: Option<&mut Value>) {
    if let Some(Value::Object(policy)) = policy {
        fill_choices(policy, &connectivity_policy());
    }
}

/// Fields that other resources of a client own: an update that leaves them out keeps them.
const KEPT: [&str; 9] = [
    "AutoCreateRelease",
    "VersioningStrategy",
    "ReleaseCreationStrategy",
    "ProjectConnectivityPolicy",
    "ReleaseNotesTemplate",
    "DeploymentChangesTemplate",
    "DefaultGuidedFailureMode",
    "PersistenceSettings",
    "IsVersionControlled",
];

/// Fields of the deployment settings and their names on the project.
const SETTINGS: [(&str, &str); 7] = [
    ("ConnectivityPolicy", "ProjectConnectivityPolicy"),
    ("DefaultGuidedFailureMode", "DefaultGuidedFailureMode"),
    ("DefaultToSkipIfAlreadyInstalled", "DefaultToSkipIfAlreadyInstalled"),
    ("DeploymentChangesTemplate", "DeploymentChangesTemplate"),
    ("ForcePackageDownload", "ForcePackageDownload"),
    ("ReleaseNotesTemplate", "ReleaseNotesTemplate"),
    ("VersioningStrategy", "VersioningStrategy"),
];

/// Deployment settings that the project does not show; runbooks have them too.
pub(crate) const OWN_SETTINGS: [&str; 3] = ["CancelQueuedTasks", "CancelRunningTasks", "FailTargetDiscovery"];

pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    let id = fields["Id"].as_str().unwrap_or_default().to_owned();
    if let Some(old) = old {
        for field in ["DeploymentProcessId", "VariableSetId", "ClonedFromProjectId"] {
            fields.insert(field.into(), old[field].clone());
        }
    } else {
        fields.insert("DeploymentProcessId".into(), json!(format!("deploymentprocess-{id}")));
        fields.insert("VariableSetId".into(), json!(format!("variableset-{id}")));
        for field in ["IsVersionControlled", "PersistenceSettings"] {
            fields.insert(field.into(), defaults()[field].clone());
        }
    }
    name_pipeline(server, fields);
    libraries::number_templates(fields, old);
    fill_connectivity(fields.get_mut("ProjectConnectivityPolicy"));
    fill_strategies(fields);
    for (field, collection) in [("LifecycleId", "lifecycles"), ("ProjectGroupId", "projectgroups")] {
        let id = fields.get(field).and_then(Value::as_str).unwrap_or_default();
        if id.is_empty() {
            return Err(Answer::bad_request(format!("Please provide a value for {field}.")));
        }
        check_reference(server, space, collection, id)?;
    }
    for (strategy, package) in
        [("VersioningStrategy", "DonorPackage"), ("ReleaseCreationStrategy", "ReleaseCreationPackage")]
    {
        let sent = fields.get(strategy).map(|strategy| &strategy[package]);
        // What a new project names is another one's, of which it is a copy.
        if let Some(old) = old
            && sent != Some(&old[strategy][package])
        {
            processes::check_step(server, space, &id, sent.unwrap_or(&Value::Null))?;
        }
    }
    settle_release_creation(server, space, &id, fields);
    Ok(())
}

/// Puts back what the client left out of an update. Runs before the defaults.
pub(crate) fn keep_absent(fields: &mut Fields, old: &Value) {
    for field in KEPT {
        let is_left_out =
            |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        if fields.get(field).is_none_or(is_left_out) {
            fields.insert(field.into(), old[field].clone());
        }
    }
    // What only the server sets in the Git settings.
    let state = old["PersistenceSettings"]["ConversionState"].clone();
    if let Some(Value::Object(settings)) = fields.get_mut("PersistenceSettings")
        && !state.is_null()
        && !settings.contains_key("ConversionState")
    {
        settings.insert("ConversionState".into(), state);
    }
}

/// A field that newer servers call otherwise.
const PIPELINE: (&str, &str) =
    ("ExecuteDeploymentsOnResilientPipeline", "ExecuteDeploymentsOnEventBasedPipeline");

/// Gives a project's field the name that this server has for it.
pub(crate) fn name_pipeline(server: &Server, fields: &mut Fields) {
    if server.has(Feature::Reference)
        && let Some(value) = fields.shift_remove(PIPELINE.0)
    {
        fields.entry(PIPELINE.1).or_insert(value);
    }
}

/// The release creation names an action; the server adds the action's id.
fn settle_release_creation(server: &Server, space: &str, project: &str, fields: &mut Fields) {
    let actions = processes::actions_of(server, space, &format!("deploymentprocess-{project}"));
    let id_of = |package: &Value| {
        let name = text(package, "DeploymentAction");
        actions.iter().find(|action| action["Name"] == name).map(|action| action["Id"].clone())
    };
    if let Some(Value::Object(strategy)) = fields.get_mut("ReleaseCreationStrategy")
        && let Some(id) = strategy.get("ReleaseCreationPackage").and_then(id_of)
    {
        strategy.insert("ReleaseCreationPackageStepId".into(), id);
    }
    if let Some(Value::Object(strategy)) = fields.get_mut("VersioningStrategy")
        && strategy.get("DonorPackageStepId").and_then(Value::as_str).unwrap_or_default().is_empty()
        && let Some(id) = strategy.get("DonorPackage").and_then(id_of)
    {
        strategy.insert("DonorPackageStepId".into(), id);
    }
}

/// Process, variables, settings and the default channel of a new project.
pub(crate) fn born(server: &mut Server, space: &str, id: &str) {
    processes::born(server, space, &format!("deploymentprocess-{id}"), id, None);
    variables::born(server, space, id);
    mirror_settings(server, space, id);
    channels::born(server, space, id);
}

/// Writes the deployment settings of what the project says.
pub(crate) fn mirror_settings(server: &mut Server, space: &str, id: &str) {
    let Some(project) = server.store.get(space, "projects", id).cloned() else { return };
    let settings_id = format!("deploymentsettings-{id}");
    let old = server.store.get(space, "deploymentsettings", &settings_id).cloned().unwrap_or(json!({}));
    let mut settings =
        json!({"ChangeDescription": null, "Id": settings_id, "ProjectId": id, "SpaceId": space});
    for field in OWN_SETTINGS
        .into_iter()
        .filter(|field| *field == "FailTargetDiscovery" || server.has(Feature::Reference))
    {
        settings[field] = json!(old[field].as_bool().unwrap_or(false));
    }
    for (name, field) in SETTINGS {
        settings[name] = project[field].clone();
    }
    server.store.put(space, "deploymentsettings", settings);
}

/// Everything that goes with a project.
pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    for runbook in owned(server, space, "runbooks", id) {
        crate::runbooks::leaving(server, space, &runbook)?;
        server.store.remove(space, "runbooks", &runbook);
    }
    for collection in [
        "channels",
        "projecttriggers",
        "tenantvariablevalues",
        "runbooksnapshots",
        "runbookprocesses",
        git::BRANCHES,
    ] {
        for document in owned(server, space, collection, id) {
            server.store.remove(space, collection, &document);
        }
    }
    server.store.remove(space, "deploymentprocesses", &format!("deploymentprocess-{id}"));
    server.store.remove(space, "deploymentsettings", &format!("deploymentsettings-{id}"));
    server.store.remove(space, "variables", &format!("variableset-{id}"));
    let tenants: Vec<String> = server.store.all(space, "tenants").map(|(id, _)| id.clone()).collect();
    for tenant in tenants {
        if let Some(links) = server
            .store
            .get_mut(space, "tenants", &tenant)
            .and_then(|tenant| tenant["ProjectEnvironments"].as_object_mut())
        {
            links.shift_remove(id);
        }
    }
    Ok(())
}

fn owned(server: &Server, space: &str, collection: &str, project: &str) -> Vec<String> {
    server
        .store
        .all(space, collection)
        .filter(|(_, document)| document["ProjectId"] == project)
        .map(|(id, _)| id.clone())
        .collect()
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let ["projects", _, rest @ ..] = route.as_slice() else { return None };
    if rest.is_empty() || rest[0] == "logo" {
        return None;
    }
    let space = request.space.clone();
    let project = match find(server, &space, "projects", request.at(1)) {
        Ok(project) => text(project, "Id").to_owned(),
        Err(refusal) => return Some(Err(refusal)),
    };
    Some(match (method, rest) {
        (Method::Get, ["deploymentsettings"] | [_, "deploymentsettings"]) => {
            read_settings(server, &space, &project)
        }
        (Method::Put, ["deploymentsettings"] | [_, "deploymentsettings"]) => {
            write_settings(server, request, &project)
        }
        (_, ["channels", ..]) => below(server, request, "channels", &project, 2),
        (_, ["triggers" | "projecttriggers", ..]) => below(server, request, "projecttriggers", &project, 2),
        (Method::Get | Method::Post, ["runbooks"]) => below(server, request, "runbooks", &project, 2),
        (Method::Get, [_, "runbooks"]) => below(server, request, "runbooks", &project, 3),
        (Method::Get | Method::Put | Method::Delete, ["runbooks", _]) => {
            below(server, request, "runbooks", &project, 2)
        }
        (Method::Get | Method::Put, ["variables"] | [_, "variables"]) => {
            variables::of_project(server, request, &project)
        }
        (Method::Get | Method::Put, ["deploymentprocesses", ..] | [_, "deploymentprocesses", ..]) => {
            processes::answer(
                server,
                request,
                "deploymentprocesses",
                &format!("deploymentprocess-{project}"),
                true,
            )
        }
        (Method::Get | Method::Put, ["runbookprocesses", _]) => {
            processes::answer(server, request, "runbookprocesses", request.at(3), false)
        }
        _ => return None,
    })
}

/// A collection below a project: `…/projects/Projects-1/channels`; `at` is the index of the collection's segment.
fn below(server: &mut Server, request: &Request, collection: &str, project: &str, at: usize) -> Outcome {
    let collection = collections::find(collection).expect("a collection of the table");
    let id = request.at(at + 1);
    match (request.method, id.is_empty()) {
        (Method::Get, true) => Ok(documents::list(server, request, collection, |document| {
            document["ProjectId"] == project && crate::triggers::wanted(request, document)
        })),
        (Method::Post, true) => {
            let given = Fields::from_iter([("ProjectId".to_owned(), json!(project))]);
            documents::create(server, request, collection, given)
        }
        (Method::Get, false) => documents::read(server, request, collection, id),
        (Method::Put, false) => documents::update(server, request, collection, id),
        (Method::Delete, false) => documents::delete(server, request, collection, id),
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

fn read_settings(server: &Server, space: &str, project: &str) -> Outcome {
    let id = format!("deploymentsettings-{project}");
    let mut settings = server
        .store
        .get(space, "deploymentsettings", &id)
        .cloned()
        .ok_or_else(|| Answer::no_document(&id))?;
    settings["Links"] = json!({
        "Self": format!("/api/{space}/projects/{project}/deploymentsettings"),
        "Project": format!("/api/{space}/projects/{project}"),
    });
    Ok(Answer::ok(settings))
}

fn write_settings(server: &mut Server, request: &Request, project: &str) -> Outcome {
    let space = request.space.clone();
    let fields = request.object()?;
    if let Some(document) = server.store.get_mut(&space, "projects", project) {
        for (name, field) in SETTINGS {
            if let Some(value) = fields.get(name).filter(|value| !value.is_null()) {
                document[field] = value.clone();
            }
        }
    }
    let id = format!("deploymentsettings-{project}");
    if let Some(settings) = server.store.get_mut(&space, "deploymentsettings", &id) {
        for field in OWN_SETTINGS {
            if let Some(value) = fields.get(field).filter(|value| value.is_boolean()) {
                settings[field] = value.clone();
            }
        }
    }
    mirror_settings(server, &space, project);
    read_settings(server, &space, project)
}

/// Refuses processes that are stored in Git: those have addresses with a Git reference.
pub(crate) fn refuse_git(
    server: &Server,
    space: &str,
    project: &str,
    collection: &str,
) -> Result<(), Answer> {
    let Some(project) = server.store.get(space, "projects", project) else { return Ok(()) };
    let runbooks = project["PersistenceSettings"]["ConversionState"]["RunbooksAreInGit"] == true;
    if git::is_in_git(project) && (collection == "deploymentprocesses" || runbooks) {
        return Err(git::no_git_ref());
    }
    Ok(())
}

/// The library sets that a project includes.
pub(crate) fn included_sets(server: &Server, space: &str, project: &str) -> Vec<String> {
    server
        .store
        .get(space, "projects", project)
        .map(|project| texts(project, "IncludedLibraryVariableSetIds").map(ToOwned::to_owned).collect())
        .unwrap_or_default()
}

pub(crate) fn git_credential_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    documents::refuse_if_mentioned(
        server,
        space,
        id,
        &["projects", "deploymentprocesses", "runbookprocesses"],
    )
}

/// Loaded projects may come from a server that stored what clients sent: completes both strategies, as a typed server has them.
pub(crate) fn complete_loaded(server: &mut Server) {
    for collection in ["projects", "deploymentsettings"] {
        change_loaded(server, collection, |server, fields| {
            fill_strategies(fields);
            name_pipeline(server, fields);
            true
        });
    }
    for space in server.store.place_names() {
        // A dump may have none, or what another version of a server knew.
        let projects: Vec<String> = server.store.all(&space, "projects").map(|(id, _)| id.clone()).collect();
        for project in projects {
            mirror_settings(server, &space, &project);
        }
    }
}
