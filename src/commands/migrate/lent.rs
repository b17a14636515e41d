//! What migrate changes at the source for its own time, and puts back on every way out: a failure, Ctrl-C, SIGTERM.

use crate::seeded::enabled;
use crate::ui::Ui;
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

/// The changes that are made so far. Each is noted before it is made, so that one that is cut short is put back too.
pub(super) struct Lent<'a> {
    source: &'a Server,
    /// Ids of the disabled projects that are enabled.
    awake: Vec<String>,
}

impl<'a> Lent<'a> {
    pub(super) fn new(source: &'a Server) -> Self {
        Self { source, awake: Vec::new() }
    }

    /// Enables disabled projects for their runs, journalled.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn wake(&mut self, projects: &[&Document]) -> Result<(), Failure> {
        for project in projects {
            // One that an interrupted migration left enabled has its journal, and is put back too.
            let journalled = enabled::disabled_again(project).is_some();
            if journalled || project.flag("IsDisabled") {
                self.awake.push(project.id().to_owned());
            }
            if !journalled && project.flag("IsDisabled") {
                let enable = |project: &mut Document| match enabled::enabled(project) {
                    Some(after) => {
                        *project = after;
                        true
                    }
                    None => false,
                };
                upsert::edit(self.source, &format!("projects/{}", project.id()), enable).await?;
            }
        }
        Ok(())
    }

    /// Puts everything back. What can't be is named and does not keep the rest from it.
    ///
    /// # Errors
    /// The first failure, when there was one.
    pub(super) async fn put_back(self, ui: &Ui) -> Result<(), Failure> {
        let mut first = Ok(());
        let mut note = |result: Result<(), Failure>| {
            if let Err(failure) = result {
                ui.warning(&format!("not put back at the source: {failure}; octoferry collapse does it"));
                if first.is_ok() {
                    first = Err(failure);
                }
            }
        };
        for project in &self.awake {
            note(enabled::disable_again(self.source, project).await);
        }
        first
    }
}

/// Waits for Ctrl-C, SIGTERM or SIGHUP: why the migration stops.
pub(super) async fn stopped() -> String {
    use tokio::signal::unix::{SignalKind, signal};
    let signalled = async |kind: SignalKind| match signal(kind) {
        Ok(mut signals) => signals.recv().await,
        // Without this signal the program still ends by it, as any program.
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        stop = tokio::signal::ctrl_c() => stop.err().map(|error| format!(": {error}")).unwrap_or_default(),
        _ = signalled(SignalKind::terminate()) => " (SIGTERM)".to_owned(),
        _ = signalled(SignalKind::hangup()) => " (SIGHUP)".to_owned(),
    }
}
