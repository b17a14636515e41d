//! What Terraform has changed in a document that somebody else has changed too: both stay.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::kind::{Kind, by_id, id, is_equal, parts, parts_of};

/// Fields that say nothing of the content.
const OF_THE_SERVER: [&str; 6] =
    ["Version", "ScopeValues", "Links", "LastSnapshotId", "LastModifiedOn", "LastModifiedBy"];

/// The document as others have it now (`theirs`), with what Terraform has made of it as it was before (`base` → `mine`).
pub(super) fn merged(kind: Kind, base: &Value, mine: &Value, theirs: &Value) -> Value {
    let mut result = theirs.clone();
    if let (Some(fields), Some(mine)) = (result.as_object_mut(), mine.as_object()) {
        for (name, value) in mine {
            let is_own = name != kind.list() && !OF_THE_SERVER.contains(&name.as_str());
            if is_own && !is_equal(value, &base[name]) {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    let before = parts(kind, base);
    let mine = parts(kind, mine);
    let (known, wanted) = (by_id(before), by_id(mine));
    let find = |parts: &[Value], wanted: &Value| parts.iter().position(|part| id(part) == id(wanted));
    let mut items = parts(kind, theirs).to_vec();
    // What Terraform has taken away goes, unless it was gone already.
    items.retain(|item| !known.contains_key(id(item)) || wanted.contains_key(id(item)));
    for (place, part) in mine.iter().enumerate() {
        match known.get(id(part)) {
            Some(old) => {
                // What somebody else has taken away stays away: the next plan makes it anew.
                if let Some(there) = find(&items, part).filter(|_| !is_equal(old, part)) {
                    items[there] = part.clone();
                }
            }
            None => {
                if let Some(there) = find(&items, part) {
                    // Both have made it, which is known by an id that no server gives.
                    items[there] = part.clone();
                    continue;
                }
                let follows = mine[..place].iter().rev().find_map(|other| find(&items, other));
                items.insert(follows.map_or(0, |place| place + 1), part.clone());
            }
        }
    }
    if is_reordered(before, mine) {
        let others: Vec<Value> =
            items.iter().filter(|item| !wanted.contains_key(id(item))).cloned().collect();
        let mut ordered: Vec<Value> =
            mine.iter().filter_map(|part| Some(items[find(&items, part)?].clone())).collect();
        ordered.extend(others);
        items = ordered;
    }
    *parts_of(kind, &mut result) = items;
    result
}

/// Whether the parts that both have are in another order.
fn is_reordered(before: &[Value], after: &[Value]) -> bool {
    let common = |parts: &[Value], of: &[Value]| -> Vec<String> {
        let of: BTreeSet<&str> = of.iter().map(id).collect();
        parts.iter().map(id).filter(|id| of.contains(id)).map(str::to_owned).collect()
    };
    common(before, after) != common(after, before)
}

/// The parts that Terraform has made or changed, by their ids.
pub(super) fn changed(kind: Kind, base: &Value, mine: &Value) -> Vec<String> {
    let before = by_id(parts(kind, base));
    let is_changed = |part: &&Value| before.get(id(part)).is_none_or(|old| !is_equal(old, part));
    parts(kind, mine).iter().filter(is_changed).map(|part| id(part).to_owned()).collect()
}

/// The document with these parts alone of those that were made or changed; what was taken away is gone, and the order is the new one.
pub(super) fn with_only(
    kind: Kind,
    base: &Value,
    mine: &Value,
    wanted: &[String],
    changed: &[String],
) -> Value {
    let mut result = mine.clone();
    let before = by_id(parts(kind, base));
    let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    let changed: HashSet<&str> = changed.iter().map(String::as_str).collect();
    let mut items = Vec::new();
    for part in parts(kind, mine) {
        if wanted.contains(id(part)) || !changed.contains(id(part)) {
            items.push(part.clone());
        } else if let Some(old) = before.get(id(part)) {
            items.push((*old).clone());
        }
    }
    *parts_of(kind, &mut result) = items;
    result
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variable(id: &str, value: &str) -> Value {
        json!({"Id": id, "Name": id, "Value": value})
    }

    #[test]
    fn both_changes_stay() {
        let base = json!({"Version": 1, "Variables": [variable("a", "1"), variable("b", "1"), variable("c", "1"), variable("d", "1")]});
        // Terraform: b is another, c is gone, n is new. As its client writes it, without what is empty.
        let mine = json!({"Version": 1, "Variables": [variable("a", "1"), variable("b", "2"), variable("d", "1"), variable("n", "1")]});
        // A person: a and d are others, p is new, and b as well.
        let mut theirs = base.clone();
        theirs["Version"] = json!(7);
        theirs["Variables"] =
            json!([variable("a", "9"), variable("b", "9"), variable("c", "1"), variable("p", "1")]);
        let merged = merged(Kind::Variables, &base, &mine, &theirs);
        let values: Vec<(&str, &str)> = merged["Variables"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (id(one), one["Value"].as_str().unwrap()))
            .collect();
        assert_eq!(values, [("a", "9"), ("b", "2"), ("n", "1"), ("p", "1")]);
        assert_eq!(merged["Version"], 7);
    }

    #[test]
    fn an_order_of_terraforms_has_what_others_made_at_its_end() {
        let base = json!({"Steps": [variable("a", ""), variable("b", "")]});
        let mine = json!({"Steps": [variable("b", ""), variable("n", ""), variable("a", "")]});
        let theirs = json!({"Steps": [variable("a", ""), variable("p", ""), variable("b", "")]});
        let merged = merged(Kind::Process, &base, &mine, &theirs);
        assert_eq!(parts(Kind::Process, &merged).iter().map(id).collect::<Vec<_>>(), ["b", "n", "a", "p"]);
    }

    #[test]
    fn a_link_that_both_have_made_is_there_once() {
        let link = |project: &str, environment: &str| json!({"Id": project, "EnvironmentIds": [environment]});
        let tenant = |links: Value| json!({"Id": "Tenants-1", "ProjectEnvironments": links});
        let mine = tenant(json!([link("Projects-1", "a"), link("Projects-2", "a")]));
        let theirs = tenant(json!([link("Projects-2", "b"), link("Projects-3", "b")]));
        let merged = merged(Kind::Tenant, &tenant(json!([])), &mine, &theirs);
        let expected = [link("Projects-1", "a"), link("Projects-2", "a"), link("Projects-3", "b")];
        assert_eq!(parts(Kind::Tenant, &merged), expected);
    }

    #[test]
    fn a_part_can_be_sent_without_the_others() {
        let base = json!({"Variables": [variable("a", "1"), variable("b", "1")]});
        let mine = json!({"Variables": [variable("a", "2"), variable("b", "1"), variable("n", "1"), variable("m", "1")]});
        let all = changed(Kind::Variables, &base, &mine);
        assert_eq!(all, ["a", "n", "m"]);
        let one = with_only(Kind::Variables, &base, &mine, &["n".to_owned()], &all);
        assert_eq!(one["Variables"], json!([variable("a", "1"), variable("b", "1"), variable("n", "1")]));
    }
}
