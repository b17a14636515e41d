//! Whether both servers answer, are new enough, and take changes and tasks now.

use serde_json::Value;

use crate::checks::Findings;
use crate::cli;
use crate::settings::{self, Settings};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::{Failure, FailureKind};
use octopus::role::Role;
use octopus::server::Server;

/// What provider 1.17 promises; below, nothing of ours was tried either.
const OLDEST: (u32, u32) = (2024, 4);
/// Provider 1.15 and later refuse lifecycles on older servers, and every space has one.
const OLDEST_FOR_LIFECYCLES: (u32, u32) = (2025, 3);

/// Reaches both servers as far as they can be reached; that both are one space is a finding too.
///
/// # Errors
/// Wrong usage alone: something isn't given.
pub async fn reach(
    source: &cli::Source,
    destination: &cli::Destination,
    connection: &cli::Connection,
    settings: &Settings<'_>,
    findings: &mut Findings,
) -> Result<(Option<Server>, Option<Server>), Failure> {
    let transport = settings::transport(connection)?;
    let from = reached("source-reachable", settings.source(source, &transport).await, findings)?;
    let to = reached("destination-reachable", settings.destination(destination, &transport).await, findings)?;
    if let (Some(from), Some(to)) = (&from, &to)
        && from.is_same_space(to)
    {
        findings.failed("same-space", settings::same_space(from));
    }
    Ok((from, to))
}

/// What two spaces of one server share, and what each has of its own.
pub fn shared(source: &Server, destination: &Server, inventory: &Inventory, findings: &mut Findings) {
    if !source.is_same_server(destination) {
        return;
    }
    let names = |of: Collection, is: &dyn Fn(&Document) -> bool| {
        let mut names: Vec<String> =
            inventory.all(of).filter(|one| is(one)).map(|one| format!("{:?}", one.name())).collect();
        names.sort();
        names.join(", ")
    };
    let roles = names(Collection::UserRoles, &|role| !role.id().starts_with("userroles-"));
    let freezes = names(Collection::DeploymentFreezes, &|one| one.text("OwnerId").is_none_or(str::is_empty));
    let mut text = "both spaces are on one server, with the same users".to_owned();
    if !roles.is_empty() {
        text.push_str(&format!("; its user roles serve both as they are: {roles}"));
    }
    if !freezes.is_empty() {
        text.push_str(&format!(
            "; the destination gets freezes of its own beside these: {freezes} (--lookup deploymentfreezes:NAME adds its projects to the one that is there)"
        ));
    }
    findings.known("one-server", text);
}

fn reached(
    check: &'static str,
    result: Result<Server, Failure>,
    findings: &mut Findings,
) -> Result<Option<Server>, Failure> {
    match result {
        Ok(server) => {
            findings.fine(check, format!("the {} server: {}", server.client.role(), server.described()));
            Ok(Some(server))
        }
        // An unknown space is worth a finding: the other server is still to be looked at. What isn't given at all is not.
        Err(failure) if failure.kind == FailureKind::Usage => Err(failure),
        Err(failure) => {
            findings.failed(check, failure);
            Ok(None)
        }
    }
}

/// Whether the server's version can be worked with.
pub fn version(server: &Server, findings: &mut Findings) {
    let role = server.client.role();
    let is_destination = role == Role::Destination;
    let check = if is_destination { "destination-version" } else { "source-version" };
    let Some(version) = parse(&server.version) else {
        findings.known(
            check,
            format!("the {role} server calls its version {:?}; it can't be compared", server.version),
        );
        return;
    };
    let told = format!("the {role} server is Octopus {}", server.version);
    if is_destination && version < OLDEST {
        findings.stops(
            check,
            format!("{told}, but the Terraform provider needs 2024.4 or later"),
            "Upgrade the destination to 2025.3 or later.",
        );
    } else if is_destination && version < OLDEST_FOR_LIFECYCLES {
        findings.stops(
            check,
            format!("{told}, but the Terraform provider makes lifecycles only on 2025.3 or later"),
            "Upgrade the destination to 2025.3 or later.",
        );
    } else if version < OLDEST {
        findings.person(
            check,
            format!("{told}; octoferry was made for 2024.4 and later, older ones are untried"),
            "Upgrade the source first, or look closely at what octoferry verify says.",
        );
    } else {
        findings.fine(check, told);
    }
}

/// Year and number: `2025.3.14357` → (2025, 3). Builds of developers (`0.0.0-local`) can't be compared.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    let (year, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (year > 2000).then_some((year, number))
}

/// Whether a version is older than another; one that can't be compared is not.
#[must_use]
pub fn is_older(version: &str, than: &str) -> bool {
    parse(version).zip(parse(than)).is_some_and(|(version, than)| version < than)
}

/// Whether runbooks need a permission of their own for snapshots (2026.3 and later).
#[must_use]
pub fn has_snapshot_permission(version: &str) -> bool {
    parse(version).is_some_and(|version| version >= (2026, 3))
}

/// Whether tasks start and changes are taken: the source's task queue, maintenance, the cluster's state.
///
/// # Errors
/// When a server that answered doesn't any more.
pub async fn state(server: &Server, may_administer: bool, findings: &mut Findings) -> Result<(), Failure> {
    let role = server.client.role();
    let is_source = role == Role::Source;
    if is_source {
        let space = server.client.get(&format!("/api/spaces/{}", server.space_id())).await?;
        if space["TaskQueueStopped"] == true {
            findings.stops(
                "source-task-queue",
                format!(
                    "the task queue of the source space {:?} is stopped: no runbook would start",
                    server.space.name()
                ),
                "Start it in the portal: Configuration, Spaces.",
            );
        } else {
            findings.fine("source-task-queue", "the source space starts tasks");
        }
    }
    // Who may not see these is told nothing.
    let status = quietly(server, "/api/serverstatus").await;
    let check = if is_source { "source-maintenance" } else { "destination-maintenance" };
    if status["IsInMaintenanceMode"] == true {
        let text = format!(
            "the {role} server is in maintenance mode: only administrators can change or start something"
        );
        let to_do = "End it in the portal: Configuration, Maintenance.";
        if may_administer {
            findings.person(check, format!("{text}; this key's owner is one"), to_do);
        } else {
            findings.stops(check, text, to_do);
        }
    }
    let health = quietly(server, "/api/serverstatus/health").await;
    for (field, what) in [
        ("IsEntireClusterReadOnly", "all its nodes are read-only"),
        ("IsEntireClusterDrainingTasks", "all its nodes are draining: no task starts"),
    ] {
        if health[field] == true {
            let check = if is_source { "source-health" } else { "destination-health" };
            findings.stops(
                check,
                format!("the {role} server takes nothing: {what}"),
                "End it in the portal: Configuration, Nodes.",
            );
        }
    }
    if is_source && health["IsEntireClusterDrainingTasks"] != true {
        nodes(&quietly(server, "/api/octopusservernodes").await, findings);
    }
    Ok(())
}

/// Nodes that take no tasks (Go client, `octopus_server_node.go`); where all are so, no run ever starts.
fn nodes(page: &Value, findings: &mut Findings) {
    let all: Vec<&Value> = page["Items"].as_array().into_iter().flatten().collect();
    let drained = |node: &&&Value| node["IsInMaintenanceMode"] == true;
    let names: Vec<String> = all.iter().filter(drained).map(|node| node["Name"].to_string()).collect();
    let to_do = "End it in the portal: Configuration, Nodes.";
    if names.is_empty() {
        return;
    }
    if names.len() == all.len() {
        findings.stops(
            "source-nodes",
            format!(
                "all nodes of the source server are drained, so that no run starts: {}",
                names.join(", ")
            ),
            to_do,
        );
    } else {
        findings.known(
            "source-nodes",
            format!("nodes of the source server are drained, the others run tasks: {}", names.join(", ")),
        );
    }
}

/// A document that is a help and not a need.
async fn quietly(server: &Server, path: &str) -> Value {
    server.client.find(path).await.ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_run_starts_where_all_nodes_are_drained() {
        let look = |drained: [bool; 2]| {
            let nodes_of =
                drained.map(|drained| serde_json::json!({"Name": "node", "IsInMaintenanceMode": drained}));
            let mut findings = Findings::default();
            nodes(&serde_json::json!({"Items": nodes_of}), &mut findings);
            findings.all().first().map(|finding| finding.weight)
        };
        assert_eq!(look([true, true]), Some(crate::checks::Weight::Stops));
        assert_eq!(look([true, false]), Some(crate::checks::Weight::Known));
        assert_eq!(look([false, false]), None);
    }

    #[test]
    fn versions_are_compared_by_year_and_number() {
        assert_eq!(parse("2025.3.14357"), Some((2025, 3)));
        assert_eq!(parse("2024.10.1-rc.2"), Some((2024, 10)));
        assert_eq!(parse("0.0.0-local"), None);
        assert_eq!(parse("next"), None);
        assert!(is_older("2025.4.9", "2026.1.1") && !is_older("2026.1.1", "2026.1.2"));
        assert!(!is_older("0.0.0-local", "2026.1.1"));
        assert!(has_snapshot_permission("2026.3.1") && !has_snapshot_permission("2026.1.9"));
    }
}
