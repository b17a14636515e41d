//! What servers keep, and people write by hand at the destination, and on which the provider (1.17.0) or its client (2.111.0) crashes when it reads it: values
//! of extensions that are nothing or of another type (`projects/servicenow_extension_settings.go` and its like; go-octopusdeploy#220), templates whose default
//! is nothing (`resource_project_flatten.go`, `resource_step_template.go`), lists of machines that are nothing (`machines/deployment_target.go`), triggers
//! that lack a part (`schema_project_scheduled_trigger.go`), freezes without a scope (`resource_deployment_freeze_project.go`). And it reads no list of
//! projects of which one has no lifecycle or group, and none of targets of which one has no address, or whose word about TLS is an expression.

use serde_json::{Map, Value, json};

use crate::relay::address::Address;
use crate::relay::log::Intervention;

pub(super) fn looks_at(address: &Address) -> bool {
    const COLLECTIONS: [&str; 9] = [
        "environments",
        "projects",
        "libraryvariablesets",
        "actiontemplates",
        "machines",
        "workers",
        "deploymentfreezes",
        "parentenvironments",
        "runbooks",
    ];
    match address.parts().as_slice() {
        [collection] => COLLECTIONS.contains(collection),
        // `v2`, `all` are lists; an id is one document.
        [collection, _] => COLLECTIONS.contains(collection),
        _ => false,
    }
}

/// Shows the documents so that they can be read; what was changed.
pub(super) fn show(address: &Address, documents: Vec<&mut Value>) -> Vec<Intervention> {
    let collection = address.parts()[0].to_owned();
    let mut changes = Vec::new();
    for document in documents.into_iter().filter_map(Value::as_object_mut) {
        let before = document.clone();
        match collection.as_str() {
            "projects" => {
                give_values_to_extensions(document);
                give_defaults(document, "Templates");
                for field in ["LifecycleId", "ProjectGroupId"] {
                    if document.get(field).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
                        document[field] = json!("none");
                    }
                }
            }
            "environments" | "parentenvironments" => give_values_to_extensions(document),
            "libraryvariablesets" => give_defaults(document, "Templates"),
            "actiontemplates" => give_defaults(document, "Parameters"),
            "deploymentfreezes" => {
                if document.get("ProjectEnvironmentScope").is_some_and(Value::is_null) {
                    document["ProjectEnvironmentScope"] = json!({});
                }
                if !is_owned(document) {
                    document.shift_remove("RecurringSchedule");
                }
            }
            "runbooks" => {}
            _ => give_parts_of_machine(document),
        }
        let name = before.get("Name").and_then(Value::as_str).unwrap_or_default();
        if *document != before {
            changes.push(Intervention {
                what: "shown with something in the place of nothing, on which the provider crashes",
                place: format!("{collection}/{name}"),
            });
        }
        if give_tags(&collection, document) {
            changes.push(Intervention {
                what: "shown with a list of tags, which this server does not have",
                place: format!("{collection}/{name}"),
            });
        }
    }
    changes
}

/// Tags of documents that not all servers have. A module says also that there are none, and what is absent the provider reads as null: "inconsistent result".
const TAGS: [(&str, &str); 3] =
    [("environments", "EnvironmentTags"), ("projects", "ProjectTags"), ("runbooks", "RunbookTags")];

fn give_tags(collection: &str, document: &mut Map<String, Value>) -> bool {
    let Some((_, field)) = TAGS.iter().find(|(of, _)| *of == collection) else { return false };
    let lacks = document.contains_key("Name") && document.get(*field).is_none_or(Value::is_null);
    if lacks {
        document.insert((*field).to_owned(), json!([]));
    }
    lacks
}

/// Whether a freeze is a project's own. The resource of any other one has no place for when it recurs: its reading fails (`resource_deployment_freeze.go`,
/// "Struct defines fields not found in object"). What is left out here stays where it is ([`crate::relay::forgotten`]).
pub(in crate::relay) fn is_owned(freeze: &Map<String, Value>) -> bool {
    freeze.get("OwnerId").and_then(Value::as_str).is_some_and(|owner| !owner.is_empty())
}

/// Values of the extensions that the client knows, and whether each is a flag.
const VALUES: [(&str, bool); 8] = [
    ("JiraEnvironmentType", false),
    ("JsmChangeControlled", true),
    ("JsmConnectionId", false),
    ("ServiceDeskProjectName", false),
    ("AutomaticStateTransition", true),
    ("StandardChangeTemplateName", false),
    ("ServiceNowChangeControlled", true),
    ("ServiceNowConnectionId", false),
];

/// Leaves out the values that the client would take for another type: absent ones it does not look at.
fn give_values_to_extensions(document: &mut Map<String, Value>) {
    for item in document.get_mut("ExtensionSettings").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(values) = item.get_mut("Values").and_then(Value::as_object_mut) else { continue };
        values.retain(|name, value| match VALUES.iter().find(|(known, _)| known == name) {
            Some((_, true)) => value.is_boolean(),
            Some((_, false)) => value.is_string(),
            None => true,
        });
    }
}

fn give_defaults(document: &mut Map<String, Value>, list: &str) {
    for item in document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        if item.is_object() && item["DefaultValue"].is_null() {
            item["DefaultValue"] = json!("");
        }
    }
}

/// Addresses that the client wants, by the type of endpoint, and where.
const ADDRESSES: [(&str, &[(&str, &str)]); 2] = [
    ("TentacleActive", &[("Uri", "poll://none/"), ("Thumbprint", "none")]),
    ("TentaclePassive", &[("Uri", "https://none.invalid/"), ("Thumbprint", "none")]),
];

fn give_parts_of_machine(document: &mut Map<String, Value>) {
    for list in ["EnvironmentIds", "Roles", "TenantIds", "TenantTags", "WorkerPoolIds"] {
        if document.get(list).is_some_and(Value::is_null) {
            document[list] = json!([]);
        }
    }
    for text in ["SpaceId", "TenantedDeploymentParticipation"] {
        if document.get(text).is_some_and(Value::is_null) {
            document.shift_remove(text);
        }
    }
    let Some(endpoint) = document.get_mut("Endpoint").and_then(Value::as_object_mut) else { return };
    let style = endpoint.get("CommunicationStyle").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some((_, wanted)) = ADDRESSES.iter().find(|(of, _)| *of == style) {
        for (field, shown) in *wanted {
            if endpoint.get(*field).and_then(Value::as_str).is_none_or(str::is_empty) {
                endpoint.insert((*field).to_owned(), json!(shown));
            }
        }
    }
    if style == "Kubernetes"
        && let Some(word) = endpoint.get_mut("SkipTlsVerification")
    {
        let known = match word {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.is_empty() => return,
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            _ => Some(false),
        };
        let is_read = word.as_str().is_some_and(|text| ["true", "false", "True", "False"].contains(&text));
        if let Some(flag) = known.filter(|_| !is_read && !word.is_null()) {
            *word = json!(if flag { "True" } else { "False" });
        }
    }
}

/// Gives a trigger what the provider reads without looking whether it is there; whether something was missing.
pub(super) fn give_parts_of_trigger(trigger: &mut Value) -> bool {
    const NEVER: &str = "0001-01-01T00:00:00.000Z";
    let before = trigger.clone();
    if trigger.get("IsDisabled").is_some_and(Value::is_null) {
        trigger["IsDisabled"] = json!(false);
    }
    if let Some(action) = trigger.get_mut("Action")
        && action["ActionType"] == "DeployLatestRelease"
        && action["SourceEnvironmentIds"].as_array().is_none_or(Vec::is_empty)
    {
        action["SourceEnvironmentIds"] = json!([""]);
    }
    if let Some(filter) = trigger.get_mut("Filter")
        && filter["FilterType"] == "ContinuousDailySchedule"
    {
        for (field, shown) in [("Interval", "OnceDaily"), ("RunAfter", NEVER), ("RunUntil", NEVER)] {
            if filter[field].as_str().is_none_or(str::is_empty) {
                filter[field] = json!(shown);
            }
        }
    }
    *trigger != before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, document: &Value) -> Value {
        let mut document = document.clone();
        let address = Address::parse(path);
        assert!(looks_at(&address), "{path}");
        let changed = !show(&address, vec![&mut document]).is_empty();
        // Shown once, it needs nothing more.
        assert!(show(&address, vec![&mut document]).is_empty(), "{document}");
        assert!(changed, "{document}");
        document
    }

    #[test]
    fn what_is_nothing_is_shown_as_something() {
        let settings = json!([{"ExtensionId": "servicenow-integration", "Values": {"StandardChangeTemplateName": null, "ServiceNowChangeControlled": "True",
            "ServiceNowConnectionId": "c", "Unheard": null}}]);
        let project = json!({"Name": "p", "ProjectTags": [], "LifecycleId": null, "ProjectGroupId": "ProjectGroups-1", "ExtensionSettings": settings,
            "Templates": [{"Name": "t", "DefaultValue": null}, {"Name": "u", "DefaultValue": {"HasValue": true}}]});
        let project = shown("/api/Spaces-2/projects/Projects-1", &project);
        assert_eq!(
            project["ExtensionSettings"][0]["Values"],
            json!({"ServiceNowConnectionId": "c", "Unheard": null})
        );
        assert_eq!(project["Templates"][0]["DefaultValue"], "");
        assert_eq!(project["Templates"][1]["DefaultValue"]["HasValue"], true);
        assert_eq!(project["LifecycleId"], "none");
        let environment = json!({"ExtensionSettings": [{"Values": {"JiraEnvironmentType": null}}]});
        let environment = shown("/api/Spaces-2/environments?take=1", &environment);
        assert_eq!(environment["ExtensionSettings"][0]["Values"], json!({}));
        let freeze = json!({"Name": "f", "ProjectEnvironmentScope": null, "OwnerId": null, "RecurringSchedule": {"Type": "Daily"}});
        let freeze = shown("/api/deploymentfreezes/DeploymentFreezes-1", &freeze);
        assert_eq!(freeze, json!({"Name": "f", "ProjectEnvironmentScope": {}, "OwnerId": null}));
    }

    #[test]
    fn a_server_that_does_not_have_tags_yet_has_none() {
        for (collection, field) in TAGS {
            let address = Address::parse(&format!("/api/Spaces-2/{collection}/Id-1"));
            assert!(looks_at(&address));
            let mut older = json!({"Name": "Older"});
            assert_eq!(show(&address, vec![&mut older]).len(), 1);
            assert_eq!(older, json!({"Name": "Older", field: []}));
            let mut newer = json!({"Name": "Newer", field: ["A/B"]});
            assert!(show(&address, vec![&mut newer]).is_empty());
            assert_eq!(newer[field], json!(["A/B"]));
            let mut error = json!({"ErrorMessage": "It is not there."});
            show(&address, vec![&mut error]);
            assert_eq!(error, json!({"ErrorMessage": "It is not there."}));
        }
    }

    #[test]
    fn machines_that_lack_a_part() {
        let machine = json!({"Name": "m", "TenantTags": null, "Roles": ["r"], "TenantedDeploymentParticipation": null,
            "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "", "Thumbprint": "A"}});
        let machine = shown("/api/Spaces-2/machines", &machine);
        assert_eq!(machine["TenantTags"], json!([]));
        assert!(machine.get("TenantedDeploymentParticipation").is_none());
        assert_eq!(
            machine["Endpoint"],
            json!({"CommunicationStyle": "TentaclePassive", "Uri": "https://none.invalid/", "Thumbprint": "A"})
        );
        for (word, expected) in [(json!("#{Skip}"), "False"), (json!(true), "True"), (json!("TRUE"), "True")]
        {
            let machine =
                json!({"Endpoint": {"CommunicationStyle": "Kubernetes", "SkipTlsVerification": word}});
            assert_eq!(
                shown("/api/Spaces-2/machines/Machines-1", &machine)["Endpoint"]["SkipTlsVerification"],
                expected
            );
        }
    }

    #[test]
    fn triggers_that_lack_a_part() {
        let mut trigger = json!({"IsDisabled": true, "Action": {"ActionType": "DeployLatestRelease", "SourceEnvironmentIds": []},
            "Filter": {"FilterType": "ContinuousDailySchedule", "Interval": null, "RunAfter": null}});
        assert!(give_parts_of_trigger(&mut trigger));
        assert_eq!(trigger["Action"]["SourceEnvironmentIds"], json!([""]));
        assert_eq!(trigger["Filter"]["Interval"], "OnceDaily");
        assert!(!give_parts_of_trigger(&mut trigger));
    }
}
