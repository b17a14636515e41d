//! Who may do what in the space: teams, their roles, the users in them, the identities of service accounts. These belong to the server; what a
//! key may not see is noted, not missed.

use futures::future::try_join_all;
use serde_json::Value;

use super::{absent, documents};
use crate::server::Server;
use documents::collection::{Collection, Reading};
use documents::document::Document;
use documents::inventory::{Inventory, Unread};
use documents::of_space::{Found, people};
use failure::Failure;

/// Reads what is about this space.
pub(super) async fn read(server: &Server) -> Result<(Found, Vec<Unread>), Failure> {
    let (teams, roles, assignments, users) = futures::try_join!(
        list(server, Collection::Teams),
        list(server, Collection::UserRoles),
        list(server, Collection::ScopedUserRoles),
        list(server, Collection::Users),
    )?;
    let mut unseen = Vec::new();
    let mut all = Inventory::default();
    for found in [teams, roles, assignments, users] {
        match found {
            Ok(found) => super::insert(&mut all, found),
            Err(unread) => unseen.push(unread),
        }
    }
    let mut found = people(&all, server.space_id());
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

async fn list(server: &Server, collection: Collection) -> Result<Result<Found, Unread>, Failure> {
    let path = collection.list(server.space_id());
    match server.client.list(&path).await {
        Ok(items) => {
            let found = documents(&path, items)?;
            Ok(Ok(found.into_iter().map(|document| (collection, document)).collect()))
        }
        Err(failure) => absent(collection, Reading::Noted, failure),
    }
}

async fn identities(server: &Server, account: &Document) -> Result<Result<Found, Unread>, Failure> {
    let path = format!("/api/serviceaccounts/{}/oidcidentities/v1?skip=0&take=1000", account.id());
    let mut answer = match server.client.get(&path).await {
        Ok(answer) => answer,
        Err(failure) => return absent(Collection::OidcIdentities, Reading::Noted, failure),
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
