//! Steps: scripts, packages, templates, children, and properties that hold ids.

use serde_json::{Value, json};

use crate::making::{Making, no_secret};
use crate::project::part_name;
use crate::text;

/// The steps of a process, and what others refer to in them.
#[derive(Default)]
pub(crate) struct Process {
    pub(crate) steps: Vec<Value>,
    pub(crate) actions: Vec<String>,
    /// Name of an action with packages, one of its package references, its id.
    pub(crate) package_actions: Vec<(String, String, String)>,
}

pub(crate) fn steps(making: &mut Making, owner: &str, channels: &[String], most: usize) -> Process {
    let mut process = Process::default();
    for number in 0..making.chance.below(most + 1) {
        let place = format!("steps of {owner}");
        let name = part_name(making, &place);
        let mut properties = json!({});
        if making.chance.percent(30) {
            properties["Octopus.Action.TargetRoles"] =
                json!(making.chance.one(&["web", "web,k8s", "role-\"two\",${role}"]));
        }
        let condition = making.chance.one(&["Success", "Success", "Failure", "Always", "Variable"]);
        if condition == "Variable" {
            properties["Octopus.Step.ConditionVariableExpression"] =
                json!("#{if Octopus.Environment.Name == \"A \\\"B\\\"\"}${x}true#{/if}");
        }
        let mut actions = vec![action(making, &name, channels, &mut process, &place)];
        if making.chance.percent(20) {
            properties["Octopus.Action.TargetRoles"] = json!("web");
            properties["Octopus.Action.MaxParallelism"] = json!("1");
            for _ in 0..making.chance.between(1, 2) {
                let child = part_name(making, &place);
                let child = action(making, &child, channels, &mut process, &place);
                actions.push(child);
            }
        }
        let trigger =
            if number > 0 && making.chance.percent(25) { "StartWithPrevious" } else { "StartAfterPrevious" };
        let slug = making.slug(&format!("step {place}"), &name);
        process.steps.push(json!({
            "Actions": actions, "Condition": condition, "Id": making.chance.uuid(), "Name": name,
            "PackageRequirement": making.chance.one(&["LetOctopusDecide", "LetOctopusDecide", "BeforePackageAcquisition", "AfterPackageAcquisition"]),
            "Properties": properties, "Slug": slug, "StartTrigger": trigger,
        }));
    }
    process
}

fn package(making: &mut Making, name: &str) -> Value {
    let feeds = making.ids("feeds");
    let mut properties = json!({"SelectionMode": "immediate"});
    if !name.is_empty() {
        properties["Extract"] = json!(making.chance.one(&["True", "False"]));
    }
    json!({
        "AcquisitionLocation": making.chance.one(&["Server", "ExecutionTarget", "NotAcquired"]), "FeedId": making.chance.one(&feeds),
        "Id": making.chance.uuid(), "Name": name, "PackageId": making.chance.one(&["Random.App", "random/app", "#{Package.Id}"]), "Properties": properties,
        "StepPackageInputsReferenceId": null, "Version": null,
    })
}

fn action(making: &mut Making, name: &str, channels: &[String], process: &mut Process, place: &str) -> Value {
    let id = making.chance.uuid();
    let mut packages = Vec::new();
    let mut dependencies = json!([]);
    let mut container = json!({});
    let mut notes = if making.chance.percent(30) { making.description() } else { Value::Null };
    if notes == "" {
        notes = Value::Null;
    }
    let (kind, mut properties) = match making.chance.below(11) {
        0 => {
            let package = package(making, "");
            let properties = json!({"Octopus.Action.EnabledFeatures": "", "Octopus.Action.Package.DownloadOnTentacle": "False",
                "Octopus.Action.Package.FeedId": package["FeedId"], "Octopus.Action.Package.PackageId": package["PackageId"]});
            packages.push(package);
            ("Octopus.TentaclePackage", properties)
        }
        1 => {
            let teams =
                making.chance.one(&["teams-everyone", "", "teams-everyone,teams-spacemanagers-Spaces-2"]);
            (
                "Octopus.Manual",
                json!({"Octopus.Action.Manual.BlockConcurrentDeployments": "False", "Octopus.Action.RunOnServer": "true",
                "Octopus.Action.Manual.Instructions": making.chance.one(text::BLOCKS), "Octopus.Action.Manual.ResponsibleTeamIds": teams}),
            )
        }
        2 => (
            "Octopus.Email",
            json!({"Octopus.Action.Email.Body": making.chance.one(text::BLOCKS), "Octopus.Action.Email.IsHtml": "True",
                "Octopus.Action.Email.Subject": making.line(), "Octopus.Action.Email.To": "\"Ops, the team\" <ops@example.invalid>"}),
        ),
        3 => {
            let environments = making.some("environments", 1);
            let accounts = making.some("accounts", 1);
            (
                "Octopus.KubernetesDeployRawYaml",
                json!({"Octopus.Action.KubernetesContainers.CustomResourceYaml": making.chance.one(text::BLOCKS),
                "Random.AsJson": json!({"Environment": environments, "Account": accounts, "Text": "${x}"}).to_string(),
                "Random.AsList": environments.iter().chain(&accounts).cloned().collect::<Vec<_>>().join(",")}),
            )
        }
        4 if !making.ids("actiontemplates").is_empty() => templated(making, &id, &mut packages),
        5 => {
            dependencies = dependency(making);
            (
                "Octopus.Script",
                json!({"Octopus.Action.GitRepository.Source": "External", "Octopus.Action.RunOnServer": "true",
                "Octopus.Action.Script.ScriptFileName": "a/${b}.sh", "Octopus.Action.Script.ScriptSource": "GitRepository",
                "Octopus.Action.Script.Syntax": "Bash"}),
            )
        }
        6 if !making.ids("projects").is_empty() => {
            let other = making.any("projects").unwrap_or_default();
            let mut package = package(making, "");
            let releases = making.ids_with("feeds", "FeedType", "OctopusProject");
            package["FeedId"] = json!(releases.first());
            package["PackageId"] = json!(other);
            package["AcquisitionLocation"] = json!("NotAcquired");
            package["Properties"] = json!({});
            let properties = json!({"Octopus.Action.DeployRelease.DeploymentCondition": "Always", "Octopus.Action.DeployRelease.ProjectId": other,
                "Octopus.Action.Package.DownloadOnTentacle": "False", "Octopus.Action.Package.FeedId": package["FeedId"],
                "Octopus.Action.Package.PackageId": other});
            packages.push(package);
            ("Octopus.DeployRelease", properties)
        }
        _ => {
            for reference in making.chance.some(&["app", "tools", "the \"third\""], 2) {
                packages.push(package(making, reference));
            }
            let feeds = making.ids_with("feeds", "FeedType", "Docker");
            if !feeds.is_empty() && making.chance.percent(40) {
                container =
                    json!({"FeedId": making.chance.one(&feeds), "Image": "octopusdeploy/worker-tools:#{v}"});
            }
            (
                "Octopus.Script",
                json!({"Octopus.Action.RunOnServer": making.chance.one(&["true", "false"]),
                "Octopus.Action.Script.ScriptBody": making.script(), "Octopus.Action.Script.ScriptSource": "Inline",
                "Octopus.Action.Script.Syntax": making.chance.one(&["Bash", "PowerShell", "Python", "CSharp"])}),
            )
        }
    };
    if making.chance.percent(20) && kind != "Octopus.DeployRelease" {
        let key = making.chance.one(&["Custom \"quoted\" key", "Custom.${x}", "1"]);
        properties[key] = json!(making.line());
    }
    if making.chance.percent(8) {
        properties["Custom.Secret"] = json!(true);
    }
    let environments = if making.chance.percent(25) { making.some("environments", 2) } else { Vec::new() };
    let excluded = if environments.is_empty() && making.chance.percent(15) {
        making.some("environments", 1)
    } else {
        Vec::new()
    };
    let pools = making.ids("workerpools");
    let (pool, pool_variable) = match making.chance.below(4) {
        0 => (json!(making.chance.one(&pools)), Value::Null),
        1 => (Value::Null, json!("Worker.Pool")),
        _ => (Value::Null, Value::Null),
    };
    let channels = if making.chance.percent(15) { making.chance.some(channels, 1) } else { Vec::new() };
    let tags = if making.chance.percent(20) { making.some_tags("Tenant") } else { Vec::new() };
    let slug = making.slug(place, name);
    if let Some(package) = packages.first()
        && kind != "Octopus.DeployRelease"
        && properties.get("Octopus.Action.Template.Id").is_none()
    {
        process.package_actions.push((
            name.to_owned(),
            package["Name"].as_str().unwrap_or_default().to_owned(),
            id.clone(),
        ));
    }
    process.actions.push(id.clone());
    if properties["Custom.Secret"] == true {
        // Where the secret lies is known when the process has an id; see `limit_rules`.
        properties.as_object_mut().expect("an object").shift_remove("Custom.Secret");
    }
    json!({
        "ActionType": kind, "CanBeUsedForProjectVersioning": !packages.is_empty(), "Channels": channels, "Condition": "Success", "Container": container,
        "Environments": environments, "ExcludedEnvironments": excluded, "GitDependencies": dependencies, "Id": id, "Inputs": null,
        "IsDisabled": making.chance.percent(15), "IsRequired": making.chance.percent(15), "Name": name, "Notes": notes, "Packages": packages,
        "Properties": properties, "Slug": slug, "StepPackageVersion": null, "TenantTags": tags, "WorkerPoolId": pool,
        "WorkerPoolVariable": pool_variable,
    })
}

fn dependency(making: &mut Making) -> Value {
    let mut dependency = json!({"DefaultBranch": "main", "GitCredentialType": "Anonymous", "Name": "",
        "RepositoryUri": "https://git.random.example/charts.git"});
    if making.flag() {
        dependency["FilePathFilters"] = json!(["charts/**", "${x}/*"]);
    }
    if let Some(credential) = making.any("git-credentials") {
        dependency["GitCredentialType"] = json!("Library");
        dependency["GitCredentialId"] = json!(credential);
    }
    json!([dependency])
}

/// A step made of a step template: what the template has is copied, its parameters are given values.
fn templated(making: &mut Making, _action: &str, packages: &mut Vec<Value>) -> (&'static str, Value) {
    let id = making.any("actiontemplates").unwrap_or_default();
    let template = making.document("actiontemplates", &id).clone();
    let mut properties = template["Properties"].clone();
    properties["Octopus.Action.Template.Id"] = json!(id);
    properties["Octopus.Action.Template.Version"] = json!("0");
    for parameter in template["Parameters"].as_array().into_iter().flatten() {
        let name = parameter["Name"].as_str().unwrap_or_default();
        properties[name] = match parameter["DisplaySettings"]["Octopus.ControlType"].as_str() {
            // What has no default is not copied into a step.
            Some("Sensitive") if parameter["DefaultValue"] == "" => continue,
            Some("Sensitive") => no_secret(),
            Some("Checkbox") => json!("True"),
            Some("Select") => json!("a"),
            _ => json!(making.line()),
        };
    }
    for package in template["Packages"].as_array().into_iter().flatten() {
        let mut package = package.clone();
        package["StepPackageInputsReferenceId"] = Value::Null;
        package["Version"] = Value::Null;
        packages.push(package);
    }
    ("Octopus.Script", properties)
}

/// Rules of channels name actions of the process and their packages.
pub(crate) fn limit_rules(making: &mut Making, channels: &[String], process: &mut Process) {
    for channel in channels {
        let Some((action, package, _)) = process.package_actions.first().cloned() else { return };
        if !making.chance.percent(30) || making.document("channels", channel)["Type"] != "Lifecycle" {
            continue;
        }
        let package = if package.is_empty() {
            json!({"DeploymentAction": action})
        } else {
            json!({"DeploymentAction": action, "PackageReference": package})
        };
        let id = making.chance.uuid();
        let mut rule = json!({"ActionPackages": [package], "Id": id});
        if making.flag() {
            rule["Tag"] = json!("^$");
        }
        if making.flag() {
            rule["VersionRange"] = json!("[1.0,2.0)");
        }
        making.document("channels", channel)["Rules"] = json!([rule]);
    }
}
