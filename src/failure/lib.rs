//! What can go wrong, told so that a tired person knows what happened, to what, and what to do.

use std::fmt;

/// The classes of trouble that callers and scripts tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line or the settings are wrong.
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

    /// Whether a server said "you may not" (401, 403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind == FailureKind::Refused && matches!(self.http_status, Some(401 | 403))
    }

    /// Whether the server has no such route: it is older than the route (404), takes a part of it for an id (400), or knows it with other
    /// methods only (405). For routes that came with a version; that a document is gone is 404 alone.
    #[must_use]
    pub fn has_no_route(&self) -> bool {
        matches!(self.http_status, Some(400 | 404 | 405))
    }

    /// Puts what was being done in front of the message: `reading the accounts: …`.
    #[must_use]
    pub fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
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
