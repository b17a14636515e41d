//! Spreading sensitive variables and collapsing them: pure functions of documents.
//!
//! The API hides a sensitive variable; a run of a runbook sees it, but only by a name that means one value in that
//! run. `spread` gives every other sensitive variable a name of its own and puts an ordinary variable `#{new name}` in
//! its place, so that nothing resolves differently; `collapse` puts the original back. What was done stands in a
//! journal in the variable's description, nowhere else: whoever finds the journal can undo it.

pub mod account;
pub mod apply;
pub mod checked;
pub mod collapse;
pub mod noted;
mod readable;
mod replaced;
mod set;
pub mod shown;
pub mod tenant_runs;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use serde_json::Value;

use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use documents::inventory::Inventory;

use crate::mark::door;
use noted::Noted;
pub use readable::readable;
use view::View;

/// What spread or collapse would write: one document each, written with one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub changes: Vec<DocumentChange>,
    /// Things that stay as they are although a person may expect a change: edited by hand since.
    pub left: Vec<String>,
    /// What is worth knowing: spread by another tool before, stored in Git.
    pub notes: Vec<String>,
}

/// One document that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentChange {
    /// `variables`, `accounts` or `certificates`.
    pub collection: Collection,
    /// For a person: `project "Shop"`, `account "AWS"`.
    pub owner: String,
    /// Id of the project or library set that owns the variable set; of the account itself otherwise.
    pub owner_id: String,
    /// The whole document as it is to be written, the version it was read with included.
    pub after: Document,
    pub lines: Vec<Line>,
}

/// One thing that changes in a document, and who can read the value before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The secret, account or certificate.
    pub name: String,
    pub what: String,
    pub readers_before: String,
    pub readers_after: String,
}

/// What spread would change. `environment` is the id of the environment `Octoferry`.
///
/// Variable sets of the seeded things themselves never change.
#[must_use]
pub fn spread(inventory: &Inventory, environment: &str) -> Plan {
    spread_with(inventory, environment, door::may_export(inventory))
}

/// The same, for a space that may not be seeded yet: `may_export`: whether the runbooks' key will export certificates.
#[must_use]
pub fn spread_with(inventory: &Inventory, environment: &str, may_export: bool) -> Plan {
    let mut plan = Plan::default();
    let mut taken = view::all_names(inventory);
    let as_it_stands = inventory;
    let (settled, replaced) = replaced::settled(inventory);
    let inventory = settled.as_ref();
    let library = View::of_library(inventory);
    let noted = Noted::of(inventory);
    for owner in view::owners(inventory) {
        let Some(variables) = inventory.get(Collection::Variables, &owner.variable_set) else { continue };
        let view = library.seen_by(inventory, &owner);
        let replaced = replaced.get(&owner.variable_set).into_iter().flatten();
        let replaced = as_it_stands
            .get(Collection::Variables, &owner.variable_set)
            .map_or_else(Vec::new, |set| replaced.map(|replaced| replaced.line(as_it_stands, set)).collect());
        let (change, left) = set::spread(
            inventory,
            &owner,
            (variables, replaced),
            &view,
            (environment, noted.as_ref()),
            &mut taken,
        );
        if owner.in_git && change.is_some() {
            plan.notes.push(format!(
                "{}: its plain variables are stored in Git; what takes the place of a renamed secret is sensitive too, so that it stays in the database",
                owner.title
            ));
        }
        plan.changes.extend(change);
        plan.left.extend(left);
        plan.notes.extend(set::spread_by_others(&owner, variables));
    }
    plan.changes.extend(account::widen(inventory, environment, may_export));
    plan
}

/// The ids of the environments, roles and so on in a scope, in words: `in Production, role web`; `everywhere`.
fn scope_text(inventory: &Inventory, scope: &Value) -> String {
    let Some(kinds) = scope.as_object().filter(|kinds| !kinds.is_empty()) else {
        return "everywhere".to_owned();
    };
    let parts: Vec<String> = kinds
        .iter()
        .filter_map(|(kind, values)| {
            let values = values.as_array().filter(|values| !values.is_empty())?;
            let names: Vec<&str> = values
                .iter()
                .filter_map(Value::as_str)
                .map(|value| scope_value_name(inventory, kind, value).unwrap_or(value))
                .collect();
            let names = names.join(", ");
            Some(match kind.as_str() {
                "Environment" => format!("in {names}"),
                "Machine" => format!("target {names}"),
                "Role" => format!("role {names}"),
                "Channel" => format!("channel {names}"),
                "TenantTag" => format!("tenants with {names}"),
                "Action" => format!("step {names}"),
                "ProcessOwner" => format!("process {names}"),
                "Project" => format!("project {names}"),
                other => format!("{other} {names}"),
            })
        })
        .collect();
    if parts.is_empty() { "everywhere".to_owned() } else { parts.join("; ") }
}

/// The name of what a value in a scope stands for; `None` for texts and unknown ids.
fn scope_value_name<'a>(inventory: &'a Inventory, kind: &str, value: &str) -> Option<&'a str> {
    match kind {
        "Environment" => [Collection::Environments, Collection::ParentEnvironments]
            .into_iter()
            .find_map(|collection| inventory.get(collection, value))
            .map(Document::name),
        "Machine" => inventory.get(Collection::Machines, value).map(Document::name),
        "Project" => inventory.get(Collection::Projects, value).map(Document::name),
        "Channel" => inventory.get(Collection::Channels, value).map(Document::name),
        "ProcessOwner" => inventory
            .get(Collection::Runbooks, value)
            .or_else(|| inventory.get(Collection::Projects, value))
            .map(Document::name),
        "Action" => [Collection::DeploymentProcesses, Collection::RunbookProcesses]
            .into_iter()
            .flat_map(|collection| inventory.all(collection))
            .flat_map(|process| process.list("Steps"))
            .chain(git::steps(inventory))
            .flat_map(|step| step["Actions"].as_array().into_iter().flatten())
            .find(|action| action["Id"] == value)
            .and_then(|action| action["Name"].as_str()),
        _ => None,
    }
}
