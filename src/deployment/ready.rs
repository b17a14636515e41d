//! What all modules of one deployment share, and one that is ready for Terraform.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::{Backend, Place, Prepared};
use crate::deployment::by_relay::{ByRelay, Kept};
use crate::deployment::entered::Witness;
use crate::deployment::existing::Collision;
use crate::deployment::licence::Licence;
use crate::deployment::order::Folder;
use crate::deployment::providers::Providers;
use crate::deployment::supply::{Declared, Supply};
use crate::deployment::times::Times;
use crate::deployment::token::{self, Given};
use crate::finish::CommonValues;
use crate::finish::directory::Directory;
use crate::relay::{self, Relay};
use crate::ui::Ui;
use module::identities::Identities;
use module::manifest::Scope;
use octopus::server::Server;
use secret::Secret;
use secret::mask::Masker;
use terraform::Terraform;
use terraform::process::Interrupt;
use terraform::program::Program;
use terraform::state::State;
use terraform::working_copy::Workplace;

/// What all modules of one deployment share.
pub struct Deployment<'a> {
    pub ui: &'a Ui,
    pub destination: Server,
    pub witness: Witness,
    pub relay: &'a Relay,
    pub known: Known<'a>,
    pub program: &'a Program,
    /// `None`: the modules have a backend of their own.
    pub backend: Option<Backend>,
    /// By Octopus variable, from standard input.
    pub streamed: BTreeMap<String, Secret>,
    /// Secrets that a person says to have entered, as [`Manifest::name_of_secret`](module::manifest::Manifest::name_of_secret) names them.
    pub done: BTreeSet<String>,
    /// Those of them that Octopus can't have altered.
    pub exact: BTreeSet<String>,
    pub masker: Arc<Masker>,
    pub token_key: token::Key,
    pub interrupt: Interrupt,
    pub workplace: Workplace,
    /// What states are of.
    pub place: Place,
    pub plan_only: bool,
    pub placeholders: bool,
    /// The values from standard input are as Octopus stores them.
    pub raw: bool,
    pub enable_triggers: bool,
    pub allow_destroy: bool,
    pub adopt: bool,
}

/// What the modules of a deployment need to learn only once, or write only once.
pub struct Known<'a> {
    /// What Terraform has taken for each module.
    pub times: Times,
    pub(super) licence: Licence,
    /// Finds what was made by modules before.
    pub(super) lookups: tokio::sync::Mutex<Directory>,
    /// What finish knows to be there of the values that tenants have for library sets.
    pub(super) common_values: CommonValues,
    /// Where what modules write to tenants is collected until all have ended.
    pub(super) collects: Option<ByRelay<'a>>,
    /// Which providers there are, and were.
    pub(super) providers: Providers,
    /// Modules whose states name what is not sent yet.
    pub(super) kept: Mutex<Vec<Kept>>,
    /// Where things are, by what the source calls them.
    there: Mutex<There>,
}

/// Ids at the destination, by collection and id at the source (`projects/Projects-1`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct There {
    pub ids: BTreeMap<String, String>,
    /// What was deleted by this deployment.
    pub gone: BTreeSet<String>,
    /// Of projects that are gone from the source and stay: what is said of it, by their ids there.
    pub stays: BTreeMap<String, String>,
    /// Ids of projects that bear a name which belongs to another one: nothing that is looked for by that name is meant.
    pub nobodys: BTreeSet<String>,
}

impl<'a> Known<'a> {
    /// Nothing yet. `collects`: where what several modules write to tenants is collected.
    #[must_use]
    pub fn of(destination: &Server, collects: Option<&'a Relay>) -> Self {
        let lookups = tokio::sync::Mutex::new(Directory::new(destination.clone()));
        Self {
            times: Times::default(),
            licence: Licence::default(),
            lookups,
            common_values: CommonValues::default(),
            collects: collects.map(ByRelay),
            providers: Providers::default(),
            kept: Mutex::default(),
            there: Mutex::default(),
        }
    }
}

impl Known<'_> {
    /// Where things are.
    pub fn there(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A module ready for Terraform: its working copy has a backend, and what stands in its way is known.
pub struct Ready<'a> {
    pub(super) terraform: Terraform<'a>,
    pub(super) backend: Option<Prepared>,
    pub(super) supply: Supply,
    /// What Terraform gets for the secrets.
    pub(super) given: Given,
    pub(super) declared: Declared,
    /// The state before anything was done.
    pub(super) state: State,
    /// What the module's resources are at the source.
    pub(super) identities: Identities,
    pub collisions: Vec<Collision>,
    /// What the relay takes over when Terraform makes it.
    pub(super) taken: relay::Taken,
}

impl Ready<'_> {
    /// The ids of the module's project at the source and at the destination, once it is there.
    #[must_use]
    pub fn project(&self, module: &Folder) -> Option<(&str, &str)> {
        let Scope::Project { id, .. } = &module.manifest.scope else { return None };
        let is_it = |address: &str| address.starts_with("octopusdeploy_project.");
        let mut resources = self.identities.resources.iter();
        let (address, source) = resources.find(|(address, source)| is_it(address) && *source == id)?;
        let there = self.state.resources.get(address)?.first().filter(|there| !there.is_empty())?;
        Some((source, there))
    }
}
