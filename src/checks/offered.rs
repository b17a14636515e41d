//! What of the destination's server the space needs: its collections, its workers' types, and the hosts of Git repositories that it trusts.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::Value;

use crate::checks::Findings;
use crate::checks::servers::is_older;
use documents::collection::Collection;
use documents::inventory::Inventory;
use documents::moment::instant;
use octopus::server::Server;

const COLLECTIONS: &str = "destination-collections";
const POOLS: &str = "worker-types";
const HOSTS: &str = "ssh-known-hosts";

/// Looks whether the destination offers what the source's documents name.
pub async fn look(inventory: &Inventory, source: &Server, destination: &Server, findings: &mut Findings) {
    not_yet(inventory, &destination.version, findings);
    worker_types(inventory, destination, findings).await;
    known_hosts(inventory, source, destination, findings).await;
}

/// Collections that the destination is too old for.
fn not_yet(inventory: &Inventory, version: &str, findings: &mut Findings) {
    for collection in Collection::ALL {
        let count = inventory.all(*collection).count();
        let since = collection.row().since.filter(|since| count > 0 && is_older(version, since));
        if let Some(since) = since {
            let text = format!(
                "the destination ({version}) has no {collection}, which servers have since {since}: {count} stay at the source"
            );
            findings.known(COLLECTIONS, text);
        }
    }
}

/// Dynamic pools: whether the destination has such (`workerpools/supportedtypes`), and this type of worker (`workerpools/dynamicworkertypes`,
/// 500 where there is no service for workers).
async fn worker_types(inventory: &Inventory, destination: &Server, findings: &mut Findings) {
    let dynamic =
        |pool: &&documents::document::Document| pool.text("WorkerPoolType") == Some("DynamicWorkerPool");
    let pools: Vec<_> = inventory.all(Collection::WorkerPools).filter(dynamic).collect();
    if pools.is_empty() {
        return;
    }
    let client = &destination.client;
    let supported = client.find(&destination.path("workerpools/supportedtypes")).await.ok().flatten();
    let supported = supported.as_ref().and_then(|answer| answer["SupportedPoolTypes"].as_array());
    let has_dynamic = supported.is_none_or(|types| types.iter().any(|kind| kind == "DynamicWorkerPool"));
    let offered = client.find(&destination.path("workerpools/dynamicworkertypes")).await.ok().flatten();
    let offered = offered.as_ref().and_then(|answer| answer["WorkerTypes"].as_array());
    for pool in pools {
        let (name, wanted) = (pool.name(), pool.text("WorkerType").unwrap_or_default());
        let way = format!(
            "Use a pool of the destination in its place: octoferry seed --map \"worker_pools:{name}=NAME OF THE POOL\" (nothing to do where that is done)."
        );
        if !has_dynamic {
            findings.person(
                POOLS,
                format!("the destination makes no dynamic worker pools, and {name:?} is one"),
                way,
            );
            continue;
        }
        let Some(offered) = offered else { continue };
        let Some(found) = offered.iter().find(|kind| is_of_type(kind, wanted)) else {
            let text = format!(
                "the destination offers no workers of the type {wanted:?}, which the pool {name:?} has"
            );
            findings.person(POOLS, text, way);
            continue;
        };
        let Some(end) = found["EndOfLifeDateUtc"].as_str() else { continue };
        let day = end.split('T').next().unwrap_or(end);
        if instant(end).is_some_and(|end| end <= SystemTime::now()) {
            let text = format!(
                "workers of the type {wanted:?}, which the pool {name:?} has, reached the end of their life on {day}"
            );
            findings.person(POOLS, text, way);
        } else {
            let text = format!(
                "workers of the type {wanted:?} (pool {name:?}) reach the end of their life on {day}"
            );
            findings.known(POOLS, text);
        }
    }
}

fn is_of_type(kind: &Value, wanted: &str) -> bool {
    ["Id", "Type"]
        .iter()
        .any(|field| kind[*field].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)))
}

/// Repositories that are reached by SSH keys: the server must know their hosts (`/api/sshknownhosts`, of the server and not of the space).
async fn known_hosts(inventory: &Inventory, source: &Server, destination: &Server, findings: &mut Findings) {
    let has_key = |details: &Value| details["Type"] == "SshKey";
    let keys: Vec<&str> = inventory
        .all(Collection::GitCredentials)
        .filter(|credential| credential.get("Details").is_some_and(has_key))
        .map(documents::document::Document::name)
        .collect();
    if keys.is_empty() {
        return;
    }
    let (here, there) = futures::join!(hosts(source), hosts(destination));
    let to_do = "Enter their keys at the destination: Configuration, SSH Known Hosts.";
    match (here, there) {
        (Some(here), Some(there)) => {
            let missing: Vec<&str> = here.difference(&there).map(String::as_str).collect();
            if !missing.is_empty() {
                let text = format!(
                    "Git credentials with SSH keys ({}) need hosts that the server knows; the destination does not know these of the source: {}",
                    keys.join(", "),
                    missing.join("; ")
                );
                findings.person(HOSTS, text, to_do);
            }
        }
        _ => findings.person(
            HOSTS,
            format!(
                "Git credentials with SSH keys ({}) need hosts that the server knows, and which it knows can't be seen with these keys",
                keys.join(", ")
            ),
            to_do,
        ),
    }
}

/// `host key-type key` of all that a server knows; `None`: that can't be seen.
async fn hosts(server: &Server) -> Option<BTreeSet<String>> {
    let answer = server.client.find("/api/sshknownhosts?skip=0&take=1000").await.ok()??;
    let entry = |known: &Value| {
        let parts = ["Host", "KeyType", "PublicKey"].map(|field| known[field].as_str().unwrap_or_default());
        parts.join(" ").trim().to_owned()
    };
    Some(answer["Resources"].as_array().into_iter().flatten().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use documents::document::Document;

    #[test]
    fn what_an_older_destination_does_not_have_is_said() {
        let mut inventory = Inventory::default();
        for id in ["web", "db"] {
            let tag = Document::new(json!({"Id": id, "Tag": id})).unwrap();
            inventory.insert(Collection::DeploymentTargetTags, tag);
        }
        let said = |version: &str| {
            let mut findings = Findings::default();
            not_yet(&inventory, version, &mut findings);
            findings.all().iter().map(|finding| finding.text.clone()).collect::<Vec<_>>()
        };
        let expected = "the destination (2025.4.1) has no deploymenttargettags, which servers have since 2026.2: 2 stay at the source";
        assert_eq!(said("2025.4.1"), [expected]);
        assert!(said("2026.2.1").is_empty() && said("0.0.0-local").is_empty());
    }
}
