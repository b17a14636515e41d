//! What the official provider, or its client, crashes on or refuses when it reads it from a server. The client is go-octopusdeploy 2.111.0; a crash is
//! an error here, which says so.

use anyhow::{Result, bail};
use serde_json::Value as Json;

/// Looks at an answer: at a document, or at each of a list.
///
/// # Errors
/// What the official one does not survive.
pub fn check(path: &str, answer: &Json) -> Result<()> {
    let path = path.split('?').next().unwrap_or_default().trim_matches('/');
    let mut segments = path.split('/').skip(1).skip_while(|segment| segment.starts_with("Spaces-"));
    let collection = segments.next().unwrap_or_default();
    if segments.next().is_some() && segments.next().is_some() {
        return Ok(());
    }
    let documents = match answer["Items"].as_array().or(answer["DeploymentFreezes"].as_array()) {
        Some(items) => items.iter().collect(),
        None => vec![answer],
    };
    documents.into_iter().filter(|document| document.is_object()).try_for_each(|document| match collection {
        "projects" => project(document),
        "environments" => extensions(document),
        "libraryvariablesets" => defaults(document, "Templates"),
        "actiontemplates" => defaults(document, "Parameters"),
        "machines" | "workers" => machine(document),
        "machinepolicies" => policy(document),
        "projecttriggers" => trigger(document),
        "deploymentfreezes" => freeze(document),
        _ => Ok(()),
    })
}

fn is_nothing(value: &Json) -> bool {
    value.as_str().is_none_or(str::is_empty)
}

fn project(project: &Json) -> Result<()> {
    for field in ["LifecycleId", "ProjectGroupId"] {
        if project.get(field).is_some_and(is_nothing) {
            bail!("Field validation for '{field}' failed on the 'required' tag");
        }
    }
    defaults(project, "Templates")?;
    extensions(project)
}

/// Each value is taken for what it ought to be.
fn extensions(document: &Json) -> Result<()> {
    for settings in document["ExtensionSettings"].as_array().into_iter().flatten() {
        for (name, value) in settings["Values"].as_object().into_iter().flatten() {
            let fits = match name.as_str() {
                "JsmChangeControlled" | "ServiceNowChangeControlled" | "AutomaticStateTransition" => {
                    value.is_boolean()
                }
                "JiraEnvironmentType"
                | "JsmConnectionId"
                | "ServiceDeskProjectName"
                | "StandardChangeTemplateName"
                | "ServiceNowConnectionId" => value.is_string(),
                _ => true,
            };
            if !fits {
                bail!("panic: interface conversion: interface {{}} is nil, not string ({name})");
            }
        }
    }
    Ok(())
}

fn defaults(document: &Json, list: &str) -> Result<()> {
    let all = document[list].as_array();
    if let Some(bare) = all.into_iter().flatten().find(|template| template["DefaultValue"].is_null()) {
        bail!("panic: nil pointer dereference (the default of {})", bare["Name"]);
    }
    Ok(())
}

fn machine(machine: &Json) -> Result<()> {
    for list in ["EnvironmentIds", "Roles", "TenantIds", "TenantTags", "TenantedDeploymentParticipation"] {
        if machine.get(list).is_some_and(Json::is_null) {
            bail!("panic: nil pointer dereference ({list})");
        }
    }
    let endpoint = &machine["Endpoint"];
    match endpoint["CommunicationStyle"].as_str().unwrap_or_default() {
        "TentacleActive" | "TentaclePassive" => {
            for field in ["Uri", "Thumbprint"] {
                if is_nothing(&endpoint[field]) {
                    bail!("Field validation for '{field}' failed on the 'required' tag");
                }
            }
        }
        "Kubernetes" => match &endpoint["SkipTlsVerification"] {
            Json::Null => {}
            Json::String(text)
                if matches!(text.as_str(), "" | "1" | "0" | "true" | "false" | "True" | "False") => {}
            other => bail!("strconv.ParseBool: parsing {other}: invalid syntax"),
        },
        _ => {}
    }
    Ok(())
}

fn policy(policy: &Json) -> Result<()> {
    const RUNS: &[&str] = &["InheritFromDefault", "Inline", "OnlyConnectivity"];
    let health = &policy["MachineHealthCheckPolicy"];
    let update = &policy["MachineUpdatePolicy"];
    let values: [(&Json, &str, &[&str]); 9] = [
        (
            &policy["MachineCleanupPolicy"],
            "DeleteMachinesBehavior",
            &["DeleteUnavailableMachines", "DoNotDelete"],
        ),
        (
            &policy["MachineConnectivityPolicy"],
            "MachineConnectivityBehavior",
            &["ExpectedToBeOnline", "MayBeOfflineAndCanBeSkipped"],
        ),
        (health, "HealthCheckType", &["OnlyConnectivity", "RunScript"]),
        (&health["BashHealthCheckPolicy"], "RunType", RUNS),
        (&health["PowerShellHealthCheckPolicy"], "RunType", RUNS),
        (&policy["MachinePackageCacheRetentionPolicy"], "Strategy", &["Default", "Quantities"]),
        (update, "CalamariUpdateBehavior", &["UpdateAlways", "UpdateOnDeployment", "UpdateOnNewMachine"]),
        (update, "TentacleUpdateBehavior", &["NeverUpdate", "Update"]),
        (update, "KubernetesAgentUpdateBehavior", &["NeverUpdate", "Update", "Block"]),
    ];
    for (object, name, known) in values {
        if object.is_object() && !object[name].as_str().is_some_and(|text| known.contains(&text)) {
            bail!("Field validation for '{name}' failed on the 'oneof' tag");
        }
    }
    if health.is_object() && is_nothing(&health["HealthCheckCronTimezone"]) {
        bail!("Field validation for 'HealthCheckCronTimezone' failed on the 'required' tag");
    }
    if policy["ConnectionRetryCountLimit"].as_i64().unwrap_or_default() == 0 {
        bail!("Field validation for 'ConnectionRetryCountLimit' failed on the 'required' tag");
    }
    Ok(())
}

fn trigger(trigger: &Json) -> Result<()> {
    let (action, filter) = (&trigger["Action"], &trigger["Filter"]);
    if action["ActionType"] == "DeployLatestRelease"
        && action["SourceEnvironmentIds"].as_array().is_none_or(Vec::is_empty)
    {
        bail!("panic: index out of range [0] with length 0 (SourceEnvironmentIds)");
    }
    if filter["FilterType"] == "ContinuousDailySchedule"
        && ["Interval", "RunAfter", "RunUntil"].iter().any(|field| is_nothing(&filter[*field]))
    {
        bail!("panic: nil pointer dereference (the interval)");
    }
    Ok(())
}

fn freeze(freeze: &Json) -> Result<()> {
    if freeze.get("ProjectEnvironmentScope").is_some_and(Json::is_null) {
        bail!("panic: assignment to entry in nil map (ProjectEnvironmentScope)");
    }
    if is_nothing(&freeze["OwnerId"]) && freeze["RecurringSchedule"].is_object() {
        bail!("Value Conversion Error: Struct defines fields not found in object: utc_offset_in_minutes");
    }
    Ok(())
}

/// A variable whose state has a prompt, and that has none at the server, or one for a choice without options.
///
/// # Errors
/// Where the official one crashes (`schemas/variable_prompt_options.go`).
pub fn check_prompt(variable: &Json, state: &Json) -> Result<()> {
    let Some(known) = state["prompt"].as_array().and_then(|blocks| blocks.first()) else { return Ok(()) };
    let prompt = &variable["Prompt"];
    if prompt.is_null() {
        bail!("panic: nil pointer dereference (the prompt of {})", variable["Name"]);
    }
    let settings = &prompt["DisplaySettings"];
    let options = settings["Octopus.SelectOptions"].as_str().unwrap_or_default();
    let is_declared = known["display_settings"].as_array().is_some_and(|blocks| !blocks.is_empty());
    if is_declared && settings["Octopus.ControlType"] == "Select" && !options.contains('|') {
        bail!("panic: the choice of {} has no options", variable["Name"]);
    }
    Ok(())
}

/// A lifecycle of which the server has a phase, or the policy of one, that the state has not.
///
/// # Errors
/// Where the official one crashes (`resource_lifecycle.go`, `handleUnitCasing`).
pub fn check_phases(lifecycle: &Json, state: &Json) -> Result<()> {
    let known = state["phase"].as_array().map(Vec::as_slice).unwrap_or_default();
    if known.is_empty() {
        return Ok(());
    }
    for (number, phase) in lifecycle["Phases"].as_array().into_iter().flatten().enumerate() {
        for (policy, argument) in [
            ("ReleaseRetentionPolicy", "release_retention_with_strategy"),
            ("TentacleRetentionPolicy", "tentacle_retention_with_strategy"),
        ] {
            let has = known
                .get(number)
                .and_then(|phase| phase[argument].as_array())
                .is_some_and(|all| !all.is_empty());
            if !has && !is_nothing(&phase[policy]["Unit"]) {
                bail!("panic: the {policy} of the phase {} is not in the state", phase["Name"]);
            }
        }
    }
    Ok(())
}
