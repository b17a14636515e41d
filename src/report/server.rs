//! What belongs to the server and not to a space (API reference of 2026-08). What can't be seen is an item too; a server without a route has
//! nothing there.

use serde_json::{Value, json};

use super::{Item, Section, State};
use octopus::server::Server;

const UNSEEN: &str = "could not be looked at";

/// An item for each setting of the source's server that the destination's lacks or has otherwise.
pub async fn of_servers(source: &Server, destination: Option<&Server>) -> Vec<Item> {
    let mut items = Vec::new();
    for setting in SETTINGS {
        let text = match source.client.find(&setting.path.replace("{space}", source.space_id())).await {
            Ok(Some(here)) => (setting.left)(&here, &of_destination(setting, destination).await),
            Ok(None) => None,
            Err(failure) if failure.is_forbidden() => {
                Some(format!("{UNSEEN}: the source key's owner may not see it"))
            }
            Err(failure) => Some(format!("{UNSEEN}: {failure}")),
        };
        let state = if text.as_ref().is_some_and(|text| text.starts_with(UNSEEN)) {
            State::Unseen
        } else {
            State::Open
        };
        items.extend(text.map(|text| Item { state, ..Item::new(Section::Server, setting.subject, text) }));
    }
    items
}

async fn of_destination(setting: &Setting, destination: Option<&Server>) -> Value {
    let Some(server) = destination else { return json!({}) };
    let path = setting.path.replace("{space}", server.space_id());
    server.client.find(&path).await.ok().flatten().unwrap_or_else(|| json!({}))
}

/// Something that a server has once.
struct Setting {
    subject: &'static str,
    /// `{space}`: the id of the space.
    path: &'static str,
    /// What of the source's answer, and the destination's, is worth a line.
    left: fn(&Value, &Value) -> Option<String>,
}

const SETTINGS: &[Setting] = &[
    Setting { subject: "SMTP", path: "/api/smtpconfiguration/isconfigured", left: smtp },
    Setting { subject: "audit stream", path: "/api/audit-stream", left: audit_stream },
    Setting { subject: "server address", path: "/api/serverconfiguration", left: server_address },
    Setting { subject: "SSH known hosts", path: "/api/sshknownhosts?skip=0&take=1000", left: known_hosts },
    Setting {
        subject: "GitHub connections",
        path: "/api/{space}/github/connections?skip=0&take=100",
        left: github,
    },
    Setting { subject: "Jira", path: "/api/configuration/jira-integration/values", left: connections },
    Setting {
        subject: "Jira Service Management",
        path: "/api/configuration/jiraservicemanagement-integration/values",
        left: connections,
    },
    Setting {
        subject: "ServiceNow",
        path: "/api/configuration/servicenow-integration/values",
        left: connections,
    },
    Setting { subject: "Slack", path: "/api/integrations/slack/configuration", left: chat },
    Setting { subject: "Microsoft Teams", path: "/api/integrations/teams/configuration", left: chat },
    Setting { subject: "Platform Hub", path: "/api/platformhub/versioncontrol", left: platform_hub },
    Setting { subject: "licence", path: "/api/licenses/licenses-current-status", left: licence },
    Setting { subject: "features", path: "/api/featuresconfiguration", left: features },
];

fn smtp(here: &Value, there: &Value) -> Option<String> {
    let is_open = here["IsConfigured"] == true && there["IsConfigured"] != true;
    is_open.then(|| "mail is configured at the source: enter it at the destination, password included".into())
}

fn audit_stream(here: &Value, there: &Value) -> Option<String> {
    let is_open = here["Active"] == true && there["Active"] != true;
    is_open.then(|| "the source streams its audit log: set it up at the destination".into())
}

fn server_address(here: &Value, there: &Value) -> Option<String> {
    let has = |answer: &Value| answer["ServerUri"].as_str().is_some_and(|address| !address.is_empty());
    (has(here) && !has(there)).then(|| {
        "links in messages begin with the address that is set at the source: set the destination's own".into()
    })
}

fn known_hosts(here: &Value, there: &Value) -> Option<String> {
    let hosts = |answer: &Value| -> Vec<String> {
        let resources = answer["Resources"].as_array().into_iter().flatten();
        resources.filter_map(|host| Some(host["Host"].as_str()?.to_owned())).collect()
    };
    let known = hosts(there);
    let mut missing: Vec<String> = hosts(here).into_iter().filter(|host| !known.contains(host)).collect();
    missing.sort();
    missing.dedup();
    (!missing.is_empty()).then(|| format!("the destination does not know {}", missing.join(", ")))
}

fn github(here: &Value, _: &Value) -> Option<String> {
    let connections = here["Connections"].as_array().into_iter().flatten();
    let names: Vec<&str> =
        connections.filter_map(|connection| connection["Installation"]["AccountLogin"].as_str()).collect();
    (!names.is_empty()).then(|| format!("connect the destination to GitHub for {}", names.join(", ")))
}

/// Settings of an extension. The reference publishes no form of them; the official client knows `Connections`, and `IsEnabled` of Jira.
fn connections(here: &Value, there: &Value) -> Option<String> {
    let count = |answer: &Value| answer["Connections"].as_array().map_or(0, Vec::len);
    let is_open = count(here) > count(there) || here["IsEnabled"] == true && there["IsEnabled"] != true;
    is_open.then(|| match count(here) {
        0 => "is enabled at the source: set it up at the destination, password included".into(),
        1 => "one connection: enter it at the destination, password included".into(),
        many => format!("{many} connections: enter them at the destination, passwords included"),
    })
}

/// Whether a chat is connected. Assumption: the routes exist and no form of their answers is published; one that is connected says something
/// besides its id, flags that are off and empty texts.
fn chat(here: &Value, there: &Value) -> Option<String> {
    let says = |answer: &Value| {
        answer.as_object().is_some_and(|fields| {
            fields.iter().any(|(name, value)| {
                let is_own = matches!(name.as_str(), "Id" | "Links" | "LastModifiedOn" | "LastModifiedBy");
                !is_own
                    && !matches!(value, Value::Null | Value::Bool(false))
                    && *value != json!("")
                    && *value != json!([])
                    && *value != json!({})
            })
        })
    };
    (says(here) && !says(there))
        .then(|| "is connected with the source: connect it with the destination".into())
}

/// The licence itself is entered by a person; what the source uses of each limit has to have room at the destination.
fn licence(here: &Value, there: &Value) -> Option<String> {
    let limits = |answer: &Value| answer["Limits"].as_array().cloned().unwrap_or_default();
    let ends = |answer: &Value| {
        let day = answer["EffectiveExpiryDate"].as_str()?.split('T').next()?.to_owned();
        Some(day).filter(|day| !day.is_empty())
    };
    let mut said = Vec::new();
    for limit in limits(there) {
        let same = |other: &&Value| other["Name"] == limit["Name"];
        let (Some(used), Some(allowed)) = (
            limits(here).iter().find(same).and_then(|limit| limit["CurrentUsage"].as_u64()),
            limit["EffectiveLimit"].as_u64(),
        ) else {
            continue;
        };
        if limit["IsUnlimited"] != true && used > allowed {
            let name = limit["Name"].as_str().unwrap_or_default();
            said.push(format!("the source uses {used} {name} and the destination allows {allowed}"));
        }
    }
    if there["IsCompliant"] == false {
        said.push("the destination is not compliant with its licence".to_owned());
    }
    if let (Some(here), Some(there)) = (ends(here), ends(there))
        && there < here
    {
        said.push(format!("the destination's ends on {there}, the source's on {here}"));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn platform_hub(here: &Value, there: &Value) -> Option<String> {
    let url = here["Url"].as_str().filter(|url| !url.is_empty())?;
    (there["Url"].as_str() != Some(url)).then(|| format!("the source's Platform Hub is kept in {url}"))
}

fn features(here: &Value, there: &Value) -> Option<String> {
    let is_asked = there.as_object().is_some_and(|there| !there.is_empty());
    let fields = here.as_object().filter(|_| is_asked)?;
    let is_setting = |name: &str, value: &Value| {
        (value.is_boolean() || value.is_string())
            && !matches!(name, "Id" | "LastModifiedOn" | "LastModifiedBy")
    };
    let mut differing: Vec<String> = fields
        .iter()
        .filter(|(name, value)| is_setting(name, value) && there.get(name.as_str()) != Some(value))
        .map(|(name, value)| format!("{name} is {value}"))
        .collect();
    differing.sort();
    (!differing.is_empty()).then(|| format!("other than at the destination: {}", differing.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integration_is_named_while_the_destination_has_less_of_it() {
        let two = json!({"Connections": [{}, {}], "WorkNotesIsEnabled": true});
        assert!(connections(&two, &json!({})).is_some_and(|text| text.starts_with("2 connections")));
        assert_eq!(connections(&two, &two), None);
        assert!(connections(&json!({"IsEnabled": true}), &json!({"IsEnabled": false})).is_some());
        assert_eq!(connections(&json!({"IsEnabled": false, "Connections": []}), &json!({})), None);
    }

    #[test]
    fn a_licence_without_room_is_named_and_one_that_is_not_told_is_not() {
        let limits = |used: u64, allowed: u64, ends: &str| {
            json!({"IsCompliant": true, "EffectiveExpiryDate": ends, "Limits": [
                {"Name": "Projects", "CurrentUsage": used, "EffectiveLimit": allowed, "IsUnlimited": false},
                {"Name": "Machines", "CurrentUsage": 9, "EffectiveLimit": 1, "IsUnlimited": true},
            ]})
        };
        let here = limits(12, 50, "2027-05-01T00:00:00Z");
        assert_eq!(licence(&here, &limits(0, 20, "2027-05-01T00:00:00Z")), None);
        assert_eq!(
            licence(&here, &limits(0, 10, "2027-01-01T00:00:00Z")).as_deref(),
            Some(
                "the source uses 12 Projects and the destination allows 10; the destination's ends on 2027-01-01, the source's on 2027-05-01"
            )
        );
        assert_eq!(licence(&here, &json!({})), None, "the destination does not tell");
        assert_eq!(licence(&json!({}), &limits(0, 10, "")), None);
    }

    #[test]
    fn a_chat_that_says_nothing_is_not_connected() {
        assert_eq!(chat(&json!({"Id": "slack", "IsConnected": false, "Team": ""}), &json!({})), None);
        assert!(chat(&json!({"Id": "slack", "IsConnected": true}), &json!({})).is_some());
    }

    #[test]
    fn features_are_compared_where_both_servers_tell() {
        let here =
            json!({"Id": "features", "IsBuiltInWorkerEnabled": true, "DefaultPowerShellEdition": "Core"});
        let there = json!({"IsBuiltInWorkerEnabled": false, "DefaultPowerShellEdition": "Core"});
        let text = features(&here, &there);
        assert_eq!(text.as_deref(), Some("other than at the destination: IsBuiltInWorkerEnabled is true"));
        assert_eq!(features(&here, &json!({})), None, "nothing was asked, or may not be seen");
    }
}
