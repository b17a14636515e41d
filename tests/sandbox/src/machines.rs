//! Deployment targets, workers, their policies, pools and proxies.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::{check_reference, refuse_if_default, refuse_if_mentioned};
use crate::server::Server;
use crate::store::text;
use crate::version::Feature;

pub(crate) fn defaults() -> Value {
    json!({"Architecture": "Unknown", "HasLatestCalamari": false, "HealthStatus": "Unknown", "IsDisabled": false,
           "IsInProcess": false, "OperatingSystem": "Unknown", "ShellName": "Unknown", "ShellVersion": "Unknown",
           "SkipInitialHealthCheck": false, "Status": "Unknown",
           "StatusSummary": "This machine was recently added. Please perform a health check.", "Thumbprint": null, "Uri": null})
}

pub(crate) fn target_defaults() -> Value {
    let mut fields = defaults();
    for list in ["EnvironmentIds", "Roles", "TenantIds", "TenantTags"] {
        fields[list] = json!([]);
    }
    fields["TenantedDeploymentParticipation"] = json!("Untenanted");
    fields
}

pub(crate) fn worker_defaults() -> Value {
    let mut fields = defaults();
    fields["WorkerPoolIds"] = json!([]);
    fields
}

/// Targets and workers: address and thumbprint stand both at the top and in the endpoint; no policy means the default one.
pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    if fields.get("MachinePolicyId").and_then(Value::as_str).unwrap_or_default().is_empty() {
        let policy = server
            .store
            .all(space, "machinepolicies")
            .find(|(_, policy)| policy["IsDefault"] == true)
            .map(|(id, _)| json!(id));
        fields.insert("MachinePolicyId".into(), policy.unwrap_or_default());
    }
    crate::target_tags::note(server, space, fields);
    let policy = fields["MachinePolicyId"].as_str().unwrap_or_default();
    check_reference(server, space, "machinepolicies", policy)?;
    let top: Vec<(&str, Value)> = ["Uri", "Thumbprint"]
        .into_iter()
        .map(|field| (field, fields.get(field).cloned().unwrap_or_default()))
        .collect();
    let Some(Value::Object(endpoint)) = fields.get_mut("Endpoint") else {
        return Err(Answer::bad_request("Please provide an endpoint."));
    };
    endpoint.shift_remove("Links");
    endpoint.insert("Id".into(), Value::Null);
    let style = endpoint.get("CommunicationStyle").and_then(Value::as_str).unwrap_or_default().to_owned();
    if style == "Kubernetes" {
        // Clients read an absent container as a change.
        let nothing = json!({"Dockerfile": null, "FeedId": null, "GitUrl": null, "Image": null});
        match endpoint.get_mut("Container") {
            Some(Value::Object(container)) if !container.is_empty() => {}
            _ => {
                endpoint.insert("Container".into(), nothing);
            }
        }
    }
    if style == "Ssh" && endpoint.get("Uri").and_then(Value::as_str).unwrap_or_default().is_empty() {
        let host = endpoint.get("Host").and_then(Value::as_str).unwrap_or_default();
        let port = endpoint.get("Port").and_then(Value::as_i64).unwrap_or(22);
        endpoint.insert("Uri".into(), json!(format!("ssh://{host}:{port}/")));
    }
    let mut both = Vec::new();
    for (field, top) in top {
        let inner = endpoint.get(field).cloned().unwrap_or_default();
        let has_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        if has_text(&inner) {
            both.push((field, inner));
        } else if has_text(&top) && style.starts_with("Tentacle") {
            endpoint.insert(field.into(), top.clone());
            both.push((field, top));
        } else {
            both.push((field, Value::Null));
        }
    }
    for (field, value) in both {
        fields.insert(field.into(), value);
    }
    Ok(())
}

/// A policy that says nothing is like the one that each space is born with, but not the default.
pub(crate) fn policy_defaults() -> Value {
    let mut policy = crate::spaces::default_machine_policy();
    if let Value::Object(fields) = &mut policy {
        fields.retain(|name, _| name != "Name" && name != "Slug");
        fields.insert("IsDefault".into(), json!(false));
    }
    policy
}

pub(crate) fn complete_policy(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    settle_default(server, space, "machinepolicies", fields, old);
    Ok(())
}

/// A field of policies that no request of the reference takes: it has its default everywhere.
const UNLISTED: &str = "PollingRequestMaximumMessageProcessingTimeout";

/// Gives it to the policies that a space holds already.
pub(crate) fn found(server: &mut Server, space: &str) {
    if !server.has(Feature::Reference) {
        return;
    }
    let policies: Vec<Value> =
        server.store.all(space, "machinepolicies").map(|(_, policy)| policy.clone()).collect();
    for mut policy in policies {
        policy[UNLISTED] = policy_defaults()[UNLISTED].clone();
        server.store.put(space, "machinepolicies", policy);
    }
}

pub(crate) fn policy_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_default(server, space, "machinepolicies", id)?;
    refuse_if_mentioned(server, space, id, &["machines", "workers"])
}

pub(crate) fn complete_pool(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    let is_static = fields.get("WorkerPoolType").and_then(Value::as_str) != Some("DynamicWorkerPool");
    fields.insert("CanAddWorkers".into(), json!(is_static));
    crate::infrastructure::append(server, space, "workerpools", fields, old);
    settle_default(server, space, "workerpools", fields, old);
    Ok(())
}

pub(crate) fn pool_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_default(server, space, "workerpools", id)?;
    refuse_if_mentioned(server, space, id, &["workers"])?;
    crate::processes::used_by_steps(server, space, id)
}

pub(crate) fn proxy_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["machines", "workers"])
}

/// There is exactly one default: a new one takes it over from the old one, the old one can't give it away.
fn settle_default(
    server: &mut Server,
    space: &str,
    collection: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) {
    if old.is_some_and(|old| old["IsDefault"] == true) {
        fields.insert("IsDefault".into(), json!(true));
    }
    if fields.get("IsDefault") == Some(&json!(true)) {
        unset_default(server, space, collection, fields, |_| true);
    }
}

/// Takes the default from the others that `among` accepts.
pub(crate) fn unset_default(
    server: &mut Server,
    space: &str,
    collection: &str,
    fields: &Fields,
    among: impl Fn(&Value) -> bool,
) {
    let others: Vec<String> = server
        .store
        .all(space, collection)
        .filter(|(_, other)| {
            other["IsDefault"] == true && fields.get("Id") != Some(&other["Id"]) && among(other)
        })
        .map(|(_, other)| text(other, "Id").to_owned())
        .collect();
    for id in others {
        if let Some(other) = server.store.get_mut(space, collection, &id) {
            other["IsDefault"] = json!(false);
        }
    }
}
