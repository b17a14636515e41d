//! Many documents by their ids: as many in one request as an address can hold, where the server answers that.

use std::collections::{BTreeMap, HashSet};

use futures::future::try_join_all;
use serde_json::Value;

use super::documents;
use crate::client::Client;
use documents::document::Document;
use failure::Failure;

/// Longest list of ids in an address: proxies and servers commonly take 2 000 characters in all.
const LONGEST: usize = 1700;

/// The documents of these ids, below `route`. An id without a document is left out: the reference to it dangles, and
/// whoever follows it says so.
pub(super) async fn by_ids(client: &Client, route: &str, ids: &[String]) -> Result<Vec<Document>, Failure> {
    in_groups(client, route, route, ids, usize::MAX).await
}

/// The same with a list of another route, and at most so many ids a request, for documents that may be large.
pub(super) async fn in_groups(
    client: &Client,
    list: &str,
    route: &str,
    ids: &[String],
    most: usize,
) -> Result<Vec<Document>, Failure> {
    // An empty text is nothing; asked for, it would be the whole list.
    let ids: Vec<String> = ids.iter().filter(|id| !id.trim().is_empty()).cloned().collect();
    let groups: Vec<&[String]> = groups(&ids).into_iter().flat_map(|group| group.chunks(most)).collect();
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut found = BTreeMap::new();
    // The first tells what the server makes of such a request; one id is one request anyway.
    if let Some((first, others)) = groups.split_first().filter(|_| ids.len() > 1) {
        match at_once(client, list, first, &wanted).await? {
            Answered::Found(first) => {
                found.extend(first);
                let others = others.iter().map(|group| at_once(client, list, group, &wanted));
                let others = try_join_all(others).await?;
                found.extend(others.into_iter().flat_map(Answered::found));
            }
            // So it lists everything, frozen copies too: worth reading if these are not the most of it.
            Answered::Other { total, .. } if total <= 2 * ids.len() => {
                let all = documents(list, client.list(list).await?)?;
                found.extend(all.into_iter().map(|document| (document.id().to_owned(), document)));
            }
            Answered::Other { found: some, .. } => found.extend(some),
            Answered::Nothing => {}
        }
    }
    // What the list doesn't have is asked for by itself: all of it, when the server doesn't answer such lists.
    let missing: Vec<String> =
        ids.iter().filter(|id| !found.contains_key(*id)).map(|id| format!("{route}/{id}")).collect();
    for document in try_join_all(missing.iter().map(|path| client.find(path))).await?.into_iter().flatten() {
        let document = documents(route, vec![document])?.remove(0);
        found.insert(document.id().to_owned(), document);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
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

/// What a server makes of a list with `ids`.
enum Answered {
    /// It gives these.
    Found(BTreeMap<String, Document>),
    /// It takes no notice of `ids` (the API reference of 2026-08 has none for `runbookProcesses`): the list has so many in all, and these of the wanted ones on its
    /// first page.
    Other {
        total: usize,
        found: BTreeMap<String, Document>,
    },
    Nothing,
}

impl Answered {
    fn found(self) -> BTreeMap<String, Document> {
        match self {
            Self::Found(found) | Self::Other { found, .. } => found,
            Self::Nothing => BTreeMap::new(),
        }
    }
}

/// One request for all. Whatever a server does with it that it was not meant to, is no failure: there is the other way.
async fn at_once(
    client: &Client,
    list: &str,
    ids: &[String],
    wanted: &HashSet<&str>,
) -> Result<Answered, Failure> {
    // `…/all` has no pages and takes neither parameter.
    let page = if list.ends_with("/all") { String::new() } else { format!("&skip=0&take={}", ids.len()) };
    let query = format!("{list}?ids={}{page}", ids.join(","));
    let mut answer = match client.get(&query).await {
        Ok(answer) => answer,
        Err(failure) if matches!(failure.http_status, Some(400 | 404 | 405 | 414 | 500 | 501)) => {
            return Ok(Answered::Nothing);
        }
        Err(failure) => return Err(failure),
    };
    let total = answer.get("TotalResults").and_then(Value::as_u64);
    let items = match answer.get_mut("Items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => match answer {
            Value::Array(items) => items,
            _ => return Ok(Answered::Nothing),
        },
    };
    let mut strangers = false;
    let mut found = BTreeMap::new();
    for document in items.into_iter().filter_map(Document::new) {
        strangers |= !ids.iter().any(|id| id == document.id());
        if wanted.contains(document.id()) {
            found.insert(document.id().to_owned(), document);
        }
    }
    let total = total.and_then(|total| usize::try_from(total).ok()).unwrap_or(usize::MAX);
    Ok(if strangers { Answered::Other { total, found } } else { Answered::Found(found) })
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
