//! Environments, worker pools, workers, proxies and machine policies.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{items, machine_policy};
use crate::mapping::How::{Leave, Name, Read, Secret};
use crate::mapping::Rules;

const WORKER: Rules = &[
    ("uri", Name("Endpoint.Uri")),
    ("thumbprint", Name("Endpoint.Thumbprint")),
    ("fingerprint", Name("Endpoint.Fingerprint")),
    ("proxy_id", Name("Endpoint.ProxyId")),
    ("host", Name("Endpoint.Host")),
    ("port", Name("Endpoint.Port")),
    ("account_id", Name("Endpoint.AccountId")),
    ("dotnet_platform", Name("Endpoint.DotNetCorePlatform")),
];

/// The table of a type of the infrastructure.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        "environment" => Document::new(
            "environments",
            r#"{"SortOrder":0}"#,
            &[
                // Not sent at creation; an update sends the one that is there.
                ("slug", Read("Slug")),
                ("jira_extension_settings", Leave),
                ("jira_service_management_extension_settings", Leave),
                ("servicenow_extension_settings", Leave),
            ],
        )
        .before(environment)
        .after(read_extensions),
        "parent_environment" => Document::new(
            "parentEnvironments",
            "{}",
            &[
                ("automatic_deprovisioning_rule.days", Name("ExpiryDays")),
                ("automatic_deprovisioning_rule.hours", Name("ExpiryHours")),
            ],
        )
        .before(|body, _, _| {
            for (name, value) in [("SortOrder", json!(0)), ("UseGuidedFailure", json!(false))] {
                body.entry(name).or_insert(value);
            }
            if let Some(rule) = body.get_mut("AutomaticDeprovisioningRule").and_then(Json::as_object_mut) {
                // The client leaves out 0.
                rule.retain(|_, value| *value != json!(0));
            }
        }),
        "static_worker_pool" => {
            Document::new("workerpools", r#"{"WorkerPoolType":"StaticWorkerPool"}"#, &[]).before(worker_pool)
        }
        "dynamic_worker_pool" => {
            Document::new("workerpools", r#"{"WorkerPoolType":"DynamicWorkerPool"}"#, &[]).before(worker_pool)
        }
        "listening_tentacle_worker" => {
            Document::new("workers", r#"{"Endpoint":{"CommunicationStyle":"TentaclePassive"}}"#, WORKER)
                .before(|body, _, _| style(body, "TentaclePassive"))
        }
        "ssh_connection_worker" => {
            Document::new("workers", "{}", WORKER).before(|body, _, _| style(body, "Ssh"))
        }
        "kubernetes_agent_worker" => {
            Document::new("workers", r#"{"IsDisabled":false}"#, super::target::AGENT)
                .before(super::target::agent)
        }
        "machine_proxy" => {
            Document::new("proxies", r#"{"ProxyType":"HTTP"}"#, &[("password", Secret("Password"))])
        }
        "machine_policy" => machine_policy::DOCUMENT,
        _ => return None,
    })
}

fn style(body: &mut Map<String, Json>, style: &str) {
    crate::mapping::put(body, "Endpoint.CommunicationStyle", json!(style));
}

/// The extensions of an environment: block, id, its one setting, the member of it.
const EXTENSIONS: [(&str, &str, &str, &str); 3] = [
    ("jira_extension_settings", "jira-integration", "environment_type", "JiraEnvironmentType"),
    (
        "jira_service_management_extension_settings",
        "jiraservicemanagement-integration",
        "is_enabled",
        "JsmChangeControlled",
    ),
    ("servicenow_extension_settings", "servicenow-integration", "is_enabled", "ServiceNowChangeControlled"),
];

fn environment(body: &mut Map<String, Json>, plan: &Json, state: &Json) {
    let settings: Vec<Json> = EXTENSIONS
        .iter()
        .filter_map(|(block, id, attribute, member)| {
            let value = &items(plan, block).first()?[*attribute];
            Some(json!({"ExtensionId": id, "Values": {*member: value}}))
        })
        .collect();
    if !settings.is_empty() {
        body.insert("ExtensionSettings".to_owned(), Json::Array(settings));
    }
    if let Some(slug) = state.get("slug").filter(|slug| !slug.is_null()) {
        body.insert("Slug".to_owned(), slug.clone());
    }
}

fn read_extensions(value: &mut Json, document: &Json, _: &Json) {
    for settings in items(document, "ExtensionSettings") {
        for (block, id, attribute, member) in EXTENSIONS {
            if settings["ExtensionId"] == json!(id) {
                value[block] = json!([{attribute: settings["Values"][member]}]);
            }
        }
    }
}

/// The members without which the official client sends no worker pool.
fn worker_pool(body: &mut Map<String, Json>, _: &Json, _: &Json) {
    for (name, value) in
        [("CanAddWorkers", json!(false)), ("IsDefault", json!(false)), ("SortOrder", json!(0))]
    {
        body.entry(name).or_insert(value);
    }
}
