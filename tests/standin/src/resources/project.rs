//! Projects, with the settings that the API keeps apart.

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};

use super::template::{plain_defaults, without_empty_texts};
use super::{Call, items, text};
use crate::http::is_gone;
use crate::mapping::How::{Leave, Name, One, Read, Send};
use crate::mapping::{Mapping, Rules, sensitive};

const RULES: Rules = &[
    ("template", Name("Templates")),
    ("included_library_variable_sets", Name("IncludedLibraryVariableSetIds")),
    ("is_discrete_channel_release", Name("DiscreteChannelRelease")),
    ("discrete_channel_release", Read("DiscreteChannelRelease")),
    ("allow_deployments_to_no_targets", Leave),
    ("tenanted_deployment_participation", Name("TenantedDeploymentMode")),
    ("connectivity_policy", One("ProjectConnectivityPolicy")),
    ("cloned_from_project_id", Send("ClonedFromProjectId")),
    ("deployment_process_id", Name("DeploymentProcessId")),
    ("variable_set_id", Read("VariableSetId")),
    ("git_anonymous_persistence_settings", Leave),
    ("git_github_app_persistence_settings", Leave),
    ("git_library_persistence_settings", Leave),
    ("git_username_password_persistence_settings", Leave),
    ("jira_service_management_extension_settings", Leave),
    ("servicenow_extension_settings", Leave),
    ("auto_deploy_release_overrides", Leave),
    ("release_creation_strategy", One("ReleaseCreationStrategy")),
    ("release_creation_strategy.release_creation_package", One("ReleaseCreationPackage")),
    ("versioning_strategy", One("VersioningStrategy")),
    ("versioning_strategy.donor_package", One("DonorPackage")),
];

/// The settings that the deployment settings' own address answers.
const SETTINGS: [(&str, &str); 4] = [
    ("default_guided_failure_mode", "DefaultGuidedFailureMode"),
    ("default_to_skip_if_already_installed", "DefaultToSkipIfAlreadyInstalled"),
    ("deployment_changes_template", "DeploymentChangesTemplate"),
    ("release_notes_template", "ReleaseNotesTemplate"),
];

const GIT_BLOCKS: [(&str, &str); 4] = [
    ("git_library_persistence_settings", "Reference"),
    ("git_username_password_persistence_settings", "UsernamePassword"),
    ("git_anonymous_persistence_settings", "Anonymous"),
    ("git_github_app_persistence_settings", "GitHub"),
];

fn body(call: &Call<'_>, plan: &Json) -> Map<String, Json> {
    let mut body = Mapping { block: call.block, rules: RULES }.document(plan);
    // What is empty is left out, so that the server keeps what it has.
    body.retain(|_, value| value != &json!(""));
    for flag in [
        "IsDisabled",
        "AutoCreateRelease",
        "DefaultToSkipIfAlreadyInstalled",
        "DiscreteChannelRelease",
        "IsVersionControlled",
    ] {
        body.entry(flag).or_insert(json!(false));
    }
    body.insert("CombineHealthAndSyncStatusInDashboardLiveStatus".to_owned(), json!(false));
    body.entry("ProjectConnectivityPolicy")
        .or_insert(json!({"AllowDeploymentsToNoTargets": false, "ExcludeUnhealthyTargets": false}));
    let templates = items(plan, "template").iter().map(|template| {
        let mut sent = json!({
            "Name": template["name"], "Label": text(template, "label"), "HelpText": text(template, "help_text"),
            "DefaultValue": text(template, "default_value"),
            "DisplaySettings": template["display_settings"].as_object().cloned().unwrap_or_default(),
        });
        if !text(template, "id").is_empty() {
            sent["Id"] = template["id"].clone();
        }
        sent
    });
    body.insert("Templates".to_owned(), templates.collect());
    without_empty_texts(&mut body, "Templates");
    let extensions: Vec<Json> = EXTENSIONS
        .iter()
        .filter_map(|(block, id, members)| {
            let settings = items(plan, block).first()?;
            let value = |argument: &str| match &settings[argument] {
                Json::Null => json!(""),
                value => value.clone(),
            };
            let values: Map<String, Json> =
                members.iter().map(|(argument, member)| ((*member).to_owned(), value(argument))).collect();
            Some(json!({"ExtensionId": id, "Values": values}))
        })
        .collect();
    if !extensions.is_empty() {
        body.insert("ExtensionSettings".to_owned(), Json::Array(extensions));
    }
    body
}

/// Block, id, arguments and members.
type Extension = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The extensions of a project.
const EXTENSIONS: [Extension; 2] = [
    (
        "jira_service_management_extension_settings",
        "jiraservicemanagement-integration",
        &[
            ("connection_id", "JsmConnectionId"),
            ("is_enabled", "JsmChangeControlled"),
            ("service_desk_project_name", "ServiceDeskProjectName"),
        ],
    ),
    (
        "servicenow_extension_settings",
        "servicenow-integration",
        &[
            ("connection_id", "ServiceNowConnectionId"),
            ("is_enabled", "ServiceNowChangeControlled"),
            ("is_state_automatically_transitioned", "AutomaticStateTransition"),
            ("standard_change_template_name", "StandardChangeTemplateName"),
        ],
    ),
];

fn read_extensions(value: &mut Json, project: &Json) {
    for (block, id, members) in EXTENSIONS {
        let settings =
            items(project, "ExtensionSettings").iter().find(|settings| settings["ExtensionId"] == id);
        value[block] = settings.map_or(json!([]), |settings| {
            let read = |(argument, member): &(&str, &str)| {
                let found = settings["Values"][*member].clone();
                ((*argument).to_owned(), if found == json!("") { Json::Null } else { found })
            };
            json!([members.iter().map(read).collect::<Map<String, Json>>()])
        });
    }
}

/// The Git settings that are configured, as the API takes them.
fn git_settings(plan: &Json) -> Option<Json> {
    let (block, kind) = GIT_BLOCKS.into_iter().find(|(block, _)| !items(plan, block).is_empty())?;
    let settings = &plan[block][0];
    let credentials = match kind {
        "Reference" => json!({"Type": kind, "Id": settings["git_credential_id"]}),
        "UsernamePassword" => {
            json!({"Type": kind, "Username": settings["username"], "Password": sensitive(&settings["password"])})
        }
        "GitHub" => json!({"Type": kind, "Id": settings["github_connection_id"]}),
        _ => json!({"Type": kind}),
    };
    let branches = items(settings, "protected_branches");
    Some(json!({
        "Type": "VersionControlled", "Url": settings["url"], "BasePath": settings["base_path"],
        "DefaultBranch": settings["default_branch"], "Credentials": credentials, "ProtectedBranchNamePatterns": branches,
    }))
}

async fn value(call: &Call<'_>, project: &Json, expected: &Json) -> Result<Json> {
    let mut value = Mapping { block: call.block, rules: RULES }.value(project, expected);
    plain_defaults(&mut value, "template");
    read_extensions(&mut value, project);
    for (index, template) in value["template"].as_array_mut().into_iter().flatten().enumerate() {
        // An absent default is written "", and stays absent in the state.
        if expected["template"][index]["default_value"].is_null() && template["default_value"] == json!("") {
            template["default_value"] = Json::Null;
        }
    }
    let settings = call
        .api
        .get(&deployment_settings(call, project))
        .await
        .context("error reading deployment settings")?;
    for (attribute, member) in SETTINGS {
        value[attribute] = match &settings[member] {
            Json::Null if member == "DefaultToSkipIfAlreadyInstalled" => json!(false),
            Json::Null => json!(""),
            setting => setting.clone(),
        };
    }
    // These come into the state only where they are configured: an import has none.
    let policy = Mapping { block: call.block, rules: RULES }
        .value(&json!({"ProjectConnectivityPolicy": settings["ConnectivityPolicy"], "VersioningStrategy": settings["VersioningStrategy"]}), expected);
    for block in ["connectivity_policy", "versioning_strategy"] {
        value[block] = if items(expected, block).is_empty() { json!([]) } else { policy[block].clone() };
    }
    for block in ["release_creation_strategy"] {
        if items(expected, block).is_empty() {
            value[block] = json!([]);
        }
    }
    Ok(value)
}

/// The address that the project's own link names; after a conversion to Git it is a template.
fn deployment_settings(call: &Call<'_>, project: &Json) -> String {
    let link = project["Links"]["DeploymentSettings"].as_str().unwrap_or_default();
    let branch = project["PersistenceSettings"]["DefaultBranch"].as_str().unwrap_or("main");
    if link.is_empty() {
        return call.s(project, &format!("projects/{}/deploymentsettings", text(project, "Id")));
    }
    link.replace("{gitRef}", branch)
}

async fn convert(call: &Call<'_>, id: &str, settings: &Json) -> Result<()> {
    let body = json!({"CommitMessage": "Converting project to use VCS", "InitialCommitBranchName": "", "VersionControlSettings": settings});
    call.api.post(&call.s(&call.config, &format!("projects/{id}/git/convert")), &body).await.map(|_| ())
}

/// # Errors
/// What the server says; a conversion to Git that fails takes the project away again.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let created = call.api.post(&call.s(plan, "projects"), &Json::Object(body(call, plan))).await?;
    let id = text(&created, "Id");
    if let Some(settings) = git_settings(plan)
        && let Err(error) = convert(call, id, &settings).await
    {
        call.api.delete(&call.s(plan, &format!("projects/{id}"))).await?;
        return Err(error);
    }
    let project = call.api.get(&call.s(plan, &format!("projects/{id}"))).await?;
    value(call, &project, plan).await
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let address = call.s(&call.state, &format!("projects/{}", text(&call.state, "id")));
    match call.api.get(&address).await {
        Ok(project) => Ok(Some(value(call, &project, &call.state).await?)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let id = text(&call.state, "id");
    let address = call.s(plan, &format!("projects/{id}"));
    let existing = call.api.get(&address).await?;
    let in_git = existing["PersistenceSettings"]["Type"] == json!("VersionControlled");
    let mut body = body(call, plan);
    body.insert("Id".to_owned(), json!(id));
    body.insert("Links".to_owned(), existing["Links"].clone());
    if let Some(settings) = git_settings(plan) {
        if !in_git {
            convert(call, id, &settings).await?;
        }
        body.insert("PersistenceSettings".to_owned(), settings);
    }
    if body.get("AutoCreateRelease") == Some(&json!(true)) && !body.contains_key("ReleaseCreationStrategy") {
        body.insert("ReleaseCreationStrategy".to_owned(), existing["ReleaseCreationStrategy"].clone());
    }
    let updated = call.api.put(&address, &Json::Object(body)).await?;
    value(call, &updated, plan).await
}
