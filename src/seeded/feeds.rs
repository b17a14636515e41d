//! Feeds whose passwords a step sees: container registries that a package reference of the step names.

use serde_json::Value;

use super::runbook;
use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_registry;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

/// Ids of the space's feeds that a step can read, sorted.
///
/// # Errors
/// When the server refuses.
pub async fn of_space(server: &Server) -> Result<Vec<String>, Failure> {
    let feeds = upsert::list(server, Collection::Feeds).await?;
    let mut ids: Vec<String> =
        feeds.iter().filter(|feed| is_readable(feed)).map(|feed| feed.id().to_owned()).collect();
    ids.sort();
    Ok(ids)
}

/// Lets the step of this runbook refer to the feeds as they are now; whether it did not before.
///
/// # Errors
/// When the server refuses.
pub async fn renew(server: &Server, runbook: &Document) -> Result<bool, Failure> {
    let feeds = of_space(server).await?;
    let process = runbook.text("RunbookProcessId").unwrap_or_default();
    upsert::edit(server, &format!("runbookProcesses/{process}"), |process| {
        let Some(Value::Array(steps)) = process.fields_mut().get_mut("Steps") else { return false };
        let [step] = steps.as_mut_slice() else { return false };
        let mut wanted = step.clone();
        runbook::refer_to(&mut wanted, &feeds);
        let differs = !upsert::has_all_of(step, &wanted);
        if differs {
            *step = wanted;
        }
        differs
    })
    .await
}

/// Whether a step that refers to a package of this feed sees its password.
///
/// Only of container registries the vendor's page of system variables says that steps get their credentials, and only these let a step name a package
/// that is not acquired.
#[must_use]
pub fn is_readable(feed: &Document) -> bool {
    is_registry(feed) && feed.get("Password").is_some_and(|password| password["HasValue"] == true)
}

/// The variable by which a step reads the password of a feed whose id is the name of its reference.
///
/// Assumption: it is there also for a package that is not acquired, and that no server looks for.
#[must_use]
pub fn variable(feed: &str) -> String {
    format!("Octopus.Action.Package[{feed}].Feed.Password")
}
