//! A tag: one item of its set's document, which is read and written whole.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value as Json, json};

use super::{Call, items, text};
use crate::http::is_gone;

fn address(call: &Call<'_>, value: &Json) -> String {
    call.api.s(text(value, "tag_set_space_id"), &format!("tagsets/{}", text(value, "tag_set_id")))
}

fn body(plan: &Json, id: &str) -> Json {
    let mut tag = Map::new();
    if !id.is_empty() {
        tag.insert("Id".to_owned(), json!(id));
        tag.insert("CanonicalTagName".to_owned(), plan["canonical_tag_name"].clone());
    }
    tag.insert("Name".to_owned(), plan["name"].clone());
    tag.insert("Color".to_owned(), plan["color"].clone());
    tag.insert("Description".to_owned(), json!(text(plan, "description")));
    // 0 is not sent.
    if plan["sort_order"].as_i64().unwrap_or_default() != 0 {
        tag.insert("SortOrder".to_owned(), plan["sort_order"].clone());
    }
    tag.retain(|_, value| !value.is_null());
    Json::Object(tag)
}

fn value(set: &Json, tag: &Json) -> Json {
    json!({
        "id": tag["Id"], "name": tag["Name"], "color": tag["Color"], "description": text(tag, "Description"),
        "sort_order": tag["SortOrder"], "canonical_tag_name": tag["CanonicalTagName"],
        "tag_set_id": set["Id"], "tag_set_space_id": set["SpaceId"],
    })
}

fn find<'a>(set: &'a Json, id: &str, name: &str) -> Option<&'a Json> {
    items(set, "Tags")
        .iter()
        .find(|tag| tag["Id"] == json!(id) || (id.is_empty() && tag["Name"] == json!(name)))
}

/// # Errors
/// What the server says.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    let mut set = call.api.get(&address(call, plan)).await?;
    if find(&set, "", text(plan, "name")).is_some() {
        bail!("the tag name '{}' is already in use by another tag in this tag set", text(plan, "name"));
    }
    let mut tags = items(&set, "Tags").to_vec();
    tags.push(body(plan, ""));
    set["Tags"] = Json::Array(tags);
    let set = call.api.put(&address(call, plan), &set).await?;
    Ok(value(&set, find(&set, "", text(plan, "name")).context("the new tag is not in the answer")?))
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let _lock = call.api.lock().await;
    match call.api.get(&address(call, &call.state)).await {
        Ok(set) => {
            Ok(find(&set, text(&call.state, "id"), text(&call.state, "name")).map(|tag| value(&set, tag)))
        }
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    if text(plan, "tag_set_id") != text(&call.state, "tag_set_id") {
        bail!("moving a tag to another tag set is not built in the stand-in provider");
    }
    let id = text(&call.state, "id");
    let mut set = call.api.get(&address(call, plan)).await?;
    let mut tags = items(&set, "Tags").to_vec();
    let place = tags.iter_mut().find(|tag| tag["Id"] == json!(id)).context("the tag is not in its set")?;
    // As the official provider does: the id is not known yet when it sends the tag (`resource_tag.go`, 1.17.0).
    *place = body(plan, "");
    set["Tags"] = Json::Array(tags);
    let set = call.api.put(&address(call, plan), &set).await?;
    Ok(value(&set, find(&set, "", text(plan, "name")).context("the tag is not in the answer")?))
}

/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>) -> Result<()> {
    let _lock = call.api.lock().await;
    let mut set = match call.api.get(&address(call, &call.state)).await {
        Err(error) if is_gone(&error) => return Ok(()),
        set => set?,
    };
    let kept: Vec<Json> =
        items(&set, "Tags").iter().filter(|tag| tag["Id"] != call.state["id"]).cloned().collect();
    set["Tags"] = Json::Array(kept);
    call.api.put(&address(call, &call.state), &set).await?;
    Ok(())
}
