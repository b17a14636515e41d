//! How commands end, and the exit codes of that.

use std::process::ExitCode;

use crate::ui::Ui;
use failure::Failure;

/// How a command ended when nothing stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Done, with notes that need a person: exit code 3; in a step a warning and 0, since Octopus takes
    /// every other code for a failure.
    DoneWithNotes,
    /// A command that compares or runs several things did all it could, and something is not well: exit code 1.
    NotWell,
    /// `--plan` found changes: exit code 4.
    ChangesPending,
}

impl Outcome {
    #[must_use]
    pub fn exit_code(self, ui: &Ui) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::NotWell => 1,
            Self::DoneWithNotes if ui.in_step() => {
                ui.warning("done, with notes that need a person");
                0
            }
            Self::DoneWithNotes => 3,
            Self::ChangesPending => 4,
        })
    }
}

/// The exit code of a command that something stopped: 2 when it was used wrongly.
#[must_use]
pub fn of_failure(failure: &Failure) -> ExitCode {
    ExitCode::from(if failure.is_usage() { 2 } else { 1 })
}
