//! Whatever is renamed, moved, put before others or deleted at the source: what stays keeps its address. For every kind, over the odd and the
//! ordinary spaces of the tests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::convert::SecretSources;
use crate::modules as modules_of;
use crate::selection::Selection;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::Module;
use module::identities::{self, Identities, Named};
use module::manifest::FinishStep;

const SPACES: [&str; 5] = ["small-web", "shop", "infrastructure", "operations", "odd-text"];

/// Where the parts of documents lie that are something of their own.
const PARTS: [(Collection, &str); 6] = [
    (Collection::Variables, "Variables"),
    (Collection::TagSets, "Tags"),
    (Collection::DeploymentProcesses, "Steps"),
    (Collection::RunbookProcesses, "Steps"),
    (Collection::LibraryVariableSets, "Templates"),
    (Collection::Projects, "Templates"),
];

fn inventory(name: &str) -> Inventory {
    let path = format!("{}/../../tests/spaces/{name}/space.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(path).expect("the space's file");
    Inventory::from_dump(&serde_json::from_slice(&text).expect("JSON"), "Spaces-2").expect("the space")
}

fn identities_of(module: &Module) -> Identities {
    Identities::parse(&module.files[identities::FILE]).expect("it is what was written")
}

/// All modules of a space, each made after its last.
fn modules(inventory: &Inventory, earlier: &BTreeMap<String, Identities>) -> BTreeMap<String, Identities> {
    let sources = SecretSources::default();
    let selection = |module: &str| Selection {
        earlier: earlier.get(module).cloned().unwrap_or_default(),
        ..Selection::default()
    };
    let space = modules_of::space(inventory, &selection(""), &sources).expect("a module");
    let mut all = BTreeMap::from([(String::new(), identities_of(&space))]);
    for project in inventory.all(Collection::Projects) {
        let id = project.id();
        let module = modules_of::project(inventory, id, &selection(id), &sources).expect("a module");
        all.insert(id.to_owned(), identities_of(&module));
    }
    all
}

/// Calls `with` for each document of each collection.
fn each(inventory: &mut Inventory, mut with: impl FnMut(Collection, &mut Document)) {
    for collection in inventory.collections().collect::<Vec<_>>() {
        let ids: Vec<String> = inventory.all(collection).map(|document| document.id().to_owned()).collect();
        for id in ids {
            with(collection, inventory.get_mut(collection, &id).expect("it is there"));
        }
    }
}

/// Calls `with` for each list of parts, those within parts too.
fn each_list(inventory: &mut Inventory, mut with: impl FnMut(&mut Vec<Value>)) {
    each(inventory, |collection, document| {
        for (_, field) in PARTS.iter().filter(|(of, _)| *of == collection) {
            let Some(list) = document.fields_mut().get_mut(*field).and_then(Value::as_array_mut) else {
                continue;
            };
            for part in list.iter_mut() {
                if let Some(actions) = part.get_mut("Actions").and_then(Value::as_array_mut) {
                    with(actions);
                }
            }
            with(list);
        }
    });
}

fn rename(fields: &mut serde_json::Map<String, Value>, by: &str) {
    if let Some(Value::String(name)) = fields.get_mut("Name") {
        *name = format!("{by}{name}");
    }
}

/// Kinds whose names are no names, but what the thing is.
fn is_named(collection: Collection) -> bool {
    !matches!(collection, Collection::RetentionPolicies | Collection::Users)
}

/// Whatever is in both has its label still; and most is in both.
fn assert_kept(before: &BTreeMap<String, Identities>, after: &BTreeMap<String, Identities>, what: &str) {
    for (module, earlier) in before {
        let now = &after[module];
        assert_eq!(now.moved_since(earlier), BTreeMap::new(), "{what}, module {module:?}");
        let (had, has) = (earlier.labels(), now.labels());
        let kept = had.iter().filter(|(id, label)| {
            let now = has.get(*id);
            assert!(
                now.is_none_or(|now| now == *label),
                "{what}, module {module:?}: {id} was {label}, is {now:?}"
            );
            now.is_some()
        });
        assert!(kept.count() * 2 > had.len(), "{what}: much of module {module:?} is gone");
    }
}

#[test]
fn every_resource_says_what_it_is_at_the_source() {
    for space in SPACES {
        for (module, identities) in modules(&inventory(space), &BTreeMap::new()) {
            assert!(!identities.resources.is_empty());
            for (address, id) in identities.resources {
                assert!(!id.is_empty() && !id.ends_with('/'), "{space} {module}: {address} is {id:?}");
            }
        }
    }
}

/// A tag of targets is its name, and no id.
#[test]
fn what_finish_makes_is_known_by_its_id() {
    let mut checked = 0;
    for space in SPACES {
        let inventory = inventory(space);
        let sources = SecretSources::default();
        let mut all = vec![modules_of::space(&inventory, &Selection::default(), &sources).expect("a module")];
        for project in inventory.all(Collection::Projects) {
            let module = modules_of::project(&inventory, project.id(), &Selection::default(), &sources);
            all.push(module.expect("a module"));
        }
        for module in all {
            let identities = identities_of(&module);
            for step in &module.manifest.finish {
                if let FinishStep::Document { target, .. } | FinishStep::DocumentBefore { target, .. } = step
                    && target.collection != Collection::DeploymentTargetTags
                {
                    let is_it = |named: &&Named| {
                        named.collection == target.collection && named.keys.first() == Some(&target.key)
                    };
                    let known = identities.named.iter().find(is_it);
                    assert!(known.is_some_and(|named| !named.id.is_empty()), "{space}: {target:?}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn what_is_renamed_keeps_its_address() {
    for space in SPACES {
        let mut inventory = inventory(space);
        let before = modules(&inventory, &BTreeMap::new());
        each(&mut inventory, |collection, document| {
            if is_named(collection) {
                rename(document.fields_mut(), "Another ");
            }
        });
        each_list(&mut inventory, |parts| {
            parts.iter_mut().filter_map(Value::as_object_mut).for_each(|part| rename(part, "Another"));
        });
        assert_kept(&before, &modules(&inventory, &before), &format!("{space}: all renamed"));
    }
}

/// Gives each thing the name of its neighbour.
fn rotate(names: &mut [&mut Value]) {
    if let Some(last) = names.last().map(|name| (**name).clone()) {
        let mut carried = last;
        for name in names.iter_mut() {
            std::mem::swap(*name, &mut carried);
        }
    }
}

#[test]
fn what_is_renamed_crosswise_keeps_its_address() {
    for space in SPACES {
        let mut inventory = inventory(space);
        let before = modules(&inventory, &BTreeMap::new());
        for collection in inventory.collections().filter(|it| is_named(*it)).collect::<Vec<_>>() {
            let ids: Vec<String> =
                inventory.all(collection).map(|document| document.id().to_owned()).collect();
            let mut names: Vec<Value> = ids
                .iter()
                .map(|id| {
                    inventory.get(collection, id).and_then(|it| it.get("Name")).cloned().unwrap_or_default()
                })
                .collect();
            names.rotate_right(1);
            for (id, name) in ids.iter().zip(names) {
                let document = inventory.get_mut(collection, id).expect("it is there");
                if document.get("Name").is_some() && name.is_string() {
                    document.fields_mut().insert("Name".to_owned(), name);
                }
            }
        }
        each_list(&mut inventory, |parts| {
            rotate(&mut parts.iter_mut().filter_map(|part| part.get_mut("Name")).collect::<Vec<_>>());
        });
        assert_kept(&before, &modules(&inventory, &before), &format!("{space}: renamed crosswise"));
    }
}

#[test]
fn what_is_moved_keeps_its_address() {
    for space in SPACES {
        let mut inventory = inventory(space);
        let before = modules(&inventory, &BTreeMap::new());
        each_list(&mut inventory, |parts| parts.reverse());
        assert_kept(&before, &modules(&inventory, &before), &format!("{space}: reversed"));
    }
}

#[test]
fn what_comes_first_takes_no_address() {
    for space in SPACES {
        let mut inventory = inventory(space);
        let before = modules(&inventory, &BTreeMap::new());
        // A namesake with a lower number, and a part of the same name before each part: their labels would be the others'.
        for collection in inventory.collections().filter(|it| is_named(*it)).collect::<Vec<_>>() {
            let documents: Vec<Document> = inventory.all(collection).cloned().collect();
            for mut document in documents {
                let Some((kind, number)) =
                    document.id().rsplit_once('-').map(|(a, b)| (a.to_owned(), b.to_owned()))
                else {
                    continue;
                };
                if number.parse::<u64>().is_err()
                    || inventory.get(collection, &format!("{kind}-0{number}")).is_some()
                {
                    continue;
                }
                if matches!(
                    collection,
                    Collection::Environments
                        | Collection::Accounts
                        | Collection::Feeds
                        | Collection::Lifecycles
                        | Collection::Tenants
                ) {
                    document.fields_mut().insert("Id".to_owned(), format!("{kind}-0{number}").into());
                    inventory.insert(collection, document);
                }
            }
        }
        each_list(&mut inventory, |parts| {
            if let Some(mut first) = parts.first().cloned() {
                if let Some(fields) = first.as_object_mut() {
                    let name =
                        fields.get("Name").and_then(Value::as_str).unwrap_or_default().replace(' ', "-");
                    fields.insert("Name".to_owned(), format!("{name}-").into());
                    fields.insert("Id".to_owned(), "0-new".into());
                    for action in
                        fields.get_mut("Actions").and_then(Value::as_array_mut).into_iter().flatten()
                    {
                        let id = format!("0-{}", action["Id"].as_str().unwrap_or_default());
                        action["Id"] = id.into();
                    }
                }
                parts.insert(0, first);
            }
        });
        assert_kept(&before, &modules(&inventory, &before), &format!("{space}: inserted first"));
    }
}

#[test]
fn what_is_deleted_and_made_again_has_the_address_that_it_had() {
    let mut inventory = inventory("shop");
    let before = modules(&inventory, &BTreeMap::new());
    let account = inventory.all(Collection::Accounts).next().expect("an account").clone();
    inventory.remove(Collection::Accounts, account.id());
    let mut again = account.clone();
    again.fields_mut().insert("Id".to_owned(), "Accounts-9999".into());
    inventory.insert(Collection::Accounts, again);
    let after = modules(&inventory, &before);
    let address = |all: &BTreeMap<String, Identities>, id: &str| {
        all[""].resources.iter().find(|(_, other)| *other == id).map(|(address, _)| address.clone())
    };
    assert_eq!(address(&after, "Accounts-9999"), address(&before, account.id()));
    assert_eq!(after[""].gone_since(&before[""]).len(), 1);
}
