//! What can go wrong, told so that a tired person knows what happened, to what, and what to do.

use std::fmt;
use std::process::ExitCode;

use crate::ui::Ui;

/// The classes of trouble that callers and scripts tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line or the settings are wrong: exit code 2.
    Usage,
    /// A server refused: key, permission, licence, maintenance.
    Refused,
    /// A server can't be reached, is too slow or isn't trusted.
    Unreachable,
    /// Terraform is missing, too old or failed.
    Terraform,
    /// Anything else that stopped the command.
    Failed,
}

/// A reason to stop: one sentence, its causes, and hints that say what to do.
#[derive(Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub hints: Vec<String>,
    /// The status of the answer, when a server refused a request.
    pub http_status: Option<u16>,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), http_status: None }
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// Adds what a person can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Puts what was being done in front of the message: `reading the accounts: …`.
    #[must_use]
    pub fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.kind == FailureKind::Usage { 2 } else { 1 })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Bad files and the like: what the operating system said, after what was being done.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::failed(format!("{error:#}")),
        }
    }
}

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
