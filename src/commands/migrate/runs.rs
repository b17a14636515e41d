//! Starting runs and following them, with what must be cancelled when the command is stopped.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::RwLock;

use crate::mark::{git, name};
use crate::ui::Ui;
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;
use octopus::tasks::{self, Event, Order, Run};

/// The runs of one migration.
pub(super) struct Runs<'a> {
    pub(super) source: &'a Server,
    pub(super) destination: &'a Server,
    pub(super) environment: &'a str,
    /// Of the package that the runbooks use.
    pub(super) version: &'a str,
    pub(super) ui: &'a Ui,
    /// Tasks that are started and not finished.
    open: Arc<Mutex<BTreeSet<String>>>,
    /// Held for reading while a run is being started.
    starting: Arc<RwLock<()>>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(
        (source, destination): (&'a Server, &'a Server),
        environment: &'a str,
        version: &'a str,
        ui: &'a Ui,
    ) -> Self {
        Self { source, destination, environment, version, ui, open: Arc::default(), starting: Arc::default() }
    }

    /// Starts a run of the published snapshot.
    ///
    /// # Errors
    /// When it isn't published, or the server refuses.
    pub(super) async fn start(&self, runbook: &Document) -> Result<Run, Failure> {
        self.start_with(runbook, &[]).await
    }

    /// Starts a run that is told these values at its prompts.
    ///
    /// # Errors
    /// As [`Runs::start`]; when it does not ask for one of them.
    pub(super) async fn start_with(
        &self,
        runbook: &Document,
        answers: &[(&str, &str)],
    ) -> Result<Run, Failure> {
        self.start_as(runbook, Order { environment_id: self.environment, tenant_id: None, answers }).await
    }

    /// Starts a run in another environment, for a tenant.
    ///
    /// # Errors
    /// As [`Runs::start`].
    pub(super) async fn start_for(
        &self,
        runbook: &Document,
        environment_id: &str,
        tenant_id: Option<&str>,
    ) -> Result<Run, Failure> {
        self.start_as(runbook, Order { environment_id, tenant_id, answers: &[] }).await
    }

    async fn start_as(&self, runbook: &Document, order: Order<'_>) -> Result<Run, Failure> {
        let snapshot =
            runbook.text("PublishedRunbookSnapshotId").filter(|id| !id.is_empty()).map(str::to_owned);
        let route = git::route_of(runbook).map(str::to_owned);
        if route.is_none() && snapshot.is_none() {
            return Err(Failure::failed(format!("the runbook {:?} is not published", runbook.name()))
                .hint("Run octoferry seed again."));
        }
        let under_way = Arc::clone(&self.starting).read_owned().await;
        let (source, runbook, version) = (self.source.clone(), runbook.clone(), self.version.to_owned());
        let (environment, tenant) = (order.environment_id.to_owned(), order.tenant_id.map(ToOwned::to_owned));
        let answers: Vec<(String, String)> =
            order.answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let open = Arc::clone(&self.open);
        // A task of its own: whatever stops the migration, the server's answer is waited for, since it alone tells what was started.
        let started = tokio::spawn(async move {
            let answers: Vec<(&str, &str)> =
                answers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let order =
                Order { environment_id: &environment, tenant_id: tenant.as_deref(), answers: &answers };
            let run = match (&route, &snapshot) {
                (Some(route), _) => {
                    let package = (name::PACKAGE, version.as_str());
                    tasks::run_from_branch(&source, (&runbook, route), package, order).await?
                }
                (None, snapshot) => {
                    tasks::run(&source, &runbook, snapshot.as_deref().unwrap_or_default(), order).await?
                }
            };
            open.lock().unwrap_or_else(PoisonError::into_inner).insert(run.task_id.clone());
            drop(under_way);
            Ok(run)
        });
        started.await.map_err(|error| Failure::failed(format!("starting a run broke off: {error}")))?
    }

    /// Shows the log of a run as it grows; fails when the run did not succeed.
    ///
    /// # Errors
    /// When the task failed, was cancelled, or can't be read.
    pub(super) async fn follow(&self, title: &str, run: &Run) -> Result<(), Failure> {
        self.ui.info(&format!("\n== {title} ({})", run.task_id));
        let mut before = String::new();
        let mut reason = None;
        let finished = tasks::follow(self.source, &run.task_id, |event| match event {
            Event::Line { category, text } => {
                self.ui.info(&format!("  {}{text}", mark(&before, &category, &text)));
                if let (true, Some(said)) = (is_error(&category), text.strip_prefix("error: ")) {
                    reason = Some(said.to_owned());
                }
                before = category;
            }
            Event::Waiting(why) => self.ui.warning(&format!("{title}: {why}")),
        })
        .await?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&run.task_id);
        if finished.succeeded {
            return Ok(());
        }
        let address = self.source.client.address();
        let what = match (finished.state.as_str(), reason) {
            ("Canceled", _) => "was cancelled".to_owned(),
            ("TimedOut", _) => "was not started in time".to_owned(),
            // What octoferry itself said there; the server knows an exit code.
            (_, Some(reason)) => format!("failed: {reason}"),
            _ if finished.message.is_empty() => "failed".to_owned(),
            _ => format!("failed: {}", finished.message),
        };
        Err(Failure::failed(format!("{title} {what}")).hint(format!(
            "Its log: {address}/app#/{}/tasks/{}. Running the command again goes on where it stopped.",
            self.source.space_id(),
            run.task_id
        )))
    }

    /// Starts and follows; the task.
    ///
    /// # Errors
    /// As both.
    pub(super) async fn run(&self, title: &str, runbook: &Document) -> Result<String, Failure> {
        let run = self.start(runbook).await?;
        self.follow(title, &run).await?;
        Ok(run.task_id)
    }

    /// Asks the server to stop what is not finished; what is just being started is waited for.
    pub(super) async fn cancel(&self) {
        /// For the server's answer, when everything else is over.
        const PATIENCE: Duration = Duration::from_secs(30);
        if tokio::time::timeout(PATIENCE, self.starting.write()).await.is_err() {
            self.ui.warning(
                "the server doesn't answer whether it has started a run just now: look in the portal, Tasks",
            );
        }
        let open: Vec<String> =
            self.open.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        for task in open {
            match tasks::cancel(self.source, &task).await {
                Ok(()) => self.ui.info(&format!("cancelled: {task}")),
                Err(failure) => self.ui.warning(&format!("{failure}; cancel it in the portal")),
            }
        }
    }
}

fn is_error(category: &str) -> bool {
    matches!(category, "Error" | "Fatal")
}

/// What stands before a line of a task's log: its weight, once for the lines that belong together, and never twice.
fn mark(before: &str, category: &str, text: &str) -> &'static str {
    let mark = match category {
        "Warning" => "warning: ",
        _ if is_error(category) => "error: ",
        _ => return "",
    };
    if before == category || text.starts_with(mark) { "" } else { mark }
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn a_block_of_lines_is_marked_once() {
        let lines = [
            ("Info", "reading", ""),
            ("Error", "error: the backend does not answer", ""),
            ("Error", "", ""),
            ("Error", "hint: wait", ""),
            ("Info", "error: is only a word here", ""),
            ("Error", "bash: not found", "error: "),
            ("Warning", "left to a person:", "warning: "),
            ("Warning", "  a secret", ""),
        ];
        let mut before = "";
        for (category, text, wanted) in lines {
            assert_eq!(mark(before, category, text), wanted, "{text}");
            before = category;
        }
    }
}
