//! Config as Code: projects whose process, settings, plain variables and runbooks are stored in Git.
//!
//! There is no repository: a branch is a document of the collection `gitbranches` with all that the branch holds, so that
//! it can be loaded and dumped (`tests/spaces/README.md`). Sensitive variables stay in the database.

mod branch;
mod content;
pub(crate) mod run;

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::{self, fill};
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{Store, text};

pub(crate) const BRANCHES: &str = "gitbranches";

/// A Git project's address below `projects/{id}`; `None` for other projects and addresses.
pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    if let (Method::Post, ["runbook-runs", "git", "create", "v1"]) = (method, route.as_slice()) {
        return Some(run::by_names(server, request));
    }
    let ["projects", _, rest @ ..] = route.as_slice() else { return None };
    let project = documents::find(server, &request.space, "projects", request.at(1)).ok()?.clone();
    let id = text(&project, "Id");
    if let (Method::Post, ["git", "convert"]) = (method, rest) {
        return Some(convert(server, request, &project));
    }
    if !is_in_git(&project) {
        return None;
    }
    let state = &project["PersistenceSettings"]["ConversionState"];
    Some(match (method, rest) {
        (_, ["git", "branches" | "tags" | "commits", ..]) => branch::answer(server, request, &project),
        (_, ["deploymentprocesses" | "deploymentsettings", ..]) => Err(no_git_ref()),
        (_, ["runbooks" | "runbookprocesses" | "runbooksnapshots", ..])
            if state["RunbooksAreInGit"] == true =>
        {
            Err(no_git_ref())
        }
        (Method::Get | Method::Put, [_, "deploymentprocesses", ..]) => content::process(server, request, id),
        (Method::Get | Method::Put, [_, "deploymentsettings"]) => content::settings(server, request, id),
        (Method::Get | Method::Put, [_, "variables"]) => content::variables(server, request, &project),
        (Method::Post, [_, "runbooks", _, "run", "v1"]) => run::by_ids(server, request, &project),
        (_, [_, "runbooks" | "runbookprocesses", ..]) if state["RunbooksAreInGit"] == true => {
            content::runbooks(server, request, &project)
        }
        _ => return None,
    })
}

pub(crate) fn is_in_git(project: &Value) -> bool {
    project["IsVersionControlled"] == true || project["PersistenceSettings"]["Type"] == "VersionControlled"
}

/// What a server says on an address without a branch to what is stored in Git.
pub(crate) fn no_git_ref() -> Answer {
    Answer::bad_request(
        "Received a request for a version-controlled resource on a non-version control route. To access this resource, include a Git ref in the route.",
    )
}

/// Converts a project: what belongs into Git goes to the branch of the first commit.
///
/// Assumption: variables and runbooks go too, as in projects that newer servers make in Git. A protected default branch
/// is left alone: the first commit goes to `InitialCommitBranchName`.
fn convert(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let fields = request.object()?;
    let mut settings = fields.get("VersionControlSettings").cloned().unwrap_or(json!({}));
    if text(&settings, "Url").is_empty() {
        return Err(Answer::bad_request("Please provide the URL of the Git repository."));
    }
    if is_in_git(project) {
        return Err(Answer::bad_request("The project is stored in Git already."));
    }
    if let Value::Object(settings) = &mut settings {
        fill(
            settings,
            &json!({"Type": "VersionControlled", "DefaultBranch": "main", "BasePath": ".octopus",
                    "ProtectedBranchNamePatterns": [], "ProtectedDefaultBranch": false}),
        );
        settings
            .insert("ConversionState".into(), json!({"VariablesAreInGit": true, "RunbooksAreInGit": true}));
    }
    let (space, id) = (request.space.as_str(), text(project, "Id"));
    let default = text(&settings, "DefaultBranch").to_owned();
    let first = match fields.get("InitialCommitBranchName").and_then(Value::as_str) {
        Some(name) if branch::is_protected(&settings, &default) && !name.is_empty() => name,
        None if branch::is_protected(&settings, &default) => "octopus-vcs-conversion",
        _ => &default,
    };
    let message = fields.get("CommitMessage").and_then(Value::as_str).unwrap_or_default();
    let mut document = project.clone();
    document["IsVersionControlled"] = json!(true);
    document["PersistenceSettings"] = settings.clone();
    let content = content::of_database(&server.store, space, &document);
    branch::make(&mut server.store, space, id, first, content, message);
    server.store.keep(space, "projects", document);
    content::leave_database(server, space, id)?;
    Ok(Answer::ok(json!({"Messages": []})))
}

/// Gives Git projects that were loaded without branches their default branch, with a copy of what the database holds.
pub(crate) fn complete_loaded(server: &mut Server) {
    for space in server.store.place_names() {
        let projects: Vec<Value> = server
            .store
            .all(&space, "projects")
            .map(|(_, project)| project)
            .filter(|project| is_in_git(project) && !has_branch(&server.store, &space, text(project, "Id")))
            .cloned()
            .collect();
        for project in projects {
            let content = content::of_database(&server.store, &space, &project);
            let default = match text(&project["PersistenceSettings"], "DefaultBranch") {
                "" => "main",
                name => name,
            };
            branch::make(&mut server.store, &space, text(&project, "Id"), default, content, "Loaded");
        }
    }
}

fn has_branch(store: &Store, space: &str, project: &str) -> bool {
    store.all(space, BRANCHES).any(|(_, branch)| branch["ProjectId"] == project)
}
