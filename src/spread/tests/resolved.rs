//! Spaces made up: whatever a run resolves, it resolves the same after each write of spread and of collapse.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Plan, collapse, spread};
use super::{OCTOFERRY, add, apply, environment, print, variable};
use documents::collection::Collection;
use documents::inventory::Inventory;
use octoferry_core::convert::SecretSources;

pub(super) fn space_with(project: Vec<Value>, one: Vec<Value>, two: Vec<Value>) -> Inventory {
    let mut inventory = Inventory::default();
    add(&mut inventory, Collection::Environments, environment());
    for (id, environment) in [("Environments-1", "Production"), ("Environments-2", "Test")] {
        add(&mut inventory, Collection::Environments, json!({"Id": id, "Name": environment}));
    }
    add(
        &mut inventory,
        Collection::Projects,
        json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "variableset-Projects-1",
               "IncludedLibraryVariableSetIds": ["LibraryVariableSets-1"],
               "Templates": [{"Id": "t", "Name": "Templated"}]}),
    );
    for (id, set) in [("LibraryVariableSets-1", "One"), ("LibraryVariableSets-2", "Two")] {
        let document = json!({"Id": id, "Name": set, "VariableSetId": format!("variableset-{id}"),
                              "ContentType": "Variables", "Templates": []});
        add(&mut inventory, Collection::LibraryVariableSets, document);
    }
    for (owner, variables) in
        [("Projects-1", project), ("LibraryVariableSets-1", one), ("LibraryVariableSets-2", two)]
    {
        let set = json!({"Id": format!("variableset-{owner}"), "OwnerId": owner, "Version": 1, "Variables": variables});
        add(&mut inventory, Collection::Variables, set);
    }
    inventory
}

/// Where a run happens: one value for each kind of scope.
type RunScope = BTreeMap<&'static str, &'static str>;

const KINDS: [(&str, [&str; 2]); 6] = [
    ("Environment", ["Environments-1", "Environments-2"]),
    ("Role", ["web", "db"]),
    ("Channel", ["Channels-1", "Channels-2"]),
    ("TenantTag", ["Size/Big", "Size/Small"]),
    ("Action", ["action-1", "action-2"]),
    ("ProcessOwner", ["Projects-1", "Runbooks-1"]),
];

/// What a name means in a run of the project, written from the documentation alone: a value whose scope doesn't fit is absent;
/// of the rest the most specific wins (step, role, tenant tag, environment, channel, process), the project before its
/// library sets, the first before the later ones; `#{Name}` is the value of that name.
fn resolve(inventory: &Inventory, place: &RunScope, wanted: &str, depth: usize) -> Option<String> {
    let ranks = ["Action", "Role", "TenantTag", "Environment", "Channel", "ProcessOwner"];
    let mut best: Option<(Vec<bool>, String)> = None;
    for owner in ["Projects-1", "LibraryVariableSets-1"] {
        let set = inventory.get(Collection::Variables, &format!("variableset-{owner}")).unwrap();
        for variable in set.list("Variables") {
            if !variable["Name"].as_str().unwrap().eq_ignore_ascii_case(wanted) {
                continue;
            }
            let limits = |kind: &str| variable["Scope"][kind].as_array().is_some_and(|list| !list.is_empty());
            let fits = KINDS.iter().all(|(kind, _)| {
                !limits(kind) || variable["Scope"][*kind].as_array().unwrap().contains(&json!(place[kind]))
            });
            if !fits {
                continue;
            }
            let rank: Vec<bool> = ranks.iter().map(|kind| limits(kind)).collect();
            // The value of a secret is its variable's id.
            let value = match variable["Value"].as_str() {
                Some(value) => value.to_owned(),
                None => format!("secret {}", variable["Id"]),
            };
            if best.as_ref().is_none_or(|(best, _)| rank > *best) {
                best = Some((rank, value));
            }
        }
    }
    let value = best?.1;
    match value.strip_prefix("#{").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if depth < 4 => resolve(inventory, place, name, depth + 1),
        _ => Some(value),
    }
}

fn any_scope() -> impl Strategy<Value = Value> {
    let kind = |(name, values): (&'static str, [&'static str; 2])| {
        prop_oneof![
            4 => Just(None),
            2 => prop::sample::select(values.to_vec()).prop_map(move |value| Some((name, json!([value])))),
            1 => Just(Some((name, json!(values)))),
        ]
    };
    KINDS.map(kind).to_vec().prop_map(|kinds| {
        Value::Object(kinds.into_iter().flatten().map(|(kind, values)| (kind.to_owned(), values)).collect())
    })
}

fn any_variables(prefix: &'static str, project: bool) -> impl Strategy<Value = Vec<Value>> {
    let names = prop::sample::select(vec!["Key", "KEY", "Token", "Templated", "Shop.Key.Unscoped", "Ключ"]);
    let description = prop_oneof![Just(json!("")), Just(json!("about")), Just(Value::Null)];
    prop::collection::vec((names, any_scope(), any::<bool>(), description), 0..6).prop_map(move |variables| {
        let one = |(index, (variable_name, mut scope, sensitive, description)): (
            usize,
            (&str, Value, bool, Value),
        )| {
            if !project {
                // Library sets know neither channels nor steps nor processes.
                for kind in ["Channel", "Action", "ProcessOwner"] {
                    scope.as_object_mut().unwrap().shift_remove(kind);
                }
            }
            let mut variable = variable(&format!("{prefix}{index}"), variable_name, scope, sensitive);
            variable["Description"] = description;
            variable
        };
        variables.into_iter().enumerate().map(one).collect()
    })
}

fn any_place() -> impl Strategy<Value = RunScope> {
    KINDS
        .map(|(kind, values)| prop::sample::select(values.to_vec()).prop_map(move |value| (kind, value)))
        .to_vec()
        .prop_map(|pairs| pairs.into_iter().collect())
}

proptest! {
    #[test]
    fn nothing_resolves_differently_and_collapse_is_exact(
        project in any_variables("p", true),
        one in any_variables("o", false),
        two in any_variables("t", false),
        places in prop::collection::vec(any_place(), 1..6),
    ) {
        let before = space_with(project, one, two);
        let names: BTreeSet<String> = before.all(Collection::Variables)
            .flat_map(|set| set.list("Variables"))
            .map(|variable| variable["Name"].as_str().unwrap().to_owned())
            .collect();

        // One document after the other, as they are written: every state on the way resolves the same.
        let mut inventory = before.clone();
        let plan = spread(&inventory, OCTOFERRY);
        for change in &plan.changes {
            apply(&mut inventory, &Plan { changes: vec![change.clone()], ..Plan::default() });
            for (place, name) in places.iter().flat_map(|place| names.iter().map(move |name| (place, name))) {
                prop_assert_eq!(resolve(&before, place, name, 0), resolve(&inventory, place, name, 0));
            }
        }
        prop_assert_eq!(print(&spread(&inventory, OCTOFERRY)), "");

        // Every secret is read by its name alone in our environment, whatever else the run is.
        let readable = super::super::readable(&inventory, Some(OCTOFERRY));
        prop_assert!(readable.values().all(Result::is_ok), "{readable:?}");

        let set = inventory.get(Collection::Variables, "variableset-Projects-1").unwrap();
        for (mut place, variable) in places.iter().flat_map(|place| set.list("Variables").iter().map(|v| (place.clone(), v))) {
            place.insert("Environment", OCTOFERRY);
            if let Some(Ok(name)) = readable.get(&SecretSources::key(set.id(), variable["Id"].as_str().unwrap())) {
                prop_assert_eq!(resolve(&inventory, &place, name, 0), Some(format!("secret {}", variable["Id"])));
            }
        }

        // A spread that was interrupted after any document is completed by the next, with the same result.
        for count in 0..plan.changes.len() {
            let mut interrupted = before.clone();
            apply(&mut interrupted, &Plan { changes: plan.changes[..count].to_vec(), ..Plan::default() });
            let rest = spread(&interrupted, OCTOFERRY);
            apply(&mut interrupted, &rest);
            prop_assert!(super::super::readable(&interrupted, Some(OCTOFERRY)).values().all(Result::is_ok));
            prop_assert_eq!(print(&spread(&interrupted, OCTOFERRY)), "");
            let undo = collapse::collapse(&interrupted);
            apply(&mut interrupted, &undo);
            prop_assert_eq!(&interrupted, &before);
        }

        let undo = collapse::collapse(&inventory);
        apply(&mut inventory, &undo);
        prop_assert_eq!(&inventory, &before);
    }
}
