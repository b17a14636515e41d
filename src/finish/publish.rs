//! Publishes a runbook as it is at the destination.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::octopus::client::encode;
use crate::octopus::server::Server;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Became {
    Published,
    AlreadySo,
    /// A package that the runbook needs has no version at the destination.
    NoPackage(String),
}

/// Publishes the runbook under this name, unless a snapshot of this name is published.
pub(super) async fn publish(
    server: &Server,
    runbook: &str,
    name: &str,
    notes: &str,
) -> Result<Became, Failure> {
    let client = &server.client;
    let path = server.path(&format!("runbooks/{runbook}"));
    let mut document = client.get(&path).await?;
    if let Some(published) = document["PublishedRunbookSnapshotId"].as_str().filter(|id| !id.is_empty()) {
        let snapshot = client.find(&server.path(&format!("runbookSnapshots/{published}"))).await?;
        if snapshot.is_some_and(|snapshot| snapshot["Name"] == name) {
            return Ok(Became::AlreadySo);
        }
    }
    let snapshots = client.list(&server.path(&format!("runbooks/{runbook}/runbookSnapshots"))).await?;
    if let Some(made) = snapshots.iter().find(|snapshot| snapshot["Name"] == name) {
        document["PublishedRunbookSnapshotId"] = made["Id"].clone();
        client.put(&path, &document).await?;
        return Ok(Became::Published);
    }
    let template = client.get(&server.path(&format!("runbooks/{runbook}/runbookSnapshotTemplate"))).await?;
    let mut selected = Vec::new();
    for package in template["Packages"].as_array().into_iter().flatten() {
        // An id or feed made of variables: no version can be chosen now, and none is needed.
        if package["IsResolvable"] == false {
            continue;
        }
        let Some(version) = version_of(server, package).await? else {
            return Ok(Became::NoPackage(package["PackageId"].as_str().unwrap_or_default().to_owned()));
        };
        selected.push(json!({
            "ActionName": package["ActionName"],
            "PackageReferenceName": package["PackageReferenceName"],
            "Version": version,
        }));
    }
    let body = json!({
        "ProjectId": document["ProjectId"],
        "RunbookId": runbook,
        "Name": name,
        "Notes": notes,
        "SelectedPackages": selected,
        "SelectedGitResources": [],
    });
    client.post(&server.path("runbookSnapshots?publish=true"), &body).await?;
    Ok(Became::Published)
}

/// The fixed version of a package, else the newest that its feed has.
async fn version_of(server: &Server, package: &Value) -> Result<Option<String>, Failure> {
    let text = |name: &str| package[name].as_str().filter(|text| !text.is_empty());
    if let Some(fixed) = text("FixedVersion") {
        return Ok(Some(fixed.to_owned()));
    }
    let (Some(feed), Some(id)) = (text("FeedId"), text("PackageId")) else { return Ok(None) };
    let path = format!("feeds/{feed}/packages/versions?packageId={}&take=1", encode(id));
    // A feed that can't be asked is for a person; it must not stop everything else.
    let found = match server.client.find(&server.path(&path)).await {
        Ok(found) => found,
        Err(failure) if failure.http_status.is_some() => None,
        Err(failure) => return Err(failure),
    };
    Ok(found.and_then(|page| page["Items"][0]["Version"].as_str().map(str::to_owned)))
}
