//! What a loaded space has that a server of this version can't have: a dump is made by one server and loaded by another.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::collections::Fields;
use crate::dump::change_loaded;
use crate::server::Server;
use crate::store::{text, texts};
use crate::tenants::VALUES;
use crate::version::Feature;

/// Leaves out of the loaded documents what came with later versions.
pub(crate) fn complete_loaded(server: &mut Server) {
    if !server.has(Feature::ParentEnvironments) {
        drop_parents(server);
    }
    if !server.has(Feature::TenantValueScopes) {
        split_values(server);
    }
}

/// There are no parent environments, and no channels for what is below them.
fn drop_parents(server: &mut Server) {
    for space in server.store.place_names() {
        let parents: Vec<String> =
            server.store.all(&space, "parentenvironments").map(|(id, _)| id.clone()).collect();
        for id in parents {
            server.store.remove(&space, "parentenvironments", &id);
        }
    }
    change_loaded(server, "channels", |_, fields| {
        let is_of_one = fields.get("ParentEnvironmentId").is_some_and(|id| !id.is_null());
        if is_of_one {
            fields.extend(Fields::from_iter([
                ("ParentEnvironmentId".to_owned(), Value::Null),
                ("EphemeralEnvironmentNameTemplate".to_owned(), Value::Null),
                ("AutomaticEphemeralEnvironmentDeployments".to_owned(), json!(false)),
                ("Type".to_owned(), json!("Lifecycle")),
            ]));
        }
        is_of_one
    });
}

/// A tenant's value for a project is one of each environment: what a later server keeps as one value for several, or for all to which the
/// tenant is linked, are as many here. A common value is for all environments.
fn split_values(server: &mut Server) {
    for space in server.store.place_names() {
        let values: Vec<Value> = server.store.all(&space, VALUES).map(|(_, value)| value.clone()).collect();
        let (scoped, unscoped): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|value| texts(value, "EnvironmentIds").next().is_some());
        let mut taken = BTreeSet::new();
        // The narrower one wins.
        for value in scoped.into_iter().chain(unscoped) {
            let id = text(&value, "Id").to_owned();
            let of = |environment: &str| {
                let said = ["TenantId", "ProjectId", "LibraryVariableSetId", "TemplateId"];
                (said.map(|field| text(&value, field).to_owned()), environment.to_owned())
            };
            let mut wanted: Vec<Option<String>> = environments(server, &space, &value);
            wanted.retain(|environment| taken.insert(of(environment.as_deref().unwrap_or_default())));
            for (at, environment) in wanted.iter().enumerate() {
                let mut one = value.clone();
                one["EnvironmentIds"] = environment.iter().cloned().collect();
                if at > 0 {
                    let other = server.store.next_id("TenantVariables");
                    server.store.secrets.copy(&id, &other);
                    one["Id"] = json!(other);
                }
                server.store.put(&space, VALUES, one);
            }
            if wanted.is_empty() {
                server.store.remove(&space, VALUES, &id);
            }
        }
    }
}

/// Where a value applies: in these environments, or in all (`None`).
fn environments(server: &Server, space: &str, value: &Value) -> Vec<Option<String>> {
    let project = text(value, "ProjectId");
    if project.is_empty() {
        return vec![None];
    }
    let some = |ids: &mut dyn Iterator<Item = &str>| ids.map(|id| Some(id.to_owned())).collect::<Vec<_>>();
    let said = some(&mut texts(value, "EnvironmentIds"));
    if !said.is_empty() {
        return said;
    }
    let tenant = server.store.get(space, "tenants", text(value, "TenantId"));
    tenant.map(|tenant| some(&mut texts(&tenant["ProjectEnvironments"], project))).unwrap_or_default()
}
