//! Which secrets are not at the destination, as far as both servers tell: the one word of `report` and `verify`, and of `todo.md` before them.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::entered::Witness;
use crate::deployment::outcomes::{self, Outcomes};
use crate::mark::name;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{Manifest, SecretEntry, SecretOrigin};
use octopus::server::Server;

/// What is known of the secrets of modules.
#[derive(Debug, Default)]
pub struct Left {
    /// What the newest deployments said.
    outcomes: BTreeMap<Option<String>, Outcomes>,
    /// What somebody has entered since, as [`Manifest::name_of_secret`] names it.
    entered: BTreeSet<String>,
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
        Ok(Self { outcomes, entered: entered(inventory, destination, manifests).await? })
    }

    /// Why a secret is not there.
    #[must_use]
    pub fn open(&self, manifest: &Manifest, secret: &SecretEntry) -> Option<String> {
        if self.is_entered(manifest, secret) {
            return None;
        }
        outcomes::open(secret, self.outcomes.get(&outcomes::project_of(manifest)))
    }

    /// All that are not there: what each is, and why it is not. Sorted.
    #[must_use]
    pub fn all(&self, manifests: &[&Manifest]) -> Vec<String> {
        let secrets = manifests
            .iter()
            .flat_map(|manifest| manifest.secrets.iter().map(move |secret| (manifest, secret)));
        let mut left: Vec<String> = secrets
            .filter_map(|(manifest, secret)| {
                Some(format!("{}: {}", secret.description, self.open(manifest, secret)?))
            })
            .collect();
        left.sort();
        left
    }

    /// Whether somebody has entered it.
    #[must_use]
    pub fn is_entered(&self, manifest: &Manifest, secret: &SecretEntry) -> bool {
        matches!(secret.from, SecretOrigin::Person { .. })
            && self.entered.contains(&manifest.name_of_secret(&secret.name))
    }
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
