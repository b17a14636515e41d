//! A placeholder never overwrites what is there: in an update it becomes the API's word for "keep".
//!
//! The provider sends an account's configured token with every update of the account, so a description that changes at the source would
//! wipe what a person has entered at the destination.

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::log::Intervention;
use crate::relay::request::Request;
use failure::Failure;
use octopus::client::Client;
use secret::placeholder::is_placeholder;

/// Secrets that the provider loses with every update of their document, though nobody wants them gone: type of the document, and where they are.
/// Offline drops: it has no argument for it and writes null. Service Fabric: the API shows it in clear text, so the relay doesn't let Terraform see it
/// ([`crate::relay::token`]). npm and PyPI feeds: its client forgets the credentials in updates (1.17.0).
const LOST: [(&str, &str, &[&str]); 4] = [
    ("machines", "AzureServiceFabricCluster", &["Endpoint", "AadClientCredentialSecret"]),
    ("machines", "OfflineDrop", &["Endpoint", "SensitiveVariablesEncryptionPassword"]),
    ("feeds", "Npm", &["Password"]),
    ("feeds", "PyPi", &["Password"]),
];

/// Puts "keep" into an update that says nothing of such a secret.
pub(super) async fn keep_lost(
    client: &Client,
    request: &Request,
    document: &mut Value,
) -> Result<Vec<Intervention>, Failure> {
    let (method, parts) = request.parts();
    let (&Method::PUT, [collection @ ("machines" | "feeds"), _]) = (method, parts.as_slice()) else {
        return Ok(Vec::new());
    };
    let kind = document["Endpoint"]["CommunicationStyle"].as_str().or(document["FeedType"].as_str());
    let lost = LOST.iter().find(|(of, style, _)| of == collection && kind == Some(style));
    let Some((_, _, path)) = lost else { return Ok(Vec::new()) };
    let Some(current) = client.find(&request.address.path).await? else { return Ok(Vec::new()) };
    Ok(put_keep(document, &current, path)
        .then(|| Intervention {
            what: "kept the secret that the provider forgets in updates",
            place: format!("{collection}/{}", path.join("/")),
        })
        .into_iter()
        .collect())
}

fn put_keep(document: &mut Value, current: &Value, path: &[&str]) -> bool {
    let there = path.iter().fold(current, |place, field| &place[*field]);
    let shown = there.as_str().filter(|text| !text.is_empty());
    if there["HasValue"] != true && shown.is_none() {
        return false;
    }
    let mut place = document;
    for field in path {
        let Some(fields) = place.as_object_mut() else { return false };
        place = fields.entry(*field).or_insert(Value::Null);
    }
    if place.is_object() || place.as_str().is_some_and(|text| !text.is_empty()) {
        return false;
    }
    if let Some(shown) = shown {
        *place = json!(shown);
        return true;
    }
    *place = json!({"HasValue": true, "NewValue": null, "Hint": null});
    true
}

/// Turns placeholders of an update into "keep" wherever the destination has a value already. What is new keeps its placeholder.
pub(super) async fn keep_secrets(
    client: &Client,
    request: &Request,
    document: &mut Value,
) -> Result<Vec<Intervention>, Failure> {
    // The older route of tenants' values is written by POST of the whole document.
    let (method, parts) = request.parts();
    let is_update = *method == Method::PUT || matches!(parts.as_slice(), ["tenants", _, "variables"]);
    if !is_update {
        return Ok(Vec::new());
    }
    if !has_counterparts(document) {
        return Ok(Vec::new());
    }
    let Some(current) = client.find(&request.address.path).await? else { return Ok(Vec::new()) };
    let mut changes = Vec::new();
    walk(document, &current, &mut request.address.kind().to_owned(), &mut changes);
    Ok(changes)
}

/// Whether a placeholder stands where the destination may have a value: not in an item without an id, which is new.
fn has_counterparts(new: &Value) -> bool {
    match new {
        Value::Object(fields) => fields.values().any(has_counterparts),
        Value::Array(items) => items.iter().any(|item| {
            let is_new = item.is_object() && item["Id"].as_str().unwrap_or_default().is_empty();
            !is_new && has_counterparts(item)
        }),
        Value::String(text) => is_placeholder(text),
        _ => false,
    }
}

fn walk(new: &mut Value, current: &Value, place: &mut String, changes: &mut Vec<Intervention>) {
    match new {
        Value::Object(fields) => {
            let is = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(is_placeholder);
            let mut kept = |place: &str| {
                changes.push(Intervention { what: "kept the secret that is there", place: place.to_owned() });
            };
            if is(fields.get("NewValue")) {
                if current["HasValue"] == true {
                    fields.insert("HasValue".to_owned(), json!(true));
                    fields.insert("NewValue".to_owned(), Value::Null);
                    kept(place);
                }
                return;
            }
            // A sensitive variable: null with the same id keeps it.
            if is(fields.get("Value")) && (current["IsSensitive"] == true || current["Type"] == "Sensitive") {
                fields.insert("Value".to_owned(), Value::Null);
                kept(place);
            }
            for (name, value) in fields.iter_mut() {
                step_in(place, name, |place| walk(value, &current[name], place, changes));
            }
        }
        Value::Array(items) => {
            for item in items {
                let counterpart = counterpart(item, current);
                let name = item["Name"].as_str().unwrap_or_default().to_owned();
                step_in(place, &name, |place| walk(item, counterpart, place, changes));
            }
        }
        // The header of a subscription's call, which the provider writes as a text, is hidden there.
        Value::String(text) if is_placeholder(text) && current["HasValue"] == true => {
            *new = json!({"HasValue": true, "NewValue": null});
            changes.push(Intervention { what: "kept the secret that is there", place: place.clone() });
        }
        _ => {}
    }
}

fn step_in(place: &mut String, name: &str, inside: impl FnOnce(&mut String)) {
    let length = place.len();
    if !name.is_empty() {
        place.push('/');
        place.push_str(name);
    }
    inside(place);
    place.truncate(length);
}

/// The item of the current list that has the same id. One without an id is new, whatever its name.
fn counterpart<'a>(item: &Value, current: &'a Value) -> &'a Value {
    let id = item["Id"].as_str().unwrap_or_default();
    let items = current.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().find(|candidate| !id.is_empty() && candidate["Id"] == id).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secret::placeholder::PREFIX;

    fn walked(mut new: Value, current: &Value) -> (Value, usize) {
        let mut changes = Vec::new();
        walk(&mut new, current, &mut "x".to_owned(), &mut changes);
        (new, changes.len())
    }

    #[test]
    fn a_placeholder_keeps_what_a_person_entered() {
        let current = json!({"Id": "Accounts-1", "Token": {"HasValue": true, "NewValue": null}});
        let (new, changes) =
            walked(json!({"Description": "new", "Token": {"HasValue": true, "NewValue": PREFIX}}), &current);
        assert_eq!(new, json!({"Description": "new", "Token": {"HasValue": true, "NewValue": null}}));
        assert_eq!(changes, 1);
        let (new, changes) = walked(json!({"Token": {"HasValue": true, "NewValue": "real"}}), &current);
        assert_eq!((new["Token"]["NewValue"].as_str(), changes), (Some("real"), 0));
    }

    #[test]
    fn what_is_new_has_no_counterpart() {
        let set = |id: &str| json!({"Variables": [{"Id": "1", "Value": "x"}, {"Id": id, "Value": PREFIX}]});
        assert!(has_counterparts(&set("2")) && !has_counterparts(&set("")));
        assert!(has_counterparts(&json!({"Id": "Accounts-1", "Token": {"NewValue": PREFIX}})));
        assert!(has_counterparts(&json!({"EventNotificationSubscription": {"WebhookHeaderValue": PREFIX}})));
    }

    #[test]
    fn what_the_provider_forgets_is_kept_where_there_is_something() {
        let path = ["Endpoint", "SensitiveVariablesEncryptionPassword"];
        let with = |secret: Value| json!({"Endpoint": {"SensitiveVariablesEncryptionPassword": secret}});
        let mut document = with(Value::Null);
        assert!(put_keep(&mut document, &with(json!({"HasValue": true, "NewValue": null})), &path));
        assert_eq!(document, with(json!({"HasValue": true, "NewValue": null, "Hint": null})));
        assert!(!put_keep(&mut document, &with(json!({"HasValue": false})), &path));
        let mut said = with(json!({"HasValue": true, "NewValue": "new"}));
        assert!(!put_keep(&mut said, &with(json!({"HasValue": true})), &path));
        let mut silent = with(json!(""));
        assert!(put_keep(&mut silent, &with(json!("shown")), &path) && silent == with(json!("shown")));
        let mut said = with(json!("new"));
        assert!(!put_keep(&mut said, &with(json!("shown")), &path));
    }

    #[test]
    fn what_has_no_value_yet_gets_the_placeholder() {
        let current = json!({"Token": {"HasValue": false}});
        assert_eq!(walked(json!({"Token": {"HasValue": true, "NewValue": PREFIX}}), &current).1, 0);
    }

    #[test]
    fn variables_are_reported_apart_by_id() {
        let current = json!({"Variables": [{"Id": "1", "Name": "a", "Type": "Sensitive", "Value": null}]});
        let (new, changes) = walked(
            json!({"Variables": [
                {"Id": "1", "Name": "a", "Type": "Sensitive", "Value": PREFIX},
                {"Id": "", "Name": "a", "Type": "Sensitive", "Value": PREFIX}
            ]}),
            &current,
        );
        assert_eq!(
            (&new["Variables"][0]["Value"], new["Variables"][1]["Value"].as_str()),
            (&Value::Null, Some(PREFIX))
        );
        assert_eq!(changes, 1);
    }
}
