//! Which drafts have to be at the server before a request: what it names, what it works with, what it would show.

use axum::body::Bytes;
use axum::http::Method;
use serde_json::Value;

use super::All;
use super::kind::Kind;
use crate::relay::address::Address;
use documents::provisional;

/// What a request needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// What it names is in drafts.
    Named,
    /// The deployment process of this project: the server looks up in it what a channel or a project says of steps.
    ProcessOf(String),
    /// Whatever there is.
    Everything,
}

pub(super) fn needs(method: &Method, address: &Address, path: &str, body: &Bytes) -> Needs {
    let parts = address.parts();
    let is_of_drafts =
        |route: &str| matches!(route, "variables" | "deploymentprocesses" | "runbookprocesses");
    if method.is_safe() {
        // Lists and views of what is drafted; a document itself is never asked for here.
        return match parts.as_slice() {
            [route, ..] if is_of_drafts(route) => Needs::Everything,
            ["projects" | "runbooks", _, below, ..] if is_of_drafts(below) => Needs::Everything,
            _ if provisional::is_in(path.as_bytes()) => Needs::Named,
            _ => Needs::Nothing,
        };
    }
    let project = || {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let id = document["ProjectId"].as_str().filter(|id| !id.is_empty()).map(str::to_lowercase);
        id.map_or(Needs::Everything, Needs::ProcessOf)
    };
    match (method, parts.as_slice()) {
        (&Method::PUT, ["projects", id] | ["projects", id, "deploymentsettings"]) => {
            Needs::ProcessOf((*id).to_owned())
        }
        (&Method::POST | &Method::PUT, ["channels"] | ["channels", _]) => project(),
        // Work that starts uses whatever there is.
        (_, ["deployments" | "releases" | "runbookruns" | "runbooksnapshots" | "tasks", ..]) => {
            Needs::Everything
        }
        (&Method::POST | &Method::PUT, ["tenants", ..] | [_] | [_, _]) => {
            if provisional::is_in(path.as_bytes()) || provisional::is_in(body) {
                Needs::Named
            } else {
                Needs::Nothing
            }
        }
        // Deletions: the server asks who uses what goes.
        _ => Needs::Everything,
    }
}

impl All {
    /// The drafts that a request needs, in the order in which they are sent.
    pub(super) fn needed(&self, needs: &Needs, path: &str, body: &Bytes) -> Vec<(Kind, String)> {
        let unsent = self.unsent().into_iter();
        match needs {
            Needs::Nothing => Vec::new(),
            Needs::Everything => unsent.collect(),
            Needs::ProcessOf(project) => {
                let named = self.naming(path, body);
                let is_it = |key: &(Kind, String)| {
                    let project_of = self.documents[key].now["ProjectId"].as_str().map(str::to_lowercase);
                    key.0 == Kind::Process
                        && key.1.contains("/deploymentprocesses/")
                        && project_of.as_deref() == Some(project)
                };
                unsent.filter(|key| is_it(key) || named.contains(key)).collect()
            }
            Needs::Named => self.naming(path, body),
        }
    }

    /// The drafts that have what a request names.
    fn naming(&self, path: &str, body: &Bytes) -> Vec<(Kind, String)> {
        let body = String::from_utf8_lossy(body);
        let ids: Vec<&str> = provisional::all(path).chain(provisional::all(&body)).collect();
        let unknown = |id: &&&str| !self.ids.real.contains_key(**id);
        let ids: Vec<&str> = ids.iter().filter(unknown).copied().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let has = |key: &(Kind, String)| {
            let text = self.documents[key].now.to_string();
            ids.iter().any(|id| text.contains(id))
        };
        self.unsent().into_iter().filter(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_request_needs_is_told_by_its_address_and_what_it_names() {
        let of = |method: Method, path: &str, body: Value| {
            let path = format!("/api/Spaces-1/{path}");
            needs(&method, &Address::parse(&path), &path, &body.to_string().into())
        };
        let named = json!({"ActionId": provisional::id("a", 1)});
        assert_eq!(of(Method::GET, "projects/Projects-1", json!({})), Needs::Nothing);
        assert_eq!(of(Method::GET, "variables/all", json!({})), Needs::Everything);
        assert_eq!(of(Method::GET, "projects/Projects-1/variables", json!({})), Needs::Everything);
        assert_eq!(of(Method::POST, "tenants", json!({})), Needs::Nothing);
        assert_eq!(of(Method::PUT, "tenants/Tenants-1/projectvariables", json!({})), Needs::Nothing);
        assert_eq!(of(Method::POST, "projecttriggers", named), Needs::Named);
        let process = Needs::ProcessOf("projects-1".to_owned());
        assert_eq!(of(Method::PUT, "projects/Projects-1", json!({})), process);
        assert_eq!(of(Method::POST, "channels", json!({"ProjectId": "Projects-1"})), process);
        assert_eq!(of(Method::POST, "runbooksnapshots", json!({})), Needs::Everything);
        assert_eq!(of(Method::POST, "projects/Projects-1/git/convert", json!({})), Needs::Everything);
        assert_eq!(of(Method::DELETE, "environments/Environments-1", json!({})), Needs::Everything);
    }
}
