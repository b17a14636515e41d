//! A space with a secret at every place where a server keeps one: the shop, with the accounts, feeds, certificates and machines of the
//! infrastructure, and what neither of them has. No two secrets are alike.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::space_file;

/// Where a secret stands: collection, id, path in the document.
pub(crate) type Place = (String, String, String);

fn read(case: &str) -> Value {
    serde_json::from_slice(&std::fs::read(space_file(case)).expect("the space")).expect("JSON")
}

fn hidden() -> Value {
    json!({"HasValue": true, "NewValue": null, "Hint": null})
}

/// What of the infrastructure comes along: all of a collection, or the documents named.
const GRAFTED: [(&str, &[&str]); 6] = [
    ("accounts", &[]),
    ("certificates", &[]),
    ("feeds", &[]),
    ("git-credentials", &[]),
    ("proxies", &[]),
    ("machines", &["Machines-6", "Machines-7", "Machines-28"]),
];

/// A text that is an id of the infrastructure, as it is in the shop.
fn moved(text: &str) -> Option<String> {
    let (kind, number) = text.split_once('-')?;
    Some(match kind {
        "Accounts" | "Certificates" | "Feeds" | "GitCredentials" | "Proxies" | "Machines" => {
            format!("{kind}-{}", number.parse::<u32>().ok()? + 900)
        }
        "WorkerPools" => "WorkerPools-4".to_owned(),
        "MachinePolicies" => "MachinePolicies-2".to_owned(),
        _ => return None,
    })
}

fn with_moved_ids(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(moved(text).unwrap_or_else(|| text.clone())),
        Value::Array(items) => items.iter().map(with_moved_ids).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| match name.as_str() {
                    // The shop has no such tags.
                    "TenantTags" => (name.clone(), json!([])),
                    _ => (name.clone(), with_moved_ids(value)),
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Plants secrets where there are none yet.
struct Planter {
    dump: Value,
}

impl Planter {
    fn document(&mut self, collection: &str, id: &str) -> &mut Value {
        &mut self.dump["Documents"]["Spaces-2"][collection][id]
    }

    /// A document that is not there yet.
    fn add(&mut self, collection: &str, id: &str, mut document: Value) {
        document["Id"] = json!(id);
        document["SpaceId"] = json!("Spaces-2");
        *self.document(collection, id) = document;
    }

    fn secret(&mut self, id: &str, path: &str, value: &str) {
        self.dump["Secrets"][id][path] = json!(value);
    }

    fn variable(&mut self, set: &str, id: &str, name: &str, scope: &Value, value: &str) {
        let variable = json!({"Id": id, "Name": name, "Type": "Sensitive", "IsSensitive": true, "IsEditable": true, "Value": null,
            "Description": "", "Prompt": null, "Scope": scope});
        self.document("variables", set)["Variables"].as_array_mut().expect("variables").push(variable);
        self.secret(set, &format!("Variables/{id}"), value);
    }

    /// A variable template with a secret default.
    fn template(&mut self, collection: &str, owner: &str, id: &str, name: &str, value: &str) {
        let template = json!({"Id": id, "Name": name, "Label": "", "HelpText": "", "DefaultValue": hidden(),
            "DisplaySettings": {"Octopus.ControlType": "Sensitive"}});
        self.document(collection, owner)["Templates"].as_array_mut().expect("templates").push(template);
        self.secret(owner, &format!("Templates/{id}/DefaultValue"), value);
    }

    fn graft(&mut self) {
        let other = read("infrastructure");
        let held = other["Documents"]["Spaces-2"].as_object().expect("collections");
        for (collection, wanted) in GRAFTED {
            for (id, document) in held[collection].as_object().expect("documents") {
                let is_of_every_space =
                    matches!(document["FeedType"].as_str(), Some("BuiltIn" | "OctopusProject"));
                if is_of_every_space || !(wanted.is_empty() || wanted.contains(&id.as_str())) {
                    continue;
                }
                let new = moved(id).expect("an id");
                *self.document(collection, &new) = with_moved_ids(document);
                if other["Secrets"][id].is_object() {
                    self.dump["Secrets"][&new] = other["Secrets"][id].clone();
                }
                // Files that several documents of the infrastructure have alike.
                for path in ["JsonKey", "ServiceAccountJsonKey", "PrivateKeyFile"] {
                    if other["Secrets"][id][path].is_string() {
                        self.secret(&new, path, &STANDARD.encode(format!("{{\"plant\": \"{new}\"}}")));
                    }
                }
            }
        }
    }
}

/// The space.
pub(crate) fn space() -> Value {
    let mut planter = Planter { dump: read("shop") };
    planter.graft();

    // An SSH key that is encrypted itself.
    planter.document("git-credentials", "GitCredentials-903")["Details"]["Passphrase"] = hidden();
    planter.secret("GitCredentials-903", "Details/Passphrase", "plant-git-passphrase");

    // Steps of a runbook, and a property of a step template.
    let action = "a677d08c-87b5-504c-97ee-50933242c9ff";
    let process = planter.document("runbookprocesses", "RunbookProcess-Runbooks-1");
    process["Steps"][0]["Actions"][0]["Properties"]["Plant.Key"] = hidden();
    let path = format!("Steps/389275ed-bbf0-54e2-a76b-a263daf951ae/Actions/{action}/Properties/Plant.Key");
    planter.secret("RunbookProcess-Runbooks-1", &path, "plant-step-of-a-runbook");
    let mut template = planter.document("actiontemplates", "ActionTemplates-2").clone();
    template["Name"] = json!("Planted");
    template["Properties"]["Plant.Key"] = hidden();
    planter.add("actiontemplates", "ActionTemplates-90", template);
    planter.secret("ActionTemplates-90", "Properties/Plant.Key", "plant-property-of-a-template");

    // Defaults of templates: one that some tenant has no value for, one that every tenant has.
    planter.template(
        "libraryvariablesets",
        "LibraryVariableSets-4",
        "plant-free",
        "Plant.Free",
        "plant-default-of-a-set",
    );
    planter.template("projects", "Projects-3", "plant-taken", "Plant.Taken", "plant-default-of-a-project");
    let mut number = 90;
    for (tenant, environments) in [
        ("Tenants-2", &["Environments-3"][..]),
        ("Tenants-3", &["Environments-4", "Environments-3"]),
        ("Tenants-4", &["Environments-2"]),
        ("Tenants-5", &["Environments-3"]),
        ("Tenants-6", &["Environments-1", "Environments-4"]),
    ] {
        for environment in environments {
            number += 1;
            let id = format!("TenantVariables-{number}");
            planter.add(
                "tenantvariablevalues",
                &id,
                json!({"TenantId": tenant, "ProjectId": "Projects-3", "TemplateId": "plant-taken",
                "EnvironmentIds": [environment], "Value": hidden()}),
            );
            planter.secret(&id, "Value", &format!("plant-value-{number}"));
        }
    }

    // A webhook that starts a runbook, and calls to the outside.
    planter.add("projecttriggers", "ProjectTriggers-90", json!({"ProjectId": "Projects-1", "Name": "Pager", "Description": "", "IsDisabled": false,
        "Filter": {"FilterType": "WebhookFilter", "Secret": hidden()},
        "Action": {"ActionType": "RunRunbook", "RunbookId": "Runbooks-1", "EnvironmentIds": ["Environments-3"], "TenantIds": [], "TenantTags": []}}));
    planter.secret("ProjectTriggers-90", "Filter/Secret", "plant-webhook");
    planter.add("subscriptions", "Subscriptions-90", json!({"Name": "Bell", "Type": "Event", "IsDisabled": true,
        "EventNotificationSubscription": {"EmailFrequencyPeriod": "01:00:00", "EmailPriority": "Normal", "EmailShowDatesInTimeZoneId": "UTC",
            "EmailTeams": null, "Filter": {"DocumentTypes": [], "Environments": [], "EventAgents": [], "EventCategories": ["Modified"], "EventGroups": [],
                "ProjectGroups": [], "Projects": [], "Tags": [], "Tenants": [], "Users": []},
            "TeamsChannels": [{"Type": "Webhook", "Name": "Ops", "WebhookUrl": hidden()}], "TeamsFrequencyPeriod": "03:00:00",
            "WebhookHeaderKey": "X-Bell", "WebhookHeaderValue": "", "WebhookTeams": null, "WebhookTimeout": "00:00:20",
            "WebhookURI": "https://bell.example/ring"}}));
    planter.secret("Subscriptions-90", "EventNotificationSubscription/WebhookHeaderValue", "plant-header");
    planter.secret(
        "Subscriptions-90",
        "EventNotificationSubscription/TeamsChannels/Ops/WebhookUrl",
        "https://teams.example/plant-channel",
    );

    // A project with a password of its own for its repository.
    planter.document("projects", "Projects-4")["IsVersionControlled"] = json!(true);
    planter.document("projects", "Projects-4")["PersistenceSettings"] = json!({"Type": "VersionControlled", "Url": "https://git.example/search.git",
        "DefaultBranch": "main", "BasePath": ".octopus/search", "ProtectedBranchNamePatterns": [], "ProtectedDefaultBranch": false,
        "Credentials": {"Type": "UsernamePassword", "Username": "search", "Password": hidden()},
        "ConversionState": {"VariablesAreInGit": false, "RunbooksAreInGit": false}});
    planter.secret("Projects-4", "PersistenceSettings/Credentials/Password", "plant-repository");

    // Names and scopes that no step reads as they are.
    let no = json!({});
    planter.variable(
        "variableset-Projects-1",
        "plant-1",
        "Octopus.Action.Script.Syntax",
        &no,
        "plant-name-of-the-system",
    );
    planter.variable("variableset-Projects-1", "plant-2", "env:PATH", &no, "plant-name-of-the-environment");
    planter.variable(
        "variableset-Projects-1",
        "plant-3",
        "Plant.Role",
        &json!({"Role": ["warehouse"]}),
        "plant-for-a-role",
    );
    planter.variable(
        "variableset-Projects-1",
        "plant-4",
        "Plant.Step",
        &json!({"Environment": ["Environments-1"]}),
        "plant-for-an-environment",
    );
    planter.variable(
        "variableset-LibraryVariableSets-3",
        "plant-5",
        "Plant.Limited",
        &json!({"Project": ["Projects-1"]}),
        "plant-for-a-project",
    );
    planter.dump
}

/// By which way a secret can leave the source: what a server is known to show by each, not what octoferry says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// A variable of a step: the secret's own, a part of a typed one, a default of a template.
    Step,
    /// A variable of a step in a run for a tenant.
    TenantRun,
    /// The API exports the certificate with its key.
    Export,
    /// A step that refers to the feed.
    ReadFeeds,
    /// The database alone; or a person who enters it.
    Database,
    /// An archived certificate, which nothing can use, is not moved.
    Nowhere,
}

/// The door of a planted secret, the first that is open where everything but the database may be used.
pub(crate) fn door(dump: &Value, (collection, id, path): &Place) -> Door {
    let document = &dump["Documents"]["Spaces-2"][collection][id];
    let is_one_of = |field: &str, types: &[&str]| types.iter().any(|one| document[field] == *one);
    match collection.as_str() {
        "variables" | "libraryvariablesets" => Door::Step,
        "tenantvariablevalues" => Door::TenantRun,
        "certificates" if document["Archived"].is_string() => Door::Nowhere,
        // The password opens what is exported: it comes by a step.
        "certificates" if path == "Password" => Door::Step,
        "certificates" => Door::Export,
        "accounts"
            if is_one_of(
                "AccountType",
                &[
                    "AmazonWebServicesAccount",
                    "AzureServicePrincipal",
                    "GoogleCloudAccount",
                    "UsernamePassword",
                ],
            ) =>
        {
            Door::Step
        }
        "feeds"
            if is_one_of("FeedType", &["Docker", "AzureContainerRegistry", "GoogleContainerRegistry"]) =>
        {
            Door::ReadFeeds
        }
        _ => Door::Database,
    }
}

/// Each planted secret by its place. Frozen copies are none of the space's.
pub(crate) fn secrets(dump: &Value) -> BTreeMap<Place, String> {
    let mut found = BTreeMap::new();
    for (collection, documents) in dump["Documents"]["Spaces-2"].as_object().expect("collections") {
        for (id, values) in documents
            .as_object()
            .expect("documents")
            .keys()
            .filter_map(|id| Some((id, dump["Secrets"][id].as_object()?)))
        {
            if id.contains("-s-") {
                continue;
            }
            for (path, value) in values {
                let place = (collection.clone(), id.clone(), path.clone());
                found.insert(place, value.as_str().expect("a text").to_owned());
            }
        }
    }
    let different: BTreeSet<&String> = found.values().collect();
    assert_eq!(different.len(), found.len(), "no two planted secrets are alike");
    found
}
