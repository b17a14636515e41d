//! Which secrets are not at the destination, as far as both servers tell: the one word of `report` and `verify`, and of `todo.md` before them.
//!
//! What a deployment did with a secret is told by its task, as long as the server keeps that. Then nobody tells any more: a server never says what value
//! a secret has, nor a placeholder that it is one.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::entered::Witness;
use crate::deployment::outcomes::{self, Outcomes};
use crate::finish::directory::Directory;
use crate::mark::{is_seeded, name};
use crate::report::Standing;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{Manifest, SecretEntry, SecretOrigin, Target};
use octopus::server::Server;

/// What is known of the secrets of modules.
#[derive(Debug, Default)]
pub struct Left {
    /// What the newest deployments said.
    outcomes: BTreeMap<Option<String>, Outcomes>,
    /// What somebody has entered since, as [`Manifest::name_of_secret`] names it.
    entered: BTreeSet<String>,
    /// Those that have their variable at the source, named alike.
    supplied: BTreeSet<String>,
    /// Those of modules without a task that tells, whose place is there at the destination, named alike.
    forgotten: BTreeSet<String>,
}

impl Left {
    /// Asks both servers. `inventory` is the source's, with what seed put there.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub async fn read(
        source: &Server,
        destination: &Server,
        inventory: &Inventory,
        manifests: &[&Manifest],
    ) -> Result<Self, Failure> {
        let outcomes = outcomes::newest(source, manifests).await?;
        let entered = entered(inventory, destination, manifests).await?;
        let mut left = Self { outcomes, entered, ..Self::default() };
        let mut directory = Directory::new(destination.clone());
        for manifest in manifests {
            let variables = variables_of(inventory, manifest);
            for secret in &manifest.secrets {
                let name = manifest.name_of_secret(&secret.name);
                let target = Target { collection: secret.collection, key: secret.key.clone() };
                if variables.contains(secret.from.octopus_variable()) {
                    left.supplied.insert(name);
                } else if matches!(left.standing(manifest, secret), Standing::Open(_))
                    && !left.outcomes.contains_key(&outcomes::project_of(manifest))
                    && directory.find(&target).await?.is_some()
                {
                    left.forgotten.insert(name);
                }
            }
        }
        Ok(left)
    }

    /// How a secret stands.
    #[must_use]
    pub fn standing(&self, manifest: &Manifest, secret: &SecretEntry) -> Standing {
        let name = manifest.name_of_secret(&secret.name);
        let is_for_person = matches!(secret.from, SecretOrigin::Person { .. });
        let told = self.outcomes.get(&outcomes::project_of(manifest));
        let is_told = told.is_some_and(|told| told.contains_key(&secret.name));
        if is_for_person && self.entered.contains(&name) {
            Standing::Entered
        } else if !is_told && self.supplied.contains(&name) {
            Standing::Read
        } else if !is_told && self.forgotten.contains(&name) {
            Standing::Forgotten
        } else {
            outcomes::open(secret, told).map_or(Standing::Read, Standing::Open)
        }
    }

    /// Why a secret is not there.
    #[must_use]
    pub fn open(&self, manifest: &Manifest, secret: &SecretEntry) -> Option<String> {
        match self.standing(manifest, secret) {
            Standing::Open(why) => Some(why),
            _ => None,
        }
    }

    /// Whether a run has said what became of the secrets of the space's module.
    #[must_use]
    pub fn knows_space(&self) -> bool {
        self.outcomes.contains_key(&None)
    }

    /// All that are not there: what each is, and why it is not. Sorted.
    #[must_use]
    pub fn all(&self, manifests: &[&Manifest]) -> Vec<String> {
        self.those(manifests, |secret, standing| match standing {
            Standing::Open(why) => Some(format!("{}: {why}", secret.description)),
            _ => None,
        })
    }

    /// All of which nobody can tell any more. Sorted.
    #[must_use]
    pub fn forgotten(&self, manifests: &[&Manifest]) -> Vec<String> {
        self.those(manifests, |secret, standing| {
            (standing == Standing::Forgotten).then(|| secret.description.clone())
        })
    }

    fn those(
        &self,
        manifests: &[&Manifest],
        line: impl Fn(&SecretEntry, Standing) -> Option<String>,
    ) -> Vec<String> {
        let of = |manifest: &Manifest| {
            let lines = |secret| line(secret, self.standing(manifest, secret));
            manifest.secrets.iter().filter_map(lines).collect::<Vec<String>>()
        };
        let mut lines: Vec<String> = manifests.iter().flat_map(|manifest| of(manifest)).collect();
        lines.sort();
        lines
    }
}

/// Names of the variables for secrets of a module that have a value at the source: by `unlock`, by a step that reads feeds, or by a person.
fn variables_of<'i>(source: &'i Inventory, manifest: &Manifest) -> BTreeSet<&'i str> {
    let owner = match outcomes::project_of(manifest) {
        Some(project) => source.get(Collection::Projects, &project),
        None => source.all(Collection::LibraryVariableSets).find(|set| is_seeded(set, name::SECRETS_SET)),
    };
    let set = owner.and_then(|owner| owner.text("VariableSetId"));
    let set = set.and_then(|set| source.get(Collection::Variables, set));
    let variables = set.into_iter().flat_map(|set| set.list("Variables"));
    let names = variables.filter_map(|variable| variable["Name"].as_str());
    names.filter(|name| name.starts_with(name::SECRET_PREFIX)).collect()
}

/// What is entered, by the same word as a deployment's: a person has said so, or somebody else has changed what holds it.
async fn entered(
    source: &Inventory,
    destination: &Server,
    manifests: &[&Manifest],
) -> Result<BTreeSet<String>, Failure> {
    let variables = source.all(Collection::Variables).flat_map(|set| set.list("Variables"));
    let done = variables.filter(|variable| variable["Name"] == name::SECRETS_DONE);
    let mut entered: BTreeSet<String> = done
        .filter_map(|variable| variable["Value"].as_str())
        .flat_map(str::lines)
        .map(str::to_owned)
        .collect();
    let mut witness = Witness::new(destination.clone());
    for manifest in manifests {
        let of_persons =
            manifest.secrets.iter().filter(|secret| matches!(secret.from, SecretOrigin::Person { .. }));
        let secrets: Vec<&SecretEntry> = of_persons.collect();
        if secrets.is_empty() {
            continue;
        }
        let names = witness.entered(&secrets).await?;
        entered.extend(names.iter().map(|name| manifest.name_of_secret(name)));
    }
    Ok(entered)
}
