//! A tag that gets another name, colour or description keeps its id. The provider writes the set without the id of the tag that it changes
//! (1.17.0, `resource_tag.go`): to the server that tag is gone, and a new one there, which nothing has. And a tag that comes first is said to: the
//! client leaves out an order of 0 (library version 2.111.0, `tagsets/tag.go`), which leaves the tag where it was.

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::log::Intervention;
use crate::relay::request::Request;
use failure::Failure;
use octopus::client::Client;

/// Gives the id back: the provider changes one tag at a time, so the one without an id is the one that is missing. And says which comes first.
pub(super) async fn complete(
    client: &Client,
    request: &Request,
    set: &mut Value,
) -> Result<Vec<Intervention>, Failure> {
    let (method, parts) = request.parts();
    let (&Method::PUT, ["tagsets", _]) = (method, parts.as_slice()) else { return Ok(Vec::new()) };
    if !tags(set).any(|tag| has_no_id(tag) || has_no_order(tag)) {
        return Ok(Vec::new());
    }
    let current = client.find(&request.address.path).await?.unwrap_or_default();
    Ok(put_back(set, &current).into_iter().chain(say_first(set, &current)).collect())
}

fn tags(set: &Value) -> impl Iterator<Item = &Value> {
    set["Tags"].as_array().into_iter().flatten()
}

fn has_no_id(tag: &Value) -> bool {
    tag["Id"].as_str().unwrap_or_default().is_empty()
}

fn has_no_order(tag: &Value) -> bool {
    tag.get("SortOrder").is_none()
}

/// An order of 0 for each tag without one that the server would take for another: one that had another, or that is new beside others.
fn say_first(set: &mut Value, current: &Value) -> Vec<Intervention> {
    let is_empty = tags(current).next().is_none();
    let mut said = Vec::new();
    for tag in set["Tags"].as_array_mut().into_iter().flatten().filter(|tag| has_no_order(tag)) {
        let known = tags(current).find(|known| known["Id"] == tag["Id"]);
        if known.map_or(is_empty, |known| known["SortOrder"] == 0) {
            continue;
        }
        tag["SortOrder"] = json!(0);
        let place = format!("tagsets/{}", tag["Name"].as_str().unwrap_or_default());
        said.push(Intervention {
            what: "said that the tag comes first, which the provider leaves out",
            place,
        });
    }
    said
}

fn put_back(set: &mut Value, current: &Value) -> Option<Intervention> {
    let mut missing = tags(current).filter(|tag| !tags(set).any(|sent| sent["Id"] == tag["Id"]));
    let (Some(missing), None) = (missing.next(), missing.next()) else { return None };
    let mut nameless = set["Tags"].as_array_mut()?.iter_mut().filter(|tag| has_no_id(tag));
    let (Some(tag), None) = (nameless.next(), nameless.next()) else { return None };
    tag["Id"] = json!(missing["Id"]);
    let place = format!("tagsets/{}", tag["Name"].as_str().unwrap_or_default());
    Some(Intervention { what: "kept the tag that the provider would make anew", place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_without_an_id_is_the_one_that_is_missing() {
        let current = json!({"Tags": [{"Id": "T/1", "Name": "a"}, {"Id": "T/2", "Name": "b"}]});
        let mut renamed = json!({"Tags": [{"Id": "T/1", "Name": "a"}, {"Id": "", "Name": "c"}]});
        assert!(put_back(&mut renamed, &current).is_some());
        assert_eq!(renamed["Tags"][1], json!({"Id": "T/2", "Name": "c"}));
        let mut new =
            json!({"Tags": [{"Id": "T/1", "Name": "a"}, {"Id": "T/2", "Name": "b"}, {"Name": "c"}]});
        assert!(put_back(&mut new, &current).is_none());
        let mut two = json!({"Tags": [{"Name": "c"}, {"Name": "d"}]});
        assert!(put_back(&mut two, &current).is_none());
    }
    #[test]
    fn a_tag_that_comes_first_is_said_to() {
        let current = json!({"Tags": [{"Id": "T/1", "SortOrder": 0}, {"Id": "T/2", "SortOrder": 1}]});
        let mut set = json!({"Tags": [{"Id": "T/1", "SortOrder": 1}, {"Id": "T/2"}, {"Name": "new"}]});
        assert_eq!(say_first(&mut set, &current).len(), 2);
        assert_eq!(
            set,
            json!({"Tags": [{"Id": "T/1", "SortOrder": 1}, {"Id": "T/2", "SortOrder": 0}, {"Name": "new", "SortOrder": 0}]})
        );
        let mut same = json!({"Tags": [{"Id": "T/1"}, {"Id": "T/2", "SortOrder": 1}]});
        assert!(say_first(&mut same, &current).is_empty());
        assert!(say_first(&mut json!({"Tags": [{"Name": "only"}]}), &json!({"Tags": []})).is_empty());
    }
}
