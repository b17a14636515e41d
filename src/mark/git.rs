//! Our runbooks in projects whose runbooks are in Git: committed to a branch of our own, which is never merged.
//!
//! Assumptions about servers, none of which a server of ours has confirmed: a branch can be made and written through the API, runs can be started from
//! it while variables come from the default branch (documented for runs), and a runbook there is known by its slug.

use serde_json::{Value, json};

use documents::document::Document;
use documents::git::default_branch;
use failure::Failure;
use octopus::client::encode;
use octopus::server::Server;
use octopus::upsert;

/// The branch with our runbooks.
pub const BRANCH: &str = "octoferry";

/// Our own mark in a document of a runbook: where it was read from. No server knows it.
const ROUTE: &str = "octoferry:route";

/// The route, below the space, of what our branch of a project holds.
#[must_use]
pub fn route(project_id: &str) -> String {
    format!("projects/{project_id}/{}", encode(&format!("refs/heads/{BRANCH}")))
}

/// The route of the branch that a runbook was read from; `None` when it is in the database.
#[must_use]
pub fn route_of(runbook: &Document) -> Option<&str> {
    runbook.text(ROUTE)
}

/// The runbooks in our branch of a project; none when there is no such branch, or no way to the repository.
///
/// # Errors
/// When the server can't be asked.
pub async fn runbooks(server: &Server, project: &Document) -> Result<Vec<Document>, Failure> {
    let route = route(project.id());
    match upsert::list_at(server, &server.path(&format!("{route}/runbooks")), "runbooks in Git").await {
        Ok(mut runbooks) => {
            for runbook in &mut runbooks {
                runbook.fields_mut().insert(ROUTE.to_owned(), json!(route));
                runbook.fields_mut().insert("ProjectId".to_owned(), json!(project.id()));
            }
            Ok(runbooks)
        }
        Err(failure) if failure.is_of_repository() => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// Makes our branch of the default one, where there is none.
///
/// # Errors
/// When the server refuses.
pub async fn ensure_branch(server: &Server, project: &Document) -> Result<(), Failure> {
    let branches = format!("projects/{}/git/branches", project.id());
    let there = server.client.list(&server.path(&format!("{branches}?searchByName={BRANCH}"))).await?;
    if there.iter().any(|branch| branch["Name"] == BRANCH) {
        return Ok(());
    }
    let wanted =
        json!({"BaseGitRef": format!("refs/heads/{}", default_branch(project)), "NewBranchName": BRANCH});
    server.client.post(&server.path(&format!("{branches}/v2")), &wanted).await?;
    Ok(())
}

/// A runbook in our branch, made or brought to what is wanted.
///
/// # Errors
/// When the server refuses.
pub async fn ensure_runbook(
    server: &Server,
    project: &Document,
    there: Option<&Document>,
    wanted: &Value,
) -> Result<Document, Failure> {
    let collection = format!("{}/runbooks", route(project.id()));
    let Some(there) = there else {
        let mut wanted = wanted.clone();
        wanted["ChangeDescription"] = json!("A runbook of octoferry; never merge this branch.");
        let made = server.client.post(&server.path(&format!("{collection}/v2")), &wanted).await?;
        // The answer has five fields and no id of the process. What is in Git goes by its slug.
        let name = ["Slug", "Id"].into_iter().find_map(|field| made[field].as_str());
        let path = format!("{collection}/{}", encode(name.unwrap_or_default()));
        return upsert::document(server.client.get(&server.path(&path)).await?);
    };
    let mut there = there.clone();
    there.fields_mut().shift_remove(ROUTE);
    upsert::ensure_at(server, &server.path(&collection), Some(&there), wanted).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// `POST …/runbooks/v2` answers no more than this.
    #[tokio::test]
    async fn a_new_runbook_is_read_for_its_process() {
        let (server, _) = testing::server(|asked, _| match asked.split_once("/runbooks").expect("runbooks") {
            ("POST projects/Projects-1/refs%2Fheads%2Foctoferry", "/v2") => json!({
                "GitRef": "refs/heads/octoferry", "Id": "our-book", "Name": "Our book", "ProjectId": "Projects-1", "Slug": "our-book"}),
            ("GET projects/Projects-1/refs%2Fheads%2Foctoferry", "/our-book") => json!({
                "Id": "our-book", "Name": "Our book", "ProjectId": "Projects-1", "Slug": "our-book", "RunbookProcessId": "RunbookProcess-1"}),
            _ => Value::Null,
        })
        .await;
        let project = Document::new(json!({"Id": "Projects-1", "Name": "P"})).unwrap();
        let made = ensure_runbook(&server, &project, None, &json!({"Name": "Our book"})).await.ok().unwrap();
        assert_eq!(made.text("RunbookProcessId"), Some("RunbookProcess-1"));
    }
}
