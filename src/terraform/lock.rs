//! A state that is locked: by whom, since when, how to release it.

use crate::output::Diagnostic;

/// What Terraform says about a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub id: String,
    pub who: String,
    pub created: String,
    pub operation: String,
}

impl Lock {
    /// The lock that kept Terraform from working, if one did.
    #[must_use]
    pub fn in_the_way(diagnostics: &[Diagnostic]) -> Option<Self> {
        let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        errors.find_map(|error| {
            Self::read(&error.text()).filter(|_| error.text().contains("acquiring the state lock"))
        })
    }

    /// The lock that Terraform could not give back, if that happened.
    #[must_use]
    pub fn left_behind(diagnostics: &[Diagnostic]) -> Option<Self> {
        let mut all = diagnostics.iter();
        all.find_map(|error| {
            Self::read(&error.text()).filter(|_| error.text().contains("releasing the state lock"))
        })
    }

    /// From Terraform's `Lock Info`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line =
                text.lines().map(str::trim).find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned())
        };
        Some(Self {
            id: field("ID").filter(|id| !id.is_empty())?,
            who: field("Who").unwrap_or_default(),
            created: field("Created").unwrap_or_default(),
            operation: field("Operation").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_read() {
        let mut diagnostic = Diagnostic::error("Error acquiring the state lock");
        diagnostic.detail = "Error message: 412\nLock Info:\n  ID:        1-2\n  Path:      b/k\n  Operation: OperationTypeApply\n  Who:       root@host\n  Version:   1.11.4\n  Created:   2026-11-24 00:00:00 +0000 UTC\n  Info:      \n".into();
        let lock = Lock::in_the_way(&[diagnostic]).unwrap();
        assert_eq!((lock.id.as_str(), lock.who.as_str()), ("1-2", "root@host"));
        assert_eq!(lock.created, "2026-11-24 00:00:00 +0000 UTC");
        assert!(Lock::in_the_way(&[Diagnostic::error("ID: 3")]).is_none());
    }
}
