//! Which keys the runbooks get: of service accounts that seed makes, or somebody's own; and which of them end soon.

use super::{Findings, permissions};
use crate::mark::found::settings_variables;
use crate::mark::name;
use crate::rights::Held;
use crate::seeded::service_account::{self, Note, Plan};
use documents::inventory::Inventory;
use octopus::role::Role;
use octopus::server::Server;

/// Looks, for a seed without files of keys. `inventory` is the source's.
pub fn look(
    servers: (&Server, Option<&Server>),
    held: (Option<&Held>, Option<&Held>),
    inventory: &Inventory,
    findings: &mut Findings,
) {
    for (role, plan) in plans(servers, held, inventory) {
        let check = match role {
            Role::Source => "source-runbook-key",
            Role::Destination => "destination-runbook-key",
        };
        let text = forecast(role, &plan);
        if plan.is_ok() {
            findings.fine(check, text);
            continue;
        }
        findings.known(check, text);
        match role {
            Role::Source => permissions::beyond_at_source(held.0, findings),
            Role::Destination => permissions::beyond_at_destination(held.1, findings),
        }
    }
    for text in ending(inventory) {
        findings.person("runbook-key-ends", text, "");
    }
}

/// The runbooks' keys whose end is near or over, for a person.
#[must_use]
pub fn ending(inventory: &Inventory) -> Vec<String> {
    let variables = settings_variables(inventory);
    let noted =
        [name::SOURCE_ACCOUNT, name::DESTINATION_ACCOUNT].map(|variable| Note::of(variables, variable));
    noted.into_iter().flatten().filter_map(|note| note.ending()).collect()
}

/// What `check` says: which keys the runbooks would get of a seed without files.
fn forecast(role: Role, plan: &Result<Plan, String>) -> String {
    match plan {
        Ok(plan) => format!(
            "the runbooks get a {role} API key of their own: seed makes the service account {:?} for them, with {} permissions and a key that ends after {} days; unseed takes it away",
            plan.name,
            plan.permissions(),
            service_account::DAYS
        ),
        Err(why) => format!(
            "the runbooks would get the {role} API key that seed is given: {why}; octoferry seed --runbook-{role}-key-file FILE gives them another"
        ),
    }
}

fn plans(
    (source, destination): (&Server, Option<&Server>),
    held: (Option<&Held>, Option<&Held>),
    inventory: &Inventory,
) -> Vec<(Role, Result<Plan, String>)> {
    let mut plans = vec![(Role::Source, Plan::at_source(source, held.0, &[], service_account::DAYS))];
    if let Some(destination) = destination {
        let both = (source, destination);
        plans.push((
            Role::Destination,
            Plan::at_destination(both, held.1, inventory, &[], service_account::DAYS),
        ));
    }
    plans
}
