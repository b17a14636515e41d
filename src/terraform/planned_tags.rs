//! The tags that a plan makes and changes. A tag set is one document at the server: whoever knows them all can write it once.

use serde_json::Value;

/// A tag as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTag {
    pub set: TagSet,
    /// Of one that is there: its id.
    pub id: Option<String>,
    pub name: String,
    /// `#5B2C83`.
    pub color: String,
    pub description: String,
    /// 0 where the plan does not say: the provider (1.17.0) can't tell the two apart.
    pub sort_order: i64,
}

/// The set of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagSet {
    Id(String),
    /// The plan makes it.
    Named(String),
}

/// Those of `terraform show -json`. One of which the plan does not know enough is left out.
pub(crate) fn of_plan(plan: &Value) -> Vec<PlannedTag> {
    let changes = plan["resource_changes"].as_array().map_or(&[][..], Vec::as_slice);
    changes.iter().filter_map(|change| planned(plan, changes, change)).collect()
}

fn planned(plan: &Value, changes: &[Value], change: &Value) -> Option<PlannedTag> {
    if change["mode"] != "managed" || change["type"] != "octopusdeploy_tag" {
        return None;
    }
    let actions: Vec<&str> =
        change["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
    let (before, after) = (&change["change"]["before"], &change["change"]["after"]);
    let id = match actions.as_slice() {
        ["create"] => None,
        // One that goes to another set is taken away first.
        ["update"] if before["tag_set_id"] == after["tag_set_id"] => Some(before["id"].as_str()?.to_owned()),
        _ => return None,
    };
    let set = match after["tag_set_id"].as_str() {
        Some(set) => TagSet::Id(set.to_owned()),
        None => TagSet::Named(set_of(plan, changes, change)?),
    };
    Some(PlannedTag {
        set,
        id,
        name: after["name"].as_str()?.to_owned(),
        color: after["color"].as_str()?.to_owned(),
        description: after["description"].as_str().unwrap_or_default().to_owned(),
        sort_order: after["sort_order"].as_i64().unwrap_or_default(),
    })
}

/// The name of the set that the tag's argument refers to.
fn set_of(plan: &Value, changes: &[Value], tag: &Value) -> Option<String> {
    let resources = plan["configuration"]["root_module"]["resources"].as_array()?;
    let resource = resources.iter().find(|resource| resource["address"] == tag["address"])?;
    let references = resource["expressions"]["tag_set_id"]["references"].as_array()?;
    let set = changes.iter().find(|change| references.contains(&change["address"]))?;
    let is_set = set["type"] == "octopusdeploy_tag_set";
    is_set.then(|| set["change"]["after"]["name"].as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_are_told_with_their_sets() {
        let change = |kind: &str, name: &str, action: &str, before: Value, after: Value| {
            json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind,
                "change": {"actions": [action], "before": before, "after": after}})
        };
        let tag = |name: &str, action: &str, before: Value, after: Value| {
            change("octopusdeploy_tag", name, action, before, after)
        };
        let old = json!({"id": "TagSets-1/Tags-1", "tag_set_id": "TagSets-1", "name": "a", "color": "#1"});
        let of_old_set = json!({"tag_set_id": "TagSets-1", "name": "b", "color": "#2", "description": "x", "sort_order": 3});
        let of_other_set = json!({"tag_set_id": "TagSets-2", "name": "b", "color": "#2"});
        let plan = json!({
            "resource_changes": [
                change("octopusdeploy_tag_set", "ring", "create", Value::Null, json!({"name": "Ring"})),
                tag("early", "create", Value::Null, json!({"name": "early", "color": "#3"})),
                tag("changed", "update", old.clone(), of_old_set),
                tag("moved", "update", old.clone(), of_other_set),
                tag("gone", "delete", old, Value::Null),
                tag("unknown", "create", Value::Null, json!({"tag_set_id": "TagSets-1", "color": "#3"})),
            ],
            "configuration": {"root_module": {"resources": [{
                "address": "octopusdeploy_tag.early",
                "expressions": {"tag_set_id": {"references": ["octopusdeploy_tag_set.ring.id", "octopusdeploy_tag_set.ring"]}},
            }]}},
        });
        let planned = |set, id, name: &str, color: &str, description: &str, sort_order| PlannedTag {
            set,
            id,
            name: name.to_owned(),
            color: color.to_owned(),
            description: description.to_owned(),
            sort_order,
        };
        let id = Some("TagSets-1/Tags-1".to_owned());
        assert_eq!(
            of_plan(&plan),
            [
                planned(TagSet::Named("Ring".to_owned()), None, "early", "#3", "", 0),
                planned(TagSet::Id("TagSets-1".to_owned()), id, "b", "#2", "x", 3),
            ]
        );
    }
}
