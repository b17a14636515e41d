//! Projects with all that belongs to them: settings, channels, process, runbooks, variables, triggers, tenants' links and values.

use serde_json::{Value, json};

use crate::making::{Making, with};
use crate::variable::{self, Scopes};
use crate::{library, process, shared, text, trigger};

pub(crate) fn make(making: &mut Making) {
    for _ in 0..making.chance.between(1, 3) {
        project(making);
    }
}

/// What a project's parts are called is drawn from few names: so those of several projects share them.
pub(crate) fn part_name(making: &mut Making, place: &str) -> String {
    let names =
        ["Deploy", "deploy it", "Deploy-it", "Restart", "re start", "Hotfix", "\"Odd\" / ${x}", "Ночь", "1"];
    loop {
        let name = making.chance.one(&names);
        if making.chance.percent(30) {
            return making.name(place);
        }
        if making.is_free(place, name) {
            return name.to_owned();
        }
    }
}

fn connectivity(making: &mut Making) -> Value {
    let roles = if making.chance.percent(30) { making.chance.some(text::ROLES, 2) } else { Vec::new() };
    json!({
        "AllowDeploymentsToNoTargets": making.flag(), "ExcludeUnhealthyTargets": making.flag(),
        "SkipMachineBehavior": making.chance.one(&["None", "SkipUnavailableMachines"]), "TargetRoles": roles,
    })
}

fn project(making: &mut Making) {
    let id = making.id("Projects");
    let name = making.name("projects");
    let slug = making.slug("projects", &name);
    let number = id.rsplit('-').next().unwrap_or_default().to_owned();
    let lifecycle = making.any("lifecycles");
    let group = making.any("projectgroups");
    let libraries = making.some("libraryvariablesets", 3);
    let templates = library::templates(making, &id, "Templates", &format!("Project{number}"), 3);
    library::allow_defaults(making, "projects", &name, &templates);
    let mode = ["EnvironmentDefault", "On", "Off"];
    let icon =
        if making.chance.percent(20) { json!({"Color": "#1F5FA8", "Id": "ship"}) } else { Value::Null };
    let optional = |making: &mut Making, field: &str| {
        if making.chance.percent(60) {
            return Value::Null;
        }
        let text = making.optional("projects", &name, field);
        if text == "" {
            // The settings show the same field again.
            let why = "provider 1.17.0: its client leaves out an empty text";
            making.allow("deploymentsettings", field, why, &format!("{name}/"));
        }
        text
    };
    let mut document = json!({
        "AllowIgnoreChannelRules": making.chance.percent(70), "AutoCreateRelease": false, "AutoDeployReleaseOverrides": [],
        "ClonedFromProjectId": null, "CombineHealthAndSyncStatusInDashboardLiveStatus": making.chance.percent(30),
        "DefaultGuidedFailureMode": making.chance.one(&mode), "DefaultToSkipIfAlreadyInstalled": making.flag(),
        "DeploymentChangesTemplate": optional(making, "DeploymentChangesTemplate"), "DeploymentProcessId": format!("deploymentprocess-{id}"), "DeprovisioningRunbookId": null,
        "Description": making.optional("projects", &name, "Description"), "DiscreteChannelRelease": making.flag(),
        "ExecuteDeploymentsOnResilientPipeline": making.chance.one(&[Value::Null, json!(true), json!(false)]), "ExtensionSettings": [],
        "ForcePackageDownload": making.flag(), "Icon": icon, "Id": id, "IncludedLibraryVariableSetIds": libraries,
        "IsDisabled": making.chance.percent(20), "IsVersionControlled": false, "LifecycleId": lifecycle, "Name": name,
        "PersistenceSettings": {"Type": "Database"}, "ProjectConnectivityPolicy": connectivity(making), "ProjectGroupId": group,
        "ProjectTags": making.some_tags("Project"), "ProvisioningRunbookId": null,
        "ReleaseCreationStrategy": {"ChannelId": null, "ReleaseCreationPackage": null, "ReleaseCreationPackageStepId": null},
        "ReleaseNotesTemplate": optional(making, "ReleaseNotesTemplate"), "Slug": slug, "Templates": templates,
        "TenantedDeploymentMode": making.chance.one(&["Untenanted", "Tenanted", "TenantedOrUntenanted"]),
        "VariableSetId": format!("variableset-{id}"),
    });
    document["VersioningStrategy"] = json!({"DonorPackage": null, "DonorPackageStepId": null,
        "Template": making.chance.one(&["#{Octopus.Version.LastMajor}.#{Octopus.Version.NextMinor}.0", "1.0.i-${x}"])});
    let parts = Parts { id: id.clone(), name: name.clone() };
    let channels = channels(making, &parts);
    let mut process = process::steps(making, &id, &channels, 5);
    process::limit_rules(making, &channels, &mut process);
    let donor = process.package_actions.first().cloned().filter(|_| making.chance.percent(40));
    if let Some((action, package, action_id)) = donor {
        let package = if package.is_empty() {
            json!({"DeploymentAction": action})
        } else {
            json!({"DeploymentAction": action, "PackageReference": package})
        };
        document["VersioningStrategy"] = json!({"DonorPackage": package, "DonorPackageStepId": action_id});
    }
    let process_id = format!("deploymentprocess-{id}");
    making.put("deploymentprocesses", json!({"Id": process_id, "LastSnapshotId": null, "ProjectId": id, "Steps": process.steps, "Version": 3}));
    let settings = json!({
        "ChangeDescription": null, "ConnectivityPolicy": document["ProjectConnectivityPolicy"],
        "DefaultGuidedFailureMode": document["DefaultGuidedFailureMode"],
        "DefaultToSkipIfAlreadyInstalled": document["DefaultToSkipIfAlreadyInstalled"],
        "DeploymentChangesTemplate": document["DeploymentChangesTemplate"], "CancelQueuedTasks": making.chance.percent(20), "CancelRunningTasks": making.chance.percent(20), "FailTargetDiscovery": making.chance.percent(30),
        "ForcePackageDownload": document["ForcePackageDownload"], "Id": format!("deploymentsettings-{id}"), "ProjectId": id,
        "ReleaseNotesTemplate": document["ReleaseNotesTemplate"], "VersioningStrategy": document["VersioningStrategy"],
    });
    making.lack(
        "projects",
        &name,
        &mut document,
        &[
            "ProjectTags",
            "ExecuteDeploymentsOnResilientPipeline",
            "CombineHealthAndSyncStatusInDashboardLiveStatus",
            "ForcePackageDownload",
            "Icon",
            "AllowIgnoreChannelRules",
        ],
    );
    if document.get("ExecuteDeploymentsOnResilientPipeline").is_none() {
        let newer = "ExecuteDeploymentsOnEventBasedPipeline";
        making.allow("projects", newer, "newer servers call the field by this name", &name);
    }
    if document.get("ForcePackageDownload").is_none() {
        let why = "made up: the project's document does not say it";
        making.allow("deploymentsettings", "ForcePackageDownload", why, &format!("{name}/"));
    }
    making.put("projects", document);
    making.put("deploymentsettings", settings);

    let mut scopes = Scopes { channels, actions: process.actions, processes: vec![id.clone()] };
    let runbooks: Vec<String> =
        (0..making.chance.below(3)).map(|_| runbook(making, &parts, &mut scopes)).collect();
    if let Some(runbook) = runbooks.first().filter(|_| making.chance.percent(30)) {
        making.document("projects", &id)["ProvisioningRunbookId"] = json!(runbook);
    }
    variable::of_owner(making, &id, &format!("Project{number}"), &scopes, 8);
    trigger::make(making, &id, &name, &scopes.channels, &runbooks);
    tenants(making, &id);
}

/// The project that parts belong to.
struct Parts {
    id: String,
    name: String,
}

fn channels(making: &mut Making, project: &Parts) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..making.chance.between(1, 3) {
        let id = making.id("Channels");
        let place = format!("channels of {}", project.id);
        let name = if number == 0 && making.chance.percent(80) {
            making.taken(&place, "Default")
        } else {
            part_name(making, &place)
        };
        let slug = making.slug(&place, &name);
        let key = format!("{}/{name}", project.name);
        let lifecycle = if making.flag() { Value::Null } else { json!(making.any("lifecycles")) };
        let fields = if making.chance.percent(20) {
            json!([{"FieldName": "Branch"}, {"Description": "Who ${decides}", "FieldName": "Captain"}])
        } else {
            json!([])
        };
        let references = if making.chance.percent(20) {
            json!(["refs/heads/main", "refs/heads/${x}/*"])
        } else {
            json!([])
        };
        let mut document = json!({
            "AutomaticEphemeralEnvironmentDeployments": false, "CustomFieldDefinitions": fields, "Description": making.optional("channels", &key, "Description"),
            "EphemeralEnvironmentNameTemplate": null, "GitReferenceRules": references, "GitResourceRules": [], "Id": id, "IsDefault": number == 0,
            "LifecycleId": lifecycle, "Name": name, "ParentEnvironmentId": null, "ProjectId": project.id, "Rules": [], "Slug": slug,
            "TenantTags": if making.flag() { making.some_tags("Tenant") } else { Vec::new() }, "Type": "Lifecycle",
        });
        let parent = making.any("parentenvironments").filter(|_| number > 0 && making.chance.percent(40));
        if let Some(parent) = parent {
            document = with(
                document,
                json!({"AutomaticEphemeralEnvironmentDeployments": making.flag(), "ParentEnvironmentId": parent,
                "EphemeralEnvironmentNameTemplate": "pr-#{Octopus.Release.Number}", "LifecycleId": null, "Type": "EphemeralEnvironment"}),
            );
        }
        making.lack(
            "channels",
            &key,
            &mut document,
            &["AutomaticEphemeralEnvironmentDeployments", "CustomFieldDefinitions", "GitResourceRules"],
        );
        ids.push(making.put("channels", document));
    }
    ids
}

fn runbook(making: &mut Making, project: &Parts, scopes: &mut Scopes) -> String {
    let id = making.id("Runbooks");
    let place = format!("runbooks of {}", project.id);
    let name = part_name(making, &place);
    let slug = making.slug(&place, &name);
    let key = format!("{}/{name}", project.name);
    let scope = making.chance.one(&["All", "Specified", "FromProjectLifecycles"]);
    let environments = if scope == "Specified" { making.some("environments", 3) } else { Vec::new() };
    let retention = match shared::retention(making) {
        kept if kept["Strategy"] == "Default" => {
            json!({"QuantityToKeep": 100, "ShouldKeepForever": false, "Strategy": "Default", "Unit": "Items"})
        }
        kept => kept,
    };
    let mut document = json!({
        "ConnectivityPolicy": connectivity(making), "DefaultGuidedFailureMode": making.chance.one(&["EnvironmentDefault", "On", "Off"]),
        "Description": making.optional("runbooks", &key, "Description"), "EnvironmentScope": scope, "Environments": environments, "ForcePackageDownload": making.flag(), "Id": id,
        "CancelQueuedTasks": making.chance.percent(20), "CancelRunningTasks": making.chance.percent(20), "FailTargetDiscovery": making.chance.percent(20),
        "MultiTenancyMode": making.chance.one(&["Untenanted", "Tenanted", "TenantedOrUntenanted"]), "Name": name, "ProjectId": project.id,
        "PublishedRunbookSnapshotId": null, "RunRetentionPolicy": retention, "RunbookProcessId": format!("RunbookProcess-{id}"),
        "RunbookTags": making.some_tags("Runbook"), "Slug": slug,
    });
    making.lack("runbooks", &key, &mut document, &["RunbookTags", "ForcePackageDownload"]);
    making.put("runbooks", document);
    let process = process::steps(making, &format!("process of {id}"), &[], 2);
    let process_id = format!("RunbookProcess-{id}");
    making.put(
        "runbookprocesses",
        json!({"Id": process_id, "LastSnapshotId": null, "ProjectId": project.id, "RunbookId": id, "Steps": process.steps, "Version": 1}),
    );
    scopes.actions.extend(process.actions);
    scopes.processes.push(id.clone());
    id
}

/// Links of tenants to the project, and their values for its templates.
fn tenants(making: &mut Making, project: &str) {
    let document = making.document("projects", project).clone();
    if document["TenantedDeploymentMode"] == "Untenanted" {
        return;
    }
    for tenant in making.some("tenants", 3) {
        let environments = making.some("environments", 2);
        making.document("tenants", &tenant)["ProjectEnvironments"][project] = json!(environments);
        for template in document["Templates"].as_array().into_iter().flatten() {
            if making.flag() {
                continue;
            }
            let scoped = if environments.is_empty() || making.flag() {
                Vec::new()
            } else {
                vec![making.chance.one(&environments)]
            };
            value(making, &tenant, json!({"ProjectId": project}), template, &scoped);
        }
        let sets: Vec<String> = document["IncludedLibraryVariableSetIds"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        for set in sets {
            let templates = making.document("libraryvariablesets", &set)["Templates"].clone();
            for template in templates.as_array().into_iter().flatten() {
                if making.flag() || making.has_value(&tenant, template["Id"].as_str().unwrap_or_default()) {
                    continue;
                }
                value(making, &tenant, json!({"LibraryVariableSetId": set}), template, &[]);
            }
        }
    }
}

fn value(making: &mut Making, tenant: &str, owner: Value, template: &Value, environments: &[String]) {
    let id = making.id("TenantVariables");
    let value = if template["DisplaySettings"]["Octopus.ControlType"] == "Sensitive" {
        making.allow_value(tenant, &owner, template, environments);
        making.secret(&id, "Value")
    } else {
        json!(making.line())
    };
    let document = json!({"EnvironmentIds": environments, "Id": id, "TemplateId": template["Id"], "TenantId": tenant, "Value": value});
    making.put("tenantvariablevalues", with(document, owner));
}
