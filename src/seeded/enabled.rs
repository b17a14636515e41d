//! A disabled project refuses runs of its runbooks. Migrate enables it for the run, when that is agreed, with a journal
//! in the description; whoever finds the journal disables it again.

use serde_json::{Map, json};

use crate::mark::journal::{self, Description};
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

const ENTRY: &str = "enabled-for-runs";

/// The project enabled, journalled; `None` when it is enabled already.
#[must_use]
pub fn enabled(project: &Document) -> Option<Document> {
    if !project.flag("IsDisabled") {
        return None;
    }
    let mut after = project.clone();
    let description = Description::of(project.fields(), "Description");
    let entry = Map::from_iter([(ENTRY.to_owned(), json!(true))]);
    after.fields_mut().insert("Description".to_owned(), json!(journal::write(&description, entry)));
    after.fields_mut().insert("IsDisabled".to_owned(), json!(false));
    Some(after)
}

/// The project as it was; `None` when there is no journal.
#[must_use]
pub fn disabled_again(project: &Document) -> Option<Document> {
    let journalled = journal::read(project.text("Description")?)?;
    journalled.entry.get(ENTRY)?;
    let mut after = project.clone();
    journalled.description.put(after.fields_mut(), "Description");
    after.fields_mut().insert("IsDisabled".to_owned(), json!(true));
    Some(after)
}

/// Disables a project at the source that migrate enabled for its runs; nothing when it has no journal.
///
/// # Errors
/// When the server refuses.
pub async fn disable_again(source: &Server, project: &str) -> Result<(), Failure> {
    let put_back = |project: &mut Document| match disabled_again(project) {
        Some(after) => {
            *project = after;
            true
        }
        None => false,
    };
    upsert::edit(source, &format!("projects/{project}"), put_back).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_disabled_again_exactly() {
        let project =
            json!({"Id": "Projects-1", "Name": "Old", "Description": "Sleeps.", "IsDisabled": true});
        let project = Document::new(project).unwrap();
        let awake = enabled(&project).unwrap();
        assert!(!awake.flag("IsDisabled"));
        assert!(enabled(&awake).is_none());
        assert_eq!(disabled_again(&awake), Some(project.clone()));
        assert_eq!(disabled_again(&project), None);
    }
}
