//! Many documents by their ids: as many in one request as an address can hold, where the server answers that.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::Value;

use super::documents;
use crate::failure::Failure;
use crate::octopus::client::Client;
use crate::octopus::document::Document;

/// Longest list of ids in an address: proxies and servers commonly take 2 000 characters in all.
const LONGEST: usize = 1700;

/// The documents of these ids, below `route`. An id without a document is left out: the reference to it dangles, and
/// whoever follows it says so.
pub(super) async fn by_ids(client: &Client, route: &str, ids: &[String]) -> Result<Vec<Document>, Failure> {
    in_groups(client, route, ids, usize::MAX).await
}

/// The same with at most so many ids a request, for documents that may be large.
pub(super) async fn in_groups(
    client: &Client,
    route: &str,
    ids: &[String],
    most: usize,
) -> Result<Vec<Document>, Failure> {
    let groups: Vec<&[String]> = groups(ids).into_iter().flat_map(|group| group.chunks(most)).collect();
    let found = try_join_all(groups.iter().map(|group| group_by_ids(client, route, group))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Ids in their order, cut into lists that fit an address.
fn groups(ids: &[String]) -> Vec<&[String]> {
    let mut groups = Vec::new();
    let (mut start, mut length) = (0, 0);
    for (position, id) in ids.iter().enumerate() {
        if length + id.len() + 1 > LONGEST && position > start {
            groups.push(&ids[start..position]);
            (start, length) = (position, 0);
        }
        length += id.len() + 1;
    }
    if start < ids.len() {
        groups.push(&ids[start..]);
    }
    groups
}

async fn group_by_ids(client: &Client, route: &str, ids: &[String]) -> Result<Vec<Document>, Failure> {
    let mut found = if ids.len() == 1 { BTreeMap::new() } else { at_once(client, route, ids).await? };
    // What the list doesn't have is asked for by itself: all of it, when the server doesn't answer such lists.
    let missing: Vec<String> =
        ids.iter().filter(|id| !found.contains_key(*id)).map(|id| format!("{route}/{id}")).collect();
    for document in try_join_all(missing.iter().map(|path| client.find(path))).await?.into_iter().flatten() {
        let document = documents(route, vec![document])?.remove(0);
        found.insert(document.id().to_owned(), document);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// One request for all. Whatever a server does with it that it was not meant to, is no failure: there is the other way.
async fn at_once(
    client: &Client,
    route: &str,
    ids: &[String],
) -> Result<BTreeMap<String, Document>, Failure> {
    let mut answer =
        match client.get(&format!("{route}?ids={}&skip=0&take={}", ids.join(","), ids.len())).await {
            Ok(answer) => answer,
            Err(failure) if matches!(failure.http_status, Some(400 | 404 | 405 | 414 | 500 | 501)) => {
                return Ok(BTreeMap::new());
            }
            Err(failure) => return Err(failure),
        };
    let items = match answer.get_mut("Items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => match answer {
            Value::Array(items) => items,
            _ => return Ok(BTreeMap::new()),
        },
    };
    let documents =
        items.into_iter().filter_map(Document::new).map(|document| (document.id().to_owned(), document));
    Ok(documents.filter(|(id, _)| ids.contains(id)).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_cut_into_addresses_that_fit() {
        let ids: Vec<String> =
            (0..200).map(|number| format!("deploymentprocess-Projects-{number}")).collect();
        let groups = super::groups(&ids);
        assert!(groups.iter().all(|group| group.join(",").len() <= super::LONGEST));
        assert_eq!(groups.concat(), ids);
        assert_eq!(groups.len(), 4);
        assert!(super::groups(&[]).is_empty());
    }
}
