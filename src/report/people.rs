//! Who works with the source: people who are in a team of the space, service accounts, keys that are in use, and what makes releases.
//!
//! From `users`, `users/{id}/apikeys` and `events` (API reference of 2026-08). A key's owner may not see all of it: then that is said.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::{Item, Section, State};
use crate::mark::name;
use crate::ui::shell_quoted;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::client::encode;
use octopus::server::Server;

/// How many users are asked for their keys; a directory of thousands would cost a request each.
const MOST_USERS: usize = 200;
/// How many events of releases are looked at, newest first.
const EVENTS: usize = 1000;
const AT_ONCE: usize = 4;

/// Everybody and everything that has to learn of the new server. Nothing where both spaces are on one server, but for what makes releases.
pub async fn people(source: &Server, destination: Option<&Server>, left: &Inventory) -> Vec<Item> {
    let mut items = Vec::new();
    let is_one_server = destination.is_some_and(|there| there.client.address() == source.client.address());
    if !is_one_server {
        match all_users(source).await {
            Ok(users) => {
                let there = match destination {
                    Some(server) => all_users(server).await.unwrap_or_default(),
                    None => Vec::new(),
                };
                items.extend(missing(&users, &there, left));
                items.extend(keys(source, &users).await);
            }
            Err(failure) => items.push(unseen("users", &failure)),
        }
    }
    match releases(source).await {
        Ok(events) => items.extend(makers(&events, left)),
        Err(failure) => items.push(unseen("what makes releases", &failure)),
    }
    items
}

async fn all_users(server: &Server) -> Result<Vec<Document>, Failure> {
    let users = server.client.list("/api/users").await?.into_iter().filter_map(Document::new);
    Ok(users.filter(|user| !name::is_service_account(user_name(user))).collect())
}

fn unseen(what: &str, failure: &Failure) -> Item {
    let why = if failure.is_forbidden() {
        "the source key's owner may not see it".to_owned()
    } else {
        failure.message.clone()
    };
    Item {
        state: State::Unseen,
        ..Item::new(Section::People, what, format!("could not be looked at: {why}"))
    }
}

fn is_service(user: &Document) -> bool {
    user.get("IsService") == Some(&Value::Bool(true))
}

fn is_active(user: &Document) -> bool {
    user.get("IsActive") != Some(&Value::Bool(false))
}

fn user_name(user: &Document) -> &str {
    user.text("Username").unwrap_or_else(|| user.id())
}

/// Active service accounts that the destination has nobody for.
#[must_use]
pub fn missing_service_accounts<'a>(users: &'a [Document], there: &[Document]) -> Vec<&'a Document> {
    unknown(users, there).into_iter().filter(|user| is_service(user)).collect()
}

/// Active users that nobody at the destination is by user name or mail address.
fn unknown<'a>(users: &'a [Document], there: &[Document]) -> Vec<&'a Document> {
    let mark = |user: &Document, field: &str| {
        user.text(field).filter(|text| !text.is_empty()).map(|text| (field.to_owned(), text.to_lowercase()))
    };
    let marks = |user: &Document| [mark(user, "Username"), mark(user, "EmailAddress")].into_iter().flatten();
    let known: BTreeSet<(String, String)> = there.iter().flat_map(marks).collect();
    users.iter().filter(|user| is_active(user) && !marks(user).any(|mark| known.contains(&mark))).collect()
}

/// Members of the space's teams, and service accounts, that the destination has nobody for.
fn missing(users: &[Document], there: &[Document], left: &Inventory) -> Vec<Item> {
    let members: BTreeSet<&str> =
        left.all(Collection::Teams).flat_map(|team| team.texts("MemberUserIds")).collect();
    unknown(users, there)
        .into_iter()
        .filter(|user| members.contains(user.id()) || is_service(user))
        .map(|user| {
            let (noun, text, commands) = if is_service(user) {
                let command = format!("octoferry service-accounts --only {}", shell_quoted(user_name(user)));
                ("service account", "make it at the destination before its keys are needed; the next migration puts it into its teams", vec![command])
            } else {
                ("user", "is a member of a team of this space: let them sign in at the destination once, or map them", Vec::new())
            };
            Item {
                commands,
                ..Item::new(Section::People, &format!("{noun} {:?}", user_name(user)), text.to_owned())
            }
        })
        .collect()
}

/// Keys that somebody uses: each use has to get a key of the new server.
async fn keys(source: &Server, users: &[Document]) -> Vec<Item> {
    let active: Vec<&Document> = users.iter().filter(|user| is_active(user)).collect();
    if active.len() > MOST_USERS {
        let text = format!("the server has {} users: not asked one by one", active.len());
        return vec![Item::new(Section::People, "API keys", text)];
    }
    let asked: Vec<(&Document, Result<Vec<Value>, Failure>)> = stream::iter(active)
        .map(|user| async move {
            (user, source.client.list(&format!("/api/users/{}/apikeys", encode(user.id()))).await)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut items = Vec::new();
    let mut refused = 0;
    for (user, keys) in &asked {
        match keys {
            Ok(keys) => items.extend(keys.iter().filter_map(|key| key_in_use(user, key))),
            Err(failure) if failure.is_forbidden() => refused += 1,
            Err(failure) if failure.has_no_route() => {}
            Err(failure) => items.push(unseen(&format!("API keys of {:?}", user_name(user)), failure)),
        }
    }
    if refused > 0 {
        let text =
            format!("of {refused} users could not be looked at: the source key's owner may not see them");
        items.push(Item::new(Section::People, "API keys", text));
    }
    items
}

/// A key that was never used is nobody's; a server that does not know when (`IsLastUsedTimestampKnown`) leaves it open.
fn key_in_use(user: &Document, key: &Value) -> Option<Item> {
    let last = key["LastUsedTimeStamp"].as_str();
    if last.is_none() && key["IsLastUsedTimestampKnown"] == true {
        return None;
    }
    let purpose =
        key["Purpose"].as_str().filter(|purpose| !purpose.is_empty()).unwrap_or("without a purpose");
    let used = last.map_or_else(
        || "when it was last used is not known".to_owned(),
        |last| format!("last used {}", last.split('T').next().unwrap_or(last)),
    );
    let text = format!("{used}: whatever uses it needs the new server's address and a key of its own there");
    Some(Item::new(Section::People, &format!("API key {purpose:?} of {:?}", user_name(user)), text))
}

async fn releases(source: &Server) -> Result<Vec<Value>, Failure> {
    let path = format!("events?documentTypes=Releases&eventCategories=Created&skip=0&take={EVENTS}");
    let page = source.client.get(&source.path(&path)).await?;
    Ok(page["Items"].as_array().cloned().unwrap_or_default())
}

/// Projects whose releases are made with a key, and by whom: pipelines that must be pointed at the new server.
fn makers(events: &[Value], left: &Inventory) -> Vec<Item> {
    let mut by: BTreeMap<(String, String), usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ApiKeyId"].is_string()) {
        let ids = event["RelatedDocumentIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let project = ids.into_iter().find_map(|id| left.get(Collection::Projects, id));
        let Some(project) = project else { continue };
        let user = event["Username"].as_str().unwrap_or("somebody");
        let agent = event["UserAgent"].as_str().filter(|agent| !agent.is_empty());
        let with = agent.map_or_else(|| user.to_owned(), |agent| format!("{user} with {agent}"));
        *by.entry((project.name().to_owned(), with)).or_default() += 1;
    }
    by.into_iter()
        .map(|((project, with), count)| {
            let releases =
                if count == 1 { "one release was".to_owned() } else { format!("{count} releases were") };
            let text = format!("{releases} made by {with}: point that at the new server at the cutover");
            Item { project: Some(project), ..Item::new(Section::People, "continuous integration", text) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(document: Value) -> Document {
        Document::new(document).unwrap()
    }

    #[test]
    fn who_is_at_the_destination_by_name_or_address_is_not_named() {
        let here = [
            user(
                json!({"Id": "Users-1", "Username": "ada", "EmailAddress": "ada@example.com", "IsActive": true}),
            ),
            user(json!({"Id": "Users-2", "Username": "bob", "EmailAddress": "", "IsActive": true})),
            user(json!({"Id": "Users-3", "Username": "ci", "IsService": true, "IsActive": true})),
            user(json!({"Id": "Users-4", "Username": "gone", "IsActive": false})),
            user(json!({"Id": "Users-5", "Username": "elsewhere", "IsActive": true})),
        ];
        let there = [user(json!({"Id": "Users-9", "Username": "a.l", "EmailAddress": "ADA@example.com"}))];
        let mut left = Inventory::default();
        let team =
            json!({"Id": "Teams-1", "Name": "All", "MemberUserIds": ["Users-1", "Users-2", "Users-4"]});
        left.insert(Collection::Teams, user(team));
        let named: Vec<String> = missing(&here, &there, &left).into_iter().map(|item| item.subject).collect();
        assert_eq!(named, ["user \"bob\"", "service account \"ci\""]);
    }

    #[test]
    fn a_key_that_was_never_used_is_nobodys() {
        let owner = user(json!({"Id": "Users-1", "Username": "ci"}));
        let never = json!({"Purpose": "old", "LastUsedTimeStamp": null, "IsLastUsedTimestampKnown": true});
        assert!(key_in_use(&owner, &never).is_none());
        let used = json!({"Purpose": "builds", "LastUsedTimeStamp": "2026-08-01T10:00:00Z"});
        let item = key_in_use(&owner, &used).unwrap();
        assert_eq!(item.subject, "API key \"builds\" of \"ci\"");
        assert!(item.text.starts_with("last used 2026-08-01:"), "{}", item.text);
    }

    #[test]
    fn releases_of_people_are_no_pipeline() {
        let mut left = Inventory::default();
        left.insert(Collection::Projects, user(json!({"Id": "Projects-1", "Name": "Web"})));
        let event = |key: Value| json!({"ApiKeyId": key, "Username": "ci", "UserAgent": "octo/9", "RelatedDocumentIds": ["Releases-1", "Projects-1"]});
        let items =
            makers(&[event(json!("apikeys-1")), event(json!("apikeys-1")), event(Value::Null)], &left);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].project.as_deref(), Some("Web"));
        assert!(items[0].text.starts_with("2 releases were made by ci with octo/9"), "{}", items[0].text);
    }
}
