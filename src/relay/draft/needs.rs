//! Which drafts have to be at the server before a request: what it names, what it works with, what it would show.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use axum::body::Bytes;
use axum::http::Method;
use serde_json::Value;

use super::kind::{Kind, id, name, parts};
use super::{All, Draft, Key, form, merge};
use crate::relay::request::Request;
use documents::provisional;
use documents::slug::slug_of;

/// What a request needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// What it names is in drafts.
    Named,
    /// The deployment process of this project: the server looks up in it what a channel or a project says of steps. Only where that names one that
    /// the server does not have: else it would be sent as often as such a request comes between two steps.
    ProcessOf(String),
    /// Whatever there is of processes and variables.
    Documents,
    /// Whatever there is.
    Everything,
}

pub(super) fn needs(request: &Request) -> Needs {
    let (method, parts) = request.parts();
    let is_of_drafts =
        |route: &str| matches!(route, "variables" | "deploymentprocesses" | "runbookprocesses");
    if method.is_safe() {
        // Lists and views of what is drafted; a document itself is never asked for here.
        return match parts.as_slice() {
            [route, ..] if is_of_drafts(route) => Needs::Documents,
            ["projects" | "runbooks", _, below, ..] if is_of_drafts(below) => Needs::Documents,
            _ if provisional::is_in(request.address.path_and_query.as_bytes()) => Needs::Named,
            _ => Needs::Nothing,
        };
    }
    let project = || {
        let document = request.document().unwrap_or_default();
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
            if names_provisional(request) {
                Needs::Named
            } else {
                Needs::Nothing
            }
        }
        // Deletions: the server asks who uses what goes.
        _ => Needs::Everything,
    }
}

/// Whether it names something by an id that the server has not given.
pub(super) fn names_provisional(request: &Request) -> bool {
    provisional::is_in(request.address.path_and_query.as_bytes()) || provisional::is_in(&request.body)
}

impl All {
    /// The drafts that a request needs, in the order in which they are sent.
    pub(super) fn needed(&self, request: &Request) -> Vec<Key> {
        let unsent = self.unsent().into_iter();
        match needs(request) {
            Needs::Nothing => Vec::new(),
            Needs::Documents => unsent.filter(|key| !key.0.is_of_tenant()).collect(),
            Needs::Everything => unsent.collect(),
            Needs::ProcessOf(project) => {
                let named = self.naming(request);
                let said = texts(&request.document().unwrap_or_default());
                let is_it = |key: &Key| {
                    let draft = &self.documents[key];
                    let project_of = draft.now["ProjectId"].as_str().map(str::to_lowercase);
                    key.0 == Kind::Process
                        && key.1.contains("/deploymentprocesses/")
                        && project_of.as_ref() == Some(&project)
                        && draft.has_unsent_of(&said)
                };
                unsent.filter(|key| is_it(key) || named.contains(key)).collect()
            }
            Needs::Named => self.naming(request),
        }
    }

    /// The drafts of tenants that a request needs: it names the tenant, or would show what is not sent.
    pub(super) fn needed_of_tenants(&self, request: &Request) -> Vec<Key> {
        let (method, parts) = request.parts();
        let path = &request.address.path_and_query;
        let unsent = self.unsent().into_iter().filter(|key| key.0.is_of_tenant());
        if method.is_safe() {
            let asks_for_links = path.to_lowercase().contains("projectid=");
            return match parts.as_slice() {
                // The list itself shows the links of the drafts.
                ["tenants"] if !asks_for_links => Vec::new(),
                ["tenants" | "tenantvariables", ..] => unsent.collect(),
                _ => Vec::new(),
            };
        }
        let mut unsent = unsent.peekable();
        if unsent.peek().is_none() {
            return Vec::new();
        }
        let named = format!("{path} {}", String::from_utf8_lossy(&request.body)).to_lowercase();
        let ids = named.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        let ids: BTreeSet<&str> = ids.filter(|text| text.starts_with("tenants-")).collect();
        unsent.filter(|key| ids.contains(self.documents[key].owner().to_lowercase().as_str())).collect()
    }

    /// A list of tenants, with the links of the drafts.
    pub(super) fn with_links(&self, list: Bytes) -> Bytes {
        let drafts = self.documents.iter().filter(|(key, draft)| key.0 == Kind::Tenant && draft.is_unsent);
        let drafts: BTreeMap<&str, &Draft> = drafts.map(|(_, draft)| (draft.owner(), draft)).collect();
        let Some(mut document) = serde_json::from_slice::<Value>(&list).ok().filter(|_| !drafts.is_empty())
        else {
            return list;
        };
        for item in document.get_mut("Items").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(draft) = item["Id"].as_str().and_then(|id| drafts.get(id)) {
                let closed = form::closed(Kind::Tenant, &draft.now);
                item["ProjectEnvironments"] = closed["ProjectEnvironments"].clone();
            }
        }
        document.to_string().into()
    }

    /// The drafts that have what a request names.
    fn naming(&self, request: &Request) -> Vec<Key> {
        let body = String::from_utf8_lossy(&request.body);
        let ids: Vec<&str> =
            provisional::all(&request.address.path_and_query).chain(provisional::all(&body)).collect();
        let unknown = |id: &&&str| !self.ids.real.contains_key(**id);
        let ids: Vec<&str> = ids.iter().filter(unknown).copied().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let has = |key: &Key| {
            let text = self.documents[key].now.to_string();
            ids.iter().any(|id| text.contains(id))
        };
        self.unsent().into_iter().filter(has).collect()
    }
}

impl Draft {
    /// Whether one of these texts is the name or slug of a step or action that the server does not have as it is.
    fn has_unsent_of(&self, texts: &BTreeSet<String>) -> bool {
        let unsent: HashSet<String> =
            merge::changed(Kind::Process, &self.base, &self.now).into_iter().collect();
        let steps = parts(Kind::Process, &self.now).iter().filter(|step| unsent.contains(id(step)));
        let things = steps
            .flat_map(|step| std::iter::once(step).chain(step["Actions"].as_array().into_iter().flatten()));
        let mut called = things.flat_map(|thing| {
            let slug = thing["Slug"].as_str().filter(|slug| !slug.is_empty());
            [name(thing).to_owned(), slug.map_or_else(|| slug_of(name(thing)), str::to_owned)]
        });
        called.any(|called| texts.contains(&called))
    }
}

/// All texts of a document, wherever they stand.
fn texts(document: &Value) -> BTreeSet<String> {
    match document {
        Value::String(text) => BTreeSet::from([text.clone()]),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_request_needs_is_told_by_its_address_and_what_it_names() {
        let of = |method: Method, path: &str, body: Value| {
            needs(&Request::new(method, &format!("/api/Spaces-1/{path}")).with_body(body.to_string()))
        };
        let named = json!({"ActionId": provisional::id("a", 1)});
        assert_eq!(of(Method::GET, "projects/Projects-1", json!({})), Needs::Nothing);
        assert_eq!(of(Method::GET, "variables/all", json!({})), Needs::Documents);
        assert_eq!(of(Method::GET, "projects/Projects-1/variables", json!({})), Needs::Documents);
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

    #[test]
    fn a_process_is_needed_when_a_step_is_named_that_the_server_does_not_have() {
        let step =
            |id: &str, name: &str| json!({"Id": id, "Name": name, "Actions": [{"Id": "a", "Name": name}]});
        let draft = Draft {
            read: Request::new(Method::GET, "/api/Spaces-1/deploymentprocesses/x"),
            base: json!({"Steps": [step("1", "Build it")]}),
            now: json!({"Steps": [step("1", "Build it"), step("octoferry-draft-1", "Go live")]}).into(),
            is_unsent: true,
            is_assumed: false,
            offered: Vec::new(),
            modules: BTreeMap::new(),
        };
        let needs = |document: Value| draft.has_unsent_of(&texts(&document));
        assert!(needs(json!({"Rules": [{"ActionPackages": [{"DeploymentAction": "Go live"}]}]})));
        assert!(needs(
            json!({"GitResourceRules": [{"GitDependencyActions": [{"DeploymentActionSlug": "go-live"}]}]})
        ));
        assert!(!needs(json!({"VersioningStrategy": {"DonorPackage": {"DeploymentAction": "Build it"}}})));
        assert!(!needs(json!({"Name": "Default"})));
    }
}
