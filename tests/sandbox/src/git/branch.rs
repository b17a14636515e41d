//! Branches and their commits.

use serde_json::{Map, Value, json};
use sha1::Digest;

use super::BRANCHES;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::request::{Method, Request, encode};
use crate::server::Server;
use crate::store::{Store, new_uuid, now, text, texts};

/// Makes a branch with this content.
pub(super) fn make(
    store: &mut Store,
    space: &str,
    project: &str,
    name: &str,
    content: Map<String, Value>,
    message: &str,
) {
    let mut branch = json!({"Id": format!("{project}/{name}"), "SpaceId": space, "ProjectId": project, "Name": name,
                            "Commits": []});
    if let Value::Object(fields) = &mut branch {
        fields.extend(content);
    }
    commit(&mut branch, message);
    store.put(space, BRANCHES, branch);
}

/// Notes a commit in a branch.
pub(super) fn commit(branch: &mut Value, message: &str) {
    let id: String =
        sha1::Sha1::digest(new_uuid().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(commits) = branch["Commits"].as_array_mut() {
        commits.push(json!({"Id": id, "Message": message, "Time": now()}));
    }
}

pub(super) fn tip(branch: &Value) -> &str {
    branch["Commits"].as_array().and_then(|commits| commits.last()).map_or("", |commit| text(commit, "Id"))
}

/// The branch that a Git reference names: `main`, `refs/heads/main`, or the id of a branch's newest commit.
pub(super) fn find<'a>(
    store: &'a Store,
    space: &str,
    project: &str,
    reference: &str,
) -> Result<&'a Value, Answer> {
    let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    store
        .all(space, BRANCHES)
        .map(|(_, branch)| branch)
        .filter(|branch| branch["ProjectId"] == project)
        .find(|branch| text(branch, "Name") == name || tip(branch) == name)
        .ok_or_else(|| {
            Answer::not_found(&format!(
                "The Git reference '{reference}' could not be found in the repository."
            ))
        })
}

/// The same, to be changed by a commit. Assumption: protected branches take no commits from the server.
pub(super) fn to_change(
    store: &Store,
    space: &str,
    project: &Value,
    reference: &str,
) -> Result<Value, Answer> {
    let branch = find(store, space, text(project, "Id"), reference)?.clone();
    if is_protected(&project["PersistenceSettings"], text(&branch, "Name")) {
        return Err(Answer::bad_request(format!(
            "The branch '{}' is protected. Commit to another branch.",
            text(&branch, "Name")
        )));
    }
    Ok(branch)
}

pub(super) fn is_protected(settings: &Value, name: &str) -> bool {
    settings["ProtectedDefaultBranch"] == true && settings["DefaultBranch"] == name
        || texts(settings, "ProtectedBranchNamePatterns").any(|pattern| fits(pattern, name))
}

/// A pattern of a branch's name: `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len()).any(|at| name.get(at..).is_some_and(|name| fits(rest, name)))
        }),
    }
}

/// `…/git/branches[/v2]`, `…/git/branches/{name}`, `…/git/tags`, `…/git/commits/{id}`.
pub(super) fn answer(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let (method, route) = request.route();
    let (space, id) = (request.space.clone(), text(project, "Id"));
    let show = |branch: &Value| {
        let name = text(branch, "Name");
        json!({"Name": name, "CanonicalName": format!("refs/heads/{name}"),
               "IsProtected": is_protected(&project["PersistenceSettings"], name),
               "Links": {"Self": format!("/api/{space}/projects/{id}/git/branches/{}", encode(name))}})
    };
    match (method, &route[3..]) {
        (Method::Get, ["branches"] | ["branches", "v2"]) => {
            let part = request.query("searchbyname").unwrap_or_default().to_lowercase();
            let mut branches: Vec<&Value> = server
                .store
                .all(&space, BRANCHES)
                .map(|(_, branch)| branch)
                .filter(|branch| branch["ProjectId"] == id)
                .filter(|branch| text(branch, "Name").to_lowercase().contains(&part))
                .collect();
            paging::sort(&mut branches);
            Ok(paging::page(request, "GitBranch", &branches, show))
        }
        (Method::Post, ["branches"] | ["branches", "v2"]) => {
            let fields = Value::Object(request.object()?);
            let name = text(&fields, "NewBranchName");
            let name = name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
            if name.is_empty() {
                return Err(Answer::bad_request("Please provide a name for the new branch."));
            }
            if find(&server.store, &space, id, &name).is_ok() {
                return Err(Answer::bad_request(format!("The branch '{name}' exists already.")));
            }
            let mut branch = find(&server.store, &space, id, text(&fields, "BaseGitRef"))?.clone();
            branch["Id"] = json!(format!("{id}/{name}"));
            branch["Name"] = json!(name);
            server.store.put(&space, BRANCHES, branch.clone());
            Ok(Answer::ok(show(&branch)))
        }
        (Method::Get, ["branches", _]) => {
            find(&server.store, &space, id, request.at(4)).map(|branch| Answer::ok(show(branch)))
        }
        (Method::Get, ["tags"]) => Ok(paging::page(request, "GitTag", &[], Clone::clone)),
        (Method::Get, ["commits", _]) => find(&server.store, &space, id, request.at(4)).map(|branch| {
            Answer::ok(json!({"Name": tip(branch), "CanonicalName": tip(branch), "IsProtected": false}))
        }),
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_of_branches() {
        for (pattern, name, expected) in [
            ("main", "main", true),
            ("main", "mainline", false),
            ("release/*", "release/1.0", true),
            ("release/*", "hotfix/1.0", false),
            ("*/é*", "x/én", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
