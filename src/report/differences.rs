//! What the comparison of both spaces leaves: what differs and no note explains, and what has not been migrated yet, which is counted by project
//! instead of named one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Item, Section};
use crate::ui::shell_quoted;
use compare::Comparison;
use documents::collection::{Collection, Scope};
use documents::inventory::Inventory;
use module::manifest::Held;

/// What no migration has touched yet.
#[derive(Debug, Default)]
pub struct Unmoved {
    /// Names of projects.
    projects: BTreeSet<String>,
    /// What projects share, too.
    space: bool,
}

impl Unmoved {
    /// Projects that the destination lacks; what they share, when it lacks them all and no run has deployed it.
    #[must_use]
    pub fn of(source: &Inventory, destination: &Inventory, space_is_deployed: bool) -> Self {
        let names = |inventory: &Inventory| -> BTreeSet<String> {
            inventory.all(Collection::Projects).map(|project| project.name().to_owned()).collect()
        };
        let (all, there) = (names(source), names(destination));
        let space = !space_is_deployed && all.is_disjoint(&there);
        Self { projects: all.difference(&there).cloned().collect(), space }
    }

    /// The project that a document belongs to and waits for.
    fn project(&self, collection: Collection, key: &[String]) -> Option<&str> {
        let named = |part: usize| key.get(part).and_then(|name| self.projects.get(name)).map(String::as_str);
        match collection {
            Collection::Projects => named(0),
            // Its key begins with a tenant.
            Collection::TenantVariableValues => named(1),
            Collection::Variables => named(0).or_else(|| named(1)),
            other if other.row().scope == Scope::Project => named(0),
            _ => None,
        }
    }
}

/// Documents that differ and that no note explains.
#[must_use]
pub fn of_comparison(comparison: &Comparison, unmoved: &Unmoved) -> Vec<Item> {
    let mut items = Vec::new();
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let mut add = |kind: &Collection, key: &[String], text: String| {
        items.push(Item::new(Section::Differences, &format!("{kind} {:?}", key.join("/")), text));
    };
    for (kind, outcome) in &comparison.kinds {
        for absent in outcome.missing.iter().filter(|absent| absent.because.is_none()) {
            match unmoved.project(*kind, &absent.key) {
                Some(project) => *waiting.entry(project).or_default() += 1,
                None if unmoved.space => *waiting.entry("").or_default() += 1,
                None => add(kind, &absent.key, "is not at the destination".to_owned()),
            }
        }
        for absent in outcome.extra.iter().filter(|absent| absent.because.is_none()) {
            add(kind, &absent.key, "is only at the destination".to_owned());
        }
        for different in &outcome.different {
            let fields: Vec<&str> = different
                .fields
                .iter()
                .filter(|field| field.because.is_none())
                .map(|field| field.path.as_str())
                .collect();
            if !fields.is_empty() {
                add(kind, &different.key, format!("differs in {}", fields.join(", ")));
            }
        }
    }
    items.extend(waiting.into_iter().map(|(project, count)| waits(project, count)));
    items
}

/// Whether what is held back stands at the destination as the deployment left it, or is not there yet: nobody has switched it on.
#[must_use]
pub fn is_still_held(comparison: &Comparison, held: &Held) -> bool {
    let Some(outcome) = comparison.kinds.get(&held.target.collection) else { return false };
    outcome.missing.iter().any(|absent| absent.key == held.target.key)
        || outcome.different.iter().any(|different| {
            different.key == held.target.key && different.fields.iter().any(|field| field.path == held.field)
        })
}

/// `project`: empty for what projects share.
fn waits(project: &str, count: usize) -> Item {
    let documents = if count == 1 { "1 document is".to_owned() } else { format!("{count} documents are") };
    let (subject, command) = match project {
        "" => ("what projects share".to_owned(), "octoferry migrate".to_owned()),
        name => (format!("project {name:?}"), format!("octoferry migrate --project {}", shell_quoted(name))),
    };
    Item {
        project: Some(project.to_owned()),
        commands: vec![command],
        ..Item::new(Section::NotMoved, &subject, format!("{documents} not at the destination yet"))
    }
}
