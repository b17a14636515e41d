//! Runs of the deploying runbooks: they are told at their prompts what the command line says for this time. What would go at the destination, or
//! be taken over, is listed and asked for first: a run that is not allowed to stops before it writes, and leaves the list.

use super::runs::Runs;
use crate::cli::{Existing, ThisTime};
use crate::deployment::refused::{Reason, Refused};
use crate::mark::name;
use documents::document::Document;
use failure::Failure;

/// A deployment that failed.
pub(super) struct Stopped {
    pub(super) failure: Failure,
    /// Whether it was to let things go. What others still use the server keeps until these are deployed, too.
    pub(super) letting_go: bool,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self { failure, letting_go: false }
    }
}

/// Runs it to its end; the task.
///
/// # Errors
/// As any run; with what it was refused for, where that was not allowed or not agreed to.
pub(super) async fn run(
    runs: &Runs<'_>,
    title: &str,
    runbook: &Document,
    this_time: &ThisTime,
    agreed: bool,
) -> Result<String, Stopped> {
    let yes_or_no = |yes: bool| if yes { "True" } else { "False" };
    let mut answers = vec![(name::DEPLOY_ENABLE_TRIGGERS, yes_or_no(this_time.enable_triggers))];
    if this_time.placeholders {
        answers.push((name::DEPLOY_PLACEHOLDERS, "True"));
    }
    if this_time.existing == Some(Existing::Fail) {
        answers.push((name::DEPLOY_EXISTING, "fail"));
    }
    loop {
        let run = runs.start_with(runbook, &answers).await?;
        let Err(failure) = runs.follow(title, &run).await else {
            // It ended well, and has named what is gone from the source and stays.
            let allow = (name::DEPLOY_ALLOW_DESTROY, "True");
            if this_time.allow_destroy
                && !answers.contains(&allow)
                && let Some(left) = Refused::of_task(runs.source, &run.task_id).await?
            {
                runs.ui.info(&format!("\n{title}:\n  {}", left.what.join("\n  ")));
                if runs.ui.confirm("Delete these at the destination?", agreed).is_ok() {
                    answers.push(allow);
                    continue;
                }
            }
            return Ok(run.task_id);
        };
        let Some(refused) = Refused::of_task(runs.source, &run.task_id).await? else {
            let letting_go = answers.contains(&(name::DEPLOY_ALLOW_DESTROY, "True"));
            return Err(Stopped { failure, letting_go });
        };
        let (allowed, answer, question) = match refused.reason {
            Reason::Destroys => (
                this_time.allow_destroy,
                (name::DEPLOY_ALLOW_DESTROY, "True"),
                "Delete these at the destination?",
            ),
            Reason::Exists => (
                this_time.existing == Some(Existing::Adopt),
                (name::DEPLOY_EXISTING, "adopt"),
                "Take these over, and make them as the source has them?",
            ),
        };
        // A run that was told so and still refuses would do it for ever.
        if !allowed || answers.contains(&answer) {
            return Err(failure.hint(refused.reason.hint()).into());
        }
        runs.ui.info(&format!("\n{title}:\n  {}", refused.what.join("\n  ")));
        runs.ui.confirm(question, agreed).map_err(|no| failure.while_doing(no.message))?;
        answers.push(answer);
    }
}
