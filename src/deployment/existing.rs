//! What stands at the destination already under the name of something that a module makes.

use std::fmt::Write as _;

use serde_json::Value;

use crate::failure::Failure;
use crate::finish::directory::{Directory, Place};
use crate::module::manifest::{Made, Manifest};
use crate::terraform::state::State;

/// Something that the module would make, and that is there, but not in the state.
pub struct Collision {
    pub made: Made,
    pub place: Place,
}

impl Collision {
    /// `environments "Test" (Environments-3)`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {:?} ({})", self.made.target.collection, self.made.target.key.join("/"), self.place.id)
    }
}

/// Looks for all of them.
///
/// # Errors
/// When the destination refuses.
pub async fn look(
    manifest: &Manifest,
    state: &State,
    directory: &mut Directory,
) -> Result<Vec<Collision>, Failure> {
    let mut collisions = Vec::new();
    for made in &manifest.makes {
        // Retention policies are there in every space; their resources only set them.
        if made.adopted || state.has(&made.address) || made.target.collection == "retentionpolicies" {
            continue;
        }
        if let Some(place) = directory.find(&made.target).await? {
            collisions.push(Collision { made: made.clone(), place });
        }
    }
    Ok(collisions)
}

/// The failure that names them all.
#[must_use]
pub fn refusal(collisions: &[Collision]) -> Failure {
    let list: Vec<String> = collisions.iter().map(|collision| format!("  {}", collision.text())).collect();
    Failure::failed(format!(
        "the destination has these already, and octoferry did not make them; nothing was written:\n{}",
        list.join("\n")
    ))
    .hint("To take them over and make them as the source has them: --existing adopt. Otherwise rename or delete them there.")
}

/// The import blocks that take them over.
///
/// # Errors
/// When some can't be taken over; all of those are named, with the reason.
pub async fn import_blocks(collisions: &[Collision], directory: &Directory) -> Result<String, Failure> {
    let mut blocks = String::new();
    let mut impossible = Vec::new();
    for collision in collisions {
        match obstacle(collision, directory).await? {
            Some(why) => impossible.push(format!("  {}: {why}", collision.text())),
            None => {
                let _ = writeln!(
                    blocks,
                    "import {{\n  to = {}\n  id = \"{}\"\n}}\n",
                    collision.made.address, collision.place.id
                );
            }
        }
    }
    if impossible.is_empty() {
        return Ok(blocks);
    }
    Err(Failure::failed(format!(
        "these can't be taken over; nothing was written:\n{}",
        impossible.join("\n")
    ))
    .hint("Rename or delete them at the destination, then deploy again."))
}

/// Why something can't be taken over, if it can't.
async fn obstacle(collision: &Collision, directory: &Directory) -> Result<Option<String>, Failure> {
    // Provider 1.17.0: these have no import.
    const NO_IMPORT: [&str; 4] = [
        "octopusdeploy_git_credential",
        "octopusdeploy_machine_proxy",
        "octopusdeploy_deployment_freeze",
        "octopusdeploy_project_deployment_freeze",
    ];
    let kind = collision.made.address.split('.').next().unwrap_or_default();
    if NO_IMPORT.contains(&kind) {
        return Ok(Some("the provider can't import this kind".to_owned()));
    }
    // What a document holds as parts are resources of their own: taken over without them, they would be made a second time.
    let client = &directory.server.client;
    let document = client.get(&collision.place.read).await?;
    let count = |value: &Value| value.as_array().map_or(0, Vec::len);
    let mut parts = Vec::new();
    if let Some(set) = document["VariableSetId"].as_str().filter(|_| kind != "octopusdeploy_script_module") {
        let variables = client.find(&directory.server.path(&format!("variables/{set}"))).await?;
        parts.push((variables.map_or(0, |set| count(&set["Variables"])), "variables"));
    }
    for (field, route) in
        [("DeploymentProcessId", "deploymentprocesses"), ("RunbookProcessId", "runbookProcesses")]
    {
        if let Some(id) = document[field].as_str() {
            let process = client.find(&directory.server.path(&format!("{route}/{id}"))).await?;
            parts.push((process.map_or(0, |process| count(&process["Steps"])), "steps"));
        }
    }
    if kind == "octopusdeploy_tag_set" {
        parts.push((count(&document["Tags"]), "tags"));
    }
    let held: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    Ok((!held.is_empty())
        .then(|| format!("it holds {}, which would be made a second time", held.join(" and "))))
}
