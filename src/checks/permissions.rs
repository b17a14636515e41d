//! What the keys' owners may do, and what of that is missing.
//!
//! Names of permissions: the documentation of the built-in roles. Which request needs which: the descriptions there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::checks::{Findings, servers};
use documents::collection::Collection;
use documents::inventory::Inventory;
use octopus::server::Server;

/// To read all that an export needs. (Tag sets can be read by everybody.)
const READ: &[&str] = &[
    "AccountView",
    "ActionTemplateView",
    "CertificateView",
    "EnvironmentView",
    "FeedView",
    "GitCredentialView",
    "LibraryVariableSetView",
    "LifecycleView",
    "MachinePolicyView",
    "MachineView",
    "ProcessView",
    "ProjectGroupView",
    "ProjectView",
    "ProxyView",
    "RunbookView",
    "TenantView",
    "TriggerView",
    "VariableView",
    "VariableViewUnscoped",
    "WorkerView",
];

/// What seed, spread and migrate do at the source besides reading, and unseed takes back.
const SEED: &[&str] = &[
    "ActionTemplateCreate",
    "ActionTemplateDelete",
    "ActionTemplateEdit",
    "BuiltInFeedDownload",
    "BuiltInFeedPush",
    "EnvironmentCreate",
    "EnvironmentDelete",
    "LibraryVariableSetCreate",
    "LibraryVariableSetDelete",
    "LibraryVariableSetEdit",
    "ProcessEdit",
    "ProjectCreate",
    "ProjectDelete",
    "ProjectEdit",
    "ProjectGroupCreate",
    "ProjectGroupDelete",
    "RunbookEdit",
    "RunbookRunCreate",
    "RunbookRunView",
    "TaskCancel",
    "TaskView",
    "VariableEdit",
    "VariableEditUnscoped",
];

/// To make the documents of a collection at the destination.
const MAKE: &[(Collection, &[&str])] = &[
    (Collection::Accounts, &["AccountCreate", "AccountEdit", "AccountView"]),
    (Collection::ActionTemplates, &["ActionTemplateCreate", "ActionTemplateEdit", "ActionTemplateView"]),
    (Collection::Certificates, &["CertificateCreate", "CertificateEdit", "CertificateView"]),
    (Collection::Environments, &["EnvironmentCreate", "EnvironmentEdit", "EnvironmentView"]),
    (Collection::Feeds, &["FeedEdit", "FeedView"]),
    (Collection::GitCredentials, &["GitCredentialEdit", "GitCredentialView"]),
    (
        Collection::LibraryVariableSets,
        &["LibraryVariableSetCreate", "LibraryVariableSetEdit", "LibraryVariableSetView"],
    ),
    (Collection::Lifecycles, &["LifecycleCreate", "LifecycleEdit", "LifecycleView"]),
    (Collection::MachinePolicies, &["MachinePolicyCreate", "MachinePolicyEdit", "MachinePolicyView"]),
    (Collection::Machines, &["MachineCreate", "MachineEdit", "MachineView"]),
    (Collection::ProjectGroups, &["ProjectGroupCreate", "ProjectGroupEdit", "ProjectGroupView"]),
    (Collection::Projects, &["ProjectCreate", "ProjectEdit", "ProjectView", "ProcessEdit", "ProcessView"]),
    (Collection::ProjectTriggers, &["TriggerCreate", "TriggerEdit", "TriggerView"]),
    (Collection::Proxies, &["ProxyCreate", "ProxyEdit", "ProxyView"]),
    (Collection::Runbooks, &["RunbookEdit", "RunbookView"]),
    (Collection::TagSets, &["TagSetCreate", "TagSetEdit"]),
    (Collection::Tenants, &["TenantCreate", "TenantEdit", "TenantView"]),
    (
        Collection::Variables,
        &["VariableEdit", "VariableEditUnscoped", "VariableView", "VariableViewUnscoped"],
    ),
    (Collection::WorkerPools, &["WorkerEdit", "WorkerView"]),
    (Collection::Workers, &["WorkerEdit", "WorkerView"]),
];

/// What a key's owner holds in one space.
pub struct Held {
    user: String,
    /// Permission → whether it counts everywhere in the space, or is limited to some of its documents.
    permissions: BTreeMap<String, bool>,
    system: BTreeSet<String>,
    /// Whether absence means anything.
    complete: bool,
}

impl Held {
    /// Reads it. `None`: the server doesn't tell this user.
    pub async fn read(server: &Server) -> Option<Self> {
        let user = server.client.get("/api/users/me").await.ok()?;
        let path = format!("/api/users/{}/permissions?includeSystem=true", user["Id"].as_str()?);
        let told = server.client.get(&path).await.ok()?;
        Some(Self::parse(&user, &told, server.space_id()))
    }

    fn parse(user: &Value, told: &Value, space: &str) -> Self {
        let mut permissions = BTreeMap::new();
        for (name, grants) in told["SpacePermissions"].as_object().into_iter().flatten() {
            let ours = grants.as_array().into_iter().flatten().filter(|grant| grant["SpaceId"] == space);
            let free = |grant: &Value| {
                ["ProjectIds", "EnvironmentIds", "TenantIds", "ProjectGroupIds"]
                    .iter()
                    .all(|what| grant[format!("RestrictedTo{what}")].as_array().is_none_or(Vec::is_empty))
            };
            // Several grants add up.
            if let Some(everywhere) = ours.map(free).reduce(|one, other| one || other) {
                permissions.insert(name.clone(), everywhere);
            }
        }
        let texts = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            user: user["Username"].as_str().unwrap_or_default().to_owned(),
            permissions,
            system: texts(&told["SystemPermissions"]),
            complete: told["IsPermissionsComplete"] != false,
        }
    }

    /// Whether the user administers the server. Assumption: who does may do everything in every space.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.system.contains("AdministerSystem")
    }

    /// The permissions that are not held, and those that are held for some documents only.
    fn compare<'a>(&self, needed: &BTreeSet<&'a str>) -> (Vec<&'a str>, Vec<&'a str>) {
        if self.administers() {
            return (Vec::new(), Vec::new());
        }
        let missing = needed.iter().filter(|name| !self.permissions.contains_key(**name)).copied().collect();
        let limited =
            needed.iter().filter(|name| self.permissions.get(**name) == Some(&false)).copied().collect();
        (missing, limited)
    }
}

/// Compares what the source's key may do with what reading and seeding need.
pub fn at_source(server: &Server, held: Option<&Held>, findings: &mut Findings) {
    let mut seed: BTreeSet<&str> = SEED.iter().copied().collect();
    if servers::has_snapshot_permission(&server.version) {
        seed.insert("RunbookSnapshotCreate");
    }
    let read = READ.iter().copied().collect();
    tell("source-permissions", "source", "to read the space", held, &read, findings);
    tell("source-permissions", "source", "to seed the space and run the runbooks", held, &seed, findings);
}

/// Compares what the destination's key may do with what the documents of the source need.
pub fn at_destination(
    server: &Server,
    held: Option<&Held>,
    inventory: Option<&Inventory>,
    findings: &mut Findings,
) {
    let has =
        |collection: Collection| inventory.is_none_or(|inventory| inventory.all(collection).next().is_some());
    let mut needed: BTreeSet<&str> = MAKE
        .iter()
        .filter(|(collection, _)| has(*collection))
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    if has(Collection::Runbooks) && servers::has_snapshot_permission(&server.version) {
        needed.insert("RunbookSnapshotCreate");
    }
    tell(
        "destination-permissions",
        "destination",
        "to make what the source space holds",
        held,
        &needed,
        findings,
    );
}

fn tell(
    check: &'static str,
    role: &str,
    what_for: &str,
    held: Option<&Held>,
    needed: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    let Some(held) = held else {
        findings.known(
            check,
            format!(
                "the {role} server doesn't tell what the key's owner may do; {what_for} it needs: {}",
                list(needed)
            ),
        );
        return;
    };
    let user = &held.user;
    let (missing, limited) = held.compare(needed);
    if missing.is_empty() && limited.is_empty() {
        findings
            .fine(check, format!("the owner of the {role} API key ({user}) has the permissions {what_for}"));
        return;
    }
    let to_do = "Give a team of this user a role with them in this space, or use another user's key.";
    if !missing.is_empty() {
        let text = format!(
            "the owner of the {role} API key ({user}) lacks permissions {what_for}: {}",
            missing.join(", ")
        );
        if held.complete {
            findings.stops(check, text, to_do);
        } else {
            findings.person(
                check,
                format!("{text} (this server doesn't show everything, so they may be held all the same)"),
                to_do,
            );
        }
    }
    if !limited.is_empty() {
        findings.person(
            check,
            format!(
                "the owner of the {role} API key ({user}) has these {what_for} only for some projects, environments or tenants: {}",
                limited.join(", ")
            ),
            "What this user may not see does not move, and nobody notices. Give a role without such limits.",
        );
    }
}

fn list(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(told: &Value) -> Held {
        Held::parse(&json!({"Username": "mover"}), told, "Spaces-2")
    }

    #[test]
    fn grants_of_the_space_add_up() {
        let told = json!({
            "SpacePermissions": {
                "ProjectView": [
                    {"SpaceId": "Spaces-2", "RestrictedToProjectIds": ["Projects-1"]},
                    {"SpaceId": "Spaces-2", "RestrictedToProjectIds": []},
                ],
                "TenantView": [{"SpaceId": "Spaces-2", "RestrictedToTenantIds": ["Tenants-1"]}],
                "FeedView": [{"SpaceId": "Spaces-9"}],
            },
            "SystemPermissions": [],
            "IsPermissionsComplete": true,
        });
        let needed = BTreeSet::from(["ProjectView", "TenantView", "FeedView"]);
        assert_eq!(held(&told).compare(&needed), (vec!["FeedView"], vec!["TenantView"]));
    }

    #[test]
    fn administrators_lack_nothing_and_absence_is_not_always_telling() {
        let needed = BTreeSet::from(["ProjectView"]);
        let administrator = held(&json!({"SystemPermissions": ["AdministerSystem"]}));
        assert_eq!(administrator.compare(&needed), (vec![], vec![]));
        let unsure = held(&json!({"IsPermissionsComplete": false}));
        let mut findings = Findings::default();
        tell("source-permissions", "source", "to read", Some(&unsure), &needed, &mut findings);
        assert_eq!(findings.outcome(), crate::outcome::Outcome::DoneWithNotes);
        let sure = held(&json!({}));
        tell("source-permissions", "source", "to read", Some(&sure), &needed, &mut findings);
        assert_eq!(findings.outcome(), crate::outcome::Outcome::NotWell);
    }
}
