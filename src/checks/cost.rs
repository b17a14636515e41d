//! How many requests a migration takes, about, and how long at the limit that new servers have.

use serde::Serialize;

use module::Module;

/// What new servers allow a user (2026.3 and later, on by default).
pub const PER_MINUTE: usize = 200;

/// An estimate; nothing depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cost {
    pub source_requests: usize,
    pub destination_requests: usize,
    pub minutes: usize,
}

/// What Terraform and finish ask of the destination for one module: a plan, an apply and a plan.
///
/// Measured through the relay, with all modules in one run: 260 requests for the space `tests/spaces/bookshop` (7 modules), 847 for ten projects of 21
/// variables, 4 steps and 2 runbooks each and 50 tenants (`tests/bench/make-space TENANTS`). Variable sets and processes are read once and written once, whatever is in them.
fn of_module(module: &Module) -> usize {
    const LISTS: usize = 14;
    let mut requests = LISTS;
    for (path, content) in &module.files {
        if !path.ends_with(".tf") {
            continue;
        }
        let text = String::from_utf8_lossy(content);
        let resources = text.lines().filter_map(|line| line.strip_prefix("resource \"octopusdeploy_"));
        requests += resources.filter_map(|line| line.split('"').next()).map(of_resource).sum::<usize>();
    }
    requests
}

/// What one resource adds.
fn of_resource(kind: &str) -> usize {
    match kind {
        // With its settings, variables, and a write of what the provider has as a resource of its own.
        "project" => 10,
        "process" | "tenant_project" | "tenant_project_variable" | "tenant_common_variable" => 2,
        "library_variable_set" | "tenant" => 3,
        // Parts of these documents.
        "variable" => 0,
        part if part.starts_with("process_") || part == "project_versioning_strategy" => 0,
        _ => 1,
    }
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
    let destination: usize = modules.iter().map(of_module).sum();
    // check, spread and verify read everything; each serialize reads the lists and its own part.
    let source = ONCE + 4 * read + projects * (LISTS + PROJECT);
    let destination = destination + read + LISTS * modules.len();
    Cost {
        source_requests: rounded(source),
        destination_requests: rounded(destination),
        minutes: (source + destination).div_ceil(PER_MINUTE),
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
