//! What every server makes in a new space, and the module takes over: lifecycle, project group, machine policy, worker pool. In an empty space
//! that harms nobody. In one that is in use it would change what others rely on: then it is a person's choice, as with any other name.

use serde_json::Value;

use super::Collision;
use crate::finish::directory::Directory;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{Made, Manifest};
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

/// Those that are in use at the destination, and that the module would take over now.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn look(
    manifest: &Manifest,
    state: &State,
    directory: &mut Directory,
) -> Result<Vec<Collision>, Failure> {
    let mut collisions = Vec::new();
    for made in manifest.makes.iter().filter(|made| made.adopted && !state.has(&made.address)) {
        if users(made.target.collection).is_empty() {
            continue;
        }
        let Some(id) = taken_over(made, directory).await? else { continue };
        let users = used_by(&directory.server, made.target.collection, &id).await?;
        if !users.is_empty() {
            collisions.push(Collision {
                target: made.target.clone(),
                part: None,
                address: made.address.clone(),
                import: Ok(id),
                in_use: Some(users.join(", ")),
            });
        }
    }
    Ok(collisions)
}

/// The id of the thing that the module's import finds.
async fn taken_over(made: &Made, directory: &mut Directory) -> Result<Option<String>, Failure> {
    if made.target.collection != Collection::MachinePolicies {
        return Ok(directory.find(&made.target).await?.map(|place| place.id));
    }
    let server = &directory.server;
    let policies = server.client.list(&server.path("machinepolicies")).await?;
    let default = policies.iter().find(|policy| policy["IsDefault"] == true);
    Ok(default.and_then(|policy| Some(policy["Id"].as_str()?.to_owned())))
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
