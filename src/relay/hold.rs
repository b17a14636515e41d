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
        method: &Method,
        address: &Address,
        document: &mut Value,
        known: Option<Value>,
    ) -> Result<Vec<Intervention>, Failure> {
        let mut changes = Vec::new();
        let name = document["Name"].as_str().unwrap_or_default().to_owned();
        match (what(address), method) {
            (Some(What::Trigger { id: None, collection }), &Method::POST)
                if (!self.enable_triggers || has_no_switch(document)) && document["IsDisabled"] != true =>
            {
                document["IsDisabled"] = json!(true);
                changes.push(Intervention {
                    what: "made disabled",
                    place: format!("{} {name:?}", noun(collection)),
                });
            }
            (Some(What::Trigger { id: Some(id), collection }), &Method::PUT)
                if !self.enable_triggers || has_no_switch(document) =>
            {
                let path = format!("{}/{collection}/{id}", address.prefix);
                let current = client.find(&path).await?.unwrap_or(Value::Null);
                let switch = current["IsDisabled"].as_bool().unwrap_or(true);
                if document["IsDisabled"].as_bool().unwrap_or(false) != switch {
                    let what = if switch { "kept disabled" } else { "kept enabled" };
                    document["IsDisabled"] = json!(switch);
                    changes.push(Intervention { what, place: format!("{} {name:?}", noun(collection)) });
                }
            }
            (Some(What::Project { id: None }), &Method::POST)
                if !self.enable_triggers && document["AutoCreateRelease"] == true =>
            {
                document["AutoCreateRelease"] = json!(false);
                let place = format!("automatic releases of project {name:?}");
                changes.push(Intervention { what: "made disabled", place });
            }
            (Some(What::Project { id: Some(id) }), &Method::PUT) if !self.enable_triggers => {
                let current = match known {
                    Some(known) => known,
                    None => {
                        let current = client.find(&format!("{}/projects/{id}", address.prefix)).await?;
                        current.unwrap_or(Value::Null)
                    }
                };
                let switch = current["AutoCreateRelease"] == true;
                if switch != (document["AutoCreateRelease"] == true) {
                    document["AutoCreateRelease"] = json!(switch);
                    let what = if switch { "kept enabled" } else { "kept disabled" };
                    changes.push(Intervention {
                        what,
                        place: format!("automatic releases of project {name:?}"),
                    });
                }
                if switch && let Some(strategy) = current.get("ReleaseCreationStrategy") {
                    document["ReleaseCreationStrategy"] = strategy.clone();
                }
            }
            _ => {}
        }
        Ok(changes)
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

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Hold = Hold { enable_triggers: false };

    #[tokio::test]
    async fn triggers_are_made_disabled() {
        let client = crate::relay::tests::no_server();
        let address = Address::parse("/api/Spaces-1/projecttriggers/");
        let mut scheduled =
            json!({"Name": "x", "IsDisabled": false, "Filter": {"FilterType": "CronExpressionSchedule"}});
        assert_eq!(
            HELD.before(&client, &Method::POST, &address, &mut scheduled, None).await.ok().unwrap().len(),
            1
        );
        assert_eq!(scheduled["IsDisabled"], true);

        let enabling = Hold { enable_triggers: true };
        let mut scheduled = json!({"IsDisabled": false, "Filter": {"FilterType": "CronExpressionSchedule"}});
        let mut target = json!({"Filter": {"FilterType": "MachineFilter"}});
        assert!(
            enabling
                .before(&client, &Method::POST, &address, &mut scheduled, None)
                .await
                .ok()
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            enabling.before(&client, &Method::POST, &address, &mut target, None).await.ok().unwrap().len(),
            1
        );
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
