//! Lists, page by page: the first tells how many there are, the others come in parallel, and the sum must be right.

use std::collections::HashSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::Client;
use failure::Failure;

/// How many items we ask for; a server that gives fewer at a time says so by giving fewer.
const PAGE: usize = 1000;
/// How many pages are asked for before the first of them has come.
const AT_ONCE: usize = 16;
/// No space has more of one kind.
const MOST: usize = 1_000_000;

struct Page {
    items: Vec<Value>,
    total: usize,
}

/// Reads the whole list.
///
/// `name`: the field that holds the items. Somebody may add or delete something while we read; so a list that doesn't come out right is read once more.
pub(super) async fn list(client: &Client, path: &str, name: &str) -> Result<Vec<Value>, Failure> {
    match whole(client, path, name).await? {
        Ok(items) => Ok(items),
        Err(_) => whole(client, path, name).await?.map_err(|trouble| {
            Failure::failed(format!("{path}: the {} server's list is not complete: {trouble}", client.role()))
                .hint(
                    "Nothing was taken from it. If somebody is changing the space at the moment, try again.",
                )
        }),
    }
}

/// All items, or what doesn't fit.
async fn whole(client: &Client, path: &str, name: &str) -> Result<Result<Vec<Value>, String>, Failure> {
    let first = page(client, path, name, 0, PAGE).await?;
    let (total, step) = (first.total, first.items.len());
    if total > MOST {
        return Err(Failure::failed(format!(
            "{path}: the {} server says that there are {total} items, more than the {MOST} that octoferry reads",
            client.role()
        )));
    }
    if step == 0 && total > 0 {
        return Ok(Err(format!("it says {total} items and gives none")));
    }
    let mut items = first.items;
    if step < total {
        // What the first page held is what the server gives at a time.
        let rest = (step..total).step_by(step).map(|skip| page(client, path, name, skip, step));
        // A few at a time: a number that a server says costs nothing before the items are there.
        let mut rest = stream::iter(rest).buffered(AT_ONCE);
        while let Some(page) = rest.try_next().await? {
            if page.total != total {
                return Ok(Err(format!("it says {total} items first and {} then", page.total)));
            }
            if page.items.is_empty() {
                return Ok(Err(format!("it says {total} items and gives {}", items.len())));
            }
            items.extend(page.items);
        }
    }
    if items.len() != total {
        return Ok(Err(format!("it says {total} items and gives {}", items.len())));
    }
    let ids: Vec<&str> = items.iter().filter_map(|item| item.get("Id")?.as_str()).collect();
    let distinct: HashSet<&str> = ids.iter().copied().collect();
    if distinct.len() != ids.len() {
        return Ok(Err("it gives the same item twice".to_owned()));
    }
    Ok(Ok(items))
}

async fn page(client: &Client, path: &str, name: &str, skip: usize, take: usize) -> Result<Page, Failure> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut answer = client.get(&format!("{path}{joint}skip={skip}&take={take}")).await?;
    // A list that has no pages is whole.
    if let Value::Array(items) = &mut answer {
        let items = std::mem::take(items);
        return Ok(Page { total: items.len(), items });
    }
    let total = answer.get("TotalResults").or_else(|| answer.get("Count")).and_then(Value::as_u64);
    let total = total.and_then(|total| usize::try_from(total).ok());
    match (answer.get_mut(name).map(Value::take), total) {
        (Some(Value::Array(items)), Some(total)) => Ok(Page { items, total }),
        _ => Err(Failure::failed(format!(
            "{path} of the {} server answered something else than a page of a list",
            client.role()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::client::{Proxies, Transport, Trust};
    use secret::Secret;

    #[tokio::test]
    async fn a_list_without_pages_is_whole_and_one_without_a_count_is_refused() {
        let router = axum::Router::new()
            .route("/api/plain", axum::routing::get(async || axum::Json(json!([{"Id": "a"}, {"Id": "b"}]))))
            .route(
                "/api/endless",
                axum::routing::get(async || {
                    axum::Json(json!({"Items": [{"Id": "a"}], "TotalResults": 50_000_000_u64}))
                }),
            )
            .route(
                "/api/uncounted",
                axum::routing::get(async || axum::Json(json!({"Items": [{"Id": "a"}]}))),
            );
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let transport =
            Transport::new(Duration::from_secs(5), Trust::default(), Proxies::default()).ok().unwrap();
        let client =
            Client::new(crate::role::Role::Source, &address, Secret::new("API-X".into()), &transport)
                .ok()
                .unwrap();
        assert_eq!(list(&client, "/api/plain", "Items").await.ok().unwrap().len(), 2);
        let failure = list(&client, "/api/endless", "Items").await.err().unwrap();
        assert!(failure.message.contains("50000000 items, more than"), "{failure}");
        assert!(list(&client, "/api/uncounted", "Items").await.is_err());
    }
}
