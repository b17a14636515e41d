//! Names that change hands. Terraform makes, changes and destroys in any order, and a server takes no name that another thing still bears: two
//! can't change names, and what is new can't have the name that another one just gives up. So whatever bears a name that something else gets in the
//! same plan is called otherwise for the time of the apply, which gives it the name that it is to have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::deployment::ready::Ready;
use documents::collection::Collection;
use documents::passing::passing_name;
use failure::Failure;
use octoferry_core::kinds;
use octopus::client::encode;
use octopus::server::Server;
use terraform::plan::{Action, Plan, ResourceChange};

/// Where a name must be the only one of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Among {
    Documents(Collection),
    /// The tags of a set.
    Tags(String),
    /// The steps of a process.
    Steps(String),
}

fn among(change: &ResourceChange) -> Option<Among> {
    if let Some((process, _)) = &change.step {
        return Some(Among::Steps(process.clone()));
    }
    match change.kind.as_str() {
        // Several variables may have one name.
        "octopusdeploy_variable" => None,
        "octopusdeploy_tag" => Some(Among::Tags(change.parent.clone())),
        kind => kinds::collection_of(kind).map(Among::Documents),
    }
}

/// Gives the names free that others get; what was said of it.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn give_free(server: &Server, plan: &Plan) -> Result<Vec<String>, Failure> {
    let mut said = Vec::new();
    for (among, id, name) in in_the_way(plan) {
        let (path, list) = match &among {
            Among::Documents(collection) => {
                (format!("{}/{}", collection.documents(server.space_id()), encode(&id)), "")
            }
            Among::Tags(set) => (server.path(&format!("tagsets/{}", encode(set))), "Tags"),
            Among::Steps(process) => {
                let of_runbook = process.to_lowercase().starts_with("runbookprocess");
                let route = if of_runbook { "runbookProcesses" } else { "deploymentprocesses" };
                (server.path(&format!("{route}/{}", encode(process))), "Steps")
            }
        };
        let Some(mut document) = server.client.find(&path).await? else { continue };
        let aside = passing_name(&name);
        if rename(&mut document, list, &id, &name, &aside) {
            server.client.put(&path, &document).await.map_err(|failure| {
                failure.while_doing(format!("calling {name:?} otherwise, since another one gets that name"))
            })?;
            said.push(format!("{name:?} gives its name to another one"));
        }
    }
    Ok(said)
}

/// The same of the channel that came with the module's project: it is finish's, which gives it its name after the apply and finds it by its id then, so `there`
/// learns that.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn give_free_by_channel(
    server: &Server,
    plan: &Plan,
    ready: &Ready<'_>,
    there: &mut BTreeMap<String, String>,
) -> Result<Vec<String>, Failure> {
    let mut named = ready.identities.named.iter();
    let Some(made) = named.find(|named| named.collection == Collection::Channels) else {
        return Ok(Vec::new());
    };
    let source = format!("{}/{}", Collection::Channels, made.id);
    let has_had = |name: &str| {
        made.keys.iter().filter_map(|key| key.last()).any(|known| known.eq_ignore_ascii_case(name))
    };
    let renamed = plan.changes.iter().filter(|change| {
        change.kind == "octopusdeploy_channel"
            && change.action == Action::Update
            && change.name_after != change.name_before
            && has_had(&change.name_after)
    });
    let of_terraform: BTreeSet<&String> = ready.state.resources.values().flatten().collect();
    let path = |id: &str| server.path(&format!("channels/{}", encode(id)));
    let mut said = Vec::new();
    for change in renamed {
        let Some(channel) = server.client.find(&path(&change.id)).await? else { continue };
        let project = channel["ProjectId"].as_str().unwrap_or_default();
        let siblings = server.path(&format!("projects/{}/channels", encode(project)));
        for mut other in server.client.list(&siblings).await? {
            let text = |field: &str| other[field].as_str().unwrap_or_default().to_owned();
            let (id, name) = (text("Id"), text("Name"));
            let is_it = there.get(&source).map_or(!of_terraform.contains(&id), |known| *known == id);
            if !is_it || !name.eq_ignore_ascii_case(&change.name_after) {
                continue;
            }
            other["Name"] = json!(passing_name(&name));
            there.insert(source.clone(), id.clone());
            server.client.put(&path(&id), &other).await.map_err(|failure| {
                failure.while_doing(format!("calling {name:?} otherwise, since another one gets that name"))
            })?;
            said.push(format!("{name:?} gives its name to another one"));
        }
    }
    Ok(said)
}

/// What bears a name that another one gets.
fn in_the_way(plan: &Plan) -> Vec<(Among, String, String)> {
    let mut bearers: BTreeMap<(Among, String), String> = BTreeMap::new();
    for change in &plan.changes {
        let leaves = change.action == Action::Destroy || change.name_after != change.name_before;
        if let Some(among) =
            among(change).filter(|_| leaves && !change.id.is_empty() && !change.name_before.is_empty())
        {
            bearers.insert((among, change.name_before.to_lowercase()), change.id.clone());
        }
    }
    let mut found = Vec::new();
    for change in plan.changes.iter().filter(|change| change.action != Action::Destroy) {
        let Some(among) = among(change) else { continue };
        let key = (among, change.name_after.to_lowercase());
        if let Some(id) = bearers.get(&key).filter(|id| **id != change.id) {
            found.push((key.0, id.clone(), change.name_after.clone()));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Renames the document, or the parts of its list that have the id or are the first action of one that has; whether there is one.
fn rename(document: &mut Value, list: &str, id: &str, name: &str, aside: &str) -> bool {
    if list.is_empty() {
        document["Name"] = json!(aside);
        return true;
    }
    let mut any = false;
    for part in document[list].as_array_mut().into_iter().flatten() {
        let own = part["Id"] == id;
        if own {
            part["Name"] = json!(aside);
            any = true;
        }
        for action in part["Actions"].as_array_mut().into_iter().flatten() {
            if action["Id"] == id || (own && action["Name"] == name) {
                action["Name"] = json!(aside);
                any = true;
            }
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use terraform::memory_file::MemoryFile;

    use super::*;

    #[test]
    fn who_bears_a_name_that_another_gets_gives_it_free() {
        let change = |kind: &str, label: &str, actions: &str, before: &str, after: &str| {
            format!(
                r#"{{"address": "{kind}.{label}", "mode": "managed", "type": "{kind}", "change": {{"actions": [{actions}], "before": {before}, "after": {after}}}}}"#
            )
        };
        let feed = "octopusdeploy_docker_container_registry";
        let changes = [
            change(
                feed,
                "a",
                r#""update""#,
                r#"{"id": "F-1", "name": "One"}"#,
                r#"{"id": "F-1", "name": "Two"}"#,
            ),
            change(
                "octopusdeploy_helm_feed",
                "b",
                r#""update""#,
                r#"{"id": "F-2", "name": "Two"}"#,
                r#"{"id": "F-2", "name": "Three"}"#,
            ),
            change("octopusdeploy_environment", "c", r#""create""#, "null", r#"{"name": "One"}"#),
            change(
                "octopusdeploy_tag",
                "t",
                r#""update""#,
                r#"{"id": "S-1/T-1", "tag_set_id": "S-1", "name": "x"}"#,
                r#"{"tag_set_id": "S-1", "name": "y"}"#,
            ),
            change("octopusdeploy_tag", "u", r#""create""#, "null", r#"{"tag_set_id": "S-1", "name": "x"}"#),
            change(
                "octopusdeploy_process_step",
                "s",
                r#""delete""#,
                r#"{"id": "s-1", "process_id": "p", "name": "Go"}"#,
                "null",
            ),
            change(
                "octopusdeploy_process_step",
                "r",
                r#""create""#,
                "null",
                r#"{"process_id": "p", "name": "Go"}"#,
            ),
        ];
        let shown = format!(r#"{{"resource_changes": [{}]}}"#, changes.join(","));
        let plan = Plan::parse(MemoryFile::empty("test").ok().unwrap(), shown.as_bytes()).ok().unwrap();
        let found: Vec<(String, String)> =
            in_the_way(&plan).into_iter().map(|(_, id, name)| (id, name)).collect();
        let expected = [("F-2", "Two"), ("S-1/T-1", "x"), ("s-1", "Go")];
        assert_eq!(found, expected.map(|(id, name)| (id.to_owned(), name.to_owned())));
    }

    #[test]
    fn a_step_and_its_action_are_renamed_together() {
        let mut process = json!({"Steps": [
            {"Id": "s", "Name": "Go", "Actions": [{"Id": "a", "Name": "Go"}, {"Id": "b", "Name": "Child"}]}
        ]});
        assert!(rename(&mut process, "Steps", "s", "Go", "aside"));
        assert!(rename(&mut process, "Steps", "b", "Child", "other"));
        assert!(!rename(&mut process, "Steps", "nobody", "Go", "aside"));
        assert_eq!(process["Steps"][0]["Name"], "aside");
        assert_eq!(
            process["Steps"][0]["Actions"],
            json!([{"Id": "a", "Name": "aside"}, {"Id": "b", "Name": "other"}])
        );
    }
}
