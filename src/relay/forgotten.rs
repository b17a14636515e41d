//! What the provider's client doesn't know and would take away. Kinds of scope of variables: any change of a set writes all of its variables, and
//! one that loses such a kind would be valid everywhere. And fields of tenants and freezes: each project's module writes those it has a part of, after the
//! space's module has set these fields through the API; without this the last project would take them away.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Map, Value};

use crate::relay::address::Address;
use crate::relay::log::Intervention;
use crate::relay::readable::edited::is_owned;
use crate::relay::request::Request;

/// What the client knows of every resource, and of those that several modules write (library version 2.111.0: `resources/resource.go`,
/// `tenants/tenant.go`, `deploymentfreezes/deploymentfreeze.go`).
const OF_ALL: [&str; 4] = ["Id", "Links", "LastModifiedBy", "LastModifiedOn"];
const KNOWN: [(&str, &[&str]); 2] = [
    (
        "tenants",
        &[
            "ClonedFromTenantId",
            "Description",
            "Name",
            "ProjectEnvironments",
            "SpaceId",
            "TenantTags",
            "IsDisabled",
        ],
    ),
    (
        "deploymentfreezes",
        &[
            "Name",
            "Start",
            "End",
            "ProjectEnvironmentScope",
            "TenantProjectEnvironmentScope",
            "RecurringSchedule",
            "OwnerId",
        ],
    ),
];

fn known(route: &str) -> Option<&'static [&'static str]> {
    KNOWN.iter().find(|(of, _)| *of == route).map(|(_, fields)| *fields)
}

/// What it knows of a variable's scope (`variables/variable_scope.go`).
const SCOPES: [&str; 7] =
    ["Environment", "Machine", "Action", "Role", "Channel", "TenantTag", "ProcessOwner"];

/// Id of a tenant or freeze → its fields, id of a variable → kinds of its scope that the client forgets, as last read.
#[derive(Default)]
pub(super) struct Forgotten(Mutex<HashMap<String, Map<String, Value>>>);

impl Forgotten {
    pub(super) fn looks_at(address: &Address) -> bool {
        match address.parts().as_slice() {
            ["variables", _] => true,
            [route] | [route, _] => known(route).is_some(),
            _ => false,
        }
    }

    /// Learns what an answer says.
    pub(super) fn learn(&self, address: &Address, answer: &Value) {
        if !Self::looks_at(address) {
            return;
        }
        if let ["variables", _] = address.parts().as_slice() {
            for variable in answer["Variables"].as_array().into_iter().flatten() {
                let (Some(id), Some(scope)) = (variable["Id"].as_str(), variable["Scope"].as_object()) else {
                    continue;
                };
                let unknown = scope.iter().filter(|(kind, _)| !SCOPES.contains(&kind.as_str()));
                let unknown: Map<String, Value> =
                    unknown.map(|(kind, ids)| (kind.clone(), ids.clone())).collect();
                self.lock().insert(id.to_lowercase(), unknown);
            }
            return;
        }
        let Some(known) = known(address.kind()) else { return };
        let documents = match answer["Items"].as_array().or(answer["DeploymentFreezes"].as_array()) {
            Some(items) => items.iter().collect(),
            None => vec![answer],
        };
        for fields in documents.into_iter().filter_map(Value::as_object) {
            let Some(id) = fields.get("Id").and_then(Value::as_str) else { continue };
            // It knows when a freeze recurs, and can't bear it with one that is no project's own.
            let hides = address.kind() == "deploymentfreezes" && !is_owned(fields);
            let is_known = |name: &str| {
                OF_ALL.contains(&name) || (known.contains(&name) && !(hides && name == "RecurringSchedule"))
            };
            let unknown = fields.iter().filter(|(name, value)| !is_known(name) && !value.is_null());
            let unknown = unknown.map(|(name, value)| (name.clone(), value.clone())).collect();
            self.lock().insert(id.to_lowercase(), unknown);
        }
    }

    /// Puts them into an update that says nothing of them.
    pub(super) fn put_back(&self, request: &Request, document: &mut Value) -> Vec<Intervention> {
        let (method, parts) = request.parts();
        let (&Method::PUT, [route, id]) = (method, parts.as_slice()) else { return Vec::new() };
        if *route == "variables" {
            return self.put_back_scopes(document);
        }
        let Some(fields) = document.as_object_mut() else { return Vec::new() };
        if known(route).is_none() {
            return Vec::new();
        }
        let mut changes = Vec::new();
        for (name, value) in self.lock().get(*id).into_iter().flatten() {
            if !fields.contains_key(name) {
                fields.insert(name.clone(), value.clone());
                let what = "kept the field that the provider's client forgets";
                changes.push(Intervention { what, place: format!("{route}/{name}") });
            }
        }
        changes
    }

    fn put_back_scopes(&self, set: &mut Value) -> Vec<Intervention> {
        let mut changes = Vec::new();
        for variable in set["Variables"].as_array_mut().into_iter().flatten() {
            let id = variable["Id"].as_str().unwrap_or_default().to_lowercase();
            for (kind, ids) in self.lock().get(&id).into_iter().flatten() {
                if variable["Scope"].get(kind).is_none() {
                    variable["Scope"][kind] = ids.clone();
                    let what = "kept the kind of scope that the provider's client forgets";
                    changes.push(Intervention { what, place: format!("variables/Scope/{kind}") });
                }
            }
        }
        changes
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_freeze_that_is_no_projects_own_keeps_recurring() {
        let forgotten = Forgotten::default();
        let update = Request::new(Method::PUT, "/api/deploymentfreezes/DeploymentFreezes-1");
        let freeze = |owner: &str| json!({"Id": "DeploymentFreezes-1", "Name": "f", "OwnerId": owner, "RecurringSchedule": {"Type": "Daily"}});
        for (owner, kept) in [("", true), ("Projects-1", false)] {
            forgotten.learn(&update.address, &freeze(owner));
            let mut written = json!({"Id": "DeploymentFreezes-1", "Name": "f"});
            forgotten.put_back(&update, &mut written);
            assert_eq!(written.get("RecurringSchedule").is_some(), kept, "{owner}");
        }
    }

    #[test]
    fn a_tenant_keeps_its_icon_when_a_project_is_linked() {
        let forgotten = Forgotten::default();
        let update = Request::new(Method::PUT, "/api/Spaces-1/tenants/Tenants-1");
        forgotten.learn(
            &update.address,
            &json!({"Id": "Tenants-1", "Name": "a", "Slug": "own", "Icon": {"Id": "bird"}, "Other": null}),
        );
        let mut written = json!({"Id": "Tenants-1", "Name": "a", "Slug": "new"});
        assert_eq!(forgotten.put_back(&update, &mut written).len(), 1);
        assert_eq!(written, json!({"Id": "Tenants-1", "Name": "a", "Slug": "new", "Icon": {"Id": "bird"}}));
    }

    #[test]
    fn a_freeze_keeps_its_description_when_a_project_is_added() {
        let forgotten = Forgotten::default();
        let freeze = json!({"Id": "DeploymentFreezes-1", "Name": "a", "Description": "why", "OwnerId": null});
        let list = Address::parse("/api/deploymentfreezes?skip=0&take=30");
        forgotten.learn(&list, &json!({"Count": 1, "DeploymentFreezes": [freeze]}));
        let mut written = json!({"Id": "DeploymentFreezes-1", "Name": "a"});
        let update = Request::new(Method::PUT, "/api/deploymentfreezes/DeploymentFreezes-1");
        assert!(Forgotten::looks_at(&list) && Forgotten::looks_at(&update.address));
        assert_eq!(forgotten.put_back(&update, &mut written).len(), 1);
        assert_eq!(written["Description"], "why");
    }

    #[test]
    fn a_variable_keeps_the_kinds_of_its_scope_when_another_is_written() {
        let forgotten = Forgotten::default();
        let update = Request::new(Method::PUT, "/api/Spaces-1/variables/variableset-Projects-1");
        assert!(Forgotten::looks_at(&update.address));
        let scope = json!({"Environment": ["Environments-1"], "Tenant": ["Tenants-1"]});
        forgotten.learn(&update.address, &json!({"Variables": [{"Id": "Ab", "Scope": scope}]}));
        let mut written = json!({"Variables": [{"Id": "Ab", "Scope": {"Environment": ["Environments-1"]}}, {"Id": "", "Name": "new", "Scope": {}}]});
        assert_eq!(forgotten.put_back(&update, &mut written).len(), 1);
        assert_eq!(written["Variables"][0]["Scope"], scope);
    }
}
