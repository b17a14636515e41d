//! Templates of projects and library sets, in the order of the module. The provider tells them apart by their place in the list alone: one that
//! comes before others would get the id of its neighbour, and with it the values that tenants have for that. So Terraform sees the list
//! with each template at the place that it has in the module, and one that is new in the middle as there already, without a name; what it
//! writes then says what is meant.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::address::Address;
use crate::relay::request::Request;

/// A template of the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The id that it has at the source, which a new one gets.
    pub id: String,
    pub name: String,
    /// The name that it had when the module was deployed last; `None`: it was not there, as far as is known.
    pub before: Option<String>,
}

/// The templates of documents of the destination, as the module has them: by collection and id.
pub type Templates = HashMap<(String, String), Vec<Template>>;

#[derive(Default)]
pub(super) struct Align(Mutex<Documents>);

#[derive(Default)]
struct Documents {
    wanted: Templates,
    /// Documents that have been written since: their templates have the new names.
    written: BTreeSet<(String, String)>,
}

impl Align {
    pub(super) fn looks_at(address: &Address) -> bool {
        matches!(
            address.parts().as_slice(),
            ["projects" | "libraryvariablesets"] | ["projects" | "libraryvariablesets", _]
        )
    }

    pub(super) fn expect(&self, wanted: Templates) {
        *self.lock() = Documents { wanted, written: BTreeSet::new() };
    }

    /// Shows an answer, one document or a list, as the module has it; whether that is another way.
    pub(super) fn show(&self, request: &Request, answer: &mut Value) -> bool {
        let (method, parts) = request.parts();
        let Some(&collection) = parts.first().filter(|_| Self::looks_at(&request.address)) else {
            return false;
        };
        let mut documents = self.lock();
        if let (&Method::PUT, [_, id]) = (method, parts.as_slice()) {
            documents.written.insert((collection.to_owned(), (*id).to_owned()));
        }
        let all = match answer.get_mut("Items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().collect(),
            None => vec![answer],
        };
        let mut any = false;
        for document in all {
            let id = document["Id"].as_str().unwrap_or_default().to_lowercase();
            let place = (collection.to_owned(), id);
            let Some(wanted) = documents.wanted.get(&place) else { continue };
            let written = documents.written.contains(&place);
            if let Some(there) = document["Templates"].as_array() {
                let shown = shown(there, wanted, written);
                any |= shown != *there;
                document["Templates"] = Value::Array(shown);
            }
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, Documents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The templates that are there, each at its place in the module.
fn shown(there: &[Value], wanted: &[Template], written: bool) -> Vec<Value> {
    let mut rest: Vec<&Value> = there.iter().collect();
    let mut take = |name: &str| {
        let at = rest.iter().position(|template| template["Name"] == name)?;
        Some(rest.remove(at).clone())
    };
    // First those that are known by the name that they had: two may have changed names, or a new one has got the name of another.
    let by_name =
        |template: &Template| if written { Some(template.name.clone()) } else { template.before.clone() };
    let mut found: Vec<Option<Value>> =
        wanted.iter().map(|template| by_name(template).and_then(|name| take(&name))).collect();
    for (template, found) in wanted.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        *found = take(&template.name);
    }
    let last = found.iter().rposition(Option::is_some);
    let mut shown = Vec::new();
    for (index, (template, found)) in wanted.iter().zip(found).enumerate() {
        match found {
            Some(found) => shown.push(found),
            // Behind all that are there it has no neighbour to take a place from.
            None if Some(index) > last => {}
            None => shown.push(json!({
                "Id": template.id, "Name": "", "Label": "", "HelpText": "", "DefaultValue": "", "DisplaySettings": {}
            })),
        }
    }
    shown.extend(rest.into_iter().cloned());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(names: &[&str]) -> Vec<Value> {
        names.iter().map(|name| json!({"Id": format!("id of {name}"), "Name": name})).collect()
    }

    /// With the names that they had, empty for new ones.
    fn wanted(templates: &[(&str, &str)]) -> Vec<Template> {
        let template = |(name, before): &(&str, &str)| Template {
            id: format!("source of {name}"),
            name: (*name).to_owned(),
            before: Some((*before).to_owned()).filter(|before| !before.is_empty()),
        };
        templates.iter().map(template).collect()
    }

    fn ids(templates: &[Value]) -> Vec<&str> {
        templates.iter().map(|template| template["Id"].as_str().unwrap_or_default()).collect()
    }

    #[test]
    fn each_is_at_its_place_and_a_new_one_takes_none() {
        let new_first = wanted(&[("New", ""), ("A", "A"), ("B", "B"), ("Last", "")]);
        assert_eq!(
            ids(&shown(&there(&["A", "B"]), &new_first, false)),
            ["source of New", "id of A", "id of B"]
        );
        assert_eq!(ids(&shown(&there(&["A", "B"]), &wanted(&[("B", "B")]), false)), ["id of B", "id of A"]);
    }

    #[test]
    fn names_change_crosswise_and_once() {
        let crosswise = wanted(&[("B", "A"), ("A", "B")]);
        assert_eq!(ids(&shown(&there(&["A", "B"]), &crosswise, false)), ["id of A", "id of B"]);
        let after = [json!({"Id": "1", "Name": "B"}), json!({"Id": "2", "Name": "A"})];
        assert_eq!(ids(&shown(&after, &crosswise, true)), ["1", "2"]);
        // A new one has got the name of another.
        let taken = wanted(&[("New", ""), ("A", ""), ("Formerly A", "A")]);
        assert_eq!(ids(&shown(&there(&["A"]), &taken, false)), ["source of New", "source of A", "id of A"]);
        // A run that was killed after the change: the name is there already.
        assert_eq!(ids(&shown(&there(&["New"]), &wanted(&[("New", "Old")]), false)), ["id of New"]);
    }
}
