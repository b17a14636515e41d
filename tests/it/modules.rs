//! The modules of a space, and a server that they are deployed to, again and again with the same states.

use std::path::PathBuf;

use octopus_sandbox::Sandbox;

use crate::support::{Run, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config};

/// The destination's space; its id is `Spaces-2`.
const NEW: &str = "New";

pub(crate) struct Modules {
    pub(crate) destination: Sandbox,
    pub(crate) work: tempfile::TempDir,
}

impl Modules {
    /// Those of a space of `tests/spaces`, of which none needs no person.
    #[track_caller]
    pub(crate) fn of(space: &str) -> Self {
        let modules = Self::in_folder(tempfile::tempdir().expect("a folder"));
        modules.serialize(&sandbox_with(space)).ends_with(3);
        modules
    }

    /// None yet.
    pub(crate) fn in_folder(work: tempfile::TempDir) -> Self {
        Self { destination: sandbox_with_empty_space(NEW), work }
    }

    pub(crate) fn serialize(&self, source: &Sandbox) -> Run {
        octoferry(["serialize", "all", "--out"]).arg(self.modules()).source(source, "Spaces-2")
    }

    pub(crate) fn modules(&self) -> PathBuf {
        self.work.path().join("modules")
    }

    pub(crate) fn states(&self) -> PathBuf {
        self.work.path().join("state")
    }

    /// Deploys all of them, with placeholders for their secrets.
    pub(crate) fn deploy(&self) -> Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&self.states())
            .arg(self.modules())
            .destination(&self.destination, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    }
}
