//! Runbooks as documents: defaults, their process. Snapshots and runs are rooms of their own.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::check_reference;
use crate::dump::change_loaded;
use crate::processes;
use crate::server::Server;
use crate::store::text;
use crate::version::Feature;

pub(crate) fn defaults() -> Value {
    json!({"ConnectivityPolicy": crate::projects::connectivity_policy(), "DefaultGuidedFailureMode": "EnvironmentDefault",
           "Description": null, "EnvironmentScope": "All", "Environments": [], "ForcePackageDownload": false,
           "MultiTenancyMode": "Untenanted", "PublishedRunbookSnapshotId": null,
           "RunRetentionPolicy": {"QuantityToKeep": 100, "ShouldKeepForever": false, "Strategy": "Default", "Unit": "Items"},
           "RunbookTags": []})
}

/// What an update leaves out and the server leaves as it is.
pub(crate) fn keep_absent(fields: &mut Fields, old: &Value) {
    for field in ["CancelQueuedTasks", "CancelRunningTasks"] {
        if fields.get(field).is_none_or(Value::is_null) && !old[field].is_null() {
            fields.insert(field.into(), old[field].clone());
        }
    }
}

/// What servers of the vendor's reference answer of every runbook.
fn fill_switches(server: &Server, fields: &mut Fields) {
    if server.has(Feature::Reference) {
        for field in crate::projects::OWN_SETTINGS {
            fields.entry(field).or_insert(Value::Bool(false));
        }
    }
}

/// Loaded runbooks may come from a server that did not have them.
pub(crate) fn complete_loaded(server: &mut Server) {
    change_loaded(server, "runbooks", |server, fields| {
        if !server.has(Feature::Reference) {
            fields.retain(|name, _| !crate::projects::OWN_SETTINGS.contains(&name.as_str()));
        }
        fill_switches(server, fields);
        true
    });
}

pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    crate::projects::fill_connectivity(fields.get_mut("ConnectivityPolicy"));
    fill_switches(server, fields);
    let id = fields["Id"].as_str().unwrap_or_default().to_owned();
    let process =
        old.map_or_else(|| json!(format!("RunbookProcess-{id}")), |old| old["RunbookProcessId"].clone());
    fields.insert("RunbookProcessId".into(), process);
    if let Some(old) = old {
        fields.insert("ProjectId".into(), old["ProjectId"].clone());
    }
    let project = fields.get("ProjectId").and_then(Value::as_str).unwrap_or_default();
    check_reference(server, space, "projects", project)?;
    // Publishing is a PUT of the runbook with a snapshot's id; a client that doesn't know the field changes nothing.
    match fields.get("PublishedRunbookSnapshotId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(snapshot) => check_reference(server, space, "runbooksnapshots", snapshot)?,
        None => {
            let kept = old.map_or(Value::Null, |old| old["PublishedRunbookSnapshotId"].clone());
            fields.insert("PublishedRunbookSnapshotId".into(), kept);
        }
    }
    Ok(())
}

pub(crate) fn born(server: &mut Server, space: &str, id: &str) {
    let Some(runbook) = server.store.get(space, "runbooks", id) else { return };
    let (process, project) =
        (text(runbook, "RunbookProcessId").to_owned(), text(runbook, "ProjectId").to_owned());
    processes::born(server, space, &process, &project, Some(id));
}

/// The process, its frozen copies and the snapshots go with a runbook.
pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    for collection in ["runbooksnapshots", "runbookprocesses", "projecttriggers"] {
        let gone: Vec<String> = server
            .store
            .all(space, collection)
            .filter(|(_, document)| document["RunbookId"] == id || document["Action"]["RunbookId"] == id)
            .map(|(id, _)| id.clone())
            .collect();
        for document in gone {
            server.store.remove(space, collection, &document);
        }
    }
    Ok(())
}
