//! Publishes a runbook as it is at the destination.

use serde_json::{Value, json};

use failure::Failure;
use octopus::client::encode;
use octopus::server::Server;
use octopus::tasks;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Became {
    Published,
    AlreadySo,
    /// The server has a snapshot of the name, and the runbook does not name it as published.
    NotPublished,
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
    let document = client.get(&path).await?;
    if let Some(published) = document["PublishedRunbookSnapshotId"].as_str().filter(|id| !id.is_empty()) {
        let snapshot = client.find(&server.path(&format!("runbookSnapshots/{published}"))).await?;
        if snapshot.is_some_and(|snapshot| snapshot["Name"] == name) {
            return Ok(Became::AlreadySo);
        }
    }
    let snapshots = client.list(&server.path(&format!("runbooks/{runbook}/runbookSnapshots"))).await?;
    if let Some(made) = snapshots.iter().find(|snapshot| snapshot["Name"] == name) {
        let is = tasks::set_published(server, runbook, made["Id"].as_str().unwrap_or_default()).await?;
        return Ok(if is { Became::Published } else { Became::NotPublished });
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
        "SelectedGitResources": tasks::git_resources(&template),
    });
    let published = tasks::publish_snapshot(server, runbook, body).await?;
    Ok(if published.is_some() { Became::Published } else { Became::NotPublished })
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::testing;

    /// A server that takes no notice of `publish`, and publishes by `PUT` where `obeys`.
    async fn published(obeys: bool) -> (Result<Became, Failure>, Vec<(String, Value)>) {
        let is_published = AtomicBool::new(false);
        let (server, requests) = testing::server(move |asked, body| match asked {
            "PUT runbooks/Runbooks-1" => {
                is_published.store(obeys && body["PublishedRunbookSnapshotId"] == "S-1", Ordering::SeqCst);
                json!({})
            }
            "GET runbooks/Runbooks-1" => {
                let id = is_published.load(Ordering::SeqCst).then_some("S-1");
                json!({"Id": "Runbooks-1", "ProjectId": "Projects-1", "PublishedRunbookSnapshotId": id})
            }
            "GET runbooks/Runbooks-1/runbookSnapshotTemplate" => json!({"Packages": [], "GitResources": [
                {"ActionName": "Apply", "Name": "", "DefaultBranch": "main", "IsResolvable": true},
                {"ActionName": "Other", "Name": "x", "DefaultBranch": "#{Branch}", "IsResolvable": false}]}),
            asked if asked.starts_with("POST runbookSnapshots") => json!({"Id": "S-1"}),
            _ => json!({"Items": [], "TotalResults": 0}),
        })
        .await;
        (publish(&server, "Runbooks-1", "1.0", "").await, testing::written(&requests))
    }

    #[tokio::test]
    async fn published_is_what_the_server_says_is_published() {
        let (became, written) = published(true).await;
        assert_eq!(became.ok().unwrap(), Became::Published);
        assert_eq!(
            (written[0].0.as_str(), &written[0].1["Publish"]),
            ("POST runbookSnapshots?publish=true", &json!("true"))
        );
        assert_eq!(
            written[0].1["SelectedGitResources"],
            json!([{"ActionName": "Apply", "GitResourceReferenceName": "", "GitReferenceResource": {"GitRef": "main"}}])
        );
        let (became, _) = published(false).await;
        assert_eq!(became.ok().unwrap(), Became::NotPublished);
    }
}
