//! Who may do what in the space: teams, their roles, the users in them, the identities of service accounts. These belong to the server; what a
//! key may not see is noted, not missed.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::Value;

use super::{Found, Need, absent, documents};
use crate::failure::Failure;
use crate::octopus::collection::Collection;
use crate::octopus::document::Document;
use crate::octopus::inventory::{Inventory, Unread};
use crate::octopus::server::Server;

/// Reads what is about this space.
pub(super) async fn read(server: &Server) -> Result<(Found, Vec<Unread>), Failure> {
    let (teams, roles, assignments, users) = futures::try_join!(
        list(server, Collection::Teams, "/api/teams?includeSystem=true"),
        list(server, Collection::UserRoles, "/api/userroles"),
        list(server, Collection::ScopedUserRoles, "/api/scopeduserroles?includeSystem=false"),
        list(server, Collection::Users, "/api/users"),
    )?;
    let mut unseen = Vec::new();
    let mut all = Inventory::default();
    for found in [teams, roles, assignments, users] {
        match found {
            Ok(found) => super::insert(&mut all, found),
            Err(unread) => unseen.push(unread),
        }
    }
    let mut found = of_space(&all, server.space_id());
    let services: Vec<&Document> = found
        .iter()
        .filter(|(collection, user)| *collection == Collection::Users && user.flag("IsService"))
        .map(|(_, user)| user)
        .collect();
    let identities = try_join_all(services.iter().map(|user| identities(server, user))).await?;
    let mut refused = false;
    for answer in identities {
        match answer {
            Ok(identities) => found.extend(identities),
            Err(unread) if !refused => {
                refused = true;
                unseen.push(unread);
            }
            Err(_) => {}
        }
    }
    Ok((found, unseen))
}

async fn list(server: &Server, collection: Collection, path: &str) -> Result<Result<Found, Unread>, Failure> {
    match server.client.list(path).await {
        Ok(items) => {
            let found = documents(path, items)?;
            Ok(Ok(found.into_iter().map(|document| (collection, document)).collect()))
        }
        Err(failure) => absent(collection, Need::Noted, failure),
    }
}

async fn identities(server: &Server, account: &Document) -> Result<Result<Found, Unread>, Failure> {
    let path = format!("/api/serviceaccounts/{}/oidcidentities/v1?skip=0&take=1000", account.id());
    let mut answer = match server.client.get(&path).await {
        Ok(answer) => answer,
        Err(failure) => return absent(Collection::OidcIdentities, Need::Noted, failure),
    };
    let Some(Value::Array(items)) = answer.get_mut("OidcIdentities").map(Value::take) else {
        return Ok(Ok(Vec::new()));
    };
    let of_account = |mut identity: Document| {
        // Where the server does not say whose it is.
        identity.fields_mut().insert("ServiceAccountId".to_owned(), Value::from(account.id()));
        (Collection::OidcIdentities, identity)
    };
    Ok(Ok(documents(&path, items)?.into_iter().map(of_account).collect()))
}

/// What of the server's teams, roles and users is about one space: its teams, who has a role in it, what roles these are, who is in its
/// teams.
pub(crate) fn of_space(all: &Inventory, space: &str) -> Found {
    let of_space = |document: &&Document| document.text("SpaceId") == Some(space);
    let assignments: Vec<&Document> = all.all(Collection::ScopedUserRoles).filter(of_space).collect();
    let ids = |field: &str| -> BTreeSet<&str> {
        assignments.iter().filter_map(|assignment| assignment.text(field)).collect()
    };
    let (with_role, roles) = (ids("TeamId"), ids("UserRoleId"));
    let teams: Vec<&Document> =
        all.all(Collection::Teams).filter(|team| of_space(team) || with_role.contains(team.id())).collect();
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
