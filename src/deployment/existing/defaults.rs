//! What every server makes in a new space, and the module takes over: lifecycle, project group, machine policy, worker pool. In an empty space
//! that harms nobody. In one that is in use it would change what others rely on: then it is a person's choice, as with any other name.

use serde_json::Value;

use super::Collision;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::Manifest;
use octoferry_core::kinds;
use octopus::server::Server;
use terraform::state::State;

/// Who relies on things of a collection: list, field with the id or ids, the word for one of them.
fn users(collection: Collection) -> &'static [(&'static str, &'static str, &'static str)] {
    match collection {
        Collection::ProjectGroups => &[("projects", "ProjectGroupId", "project")],
        Collection::Lifecycles => {
            &[("projects", "LifecycleId", "project"), ("channels", "LifecycleId", "channel")]
        }
        Collection::MachinePolicies => {
            &[("machines", "MachinePolicyId", "target"), ("workers", "MachinePolicyId", "worker")]
        }
        Collection::WorkerPools => &[("workers", "WorkerPoolIds", "worker")],
        _ => &[],
    }
}

/// What the module takes over of what the destination made itself.
#[derive(Default)]
pub(super) struct Defaults {
    /// Those that are in use there.
    pub(super) in_use: Vec<Collision>,
    /// Those that have another name there, by which the module does not find them: address and id.
    pub(super) renamed: Vec<(String, String)>,
}

/// Looks for those that the module would take over now.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn look(manifest: &Manifest, state: &State, server: &Server) -> Result<Defaults, Failure> {
    let mut defaults = Defaults::default();
    for made in manifest.makes.iter().filter(|made| made.adopted && !state.has(&made.address)) {
        let collection = made.target.collection;
        let (Some(adopt), false) = (kinds::ALL.adopt(collection), users(collection).is_empty()) else {
            continue;
        };
        let all = server.client.list(&server.path(collection.name())).await?;
        let all: Vec<_> = all.iter().filter_map(Value::as_object).collect();
        let Some(found) = adopt.find(&all) else { continue };
        let text = |field: &str| found.get(field).and_then(Value::as_str).unwrap_or_default();
        let id = text("Id").to_owned();
        if text("Name") != adopt.name && !adopt.flagged {
            defaults.renamed.push((made.address.clone(), id.clone()));
        }
        let users = used_by(server, collection, &id).await?;
        if !users.is_empty() {
            let mut target = made.target.clone();
            // As it is called there: that is what a person knows it by.
            target.key = vec![text("Name").to_owned()];
            defaults.in_use.push(Collision {
                target,
                part: None,
                address: made.address.clone(),
                id: None,
                import: Ok(id),
                relay: None,
                in_use: Some(users.join(", ")),
            });
        }
    }
    Ok(defaults)
}

/// `3 projects`, `1 channel`.
async fn used_by(server: &Server, collection: Collection, id: &str) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for (list, field, noun) in users(collection) {
        let documents = server.client.list(&server.path(list)).await?;
        let names_it = |document: &&Value| match &document[*field] {
            Value::Array(ids) => ids.iter().any(|other| other == id),
            other => other == id,
        };
        match documents.iter().filter(names_it).count() {
            0 => {}
            1 => texts.push(format!("1 {noun}")),
            count => texts.push(format!("{count} {noun}s")),
        }
    }
    Ok(texts)
}
