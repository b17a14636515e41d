//! How many requests a migration takes, about, and how long at the limit that new servers have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use documents::collection::Collection;
use module::Module;
use module::manifest::{FinishStep, FinishValue, Scope, Target};

/// What new servers allow a user (2026.3 and later, on by default).
pub const PER_MINUTE: usize = 200;

/// An estimate; nothing depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cost {
    pub source_requests: usize,
    pub destination_requests: usize,
    pub minutes: usize,
    /// Of one run of `deploy` with all modules.
    pub deployment: Deployment,
}

/// What one run of `deploy` asks of the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployment {
    /// When nothing of it is there.
    pub first: usize,
    /// When nothing is to do.
    pub again: usize,
}

/// What a run asks of the destination for these modules. The numbers were counted at the sandbox with all modules of a space in one run, and are held
/// by a test (`tests/it/costs.rs`).
///
/// Variable sets, processes and tenants are read once and written once, whatever is in them; what has been read in a list is not asked for again.
#[must_use]
pub fn of_deployment(modules: &[Module]) -> Deployment {
    // What the server is, the licence, retention defaults, the audit trail.
    const ONCE: usize = 12;
    // Read when modules are made ready, for lookups, and when the deployment has ended.
    const A_LIST: usize = 3;
    const ONCE_AGAIN: usize = 11;
    let lists: BTreeSet<Collection> = modules.iter().flat_map(lists).collect();
    let mut resources: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_projects = 0;
    for module in modules {
        let kinds = resources_of(module);
        if module.manifest.scope != Scope::Space {
            // Its settings and its variables.
            of_projects += 2 + if kinds.iter().any(|kind| kind == "variable") { 2 } else { 0 };
        }
        for kind in kinds {
            *resources.entry(kind).or_default() += 1;
        }
    }
    let count = |kind: &str| resources.get(kind).copied().unwrap_or_default();
    let made: usize = resources.iter().map(|(kind, count)| of_resource(kind) * count).sum();
    // A tenant of several projects is written once: its links, its values for projects, those for library sets.
    let linked = match count("tenant") {
        0 => count("tenant_project"),
        tenants => tenants.min(count("tenant_project")),
    };
    let finish: usize = modules.iter().map(of_finish).sum();
    let projects = modules.iter().filter(|module| module.manifest.scope != Scope::Space).count();
    Deployment {
        first: ONCE + A_LIST * lists.len() + made + of_projects + 3 * linked + finish,
        again: ONCE_AGAIN + lists.len() + projects,
    }
}

/// The kinds of resources of a module's files, without the provider's name.
fn resources_of(module: &Module) -> Vec<String> {
    let files = module.files.iter().filter(|(path, _)| path.ends_with(".tf"));
    let mut kinds = Vec::new();
    for (_, content) in files {
        let text = String::from_utf8_lossy(content);
        let lines = text.lines().filter_map(|line| line.strip_prefix("resource \"octopusdeploy_"));
        kinds.extend(lines.filter_map(|line| line.split('"').next()).map(str::to_owned));
    }
    kinds
}

/// The lists that are read for a module.
fn lists(module: &Module) -> BTreeSet<Collection> {
    let made = module.manifest.makes.iter().map(|made| made.target.collection);
    made.chain([Collection::Environments, Collection::Feeds]).collect()
}

/// What one resource adds.
fn of_resource(kind: &str) -> usize {
    match kind {
        // Made, written again by a resource of its own, and its settings, which are read thrice.
        "project" => 5,
        "process" => 2,
        "library_variable_set" => 3,
        "script_module" => 4,
        "scoped_user_role" | "project_scheduled_trigger" => 2,
        "team" | "user_role" => 3,
        "parent_environment" => 9,
        freeze if freeze.contains("deployment_freeze") => 5,
        // Parts of these documents, or of one that others fill; a tag set is made with its tags.
        "tag" | "variable" | "tenant_project" | "tenant_project_variable" | "tenant_common_variable" => 0,
        part if part.starts_with("process_") || part == "project_versioning_strategy" => 0,
        _ => 1,
    }
}

/// What finish adds: a document is read and written, however much of it is set. One that it makes makes its list another one.
fn of_finish(module: &Module) -> usize {
    const A_DOCUMENT: usize = 8;
    // Those of which a write is to be expected.
    let mut documents: BTreeMap<&Target, bool> = BTreeMap::new();
    let mut tenants: BTreeSet<&str> = BTreeSet::new();
    let mut requests = 0;
    for step in &module.manifest.finish {
        match step {
            // The relay has seen to that.
            FinishStep::Set { path, .. } if *path == [json!("IncludedLibraryVariableSetIds")] => {}
            FinishStep::Set { target, path, .. } => {
                // Most slugs are as the server makes them of a name.
                *documents.entry(target).or_default() |= *path != [json!("Slug")];
            }
            FinishStep::Try { target, .. }
            | FinishStep::Order { target, .. }
            | FinishStep::Item { target, .. }
            | FinishStep::Include { target, .. }
            | FinishStep::Certificate { target, .. } => {
                documents.insert(target, true);
            }
            FinishStep::Document { .. } | FinishStep::DocumentBefore { .. } => {
                requests += A_DOCUMENT;
            }
            FinishStep::Publish { .. } => requests += 5,
            FinishStep::Arrange { .. } | FinishStep::DefaultPool { .. } => requests += 1,
            FinishStep::Logo { .. } => requests += 2,
            FinishStep::TenantValue { tenant, value: FinishValue::Secret(_), .. } => {
                // Nothing keeps a secret: it is set by itself.
                tenants.insert(tenant);
            }
            // Sent with the tenant.
            FinishStep::TenantValue { .. } => {}
        }
    }
    requests += 4 * tenants.len();
    requests + documents.values().map(|writes| 1 + usize::from(*writes)).sum::<usize>()
}

/// The whole migration. `read`: requests that it took to read the whole source space.
#[must_use]
pub fn estimate(modules: &[Module], read: usize) -> Cost {
    // Lists that every read of a part asks for again.
    const LISTS: usize = 30;
    // Two runbooks to make, publish, run and follow.
    const PROJECT: usize = 60;
    // What seed makes once, and the space's own runs.
    const ONCE: usize = 150;
    let projects = modules.len().saturating_sub(1);
    let each = modules.iter().map(|module| of_deployment(std::slice::from_ref(module)).first);
    let destination: usize = each.sum();
    // check, spread and verify read everything; each serialize reads the lists and its own part.
    let source = ONCE + 4 * read + projects * (LISTS + PROJECT);
    let destination = destination + read + LISTS * modules.len();
    Cost {
        source_requests: rounded(source),
        destination_requests: rounded(destination),
        minutes: (source + destination).div_ceil(PER_MINUTE),
        deployment: of_deployment(modules),
    }
}

/// Two digits are more than is known.
fn rounded(number: usize) -> usize {
    let mut step = 1;
    while number / step >= 100 {
        step *= 10;
    }
    number.div_ceil(step) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_up_to_two_digits() {
        assert_eq!([0, 7, 99, 100, 101, 1254, 98_700].map(rounded), [0, 7, 99, 100, 110, 1300, 99_000]);
    }
}
