//! In which order projects are deployed: each after those that its module needs.

use std::collections::{BTreeMap, BTreeSet};

/// What can be done next, given what each project waits for and how the others ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// This one.
    Deploy(String),
    /// This one never: the other one failed.
    Skip(String, String),
    /// These wait for each other.
    Cycle(Vec<String>),
    Nothing,
}

/// Looks for the next project by name. `after` holds those that are still to be done, with what each needs; needed projects that
/// are neither here nor in `failed` are taken as done.
#[must_use]
pub(super) fn next(after: &BTreeMap<String, Vec<String>>, failed: &BTreeSet<String>) -> Next {
    for (project, needed) in after {
        if let Some(broken) = needed.iter().find(|needed| failed.contains(*needed)) {
            return Next::Skip(project.clone(), broken.clone());
        }
    }
    let ready = after.iter().find(|(_, needed)| !needed.iter().any(|needed| after.contains_key(needed)));
    match ready {
        Some((project, _)) => Next::Deploy(project.clone()),
        None if after.is_empty() => Next::Nothing,
        None => Next::Cycle(cycle(after)),
    }
}

/// Everybody waits for somebody here: going from one to the next meets one twice.
fn cycle(after: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut path: Vec<&String> = after.keys().take(1).collect();
    loop {
        let last = path[path.len() - 1];
        let Some(next) = after[last].iter().find(|needed| after.contains_key(*needed)) else {
            return Vec::new();
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            return path[start..].iter().map(|name| (*name).clone()).collect();
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(name, needed)| ((*name).to_owned(), owned(needed))).collect()
    }

    #[test]
    fn what_is_needed_comes_first_and_failures_spread() {
        let none = BTreeSet::new();
        let projects = after(&[("A", &["B"]), ("B", &["C", "elsewhere"]), ("C", &[])]);
        assert_eq!(next(&projects, &none), Next::Deploy("C".to_owned()));
        let rest = after(&[("A", &["B"]), ("B", &["C"])]);
        assert_eq!(next(&rest, &none), Next::Deploy("B".to_owned()));
        let failed = BTreeSet::from(["C".to_owned()]);
        assert_eq!(next(&rest, &failed), Next::Skip("B".to_owned(), "C".to_owned()));
        assert_eq!(next(&after(&[]), &none), Next::Nothing);
    }

    #[test]
    fn a_cycle_is_named() {
        let projects = after(&[("A", &["B"]), ("B", &["C"]), ("C", &["B"])]);
        assert_eq!(next(&projects, &BTreeSet::new()), Next::Cycle(vec!["B".to_owned(), "C".to_owned()]));
    }
}
