//! Why a plan may not be carried out unasked: it destroys what nobody can bring back, or more than somebody will have deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::deployment::order::Folder;
use failure::Failure;
use module::identities::Identities;
use octopus::server::Server;
use terraform::plan::Plan;
use terraform::state::State;

/// The reasons, as lines; none: nothing is to be feared.
///
/// # Errors
/// When the destination can't be read.
pub(super) async fn reasons(
    destination: &Server,
    module: &Folder,
    identities: &Identities,
    state: &State,
    plan: &Plan,
) -> Result<Vec<String>, Failure> {
    let mut reasons: Vec<String> = Vec::new();
    let precious = plan.precious_destroyed();
    for change in &precious {
        let why = if change.holds_placeholder { ": a person may have entered its secret" } else { "" };
        reasons.push(format!("{}{why}", change.text()));
    }
    for change in plan.destroyed() {
        if let Some((process, step)) = change.step.as_ref().filter(|_| !precious.contains(&change))
            && holds_secret(destination, process, step).await?
        {
            reasons.push(format!("{}: it holds a secret that no run can read", change.text()));
        }
    }
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for address in state.resources.keys() {
        if let Some((kind, _)) = address.split_once('.') {
            *there.entry(kind.to_owned()).or_default() += 1;
        }
    }
    for (kind, gone, all) in plan.shrunken(&there) {
        reasons.push(format!(
            "{gone} of {all} {kind}: more than a person is likely to delete. Does the source's key still see them?"
        ));
    }
    let gone = identities.gone_since(&state.identities);
    for (id, note) in dangling(module, &gone) {
        reasons.push(format!("{id} was there, is not shown now, and is still in use ({note}). Does the source's key still see it?"));
    }
    Ok(reasons)
}

/// Whether a step at the destination has a sensitive property.
async fn holds_secret(destination: &Server, process: &str, step: &str) -> Result<bool, Failure> {
    let collection = if process.to_lowercase().starts_with("runbookprocess") {
        "runbookprocesses"
    } else {
        "deploymentprocesses"
    };
    let path = destination.path(&format!("{collection}/{}", octopus::client::encode(process)));
    let Some(process) = destination.client.find(&path).await? else { return Ok(false) };
    let steps = process["Steps"].as_array().map_or(&[][..], Vec::as_slice);
    let own = steps.iter().filter(|it| it["Id"] == step).flat_map(|it| it["Actions"].as_array()).flatten();
    let children =
        steps.iter().filter_map(|it| it["Actions"].as_array()).flatten().filter(|it| it["Id"] == step);
    let is_secret = |value: &Value| value["HasValue"] == true;
    Ok(own.chain(children).any(|action| {
        action["Properties"].as_object().is_some_and(|properties| properties.values().any(is_secret))
    }))
}

/// Ids that went since the last deployment and that something of the module refers to still, with where.
fn dangling(module: &Folder, gone: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for note in module.manifest.notes.iter().filter(|note| note.code == "dead-reference") {
        let words = note.text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
        for word in words.filter(|word| gone.contains(*word)) {
            found.push((word.to_owned(), note.task()));
        }
    }
    found
}
