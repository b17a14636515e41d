//! What of the permissions that are needed the keys' owners lack, and what they have beyond the need.

use std::collections::BTreeSet;

use crate::checks::{Findings, servers};
use crate::rights::Held;
use crate::rights::needed::{RUNBOOKS, RUNBOOKS_THERE, SEED, to_make, to_see};
use crate::spread::Plan;
use documents::collection::Collection;
use documents::inventory::Inventory;
use octopus::role::Role;
use octopus::server::Server;

/// What the server does not know is needed by none of its requests: older servers have fewer permissions.
fn known_ones<'a>(
    server: &Server,
    held: Option<&Held>,
    needed: &BTreeSet<&'a str>,
) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let names = held.and_then(|held| held.known.as_ref());
    let snapshots = servers::has_snapshot_permission(&server.version);
    needed.iter().copied().partition(|name| {
        names.is_none_or(|known| known.contains_key(*name)) && (snapshots || *name != SNAPSHOT)
    })
}

/// Since 2026.3; before, `RunbookEdit` was enough.
const SNAPSHOT: &str = "RunbookSnapshotCreate";

/// Compares what the source's key may do with what reading and seeding need.
pub fn at_source(server: &Server, held: Option<&Held>, findings: &mut Findings) {
    let seed: BTreeSet<&str> = SEED.iter().copied().chain([SNAPSHOT]).collect();
    let (seed, _) = known_ones(server, held, &seed);
    let check = "source-permissions";
    let unknown = see(check, Role::Source, server, held, findings);
    tell(check, Role::Source, "to seed the space and run the runbooks", held, &seed, Lack::Stops, findings);
    let what_for = "to see what was changed since the last migration";
    tell(check, Role::Source, what_for, held, &BTreeSet::from(["EventView"]), Lack::Unnoticed, findings);
    tell_unknown(check, Role::Source, &unknown, findings);
}

/// What else spread needs: accounts and certificates that refuse octoferry's runs are changed for the time.
pub fn to_spread(server: &Server, held: Option<&Held>, plan: &Plan, findings: &mut Findings) {
    let needed: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter_map(|change| match change.collection {
            Collection::Accounts => Some("AccountEdit"),
            Collection::Certificates => Some("CertificateEdit"),
            _ => None,
        })
        .collect();
    if !needed.is_empty() {
        let (needed, _) = known_ones(server, held, &needed);
        let what_for = "to spread secrets where accounts or certificates are restricted";
        tell("source-permissions", Role::Source, what_for, held, &needed, Lack::Stops, findings);
    }
}

/// Both spaces are read as a whole: the source to carry it, the destination to compare it. What of that the server doesn't know.
fn see(
    check: &'static str,
    role: Role,
    server: &Server,
    held: Option<&Held>,
    findings: &mut Findings,
) -> BTreeSet<&'static str> {
    let (must, _) = known_ones(server, held, &to_see(false));
    let noted: BTreeSet<&str> = to_see(true).difference(&must).copied().collect();
    let (noted, unknown) = known_ones(server, held, &noted);
    tell(check, role, "to read the space", held, &must, Lack::Stops, findings);
    let what_for = "to see its teams, roles, freezes and subscriptions";
    tell(check, role, what_for, held, &noted, Lack::Noted, findings);
    unknown
}

/// Compares what the destination's key may do with what reading it and the documents of the source need.
pub fn at_destination(
    server: &Server,
    held: Option<&Held>,
    inventory: Option<&Inventory>,
    findings: &mut Findings,
) {
    let (needed, mut unknown) = known_ones(server, held, &to_make(inventory, false));
    let by_finish = to_make(inventory, true).difference(&needed).copied().collect();
    let (by_finish, _) = known_ones(server, held, &by_finish);
    let check = "destination-permissions";
    unknown.extend(see(check, Role::Destination, server, held, findings));
    let what_for = "to see who replaced a placeholder";
    tell(check, Role::Destination, what_for, held, &BTreeSet::from(["EventView"]), Lack::Unsure, findings);
    let what_for = "to make what the source space holds";
    tell(check, Role::Destination, what_for, held, &needed, Lack::Stops, findings);
    if !by_finish.is_empty() {
        let what_for = "to make identities of service accounts";
        tell(check, Role::Destination, what_for, held, &by_finish, Lack::Noted, findings);
    }
    tell_unknown(check, Role::Destination, &unknown, findings);
}

/// What a key for the runbooks could do at the source that they don't need.
pub fn beyond_at_source(held: Option<&Held>, findings: &mut Findings) {
    let needed: BTreeSet<&str> = RUNBOOKS.iter().copied().collect();
    beyond(Role::Source, "view the space, push packages and export certificates", held, &needed, findings);
}

/// The same at the destination, where they make, and when they are told so delete, whatever a space can hold.
pub fn beyond_at_destination(held: Option<&Held>, findings: &mut Findings) {
    let made = to_make(None, false).into_iter().chain(to_make(None, true));
    let needed = made.chain(RUNBOOKS_THERE.iter().copied()).collect();
    beyond(
        Role::Destination,
        "view, make and delete what a space holds, and copy packages",
        held,
        &needed,
        findings,
    );
}

/// How many permissions are named.
const NAMED: usize = 6;

fn beyond(role: Role, what: &str, held: Option<&Held>, needed: &BTreeSet<&str>, findings: &mut Findings) {
    let Some(held) = held else { return };
    let check = match role {
        Role::Source => "source-key-rights",
        Role::Destination => "destination-key-rights",
    };
    let user = &held.user;
    let own =
        format!("octoferry seed --runbook-{role}-key-file FILE gives the runbooks the key of another user");
    if held.administers() {
        let text = format!(
            "the runbooks need of the {role} to {what}; the owner of this API key ({user}) administers the server: with it whoever could read the key may do everything there. {own}"
        );
        findings.known(check, text);
        return;
    }
    let is_more = |name: &&str| {
        let is_needed = needed.contains(*name)
            || name.ends_with("View")
            || (role == Role::Destination && name.ends_with("Delete"));
        !is_needed
    };
    let all = held.permissions.keys().chain(&held.system).map(String::as_str).collect::<BTreeSet<&str>>();
    let more: Vec<&str> = all.into_iter().filter(is_more).collect();
    if more.is_empty() {
        findings.fine(
            check,
            format!("the owner of the {role} API key ({user}) may do no more than the runbooks need"),
        );
        return;
    }
    let rest = more.len().checked_sub(NAMED).filter(|rest| *rest > 0);
    let named = more[..more.len().min(NAMED)].join(", ");
    let named = rest.map_or(named.clone(), |rest| format!("{named} and {rest} others"));
    findings.known(
        check,
        format!("the runbooks need of the {role} to {what}; the owner of this API key ({user}) may do more: {named}. {own}"),
    );
}

/// What it means when a permission is lacking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// The migration can't begin.
    Stops,
    /// Something is left out, and named.
    Noted,
    /// Less is known at the end.
    Unsure,
    /// Less is known before a later migration.
    Unnoticed,
}

impl Lack {
    fn means(self) -> &'static str {
        match self {
            Self::Stops => "the migration can't begin",
            Self::Noted => "what it may not see or make does not move",
            Self::Unnoticed => "migrate doesn't notice that something was changed whose secret no run reads",
            Self::Unsure => "a placeholder stays on the list until somebody says that it is done",
        }
    }
}

fn tell_unknown(check: &'static str, role: Role, unknown: &BTreeSet<&str>, findings: &mut Findings) {
    let unknown: BTreeSet<&str> = unknown.iter().copied().filter(|name| *name != SNAPSHOT).collect();
    if !unknown.is_empty() {
        let text =
            format!("the {role} server has no permissions called {}: they are not asked for", list(&unknown));
        findings.known(check, text);
    }
}

fn tell(
    check: &'static str,
    role: Role,
    what_for: &str,
    held: Option<&Held>,
    needed: &BTreeSet<&str>,
    lack: Lack,
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
        if lack != Lack::Stops {
            findings.person(check, format!("{text}; {}", lack.means()), to_do);
        } else if held.complete {
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
    use serde_json::{Value, json};

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
    fn what_a_key_may_do_beyond_the_need_of_the_runbooks_is_said() {
        let grant = json!([{"SpaceId": "Spaces-2"}]);
        let told = |names: &[&str]| {
            let all: serde_json::Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), grant.clone())).collect();
            let held = held(&json!({"SpacePermissions": all, "IsPermissionsComplete": true}));
            let mut findings = Findings::default();
            beyond_at_source(Some(&held), &mut findings);
            beyond_at_destination(Some(&held), &mut findings);
            findings.all().iter().map(|finding| finding.text.clone()).collect::<Vec<_>>()
        };
        let least = told(&["ProjectView", "BuiltInFeedPush", "CertificateExportPrivateKey"]);
        assert!(least[0].contains("no more than the runbooks need"), "{least:?}");
        assert!(least[1].contains("may do more: CertificateExportPrivateKey."), "{least:?}");
        let more = told(&["ProjectView", "ProjectEdit", "ProjectDelete", "TeamEdit"]);
        assert!(more[0].contains("may do more: ProjectDelete, ProjectEdit, TeamEdit."), "{more:?}");
        assert!(more[1].contains("no more than the runbooks need"), "{more:?}");
    }

    #[test]
    fn administrators_lack_nothing_and_absence_is_not_always_telling() {
        let needed = BTreeSet::from(["ProjectView"]);
        let administrator = held(&json!({"SystemPermissions": ["AdministerSystem"]}));
        assert_eq!(administrator.compare(&needed), (vec![], vec![]));
        let unsure = held(&json!({"IsPermissionsComplete": false}));
        let mut findings = Findings::default();
        tell(
            "source-permissions",
            Role::Source,
            "to read",
            Some(&unsure),
            &needed,
            Lack::Stops,
            &mut findings,
        );
        assert_eq!(findings.outcome(), crate::outcome::Outcome::DoneWithNotes);
        let sure = held(&json!({}));
        tell("source-permissions", Role::Source, "to read", Some(&sure), &needed, Lack::Stops, &mut findings);
        assert_eq!(findings.outcome(), crate::outcome::Outcome::NotWell);
    }
}
