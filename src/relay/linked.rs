//! Library variable sets that a project links, in the order of the module. The provider keeps them as a set (1.17.0) and writes them in the order of their
//! ids; finish would have to put that right after each apply, with a write of the project that makes what was read of it old.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::Value;

use crate::relay::log::Intervention;
use crate::relay::request::Request;

/// Name of a project → ids of the sets, in order.
pub type Linked = HashMap<String, Vec<String>>;

#[derive(Default)]
pub(super) struct Order(Mutex<Projects>);

#[derive(Default)]
struct Projects {
    wanted: Linked,
    /// Those that the server has in order, as it has answered last.
    in_order: BTreeSet<String>,
}

impl Order {
    /// Says how the projects of the module that comes next have them.
    pub(super) fn expect(&self, wanted: Linked) {
        *self.lock() = Projects { wanted, in_order: BTreeSet::new() };
    }

    /// Takes notice of the answer to a write of a project.
    pub(super) fn learn(&self, request: &Request, answer: &Value) {
        let (method, parts) = request.parts();
        if method.is_safe() || !matches!(parts.as_slice(), ["projects"] | ["projects", _]) {
            return;
        }
        let mut projects = self.lock();
        let Some(name) = answer["Name"].as_str() else { return };
        let ids = answer["IncludedLibraryVariableSetIds"].as_array();
        let ids = ids.map(|ids| ids.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        if ids.is_some_and(|ids| projects.wanted.get(name).is_some_and(|wanted| *wanted == ids)) {
            projects.in_order.insert(name.to_owned());
        } else {
            projects.in_order.remove(name);
        }
    }

    /// The projects that the server has in order.
    pub(super) fn in_order(&self) -> BTreeSet<String> {
        self.lock().in_order.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Projects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts those of a project that is written into that order; others stay behind them.
    pub(super) fn put(&self, request: &Request, document: &mut Value) -> Option<Intervention> {
        let (method, parts) = request.parts();
        match (method, parts.as_slice()) {
            (&Method::POST, ["projects"]) | (&Method::PUT, ["projects", _]) => {}
            _ => return None,
        }
        let name = document["Name"].as_str()?.to_owned();
        let projects = self.lock();
        let wanted = projects.wanted.get(&name)?;
        let ids = document["IncludedLibraryVariableSetIds"].as_array_mut()?;
        let before = ids.clone();
        ids.sort_by_key(|id| wanted.iter().position(|other| id == other.as_str()).unwrap_or(wanted.len()));
        (*ids != before).then(|| Intervention {
            what: "gave linked library variable sets their order",
            place: format!("project {name:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sets_of_a_project_are_written_in_its_order() {
        let order = Order::default();
        let ids = ["Sets-2", "Sets-1"].map(str::to_owned).to_vec();
        order.expect(Linked::from([("Web".to_owned(), ids)]));
        let creation = Request::new(Method::POST, "/api/Spaces-1/projects");
        let mut project =
            json!({"Name": "Web", "IncludedLibraryVariableSetIds": ["Sets-9", "Sets-1", "Sets-2"]});
        assert!(order.put(&creation, &mut project).is_some());
        assert_eq!(project["IncludedLibraryVariableSetIds"], json!(["Sets-2", "Sets-1", "Sets-9"]));
        assert!(order.put(&creation, &mut project).is_none());
        assert!(order.in_order().is_empty());
        order
            .learn(&creation, &json!({"Name": "Web", "IncludedLibraryVariableSetIds": ["Sets-2", "Sets-1"]}));
        assert!(order.in_order().contains("Web"));
        order.learn(&Request::new(Method::PUT, "/api/Spaces-1/projects/Projects-1"), &project);
        assert!(order.in_order().is_empty(), "there is another one, of which finish may know more");
        let mut other = json!({"Name": "Other", "IncludedLibraryVariableSetIds": ["Sets-1", "Sets-2"]});
        assert!(order.put(&creation, &mut other).is_none());
    }
}
