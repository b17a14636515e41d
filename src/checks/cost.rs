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
/// Measured with provider 1.17.0 in the space `tests/spaces/bookshop` (7 modules, 1254 requests): 36 for the provider's three
/// starts; four for each variable, step and other part of a process or project, which are parts of one document; three for each other
/// resource; three for each lookup.
fn of_module(module: &Module) -> usize {
    const STARTS: usize = 36;
    let (mut parts, mut others, mut lookups) = (0, 0, 0);
    for (path, content) in &module.files {
        if !path.ends_with(".tf") {
            continue;
        }
        for line in String::from_utf8_lossy(content).lines() {
            if let Some(kind) = line.strip_prefix("resource \"octopusdeploy_") {
                if kind.starts_with("variable\"")
                    || kind.starts_with("process")
                    || kind.starts_with("project")
                {
                    parts += 1;
                } else {
                    others += 1;
                }
            } else if line.starts_with("data \"") {
                lookups += 1;
            }
        }
    }
    STARTS + 4 * parts + 3 * (others + lookups)
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
