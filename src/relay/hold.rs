//! Nothing that starts work by itself is switched on by Terraform, not for a second, and nothing that somebody has switched on at the
//! destination is switched off again.
//!
//! Without `--enable-triggers` Terraform sees every trigger as disabled and every project without automatic releases, which is what the
//! module says; what it writes leaves the destination's switch as it is. Target triggers, which the provider can only make enabled, are made
//! disabled always; with `--enable-triggers` finish switches on those that the source has on.

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::address::Address;
use crate::relay::log::Intervention;
use crate::relay::request::Request;
use documents::collection::Collection;
use failure::Failure;
use octopus::client::Client;

pub(super) struct Hold {
    pub(super) enable_triggers: bool,
}

/// What an address is about.
#[derive(Debug, PartialEq, Eq)]
enum What {
    /// A trigger or a subscription: the collection in which one is found.
    Trigger {
        id: Option<String>,
        collection: Collection,
    },
    Project {
        id: Option<String>,
    },
}

fn what(address: &Address) -> Option<What> {
    match address.parts().as_slice() {
        ["projects", _, "triggers"] => Some(held(Collection::ProjectTriggers, None)),
        ["projects", _, "triggers", _] => Some(held(Collection::ProjectTriggers, Some(address.asked(3)))),
        ["projects"] => Some(What::Project { id: None }),
        ["projects", _] => Some(What::Project { id: Some(address.asked(1).to_owned()) }),
        [route] => switched(route).map(|collection| held(collection, None)),
        [route, _] => switched(route).map(|collection| held(collection, Some(address.asked(1)))),
        _ => None,
    }
}

/// The collection of that route, if what is in it starts work by itself.
fn switched(route: &str) -> Option<Collection> {
    let mut all = Collection::ALL.iter().copied();
    all.find(|collection| collection.row().route == route && collection.row().switch == Some("IsDisabled"))
}

fn noun(collection: Collection) -> &'static str {
    if collection == Collection::Subscriptions { "subscription" } else { "trigger" }
}

fn held(collection: Collection, id: Option<&str>) -> What {
    What::Trigger { id: id.map(str::to_owned), collection }
}

/// Whether the provider has no argument for the switch of this trigger.
fn has_no_switch(trigger: &Value) -> bool {
    trigger["Filter"]["FilterType"] == "MachineFilter"
}

impl Hold {
    pub(super) fn looks_at(&self, address: &Address) -> bool {
        !self.enable_triggers && what(address).is_some()
    }

    /// Sets the switches in what Terraform writes as they are to be. `known`: a project as it was a moment ago.
    pub(super) async fn before(
        &self,
        client: &Client,
        request: &Request,
        document: &mut Value,
        known: Option<Value>,
    ) -> Result<Option<Intervention>, Failure> {
        let address = &request.address;
        let is_held = !self.enable_triggers;
        match (what(address), &request.method) {
            (Some(What::Trigger { id: None, collection }), &Method::POST)
                if is_held || has_no_switch(document) =>
            {
                Ok(trigger_made_disabled(collection, document))
            }
            (Some(What::Trigger { id: Some(id), collection }), &Method::PUT)
                if is_held || has_no_switch(document) =>
            {
                let path = format!("{}/{collection}/{id}", address.prefix);
                let there = client.find(&path).await?.unwrap_or(Value::Null);
                Ok(trigger_kept(collection, document, &there))
            }
            (Some(What::Project { id: None }), &Method::POST) if is_held => {
                Ok(releases_made_disabled(document))
            }
            (Some(What::Project { id: Some(id) }), &Method::PUT) if is_held => {
                let there = match known {
                    Some(known) => known,
                    None => {
                        let path = format!("{}/projects/{id}", address.prefix);
                        client.find(&path).await?.unwrap_or(Value::Null)
                    }
                };
                Ok(releases_kept(document, &there))
            }
            _ => Ok(None),
        }
    }

    /// Shows Terraform the switches as the module has them.
    pub(super) fn after(&self, address: &Address, answer: &mut Value) -> bool {
        if self.enable_triggers {
            return false;
        }
        let (field, off) = match what(address) {
            Some(What::Trigger { .. }) => ("IsDisabled", true),
            Some(What::Project { .. }) => ("AutoCreateRelease", false),
            None => return false,
        };
        let mut changed = false;
        let mut show = |document: &mut Value| {
            if let Some(switch) = document.get_mut(field).filter(|switch| **switch == json!(!off)) {
                *switch = json!(off);
                changed = true;
            }
        };
        match answer.get_mut("Items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().for_each(&mut show),
            None => show(answer),
        }
        changed
    }
}

fn trigger_made_disabled(collection: Collection, trigger: &mut Value) -> Option<Intervention> {
    if trigger["IsDisabled"] == true {
        return None;
    }
    trigger["IsDisabled"] = json!(true);
    Some(Intervention { what: "made disabled", place: place_of_trigger(collection, trigger) })
}

/// The trigger keeps the switch that it has at the destination; one that is not there is disabled.
fn trigger_kept(collection: Collection, trigger: &mut Value, there: &Value) -> Option<Intervention> {
    let switch = there["IsDisabled"].as_bool().unwrap_or(true);
    if trigger["IsDisabled"].as_bool().unwrap_or(false) == switch {
        return None;
    }
    trigger["IsDisabled"] = json!(switch);
    let what = if switch { "kept disabled" } else { "kept enabled" };
    Some(Intervention { what, place: place_of_trigger(collection, trigger) })
}

fn releases_made_disabled(project: &mut Value) -> Option<Intervention> {
    if project["AutoCreateRelease"] != true {
        return None;
    }
    project["AutoCreateRelease"] = json!(false);
    Some(Intervention { what: "made disabled", place: place_of_releases(project) })
}

/// The project keeps what it has at the destination: the switch, and by what releases are made where that is on.
fn releases_kept(project: &mut Value, there: &Value) -> Option<Intervention> {
    let switch = there["AutoCreateRelease"] == true;
    let is_other = switch != (project["AutoCreateRelease"] == true);
    if is_other {
        project["AutoCreateRelease"] = json!(switch);
    }
    if switch && let Some(strategy) = there.get("ReleaseCreationStrategy") {
        project["ReleaseCreationStrategy"] = strategy.clone();
    }
    let what = if switch { "kept enabled" } else { "kept disabled" };
    is_other.then(|| Intervention { what, place: place_of_releases(project) })
}

fn name(document: &Value) -> &str {
    document["Name"].as_str().unwrap_or_default()
}

fn place_of_trigger(collection: Collection, trigger: &Value) -> String {
    format!("{} {:?}", noun(collection), name(trigger))
}

fn place_of_releases(project: &Value) -> String {
    format!("automatic releases of project {:?}", name(project))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Hold = Hold { enable_triggers: false };

    #[tokio::test]
    async fn triggers_are_made_disabled() {
        let client = crate::relay::tests::no_server();
        let creation = Request::new(Method::POST, "/api/Spaces-1/projecttriggers/");
        let mut scheduled =
            json!({"Name": "x", "IsDisabled": false, "Filter": {"FilterType": "CronExpressionSchedule"}});
        let held = HELD.before(&client, &creation, &mut scheduled, None).await.ok().unwrap();
        assert_eq!(held.unwrap().place, "trigger \"x\"");
        assert_eq!(scheduled["IsDisabled"], true);

        let enabling = Hold { enable_triggers: true };
        let mut scheduled = json!({"IsDisabled": false, "Filter": {"FilterType": "CronExpressionSchedule"}});
        let mut target = json!({"Filter": {"FilterType": "MachineFilter"}});
        assert!(enabling.before(&client, &creation, &mut scheduled, None).await.ok().unwrap().is_none());
        assert_eq!(scheduled["IsDisabled"], false);
        assert!(enabling.before(&client, &creation, &mut target, None).await.ok().unwrap().is_some());
        assert_eq!(target["IsDisabled"], true);
    }

    #[test]
    fn terraform_sees_what_the_module_says() {
        let mut list = json!({"Items": [{"IsDisabled": false}, {"IsDisabled": true}]});
        assert!(HELD.after(&Address::parse("/api/Spaces-1/projects/Projects-1/triggers"), &mut list));
        assert_eq!(list, json!({"Items": [{"IsDisabled": true}, {"IsDisabled": true}]}));
        let mut project = json!({"AutoCreateRelease": true, "IsDisabled": false});
        assert!(HELD.after(&Address::parse("/api/Spaces-1/projects/Projects-1"), &mut project));
        assert_eq!(project, json!({"AutoCreateRelease": false, "IsDisabled": false}));
    }
}
