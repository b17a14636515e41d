//! By which name a run of ours reads each sensitive variable, in the space as it stands.

use std::collections::BTreeMap;

use serde_json::Value;

use super::collapse::{State, is_sensitive, state_of};
use super::replaced;
use super::set::{environments, scope_kinds, text};
use super::view::{View, is_set_by_runs, owners};
use documents::collection::Collection;
use documents::inventory::Inventory;
use octoferry_core::convert::SecretSources;

/// [`SecretSources::key`] of each sensitive variable → its name, or why no name reads it. `environment` is the id of the environment
/// `Octoferry`, `None` in a space that is not seeded.
#[must_use]
pub fn readable(
    inventory: &Inventory,
    environment: Option<&str>,
) -> BTreeMap<String, Result<String, String>> {
    let mut sources = BTreeMap::new();
    let (settled, _) = replaced::settled(inventory);
    let inventory = settled.as_ref();
    let library = View::of_library(inventory);
    for owner in owners(inventory) {
        let Some(set) = inventory.get(Collection::Variables, &owner.variable_set) else { continue };
        let view = library.seen_by(inventory, &owner);
        let variables = set.list("Variables");
        for variable in
            variables.iter().filter_map(Value::as_object).filter(|variable| is_sensitive(variable))
        {
            if state_of(variable, variables, None) == State::Alias {
                continue;
            }
            let name = text(variable, "Name");
            if crate::mark::name::is_ours(name) {
                continue;
            }
            let scope = variable.get("Scope").unwrap_or(&Value::Null);
            let kinds = scope_kinds(scope);
            let seen =
                kinds.is_empty() || environment.is_some_and(|ours| environments(scope).any(|id| id == ours));
            let source = if !view.is_unique(name) {
                Err("its name means several values; octoferry spread gives it one of its own".to_owned())
            } else if is_set_by_runs(name) {
                Err("a run has a variable of this name by itself; octoferry spread gives it one of its own"
                    .to_owned())
            } else if kinds.iter().any(|kind| *kind != "Environment") {
                Err("its scope is more than environments; octoferry spread gives it a name of its own"
                    .to_owned())
            } else if !seen {
                Err("it is not seen in the environment Octoferry; octoferry spread adds that to its scope"
                    .to_owned())
            } else {
                Ok(name.to_owned())
            };
            sources.insert(SecretSources::key(&owner.variable_set, text(variable, "Id")), source);
        }
    }
    sources
}
