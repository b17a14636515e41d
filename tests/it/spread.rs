//! Spread and collapse: over generated spaces with the sandbox's resolver, which has the last word on what a name means in a run; and
//! with the sandbox as server, interrupted everywhere.

use std::collections::BTreeMap;

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use octoferry::spread::{self, Plan, collapse};
use octopus_sandbox::worker::octostache::Dictionary;
use octopus_sandbox::worker::scope::{Candidate, Origin, Place, winners};
use proptest::prelude::*;
use serde_json::{Value, json};

const OURS: &str = "Environments-9";
const MARK: &str = "x\n\nMade by octoferry seed; octoferry unseed removes it.";
const NAMES: [&str; 6] = ["Key", "KEY", "Token", "Templated", "Shop.Key.Unscoped", "Ключ"];

const SCOPES: [(&str, [&str; 2]); 7] = [
    ("Environment", ["Environments-1", "Environments-2"]),
    ("Machine", ["Machines-1", "Machines-2"]),
    ("Role", ["web", "db"]),
    ("Channel", ["Channels-1", "Channels-2"]),
    ("TenantTag", ["Size/Big", "Region/EU"]),
    ("Action", ["action-1", "action-2"]),
    ("ProcessOwner", ["Projects-1", "Runbooks-1"]),
];

/// What the real server holds: documents, and the values that they hide, by set and variable id.
#[derive(Clone)]
struct Server {
    inventory: Inventory,
    hidden: BTreeMap<(String, String), String>,
}

impl Server {
    fn new(project: Vec<Value>, first: Vec<Value>, second: Vec<Value>) -> Self {
        let mut server = Self { inventory: Inventory::default(), hidden: BTreeMap::new() };
        server.add("environments", json!({"Id": OURS, "Name": "Octoferry", "Description": MARK}));
        server.add("environments", json!({"Id": "Environments-1", "Name": "Production"}));
        server.add("environments", json!({"Id": "Environments-2", "Name": "Test"}));
        let sets = [("LibraryVariableSets-1", first), ("LibraryVariableSets-2", second)];
        server.add(
            "projects",
            json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "variableset-Projects-1",
                   "IncludedLibraryVariableSetIds": ["LibraryVariableSets-1", "LibraryVariableSets-2"],
                   "Templates": [{"Id": "t", "Name": "Templated"}]}),
        );
        server.put(set("Projects-1", project));
        for (id, variables) in sets {
            server.add(
                "libraryvariablesets",
                json!({"Id": id, "Name": id, "VariableSetId": format!("variableset-{id}"), "ContentType": "Variables"}),
            );
            server.put(set(id, variables));
        }
        server
    }

    fn add(&mut self, collection: &str, document: Value) {
        self.inventory.insert(Collection::named(collection), Document::new(document).expect("a document"));
    }

    /// What a server does with a variable set: gives ids, hides values, keeps those that are sent as null.
    fn put(&mut self, mut set: Value) {
        let id = set["Id"].as_str().expect("an id").to_owned();
        for (index, variable) in set["Variables"].as_array_mut().expect("variables").iter_mut().enumerate() {
            if !variable["Id"].is_string() {
                variable["Id"] = json!(format!("made-{index}"));
            }
            if variable["IsSensitive"] == true {
                let key = (id.clone(), variable["Id"].as_str().expect("an id").to_owned());
                if let Some(value) = variable["Value"].as_str() {
                    self.hidden.insert(key, value.to_owned());
                }
                variable["Value"] = Value::Null;
            }
        }
        self.add("variables", set);
    }

    fn apply(&mut self, changes: &[spread::DocumentChange]) {
        for change in changes {
            self.put(change.after.clone().into_value());
        }
    }

    /// What each name means there, by the sandbox: scope, then expressions. `sets`: those that the run sees.
    fn resolve(&self, sets: &[&str], place: &Place) -> Dictionary {
        let mut candidates = Vec::new();
        for (index, owner) in sets.iter().enumerate() {
            let origin = match owner.starts_with("Projects") {
                true => Origin::Project,
                false => Origin::LibrarySet(std::cmp::Reverse(index)),
            };
            let id = format!("variableset-{owner}");
            for variable in self.inventory.get(Collection::Variables, &id).expect("a set").list("Variables") {
                candidates.push(self.candidate(&id, variable, origin));
            }
        }
        let mut dictionary = Dictionary::default();
        for winner in winners(&candidates, place) {
            dictionary.set(winner.name.clone(), winner.value.clone());
        }
        dictionary
    }

    fn candidate(&self, set: &str, variable: &Value, origin: Origin) -> Candidate {
        let text = |field: &str| variable[field].as_str().unwrap_or_default().to_owned();
        let hidden = self.hidden.get(&(set.to_owned(), text("Id"))).cloned();
        let list = |values: &Value| {
            values.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Candidate {
            id: text("Id"),
            name: text("Name"),
            value: if variable["IsSensitive"] == true { hidden.unwrap_or_default() } else { text("Value") },
            sensitive: variable["IsSensitive"] == true,
            kind: text("Type"),
            scope: variable["Scope"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(kind, values)| (kind.clone(), list(values)))
                .collect(),
            origin,
            prompt: Value::Null,
        }
    }
}

fn set(owner: &str, variables: Vec<Value>) -> Value {
    json!({"Id": format!("variableset-{owner}"), "OwnerId": owner, "Version": 1, "Variables": variables})
}

/// All that a run of the project sees.
const PROJECT: [&str; 3] = ["Projects-1", "LibraryVariableSets-1", "LibraryVariableSets-2"];

fn any_scope() -> impl Strategy<Value = Value> {
    let kind = |(name, values): (&'static str, [&'static str; 2])| {
        prop_oneof![
            5 => Just(None),
            2 => prop::sample::select(values.to_vec()).prop_map(move |value| Some((name, json!([value])))),
            1 => Just(Some((name, json!(values)))),
        ]
    };
    SCOPES.map(kind).to_vec().prop_map(|kinds| {
        Value::Object(kinds.into_iter().flatten().map(|(kind, values)| (kind.to_owned(), values)).collect())
    })
}

fn any_variables(prefix: &'static str, project: bool) -> impl Strategy<Value = Vec<Value>> {
    let values = prop_oneof![
        4 => Just("plain".to_owned()),
        1 => Just("see #{Token} and #{Nothing}".to_owned()),
        1 => Just("##{literal} and #{broken".to_owned()),
        1 => Just("#{if Token}yes#{/if}".to_owned()),
    ];
    let one = (prop::sample::select(NAMES.to_vec()), any_scope(), 0..4_u8, values);
    prop::collection::vec(one, 0..6).prop_map(move |variables| {
        let made = |(index, (name, mut scope, kind, value)): (usize, (&str, Value, u8, String))| {
            if !project {
                for kind in ["Channel", "Action", "ProcessOwner"] {
                    scope.as_object_mut().expect("a scope").shift_remove(kind);
                }
            }
            let sensitive = kind > 0;
            // A prompted one keeps its value when nobody answers.
            let prompt = if kind == 3 { json!({"Label": "?", "Required": false}) } else { Value::Null };
            json!({"Id": format!("{prefix}{index}"), "Name": name, "Value": format!("{prefix}{index} {value}"), "Description": "",
                   "Scope": scope, "Type": if sensitive { "Sensitive" } else { "String" }, "IsSensitive": sensitive, "Prompt": prompt})
        };
        variables.into_iter().enumerate().map(made).collect()
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    let choice = |values: [&'static str; 2]| prop::option::of(prop::sample::select(values.to_vec()));
    let texts = |values: [&'static str; 2]| prop::sample::subsequence(values.to_vec(), 0..=2);
    let environment = prop::sample::select(vec!["Environments-1", "Environments-2"]);
    let process = prop::sample::select(vec!["Projects-1", "Runbooks-1", "Runbooks-2"]);
    let rest = (
        choice(SCOPES[1].1),
        texts(SCOPES[2].1),
        choice(SCOPES[3].1),
        texts(SCOPES[4].1),
        choice(SCOPES[5].1),
    );
    (environment, process, rest).prop_map(
        |(environment, process, (machine, roles, channel, tags, action))| Place {
            environment: environment.to_owned(),
            tenant: (!tags.is_empty()).then(|| "Tenants-1".to_owned()),
            tenant_tags: tags.into_iter().map(str::to_owned).collect(),
            action: action.map(str::to_owned),
            runbook: process.to_owned(),
            machine: machine.map(str::to_owned),
            roles: roles.into_iter().map(str::to_owned).collect(),
            channel: channel.map(str::to_owned),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 2000 }))]
    #[test]
    fn values_resolve_the_same_before_during_and_after(
        project in any_variables("p", true),
        first in any_variables("f", false),
        second in any_variables("s", false),
        places in prop::collection::vec(any_place(), 1..8),
    ) {
        let before = Server::new(project, first, second);
        let mut server = before.clone();
        let plan = spread::spread(&server.inventory, OURS);
        let names: Vec<&str> = before.inventory.all(Collection::Variables).flat_map(|set| set.list("Variables"))
            .filter_map(|variable| variable["Name"].as_str()).collect();
        let same = |server: &Server| {
            for (place, name) in places.iter().flat_map(|place| names.iter().map(move |name| (place, *name))) {
                for seen in [&PROJECT[..], &PROJECT[..2], &PROJECT[..1]] {
                    // A variable that needs itself is an error with the names on the way.
                    let value = |server: &Server| server.resolve(seen, place).get(name).map_err(|_| ());
                    prop_assert_eq!(value(&before), value(server), "{} at {:?}", name, place);
                }
            }
            Ok(())
        };
        for change in &plan.changes {
            server.apply(std::slice::from_ref(change));
            same(&server)?;
        }
        prop_assert!(spread::spread(&server.inventory, OURS).changes.is_empty());

        // Each secret is read in our run under its one name, raw as it is.
        let readable = spread::readable(&server.inventory, Some(OURS));
        let run = Place { environment: OURS.to_owned(), runbook: "Runbooks-9".to_owned(), ..Place::default() };
        for (owner, sees) in [("Projects-1", &PROJECT[..]), ("LibraryVariableSets-1", &PROJECT[1..]), ("LibraryVariableSets-2", &PROJECT[1..])] {
            let dictionary = server.resolve(sees, &run);
            let id = format!("variableset-{owner}");
            for original in before.inventory.get(Collection::Variables, &id).expect("a set").list("Variables") {
                if original["IsSensitive"] != true {
                    continue;
                }
                let variable = original["Id"].as_str().expect("an id");
                let name = readable[&format!("{id}/{variable}")].as_ref().expect("a name");
                prop_assert_eq!(dictionary.raw(name), before.hidden.get(&(id.clone(), variable.to_owned())).map(String::as_str));
            }
        }

        // Back again, one document after the other.
        let undo = collapse::collapse(&server.inventory);
        prop_assert!(undo.left.is_empty());
        for change in &undo.changes {
            server.apply(std::slice::from_ref(change));
            same(&server)?;
        }
        prop_assert_eq!(&server.inventory, &before.inventory);
        for (key, value) in &before.hidden {
            prop_assert_eq!(server.hidden.get(key), Some(value));
        }
        prop_assert_eq!(collapse::collapse(&server.inventory), Plan::default());
    }
}
