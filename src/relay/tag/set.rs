//! A tag set as Terraform knows it, and as the server has it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::relay::log::Intervention;
use documents::document::is_nothing;
use terraform::planned_tags::{PlannedTag, TagSet};

/// What the server says of itself.
const OF_THE_SERVER: [&str; 4] = ["Id", "Links", "LastModifiedBy", "LastModifiedOn"];

#[derive(Default)]
pub(super) struct Set {
    /// As Terraform was told last.
    shown: Value,
    /// As the server has answered our last write.
    there: Option<Value>,
    /// Ids of tags that were made before Terraform has come to them.
    ahead: BTreeSet<String>,
}

impl Set {
    pub(super) fn was_read(&self) -> bool {
        self.shown.is_object()
    }

    /// Takes notice of the set as it is at the server; as Terraform is told.
    pub(super) fn read(&mut self, there: Value) -> &Value {
        if self.there.is_some() {
            self.there = Some(there.clone());
        }
        self.show(there)
    }

    fn show(&mut self, mut there: Value) -> &Value {
        if let Some(tags) = there["Tags"].as_array_mut() {
            tags.retain(|tag| !self.ahead.contains(id(tag)));
        }
        self.shown = there;
        &self.shown
    }

    /// Takes notice of the answer to a write. `ahead`: names of tags that were made ahead.
    pub(super) fn answered(&mut self, there: Value, ahead: &BTreeSet<String>) -> &Value {
        let new = tags(&there).filter(|tag| ahead.contains(name(tag)));
        self.ahead.extend(new.map(|tag| id(tag).to_owned()));
        self.there = Some(there.clone());
        self.show(there)
    }

    /// Completes what Terraform writes: ids, orders, and what the client does not know of a tag.
    pub(super) fn complete(&self, body: &mut Value) -> Vec<Intervention> {
        let known = self.shown.as_object().cloned().unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            for (name, value) in known {
                // The client leaves out an empty list: then all tags are gone.
                fields.entry(name.clone()).or_insert(if name == "Tags" { json!([]) } else { value });
            }
        }
        let kept = put_back(body, &self.shown);
        let first = say_first(body, &self.shown);
        let shown =
            |tag: &Map<String, Value>| tags(&self.shown).find(|known| tag.get("Id") == Some(&known["Id"]));
        for tag in body["Tags"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            tag.entry("SortOrder").or_insert(json!(0));
            for (name, value) in shown(tag).and_then(Value::as_object).into_iter().flatten() {
                // It is made of the name, which may be another one now.
                if name != "CanonicalTagName" {
                    tag.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        kept.into_iter().chain(first).collect()
    }

    /// What Terraform is told where the server has what it writes, since that was written ahead.
    pub(super) fn has(&mut self, body: &Value) -> Option<Value> {
        let there = self.there.clone()?;
        let mut claimed = BTreeSet::new();
        let mut written = body.clone();
        for tag in written["Tags"].as_array_mut()?.iter_mut().filter(|tag| has_no_id(tag)) {
            let made = tags(&there).find(|made| self.ahead.contains(id(made)) && name(made) == name(tag))?;
            tag["Id"] = made["Id"].clone();
            claimed.insert(id(made).to_owned());
        }
        let others: Vec<&str> =
            self.ahead.iter().map(String::as_str).filter(|id| !claimed.contains(*id)).collect();
        let is_there = says_same(&written, &there)
            && tags(&there).all(|known| {
                let mut written = tags(&written);
                others.contains(&id(known))
                    || written.any(|tag| id(tag) == id(known) && is_same_tag(tag, known))
            })
            && tags(&written).all(|tag| tags(&there).any(|known| id(known) == id(tag)));
        if !is_there {
            return None;
        }
        self.ahead.retain(|id| !claimed.contains(id));
        Some(self.show(there).clone())
    }

    /// What the server has now, with what Terraform has made of the set as it knew it.
    pub(super) fn onto(&self, there: Value, body: &Value) -> Value {
        let mut result = there;
        if !result.is_object() {
            return body.clone();
        }
        for (name, value) in body.as_object().into_iter().flatten() {
            let is_own = name != "Tags" && !OF_THE_SERVER.contains(&name.as_str());
            if is_own && !is_equal(value, &self.shown[name]) {
                result[name] = value.clone();
            }
        }
        let find = |set: &Value, wanted: &Value| tags(set).find(|tag| id(tag) == id(wanted)).cloned();
        let mut items: Vec<Value> = tags(&result).cloned().collect();
        items.retain(|tag| find(&self.shown, tag).is_none() || find(body, tag).is_some());
        for tag in tags(body) {
            if has_no_id(tag) {
                items.push(tag.clone());
            } else if find(&self.shown, tag).is_none_or(|shown| !is_same_tag(tag, &shown))
                && let Some(there) = items.iter_mut().find(|there| id(there) == id(tag))
            {
                *there = tag.clone();
            }
        }
        result["Tags"] = Value::Array(items);
        result
    }
}

/// Adds to a set what Terraform will write of it, which is planned no more; the names of tags that are made so. `set`: the id of the set, empty for one that is
/// being made.
pub(super) fn add_planned(
    planned: &mut Vec<PlannedTag>,
    set: &str,
    document: &mut Value,
) -> BTreeSet<String> {
    let own_name = document["Name"].as_str().unwrap_or_default().to_owned();
    let is_of_set = |tag: &PlannedTag| match &tag.set {
        TagSet::Id(id) => id == set,
        TagSet::Named(name) => *name == own_name,
    };
    let mut own: Vec<PlannedTag> = planned.extract_if(.., |tag| is_of_set(tag)).collect();
    own.sort_by(|one, other| (one.sort_order, &one.name).cmp(&(other.sort_order, &other.name)));
    let mut items: Vec<Value> = tags(document).cloned().collect();
    let mut made = BTreeSet::new();
    for tag in own {
        let mut fields = Map::from_iter([
            ("Name".to_owned(), json!(tag.name)),
            ("Color".to_owned(), json!(tag.color)),
            ("Description".to_owned(), json!(tag.description)),
            ("SortOrder".to_owned(), json!(tag.sort_order)),
        ]);
        if let Some(known) = tag.id.as_deref() {
            if let Some(there) = items.iter_mut().find(|there| id(there) == known) {
                for (field, value) in
                    there.as_object().into_iter().flatten().filter(|(field, _)| *field != "CanonicalTagName")
                {
                    fields.entry(field.clone()).or_insert_with(|| value.clone());
                }
                *there = Value::Object(fields);
            }
        } else if !items.iter().any(|other| name(other).to_lowercase() == tag.name.to_lowercase()) {
            items.push(Value::Object(fields));
            made.insert(tag.name);
        }
    }
    if !items.is_empty() {
        document["Tags"] = Value::Array(items);
    }
    made
}

/// Whether a set has tags of all these names.
pub(super) fn has_all(set: &Value, names: &BTreeSet<String>) -> bool {
    names.iter().all(|wanted| tags(set).any(|tag| name(tag) == wanted))
}

fn tags(set: &Value) -> impl Iterator<Item = &Value> {
    set["Tags"].as_array().into_iter().flatten()
}

fn id(tag: &Value) -> &str {
    tag["Id"].as_str().unwrap_or_default()
}

fn name(tag: &Value) -> &str {
    tag["Name"].as_str().unwrap_or_default()
}

fn has_no_id(tag: &Value) -> bool {
    id(tag).is_empty()
}

fn is_equal(one: &Value, other: &Value) -> bool {
    one == other || (is_nothing(one) && is_nothing(other))
}

/// Whether a tag is written as it is.
fn is_same_tag(written: &Value, known: &Value) -> bool {
    ["Name", "Color", "Description", "SortOrder"].iter().all(|field| is_equal(&written[field], &known[field]))
}

/// Whether a set is written as it is, but for its tags.
fn says_same(written: &Value, there: &Value) -> bool {
    let fields = written.as_object().into_iter().flatten();
    let mut own = fields.filter(|(name, _)| *name != "Tags" && !OF_THE_SERVER.contains(&name.as_str()));
    own.all(|(name, value)| is_equal(value, &there[name]))
}

/// An order of 0 for each tag without one that the server would take for another: one that had another, or that is new beside others.
fn say_first(set: &mut Value, current: &Value) -> Vec<Intervention> {
    let is_empty = tags(current).next().is_none();
    let mut said = Vec::new();
    for tag in set["Tags"].as_array_mut().into_iter().flatten().filter(|tag| tag.get("SortOrder").is_none()) {
        let known = tags(current).find(|known| known["Id"] == tag["Id"]);
        if known.map_or(is_empty, |known| known["SortOrder"] == 0) {
            continue;
        }
        tag["SortOrder"] = json!(0);
        let place = format!("tagsets/{}", name(tag));
        said.push(Intervention {
            what: "said that the tag comes first, which the provider leaves out",
            place,
        });
    }
    said
}

/// Gives the id back: the provider changes one tag at a time, so the one without an id is the one that is missing.
fn put_back(set: &mut Value, current: &Value) -> Option<Intervention> {
    let mut missing = tags(current).filter(|tag| !tags(set).any(|sent| sent["Id"] == tag["Id"]));
    let (Some(missing), None) = (missing.next(), missing.next()) else { return None };
    let mut nameless = set["Tags"].as_array_mut()?.iter_mut().filter(|tag| has_no_id(tag));
    let (Some(tag), None) = (nameless.next(), nameless.next()) else { return None };
    tag["Id"] = json!(missing["Id"]);
    let place = format!("tagsets/{}", name(tag));
    Some(Intervention { what: "kept the tag that the provider would make anew", place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(number: u32, name: &str, order: u32) -> Value {
        json!({"Id": format!("TagSets-1/Tags-{number}"), "Name": name, "CanonicalTagName": format!("Ring/{name}"), "Color": "#1", "Description": "", "SortOrder": order})
    }

    fn set(tags: &[Value]) -> Value {
        json!({"Id": "TagSets-1", "Name": "Ring", "Scopes": ["Tenant"], "SortOrder": 0, "Tags": tags})
    }

    /// As the provider writes a tag that it makes or changes.
    fn nameless(name: &str, order: u32) -> Value {
        let mut tag = json!({"Name": name, "Color": "#1", "Description": ""});
        if order > 0 {
            tag["SortOrder"] = json!(order);
        }
        tag
    }

    fn planned(set: TagSet, id: Option<&str>, name: &str, sort_order: i64) -> PlannedTag {
        let id = id.map(str::to_owned);
        PlannedTag {
            set,
            id,
            name: name.to_owned(),
            color: "#1".to_owned(),
            description: String::new(),
            sort_order,
        }
    }

    fn names(set: &Value) -> Vec<&str> {
        tags(set).map(name).collect()
    }

    #[test]
    fn a_set_is_made_with_all_its_tags_and_terraform_sees_each_when_it_makes_it() {
        let ring = || TagSet::Named("Ring".to_owned());
        let mut all = vec![
            planned(ring(), None, "late", 2),
            planned(TagSet::Named("Other".to_owned()), None, "x", 0),
            planned(ring(), None, "early", 0),
        ];
        let mut body = json!({"Name": "Ring", "Scopes": ["Tenant"]});
        let ahead = add_planned(&mut all, "", &mut body);
        assert_eq!(names(&body), ["early", "late"]);
        assert_eq!(all.len(), 1);
        let mut known = Set::default();
        let shown = known.answered(set(&[tag(1, "early", 0), tag(2, "late", 2)]), &ahead);
        assert!(names(shown).is_empty());
        let mut write = |tags: &[Value]| {
            let mut body = set(tags);
            known.complete(&mut body);
            known.has(&body)
        };
        let shown = write(&[nameless("early", 0)]).unwrap();
        assert_eq!(shown, set(&[tag(1, "early", 0)]));
        assert_eq!(write(&[tag(1, "early", 0), nameless("later", 3)]), None, "the server does not have it");
        assert_eq!(write(&[tag(1, "early", 0), nameless("late", 7)]), None, "the server has it otherwise");
        assert_eq!(names(&write(&[tag(1, "early", 0), nameless("late", 2)]).unwrap()), ["early", "late"]);
        assert_eq!(write(&[tag(1, "early", 0)]), None, "what is taken away is sent");
        let mut renamed = set(&[tag(1, "early", 0), tag(2, "late", 2)]);
        renamed["Name"] = json!("Rings");
        assert_eq!(known.has(&renamed), None);
    }

    #[test]
    fn changes_are_made_ahead_too_and_what_others_have_made_stays() {
        let mut known = Set::default();
        known.read(set(&[tag(1, "a", 0), tag(2, "b", 1), tag(3, "c", 2)]));
        // A person makes one and changes one; Terraform takes c away, and will change b and make n.
        let there = set(&[tag(1, "A", 0), tag(2, "b", 1), tag(3, "c", 2), tag(4, "mine", 3)]);
        let mut body = set(&[tag(1, "a", 0), tag(2, "b", 1)]);
        known.complete(&mut body);
        let mut whole = known.onto(there, &body);
        assert_eq!(names(&whole), ["A", "b", "mine"]);
        let of_set = || TagSet::Id("TagSets-1".to_owned());
        let mut all = vec![
            planned(of_set(), Some("TagSets-1/Tags-2"), "bb", 1),
            planned(of_set(), None, "n", 5),
            planned(of_set(), None, "MINE", 6),
        ];
        let ahead = add_planned(&mut all, "TagSets-1", &mut whole);
        assert_eq!(names(&whole), ["A", "bb", "mine", "n"]);
        assert!(
            whole["Tags"][1].get("CanonicalTagName").is_none()
                && whole["Tags"][1]["Id"] == "TagSets-1/Tags-2"
        );
        let answer = set(&[tag(1, "A", 0), tag(2, "bb", 1), tag(4, "mine", 3), tag(5, "n", 5)]);
        assert_eq!(names(known.answered(answer, &ahead)), ["A", "bb", "mine"]);
        let mut body = set(&[tag(1, "A", 0), nameless("bb", 1), tag(4, "mine", 3)]);
        known.complete(&mut body);
        assert_eq!(names(&known.has(&body).unwrap()), ["A", "bb", "mine"]);
    }

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
