//! What projects share: environments, lifecycles, tag sets, tenants, groups, machine policies, retention.

use serde_json::{Value, json};

use crate::making::{Making, SPACE, Tags, set};
use crate::text;

pub(crate) fn make(making: &mut Making) {
    tag_sets(making);
    for _ in 0..making.chance.between(2, 4) {
        environment(making);
    }
    for _ in 0..making.chance.below(2) {
        parent_environment(making);
    }
    for _ in 0..making.chance.between(1, 3) {
        lifecycle(making);
    }
    for _ in 0..making.chance.between(1, 2) {
        group(making);
    }
    for _ in 0..making.chance.between(1, 3) {
        tenant(making);
    }
    for _ in 0..making.chance.between(0, 2) {
        policy(making);
    }
    retention_defaults(making);
}

fn tag_sets(making: &mut Making) {
    for number in 0..making.chance.between(1, 3) {
        let id = making.id("TagSets");
        let name = making.plain_name("tagsets");
        let all = ["Tenant", "Environment", "Project", "Runbook", "Target"].map(str::to_owned);
        let mut scopes = if number == 0 { all.to_vec() } else { making.chance.some(&all, 3) };
        if scopes.is_empty() {
            scopes.push("Tenant".to_owned());
        }
        scopes.sort();
        let kind = if number == 0 {
            "MultiSelect"
        } else {
            making.chance.one(&["MultiSelect", "SingleSelect", "FreeText"])
        };
        let mut tags = Vec::new();
        let count = if kind == "FreeText" { 0 } else { making.chance.between(1, 3) };
        for order in 0..count {
            let tag = making.plain_name(&format!("tags of {id}"));
            let number = making.id("Tags");
            tags.push(json!({
                "CanonicalTagName": format!("{name}/{tag}"), "Color": making.chance.one(&["#333333", "#FFFFFF", "#1f5fa8"]),
                "Description": making.words(), "Id": format!("{id}/{number}"), "Name": tag, "SortOrder": order + 1,
            }));
        }
        let names =
            tags.iter().filter_map(|tag| tag["CanonicalTagName"].as_str().map(str::to_owned)).collect();
        making.tags.push(Tags { scopes: scopes.clone(), only_one: kind == "SingleSelect", tags: names });
        let mut document = json!({
            "Description": making.words(), "Id": id, "Name": name, "Scopes": scopes, "SortOrder": number + 1, "Tags": tags, "Type": kind,
        });
        if making.chance.percent(20) {
            document["SortOrder"] = json!(making.chance.one(&[0, 7, 100]));
        }
        making.put("tagsets", document);
    }
}

fn environment(making: &mut Making) {
    let id = making.id("Environments");
    let name = making.name("environments");
    let slug = making.slug("environments", &name);
    let extensions = if making.chance.percent(30) {
        json!([
            {"ExtensionId": "jira-integration", "Values": {"JiraEnvironmentType": making.chance.one(&["unmapped", "production", "testing"])}},
            {"ExtensionId": "jiraservicemanagement-integration", "Values": {"JsmChangeControlled": making.flag()}},
            {"ExtensionId": "servicenow-integration", "Values": {"ServiceNowChangeControlled": making.flag()}},
        ])
    } else {
        json!([])
    };
    let mut document = json!({
        "AllowDynamicInfrastructure": making.flag(), "Description": making.optional("environments", &name, "Description"), "EnvironmentTags": making.some_tags("Environment"),
        "ExtensionSettings": extensions, "Id": id, "Name": name, "Slug": slug, "SortOrder": making.chance.below(9), "Type": "Static",
        "UseGuidedFailure": making.flag(),
    });
    making.lack("environments", &name, &mut document, &["EnvironmentTags", "Type", "ExtensionSettings"]);
    making.put("environments", document);
}

fn parent_environment(making: &mut Making) {
    let id = making.id("Environments");
    let name = making.name("environments");
    let slug = making.slug("parentenvironments", &name);
    let rule = match making.chance.below(4) {
        0 => Value::Null,
        1 => json!({"ExpiryDays": 3, "ExpiryHours": 0}),
        2 => json!({"ExpiryDays": 0, "ExpiryHours": 12}),
        _ => json!({"ExpiryDays": 2, "ExpiryHours": 1}),
    };
    for part in ["ExpiryDays", "ExpiryHours"] {
        if rule[part] == 0 {
            let field = format!("AutomaticDeprovisioningRule/{part}");
            making.allow("parentenvironments", &field, "provider 1.17.0: its client leaves out 0", &name);
        }
    }
    let document = json!({
        "AutomaticDeprovisioningRule": rule, "Description": making.words(), "EnvironmentTags": making.some_tags("Environment"), "Id": id,
        "Name": name, "Slug": slug, "SortOrder": making.chance.below(9), "Type": "Parent", "UseGuidedFailure": making.flag(),
    });
    making.allow("parentenvironments", "EnvironmentTags", "API: no published route takes them", &name);
    making.put("parentenvironments", document);
}

/// What is kept, in each of the strategies.
pub(crate) fn retention(making: &mut Making) -> Value {
    match making.chance.below(4) {
        0 => json!({"QuantityToKeep": 0, "ShouldKeepForever": true, "Strategy": "Default", "Unit": "Items"}),
        1 => json!({"QuantityToKeep": 0, "ShouldKeepForever": true, "Strategy": "Forever", "Unit": "Items"}),
        _ => {
            let quantity = making.chance.one(&[1, 3, 30, 365]);
            json!({"QuantityToKeep": quantity, "ShouldKeepForever": false, "Strategy": "Count", "Unit": making.chance.one(&["Items", "Days"])})
        }
    }
}

fn lifecycle(making: &mut Making) {
    let id = making.id("Lifecycles");
    let name = making.name("lifecycles");
    let slug = making.slug("lifecycles", &name);
    let mut phases = Vec::new();
    for _ in 0..making.chance.below(4) {
        let maybe =
            |making: &mut Making| if making.chance.percent(30) { retention(making) } else { Value::Null };
        let automatic = making.some("environments", 1);
        let others: Vec<String> =
            making.ids("environments").into_iter().filter(|id| !automatic.contains(id)).collect();
        let optional = making.chance.some(&others, 2);
        let list = |ids: Vec<String>| if ids.is_empty() { Value::Null } else { json!(ids) };
        phases.push(json!({
            "AutomaticDeploymentTargets": list(automatic), "Id": making.chance.uuid(), "IsOptionalPhase": making.flag(),
            "IsPriorityPhase": making.flag(), "MinimumEnvironmentsBeforePromotion": making.chance.below(3),
            "Name": making.name(&format!("phases of {id}")), "OptionalDeploymentTargets": list(optional),
            "ReleaseRetentionPolicy": maybe(making), "TentacleRetentionPolicy": maybe(making),
        }));
    }
    let mut document = json!({
        "Description": making.optional("lifecycles", &name, "Description"), "Id": id, "Name": name, "Phases": phases, "ReleaseRetentionPolicy": retention(making), "Slug": slug,
        "TentacleRetentionPolicy": retention(making),
    });
    making.lack("lifecycles", &name, &mut document, &["Description"]);
    making.put("lifecycles", document);
}

fn group(making: &mut Making) {
    let id = making.id("ProjectGroups");
    let name = making.name("projectgroups");
    let slug = making.slug("projectgroups", &name);
    let document = json!({
        "Description": making.optional("projectgroups", &name, "Description"), "EnvironmentIds": [], "Id": id, "Name": name, "RetentionPolicyId": null, "Slug": slug,
    });
    making.put("projectgroups", document);
}

fn tenant(making: &mut Making) {
    let id = making.id("Tenants");
    let name = making.name("tenants");
    let slug = making.slug("tenants", &name);
    let icon =
        if making.chance.percent(20) { json!({"Color": "#C8102E", "Id": "bird"}) } else { Value::Null };
    let mut document = json!({
        "ClonedFromTenantId": making.chance.one(&[json!(""), Value::Null]), "Description": making.words(), "Icon": icon, "Id": id,
        "IsDisabled": making.chance.percent(20), "Name": name, "ProjectEnvironments": {}, "Slug": slug, "TenantTags": making.some_tags("Tenant"),
    });
    making.allow("tenants", "ClonedFromTenantId", "made up: history, empty in one of two ways", &name);
    making.lack("tenants", &name, &mut document, &["Icon", "IsDisabled", "Slug"]);
    making.put("tenants", document);
}

fn policy(making: &mut Making) {
    let id = making.id("MachinePolicies");
    let name = making.name("machinepolicies");
    let slug = making.slug("machinepolicies", &name);
    making.allow("machinepolicies", "Slug", "by the vendor's reference no request takes it", &name);
    let health = |making: &mut Making| {
        if making.flag() {
            json!({"RunType": "InheritFromDefault", "ScriptBody": making.chance.one(&[Value::Null, json!("")])})
        } else {
            json!({"RunType": "Inline", "ScriptBody": making.script()})
        }
    };
    let schedule = match making.chance.below(4) {
        0 => json!({"HealthCheckCron": "0 0 6 * * Mon-Fri", "HealthCheckInterval": null}),
        1 => json!({"HealthCheckInterval": "00:00:00"}),
        _ => json!({"HealthCheckInterval": making.duration()}),
    };
    let mut checks = json!({
        "BashHealthCheckPolicy": health(making), "HealthCheckCronTimezone": making.chance.one(text::ZONES),
        "HealthCheckType": making.chance.one(&["RunScript", "OnlyConnectivity"]), "PowerShellHealthCheckPolicy": health(making),
    });
    checks = crate::making::with(checks, schedule);
    let cache = if making.flag() {
        json!({"Strategy": "Default"})
    } else {
        json!({"PackageUnit": "Items", "QuantityOfPackagesToKeep": making.chance.between(1, 9),
            "QuantityOfVersionsToKeep": making.chance.between(1, 9), "Strategy": "Quantities", "VersionUnit": "Items"})
    };
    let mut document = json!({
        "ConnectionConnectTimeout": making.duration(), "ConnectionRetryCountLimit": making.chance.below(9),
        "ConnectionRetrySleepInterval": making.duration(), "ConnectionRetryTimeLimit": making.duration(), "Description": making.optional("machinepolicies", &name, "Description"),
        "Id": id, "IsDefault": false,
        "MachineCleanupPolicy": {"DeleteMachinesBehavior": making.chance.one(&["DoNotDelete", "DeleteUnavailableMachines"]),
            "DeleteMachinesElapsedTimeSpan": making.duration()},
        "MachineConnectivityPolicy": {"MachineConnectivityBehavior": making.chance.one(&["ExpectedToBeOnline", "MayBeOfflineAndCanBeSkipped"])},
        "MachineHealthCheckPolicy": checks, "MachinePackageCacheRetentionPolicy": cache,
        "MachineRpcCallRetryPolicy": {"Enabled": making.flag(), "HealthCheckRetryDuration": making.duration(), "RetryDuration": making.duration()},
        "MachineUpdatePolicy": {"CalamariUpdateBehavior": making.chance.one(&["UpdateOnDeployment", "UpdateAlways", "UpdateOnNewMachine"]),
            "KubernetesAgentUpdateBehavior": making.chance.one(&["Update", "NeverUpdate"]), "TentacleUpdateBehavior": making.chance.one(&["NeverUpdate", "Update"])},
        "Name": name, "PollingRequestMaximumMessageProcessingTimeout": making.duration(), "PollingRequestQueueTimeout": making.duration(),
        "Slug": slug,
    });
    making.lack(
        "machinepolicies",
        &name,
        &mut document,
        &[
            "MachinePackageCacheRetentionPolicy",
            "MachineRpcCallRetryPolicy",
            "PollingRequestMaximumMessageProcessingTimeout",
        ],
    );
    making.put("machinepolicies", document);
}

fn retention_defaults(making: &mut Making) {
    for id in making.ids("retentionpolicies") {
        let policy = match making.chance.below(3) {
            0 => json!({"QuantityToKeep": 0, "Strategy": "Forever", "Unit": ""}),
            1 => {
                json!({"QuantityToKeep": making.chance.one(&[1, 45]), "Strategy": "Count", "Unit": making.chance.one(&["Items", "Days"])})
            }
            _ => continue,
        };
        let document = making.document("retentionpolicies", &id);
        *document = crate::making::with(document.take(), policy);
    }
}

/// What a new space has may have been changed: its default lifecycle, group, pool, machine policy.
pub(crate) fn change_the_defaults(making: &mut Making) {
    let _ = SPACE;
    for collection in ["lifecycles", "projectgroups", "workerpools", "machinepolicies"] {
        if let Some(id) = making.ids(collection).first().cloned()
            && making.chance.percent(40)
        {
            let name = making.document(collection, &id)["Name"].as_str().unwrap_or_default().to_owned();
            let description = making.optional(collection, &name, "Description");
            if collection == "lifecycles" && description.is_null() {
                let why = "provider 1.17.0: an update of a lifecycle sends an empty text for none";
                making.allow(collection, "Description", why, &name);
            }
            if collection == "machinepolicies" {
                // An update writes all that the provider's client knows: nothing where the server said null.
                for field in [
                    "*/ScriptBody",
                    "*/HealthCheckCron",
                    "MachinePackageCacheRetentionPolicy/*",
                    "*/TentacleUpdateAccountId",
                ] {
                    making.allow(
                        collection,
                        field,
                        "provider 1.17.0: its client leaves out what is null when it updates the policy",
                        &name,
                    );
                }
            }
            set(making.document(collection, &id), "Description", Some(description));
        }
    }
}
