//! Nothing that was made for the journey shows in a module, whatever kind of set a variable is in, and every secret is looked for by a name that
//! reads it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::mark::name;
use crate::seeded::prepare;
use crate::spread::spread;
use crate::spread::tests::apply;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::Module;
use module::manifest::SecretOrigin;
use octoferry_core::convert::SecretSources;
use octoferry_core::modules;
use octoferry_core::selection::Selection;

const OCTOFERRY: &str = "Environments-9";
/// Sets, and the projects of three: in the database, in Git with its variables, in Git without them.
const SETS: [&str; 5] =
    ["Projects-1", "Projects-2", "Projects-3", "LibraryVariableSets-1", "LibraryVariableSets-2"];

fn space(sets: &[Vec<Value>]) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.space = Document::new(json!({"Id": "Spaces-2", "Name": "Source"}));
    let mut add =
        |collection, document: Value| inventory.insert(collection, Document::new(document).unwrap());
    add(
        Collection::Environments,
        json!({"Id": OCTOFERRY, "Name": name::ENVIRONMENT, "Description": name::description("Where the runbooks run.")}),
    );
    for (id, environment) in [("Environments-1", "Production"), ("Environments-2", "Test")] {
        add(Collection::Environments, json!({"Id": id, "Name": environment}));
    }
    add(Collection::Lifecycles, json!({"Id": "Lifecycles-1", "Name": "Usual"}));
    add(Collection::ProjectGroups, json!({"Id": "ProjectGroups-1", "Name": "Shop"}));
    for (owner, variables) in SETS.iter().zip(sets) {
        let set = format!("variableset-{owner}");
        let mut in_database = variables.clone();
        if let Some(number) = owner.strip_prefix("Projects-") {
            let in_git = |variables: bool| json!({"Type": "VersionControlled", "DefaultBranch": "main", "ConversionState": {"VariablesAreInGit": variables}});
            let mut project = json!({"Id": owner, "Name": format!("Shop {number}"), "Slug": format!("shop-{number}"), "VariableSetId": set,
                "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1", "IncludedLibraryVariableSetIds": ["LibraryVariableSets-1"]});
            let mut branch = json!({"Id": format!("{owner}/main"), "ProjectId": owner, "Name": "main", "DeploymentProcess": {"Steps": []}});
            if *owner == "Projects-2" {
                let (sensitive, plain) =
                    in_database.into_iter().partition(|variable| variable["IsSensitive"] == true);
                in_database = sensitive;
                branch["Variables"] = Value::Array(plain);
            }
            if *owner != "Projects-1" {
                project["PersistenceSettings"] = in_git(*owner == "Projects-2");
                add(Collection::GitBranches, branch);
            }
            add(Collection::Projects, project);
        } else {
            add(
                Collection::LibraryVariableSets,
                json!({"Id": owner, "Name": format!("Set {owner}"), "VariableSetId": set, "ContentType": "Variables", "Templates": []}),
            );
        }
        add(
            Collection::Variables,
            json!({"Id": set, "OwnerId": owner, "Version": 1, "Variables": in_database}),
        );
    }
    inventory
}

fn any_variables(set: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let names = prop::sample::select(vec!["Key", "KEY", "Token", "Octopus.Action.Key", "Only"]);
    let scopes = prop::sample::select(vec![
        json!({}),
        json!({"Environment": ["Environments-1"]}),
        json!({"Environment": ["Environments-2"]}),
        json!({"Role": ["web"]}),
        json!({"Environment": ["Environments-1"], "Role": ["web", "db"]}),
    ]);
    let descriptions = prop::sample::select(vec![json!(""), json!("about"), Value::Null]);
    let prompts = prop::sample::select(vec![
        Value::Null,
        json!({"Label": "Key", "Description": "", "Required": false}),
    ]);
    prop::collection::vec((names, scopes, any::<bool>(), descriptions, prompts), 0..5).prop_map(move |variables| {
        let mut made: Vec<Value> = Vec::new();
        for (index, (name, scope, sensitive, description, prompt)) in variables.into_iter().enumerate() {
            // The provider can't tell two of one name and scope apart; that is another matter.
            if made.iter().any(|other| other["Name"] == name && other["Scope"] == scope) {
                continue;
            }
            let (kind, value) = if sensitive { ("Sensitive", Value::Null) } else { ("String", json!("plain")) };
            made.push(json!({"Id": format!("{set}-{index}"), "Name": name, "Value": value, "Description": description, "Scope": scope,
                "Type": kind, "IsSensitive": sensitive, "IsEditable": true, "Prompt": prompt}));
        }
        made
    })
}

/// All modules of the space, by project.
fn modules_of(inventory: &Inventory, sources: &SecretSources) -> BTreeMap<String, Module> {
    let selection = Selection::default();
    let mut all = BTreeMap::from([(String::new(), modules::space(inventory, &selection, sources).unwrap())]);
    for project in inventory.all(Collection::Projects) {
        let module = modules::project(inventory, project.id(), &selection, sources).unwrap();
        all.insert(project.id().to_owned(), module);
    }
    all
}

proptest! {
    #[test]
    fn nothing_made_for_the_journey_is_in_a_module(sets in SETS.into_iter().map(any_variables).collect::<Vec<_>>()) {
        let before = space(&sets);
        let mut inventory = before.clone();
        let plan = spread(&inventory, OCTOFERRY);
        apply(&mut inventory, &plan);
        let (prepared, sources) = prepare(inventory.clone());
        let (as_it_was, nothing) = prepare(before.clone());
        prop_assert_eq!(&prepared, &as_it_was);

        let (after, unspread) = (modules_of(&prepared, &sources), modules_of(&as_it_was, &nothing));
        for (of, module) in &after {
            // Terraform's files are the same, byte for byte; what differs in the manifest is where secrets are read.
            let text = |path: &str| path.ends_with(".tf");
            for (path, content) in module.files.iter().filter(|(path, _)| text(path)) {
                prop_assert_eq!(String::from_utf8_lossy(content), String::from_utf8_lossy(&unspread[of].files[path]));
            }
            let manifest = serde_json::to_string(&module.manifest).unwrap();
            prop_assert!(!manifest.contains("[octoferry {"), "{manifest}");

            // Each secret of a variable is read by a name that only one variable has, which is this one.
            for secret in module.manifest.secrets.iter().filter(|secret| secret.collection == Collection::Variables) {
                let SecretOrigin::Variable { octopus_variable } = &secret.from else {
                    prop_assert!(false, "{:?}", secret.from);
                    continue;
                };
                let place = &module.secret_places[&secret.name];
                let set = inventory.get(Collection::Variables, &place.document).unwrap();
                let named: Vec<&Value> = set.list("Variables").iter().filter(|variable| {
                    variable["Name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(octopus_variable))
                }).collect();
                prop_assert_eq!(named.len(), 1);
                prop_assert_eq!(&named[0]["Id"], &place.path[1]["Id"]);
                prop_assert_eq!(&named[0]["Type"], "Sensitive");
            }
        }
    }
}
