//! Publishing runbooks: snapshots of their processes and variables, and whether the published one is current.

use serde_json::{Value, json};

use crate::server::Server;
use documents::document::Document;
use failure::Failure;

/// Whether the published snapshot of a runbook holds its process, its variables and this version of the package as they are now.
///
/// # Errors
/// When the server refuses.
pub async fn is_published(
    server: &Server,
    runbook: &Document,
    package: &str,
    version: &str,
) -> Result<bool, Failure> {
    let Some(snapshot_id) = runbook.text("PublishedRunbookSnapshotId").filter(|id| !id.is_empty()) else {
        return Ok(false);
    };
    let snapshot = server.client.find(&server.path(&format!("runbookSnapshots/{snapshot_id}"))).await?;
    let Some(snapshot) = snapshot else { return Ok(false) };
    let selected = snapshot["SelectedPackages"].as_array().into_iter().flatten();
    // The reference in our steps has the package's name.
    let mut ours = selected.filter(|selected| selected["PackageReferenceName"] == package).peekable();
    if ours.peek().is_none() || ours.any(|selected| selected["Version"] != version) {
        return Ok(false);
    }
    let path = server.path(&format!("runbookSnapshots/{snapshot_id}/runbookRuns/template"));
    let Some(template) = server.client.find(&path).await? else { return Ok(false) };
    let flags = ["IsVariableSetModified", "IsLibraryVariableSetModified", "IsRunbookProcessModified"];
    Ok(flags.into_iter().all(|flag| template[flag] == false))
}

/// Whether the variables have changed since this snapshot was made; `None` when the server doesn't say.
///
/// # Errors
/// When the server refuses.
pub async fn is_stale(server: &Server, snapshot_id: &str) -> Result<Option<bool>, Failure> {
    let path = server.path(&format!("runbookSnapshots/{snapshot_id}/runbookRuns/template"));
    let Some(template) = server.client.find(&path).await? else { return Ok(None) };
    let flags =
        ["IsVariableSetModified", "IsLibraryVariableSetModified"].map(|flag| template[flag].as_bool());
    Ok(match flags {
        [None, None] => None,
        flags => Some(flags.contains(&Some(true))),
    })
}

/// Makes a snapshot of the runbook as it is and publishes it; its id.
///
/// # Errors
/// When the server refuses, or a package of the process can't be chosen.
pub async fn publish(
    server: &Server,
    runbook: &Document,
    package: &str,
    version: &str,
) -> Result<String, Failure> {
    let doing =
        |failure: Failure| failure.while_doing(format!("publishing the runbook {:?}", runbook.name()));
    let process = runbook.text("RunbookProcessId").unwrap_or_default();
    let path = server.path(&format!("runbookProcesses/{process}/runbookSnapshotTemplate"));
    let template = server.client.get(&path).await.map_err(doing)?;
    let mut selected = Vec::new();
    for reference in template["Packages"].as_array().into_iter().flatten() {
        if reference["PackageId"] != package {
            return Err(doing(
                Failure::failed(format!(
                    "its step {} uses the package {}, which is none of octoferry's",
                    reference["ActionName"], reference["PackageId"]
                ))
                .hint("octoferry seed makes the runbook again as it was."),
            ));
        }
        selected.push(json!({
            "ActionName": reference["ActionName"],
            "PackageReferenceName": reference["PackageReferenceName"],
            "Version": version,
        }));
    }
    let body = json!({
        "ProjectId": runbook.text("ProjectId"),
        "RunbookId": runbook.id(),
        "Name": template["NextNameIncrement"],
        "Notes": "",
        "SelectedPackages": selected,
        "SelectedGitResources": git_resources(&template),
    });
    let published = publish_snapshot(server, runbook.id(), body).await.map_err(doing)?;
    published.ok_or_else(|| doing(Failure::failed("the server took the snapshot and has not published it")))
}

/// Makes a snapshot of a runbook and publishes it: its id, once the runbook says that this one is published; `None` when it does not.
///
/// That it be published is a field of the body in the published reference, and a query parameter in the official clients; and a runbook
/// publishes what its `PublishedRunbookSnapshotId` is set to.
///
/// # Errors
/// When the server refuses.
pub async fn publish_snapshot(
    server: &Server,
    runbook: &str,
    mut body: Value,
) -> Result<Option<String>, Failure> {
    body["Publish"] = json!("true");
    let made = server.client.post(&server.path("runbookSnapshots?publish=true"), &body).await?;
    let id = made["Id"].as_str().unwrap_or_default();
    Ok(set_published(server, runbook, id).await?.then(|| id.to_owned()))
}

/// Sees to it that a snapshot is the one that its runbook has published; whether it is.
///
/// # Errors
/// When the server refuses.
pub async fn set_published(server: &Server, runbook: &str, snapshot: &str) -> Result<bool, Failure> {
    let path = server.path(&format!("runbooks/{runbook}"));
    let mut there = server.client.get(&path).await?;
    if there["PublishedRunbookSnapshotId"] == snapshot {
        return Ok(true);
    }
    there["PublishedRunbookSnapshotId"] = json!(snapshot);
    server.client.put(&path, &there).await?;
    Ok(server.client.get(&path).await?["PublishedRunbookSnapshotId"] == snapshot)
}

/// The Git resources of a runbook's snapshot template as a snapshot takes them, each from its default branch.
#[must_use]
pub fn git_resources(template: &Value) -> Vec<Value> {
    let resources = template["GitResources"].as_array().into_iter().flatten();
    let resolvable = resources.filter(|resource| resource["IsResolvable"] != false);
    resolvable
        .map(|resource| {
            json!({
                "ActionName": resource["ActionName"],
                "GitResourceReferenceName": resource["Name"].as_str().unwrap_or_default(),
                "GitReferenceResource": {"GitRef": resource["DefaultBranch"]},
            })
        })
        .collect()
}
