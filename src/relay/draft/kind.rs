//! Documents that the provider fills part by part: what their parts are, and which of them is which in the server's answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::relay::address::Address;
use documents::document::is_nothing;
use documents::provisional;

/// What is written part by part, in the order in which it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Of a project or a runbook; first, since variables name the actions.
    Process,
    Variables,
    /// A tenant with its links to projects; before its values, which are for what it is linked to.
    Tenant,
    /// A tenant's values for projects, by the newer route.
    ProjectValues,
    /// Those for library variable sets.
    CommonValues,
    /// All values of a tenant, by the older route.
    Values,
}

impl Kind {
    /// What a document of this address is; `None`: nothing that is drafted.
    pub(super) fn of(address: &Address) -> Option<Self> {
        let is_tenant = |id: &str| id.starts_with("tenants-");
        match address.parts().as_slice() {
            ["deploymentprocesses" | "runbookprocesses", _] => Some(Self::Process),
            ["variables", id] if id.starts_with("variableset-") => Some(Self::Variables),
            ["tenants", id] if is_tenant(id) => Some(Self::Tenant),
            ["tenants", id, "projectvariables"] if is_tenant(id) => Some(Self::ProjectValues),
            ["tenants", id, "commonvariables"] if is_tenant(id) => Some(Self::CommonValues),
            ["tenants", id, "variables"] if is_tenant(id) => Some(Self::Values),
            _ => None,
        }
    }

    /// Whether it is a tenant, or values of one.
    pub(super) fn is_of_tenant(self) -> bool {
        self >= Self::Tenant
    }

    /// Whether it is what a tenant has for the templates of projects and library sets.
    pub(super) fn is_values(self) -> bool {
        self > Self::Tenant
    }

    /// The field with the parts that a resource each stands for, in the form that drafts have ([`super::form`]).
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Process => "Steps",
            Self::Variables | Self::ProjectValues | Self::CommonValues => "Variables",
            Self::Tenant => "ProjectEnvironments",
            Self::Values => "Values",
        }
    }

    /// What a part is called in a message.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Process => "step",
            Self::Variables => "variable",
            Self::Tenant => "link",
            Self::ProjectValues | Self::CommonValues | Self::Values => "value",
        }
    }
}

/// The lists below a part whose items have ids of their own: actions of a step, packages of an action.
const BELOW: [&str; 2] = ["Actions", "Packages"];

pub(super) fn parts(kind: Kind, document: &Value) -> &[Value] {
    document[kind.list()].as_array().map_or(&[], Vec::as_slice)
}

/// The parts, to be changed; a document without the list gets one.
pub(super) fn parts_of(kind: Kind, document: &mut Value) -> &mut Vec<Value> {
    if !document[kind.list()].is_array() {
        document[kind.list()] = Value::Array(Vec::new());
    }
    document[kind.list()].as_array_mut().expect("it is a list now")
}

pub(super) fn id(part: &Value) -> &str {
    part["Id"].as_str().unwrap_or_default()
}

/// Parts by their ids; of several with the same id the first.
pub(super) fn by_id(parts: &[Value]) -> HashMap<&str, &Value> {
    parts.iter().rev().map(|part| (id(part), part)).collect()
}

/// What a part is called: a value by its template, a link by its project.
pub(super) fn name(part: &Value) -> &str {
    let names = [&part["Name"], &part["Template"]["Name"], &part["TemplateId"], &part["Id"]];
    names.into_iter().find_map(Value::as_str).unwrap_or_default()
}

/// Gives each part without an id one, and what is below it.
pub(super) fn number(parts: &mut [Value], new: &mut impl FnMut() -> String) {
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        if part.get("Id").and_then(Value::as_str).is_none_or(str::is_empty) {
            part.insert("Id".to_owned(), Value::String(new()));
        }
        for below in BELOW {
            if let Some(items) = part.get_mut(below).and_then(Value::as_array_mut) {
                number(items, new);
            }
        }
    }
}

/// Takes provisional ids of parts away: to the server these are new.
pub(super) fn unnumber(parts: &mut [Value]) {
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        if part.get("Id").and_then(Value::as_str).is_some_and(|id| id.starts_with(provisional::PREFIX)) {
            part.remove("Id");
        }
        for below in BELOW {
            if let Some(items) = part.get_mut(below).and_then(Value::as_array_mut) {
                unnumber(items);
            }
        }
    }
}

/// Which ids the server has given to parts that were sent with provisional ones. A part that its answer has not, has none.
pub(super) fn learn(sent: &[Value], answer: &[Value], ids: &mut BTreeMap<String, String>) {
    let known: BTreeSet<&str> = sent.iter().map(id).collect();
    let there = by_id(answer);
    let mut new: Vec<&Value> = answer.iter().filter(|part| !known.contains(id(part))).collect();
    for part in sent {
        let there = if id(part).starts_with(provisional::PREFIX) {
            let Some(place) = new.iter().position(|other| is_same(part, other)) else { continue };
            let there = new.remove(place);
            ids.insert(id(part).to_owned(), id(there).to_owned());
            there
        } else {
            let Some(there) = there.get(id(part)) else { continue };
            there
        };
        for below in BELOW {
            if let (Some(sent), Some(answer)) = (part[below].as_array(), there[below].as_array()) {
                learn(sent, answer, ids);
            }
        }
    }
}

/// Whether what the server has is what was sent: several variables may have one name, and differ by their scope, type or value.
fn is_same(sent: &Value, there: &Value) -> bool {
    if sent["TemplateId"].is_string() {
        // A tenant has one value for a template in the same environments.
        return ["ProjectId", "LibraryVariableSetId", "TemplateId", "Scope"]
            .into_iter()
            .all(|field| is_equal(&sent[field], &there[field]));
    }
    let hides = sent["IsSensitive"] == true || sent["Type"] == "Sensitive";
    let fields = ["Name", "Type", "Scope", "PackageId"].into_iter().chain((!hides).then_some("Value"));
    fields
        .into_iter()
        .all(|field| field == "Type" && sent[field].is_null() || is_equal(&sent[field], &there[field]))
}

/// Whether a server has taken a link or a value as it was sent; of a hidden value it shows no more than that there is one.
pub(super) fn is_as_sent(sent: &Value, there: &Value) -> bool {
    let is_same = |field: &str| is_equal(&sent[field], &there[field]);
    let is_value = there["Value"]["HasValue"] == true || is_same("Value");
    is_value && ["EnvironmentIds", "Scope"].into_iter().all(is_same)
}

/// Whether two values say the same: clients leave out what is empty, and servers don't mind the order of a scope's ids.
pub(super) fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.values().zip(other.values()).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let covers = |one: &Map<String, Value>, other: &Map<String, Value>| {
                one.iter().all(|(name, value)| is_equal(value, other.get(name).unwrap_or(&Value::Null)))
            };
            covers(one, other) && covers(other, one)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let is_text = one.iter().chain(other).all(Value::is_string);
            if is_text {
                let covers = |one: &[Value], other: &[Value]| one.iter().all(|text| other.contains(text));
                return covers(one, other) && covers(other, one);
            }
            one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        _ => one == other || (is_nothing(one) && is_nothing(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn numbered(mut parts: Value) -> Vec<Value> {
        let mut count = 0;
        number(parts.as_array_mut().unwrap(), &mut || {
            count += 1;
            provisional::id("ab", count)
        });
        parts.as_array().unwrap().clone()
    }

    #[test]
    fn parts_find_their_ids_by_what_they_are() {
        let in_test = json!({"Environment": ["Environments-1", "Environments-2"]});
        let sent = numbered(json!([
            {"Id": "old", "Name": "Url", "Value": "x"},
            {"Id": "", "Name": "Url", "Type": "String", "Value": "x", "Scope": in_test},
            {"Name": "Url", "Type": "String", "Value": "x", "Scope": {}},
            {"Name": "Key", "Type": "Sensitive", "IsSensitive": true, "Value": "token"},
        ]));
        assert!(provisional::is_in(id(&sent[1]).as_bytes()) && id(&sent[0]) == "old");
        let scope = json!({"Environment": ["Environments-2", "Environments-1"]});
        let answer = json!([
            {"Id": "3", "Name": "Key", "Type": "Sensitive", "IsSensitive": true, "Value": null, "Scope": {}},
            {"Id": "old", "Name": "Url", "Value": "x"},
            {"Id": "2", "Name": "Url", "Type": "String", "Value": "x", "Scope": {}, "Prompt": null},
            {"Id": "1", "Name": "Url", "Type": "String", "Value": "x", "Scope": scope},
        ]);
        let mut ids = BTreeMap::new();
        learn(&sent, answer.as_array().unwrap(), &mut ids);
        let found: Vec<&str> = sent[1..].iter().map(|part| ids[id(part)].as_str()).collect();
        assert_eq!(found, ["1", "2", "3"]);
        let mut bare = sent;
        unnumber(&mut bare);
        assert!(bare[1].get("Id").is_none() && bare[0]["Id"] == "old");
    }

    #[test]
    fn what_is_empty_and_the_order_of_texts_say_nothing() {
        let scope = |ids: Value| json!({"Name": "Url", "Scope": {"Environment": ids}});
        let one = scope(json!(["a", "b"]));
        assert!(is_equal(&one, &scope(json!(["b", "a"]))));
        assert!(is_equal(
            &json!({"Prompt": null, "Name": "Url"}),
            &json!({"Name": "Url", "Description": ""})
        ));
        for other in [json!(["a", "a"]), json!(["a"]), json!(["a", "c"])] {
            assert!(!is_equal(&one, &scope(other.clone())) && !is_equal(&scope(other), &one));
        }
    }

    #[test]
    fn actions_and_packages_of_a_step_have_ids_too() {
        let sent = numbered(
            json!([{"Name": "Go", "Actions": [{"Name": "Go", "Packages": [{"Name": "app"}, {"Name": ""}]}]}]),
        );
        let answer = json!([{"Id": "s", "Name": "Go", "Slug": "go", "Actions": [
            {"Id": "a", "Name": "Go", "Packages": [{"Id": "p", "Name": "app"}, {"Id": "q", "Name": ""}]}
        ]}]);
        let mut ids = BTreeMap::new();
        learn(&sent, answer.as_array().unwrap(), &mut ids);
        assert_eq!(ids.values().collect::<Vec<_>>(), ["s", "a", "p", "q"]);
    }
}
