//! What of a server's documents is about one space: teams, roles and users, freezes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::collection::Collection;
use crate::document::Document;
use crate::inventory::Inventory;
use crate::mark;

/// Collections and documents, in the order in which they were asked for.
pub type Found = Vec<(Collection, Document)>;

/// What of the server's teams, roles and users is about one space: its teams, who has a role in it, what roles these are, who is in its
/// teams. Not the teams of the service accounts that seed makes, nor who is in no other.
#[must_use]
pub fn people(all: &Inventory, space: &str) -> Found {
    let of_space = |document: &&Document| document.text("SpaceId") == Some(space);
    let is_marked = |team: &&Document| mark::is_marked(team.text("Description").unwrap_or_default());
    let ours: BTreeSet<&str> = all.all(Collection::Teams).filter(is_marked).map(Document::id).collect();
    let is_ours = |assignment: &&Document| assignment.text("TeamId").is_some_and(|team| ours.contains(team));
    let assignments: Vec<&Document> =
        all.all(Collection::ScopedUserRoles).filter(of_space).filter(|role| !is_ours(role)).collect();
    let ids = |field: &str| -> BTreeSet<&str> {
        assignments.iter().filter_map(|assignment| assignment.text(field)).collect()
    };
    let (with_role, roles) = (ids("TeamId"), ids("UserRoleId"));
    let teams: Vec<&Document> = all
        .all(Collection::Teams)
        .filter(|team| !ours.contains(team.id()) && (of_space(team) || with_role.contains(team.id())))
        .collect();
    let members: BTreeSet<&str> =
        teams.iter().filter(|team| of_space(team)).flat_map(|team| team.texts("MemberUserIds")).collect();
    let users = all.all(Collection::Users).filter(|user| members.contains(user.id()));
    let roles = all.all(Collection::UserRoles).filter(|role| roles.contains(role.id()));
    let mut found: Found = teams.iter().map(|team| (Collection::Teams, (*team).clone())).collect();
    found.extend(users.map(|user| (Collection::Users, user.clone())));
    found.extend(roles.map(|role| (Collection::UserRoles, role.clone())));
    found.extend(assignments.into_iter().map(|assignment| (Collection::ScopedUserRoles, assignment.clone())));
    let services: BTreeSet<&str> = members;
    let identities = all.all(Collection::OidcIdentities).filter(|identity| {
        identity.text("ServiceAccountId").is_some_and(|account| services.contains(account))
    });
    found.extend(identities.map(|identity| (Collection::OidcIdentities, identity.clone())));
    found
}

/// The freezes that name a project or tenant of this space.
#[must_use]
pub fn about_this_space(inventory: &Inventory, freezes: Found) -> Found {
    let ours = |id: &str| {
        inventory.get(Collection::Projects, id).is_some() || inventory.get(Collection::Tenants, id).is_some()
    };
    let concerned = |freeze: &Document| {
        let projects = freeze.get("ProjectEnvironmentScope").and_then(Value::as_object);
        let tenants = freeze.list("TenantProjectEnvironmentScope").iter();
        freeze.text("OwnerId").is_some_and(ours)
            || projects.is_some_and(|scope| scope.keys().any(|project| ours(project)))
            || tenants.filter_map(|scope| scope.get("TenantId")?.as_str()).any(ours)
    };
    freezes.into_iter().filter(|(_, freeze)| concerned(freeze)).collect()
}
