//! What can go wrong, said so that a tired person knows what happened, to what, and what to do.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

use std::fmt;
use std::io;

/// The classes of trouble that callers and scripts tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line or the settings are wrong.
    Usage,
    /// The server has no space of the name that was given: wrong usage too.
    NoSpace,
    /// A server refused: key, permission, licence, maintenance.
    Refused,
    /// A server refused a document because it is not made of the newest one.
    Overtaken,
    /// A server looked into a Git repository, and the file that it wanted is not in it.
    NotInRepository,
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

    /// Whether the command was used wrongly.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self.kind, FailureKind::Usage | FailureKind::NoSpace)
    }

    /// Whether a server said that there is no such thing (404): gone, never there, or not to be seen with this key.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.http_status == Some(404)
    }

    /// Whether a server answered, but not as it does when it has a way to a Git repository and its branch. 401 and 403 are about our key, not
    /// about the repository.
    #[must_use]
    pub fn is_of_repository(&self) -> bool {
        self.http_status.is_some_and(|status| status >= 400 && !matches!(status, 401 | 403 | 429))
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

    /// Whether the server has no such route for a write (404, 405). What it says of the document that was sent (400) is a refusal.
    #[must_use]
    pub fn has_no_route_for_write(&self) -> bool {
        matches!(self.http_status, Some(404 | 405))
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

/// What the operating system said.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

/// Says of a result what was being done, as [`Failure::while_doing`] does of a failure.
pub trait While<T> {
    /// # Errors
    /// The error of the result, with what was being done in front of it.
    fn while_doing(self, what: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> While<T> for Result<T, E> {
    fn while_doing(self, what: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| error.into().while_doing(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_done_stands_first_and_the_kind_stays() {
        let refused: Result<(), Failure> =
            Err(Failure { http_status: Some(403), ..Failure::new(FailureKind::Refused, "no") });
        let failure = refused.while_doing("reading the accounts").unwrap_err();
        assert_eq!(failure.message, "reading the accounts: no");
        assert!(failure.is_forbidden());
        let missing: Result<(), io::Error> = Err(io::Error::other("no such file"));
        assert_eq!(missing.while_doing("reading x").unwrap_err().message, "reading x: no such file");
    }
}
